//! Tokens for Microsoft Graph: given, or obtained with a client secret and renewed before they end.

use super::cloud::{Endpoints, Origin};
use super::failure::Trouble;
use super::jwt::{Claims, is_guid};
use super::retry::{Transient, retry_after};
use super::wire::{self, Answer};
use super::{Credential, Error, Settings};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep};

/// Longest answer of the token service, in bytes.
const LIMIT: usize = 1 << 20;

/// A token is renewed this long before it ends, or at half of its life if that is shorter.
const MARGIN: Duration = Duration::from_secs(300);

/// A token and which one of this run it is.
pub(super) struct Token {
    pub(super) text: SecretString,
    generation: u64,
}

/// Where tokens come from.
pub(super) enum Tokens {
    /// The user gave one.
    Given(SecretString),
    /// The token service gives them.
    Obtained(Box<Issuer>),
}

impl Tokens {
    /// Prepares the source and finds the tenant: from the token, else as configured.
    pub(super) async fn prepare(credential: Credential, endpoints: &Endpoints, settings: &Settings) -> Result<(Self, String), Error> {
        match credential {
            Credential::AccessToken { token, tenant } => given(token, tenant, endpoints, settings),
            Credential::ClientSecret { tenant, client_id, secret } => {
                let issuer = Issuer::new(tenant, client_id, secret, endpoints, settings)?;
                let first = issuer.current().await?;
                let tenant = Claims::of(first.text.expose_secret()).and_then(|claims| claims.tenant);
                let tenant = tenant.unwrap_or_else(|| issuer.tenant.clone());
                Ok((Self::Obtained(Box::new(issuer)), tenant))
            }
        }
    }

    /// A token that has not ended.
    pub(super) async fn current(&self) -> Result<Token, Error> {
        match self {
            Self::Given(text) => Ok(Token { text: text.clone(), generation: 0 }),
            Self::Obtained(issuer) => issuer.current().await,
        }
    }

    /// Whether another token than `refused` can be had. Many readers may ask at once; one new token serves them all.
    pub(super) async fn can_replace(&self, refused: &Token) -> bool {
        let Self::Obtained(issuer) = self else { return false };
        let mut held = issuer.held.lock().await;
        if held.as_ref().is_some_and(|held| held.generation == refused.generation) {
            *held = None;
        }
        true
    }
}

fn given(token: SecretString, tenant: Option<String>, endpoints: &Endpoints, settings: &Settings) -> Result<(Tokens, String), Error> {
    if !token.expose_secret().bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Error::settings("access token has characters that no token has", "set MAASCAN_ACCESS_TOKEN to the bare token"));
    }
    let claims = Claims::of(token.expose_secret()).unwrap_or_default();
    claims.check(&endpoints.graph, tenant.as_deref(), settings.now)?;
    match claims.tenant.or(tenant) {
        Some(tenant) => Ok((Tokens::Given(token), tenant)),
        None => Err(Error::settings("access token does not name its tenant", "set AZURE_TENANT_ID to the directory (tenant) id")),
    }
}

struct Held {
    token: SecretString,
    renew_at: Instant,
    generation: u64,
}

/// Obtains tokens with a client secret.
pub(super) struct Issuer {
    http: reqwest::Client,
    origin: Origin,
    scope: String,
    tenant: String,
    client_id: String,
    secret: SecretString,
    settings: Settings,
    held: Mutex<Option<Held>>,
    issued: std::sync::atomic::AtomicU64,
}

impl Issuer {
    fn new(tenant: String, client_id: String, secret: SecretString, endpoints: &Endpoints, settings: &Settings) -> Result<Self, Error> {
        Ok(Self {
            http: wire::client_for(&endpoints.login, settings)?,
            origin: endpoints.login.clone(),
            scope: format!("{}/.default", endpoints.graph()),
            tenant,
            client_id,
            secret,
            settings: settings.clone(),
            held: Mutex::new(None),
            issued: 0.into(),
        })
    }

