//! Access policies and approval requests.
//!
//! **The member that holds exclusions has an invented name.** Microsoft has published none (facts/maa.md section 2), so the
//! name is drawn from several by the seed: a reader that hard-codes one of them fails on another seed, as it would fail on
//! the real service. How an element looks differs from policy to policy for the same reason.

use super::principals::group;
use super::spec::{APP_GATE_DAYS, Gate, NamedBy, SCRIPT_GATE_CHANGED_DAYS};
use super::{Actor, Tenant};
use crate::simulator::guid::{Guid, rng};
use chrono::{DateTime, TimeDelta, Utc};

/// Invented: see the head of this file.
const EXCLUSION_MEMBERS: [&str; 5] =
    ["callersWithoutReview", "nonInteractiveBypass", "unattendedPrincipals", "exemptCallerReferences", "passThroughIdentities"];

/// The invented name in the tenant of this seed.
pub(super) fn exclusion_member(seed: u64) -> &'static str {
    let at = rng(seed, "exclusion-member", "").usize(0..EXCLUSION_MEMBERS.len());
    EXCLUSION_MEMBERS.get(at).copied().unwrap_or_default()
}

/// How a policy writes an excluded application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    /// Objects with the app id as `id`, and a display name.
    AppIdObjects,
    /// Object ids as text.
    ObjectIdText,
    /// App ids as text, upper case.
    AppIdText,
    /// Objects with the object id as `id`, and a display name.
    ObjectIdObjects,
}

/// One element of a list of exclusions.
#[derive(Debug, Clone)]
pub(crate) struct Exclusion {
    /// The id as the policy writes it.
    pub(crate) id: String,
    /// The display name, where elements are objects.
    pub(crate) name: Option<String>,
}

/// An access policy.
#[derive(Debug, Clone)]
pub(crate) struct Policy {
    pub(crate) gate: Gate,
    pub(crate) id: Guid,
    pub(crate) name: &'static str,
    /// None where no answer of the service says it.
    pub(crate) policy_type: Option<&'static str>,
    pub(crate) platform: &'static str,
    pub(crate) approvers: Vec<Guid>,
    pub(crate) modified: DateTime<Utc>,
    /// Days before now at which a person created it. None where no audit event tells.
    pub(crate) created_days_ago: Option<i64>,
    /// None where the policy does not show the member at all.
    pub(crate) exclusions: Option<Vec<Exclusion>>,
    /// A lone GUID under a member that means something else.
    pub(crate) author: Guid,
}

/// Who filed a request.
#[derive(Debug, Clone)]
pub(crate) enum Requestor {
    Application {
        id: Guid,
        name: String,
    },
    Person(usize),
    /// The service leaves it out.
    Nobody,
}

/// An approval request.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) id: Guid,
    pub(crate) requested: DateTime<Utc>,
    pub(crate) modified: DateTime<Utc>,
    pub(crate) status: &'static str,
    pub(crate) policy_type: &'static str,
    pub(crate) requestor: Requestor,
    pub(crate) payload_id: Guid,
    pub(crate) payload_name: String,
    pub(crate) operation: &'static str,
    /// JSON inside a string, as two public readers of this member found it.
    pub(crate) payload: Option<String>,
}

/// The plan of a policy: gate, name, type, platform, approver groups, days since creation, style of exclusions.
type Plan = (Gate, &'static str, Option<&'static str>, &'static str, &'static [usize], Option<i64>, Option<Style>);

const PLANS: [Plan; 9] = [
    (
        Gate::App,
        "Windows apps need a second pair of eyes",
        Some("app"),
        "windows10AndLater",
        &[group::APPROVERS],
        Some(APP_GATE_DAYS),
        Some(Style::AppIdObjects),
    ),
    (
        Gate::Script,
        "Scripts and remediations",
        Some("script"),
        "notApplicable",
        &[group::APPROVERS, group::NESTED],
        Some(80),
        Some(Style::ObjectIdText),
    ),
    (
        Gate::ConfigurationBroad,
        "Configuration, all teams",
        Some("configurationPolicy"),
        "notApplicable",
        &[group::APPROVERS],
        Some(70),
        Some(Style::AppIdText),
    ),
    (
        Gate::ConfigurationNarrow,
        "Configuration, headquarters",
        Some("configurationPolicy"),
        "notApplicable",
        &[group::APPROVERS],
        Some(69),
        Some(Style::ObjectIdObjects),
    ),
    (Gate::Compliance, "Compliance policies", Some("compliancePolicy"), "notApplicable", &[group::APPROVERS], None, Some(Style::AppIdText)),
    (Gate::Wipe, "Device wipe", Some("deviceWipe"), "notApplicable", &[group::TEAM], Some(60), Some(Style::ObjectIdText)),
    (Gate::Retire, "Device retirement", Some("deviceRetire"), "notApplicable", &[group::LONE], Some(55), None),
    (
        Gate::EndpointSecurity,
        "Endpoint security",
        Some("endpointSecurityPolicy"),
        "notApplicable",
        &[group::EMPTY],
        Some(40),
        Some(Style::ObjectIdText),
    ),
    (Gate::Unreadable, "Branch offices", None, "notApplicable", &[group::APPROVERS], None, None),
];

impl Tenant {
    pub(super) fn add_policies(&mut self) {
        self.policies = PLANS.iter().map(|plan| self.policy(plan)).collect();
    }

