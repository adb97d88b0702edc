//! Which sign-in is configured: variables of the environment, read through a function so that tests need none. Nothing else
//! is looked at here; files, services and programs are tried when the client connects.

use super::super::Error;
use super::credential::{Credential, DevicePrompt, guid_or_stars};
use secrecy::SecretString;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

const TOKEN: &str = "MAASCAN_ACCESS_TOKEN";
const TENANT: &str = "AZURE_TENANT_ID";
const CLIENT: &str = "AZURE_CLIENT_ID";
const SECRET: &str = "AZURE_CLIENT_SECRET";
const CERTIFICATE: &str = "AZURE_CLIENT_CERTIFICATE_PATH";
const PASSWORD: &str = "AZURE_CLIENT_CERTIFICATE_PASSWORD";
const SEND_CHAIN: &str = "AZURE_CLIENT_SEND_CERTIFICATE_CHAIN";
const TOKEN_FILE: &str = "AZURE_FEDERATED_TOKEN_FILE";
const GITHUB_URL: &str = "ACTIONS_ID_TOKEN_REQUEST_URL";
const GITHUB_TOKEN: &str = "ACTIONS_ID_TOKEN_REQUEST_TOKEN";
const IDENTITY_ENDPOINT: &str = "IDENTITY_ENDPOINT";
const IDENTITY_HEADER: &str = "IDENTITY_HEADER";
/// Where the instance metadata service is, by the name that other SDKs of Azure read it from.
const IMDS_HOST: &str = "AZURE_POD_IDENTITY_AUTHORITY_HOST";

/// What an application signs in with, in the order in which the first that is set is taken.
const PROOFS: [&str; 3] = [SECRET, CERTIFICATE, TOKEN_FILE];

/// What a machine may offer when no application is configured.
#[derive(Clone)]
pub struct Surroundings {
    /// The tenant that a token must be of, if it was named.
    pub(super) tenant: Option<String>,
    /// App id of a user-assigned managed identity, if one was named.
    pub(super) client_id: Option<String>,
    /// Where a managed identity is asked for.
    pub(super) identity: IdentityService,
    /// `PATH`, to find the Azure CLI.
    pub(super) path: Option<String>,
    /// The sign-ins that come before, each with why it was passed over.
    pub(super) passed: Vec<String>,
}

/// Who gives out the tokens of a managed identity.
#[derive(Clone)]
pub(super) enum IdentityService {
    /// App Service, Functions, Container Apps, Azure Automation.
    Host { endpoint: String, header: SecretString },
    /// The instance metadata service of a virtual machine, at another host where one was named.
    Metadata { host: Option<String> },
    /// Azure Arc, which proves the caller by a file that only administrators can read. Not supported.
    Arc,
}

impl fmt::Debug for Surroundings {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Surroundings")
            .field("tenant", &self.tenant.as_deref().map(guid_or_stars))
            .field("client_id", &self.client_id.as_deref().map(guid_or_stars))
            .finish_non_exhaustive()
    }
}

/// The variables, each trimmed; an empty one counts as unset.
struct Variables<F>(F);

impl<F: Fn(&str) -> Option<String>> Variables<F> {
    fn value(&self, name: &str) -> Option<String> {
        (self.0)(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
    }

    fn is_set(&self, name: &str) -> bool {
        self.value(name).is_some()
    }
}

impl Credential {
    /// The first sign-in that is configured: `MAASCAN_ACCESS_TOKEN`; an application (`AZURE_TENANT_ID` and
    /// `AZURE_CLIENT_ID`) with a secret, a certificate, or a federated token; inside GitHub Actions with the token of the
    /// job; else what the machine offers, which is its managed identity or the sign-in of the Azure CLI. `lookup` gives the
    /// value of a variable; an empty value counts as unset.
    ///
    /// # Errors
    /// [`Error::Settings`] for a secret, certificate or token file without its application, a tenant that is neither GUID
    /// nor domain name, and a certificate with a password.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let variables = Variables(lookup);
        let tenant = tenant(&variables)?;
        if let Some(token) = variables.value(TOKEN) {
            return Ok(Self::AccessToken { token: token.into(), tenant });
        }
        let proofs: Vec<&str> = PROOFS.into_iter().filter(|name| variables.is_set(name)).collect();
        match (tenant, variables.value(CLIENT), proofs.first()) {
            (Some(tenant), Some(client_id), Some(proof)) => {
                tell_unused(&proofs);
                application(&variables, tenant, client_id, proof)
            }
            // Whoever sets a secret means that application; signing in as somebody else would read another tenant.
            (tenant, client_id, Some(proof)) => Err(incomplete(proof, tenant.is_some(), client_id.is_some())),
            (Some(tenant), Some(client_id), None) if variables.is_set(GITHUB_URL) && variables.is_set(GITHUB_TOKEN) => {
                let url = variables.value(GITHUB_URL).unwrap_or_default();
                let token = variables.value(GITHUB_TOKEN).unwrap_or_default().into();
                Ok(Self::GitHubActions { tenant, client_id, url, token })
            }
            (tenant, client_id, None) => Ok(Self::Surroundings(surroundings(&variables, tenant, client_id))),
        }
    }

