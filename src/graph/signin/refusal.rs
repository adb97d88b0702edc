//! What Entra ID's refusals mean. Its sentences are never repeated: the request held a secret, and whoever answers may send
//! it back in a form that no search finds. What is told is the number of the error, and the sentence that we know for it.

use super::super::Error;
use super::super::jwt::is_guid;
use serde_json::Value;

/// With what an application or a person signed in, for the advice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Proof {
    Secret,
    Certificate,
    TokenFile,
    GitHub,
    Person,
}

/// A refused sign-in.
pub(super) struct Refusal<'a> {
    pub(super) status: u16,
    pub(super) body: &'a Value,
    pub(super) proof: Proof,
    pub(super) tenant: &'a str,
    pub(super) client_id: &'a str,
    /// What the request held and nothing may show.
    pub(super) secrets: &'a [&'a str],
    /// By how much this machine's clock is off, in words, if it is.
    pub(super) clock: Option<String>,
}

impl Refusal<'_> {
    /// The error to report.
    pub(super) fn error(&self) -> Error {
        let code = error_code(self.body);
        let known = code.and_then(|code| self.known(code).map(|(message, hint)| (format!("{message} (AADSTS{code})"), hint)));
        let (message, hint) = known.unwrap_or_else(|| self.unknown(code));
        Error::sign_in(message, self.clock.iter().fold(hint, |hint, off| format!("{hint}; {off}")))
    }

    fn known(&self, code: u64) -> Option<(String, String)> {
        let (message, hint) = self.about_application(code).or_else(|| self.about_assertion(code)).or_else(|| self.about_person(code))?;
        Some((message, hint.to_owned()))
    }

    /// Tenant, application, secret, policy.
    fn about_application(&self, code: u64) -> Option<(String, &'static str)> {
        Some(match code {
            7_000_215 => {
                (format!("wrong client secret for {}", self.application()), "set AZURE_CLIENT_SECRET to the secret's value, not to its id")
            }
            7_000_222 => (
                format!("client secret of {} has expired", self.application()),
                "create a new secret in Entra ID and set AZURE_CLIENT_SECRET",
            ),
            90_002 | 900_023 => {
                (format!("unknown tenant{}", named(self.tenant)), "check AZURE_TENANT_ID, and --cloud if the tenant is in a national cloud")
            }
            700_016 => (
                format!("unknown application in this tenant{}", named(self.client_id)),
                "check AZURE_CLIENT_ID and AZURE_TENANT_ID; the application needs a service principal in the tenant",
            ),
            7_000_229 => (
                format!("{} has no service principal in the tenant", self.application()),
                "an administrator of the tenant creates it, by consent or with: az ad sp create --id APP_ID",
            ),
            7_000_112 => (format!("{} is disabled", self.application()), "enable the application, or sign in with another"),
            500_011 => ("this tenant does not know Microsoft Graph at that address".to_owned(), "check --cloud and --graph-endpoint"),
            53_000..=53_004 => (
                "a Conditional Access policy does not let this sign-in through".to_owned(),
                "the sign-in log of the tenant names the policy; sign in from a place and device that it lets through",
            ),
            _ => return None,
        })
    }

    /// Certificates and tokens of others.
    fn about_assertion(&self, code: u64) -> Option<(String, &'static str)> {
        let external = matches!(self.proof, Proof::TokenFile | Proof::GitHub);
        Some(match code {
            700_027 | 50_013 if !external => (
                format!("certificate is not one of {}", self.application()),
                "upload this certificate, without its key, under Certificates & secrets of the application, or use the one that is there",
            ),
            700_027 | 50_013 => (
                "the federated token is not taken".to_owned(),
                "its signature or its end does not fit: check that the issuer's keys can be read from outside, and that the token is fresh",
            ),
            700_024 if external => (
                "the federated token is outside the time for which it holds".to_owned(),
                "check that the token is renewed, and this machine's clock",
            ),
            700_024 => ("the assertion is outside the time for which it holds".to_owned(), "set this machine's clock"),
            700_023 => ("the assertion is for another token endpoint".to_owned(), "check AZURE_TENANT_ID, --cloud and the login endpoint"),
            70_021 | 700_211 | 700_212 | 700_213 => {
                let part = match code {
                    700_211 => ": the issuer differs",
                    700_212 => ": the audience differs",
                    700_213 => ": the subject differs",
                    _ => "",
                };
                (format!("no federated credential of {} fits the token{part}", self.application()), self.federation_hint())
            }
            _ => return None,
        })
    }

    fn federation_hint(&self) -> &'static str {
        if self.proof == Proof::GitHub {
            return "add a federated credential for this repository with the branch, environment or event that the job runs for, \
                and audience api://AzureADTokenExchange; letter case counts";
        }
        "compare issuer, subject and audience of the federated credential with those of the token; letter case counts"
    }

    /// People, who sign in with a device code.
    fn about_person(&self, code: u64) -> Option<(String, &'static str)> {
        Some(match code {
            7_000_218 => (
                format!("{} is not a public client", self.application()),
                "set \"Allow public client flows\" under Authentication of the application, which a sign-in with a device code needs",
            ),
            65_001 => (
                format!("nobody has consented to the permissions of {}", self.application()),
                "an administrator grants consent under API permissions of the application",
            ),
            50_105 => (format!("this person is not assigned to {}", self.application()), "assign the person to the enterprise application"),
            50_076 | 50_078 | 50_079 => {
                ("the tenant asks for another factor".to_owned(), "sign in again and complete what the page asks for")
            }
            70_019 => ("the code was not entered in time".to_owned(), "start again, and enter the new code sooner"),
            700_082 | 700_084 | 50_173 => ("the sign-in of the person has ended".to_owned(), "start again with --device-code"),
            _ => return None,
        })
    }

    fn unknown(&self, code: Option<u64>) -> (String, String) {
        let kind = self.body.get("error").and_then(Value::as_str).filter(|kind| is_error_word(kind, self.secrets));
        let told = kind.map(str::to_owned).into_iter().chain(code.map(|code| format!("AADSTS{code}")));
        let parts: Vec<String> = std::iter::once(format!("status {}", self.status)).chain(told).collect();
        let variable = match self.proof {
            Proof::Secret => ", AZURE_CLIENT_SECRET",
            Proof::Certificate => ", AZURE_CLIENT_CERTIFICATE_PATH",
            Proof::TokenFile => ", AZURE_FEDERATED_TOKEN_FILE",
            Proof::GitHub | Proof::Person => "",
        };
        (parts.join(": "), format!("check AZURE_TENANT_ID, AZURE_CLIENT_ID{variable} and the login endpoint"))
    }

    fn application(&self) -> String {
        if is_guid(self.client_id) { format!("application {}", self.client_id) } else { "the application".to_owned() }
    }
}

