//! The request plan: what a collection asks, in which order, with which permission and against which limit, and about how many
//! requests and how long that takes. Made without a single request, from figures that are known or assumed; where the reader
//! chooses between two ways, the plan asks the same functions.

use super::cheaper::{self, Way, batches, filter_batches, pages};
use super::reader::has;
use super::{Inventory, Options, applications, audit_events, service_principals};
use crate::graph::{Cloud, Resource, Throttle, Version};
use crate::snapshot::{Dataset, Endpoint, Gap, ReadPermission};
use std::collections::BTreeMap;

/// Most service principals that a tenant is believed to have: far above any, and few enough to reckon with.
pub const MOST_SERVICE_PRINCIPALS: u64 = 1_000_000_000;

/// What the number of requests depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Figures {
    /// Service principals in the tenant.
    pub service_principals: u64,
    /// Those in scope.
    pub in_scope: u64,
    /// Access policies.
    pub policies: u64,
    /// Intune roles.
    pub intune_roles: u64,
    /// App management policies besides the default.
    pub app_management_policies: u64,
    /// People who own something in scope, or approve.
    pub people: u64,
}

impl Figures {
    /// Figures of a tenant of which only the number of service principals is known, or assumed: 2 in 100 of them in scope, and
    /// of everything else as much as a tenant that uses Multi Admin Approval widely has.
    #[must_use]
    pub fn assumed(service_principals: u64) -> Self {
        let in_scope = (service_principals / 50).max(20).min(service_principals);
        Self { service_principals, in_scope, policies: 10, intune_roles: 20, app_management_policies: 5, people: in_scope }
    }
}

/// How many requests: no fewer, about, and where the tenant has more than usual or the service does not go along, up to.
/// `most` is no bound of what a very large list can take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    /// No fewer than these, if the permission is there.
    pub least: u64,
    /// About so many.
    pub likely: u64,
    /// So many where more is there than usual.
    pub most: u64,
}

impl Span {
    fn exactly(requests: u64) -> Self {
        Self { least: requests, likely: requests, most: requests }
    }

    fn new(least: u64, likely: u64, most: u64) -> Self {
        Self { least, likely, most }
    }

    fn and(self, other: Self) -> Self {
        Self { least: self.least + other.least, likely: self.likely + other.likely, most: self.most + other.most }
    }
}

/// Requests of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What they are for.
    pub dataset: Dataset,
    /// 1 for what depends on nothing, 2 for what the first round makes necessary.
    pub round: u8,
    /// What is asked.
    pub endpoint: Endpoint,
    /// The permission that it takes.
    pub permission: ReadPermission,
    /// The narrowest limit that it counts against.
    pub throttle: Throttle,
    /// HTTP requests; a `$batch` counts once.
    pub requests: Span,
    /// Reads that count against the limits, about: each part of a `$batch` is one.
    pub reads: u64,
    /// Why so many, and why this way.
    pub why: String,
    /// The limits, and what one read takes of each.
    charges: Vec<(Throttle, u32)>,
}

/// What a collection will ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The requests, in the order in which they are made; those of one round are made at the same time.
    pub steps: Vec<Step>,
    /// What is not asked, and why.
    pub left_out: Vec<(Dataset, Gap)>,
    /// All requests.
    pub requests: Span,
    /// About how long it takes, in seconds: as long as the narrowest limit or the longest chain of pages dictates.
    pub seconds: u64,
}

/// Half a second for an answer: simple reads were seen to take 0.4 to 1.1 s (facts/graph.md section 8).
const ANSWERS_IN_TEN_SECONDS: u64 = 20;

impl Plan {
    /// The plan for a tenant with these figures.
    #[must_use]
    pub fn estimate(figures: &Figures, options: &Options, cloud: Cloud) -> Self {
        let mut draft = Draft { figures: *figures, options, cloud, steps: Vec::new() };
        draft.intune();
        draft.directory();
        draft.posture();
        draft.begun();
        draft.objects();
        draft.details();
        let steps = draft.steps;
        let requests = steps.iter().fold(Span::default(), |all, step| all.and(step.requests));
        let seconds = seconds(&steps);
        Self { left_out: left_out(options, cloud), steps, requests, seconds }
    }

    /// Requests of one dataset.
    #[must_use]
    pub fn requests_of(&self, dataset: Dataset) -> Span {
        self.steps.iter().filter(|step| step.dataset == dataset).fold(Span::default(), |all, step| all.and(step.requests))
    }
}

fn left_out(options: &Options, cloud: Cloud) -> Vec<(Dataset, Gap)> {
    let gap = |dataset| match dataset {
        dataset if !has(cloud, dataset) => Some(Gap::Cloud),
        Dataset::SignIns if !options.sign_ins => Some(Gap::NotRequested),
        Dataset::AuditEvents if options.audit_days == 0 => Some(Gap::NotRequested),
        _ => None,
    };
    Dataset::ALL.into_iter().filter_map(|dataset| Some((dataset, gap(dataset)?))).collect()
}

