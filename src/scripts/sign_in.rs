//! As whom a script signs in, as far as its text shows. Comments are no evidence.

use super::eval::Called;
use super::model::{Language, SignIn};
use std::collections::BTreeSet;

/// Signs of an application: words that nothing but an app-only sign-in has.
const APP: [&str; 42] = [
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
    let (connects, logins) = (connects(&lower), logins(&lower, language));
    let mut app = has(&APP) || connects.app || logins.app;
    let mut person = has(&PERSON) || connects.person || logins.person;
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

/// Languages in which `az login` is a command. In the others it stands in texts, of which only an application's is a sign.
const WITH_COMMANDS: [Language; 4] = [Language::Shell, Language::PowerShell, Language::GitHubActions, Language::AzurePipelines];

/// Words and signs after which a command begins.
const BEFORE_COMMAND: [&str; 14] = [";", "&", "|", "(", "{", "!", "then", "do", "else", "if", "run:", "script:", "inlinescript:", "-"];

/// What `az login` is given where an application signs in.
const LOGIN_AS_APP: [&str; 4] = ["--service-principal", "--identity", "-i", "--federated-token"];

/// `az login`: without arguments it asks a person. Arguments in a variable say nothing.
fn logins(lower: &str, language: Language) -> Connects {
    let mut found = Connects::default();
    for (at, command) in lower.match_indices("az login") {
        let (before, rest) = (lower.get(..at).unwrap_or(""), lower.get(at + command.len()..).unwrap_or(""));
        let line = logical_line(rest);
        let line = line.split([';', '|', '&', ')', '}', '>', '#']).next().unwrap_or("");
        let bare = |word: &str| word.split(['=', '"', '\'']).next().unwrap_or("").to_owned();
        let app = line.split_whitespace().any(|word| LOGIN_AS_APP.contains(&bare(word).as_str()));
        let before = before.rsplit('\n').next().unwrap_or("").trim_end();
        let begins =
            !before.trim_start().starts_with('#') && (before.is_empty() || BEFORE_COMMAND.iter().any(|sign| before.ends_with(sign)));
        let is_whole =
            rest.is_empty() || rest.starts_with(|letter: char| letter.is_whitespace() || matches!(letter, ';' | ')' | '|' | '&'));
        let may_hold_more = line.split_whitespace().next().is_some_and(|word| word.starts_with(['$', '@', '"']));
        found.app |= app;
        found.person |= !app && begins && is_whole && !may_hold_more && WITH_COMMANDS.contains(&language);
    }
    found
}

/// A command with the lines that a backtick or a backslash ties to it.
fn logical_line(text: &str) -> String {
    let mut whole = String::new();
    for line in text.lines().take(12) {
        let line = line.trim_end();
        match line.strip_suffix(['`', '\\']) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_azure_command_line_signs_in_as_its_arguments_say() {
        for (text, expected) in [
            ("az login", SignIn::Delegated),
            ("  az login --use-device-code --tenant x", SignIn::Delegated),
            ("if ! az account show; then az login; fi", SignIn::Delegated),
            ("az account show || az login >/dev/null", SignIn::Delegated),
            ("az login --tenant x --service-principal -u a -p b", SignIn::App),
            ("az login \\\n  --allow-no-subscriptions \\\n  --identity", SignIn::App),
            ("az login -i", SignIn::App),
            ("az login --service-principal -u a\naz login", SignIn::Both),
            ("az login $how", SignIn::Unknown),
            ("az login \"${how[@]}\"", SignIn::Unknown),
            ("echo \"please run az login first\"", SignIn::Unknown),
            ("az logins", SignIn::Unknown),
            ("# run: az login", SignIn::Unknown),
        ] {
            assert_eq!(judge(text, Language::Shell), expected, "{text}");
        }
        assert_eq!(judge("az login", Language::Python), SignIn::Unknown, "a text");
        assert_eq!(judge("run(\"az login --identity\")", Language::Python), SignIn::App);
    }
}
