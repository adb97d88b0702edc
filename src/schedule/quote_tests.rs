//! Whatever a quoting function lets through, a reader of that syntax gives back as it was. The readers here are written after
//! the syntax, not after the functions.

use super::*;
use proptest::prelude::*;

/// Text that is awkward for one syntax or another.
fn hostile() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "'",
        "\"",
        "\\",
        "%",
        "%%",
        "%n",
        "$",
        "$$",
        "$(id)",
        "${HOME}",
        "${{ secrets.A }}",
        "`id`",
        "&",
        "<",
        ">",
        "]]>",
        "<!--",
        "#",
        ": ",
        "- ",
        "{",
        "}",
        "[",
        "*",
        "!",
        "|",
        "@",
        "@STORE@",
        "\n",
        "\r",
        "\0",
        "\t",
        "\u{1b}",
        "\u{2028}",
        "\u{202e}",
        "é",
        "’",
        "日本",
        " ",
        ";",
        "a",
        "/b",
    ]);
    prop::collection::vec(pieces, 0..12).prop_map(|pieces| pieces.concat())
}

fn has_control(text: &str) -> bool {
    text.chars().any(|letter| letter.is_control() || matches!(letter, '\u{2028}' | '\u{202e}'))
}

/// A word of a shell: quotes and backslashes as POSIX has them.
fn read_shell(text: &str) -> String {
    let (mut read, mut quoted, mut letters) = (String::new(), false, text.chars());
    while let Some(letter) = letters.next() {
        match letter {
            '\'' => quoted = !quoted,
            '\\' if !quoted => read.extend(letters.next()),
            _ => {
                assert!(quoted, "outside of quotes: {text}");
                read.push(letter);
            }
        }
    }
    assert!(!quoted);
    read
}

/// A double-quoted word of systemd: specifiers first, as for a unit file, then escapes.
fn read_systemd(text: &str) -> String {
    let inner = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap();
    let (mut read, mut letters) = (String::new(), inner.chars());
    while let Some(letter) = letters.next() {
        match letter {
            '%' => assert_eq!(letters.next(), Some('%'), "a specifier: {text}"),
            '\\' => {
                let escaped = letters.next().unwrap();
                assert!(matches!(escaped, '\\' | '"'), "{text}");
                read.push(escaped);
                continue;
            }
            '"' => panic!("the word ends early: {text}"),
            _ => {}
        }
        read.push(letter);
    }
    read
}

proptest! {
    #[test]
    fn shell_words_are_read_back(value in hostile()) {
        match shell(&value) {
            Ok(quoted) => prop_assert_eq!(read_shell(&quoted), value),
            Err(_) => prop_assert!(has_control(&value)),
        }
    }

    #[test]
    fn systemd_words_are_read_back(value in hostile()) {
        match (systemd(&value), systemd_command(&value)) {
            (Ok(quoted), Ok(command)) => {
                prop_assert_eq!(read_systemd(&quoted), value.as_str());
                // Two dollars stand for one; a single one would begin a variable.
                prop_assert!(!command.replace("$$", "").contains('$'));
                prop_assert_eq!(read_systemd(&command.replace("$$", "$")), value);
            }
            _ => prop_assert!(has_control(&value)),
        }
    }

    #[test]
    fn xml_text_is_read_back(value in hostile()) {
        match xml(&value) {
            Ok(quoted) => {
                prop_assert!(!quoted.contains(['<', '>', '"', '\'']));
                let read = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")];
                prop_assert_eq!(read.iter().fold(quoted, |text, (entity, letter)| text.replace(entity, letter)), value);
            }
            Err(_) => prop_assert!(has_control(&value)),
        }
    }

    #[test]
    fn powershell_literals_are_read_back(value in hostile()) {
        match powershell(&value) {
            Ok(quoted) => {
                let inner = quoted.strip_prefix('\'').and_then(|text| text.strip_suffix('\'')).unwrap();
                prop_assert!(quoted.is_ascii() && !inner.replace("''", "").contains('\''));
                prop_assert_eq!(inner.replace("''", "'"), value);
            }
            Err(_) => prop_assert!(has_control(&value) || !value.is_ascii() || value.contains('"')),
        }
    }

    #[test]
    fn yaml_scalars_are_read_back(value in hostile()) {
        // Without control characters a double-quoted scalar of these escapes is a string of JSON.
        let read = |quoted: &str| serde_json::from_str::<String>(quoted).unwrap();
        match yaml(&value) {
            Ok(quoted) => prop_assert_eq!(read(&quoted), value.as_str()),
            Err(_) => prop_assert!(has_control(&value)),
        }
        if let Ok(quoted) = container(&value) {
            prop_assert_eq!(read(&quoted).replace("$$", "$"), value.as_str());
            prop_assert!(!quoted.replace("$$", "").contains("$("));
        }
        for (quoted, forbidden) in [
            (github(&value), &["${{"][..]),
            (azure_pipelines(&value), &["$(", "$[", "${{"]),
            (container_apps(&value), &["$"]),
        ] {
            match quoted {
                Ok(quoted) => prop_assert!(read(&quoted) == value && forbidden.iter().all(|sequence| !quoted.contains(sequence))),
                Err(_) => prop_assert!(has_control(&value) || forbidden.iter().any(|sequence| value.contains(sequence))),
            }
        }
    }

    #[test]
    fn any_text_is_quoted_or_refused_in_one_line(value in any::<String>()) {
        for quoted in [shell(&value), systemd(&value), systemd_command(&value), xml(&value), powershell(&value), yaml(&value), container(&value)] {
            match quoted {
                Ok(quoted) => prop_assert!(!quoted.contains(['\n', '\r', '\0'])),
                Err(refused) => prop_assert!(!refused.what.contains(['\n', '\r', '\0']) && !refused.hint.is_empty()),
            }
        }
    }
}
