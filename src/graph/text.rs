//! Text from the service, made fit to be shown. Error bodies are written by whoever answers, who may not be Microsoft.

use secrecy::{ExposeSecret, SecretString};

/// Longest text kept of an error body, in characters.
const LONGEST: usize = 300;

/// Shortest secret that is looked for; replacing shorter ones would leave no readable text, and Entra issues none.
const SHORTEST_SECRET: usize = 4;

/// One line without control characters and without any of `secrets`, shortened. Secrets are taken out
/// after the control characters, which could otherwise hide one, and before the cut, which could leave half of one.
pub(super) fn clean(text: &str, secrets: &[&SecretString]) -> String {
    let mut line = text.chars().map(|letter| if is_control(letter) { ' ' } else { letter }).collect::<String>();
    let mut packed = text.chars().filter(|letter| !is_control(*letter)).collect::<String>();
    for secret in secrets.iter().map(|secret| secret.expose_secret()).filter(|secret| secret.len() >= SHORTEST_SECRET) {
        let (hidden, seen) = hide(&line, secret);
        let (packed_hidden, packed_seen) = hide(&packed, secret);
        line = if packed_seen > seen { packed_hidden.clone() } else { hidden };
        packed = packed_hidden;
    }
    let words = line.split_whitespace().map(hide_token).collect::<Vec<_>>().join(" ");
    shorten(&words)
}

/// The text with stars for every place where the secret stands, and how many there are. Any of its characters may be
/// written as in a URL (`%7E`) or in a form (`+` for a space).
fn hide(text: &str, secret: &str) -> (String, usize) {
    let (mut shown, mut seen, mut rest) = (String::with_capacity(text.len()), 0, text);
    while let Some(letter) = rest.chars().next() {
        let after = after_secret(rest.as_bytes(), secret.as_bytes()).and_then(|length| rest.get(length..));
        if let Some(after) = after {
            shown.push_str("***");
            (seen, rest) = (seen + 1, after);
        } else {
            shown.push(letter);
            rest = rest.get(letter.len_utf8()..).unwrap_or_default();
        }
    }
    (shown, seen)
}

/// Length of the secret at the start of `text`, as it is written there.
fn after_secret(text: &[u8], secret: &[u8]) -> Option<usize> {
    if text.starts_with(secret) {
        return Some(secret.len());
    }
    let mut at = 0;
    for byte in secret {
        at += match text.get(at)? {
            b'%' if escaped(text.get(at + 1..at + 3)?) == Some(*byte) => 3,
            b'+' if *byte == b' ' => 1,
            there if there == byte => 1,
            _ => return None,
        };
    }
    Some(at)
}

/// The byte that two hexadecimal digits stand for.
fn escaped(digits: &[u8]) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    match digits {
        [high, low] => Some(digit(*high)? * 16 + digit(*low)?),
        _ => None,
    }
}

/// Tokens of Entra ID are JWTs, whose first part begins like this in base64 (`{"`).
fn hide_token(word: &str) -> &str {
    if word.contains("eyJ") && word.len() > 40 { "***" } else { word }
}

fn shorten(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// Control characters, among them the ones that turn the direction of text or are not seen.
fn is_control(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{61c}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_secret_is_hidden_even_when_control_characters_split_it() {
        let secret = SecretString::from("s3cr3t~value");
        for text in ["bad secret s3cr3t~value given", "bad s3cr3t\u{0}~value", "x s3cr3t\u{202e}~val\u{7}ue"] {
            let cleaned = clean(text, &[&secret]);
            assert!(!cleaned.contains("s3cr3t") && cleaned.contains("***"), "{cleaned}");
        }
    }

    #[test]
    fn a_secret_is_hidden_as_a_url_or_a_form_writes_it() {
        let secret = SecretString::from("s3cr3t~va+lue% x\u{e9}");
        for text in [
            "sent s3cr3t%7Eva%2Blue%25%20x%C3%A9 to",
            "sent s3cr3t~va%2blue%25+x%c3%a9 to",
            "sent %733cr3t~va+lue% x\u{e9} to",
            "sent %73%33%63%72%33%74%7e%76%61%2b%6c%75%65%25%20%78%c3%a9 to",
            "sent s3cr\u{0}3t%7\u{7}Eva%2Blue%25%20x%C3%A9 to",
        ] {
            assert_eq!(clean(text, &[&secret]), "sent *** to", "{text}");
        }
        assert_eq!(clean("100% s3cr3t%7Eva% done", &[&secret]), "100% s3cr3t%7Eva% done");
    }

    #[test]
    fn a_token_that_is_not_ours_is_hidden_too() {
        let cleaned = clean("token eyJhbGciOiJub25lIn0.eyJhdWQiOiJ4In0.c2lnbmF0dXJl refused", &[]);
        assert_eq!(cleaned, "token *** refused");
    }

    proptest! {
        #[test]
        fn cleaned_text_is_one_short_line(text in any::<String>()) {
            let cleaned = clean(&text, &[]);
            prop_assert!(!cleaned.chars().any(is_control));
            prop_assert!(cleaned.chars().count() <= LONGEST + 1);
        }

        #[test]
        fn no_secret_survives(before in any::<String>(), secret in "[A-Za-z0-9~._-]{8,40}", after in any::<String>()) {
            let cleaned = clean(&format!("{before}{secret}{after}"), &[&SecretString::from(secret.clone())]);
            prop_assert!(!cleaned.contains(&secret));
            let form: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
            let cleaned = clean(&format!("{before}{form}{after}"), &[&SecretString::from(secret.clone())]);
            prop_assert!(!cleaned.contains(&form) && !cleaned.contains(&secret));
        }
    }
}
