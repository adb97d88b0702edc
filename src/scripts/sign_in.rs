//! As whom a script signs in, as far as its text shows. Comments are no evidence.

use super::eval::Called;
use super::model::{Language, SignIn};
use std::collections::BTreeSet;

/// Signs of an application: words that nothing but an app-only sign-in has.
const APP: [&str; 44] = [
    "client_credentials",
    "clientsecretcredential",
    "clientcertificatecredential",
    "managedidentitycredential",
    "workloadidentitycredential",
    "clientassertioncredential",
    "certificatecredential",
    "confidentialclientapplication",
    "acquire_token_for_client",
    "acquiretokenforclient",
    "acquiretokenbyclientcredential",
    "withclientsecret",
    "withcertificate",
    "-certificatethumbprint",
    "-certificatename",
    "-certificatesubjectname",
    "-clientsecret",
    "-clientcert",
    "managedserviceidentity",
    "identity_endpoint",
    "msi_endpoint",
    "metadata/identity",
    "azure_client_secret",
    "az login --service-principal",
    "az login --identity",
    "-serviceprincipal",
    "connect-mggraph -identity",
    "connect-azaccount -identity",
    "connect-rjrbgraph",
    "get-automationconnection",
    "get-azautomationconnection",
    "get-automationvariable",
    "\"clientsecret\"",
    "clientsecret =",
    "clientsecret=",
    "client_secret",
    "-appsecret",
    "appsecret",
    "azure/login",
    "azurepowershell@",
    "azurecli@",
    "azureserviceconnection",
    "azuresubscription",
    "defaultazurecredential",
];

/// Signs of a person.
const PERSON: [&str; 26] = [
    "devicecodecredential",
    "interactivebrowsercredential",
    "usernamepasswordcredential",
    "onbehalfofcredential",
    "publicclientapplication",
    "-usedeviceauthentication",
    "-usedevicecode",
    "-devicecode",
    "device_code",
    "devicecode",
    "acquire_token_interactive",
    "acquiretokeninteractive",
    "acquiretokenonbehalfof",
    "-interactive",
    "promptbehavior",
    "platformparameters",
    "connect-msgraph",
    "connect-azuread",
    "get-authtoken",
    "grant_type=password",
    "grant_type = \"password\"",
    "authorization_code",
    "useridentifier",
    "credentials.username",
    "msal.publicclient",
    "loginpopup",
];

/// Commands that sign in, of which the arguments say as whom.
const CONNECTS: [&str; 6] =
    ["connect-mggraph", "connect-graph", "connect-msintunegraph", "connect-msgraph", "connect-azaccount", "connect-wtwintuner"];

/// What an argument of these begins with where an application signs in; `*` stands for arguments that are not known.
const AS_APP: [&str; 9] = [
    "identity",
    "certificate",
    "clientsecret",
    "clientcert",
    "accesstoken",
    "managedidentity",
    "usemanagedidentity",
    "environmentvariable",
    "serviceprincipal",
];

/// Where a text shows both, or nothing, those connections count that are reached: a helper that can do both may only be called for
/// one, and arguments may be put together elsewhere.
pub(super) fn refine(judged: SignIn, calls: &[Called]) -> SignIn {
    if !matches!(judged, SignIn::Both | SignIn::Unknown) {
        return judged;
    }
    let (mut app, mut person) = (false, false);
    for call in calls.iter().filter(|call| CONNECTS.contains(&&*call.name)) {
        let has = |words: &[&str]| call.arguments.iter().any(|argument| words.iter().any(|word| argument.starts_with(word)));
        if has(&AS_APP) || (judged == SignIn::Both && has(&["*"])) {
            app = true;
        } else if has(&["scope", "usedevice", "devicecode", "interactive"]) {
            person = true;
        }
    }
    match (app, person) {
        (true, false) => SignIn::App,
        (false, true) => SignIn::Delegated,
        (true, true) => SignIn::Both,
        (false, false) => judged,
    }
}

/// What two pieces of evidence say together.
pub(super) fn either(left: SignIn, right: SignIn) -> SignIn {
    match (left, right) {
        (SignIn::Unknown, known) | (known, SignIn::Unknown) => known,
        (left, right) if left == right => left,
        _ => SignIn::Both,
    }
}

/// Judges a text without its comments.
pub(super) fn judge(code: &str, language: Language) -> SignIn {
    let lower = code.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    let connects = connects(&lower);
    let mut app = has(&APP) || connects.app;
    let mut person = has(&PERSON) || connects.person;
    if matches!(language, Language::LogicApp) {
        // A connection of a connector is somebody's; an identity of the workflow is its own.
        app = lower.contains("managedserviceidentity") || lower.contains("activedirectoryoauth") || lower.contains("client_credentials");
        person = !app && lower.contains("\"authentication\": \"@parameters('$authentication')\"");
    }
    match (app, person) {
        (true, true) => SignIn::Both,
        (true, false) => SignIn::App,
        (false, true) => SignIn::Delegated,
        (false, false) => SignIn::Unknown,
    }
}

#[derive(Default)]
struct Connects {
    app: bool,
    person: bool,
}

/// `Connect-MgGraph` and `Connect-MSIntuneGraph`, by what they are given.
fn connects(lower: &str) -> Connects {
    let mut found = Connects::default();
    for command in CONNECTS {
        for (at, _) in lower.match_indices(command) {
            let line = logical_line(lower.get(at..).unwrap_or(""));
            // Another command may follow on the same line.
            let line = line.split(['}', ';', '|']).next().unwrap_or("");
            let app = AS_APP.iter().any(|word| line.contains(&format!("-{word}")));
            found.app |= app;
            let scoped =
                line.contains("-scope") || (command == "connect-msintunegraph" && line.contains("-tenantid") && !line.contains('@'));
            found.person |= !app && scoped;
        }
    }
    found
}

/// A command with the lines that a backtick ties to it.
fn logical_line(text: &str) -> String {
    let mut whole = String::new();
    for line in text.lines().take(12) {
        let line = line.trim_end();
        match line.strip_suffix('`') {
            Some(front) => whole.push_str(front),
            None => {
                whole.push_str(line);
                break;
            }
        }
    }
    whole
}

/// Ids of applications that stand beside a word for them, in lower case.
pub(super) fn client_ids(text: &str) -> Vec<String> {
    let mut found = BTreeSet::new();
    let lower = text.to_ascii_lowercase();
    for word in ["clientid", "client_id", "client-id", "appid", "app_id", "applicationid", "application_id"] {
        for (at, _) in lower.match_indices(word) {
            let after: String = lower.get(at + word.len()..).unwrap_or("").chars().take(60).collect();
            let id: String = after.chars().skip_while(|letter| !letter.is_ascii_hexdigit()).take(36).collect();
            let gap = after.find(|letter: char| letter.is_ascii_hexdigit()).unwrap_or(0);
            if gap < 12 && crate::snapshot::is_guid(&id) {
                found.insert(id);
            }
        }
    }
    found.into_iter().collect()
}
