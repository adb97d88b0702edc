//! Reads CEL. The one file that knows the `cel` crate, of which only the parser is used: evaluation must tell "false" from
//! "not known" (`eval`), which CEL's own interpreter cannot. The tests hold both against each other.
//!
//! Rules may use a part of CEL: names, thresholds, literals, operators, the ternary, `exists`, `all`, `filter`, `map`,
//! `size`, `contains`, `startsWith`, `endsWith`, `matches` and `string`. The rest is refused with what to write instead.

use super::tree::{Fold, FoldKind, Kind, Node, Operator, Problem, Search};
use cel::common::ast::{CallExpr, Expr, IdedExpr, LiteralValue, SourceInfo};

/// Most bytes of an expression. Far above any rule, far below what makes the parser slow.
pub(super) const LONGEST: usize = 1000;
/// Most brackets open at once. The parser recurses, and the time it takes grows with depth.
pub(super) const MOST_BRACKETS: usize = 12;
/// Most operators, counted by character, so that chains without brackets stay shallow too.
pub(super) const MOST_OPERATORS: usize = 200;
/// Deepest tree.
const DEEPEST: usize = 60;
/// Most bytes of a pattern for `matches`.
pub(super) const LONGEST_PATTERN: usize = 200;
/// Most bytes of a compiled pattern. Matching itself takes time linear in the text (crate `regex`).
const PATTERN_SIZE: usize = 1 << 20;

/// Every form that rules may use, with what it gives; for the documentation.
pub(super) const CALLS: &[(&str, &str)] = &[
    ("secrets.exists(s, s.expired)", "true if the condition holds for an element"),
    ("secrets.all(s, s.expired)", "true if it holds for every element, also of an empty list"),
    ("secrets.filter(s, s.expired)", "the elements for which it holds"),
    ("secrets.map(s, s.key_id)", "a list of what the expression gives for each element"),
    ("size(secrets)", "number of elements, or of characters of a text"),
    ("'app' in workloads", "whether a list has an element"),
    ("name.contains('x')", "whether a text has another in it"),
    ("name.startsWith('x')", "whether it begins with it"),
    ("name.endsWith('x')", "whether it ends with it"),
    ("name.matches('(?i)^svc-')", "whether the pattern, a text in quotes, is found in it"),
    ("string(days_known)", "a text of a number, true or false"),
    ("threshold.days", "a threshold of the rule"),
    ("a && b, a || b, !a", "and, or, not"),
    ("a == b, a != b, a < b, a <= b, a > b, a >= b", "comparison of two values of one type"),
    ("a + b, a - b, a * b, a / b, a % b", "arithmetic; + also joins texts and lists"),
    ("a ? b : c", "b where a is true, else c"),
    ("'text', 7, true, ['a', 'b']", "literals"),
];

const SUPPORTED: &str = "use exists, all, filter, map, size, contains, startsWith, endsWith, matches, string, or an operator";

/// Reads an expression.
///
/// # Errors
/// The first thing that is not CEL, or that rules may not use, and what to write instead.
pub(super) fn parse(source: &str) -> Result<Node, Problem> {
    check_size(source)?;
    // Without macros, exists() and its like stay calls as they were written.
    let parsed = cel::Env::default().parser().parse_with_source_info(source);
    let (expression, source_info) = parsed.map_err(|errors| syntax_problem(&errors))?;
    Lowering { source_info: &source_info }.node(&expression, 0)
}

fn check_size(source: &str) -> Result<(), Problem> {
    if source.trim().is_empty() {
        return Err(Problem::new(0, "empty expression", "write a CEL expression over the fields of the entity"));
    }
    if source.len() > LONGEST {
        let message = format!("expression too long: {} bytes, at most {LONGEST}", source.len());
        return Err(Problem::new(0, message, "split the rule in two"));
    }
    let (brackets, operators) = measure(source);
    if brackets > MOST_BRACKETS {
        let message = format!("expression nested too deeply: {brackets} open brackets, at most {MOST_BRACKETS}");
        return Err(Problem::new(0, message, "split the rule in two"));
    }
    if operators > MOST_OPERATORS {
        let message = format!("expression too large: {operators} operators, at most {MOST_OPERATORS}");
        return Err(Problem::new(0, message, "split the rule in two"));
    }
    Ok(())
}

