//! `--plan FILE`: gates that are planned, each with platforms, a day, and exclusions of its own. Strict, because a misspelt
//! key would judge another plan than the one that was meant.

use super::exit::{Failure, usage_error};
use crate::assess::PlannedGate;
use crate::catalogue::{Platform, Workload};
use crate::rules::{LoadError, LoadErrors, did_you_mean};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use std::collections::BTreeSet;
use std::path::Path;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Keys of a gate.
const KEYS: [&str; 4] = ["workload", "platforms", "from", "exclusions"];

/// Most bytes of a plan.
const LARGEST: u64 = 1 << 20;

/// What a plan looks like, for hints.
const FORM: &str = "write [[gate]], and under it workload = \"app\"";

/// Reads a plan. `workloads` gives the workloads of a word.
///
/// # Errors
/// A usage error with every problem of the file, its line, and what to write instead.
pub(super) fn load(path: &Path, workloads: fn(&str) -> Result<Vec<Workload>, String>) -> Result<Vec<PlannedGate>, Failure> {
    let source = super::exclusion_file::read(path, LARGEST)?;
    let text = String::from_utf8(source).map_err(|_| Failure::usage(format!("not UTF-8: {}", path.display()), "save the plan as UTF-8"))?;
    parse(path, &text, workloads).map_err(usage_error)
}

struct Reader<'s> {
    path: &'s Path,
    /// Where each line ends.
    ends: Vec<usize>,
    problems: Vec<LoadError>,
}

impl<'s> Reader<'s> {
    fn new(path: &'s Path, source: &str) -> Self {
        let ends = source.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at).collect();
        Self { path, ends, problems: Vec::new() }
    }
}

fn parse(path: &Path, source: &str, workloads: fn(&str) -> Result<Vec<Workload>, String>) -> Result<Vec<PlannedGate>, LoadErrors> {
    let source = source.trim_start_matches('\u{feff}');
    let mut reader = Reader::new(path, source);
    let (document, errors) = DeTable::parse_recoverable(source);
    for error in errors {
        let at = error.span().map_or(0, |span| span.start);
        reader.problem(at, format!("not TOML: {}", error.message().replace('\n', " ")), FORM);
    }
    if !reader.problems.is_empty() {
        // What was read of it may be half of what was meant.
        return Err(LoadErrors::new(reader.problems));
    }
    let mut gates = Vec::new();
    for (key, value) in document.get_ref() {
        match (key.get_ref().as_ref(), value.get_ref()) {
            ("gate", DeValue::Array(tables)) => gates.extend(tables.iter().flat_map(|table| reader.gate(table, workloads))),
            ("gate", _) => reader.problem(value.span().start, "gate must be a list of tables", FORM),
            (other, _) => reader.problem(key.span().start, format!("unknown key: {other}"), FORM),
        }
    }
    if gates.is_empty() && reader.problems.is_empty() {
        reader.problem(0, "the plan has no gate", FORM);
    }
    if reader.problems.is_empty() { Ok(gates) } else { Err(LoadErrors::new(reader.problems)) }
}

