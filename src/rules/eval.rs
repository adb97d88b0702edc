//! Evaluates an expression over one fact, three-valued: a value is known, or it is not known and there is a doubt that says
//! why. An operation gives a known value only if it would give the same one whatever the unknown parts are. So `true || x`
//! is true and `false && x` is false in either order; a partly read list makes `exists` true where an element that was
//! read does, never false, and `all` the other way round.

use super::tree::{Fold, FoldKind, Kind, Node, Operator, Search};
use crate::assess::facts::Fact;
use crate::snapshot::Gap;
use serde_json::{Map, Value as Json};
use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// A value, or the reason why there is none.
#[derive(Debug, Clone)]
pub(super) enum Value<'a> {
    Bool(bool),
    Int(i64),
    Text(Cow<'a, str>),
    List(List<'a>),
    /// An element of the list of that name.
    Record(&'a str, &'a Map<String, Json>),
    Unknown(Doubt<'a>),
}

/// A list of which some elements may be missing.
#[derive(Debug, Clone, Default)]
pub(super) struct List<'a> {
    pub(super) items: Vec<Value<'a>>,
    /// Why there may be more elements, at any place, than `items`.
    pub(super) more: Option<Doubt<'a>>,
}

/// Why a value is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doubt<'a> {
    /// It could not be read.
    Gap(&'a Gap),
    /// The field has no value, and nothing failed: the rule should have asked first whether it has one.
    NoValue(&'a str),
    /// An element of that list lacks that member.
    Member(&'a str, &'a str),
    /// It cannot be computed.
    Failed(&'static str),
}

impl Doubt<'_> {
    /// The reason as reports print it.
    pub(super) fn gap(self) -> Gap {
        match self {
            Self::Gap(gap) => gap.clone(),
            Self::NoValue(field) => Gap::Failed { detail: format!("{field} has no value for this object") },
            Self::Member(list, member) => Gap::Failed { detail: format!("{member} of an element of {list} is not known") },
            Self::Failed(detail) => Gap::Failed { detail: detail.to_owned() },
        }
    }
}

/// What an expression is evaluated over.
#[derive(Debug, Clone, Copy)]
pub(super) struct Evaluator<'a> {
    pub(super) fact: &'a Fact,
    pub(super) thresholds: &'a BTreeMap<String, i64>,
    /// Whether a value that is not known is written as `unknown` where it is joined to a text. For evidence, never for
    /// deciding.
    pub(super) for_display: bool,
}

/// Variables of the folds around, innermost last.
type Scope<'a> = Vec<(&'a str, Value<'a>)>;

const WRONG_TYPE: Doubt<'static> = Doubt::Failed("a field has another type than it should");
const OUT_OF_RANGE: Doubt<'static> = Doubt::Failed("a number out of range, or a division by zero");

impl<'a> Evaluator<'a> {
    /// The value of an expression that was checked against the fact's entity. Never panics; what cannot be computed is unknown.
    pub(super) fn value(&self, node: &'a Node) -> Value<'a> {
        self.eval(node, &mut Scope::new())
    }

    /// The value of a field.
    pub(super) fn field(&self, name: &'a str) -> Value<'a> {
        let gap = self.fact.gaps.get(name);
        match (self.fact.values.get(name), gap) {
            (Some(value), gap) => of_json(name, value, gap),
            (None, Some(gap)) => Value::Unknown(Doubt::Gap(gap)),
            (None, None) => Value::Unknown(Doubt::NoValue(name)),
        }
    }

    fn eval(&self, node: &'a Node, scope: &mut Scope<'a>) -> Value<'a> {
        match &node.kind {
            Kind::Bool(value) => Value::Bool(*value),
            Kind::Int(value) => Value::Int(*value),
            Kind::Text(value) => Value::Text(Cow::Borrowed(value)),
            Kind::List(elements) => {
                Value::List(List { items: elements.iter().map(|element| self.eval(element, scope)).collect(), more: None })
            }
            Kind::Name(name) => self.name(name, scope),
            Kind::Threshold(name) => self.thresholds.get(name).map_or(Value::Unknown(Doubt::NoValue(name)), |value| Value::Int(*value)),
            Kind::Member(record, member) => member_of(self.eval(record, scope), member),
            Kind::Not(inner) => match self.eval(inner, scope) {
                Value::Bool(value) => Value::Bool(!value),
                other => unknown(&other),
            },
            Kind::Negate(inner) => match self.eval(inner, scope) {
                Value::Int(value) => int(value.checked_neg()),
                other => unknown(&other),
            },
            Kind::And(pair) => self.decide(pair, false, scope),
            Kind::Or(pair) => self.decide(pair, true, scope),
            Kind::Choose(parts) => self.choose(parts, scope),
            Kind::Binary(operator, pair) => self.binary(*operator, pair, scope),
            Kind::Size(inner) => size(&self.eval(inner, scope)),
            Kind::ToText(inner) => self.text_of(self.eval(inner, scope)),
            Kind::Search(search, pair) => {
                let [text, part] = pair.each_ref().map(|part| self.eval(part, scope));
                find(*search, &text, &part)
            }
            Kind::Matches(text, pattern) => match self.eval(text, scope) {
                Value::Text(text) => Value::Bool(pattern.is_match(&text)),
                other => unknown(&other),
            },
            Kind::Fold(fold) => self.fold(fold, scope),
        }
    }

    fn name(&self, name: &'a str, scope: &Scope<'a>) -> Value<'a> {
        match scope.iter().rev().find(|(variable, _)| *variable == name) {
            Some((_, value)) => value.clone(),
            None => self.field(name),
        }
    }

    /// `&&` and `||`: either side alone decides if it is `deciding`.
    fn decide(&self, pair: &'a [Node; 2], deciding: bool, scope: &mut Scope<'a>) -> Value<'a> {
        let left = self.eval(&pair[0], scope);
        if matches!(left, Value::Bool(value) if value == deciding) {
            return left;
        }
        match (left, self.eval(&pair[1], scope)) {
            (_, Value::Bool(right)) if right == deciding => Value::Bool(deciding),
            (Value::Bool(_), Value::Bool(_)) => Value::Bool(!deciding),
            (Value::Bool(_), right) => unknown(&right),
            (left, _) => unknown(&left),
        }
    }

    fn choose(&self, parts: &'a [Node; 3], scope: &mut Scope<'a>) -> Value<'a> {
        let [condition, yes, no] = parts;
        match self.eval(condition, scope) {
            Value::Bool(true) => self.eval(yes, scope),
            Value::Bool(false) => self.eval(no, scope),
            doubtful => {
                let (yes, no) = (self.eval(yes, scope), self.eval(no, scope));
                if matches!(equal(&yes, &no), Value::Bool(true)) { yes } else { unknown(&doubtful) }
            }
        }
    }

    fn binary(&self, operator: Operator, pair: &'a [Node; 2], scope: &mut Scope<'a>) -> Value<'a> {
        let [left, right] = pair.each_ref().map(|part| self.eval(part, scope));
        match operator {
            Operator::Equal => equal(&left, &right),
            Operator::NotEqual => match equal(&left, &right) {
                Value::Bool(value) => Value::Bool(!value),
                other => other,
            },
            Operator::Less => ordered(&left, &right, Ordering::is_lt),
            Operator::LessEqual => ordered(&left, &right, Ordering::is_le),
            Operator::Greater => ordered(&left, &right, Ordering::is_gt),
            Operator::GreaterEqual => ordered(&left, &right, Ordering::is_ge),
            Operator::In => among(&left, &right),
            Operator::Add => self.add(left, right),
            Operator::Subtract => compute(&left, &right, i64::checked_sub),
            Operator::Multiply => compute(&left, &right, i64::checked_mul),
            Operator::Divide => compute(&left, &right, i64::checked_div),
            Operator::Remainder => compute(&left, &right, i64::checked_rem),
        }
    }

    fn add(&self, left: Value<'a>, right: Value<'a>) -> Value<'a> {
        match (left, right) {
            (Value::Text(left), Value::Text(right)) => Value::Text(left + right),
            (Value::Unknown(_), Value::Text(right)) if self.for_display => Value::Text(Cow::Borrowed("unknown") + right),
            (Value::Text(left), Value::Unknown(_)) if self.for_display => Value::Text(left + "unknown"),
            (Value::List(mut left), Value::List(right)) => {
                left.items.extend(right.items);
                left.more = left.more.or(right.more);
                Value::List(left)
            }
            (left, right) => compute(&left, &right, i64::checked_add),
        }
    }

    fn text_of(&self, value: Value<'a>) -> Value<'a> {
        match value {
            Value::Int(value) => Value::Text(value.to_string().into()),
            Value::Bool(value) => Value::Text(value.to_string().into()),
            Value::Text(value) => Value::Text(value),
            Value::Unknown(_) if self.for_display => Value::Text("unknown".into()),
            other => unknown(&other),
        }
    }

    fn fold(&self, fold: &'a Fold, scope: &mut Scope<'a>) -> Value<'a> {
        let list = match self.eval(&fold.range, scope) {
            Value::List(list) => list,
            other => return unknown(&other),
        };
        let mut kept = List { items: Vec::new(), more: list.more };
        let mut doubt = list.more;
        for item in list.items {
            scope.push((fold.variable.as_str(), item.clone()));
            let body = self.eval(&fold.body, scope);
            scope.pop();
            match (fold.kind, body) {
                (FoldKind::Exists, Value::Bool(true)) => return Value::Bool(true),
                (FoldKind::All, Value::Bool(false)) => return Value::Bool(false),
                (FoldKind::Filter, Value::Bool(true)) => kept.items.push(item),
                (FoldKind::Map, value) => kept.items.push(value),
                (_, Value::Bool(_)) => {}
                // The element may or may not count, so the result is as little known as if it had not been read.
                (_, other) => doubt = doubt.or(Some(doubt_of(&other))),
            }
        }
        match (fold.kind, doubt) {
            (FoldKind::Filter, more) => Value::List(List { more, ..kept }),
            (FoldKind::Map, _) => Value::List(kept),
            (_, Some(doubt)) => Value::Unknown(doubt),
            (kind, None) => Value::Bool(kind == FoldKind::All),
        }
    }
}

