// APPROVAL: broken
// PROBLEM: plain-justification
// PROBLEM: encoded-code
// PROBLEM: long-justification
// PROBLEM: repeated-request
const apps = 'https://graph.microsoft.com/beta/deviceAppManagement/mobileApps';
await fetch(apps, { method: 'POST', body: '{"a":2}', headers: { 'x-msft-approval-code': btoa(code) } }); // MAA: app create
await fetch(apps, { method: 'POST', body: '{"a":2}', headers: { 'x-msft-approval-justification': Buffer.from('w'.repeat(2000)).toString('base64') } }); // MAA: app create
for (let i = 0; i < 5; i++) {
  const answer = await fetch(apps, { method: 'POST', body: '{"a":2}', headers: { 'x-msft-approval-justification': btoa('why') } }); // MAA: app create
  if (answer.ok) break;
}
await client.api('/deviceAppManagement/mobileApps').header('x-msft-approval-justification', 'plain text here').post({}); // MAA: app create
