//! Reads TOML by hand where serde would stop at the first problem: every problem is noted with its line, and misspelt keys
//! get a suggestion.

use super::error::LoadError;
use super::names::did_you_mean;
use super::tree::Problem;
use chrono::{DateTime, Datelike as _, NaiveDate};
use std::collections::BTreeMap;
use std::path::Path;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A value with its place in the file.
pub(super) type Node<'t> = Spanned<DeValue<'t>>;

/// Notes the problems of one file.
pub(super) struct Reader<'s> {
    path: &'s Path,
    source: &'s str,
    /// Where each line ends: a file of a thousand waivers asks for some ten thousand lines.
    ends: Vec<usize>,
    problems: Vec<LoadError>,
}

/// A text, and the line on which its first character stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Located<'t> {
    pub(super) text: &'t str,
    pub(super) line: usize,
}

impl<'s> Reader<'s> {
    pub(super) fn new(path: &'s Path, source: &'s str) -> Self {
        let ends = source.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at).collect();
        Self { path, source, ends, problems: Vec::new() }
    }

    /// The file as a table; what is not TOML is noted and skipped.
    pub(super) fn document(&mut self) -> DeTable<'s> {
        let (document, errors) = DeTable::parse_recoverable(self.source);
        for error in errors {
            let line = self.line(error.span().map_or(0, |span| span.start));
            let message: String = error.message().chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
            self.problem(line, format!("not TOML: {message}"), "see https://toml.io for the syntax");
        }
        document.into_inner()
    }

    /// Notes a problem on a line, from 1.
    pub(super) fn problem(&mut self, line: usize, message: impl Into<String>, hint: impl Into<String>) {
        let (message, hint) = (message.into(), Some(hint.into()));
        self.problems.push(LoadError { path: self.path.to_owned(), line: Some(line), message, hint });
    }

    /// Notes problems within a text of the file.
    pub(super) fn problems_in(&mut self, what: &str, text: Located<'_>, problems: Vec<Problem>) {
        for Problem { line, message, hint } in problems {
            let (path, line, message) = (self.path.to_owned(), Some(text.line + line), format!("{what}: {message}"));
            self.problems.push(LoadError { path, line, message, hint });
        }
    }

    /// Whether nothing was wrong so far.
    pub(super) fn is_clean(&self) -> bool {
        self.problems.is_empty()
    }

    /// Everything that was wrong.
    pub(super) fn into_problems(self) -> Vec<LoadError> {
        self.problems
    }

    /// Line of a place in the file, from 1.
    pub(super) fn line(&self, offset: usize) -> usize {
        1 + self.ends.partition_point(|end| *end < offset)
    }

    /// Line of a value.
    pub(super) fn line_of(&self, node: &Node<'_>) -> usize {
        self.line(node.span().start)
    }

    /// Notes keys that are not `known` and `required` ones that are missing; and, for `what` on `line`, whether the keys
    /// stand in the order of `known`.
    pub(super) fn keys(&mut self, what: &str, line: usize, table: &DeTable<'_>, known: &[&str], required: &[&str]) {
        self.keys_in_any_order(what, line, table, known, required);
        let mut furthest = None;
        for (at, key) in places(table) {
            let Some(place) = known.iter().position(|name| *name == key) else { continue };
            match furthest {
                Some(before) if before > place => {
                    let hint = format!("keep this order: {}", known.join(", "));
                    self.problem(self.line(at), format!("key of {what} in the wrong place: {key}"), hint);
                }
                _ => furthest = Some(place),
            }
        }
    }

    /// Notes keys that are not `known` and `required` ones that are missing, for `what` on `line`.
    pub(super) fn keys_in_any_order(&mut self, what: &str, line: usize, table: &DeTable<'_>, known: &[&str], required: &[&str]) {
        let keys = places(table);
        for (at, key) in keys.iter().filter(|(_, key)| !known.contains(key)) {
            self.problem(self.line(*at), format!("unknown key of {what}: {key}"), did_you_mean(key, known));
        }
        for name in required.iter().filter(|name| !keys.iter().any(|(_, key)| key == *name)) {
            self.problem(line, format!("missing key of {what}: {name}"), format!("add {name}"));
        }
    }

    fn wrong_type(&mut self, key: &str, wanted: &str, node: &Node<'_>) {
        let line = self.line_of(node);
        self.problem(line, format!("{key} must be {wanted}, not {}", node.get_ref().type_str()), format!("write {key} as {wanted}"));
    }

    /// A text that may not be empty.
    pub(super) fn text<'t>(&mut self, table: &'t DeTable<'_>, key: &str) -> Option<Located<'t>> {
        let node = find(table, key)?;
        let Some(text) = node.get_ref().as_str() else {
            self.wrong_type(key, "a text", node);
            return None;
        };
        let line = self.line_of(node) + usize::from(self.begins_on_next_line(node));
        if text.trim().is_empty() {
            self.problem(line, format!("empty text: {key}"), format!("write {key}, or leave the key out if it is optional"));
            return None;
        }
        Some(Located { text, line })
    }

    /// Whether a text in three quotes begins after a line break, which TOML leaves out of the text.
    fn begins_on_next_line(&self, node: &Node<'_>) -> bool {
        let written = self.source.get(node.span()).unwrap_or_default();
        let inner = written.strip_prefix("'''").or_else(|| written.strip_prefix("\"\"\""));
        inner.is_some_and(|inner| inner.starts_with('\n') || inner.starts_with("\r\n"))
    }

    /// A word of a closed set.
    pub(super) fn word<T>(&mut self, table: &DeTable<'_>, key: &str, from: fn(&str) -> Option<T>, known: &[&str]) -> Option<T> {
        let found = self.text(table, key)?;
        let value = from(found.text);
        if value.is_none() {
            self.problem(found.line, format!("unknown {key}: {}", found.text), did_you_mean(found.text, known));
        }
        value
    }

    /// A list; empty if the key is missing.
    pub(super) fn list<'t>(&mut self, table: &'t DeTable<'_>, key: &str) -> &'t [Node<'t>] {
        let Some(node) = find(table, key) else { return &[] };
        match node.get_ref().as_array() {
            Some(list) => list,
            None => {
                self.wrong_type(key, "a list", node);
                &[]
            }
        }
    }

    /// The tables of `[[key]]`; empty if the key is missing.
    pub(super) fn tables<'t>(&mut self, table: &'t DeTable<'_>, key: &str) -> &'t [Node<'t>] {
        match find(table, key) {
            Some(node) if node.get_ref().as_array().is_none() => {
                let message = format!("{key} must be a list of tables, not {}", node.get_ref().type_str());
                self.problem(self.line_of(node), message, format!("write [[{key}]], with two brackets on each side"));
                &[]
            }
            _ => self.list(table, key),
        }
    }

    /// Texts of a list.
    pub(super) fn texts<'t>(&mut self, table: &'t DeTable<'_>, key: &str) -> Vec<Located<'t>> {
        let mut texts = Vec::new();
        for node in self.list(table, key) {
            match node.get_ref().as_str() {
                Some(text) => texts.push(Located { text, line: self.line_of(node) }),
                None => self.wrong_type(&format!("an element of {key}"), "a text", node),
            }
        }
        texts
    }

    /// A table, with its line.
    pub(super) fn table<'t>(&mut self, what: &str, node: &'t Node<'_>) -> Option<(&'t DeTable<'t>, usize)> {
        let line = self.line_of(node);
        match node.get_ref().as_table() {
            Some(table) => Some((table, line)),
            None => {
                self.wrong_type(what, "a table", node);
                None
            }
        }
    }

    /// A day (UTC): a day as TOML writes it or in quotes, or the day of a time of RFC 3339.
    pub(super) fn day(&mut self, table: &DeTable<'_>, key: &str) -> Option<NaiveDate> {
        let node = find(table, key)?;
        let text = match node.get_ref() {
            DeValue::Datetime(time) => time.to_string(),
            DeValue::String(text) => text.to_string(),
            _ => {
                self.wrong_type(key, "a day", node);
                return None;
            }
        };
        let day = day(&text);
        if day.is_none() {
            let hint = "write a day that exists, such as 2026-12-31, or a time with its zone, such as 2026-12-31T18:00:00Z";
            self.problem(self.line_of(node), format!("{key} is not a day: {text}"), hint);
        }
        day
    }

    /// True or false.
    pub(super) fn truth(&mut self, table: &DeTable<'_>, key: &str) -> Option<bool> {
        let node = find(table, key)?;
        let value = node.get_ref().as_bool();
        if value.is_none() {
            self.wrong_type(key, "true or false", node);
        }
        value
    }

    /// Whole numbers of 0 or more by name. `unknown` words the problem of a name that is not `known`.
    pub(super) fn thresholds(&mut self, table: &DeTable<'_>, known: &[&str], unknown: impl Fn(&str) -> String) -> BTreeMap<String, i64> {
        let mut values = BTreeMap::new();
        for (key, node) in table {
            let name: &str = key.get_ref();
            let line = self.line_of(node);
            if !known.contains(&name) {
                self.problem(line, unknown(name), did_you_mean(name, known));
            }
            let value = self.integer(name, node);
            if let Some(value) = value.filter(|value| *value < 0) {
                self.problem(line, format!("negative threshold: {name} = {value}"), "write 0 or more");
            }
            // A wrong number still makes the name known, so that its uses are not refused as well.
            values.insert(name.to_owned(), value.unwrap_or_default());
        }
        values
    }

    /// A whole number.
    pub(super) fn integer(&mut self, key: &str, node: &Node<'_>) -> Option<i64> {
        let number = node.get_ref().as_integer().and_then(|number| i64::from_str_radix(number.as_str(), number.radix()).ok());
        if number.is_none() {
            self.wrong_type(key, "a whole number", node);
        }
        number
    }
}

/// The keys of a table and where each begins, in the order of the file.
fn places<'t>(table: &'t DeTable<'_>) -> Vec<(usize, &'t str)> {
    let mut keys: Vec<(usize, &str)> = table.keys().map(|key| (key.span().start, key.get_ref().as_ref())).collect();
    keys.sort_unstable();
    keys
}

/// The day of a text; chrono by itself also takes `2026-1-1` and years of more than four digits.
fn day(text: &str) -> Option<NaiveDate> {
    if text.len() == "2026-12-31".len() {
        return NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().filter(|day| day.to_string() == text);
    }
    // A zone can carry the last hours of 9999, or the first of 0000, into a year that RFC 3339 cannot write.
    let time = DateTime::parse_from_rfc3339(text).ok()?.to_utc();
    Some(time.date_naive()).filter(|day| (0..=9999).contains(&day.year()))
}

/// The value of a key.
pub(super) fn find<'t>(table: &'t DeTable<'_>, key: &str) -> Option<&'t Node<'t>> {
    table.iter().find(|(name, _)| name.get_ref() == key).map(|(_, value)| value)
}
