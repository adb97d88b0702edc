//! What is said to be lost without a dataset is lost, and nothing else is: each dataset is taken out of the demo's snapshot.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use common::without;
use maascan::assess::facts::facts;
use maascan::assess::{self, Assessment, FindingStatus, Options, verdicts_without};
use maascan::catalogue::Catalogue;
use maascan::rules::{self, Profile, RuleSet};
use maascan::snapshot::{self, AppRole, AppRoleId, Dataset, PropertyLock, Snapshot};
use std::collections::{BTreeMap, BTreeSet};

fn collected() -> Snapshot {
    let folder = tempfile::tempdir().unwrap();
    let mut snapshot = snapshot::load(&common::collected(folder.path(), &[])).unwrap();
    // Microsoft adds a permission that this maascan does not know, and somebody is granted it.
    let id = AppRoleId::new("5eb59dd3-1da2-4329-8733-9dabdc435916");
    let mut grant = snapshot.app_role_grants[0].clone();
    grant.app_role = id.clone();
    snapshot.app_role_grants.push(grant);
    snapshot.app_roles.insert(id.clone(), AppRole { id, value: "DeviceManagementNovelty.ReadWrite.All".to_owned() });
    snapshot
}

/// Everything that verdicts, gates and exclusions say.
fn judged(snapshot: &Snapshot, catalogue: &Catalogue) -> String {
    let Assessment { verdicts, gates, exclusions, unmapped_permissions, .. } =
        assess::assess(snapshot, catalogue, &Options { window_days: 30, ..Options::default() });
    format!("{verdicts:#?}\n{gates:#?}\n{exclusions:#?}\n{unmapped_permissions:#?}")
}

#[test]
fn verdicts_change_without_exactly_the_datasets_that_are_said_to_matter() {
    let (whole, catalogue) = (collected(), Catalogue::builtin().unwrap());
    let with_all = judged(&whole, &catalogue);
    for dataset in Dataset::ALL {
        let changes = judged(&without(&whole, dataset), &catalogue) != with_all;
        assert_eq!(changes, verdicts_without(dataset).is_some(), "{dataset}");
    }
}

#[test]
fn without_the_property_lock_nothing_is_judged_by_it() {
    let (mut whole, catalogue) = (collected(), Catalogue::builtin().unwrap());
    let with_all = judged(&whole, &catalogue);
    whole.applications.values_mut().for_each(|application| application.property_lock = PropertyLock::Unknown);
    assert_eq!(judged(&whole, &catalogue), with_all);
}

/// What rules say, by rule and object. An application goes by its app id, which it keeps where its service principal is not known.
fn said(snapshot: &Snapshot, catalogue: &Catalogue) -> BTreeMap<(String, String), BTreeSet<FindingStatus>> {
    let assessment = assess::assess(snapshot, catalogue, &Options::default());
    let findings = rules::run(&RuleSet::builtin().unwrap(), Profile::Default, &facts(&assessment));
    let mut said: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for finding in findings {
        let object = match (finding.object.kind, finding.object.app_id) {
            ("tenant", _) => "the tenant".to_owned(),
            ("servicePrincipal" | "application", Some(app_id)) => app_id,
            _ => finding.object.id,
        };
        said.entry((finding.rule.id, object)).or_default().insert(finding.status);
    }
    said
}

#[test]
fn without_a_dataset_findings_become_undetermined_and_none_goes_silent_or_appears() {
    let folder = tempfile::tempdir().unwrap();
    let whole = snapshot::load(&common::collected(folder.path(), &["--sign-ins"])).unwrap();
    let catalogue = Catalogue::builtin().unwrap();
    let with_all = said(&whole, &catalogue);
    let is_open = |statuses: &BTreeSet<FindingStatus>| statuses.contains(&FindingStatus::Open);
    let mut wrong = Vec::new();
    for dataset in Dataset::ALL {
        let blind = said(&without(&whole, dataset), &catalogue);
        for ((rule, object), _) in with_all.iter().filter(|(_, statuses)| is_open(statuses)) {
            let still = blind.contains_key(&(rule.clone(), object.clone()));
            // Where the object itself cannot be seen any more, the rule cannot tell of the tenant.
            let untold =
                blind.get(&(rule.clone(), "the tenant".to_owned())).is_some_and(|statuses| statuses.contains(&FindingStatus::Undetermined));
            if !still && !untold {
                wrong.push(format!("without {dataset}: {rule} is silent on {object}"));
            }
        }
        for ((rule, object), _) in blind.iter().filter(|(_, statuses)| is_open(statuses)) {
            if !with_all.get(&(rule.clone(), object.clone())).is_some_and(is_open) {
                wrong.push(format!("without {dataset}: {rule} fires on {object}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} in all\n{}", wrong.len(), wrong.join("\n"));
}
