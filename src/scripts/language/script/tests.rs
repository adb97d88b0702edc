use crate::scripts::Language::{JavaScript, TypeScript};
use crate::scripts::testing::found;

#[test]
fn every_way_to_send_is_found() {
    for call in [
        "fetch(u, { method: 'POST' })",
        "fetch(u, { ...usual, method: \"post\" })",
        "axios.post(u, b)",
        "axios({ url: u, method: 'POST' })",
        "client.api(u).post(b)",
        "got.post(u)",
        "https.request(u, { method: 'POST' })",
    ] {
        let script = format!("const u = `https://graph.microsoft.com/beta/deviceManagement/roleDefinitions`;\n{call};\n");
        assert_eq!(found(JavaScript, &script).len(), 1, "{call}");
    }
}

#[test]
fn types_and_elements_are_no_trouble() {
    let script = "const f = async <T,>(p: string): Promise<T> => (await fetch(`https://graph.microsoft.com/v1.0${p}`, { method: 'DELETE' } as RequestInit)) as T;\nexport const A = () => <B onClick={() => f(`/deviceManagement/managedDevices/${id}`)} />;\n";
    assert_eq!(found(TypeScript, script), ["2 deviceDelete delete resolved"]);
}

#[test]
fn axios_and_what_is_made_of_it_are_known_to_send() {
    let script = "axios.post('https://graph.microsoft.com/beta/deviceAppManagement/mobileApps', {});\nconst api = axios.create({ baseURL: 'https://graph.microsoft.com/beta' });\napi.delete('/deviceAppManagement/mobileApps/1');\n";
    assert_eq!(found(TypeScript, script), ["1 app create resolved", "3 app delete resolved"]);
}
