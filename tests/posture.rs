//! The facts of applications in the made-up tenant: what was planted is found, what is in order is not, and what was not read
//! is neither.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use common::without;
use maascan::assess::facts::{EntityKind, Fact, Field, FieldType, facts};
use maascan::assess::{Assessment, Options, assess};
use maascan::catalogue::Catalogue;
use maascan::snapshot::{self, Dataset, Snapshot};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

fn collected(arguments: &[&str]) -> Snapshot {
    let folder = tempfile::tempdir().unwrap();
    snapshot::load(&common::collected(folder.path(), arguments)).unwrap()
}

fn judged(snapshot: &Snapshot) -> Assessment {
    assess(snapshot, &Catalogue::builtin().unwrap(), &Options::default())
}

/// Facts of applications, by app id.
fn applications(snapshot: &Snapshot) -> BTreeMap<String, Fact> {
    let facts = facts(&judged(snapshot)).into_iter();
    let of_applications = facts.filter(|fact| matches!(fact.entity, EntityKind::ExcludedApplication | EntityKind::Automation));
    of_applications.filter_map(|fact| Some((fact.object.app_id.clone()?, fact))).collect()
}

struct Tenant(BTreeMap<String, Fact>);

impl Tenant {
    fn of(&self, name: &str) -> &Fact {
        self.0.values().find(|fact| fact.object.name == name).unwrap_or_else(|| panic!("not an application: {name}"))
    }

    /// A field of which something is known.
    fn value(&self, name: &str, field: &str) -> &Value {
        let fact = self.of(name);
        fact.values.get(field).unwrap_or_else(|| panic!("{name}: {field}: {:?}", fact.gaps.get(field)))
    }

    /// One member of each record of a field.
    fn members(&self, name: &str, field: &str, member: &str) -> Vec<String> {
        let plain = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        self.value(name, field).as_array().unwrap().iter().map(|record| plain(&record[member])).collect()
    }

    fn texts(&self, name: &str, field: &str) -> Vec<String> {
        self.value(name, field).as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
    }
}

#[test]
fn what_was_planted_on_excluded_applications_is_found() {
    let tenant = Tenant(applications(&collected(&[])));
    assert_eq!(tenant.value("Software factory", "standing"), "is excluded from approval on app");
    assert_eq!(tenant.members("Software factory", "approving_owners", "name"), ["Tilo Wackernagel", "Leopold Szymkowiak"]);
    assert_eq!(tenant.value("Software factory", "property_lock"), "off");
    assert_eq!(tenant.value("Software factory", "conditional_access"), "covered");
    assert_eq!(tenant.members("Software factory", "keys_after_exclusion", "age_days"), ["10"]);
    assert!(tenant.texts("Software factory", "delegated_scopes").contains(&"DeviceManagementApps.ReadWrite.All".to_owned()));
    assert!(tenant.texts("Software factory", "unrestricted").iter().any(|clause| clause.contains("Packaging exemption")));

    assert_eq!(tenant.members("Endpoint toolkit runner", "weak_owners", "why"), ["guest"]);
    assert_eq!(tenant.value("Endpoint toolkit runner", "conditional_access"), "not-covered");
    assert_eq!(tenant.texts("Endpoint toolkit runner", "writes_beyond"), ["script"]);
    assert_eq!(tenant.texts("Endpoint toolkit runner", "completes_requests"), ["app"]);

    assert_eq!(tenant.texts("Legacy packaging server", "tier_zero"), ["Application.ReadWrite.All"]);
    assert_eq!(tenant.members("Legacy packaging server", "weak_owners", "why"), ["disabled"]);
    assert_eq!(tenant.value("Legacy packaging server", "risky"), true);
    assert_eq!(tenant.value("Legacy packaging server", "risk"), "high, atRisk");
    assert_eq!(tenant.texts("Legacy packaging server", "unsafe_redirects").len(), 2);
    assert_eq!(tenant.value("Legacy packaging server", "implicit_grant"), true);

    assert!(tenant.members("Retired imaging service", "owners", "id").is_empty());
    assert_eq!(tenant.members("Retired imaging service", "exclusion_use", "idle_at_least"), ["90"]);
    assert_eq!(tenant.members("Retired imaging service", "exclusion_use", "seen"), ["false"]);
    assert_eq!(tenant.members("Lost device responder", "weak_owners", "why"), ["synchronised"]);
    assert_eq!(tenant.value("Lost device responder", "can_wipe"), true);
    assert_eq!(tenant.value("Driver catalogue bot", "can_alter_gates"), true);
    assert_eq!(tenant.members("Driver catalogue bot", "federated_credentials", "weaknesses"), ["[\"unknown-issuer\"]"]);
    assert_eq!(tenant.members("Kiosk profile manager", "federated_credentials", "weaknesses"), ["[\"pull-request\"]"]);
    assert_eq!(tenant.members("Kiosk profile manager", "key_uses", "used"), ["false", "true"]);
    assert_eq!(tenant.value("Kiosk profile manager", "property_lock"), "partial");
    assert_eq!(tenant.members("Nebelhorn Patch Cloud", "service_principal_keys", "kind"), ["certificate"]);
    assert_eq!(tenant.value("Nebelhorn Patch Cloud", "verified_publisher"), true);
    assert_eq!(tenant.value("Nebelhorn Patch Cloud", "conditional_access"), "not-coverable");
    let unused = tenant.value("aa-endpoint-runbooks", "permission_use").as_array().unwrap();
    assert!(
        unused.iter().any(|row| row["permission"] == "DeviceManagementManagedDevices.PrivilegedOperations.All" && row["seen"] == false)
    );
    assert_eq!(tenant.value("aa-endpoint-runbooks", "property_lock"), "not-applicable");
}