/// The value of a variable, if it is a GUID. Whoever mixes the variables up has the secret in one of the others.
fn named(value: &str) -> String {
    if is_guid(value) { format!(": {value}") } else { String::new() }
}

/// Whether a text is an error word as OAuth 2.0 writes them (RFC 6749 section 5.2), and no part of a secret.
pub(super) fn is_error_word(word: &str, secrets: &[&str]) -> bool {
    let plain = word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    let apart = |secret: &str| !secret.is_empty() && !secret.contains(word) && !word.contains(secret);
    plain && (1..=40).contains(&word.len()) && secrets.iter().all(|secret| apart(&secret.to_lowercase()))
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    const APP: &str = "bbbbbbbb-0000-4000-8000-00000000000b";

    fn told(code: u64, proof: Proof) -> String {
        let body = json!({"error": "invalid_client", "error_codes": [code]});
        Refusal { status: 401, body: &body, proof, tenant: "t", client_id: APP, secrets: &["s3cret~Value"], clock: None }
            .error()
            .to_string()
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
            assert!(is_error_word(word, &["s3cret~Value", "other~Secret"]));
        }
        for other in ["", "Invalid", "invalid client", "c2VjcmV0", "sec", "thesecretvalueisthis", &"a".repeat(41)] {
            assert!(!is_error_word(other, &["x~y", "SecretValue"]), "{other}");
        }
    }

    #[test]
    fn each_number_has_a_sentence_and_advice_that_fits_the_sign_in() {
        for (code, proof, said) in [
            (700_027, Proof::Certificate, "certificate is not one of application bbbbbbbb"),
            (50_013, Proof::Certificate, "certificate is not one of"),
            (700_024, Proof::Certificate, "set this machine's clock"),
            (700_024, Proof::TokenFile, "check that the token is renewed"),
            (50_013, Proof::TokenFile, "federated token is not taken"),
            (70_021, Proof::TokenFile, "no federated credential of application bbbbbbbb"),
            (700_211, Proof::TokenFile, "the issuer differs"),
            (700_212, Proof::GitHub, "the audience differs"),
            (700_213, Proof::GitHub, "for this repository"),
            (700_023, Proof::Certificate, "--cloud"),
            (7_000_218, Proof::Person, "Allow public client flows"),
            (65_001, Proof::Person, "consent"),
            (53_003, Proof::Certificate, "Conditional Access"),
            (7_000_112, Proof::Secret, "is disabled"),
            (7_000_229, Proof::Secret, "no service principal"),
        ] {
            let text = told(code, proof);
            assert!(text.contains(said) && text.contains(&format!("(AADSTS{code})\nhint: ")), "{code}: {text}");
        }
        assert!(told(1, Proof::Certificate).contains("AZURE_CLIENT_CERTIFICATE_PATH"));
    }

    proptest! {
        #[test]
        fn any_refusal_is_told_in_two_lines_without_its_sentences(status in any::<u16>(), code in any::<Option<u64>>(), text in any::<String>()) {
            let body = json!({"error": text, "error_codes": [code], "error_description": format!("AADSTS{text} s3cret~Value")});
            let refusal = Refusal { status, body: &body, proof: Proof::Secret, tenant: &text, client_id: &text, secrets: &["s3cret~Value"], clock: None };
            let shown = refusal.error().to_string();
            prop_assert!(shown.lines().count() == 2 && !shown.contains("s3cret"));
        }
    }
}
