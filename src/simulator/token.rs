//! Tokens that look like Entra's but are signed with nothing but a checksum, which is there so that a token is accepted only
//! as it was issued; and refusals in Entra's form.

use super::certificate::Certificate;
use super::data::{Tenant, User};
use super::device::DeviceCodes;
use super::guid::Guid;
use super::reply::Reply;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::time::Duration;

/// Resources whose tokens the simulated Graph accepts, beside its own origin: Graph in each cloud (facts/graph.md section 10).
const GRAPH_RESOURCES: [&str; 5] = [
    "https://graph.microsoft.com",
    "https://graph.microsoft.us",
    "https://dod-graph.microsoft.us",
    "https://microsoftgraph.chinacloudapi.cn",
    "00000003-0000-0000-c000-000000000000",
];

/// Issues tokens and recognises them.
#[derive(Debug)]
pub(crate) struct Issuer {
    pub(crate) roles: Vec<String>,
    pub(crate) lifetime: Duration,
    pub(crate) origin: String,
    pub(crate) certificate: Option<Certificate>,
    pub(crate) device: DeviceCodes,
}

/// Who a token is for, and what it allows.
pub(crate) enum Bearer {
    /// The reader's application as itself, with app roles.
    Application(Vec<String>),
    /// A person through it, with delegated permissions.
    Person(Vec<String>),
}

/// A refusal of Entra's: status, OAuth error, AADSTS number, text.
pub(crate) struct Refusal(u16, &'static str, u32, String);

impl Issuer {
    /// A token for this resource.
    pub(crate) fn issue(&self, tenant: &Tenant, resource: &str, bearer: &Bearer, clock: DateTime<Utc>) -> String {
        let issued = clock.timestamp();
        let expires = issued.saturating_add(i64::try_from(self.lifetime.as_secs()).unwrap_or(i64::MAX));
        let header = json!({"typ": "JWT", "alg": "none"});
        let mut claims = json!({"aud": resource, "iss": format!("{}/{}/v2.0", self.origin, tenant.id), "iat": issued, "nbf": issued,
            "exp": expires, "appid": tenant.client_id.to_string(), "tid": tenant.id.to_string(), "ver": "1.0"});
        match bearer {
            Bearer::Application(roles) => {
                claims["idtyp"] = "app".into();
                claims["roles"] = json!(roles);
            }
            Bearer::Person(scopes) => {
                let person = tenant.users.first();
                claims["idtyp"] = "user".into();
                claims["scp"] = scopes.join(" ").into();
                claims["oid"] = json!(person.map(|person| person.id.to_string()));
                claims["upn"] = json!(person.map(User::address));
            }
        }
        let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims.to_string()));
        format!("{signed}.{}", checksum(tenant, &signed))
    }

    /// The app roles or delegated permissions of the token in an `Authorization` header, or the 401 that Graph answers.
    pub(crate) fn roles_of(&self, tenant: &Tenant, header: Option<&str>, clock: DateTime<Utc>) -> Result<BTreeSet<String>, Reply> {
        let token = header.and_then(|header| header.strip_prefix("Bearer ")).ok_or_else(|| unauthorized("Access token is empty."))?;
        let (signed, sum) = token.rsplit_once('.').ok_or_else(|| unauthorized("JWT is not well formed."))?;
        if checksum(tenant, signed) != sum {
            return Err(unauthorized("Access token validation failure. Invalid signature."));
        }
        let claims = claims(signed).ok_or_else(|| unauthorized("JWT is not well formed."))?;
        if claims["exp"].as_i64().is_none_or(|expires| expires <= clock.timestamp()) {
            return Err(super::faults::expired_token());
        }
        let audience = claims["aud"].as_str().unwrap_or_default();
        if audience != self.origin && !GRAPH_RESOURCES.contains(&audience) {
            return Err(unauthorized("Access token validation failure. Invalid audience."));
        }
        let roles = claims["roles"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let scopes = claims["scp"].as_str().into_iter().flat_map(str::split_whitespace);
        Ok(roles.chain(scopes).map(str::to_owned).collect())
    }
}

impl Refusal {
    pub(crate) fn new(status: u16, error: &'static str, number: u32, text: &str) -> Self {
        Self(status, error, number, text.to_owned())
    }

    /// The AADSTS number.
    #[cfg(test)]
    pub(crate) fn number(&self) -> u32 {
        self.2
    }

    pub(crate) fn reply(self, tenant: &Tenant, clock: DateTime<Utc>) -> Reply {
        let Self(status, error, number, text) = self;
        let trace = Guid::of(tenant.seed, "trace", &text);
        let timestamp = clock.format("%Y-%m-%d %H:%M:%SZ");
        let description = format!("AADSTS{number}: {text} Trace ID: {trace} Correlation ID: {trace} Timestamp: {timestamp}");
        let body = json!({"error": error, "error_description": description, "error_codes": [number], "timestamp": timestamp.to_string(),
            "trace_id": trace.to_string(), "correlation_id": trace.to_string()});
        Reply { status, ..Reply::ok(body) }
    }
}

fn unauthorized(message: &str) -> Reply {
    Reply::error(401, "InvalidAuthenticationToken", message)
}

fn claims(signed: &str) -> Option<Value> {
    let (_, claims) = signed.split_once('.')?;
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()
}

pub(crate) fn checksum(tenant: &Tenant, signed: &str) -> String {
    let mut sum = Sha256::new();
    sum.update(tenant.client_secret.as_bytes());
    sum.update(signed.as_bytes());
    URL_SAFE_NO_PAD.encode(sum.finalize())
}