/// A value as it stands in a fact. A list with a gap was read in part; any other value that is there is true.
fn of_json<'a>(name: &'a str, json: &'a Json, gap: Option<&'a Gap>) -> Value<'a> {
    match json {
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => number.as_i64().map_or(Value::Unknown(OUT_OF_RANGE), Value::Int),
        Json::String(text) => Value::Text(Cow::Borrowed(text)),
        Json::Array(elements) => {
            let items = elements.iter().map(|element| of_json(name, element, None)).collect();
            Value::List(List { items, more: gap.map(Doubt::Gap) })
        }
        Json::Object(members) => Value::Record(name, members),
        Json::Null => Value::Unknown(Doubt::NoValue(name)),
    }
}

fn member_of<'a>(record: Value<'a>, member: &'a str) -> Value<'a> {
    match record {
        Value::Record(list, members) => match members.get(member) {
            Some(Json::Null) | None => Value::Unknown(Doubt::Member(list, member)),
            Some(value) => of_json(member, value, None),
        },
        other => unknown(&other),
    }
}

fn doubt_of<'a>(value: &Value<'a>) -> Doubt<'a> {
    match value {
        Value::Unknown(doubt) => *doubt,
        _ => WRONG_TYPE,
    }
}

fn unknown<'a>(value: &Value<'a>) -> Value<'a> {
    Value::Unknown(doubt_of(value))
}

