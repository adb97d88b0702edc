//! Objects by id without a request for each: `$filter=id in (…)`, many filters in one `$batch`.

use super::reader::Reader;
use crate::graph::{Resource, Version};
use crate::snapshot::is_guid;
use serde_json::Value;
use std::collections::BTreeSet;

/// Most values in one filter, the limit of Graph for `in`.
const MOST_VALUES: usize = 15;

/// What to look objects up by.
#[derive(Clone, Copy)]
pub(super) enum By {
    /// Directory object id.
    Id,
    /// App id.
    AppId,
}

impl By {
    fn member(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::AppId => "appId",
        }
    }
}

/// Filters that together name all of `ids`. What is not a GUID is nobody's id, and is left out.
pub(super) fn filters(path: &'static str, select: &'static str, by: By, ids: &BTreeSet<String>) -> Vec<Resource> {
    let ids: Vec<&String> = ids.iter().filter(|id| is_guid(id)).collect();
    let filter = |ids: &[&String]| {
        let values: Vec<String> = ids.iter().map(|id| format!("'{id}'")).collect();
        let filter = format!("{} in ({})", by.member(), values.join(","));
        Resource::new(Version::V1, path).query("$filter", &filter).query("$select", select)
    };
    ids.chunks(MOST_VALUES).map(filter).collect()
}

/// Reads the lists behind many resources in batches, each to its last page. Gives the places of those that are not whole.
pub(super) async fn read_all(
    reader: &mut Reader<'_>,
    resources: &[Resource],
    mut each: impl FnMut(&mut Reader<'_>, usize, Value),
) -> BTreeSet<usize> {
    let bodies = reader.client.batch(resources).await;
    let mut not_whole = BTreeSet::new();
    for (at, (resource, body)) in resources.iter().zip(bodies).enumerate() {
        let whole = match body {
            Ok(body) => {
                let pages = reader.client.pages_from(resource, body);
                reader.rows(pages, |reader, row| each(reader, at, row)).await
            }
            Err(error) => {
                reader.fail(&error);
                false
            }
        };
        if whole {
            reader.part_is_whole();
        } else {
            not_whole.insert(at);
        }
    }
    not_whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_hold_fifteen_guids_and_nothing_else() {
        let mut ids: BTreeSet<String> = (0..31).map(|number| format!("00000000-0000-4000-8000-{number:012}")).collect();
        ids.insert("x') or true".to_owned());
        assert_eq!(filters("/applications", "id", By::AppId, &ids).len(), 3);
        assert!(filters("/applications", "id", By::Id, &BTreeSet::new()).is_empty());
    }
}
