//! Values of the published model that are not plain text, each with its schema: words of a closed set, times and days.

use crate::report::phrases;
use crate::snapshot::{self, Area, Coverage, Gap, LogFault};
use crate::{assess, runs};
use chrono::{DateTime, NaiveDate, Utc};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};
use std::borrow::Cow;
use std::marker::PhantomData;

/// A set of words that is ours: the schema lists them, from the code that writes them.
pub(in crate::report) trait Vocabulary {
    /// Name of the set in the schema.
    const NAME: &'static str;
    /// What the words say.
    const ABOUT: &'static str;

    /// Every word.
    fn words() -> Vec<&'static str>;

    /// The word for a value.
    fn published(&self) -> &'static str;
}

/// A word of a closed set.
#[derive(Debug)]
pub(in crate::report) struct Word<T> {
    word: &'static str,
    set: PhantomData<T>,
}

impl<T: Vocabulary> Word<T> {
    pub(in crate::report) fn of(value: &T) -> Self {
        Self { word: value.published(), set: PhantomData }
    }
}

impl<T> Serialize for Word<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word)
    }
}

impl<T: Vocabulary> JsonSchema for Word<T> {
    fn schema_name() -> Cow<'static, str> {
        T::NAME.into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "description": T::ABOUT, "enum": T::words() })
    }
}

/// Sets of [`assess`], [`runs`] and [`snapshot`], which have a list `ALL` and a method `word`.
macro_rules! vocabulary {
    ($($set:ty, $name:literal, $about:literal;)*) => {$(
        impl Vocabulary for $set {
            const NAME: &'static str = $name;
            const ABOUT: &'static str = $about;

            fn words() -> Vec<&'static str> {
                Self::ALL.iter().map(|value| value.word()).collect()
            }

            fn published(&self) -> &'static str {
                self.word()
            }
        }
    )*};
}

vocabulary! {
    assess::VerdictKind, "VerdictKind", "What happens to an automation on a workload, what needs action first.";
    assess::Confidence, "Confidence", "How sure a statement is.";
    assess::EvidenceGrade, "EvidenceGrade", "The strongest kind of evidence, weakest first.";
    assess::GateState, "GateState", "Whether a workload is protected.";
    assess::InForce, "InForce", "Whether an access policy is in force.";
    assess::ExclusionState, "ExclusionState", "Whether an automation is excluded from the gate of a workload.";
    assess::ExclusionSource, "ExclusionSource", "Where an exclusion was seen.";
    assess::GateProblemKind, "GateProblemKind", "What makes a gate useless or risky.";
    assess::ExcludedObject, "ExcludedObject", "What an excluded id turned out to be.";
    assess::WayKind, "WayKind", "A way out of a refusal.";
    assess::Severity, "Severity", "How grave a finding is, least first.";
    assess::FindingStatus, "FindingStatus", "What became of a finding; undetermined: data that the rule needs could not be read.";
    assess::KeyKind, "KeyKind", "What a credential is.";
    assess::KeyHolder, "KeyHolder", "Which object holds a credential.";
    assess::Home, "Home", "Where an application is registered.";
    snapshot::ScriptConfidence, "ScriptConfidence", "How much of a call in a script could be worked out, least first.";
    snapshot::ScriptSignIn, "ScriptSignIn", "As whom a script signs in, as far as it shows.";
    snapshot::ScriptApproval, "ScriptApproval", "Whether a call in a script takes part in the approval flow.";
    snapshot::ScriptExpectation, "ScriptExpectation", "What to expect of a write in a script, once its workload is protected.";
    snapshot::ScriptGap, "ScriptGap", "What keeps scripts from being known whole.";
    runs::Topic, "ChangeTopic", "Kinds of objects that are compared.";
    runs::What, "ChangeKind", "What happened to an object since the earlier run.";
}

impl Vocabulary for Area {
    const NAME: &'static str = "DatasetName";
    const ABOUT: &'static str = "A list or report that is read as one, the activity logs, or scripts.";

    fn words() -> Vec<&'static str> {
        Self::all().map(Self::name).collect()
    }

    fn published(&self) -> &'static str {
        self.name()
    }
}

impl Vocabulary for LogFault {
    const NAME: &'static str = "LogFault";
    const ABOUT: &'static str = "What went wrong with activity logs.";

    fn words() -> Vec<&'static str> {
        Self::ALL.iter().map(|fault| fault.word()).collect()
    }

    fn published(&self) -> &'static str {
        self.word()
    }
}

impl Vocabulary for Coverage {
    const NAME: &'static str = "CoverageState";
    const ABOUT: &'static str = "How much of a dataset was read; skipped: nobody asked for it.";

    fn words() -> Vec<&'static str> {
        Self::WORDS.to_vec()
    }

    fn published(&self) -> &'static str {
        self.word()
    }
}

impl Vocabulary for Gap {
    const NAME: &'static str = "GapKind";
    const ABOUT: &'static str = "Why something could not be read.";

    fn words() -> Vec<&'static str> {
        Self::WORDS.to_vec()
    }

    fn published(&self) -> &'static str {
        self.word()
    }
}

/// Several sources with semicolons between them, as the model has had them since its first version.
#[derive(Debug, Serialize)]
pub(super) struct Sources(String);

impl Sources {
    pub(super) fn of<'a>(sources: impl IntoIterator<Item = &'a assess::ExclusionSource>) -> Self {
        Self(sources.into_iter().map(|source| source.word()).collect::<Vec<_>>().join(";"))
    }
}

impl JsonSchema for Sources {
    fn schema_name() -> Cow<'static, str> {
        "ExclusionSources".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let word = assess::ExclusionSource::words().join("|");
        json_schema!({
            "type": "string",
            "description": "Who says it; several with semicolons between them.",
            "pattern": format!("^(({word})(;({word}))*)?$"),
        })
    }
}

/// A time: RFC 3339, UTC, whole seconds.
#[derive(Debug, Serialize)]
pub(in crate::report) struct Time(String);

impl Time {
    pub(in crate::report) fn of(time: DateTime<Utc>) -> Self {
        Self(phrases::time(time))
    }
}

impl JsonSchema for Time {
    fn schema_name() -> Cow<'static, str> {
        "Time".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "RFC 3339, UTC, whole seconds.",
            "format": "date-time",
        })
    }
}

/// A day: RFC 3339, UTC.
#[derive(Debug, Serialize)]
pub(super) struct Day(String);

impl Day {
    pub(super) fn of(day: NaiveDate) -> Self {
        Self(day.to_string())
    }
}

impl JsonSchema for Day {
    fn schema_name() -> Cow<'static, str> {
        "Day".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "description": "A day, UTC.", "format": "date" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_gap_and_coverage_has_a_word_of_its_set() {
        let detail = String::new;
        let gaps = [
            Gap::Permission { missing: detail() },
            Gap::Licence { detail: detail() },
            Gap::Cloud,
            Gap::NotRequested,
            Gap::NotGiven { detail: detail() },
            Gap::Throttled { detail: detail() },
            Gap::OutOfReach { detail: detail() },
            Gap::Failed { detail: detail() },
        ];
        for gap in gaps {
            assert!(Gap::words().contains(&gap.published()), "{gap}");
            let coverage = Coverage::Unavailable { gap };
            assert!(Coverage::words().contains(&coverage.published()), "{coverage:?}");
        }
    }
}
