//! Reads the refusals of Microsoft Graph: which may pass, which ask for a new token, and whose fault the others are.

use super::retry::Transient;
use super::{Error, text};
use secrecy::SecretString;
use serde_json::Value;
use std::time::Duration;

/// What to do about a request that gave nothing.
#[derive(Debug)]
pub(super) enum Trouble {
    /// It may pass.
    Again(Transient),
    /// 401: a new token may help, once.
    Unauthorized(Error),
    /// Nothing helps.
    Stop(Error),
}

/// A refusal as it stood on the wire or inside a `$batch`.
pub(super) struct Refusal<'a> {
    /// HTTP status.
    pub(super) status: u16,
    /// The body, if it was JSON.
    pub(super) body: &'a Value,
    /// Least wait that was asked for.
    pub(super) floor: Option<Duration>,
    /// Method and path.
    pub(super) what: &'a str,
}

impl Refusal<'_> {
    /// Sorts the refusal. `token` is taken out of every text that is kept.
    pub(super) fn judge(&self, token: &SecretString) -> Trouble {
        let (code, message) = self.code_and_message(token);
        let what = self.what.to_owned();
        let detail = describe(self.status, &code, &message);
        match self.status {
            429 => self.crowded(Error::Throttled { what, detail: "status 429".to_owned() }),
            500 if is_query_broker(&message) => self.crowded(Error::Throttled { what, detail: "query broker of Intune".to_owned() }),
            503 => self.again(Error::Throttled { what, detail: "status 503".to_owned() }),
            407 | 511 => Trouble::Again(Transient { foreign: true, ..Transient::new(wants_sign_in(self.status), self.floor) }),
            502 | 504 => self.again(Error::Failed { what, detail: format!("status {}", self.status) }),
            _ if is_licence(&code, &message) => Trouble::Stop(Error::Licence { what, detail }),
            401 if is_token_refusal(&code, &message) => Trouble::Unauthorized(Error::sign_in(
                format!("Microsoft Graph does not take the token: {detail}"),
                "get a fresh token for this Graph endpoint and tenant",
            )),
            401 => Trouble::Unauthorized(Error::Permission { what, detail }),
            403 => Trouble::Stop(Error::Permission { what, detail }),
            300..=399 => Trouble::Stop(Error::Failed { what, detail: format!("status {}: redirects are not followed", self.status) }),
            _ => Trouble::Stop(Error::Failed { what, detail }),
        }
    }

    fn crowded(&self, error: Error) -> Trouble {
        Trouble::Again(Transient { crowded: true, ..Transient::new(error, self.floor) })
    }

    fn again(&self, error: Error) -> Trouble {
        Trouble::Again(Transient::new(error, self.floor))
    }

    /// `error.code` and `error.message`, cleaned; both empty where the body has another form.
    fn code_and_message(&self, token: &SecretString) -> (String, String) {
        let part = |name| self.body.get("error").and_then(|error| error.get(name)).and_then(Value::as_str).unwrap_or_default();
        (text::clean(part("code"), &[token]), text::clean(&innermost(part("message")), &[token]))
    }
}

/// The trouble with a success that carries an error: the service failed after the status was sent, and what stands beside the
/// error is not all. `token` is taken out of its texts.
pub(super) fn inside_success(body: &Value, what: &str, token: &SecretString) -> Option<Trouble> {
    body.get("error").filter(|error| error.is_object())?;
    let (code, message) = Refusal { status: 200, body, floor: None, what }.code_and_message(token);
    let error = Error::Failed { what: what.to_owned(), detail: format!("answer holds an error: {}", describe(200, &code, &message)) };
    Some(Trouble::Again(Transient { foreign: true, ..Transient::new(error, None) }))
}

/// 407 and 511 come from a proxy or a network that wants a sign-in of its own, and never from Graph.
fn wants_sign_in(status: u16) -> Error {
    Error::Unreachable {
        endpoint: "Microsoft Graph".to_owned(),
        detail: format!("status {status}: a proxy or network on the way wants a sign-in"),
        hint: "sign in to the network, or set HTTPS_PROXY with the proxy's user name and password".to_owned(),
    }
}