    /// The sign-in of a person with a device code, unless `MAASCAN_ACCESS_TOKEN` is set, which comes first. `show` is told
    /// the code and the page once, while the client connects.
    ///
    /// # Errors
    /// [`Error::Settings`] if `AZURE_CLIENT_ID` is not set, or the tenant is neither GUID nor domain name.
    pub fn device_code(
        lookup: impl Fn(&str) -> Option<String>,
        show: impl Fn(&DevicePrompt) + Send + Sync + 'static,
    ) -> Result<Self, Error> {
        let variables = Variables(lookup);
        let tenant = tenant(&variables)?;
        if let Some(token) = variables.value(TOKEN) {
            return Ok(Self::AccessToken { token: token.into(), tenant });
        }
        match variables.value(CLIENT) {
            Some(client_id) => Ok(Self::DeviceCode { tenant, client_id, show: Arc::new(show) }),
            None => Err(Error::settings(
                format!("sign-in with a device code needs an application of your own, not set: {CLIENT}"),
                format!(
                    "register an application that allows public client flows, with the delegated permissions to read, and set {CLIENT} to its app id"
                ),
            )),
        }
    }
}

fn application<F: Fn(&str) -> Option<String>>(
    variables: &Variables<F>,
    tenant: String,
    client_id: String,
    proof: &str,
) -> Result<Credential, Error> {
    let value = variables.value(proof).unwrap_or_default();
    match proof {
        SECRET => Ok(Credential::ClientSecret { tenant, client_id, secret: value.into() }),
        CERTIFICATE if variables.is_set(PASSWORD) => Err(Error::settings(
            format!("certificates with a password are not read: {PASSWORD} is set"),
            "decrypt the key into a PEM file that only you can read: openssl pkcs12 -in FILE -out FILE.pem -nodes; and unset the password",
        )),
        CERTIFICATE => {
            let send_chain = variables.value(SEND_CHAIN).is_some_and(|text| text == "1" || text.eq_ignore_ascii_case("true"));
            Ok(Credential::Certificate { tenant, client_id, path: PathBuf::from(value), send_chain })
        }
        _ => Ok(Credential::FederatedTokenFile { tenant, client_id, path: PathBuf::from(value) }),
    }
}

/// Says that a second way is set and not taken. The order is that of other SDKs of Azure.
fn tell_unused(proofs: &[&str]) {
    if let [used, unused @ ..] = proofs
        && !unused.is_empty()
    {
        tracing::warn!("sign-in uses {used}, which comes first; set too and not used: {}", unused.join(", "));
    }
}

fn incomplete(proof: &str, tenant: bool, client: bool) -> Error {
    let missing: Vec<&str> = [(TENANT, tenant), (CLIENT, client)].into_iter().filter(|(_, set)| !set).map(|(name, _)| name).collect();
    let message = format!("sign-in is not complete, not set: {}", missing.join(", "));
    Error::settings(message, format!("set what is missing, or unset {proof} to sign in another way"))
}

