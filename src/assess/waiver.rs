//! Waivers: findings that somebody decided to live with, until a day. A waiver hides nothing: the finding stays in every
//! report, and the waiver is judged by rules of its own.

use super::facts::{EntityKind, Fact, Field, FieldType};
use super::finding::{Finding, ObjectRef};
use super::model::Known;
use chrono::NaiveDate;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A waiver, as in a `[[waiver]]` table. All texts are the user's.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Waiver {
    /// Id of the rule.
    pub rule: String,
    /// Id of the object, as findings name it ([`ObjectRef::id`]); GUIDs in lower case.
    pub object: String,
    /// Id of the one finding that is meant; None for every finding of this rule on this object.
    pub finding: Option<String>,
    /// Why the finding is accepted.
    pub reason: String,
    /// Who accepted it.
    pub approver: String,
    /// The change or exception on record.
    pub ticket: String,
    /// The last day on which it holds, until midnight UTC.
    pub expires: NaiveDate,
}

impl Waiver {
    /// What it is about, in a form that does not depend on where it stands in its file: `rule/object`, and `/finding` where
    /// it names one.
    #[must_use]
    pub fn id(&self) -> String {
        let finding = self.finding.as_deref().map(|finding| format!("/{finding}")).unwrap_or_default();
        format!("{}/{}{finding}", self.rule, self.object)
    }

    /// Whether it speaks of this finding, whatever the day.
    #[must_use]
    pub fn covers(&self, finding: &Finding) -> bool {
        self.rule == finding.rule.id
            && finding.object.ids().any(|id| self.object.eq_ignore_ascii_case(id))
            && self.finding.as_ref().is_none_or(|id| *id == finding.id)
    }

    /// Days from `today` (UTC) to its last day; negative once that has passed.
    #[must_use]
    pub fn days_left(&self, today: NaiveDate) -> i64 {
        (self.expires - today).num_days()
    }
}

/// What a waiver did in one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaiverUse {
    /// The waiver.
    pub waiver: Waiver,
    /// Days from the clock of the run to its last day; negative once it has expired.
    pub days_left: i64,
    /// How many findings it speaks of, whether it has expired or not; not known where its rule could not tell, or did not run.
    pub matches: Known<u64>,
    /// App id of the object, if a finding has it.
    pub app_id: Option<String>,
}

impl WaiverUse {
    /// Whether its last day has passed.
    #[must_use]
    pub fn expired(&self) -> bool {
        self.days_left < 0
    }
}

const fn field(name: &'static str, kind: FieldType, about: &'static str) -> Field {
    Field { name, kind, about, datasets: &[] }
}

/// Fields of a waiver in rules.
pub(super) const FIELDS: &[Field] = &[
    field("rule", FieldType::Text, "id of the rule that it waives"),
    field("object", FieldType::Text, "id of the object that it waives the rule on"),
    field("reason", FieldType::Text, "why the finding is accepted"),
    field("approver", FieldType::Text, "who accepted it"),
    field("ticket", FieldType::Text, "the change or exception on record"),
    field("expires", FieldType::Text, "last day on which it holds (UTC), as 2026-12-31"),
    field("days_left", FieldType::Int, "days from the clock of the run to that day; negative once it has passed"),
    field("expired", FieldType::Bool, "whether that day has passed"),
    field("matches", FieldType::Int, "findings of that rule on that object; not known where the rule could not tell, or did not run"),
];

/// The facts of waivers, in their order. Rules on waivers run over these in a second pass, after waivers have been applied.
#[must_use]
pub fn waiver_facts(waivers: &[WaiverUse]) -> Vec<Fact> {
    waivers.iter().map(fact).collect()
}

fn fact(used: &WaiverUse) -> Fact {
    let waiver = &used.waiver;
    let (mut values, mut gaps) = (Map::new(), BTreeMap::new());
    let texts = [
        ("rule", waiver.rule.clone()),
        ("object", waiver.object.clone()),
        ("reason", waiver.reason.clone()),
        ("approver", waiver.approver.clone()),
        ("ticket", waiver.ticket.clone()),
        ("expires", waiver.expires.to_string()),
    ];
    values.extend(texts.map(|(name, text)| (name.to_owned(), Value::from(text))));
    values.insert("days_left".to_owned(), used.days_left.into());
    values.insert("expired".to_owned(), used.expired().into());
    match (used.matches.seen(), used.matches.gap()) {
        (Some(matches), None) => drop(values.insert("matches".to_owned(), (*matches).into())),
        (_, gap) => gaps.extend(gap.map(|gap| ("matches", gap.clone()))),
    }
    let object = ObjectRef { kind: "waiver", id: waiver.id(), name: format!("waiver {}", waiver.ticket), app_id: used.app_id.clone() };
    Fact { entity: EntityKind::Waiver, object, values, gaps }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::Gap;

    fn waiver() -> Waiver {
        Waiver {
            rule: "r".into(),
            object: "o".into(),
            finding: None,
            reason: "why".into(),
            approver: "who".into(),
            ticket: "CHG-1".into(),
            expires: NaiveDate::from_ymd_opt(2026, 12, 31).unwrap(),
        }
    }

    #[test]
    fn the_last_day_is_whole() {
        let on = |day: u32, month: u32, year: i32| waiver().days_left(NaiveDate::from_ymd_opt(year, month, day).unwrap());
        assert_eq!([on(30, 12, 2026), on(31, 12, 2026), on(1, 1, 2027)], [1, 0, -1]);
        let with = |days_left| WaiverUse { waiver: waiver(), days_left, matches: Known::Yes(1), app_id: None };
        assert!(!with(0).expired() && with(-1).expired());
    }

    #[test]
    fn every_field_is_known_or_has_its_reason() {
        for matches in [Known::Yes(0), Known::No(Gap::NotRequested)] {
            let fact = fact(&WaiverUse { waiver: waiver(), days_left: 5, matches, app_id: None });
            for field in FIELDS {
                assert!(fact.values.contains_key(field.name) != fact.gaps.contains_key(field.name), "{}", field.name);
            }
        }
    }

    #[test]
    fn the_id_does_not_depend_on_texts_that_may_be_edited() {
        let changed = Waiver { reason: "another".into(), ticket: "CHG-2".into(), ..waiver() };
        assert_eq!(changed.id(), waiver().id());
        assert_eq!(Waiver { finding: Some("f".into()), ..waiver() }.id(), "r/o/f");
    }
}
