//! The sign-in of a person with a device code (RFC 8628): the code is shown, entered at a page, and the token service asked
//! until that is done. The refresh token renews the sign-in in a long run; it is kept in memory only.

use super::super::failure::Trouble;
use super::super::{Error, Settings, text};
use super::credential::{DevicePrompt, ShowPrompt};
use super::login::{Login, Said};
use super::refusal::Proof;
use super::{Grant, is_token};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::sleep;
use url::{Host, Url};

/// Seconds between two questions, where the service names none (RFC 8628 section 3.2), and what is added when it is too often.
const INTERVAL: u64 = 5;

/// Longest time between two questions and longest life of a code, in seconds, whatever the service says.
const MOST_INTERVAL: u64 = 60;
const MOST_LIFE: u64 = 3600;

/// The hint where the person did not come through.
const AGAIN: &str = "start again with --device-code";

/// A person at another screen.
pub(super) struct Device {
    pub(super) login: Login,
    show: ShowPrompt,
    /// Factor on the waits, as for repeats: 1 in use, near 0 in tests.
    scale: f64,
    state: Mutex<State>,
}

/// How far the sign-in is.
enum State {
    New,
    SignedIn { refresh: Option<SecretString> },
}

/// What the service gave to show and to ask with.
struct Begun {
    device_code: SecretString,
    interval: u64,
    life: u64,
}

impl Device {
    pub(super) fn new(login: Login, show: ShowPrompt, settings: &Settings) -> Self {
        Self { login, show, scale: settings.retry.scale.clamp(0.0, 1.0), state: Mutex::new(State::New) }
    }

    /// Signs the person in, or renews their sign-in.
    pub(super) async fn attempt(&self) -> Result<Grant, Trouble> {
        let refresh = match &*self.state.lock().unwrap_or_else(PoisonError::into_inner) {
            State::New => None,
            State::SignedIn { refresh } => Some(refresh.clone()),
        };
        let body = match refresh {
            None => self.ask(&self.begin().await?).await?,
            Some(Some(refresh)) => self.renew(&refresh).await?,
            Some(None) => return Err(Trouble::Stop(Error::sign_in("the sign-in of the person cannot be renewed", AGAIN))),
        };
        let grant = Grant::read(&body, self.login.clock.now())?;
        self.keep(&body);
        Ok(grant)
    }

    /// Keeps the refresh token of an answer; where a renewal gives none, the old one goes on.
    fn keep(&self, body: &Value) {
        let given = body.get("refresh_token").and_then(Value::as_str).filter(|token| is_token(token)).map(SecretString::from);
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match (&mut *state, given) {
            (State::SignedIn { .. }, None) => {}
            (state, refresh) => *state = State::SignedIn { refresh },
        }
    }

    fn scope(&self) -> String {
        format!("{} offline_access", self.login.scope)
    }

    async fn begin(&self) -> Result<Begun, Trouble> {
        let form = [("client_id", self.login.client_id.as_str()), ("scope", &self.scope())];
        let said = self.login.post("devicecode", &form).await?;
        let body = self.login.accepted(said, Proof::Person, &[])?;
        let (prompt, begun) = read(&body).ok_or_else(|| Trouble::Stop(Error::sign_in("token service gives no device code", AGAIN)))?;
        (self.show)(&prompt);
        Ok(begun)
    }

    /// Asks until the person is through. Faults in between are waited out like the person.
    async fn ask(&self, begun: &Begun) -> Result<Value, Trouble> {
        let (mut interval, mut waited) = (begun.interval, 0);
        while waited < begun.life {
            sleep(Duration::from_secs(interval).mul_f64(self.scale)).await;
            waited += interval;
            match self.question(begun).await {
                Err(Trouble::Again(failure)) => tracing::debug!("still asking: {}", failure.error.summary()),
                Err(trouble) => return Err(trouble),
                Ok(said) => match word(&said) {
                    Some("authorization_pending") => {}
                    Some("slow_down") => interval = (interval + INTERVAL).min(MOST_INTERVAL),
                    Some("authorization_declined" | "access_denied") => return Err(ended("the person declined the sign-in")),
                    Some("expired_token" | "code_expired") => return Err(ended("the code was not entered in time")),
                    Some("bad_verification_code") => return Err(ended("token service no longer knows the code")),
                    _ => return self.login.accepted(said, Proof::Person, &[begun.device_code.expose_secret()]),
                },
            }
        }
        Err(ended("the code was not entered in time"))
    }

