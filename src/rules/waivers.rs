//! Waivers: reads them, and applies them to what the rules found.

use super::names::did_you_mean;
use super::toml_reader::{Located, Node, Reader, find};
use super::{Profile, Rule, RuleSet, run};
use crate::assess::facts::{EntityKind, Fact};
use crate::assess::{Finding, FindingStatus, Known, ObjectRef, Waiver, WaiverUse, waiver_facts};
use crate::snapshot::{Gap, is_guid};
use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet};
use toml::de::DeTable;

/// The keys of a waiver.
const KEYS: [&str; 7] = ["rule", "object", "finding", "reason", "approver", "ticket", "expires"];
/// Those that no waiver may lack.
const REQUIRED: [&str; 6] = ["rule", "object", "reason", "approver", "ticket", "expires"];

/// Reads every `[[waiver]]` of a file and adds it to those that were read before, by [`Waiver::id`]. A waiver that is there
/// already is noted.
pub(super) fn read(reader: &mut Reader<'_>, document: &DeTable<'_>, rules: &RuleSet, waivers: &mut BTreeMap<String, Waiver>) {
    for node in reader.tables(document, "waiver") {
        let Some((waiver, line)) = waiver(reader, node, rules) else { continue };
        if waivers.contains_key(&waiver.id()) {
            let message = format!("duplicate waiver: rule {} on object {}", waiver.rule, waiver.object);
            reader.problem(line, message, "keep the one that counts; a renewed waiver takes the place of the old one");
            continue;
        }
        waivers.insert(waiver.id(), waiver);
    }
}

fn waiver(reader: &mut Reader<'_>, node: &Node<'_>, rules: &RuleSet) -> Option<(Waiver, usize)> {
    let (table, line) = reader.table("a waiver", node)?;
    reader.keys_in_any_order("a waiver", line, table, &KEYS, &REQUIRED);
    let rule = reader.text(table, "rule").and_then(|id| waivable(reader, id, rules));
    let object = reader.text(table, "object").and_then(|id| object(reader, "object", id));
    let finding = find(table, "finding").map(|_| reader.text(table, "finding").and_then(|id| finding(reader, id)));
    let [reason, approver, ticket] = ["reason", "approver", "ticket"].map(|key| words(reader, table, key));
    let expires = reader.day(table, "expires");
    let finding = match finding {
        Some(read) => Some(read?),
        None => None,
    };
    let waiver = Waiver { rule: rule?, object: object?, finding, reason: reason?, approver: approver?, ticket: ticket?, expires: expires? };
    Some((waiver, line))
}

/// A free text without space around it.
pub(super) fn words(reader: &mut Reader<'_>, table: &DeTable<'_>, key: &str) -> Option<String> {
    reader.text(table, key).map(|found| found.text.trim().to_owned())
}

/// The id of a rule that there is.
pub(super) fn known_rule<'r>(reader: &mut Reader<'_>, id: Located<'_>, rules: &'r RuleSet) -> Option<&'r Rule> {
    let rule = rules.get(id.text);
    if rule.is_none() {
        let known: Vec<&str> = rules.rules().iter().map(Rule::id).collect();
        let near = Some(did_you_mean(id.text, &known)).filter(|hint| hint.starts_with("did you mean"));
        let hint = near.unwrap_or_else(|| "maascan rules list shows the ids".to_owned());
        reader.problem(id.line, format!("unknown rule: {}", id.text), hint);
    }
    rule
}

fn waivable(reader: &mut Reader<'_>, id: Located<'_>, rules: &RuleSet) -> Option<String> {
    let rule = known_rule(reader, id, rules)?;
    if rule.entity() == EntityKind::Waiver {
        let hint = "renew, correct or remove the waiver that it is about; or switch the rule off under [rules.…]";
        reader.problem(id.line, format!("a rule on waivers cannot be waived: {}", id.text), hint);
        return None;
    }
    Some(rule.id().to_owned())
}

/// An object id, GUIDs in lower case.
fn object(reader: &mut Reader<'_>, key: &str, id: Located<'_>) -> Option<String> {
    let text = id.text.trim();
    if ObjectRef::is_id(text) {
        return Some(if is_guid(text) { text.to_lowercase() } else { text.to_owned() });
    }
    reader.problem(id.line, format!("{key} is not an id: {text}"), "write the object_id of the finding, as in findings.csv, not its name");
    None
}

fn finding(reader: &mut Reader<'_>, id: Located<'_>) -> Option<String> {
    let text = id.text.trim().to_lowercase();
    let digits = text.strip_prefix('f').filter(|digits| digits.len() == 16);
    if digits.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit())) {
        return Some(text);
    }
    reader.problem(id.line, format!("finding is not an id: {}", id.text), "write the finding_id of findings.csv, or leave the key out");
    None
}