    async fn current(&self) -> Result<Token, Error> {
        let mut held = self.held.lock().await;
        let now = Instant::now();
        let held = match held.take() {
            Some(fresh) if now < fresh.renew_at => held.insert(fresh),
            _ => held.insert(self.obtain().await?),
        };
        Ok(Token { text: held.token.clone(), generation: held.generation })
    }

    async fn obtain(&self) -> Result<Held, Error> {
        let mut budget = self.settings.retry.budget(0);
        loop {
            match self.request().await {
                Ok(held) => return Ok(held),
                Err(Trouble::Stop(error) | Trouble::Unauthorized(error)) => return Err(error),
                Err(Trouble::Again(failure)) => match budget.spend(&failure) {
                    Some(wait) => sleep(wait).await,
                    None => return Err(failure.error),
                },
            }
        }
    }

    async fn request(&self) -> Result<Held, Trouble> {
        let asked = Instant::now();
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", self.client_id.as_str()),
            ("client_secret", self.secret.expose_secret()),
            ("scope", self.scope.as_str()),
        ];
        // The tenant was checked to hold nothing that could end its place in the path.
        let url = format!("{}/{}/oauth2/v2.0/token", self.origin.text(), self.tenant);
        let answer = wire::send(self.http.post(url).form(&form), &self.origin, "POST token", LIMIT).await?;
        match (answer.status, answer.json()) {
            (200, Ok(body)) => self.held(&body, asked),
            (200, Err(unread)) => {
                let failure = self.transient(&format!("token service: {}", unread.says()), &answer);
                Err(Trouble::Again(unread.limited(failure)))
            }
            (429 | 500..=599, _) => Err(Trouble::Again(self.transient(&format!("token service answered {}", answer.status), &answer))),
            (status, body) => Err(Trouble::Stop(self.refusal(status, &body.unwrap_or_default()))),
        }
    }

    fn transient(&self, message: &str, answer: &Answer) -> Transient {
        let hint = format!("try again later; if it stays, check the login endpoint: {}", self.origin.text());
        Transient::new(Error::sign_in(message, hint), retry_after(&answer.headers))
    }

    fn held(&self, body: &Value, asked: Instant) -> Result<Held, Trouble> {
        let token = body.get("access_token").and_then(Value::as_str).filter(|token| !token.is_empty());
        let Some(token) = token.filter(|token| token.bytes().all(|byte| byte.is_ascii_graphic())) else {
            return Err(Trouble::Stop(Error::sign_in("token service answered without a token", "check the login endpoint")));
        };
        let generation = 1 + self.issued.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        Ok(Held { token: token.into(), renew_at: asked + usable(body.get("expires_in")), generation })
    }

    /// What a refusal means. Its sentences are never repeated: the request held the secret, and whoever answers may send it
    /// back in a form that no search finds.
    fn refusal(&self, status: u16, body: &Value) -> Error {
        let code = error_code(body);
        match code {
            Some(7_000_215) => Error::sign_in(
                format!("wrong client secret for {} (AADSTS7000215)", self.application()),
                "set AZURE_CLIENT_SECRET to the secret's value, not to its id",
            ),
            Some(7_000_222) => Error::sign_in(
                format!("client secret of {} has expired (AADSTS7000222)", self.application()),
                "create a new secret in Entra ID and set AZURE_CLIENT_SECRET",
            ),
            Some(90_002) => Error::sign_in(
                format!("unknown tenant{} (AADSTS90002)", named(&self.tenant)),
                "check AZURE_TENANT_ID, and --cloud if the tenant is in a national cloud",
            ),
            Some(700_016) => Error::sign_in(
                format!("unknown application in this tenant{} (AADSTS700016)", named(&self.client_id)),
                "check AZURE_CLIENT_ID and AZURE_TENANT_ID; the application needs a service principal in the tenant",
            ),
            code => self.other_refusal(status, body, code),
        }
    }

    fn other_refusal(&self, status: u16, body: &Value, code: Option<u64>) -> Error {
        let kind = body.get("error").and_then(Value::as_str).filter(|kind| is_error_word(kind, self.secret.expose_secret()));
        let code = code.map(|code| format!("AADSTS{code}"));
        let told = kind.map(str::to_owned).into_iter().chain(code);
        let parts: Vec<String> = std::iter::once(format!("status {status}")).chain(told).collect();
        Error::sign_in(parts.join(": "), "check AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET and the login endpoint")
    }

    fn application(&self) -> String {
        if is_guid(&self.client_id) { format!("application {}", self.client_id) } else { "the application".to_owned() }
    }
}

