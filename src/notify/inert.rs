//! Makes other people's text inert in a chat: no control or bidirectional characters, at most so long, nothing that a client
//! would make a link or a mention of.

use crate::report::harmless_line;

/// Invisible, and splits what a client looks for.
const BREAK: char = '\u{200b}';

/// One line that says what the text says and does nothing; before the breaks at most `longest` characters, the last an ellipsis
/// where something is missing. Never empty: some services refuse a message with an empty text.
pub(super) fn inert(text: &str, longest: usize) -> String {
    let line = harmless_line(text, longest);
    if line.is_empty() {
        return "-".to_owned();
    }
    let mut told = String::with_capacity(line.len() + line.len() / 8);
    for (at, letter) in line.char_indices() {
        let (before, rest) = line.split_at(at);
        match letter {
            // Mentions (`@here`, `<@id>`, `<!channel>`, `<at>`), addresses of mail, references to channels.
            '@' | '#' | '!' | '<' => told.extend([letter, BREAK]),
            // `scheme://host` and `//host`; `[text](url)`; `mailto:x`; `{{DATE(…)}}`, which cards fill in.
            '/' if rest.starts_with("//") => told.extend([letter, BREAK]),
            ']' if rest.starts_with("](") => told.extend([letter, BREAK]),
            '{' | '$' => told.extend([letter, BREAK]),
            ':' if ends_with(before, "mailto") || ends_with(before, "tel") => told.extend([BREAK, letter]),
            '.' if ends_with(before, "www") => told.extend([BREAK, letter]),
            _ => told.push(letter),
        }
    }
    told
}

fn ends_with(text: &str, word: &str) -> bool {
    let start = text.len().checked_sub(word.len());
    start.and_then(|start| text.get(start..)).is_some_and(|end| end.eq_ignore_ascii_case(word))
}

/// For Slack, which reads three characters as its own in every text: written as it asks for.
pub(super) fn slack(text: &str, longest: usize) -> String {
    inert(text, longest).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HOSTILE: &str =
        r"<!channel> <@U1|x> <at>All</at> [a](https://e.example) http://e.example a@b.example www.e.example mailto:x {{DATE(1)}} ${x}";

    #[test]
    fn nothing_in_it_links_or_mentions() {
        let told = inert(HOSTILE, 500);
        for live in ["<!", "<@", "<at", "](", "//", "@b", "www.", "mailto:", "{{", "${"] {
            assert!(!told.contains(live), "{live}: {told}");
        }
        assert_eq!(told.replace(BREAK, ""), HOSTILE, "what a person reads is the same");
        assert_eq!((inert("", 9), inert(" \u{202e}\n", 9)), ("-".to_owned(), "-".to_owned()));
    }

    #[test]
    fn slack_reads_no_markup_in_it() {
        assert_eq!(slack("a & b <!here> &lt;", 99), "a &amp; b &lt;\u{200b}!\u{200b}here&gt; &amp;lt;");
    }

    proptest! {
        #[test]
        fn no_text_gets_through(raw in any::<String>(), live in "[<>@!#/\\[\\](){$&:.wW a]{0,40}") {
            for raw in [raw, live] {
                let told = inert(&raw, 60);
                prop_assert!(told.chars().filter(|letter| *letter != BREAK).count() <= 60 && !told.is_empty());
                let steers = |letter: char| letter.is_control() || ('\u{202a}'..='\u{202e}').contains(&letter);
                prop_assert!(!told.chars().any(steers));
                for live in ["<!", "<@", "<#", "<a", "](", "//", "@a", "@h", "{{", "${"] {
                    prop_assert!(!told.contains(live), "{} in {}", live, told);
                }
                prop_assert!(!told.to_lowercase().contains("www."));
                let slack = slack(&raw, 60);
                prop_assert!(!slack.contains(['<', '>']));
                let plain = slack.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
                prop_assert_eq!(plain, told);
            }
        }
    }
}
