//! The built-in rules over made-up facts.

use super::*;
use crate::assess::{FindingStatus, ObjectRef};
use crate::snapshot::Gap;
use serde_json::{Value as Json, json};

fn application(id: &str, values: Json, missing: &[&'static str]) -> Fact {
    let Json::Object(values) = values else { panic!("not a record") };
    let name = values.get("name").and_then(Json::as_str).unwrap_or(id).to_owned();
    let object = ObjectRef { kind: "servicePrincipal", id: id.to_owned(), name, app_id: Some(id.to_owned()) };
    let gaps = missing.iter().map(|name| (*name, Gap::Permission { missing: "Application.Read.All".into() })).collect();
    Fact { entity: EntityKind::ExcludedApplication, object, values, gaps }
}

fn with_secrets(name: &str, ids: &[&str], missing: &[&'static str]) -> Fact {
    let secret = |id: &&str| json!({"kind": "secret", "key_id": id, "held_on": "application", "lifetime_days": 90, "expired": false});
    let secrets: Vec<Json> = ids.iter().map(secret).collect();
    let standing = "is excluded from approval on app";
    application("a", json!({"name": name, "standing": standing, "secrets": secrets}), missing)
}

fn found(facts: &[Fact], rule: &str) -> Vec<Finding> {
    let rules = RuleSet::builtin().unwrap();
    run(&rules, Profile::Default, facts).into_iter().filter(|finding| finding.rule.id == rule).collect()
}

#[test]
fn a_finding_says_what_was_found_and_what_was_not_read() {
    let found = found(&[with_secrets("Publisher", &["k1"], &["secrets"])], "excluded-app-holds-secret");
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].message, "Publisher is excluded from approval on app and holds an unexpired client secret");
    let partial = "secrets was read in part (permission missing: Application.Read.All): there may be more";
    assert_eq!(found[0].evidence, ["client secret k1 on the application, valid until unknown", partial]);
}

#[test]
fn a_hostile_name_stands_in_the_message_as_it_is() {
    let name = "<script>{app_id}{</script>\u{202e}\n=cmd|'{threshold.x}'";
    let found = found(&[with_secrets(name, &["k1"], &[])], "excluded-app-holds-secret");
    assert_eq!(found[0].message, format!("{name} is excluded from approval on app and holds an unexpired client secret"));
}

#[test]
fn a_finding_keeps_its_id_over_a_new_name_and_changes_it_with_the_key() {
    let id = |name: &str, keys: &[&str]| found(&[with_secrets(name, keys, &[])], "excluded-app-holds-secret")[0].id.clone();
    assert_eq!(id("before", &["k1", "k2"]), id("after", &["k2", "k1"]));
    assert_ne!(id("same", &["k1"]), id("same", &["k2"]), "rotated");
}

#[test]
fn what_could_not_be_read_is_undetermined_and_neither_clear_nor_failing() {
    let rules = RuleSet::builtin().unwrap();
    let all: Vec<&'static str> = EntityKind::ExcludedApplication.fields().iter().map(|field| field.name).collect();
    let findings = run(&rules, Profile::Default, &[application("a", json!({}), &all)]);
    let applications = rules.rules().iter().filter(|rule| rule.entity() == EntityKind::ExcludedApplication).count();
    assert_eq!(findings.len(), applications);
    assert!(findings.iter().all(|finding| finding.status == FindingStatus::Undetermined && finding.gap.is_some()));
    // And without any gap either, as if the facts had been made wrongly.
    let findings = run(&rules, Profile::Default, &[application("a", json!({}), &[])]);
    assert!(findings.iter().all(|finding| finding.status == FindingStatus::Undetermined) && findings.len() == applications);
}

#[test]
fn one_exclusion_from_two_sources_is_one_finding_whatever_the_order() {
    let exclusion = |policy: &str, source: &str| {
        let values = json!({"policy_id": policy, "policy": "P", "workload": "app", "listed_id": "x", "source": source, "state": "deleted"});
        let Json::Object(values) = values else { panic!("not a record") };
        let object = ObjectRef { kind: "exclusion", id: "x".into(), name: "x".into(), app_id: None };
        Fact { entity: EntityKind::Exclusion, object, values, gaps: BTreeMap::new() }
    };
    let mut facts = vec![exclusion("p1", "policy"), exclusion("p1", "audit"), exclusion("p2", "policy"), with_secrets("n", &["k"], &[])];
    let rules = RuleSet::builtin().unwrap();
    let findings = run(&rules, Profile::Default, &facts);
    facts.reverse();
    assert_eq!(run(&rules, Profile::Default, &facts), findings);
    let dangling = findings.iter().filter(|finding| finding.rule.id == "dangling-exclusion");
    let evidence: Vec<usize> = dangling.map(|finding| finding.evidence.len()).collect();
    assert_eq!(evidence.len(), 2, "one for each policy");
    assert_eq!(evidence.iter().sum::<usize>(), 5, "what both sources say stands once");
    assert!(findings.windows(2).all(|pair| pair[0].order() <= pair[1].order()));
}

#[test]
fn a_certificate_that_entra_connect_renews_is_no_part_of_a_finding_on_a_secret_beside_it() {
    let key = |kind: &str, id: &str| json!({"kind": kind, "key_id": id, "held_on": "application", "expired": false, "days_to_end": 9, "age_days": 300});
    let gone = |kind: &str, id: &str| json!({"kind": kind, "key_id": id, "held_on": "application", "expired": true, "days_to_end": -9});
    let connect = |certificate: &str| {
        let name = "ConnectSyncProvisioning_DC01";
        let (secrets, certificates) =
            ([key("secret", "s"), gone("secret", "old")], [key("certificate", certificate), gone("certificate", certificate)]);
        application(
            "a",
            json!({"name": name, "standing": "is excluded", "home": "this-tenant", "secrets": secrets, "certificates": certificates}),
            &[],
        )
    };
    for rule in ["credential-expires-soon", "credential-not-rotated", "expired-credential-attached"] {
        let (before, after) = (found(&[connect("renewed-1")], rule), found(&[connect("renewed-2")], rule));
        assert_eq!((before.len(), &before[0].id), (1, &after[0].id), "{rule}");
        assert!(!before[0].evidence.iter().any(|line| line.contains("renewed-1")), "{rule}: {:?}", before[0].evidence);
    }
}