/// The longest of what each limit dictates, and of what the pages that follow each other take.
fn seconds(steps: &[Step]) -> u64 {
    let mut taken: BTreeMap<Throttle, u64> = BTreeMap::new();
    for step in steps {
        for (throttle, units) in &step.charges {
            *taken.entry(*throttle).or_default() += step.reads * u64::from(*units);
        }
    }
    let paced = taken.into_iter().map(|(throttle, units)| {
        let (limit, span) = throttle.limit();
        let limit = u64::from(limit).max(1);
        // The first so many go out at once.
        (units.saturating_sub(limit) * span.as_secs()).div_ceil(limit)
    });
    let chain = |round| steps.iter().filter(|step| step.round == round).map(|step| step.requests.likely).max().unwrap_or_default();
    let answered = ((chain(1) + chain(2)) * 10).div_ceil(ANSWERS_IN_TEN_SECONDS);
    paced.max().unwrap_or_default().max(answered)
}

struct Draft<'a> {
    figures: Figures,
    options: &'a Options,
    cloud: Cloud,
    steps: Vec<Step>,
}

/// One step as it is drawn up: round, place among the endpoints of the dataset, requests, reads.
#[derive(Clone, Copy)]
struct Line(u8, usize, Span, u64);

impl Draft<'_> {
    fn add(&mut self, dataset: Dataset, line: Line, why: impl Into<String>) {
        self.add_needing(dataset, line, dataset.about().permission, why);
    }

    fn add_needing(&mut self, dataset: Dataset, line: Line, permission: ReadPermission, why: impl Into<String>) {
        let Line(round, at, requests, reads) = line;
        let Some(endpoint) = dataset.about().endpoints.get(at).copied().filter(|_| has(self.cloud, dataset)) else { return };
        let charges = Throttle::of(&resource(dataset, endpoint));
        let Some(throttle) = charges.first().map(|(throttle, _)| *throttle) else { return };
        self.steps.push(Step { dataset, round, endpoint, permission, throttle, requests, reads, why: why.into(), charges });
    }

    fn intune(&mut self) {
        let Figures { policies, intune_roles, .. } = self.figures;
        self.add(Dataset::AccessPolicies, Line(1, 0, Span::exactly(1), 1), "the list");
        let by_id = Span::exactly(batches(policies));
        self.add(Dataset::AccessPolicies, Line(1, 1, by_id, policies), "each by id, because the list leaves members out; 20 a batch");
        self.add(Dataset::ApprovalRequests, Line(1, 0, Span::new(1, 2, 10), 2), "the list of the last 30 days");
        self.add(Dataset::IntuneRoles, Line(1, 0, Span::exactly(1), 2), "roles and assignments in one batch");
        let links = Span::new(0, batches(intune_roles), batches(intune_roles) + 1);
        self.add(Dataset::IntuneRoles, Line(1, 2, links, intune_roles), "which assignments each role has, which no list tells; 20 a batch");
        self.add(Dataset::IntuneSettings, Line(1, 0, Span::exactly(1), 1), "one setting");
        self.add(
            Dataset::UnfinishedApps,
            Line(1, 0, Span::new(1, 1, 10), 1),
            "the list of Win32 apps, which no filter narrows to those not published",
        );
        let weeks = audit_events::slices_of_days(self.options.audit_days);
        if weeks > 0 {
            let why = "one slice a week, because longer lists run into slow and empty pages; and 1 for each further 1,000 events";
            self.add(Dataset::AuditEvents, Line(1, 0, Span::new(weeks, weeks, weeks * 5), weeks), why);
        }
    }

    fn directory(&mut self) {
        let tenant = self.figures.service_principals;
        self.add(Dataset::AppRoles, Line(1, 0, Span::exactly(1), 1), "one object has them all");
        let grants = Span::new(1, pages(tenant), pages(3 * tenant));
        self.add(
            Dataset::AppRoleGrants,
            Line(1, 0, grants, pages(tenant)),
            "who holds anything on Microsoft Graph, 999 a page, instead of one request for each service principal",
        );
        self.add(Dataset::IntuneApiGrants, Line(1, 0, Span::new(1, 1, 3), 2), "both resources in one batch");
        self.add(Dataset::DirectoryRoles, Line(1, 0, Span::new(1, 1, 10), 2), "assignments and names in one batch, and further pages");
        self.add(Dataset::Organization, Line(1, 0, Span::exactly(1), 1), "one object");
        self.add(Dataset::Licences, Line(1, 0, Span::exactly(1), 1), "one list");
    }

    fn posture(&mut self) {
        let custom = self.figures.app_management_policies;
        self.add(Dataset::ConditionalAccess, Line(1, 0, Span::new(1, 1, 3), 1), "one list");
        self.add(Dataset::AppManagementPolicies, Line(1, 0, Span::exactly(1), 2), "the default and the list in one batch");
        let targets = Span::exactly(batches(custom));
        let why = "the objects that each policy is on; 20 a batch";
        self.add_needing(Dataset::AppManagementPolicies, Line(1, 2, targets, custom), ReadPermission::Applications, why);
        self.add(Dataset::RiskyServicePrincipals, Line(1, 0, Span::new(1, 1, 3), 1), "one list");
    }

    /// Lists whose first page is read at once.
    fn begun(&mut self) {
        self.add(Dataset::ServicePrincipals, Line(1, 0, Span::exactly(1), 1), "how many there are");
        for dataset in [Dataset::SignInActivity, Dataset::CredentialActivity] {
            self.add(dataset, Line(1, 0, Span::new(1, 1, 2), 1), "the first page");
        }
        self.add(Dataset::DelegatedGrants, Line(1, 1, Span::exactly(1), 1), "the first page, which tells whether they may be read");
    }

    /// Service principals and applications.
    fn objects(&mut self) {
        let Figures { service_principals: tenant, in_scope, .. } = self.figures;
        let filters = in_scope.div_ceil(cheaper::VALUES);
        let by_id = Span::new(0, batches(filters + 1) + 1, 2 * (batches(2 * filters) + 2));
        let why = "by id, 15 a filter and 20 filters a batch, owners along with them";
        self.add(Dataset::ServicePrincipals, Line(2, 0, by_id, filters + 1), why);
        let by_id = Span::new(0, batches(filters), 2 * (batches(2 * filters) + 1));
        self.add(Dataset::Applications, Line(2, 0, by_id, filters), why);
        if self.options.inventory == Inventory::Full {
            let all = pages(tenant);
            self.add(Dataset::ServicePrincipals, Line(2, 0, Span::new(1, all, all + 3), all), "every one, 999 a page");
            self.add(Dataset::Applications, Line(2, 0, Span::new(1, all, all + 3), all), "every one, 999 a page");
        }
    }

    fn details(&mut self) {
        let Figures { in_scope, policies, people, .. } = self.figures;
        if policies > 0 {
            self.add(Dataset::ApproverGroups, Line(2, 0, Span::new(0, 1, 1), 1), "the groups that policies name");
            let members = Span::new(0, batches(policies), batches(policies) + policies);
            self.add(Dataset::ApproverGroups, Line(2, 1, members, policies), "their direct members; 20 groups a batch");
        }
        let federated = Span::new(0, filter_batches(in_scope), batches(2 * in_scope.div_ceil(cheaper::VALUES)) + batches(2 * in_scope));
        let why = "along with ids, 15 a filter and 20 filters a batch; list by list where the service does not";
        self.add(Dataset::FederatedCredentials, Line(2, 0, federated, in_scope.div_ceil(cheaper::VALUES)), why);
        let owners = Span::new(0, 1, batches(2 * in_scope));
        self.add(Dataset::Owners, Line(2, 2, owners, 1), "those of objects with 20 owners or more; the others came along");
        let accounts = Span::new(0, filter_batches(people), filter_batches(2 * people) + 1);
        self.add(Dataset::People, Line(2, 0, accounts, people.div_ceil(cheaper::VALUES)), "by id, 15 a filter and 20 filters a batch");
        let bin = Span::new(0, 1, pages(self.figures.service_principals / 10));
        self.add(Dataset::DeletedServicePrincipals, Line(2, 0, bin, 1), "the recycle bin, only where an id of a policy is not found");
        self.reports();
        self.delegated();
        if self.options.sign_ins {
            let why = "one for each application in scope, and 1 for each further 1,000 sign-ins";
            self.add(Dataset::SignIns, Line(2, 0, Span::new(in_scope, in_scope, in_scope * 5), in_scope), why);
        }
    }

    fn reports(&mut self) {
        let Figures { service_principals: tenant, in_scope, .. } = self.figures;
        let left = pages(tenant) - 1;
        let (requests, why) = match cheaper::report(Some(tenant), in_scope) {
            Way::List => (Span::new(0, left, left + 1), "the list to its end, 999 a page: fewer requests than one for each application"),
            Way::Each => (Span::new(0, in_scope, 2 * in_scope), "one for each application in scope: fewer than the pages of the list"),
        };
        self.add(Dataset::SignInActivity, Line(2, 0, requests, requests.likely), why);
        // Fewer applications use a key of their own than sign in, but some use several.
        let requests = Span { likely: requests.likely.div_ceil(2), most: 2 * requests.most, ..requests };
        self.add(Dataset::CredentialActivity, Line(2, 0, requests, requests.likely), why);
    }

    fn delegated(&mut self) {
        let Figures { service_principals: tenant, in_scope, .. } = self.figures;
        if pages(tenant) == 1 {
            return;
        }
        let left = pages(tenant) - 1;
        let (at, requests, reads, why) = match cheaper::delegated(Some(tenant), in_scope) {
            Way::List => (1, Span::new(0, left, 3 * left + 3), left, "the list to its end: fewer requests than 20 clients a batch"),
            Way::Each => (
                0,
                Span::new(0, batches(in_scope), batches(in_scope) + 1),
                in_scope,
                "client by client, 20 a batch, if there is a second page",
            ),
        };
        self.add(Dataset::DelegatedGrants, Line(2, at, requests, reads), why);
    }
}

