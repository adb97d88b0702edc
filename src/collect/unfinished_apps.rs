//! Win32 apps that are not published. Where publishing is gated, the drafts of a refused publish stay behind: the app, its
//! version and its file are made, and only the change that would commit them is refused (facts/maa.md section 4).
//!
//! Intune takes a filter by type (`isof`), as many public readers use it; none was found that filters win32 apps by their
//! state, so all of them are read, and the finished ones are dropped at once. Only members of the base type are selected:
//! members of the derived type cannot be, together with this filter.

use super::json::{kind, plain, text, time};
use super::keep;
use super::reader::{Finished, Reader};
use crate::graph::{Resource, Version};
use crate::snapshot::UnfinishedApp;
use serde_json::Value;
use std::collections::BTreeMap;

const FILTER: &str = "isof('microsoft.graph.win32LobApp')";
const SELECT: &str = "id,displayName,publishingState,createdDateTime,lastModifiedDateTime";

/// By id.
pub(super) type Unfinished = BTreeMap<String, UnfinishedApp>;

pub(super) async fn read(mut reader: Reader<'_>) -> (Unfinished, Finished) {
    let mut unfinished = Unfinished::new();
    let list = Resource::new(Version::Beta, "/deviceAppManagement/mobileApps").query("$filter", FILTER).query("$select", SELECT);
    let pages = reader.client.pages(&list.keeping(keep::mobile_app));
    let whole = reader
        .rows(pages, |reader, row| match parse(&row) {
            Some(app) if is_published(&app) => {}
            Some(app) => super::json::file(&mut unfinished, app.id.clone(), app),
            None => reader.malformed("id or publishing state"),
        })
        .await;
    if whole {
        reader.part_is_whole();
    }
    (unfinished, reader.finish())
}

fn is_published(app: &UnfinishedApp) -> bool {
    app.publishing_state.eq_ignore_ascii_case("published")
}

/// None without an id or a state: of such an app nothing is claimed.
fn parse(row: &Value) -> Option<UnfinishedApp> {
    Some(UnfinishedApp {
        id: text(row, "id")?.to_lowercase(),
        display_name: plain(row, "displayName"),
        kind: kind(row),
        publishing_state: text(row, "publishingState")?,
        created: time(row, "createdDateTime"),
        last_modified: time(row, "lastModifiedDateTime"),
    })
}

#[cfg(test)]
mod tests {
    use super::super::json::any_json;
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn an_app_is_read_with_its_state_and_nothing_is_claimed_of_one_without() {
        let app = parse(&json!({"@odata.type": "#microsoft.graph.win32LobApp", "id": "A1", "displayName": "7-Zip",
            "publishingState": "notPublished", "createdDateTime": "2026-11-01T00:00:00Z", "lastModifiedDateTime": "0001-01-01T00:00:00Z"}))
        .unwrap();
        assert_eq!((app.id.as_str(), app.kind.as_deref(), app.is_half_done()), ("a1", Some("win32LobApp"), true));
        assert!(app.created.is_some() && app.last_modified.is_none() && !is_published(&app));
        assert!(is_published(&parse(&json!({"id": "A", "publishingState": "Published"})).unwrap()));
        let other = parse(&json!({"id": "A", "publishingState": "unknownFutureValue"})).unwrap();
        assert!(!is_published(&other) && !other.is_half_done(), "a state of tomorrow is kept, and says nothing");
        assert_eq!(parse(&json!({"id": "A"})), None);
    }

    proptest! {
        #[test]
        fn any_json_is_read_without_panic_and_alike_when_reduced(row in any_json()) {
            let before = parse(&row);
            let mut kept = row;
            keep::mobile_app(&mut kept);
            prop_assert_eq!(parse(&kept), before);
        }
    }
}
