//! How the words of a record are read, whoever wrote it: files and the answers of a log engine are read alike.

use super::template;
use crate::catalogue::Route;
use chrono::{DateTime, NaiveDateTime, SubsecRound, Utc};
use std::borrow::Cow;

/// Longest user agent that is kept, in characters.
pub(crate) const LONGEST_AGENT: usize = 80;

/// Longest id, address or way to authenticate that is kept, in characters: a GUID has 36, an IPv6 address with zone at most 45.
pub(crate) const LONGEST_WORD: usize = 64;

/// Longest method that is kept, in characters.
pub(crate) const LONGEST_METHOD: usize = 16;

/// A batch is an envelope: the log has each request in it as a record of its own, with the same operation id (facts/graph.md
/// section 5).
const ENVELOPE: &str = "/$batch";

/// Whether a request is a write on Intune.
pub(crate) fn is_write(method: &str, route: &Route<'_>) -> bool {
    match route {
        Route::NotIntune | Route::Read => false,
        Route::Operation(operation, _) => operation.path != ENVELOPE,
        Route::Unmapped | Route::Ambiguous(_) | Route::Unresolved => !is_read(method),
    }
}

/// Whether a method never writes.
fn is_read(method: &str) -> bool {
    ["GET", "HEAD", "OPTIONS"].iter().any(|read| method.eq_ignore_ascii_case(read))
}

/// What a write is, as its row says it.
pub(crate) struct Kind {
    /// Path template of the catalogue, or the path without keys where the catalogue does not know the operation.
    pub(crate) path_template: String,
    /// Policy types that hold it back, in Graph's words.
    pub(crate) workloads: Vec<String>,
    /// The catalogue's word for what it does; `unmapped` where there is none.
    pub(crate) operation: String,
}

impl Kind {
    /// That of a write by its route and address.
    pub(crate) fn of(route: &Route<'_>, uri: &str) -> Self {
        match route {
            Route::Operation(operation, _) => {
                let workloads = operation.workloads.iter().map(|workload| workload.word().to_owned()).collect();
                Self { path_template: operation.path.clone(), workloads, operation: operation.name.clone() }
            }
            _ => Self { path_template: template::of(uri), workloads: Vec::new(), operation: "unmapped".to_owned() },
        }
    }
}

/// A status of HTTP, also as a number with a fraction of zero.
pub(crate) fn status(text: &str) -> Option<u16> {
    let whole = text.strip_suffix(".0").unwrap_or(text);
    whole.parse().ok().filter(|status| (100..600).contains(status))
}

/// A time of RFC 3339, as exports have it; or of the portal's CSV, which is UTC by its column's title. Whole seconds.
pub(crate) fn time(text: &str) -> Option<DateTime<Utc>> {
    let exact = DateTime::parse_from_rfc3339(text).ok().map(|time| time.to_utc());
    let plain = || {
        let formats = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%m/%d/%Y, %I:%M:%S%.f %p"];
        formats.iter().find_map(|format| NaiveDateTime::parse_from_str(text, format).ok()).map(|time| time.and_utc())
    };
    exact.or_else(plain).map(|time| time.trunc_subsecs(0))
}

/// The first characters of a text, without control characters.
pub(crate) fn cut(text: &str, longest: usize) -> Cow<'_, str> {
    if text.len() <= longest && text.bytes().all(|byte| (b' '..0x7f).contains(&byte)) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().filter(|letter| !letter.is_control()).take(longest).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_every_export_are_read() {
        let expected: DateTime<Utc> = "2026-07-16T13:05:09Z".parse().unwrap();
        for text in [
            "2026-07-16T13:05:09.1234567Z",
            "2026-07-16T15:05:09+02:00",
            "2026-07-16T13:05:09.123",
            "2026-07-16 13:05:09.123",
            "7/16/2026, 1:05:09.123 PM",
        ] {
            assert_eq!(time(text), Some(expected), "{text}");
        }
        for text in ["", "yesterday", "16.7.2026 13:05", "99999999999-01-01T00:00:00Z"] {
            assert_eq!(time(text), None, "{text}");
        }
    }

    #[test]
    fn statuses_are_numbers_of_http() {
        assert_eq!((status("201"), status("412.0"), status("0"), status("99999"), status("ok")), (Some(201), Some(412), None, None, None));
    }
}
