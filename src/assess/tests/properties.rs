//! What holds for every tenant: nothing gets milder by knowing less, nobody suffers from the exclusion of another, and the
//! order in which things were read does not matter.

use super::*;
use crate::snapshot::UnfinishedApp;
use proptest::prelude::*;
use std::sync::LazyLock;

/// Few of each, so that what is drawn meets.
const APPS: u32 = 2;
const WORKLOADS: [&str; 2] = ["app", "script"];
const ROLES: [&str; 3] = [APPS_WRITE, "9255e99d-faf5-445e-bbf7-cb71482737c4", CONFIGURATION_WRITE];
/// Policies that changes and the file may name; the last may not be there.
const POLICIES: usize = 3;

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::builtin().unwrap());

/// A generated tenant: what is in it is drawn, how it is written down is not.
#[derive(Debug, Clone)]
struct Drawn {
    /// Of each application: role, and whether it signed in: not, before the window, in it.
    holders: Vec<(usize, u8)>,
    /// Of each policy: workload, whether it shows its list, who is on it, days since its last change.
    policies: Vec<(usize, bool, Vec<u32>, u32)>,
    /// Writes: application, days ago, activity, whether it succeeded.
    writes: Vec<(u32, u32, usize, bool)>,
    /// Changes to policies: policy, application, days ago, whether it was added.
    changes: Vec<(usize, u32, u32, bool)>,
    /// Requests: application, workload, status.
    requests: Vec<(u32, usize, usize)>,
    /// Raw sign-ins that succeeded: application, days ago.
    raw: Vec<(u32, u32)>,
    /// Uses of a key: application, days ago.
    uses: Vec<(u32, u32)>,
    /// Of each write in turn, whether the app that it is about was never published.
    drafts: Vec<bool>,
    /// Lines of the user's file: policy, application.
    file: Vec<(usize, u32)>,
}

fn drawn() -> impl Strategy<Value = Drawn> {
    let app = 1..=APPS;
    let days = 1..80_u32;
    (
        prop::collection::vec((0..ROLES.len(), 0..3_u8), APPS as usize),
        prop::collection::vec((0..WORKLOADS.len(), any::<bool>(), prop::collection::vec(app.clone(), 0..3), days.clone()), 1..POLICIES),
        prop::collection::vec((app.clone(), days.clone(), 0..2_usize, prop::bool::weighted(0.8)), 0..5),
        prop::collection::vec((0..POLICIES, app.clone(), days, any::<bool>()), 0..4),
        prop::collection::vec((app.clone(), 0..WORKLOADS.len(), 0..5_usize), 0..3),
        (
            prop::collection::vec((app.clone(), 1..40_u32), 0..2),
            prop::collection::vec((app.clone(), 1..40_u32), 0..2),
            prop::collection::vec(any::<bool>(), 5),
        ),
        prop::collection::vec((0..POLICIES, app), 0..3),
    )
        .prop_map(|(holders, policies, writes, changes, requests, (raw, uses, drafts), file)| Drawn {
            holders,
            policies,
            writes,
            changes,
            requests,
            raw,
            uses,
            drafts,
            file,
        })
}

fn days_ago(days: u32) -> String {
    (at(NOW) - chrono::Duration::days(days.into())).to_rfc3339()
}

const ACTIVITIES: [(&str, &str); 2] = [("Create MobileApp", "MobileApp"), ("createDeviceManagementScript", "DeviceManagementScript")];
const STATUSES: [&str; 5] = ["completed", "expired", "needsApproval", "approved", "paused"];

