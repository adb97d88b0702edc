//! What is said to be lost without a dataset is lost, and nothing else is: each dataset is taken out of the demo's snapshot.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use common::without;
use maascan::assess::{self, Assessment, Options, verdicts_without};
use maascan::catalogue::Catalogue;
use maascan::snapshot::{self, AppRole, AppRoleId, Dataset, PropertyLock, Snapshot};

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