#[test]
fn automations_have_facts_too_and_what_is_in_order_is_clear() {
    let tenant = Tenant(applications(&collected(&[])));
    assert_eq!(tenant.of("Tenant bootstrap").entity, EntityKind::Automation);
    assert_eq!(tenant.texts("Tenant bootstrap", "tier_zero_roles"), ["Global Administrator"]);
    assert_eq!(tenant.texts("Tenant bootstrap", "tier_zero"), ["AppRoleAssignment.ReadWrite.All", "RoleManagement.ReadWrite.Directory"]);
    let github = tenant.members("GitHub release to Intune", "federated_credentials", "weaknesses");
    assert_eq!(
        github.iter().collect::<BTreeSet<_>>(),
        [&"[]".to_owned(), &"[\"wildcard\",\"pull-request\",\"any-branch\"]".to_owned()].into()
    );
    assert_eq!(tenant.value("Quellgrund Patch Orchestrator", "verified_publisher"), false);
    assert_eq!(tenant.value("Service desk wipe button", "risky"), true);
    assert_eq!(tenant.members("func-intune-hygiene", "federated_credentials", "weaknesses"), ["[]"]);

    let fine = tenant.of("Baseline publisher");
    for field in [
        "weak_owners",
        "approving_owners",
        "tier_zero",
        "tier_zero_roles",
        "directory_roles",
        "unsafe_redirects",
        "federated_credentials",
        "delegated_scopes",
        "writes_beyond",
        "service_principal_keys",
    ] {
        // It may write compliance policies, whose gate lists nobody: that is beyond its exclusion.
        let expected = if field == "writes_beyond" { serde_json::json!(["compliancePolicy"]) } else { serde_json::json!([]) };
        assert_eq!(fine.values.get(field), Some(&expected), "{field}: {:?}", fine.gaps.get(field));
    }
    assert_eq!(
        (&fine.values["risky"], &fine.values["implicit_grant"], &fine.values["property_lock"]),
        (&false.into(), &false.into(), &"on".into())
    );
    assert!(fine.gaps.contains_key("networks") && !fine.values.contains_key("networks"), "raw sign-ins were not asked for");
    assert!(matches!(fine.gaps["conditional_access"], snapshot::Gap::OutOfReach { .. }), "an attribute decides");
}

#[test]
fn a_sign_in_from_a_new_network_shows_where_raw_sign_ins_are_read() {
    let tenant = Tenant(applications(&collected(&["--sign-ins"])));
    let rows = tenant.value("Software factory", "networks").as_array().unwrap();
    assert_eq!(rows.len(), 2, "{rows:?}");
    let first: BTreeSet<bool> = rows.iter().map(|row| row["first_days_ago"].as_i64().unwrap() < 7).collect();
    assert_eq!(first.len(), 2, "one is new: {rows:?}");
    assert_eq!(tenant.value("Endpoint toolkit runner", "networks").as_array().unwrap().len(), 1);
}

