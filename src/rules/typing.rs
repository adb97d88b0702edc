//! Checks an expression against the fields of the entity it is about: names, members, types, thresholds.

use super::names::{did_you_mean, one_of};
use super::tree::{Fold, FoldKind, Kind, Node, Operator, Problem, Type};
use crate::assess::facts::Field;
use std::collections::BTreeSet;

/// What an expression uses.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Uses {
    /// Fields of the entity.
    pub(super) fields: BTreeSet<&'static str>,
    /// Thresholds.
    pub(super) thresholds: BTreeSet<String>,
}

/// Checks that `node` gives a `wanted`, over the `fields` of an entity and the named thresholds.
///
/// # Errors
/// Every problem found; at least one.
pub(super) fn check(node: &Node, wanted: &Type, fields: &'static [Field], thresholds: &[&str]) -> Result<Uses, Vec<Problem>> {
    let mut checker = Checker { fields, thresholds, scope: Vec::new(), uses: Uses::default(), problems: Vec::new() };
    if let Some(found) = checker.type_of(node)
        && !found.fits(wanted)
    {
        checker.problem(node, format!("the expression must give {wanted}, not {found}"), hint_for(wanted));
    }
    if checker.problems.is_empty() { Ok(checker.uses) } else { Err(checker.problems) }
}

fn hint_for(wanted: &Type) -> &'static str {
    match wanted {
        Type::Bool => "compare it, or ask with exists",
        _ => "use map to make texts of records: secrets.map(secret, secret.key_id)",
    }
}

struct Checker<'a> {
    fields: &'static [Field],
    thresholds: &'a [&'a str],
    /// Variables of the folds around, innermost last.
    scope: Vec<(&'a str, Type)>,
    uses: Uses,
    problems: Vec<Problem>,
}

impl<'a> Checker<'a> {
    fn problem(&mut self, node: &Node, message: impl Into<String>, hint: impl Into<String>) {
        self.problems.push(Problem::new(node.line, message, hint));
    }

    /// The type of a part; None where a problem was noted in it.
    fn type_of(&mut self, node: &'a Node) -> Option<Type> {
        match &node.kind {
            Kind::Bool(_) => Some(Type::Bool),
            Kind::Int(_) => Some(Type::Int),
            Kind::Text(_) => Some(Type::Text),
            Kind::List(elements) => self.list(node, elements),
            Kind::Name(name) => self.name(node, name),
            Kind::Threshold(name) => self.threshold(node, name),
            Kind::Member(record, member) => self.member(node, record, member),
            Kind::Not(inner) => self.all(&[inner], &Type::Bool, "!").map(|()| Type::Bool),
            Kind::Negate(inner) => self.all(&[inner], &Type::Int, "-").map(|()| Type::Int),
            Kind::And(pair) => self.all(&pair.each_ref(), &Type::Bool, "&&").map(|()| Type::Bool),
            Kind::Or(pair) => self.all(&pair.each_ref(), &Type::Bool, "||").map(|()| Type::Bool),
            Kind::Choose(parts) => self.choose(node, parts),
            Kind::Binary(operator, pair) => self.binary(node, *operator, pair),
            Kind::Size(inner) => self.size(node, inner),
            Kind::ToText(inner) => self.conversion(node, inner),
            Kind::Search(_, pair) => self.all(&pair.each_ref(), &Type::Text, "a search in text").map(|()| Type::Bool),
            Kind::Matches(text, _) => self.all(&[text], &Type::Text, "matches").map(|()| Type::Bool),
            Kind::Fold(fold) => self.fold(fold),
        }
    }

