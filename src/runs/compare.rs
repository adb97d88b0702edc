//! Compares two runs.

use super::change::{Change, Entry, NotCompared, Topic, What};
use super::listing::Pair;
use super::objects::listings;
use super::side::{Run, Side};
use super::{actors, findings};
use crate::snapshot::TenantId;

/// Why two runs are not compared: the user named the wrong files.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the runs are of two tenants: {earlier} and {later}\nhint: name two runs of one tenant")]
pub struct OtherTenant {
    /// Tenant of the earlier run.
    pub earlier: TenantId,
    /// Tenant of the later run.
    pub later: TenantId,
}

/// What is different in the later run. Rules have run on both, under the same settings.
///
/// # Errors
/// [`OtherTenant`].
pub fn compare(earlier: Run<'_>, later: Run<'_>) -> Result<Change, OtherTenant> {
    let (old, new) = (&earlier.snapshot.tenant_id, &later.snapshot.tenant_id);
    if old != new {
        return Err(OtherTenant { earlier: old.clone(), later: new.clone() });
    }
    let (before, after) = (Side::new(earlier), Side::new(later));
    let mut entries: Vec<Entry> = findings::compare(earlier.assessment, later.assessment);
    let mut not_compared: Vec<NotCompared> = Vec::new();
    for topic in Topic::ALL {
        let Some([old, new]) = listings(topic, &before, &after) else { continue };
        let pair = Pair { topic, earlier: old, later: new, earlier_at: earlier.snapshot.taken_at };
        let (told, untold) = pair.compare();
        entries.extend(told);
        not_compared.extend(untold);
    }
    actors::name(&mut entries, earlier.snapshot, later.snapshot);
    entries.sort();
    not_compared.sort();
    Ok(Change { earlier: earlier.snapshot.taken_at, later: later.snapshot.taken_at, entries, not_compared })
}

impl Change {
    /// Whether nothing is different, as far as that could be told.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// How many entries of a topic tell of this.
    #[must_use]
    pub fn count(&self, topic: Topic, what: What) -> usize {
        self.entries.iter().filter(|entry| entry.topic == topic && entry.what == what).count()
    }
}
