//! Operations that write Intune, from `rules/catalogue/operations.toml`: reads the entries, spreads them into one operation for
//! each path and method, and checks that no two say different things.

use super::sources::{Checked, parse};
use super::{Error, Gate, Method, Permission, Platform, Sure, Versions, Workload};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

const FILE: &str = "operations.toml";

/// One way to write Intune through Microsoft Graph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// Method of the request.
    pub method: Method,
    /// Path template without version: `{id}` is any key, `{cast}` any type name, a last `**` all that lies below.
    pub path: String,
    /// What it does: `create`, `assign`, `wipe`, …
    pub name: String,
    /// Versions of Graph that have it.
    pub versions: Versions,
    /// Workloads whose policy holds it back. With a [`BodyRule`], those that the body may choose from; empty where none is
    /// believed to.
    pub workloads: Vec<Workload>,
    /// Whether it is held back where such a policy is in force.
    pub gate: Gate,
    /// How sure.
    pub sure: Sure,
    /// Keys of the sources, see [`super::Catalogue::source`].
    pub sources: Vec<String>,
    /// Names of the permissions that allow it.
    pub permissions: Vec<String>,
    /// Names of permissions that only some source lists for it.
    pub possible: Vec<String>,
    /// Template of the operation whose effect it has, where it is another way to the same place.
    pub same_effect_as: Option<String>,
    /// The one platform that it is about.
    pub platform: Option<Platform>,
    /// How the request body decides, where it does.
    pub body: Option<BodyRule>,
    /// What else is to be known of it.
    pub note: Option<String>,
}

/// A member of the request body that decides which workload an operation writes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BodyRule {
    /// Name of the member.
    pub member: String,
    /// Workload of each of its values. A value that is not here writes none.
    pub workloads: BTreeMap<String, Workload>,
}

impl BodyRule {
    /// The workload of a value, any letter case.
    #[must_use]
    pub fn workload_of(&self, value: &str) -> Option<&Workload> {
        self.workloads.iter().find(|(known, _)| known.eq_ignore_ascii_case(value)).map(|(_, workload)| workload)
    }
}

/// Something that is protected, but whose path is not public.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unlocated {
    /// What it is.
    pub name: String,
    /// Workloads whose policy holds it back.
    pub workloads: Vec<Workload>,
    /// Whether it is held back.
    pub gate: Gate,
    /// How sure.
    pub sure: Sure,
    /// Keys of the sources, see [`super::Catalogue::source`].
    pub source: Vec<String>,
    /// Names of the permissions that allow it.
    pub permissions: Vec<String>,
    /// What else is to be known of it.
    pub note: String,
}

/// Another prefix for the same paths.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Alias {
    pub(super) prefix: String,
    pub(super) of: String,
}

/// The file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    roots: Vec<String>,
    beta_types: Vec<String>,
    alias: Vec<Alias>,
    sources: BTreeMap<String, String>,
    operation: Vec<Entry>,
    unlocated: Vec<Unlocated>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    #[serde(default)]
    paths: Vec<String>,
    #[serde(default)]
    methods: BTreeMap<Method, String>,
    #[serde(default)]
    under: Vec<String>,
    #[serde(default)]
    actions: Vec<String>,
    version: Versions,
    gate: Gate,
    sure: Sure,
    source: Vec<String>,
    workloads: Vec<Workload>,
    permissions: Vec<String>,
    #[serde(default)]
    possible: Vec<String>,
    same_effect_as: Option<String>,
    platform: Option<Platform>,
    body: Option<BodyRule>,
    note: Option<String>,
}

/// The file, read and checked.
pub(super) struct Loaded {
    pub(super) operations: Vec<Operation>,
    pub(super) unlocated: Vec<Unlocated>,
    pub(super) roots: Vec<String>,
    pub(super) aliases: Vec<Alias>,
    pub(super) beta_types: Vec<String>,
    pub(super) sources: BTreeMap<String, String>,
}

