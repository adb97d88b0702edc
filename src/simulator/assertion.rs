//! Client assertions: a JWT signed with the registered certificate, or one of an issuer that a federated credential of the
//! reader's application names. Codes of refusals are Entra's; which of two a request with two faults gets is a guess.

use super::certificate::Certificate;
use super::data::Tenant;
use super::token::{Refusal, checksum};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::{Value, json};

/// `client_assertion_type` of a JWT (RFC 7523).
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// Audience of tokens that are exchanged for one of Entra.
pub(crate) const EXCHANGE: &str = "api://AzureADTokenExchange";
/// Minutes that clocks may be apart.
const TOLERANCE: i64 = 5;

/// GitHub's issuer, and the workflow that the reader's application trusts.
pub(crate) const GITHUB: (&str, &str) =
    ("https://token.actions.githubusercontent.com", "repo:lindenhof-logistik/maascan:ref:refs/heads/main");
/// Subject that the reader's application trusts of the simulator's own issuer.
pub(crate) const WORKLOAD: &str = "system:serviceaccount:audit:maascan";

/// What an assertion is held against.
pub(crate) struct Expected<'a> {
    pub(crate) tenant: &'a Tenant,
    pub(crate) origin: &'a str,
    pub(crate) certificate: Option<&'a Certificate>,
    pub(crate) clock: DateTime<Utc>,
}

/// The simulator's own issuer of federated tokens.
pub(crate) fn own_issuer(origin: &str) -> String {
    format!("{origin}/issuer")
}

/// A token of an outside issuer. It is signed with a checksum, which stands for the issuer's key.
pub(crate) fn federated(tenant: &Tenant, issuer: &str, subject: &str, audience: &str, clock: DateTime<Utc>) -> String {
    let (issued, expires) = (clock.timestamp(), (clock + TimeDelta::hours(1)).timestamp());
    let header = json!({"typ": "JWT", "alg": "HS256", "kid": "simulated"});
    let claims = json!({"iss": issuer, "sub": subject, "aud": audience, "iat": issued, "nbf": issued, "exp": expires});
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims.to_string()));
    format!("{signed}.{}", checksum(tenant, &signed))
}

impl Expected<'_> {
    /// Whether an assertion stands for the reader's application.
    pub(crate) fn check(&self, kind: Option<&str>, assertion: &str) -> Result<(), Refusal> {
        if kind != Some(JWT_BEARER) {
            let text = "The request body must contain the following parameter: 'client_assertion_type'.";
            return Err(Refusal::new(400, "invalid_request", 900_144, text));
        }
        let malformed = || Refusal::new(400, "invalid_request", 50_027, "JWT token is invalid or malformed.");
        let jwt = Jwt::parse(assertion).ok_or_else(malformed)?;
        let issuer = jwt.claim("iss").ok_or_else(malformed)?;
        let client = self.tenant.client_id.to_string();
        if issuer.eq_ignore_ascii_case(&client) { self.check_certificate(&jwt, &client) } else { self.check_federated(&jwt, issuer) }
    }

    fn check_certificate(&self, jwt: &Jwt<'_>, client: &str) -> Result<(), Refusal> {
        let failed = |reason: &str| {
            let used = jwt.header["x5t#S256"].as_str().unwrap_or_default();
            let text =
                format!("Client assertion failed signature validation. [Reason - {reason}, Thumbprint of key used by client: '{used}']");
            invalid_client(700_027, &text)
        };
        let named = jwt.header["x5t#S256"].as_str();
        let certificate =
            self.certificate.filter(|known| named == Some(&known.thumbprint)).ok_or_else(|| failed("The key was not found."))?;
        if !certificate.verifies(jwt.header["alg"].as_str().unwrap_or_default(), jwt.signed, &jwt.signature) {
            return Err(failed("The provided signature value did not match the expected signature value."));
        }
        if certificate.not_after < self.clock {
            return Err(failed("The key used is expired."));
        }
        if jwt.claim("sub").is_none_or(|subject| !subject.eq_ignore_ascii_case(client)) {
            return Err(invalid_client(700_021, "Client assertion application identifier doesn't match 'client_id' parameter."));
        }
        let authority = format!("{}/{}", self.origin, self.tenant.id);
        let audience = jwt.claim("aud").unwrap_or_default();
        if ![format!("{authority}/oauth2/v2.0/token"), format!("{authority}/v2.0")].iter().any(|known| known == audience) {
            return Err(invalid_client(700_023, "Client assertion audience claim does not match Realm issuer."));
        }
        self.check_time(jwt)
    }

    fn check_time(&self, jwt: &Jwt<'_>) -> Result<(), Refusal> {
        let time = |name: &str| jwt.claims[name].as_i64().and_then(|seconds| DateTime::from_timestamp(seconds, 0));
        let tolerance = TimeDelta::minutes(TOLERANCE);
        let begun = time("nbf").or_else(|| time("iat")).is_none_or(|from| from <= self.clock + tolerance);
        let lasts = time("exp").is_some_and(|until| until >= self.clock - tolerance);
        if begun && lasts {
            return Ok(());
        }
        let told = |time: Option<DateTime<Utc>>| time.map(|time| time.to_rfc3339_opts(SecondsFormat::Secs, true)).unwrap_or_default();
        let text = format!(
            "Client assertion is not within its valid time range. Current time: {}, assertion valid from {}, expiry time of assertion {}.",
            told(Some(self.clock)),
            told(time("nbf")),
            told(time("exp"))
        );
        Err(invalid_client(700_024, &text))
    }

    fn check_federated(&self, jwt: &Jwt<'_>, issuer: &str) -> Result<(), Refusal> {
        let (subject, audience) = (jwt.claim("sub").unwrap_or_default(), jwt.claim("aud").unwrap_or_default());
        let none = |number, what: &str, value: &str| {
            invalid_client(number, &format!("No matching federated identity record found for presented assertion {what} '{value}'."))
        };
        let own = own_issuer(self.origin);
        let trusted = match issuer {
            issuer if issuer == GITHUB.0 => GITHUB.1,
            issuer if issuer == own => WORKLOAD,
            _ => return Err(none(700_211, "issuer", issuer)),
        };
        if subject != trusted {
            return Err(none(700_213, "subject", subject));
        }
        if audience != EXCHANGE {
            return Err(none(700_212, "audience", audience));
        }
        if checksum(self.tenant, jwt.signed) != jwt.signature_text {
            return Err(invalid_client(50_013, "Assertion failed signature validation."));
        }
        self.check_time(jwt)
    }
}