/// What decides which limits a read counts against.
fn resource(dataset: Dataset, endpoint: Endpoint) -> Resource {
    let version = if endpoint.version == Version::V1.segment() { Version::V1 } else { Version::Beta };
    match dataset {
        Dataset::ServicePrincipals => service_principals::LOOKUP.list(cheaper::PAGE),
        Dataset::Applications => applications::LOOKUP.list(cheaper::PAGE),
        _ => Resource::new(version, endpoint.path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn options() -> Options {
        Options::usual(chrono::DateTime::UNIX_EPOCH, BTreeSet::new())
    }

    fn plan(service_principals: u64, in_scope: u64) -> Plan {
        Plan::estimate(&Figures { in_scope, ..Figures::assumed(service_principals) }, &options(), Cloud::Global)
    }

    #[test]
    fn a_large_tenant_takes_eighty_requests_at_most() {
        let plan = plan(10_000, 200);
        assert!((60..=80).contains(&plan.requests.likely), "{:?}", plan.requests);
        assert!(plan.requests.least < plan.requests.likely && plan.requests.likely < plan.requests.most);
        assert_eq!(plan.steps.iter().map(|step| step.requests.likely).sum::<u64>(), plan.requests.likely);
    }

    #[test]
    fn every_dataset_is_planned_or_left_out_and_never_both() {
        for (cloud, inventory, sign_ins) in [(Cloud::Global, Inventory::Full, true), (Cloud::China, Inventory::Scope, false)] {
            let plan = Plan::estimate(&Figures::assumed(5_000), &Options { inventory, sign_ins, ..options() }, cloud);
            let planned: BTreeSet<Dataset> = plan.steps.iter().map(|step| step.dataset).collect();
            let left_out: BTreeSet<Dataset> = plan.left_out.iter().map(|(dataset, _)| *dataset).collect();
            assert!(planned.is_disjoint(&left_out), "{planned:?} {left_out:?}");
            assert_eq!(planned.len() + left_out.len(), Dataset::ALL.len(), "{planned:?} {left_out:?}");
        }
    }

    #[test]
    fn the_reports_dictate_the_time_and_the_way_follows_the_count() {
        let few = plan(100_000, 40);
        let many = plan(100_000, 200);
        let activity = |plan: &Plan| plan.requests_of(Dataset::SignInActivity).likely;
        assert_eq!((activity(&few), activity(&many)), (1 + 40, 101));
        assert!(many.seconds >= (101 + 51 - 5) * 2, "{}", many.seconds);
        assert!(few.seconds < many.seconds);
        let narrowest = many.steps.iter().find(|step| step.dataset == Dataset::SignInActivity).unwrap();
        assert_eq!((narrowest.throttle, narrowest.permission), (Throttle::Reports, ReadPermission::AuditLog));
    }

    #[test]
    fn the_largest_tenant_is_reckoned_with() {
        let all = Options { inventory: Inventory::Full, sign_ins: true, ..options() };
        let plan = Plan::estimate(&Figures::assumed(MOST_SERVICE_PRINCIPALS), &all, Cloud::Global);
        assert!(plan.seconds > 0 && plan.requests.least <= plan.requests.likely);
    }

    #[test]
    fn raw_sign_ins_and_the_full_inventory_are_planned_where_asked_for() {
        let figures = Figures { in_scope: 100, ..Figures::assumed(10_000) };
        let usual = Plan::estimate(&figures, &options(), Cloud::Global);
        let all = Plan::estimate(&figures, &Options { inventory: Inventory::Full, sign_ins: true, ..options() }, Cloud::Global);
        let more = |dataset| all.requests_of(dataset).likely - usual.requests_of(dataset).likely;
        assert_eq!((more(Dataset::SignIns), more(Dataset::ServicePrincipals), more(Dataset::Applications)), (100, 11, 11));
        let none = Plan::estimate(&figures, &Options { audit_days: 0, ..options() }, Cloud::Global);
        assert!(none.left_out.contains(&(Dataset::AuditEvents, Gap::NotRequested)));
    }
}
