//! Objects by id without a request for each: `$filter=id in (…)`, many filters in one `$batch`.

use super::reader::Reader;
use crate::graph::{Client, Error, Resource, Version};
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

/// Members that some clouds or tenants may not have yet. Graph refuses a whole request that selects one it does not know, so
/// the request is made again without it: what it would have said is then not known, and the rest is.
const DISPENSABLE: [&str; 3] = ["isDisabled", "disabledByMicrosoftStatus", "verifiedPublisher"];

async fn bodies(client: &Client, resources: &[Resource]) -> Vec<Result<Value, Error>> {
    let mut asked = resources.to_vec();
    let mut bodies = client.batch(&asked).await;
    for _ in DISPENSABLE {
        let shorter = |(at, body): (usize, &Result<Value, Error>)| {
            let member = unknown_member(body.as_ref().err()?)?;
            Some((at, asked.get(at)?.without(member)?))
        };
        let again: Vec<(usize, Resource)> = bodies.iter().enumerate().filter_map(shorter).collect();
        if again.is_empty() {
            break;
        }
        let wanted: Vec<Resource> = again.iter().map(|(_, resource)| resource.clone()).collect();
        for ((at, resource), body) in again.into_iter().zip(client.batch(&wanted).await) {
            if let (Some(old), Some(old_body)) = (asked.get_mut(at), bodies.get_mut(at)) {
                (*old, *old_body) = (resource, body);
            }
        }
    }
    bodies
}

/// The dispensable member that a refusal names: `Could not find a property named '…' on type '…'`.
fn unknown_member(error: &Error) -> Option<&'static str> {
    let Error::Failed { detail, .. } = error else { return None };
    let named = |member: &&&str| detail.starts_with("status 400") && detail.contains(&format!("'{member}'"));
    DISPENSABLE.iter().find(named).copied()
}

/// Reads the lists behind many resources in batches, each to its last page. Gives the places of those that are not whole.
pub(super) async fn read_all(
    reader: &mut Reader<'_>,
    resources: &[Resource],
    mut each: impl FnMut(&mut Reader<'_>, usize, Value),
) -> BTreeSet<usize> {
    let bodies = bodies(&reader.client, resources).await;
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
