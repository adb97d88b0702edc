//! Looks into an access token that the user gave, to refuse early what Graph would refuse late, or what would be sent to
//! the wrong place. Nothing is verified: that is Graph's business.

use super::Error;
use super::cloud::Endpoints;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use serde_json::Value;

/// Seconds by which this machine's clock may be ahead.
const SKEW: i64 = 60;

/// Claims of an access token that are looked at.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Claims {
    /// `tid`: the tenant.
    pub(super) tenant: Option<String>,
    /// `aud`: whom the token is for.
    pub(super) audience: Option<String>,
    /// `exp`: Unix time at which it ends.
    pub(super) expires: Option<i64>,
    /// `appid`, or `azp` in tokens of the second version: the application.
    pub(super) app_id: Option<String>,
    /// `oid`, or `sub` where it is missing: the person or service principal.
    pub(super) object: Option<String>,
    /// `idtyp`: `app` or `user`, where it is there.
    pub(super) kind: Option<String>,
    /// `roles`: application permissions.
    pub(super) roles: Vec<String>,
    /// `scp`: delegated permissions.
    pub(super) scopes: Vec<String>,
    /// Whether a user name is in it.
    pub(super) names_person: bool,
}

impl Claims {
    /// The claims of a JWT; None for a token that is none, which Graph may take all the same.
    pub(super) fn of(token: &str) -> Option<Self> {
        let mut parts = token.split('.');
        let (_header, payload, _signature) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
        let payload: Value = serde_json::from_slice(&bytes).ok()?;
        payload.is_object().then(|| Self::read(&payload))
    }

    fn read(payload: &Value) -> Self {
        let text = |name| payload.get(name).and_then(Value::as_str).map(str::to_owned);
        // Whole seconds; some issuers write them as a decimal fraction.
        let expires = payload.get("exp").and_then(|exp| exp.as_i64().or_else(|| exp.as_f64().map(|seconds| seconds as i64)));
        let listed = |name| payload.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        Self {
            tenant: text("tid"),
            audience: text("aud"),
            expires,
            app_id: text("appid").or_else(|| text("azp")),
            object: text("oid").or_else(|| text("sub")),
            kind: text("idtyp"),
            roles: listed("roles").iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            scopes: text("scp").unwrap_or_default().split_whitespace().map(str::to_owned).collect(),
            names_person: payload.get("upn").is_some_and(Value::is_string),
        }
    }

    /// Refuses a token for another endpoint, another tenant, or of yesterday.
    pub(super) fn check(&self, endpoints: &Endpoints, tenant: Option<&str>, now: DateTime<Utc>) -> Result<(), Error> {
        self.check_audience(endpoints)?;
        self.check_tenant(tenant)?;
        let Some(expires) = self.expires.filter(|expires| expires.saturating_add(SKEW) < now.timestamp()) else { return Ok(()) };
        let since =
            DateTime::from_timestamp(expires, 0).map_or_else(String::new, |time| format!(": {}", time.format("%Y-%m-%dT%H:%M:%SZ")));
        Err(Error::settings(format!("access token has expired{since}"), "get a fresh one, and check this machine's clock"))
    }

    fn check_audience(&self, endpoints: &Endpoints) -> Result<(), Error> {
        let Some(audience) = self.audience.as_ref().filter(|audience| !endpoints.accepts(audience)) else { return Ok(()) };
        Err(Error::settings(
            format!("access token is for another service than {}: {}", endpoints.audience(), super::text::clean(audience, &[])),
            format!("get a token with scope {}, or name the endpoint that it is for", endpoints.scope()),
        ))
    }

    /// A tenant given by domain name cannot be compared, so it is let through.
    pub(super) fn check_tenant(&self, wanted: Option<&str>) -> Result<(), Error> {
        match (&self.tenant, wanted) {
            (Some(has), Some(wanted)) if is_guid(wanted) && !has.eq_ignore_ascii_case(wanted) => Err(Error::settings(
                format!("access token is of another tenant than AZURE_TENANT_ID: {}", super::text::clean(has, &[])),
                format!("get a token of tenant {wanted}, or unset AZURE_TENANT_ID"),
            )),
            _ => Ok(()),
        }
    }
}

/// Whether the text has the form of a GUID. Written again here because this room imports none of ours.
pub(super) fn is_guid(text: &str) -> bool {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}

#[cfg(test)]
pub(super) fn make(payload: &Value) -> String {
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    format!("{}.{}.{}", part(r#"{"alg":"none"}"#), part(&payload.to_string()), part("signature"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{Cloud, Endpoints};
    use proptest::prelude::*;
    use serde_json::json;

    const TENANT: &str = "aaaaaaaa-0000-4000-8000-00000000000a";

    fn check(payload: &Value, graph: Option<&str>, tenant: Option<&str>) -> Result<(), Error> {
        let endpoints = Endpoints::new(Cloud::Global, graph, None).unwrap();
        Claims::of(&make(payload)).unwrap().check(&endpoints, tenant, "2026-11-22T12:00:00Z".parse().unwrap())
    }

    #[test]
    fn an_audience_must_be_the_endpoint_or_graph_itself() {
        for good in ["https://graph.microsoft.com", "https://graph.microsoft.com/", "00000003-0000-0000-c000-000000000000"] {
            assert_eq!(check(&json!({"aud": good}), None, None), Ok(()), "{good}");
        }
        for bad in ["https://graph.microsoft.us", "https://graph.microsoft.com.evil.example", "https://management.azure.com/", "x"] {
            let error = check(&json!({"aud": bad}), None, None).unwrap_err();
            assert!(error.to_string().contains("\nhint: "), "{error}");
        }
        assert!(check(&json!({"aud": "https://graph.microsoft.com"}), Some("http://127.0.0.1:9"), None).is_err());
        assert!(check(&json!({"aud": "http://127.0.0.1:9/"}), Some("http://127.0.0.1:9"), None).is_ok());
        assert!(check(&json!({"aud": "http://127.0.0.1:8/"}), Some("http://127.0.0.1:9"), None).is_err());
    }

    #[test]
    fn the_tenant_must_be_the_one_asked_for() {
        let token = json!({"tid": TENANT.to_uppercase()});
        assert_eq!(check(&token, None, Some(TENANT)), Ok(()));
        assert_eq!(check(&token, None, Some("contoso.example")), Ok(()));
        assert!(check(&token, None, Some("bbbbbbbb-0000-4000-8000-00000000000b")).is_err());
    }

    #[test]
    fn an_expired_token_is_refused_with_some_slack() {
        let noon = 1_795_348_800;
        assert_eq!("2026-11-22T12:00:00Z".parse::<DateTime<Utc>>().unwrap().timestamp(), noon);
        assert_eq!(check(&json!({"exp": noon - 59}), None, None), Ok(()));
        let error = check(&json!({"exp": noon - 61}), None, None).unwrap_err();
        assert!(error.to_string().starts_with("access token has expired: 2026-11-22T11:58:59Z\n"), "{error}");
    }

    #[test]
    fn other_tokens_are_not_jwts() {
        for other in ["opaque", "a.b", "a.b.c.d", "e30.bm90IGpzb24.x", "e30.W10.x"] {
            assert_eq!(Claims::of(other), None, "{other}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(token in any::<String>(), exp in any::<i64>(), aud in any::<String>()) {
            Claims::of(&token);
            let _ = check(&json!({"exp": exp, "aud": aud, "tid": 7}), None, Some(TENANT));
        }
    }
}
