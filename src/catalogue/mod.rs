//! What is known of Multi Admin Approval: protected operations, permissions, audit vocabulary. Loaded from the files in
//! `rules/catalogue`, which are part of the program; what stands in them says who says so, and how sure it is.

mod activity;
mod address;
mod anchors;
mod error;
mod facts;
mod operation;
mod permission;
mod route;
#[cfg(test)]
mod route_tests;
mod sources;
mod tier_zero;
mod trie;
mod words;
mod workload;

pub use activity::Activity;
pub use error::Error;
pub use facts::{ApprovalStep, StatusFacts, StatusMeaning, WorkloadFacts};
pub use operation::{BodyRule, Operation, Unlocated};
pub use permission::Permission;
pub use route::{Fit, Route, VersionFit};
pub use tier_zero::TierZero;
pub use words::{Gate, GraphVersion, Method, Sure, Versions};
pub use workload::{Platform, Workload};

use crate::snapshot::AppRoleId;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::resume_unwind;
use std::thread;

/// Everything that the catalogue files say, ready to be asked.
#[derive(Debug)]
pub struct Catalogue {
    operations: Vec<Operation>,
    unlocated: Vec<Unlocated>,
    permissions: Vec<Permission>,
    workloads: Vec<WorkloadFacts>,
    statuses: Vec<StatusFacts>,
    steps: Vec<ApprovalStep>,
    tier_zero_permissions: BTreeMap<AppRoleId, TierZero>,
    tier_zero_roles: Vec<TierZero>,
    vocabulary: activity::Vocabulary,
    routes: trie::Trie,
    anchors: Vec<String>,
    sources: BTreeMap<String, String>,
}

impl Catalogue {
    /// The catalogue that is part of the program. Reading it takes milliseconds: keep it.
    ///
    /// # Errors
    /// Only through a fault of ours; a test proves that there is none.
    pub fn builtin() -> Result<Self, Error> {
        // Operations take as long to read as all else: two halves at the same time.
        let (others, operations) = thread::scope(|scope| {
            let others = scope.spawn(|| -> Result<_, Error> {
                let activities = activity::load(include_str!("../../rules/catalogue/audit-activities.toml"))?;
                let facts = facts::load(include_str!("../../rules/catalogue/workloads.toml"))?;
                Ok((activities, facts, tier_zero::load(include_str!("../../rules/catalogue/tier-zero.toml"))?))
            });
            let operations = permission::load(include_str!("../../rules/catalogue/permissions.toml")).and_then(|(permissions, sources)| {
                let operations = operation::load(include_str!("../../rules/catalogue/operations.toml"), &permissions)?;
                Ok((permissions, sources, operations))
            });
            (others.join().unwrap_or_else(|panic| resume_unwind(panic)), operations)
        });
        let (permissions, permission_sources, operations) = operations?;
        let ((vocabulary, activity_sources), facts, tier_zero) = others?;
        let types = type_names(&vocabulary, &operations.beta_types);
        Ok(Self {
            routes: trie::Trie::build(&operations.operations, &operations.roots, &operations.aliases, types),
            anchors: anchors::of(&operations.roots, &operations.operations),
            operations: operations.operations,
            unlocated: operations.unlocated,
            permissions,
            workloads: facts.workload,
            statuses: facts.status,
            steps: facts.step,
            tier_zero_permissions: tier_zero.permissions.into_iter().map(|entry| (entry.id.clone(), entry)).collect(),
            tier_zero_roles: tier_zero.roles,
            vocabulary,
            sources: merge([operations.sources, permission_sources, activity_sources, facts.sources, tier_zero.sources]),
        })
    }

    /// Every permission that writes Intune or escalates, in the order of the file.
    pub fn permissions(&self) -> impl Iterator<Item = &Permission> {
        self.permissions.iter()
    }

    /// The permission of an app role id on Microsoft Graph.
    #[must_use]
    pub fn permission(&self, id: &AppRoleId) -> Option<&Permission> {
        self.permissions.iter().find(|permission| permission.id == *id)
    }

    /// An application permission of Microsoft Graph with which its holder can take over the tenant.
    #[must_use]
    pub fn tier_zero_permission(&self, id: &AppRoleId) -> Option<&TierZero> {
        self.tier_zero_permissions.get(id)
    }

    /// A directory role with which its holder can take over the tenant, by id or, since the id of a built-in role is that of
    /// its template in most tenants but not in all, by name. Letter case does not count.
    #[must_use]
    pub fn tier_zero_role(&self, id: &str, name: Option<&str>) -> Option<&TierZero> {
        let named = |role: &TierZero| name.is_some_and(|name| name.trim().eq_ignore_ascii_case(&role.name));
        self.tier_zero_roles.iter().find(|role| role.id.as_str().eq_ignore_ascii_case(id.trim()) || named(role))
    }

    /// App role ids whose holders matter: every permission that writes Intune, protected or not, or that escalates.
    #[must_use]
    pub fn scope_app_roles(&self) -> BTreeSet<AppRoleId> {
        self.permissions.iter().map(|permission| permission.id.clone()).collect()
    }

