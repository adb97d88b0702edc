//! Which of two ways to the same rows takes fewer requests. The reader and the request plan both ask here, so that the plan
//! says what will be done.

/// Rows on a page where Graph can be asked for so many.
pub(super) const PAGE: u64 = 999;

/// Parts of one `$batch`.
pub(super) const BATCH: u64 = 20;

/// Values of one `in` filter.
pub(super) const VALUES: u64 = 15;

/// A way to the rows of what is in scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// The list of the whole tenant, to its end.
    List,
    /// A read for each object in scope.
    Each,
}

/// Pages of a list; an empty list has one too.
pub(super) fn pages(rows: u64) -> u64 {
    rows.div_ceil(PAGE).max(1)
}

/// Batches for so many parts.
pub(super) fn batches(parts: u64) -> u64 {
    parts.div_ceil(BATCH)
}

/// Batches of `in` filters for so many ids.
pub(super) fn filter_batches(ids: u64) -> u64 {
    batches(ids.div_ceil(VALUES))
}

/// Sign-in reports, once their first page is there and has a next: a part of a `$batch` counts against the limit of the reports
/// like a request of its own, so it is pages against applications. The report has at most one row for each service principal;
/// where nobody knows how many there are, the list is the way whose result is certain.
pub(super) fn report(directory: Option<u64>, in_scope: u64) -> Way {
    match directory {
        Some(directory) if in_scope < pages(directory) - 1 => Way::Each,
        _ => Way::List,
    }
}

/// Delegated grants, once their first page is there and has a next: the list has no bound, because people consent for
/// themselves too, so it goes on only where the size of the directory makes it likely to be the shorter way.
pub(super) fn delegated(directory: Option<u64>, in_scope: u64) -> Way {
    match directory {
        Some(directory) if pages(directory) - 1 < batches(in_scope) => Way::List,
        _ => Way::Each,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_with_fewer_requests_is_taken() {
        assert_eq!(report(Some(10_000), 200), Way::List);
        assert_eq!(report(Some(100_000), 99), Way::Each);
        assert_eq!(report(Some(100_000), 100), Way::List);
        assert_eq!(report(Some(0), 0), Way::List);
        assert_eq!(report(None, 1), Way::List);
        assert_eq!(delegated(Some(3_000), 200), Way::List);
        assert_eq!(delegated(Some(100_000), 200), Way::Each);
        assert_eq!(delegated(None, 10_000), Way::Each);
    }

    #[test]
    fn pages_and_batches_are_rounded_up() {
        assert_eq!((pages(0), pages(999), pages(1_000)), (1, 1, 2));
        assert_eq!((batches(0), batches(20), batches(21), filter_batches(300), filter_batches(301)), (0, 1, 2, 1, 2));
    }
}