/// Most brackets open at once, and the number of operator characters. Those in quoted text count as well, which can only
/// refuse more; telling them apart would mean to read CEL's raw and triple-quoted texts here.
fn measure(source: &str) -> (usize, usize) {
    let (mut open, mut most, mut operators) = (0_usize, 0, 0);
    for letter in source.chars() {
        match letter {
            '(' | '[' | '{' => {
                open += 1;
                most = most.max(open);
            }
            ')' | ']' | '}' => open = open.saturating_sub(1),
            '!' | '-' | '+' | '*' | '/' | '%' | '<' | '>' | '=' | '&' | '|' | '?' | ':' | '.' | ',' => operators += 1,
            _ => {}
        }
    }
    (most, operators)
}

fn syntax_problem(errors: &cel::ParseErrors) -> Problem {
    let first = errors.errors.first();
    let line = first.map_or(0, |error| usize::try_from(error.pos.0 - 1).unwrap_or(0));
    let message = first.map_or("no reason given", |error| error.msg.as_str());
    let message: String = message.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).take(300).collect();
    Problem::new(line, format!("not a CEL expression: {message}"), "see https://cel.dev for the syntax")
}

struct Lowering<'a> {
    source_info: &'a SourceInfo,
}

impl Lowering<'_> {
    fn line(&self, expression: &IdedExpr) -> usize {
        let (start, _) = self.source_info.offset_for(expression.id).unwrap_or_default();
        let before = usize::try_from(start).unwrap_or(0);
        self.source_info.source.chars().take(before).filter(|letter| *letter == '\n').count()
    }

    fn refuse<T>(&self, expression: &IdedExpr, message: impl Into<String>, hint: impl Into<String>) -> Result<T, Problem> {
        Err(Problem::new(self.line(expression), message, hint))
    }

    fn node(&self, expression: &IdedExpr, depth: usize) -> Result<Node, Problem> {
        if depth > DEEPEST {
            return self.refuse(expression, format!("expression nested too deeply: at most {DEEPEST} levels"), "split the rule in two");
        }
        let kind = match &expression.expr {
            Expr::Ident(name) if name.starts_with('.') => {
                return self.refuse(expression, format!("absolute name: {name}"), "write it without the leading dot");
            }
            Expr::Ident(name) => Kind::Name(name.clone()),
            Expr::Literal(literal) => self.literal(expression, literal)?,
            Expr::List(list) if list.optional_indices.is_empty() => Kind::List(self.nodes(&list.elements, depth)?),
            Expr::Select(select) if !select.test => match &select.operand.expr {
                Expr::Ident(name) if name == "threshold" => Kind::Threshold(select.field.clone()),
                _ => Kind::Member(self.boxed(&select.operand, depth)?, select.field.clone()),
            },
            Expr::Call(call) => self.call(expression, call, depth)?,
            _ => return self.refuse(expression, "maps, structs and optional values are not supported", SUPPORTED),
        };
        Ok(Node { line: self.line(expression), kind })
    }

    fn literal(&self, expression: &IdedExpr, literal: &LiteralValue) -> Result<Kind, Problem> {
        match literal {
            LiteralValue::Boolean(value) => Ok(Kind::Bool(*value.inner())),
            LiteralValue::Int(value) => Ok(Kind::Int(*value.inner())),
            LiteralValue::String(value) => Ok(Kind::Text(value.inner().to_owned())),
            LiteralValue::Null => {
                self.refuse(expression, "null is not supported", "what is not known makes the rule undetermined by itself")
            }
            _ => self.refuse(expression, "unsupported literal", "write a whole number, a text in quotes, true or false"),
        }
    }

    fn nodes(&self, expressions: &[IdedExpr], depth: usize) -> Result<Vec<Node>, Problem> {
        expressions.iter().map(|expression| self.node(expression, depth + 1)).collect()
    }

    fn boxed(&self, expression: &IdedExpr, depth: usize) -> Result<Box<Node>, Problem> {
        self.node(expression, depth + 1).map(Box::new)
    }

    fn call(&self, expression: &IdedExpr, call: &CallExpr, depth: usize) -> Result<Kind, Problem> {
        if let (Some(kind), Some(range)) = (FoldKind::from_name(&call.func_name), &call.target) {
            return self.fold(kind, range, &call.args, expression, depth);
        }
        // `a.size()` and `size(a)` are the same; so for all functions with a receiver.
        let operands: Vec<&IdedExpr> = call.target.as_deref().into_iter().chain(&call.args).collect();
        match operands.as_slice() {
            [only] => self.of_one(expression, &call.func_name, only, depth),
            [first, second] => self.of_two(expression, &call.func_name, first, second, depth),
            [condition, yes, no] if call.func_name == "_?_:_" => {
                let parts = [self.node(condition, depth + 1)?, self.node(yes, depth + 1)?, self.node(no, depth + 1)?];
                Ok(Kind::Choose(Box::new(parts)))
            }
            _ => self.unsupported(expression, &call.func_name),
        }
    }

    fn of_one(&self, expression: &IdedExpr, name: &str, operand: &IdedExpr, depth: usize) -> Result<Kind, Problem> {
        let make: fn(Box<Node>) -> Kind = match name {
            "!_" => Kind::Not,
            "-_" => Kind::Negate,
            "size" => Kind::Size,
            "string" => Kind::ToText,
            _ => return self.unsupported(expression, name),
        };
        self.boxed(operand, depth).map(make)
    }

    fn of_two(&self, at: &IdedExpr, name: &str, first: &IdedExpr, second: &IdedExpr, depth: usize) -> Result<Kind, Problem> {
        if name == "matches" {
            return self.matches(first, second, depth);
        }
        let make: fn(Box<[Node; 2]>) -> Kind = match name {
            "_&&_" => Kind::And,
            "_||_" => Kind::Or,
            "_==_" => |pair| Kind::Binary(Operator::Equal, pair),
            "_!=_" => |pair| Kind::Binary(Operator::NotEqual, pair),
            "_<_" => |pair| Kind::Binary(Operator::Less, pair),
            "_<=_" => |pair| Kind::Binary(Operator::LessEqual, pair),
            "_>_" => |pair| Kind::Binary(Operator::Greater, pair),
            "_>=_" => |pair| Kind::Binary(Operator::GreaterEqual, pair),
            "_+_" => |pair| Kind::Binary(Operator::Add, pair),
            "_-_" => |pair| Kind::Binary(Operator::Subtract, pair),
            "_*_" => |pair| Kind::Binary(Operator::Multiply, pair),
            "_/_" => |pair| Kind::Binary(Operator::Divide, pair),
            "_%_" => |pair| Kind::Binary(Operator::Remainder, pair),
            "@in" => |pair| Kind::Binary(Operator::In, pair),
            "contains" => |pair| Kind::Search(Search::Contains, pair),
            "startsWith" => |pair| Kind::Search(Search::StartsWith, pair),
            "endsWith" => |pair| Kind::Search(Search::EndsWith, pair),
            _ => return self.unsupported(at, name),
        };
        Ok(make(Box::new([self.node(first, depth + 1)?, self.node(second, depth + 1)?])))
    }

    fn unsupported<T>(&self, expression: &IdedExpr, name: &str) -> Result<T, Problem> {
        match name {
            "has" => self.refuse(
                expression,
                "has() is not supported: it would take what could not be read for what is not there",
                "use the field as it is: if it is not known, the rule is undetermined; guard a field that has no value by the one that says so",
            ),
            "_[_]" => self.refuse(expression, "a list cannot be indexed: its order means nothing", "use exists, all, filter or map"),
            _ => self.refuse(expression, format!("unsupported function, or wrong number of arguments: {name}"), SUPPORTED),
        }
    }

    fn fold(&self, kind: FoldKind, range: &IdedExpr, args: &[IdedExpr], at: &IdedExpr, depth: usize) -> Result<Kind, Problem> {
        let wanted = format!("write list.{}(element, expression)", kind.name());
        let [IdedExpr { expr: Expr::Ident(variable), .. }, body] = args else {
            return self.refuse(at, format!("{} takes a variable and an expression", kind.name()), wanted);
        };
        let (range, body) = (self.node(range, depth + 1)?, self.node(body, depth + 1)?);
        Ok(Kind::Fold(Box::new(Fold { kind, range, variable: variable.clone(), body })))
    }

    fn matches(&self, text: &IdedExpr, pattern: &IdedExpr, depth: usize) -> Result<Kind, Problem> {
        let Expr::Literal(LiteralValue::String(source)) = &pattern.expr else {
            return self.refuse(pattern, "the pattern of matches must be a text in quotes", "write the pattern itself");
        };
        let source = source.inner();
        if source.len() > LONGEST_PATTERN {
            let message = format!("pattern too long: {} bytes, at most {LONGEST_PATTERN}", source.len());
            return self.refuse(pattern, message, "split it over two calls of matches");
        }
        let compiled = regex::RegexBuilder::new(source).size_limit(PATTERN_SIZE).nest_limit(20).build();
        match compiled {
            Ok(regex) => Ok(Kind::Matches(self.boxed(text, depth)?, regex)),
            Err(error) => {
                let reason = error.to_string().lines().last().unwrap_or_default().trim().to_owned();
                self.refuse(pattern, format!("invalid pattern: {source}: {reason}"), "see https://docs.rs/regex for the syntax")
            }
        }
    }
}

