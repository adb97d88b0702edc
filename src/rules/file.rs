//! Reads one rule file and checks everything that can be known before there are facts.

use super::error::LoadError;
use super::names::did_you_mean;
use super::rule::{Expression, Profile, Rule};
use super::template::Template;
use super::toml_reader::{Located, Node, Reader, find};
use super::tree::Type;
use super::typing::{self, Uses};
use super::{example, expr};
use crate::assess::facts::{EntityKind, Field};
use crate::assess::{Aspect, Confidence, Reference, RuleText, Severity};
use crate::snapshot::Dataset;
use std::collections::BTreeMap;
use std::path::Path;
use toml::de::DeTable;

/// The keys of a rule file, in their order: that of the design, but for `false_positives`, which TOML wants before the first table.
pub(super) const KEYS: [&str; 18] = [
    "id",
    "title",
    "severity",
    "confidence",
    "entity",
    "automations",
    "aspect",
    "requires",
    "when",
    "evidence",
    "identity",
    "message",
    "why",
    "remediation",
    "references",
    "false_positives",
    "thresholds",
    "example",
];

/// Those that a rule may leave out; every rule has the others.
const OPTIONAL: [&str; 5] = ["automations", "aspect", "evidence", "identity", "thresholds"];

/// Thresholds by profile, those of `default` filled in.
type Thresholds = BTreeMap<Profile, BTreeMap<String, i64>>;

/// Reads the text of the file at `path`, which gives the rule its name.
///
/// # Errors
/// All problems found.
pub(super) fn read(path: &Path, source: &str) -> Result<Rule, Vec<LoadError>> {
    let mut reader = Reader::new(path, source);
    let document = reader.document();
    if !reader.is_clean() {
        return Err(reader.into_problems());
    }
    let required: Vec<&str> = KEYS.into_iter().filter(|key| !OPTIONAL.contains(key)).collect();
    reader.keys("a rule", 1, &document, &KEYS, &required);
    match rule(path, &mut reader, &document) {
        Some(rule) if reader.is_clean() => Ok(rule),
        _ => Err(reader.into_problems()),
    }
}

fn rule(path: &Path, reader: &mut Reader<'_>, document: &DeTable<'_>) -> Option<Rule> {
    let id = id(path, reader, document);
    let title = text(reader, document, "title");
    let severity = reader.word(document, "severity", Severity::from_word, &words(Severity::ALL, Severity::word));
    let confidence = reader.word(document, "confidence", Confidence::from_word, &words(Confidence::ALL, Confidence::word));
    let entity = reader.word(document, "entity", entity_of, &words(&EntityKind::ALL, EntityKind::word));
    let automations = of_applications(reader, document, entity, "automations", Severity::from_word, &words(Severity::ALL, Severity::word));
    let aspect = of_applications(reader, document, entity, "aspect", Aspect::from_word, &words(Aspect::ALL, Aspect::word));
    let requires = requires(reader, document);
    let thresholds = thresholds(reader, document);
    let why = text(reader, document, "why");
    let remediation = text(reader, document, "remediation");
    let false_positives = text(reader, document, "false_positives");
    let references = references(reader, document);
    // Without a known entity nothing can be said about its fields.
    let entity = entity?;
    let body = body(reader, document, entity, &requires, &thresholds);
    let examples = example::read(reader, document, entity, !requires.is_empty());
    let body = body?;
    let text = RuleText {
        id: id?,
        title: title?,
        severity: severity?,
        aspect,
        confidence: confidence?,
        why: why?,
        remediation: remediation?,
        references,
    };
    Some(Rule {
        text,
        path: path.to_owned(),
        entity,
        automations,
        requires,
        when: body.when,
        fields: body.uses.fields,
        evidence: body.evidence,
        identity: body.identity,
        message: body.message,
        template: body.template,
        false_positives: false_positives?,
        thresholds,
        examples,
    })
}

