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

#[test]
fn what_is_made_of_a_library_for_http_is_known_to_send() {
    let apps = "'https://graph.microsoft.com/beta/deviceAppManagement/mobileApps/1'";
    for script in [
        format!("import base64, requests\nrequests.delete({apps})\n"),
        format!("import requests as http\nhttp.delete({apps})\n"),
        format!("from requests import delete\ndelete({apps})\n"),
        format!("from requests import Session\nSession().delete({apps})\n"),
        format!("import httpx\nwith httpx.Client() as client: client.delete({apps})\n"),
    ] {
        let found = found(Python, &script);
        assert!(matches!(found.as_slice(), [write] if write.ends_with("app delete resolved")), "{script}: {found:?}");
    }
    assert_eq!(found(Python, &format!("helper.delete({apps})\n")), ["1 app delete guessed"]);
}
