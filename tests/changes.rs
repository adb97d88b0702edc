//! What is told of the difference between two runs: each planted change by itself, and nothing beside it.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

mod common;

use chrono::{TimeDelta, Utc};
use common::{collected, without};
use maascan::assess::{self, Assessment};
use maascan::catalogue::Catalogue;
use maascan::rules::{Profile, RuleSet, judge};
use maascan::runs::{self, Change, Run, Topic, What};
use maascan::snapshot::{
    AppId, AppRoleGrant, Credential, CredentialKind, Dataset, DirectoryRoleAssignment, FederatedCredential, GroupMember, Owner, Snapshot,
};

fn judged(snapshot: &Snapshot) -> Assessment {
    let mut assessment = assess::assess(snapshot, &Catalogue::builtin().unwrap(), &assess::Options::default());
    let facts = assess::facts::facts(&assessment);
    let today = assessment.run.taken_at.date_naive();
    assessment.findings = judge(&RuleSet::builtin().unwrap(), Profile::default(), &facts, &[], today).findings;
    assessment
}

fn run<'a>(snapshot: &'a Snapshot, assessment: &'a Assessment) -> Run<'a> {
    Run { snapshot, assessment, findings: &assessment.findings }
}

struct Fixture {
    earlier: Snapshot,
    before: Assessment,
}

impl Fixture {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let earlier = maascan::snapshot::load(&collected(folder.path(), &[])).unwrap();
        let before = judged(&earlier);
        Self { earlier, before }
    }

    /// A minute later, so that nothing changes by time alone.
    fn later(&self) -> Snapshot {
        let mut later = self.earlier.clone();
        later.taken_at += TimeDelta::minutes(1);
        later
    }

    fn compare(&self, later: &Snapshot) -> Change {
        let after = judged(later);
        runs::compare(run(&self.earlier, &self.before), run(later, &after), &[]).unwrap()
    }

    /// The objects that changed: not what the verdicts and findings make of them.
    fn objects(&self, later: &Snapshot) -> Vec<String> {
        objects(&self.compare(later))
    }
}

fn objects(change: &Change) -> Vec<String> {
    let objects = change.entries.iter().filter(|entry| !matches!(entry.topic, Topic::Finding | Topic::Verdict));
    objects
        .map(|entry| {
            let values = [&entry.before, &entry.after].map(|value| value.as_deref().unwrap_or("-").to_owned());
            let by = entry.by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
            format!("{} {}: {}: {}: {}{by}", entry.topic.word(), entry.what.word(), entry.name, entry.object, values.join(" > "))
        })
        .collect()
}

/// An excluded application that is registered here, with its name.
const EXCLUDED: &str = "Legacy packaging server";
const POLICY: &str = "Windows apps need a second pair of eyes";

fn app_id(snapshot: &Snapshot, name: &str) -> AppId {
    snapshot.service_principals.values().find(|principal| principal.display_name == name).unwrap().app_id.clone()
}

fn application<'a>(snapshot: &'a mut Snapshot, name: &str) -> &'a mut maascan::snapshot::Application {
    let app_id = app_id(snapshot, name);
    snapshot.applications.values_mut().find(|application| application.app_id == app_id).unwrap()
}

fn policy<'a>(snapshot: &'a mut Snapshot, name: &str) -> &'a mut maascan::snapshot::AccessPolicy {
    snapshot.access_policies.values_mut().find(|policy| policy.display_name == name).unwrap()
}

fn secret(id: &str, start: chrono::DateTime<Utc>) -> Credential {
    Credential {
        kind: CredentialKind::Secret,
        key_id: id.to_owned(),
        display_name: None,
        start: Some(start),
        end: Some(start + TimeDelta::days(30)),
        usage: None,
        thumbprint: None,
    }
}

