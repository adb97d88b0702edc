//! A rule that has been read and checked, and what it says of one entity.

use super::eval::{Doubt, Evaluator, Value};
use super::template::Template;
use super::tree::Node;
use crate::assess::facts::{EntityKind, Fact};
use crate::assess::{Confidence, Finding, Reference, RuleText, Severity};
use crate::snapshot::{Dataset, Gap};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};

/// Whose thresholds apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Profile {
    /// maascan's own.
    #[default]
    Default,
    /// CIS Microsoft 365 Foundations Benchmark v7.0.0.
    CisV7,
    /// CISA Secure Cloud Business Applications (SCuBA) baseline.
    Scuba,
}

impl Profile {
    /// Every profile.
    pub const ALL: [Self; 3] = [Self::Default, Self::CisV7, Self::Scuba];

    /// The word for it, in `--profile` and in a rule's `[thresholds.…]`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::CisV7 => "cis-v7",
            Self::Scuba => "scuba",
        }
    }

    /// The profile of a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|profile| profile.word() == word)
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.word())
    }
}

/// What a rule says of one entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The condition holds, whatever could not be read.
    Fires,
    /// The condition does not hold, whatever could not be read.
    Clear,
    /// What could not be read decides.
    Undetermined(Gap),
}

/// The kinds of [`Outcome`], as an example in a rule file expects one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Expected {
    /// `fires`
    Fires,
    /// `clear`
    Clear,
    /// `undetermined`
    Undetermined,
}

impl Expected {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Fires, Self::Clear, Self::Undetermined];

    /// The word for it in an example's `expect`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Fires => "fires",
            Self::Clear => "clear",
            Self::Undetermined => "undetermined",
        }
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.word())
    }
}

impl Outcome {
    /// Which kind it is.
    #[must_use]
    pub fn kind(&self) -> Expected {
        match self {
            Self::Fires => Expected::Fires,
            Self::Clear => Expected::Clear,
            Self::Undetermined(_) => Expected::Undetermined,
        }
    }
}

/// An expression with its text.
#[derive(Debug, Clone)]
pub(super) struct Expression {
    pub(super) source: String,
    pub(super) node: Node,
}

/// An example within a rule file: facts, and what the rule has to say of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Example {
    /// What it shows.
    pub name: String,
    /// What the rule has to say.
    pub expect: Expected,
    /// Whose thresholds apply.
    pub profile: Profile,
    /// The facts.
    pub(super) fact: Fact,
}

/// A rule.
#[derive(Debug, Clone)]
pub struct Rule {
    pub(super) text: RuleText,
    pub(super) path: PathBuf,
    pub(super) entity: EntityKind,
    pub(super) automations: Option<Severity>,
    pub(super) requires: Vec<Dataset>,
    pub(super) when: Expression,
    /// Fields of the entity that `when` looks at.
    pub(super) fields: BTreeSet<&'static str>,
    pub(super) evidence: Option<Expression>,
    pub(super) identity: Option<Expression>,
    pub(super) message: String,
    pub(super) template: Template,
    pub(super) false_positives: String,
    /// For each profile the thresholds that apply, those of `default` filled in.
    pub(super) thresholds: BTreeMap<Profile, BTreeMap<String, i64>>,
    pub(super) examples: Vec<Example>,
}

/// Of a rule without thresholds.
static NO_THRESHOLDS: BTreeMap<String, i64> = BTreeMap::new();