impl Reader<'_> {
    fn line(&self, offset: usize) -> usize {
        1 + self.ends.partition_point(|end| *end < offset)
    }

    fn problem(&mut self, at: usize, message: impl Into<String>, hint: impl Into<String>) {
        let line = Some(self.line(at));
        self.problems.push(LoadError { path: self.path.to_owned(), line, message: message.into(), hint: Some(hint.into()) });
    }

    fn wrong_type(&mut self, node: &Spanned<DeValue<'_>>, key: &str, wanted: &str) {
        self.problem(
            node.span().start,
            format!("{key} must be {wanted}, not {}", node.get_ref().type_str()),
            format!("write {key} as {wanted}"),
        );
    }

    /// The gates of one table: several where its word stands for several workloads.
    fn gate(&mut self, node: &Spanned<DeValue<'_>>, workloads: fn(&str) -> Result<Vec<Workload>, String>) -> Vec<PlannedGate> {
        let Some(table) = node.get_ref().as_table() else {
            self.wrong_type(node, "gate", "a table");
            return Vec::new();
        };
        let find = |name: &str| table.iter().find(|(key, _)| key.get_ref() == name).map(|(_, value)| value);
        for key in table.keys().filter(|key| !KEYS.contains(&key.get_ref().as_ref())) {
            self.problem(key.span().start, format!("unknown key of a gate: {}", key.get_ref()), did_you_mean(key.get_ref(), &KEYS));
        }
        let platforms = find("platforms").map(|node| self.platforms(node)).unwrap_or_default();
        let from = find("from").and_then(|node| self.time(node));
        let exclusions = find("exclusions").map(|node| self.texts(node, "exclusions")).unwrap_or_default();
        let Some(workload) = find("workload") else {
            self.problem(node.span().start, "a gate without workload", "add workload = \"app\", or another one");
            return Vec::new();
        };
        let line = self.line(node.span().start);
        let gate = |workload| PlannedGate {
            line,
            workload,
            platforms: platforms.clone(),
            from,
            exclusions: exclusions.iter().map(|(_, text)| text.clone()).collect(),
        };
        self.workloads(workload, workloads).into_iter().map(gate).collect()
    }

    fn workloads(&mut self, node: &Spanned<DeValue<'_>>, workloads: fn(&str) -> Result<Vec<Workload>, String>) -> Vec<Workload> {
        let Some(word) = node.get_ref().as_str() else {
            self.wrong_type(node, "workload", "a text");
            return Vec::new();
        };
        match workloads(word) {
            Ok(found) if found.contains(&Workload::OperationApprovalPolicy) => {
                self.problem(node.span().start, "access policies are always protected", "leave this gate out");
                Vec::new()
            }
            Ok(found) => found,
            Err(message) => {
                let known: Vec<&str> = Workload::KNOWN.iter().map(Workload::word).collect();
                let message = message.split(';').next().unwrap_or_default().to_owned();
                self.problem(node.span().start, message, did_you_mean(word, &known));
                Vec::new()
            }
        }
    }

    fn platforms(&mut self, node: &Spanned<DeValue<'_>>) -> BTreeSet<Platform> {
        let mut platforms = BTreeSet::new();
        for (at, word) in self.texts(node, "platforms") {
            match Platform::from_policy_platform(&word) {
                Some(Platform::Unknown(_)) | None => {
                    let known: Vec<&str> = Platform::KNOWN.iter().map(Platform::word).collect();
                    self.problem(at, format!("no such platform: {word}"), did_you_mean(&word, &known));
                }
                Some(platform) => {
                    platforms.insert(platform);
                }
            }
        }
        if node.get_ref().as_array().is_some_and(|list| list.is_empty()) {
            self.problem(node.span().start, "platforms names none", "leave platforms out to mean all of them");
        }
        platforms
    }

    /// Texts of a list that are not empty, with their place.
    fn texts(&mut self, node: &Spanned<DeValue<'_>>, key: &str) -> Vec<(usize, String)> {
        let Some(list) = node.get_ref().as_array() else {
            self.wrong_type(node, key, "a list of texts");
            return Vec::new();
        };
        let mut texts = Vec::new();
        for element in list {
            match element.get_ref().as_str().map(str::trim) {
                Some("") => self.problem(element.span().start, format!("empty text in {key}"), "take it out"),
                Some(text) => texts.push((element.span().start, text.to_owned())),
                None => self.wrong_type(element, &format!("an element of {key}"), "a text"),
            }
        }
        texts
    }

    /// A time of RFC 3339, or a day, which begins at midnight UTC; with or without quotes.
    fn time(&mut self, node: &Spanned<DeValue<'_>>) -> Option<DateTime<Utc>> {
        let text = match node.get_ref() {
            DeValue::Datetime(time) => time.to_string(),
            DeValue::String(text) => text.to_string(),
            _ => {
                self.wrong_type(node, "from", "a time");
                return None;
            }
        };
        let day = || NaiveDate::parse_from_str(&text, "%Y-%m-%d").ok().map(|day| day.and_time(NaiveTime::MIN).and_utc());
        let time = DateTime::parse_from_rfc3339(&text).ok().map(|time| time.to_utc()).or_else(day);
        if time.is_none() {
            self.problem(
                node.span().start,
                format!("from is not a time: {text}"),
                "write 2027-01-15, or 2027-01-15T08:00:00Z with its zone",
            );
        }
        time
    }
}

