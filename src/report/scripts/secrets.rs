//! No secret of a script comes out, in any format, wherever in a line it stands.

use super::*;
use crate::catalogue::Catalogue;
use crate::scripts::{Language, Map, Reader};
use proptest::prelude::*;
use std::sync::OnceLock;

const URL: &str = "https://graph.microsoft.com/beta/deviceAppManagement/mobileApps";

/// Scripts with `SECRET` where one may stand.
const PLACES: [(Language, &str); 34] = [
    (Language::PowerShell, "$clientSecret = 'SECRET'; Invoke-MgGraphRequest -Method POST -Uri 'URL' -Body $b"),
    (Language::PowerShell, "Invoke-MgGraphRequest -Method POST -Uri 'URL' -Body 'SECRET' # SECRET"),
    (
        Language::PowerShell,
        "Invoke-MgGraphRequest -Method POST -Uri 'URL' -Headers @{ Authorization = \"Bearer SECRET\"; 'x-SECRET' = 'b' }",
    ),
    (Language::PowerShell, "Invoke-RestMethod -Method POST -Uri URL -Password SECRET -Token:SECRET"),
    (Language::PowerShell, "irm -Method POST -Uri 'URL?sig=SECRET&code=SECRET#SECRET'"),
    (Language::PowerShell, "irm -Method POST -Uri 'https://admin:SECRET@graph.microsoft.com/beta/deviceAppManagement/mobileApps'"),
    (Language::PowerShell, "irm -Method DELETE -Uri 'URL/SECRET'"),
    (Language::PowerShell, "irm -Method DELETE -Uri 'URL/11111111-2222-3333-4444-555555555555/contentVersions/SECRET'"),
    (Language::PowerShell, "irm -Method DELETE -Uri 'URL/1/SECRET/SECRET'"),
    (
        Language::PowerShell,
        "irm -Method DELETE -Uri 'https://graph.microsoft.com/beta/deviceManagement/deviceConfigurations/SECRET/SECRET'",
    ),
    (Language::PowerShell, "irm -Method POST -Uri \"URL\" -Headers @{ 'x-msft-approval-justification' = 'SECRET' }"),
    (Language::PowerShell, "irm -Method POST -Uri \"URL\" -Body (ConvertTo-Json @{ a = 'SECRET'; SECRET = 1 })"),
    (Language::PowerShell, "$x = \"SECRET\n$y = 'it'; irm -Method POST -Uri 'URL' -Body \"SECRET"),
    (Language::PowerShell, "Remove-MgDeviceManagementRoleDefinition -RoleDefinitionId 'SECRET' -ResponseHeadersVariable SECRET"),
    (Language::Python, "requests.post('URL', headers={'Authorization': 'Bearer SECRET'}, auth=('me', 'SECRET'))  # SECRET"),
    (Language::Python, "requests.post(f'URL', json={'a': \"SECRET\", 'SECRET': 1}, data='''{\"a\": \"SECRET\"}''')"),
    (Language::Python, "requests.delete('URL/1/SECRET', params=f\"{a['x']}SECRET\")"),
    (Language::Python, "requests.request('SECRET', 'URL/1/SECRET')"),
    (Language::JavaScript, "fetch('URL', { method: 'POST', headers: { Authorization: `Bearer SECRET${f(`SECRET`)}` } }) // SECRET"),
    (Language::JavaScript, "axios.post('URL?code=SECRET', { a: \"SECRET\" }, x.replace(/SECRET/, 'SECRET'))"),
    (Language::TypeScript, "client.api('/deviceAppManagement/mobileApps/1/SECRET').header('a', 'SECRET').delete()"),
    (Language::CSharp, "class A { void B() { client.PostAsync(\"URL\", new StringContent(\"\"\"{\"a\": \"SECRET\"}\"\"\")); } }"),
    (Language::CSharp, "class A { void B() { client.PostAsync(\"URL\", $\"{f(\"SECRET\")}\", @\"a \"\"SECRET\"\" b\"); /* SECRET */ } }"),
    (Language::Shell, "TOKEN=SECRET curl -u admin:SECRET -X POST 'URL' -H \"Authorization: Bearer SECRET\" -H Authorization:SECRET"),
    (Language::Shell, "curl -X POST -uSECRET --user=SECRET URL -d SECRET -d 'a=SECRET' -d \"{\\\"a\\\": \\\"SECRET\\\"}\" # SECRET"),
    (Language::Shell, "curl -X DELETE \"URL/1/SECRET\" -H 'it'\\''s SECRET' -H $'SECRET'"),
    (Language::Shell, "az rest --method post --url 'URL?SECRET' --body key=SECRET --headers \"$(cat \"SECRET\")\""),
    (
        Language::LogicApp,
        "{\"actions\": {\"SECRET\": {\"inputs\": {\"method\": \"POST\", \"uri\": \"URL?SECRET\", \"body\": \"SECRET\"}}}}",
    ),
    (Language::LogicApp, "{\"actions\": {\"a\": {\"inputs\": {\"method\": \"DELETE\", \"uri\": \"URL/1/SECRET\"}}}}"),
    (Language::GitHubActions, "jobs:\n  a:\n    steps:\n      - run: curl -u SECRET -X POST 'URL' -d 'SECRET' # SECRET\n"),
    (Language::GitHubActions, "jobs:\n  a:\n    steps:\n      - {run: \"curl -u SECRET -X POST 'URL' -d 'SECRET'\"}\n"),
    (Language::AzurePipelines, "steps:\n- pwsh: ./x.ps1 -Secret SECRET; irm -Method POST -Uri 'URL' -Body SECRET\n"),
    (
        Language::Terraform,
        "resource \"msgraph_resource\" \"SECRET\" {\n  url = \"deviceAppManagement/mobileApps\"\n  body = \"SECRET\"\n}\n",
    ),
    (
        Language::Terraform,
        "resource \"msgraph_resource_action\" \"a\" {\n  resource_url = \"deviceAppManagement/mobileApps/1/SECRET\"\n  method = \"DELETE\"\n}\n",
    ),
];

