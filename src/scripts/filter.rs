//! Which texts may hold a write at all: the rest, most of a repository, is not parsed.
//!
//! A write is only ever reported through one of the words of Intune: the path of every request that is reported goes through a
//! place whose name has one, and so does the name of every command and resource type that is. Where such a word is put together
//! from pieces, the text is parsed all the same if it names Graph; a text that does neither, as it stands, is passed over.

use memchr::memmem;

/// Words of Intune, in lower case.
const WORDS: [&str; 22] = [
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
    "wtwingetapp",
    "wtapp",
    "devicesfrommanagement",
    "devices_from_management",
    "managedapp",
    "managed_app",
    "deviceenrollment",
    "device_enrollment",
    "windowsinformationprotection",
    "windows_information_protection",
];

/// Words of Graph, in lower case: its hosts, its types, its SDK's commands.
const GRAPH: [&str; 5] = ["graph.microsoft", "microsoftgraph", "microsoft.graph", "mggraph", "msgraph"];

/// Endings of scripts, in lower case.
const SCRIPTS: [&str; 3] = [".ps1", ".py", ".sh"];

/// Whether something in the text may be a write, or may run another script.
pub(super) fn may_matter(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| memmem::find(lower.as_bytes(), word.as_bytes()).is_some());
    has(&WORDS) || has(&GRAPH) || has(&SCRIPTS)
}

/// Whether the text names something of Intune or of Graph.
pub(super) fn names_intune(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    WORDS.iter().chain(&GRAPH).any(|word| memmem::find(lower.as_bytes(), word.as_bytes()).is_some())
}

#[cfg(test)]
mod tests {
    use super::super::cmdlets::Cmdlets;
    use super::super::testing::catalogue;
    use super::super::{Language, Reader};
    use super::*;
    use proptest::prelude::*;

    const LANGUAGES: [Language; 10] = [
        Language::PowerShell,
        Language::Python,
        Language::JavaScript,
        Language::TypeScript,
        Language::CSharp,
        Language::Shell,
        Language::LogicApp,
        Language::GitHubActions,
        Language::AzurePipelines,
        Language::Terraform,
    ];

    /// How many writes are found without the filter.
    fn found(reader: &Reader<'_>, language: Language, text: &str) -> usize {
        let found = match language {
            Language::GitHubActions | Language::AzurePipelines => reader.steps(language, text),
            _ => reader.piece(language, text, None),
        };
        found.writes.len()
    }

    /// The filter lets a text through in which something is found; how many writes that are.
    fn kept(reader: &Reader<'_>, language: Language, text: &str) -> usize {
        let found = found(reader, language, text);
        assert!(found == 0 || may_matter(text), "{language:?}: {text}");
        found
    }

    /// `managedDevices` as `managed_devices`.
    fn snake(name: &str) -> String {
        name.chars().flat_map(|letter| letter.is_uppercase().then_some('_').into_iter().chain(letter.to_lowercase())).collect()
    }

    fn pascal(name: &str) -> String {
        let mut letters = name.chars();
        letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
    }

    /// A chain of request builders.
    fn chain(path: &str, spell: impl Fn(&str) -> String, key: &str) -> String {
        let names = path.split('/').filter(|name| !name.is_empty());
        names.map(|name| if name == "{id}" { key.to_owned() } else { format!(".{}", spell(name)) }).collect()
    }

