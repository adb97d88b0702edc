use crate::scripts::Language::CSharp;
use crate::scripts::testing::found;

#[test]
fn every_way_to_send_is_found() {
    for call in [
        "await http.PostAsync(u, c);",
        "await http.PostAsJsonAsync(u, c);",
        "var r = new HttpRequestMessage(HttpMethod.Post, u);",
        "var r = new HttpRequestMessage { Method = HttpMethod.Post, RequestUri = new Uri(u) };",
        "await graph.DeviceManagement.RoleDefinitions.Request().AddAsync(c);",
        "await graph.DeviceManagement.RoleDefinitions.PostAsync(c);",
    ] {
        let script = format!(
            "class A {{\n  async Task B() {{\n    var u = $\"https://graph.microsoft.com/beta/deviceManagement/roleDefinitions\";\n    {call}\n  }}\n}}\n"
        );
        assert_eq!(found(CSharp, &script).len(), 1, "{call}");
    }
}

#[test]
fn requests_of_http_client_are_known_to_be_sent() {
    let script = "var first = new HttpRequestMessage(new HttpMethod(\"PATCH\"), \"https://graph.microsoft.com/beta/deviceAppManagement/mobileApps/1\");\nawait http.SendAsync(first);\nawait http.DeleteAsync(\"https://graph.microsoft.com/beta/deviceAppManagement/mobileApps/1\");\n";
    assert_eq!(found(CSharp, script), ["1 app update resolved", "3 app delete resolved"]);
}
