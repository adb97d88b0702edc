//! Writes that stand in an application's own source. Nothing here was seen to happen: it has no time and no count, so it is never
//! an [`Observation`](super::Observation), and no verdict takes it for a call.

use crate::catalogue::Workload;
use crate::snapshot::{AppId, ScriptApproval, ScriptConfidence, ScriptExpectation, ScriptSignIn, ScriptedWrite, Snapshot, WritingScript};
use std::collections::{BTreeMap, BTreeSet};

/// By what a script is known to be an application's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Joined {
    /// The user's map says so.
    Map,
    /// The application's id stands in it as a client id.
    ClientId,
}

impl Joined {
    /// Its word in output.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Map => "map",
            Self::ClientId => "client-id",
        }
    }

    /// In words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Map => "by the map that was given",
            Self::ClientId => "by the client id in it",
        }
    }
}

/// A write in a script of an application.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Scripted {
    /// Path of the script, below the one that was named.
    pub path: String,
    /// Line of the call, from 1.
    pub line: u64,
    /// What it writes.
    pub workload: Workload,
    /// The operation, in the catalogue's word.
    pub operation: String,
    /// Method of HTTP; `*` where it is not known.
    pub method: String,
    /// The path, keys as `{id}`.
    pub path_template: String,
    /// How much of the call could be worked out.
    pub confidence: ScriptConfidence,
    /// As whom the script signs in: as the application, or it does not show.
    pub sign_in: ScriptSignIn,
    /// Whether it takes part in the approval flow.
    pub approval: ScriptApproval,
    /// What to expect of it.
    pub expectation: ScriptExpectation,
    /// By what it is the application's.
    pub joined: Joined,
}

/// The writes in scripts by application, each list in the order of paths and lines. Left out is what signs in for a person only,
/// and what no policy is believed to hold back. A client id joins only where the tenant has it; the user's map joins in any case.
pub(super) fn scripted(snapshot: &Snapshot) -> BTreeMap<AppId, Vec<Scripted>> {
    let mut found: BTreeMap<AppId, Vec<Scripted>> = BTreeMap::new();
    for file in snapshot.scripts.iter().flat_map(|scripts| &scripts.files) {
        for (app_id, joined) in owners(snapshot, file) {
            let writes: Vec<Scripted> = file.writes.iter().filter(|write| counts(write)).map(|write| one(file, write, joined)).collect();
            if !writes.is_empty() {
                found.entry(app_id).or_default().extend(writes);
            }
        }
    }
    found.values_mut().for_each(|writes| writes.sort());
    found
}

/// Paths of the scripts that write as an application, and that no application of the tenant could be found for.
#[must_use]
pub fn unjoined(snapshot: &Snapshot) -> Vec<&str> {
    let files = snapshot.scripts.iter().flat_map(|scripts| &scripts.files);
    let alone = files.filter(|file| file.writes.iter().any(counts) && owners(snapshot, file).is_empty());
    alone.map(|file| file.path.as_str()).collect()
}

/// App ids of the user's map that the tenant does not have.
#[must_use]
pub fn strangers(snapshot: &Snapshot) -> BTreeSet<&AppId> {
    let known = applications(snapshot);
    let mapped = snapshot.scripts.iter().flat_map(|scripts| &scripts.files).flat_map(|file| &file.app_ids);
    mapped.filter(|id| !known.contains(id)).collect()
}

fn counts(write: &ScriptedWrite) -> bool {
    write.sign_in != ScriptSignIn::Delegated && write.expectation != ScriptExpectation::NotHeld
}

/// Whose a script is: what the user says, or else what stands in it.
fn owners(snapshot: &Snapshot, file: &WritingScript) -> BTreeMap<AppId, Joined> {
    if !file.app_ids.is_empty() {
        return file.app_ids.iter().map(|id| (id.clone(), Joined::Map)).collect();
    }
    if file.client_ids.is_empty() {
        return BTreeMap::new();
    }
    let known = applications(snapshot);
    file.client_ids.iter().filter(|id| known.contains(id)).map(|id| (id.clone(), Joined::ClientId)).collect()
}

/// Applications that the tenant has, as far as they were read.
fn applications(snapshot: &Snapshot) -> BTreeSet<&AppId> {
    let principals = snapshot.service_principals.values().map(|principal| &principal.app_id);
    principals.chain(snapshot.applications.values().map(|application| &application.app_id)).collect()
}

fn one(file: &WritingScript, write: &ScriptedWrite, joined: Joined) -> Scripted {
    Scripted {
        path: file.path.clone(),
        line: write.line,
        workload: Workload::from_policy_type(&write.workload),
        operation: write.operation.clone(),
        method: write.method.clone(),
        path_template: write.path_template.clone(),
        confidence: write.confidence,
        sign_in: write.sign_in,
        approval: write.approval,
        expectation: write.expectation,
        joined,
    }
}
