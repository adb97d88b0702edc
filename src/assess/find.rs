//! Finds the application that a person means by an app id, an object id or a display name.

use super::directory::Directory;
use crate::snapshot::{AppId, CallFlow, Snapshot, is_guid};
use std::collections::{BTreeMap, BTreeSet};

/// Why no application could be named.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotFound {
    /// Several have this name.
    #[error("{} applications are called {name}", found.len())]
    Several {
        /// What was written.
        name: String,
        /// Their app ids, each with its service principal if there is one.
        found: Vec<(AppId, Option<String>)>,
    },
    /// None has this id or name.
    #[error("no application that was read has this id or name: {written}")]
    Nobody {
        /// What was written.
        written: String,
        /// Names that are near to it, with their app ids; an attacker's text.
        near: Vec<(String, AppId)>,
    },
}

/// Most names that are offered.
const MOST: usize = 5;

/// Finds an application by app id, by the object id of its service principal or registration, or by a display name that only one
/// has. Letter case does not count. Who is known from the audit log, activity logs or a list of exclusions alone counts too.
///
/// # Errors
/// [`NotFound`], with what to write instead.
pub fn find_application(snapshot: &Snapshot, written: &str) -> Result<AppId, NotFound> {
    let written = written.trim();
    let directory = Directory::new(snapshot);
    if let Some(found) = directory.resolve(&written.to_lowercase()) {
        return Ok(found.app_id().clone());
    }
    let names = names(snapshot);
    let app_id = AppId::new(&written.to_lowercase());
    if is_guid(written) && names.contains_key(&app_id) {
        return Ok(app_id);
    }
    let wanted = plain(written);
    let called = |names: &BTreeSet<&str>| names.iter().any(|name| plain(name) == wanted);
    let found: Vec<AppId> = names.iter().filter(|(_, names)| called(names)).map(|(app_id, _)| (*app_id).clone()).collect();
    match <[AppId; 1]>::try_from(found) {
        Ok([only]) => Ok(only),
        Err(none) if none.is_empty() => Err(NotFound::Nobody { written: written.to_owned(), near: near(&names, &wanted) }),
        Err(several) => {
            let principal = |app_id: &AppId| directory.principal(app_id).map(|principal| principal.id.to_string());
            let found = several.into_iter().map(|app_id| (app_id.clone(), principal(&app_id))).collect();
            Err(NotFound::Several { name: written.to_owned(), found })
        }
    }
}

/// A name as a person may have copied it from a terminal: without characters that do not show, in lower case.
fn plain(name: &str) -> String {
    let hidden = |letter: char| {
        letter.is_control() || matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{206f}')
    };
    name.chars().filter(|letter| !hidden(*letter)).collect::<String>().trim().to_lowercase()
}

/// Every application that was read or seen, with the names that it is known by.
fn names(snapshot: &Snapshot) -> BTreeMap<AppId, BTreeSet<&str>> {
    let principals = snapshot.service_principals.values().map(|principal| (&principal.app_id, principal.display_name.as_str()));
    let applications = snapshot.applications.values().map(|application| (&application.app_id, application.display_name.as_str()));
    let deleted = snapshot.deleted_service_principals.values().map(|gone| (&gone.app_id, gone.display_name.as_str()));
    let actors = snapshot
        .audit_events
        .iter()
        .filter_map(|event| Some((event.actor.app_only()?, event.actor.app_display_name.as_deref().unwrap_or_default())));
    let called = snapshot.activity_logs.iter().flat_map(|logs| &logs.rows).filter(|row| row.key.flow == CallFlow::AppOnly);
    let callers = called.map(|row| (&row.key.app_id, ""));
    let mut names: BTreeMap<AppId, BTreeSet<&str>> = BTreeMap::new();
    for (app_id, name) in principals.chain(applications).chain(deleted).chain(actors).chain(callers) {
        names.entry(app_id.clone()).or_default().insert(name);
    }
    names
}

/// Names that have what was written in them, or most of its words; the nearest in length first.
fn near(names: &BTreeMap<AppId, BTreeSet<&str>>, wanted: &str) -> Vec<(String, AppId)> {
    let words: Vec<&str> = wanted.split_whitespace().filter(|word| word.chars().count() > 2).collect();
    let mut near: Vec<(usize, usize, String, AppId)> = Vec::new();
    for (app_id, name) in names.iter().flat_map(|(app_id, names)| names.iter().map(move |name| (app_id, *name))) {
        let lower = plain(name);
        let shared = words.iter().filter(|word| lower.contains(**word)).count();
        let within = !wanted.is_empty() && lower.contains(wanted);
        if within || shared > 0 {
            let length = lower.chars().count().abs_diff(wanted.chars().count());
            near.push((words.len() - shared, length, name.to_owned(), app_id.clone()));
        }
    }
    near.sort();
    near.into_iter().take(MOST).map(|(_, _, name, app_id)| (name, app_id)).collect()
}
