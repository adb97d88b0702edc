const root#1 = 'https://graph.microsoft.com/v1.0';

async function send#1(token: string, method: string, path: string, body?: unknown) {
    const answer = await fetch(`${root#1}${path}`, {
        method,
        headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
        body: body === undefined ? undefined : JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status}`);
    return answer.status === 204 ? undefined : answer.json();
}

export async function clean#1(token: string, prefix = 'part-#2') {
    const { value } = await send#1(token, 'GET', '/deviceAppManagement/mobileApps');
    for (const app of value.filter((app: { displayName: string }) => app.displayName.startsWith(prefix))) {
        await send#1(token, 'DELETE', `/deviceAppManagement/mobileApps/${app.id}`);
    }
    await axios.post(`${root#1}/deviceManagement/managedDevices/${prefix}/wipe`, { keepUserData: false });
    await axios({ method: 'patch', url: root#1 + '/deviceManagement/roleDefinitions/' + prefix, data: { description: '#3' } });
}

