//! Where tokens for Microsoft Graph come from: given, or obtained in one of the ways that a person, an automation or a
//! machine signs in, and renewed before they end. Many readers share one token and one renewal.
//!
//! The ways are few HTTP requests each, so they are written out here on the same wire as everything else, and not taken from
//! `azure_identity`: it adds 30 crates, takes no plain http (which a simulated tenant speaks), signs certificates with
//! SHA-1 thumbprints, and knows no device code.

mod azure_cli;
mod certificate;
mod clock;
mod credential;
mod device;
mod environment;
mod federated;
mod login;
mod managed;
mod open;
mod refusal;
mod signed_in;
mod x509;

#[cfg(test)]
mod testkeys;
#[cfg(test)]
mod tests;

pub use credential::{Credential, DevicePrompt, ShowPrompt};
pub use environment::Surroundings;
pub(super) use open::{Opened, open};
pub use signed_in::{How, Identity, SignedIn};

use super::Error;
use super::failure::Trouble;
use super::retry::RetryPolicy;
use azure_cli::AzureCli;
use chrono::{DateTime, Utc};
use clock::Clock;
use device::Device;
use login::Application;
use managed::Managed;
use secrecy::SecretString;
use serde_json::Value;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep};

/// Longest answer of whoever gives tokens, in bytes.
const LIMIT: usize = 1 << 20;

/// A token is renewed this long before it ends, or at half of its life if that is shorter.
const MARGIN: Duration = Duration::from_secs(300);

/// Life of a token whose end is not told, in seconds.
const UNTOLD: u64 = 600;

/// Longest life that is believed, in seconds.
const MOST_LIFE: u64 = 7 * 86_400;

/// A token and which one of this run it is.
pub(super) struct Token {
    pub(super) text: SecretString,
    generation: u64,
}

/// One of the ways to obtain a token. Each gives one when asked, as often as it is asked.
enum Source {
    Application(Application),
    Managed(Managed),
    AzureCli(AzureCli),
    Device(Device),
}

impl Source {
    async fn attempt(&self) -> Result<Grant, Trouble> {
        match self {
            Self::Application(application) => application.attempt().await,
            Self::Managed(managed) => managed.attempt().await,
            Self::AzureCli(cli) => cli.attempt().await,
            Self::Device(device) => device.attempt().await,
        }
    }

    /// What the last answer showed of this machine's clock.
    fn clock_note(&self) -> Option<String> {
        match self {
            Self::Application(application) => application.login.clock_note(),
            Self::Device(device) => device.login.clock_note(),
            Self::Managed(_) | Self::AzureCli(_) => None,
        }
    }
}

/// A token as it was obtained.
struct Grant {
    token: SecretString,
    /// How long it lasts from when it was asked for.
    life: Duration,
    /// The tenant, where whoever gave the token named it.
    tenant: Option<String>,
}

impl Grant {
    /// Reads an answer of Entra ID or of an identity service: the end is `expires_in` (seconds), else `expires_on` (Unix time).
    fn read(body: &Value, now: DateTime<Utc>) -> Result<Self, Trouble> {
        let number = |name: &str| body.get(name).and_then(|value| value.as_u64().or_else(|| value.as_str()?.trim().parse().ok()));
        let until = || number("expires_on").and_then(|end| i64::try_from(end).ok()).map(|end| Clock::new(now).until(end));
        Self::of(body.get("access_token"), number("expires_in").or_else(until))
    }

    /// A token with its life in seconds, if that is known.
    fn of(token: Option<&Value>, life: Option<u64>) -> Result<Self, Trouble> {
        let Some(token) = token.and_then(Value::as_str).filter(|token| is_token(token)) else {
            return Err(Trouble::Stop(Error::sign_in("token service answered without a token", "check the login endpoint")));
        };
        let life = Duration::from_secs(life.unwrap_or(UNTOLD).min(MOST_LIFE));
        Ok(Self { token: token.into(), life, tenant: None })
    }
}

/// Whether a text can be a token: something, and nothing but visible ASCII, so that it fits a header.
fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

struct Held {
    token: SecretString,
    renew_at: Option<Instant>,
    generation: u64,
}

/// The token of a run.
pub(super) struct Tokens {
    /// None for a token that was given, which cannot be renewed.
    source: Option<Source>,
    retry: RetryPolicy,
    held: Mutex<Option<Held>>,
    issued: AtomicU64,
    /// Whether the last token could not be had however often it was asked for. The readers that come after ask once each, until
    /// one gets through: all of them wait for the same token one after another, each as long as the first.
    gone: AtomicBool,
}