/// The value of a variable, if it is a GUID. Whoever mixes the variables up has the secret in one of the others.
fn named(value: &str) -> String {
    if is_guid(value) { format!(": {value}") } else { String::new() }
}

/// Whether a text is an error word as OAuth 2.0 writes them (RFC 6749 section 5.2), and no part of the secret.
fn is_error_word(word: &str, secret: &str) -> bool {
    let plain = word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    plain && (1..=40).contains(&word.len()) && !secret.to_lowercase().contains(word) && !word.contains(&secret.to_lowercase())
}

/// Above every number that Entra ID gives to an error; a longer one is something else.
const MOST_CODE: u64 = 99_999_999;

/// The number of an Entra ID error: from `error_codes`, else from the text.
fn error_code(body: &Value) -> Option<u64> {
    let listed = body.get("error_codes").and_then(Value::as_array).and_then(|codes| codes.first()).and_then(Value::as_u64);
    let from_text = || {
        let after = body.get("error_description").and_then(Value::as_str)?.split("AADSTS").nth(1)?;
        after.chars().take_while(char::is_ascii_digit).take(9).collect::<String>().parse().ok()
    };
    listed.or_else(from_text).filter(|code| *code <= MOST_CODE)
}

/// How long a token is used, from `expires_in` in seconds, as number or text; ten minutes where it says nothing.
fn usable(expires_in: Option<&Value>) -> Duration {
    let seconds = expires_in.and_then(|value| value.as_u64().or_else(|| value.as_str()?.parse().ok())).unwrap_or(600);
    let life = Duration::from_secs(seconds.min(7 * 86_400));
    life.saturating_sub(MARGIN).max(life / 2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_token_is_renewed_before_it_ends() {
        assert_eq!(usable(Some(&json!(3599))), Duration::from_secs(3299));
        assert_eq!(usable(Some(&json!("100"))), Duration::from_secs(50));
        assert_eq!(usable(Some(&json!(-1))), Duration::from_secs(300));
        assert_eq!(usable(None), Duration::from_secs(300));
        assert!(usable(Some(&json!(u64::MAX))) < Duration::from_secs(8 * 86_400));
    }

    #[test]
    fn the_error_number_is_found_in_list_or_text() {
        assert_eq!(error_code(&json!({"error_codes": [90002]})), Some(90_002));
        let text = json!({"error_description": "AADSTS700016: Application with identifier 'x' was not found"});
        assert_eq!(error_code(&text), Some(700_016));
        assert_eq!(error_code(&json!({"error_codes": "x", "error_description": "AADSTS: no"})), None);
        assert_eq!(error_code(&json!({"error_codes": [1_234_567_890_123_456_u64]})), None, "a number that long may be a secret");
    }

    #[test]
    fn only_an_error_word_is_repeated() {
        for word in ["invalid_client", "unauthorized_client"] {
            assert!(is_error_word(word, "s3cret~Value"));
        }
        for other in ["", "Invalid", "invalid client", "c2VjcmV0", "sec", "thesecretvalueisthis", &"a".repeat(41)] {
            assert!(!is_error_word(other, "SecretValue"), "{other}");
        }
    }
}
