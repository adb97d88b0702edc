//! Which texts may hold a write at all: the rest, most of a repository, is not parsed.
//!
//! A write is only ever reported through one of these words: the path of every request that is reported goes through a place
//! whose name has one, and so does the name of every command and resource type that is. They have to stand in the text as they
//! are; a word that is put together from pieces is beyond this tool.

use memchr::memmem;

/// Words, in lower case.
const WORDS: [&str; 12] = [
    "devicemanagement",
    "device_management",
    "deviceappmanagement",
    "device_app_management",
    "device_and_app_management",
    "manageddevice",
    "managed_device",
    "mobileapp",
    "rolemanagement",
    "intune",
    "wtwin32app",
    "wtmsstoreapp",
];

/// Whether something in the text may be a write.
pub(super) fn may_write(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    WORDS.iter().any(|word| memmem::find(lower.as_bytes(), word.as_bytes()).is_some())
}

/// Whether something in the text may run another script.
pub(super) fn may_run(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    [".ps1", ".py", ".sh"].iter().any(|ending| memmem::find(lower.as_bytes(), ending.as_bytes()).is_some())
}

#[cfg(test)]
mod tests {
    use super::super::testing::catalogue;
    use super::super::{Language, Reader};
    use super::*;
    use proptest::prelude::*;

    /// Scripts that make one request, in each language.
    fn scripts(method: &str, path: &str) -> Vec<(Language, String)> {
        let url = format!("https://graph.microsoft.com/beta{}", path.replace("{id}", "1").replace("{cast}", "microsoft.graph.x"));
        vec![
            (Language::PowerShell, format!("irm -Method {method} -Uri '{url}'")),
            (Language::Python, format!("requests.{}('{url}')", method.to_ascii_lowercase())),
            (Language::TypeScript, format!("fetch('{url}', {{ method: '{method}' }})")),
            (Language::CSharp, format!("class A {{ void B() {{ new HttpRequestMessage(HttpMethod.{method}, \"{url}\"); }} }}")),
            (Language::Shell, format!("curl -X {method} '{url}'")),
            (Language::LogicApp, format!("{{\"actions\": {{\"a\": {{\"inputs\": {{\"method\": \"{method}\", \"uri\": \"{url}\"}}}}}}}}")),
        ]
    }

    #[test]
    fn no_operation_of_the_catalogue_is_lost() {
        let reader = Reader::new(catalogue());
        let mut hits = 0;
        for operation in catalogue().operations() {
            for (language, script) in scripts(operation.method.name(), &operation.path) {
                let writes = reader.piece(language, &script, None).writes;
                hits += writes.len();
                assert!(writes.is_empty() || may_write(&script), "{script}");
            }
        }
        assert!(hits > 500, "{hits}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn what_is_found_without_the_filter_is_found_with_it(
            pieces in proptest::collection::vec(prop::sample::select(PIECES.to_vec()), 1..12),
            upper in any::<bool>(),
        ) {
            let text = pieces.join("");
            let text = if upper { text.to_ascii_uppercase() } else { text };
            let reader = Reader::new(catalogue());
            for language in [Language::PowerShell, Language::Python, Language::TypeScript, Language::Shell, Language::Terraform] {
                prop_assert!(reader.piece(language, &text, None).writes.is_empty() || may_write(&text), "{text}");
            }
        }
    }

    /// Pieces of scripts, whole words each.
    const PIECES: [&str; 26] = [
        "irm -Method Delete -Uri ",
        "Invoke-MgGraphRequest -Method POST ",
        "requests.post(",
        "fetch(",
        "curl -X DELETE ",
        "'https://graph.microsoft.com/beta",
        "/deviceManagement",
        "/deviceAppManagement",
        "/mobileApps",
        "/managedDevices",
        "/roleManagement",
        "/users/1",
        "/configurationPolicies/1",
        "/1/wipe",
        "'",
        "\n",
        "\"",
        ", {method: 'POST'})",
        ")",
        "Remove-MgDeviceManagementManagedDevice 1",
        "Add-IntuneWin32App 1",
        "Deploy-WtWin32App 1",
        "Clear-MgUserManagedDevice 1",
        "client.device_management.role_definitions.post(x)",
        "resource \"microsoft365_graph_beta_device_management_role_definition\" \"x\" {\n}",
        "/removeAllDevicesFromManagement",
    ];
}
