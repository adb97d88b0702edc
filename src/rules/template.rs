//! The message of a rule: text with `{field}` and `{threshold.name}` in it. Values are put in as they are, in one pass, so
//! that braces in a name mean nothing; escaping is the business of each report.

use super::eval::{Evaluator, Value};
use super::names::did_you_mean;
use super::tree::{Problem, Type};
use super::typing::Uses;
use crate::assess::facts::Field;

/// A checked template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Template(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Field(&'static str),
    Threshold(String),
}

impl Template {
    /// Reads a template over the `fields` of an entity and the named thresholds, and says what it uses.
    ///
    /// # Errors
    /// Every placeholder that is unknown or cannot be put into a sentence, and every lone brace.
    pub(super) fn parse(source: &str, fields: &[Field], thresholds: &[&str]) -> Result<(Self, Uses), Vec<Problem>> {
        let (mut pieces, mut problems, mut uses) = (Vec::new(), Vec::new(), Uses::default());
        let mut rest = source;
        while let Some(at) = rest.find(['{', '}']) {
            let (before, from) = rest.split_at(at);
            let line = source.bytes().take(source.len() - from.len()).filter(|byte| *byte == b'\n').count();
            pieces.push(Piece::Text(before.to_owned()));
            let placeholder = from.strip_prefix('{').and_then(|inner| inner.split_once('}'));
            let Some((name, after)) = placeholder else {
                problems.push(Problem::new(line, "lone brace in a message", "write {field} with both braces, or no brace"));
                break;
            };
            match piece(name, fields, thresholds) {
                Ok(piece) => pieces.push(piece),
                Err((message, hint)) => problems.push(Problem::new(line, message, hint)),
            }
            rest = after;
        }
        pieces.push(Piece::Text(rest.to_owned()));
        for piece in &pieces {
            match piece {
                Piece::Text(_) => {}
                Piece::Field(name) => {
                    uses.fields.insert(name);
                }
                Piece::Threshold(name) => {
                    uses.thresholds.insert(name.clone());
                }
            }
        }
        if problems.is_empty() { Ok((Self(pieces), uses)) } else { Err(problems) }
    }

    /// The message for one object. A value that is not known reads `unknown`.
    pub(super) fn render(&self, evaluator: &Evaluator<'_>) -> String {
        let mut message = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => message.push_str(text),
                Piece::Field(name) => message.push_str(&text_of(&evaluator.field(name))),
                Piece::Threshold(name) => {
                    let value = evaluator.thresholds.get(name).map(ToString::to_string);
                    message.push_str(value.as_deref().unwrap_or("unknown"));
                }
            }
        }
        message
    }
}

fn piece(name: &str, fields: &[Field], thresholds: &[&str]) -> Result<Piece, (String, String)> {
    if let Some(threshold) = name.strip_prefix("threshold.") {
        return match thresholds.contains(&threshold) {
            true => Ok(Piece::Threshold(threshold.to_owned())),
            false => Err((format!("unknown threshold in a placeholder: {threshold}"), did_you_mean(threshold, thresholds))),
        };
    }
    let plain = |field: &&Field| !matches!(Type::of(field.kind), Type::List(element) if matches!(*element, Type::Record(_)));
    match fields.iter().find(|field| field.name == name) {
        Some(field) if plain(&field) => Ok(Piece::Field(field.name)),
        Some(_) => Err((format!("a list of records as placeholder: {name}"), "list its records under evidence".to_owned())),
        None => {
            let known: Vec<&str> = fields.iter().filter(plain).map(|field| field.name).collect();
            Err((format!("unknown field in a placeholder: {name}"), did_you_mean(name, &known)))
        }
    }
}

fn text_of(value: &Value<'_>) -> String {
    match value {
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Text(text) => text.clone().into_owned(),
        Value::List(list) => list.items.iter().map(text_of).collect::<Vec<_>>().join(", "),
        Value::Record(..) | Value::Unknown(_) => "unknown".to_owned(),
    }
}