/// Reads and checks the file. Permissions that it names must be among `permissions`.
pub(super) fn load(text: &str, permissions: &[Permission]) -> Result<Loaded, Error> {
    let file: File = parse(FILE, text)?;
    let names: BTreeSet<&str> = permissions.iter().map(|permission| permission.name.as_str()).collect();
    let mut checked = Checked::new(FILE, &file.sources);
    for entry in &file.operation {
        check_entry(entry, &names, &mut checked)?;
    }
    for unlocated in &file.unlocated {
        unlocated.source.iter().try_for_each(|key| checked.cite(key))?;
        unlocated.workloads.iter().try_for_each(|workload| checked.workload(workload))?;
        check_permissions(&unlocated.permissions, &names, &checked)?;
    }
    file.roots.iter().try_for_each(|root| check_template(root, &checked))?;
    let operations: Vec<Operation> = file.operation.iter().flat_map(Entry::spread).collect();
    check_whole(&operations, &checked)?;
    checked.finish()?;
    Ok(Loaded {
        operations,
        unlocated: file.unlocated,
        roots: file.roots,
        aliases: file.alias,
        beta_types: file.beta_types,
        sources: file.sources,
    })
}

impl Entry {
    /// One operation for each path and method.
    fn spread(&self) -> Vec<Operation> {
        let plain = self.paths.iter().flat_map(|path| self.methods.iter().map(|(method, name)| self.operation(*method, path, name)));
        let actions = self
            .under
            .iter()
            .flat_map(|under| self.actions.iter().map(move |action| self.operation(Method::Post, &format!("{under}/{action}"), action)));
        plain.chain(actions).collect()
    }

    fn operation(&self, method: Method, path: &str, name: &str) -> Operation {
        Operation {
            method,
            path: path.to_owned(),
            name: name.to_owned(),
            versions: self.version,
            workloads: self.workloads.clone(),
            gate: self.gate,
            sure: self.sure,
            sources: self.source.clone(),
            permissions: self.permissions.clone(),
            possible: self.possible.clone(),
            same_effect_as: self.same_effect_as.clone(),
            platform: self.platform.clone(),
            body: self.body.clone(),
            note: self.note.clone(),
        }
    }

    /// How errors name it.
    fn label(&self) -> &str {
        self.paths.iter().chain(&self.under).map(String::as_str).next().unwrap_or("an entry without paths")
    }
}

fn check_entry(entry: &Entry, permissions: &BTreeSet<&str>, checked: &mut Checked<'_>) -> Result<(), Error> {
    let label = || entry.label().to_owned();
    let plain = !entry.paths.is_empty() && !entry.methods.is_empty() && entry.under.is_empty() && entry.actions.is_empty();
    let actions = !entry.under.is_empty() && !entry.actions.is_empty() && entry.paths.is_empty() && entry.methods.is_empty();
    checked.require(plain != actions, || format!("needs either paths and methods, or under and actions: {}", label()))?;
    checked.require(!entry.source.is_empty(), || format!("has no source: {}", label()))?;
    entry.source.iter().try_for_each(|key| checked.cite(key))?;
    entry.paths.iter().chain(&entry.under).try_for_each(|path| check_template(path, checked))?;
    entry.workloads.iter().try_for_each(|workload| checked.workload(workload))?;
    checked.platform(entry.platform.as_ref())?;
    check_permissions(&entry.permissions, permissions, checked)?;
    check_permissions(&entry.possible, permissions, checked)?;
    check_gate(entry, checked)
}

/// What is gated is gated by something, or by what the body says; what is not gated is gated by nothing.
fn check_gate(entry: &Entry, checked: &Checked<'_>) -> Result<(), Error> {
    let label = || entry.label().to_owned();
    match entry.gate {
        Gate::Gated => {
            let by_something = !entry.workloads.is_empty() || entry.body.is_some();
            checked.require(by_something, || format!("is gated, but by no workload: {}", label()))?;
        }
        Gate::NotGated => checked.require(entry.workloads.is_empty(), || format!("is not gated, but has a workload: {}", label()))?,
        Gate::Unknown => {}
    }
    let Some(body) = &entry.body else { return Ok(()) };
    body.workloads.values().try_for_each(|workload| checked.workload(workload))?;
    let chosen = entry.workloads.iter().all(|workload| body.workloads.values().any(|value| value == workload));
    checked.require(chosen, || format!("has a workload that no value of the body chooses: {}", label()))
}