fn surroundings<F: Fn(&str) -> Option<String>>(
    variables: &Variables<F>,
    tenant: Option<String>,
    client_id: Option<String>,
) -> Surroundings {
    let unset = [(TENANT, tenant.is_some()), (CLIENT, client_id.is_some())].into_iter().filter(|(_, set)| !set).map(|(name, _)| name);
    let one_of = format!("one of {}", PROOFS.join(", "));
    let missing: Vec<&str> = unset.chain([one_of.as_str()]).collect();
    let mut passed = vec![format!("{TOKEN}: not set"), format!("application: not set: {}", missing.join(", "))];
    if variables.is_set("GITHUB_ACTIONS") {
        let why = if missing.len() > 1 { "needs both ids too" } else { "the job lacks permission id-token: write" };
        passed.push(format!("GitHub Actions: {why}"));
    }
    let identity = match (variables.value(IDENTITY_ENDPOINT), variables.value(IDENTITY_HEADER)) {
        (Some(endpoint), Some(header)) => IdentityService::Host { endpoint, header: header.into() },
        (Some(_), None) => IdentityService::Arc,
        (None, _) => IdentityService::Metadata { host: variables.value(IMDS_HOST) },
    };
    Surroundings { tenant, client_id, identity, path: variables.value("PATH"), passed }
}

