//! Signs in with a credential: prepares its source, obtains the first token, and looks at whom that is for.

use super::super::jwt::Claims;
use super::super::{Endpoints, Error, Settings};
use super::azure_cli::AzureCli;
use super::certificate::Certificate;
use super::clock::Clock;
use super::device::Device;
use super::environment::Surroundings;
use super::federated::GitHub;
use super::login::{Application, Login, With};
use super::managed::Managed;
use super::{Credential, How, SignedIn, Source, Tokens, is_token};
use secrecy::{ExposeSecret, SecretString};

/// The tenant of people whose own is not named.
const ANY_TENANT: &str = "organizations";

/// A sign-in that came about.
pub(in super::super) struct Opened {
    pub(in super::super) tokens: Tokens,
    pub(in super::super) signed_in: SignedIn,
    pub(in super::super) notes: Vec<String>,
}

/// Signs in. A given token is checked as far as it can be read; every other way is tried at once.
///
/// # Errors
/// [`Error::Settings`] for what cannot be used, [`Error::SignIn`] if refused, [`Error::Unreachable`]. Where the surroundings
/// are searched, one error names everything that was tried.
pub(in super::super) async fn open(credential: Credential, endpoints: &Endpoints, settings: &Settings) -> Result<Opened, Error> {
    let login = |tenant, client_id| Login::new(tenant, client_id, endpoints, settings);
    let (how, login, with) = match credential {
        Credential::AccessToken { token, tenant } => return given(token, tenant, endpoints, settings),
        Credential::Surroundings(surroundings) => return search(surroundings, endpoints, settings).await,
        Credential::DeviceCode { tenant, client_id, show } => {
            let login = login(tenant.clone().unwrap_or_else(|| ANY_TENANT.to_owned()), client_id)?;
            let source = Source::Device(Device::new(login, show, settings));
            return opened(How::DeviceCode, source, tenant, settings).await;
        }
        Credential::ClientSecret { tenant, client_id, secret } => (How::ClientSecret, login(tenant, client_id)?, With::Secret(secret)),
        Credential::Certificate { tenant, client_id, path, send_chain } => {
            let certificate = Certificate::open(&path, send_chain, Clock::new(settings.now).now())?;
            (How::Certificate, login(tenant, client_id)?, With::Certificate(certificate))
        }
        Credential::FederatedTokenFile { tenant, client_id, path } => {
            (How::FederatedTokenFile, login(tenant, client_id)?, With::TokenFile(path))
        }
        Credential::GitHubActions { tenant, client_id, url, token } => {
            let github = GitHub::new(&url, &token, settings)?;
            (How::GitHubActions, login(tenant, client_id)?, With::GitHub(github))
        }
    };
    let tenant = Some(login.tenant.clone());
    opened(how, Source::Application(Application { login, with }), tenant, settings).await
}

fn given(token: SecretString, tenant: Option<String>, endpoints: &Endpoints, settings: &Settings) -> Result<Opened, Error> {
    if !is_token(token.expose_secret()) {
        return Err(Error::settings("access token has characters that no token has", "set MAASCAN_ACCESS_TOKEN to the bare token"));
    }
    let claims = Claims::of(token.expose_secret()).unwrap_or_default();
    claims.check(endpoints, tenant.as_deref(), settings.now)?;
    let signed_in = SignedIn::new(How::AccessToken, claims, tenant)?;
    let notes = signed_in.notes();
    Ok(Opened { tokens: Tokens::given(token, settings.retry.clone()), signed_in, notes })
}

/// Obtains the first token of a source. It must be of `tenant`, if that is a GUID: a machine or a person may be of another.
async fn opened(how: How, source: Source, tenant: Option<String>, settings: &Settings) -> Result<Opened, Error> {
    let (tokens, grant) = Tokens::obtained(source, settings.retry.clone()).await?;
    let claims = Claims::of(grant.token.expose_secret()).unwrap_or_default();
    claims.check_tenant(tenant.as_deref())?;
    let signed_in = SignedIn::new(how, claims, grant.tenant.or(tenant))?;
    let clock = tokens.source.as_ref().and_then(Source::clock_note);
    let notes = signed_in.notes().into_iter().chain(clock).collect();
    tracing::info!("signed in with {how}");
    Ok(Opened { tokens, signed_in, notes })
}

/// Tries what the machine offers, one after the other.
async fn search(surroundings: Surroundings, endpoints: &Endpoints, settings: &Settings) -> Result<Opened, Error> {
    let tenant = || surroundings.tenant.clone();
    let managed = managed(&surroundings, endpoints, settings).await;
    let failed = match managed {
        Ok(opened) => return Ok(opened),
        Err(error) => error,
    };
    let cli = AzureCli::find(surroundings.path.as_deref(), tenant(), endpoints, settings);
    let cli_failed = match cli {
        Ok(cli) => match opened(How::AzureCli, Source::AzureCli(cli), tenant(), settings).await {
            Ok(opened) => return Ok(opened),
            Err(error) => error,
        },
        Err(error) => error,
    };
    Err(nothing_works(&surroundings.passed, &[(How::ManagedIdentity, failed), (How::AzureCli, cli_failed)]))
}

async fn managed(surroundings: &Surroundings, endpoints: &Endpoints, settings: &Settings) -> Result<Opened, Error> {
    let managed = Managed::new(&surroundings.identity, surroundings.client_id.as_deref(), endpoints, settings)?;
    managed.probe().await?;
    opened(How::ManagedIdentity, Source::Managed(managed), surroundings.tenant.clone(), settings).await
}

/// One error for everything that was tried. If nothing was there to refuse, it is a matter of settings.
fn nothing_works(passed: &[String], tried: &[(How, Error)]) -> Error {
    let why = |error: &Error| match error {
        Error::SignIn { message, .. } | Error::Settings { message, .. } => message.clone(),
        other => other.summary(),
    };
    let tried_and_why = tried.iter().map(|(how, error)| format!("{how}: {}", why(error)));
    let all: Vec<String> = passed.iter().cloned().chain(tried_and_why).collect();
    let hint = "set MAASCAN_ACCESS_TOKEN (for a workspace of logs MAASCAN_LOGS_TOKEN), or AZURE_TENANT_ID and AZURE_CLIENT_ID with AZURE_CLIENT_SECRET or \
        AZURE_CLIENT_CERTIFICATE_PATH; or run az login; or use --device-code";
    if tried.iter().all(|(_, error)| matches!(error, Error::Settings { .. })) {
        return Error::settings(format!("no sign-in is configured: {}", all.join("; ")), hint);
    }
    Error::sign_in(format!("no way to sign in works: {}", all.join("; ")), hint)
}
