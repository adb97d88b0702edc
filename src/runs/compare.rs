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

/// What is different in the later run. Rules have run on all of them, under the same settings. `older` are runs before the earlier
/// one, the newest first: of what the earlier one could not tell, the newest that could is compared with.
///
/// # Errors
/// [`OtherTenant`].
pub fn compare(earlier: Run<'_>, later: Run<'_>, older: &[Run<'_>]) -> Result<Change, OtherTenant> {
    let new = &later.snapshot.tenant_id;
    if let Some(other) = older.iter().chain([&earlier]).map(|run| &run.snapshot.tenant_id).find(|tenant| *tenant != new) {
        return Err(OtherTenant { earlier: other.clone(), later: new.clone() });
    }
    let sides: Vec<Side<'_>> = [later, earlier].iter().chain(older).map(|run| Side::new(*run)).collect();
    let sides: Vec<&Side<'_>> = sides.iter().collect();
    let mut entries: Vec<Entry> = Vec::new();
    let mut not_compared: Vec<NotCompared> = Vec::new();
    for topic in Topic::ALL {
        let mut listings = listings(topic, &sides).into_iter().flatten();
        let Some((new, old)) = listings.next().zip(listings.next()) else { continue };
        let pair = Pair { topic, earlier: old, later: new, older: listings.collect(), earlier_at: earlier.snapshot.taken_at };
        let (told, untold) = pair.compare();
        entries.extend(told);
        not_compared.extend(untold);
    }
    let found = findings::compare(earlier, later, older, &entries);
    entries.extend(found);
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
