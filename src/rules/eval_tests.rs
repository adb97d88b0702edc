//! Evaluation held against three-valued logic, and against CEL's own interpreter.

use super::*;
use crate::assess::ObjectRef;
use crate::assess::facts::EntityKind;
use crate::rules::expr::{parse, reference};
use crate::rules::tree::Type;
use crate::rules::typing;
use proptest::prelude::*;
use serde_json::json;

const ENTITY: EntityKind = EntityKind::ExcludedApplication;

fn fact(values: Json, missing: &[&'static str]) -> Fact {
    let Json::Object(values) = values else { panic!("not a record: {values}") };
    let gaps = missing.iter().map(|name| (*name, Gap::Permission { missing: format!("for {name}") })).collect();
    let object = ObjectRef { kind: "servicePrincipal", id: "id".into(), name: "name".into(), app_id: None };
    Fact { entity: ENTITY, object, values, gaps }
}

/// true, false, or None for unknown, of a condition that must pass the checks.
fn condition(source: &str, fact: &Fact) -> Option<bool> {
    let node = parse(source).unwrap_or_else(|problem| panic!("{source}: {}", problem.message));
    typing::check(&node, &Type::Bool, ENTITY.fields(), &["days"]).unwrap_or_else(|problems| panic!("{source}: {problems:?}"));
    let thresholds = BTreeMap::from([("days".to_owned(), 90)]);
    match (Evaluator { fact, thresholds: &thresholds, for_display: false }).value(&node) {
        Value::Bool(value) => Some(value),
        Value::Unknown(_) => None,
        other => panic!("{source}: {other:?}"),
    }
}

/// `can_wipe` is true, `signed_in` false, `can_sign_in` unknown.
fn three() -> Fact {
    fact(json!({"can_wipe": true, "signed_in": false}), &["can_sign_in"])
}

#[test]
fn one_known_side_decides_in_either_order() {
    let cases = [
        ("can_wipe || can_sign_in", Some(true)),
        ("can_sign_in || can_wipe", Some(true)),
        ("signed_in && can_sign_in", Some(false)),
        ("can_sign_in && signed_in", Some(false)),
        ("signed_in || can_sign_in", None),
        ("can_sign_in || signed_in", None),
        ("can_wipe && can_sign_in", None),
        ("can_sign_in && can_wipe", None),
        ("!can_sign_in", None),
        ("can_sign_in ? can_wipe : can_wipe", Some(true)),
        ("can_sign_in ? can_wipe : signed_in", None),
        ("can_wipe ? signed_in : can_sign_in", Some(false)),
        ("can_sign_in == can_sign_in", None),
    ];
    for (source, expected) in cases {
        assert_eq!(condition(source, &three()), expected, "{source}");
    }
}

#[test]
fn a_list_that_was_read_in_part_decides_only_what_more_elements_cannot_change() {
    let keys = json!([{"key_id": "1", "expired": false}, {"key_id": "2", "expired": true}]);
    let partial = fact(json!({"secrets": keys, "workloads": ["app"]}), &["secrets", "workloads"]);
    let cases = [
        ("secrets.exists(s, !s.expired)", Some(true)),
        ("secrets.exists(s, s.key_id == '3')", None),
        ("!secrets.exists(s, !s.expired)", Some(false)),
        ("!secrets.exists(s, s.key_id == '3')", None),
        ("secrets.all(s, s.expired)", Some(false)),
        ("secrets.all(s, s.key_id != '3')", None),
        ("size(secrets) > 0", None),
        ("size(secrets.filter(s, s.expired)) == 0", None),
        ("secrets.filter(s, s.expired).exists(s, s.key_id == '2')", Some(true)),
        ("secrets.map(s, s.key_id).exists(id, id == '1')", Some(true)),
        ("'app' in workloads", Some(true)),
        ("'script' in workloads", None),
        ("!('script' in workloads)", None),
        ("workloads == ['app']", None),
    ];
    for (source, expected) in cases {
        assert_eq!(condition(source, &partial), expected, "{source}");
    }
}

#[test]
fn a_member_that_is_not_known_leaves_the_others_to_decide() {
    let keys = json!([{"key_id": "1"}, {"key_id": "2", "expired": false, "lifetime_days": 10}]);
    let fact = fact(json!({"secrets": keys}), &[]);
    let cases = [
        ("secrets.exists(s, !s.expired)", Some(true)),
        ("secrets.exists(s, s.expired)", None),
        ("secrets.all(s, s.expired)", Some(false)),
        ("secrets.all(s, !s.expired)", None),
        ("secrets.exists(s, s.lifetime_days > threshold.days)", None),
        ("secrets.exists(s, s.lifetime_days < threshold.days)", Some(true)),
        ("size(secrets) == 2", Some(true)),
        ("size(secrets.filter(s, s.expired)) == 0", None),
        ("secrets.filter(s, s.expired).exists(s, s.key_id == '2')", None),
        ("secrets.map(s, s.lifetime_days).exists(days, days == 10)", Some(true)),
        ("secrets.map(s, s.lifetime_days).exists(days, days == 11)", None),
        ("10 in secrets.map(s, s.lifetime_days)", Some(true)),
    ];
    for (source, expected) in cases {
        assert_eq!(condition(source, &fact), expected, "{source}");
    }
}

#[test]
fn the_reason_is_the_gap_of_the_field_that_was_reached() {
    let fact = fact(json!({"signed_in": false, "secrets": [{"key_id": "1"}]}), &["home"]);
    let thresholds = BTreeMap::new();
    let evaluator = Evaluator { fact: &fact, thresholds: &thresholds, for_display: false };
    let reason = |source: &str| match evaluator.value(&parse(source).unwrap()) {
        Value::Unknown(doubt) => doubt.gap().to_string(),
        other => panic!("{source}: {other:?}"),
    };
    assert_eq!(reason("home == 'microsoft'"), "permission missing: for home");
    assert_eq!(reason("days_since_sign_in > 3"), "failed: days_since_sign_in has no value for this object");
    assert_eq!(reason("secrets.exists(s, s.expired)"), "failed: expired of an element of secrets is not known");
    assert_eq!(condition("signed_in && days_since_sign_in > 3", &fact), Some(false));
    assert_eq!(condition("signed_in ? days_since_sign_in > 3 : true", &fact), Some(true));
}

#[test]
fn what_cannot_be_computed_is_unknown_and_no_panic() {
    let fact = fact(json!({"days_known": i64::MAX, "name": 7, "secrets": "none", "workloads": [1, null]}), &[]);
    for source in [
        "days_known + 1 > 0",
        "-days_known - 2 < 0",
        "days_known * 2 > 0",
        "days_known / 0 > 0",
        "days_known % 0 > 0",
        "name == 'x'",
        "name.contains('x')",
        "name.matches('x')",
        "secrets.exists(s, s.expired)",
        "'x' in workloads",
        "size(name) > 0",
    ] {
        assert_eq!(condition(source, &fact), None, "{source}");
    }
    assert_eq!(condition("(-9223372036854775807 - 1) / -1 > 0", &fact), None);
}

#[test]
fn a_display_says_unknown_and_a_condition_never_does() {
    let fact = fact(json!({"secrets": [{"key_id": "1"}]}), &["home"]);
    let thresholds = BTreeMap::new();
    let node = parse("secrets.map(s, 'secret ' + s.key_id + ', ' + string(s.lifetime_days) + ' days, ' + home)").unwrap();
    let item = |for_display| match (Evaluator { fact: &fact, thresholds: &thresholds, for_display }).value(&node) {
        Value::List(list) => format!("{:?}", list.items.first()),
        other => panic!("{other:?}"),
    };
    assert_eq!(item(true), "Some(Text(\"secret 1, unknown days, unknown\"))");
    assert!(item(false).contains("Unknown"), "{}", item(false));
}

/// Facts that are complete, over the few values that the expressions below speak of.
fn world() -> impl Strategy<Value = Json> {
    let key = (0..3_i64, any::<bool>(), 0..3_i64)
        .prop_map(|(id, expired, days)| json!({"key_id": format!("k{id}"), "expired": expired, "lifetime_days": days}));
    let keys = prop::collection::vec(key, 0..4);
    let words = prop::collection::vec(prop::sample::select(vec!["app", "script", "role"]), 0..3);
    (any::<[bool; 3]>(), 0..3_i64, 0..3_i64, prop::sample::select(vec!["app", "é", "script"]), words, keys).prop_map(
        |(flags, since, known, name, words, keys)| {
            json!({
                "can_wipe": flags[0], "signed_in": flags[1], "can_sign_in": flags[2], "days_since_sign_in": since,
                "days_known": known, "name": name, "home": "microsoft", "workloads": words, "secrets": keys,
            })
        },
    )
}

const NAMES: [&str; 9] =
    ["can_wipe", "signed_in", "can_sign_in", "days_since_sign_in", "days_known", "name", "home", "workloads", "secrets"];

/// The same facts with some of them not read: a bit of `mask` for each field, each member, each element.
fn masked(world: &Json, mask: &[bool]) -> Fact {
    let mut masks = mask.iter().cycle();
    let mut hide = || *masks.next().unwrap();
    let Json::Object(mut values) = world.clone() else { panic!("not a record") };
    let mut missing = Vec::new();
    for name in NAMES {
        if !hide() {
            continue;
        }
        missing.push(name);
        match values.get_mut(name) {
            Some(Json::Array(elements)) if hide() => elements.retain(|_| !hide()),
            _ => drop(values.remove(name)),
        }
    }
    for key in values.get_mut("secrets").and_then(Json::as_array_mut).into_iter().flatten() {
        for member in ["expired", "lifetime_days"] {
            if hide() && hide() {
                key.as_object_mut().unwrap().remove(member);
            }
        }
    }
    fact(Json::Object(values), &missing)
}

/// Conditions over the fields of [`world`]; with `element`, also over a record of that name.
fn expressions(element: bool) -> BoxedStrategy<String> {
    let mut atoms = vec![
        "can_wipe",
        "signed_in",
        "can_sign_in",
        "true",
        "false",
        "days_since_sign_in > 1",
        "days_known <= days_since_sign_in",
        "days_known - 1 == 0",
        "days_known / days_since_sign_in > 0",
        "name == 'app'",
        "name in workloads",
        "size(name) < 3",
        "name.startsWith('a')",
        "name.matches('^[a-z]+$')",
        "workloads == ['app']",
        "size(workloads) == 1",
        "name + 'x' != 'appx'",
        "(signed_in ? days_since_sign_in : days_known) > 1",
        "string(days_known) == '2'",
        "size(secrets) > 1",
    ];
    if element {
        atoms.extend(["k.expired", "k.lifetime_days > 1", "k.key_id == 'k1'", "k.lifetime_days == days_known", "k.key_id.endsWith('2')"]);
    }
    let leaf = prop::sample::select(atoms).prop_map(str::to_owned);
    leaf.prop_recursive(3, 12, 3, move |inner| {
        let two = (inner.clone(), inner.clone());
        let plain = prop_oneof![
            inner.clone().prop_map(|a| format!("!({a})")),
            two.clone().prop_map(|(a, b)| format!("({a} && {b})")),
            two.clone().prop_map(|(a, b)| format!("({a} || {b})")),
            two.prop_map(|(a, b)| format!("(({a}) == ({b}))")),
            (inner.clone(), inner.clone(), inner).prop_map(|(a, b, c)| format!("({a} ? {b} : {c})")),
        ];
        if element {
            return plain.boxed();
        }
        let body = expressions(true);
        let folds = prop_oneof![
            body.clone().prop_map(|b| format!("secrets.exists(k, {b})")),
            body.clone().prop_map(|b| format!("secrets.all(k, {b})")),
            body.clone().prop_map(|b| format!("size(secrets.filter(k, {b})) > 1")),
            (body.clone(), any::<bool>())
                .prop_map(|(b, all)| { format!("secrets.filter(k, {b}).{}(j, j.expired)", if all { "all" } else { "exists" }) }),
            body.prop_map(|b| format!("secrets.map(k, ({b}) ? k.key_id : name).exists(id, id == 'k1')")),
        ];
        prop_oneof![plain, folds].boxed()
    })
    .boxed()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// Over complete facts evaluation is CEL's. Over incomplete ones it is known only where it is CEL's on the whole facts,
    /// of which the masked ones were made.
    #[test]
    fn what_is_known_is_what_cel_says_of_the_whole_facts(source in expressions(false), world in world(), mask in prop::collection::vec(prop::bool::weighted(0.3), 23)) {
        prop_assume!(parse(&source).is_ok());
        let Json::Object(values) = &world else { panic!("not a record") };
        let truth = reference::condition(&source, values);
        let whole = condition(&source, &fact(world.clone(), &[]));
        if truth.is_some() {
            prop_assert_eq!(whole, truth, "complete: {} over {}", source, world);
        }
        let partial = masked(&world, &mask);
        if let (Some(said), Some(truth)) = (condition(&source, &partial), truth) {
            prop_assert_eq!(said, truth, "incomplete: {} over {} of {}", source, Json::Object(partial.values.clone()), world);
        }
    }

    /// Over flags alone evaluation is exactly Kleene's logic: never less known than it could be.
    #[test]
    fn flags_follow_three_valued_logic(tree in kleene(), flags in any::<[Option<bool>; 3]>()) {
        let names = ["can_wipe", "signed_in", "can_sign_in"];
        let mut fact = fact(json!({}), &[]);
        for (name, flag) in names.into_iter().zip(flags) {
            match flag {
                Some(value) => drop(fact.values.insert(name.to_owned(), value.into())),
                None => drop(fact.gaps.insert(name, Gap::Cloud)),
            }
        }
        let source = tree.source(&names);
        prop_assume!(parse(&source).is_ok());
        prop_assert_eq!(condition(&source, &fact), tree.truth(&flags), "{}", source);
    }
}

#[derive(Debug, Clone)]
enum Kleene {
    Flag(usize),
    Not(Box<Kleene>),
    And(Box<Kleene>, Box<Kleene>),
    Or(Box<Kleene>, Box<Kleene>),
}

impl Kleene {
    fn source(&self, names: &[&str; 3]) -> String {
        match self {
            Self::Flag(at) => names[*at].to_owned(),
            Self::Not(a) => format!("!({})", a.source(names)),
            Self::And(a, b) => format!("({} && {})", a.source(names), b.source(names)),
            Self::Or(a, b) => format!("({} || {})", a.source(names), b.source(names)),
        }
    }

    /// False is 0, unknown 1, true 2; then "and" is the lesser and "or" the greater.
    fn level(&self, flags: &[Option<bool>; 3]) -> u8 {
        match self {
            Self::Flag(at) => flags[*at].map_or(1, |flag| if flag { 2 } else { 0 }),
            Self::Not(a) => 2 - a.level(flags),
            Self::And(a, b) => a.level(flags).min(b.level(flags)),
            Self::Or(a, b) => a.level(flags).max(b.level(flags)),
        }
    }

    fn truth(&self, flags: &[Option<bool>; 3]) -> Option<bool> {
        [Some(false), None, Some(true)][usize::from(self.level(flags))]
    }
}

fn kleene() -> impl Strategy<Value = Kleene> {
    (0_usize..3).prop_map(Kleene::Flag).prop_recursive(5, 24, 2, |inner| {
        prop_oneof![
            inner.clone().prop_map(|a| Kleene::Not(Box::new(a))),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| Kleene::And(Box::new(a), Box::new(b))),
            (inner.clone(), inner).prop_map(|(a, b)| Kleene::Or(Box::new(a), Box::new(b))),
        ]
    })
}