/// What rules found, with waivers applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// Open, waived and undetermined findings, in the order of reports; those about waivers among them.
    pub findings: Vec<Finding>,
    /// Waivers by rule and object, and what each did.
    pub waivers: Vec<WaiverUse>,
}

/// Runs the rules over the facts, applies the waivers, and runs the rules on waivers over what became of those. A waiver holds
/// until the end of its last day; `today` is the day of the run's clock (UTC). The order of waivers does not matter.
#[must_use]
pub fn judge(rules: &RuleSet, profile: Profile, facts: &[Fact], waivers: &[Waiver], today: NaiveDate) -> Judgement {
    let mut findings = run(rules, profile, facts);
    let waivers = apply(rules, facts, waivers, &mut findings, today);
    findings.extend(run(rules, profile, &waiver_facts(&waivers)));
    findings.sort_by(|a, b| a.order().cmp(&b.order()));
    Judgement { findings, waivers }
}

/// Waives the open findings that an unexpired waiver covers, and says what each waiver did.
fn apply(rules: &RuleSet, facts: &[Fact], waivers: &[Waiver], findings: &mut [Finding], today: NaiveDate) -> Vec<WaiverUse> {
    let mut waivers: Vec<&Waiver> = waivers.iter().collect();
    // The one that names a finding comes before the one that does not, so that it is the one to be shown.
    waivers.sort_by_key(|waiver| (&waiver.rule, &waiver.object, waiver.finding.is_none(), &waiver.finding));
    let ground = Ground::new(rules, facts, findings);
    let uses: Vec<(WaiverUse, Vec<usize>)> = waivers.iter().map(|waiver| ground.usage(waiver, findings, today)).collect();
    for (used, covered) in uses.iter().filter(|(used, _)| !used.expired()) {
        for at in covered {
            if let Some(finding) = findings.get_mut(*at) {
                finding.waive(&used.waiver);
            }
        }
    }
    uses.into_iter().map(|(used, _)| used).collect()
}

/// What the rules said, by object: there may be a thousand waivers and a hundred thousand findings.
struct Ground<'a> {
    rules: &'a RuleSet,
    /// Places of findings, by rule and object.
    findings: BTreeMap<(String, String), Vec<usize>>,
    /// Why a rule cannot tell of objects that were not seen, by rule.
    unseen: BTreeMap<String, Gap>,
    /// Objects that there are facts of, by object id and by app id.
    judged: BTreeSet<(EntityKind, String)>,
}

impl<'a> Ground<'a> {
    fn new(rules: &'a RuleSet, facts: &[Fact], findings: &[Finding]) -> Self {
        let judged = facts.iter().flat_map(|fact| fact.object.ids().map(|id| (fact.entity, id.to_lowercase()))).collect();
        let mut ground = Self { rules, findings: BTreeMap::new(), unseen: BTreeMap::new(), judged };
        for (at, finding) in findings.iter().enumerate() {
            if let (true, Some(gap)) = (finding.object.kind == "tenant", &finding.gap) {
                ground.unseen.insert(finding.rule.id.clone(), gap.clone());
            }
            for id in finding.object.ids() {
                ground.findings.entry((finding.rule.id.clone(), id.to_lowercase())).or_default().push(at);
            }
        }
        ground
    }

    /// What a waiver did, and the places of the findings that it covers.
    fn usage(&self, waiver: &Waiver, findings: &[Finding], today: NaiveDate) -> (WaiverUse, Vec<usize>) {
        let of_object = || {
            let places = self.findings.get(&(waiver.rule.clone(), waiver.object.to_lowercase())).into_iter().flatten();
            places.filter_map(|at| findings.get(*at).map(|finding| (*at, finding)))
        };
        let covered = || of_object().filter(|(_, finding)| finding.status != FindingStatus::Undetermined && waiver.covers(finding));
        let gap = of_object().find_map(|(_, finding)| finding.gap.clone());
        let matches = match (self.rules.get(&waiver.rule), covered().count() as u64) {
            (None, _) => Known::No(Gap::Failed { detail: format!("the rule {} did not run", waiver.rule) }),
            (Some(rule), 0) => match gap.or_else(|| self.unseen(rule, waiver)) {
                Some(gap) => Known::No(gap),
                None => Known::Yes(0),
            },
            (Some(_), count) => Known::Yes(count),
        };
        let app_id = covered().find_map(|(_, finding)| finding.object.app_id.clone());
        let used = WaiverUse { waiver: waiver.clone(), days_left: waiver.days_left(today), matches, app_id };
        (used, covered().map(|(at, _)| at).collect())
    }

    /// Why the object of a waiver may be one of those that the rule could not see, if it may.
    fn unseen(&self, rule: &Rule, waiver: &Waiver) -> Option<Gap> {
        let object = waiver.object.to_lowercase();
        let judged = rule.entities().any(|entity| self.judged.contains(&(entity, object.clone())));
        self.unseen.get(rule.id()).filter(|_| !judged).cloned()
    }
}