#[test]
fn requests_are_carried_with_who_decided_them() {
    let assessment = judged(&collected(&[]));
    let of = |name: &str| assessment.requests.iter().filter(|request| request.application.as_deref() == Some(name)).collect::<Vec<_>>();
    let publisher = of("Change-approved app publisher");
    assert_eq!(publisher.len(), 3);
    let profile = &assessment.applications[publisher[0].app_id.as_ref().unwrap()];
    let owners = profile.posture.owners.seen().unwrap();
    assert!(publisher.iter().all(|request| owners.iter().any(|owner| Some(&owner.id) == request.decided_by.as_ref())));
    assert!(of("Settings catalogue promoter").iter().all(|request| request.is_pending() == Some(true) && request.decided_by.is_none()));
    assert!(assessment.requests.iter().all(|request| request.app_id.is_some() || request.is_pending() != Some(false)));
}

/// Fields that may be missing on purpose, as the table says.
const OPTIONAL: [&str; 3] = ["days_since_sign_in", "last_sign_in", "risk"];

/// What follows from the lists of exclusions, which several sources tell of; that some may be unseen is said of the tenant.
const OF_EXCLUSIONS: [&str; 10] = [
    "standing",
    "excluded",
    "workloads",
    "policies",
    "writes_beyond",
    "wipe_needs_approval",
    "exclusion_use",
    "completes_requests",
    "keys_after_exclusion",
    "approving_owners",
];

#[test]
fn without_a_dataset_no_field_says_anything_else_than_with_it() {
    let whole = collected(&["--sign-ins"]);
    let known = applications(&whole);
    let mut wrong = BTreeSet::new();
    for dataset in Dataset::ALL {
        for (app_id, fact) in applications(&without(&whole, dataset)) {
            let Some(before) = known.get(&app_id) else { continue };
            let differing = fact.entity.fields().iter().filter(|field| !passed_over(dataset, field.name) && !agrees(field, &fact, before));
            wrong.extend(differing.map(|field| format!("without {dataset}: {}: {:?}", field.name, fact.values.get(field.name))));
            let fields: BTreeSet<&str> = fact.entity.fields().iter().map(|field| field.name).collect();
            assert!(fact.values.keys().map(String::as_str).chain(fact.gaps.keys().copied()).all(|name| fields.contains(name)));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Fields that may change without this dataset although nothing is wrong: the clause of what is known, and names.
fn passed_over(dataset: Dataset, field: &str) -> bool {
    let lists = matches!(dataset, Dataset::AccessPolicies | Dataset::ApprovalRequests | Dataset::AuditEvents | Dataset::ServicePrincipals);
    let nameless = matches!(dataset, Dataset::ServicePrincipals | Dataset::Applications);
    field == "standing" || (lists && OF_EXCLUSIONS.contains(&field)) || (nameless && field == "name")
}

/// Whether a field is what it was, or less with a reason: a list of which a part is missing, or nothing at all.
fn agrees(field: &Field, fact: &Fact, before: &Fact) -> bool {
    let (value, was) = (fact.values.get(field.name), before.values.get(field.name));
    match (value, fact.gaps.contains_key(field.name)) {
        (Some(value), _) if !fits(field.kind, value) => false,
        (Some(value), false) => Some(value) == was,
        (Some(value), true) => match (field.kind, was) {
            (FieldType::Texts, Some(was)) => value.as_array().unwrap().iter().all(|text| was.as_array().unwrap().contains(text)),
            (kind, _) => matches!(kind, FieldType::Texts | FieldType::Records(_)),
        },
        (None, gap) => gap || OPTIONAL.contains(&field.name),
    }
}

/// Whether a value is of the type that the table gives, with no member that the table does not have.
fn fits(kind: FieldType, value: &Value) -> bool {
    let each = |fits: &dyn Fn(&Value) -> bool| value.as_array().is_some_and(|elements| elements.iter().all(fits));
    match kind {
        FieldType::Bool => value.is_boolean(),
        FieldType::Int => value.is_i64(),
        FieldType::Text => value.is_string(),
        FieldType::Texts => each(&Value::is_string),
        FieldType::Records(members) => each(&|record| {
            record.as_object().is_some_and(|record| {
                record.iter().all(|(name, value)| members.iter().any(|member| member.name == name && fits(member.kind, value)))
            })
        }),
    }
}
