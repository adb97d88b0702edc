//! Reads the examples of a rule file: facts written by hand, held against the fields of the entity.

use super::file::words;
use super::names::did_you_mean;
use super::rule::{Example, Expected, Profile};
use super::toml_reader::{Node, Reader, find};
use super::tree::Type;
use crate::assess::ObjectRef;
use crate::assess::facts::{EntityKind, Fact, Field, FieldType};
use crate::snapshot::Gap;
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;
use toml::de::DeTable;

/// Reads the examples. Notes the kinds of outcome that none of them shows: all three where the rule requires data, else
/// `fires` and `clear`.
pub(super) fn read(reader: &mut Reader<'_>, document: &DeTable<'_>, entity: EntityKind, requires_data: bool) -> Vec<Example> {
    let mut examples: Vec<Example> = Vec::new();
    for node in reader.list(document, "example") {
        if let Some((table, line)) = reader.table("an example", node)
            && let Some(example) = example(reader, table, line, entity)
        {
            if examples.iter().any(|other| other.name == example.name) {
                reader.problem(line, format!("two examples of one name: {}", example.name), "give each example its own name");
            }
            examples.push(example);
        }
    }
    let line = find(document, "example").map_or(1, |node| reader.line_of(node));
    let wanted: &[Expected] = if requires_data { &Expected::ALL } else { &[Expected::Fires, Expected::Clear] };
    for kind in wanted.iter().filter(|kind| !examples.iter().any(|example| example.expect == **kind)) {
        reader.problem(line, format!("no example of the outcome: {kind}"), format!("add an [[example]] with expect = \"{kind}\""));
    }
    examples
}

fn example(reader: &mut Reader<'_>, table: &DeTable<'_>, line: usize, entity: EntityKind) -> Option<Example> {
    reader.keys("an example", line, table, &["name", "expect", "profile", "facts", "missing"], &["name", "expect", "facts"]);
    let name = reader.text(table, "name").map(|name| name.text.to_owned());
    let expect = reader.word(table, "expect", expected_of, &words(&Expected::ALL, Expected::word));
    let profile = match find(table, "profile") {
        Some(_) => reader.word(table, "profile", Profile::from_word, &words(&Profile::ALL, Profile::word)),
        None => Some(Profile::Default),
    };
    let values = match find(table, "facts") {
        Some(node) => record(reader, "facts", node, entity.fields()),
        None => None,
    };
    let gaps = gaps(reader, table, entity.fields());
    let values = values?;
    contradictions(reader, line, &values, &gaps, entity.fields());
    let fact = Fact { entity, object: object(&values), values, gaps };
    Some(Example { name: name?, expect: expect?, profile: profile?, fact })
}

fn expected_of(word: &str) -> Option<Expected> {
    Expected::ALL.into_iter().find(|expected| expected.word() == word)
}

/// Only a list can be there and incomplete.
fn contradictions(reader: &mut Reader<'_>, line: usize, values: &Map<String, Json>, gaps: &BTreeMap<&'static str, Gap>, fields: &[Field]) {
    let both = fields.iter().filter(|field| values.contains_key(field.name) && gaps.contains_key(field.name));
    for field in both.filter(|field| !matches!(Type::of(field.kind), Type::List(_))) {
        reader.problem(line, format!("both among the facts and missing: {}", field.name), "remove one; only a list can be read in part");
    }
}

fn gaps(reader: &mut Reader<'_>, table: &DeTable<'_>, fields: &[Field]) -> BTreeMap<&'static str, Gap> {
    let mut gaps = BTreeMap::new();
    for name in reader.texts(table, "missing") {
        match fields.iter().find(|field| field.name == name.text) {
            Some(field) => drop(gaps.insert(field.name, Gap::NotRequested)),
            None => {
                let known: Vec<&str> = fields.iter().map(|field| field.name).collect();
                reader.problem(name.line, format!("unknown field: {}", name.text), did_you_mean(name.text, &known));
            }
        }
    }
    gaps
}

fn record(reader: &mut Reader<'_>, what: &str, node: &Node<'_>, fields: &[Field]) -> Option<Map<String, Json>> {
    let (table, _) = reader.table(what, node)?;
    let known: Vec<&str> = fields.iter().map(|field| field.name).collect();
    let mut values = Map::new();
    for (key, value) in table {
        let name: &str = key.get_ref();
        match fields.iter().find(|field| field.name == name) {
            Some(field) => {
                values.extend(typed(reader, field, value).map(|value| (name.to_owned(), value)));
            }
            None => {
                let line = reader.line_of(value);
                reader.problem(line, format!("unknown field of {what}: {name}"), did_you_mean(name, &known));
            }
        }
    }
    Some(values)
}

fn typed(reader: &mut Reader<'_>, field: &Field, node: &Node<'_>) -> Option<Json> {
    let value = node.get_ref();
    let found = match field.kind {
        FieldType::Bool => value.as_bool().map(Json::from),
        FieldType::Text => value.as_str().map(Json::from),
        FieldType::Int => return reader.integer(field.name, node).map(Json::from),
        FieldType::Texts => value.as_array().and_then(|list| {
            let texts: Option<Vec<&str>> = list.iter().map(|element| element.get_ref().as_str()).collect();
            texts.map(Json::from)
        }),
        FieldType::Records(fields) => {
            let Some(list) = value.as_array() else { return mistyped(reader, field, node) };
            let records = list.iter().filter_map(|element| record(reader, field.name, element, fields));
            return Some(Json::Array(records.map(Json::Object).collect()));
        }
    };
    found.or_else(|| mistyped(reader, field, node))
}

fn mistyped(reader: &mut Reader<'_>, field: &Field, node: &Node<'_>) -> Option<Json> {
    let line = reader.line_of(node);
    let wanted = Type::of(field.kind);
    reader.problem(line, format!("{} must be {wanted}, not {}", field.name, node.get_ref().type_str()), format!("write {wanted}"));
    None
}

/// The object of an example, for the messages of its findings.
fn object(values: &Map<String, Json>) -> ObjectRef {
    let text = |name: &str| values.get(name).and_then(Json::as_str).map(str::to_owned);
    ObjectRef {
        kind: "example",
        id: "example".to_owned(),
        name: text("name").unwrap_or_else(|| "example".to_owned()),
        app_id: text("app_id"),
    }
}