/// CEL's own interpreter, to hold `eval` against.
#[cfg(test)]
pub(super) mod reference {
    use cel::{Context, Value};
    use serde_json::Value as Json;

    fn value(json: &Json) -> Value {
        match json {
            Json::Bool(value) => Value::Bool(*value),
            Json::Number(number) => Value::Int(number.as_i64().unwrap()),
            Json::String(text) => Value::String(text.clone().into()),
            Json::Array(list) => list.iter().map(value).collect::<Vec<Value>>().into(),
            Json::Object(members) => {
                let members: std::collections::HashMap<String, Value> =
                    members.iter().map(|(name, member)| (name.clone(), value(member))).collect();
                members.into()
            }
            Json::Null => Value::Null,
        }
    }

    /// What CEL makes of a condition over complete facts; None if that is an error.
    pub(in crate::rules) fn condition(source: &str, facts: &serde_json::Map<String, Json>) -> Option<bool> {
        let program = cel::Program::compile(source).unwrap();
        let mut context = Context::default();
        for (name, json) in facts {
            context.add_variable_from_value(name.as_str(), value(json));
        }
        match program.execute(&context) {
            Ok(Value::Bool(value)) => Some(value),
            Ok(other) => panic!("not a condition: {source}: {other:?}"),
            Err(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(source: &str) -> String {
        parse(source).expect_err(source).message
    }

    #[test]
    fn what_rules_may_not_use_is_refused() {
        for (source, message) in [
            ("has(secrets)", "has() is not supported"),
            ("secrets[0]", "cannot be indexed"),
            ("{'a': 1}.a == 1", "maps, structs"),
            ("1.5 > 1.0", "unsupported literal"),
            ("name == null", "null is not supported"),
            (".name == 'x'", "absolute name"),
            ("secrets.exists_one(s, s.expired)", "unsupported function"),
            ("secrets.exists(s.x, true)", "exists takes a variable"),
            ("timestamp('2026-01-01T00:00:00Z')", "unsupported function"),
            ("name.matches(home)", "must be a text in quotes"),
            ("name.matches('(')", "invalid pattern"),
            ("", "empty expression"),
            ("a &&", "not a CEL expression"),
            ("a b", "not a CEL expression"),
        ] {
            assert!(refused(source).contains(message), "{source}: {}", refused(source));
        }
    }

    #[test]
    fn every_form_of_the_documentation_is_read() {
        for (forms, _) in CALLS {
            // Forms that stand together are one list.
            parse(&format!("[{forms}]")).unwrap_or_else(|problem| panic!("{forms}: {}", problem.message));
        }
    }

    #[test]
    fn large_and_deep_expressions_are_refused_before_they_are_parsed() {
        let deep = |count: usize| format!("{}true{}", "(".repeat(count), ")".repeat(count));
        assert!(parse(&deep(MOST_BRACKETS)).is_ok());
        assert!(refused(&deep(MOST_BRACKETS + 1)).contains("nested too deeply"));
        assert!(refused(&deep(200_000)).contains("too long"));
        assert!(refused(&format!("{}true", "!".repeat(900))).contains("too large"));
        assert!(refused(&format!("'{}' == name", "x".repeat(LONGEST))).contains("too long"));
        assert!(refused(&vec!["1"; 300].join("+")).contains("too large"));
    }

    /// A test thread has 2 MiB of stack, the least that a rule may be loaded on.
    #[test]
    fn the_largest_chains_that_are_let_through_neither_overflow_nor_take_long() {
        let begun = std::time::Instant::now();
        let chains = [
            vec!["1"; MOST_OPERATORS + 1].join("+"),
            vec!["a"; MOST_OPERATORS / 2 + 1].join("||"),
            format!("{}true", "!".repeat(MOST_OPERATORS)),
            format!("{}1", "-".repeat(MOST_OPERATORS)),
            format!("{}true", "a?b:".repeat(MOST_OPERATORS / 2)),
            vec!["a"; MOST_OPERATORS + 1].join("."),
            format!("{}{}", "a.b(".repeat(MOST_BRACKETS), ")".repeat(MOST_BRACKETS)),
            format!("{}{}", "[".repeat(MOST_BRACKETS), "]".repeat(MOST_BRACKETS)),
            format!("{}{}", "{'a':".repeat(MOST_BRACKETS), "}".repeat(MOST_BRACKETS)),
            format!("{}true", "(".repeat(MOST_BRACKETS)),
        ];
        for chain in &chains {
            check_size(chain).unwrap_or_else(|problem| panic!("not let through: {chain}: {}", problem.message));
            let _ = parse(chain);
        }
        assert!(begun.elapsed().as_secs() < 60, "{:?}", begun.elapsed());
    }

    #[test]
    fn the_line_within_an_expression_is_kept() {
        assert_eq!(parse("name == 'x' &&\n  has(home)").unwrap_err().line, 1);
        assert_eq!(parse("name == 'x' &&\n\n  ==").unwrap_err().line, 2);
    }

    #[test]
    fn a_pattern_that_repeats_without_end_is_refused_or_harmless() {
        assert!(refused(&format!("name.matches('{}')", "a".repeat(LONGEST_PATTERN + 1))).contains("pattern too long"));
        assert!(refused(r"name.matches('((a{1000}){1000}){1000}')").contains("invalid pattern"));
        let Kind::Matches(_, pattern) = parse("name.matches('^(a+)+$')").unwrap().kind else { panic!("not a pattern") };
        let begun = std::time::Instant::now();
        assert!(!pattern.is_match(&format!("{}!", "a".repeat(100_000))));
        assert!(begun.elapsed().as_secs() < 60);
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(source in "\\PC{0,60}") {
            let _ = parse(&source);
        }

        #[test]
        fn no_tokens_make_the_reader_panic(tokens in proptest::collection::vec(proptest::sample::select(vec![
            "secrets", ".", "exists", "(", ")", "s", ",", "!", "-", "&&", "||", "?", ":", "==", "<", "in", "[", "]", "{", "}", "'", "\"",
            "'x'", "1", "9223372036854775808", "r'", "\\", "\n", "`a`", "has", "matches", "b'x'", "1u", "1.0", "//", "true", "null", "?.",
        ]), 0..25)) {
            let _ = parse(&tokens.join(" "));
            let _ = parse(&tokens.concat());
        }
    }
}