    async fn question(&self, begun: &Begun) -> Result<Said, Trouble> {
        let form = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
            ("client_id", self.login.client_id.as_str()),
            ("device_code", begun.device_code.expose_secret()),
        ];
        self.login.post("token", &form).await
    }

    async fn renew(&self, refresh: &SecretString) -> Result<Value, Trouble> {
        let form = [
            ("grant_type", "refresh_token"),
            ("client_id", self.login.client_id.as_str()),
            ("refresh_token", refresh.expose_secret()),
            ("scope", &self.scope()),
        ];
        let said = self.login.post("token", &form).await?;
        self.login.accepted(said, Proof::Person, &[refresh.expose_secret()])
    }
}

fn ended(what: &str) -> Trouble {
    Trouble::Stop(Error::sign_in(what, AGAIN))
}

fn word(said: &Said) -> Option<&str> {
    (said.status != 200).then(|| said.body.get("error").and_then(Value::as_str)).flatten()
}

/// The prompt and what to ask with; None if the answer holds no code, or a page that no person should be sent to.
fn read(body: &Value) -> Option<(DevicePrompt, Begun)> {
    let said = |name: &str| body.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let number = |name: &str| body.get(name).and_then(|value| value.as_u64().or_else(|| value.as_str()?.parse().ok()));
    let life = number("expires_in").unwrap_or(900).min(MOST_LIFE);
    let prompt = DevicePrompt {
        user_code: text::clean(said("user_code")?, &[]),
        verification_uri: page(said("verification_uri")?)?,
        minutes: life / 60,
    };
    let interval = number("interval").unwrap_or(INTERVAL).clamp(1, MOST_INTERVAL);
    let device_code = said("device_code").filter(|code| is_token(code))?.into();
    Some((prompt, Begun { device_code, interval, life }))
}

/// A page over https, or on this machine.
fn page(link: &str) -> Option<String> {
    let url = Url::parse(link).ok()?;
    let here = match url.host()? {
        Host::Domain(name) => name == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    };
    let fit = url.scheme() == "https" || (url.scheme() == "http" && here);
    (fit && url.username().is_empty() && url.password().is_none()).then(|| text::clean(url.as_str(), &[]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn body(uri: &str, code: &str) -> Value {
        json!({"user_code": code, "device_code": "d", "verification_uri": uri, "expires_in": "900", "interval": 0})
    }

    #[test]
    fn a_person_is_sent_only_to_a_safe_page() {
        let (prompt, begun) = read(&body("https://microsoft.com/devicelogin", "AB\u{1b}[2J\u{202e}CD")).unwrap();
        assert_eq!((prompt.user_code.as_str(), prompt.verification_uri.as_str()), ("AB [2J CD", "https://microsoft.com/devicelogin"));
        assert_eq!((prompt.minutes, begun.interval), (15, 1));
        for bad in ["http://microsoft.com/x", "https://a:b@microsoft.com/", "javascript:alert(1)", "x", "file:///etc"] {
            assert!(read(&body(bad, "C")).is_none(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_answer_is_read_without_panic(uri in any::<String>(), code in any::<String>(), life in any::<u64>()) {
            let mut body = body(&uri, &code);
            body["expires_in"] = json!(life);
            body["interval"] = json!(life);
            if let Some((prompt, begun)) = read(&body) {
                prop_assert!(!prompt.user_code.chars().any(char::is_control) && begun.life <= MOST_LIFE);
            }
        }
    }
}
