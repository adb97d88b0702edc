//! Objects by id without a request for each: `$filter=id in (…)`, many filters in one `$batch`.

use super::reader::Reader;
use crate::graph::{Client, Error, Reduction, Resource, Version};
use crate::snapshot::is_guid;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Most values in one filter, the limit of Graph for `in`.
const MOST_VALUES: usize = super::cheaper::VALUES as usize;

/// Parts of one batch, and with that of the first of many.
const FIRST: usize = super::cheaper::BATCH as usize;

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

/// Where objects are looked up, and what of them is read.
pub(super) struct Lookup {
    pub(super) version: Version,
    pub(super) path: &'static str,
    pub(super) select: &'static str,
    /// What is asked for along with each. Of a collection at most [`EXPANDED`] come, and nothing says that there are more
    /// (facts/graph.md section 2).
    pub(super) expand: Option<&'static str>,
    pub(super) keep: Reduction,
}

/// Objects that `$expand` shows of a collection.
pub(super) const EXPANDED: usize = 20;

impl Lookup {
    /// Filters that together name all of `ids`. What is not a GUID is nobody's id, and is left out.
    pub(super) fn filters(&self, by: By, ids: &BTreeSet<String>) -> Vec<Resource> {
        let ids: Vec<&String> = ids.iter().filter(|id| is_guid(id)).collect();
        let filter = |ids: &[&String]| {
            let values: Vec<String> = ids.iter().map(|id| format!("'{id}'")).collect();
            let filter = format!("{} in ({})", by.member(), values.join(","));
            let resource = Resource::new(self.version, self.path).query("$filter", &filter).query("$select", self.select);
            let resource = self.expand.map_or_else(|| resource.clone(), |expand| resource.clone().query("$expand", expand));
            resource.keeping(self.keep)
        };
        ids.chunks(MOST_VALUES).map(filter).collect()
    }

    /// The list of them all, without what comes along: nobody has shown that pages of this size hold together with `$expand`
    /// (facts/graph.md section 2).
    pub(super) fn list(&self, page: u64) -> Resource {
        let list = Resource::new(self.version, self.path).query("$select", self.select).query("$top", &page.to_string());
        list.keeping(self.keep)
    }
}

/// The objects under an expanded member of a row; None where it is not there or may have been cut, and must be read by itself.
pub(super) fn expanded<'a>(row: &'a Value, member: &str) -> Option<&'a [Value]> {
    let objects = row.get(member)?.as_array()?;
    let more = row.get(format!("{member}@odata.nextLink")).is_some_and(Value::is_string);
    (objects.len() < EXPANDED && !more).then_some(objects)
}

/// Members that some clouds or tenants may not have yet. Graph refuses a whole request that selects one it does not know, so
/// the request is made again without it: what it would have said is then not known, and the rest is.
const DISPENSABLE: [&str; 4] = ["isDisabled", "disabledByMicrosoftStatus", "verifiedPublisher", "servicePrincipalLockConfiguration"];

/// What a refused read is tried again as: without a member that the service does not know, or without what was to come along,
/// which is then read by itself and must not cost the object.
pub(super) fn shorter(resource: &Resource, error: &Error) -> Option<Resource> {
    let without_member = unknown_member(error).and_then(|member| resource.without(member));
    let refused = matches!(error, Error::Failed { .. } | Error::Permission { .. } | Error::Licence { .. });
    without_member.or_else(|| resource.without_option("$expand").filter(|_| refused))
}

