//! `maascan.toml`: how a user governs the rules. Profile, severities, thresholds, rules switched off, waivers, and the
//! register of exclusions. Read like rules: every problem with its line and what to write instead, all of them at once.

use super::error::{LoadError, LoadErrors};
use super::file::words;
use super::toml_reader::{Located, Node, Reader, find};
use super::{Profile, Rule, RuleSet, register, waivers};
use crate::assess::{AppliedSettings, ExclusionRecord, Severity, SeverityChange, SwitchedOff, ThresholdChange, Waiver};
use std::collections::BTreeMap;
use std::path::Path;
use toml::de::DeTable;

/// The keys of `maascan.toml`.
const KEYS: [&str; 4] = ["profile", "rules", "waiver", "exclusion"];

/// What the user decided about the rules.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    profile: Option<Profile>,
    changes: BTreeMap<String, Change>,
    waivers: Vec<Waiver>,
    register: Option<Vec<ExclusionRecord>>,
}

/// What is changed about one rule.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Change {
    severity: Option<Severity>,
    off: bool,
    thresholds: BTreeMap<String, i64>,
}

impl Settings {
    /// Reads the text of `maascan.toml`, and that of a file with further waivers, each given with its path for messages.
    /// `rules` are all that there are: ids and thresholds are held against them.
    ///
    /// # Errors
    /// Every problem of both files: the user's to mend.
    pub fn read(config: Option<(&Path, &str)>, further: Option<(&Path, &str)>, rules: &RuleSet) -> Result<Self, LoadErrors> {
        let (mut settings, mut waivers, mut problems) = (Self::default(), BTreeMap::new(), Vec::new());
        if let Some((path, source)) = config {
            problems.extend(read_file(path, source, |reader, document| settings.config(reader, document, rules, &mut waivers)));
        }
        if let Some((path, source)) = further {
            problems.extend(read_file(path, source, |reader, document| {
                reader.keys_in_any_order("a file of waivers", 1, document, &["waiver"], &[]);
                waivers::read(reader, document, rules, &mut waivers);
            }));
        }
        settings.waivers = waivers.into_values().collect();
        if problems.is_empty() { Ok(settings) } else { Err(LoadErrors::new(problems)) }
    }

    fn config(&mut self, reader: &mut Reader<'_>, document: &DeTable<'_>, rules: &RuleSet, waivers: &mut BTreeMap<String, Waiver>) {
        reader.keys_in_any_order("the settings", 1, document, &KEYS, &[]);
        self.profile = reader.word(document, "profile", Profile::from_word, &words(&Profile::ALL, Profile::word));
        self.changes = changes(reader, document, rules);
        waivers::read(reader, document, rules, waivers);
        self.register = register::read(reader, document);
    }

    /// The profile that it names.
    #[must_use]
    pub fn profile(&self) -> Option<Profile> {
        self.profile
    }

    /// The waivers, by rule and object.
    #[must_use]
    pub fn waivers(&self) -> &[Waiver] {
        &self.waivers
    }

    /// The register of exclusions; None if there is none, which is not the same as an empty one.
    #[must_use]
    pub fn register(&self) -> Option<&[ExclusionRecord]> {
        self.register.as_deref()
    }

    /// The rules as they are to run: without those that are switched off, with the severities and thresholds of the user. A
    /// threshold that was changed is the same under every profile.
    #[must_use]
    pub fn govern(&self, mut rules: RuleSet) -> RuleSet {
        rules.rules.retain(|rule| !self.changes.get(rule.id()).is_some_and(|change| change.off));
        for rule in &mut rules.rules {
            let Some(change) = self.changes.get(rule.id()) else { continue };
            rule.text.severity = change.severity.unwrap_or(rule.text.severity);
            // On automations that no policy excludes a rule is never graver than on those that one does.
            rule.automations = rule.automations.map(|others| others.min(rule.text.severity));
            for values in rule.thresholds.values_mut() {
                values.extend(change.thresholds.clone());
            }
        }
        rules
    }