/// The words of a closed set.
pub(super) fn words<T: Copy>(values: &[T], word: fn(T) -> &'static str) -> Vec<&'static str> {
    values.iter().map(|value| word(*value)).collect()
}

fn entity_of(word: &str) -> Option<EntityKind> {
    EntityKind::ALL.into_iter().find(|entity| entity.word() == word)
}

/// A word that only rules on excluded applications may have: `automations`, the severity on automations that no policy excludes,
/// and `aspect`, what of the application the rule looks at.
fn of_applications<T: Copy>(
    reader: &mut Reader<'_>,
    document: &DeTable<'_>,
    entity: Option<EntityKind>,
    key: &str,
    from_word: fn(&str) -> Option<T>,
    known: &[&str],
) -> Option<T> {
    let node = find(document, key)?;
    if entity.is_some_and(|entity| entity != EntityKind::ExcludedApplication) {
        let line = reader.line_of(node);
        let hint = "remove it, or write entity = \"excluded-application\"";
        reader.problem(line, format!("{key} is for rules on excluded applications"), hint);
        return None;
    }
    reader.word(document, key, from_word, known)
}

fn text(reader: &mut Reader<'_>, document: &DeTable<'_>, key: &str) -> Option<String> {
    reader.text(document, key).map(|found| found.text.trim().to_owned())
}

fn id(path: &Path, reader: &mut Reader<'_>, document: &DeTable<'_>) -> Option<String> {
    let id = reader.text(document, "id")?;
    let kebab = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    if !id.text.split('-').all(kebab) {
        reader.problem(id.line, format!("not an id: {}", id.text), "write lower-case words joined by hyphens");
        return None;
    }
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    if stem != id.text {
        reader.problem(
            id.line,
            format!("id is not the name of the file: {}", id.text),
            format!("write id = \"{stem}\", or rename the file"),
        );
        return None;
    }
    Some(id.text.to_owned())
}

fn requires(reader: &mut Reader<'_>, document: &DeTable<'_>) -> Vec<Dataset> {
    let known = words(&Dataset::ALL, Dataset::name);
    let mut datasets = Vec::new();
    for name in reader.texts(document, "requires") {
        match Dataset::from_name(name.text) {
            Some(dataset) if datasets.contains(&dataset) => {
                reader.problem(name.line, format!("dataset named twice: {}", name.text), "name it once");
            }
            Some(dataset) => datasets.push(dataset),
            None => reader.problem(name.line, format!("unknown dataset: {}", name.text), did_you_mean(name.text, &known)),
        }
    }
    datasets
}

fn references(reader: &mut Reader<'_>, document: &DeTable<'_>) -> Vec<Reference> {
    let mut references = Vec::new();
    for node in reader.list(document, "references") {
        let Some((table, line)) = reader.table("a reference", node) else { continue };
        reader.keys("a reference", line, table, &["title", "id", "url"], &["title"]);
        let title = text(reader, table, "title");
        let (id, url) = (text(reader, table, "id"), reader.text(table, "url"));
        if let Some(url) = url
            && !url.text.starts_with("https://")
        {
            reader.problem(url.line, format!("not an https address: {}", url.text), "begin it with https://");
        }
        references.extend(title.map(|title| Reference { title, id, url: url.map(|url| url.text.to_owned()) }));
    }
    references
}

fn thresholds(reader: &mut Reader<'_>, document: &DeTable<'_>) -> Thresholds {
    let mut own = Thresholds::new();
    let Some(node) = find(document, "thresholds") else { return own };
    let Some((profiles, line)) = reader.table("thresholds", node) else { return own };
    reader.keys("thresholds", line, profiles, &words(&Profile::ALL, Profile::word), &["default"]);
    for profile in Profile::ALL {
        if let Some(node) = find(profiles, profile.word())
            && let Some((table, _)) = reader.table(profile.word(), node)
        {
            own.insert(profile, threshold_table(reader, table, own.get(&Profile::Default)));
        }
    }
    let default = own.get(&Profile::Default).cloned().unwrap_or_default();
    let filled = |profile: Profile| {
        let mut values = default.clone();
        values.extend(own.get(&profile).cloned().unwrap_or_default());
        (profile, values)
    };
    Profile::ALL.into_iter().map(filled).collect()
}

/// The numbers of one profile. One that is not `default` has no names of its own.
fn threshold_table(reader: &mut Reader<'_>, table: &DeTable<'_>, default: Option<&BTreeMap<String, i64>>) -> BTreeMap<String, i64> {
    let own: Vec<&str> = table.keys().map(|key| key.get_ref().as_ref()).collect();
    let known = default.map_or(own, |default| default.keys().map(String::as_str).collect());
    reader.thresholds(table, &known, |name| format!("threshold is not under [thresholds.default]: {name}"))
}

/// What a rule has to say of its entity.
struct Body {
    when: Expression,
    /// What `when` uses.
    uses: Uses,
    evidence: Option<Expression>,
    identity: Option<Expression>,
    message: String,
    template: Template,
}

fn body(
    reader: &mut Reader<'_>,
    document: &DeTable<'_>,
    entity: EntityKind,
    requires: &[Dataset],
    thresholds: &Thresholds,
) -> Option<Body> {
    let fields = entity.fields();
    let default = thresholds.get(&Profile::Default);
    let names: Vec<&str> = default.into_iter().flatten().map(|(name, _)| name.as_str()).collect();
    let texts = Type::List(Box::new(Type::Text));
    let when = expression(reader, document, "when", &Type::Bool, fields, &names);
    let evidence = expression(reader, document, "evidence", &texts, fields, &names);
    let identity = expression(reader, document, "identity", &texts, fields, &names);
    let message = template(reader, document, fields, &names);
    if let (Some((_, uses)), Some(place)) = (&when, reader.text(document, "when")) {
        covered(reader, place, uses, fields, requires);
    }
    let expressions = [&when, &evidence, &identity].into_iter().flatten().map(|(_, uses)| uses);
    let used: Vec<&Uses> = expressions.chain(message.as_ref().map(|(_, _, uses)| uses)).collect();
    // After a problem in an expression its thresholds are not known, so none is called unused.
    if reader.is_clean() {
        unused(reader, document, &names, &used);
    }
    let ((when, uses), (message, template, _)) = (when?, message?);
    Some(Body { when, uses, evidence: evidence.map(|(node, _)| node), identity: identity.map(|(node, _)| node), message, template })
}

fn expression(
    reader: &mut Reader<'_>,
    document: &DeTable<'_>,
    key: &str,
    wanted: &Type,
    fields: &'static [Field],
    thresholds: &[&str],
) -> Option<(Expression, Uses)> {
    let found = reader.text(document, key)?;
    let parsed = expr::parse(found.text).map_err(|problem| vec![problem]);
    let checked = parsed.and_then(|node| typing::check(&node, wanted, fields, thresholds).map(|uses| (node, uses)));
    match checked {
        Ok((node, uses)) => Some((Expression { source: found.text.trim().to_owned(), node }, uses)),
        Err(problems) => {
            reader.problems_in(key, found, problems);
            None
        }
    }
}

fn template(reader: &mut Reader<'_>, document: &DeTable<'_>, fields: &[Field], thresholds: &[&str]) -> Option<(String, Template, Uses)> {
    let found = reader.text(document, "message")?;
    match Template::parse(found.text.trim_end(), fields, thresholds) {
        Ok((template, uses)) => Some((found.text.trim().to_owned(), template, uses)),
        Err(problems) => {
            reader.problems_in("message", found, problems);
            None
        }
    }
}

/// Notes each dataset that a field of the condition comes from and `requires` does not name: `maascan permissions` could not
/// say what a missing permission blinds.
fn covered(reader: &mut Reader<'_>, when: Located<'_>, uses: &Uses, fields: &[Field], requires: &[Dataset]) {
    for field in fields.iter().filter(|field| uses.fields.contains(field.name)) {
        for dataset in field.datasets.iter().filter(|dataset| !requires.contains(dataset)) {
            let message = format!("{} comes from a dataset that is not required: {dataset}", field.name);
            reader.problem(when.line, message, format!("add \"{dataset}\" to requires"));
        }
    }
}

fn unused(reader: &mut Reader<'_>, document: &DeTable<'_>, names: &[&str], used: &[&Uses]) {
    let line = find(document, "thresholds").map_or(1, |node: &Node<'_>| reader.line_of(node));
    for name in names.iter().filter(|name| !used.iter().any(|uses| uses.thresholds.contains(**name))) {
        reader.problem(line, format!("threshold is not used: {name}"), "use it, or remove it");
    }
}