impl Tokens {
    fn given(token: SecretString, retry: RetryPolicy) -> Self {
        let held = Mutex::new(Some(Held { token, renew_at: None, generation: 0 }));
        Self { source: None, retry, held, issued: 0.into(), gone: false.into() }
    }

    /// Obtains the first token.
    async fn obtained(source: Source, retry: RetryPolicy) -> Result<(Self, Grant), Error> {
        let tokens = Self { source: None, retry, held: Mutex::new(None), issued: 0.into(), gone: false.into() };
        let asked = Instant::now();
        let grant = tokens.obtain(&source).await?;
        let held = Mutex::new(Some(tokens.hold(&grant, asked)));
        Ok((Self { source: Some(source), held, ..tokens }, grant))
    }

    /// A token that has not ended.
    pub(super) async fn current(&self) -> Result<Token, Error> {
        let mut held = self.held.lock().await;
        let now = Instant::now();
        let fresh = held.as_ref().is_some_and(|held| held.renew_at.is_none_or(|renew_at| now < renew_at));
        if let (false, Some(source)) = (fresh, &self.source) {
            *held = None;
            *held = Some(self.hold(&self.obtain(source).await?, now));
        }
        let token = held.as_ref().map(|held| Token { text: held.token.clone(), generation: held.generation });
        token.ok_or_else(|| Error::sign_in("there is no token", "get a fresh token"))
    }

    /// Whether another token than `refused` can be had. Many readers may ask at once; one new token serves them all.
    pub(super) async fn can_replace(&self, refused: &Token) -> bool {
        if self.source.is_none() {
            return false;
        }
        let mut held = self.held.lock().await;
        if held.as_ref().is_some_and(|held| held.generation == refused.generation) {
            *held = None;
        }
        true
    }

    async fn obtain(&self, source: &Source) -> Result<Grant, Error> {
        let mut budget = self.retry.budget(0);
        loop {
            match source.attempt().await {
                Ok(grant) => {
                    self.gone.store(false, Ordering::Relaxed);
                    return Ok(grant);
                }
                Err(Trouble::Stop(error) | Trouble::Unauthorized(error)) => return Err(error),
                Err(Trouble::Again(failure)) => {
                    let wait = budget.spend(&failure).filter(|_| !self.gone.load(Ordering::Relaxed));
                    let Some(wait) = wait else {
                        self.gone.store(true, Ordering::Relaxed);
                        return Err(failure.error);
                    };
                    sleep(wait).await;
                }
            }
        }
    }

    fn hold(&self, grant: &Grant, asked: Instant) -> Held {
        let generation = 1 + self.issued.fetch_add(1, Ordering::Relaxed);
        Held { token: grant.token.clone(), renew_at: Some(asked + usable(grant.life)), generation }
    }
}

/// How long of its life a token is used.
fn usable(life: Duration) -> Duration {
    life.saturating_sub(MARGIN).max(life / 2)
}

#[cfg(test)]
mod grant_tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn life(body: &Value) -> u64 {
        let now = "2026-11-22T12:00:00Z".parse().unwrap();
        Grant::read(body, now).map(|grant| grant.life.as_secs()).unwrap_or_default()
    }

    #[test]
    fn the_end_of_a_token_is_told_in_several_forms() {
        assert_eq!(life(&json!({"access_token": "t", "expires_in": 3599})), 3599);
        assert_eq!(life(&json!({"access_token": "t", "expires_in": "100"})), 100);
        assert_eq!(life(&json!({"access_token": "t", "expires_in": -1})), UNTOLD);
        assert_eq!(life(&json!({"access_token": "t"})), UNTOLD);
        assert_eq!(life(&json!({"access_token": "t", "expires_in": u64::MAX})), MOST_LIFE);
        let on = life(&json!({"access_token": "t", "expires_on": "1795352400"}));
        assert!((3599..=3600).contains(&on), "{on}");
        assert_eq!(life(&json!({"access_token": "t", "expires_on": 1})), 0);
    }

    #[test]
    fn a_token_is_renewed_before_it_ends() {
        assert_eq!(usable(Duration::from_secs(3599)), Duration::from_secs(3299));
        assert_eq!(usable(Duration::from_secs(100)), Duration::from_secs(50));
    }

    #[test]
    fn what_cannot_be_a_token_is_none() {
        for bad in [json!(null), json!(""), json!(7), json!("a b"), json!("a\nb"), json!("a\u{0}b"), json!("\u{fc}")] {
            assert!(Grant::of(Some(&bad), None).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_answer_is_read_without_panic(token in any::<String>(), life in any::<u64>(), text in any::<String>()) {
            let now = "2026-11-22T12:00:00Z".parse().unwrap();
            let _ = Grant::read(&json!({"access_token": token, "expires_in": text, "expires_on": life}), now);
        }
    }
}