impl Drawn {
    fn tenant(&self) -> Tenant {
        // Somebody is excluded from something that is not looked at, so that the member with exclusions is known by its name.
        let mut tenant = Tenant::new().holder(90, APPS_WRITE, "").policy("known", "tenantConfiguration", &[], json!({"x": [app(90)]}));
        for (number, (role, signed_in)) in self.holders.iter().enumerate() {
            let time = ["", "2026-08-10T00:00:00Z", "2026-11-01T00:00:00Z"][usize::from(*signed_in)];
            tenant = tenant.holder(u32::try_from(number).unwrap() + 1, ROLES[*role], time);
        }
        for (at_policy, (workload, shows, listed, changed)) in self.policies.iter().enumerate() {
            let listed: Vec<String> = listed.iter().map(|number| app(*number)).collect();
            let id = format!("p{at_policy}");
            tenant = tenant.policy(&id, WORKLOADS[*workload], &[], if *shows { json!({"x": listed}) } else { json!({}) });
            tenant.0.access_policies.get_mut(&id.as_str().into()).unwrap().last_modified = Some(at(&days_ago(*changed)));
        }
        for (number, days, activity, succeeded) in &self.writes {
            let (activity, resource) = ACTIVITIES[*activity];
            tenant = tenant.event(*number, &days_ago(*days), activity, if *succeeded { "Success" } else { "Failure" }, resource);
        }
        for (at_write, ((_, days, ..), _)) in self.writes.iter().zip(&self.drafts).enumerate().filter(|(_, (_, draft))| **draft) {
            let id = format!("draft {at_write}");
            tenant.0.audit_events[at_write].resources[0].id = Some(id.clone());
            let created = Some(at(&days_ago(*days)));
            let app = UnfinishedApp {
                id: id.clone(),
                display_name: String::new(),
                kind: None,
                publishing_state: "notPublished".into(),
                created,
                last_modified: None,
            };
            tenant.0.unfinished_apps.insert(id, app);
        }
        for (policy, number, days, added) in &self.changes {
            let (none, one) = (vec![], vec![app(*number)]);
            let (old, new) = if *added { (&none, &one) } else { (&one, &none) };
            tenant = tenant.change(&days_ago(*days), &format!("p{policy}"), old, new);
        }
        for (at_request, (number, workload, status)) in self.requests.iter().enumerate() {
            tenant = tenant.request(&format!("r{at_request}"), STATUSES[*status], WORKLOADS[*workload], Some(app(*number)), None);
        }
        for (number, days) in &self.raw {
            tenant = tenant.raw_sign_ins(*number, &days_ago(*days), 1);
        }
        for (number, days) in &self.uses {
            tenant = tenant.key_used(*number, "k", &days_ago(*days));
        }
        tenant
    }

    fn options(&self) -> Options {
        let line = |(policy, number): &(usize, u32)| ListedExclusion { line: 1, policy: format!("p{policy}"), ids: vec![app(*number)] };
        Options { exclusions: self.file.iter().map(line).collect(), ..Options::default() }
    }
}

/// Datasets that a verdict may rest on.
const TAKEN: [Dataset; 12] = [
    Dataset::UnfinishedApps,
    Dataset::SignIns,
    Dataset::CredentialActivity,
    Dataset::AccessPolicies,
    Dataset::ApprovalRequests,
    Dataset::ApproverGroups,
    Dataset::AppRoleGrants,
    Dataset::ServicePrincipals,
    Dataset::Applications,
    Dataset::DeletedServicePrincipals,
    Dataset::SignInActivity,
    Dataset::AuditEvents,
];

/// The tenant as it would be had this dataset been refused.
fn without(tenant: &Tenant, dataset: Dataset) -> Tenant {
    let mut poorer = Tenant(tenant.0.clone()).lost(dataset);
    match dataset {
        Dataset::AccessPolicies => poorer.0.access_policies.clear(),
        Dataset::ApprovalRequests => poorer.0.approval_requests.clear(),
        Dataset::AppRoleGrants => poorer.0.app_role_grants.clear(),
        Dataset::ServicePrincipals => poorer.0.service_principals.clear(),
        Dataset::Applications => poorer.0.applications.clear(),
        Dataset::SignInActivity => poorer.0.sign_in_activity.clear(),
        Dataset::AuditEvents => poorer.0.audit_events.clear(),
        Dataset::UnfinishedApps => poorer.0.unfinished_apps.clear(),
        Dataset::SignIns => poorer.0.sign_ins.clear(),
        Dataset::CredentialActivity => poorer.0.credential_activity.clear(),
        _ => {}
    }
    poorer
}