type Planted = (&'static str, fn(&mut Snapshot), &'static [&'static str]);

/// Each change with the entries that it makes, up to their values.
const PLANTED: &[Planted] = &[
    ("nothing", |_| {}, &[]),
    (
        "a secret",
        |snapshot| {
            let at = snapshot.taken_at;
            application(snapshot, EXCLUDED).credentials.push(secret("11111111-0000-4000-8000-000000000001", at));
        },
        &[
            "credential new: Legacy packaging server: secret 11111111-0000-4000-8000-000000000001: - > on the application, until 2026-12-02T06:01:00Z",
        ],
    ),
    (
        "a secret taken away",
        |snapshot| {
            application(snapshot, "Lost device responder").credentials.clear();
        },
        &["credential gone: Lost device responder: secret c603c776-c74b-4a44-ad69-4bef30492354: on the application, until "],
    ),
    (
        "trust in an issuer",
        |snapshot| {
            let added = FederatedCredential {
                id: "f1".into(),
                name: Some("runner".into()),
                issuer: Some("https://token.example".into()),
                subject: Some("repo:a".into()),
                claims_matching_expression: None,
                audiences: vec!["api".into()],
            };
            application(snapshot, EXCLUDED).federated_credentials.get_or_insert_default().push(added);
        },
        &[
            "credential new: Legacy packaging server: federated credential runner: - > issuer https://token.example, subject repo:a, audiences api",
        ],
    ),
    (
        "an owner",
        |snapshot| {
            let owner =
                Owner { id: "22222222-0000-4000-8000-000000000002".into(), kind: Some("user".into()), display_name: Some("Ada".into()) };
            application(snapshot, EXCLUDED).owners.get_or_insert_default().push(owner);
        },
        &["owner new: Legacy packaging server: Ada: - > owner of the application, user"],
    ),
    (
        "a permission",
        |snapshot| {
            let app_id = app_id(snapshot, EXCLUDED);
            let principal = snapshot.service_principals.values().find(|principal| principal.app_id == app_id).unwrap().id.clone();
            let role = snapshot.app_roles.values().find(|role| role.value == "DeviceManagementScripts.ReadWrite.All").unwrap().id.clone();
            let created = Some(snapshot.taken_at);
            snapshot.app_role_grants.push(AppRoleGrant { principal, principal_display_name: None, app_role: role, created });
        },
        &["permission new: Legacy packaging server: DeviceManagementScripts.ReadWrite.All: - > granted"],
    ),
    (
        "an Entra role",
        |snapshot| {
            let app_id = app_id(snapshot, EXCLUDED);
            let principal = snapshot.service_principals.values().find(|principal| principal.app_id == app_id).unwrap();
            let principal = principal.id.as_str().to_owned();
            snapshot.directory_roles.push(DirectoryRoleAssignment {
                role_definition: "r1".into(),
                role_name: Some("Cloud Device Administrator".into()),
                principal,
                principal_kind: Some("servicePrincipal".into()),
                scope: Some("/".into()),
            });
        },
        &["role new: Legacy packaging server: Cloud Device Administrator: - > role in Entra ID, scope /"],
    ),
    (
        "a policy renamed",
        |snapshot| {
            policy(snapshot, POLICY).display_name = "Windows apps".into();
        },
        &["access-policy changed: Windows apps: name: Windows apps need a second pair of eyes > Windows apps"],
    ),
    (
        "a platform put on a policy",
        |snapshot| {
            policy(snapshot, POLICY).platforms.push("macOS".into());
        },
        &["access-policy changed: Windows apps need a second pair of eyes: platforms: none > macOS"],
    ),
    (
        "a policy deleted",
        |snapshot| {
            let id = policy(snapshot, "Device retirement").id.clone();
            snapshot.access_policies.remove(&id);
            snapshot.coverage.get_mut(&Dataset::AccessPolicies).unwrap().coverage = maascan::snapshot::Coverage::Complete { items: 8 };
        },
        &["access-policy gone: Device retirement: : protects deviceRetire > -"],
    ),
    (
        "an approver disabled, another added",
        |snapshot| {
            let group = snapshot.groups.values_mut().find(|group| group.members.as_ref().is_some_and(|members| members.len() > 1)).unwrap();
            let members = group.members.as_mut().unwrap();
            members[0].account_enabled = members[0].account_enabled.map(|enabled| !enabled);
            let added =
                GroupMember { id: "m9".into(), kind: Some("user".into()), display_name: Some("Bo".into()), account_enabled: Some(true) };
            members.push(added);
        },
        &["approver new: ", "approver changed: "],
    ),
    (
        "a Conditional Access policy switched off",
        |snapshot| {
            snapshot.conditional_access.values_mut().next().unwrap().state = Some("disabled".into());
        },
        &["conditional-access changed: "],
    ),
];

#[test]
fn every_planted_change_is_told_and_nothing_beside_it() {
    let fixture = Fixture::new();
    for (name, plant, expected) in PLANTED {
        let mut later = fixture.later();
        plant(&mut later);
        let told = fixture.objects(&later);
        assert_eq!(told.len(), expected.len(), "{name}: {told:#?}");
        for (told, expected) in told.iter().zip(*expected) {
            assert!(told.starts_with(expected), "{name}: {told}");
        }
    }
}

#[test]
fn an_application_taken_off_a_list_is_told_with_who_did_it() {
    let fixture = Fixture::new();
    let mut later = fixture.later();
    let listed = fixture.before.exclusions.iter().find(|row| row.policy == POLICY && row.listed).unwrap();
    let id = listed.listed_id.to_lowercase();
    let at = later.taken_at;
    let old: std::collections::BTreeSet<String> =
        fixture.before.exclusions.iter().filter(|row| row.policy == POLICY).map(|row| row.listed_id.to_lowercase()).collect();
    let changed = policy(&mut later, POLICY);
    let policy_id = changed.id.to_string();
    for value in changed.unknown_members.values_mut() {
        if let Some(list) = value.as_array_mut() {
            list.retain(|element| !element.to_string().to_lowercase().contains(&id));
        }
    }
    // Of the events on policies, one that lists ids is written anew as one that takes this id off.
    let mut event = later
        .audit_events
        .iter()
        .rev()
        .find(|event| event.resources.iter().any(|resource| resource.new_ids.contains(&id)))
        .unwrap()
        .clone();
    event.id = "planted".into();
    event.time = at;
    event.actor.user_principal_name = Some("mara@quellgrund.example".into());
    for resource in &mut event.resources {
        resource.id = Some(policy_id.clone());
        resource.old_ids.clone_from(&old);
        resource.new_ids = old.iter().filter(|other| **other != id).cloned().collect();
        resource.policy_ids.clone_from(&old);
    }
    later.audit_events.push(event);
    let told = fixture.objects(&later);
    assert_eq!(told.len(), 1, "{told:#?}");
    assert!(told[0].starts_with("exclusion gone: ") && told[0].ends_with("by mara@quellgrund.example"), "{told:#?}");
}

/// Whatever dataset cannot be read any more, nothing is said to be gone, and nothing to be new when it can be read again.
#[test]
fn what_cannot_be_read_any_more_is_not_gone() {
    let fixture = Fixture::new();
    for dataset in Dataset::ALL {
        let mut blind = without(&fixture.earlier, dataset);
        blind.taken_at += TimeDelta::minutes(1);
        let change = fixture.compare(&blind);
        // What is told of the loss itself: that rules cannot tell any more, and what a plan has none of.
        let wrong: Vec<_> = change.entries.iter().filter(|entry| is_certain(entry.what)).collect();
        assert!(wrong.is_empty(), "{dataset}: {wrong:#?}");
        let after = judged(&blind);
        let mut whole = fixture.later();
        whole.taken_at += TimeDelta::minutes(1);
        let seen = judged(&whole);
        let back = runs::compare(run(&blind, &after), run(&whole, &seen), &[]).unwrap();
        let wrong: Vec<_> = back.entries.iter().filter(|entry| is_certain(entry.what)).collect();
        assert!(wrong.is_empty(), "{dataset}, back: {wrong:#?}");
        // With the run before the blind one, nothing is left to tell, but for findings that only the blind run had.
        let older = [run(&fixture.earlier, &fixture.before)];
        let settled = runs::compare(run(&blind, &after), run(&whole, &seen), &older).unwrap();
        let left: Vec<_> = settled
            .entries
            .iter()
            .filter(|entry| entry.topic != Topic::Finding || is_certain(entry.what) || entry.what == What::ReadableNow)
            .collect();
        assert!(left.is_empty(), "{dataset}, settled: {left:#?}");
    }
}

fn is_certain(what: What) -> bool {
    matches!(what, What::New | What::Gone | What::Changed)
}

#[test]
fn what_happened_while_the_last_run_could_not_look_is_told_all_the_same() {
    let fixture = Fixture::new();
    let datasets = [
        (Dataset::Applications, "a secret"),
        (Dataset::FederatedCredentials, "trust in an issuer"),
        (Dataset::Owners, "an owner"),
        (Dataset::AccessPolicies, "a policy deleted"),
    ];
    for (dataset, planted) in datasets {
        let mut blind = without(&fixture.earlier, dataset);
        blind.taken_at += TimeDelta::minutes(1);
        let before = judged(&blind);
        let mut later = fixture.later();
        let (_, plant, expected) = PLANTED.iter().find(|(name, ..)| *name == planted).unwrap_or_else(|| panic!("{planted}"));
        plant(&mut later);
        later.taken_at += TimeDelta::minutes(1);
        let after = judged(&later);
        let older = [run(&fixture.earlier, &fixture.before)];
        let told = objects(&runs::compare(run(&blind, &before), run(&later, &after), &older).unwrap());
        assert_eq!(told.len(), expected.len(), "{planted}: {told:#?}");
        assert!(told.iter().zip(*expected).all(|(told, expected)| told.starts_with(*expected)), "{planted}: {told:#?}");
    }
}

#[test]
fn runs_of_two_tenants_are_not_compared() {
    let fixture = Fixture::new();
    let mut other = fixture.later();
    other.tenant_id = "00000000-0000-4000-8000-000000000000".into();
    let judged = judged(&other);
    let refused = runs::compare(run(&fixture.earlier, &fixture.before), run(&other, &judged), &[]);
    assert!(refused.unwrap_err().to_string().contains("two tenants"));
}
