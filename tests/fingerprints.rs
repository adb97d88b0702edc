//! Ids of findings: renaming or collecting again keeps them, rotating a credential changes those that are about it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use chrono::TimeDelta;
use maascan::assess::facts::facts;
use maascan::assess::{Finding, FindingStatus, Options, assess};
use maascan::catalogue::Catalogue;
use maascan::rules::{self, Profile, RuleSet};
use maascan::snapshot::{self, Credential, CredentialKind, Snapshot};
use std::collections::{BTreeMap, BTreeSet};

fn collected() -> Snapshot {
    let folder = tempfile::tempdir().unwrap();
    snapshot::load(&common::collected(folder.path(), &["--sign-ins"])).unwrap()
}

fn open(snapshot: &Snapshot) -> Vec<Finding> {
    let assessment = assess(snapshot, &Catalogue::builtin().unwrap(), &Options::default());
    let findings = rules::run(&RuleSet::builtin().unwrap(), Profile::Default, &facts(&assessment));
    findings.into_iter().filter(|finding| finding.status == FindingStatus::Open).collect()
}

fn ids(snapshot: &Snapshot) -> BTreeSet<String> {
    open(snapshot).into_iter().map(|finding| format!("{} {}", finding.rule.id, finding.id)).collect()
}

#[test]
fn a_new_name_keeps_every_id() {
    let before = collected();
    let mut after = before.clone();
    let renamed = |name: &mut String| *name = format!("{name} 2");
    after.service_principals.values_mut().for_each(|principal| renamed(&mut principal.display_name));
    after.applications.values_mut().for_each(|application| renamed(&mut application.display_name));
    after.access_policies.values_mut().for_each(|policy| renamed(&mut policy.display_name));
    after.groups.values_mut().for_each(|group| renamed(&mut group.display_name));
    // A name that says "dev" is what that one rule looks at; it still does.
    assert_eq!(ids(&after), ids(&before));
}

#[test]
fn collecting_again_keeps_every_id_but_of_what_is_another_thing() {
    let before = collected();
    assert_eq!(ids(&collected()), ids(&before), "at the same time");
    let mut after = before.clone();
    after.taken_at += TimeDelta::hours(6);
    let (before, after) = (ids(&before), ids(&after));
    let moved: Vec<&String> = before.symmetric_difference(&after).collect();
    // Six hours carry a few things over a threshold; nothing that stays has another id.
    assert!(moved.len() * 20 < before.len(), "{moved:?}");
    let by_rule = |ids: &BTreeSet<String>| -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for id in ids {
            *counts.entry(id.split(' ').next().unwrap().to_owned()).or_default() += 1;
        }
        counts
    };
    let (counted_before, counted_after) = (by_rule(&before), by_rule(&after));
    for id in moved {
        let rule = id.split(' ').next().unwrap();
        assert_ne!(counted_before.get(rule), counted_after.get(rule), "{id} moved, and the rule hits as often as before");
    }
}

#[test]
fn a_rotated_credential_changes_the_ids_of_what_is_about_it_and_no_others() {
    let before = collected();
    let rotated = "99999999-0000-4000-8000-00000000000a";
    let factory = before.applications.values().find(|application| application.display_name == "Software factory").unwrap();
    let is_secret = |credential: &&Credential| credential.kind == CredentialKind::Secret;
    let old = factory.credentials.iter().find(is_secret).unwrap().key_id.clone();
    let mut after = before.clone();
    let credentials = &mut after.applications.get_mut(&factory.id).unwrap().credentials;
    credentials.iter_mut().filter(|credential| credential.key_id == old).for_each(|credential| credential.key_id = rotated.to_owned());
    let about = |finding: &Finding, key: &str| finding.evidence.iter().any(|line| line.contains(key));
    let (found_before, found_after) = (open(&before), open(&after));
    let gone: Vec<&Finding> = found_before.iter().filter(|finding| !found_after.iter().any(|other| other.id == finding.id)).collect();
    let come: Vec<&Finding> = found_after.iter().filter(|finding| !found_before.iter().any(|other| other.id == finding.id)).collect();
    assert!(gone.len() >= 2, "a secret is held, and valid too long");
    for finding in gone {
        assert!(about(finding, &old), "{} changed although it is not about the key: {:?}", finding.rule.id, finding.evidence);
    }
    // The report on the use of keys names the old one, so that the new one was never used.
    assert!(come.iter().all(|finding| about(finding, rotated)), "{come:?}");
    let secret_rules = ["excluded-app-holds-secret", "secret-valid-too-long"];
    assert!(secret_rules.iter().all(|rule| come.iter().any(|finding| finding.rule.id == *rule)), "{come:?}");
}
