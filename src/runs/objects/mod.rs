//! What is compared: for each kind of object, the listing that a run gives of it.

mod access;
mod directory;
mod judged;

use super::change::Topic;
use super::listing::Listing;
use super::side::Side;

/// The listings of one kind of object in runs; None for findings, which are compared by themselves.
pub(super) fn listings(topic: Topic, sides: &[&Side<'_>]) -> Option<Vec<Listing>> {
    let resolved = judged::resolved(sides);
    sides.iter().map(|side| listing(topic, side, &resolved)).collect()
}

fn listing(topic: Topic, side: &Side<'_>, resolved: &judged::Resolved) -> Option<Listing> {
    Some(match topic {
        Topic::Verdict => judged::verdicts(side),
        Topic::Exclusion => judged::exclusions(side, resolved),
        Topic::Credential => directory::credentials(side),
        Topic::Owner => directory::owners(side),
        Topic::Permission => directory::permissions(side),
        Topic::Role => access::roles(side),
        Topic::Policy => access::policies(side),
        Topic::Approver => access::approvers(side),
        Topic::ConditionalAccess => access::conditional_access(side),
        Topic::Finding => return None,
    })
}