    /// Scripts that make one request, in each language and in each way of it. None names a host of Graph.
    fn scripts(method: &str, path: &str) -> Vec<(Language, String)> {
        let url = format!("/beta{}", path.replace("{id}", "1").replace("{cast}", "group"));
        let (lower, title) = (method.to_ascii_lowercase(), pascal(&method.to_ascii_lowercase()));
        let python = chain(path, snake, ".by_id('1')");
        let csharp = chain(path, pascal, "[\"1\"]");
        vec![
            (Language::PowerShell, format!("irm -Method {method} -Uri '{url}'")),
            (Language::Python, format!("requests.{lower}('{url}')")),
            (Language::Python, format!("client{python}.{lower}(body)")),
            (Language::JavaScript, format!("axios.{lower}('{url}')")),
            (Language::TypeScript, format!("fetch('{url}', {{ method: '{method}' }})")),
            (Language::TypeScript, format!("client.api('{path}').{lower}(body)")),
            (Language::CSharp, format!("class A {{ void B() {{ new HttpRequestMessage(HttpMethod.{title}, \"{url}\"); }} }}")),
            (Language::CSharp, format!("class A {{ async Task B() {{ await client{csharp}.{title}Async(body); }} }}")),
            (Language::Shell, format!("curl -X {method} '{url}'")),
            (Language::Shell, format!("az rest --method {lower} --url '{url}'")),
            (Language::LogicApp, format!("{{\"actions\": {{\"a\": {{\"inputs\": {{\"method\": \"{method}\", \"uri\": \"{url}\"}}}}}}}}")),
            (Language::GitHubActions, format!("jobs:\n  a:\n    steps:\n      - run: curl -X {method} '{url}'\n")),
            (Language::AzurePipelines, format!("steps:\n- bash: curl -X {method} '{url}'\n")),
            (Language::Terraform, format!("resource \"msgraph_resource\" \"a\" {{\n  url = \"{path}\"\n  method = \"{method}\"\n}}\n")),
        ]
    }

    #[test]
    fn no_operation_of_the_catalogue_is_lost() {
        let reader = Reader::new(catalogue());
        let mut hits = [0; LANGUAGES.len()];
        for operation in catalogue().operations() {
            for (language, script) in scripts(operation.method.name(), &operation.path) {
                let at = LANGUAGES.iter().position(|known| *known == language).unwrap();
                hits[at] += kept(&reader, language, &script);
            }
        }
        assert!(hits.iter().all(|hits| *hits > 20), "{hits:?}");
    }

    #[test]
    fn no_command_is_lost() {
        let reader = Reader::new(catalogue());
        let cmdlets = Cmdlets::of(catalogue());
        let sdk = cmdlets
            .names()
            .filter_map(|name| name.split_once('-'))
            .flat_map(|(verb, noun)| ["mg", "mgbeta"].map(|prefix| format!("{verb}-{prefix}{noun}")));
        let (mut hits, mut all) = (0, 0);
        for name in sdk.chain(Cmdlets::modules()) {
            all += 1;
            for name in [name.to_ascii_uppercase(), name] {
                hits += kept(&reader, Language::PowerShell, &format!("{name} -Id 1"));
            }
        }
        assert!(all > 200 && hits > 300, "{hits} of {all}");
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
            for language in LANGUAGES {
                prop_assert!(found(&reader, language, &text) == 0 || may_matter(&text), "{language:?}: {text}");
            }
        }

        /// A word that is cut in two anywhere, in a text that names Graph.
        #[test]
        fn words_in_pieces_are_found_beside_the_name_of_graph(cut in 1_usize..16, plus in any::<bool>()) {
            let (front, back) = "deviceManagement".split_at(cut);
            let joined = if plus { format!("('{front}' + '{back}')") } else { format!("('{front}{{0}}' -f '{back}')") };
            let text = format!("$a = {joined}\nirm -Method Delete -Uri \"https://graph.microsoft.com/beta/$a/managedDevices/1\"");
            let file = Reader::new(catalogue()).read("a", Language::PowerShell, &text);
            prop_assert!(!file.writes.is_empty(), "{text}");
        }

        /// The case of letters does not count, and neither does what stands around a word.
        #[test]
        fn a_word_is_found_wherever_it_stands(
            word in prop::sample::select([WORDS.as_slice(), GRAPH.as_slice(), SCRIPTS.as_slice()].concat()),
            before in "\\PC{0,40}",
            after in "\\PC{0,40}",
            upper in any::<bool>(),
        ) {
            let word = if upper { word.to_ascii_uppercase() } else { word.to_owned() };
            let text = [before.as_str(), &word, &after].concat();
            prop_assert!(may_matter(&text), "{}", text);
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