    fn policy(&self, &(gate, name, policy_type, platform, approvers, created_days_ago, style): &Plan) -> Policy {
        let group_id = |at: &usize| self.groups.get(*at).map(|group| group.id);
        Policy {
            gate,
            id: self.guid("policy", name),
            name,
            policy_type,
            platform,
            approvers: approvers.iter().filter_map(group_id).collect(),
            modified: self.days_ago(if gate == Gate::Script { SCRIPT_GATE_CHANGED_DAYS } else { created_days_ago.unwrap_or(4) }),
            created_days_ago,
            exclusions: style.map(|style| self.exclusions(gate, style)),
            author: self.guid("author", name),
        }
    }

    fn exclusions(&self, gate: Gate, style: Style) -> Vec<Exclusion> {
        let listed = self.actors.iter().filter(|actor| actor.copy == 0 && actor.spec.excluded_by.contains(&gate));
        let mut exclusions: Vec<Exclusion> = listed.map(|actor| exclusion(actor, style)).collect();
        if gate == Gate::Script {
            exclusions.extend(self.dangling().map(|id| Exclusion { id: id.to_string(), name: None }));
        }
        exclusions
    }

    /// The object id of a deleted service principal, and an id that resolves to nothing.
    fn dangling(&self) -> impl Iterator<Item = Guid> {
        let deleted = self.deleted.first().map(|principal| principal.id);
        deleted.into_iter().chain([self.guid("dangling", "script")])
    }

    pub(super) fn add_requests(&mut self) {
        let filed: Vec<Request> = self.actors.iter().filter(|actor| actor.copy == 0).flat_map(|actor| self.requests_of(actor)).collect();
        self.requests.extend(filed);
        let about_policies: Vec<Request> = self.policies.iter().filter_map(|policy| self.request_about(policy)).collect();
        self.requests.extend(about_policies);
        let by_people: Vec<Request> = (0..62).map(|number| self.request_by_person(number)).collect();
        self.requests.extend(by_people);
    }

    fn requests_of(&self, actor: &Actor) -> Vec<Request> {
        let requestor = |named_by| Requestor::Application {
            id: if named_by == NamedBy::AppId { actor.app_id } else { actor.principal_id },
            name: actor.name.to_string(),
        };
        let number = actor.spec.requests.iter().enumerate();
        number
            .map(|(number, spec)| Request {
                status: spec.status,
                policy_type: spec.policy_type,
                requestor: requestor(spec.named_by),
                ..self.request(&format!("{}/{number}", actor.app_id), spec.days_ago)
            })
            .collect()
    }

    /// A completed request by nobody in particular.
    fn request(&self, key: &str, days_ago: i64) -> Request {
        let requested = self.days_ago(days_ago) - TimeDelta::hours(2);
        Request {
            id: self.guid("request", key),
            requested,
            modified: requested + TimeDelta::minutes(95),
            status: "completed",
            policy_type: "app",
            requestor: Requestor::Nobody,
            payload_id: self.guid("payload", key),
            payload_name: format!("Change {key:.6}"),
            operation: "Update",
            payload: None,
        }
    }

    /// The request by which an access policy came to be, where it is young enough to be shown (30 days). That on
    /// compliance is approved and was never completed.
    fn request_about(&self, policy: &Policy) -> Option<Request> {
        let planned = policy.gate == Gate::Compliance;
        let days_ago = policy.created_days_ago.or(planned.then_some(4)).filter(|&days| days < 30)?;
        let ids: Vec<&str> = policy.exclusions.iter().flatten().map(|exclusion| exclusion.id.as_str()).collect();
        let payload = serde_json::json!({"displayName": policy.name, self.exclusion_member: ids});
        Some(Request {
            status: if planned { "approved" } else { "completed" },
            policy_type: "operationApprovalPolicy",
            requestor: Requestor::Person(0),
            payload_id: policy.id,
            payload_name: policy.name.to_owned(),
            operation: "Create",
            payload: Some(payload.to_string()),
            ..self.request(&format!("policy {}", policy.name), days_ago)
        })
    }

    fn request_by_person(&self, number: usize) -> Request {
        const STATUSES: [&str; 6] = ["completed", "approved", "rejected", "cancelled", "expired", "completed"];
        const TYPES: [&str; 4] = ["script", "configurationPolicy", "deviceRetire", "app"];
        let days_ago = i64::try_from(number % 29).unwrap_or_default();
        let nobody = number % 10 == 9;
        Request {
            status: STATUSES.get(number % STATUSES.len()).copied().unwrap_or_default(),
            policy_type: TYPES.get(number % TYPES.len()).copied().unwrap_or_default(),
            requestor: if nobody { Requestor::Nobody } else { Requestor::Person(number % 9) },
            ..self.request(&format!("person {number}"), days_ago)
        }
    }
}

fn exclusion(actor: &Actor, style: Style) -> Exclusion {
    let id = match style {
        Style::AppIdObjects => actor.app_id.to_string(),
        Style::AppIdText => actor.app_id.to_string().to_uppercase(),
        Style::ObjectIdText | Style::ObjectIdObjects => actor.principal_id.to_string(),
    };
    let named = matches!(style, Style::AppIdObjects | Style::ObjectIdObjects);
    Exclusion { id, name: named.then(|| actor.name.to_string()) }
}
