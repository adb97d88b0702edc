//! The token service of Entra ID: one POST, and what its answers mean. With it, an application signs in with a secret, a
//! certificate, or a token of an issuer that it trusts.

use super::super::cloud::{Endpoints, Origin};
use super::super::failure::Trouble;
use super::super::retry::{Transient, retry_after, wire_date};
use super::super::wire::{self, Answer};
use super::super::{Error, Settings};
use super::certificate::Certificate;
use super::clock::Clock;
use super::federated::{self, GitHub};
use super::refusal::{Proof, Refusal};
use super::{Grant, LIMIT};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::PoisonError;

/// Says that an assertion is a JWT (RFC 7523 section 2.2).
const ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Where and as whom tokens are asked for.
pub(super) struct Login {
    http: reqwest::Client,
    origin: Origin,
    pub(super) scope: String,
    pub(super) tenant: String,
    pub(super) client_id: String,
    pub(super) clock: Clock,
    /// By how much the clock is off, as the last answer showed.
    off: Mutex<Option<String>>,
}

/// An answer of the token service that was JSON, or a refusal.
pub(super) struct Said {
    pub(super) status: u16,
    pub(super) body: Value,
}

impl Login {
    pub(super) fn new(tenant: String, client_id: String, endpoints: &Endpoints, settings: &Settings) -> Result<Self, Error> {
        Ok(Self {
            http: wire::client_for(&endpoints.login, settings)?,
            origin: endpoints.login.clone(),
            scope: endpoints.scope(),
            tenant,
            client_id,
            clock: Clock::new(settings.now),
            off: Mutex::new(None),
        })
    }

    /// The URL of an endpoint of the token service. The tenant was checked to hold nothing that could end its place.
    pub(super) fn url(&self, endpoint: &str) -> String {
        format!("{}/{}/oauth2/v2.0/{endpoint}", self.origin.text(), self.tenant)
    }

    /// What the last answer showed of this machine's clock, if it is off.
    pub(super) fn clock_note(&self) -> Option<String> {
        self.off.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Sends a form. A refusal is an answer; load, faults and successes that are not JSON are trouble.
    pub(super) async fn post(&self, endpoint: &str, form: &[(&str, &str)]) -> Result<Said, Trouble> {
        let answer = wire::send(self.http.post(self.url(endpoint)).form(form), &self.origin, "POST token", LIMIT).await?;
        *self.off.lock().unwrap_or_else(PoisonError::into_inner) = wire_date(&answer.headers).and_then(|date| self.clock.off(date));
        match (answer.status, answer.json()) {
            (429 | 500..=599, _) => Err(Trouble::Again(self.transient(&format!("token service answered {}", answer.status), &answer))),
            (200, Err(unread)) => {
                let failure = self.transient(&format!("token service: {}", unread.says()), &answer);
                Err(Trouble::Again(unread.limited(failure)))
            }
            (status, body) => Ok(Said { status, body: body.unwrap_or_default() }),
        }
    }

    fn transient(&self, message: &str, answer: &Answer) -> Transient {
        let hint = format!("try again later; if it stays, check the login endpoint: {}", self.origin.text());
        Transient::new(Error::sign_in(message, hint), retry_after(&answer.headers))
    }

    /// The body of a success, or what the refusal means.
    pub(super) fn accepted(&self, said: Said, proof: Proof, secrets: &[&str]) -> Result<Value, Trouble> {
        if said.status == 200 {
            return Ok(said.body);
        }
        let (tenant, client_id) = (&self.tenant, &self.client_id);
        let refusal = Refusal { status: said.status, body: &said.body, proof, tenant, client_id, secrets, clock: self.clock_note() };
        Err(Trouble::Stop(refusal.error()))
    }
}

/// An application that proves who it is.
pub(super) struct Application {
    pub(super) login: Login,
    pub(super) with: With,
}

/// With what an application proves who it is.
pub(super) enum With {
    Secret(SecretString),
    Certificate(Certificate),
    TokenFile(PathBuf),
    GitHub(GitHub),
}

impl Application {
    /// Asks once for a token.
    pub(super) async fn attempt(&self) -> Result<Grant, Trouble> {
        let login = &self.login;
        let (proof, secret) = self.proof().await?;
        let secret = secret.expose_secret();
        let with: &[(&str, &str)] = match proof {
            Proof::Secret => &[("client_secret", secret)],
            _ => &[("client_assertion_type", ASSERTION), ("client_assertion", secret)],
        };
        let whom = [("grant_type", "client_credentials"), ("client_id", login.client_id.as_str()), ("scope", login.scope.as_str())];
        let said = login.post("token", &[whom.as_slice(), with].concat()).await?;
        Grant::read(&login.accepted(said, proof, &[secret])?, login.clock.now())
    }

    async fn proof(&self) -> Result<(Proof, SecretString), Trouble> {
        let login = &self.login;
        Ok(match &self.with {
            With::Secret(secret) => (Proof::Secret, secret.clone()),
            With::Certificate(certificate) => {
                let assertion = certificate.assertion(&login.client_id, &login.url("token"), login.clock.now());
                (Proof::Certificate, assertion.map_err(Trouble::Stop)?)
            }
            With::TokenFile(path) => (Proof::TokenFile, federated::from_file(path).map_err(Trouble::Stop)?),
            With::GitHub(github) => (Proof::GitHub, github.token().await?),
        })
    }
}