fn check_permissions(named: &[String], known: &BTreeSet<&str>, checked: &Checked<'_>) -> Result<(), Error> {
    let unknown = named.iter().find(|name| !known.contains(name.as_str()));
    checked.require(unknown.is_none(), || format!("permission is not known: {}", unknown.map_or("", String::as_str)))
}

/// A template begins with a slash, has no empty segment, no placeholder but `{id}` and `{cast}`, and `**` only at its end.
fn check_template(template: &str, checked: &Checked<'_>) -> Result<(), Error> {
    let mut segments = template.strip_prefix('/').unwrap_or("").split('/').peekable();
    while let Some(segment) = segments.next() {
        let good = match segment {
            "{id}" | "{cast}" => true,
            "**" => segments.peek().is_none(),
            _ => !segment.is_empty() && !segment.contains(['{', '}', '*', '(', '%', '?', '#']),
        };
        checked.require(good, || format!("not a template: {template}"))?;
    }
    Ok(())
}

/// No path and method twice, and no reference to a path that is not there.
fn check_whole(operations: &[Operation], checked: &Checked<'_>) -> Result<(), Error> {
    let mut seen = BTreeSet::new();
    for operation in operations {
        let new = seen.insert((operation.method, operation.path.to_ascii_lowercase()));
        checked.require(new, || format!("operation is there twice: {} {}", operation.method.name(), operation.path))?;
    }
    let paths: BTreeSet<&str> = operations.iter().map(|operation| operation.path.as_str()).collect();
    for operation in operations {
        if let Some(same) = &operation.same_effect_as {
            let there = paths.contains(same.as_str()) && *same != operation.path;
            checked.require(there, || format!("has the effect of a path that is not there: {}", operation.path))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::Catalogue;
    use super::*;

    #[test]
    fn every_permission_of_an_operation_is_one_for_its_workloads() {
        let catalogue = Catalogue::builtin().unwrap();
        for operation in catalogue.operations() {
            for name in operation.permissions.iter().chain(&operation.possible) {
                let permission = catalogue.permissions().find(|permission| permission.name == *name).unwrap();
                let fits = operation
                    .workloads
                    .iter()
                    .all(|workload| permission.primary.contains(workload) || permission.possible.contains(workload));
                assert!(fits, "{name} for {}", operation.path);
            }
        }
    }

    #[test]
    fn every_documented_workload_has_an_operation_that_its_primary_permission_allows() {
        let catalogue = Catalogue::builtin().unwrap();
        for permission in catalogue.permissions() {
            for workload in &permission.primary {
                let found = catalogue.operations().iter().any(|operation| {
                    operation.gate == Gate::Gated
                        && operation.workloads.contains(workload)
                        && operation.permissions.contains(&permission.name)
                });
                assert!(found, "{} for {workload}", permission.name);
            }
        }
    }

    #[test]
    fn ways_round_a_wipe_are_known() {
        let catalogue = Catalogue::builtin().unwrap();
        let round: BTreeSet<&str> = catalogue
            .operations()
            .iter()
            .filter(|operation| operation.same_effect_as.as_deref() == Some("/deviceManagement/managedDevices/{id}/wipe"))
            .map(|operation| operation.path.as_str())
            .collect();
        for path in [
            "/deviceManagement/managedDevices/{id}/cleanWindowsDevice",
            "/deviceManagement/managedDevices/executeAction",
            "/users/{id}/managedDevices/{id}/wipe",
            "/deviceManagement/deviceHealthScripts/{id}/deviceRunStates/{id}/managedDevice/wipe",
        ] {
            assert!(round.contains(path), "{path}");
        }
    }

    #[test]
    fn the_body_of_a_bulk_action_decides() {
        let catalogue = Catalogue::builtin().unwrap();
        let bulk =
            catalogue.operations().iter().find(|operation| operation.path == "/deviceManagement/managedDevices/executeAction").unwrap();
        let body = bulk.body.as_ref().unwrap();
        assert_eq!(body.member, "actionName");
        assert_eq!(body.workload_of("Wipe"), Some(&Workload::DeviceWipe));
        assert_eq!(body.workload_of("deprovision"), Some(&Workload::DeviceDeprovision));
        assert_eq!(body.workload_of("syncDevice"), None);
    }

    #[test]
    fn what_is_protected_without_a_path_is_kept() {
        let catalogue = Catalogue::builtin().unwrap();
        let names: Vec<&str> = catalogue.unlocated().iter().map(|unlocated| unlocated.name.as_str()).collect();
        assert_eq!(names, ["deployments"]);
    }

    const HEAD: &str = "roots = []\nbeta_types = []\nalias = []\nunlocated = []\n[sources]\nS = \"s\"\n";

    fn entry(changes: &[(&str, &str)]) -> String {
        let mut members = BTreeMap::from([
            ("paths", "[\"/a/{id}\"]"),
            ("methods", "{ PATCH = \"update\" }"),
            ("version", "\"both\""),
            ("gate", "\"gated\""),
            ("sure", "\"inferred\""),
            ("source", "[\"S\"]"),
            ("workloads", "[\"app\"]"),
            ("permissions", "[]"),
        ]);
        members.extend(changes.iter().copied());
        let lines: String = members.iter().map(|(name, value)| format!("{name} = {value}\n")).collect();
        format!("[[operation]]\n{lines}")
    }

    #[test]
    fn a_sound_entry_is_spread_over_paths_and_methods() {
        let text = format!(
            "{HEAD}{}",
            entry(&[("paths", "[\"/a/{id}\", \"/b/{id}\"]"), ("methods", "{ PATCH = \"update\", DELETE = \"delete\" }")])
        );
        let loaded = load(&text, &[]).unwrap();
        let spread: Vec<(&str, &str)> = loaded.operations.iter().map(|one| (one.method.name(), one.path.as_str())).collect();
        assert_eq!(spread, [("PATCH", "/a/{id}"), ("DELETE", "/a/{id}"), ("PATCH", "/b/{id}"), ("DELETE", "/b/{id}")]);
    }

    #[test]
    fn unsound_entries_are_refused() {
        for changes in [
            [("paths", "[]")].as_slice(),
            &[("paths", "[\"a\"]")],
            &[("paths", "[\"/a//b\"]")],
            &[("paths", "[\"/a/**/b\"]")],
            &[("paths", "[\"/a/{key}\"]")],
            &[("actions", "[\"assign\"]")],
            &[("methods", "{ GET = \"read\" }")],
            &[("version", "\"v2\"")],
            &[("gate", "\"not-gated\"")],
            &[("gate", "\"maybe\"")],
            &[("workloads", "[]")],
            &[("workloads", "[\"apps\"]")],
            &[("platform", "\"plan9\"")],
            &[("source", "[\"T\"]")],
            &[("source", "[]")],
            &[("permissions", "[\"Nobody.ReadWrite.All\"]")],
            &[("same_effect_as", "\"/nowhere\"")],
            &[("same_effect_as", "\"/a/{id}\"")],
            &[("body", "{ member = \"m\", workloads = { x = \"role\" } }")],
            &[("notes", "\"misspelt\"")],
        ] {
            assert!(load(&format!("{HEAD}{}", entry(changes)), &[]).is_err(), "{changes:?}");
        }
        assert!(load(&format!("{HEAD}{}{}", entry(&[]), entry(&[("paths", "[\"/A/{id}\"]")])), &[]).is_err(), "twice, but for letter case");
    }
}