    /// Notes a problem for every node that is not a `wanted`.
    fn all(&mut self, nodes: &[&'a Node], wanted: &Type, what: &str) -> Option<()> {
        let mut good = Some(());
        for node in nodes {
            match self.type_of(node) {
                Some(found) if found.fits(wanted) => {}
                Some(found) => {
                    self.problem(node, format!("{what} takes {wanted}, not {found}"), format!("give {what} {wanted}"));
                    good = None;
                }
                None => good = None,
            }
        }
        good
    }

    fn name(&mut self, node: &Node, name: &str) -> Option<Type> {
        if let Some((_, found)) = self.scope.iter().rev().find(|(variable, _)| *variable == name) {
            return Some(found.clone());
        }
        if let Some(field) = self.fields.iter().find(|field| field.name == name) {
            self.uses.fields.insert(field.name);
            return Some(Type::of(field.kind));
        }
        let known: Vec<&str> = self.fields.iter().map(|field| field.name).chain(self.scope.iter().map(|(name, _)| *name)).collect();
        self.problem(node, format!("unknown field: {name}"), did_you_mean(name, &known));
        None
    }

    fn threshold(&mut self, node: &Node, name: &str) -> Option<Type> {
        if self.thresholds.contains(&name) {
            self.uses.thresholds.insert(name.to_owned());
            return Some(Type::Int);
        }
        let hint = if self.thresholds.is_empty() {
            format!("add it under [thresholds.default]: {name} = 90")
        } else {
            did_you_mean(name, self.thresholds)
        };
        self.problem(node, format!("unknown threshold: {name}"), hint);
        None
    }

    fn member(&mut self, node: &Node, record: &'a Node, member: &str) -> Option<Type> {
        let found = self.type_of(record)?;
        let Type::Record(fields) = found else {
            self.problem(
                node,
                format!("{found} has no members: {member}"),
                "use exists, all, filter or map to look at the records of a list",
            );
            return None;
        };
        if let Some(field) = fields.iter().find(|field| field.name == member) {
            return Some(Type::of(field.kind));
        }
        let known: Vec<&str> = fields.iter().map(|field| field.name).collect();
        self.problem(node, format!("unknown member of a record: {member}"), did_you_mean(member, &known));
        None
    }

    fn list(&mut self, node: &Node, elements: &'a [Node]) -> Option<Type> {
        let types: Option<Vec<Type>> = elements.iter().map(|element| self.type_of(element)).collect();
        let types = types?;
        let first = types.first().cloned().unwrap_or(Type::Any);
        if let Some(other) = types.iter().find(|found| !found.fits(&first)) {
            self.problem(node, format!("a list of {first} and {other}"), "give all elements of a list one type");
            return None;
        }
        Some(Type::List(Box::new(first)))
    }

    fn choose(&mut self, node: &Node, parts: &'a [Node; 3]) -> Option<Type> {
        let [condition, yes, no] = parts;
        let good = self.all(&[condition], &Type::Bool, "the condition of ?:");
        let (yes, no) = (self.type_of(yes), self.type_of(no));
        let (yes, no) = (yes?, no?);
        if !yes.fits(&no) {
            self.problem(node, format!("?: gives {yes} or {no}"), "give both branches of ?: one type");
            return None;
        }
        good.map(|()| yes)
    }

    fn binary(&mut self, node: &Node, operator: Operator, pair: &'a [Node; 2]) -> Option<Type> {
        let (left, right) = (self.type_of(&pair[0]), self.type_of(&pair[1]));
        let (left, right) = (left?, right?);
        let result = result_of(operator, &left, &right);
        if result.is_none() {
            let hint = match operator {
                Operator::In => "write text in list",
                Operator::Add => "add two numbers, or join two texts; string(number) makes a text of a number",
                _ => "give both sides one type; string(number) makes a text of a number",
            };
            self.problem(node, format!("{} does not work on {left} and {right}", operator.sign()), hint);
        }
        result
    }

    fn size(&mut self, node: &Node, inner: &'a Node) -> Option<Type> {
        match self.type_of(inner)? {
            Type::List(_) | Type::Text | Type::Any => Some(Type::Int),
            other => {
                self.problem(node, format!("{other} has no size"), "give size a list or a text");
                None
            }
        }
    }

    fn conversion(&mut self, node: &Node, inner: &'a Node) -> Option<Type> {
        match self.type_of(inner)? {
            Type::Int | Type::Text | Type::Bool => Some(Type::Text),
            other => {
                self.problem(node, format!("string() does not work on {other}"), "give string() a number, a text, true or false");
                None
            }
        }
    }

    fn fold(&mut self, fold: &'a Fold) -> Option<Type> {
        let name = fold.kind.name();
        let range = self.type_of(&fold.range);
        let taken = self.fields.iter().any(|field| field.name == fold.variable) || fold.variable == "threshold";
        if taken || self.scope.iter().any(|(variable, _)| *variable == fold.variable) {
            self.problem(&fold.range, format!("the name of a variable is taken: {}", fold.variable), "choose another name for it");
            return None;
        }
        let element = match range? {
            Type::List(element) => *element,
            other => {
                self.problem(&fold.range, format!("{name} takes a list, not {other}"), one_of("lists", &self.lists()));
                return None;
            }
        };
        self.scope.push((fold.variable.as_str(), element.clone()));
        let body = if fold.kind == FoldKind::Map {
            self.type_of(&fold.body)
        } else {
            self.all(&[&fold.body], &Type::Bool, name).map(|()| Type::Bool)
        };
        self.scope.pop();
        let body = body?;
        Some(match fold.kind {
            FoldKind::Exists | FoldKind::All => Type::Bool,
            FoldKind::Filter => Type::List(Box::new(element)),
            FoldKind::Map => Type::List(Box::new(body)),
        })
    }

    fn lists(&self) -> Vec<&'static str> {
        let lists = self.fields.iter().filter(|field| matches!(Type::of(field.kind), Type::List(_)));
        lists.map(|field| field.name).collect()
    }
}

fn result_of(operator: Operator, left: &Type, right: &Type) -> Option<Type> {
    let same = left.fits(right);
    match operator {
        Operator::Equal | Operator::NotEqual => (same && comparable(left) && comparable(right)).then_some(Type::Bool),
        Operator::Less | Operator::LessEqual | Operator::Greater | Operator::GreaterEqual => {
            (same && matches!(left, Type::Int | Type::Text)).then_some(Type::Bool)
        }
        Operator::In => match right {
            Type::List(element) if left.fits(element) && comparable(left) => Some(Type::Bool),
            _ => None,
        },
        Operator::Add => (same && matches!(left, Type::Int | Type::Text | Type::List(_))).then(|| left.clone()),
        Operator::Subtract | Operator::Multiply | Operator::Divide | Operator::Remainder => {
            (*left == Type::Int && *right == Type::Int).then_some(Type::Int)
        }
    }
}

/// Records are not compared as a whole: a member that is not known would make it a matter of luck.
fn comparable(found: &Type) -> bool {
    match found {
        Type::Record(_) => false,
        Type::List(element) => comparable(element),
        _ => true,
    }
}
