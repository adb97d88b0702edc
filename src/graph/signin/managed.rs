//! Managed identities: the machine itself vouches for the application. The services that give the tokens speak plain http,
//! on loopback or on a link-local address, so only such addresses are ever asked, without proxy and without redirects.

use super::super::cloud::{Endpoints, Origin};
use super::super::failure::Trouble;
use super::super::retry::{Transient, retry_after};
use super::super::wire::{self, Answer};
use super::super::{Error, Settings};
use super::clock::Clock;
use super::environment::IdentityService;
use super::refusal::is_error_word;
use super::{Grant, LIMIT};
use reqwest::RequestBuilder;
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use std::time::Duration;
use url::Url;

/// The instance metadata service of a virtual machine in Azure.
const METADATA: &str = "http://169.254.169.254";

/// Longest wait for the first sign of the metadata service. On a machine that is not in Azure nobody answers.
const PROBE: Duration = Duration::from_millis(1500);

/// Longest wait for the token itself, which the service may have to fetch.
const ANSWER: Duration = Duration::from_secs(30);

/// A managed identity and where its tokens come from.
pub(super) struct Managed {
    http: reqwest::Client,
    origin: Origin,
    url: Url,
    header: Option<SecretString>,
    metadata: bool,
    clock: Clock,
}

impl Managed {
    /// Prepares to ask `service`. `client_id` names a user-assigned identity; without it, it is the machine's own.
    pub(super) fn new(
        service: &IdentityService,
        client_id: Option<&str>,
        endpoints: &Endpoints,
        settings: &Settings,
    ) -> Result<Self, Error> {
        let (name, text, version, header) = match service {
            IdentityService::Host { endpoint, header } => ("IDENTITY_ENDPOINT", endpoint.clone(), "2019-08-01", Some(header.clone())),
            IdentityService::Metadata { host } => {
                let host = host.as_deref().unwrap_or(METADATA).trim_end_matches('/');
                ("AZURE_POD_IDENTITY_AUTHORITY_HOST", format!("{host}/metadata/identity/oauth2/token"), "2018-02-01", None)
            }
            IdentityService::Arc => {
                let message = "IDENTITY_ENDPOINT without IDENTITY_HEADER is Azure Arc, which is not supported";
                return Err(Error::settings(message, "sign in as an application instead"));
            }
        };
        let url = Url::parse(&text).ok();
        let Some((mut url, origin)) = url.and_then(|url| Origin::of_machine(&url).map(|origin| (url, origin))) else {
            // The text is not shown: variables get mixed up.
            let hint = "the services that give tokens to managed identities are at 127.0.0.0/8, localhost or 169.254.0.0/16";
            return Err(Error::settings(format!("{name} does not lead to this machine"), hint));
        };
        url.query_pairs_mut().append_pair("api-version", version).append_pair("resource", endpoints.audience());
        if let Some(client_id) = client_id {
            url.query_pairs_mut().append_pair("client_id", client_id);
        }
        let patient = Settings { timeout: settings.timeout.min(ANSWER), ..settings.clone() };
        let http = wire::client_within(&origin, &patient, PROBE)?;
        Ok(Self { http, origin, url, metadata: header.is_none(), header, clock: Clock::new(settings.now) })
    }

    /// Whether the metadata service is there. It refuses a request without its header, and that is answer enough.
    ///
    /// # Errors
    /// [`Error::Settings`] if nothing answers within a second and a half.
    pub(super) async fn probe(&self) -> Result<(), Error> {
        if !self.metadata {
            return Ok(());
        }
        let mut bare = self.url.clone();
        bare.set_query(None);
        match wire::send(self.http.get(bare).timeout(PROBE), &self.origin, "GET metadata service", LIMIT).await {
            Ok(_) | Err(Trouble::Stop(Error::Failed { .. })) => Ok(()),
            Err(_) => Err(Error::settings(format!("nothing answers at {}", self.origin.text()), "this machine is not one of Azure")),
        }
    }

    /// Asks once for a token.
    pub(super) async fn attempt(&self) -> Result<Grant, Trouble> {
        let answer = wire::send(self.request()?, &self.origin, "GET token of the managed identity", LIMIT).await?;
        let secret = self.header.as_ref().map(ExposeSecret::expose_secret);
        match (answer.status, answer.json()) {
            (200, Ok(body)) => Grant::read(&body, self.clock.now()),
            (200, Err(unread)) => Err(Trouble::Again(unread.limited(transient(unread.says(), &answer)))),
            (410 | 429 | 500..=599, _) => Err(Trouble::Again(transient(&format!("status {}", answer.status), &answer))),
            // While it is renewed the metadata service answers 404, as do those of other clouds for ever.
            (404, _) if self.metadata => Err(Trouble::Again(Transient { foreign: true, ..transient("status 404", &answer) })),
            (status, body) => Err(Trouble::Stop(refusal(status, &body.unwrap_or_default(), secret))),
        }
    }

    fn request(&self) -> Result<RequestBuilder, Trouble> {
        let request = self.http.get(self.url.clone()).header("Accept", "application/json");
        let Some(header) = &self.header else { return Ok(request.header("Metadata", "true")) };
        let unfit = |_| Trouble::Stop(Error::settings("IDENTITY_HEADER has characters that no header has", "leave it as the host sets it"));
        let mut header = HeaderValue::from_str(header.expose_secret()).map_err(unfit)?;
        header.set_sensitive(true);
        Ok(request.header("X-IDENTITY-HEADER", header))
    }
}

const HINT: &str = "assign an identity to this machine or service, and set AZURE_CLIENT_ID only for a user-assigned one";

fn transient(what: &str, answer: &Answer) -> Transient {
    Transient::new(Error::sign_in(format!("identity service: {what}"), HINT), retry_after(&answer.headers))
}

/// What a refusal means. As with Entra ID, sentences are not repeated.
fn refusal(status: u16, body: &Value, secret: Option<&str>) -> Error {
    let said = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    if said("error_description").to_lowercase().contains("identity not found") {
        return Error::sign_in("this machine has no such managed identity", HINT);
    }
    let secrets: Vec<&str> = secret.into_iter().collect();
    let word = Some(said("error")).filter(|word| is_error_word(word, &secrets));
    Error::sign_in(word.map_or_else(|| format!("status {status}"), |word| format!("status {status}: {word}")), HINT)
}
