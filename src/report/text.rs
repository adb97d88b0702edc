//! Makes other people's text harmless. Display names, rule messages and what a service answered may hold anything, so
//! every string passes through here on its way into a terminal, a CSV cell or Markdown.

/// Most characters of one piece of text in the terminal and in Markdown. CSV and JSON have it whole.
pub(super) const LONGEST: usize = 200;

/// Most characters of a name in the terminal and in Markdown tables.
pub(super) const LONGEST_NAME: usize = 80;

/// Stands where text was cut.
pub(super) const CUT: char = '…';

/// Invisible, and splits what a renderer would make a link or a mention of.
const BREAK: char = '\u{200b}';

/// Characters that start a formula in a spreadsheet, with their full-width and small forms, which some spreadsheets fold.
const FORMULA: [char; 12] = ['=', '+', '-', '@', '＝', '＋', '－', '＠', '﹦', '﹢', '﹣', '﹫'];

/// Whether a character steers a terminal or an editor instead of showing: C0 and C1 controls, bidirectional marks,
/// overrides and isolates, line and paragraph separators, and the byte order mark.
fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{206f}' | '\u{feff}'
        )
}

/// Whether a hidden character stands between words or lines, so that a space has to take its place.
fn parts_words(character: char) -> bool {
    matches!(character, '\t'..='\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Whether a character shows nothing by itself: zero-width spaces and joiners, invisible operators, fillers, variation
/// selectors, tags, the blank of Braille, and the soft hyphen. They are kept, because emoji and several scripts need them.
fn is_zero_width(character: char) -> bool {
    matches!(
        character,
        '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200d}'
            | '\u{2060}'..='\u{2065}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{ffa0}' | '\u{e0000}'..='\u{e0fff}'
    )
}

/// A path with what does not show written out, so that two files never look like one.
pub(super) fn visible(path: &str) -> String {
    let mut shown = String::with_capacity(path.len());
    for character in path.chars() {
        if is_hidden(character) || is_zero_width(character) {
            shown.extend(character.escape_unicode());
        } else {
            shown.push(character);
        }
    }
    shown
}

/// Whether nothing of the text can be seen.
pub(super) fn is_blank(text: &str) -> bool {
    text.chars().all(|character| character.is_whitespace() || is_hidden(character) || is_zero_width(character))
}

/// The text without hidden characters. Tabs and line breaks become one space, so that words stay apart.
pub(super) fn clean(text: &str) -> String {
    let mut cleaned = String::with_capacity(text.len());
    let mut parted = false;
    for character in text.chars() {
        if parts_words(character) {
            parted = true;
        } else if !is_hidden(character) {
            if std::mem::take(&mut parted) {
                cleaned.push(' ');
            }
            cleaned.push(character);
        }
    }
    cleaned
}

/// At most `longest` characters, the last of them an ellipsis where something is missing.
fn cut(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        None => text.to_owned(),
        Some(_) => text.chars().take(longest.saturating_sub(1)).chain([CUT]).collect(),
    }
}

/// For a terminal: clean, trimmed, at most `longest` characters, and no command to the runner of a pipeline that shows it.
pub(super) fn terminal(text: &str, longest: usize) -> String {
    cut(&without_commands(clean(text).trim()), longest)
}

/// Runners of pipelines look for commands in what a job prints, anywhere in a line: `##vso[` (Azure Pipelines, "Logging commands")
/// and `##[` (GitHub Actions, its older form). An invisible character between the signs makes text of them.
fn without_commands(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    if !lower.contains("##[") && !lower.contains("##vso[") {
        return text.to_owned();
    }
    let mut parted = String::with_capacity(text.len() + BREAK.len_utf8());
    for character in text.chars() {
        if character == '#' && parted.ends_with('#') {
            parted.push(BREAK);
        }
        parted.push(character);
    }
    parted
}

/// For a cell of CSV or of a sheet: clean, whole, and no formula. A spreadsheet that takes another separator than the file has
/// splits at it even inside quotes, as one does that is set to a country which writes decimals with a comma; so each part
/// between commas or semicolons is treated as a cell of its own, whatever the separator. Tabs are gone with the controls. It is
/// no command to the runner of a pipeline either, for `--format csv` prints it.
pub(super) fn csv_cell(text: &str) -> String {
    let text = without_commands(&clean(text));
    let parts = text.split_inclusive([',', ';']).map(without_formula);
    parts.collect()
}

fn without_formula(part: &str) -> String {
    // White space, quotes and zero-width characters in front do not stop every spreadsheet from seeing the formula.
    let passed_over = |character: char| character.is_whitespace() || character == '"' || is_zero_width(character);
    let formula = part.trim_start_matches(passed_over).starts_with(FORMULA);
    if formula { format!("'{part}") } else { part.to_owned() }
}

/// One of several texts that share a CSV cell, with semicolons between them: its own semicolons become commas.
pub(super) fn csv_part(text: &str) -> String {
    text.replace(';', ",")
}

/// For Markdown, inside a line or a table cell: clean, trimmed, at most `longest` characters, and neither markup, nor
/// HTML, nor a link, nor a mention.
pub(super) fn markdown(text: &str, longest: usize) -> String {
    let text = terminal(text, longest);
    let mut escaped = String::with_capacity(text.len() + text.len() / 8);
    for (at, character) in text.char_indices() {
        let (before, rest) = text.split_at(at);
        push_escaped(&mut escaped, before, character, rest);
    }
    escaped
}

fn push_escaped(escaped: &mut String, before: &str, character: char, rest: &str) {
    match character {
        // References and not backslashes, because a renderer that does not know the backslash would let HTML through.
        '&' => escaped.push_str("&amp;"),
        '<' => escaped.push_str("&lt;"),
        '>' => escaped.push_str("&gt;"),
        '\\' | '|' | '`' | '*' | '_' | '[' | ']' | '~' | '$' => escaped.extend(['\\', character]),
        // Autolinks and mentions are looked for after escapes were undone, so only a character in between stops them.
        '#' => escaped.extend(['\\', character, BREAK]),
        '@' => escaped.extend([character, BREAK]),
        // Covers `https://` and the address without a scheme, `//host`. A bare host name is left alone: GitHub makes it no
        // link, and names such as `Contoso.App` look the same.
        '/' if rest.starts_with("//") => escaped.extend([character, BREAK]),
        '.' if ends_with_www(before) => escaped.extend([BREAK, character]),
        _ => escaped.push(character),
    }
}

fn ends_with_www(text: &str) -> bool {
    let mut last = text.chars().rev();
    (0..3).all(|_| last.next().is_some_and(|character| character.eq_ignore_ascii_case(&'w')))
}

/// For a plain text message in SARIF (3.11.5 and 3.11.6): neither a link nor a placeholder.
pub(super) fn sarif(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\\' | '[' | ']' => escaped.extend(['\\', character]),
            _ => escaped.push(character),
        }
    }
    doubled_braces(&escaped)
}