/// The doubt of whichever side has one, the left first.
fn unknown_of<'a>(left: &Value<'a>, right: &Value<'a>) -> Value<'a> {
    if matches!(left, Value::Unknown(_)) { unknown(left) } else { unknown(right) }
}

fn int<'a>(value: Option<i64>) -> Value<'a> {
    value.map_or(Value::Unknown(OUT_OF_RANGE), Value::Int)
}

fn compute<'a>(left: &Value<'a>, right: &Value<'a>, operation: fn(i64, i64) -> Option<i64>) -> Value<'a> {
    match (left, right) {
        (Value::Int(left), Value::Int(right)) => int(operation(*left, *right)),
        _ => unknown_of(left, right),
    }
}

fn ordered<'a>(left: &Value<'a>, right: &Value<'a>, holds: fn(Ordering) -> bool) -> Value<'a> {
    match (left, right) {
        (Value::Int(left), Value::Int(right)) => Value::Bool(holds(left.cmp(right))),
        (Value::Text(left), Value::Text(right)) => Value::Bool(holds(left.cmp(right))),
        _ => unknown_of(left, right),
    }
}

fn equal<'a>(left: &Value<'a>, right: &Value<'a>) -> Value<'a> {
    match (left, right) {
        (Value::Bool(left), Value::Bool(right)) => Value::Bool(left == right),
        (Value::Int(left), Value::Int(right)) => Value::Bool(left == right),
        (Value::Text(left), Value::Text(right)) => Value::Bool(left == right),
        (Value::List(left), Value::List(right)) => equal_lists(left, right),
        _ => unknown_of(left, right),
    }
}

fn equal_lists<'a>(left: &List<'a>, right: &List<'a>) -> Value<'a> {
    if let Some(doubt) = left.more.or(right.more) {
        return Value::Unknown(doubt);
    }
    if left.items.len() != right.items.len() {
        return Value::Bool(false);
    }
    let mut result = Value::Bool(true);
    for (left, right) in left.items.iter().zip(&right.items) {
        match equal(left, right) {
            Value::Bool(false) => return Value::Bool(false),
            Value::Bool(true) => {}
            other => result = other,
        }
    }
    result
}

fn among<'a>(wanted: &Value<'a>, list: &Value<'a>) -> Value<'a> {
    let Value::List(list) = list else { return unknown(list) };
    let mut doubt = list.more;
    for item in &list.items {
        match equal(wanted, item) {
            Value::Bool(true) => return Value::Bool(true),
            Value::Bool(false) => {}
            other => doubt = doubt.or(Some(doubt_of(&other))),
        }
    }
    doubt.map_or(Value::Bool(false), Value::Unknown)
}

fn size<'a>(value: &Value<'a>) -> Value<'a> {
    match value {
        Value::List(List { more: Some(doubt), .. }) => Value::Unknown(*doubt),
        Value::List(list) => int(i64::try_from(list.items.len()).ok()),
        // Characters, as CEL counts, and not bytes.
        Value::Text(text) => int(i64::try_from(text.chars().count()).ok()),
        other => unknown(other),
    }
}

fn find<'a>(search: Search, text: &Value<'a>, part: &Value<'a>) -> Value<'a> {
    match (text, part) {
        (Value::Text(text), Value::Text(part)) => Value::Bool(match search {
            Search::Contains => text.contains(part.as_ref()),
            Search::StartsWith => text.starts_with(part.as_ref()),
            Search::EndsWith => text.ends_with(part.as_ref()),
        }),
        _ => unknown_of(text, part),
    }
}

#[cfg(test)]
#[path = "eval_tests.rs"]
mod tests;