async fn bodies(client: &Client, resources: &[Resource]) -> Vec<Result<Value, Error>> {
    let mut asked = resources.to_vec();
    let mut bodies = client.batch(&asked).await;
    for _ in 0..=DISPENSABLE.len() {
        let shortened = |(at, body): (usize, &Result<Value, Error>)| Some((at, shorter(asked.get(at)?, body.as_ref().err()?)?));
        let again: Vec<(usize, Resource)> = bodies.iter().enumerate().filter_map(shortened).collect();
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

/// Whether a read failed because nothing is there.
pub(super) fn is_absent(error: &Error) -> bool {
    matches!(error, Error::Failed { detail, .. } if detail.starts_with("status 404"))
}

/// Whether another read of the same kind would fail in the same way.
pub(super) fn is_lasting(error: &Error) -> bool {
    error.stops_everything() || matches!(error, Error::Permission { .. } | Error::Licence { .. })
}

/// Bodies of many reads. Where all of a first batch fail for good, the others are not asked, and fail for the same reason.
async fn bodies_of_many(client: &Client, resources: &[Resource]) -> Vec<Result<Value, Error>> {
    let (first, rest) = resources.split_at(resources.len().min(FIRST));
    let mut found = bodies(client, first).await;
    let lasting = found.iter().all(|body| body.as_ref().is_err_and(is_lasting));
    match found.first() {
        Some(Err(error)) if lasting => {
            let error = error.clone();
            found.extend(rest.iter().map(|_| Err(error.clone())));
        }
        _ => found.extend(bodies(client, rest).await),
    }
    found
}

/// What it means that a list is not there at all.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Absent {
    /// That the read failed.
    Fails,
    /// That it has no rows: whatever would have it does not exist in this tenant.
    IsEmpty,
}

/// Reads the lists behind many resources in batches, each to its last page. Gives the places of those that are not whole.
pub(super) async fn read_all(
    reader: &mut Reader<'_>,
    resources: &[Resource],
    each: impl FnMut(&mut Reader<'_>, usize, Value),
) -> BTreeSet<usize> {
    read_lists(reader, resources, Absent::Fails, each).await
}

/// As [`read_all`], saying what it means that a list is not there.
pub(super) async fn read_lists(
    reader: &mut Reader<'_>,
    resources: &[Resource],
    absent: Absent,
    mut each: impl FnMut(&mut Reader<'_>, usize, Value),
) -> BTreeSet<usize> {
    let bodies = bodies_of_many(&reader.client, resources).await;
    let mut not_whole = BTreeSet::new();
    for (at, (resource, body)) in resources.iter().zip(bodies).enumerate() {
        let body = match body {
            Err(error) if absent == Absent::IsEmpty && is_absent(&error) => Ok(json!({"value": []})),
            other => other,
        };
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

    const LOOKUP: Lookup =
        Lookup { version: Version::V1, path: "/applications", select: "id", expand: Some("owners"), keep: super::super::keep::application };

    #[test]
    fn filters_hold_fifteen_guids_and_nothing_else() {
        let mut ids: BTreeSet<String> = (0..31).map(|number| format!("00000000-0000-4000-8000-{number:012}")).collect();
        ids.insert("x') or true".to_owned());
        assert_eq!(LOOKUP.filters(By::AppId, &ids).len(), 3);
        assert!(LOOKUP.filters(By::Id, &BTreeSet::new()).is_empty());
    }

    #[test]
    fn what_may_have_been_cut_is_not_taken_for_whole() {
        let row = |count: usize| json!({"owners": vec![json!({"id": "u"}); count]});
        assert_eq!(expanded(&row(19), "owners").map(<[Value]>::len), Some(19));
        assert_eq!(expanded(&row(0), "owners"), Some(&[][..]));
        assert_eq!(expanded(&row(20), "owners"), None);
        assert_eq!(expanded(&json!({"owners": [], "owners@odata.nextLink": "https://x"}), "owners"), None);
        assert_eq!(expanded(&json!({"owners": null}), "owners"), None);
        assert_eq!(expanded(&json!({}), "owners"), None);
    }

    #[test]
    fn a_refused_read_is_shortened_by_what_was_refused() {
        let resource = Resource::new(Version::V1, "/x").query("$select", "id,isDisabled").query("$expand", "owners");
        let failed = |detail: &str| Error::Failed { what: String::new(), detail: detail.to_owned() };
        let member = shorter(&resource, &failed("status 400: Could not find a property named 'isDisabled' on type 'x'"));
        assert_eq!(member, resource.without("isDisabled"));
        let expand = shorter(&resource, &failed("status 400: expand is not supported")).unwrap();
        assert_eq!(Some(&expand), resource.without_option("$expand").as_ref());
        assert_eq!(shorter(&expand, &failed("status 400: no")), None);
        assert_eq!(shorter(&resource, &Error::Throttled { what: String::new(), detail: String::new() }), None);
    }
}
