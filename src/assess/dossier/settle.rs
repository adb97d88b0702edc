//! What could be settled by reading more: for each dataset that is missing, by what it could be read, and what it could change
//! about one verdict.

use super::super::decision::SignsIn;
use super::super::model::Known;
use super::super::verdicts::{Case, Context, Right};
use super::super::words::{ExclusionState, GateState, LinkKind, VerdictKind};
use super::{Link, Statement, said};
use crate::catalogue::Workload;
use crate::snapshot::{Area, Dataset, Gap};

pub(super) fn settle(context: &Context<'_>, case: &Case<'_>, kind: VerdictKind) -> Link {
    let missing = Dataset::ALL.into_iter().filter_map(|dataset| Some((dataset, context.directory.gap(dataset)?)));
    let mut statements: Vec<Statement> = missing
        .filter_map(|(dataset, gap)| {
            let change = could_change(dataset, case, kind)?;
            Some(said(format!("{}: {change}", remedy(dataset, &gap)?), dataset.name()))
        })
        .collect();
    statements.extend(logs(context, case, kind));
    statements.extend(lists(case, kind));
    if statements.is_empty() {
        statements.push(said("nothing that maascan could read and did not would change this verdict", ""));
    }
    Link { kind: LinkKind::Settle, statements }
}

/// How a dataset could be read after all; None where nothing helps.
fn remedy(dataset: Dataset, gap: &Gap) -> Option<String> {
    Some(match gap {
        Gap::Permission { missing } => format!("granting {missing} to the scan would let {dataset} be read"),
        Gap::Licence { .. } => format!("{dataset} needs a licence that the tenant lacks"),
        Gap::NotRequested if dataset == Dataset::SignIns => "--sign-ins would read raw sign-ins".to_owned(),
        Gap::NotRequested => format!("{dataset} was not requested"),
        Gap::Throttled { .. } | Gap::Failed { .. } => format!("reading {dataset} again may succeed"),
        Gap::Cloud | Gap::OutOfReach { .. } | Gap::NotGiven { .. } => return None,
    })
}

/// What activity logs could change about a verdict.
fn logs(context: &Context<'_>, case: &Case<'_>, kind: VerdictKind) -> Option<Statement> {
    let coverage = context.directory.snapshot.coverage_of_logs();
    let gap = coverage.gap()?;
    let change = match kind {
        VerdictKind::AtRisk | VerdictKind::Dormant => "whether it writes (breaks, or passes) or is refused (blocked)",
        VerdictKind::Breaks | VerdictKind::Passes => "whether its calls are refused already (blocked)",
        VerdictKind::Blocked if case.situation.blocked == 0 => "with which status its calls are refused",
        _ => return None,
    };
    let remedy = match gap {
        Gap::NotRequested => "--logs or --workspace would take activity logs into account".to_owned(),
        _ => format!("reading {} again may succeed", Area::ActivityLogs),
    };
    Some(said(format!("{remedy}: {change}"), Area::ActivityLogs.name()))
}

/// What a dataset could change about a verdict.
fn could_change(dataset: Dataset, case: &Case<'_>, kind: VerdictKind) -> Option<&'static str> {
    let held = !matches!(kind, VerdictKind::NotGated | VerdictKind::Unknown);
    let silent = matches!(kind, VerdictKind::AtRisk | VerdictKind::Dormant);
    let unproven = silent || matches!(kind, VerdictKind::Breaks | VerdictKind::Passes);
    let unsure_exclusion = held && case.situation.exclusion != ExclusionState::Excluded;
    match dataset {
        Dataset::AccessPolicies => Some("whether anything gates it, and who is excluded"),
        Dataset::ApprovalRequests if unproven => Some("whether it files requests (handshake) or is refused already (blocked)"),
        Dataset::ApprovalRequests if held => Some("since when the gate is in force"),
        Dataset::AuditEvents if silent => Some("whether it writes (breaks, or passes) or only fails (blocked)"),
        Dataset::AuditEvents => Some("how much it writes, since when the gate is in force, and changes to exclusions"),
        Dataset::UnfinishedApps if *case.workload == Workload::App && kind == VerdictKind::Passes => {
            Some("whether what it began was ever published (else blocked)")
        }
        Dataset::AppRoleGrants | Dataset::AppRoles if case.right != Right::Primary => Some("by which permission it writes"),
        Dataset::ServicePrincipals | Dataset::Applications if unsure_exclusion => {
            Some("whether an id on a list of exclusions is this application's")
        }
        Dataset::SignInActivity if silent && case.situation.signs_in == SignsIn::Unknown => Some("whether it is dormant"),
        Dataset::SignIns if silent => Some("whether it signs in as itself after all, with which key and for what"),
        Dataset::CredentialActivity if silent && matches!(case.profile.keys, Known::Yes(_) | Known::Partly(..)) => {
            Some("whether its keys are used")
        }
        Dataset::DirectoryRoles | Dataset::IntuneRoles if case.right == Right::None => Some("whether a role explains its writes"),
        Dataset::ApproverGroups | Dataset::IntuneSettings | Dataset::People if case.concern.state == GateState::InForce => {
            Some("whether anybody can approve its requests")
        }
        _ => None,
    }
}

/// Lists of exclusions that no permission shows, but the portal does.
fn lists(case: &Case<'_>, kind: VerdictKind) -> Option<Statement> {
    let unknown = case.situation.exclusion == ExclusionState::Unknown && !matches!(kind, VerdictKind::NotGated | VerdictKind::Unknown);
    let unread = case.concern.policies.iter().filter(|policy| !policy.planned && !policy.exclusions_readable);
    let names: Vec<&str> = unread.map(|policy| policy.name.as_str()).collect();
    let text = format!(
        "the Exclusions tab of {} in the portal, given as --exclusions FILE, would settle whether it is excluded; no permission does",
        names.join(", ")
    );
    (unknown && !names.is_empty()).then(|| said(text, Dataset::AccessPolicies.name()))
}