/// The sentence of a message. Intune puts JSON inside the text (facts/maa.md section 1), and behind the sentence ids that
/// differ from call to call, which would make two runs over one tenant differ.
fn innermost(message: &str) -> String {
    let nested: Option<Value> = serde_json::from_str(message).ok();
    let sentence = nested.as_ref().and_then(|nested| nested.get("Message")).and_then(Value::as_str).unwrap_or(message);
    sentence.split(" - Operation ID").next().unwrap_or_default().to_owned()
}

fn describe(status: u16, code: &str, message: &str) -> String {
    let parts = [code, message].into_iter().filter(|part| !part.is_empty());
    std::iter::once(format!("status {status}")).chain(parts.map(str::to_owned)).collect::<Vec<_>>().join(": ")
}

/// Intune throttles with 500 and a text of its own (facts/graph.md section 4).
fn is_query_broker(message: &str) -> bool {
    message.to_lowercase().contains("query broker")
}

/// A 401 about the token itself and not about what it permits.
fn is_token_refusal(code: &str, message: &str) -> bool {
    let message = message.to_lowercase();
    code.eq_ignore_ascii_case("InvalidAuthenticationToken")
        || ["token is expired", "token has expired", "lifetime validation"].iter().any(|text| message.contains(text))
}

/// Refusals for want of a licence. The code is the one of the reports API, where the tenant has no Entra ID P1; a tenant
/// without Intune answers "Request not applicable to target tenant".
fn is_licence(code: &str, message: &str) -> bool {
    let message = message.to_lowercase();
    code.eq_ignore_ascii_case("Authentication_RequestFromNonPremiumTenantOrB2CTenant")
        || ["not licensed", "premium license", "does not have a license", "no valid license", "not applicable to target tenant"]
            .iter()
            .any(|text| message.contains(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn judge(status: u16, body: &Value) -> Trouble {
        Refusal { status, body, floor: None, what: "GET /v1.0/x" }.judge(&SecretString::from("token-of-the-run"))
    }

    fn error(code: &str, message: &str) -> Value {
        json!({"error": {"code": code, "message": message}})
    }

    #[test]
    fn every_refusal_has_its_kind() {
        let denied = error("Authorization_RequestDenied", "Insufficient privileges to complete the operation.");
        assert!(matches!(judge(403, &denied), Trouble::Stop(Error::Permission { .. })));
        assert!(matches!(judge(401, &denied), Trouble::Unauthorized(Error::Permission { .. })));
        let expired = error("InvalidAuthenticationToken", "Lifetime validation failed, the token is expired.");
        assert!(matches!(judge(401, &expired), Trouble::Unauthorized(Error::SignIn { .. })));
        let premium =
            error("Authentication_RequestFromNonPremiumTenantOrB2CTenant", "Neither tenant is B2C or tenant doesn't have premium license");
        assert!(matches!(judge(403, &premium), Trouble::Stop(Error::Licence { .. })));
        let broker = error("", "Rate limit reached because of too many requests to query broker");
        assert!(matches!(judge(500, &broker), Trouble::Again(Transient { error: Error::Throttled { .. }, .. })));
        for status in [429, 502, 503, 504] {
            assert!(matches!(judge(status, &Value::Null), Trouble::Again(_)), "{status}");
        }
        for status in [407, 511] {
            assert!(matches!(judge(status, &Value::Null), Trouble::Again(Transient { foreign: true, .. })), "{status}");
        }
        for status in [302, 400, 404, 410, 418, 500, 501] {
            assert!(matches!(judge(status, &Value::Null), Trouble::Stop(Error::Failed { .. })), "{status}");
        }
    }

    #[test]
    fn the_sentence_inside_intunes_json_is_told_without_its_ids() {
        let nested = json!({"_version": 3, "Message": "It broke - Operation ID (for customer support): 7 - Activity ID: 8"}).to_string();
        let Trouble::Stop(told) = judge(500, &error("InternalServerError", &nested)) else { panic!("not final") };
        assert_eq!(told.to_string(), "failed: GET /v1.0/x: status 500: InternalServerError: It broke");
    }

    #[test]
    fn the_token_is_not_repeated() {
        let Trouble::Stop(told) = judge(400, &error("Bad", "you sent token-of-the-run")) else { panic!("not final") };
        assert_eq!(told.to_string(), "failed: GET /v1.0/x: status 400: Bad: you sent ***");
    }

    proptest! {
        #[test]
        fn any_status_and_text_is_judged(status in any::<u16>(), code in any::<String>(), message in any::<String>()) {
            judge(status, &error(&code, &message));
        }
    }
}
