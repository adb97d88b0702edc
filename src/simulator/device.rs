//! Sign-in of a person with a code: the code, the polling, and the refresh token.

use super::guid::Guid;
use super::token::Refusal;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Seconds that a code is good for.
const LIFETIME: u64 = 900;

/// What a person does with a code that they were given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DeviceCodeEnd {
    /// Signs in.
    #[default]
    Granted,
    /// Refuses: `authorization_declined`.
    Declined,
    /// Does nothing for too long: `expired_token`.
    Expired,
}

/// How sign-in with a code goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceCode {
    /// How often `authorization_pending` is answered first.
    pub pending: u32,
    /// Whether the poll after these is answered with `slow_down`.
    pub slow_down: bool,
    /// What follows.
    pub end: DeviceCodeEnd,
    /// Seconds that the client is told to wait between polls.
    pub interval: u64,
    /// Delegated permissions that the person's token may hold. None: the same as in [`super::Settings::token_roles`].
    pub scopes: Option<Vec<String>>,
}

impl Default for DeviceCode {
    fn default() -> Self {
        Self { pending: 1, slow_down: false, end: DeviceCodeEnd::Granted, interval: 1, scopes: None }
    }
}

/// The codes that were given out.
#[derive(Debug)]
pub(crate) struct DeviceCodes {
    plan: DeviceCode,
    given: Mutex<BTreeMap<String, Given>>,
}

#[derive(Debug)]
struct Given {
    polls: u32,
    scope: String,
}

impl DeviceCodes {
    pub(crate) fn new(plan: DeviceCode) -> Self {
        Self { plan, given: Mutex::default() }
    }

    /// Gives out a code for the scopes asked for.
    pub(crate) fn give(&self, seed: u64, origin: &str, scope: &str) -> Value {
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        let code = Guid::of(seed, "device-code", &given.len().to_string()).to_string();
        let user_code = code.replace('-', "").to_uppercase().chars().take(9).collect::<String>();
        let uri = format!("{origin}/devicelogin");
        let message = format!("To sign in, use a web browser to open the page {uri} and enter the code {user_code} to authenticate.");
        let answer = json!({"user_code": user_code, "device_code": code, "verification_uri": uri, "expires_in": LIFETIME,
            "interval": self.plan.interval, "message": message});
        given.insert(code, Given { polls: 0, scope: scope.to_owned() });
        answer
    }

    /// Answers a poll: the scopes that the code was for, once the person has signed in. A code is good once.
    pub(crate) fn poll(&self, code: &str) -> Result<String, Refusal> {
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        let unknown = || Refusal::new(400, "bad_verification_code", 70_018, "The device code is not valid.");
        let entry = given.get_mut(code).ok_or_else(unknown)?;
        entry.polls += 1;
        let polls = entry.polls;
        let pending = || {
            Refusal::new(400, "authorization_pending", 70_016, "OAuth 2.0 device flow error. Authorization is pending. Continue polling.")
        };
        if polls <= self.plan.pending {
            return Err(pending());
        }
        if self.plan.slow_down && polls == self.plan.pending + 1 {
            return Err(Refusal::new(400, "slow_down", 70_016, "Polling too often. Slow down."));
        }
        match self.plan.end {
            DeviceCodeEnd::Granted => given.remove(code).map(|given| given.scope).ok_or_else(unknown),
            DeviceCodeEnd::Declined => {
                Err(Refusal::new(400, "authorization_declined", 65_004, "User declined to consent to access the app."))
            }
            DeviceCodeEnd::Expired => Err(Refusal::new(400, "expired_token", 70_020, "The device code has expired.")),
        }
    }

    /// Those of the scopes asked for that the person's token gets. `.default` stands for all that there are.
    pub(crate) fn scopes(&self, asked: &str, held: &[String]) -> Vec<String> {
        let names: Vec<&str> = asked.split_whitespace().map(|scope| scope.rsplit('/').next().unwrap_or_default()).collect();
        let held = self.plan.scopes.as_deref().unwrap_or(held);
        held.iter().filter(|scope| names.contains(&".default") || names.contains(&scope.as_str())).cloned().collect()
    }
}
