//! Lists of the whole tenant of which only what is in scope is wanted. Their first page is read at once; whether they go on, or
//! what is in scope is asked for by itself, is decided when the scope is known.

use super::cheaper::Way;
use super::filters::{is_absent, is_lasting};
use super::json::as_list;
use super::reader::Reader;
use super::{cheaper, keep};
use crate::graph::{Client, Error, Reduction, Resource, Version};
use crate::snapshot::AppId;
use serde_json::Value;
use std::collections::BTreeSet;

/// A list whose first page has been read, or was refused.
pub(super) struct Begun<'a> {
    pub(super) reader: Reader<'a>,
    first: Option<(Resource, Value)>,
}

impl<'a> Begun<'a> {
    /// Reads the first page of `list`. A size that the service refuses is left to it.
    pub(super) async fn read(mut reader: Reader<'a>, list: Resource) -> Self {
        let first = match reader.client.get(&list).await {
            Err(Error::Failed { detail, .. }) if detail.starts_with("status 400") => {
                let plain = list.without_option("$top").unwrap_or_else(|| list.clone());
                reader.client.get(&plain).await.map(|body| (plain, body))
            }
            other => other.map(|body| (list, body)),
        };
        let first = first.map_err(|error| reader.fail(&error)).ok();
        Self { reader, first }
    }

    /// A dataset of which nothing is asked.
    pub(super) fn unasked(reader: Reader<'a>) -> Self {
        Self { reader, first: None }
    }

    /// Whether the first page has a next.
    pub(super) fn has_more(&self) -> bool {
        self.first.as_ref().is_some_and(|(_, body)| body.get("@odata.nextLink").is_some_and(Value::is_string))
    }

    /// Whether there is anything to go on with.
    pub(super) fn is_open(&self) -> bool {
        self.first.is_some()
    }

    /// Takes the rows of the list: to its end, or only those of its first page.
    pub(super) async fn take(&mut self, way: Way, each: impl FnMut(&mut Reader<'_>, Value)) {
        let Some((resource, mut body)) = self.first.take() else { return };
        if way == Way::Each
            && let Some(members) = body.as_object_mut()
        {
            members.remove("@odata.nextLink");
        }
        let pages = self.reader.client.pages_from(&resource, body);
        if self.reader.rows(pages, each).await {
            self.reader.part_is_whole();
        }
    }
}

/// A sign-in report of applications.
pub(super) struct Report {
    pub(super) path: &'static str,
    pub(super) keep: Reduction,
}

impl Report {
    /// The whole report.
    pub(super) fn list(&self) -> Resource {
        Resource::new(Version::Beta, self.path).query("$top", &cheaper::PAGE.to_string()).keeping(self.keep)
    }

    fn of(&self, app_id: &AppId) -> Resource {
        let filter = format!("appId eq '{app_id}'");
        Resource::new(Version::Beta, self.path).query("$filter", &filter).keeping(self.keep)
    }

    /// Takes the report of the applications in scope, the cheaper way. `wanted` is None where the scope is not known whole;
    /// `directory` is how many service principals the tenant has.
    pub(super) async fn take(
        &self,
        begun: &mut Begun<'_>,
        wanted: Option<&BTreeSet<AppId>>,
        directory: Option<u64>,
        mut each: impl FnMut(&mut Reader<'_>, Value),
    ) {
        let apps = wanted.filter(|_| begun.has_more());
        let way = apps.map_or(Way::List, |apps| cheaper::report(directory, apps.len() as u64));
        begun.take(way, &mut each).await;
        if let (Way::Each, Some(apps)) = (way, apps) {
            self.take_each(&mut begun.reader, apps, each).await;
        }
    }

    async fn take_each(&self, reader: &mut Reader<'_>, apps: &BTreeSet<AppId>, mut each: impl FnMut(&mut Reader<'_>, Value)) {
        for app_id in apps.iter().filter(|app_id| crate::snapshot::is_guid(app_id.as_str())) {
            let resource = self.of(app_id);
            match reader.client.get(&resource).await {
                Ok(body) => {
                    let pages = reader.client.pages_from(&resource, as_list(body, |body| body.get("appId").is_some()));
                    reader.rows(pages, &mut each).await;
                }
                // A filter that nothing meets.
                Err(error) if is_absent(&error) => {}
                Err(error) => {
                    reader.fail(&error);
                    if is_lasting(&error) || matches!(error, Error::Throttled { .. }) {
                        return;
                    }
                }
            }
        }
    }
}

/// The number of service principals in the tenant; None where the service does not say, or says what cannot be.
pub async fn count_service_principals(client: &Client) -> Option<u64> {
    let resource = Resource::new(Version::V1, "/servicePrincipals")
        .query("$count", "true")
        .query("$top", "1")
        .query("$select", "id")
        .counting()
        .keeping(keep::object);
    let body = client.get(&resource).await.ok()?;
    body.get("@odata.count")?.as_u64().filter(|count| *count <= super::MOST_SERVICE_PRINCIPALS)
}