    /// What that changes, for the reports. `rules` are the rules as they were, `profile` is the one that applies.
    #[must_use]
    pub fn applied(&self, rules: &RuleSet, profile: Profile) -> AppliedSettings {
        let changed = || rules.rules().iter().filter_map(|rule| self.changes.get(rule.id()).map(|change| (rule, change)));
        let off = changed().filter(|(_, change)| change.off);
        let running = || changed().filter(|(_, change)| !change.off);
        AppliedSettings {
            profile: profile.word().to_owned(),
            switched_off: off.map(|(rule, _)| switched_off(rule)).collect(),
            severities: running().filter_map(|(rule, change)| severity_change(rule, change)).collect(),
            thresholds: running().flat_map(|(rule, change)| threshold_changes(rule, change, profile)).collect(),
            register: self.register.clone(),
            ..AppliedSettings::default()
        }
    }
}

fn switched_off(rule: &Rule) -> SwitchedOff {
    SwitchedOff { rule: rule.id().to_owned(), title: rule.title().to_owned(), severity: rule.severity() }
}

fn severity_change(rule: &Rule, change: &Change) -> Option<SeverityChange> {
    let (from, to) = (rule.severity(), change.severity?);
    (from != to).then(|| SeverityChange { rule: rule.id().to_owned(), from, to })
}

fn threshold_changes(rule: &Rule, change: &Change, profile: Profile) -> Vec<ThresholdChange> {
    let own = rule.thresholds(profile);
    let values = change.thresholds.iter().filter_map(|(name, to)| own.get(name).map(|from| (name, *from, *to)));
    let changed = values.filter(|(_, from, to)| from != to);
    changed.map(|(name, from, to)| ThresholdChange { rule: rule.id().to_owned(), name: name.clone(), from, to }).collect()
}

fn read_file<'s>(path: &'s Path, source: &'s str, read: impl FnOnce(&mut Reader<'s>, &DeTable<'s>)) -> Vec<LoadError> {
    let mut reader = Reader::new(path, source.trim_start_matches('\u{feff}'));
    let document = reader.document();
    // What was read of something that is not TOML may be half of what was meant.
    if reader.is_clean() {
        read(&mut reader, &document);
    }
    reader.into_problems()
}

fn changes(reader: &mut Reader<'_>, document: &DeTable<'_>, rules: &RuleSet) -> BTreeMap<String, Change> {
    let mut changes = BTreeMap::new();
    let Some(node) = find(document, "rules") else { return changes };
    let Some((tables, _)) = reader.table("rules", node) else { return changes };
    for (key, node) in tables {
        let id = Located { text: key.get_ref(), line: reader.line(key.span().start) };
        if let Some(rule) = waivers::known_rule(reader, id, rules) {
            changes.extend(change(reader, node, rule).map(|change| (rule.id().to_owned(), change)));
        }
    }
    changes
}

fn change(reader: &mut Reader<'_>, node: &Node<'_>, rule: &Rule) -> Option<Change> {
    let (table, line) = reader.table(&format!("rules.{}", rule.id()), node)?;
    reader.keys_in_any_order("a rule's settings", line, table, &["severity", "enabled", "thresholds"], &[]);
    let severity = reader.word(table, "severity", Severity::from_word, &words(Severity::ALL, Severity::word));
    let off = reader.truth(table, "enabled") == Some(false);
    let mut thresholds = BTreeMap::new();
    if let Some(node) = find(table, "thresholds")
        && let Some((values, _)) = reader.table("thresholds", node)
    {
        let known: Vec<&str> = rule.thresholds(Profile::Default).keys().map(String::as_str).collect();
        thresholds = reader.thresholds(values, &known, |name| format!("rule {} has no threshold {name}", rule.id()));
    }
    Some(Change { severity, off, thresholds })
}

#[cfg(test)]
#[path = "settings_tests.rs"]
mod tests;