/// For a message in SARIF, plain or Markdown: braces that are no placeholder.
pub(super) fn doubled_braces(text: &str) -> String {
    text.replace('{', "{{").replace('}', "}}")
}

/// For JSON text that is already serialised: hidden characters as `\u` escapes. A reader gets the exact name back, and
/// whoever prints the file on a terminal gets no control sequence. So is the second of two number signs, or the runner of a
/// pipeline would take a name for a command.
pub(super) fn json(serialised: String) -> String {
    // Piece by piece, so that a piece is looked at many bytes at a time.
    let plain = |piece: &[u8]| piece.iter().fold(true, |plain, byte| plain & (*byte == b'\n' || (b' '..0x7f).contains(byte)));
    if serialised.as_bytes().chunks(256).all(plain) && !serialised.contains("##") {
        return serialised;
    }
    let mut escaped = String::with_capacity(serialised.len());
    for character in serialised.chars() {
        // Line feeds are the layout: the serialiser has escaped those inside strings.
        if (character != '\n' && is_hidden(character)) || (character == '#' && escaped.ends_with('#')) {
            let mut units = [0; 2];
            escaped.extend(character.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")));
        } else {
            escaped.push(character);
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn controls_and_overrides_go_and_words_stay_apart() {
        assert_eq!(clean("a\r\n\tb\u{202e}c\u{1b}[31md\u{7f}\u{9b}e\u{2066}f\u{61c}"), "a bc[31mdef");
        assert!(is_blank(" \u{200b}\u{202e}\t") && !is_blank(" x"));
        assert_eq!(clean("👩‍💻 Ünï"), "👩‍💻 Ünï", "a joiner inside an emoji is no control character");
    }

    #[test]
    fn what_a_spreadsheet_would_run_is_text() {
        for (raw, cell) in [
            ("=1+1", "'=1+1"),
            ("  +1", "'  +1"),
            ("\t@SUM(A1)", "' @SUM(A1)"),
            ("\u{200b}-1", "'\u{200b}-1"),
            ("\"=1\"", "'\"=1\""),
            ("＝1", "'＝1"),
            ("a;=1;b", "a;'=1;b"),
            ("a,=1, -b", "a,'=1,' -b"),
            ("﹦1;;,", "'﹦1;;,"),
            ("a=1", "a=1"),
            ("", ""),
        ] {
            assert_eq!(csv_cell(raw), cell, "{raw:?}");
        }
    }

    #[test]
    fn markdown_keeps_no_markup_link_or_mention() {
        assert_eq!(markdown("<img src=x> a|b `c` **d**", 99), "&lt;img src=x&gt; a\\|b \\`c\\` \\*\\*d\\*\\*");
        assert_eq!(markdown("![x](http://e.example) @all #12", 99), "!\\[x\\](http:/\u{200b}/e.example) @\u{200b}all \\#\u{200b}12");
        assert_eq!(markdown("WWW.e.example, a@b.example", 99), "WWW\u{200b}.e.example, a@\u{200b}b.example");
        assert_eq!(markdown("two\nlines \\| x", 99), "two lines \\\\\\| x");
    }

    #[test]
    fn no_name_is_a_command_to_the_runner_of_a_pipeline() {
        for name in ["##vso[task.complete result=Succeeded;]x", "a ##[add-mask]e", "###[x]", "##VSO[x]", "## ##vso[y]"] {
            let lower = |text: String| text.to_ascii_lowercase();
            for printed in [terminal(name, 99), csv_cell(name), markdown(name, 99), json(serde_json::to_string(name).unwrap())] {
                let printed = lower(printed);
                assert!(!printed.contains("##vso[") && !printed.contains("##["), "{printed}");
            }
            assert_eq!(serde_json::from_str::<String>(&json(serde_json::to_string(name).unwrap())).unwrap(), name);
        }
        assert_eq!(terminal("C## team, ##", 99), "C## team, ##");
    }

    #[test]
    fn what_does_not_show_in_a_path_is_written_out() {
        assert_eq!(visible("a\u{200b}b\u{e0021}\u{1b}é.ps1"), "a\\u{200b}b\\u{e0021}\\u{1b}é.ps1");
    }

    #[test]
    fn a_name_of_which_nothing_shows_is_blank() {
        for name in ["\u{3164}", "\u{2800}\u{2800}", "\u{fe0f}", "\u{e0041}\u{e007f}", "\u{200b} \u{115f}"] {
            assert!(is_blank(name), "{name:?}");
        }
    }

    #[test]
    fn long_text_is_cut_to_the_stated_length() {
        let long = "é".repeat(10_000);
        assert_eq!(terminal(&long, LONGEST).chars().count(), LONGEST);
        assert!(terminal(&long, LONGEST).ends_with('…'));
        assert_eq!(terminal(&"x".repeat(LONGEST), LONGEST), "x".repeat(LONGEST));
        assert_eq!(csv_cell(&long), long);
    }

    #[test]
    fn a_name_is_no_link_and_no_placeholder_in_sarif() {
        assert_eq!(sarif("[x](//e.example) {0} a\\b"), "\\[x\\](//e.example) {{0}} a\\\\b");
        assert_eq!(sarif("plain"), "plain");
    }

    #[test]
    fn json_reads_back_exactly_and_prints_safely() {
        let name = "a\u{202e}b\u{9b}c\n\u{1b}\u{7f}";
        let text = json(serde_json::to_string_pretty(&[name]).unwrap());
        assert!(text.chars().all(|character| character == '\n' || !is_hidden(character)), "{text:?}");
        assert_eq!(serde_json::from_str::<Vec<String>>(&text).unwrap(), [name]);
    }

    proptest! {
        #[test]
        fn no_text_gets_through(raw in any::<String>()) {
            let cell = csv_cell(&raw);
            prop_assert!(!cell.chars().any(is_hidden));
            prop_assert!(cell.split([',', ';']).all(|part| !part.trim_start().starts_with(FORMULA)));
            prop_assert!(!terminal(&raw, 20).chars().any(is_hidden));
            prop_assert!(terminal(&raw, 20).chars().count() <= 20);
            let escaped = markdown(&raw, 50);
            prop_assert!(!escaped.contains(['<', '>']) && !escaped.contains("//"));
            prop_assert_eq!(serde_json::from_str::<String>(&json(serde_json::to_string(&raw).unwrap())).unwrap(), raw);
        }
    }
}