/// How much a verdict alarms. One that says that nothing is known is never mild.
fn alarm(kind: VerdictKind) -> u8 {
    match kind {
        VerdictKind::NotGated => 0,
        VerdictKind::Dormant => 1,
        VerdictKind::Excluded | VerdictKind::Handshake => 2,
        VerdictKind::AtRisk => 3,
        VerdictKind::Passes => 4,
        VerdictKind::Breaks => 5,
        VerdictKind::Blocked => 6,
        VerdictKind::Unknown => 7,
    }
}

fn by_row(assessment: &Assessment) -> BTreeMap<(AppId, Workload), Verdict> {
    assessment.verdicts.iter().map(|verdict| ((verdict.app_id.clone(), verdict.workload.clone()), verdict.clone())).collect()
}

/// Whether a verdict got milder without getting less sure.
fn milder(before: &Verdict, after: &Verdict) -> bool {
    // What is a guess already cannot be less sure.
    let as_sure = after.confidence >= before.confidence && before.confidence != Confidence::Low;
    alarm(after.kind) < alarm(before.kind) && as_sure
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, ..ProptestConfig::default() })]

    #[test]
    fn knowing_less_makes_nothing_milder_and_as_sure(drawn in drawn(), lost in prop::sample::subsequence(TAKEN.to_vec(), 0..3), next in prop::sample::select(TAKEN.to_vec())) {
        let options = drawn.options();
        let known = lost.iter().fold(drawn.tenant(), |tenant, dataset| without(&tenant, *dataset));
        let poorer = without(&known, next);
        let after = by_row(&assess(&poorer.0, &CATALOGUE, &options));
        for (row, before) in by_row(&assess(&known.0, &CATALOGUE, &options)) {
            if let Some(after) = after.get(&row) {
                prop_assert!(!milder(&before, after), "without {next} after {lost:?}: {before:#?} became {after:#?}");
            }
        }
    }

    #[test]
    fn the_exclusion_of_one_makes_nothing_worse_for_another(drawn in drawn(), policy in 0..POLICIES, number in 1..=APPS, how in 0..3_u8) {
        let mut more = drawn.clone();
        match (how, more.policies.get_mut(policy)) {
            (0, Some((_, true, listed, _))) => listed.push(number),
            (1, _) => more.changes.push((policy, number, 1, true)),
            _ => more.file.push((policy, number)),
        }
        let before = by_row(&assess(&drawn.tenant().0, &CATALOGUE, &drawn.options()));
        for (row, after) in by_row(&assess(&more.tenant().0, &CATALOGUE, &more.options())) {
            if row.0 != AppId::new(&app(number)) {
                prop_assert!(alarm(after.kind) <= alarm(before[&row].kind), "{:#?} became {after:#?}", before[&row]);
            }
        }
    }

    #[test]
    fn the_order_of_what_was_read_changes_nothing(drawn in drawn(), turn in 0..6_usize) {
        let tenant = drawn.tenant();
        let mut turned = Tenant(tenant.0.clone());
        turned.0.audit_events.reverse();
        turned.0.app_role_grants.reverse();
        turned.0.sign_ins.reverse();
        turned.0.credential_activity.reverse();
        let events = turned.0.audit_events.len().max(1);
        turned.0.audit_events.rotate_left(turn % events);
        let mut options = drawn.options();
        let straight = assess(&tenant.0, &CATALOGUE, &options);
        options.exclusions.reverse();
        prop_assert_eq!(straight, assess(&turned.0, &CATALOGUE, &options));
    }
}
