use crate::scripts::Language::Python;
use crate::scripts::testing::found;

#[test]
fn every_way_to_send_is_found() {
    for call in [
        "requests.post(u, json=b)",
        "session.request('POST', u)",
        "requests.request(method='post', url=u)",
        "httpx.Client().post(url=u)",
        "urllib.request.Request(u, data=b, method='POST')",
        "self.graph_post(u)",
        "connection.request('POST', '/beta/deviceManagement/roleDefinitions', b)",
    ] {
        let script = format!("u = 'https://graph.microsoft.com/beta/deviceManagement/roleDefinitions'\n{call}\n");
        assert_eq!(found(Python, &script).len(), 1, "{call}");
    }
}

#[test]
fn tests_send_nothing() {
    let script =
        "import pytest\ndef test_it():\n    requests.delete('https://graph.microsoft.com/beta/deviceAppManagement/mobileApps/1')\n";
    assert_eq!(found(Python, script), Vec::<String>::new());
}
