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
    let packed = text.chars().filter(|letter| !is_control(*letter)).collect::<String>();
    for secret in secrets.iter().map(|secret| secret.expose_secret()).filter(|secret| secret.len() >= SHORTEST_SECRET) {
        if packed.matches(secret).count() > line.matches(secret).count() {
            line.clone_from(&packed);
        }
        line = line.replace(secret, "***");
    }
    let words = line.split_whitespace().map(hide_token).collect::<Vec<_>>().join(" ");
    shorten(&words)
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
        }
    }
}