fn invalid_client(number: u32, text: &str) -> Refusal {
    Refusal::new(401, "invalid_client", number, text)
}

/// A JWT, taken apart.
struct Jwt<'a> {
    header: Value,
    claims: Value,
    signed: &'a str,
    signature: Vec<u8>,
    signature_text: &'a str,
}

impl<'a> Jwt<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let (signed, signature_text) = text.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let part = |text: &str| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok();
        let signature = URL_SAFE_NO_PAD.decode(signature_text).ok()?;
        Some(Self { header: part(header)?, claims: part(claims)?, signed, signature, signature_text })
    }

    fn claim(&self, name: &str) -> Option<&str> {
        self.claims[name].as_str()
    }
}

#[cfg(test)]
mod tests {
    use super::super::certificate::test_key;
    use super::*;
    use crate::simulator::DEMO_TIME;
    use proptest::prelude::*;
    use sha2::{Digest, Sha256};

    fn check(assertion: &str, clock: DateTime<Utc>) -> Result<(), u32> {
        let tenant = Tenant::generate(1, DEMO_TIME, 0, None);
        let certificate = Certificate::parse(&test_key::certificate());
        let expected = Expected { tenant: &tenant, origin: "http://h", certificate: certificate.as_ref(), clock };
        expected.check(Some(JWT_BEARER), assertion).map_err(|refusal| refusal.number())
    }

    #[test]
    fn an_expired_certificate_is_refused_whatever_it_signed() {
        let tenant = Tenant::generate(1, DEMO_TIME, 0, None);
        let client = tenant.client_id.to_string();
        let header = json!({"alg": "PS256", "x5t#S256": URL_SAFE_NO_PAD.encode(Sha256::digest(test_key::certificate()))});
        let audience = format!("http://h/{}/v2.0", tenant.id);
        let signed = |clock: DateTime<Utc>| {
            let expires = clock.timestamp() + 60;
            test_key::signed(&header, &json!({"iss": client, "sub": client, "aud": audience, "exp": expires}))
        };
        let late = DEMO_TIME + TimeDelta::days(80_000);
        assert_eq!(check(&signed(DEMO_TIME), DEMO_TIME), Ok(()));
        assert_eq!(check(&signed(late), late), Err(700_027));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[a-zA-Z0-9._-]{0,80}", claims in ".{0,40}") {
            prop_assert!(check(&text, DEMO_TIME).is_err());
            let assertion = format!("e30.{}.e30", URL_SAFE_NO_PAD.encode(claims));
            prop_assert!(check(&assertion, DEMO_TIME).is_err());
        }
    }
}