#[cfg(test)]
mod tests {
    use super::super::options::planned;
    use super::*;
    use proptest::prelude::*;

    fn read(source: &str) -> Result<Vec<PlannedGate>, String> {
        parse(Path::new("plan.toml"), source, planned).map_err(|errors| errors.to_string())
    }

    #[test]
    fn a_plan_is_read_with_all_that_it_may_say() {
        let gates = read(
            "[[gate]]\nworkload = \"App\"\nplatforms = [\"windows10andlater\"]\nfrom = 2027-01-15\nexclusions = [\"Nightly packager\"]\n\n\
             [[gate]]\nworkload = \"deviceAction\"\nfrom = \"2027-02-01T08:00:00+01:00\"\n",
        )
        .unwrap();
        let words: Vec<(usize, &str)> = gates.iter().map(|gate| (gate.line, gate.workload.word())).collect();
        assert_eq!(words, [(1, "app"), (7, "deviceWipe"), (7, "deviceRetire"), (7, "deviceDelete")]);
        assert_eq!((gates[0].platforms.len(), gates[0].exclusions.as_slice()), (1, ["Nightly packager".to_owned()].as_slice()));
        assert_eq!(gates[0].from, Some("2027-01-15T00:00:00Z".parse().unwrap()));
        assert_eq!(gates[1].from, Some("2027-02-01T07:00:00Z".parse().unwrap()));
    }

    #[test]
    fn every_mistake_is_told_with_its_line_and_what_to_write() {
        for (source, line, message, hint) in [
            ("[[gate]]\nworkload = \"app\"\nplatform = [\"macOS\"]", 3, "unknown key of a gate: platform", "did you mean platforms?"),
            ("[[gate]]\nworkload = \"apps\"", 2, "no such workload: apps", "did you mean app?"),
            ("[[gate]]\nworkload = 7", 2, "workload must be a text", "write workload as a text"),
            ("[[gate]]\nplatforms = [\"macOS\"]", 1, "a gate without workload", "add workload"),
            ("[[gate]]\nworkload = \"app\"\nplatforms = \"macOS\"", 3, "platforms must be a list of texts", "write platforms"),
            ("[[gate]]\nworkload = \"app\"\nplatforms = [\"macos\",\n \"mackOS\"]", 4, "no such platform: mackOS", "did you mean macOS?"),
            ("[[gate]]\nworkload = \"app\"\nplatforms = []", 3, "platforms names none", "leave platforms out"),
            ("[[gate]]\nworkload = \"app\"\nfrom = 2027-01-15T08:00:00", 3, "from is not a time", "with its zone"),
            ("[[gate]]\nworkload = \"app\"\nfrom = \"soon\"", 3, "from is not a time: soon", "2027-01-15"),
            ("[[gate]]\nworkload = \"app\"\nexclusions = [7]", 3, "an element of exclusions must be a text", "as a text"),
            ("[[gate]]\nworkload = \"operationApprovalPolicy\"", 2, "always protected", "leave this gate out"),
            ("[gates]\nworkload = \"app\"", 1, "unknown key: gates", "[[gate]]"),
            ("gate = \"app\"", 1, "gate must be a list of tables", "[[gate]]"),
            ("", 1, "no gate", "[[gate]]"),
            ("[[gate]\n", 1, "not TOML", "[[gate]]"),
        ] {
            let told = read(source).unwrap_err();
            let (first, rest) = told.split_once('\n').unwrap();
            assert!(first.starts_with(&format!("plan.toml:{line}: ")) && first.contains(message), "{source}: {told}");
            assert!(rest.contains(hint), "{source}: {told}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in any::<String>(), close in "(\\[\\[gate\\]\\]\n|workload = \"app\"\n|from = 20[0-9-]{8}\n|platforms = \\[.{0,9}\\]\n){0,5}") {
            let _ = read(&text);
            let _ = read(&close);
        }
    }
}