fn reader() -> &'static Reader<'static> {
    static CATALOGUE: OnceLock<Catalogue> = OnceLock::new();
    static READER: OnceLock<Reader<'static>> = OnceLock::new();
    READER.get_or_init(|| Reader::new(CATALOGUE.get_or_init(|| Catalogue::builtin().unwrap())))
}

/// Everything that is said of a script, in every format, and what is kept beside a tenant.
fn everything(language: Language, script: &str) -> String {
    let survey = Survey { files: vec![reader().read("a.x", language, script)], ..Survey::default() };
    let kept = serde_json::to_string(&survey.keep(&Map::default())).unwrap();
    let bytes = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    [text(&survey, false, true), bytes(json(&survey).unwrap()), bytes(sarif(&survey).unwrap()), kept].join("\n")
}

fn script(text: &str, secret: &str) -> String {
    text.replace("URL", URL).replace("SECRET", secret)
}

#[test]
fn most_of_the_scripts_write() {
    let silent = PLACES.iter().filter(|(language, text)| reader().read("a", *language, &script(text, "x1")).writes.is_empty());
    let silent: Vec<_> = silent.collect();
    assert!(silent.len() <= 3, "{silent:#?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_secret_comes_out(secret in prop_oneof![
        "[a-z]{9,24}", "[A-Z0-9]{12,24}", "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "[0-9a-f]{31,32}", "[A-Za-z0-9]{12,40}",
        "[A-Za-z0-9_~.-]{14,40}", "[A-Za-z0-9+/]{22}==", "eyJ[A-Za-z0-9]{12}\\.eyJ[A-Za-z0-9]{12}", "[A-Z][a-z]{7}[0-9]{4}!", "[a-z]{7}-[a-z]{7}-[a-z]{7}",
    ]) {
        for (language, text) in PLACES {
            let said = everything(language, &script(text, &secret));
            // No part of it either; shorter parts may be words of the program by chance.
            let parts: Vec<char> = secret.chars().collect();
            for part in parts.windows(7) {
                let part: String = part.iter().collect();
                prop_assert!(!said.contains(&part), "{language:?}: {part} of {secret} in {text}\n{said}");
            }
        }
    }
}