/// The tenant becomes part of a URL and of a command, so only the letters of GUIDs and domain names are taken.
fn tenant<F: Fn(&str) -> Option<String>>(variables: &Variables<F>) -> Result<Option<String>, Error> {
    let Some(tenant) = variables.value(TENANT) else { return Ok(None) };
    let plain = tenant.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '.'));
    if plain && tenant.starts_with(|letter: char| letter.is_ascii_alphanumeric()) {
        return Ok(Some(tenant));
    }
    // The value is not shown: variables get mixed up, and then it is the secret.
    Err(Error::settings(
        format!("{TENANT} is neither a GUID nor a domain name, such as contoso.onmicrosoft.com"),
        "copy the directory (tenant) id from the overview page of Entra ID",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    fn from(variables: &[(&str, &str)]) -> Result<Credential, Error> {
        Credential::from_lookup(lookup(variables))
    }

    fn lookup(variables: &[(&str, &str)]) -> impl Fn(&str) -> Option<String> {
        |name| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
    }

    #[test]
    fn the_first_that_is_configured_is_taken() {
        let all = [
            (TOKEN, "tok\n"),
            (SECRET, "s"),
            (CERTIFICATE, "/c.pem"),
            (TOKEN_FILE, "/t"),
            (GITHUB_URL, "https://g"),
            (TENANT, "t"),
            (CLIENT, "c"),
            (GITHUB_TOKEN, "g"),
        ];
        let Credential::AccessToken { token, tenant } = from(&all).unwrap() else { panic!("not the token") };
        assert_eq!((token.expose_secret(), tenant.as_deref()), ("tok", Some("t")));
        assert!(matches!(from(&all[1..]).unwrap(), Credential::ClientSecret { .. }));
        assert!(matches!(from(&all[2..]).unwrap(), Credential::Certificate { send_chain: false, .. }));
        assert!(matches!(from(&all[3..]).unwrap(), Credential::FederatedTokenFile { .. }));
        assert!(matches!(from(&all[4..]).unwrap(), Credential::GitHubActions { .. }));
        assert!(matches!(from(&all[5..]).unwrap(), Credential::Surroundings(_)));
        assert!(matches!(from(&[]).unwrap(), Credential::Surroundings(_)));
    }

    #[test]
    fn a_secret_without_its_application_is_refused_and_not_passed_over() {
        for proof in PROOFS {
            let error = from(&[(TENANT, "t"), (proof, "hunter2hunter2"), (CLIENT, " ")]).unwrap_err().to_string();
            assert!(error.starts_with("sign-in is not complete, not set: AZURE_CLIENT_ID\nhint: "), "{error}");
            assert!(error.contains(proof) && !error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn what_was_passed_over_is_kept_with_the_reason() {
        let passed = |variables: &[(&str, &str)]| match from(variables).unwrap() {
            Credential::Surroundings(surroundings) => surroundings.passed.join("; "),
            other => panic!("{other:?}"),
        };
        let nothing = passed(&[]);
        for name in [TOKEN, TENANT, CLIENT, SECRET, CERTIFICATE, TOKEN_FILE] {
            assert!(nothing.contains(name), "{nothing}");
        }
        let half = passed(&[(TENANT, "t"), (CLIENT, "c"), ("GITHUB_ACTIONS", "true")]);
        assert!(half.contains("application: not set: one of") && half.contains("id-token: write"), "{half}");
    }

    #[test]
    fn a_managed_identity_is_asked_for_where_the_host_says() {
        let identity = |variables: &[(&str, &str)]| match from(variables).unwrap() {
            Credential::Surroundings(surroundings) => surroundings.identity,
            other => panic!("{other:?}"),
        };
        let host = [(IDENTITY_ENDPOINT, "http://127.0.0.1:1/msi/token"), (IDENTITY_HEADER, "h")];
        assert!(matches!(identity(&host), IdentityService::Host { .. }));
        assert!(matches!(identity(&host[..1]), IdentityService::Arc));
        assert!(matches!(identity(&[]), IdentityService::Metadata { host: None }));
        assert!(matches!(identity(&[(IMDS_HOST, "http://127.0.0.1:1")]), IdentityService::Metadata { host: Some(_) }));
    }

    #[test]
    fn a_certificate_with_a_password_is_refused_and_a_chain_is_sent_on_demand() {
        let base = [(TENANT, "t"), (CLIENT, "c"), (CERTIFICATE, "/c.pem")];
        let with = |name, value| from(&[base.as_slice(), &[(name, value)]].concat());
        let error = with(PASSWORD, "hunter2hunter2").unwrap_err().to_string();
        assert!(error.contains("openssl") && !error.contains("hunter2"), "{error}");
        for (value, sent) in [("true", true), ("TRUE", true), ("1", true), ("0", false), ("no", false)] {
            let Credential::Certificate { send_chain, .. } = with(SEND_CHAIN, value).unwrap() else { panic!("no certificate") };
            assert_eq!(send_chain, sent, "{value}");
        }
    }

    #[test]
    fn a_device_code_needs_an_application_and_comes_after_a_token_only() {
        let ask = |variables: &[(&str, &str)]| Credential::device_code(lookup(variables), |_| {});
        let all = [(TENANT, "t"), (CLIENT, "c"), (SECRET, "s")];
        assert!(matches!(ask(&all).unwrap(), Credential::DeviceCode { tenant: Some(_), .. }));
        assert!(matches!(ask(&[(TOKEN, "x"), (CLIENT, "c")]).unwrap(), Credential::AccessToken { .. }));
        assert!(matches!(ask(&[(CLIENT, "c")]).unwrap(), Credential::DeviceCode { tenant: None, .. }));
        let error = ask(&[(TENANT, "t")]).unwrap_err().to_string();
        assert!(error.contains(CLIENT) && error.contains("public client") && error.contains("\nhint: "), "{error}");
    }

    #[test]
    fn a_tenant_cannot_change_the_url_or_the_command() {
        for bad in ["../x", "a/b", "a?b", "..", "a b", "--query", "-o"] {
            assert!(from(&[(TENANT, bad), (CLIENT, "c"), (SECRET, "s")]).is_err(), "{bad}");
        }
        assert!(from(&[(TENANT, "contoso.onmicrosoft.com"), (CLIENT, "c"), (SECRET, "s")]).is_ok());
    }

    #[test]
    fn a_secret_in_the_wrong_variable_is_not_shown() {
        let error = from(&[(TENANT, "hunter2~hunter2"), (CLIENT, "c"), (SECRET, "s")]).unwrap_err().to_string();
        assert!(error.contains("GUID") && error.contains("domain name") && !error.contains("hunter2"), "{error}");
    }

    #[test]
    fn secrets_print_as_stars() {
        let planted = "hunter2hunter2";
        let ids = [(TENANT, planted), (CLIENT, planted)];
        for more in [
            vec![(TOKEN, planted)],
            vec![(SECRET, planted)],
            vec![(CERTIFICATE, planted)],
            vec![(TOKEN_FILE, planted)],
            vec![(GITHUB_URL, planted), (GITHUB_TOKEN, planted)],
            vec![(IDENTITY_ENDPOINT, planted), (IDENTITY_HEADER, planted)],
            vec![(IMDS_HOST, planted), ("PATH", planted)],
        ] {
            let credential = from(&[ids.as_slice(), &more].concat()).unwrap();
            let shown = format!("{credential:?} {credential:#?}");
            assert!(shown.contains("***") && !shown.contains("hunter2"), "{shown}");
        }
        let shown = format!("{:?}", Credential::device_code(lookup(&ids), |_| {}).unwrap());
        assert!(shown.contains("***") && !shown.contains("hunter2"), "{shown}");
    }
}
