//! The login side: the token endpoint, and tokens that look like Entra's but are signed with nothing but a checksum. The
//! checksum is there so that a token is accepted only as it was issued.

use super::data::Tenant;
use super::guid::Guid;
use super::reply::Reply;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
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
}

/// A refusal of Entra's: status, OAuth error, AADSTS number, text.
struct Refusal(u16, &'static str, u32, String);

impl Issuer {
    /// Answers `POST /{tenant}/oauth2/v2.0/token`. `clock` is the wire's.
    pub(crate) fn answer(&self, tenant: &Tenant, tenant_in_path: &str, form: &[u8], clock: DateTime<Utc>) -> Reply {
        let form: BTreeMap<String, String> = url::form_urlencoded::parse(form).into_owned().collect();
        match self.grant(tenant, tenant_in_path, &form) {
            Ok(resource) => {
                let seconds = self.lifetime.as_secs();
                let token = self.issue(tenant, &resource, clock);
                Reply::ok(json!({"token_type": "Bearer", "expires_in": seconds, "ext_expires_in": seconds, "access_token": token}))
            }
            Err(refusal) => refusal.reply(tenant, clock),
        }
    }

    /// The resource that a token is to be for.
    fn grant(&self, tenant: &Tenant, tenant_in_path: &str, form: &BTreeMap<String, String>) -> Result<String, Refusal> {
        let field = |name: &str| form.get(name).map(String::as_str);
        if !tenant_in_path.eq_ignore_ascii_case(&tenant.id.to_string()) {
            let text = format!("Tenant '{tenant_in_path}' not found. Check to make sure you have the correct tenant ID.");
            return Err(Refusal(400, "invalid_request", 90_002, text));
        }
        if field("grant_type") != Some("client_credentials") {
            return Err(Refusal(400, "unsupported_grant_type", 70_003, "The app requested an unsupported grant type.".into()));
        }
        let client = field("client_id").unwrap_or_default();
        if !client.eq_ignore_ascii_case(&tenant.client_id.to_string()) {
            let text = format!("Application with identifier '{client}' was not found in the directory '{tenant_in_path}'.");
            return Err(Refusal(400, "unauthorized_client", 700_016, text));
        }
        check_credential(tenant, field("client_secret"), field("client_assertion"))?;
        let scope = field("scope").unwrap_or_default();
        let resource = scope.strip_suffix("/.default").filter(|resource| !resource.is_empty());
        let invalid = || Refusal(400, "invalid_scope", 1_002_012, format!("The provided value for scope {scope} is not valid."));
        resource.map(|resource| resource.trim_end_matches('/').to_owned()).ok_or_else(invalid)
    }

    fn issue(&self, tenant: &Tenant, resource: &str, clock: DateTime<Utc>) -> String {
        let issued = clock.timestamp();
        let expires = issued.saturating_add(i64::try_from(self.lifetime.as_secs()).unwrap_or(i64::MAX));
        let header = json!({"typ": "JWT", "alg": "none"});
        let claims = json!({"aud": resource, "iss": format!("{}/{}/v2.0", self.origin, tenant.id), "iat": issued, "nbf": issued,
            "exp": expires, "appid": tenant.client_id.to_string(), "idtyp": "app", "roles": self.roles, "tid": tenant.id.to_string(),
            "ver": "1.0"});
        let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims.to_string()));
        format!("{signed}.{}", checksum(tenant, &signed))
    }

    /// The roles of the token in an `Authorization` header, or the 401 that Graph answers.
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
        Ok(claims["roles"].as_array().into_iter().flatten().filter_map(|role| role.as_str().map(str::to_owned)).collect())
    }
}

/// A secret must be the right one. An assertion never is: no certificate of the reader is registered.
fn check_credential(tenant: &Tenant, secret: Option<&str>, assertion: Option<&str>) -> Result<(), Refusal> {
    match (secret, assertion) {
        (Some(secret), _) if secret == tenant.client_secret => Ok(()),
        (Some(_), _) => {
            let text = format!(
                "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client \
                 secret ID, for a secret added to app '{}'.",
                tenant.client_id
            );
            Err(Refusal(401, "invalid_client", 7_000_215, text))
        }
        (None, Some(_)) => Err(Refusal(
            401,
            "invalid_client",
            700_027,
            "The certificate with identifier used to sign the client assertion is not registered on application.".into(),
        )),
        (None, None) => Err(Refusal(
            401,
            "invalid_client",
            7_000_218,
            "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.".into(),
        )),
    }
}

impl Refusal {
    fn reply(self, tenant: &Tenant, clock: DateTime<Utc>) -> Reply {
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

fn checksum(tenant: &Tenant, signed: &str) -> String {
    let mut sum = Sha256::new();
    sum.update(tenant.client_secret.as_bytes());
    sum.update(signed.as_bytes());
    URL_SAFE_NO_PAD.encode(sum.finalize())
}