    /// What is known of a workload; None for an unknown one.
    #[must_use]
    pub fn workload(&self, workload: &Workload) -> Option<&WorkloadFacts> {
        self.workloads.iter().find(|facts| facts.workload == *workload)
    }

    /// Statuses that a gate answers with, or was said to, in rising order.
    #[must_use]
    pub fn statuses(&self) -> &[StatusFacts] {
        &self.statuses
    }

    /// The steps of the approval flow, in their order.
    #[must_use]
    pub fn approval_steps(&self) -> &[ApprovalStep] {
        &self.steps
    }

    /// What an Intune audit event says was written: its `activityType`, its `activityOperationType`, and the
    /// `auditResourceType` of each of its resources. Letter case does not count.
    #[must_use]
    pub fn activity(&self, activity_type: Option<&str>, operation: Option<&str>, resource_types: &[&str]) -> Activity {
        self.vocabulary.activity(activity_type, operation, resource_types)
    }

    /// What a request is.
    ///
    /// `url` is a whole address on any cloud of Microsoft Graph, or a path with or without version and leading slash; query,
    /// fragment, doubled and trailing slashes, letter case and percent-encoding do not count; `name('key')`, `name(id='key')` and
    /// `name(key)` are `name/key`; type names and namespaces of actions are understood.
    ///
    /// Placeholders stand for text that is not known: NUL (`\u{0}`), `{…}` without a slash in it, or a segment `*`. One can be
    /// the host or version, a key, a type name, a name, or part of a name, but never several segments. A key is a key whatever
    /// it is; where a name is open, the answer is [`Route::Ambiguous`]. A GUID in braces is a key.
    ///
    /// `method` is any letter case; empty or a placeholder means that it is not known, and the answer is then at best ambiguous,
    /// since the request may read. `$value` and parts of an object that no entry has are unmapped.
    #[must_use]
    pub fn route(&self, method: &str, url: &str) -> Route<'_> {
        route::find(&self.routes, &self.operations, method, url)
    }

    /// Words one of which stands in the path of every write on Intune that [`Catalogue::route`] knows or calls unmapped, in order
    /// of text. They are to be searched for in any letter case, as whole words of letters and digits; a word with a letter or
    /// digit in percent-encoding is not found.
    #[must_use]
    pub fn anchors(&self) -> &[String] {
        &self.anchors
    }

    /// Whether a request on this address, which is as it came, is surely none of Intune's, whatever its method:
    /// then [`Catalogue::route`] says so too. It looks at far less, for callers with many addresses most of which are elsewhere;
    /// false also where that is not enough.
    #[must_use]
    pub fn is_plainly_elsewhere(&self, url: &[u8]) -> bool {
        address::plain_path(url).is_some_and(|path| self.routes.leads_nowhere(path))
    }

    /// Whether some path that the catalogue knows begins with this word, any letter case. A request whose path begins with
    /// another word, after a host and a version, is none of Intune's.
    #[must_use]
    pub fn begins_path(&self, word: &str) -> bool {
        self.routes.is_root(word)
    }

    /// Every operation, in the order of the file.
    #[must_use]
    pub fn operations(&self) -> &[Operation] {
        &self.operations
    }

    /// What is protected, but has no public path.
    #[must_use]
    pub fn unlocated(&self) -> &[Unlocated] {
        &self.unlocated
    }

    /// What the key of a source stands for: document or capture, and its date. A key that two files explain from their
    /// own side has both texts.
    #[must_use]
    pub fn source(&self, key: &str) -> Option<&str> {
        self.sources.get(key).map(String::as_str)
    }
}

/// Types that paths and events name, with what their names tell.
fn type_names(vocabulary: &activity::Vocabulary, beta_types: &[String]) -> trie::TypeNames {
    let beta: BTreeSet<String> = beta_types.iter().map(|name| name.to_ascii_lowercase()).collect();
    let name = |name: &str, platform: Option<&Platform>| {
        (name.as_bytes().into(), trie::TypeName { platform: platform.cloned(), beta_only: beta.contains(name) })
    };
    let unplaced = beta.iter().map(|beta| name(beta, None));
    unplaced.chain(vocabulary.type_names().map(|(known, platform)| name(known, platform))).collect()
}

fn merge(files: [BTreeMap<String, String>; 5]) -> BTreeMap<String, String> {
    let mut merged: BTreeMap<String, String> = BTreeMap::new();
    for (key, text) in files.into_iter().flatten() {
        let known = merged.entry(key).or_default();
        if known.is_empty() {
            *known = text;
        } else if !known.split("; ").any(|part| part == text) {
            *known = format!("{known}; {text}");
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_catalogue_loads() {
        let catalogue = Catalogue::builtin().unwrap();
        assert!(catalogue.operations().len() > 400, "{}", catalogue.operations().len());
    }

    #[test]
    fn every_citation_is_explained() {
        let catalogue = Catalogue::builtin().unwrap();
        let operations = catalogue.operations().iter().flat_map(|operation| &operation.sources);
        let permissions = catalogue.permissions().map(|permission| &permission.source);
        for key in operations.chain(permissions) {
            assert!(catalogue.source(key).is_some_and(|text| !text.is_empty()), "{key}");
        }
        assert_eq!(catalogue.source("NOBODY"), None);
    }
}