impl Rule {
    /// Id, also the name of its file.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.text.id
    }

    /// Title.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.text.title
    }

    /// Severity.
    #[must_use]
    pub fn severity(&self) -> Severity {
        self.text.severity
    }

    /// How sure it is when it fires.
    #[must_use]
    pub fn confidence(&self) -> Confidence {
        self.text.confidence
    }

    /// The texts that its findings carry.
    #[must_use]
    pub fn text(&self) -> &RuleText {
        &self.text
    }

    /// The file it was read from; of a built-in rule, its path within the project.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The folder of that file: of the built-in rules the group, such as `exclusions`.
    #[must_use]
    pub fn group(&self) -> &str {
        let folder = self.path.parent().and_then(Path::file_name).and_then(|name| name.to_str());
        folder.unwrap_or_default()
    }

    /// What it is about.
    #[must_use]
    pub fn entity(&self) -> EntityKind {
        self.entity
    }

    /// Its severity on automations that no policy excludes. None where it is not about them.
    #[must_use]
    pub fn automations(&self) -> Option<Severity> {
        self.automations
    }

    /// Every kind of entity that it is about.
    pub(super) fn entities(&self) -> impl Iterator<Item = EntityKind> {
        std::iter::once(self.entity).chain(self.automations.map(|_| EntityKind::Automation))
    }

    /// Its text for findings on one object: with the severity for its kind of entity and, of a verdict, the verdict's own
    /// confidence.
    fn text_on(&self, fact: &Fact) -> RuleText {
        let severity = self.automations.filter(|_| fact.entity == EntityKind::Automation).unwrap_or(self.text.severity);
        let own = fact.values.get("confidence").filter(|_| fact.entity == EntityKind::Verdict).and_then(|word| word.as_str());
        let confidence = own.and_then(Confidence::from_word).unwrap_or(self.text.confidence);
        RuleText { severity, confidence, ..self.text.clone() }
    }

    /// Datasets that it needs beyond the access policies.
    #[must_use]
    pub fn requires(&self) -> &[Dataset] {
        &self.requires
    }

    /// The condition, in CEL.
    #[must_use]
    pub fn when(&self) -> &str {
        &self.when.source
    }

    /// What it lists as evidence, in CEL.
    #[must_use]
    pub fn evidence(&self) -> Option<&str> {
        self.evidence.as_ref().map(|expression| expression.source.as_str())
    }

    /// What makes a finding another one when it changes, in CEL.
    #[must_use]
    pub fn identity(&self) -> Option<&str> {
        self.identity.as_ref().map(|expression| expression.source.as_str())
    }

    /// The message, with its placeholders.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Why it matters.
    #[must_use]
    pub fn why(&self) -> &str {
        &self.text.why
    }

    /// What to do.
    #[must_use]
    pub fn remediation(&self) -> &str {
        &self.text.remediation
    }

    /// When it fires although nothing is wrong.
    #[must_use]
    pub fn false_positives(&self) -> &str {
        &self.false_positives
    }

    /// Benchmarks, techniques, pages.
    #[must_use]
    pub fn references(&self) -> &[Reference] {
        &self.text.references
    }

    /// The thresholds of a profile, those of `default` where it has none of its own.
    #[must_use]
    pub fn thresholds(&self, profile: Profile) -> &BTreeMap<String, i64> {
        self.thresholds.get(&profile).unwrap_or(&NO_THRESHOLDS)
    }

    /// Its examples.
    #[must_use]
    pub fn examples(&self) -> &[Example] {
        &self.examples
    }

    /// What it says of one entity. Meant for facts of its own kind of entity; of any other it is undetermined.
    #[must_use]
    pub fn judge(&self, profile: Profile, fact: &Fact) -> Outcome {
        match self.decide(profile, fact) {
            Ok(true) => Outcome::Fires,
            Ok(false) => Outcome::Clear,
            Err(doubt) => Outcome::Undetermined(doubt.gap()),
        }
    }

    /// The condition, or why it cannot be told.
    pub(super) fn decide<'a>(&'a self, profile: Profile, fact: &'a Fact) -> Result<bool, Doubt<'a>> {
        match self.evaluator(profile, fact, false).value(&self.when.node) {
            Value::Bool(value) => Ok(value),
            Value::Unknown(doubt) => Err(doubt),
            _ => Err(Doubt::Failed("the condition gives neither true nor false")),
        }
    }

    /// The finding on one entity, if there is one.
    #[must_use]
    pub fn finding(&self, profile: Profile, fact: &Fact) -> Option<Finding> {
        match self.judge(profile, fact) {
            Outcome::Clear => None,
            Outcome::Undetermined(gap) => Some(Finding::undetermined(self.text_on(fact), fact.object.clone(), gap)),
            Outcome::Fires => {
                let identity = self.texts(self.identity.as_ref(), &self.evaluator(profile, fact, false));
                let message = self.template.render(&self.evaluator(profile, fact, true));
                let mut evidence = self.evidence_on(profile, fact);
                evidence.extend(self.partial_reads(fact));
                Some(Finding::fires(self.text_on(fact), fact.object.clone(), message, evidence, &identity))
            }
        }
    }

    /// What `evidence` gives on one entity.
    pub(super) fn evidence_on(&self, profile: Profile, fact: &Fact) -> Vec<String> {
        self.texts(self.evidence.as_ref(), &self.evaluator(profile, fact, true))
    }

    fn evaluator<'a>(&'a self, profile: Profile, fact: &'a Fact, for_display: bool) -> Evaluator<'a> {
        Evaluator { fact, thresholds: self.thresholds(profile), for_display }
    }

    fn texts<'a>(&'a self, expression: Option<&'a Expression>, evaluator: &Evaluator<'a>) -> Vec<String> {
        let value = expression.map(|expression| evaluator.value(&expression.node));
        let Some(Value::List(list)) = value else { return Vec::new() };
        let text = |item| match item {
            Value::Text(text) => Some(text.into_owned()),
            _ => None,
        };
        list.items.into_iter().filter_map(text).collect()
    }

    /// A sentence for each field of the condition that was read in part, so that nobody takes the evidence for all there is.
    fn partial_reads(&self, fact: &Fact) -> Vec<String> {
        let partial = self.fields.iter().filter(|name| fact.values.contains_key(**name));
        partial.filter_map(|name| fact.gaps.get(name).map(|gap| format!("{name} was read in part ({gap}): there may be more"))).collect()
    }
}
