//! What the requests of a script are: the operation, the workload, how sure. The catalogue answers; where it knows a place only
//! by the object above it, so does this.

use super::eval::Seen;
use super::model::Confidence;
use super::segments::Segments;
use super::value::{HOLE, Text};
use crate::catalogue::{Catalogue, Gate, Operation, Route, Workload};
use std::collections::BTreeMap;

/// A write on a workload.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Write {
    pub(super) workload: Workload,
    pub(super) operation: String,
    pub(super) method: String,
    pub(super) path_template: String,
    pub(super) confidence: Confidence,
    pub(super) gate: &'static str,
}

/// What one request is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Judgement {
    Writes(Vec<Write>),
    /// It goes to Intune, but where cannot be told.
    Untold,
    /// Nothing of Multi Admin Approval's.
    Nothing,
}

/// Objects whose parts belong to the workload even where no source names them: content of an app, states of a policy. Device
/// actions are not among them: each device action is its own.
const FAMILIES: [(&str, Workload); 14] = [
    ("/deviceappmanagement/mobileapps/", Workload::App),
    ("/devicemanagement/devicemanagementscripts/", Workload::Script),
    ("/devicemanagement/devicehealthscripts/", Workload::Script),
    ("/devicemanagement/deviceshellscripts/", Workload::Script),
    ("/devicemanagement/devicecustomattributeshellscripts/", Workload::Script),
    ("/devicemanagement/devicecompliancescripts/", Workload::Script),
    ("/devicemanagement/configurationpolicies/", Workload::ConfigurationPolicy),
    ("/devicemanagement/devicecompliancepolicies/", Workload::CompliancePolicy),
    ("/devicemanagement/compliancepolicies/", Workload::CompliancePolicy),
    ("/devicemanagement/roledefinitions/", Workload::Role),
    ("/devicemanagement/roleassignments/", Workload::Role),
    ("/devicemanagement/devicecategories/", Workload::TenantConfiguration),
    ("/rolemanagement/devicemanagement/roledefinitions/", Workload::Role),
    ("/rolemanagement/devicemanagement/roleassignments/", Workload::Role),
];

/// Profile types from before the settings catalog: whether a policy on configuration policies holds them back, nobody has shown.
const LEGACY: [&str; 2] = ["/devicemanagement/deviceconfigurations", "/devicemanagement/grouppolicyconfigurations"];

/// Places that the catalogue has beside a workload because no source clears them, but that no source names either. A line of a
/// script is not called refused on that.
const NEIGHBOURS: [&str; 2] = ["/devicemanagement/rolescopetags", "/devicemanagement/manageddevicecleanuprules"];

/// Most workloads that one request with holes is taken to be.
const MOST_WORKLOADS: usize = 3;

/// A path in one form: from its first known root on, lower case, no query, holes as whole segments.
pub(super) fn plain_path(url: &str) -> String {
    let path = url.split(['?', '#']).next().unwrap_or("").to_ascii_lowercase();
    let roots = ["/devicemanagement/", "/deviceappmanagement/", "/rolemanagement/", "/users/", "/manageddevices"];
    let with_slash = format!("/{}/", path.replace(HOLE, "\0"));
    let at = roots.iter().filter_map(|root| with_slash.find(root)).min();
    with_slash.get(at.unwrap_or(0)..).unwrap_or("").replace("//", "/").trim_end_matches('/').to_owned()
}

/// An address as the catalogue takes it: a hole before the first name of a path ends with a slash.
pub(super) fn address(url: &str) -> String {
    let mut address = url.replace("\0\0", "\0");
    let lower = address.to_ascii_lowercase();
    for root in ["devicemanagement/", "deviceappmanagement/", "rolemanagement/"] {
        let glued = format!("\0{root}");
        if let Some(at) = lower.find(&glued) {
            address.insert(at + 1, '/');
            break;
        }
    }
    // A query that is put behind, and a key that is known only in part, say nothing.
    if let Some(at) = address.find("\0?") {
        address.truncate(at + 1);
    }
    address
}

/// Whether text is the address of something of Intune.
pub(super) fn is_intune(catalogue: &Catalogue, text: &str) -> bool {
    let near = text.len() < 3_000 && !text.contains(['\n', '<', '>']) && text.trim().split_ascii_whitespace().count() < 6;
    if !near || !names_root(text) {
        return false;
    }
    let address = address(text);
    let first = address.split(['/', '?']).find(|part| !part.is_empty()).unwrap_or("");
    let begins = address.contains("://") || address.starts_with(['/', '\0', '{', '$']) || catalogue.begins_path(first) || is_version(first);
    begins && !matches!(catalogue.route("", &address), Route::NotIntune | Route::Unresolved)
}

fn is_version(word: &str) -> bool {
    word.eq_ignore_ascii_case("beta") || word.eq_ignore_ascii_case("v1.0") || word.contains("graph.microsoft")
}

fn names_root(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    ["devicemanagement", "deviceappmanagement", "manageddevice", "mobileapps"].iter().any(|root| lower.contains(root))
}

/// What one request is.
pub(super) fn judge(catalogue: &Catalogue, segments: &Segments, seen: &Seen) -> Judgement {
    let address = address(&seen.url.text);
    let method = if *seen.method.text == *"\0" { "" } else { &*seen.method.text };
    let path = plain_path(&address);
    if NEIGHBOURS.iter().any(|neighbour| path.starts_with(neighbour)) || method == "GET" {
        return Judgement::Nothing;
    }
    let route = catalogue.route(method, &address);
    let found = match &route {
        Route::Operation(operation, _) => writes(seen, &path, &[*operation]),
        Route::Ambiguous(operations) => ambiguous(seen, &path, operations),
        // A wrapper that is handed a collection and told to change or delete puts the key behind it.
        Route::Unmapped if !seen.certain && matches!(method, "PATCH" | "PUT" | "DELETE") && !address.ends_with("/\0") => {
            let address = format!("{}/\0", address.trim_end_matches('/'));
            let seen = Seen { url: Text { text: address.into(), via: seen.url.via }, ..seen.clone() };
            return judge(catalogue, segments, &seen);
        }
        Route::Unmapped => return beside(segments, seen, &path),
        Route::Unresolved => return Judgement::Untold,
        Route::Read | Route::NotIntune => return Judgement::Nothing,
    };
    match found {
        Some(found) if found.is_empty() => beside(segments, seen, &path),
        Some(found) => Judgement::Writes(found),
        None => Judgement::Untold,
    }
}

/// One operation, or several that only a hole keeps apart.
fn ambiguous(seen: &Seen, path: &str, operations: &[&Operation]) -> Option<Vec<Write>> {
    let gated: Vec<&Operation> = operations.iter().copied().filter(|operation| !operation.workloads.is_empty()).collect();
    let mut workloads: Vec<&Workload> = gated.iter().flat_map(|operation| &operation.workloads).collect();
    workloads.sort();
    workloads.dedup();
    let whole = gated.len() == operations.len() || operations.len() < 6;
    if workloads.len() > MOST_WORKLOADS || !whole || (*seen.method.text == *"\0" && !seen.certain) {
        return None;
    }
    writes(seen, path, &gated)
}

fn writes(seen: &Seen, path: &str, operations: &[&Operation]) -> Option<Vec<Write>> {
    let mut found: BTreeMap<Workload, Write> = BTreeMap::new();
    for operation in operations.iter().filter(|operation| operation.path != "/$batch") {
        let confidence = confidence(seen, path, operations.len());
        for workload in workloads(operation, seen) {
            found.entry(workload.clone()).or_insert_with(|| Write {
                workload: workload.clone(),
                operation: operation.name.clone(),
                method: operation.method.name().to_owned(),
                path_template: operation.path.clone(),
                confidence,
                gate: gate(operation.gate),
            });
        }
    }
    Some(found.into_values().collect())
}

/// The workloads of an operation, by the request body where it depends on that.
fn workloads(operation: &Operation, seen: &Seen) -> Vec<Workload> {
    let Some(rule) = &operation.body else { return operation.workloads.clone() };
    let key = rule.member.to_ascii_lowercase();
    let values = seen.body.maps().filter_map(|map| map.entries.get(key.as_str()));
    let told: Vec<Workload> =
        values.flat_map(super::value::Value::known_texts).filter_map(|text| rule.workload_of(&text.text).cloned()).collect();
    if told.is_empty() { operation.workloads.clone() } else { told }
}

fn gate(gate: Gate) -> &'static str {
    match gate {
        Gate::Gated => "gated",
        Gate::Unknown => "unknown",
        Gate::NotGated => "not-gated",
    }
}

fn confidence(seen: &Seen, path: &str, operations: usize) -> Confidence {
    if !seen.certain || *seen.method.text == *"\0" {
        return Confidence::Guessed;
    }
    // A hole where a key stands is how a path is written; one within a name, or for a whole name, is not.
    let names = path.split('/').filter(|segment| segment.contains(HOLE) && segment.len() > 1);
    let broken = names.clone().any(|segment| !segment.starts_with(HOLE) && !segment.contains('('));
    if operations > 1 || broken { Confidence::PartlyResolved } else { Confidence::Resolved }
}

/// A write that no entry covers, on an object whose workload is known; or on a profile from before the settings catalog.
fn beside(segments: &Segments, seen: &Seen, path: &str) -> Judgement {
    let write = |workload: &Workload, gate: &'static str| {
        // Only known names are shown: any other may be a key, or worse.
        let operation = segments.last(path).unwrap_or("write").to_owned();
        Judgement::Writes(vec![Write {
            workload: workload.clone(),
            operation,
            method: method(&seen.method.text),
            path_template: segments.template(path),
            confidence: if seen.certain { Confidence::PartlyResolved } else { Confidence::Guessed },
            gate,
        }])
    };
    let legacy = LEGACY.iter().any(|legacy| path.strip_prefix(legacy).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '('])));
    if legacy {
        return write(&Workload::ConfigurationPolicy, "unproven");
    }
    let path_below = path.replace('(', "/(");
    let family = FAMILIES.iter().find(|(family, _)| path_below.starts_with(family));
    match family {
        Some((family, workload)) if is_part(path_below.strip_prefix(family).unwrap_or("")) => write(workload, "unknown"),
        _ => Judgement::Nothing,
    }
}

/// Whether what follows a collection is an object and a part of it; functions on the collection read.
fn is_part(rest: &str) -> bool {
    let mut parts = rest.split('/').filter(|part| !part.is_empty());
    let object = parts
        .next()
        .is_some_and(|object| object.contains([HOLE, '(', '{', '-']) || object.starts_with(|letter: char| letter.is_ascii_digit()));
    object && parts.next().is_some()
}

/// A method of HTTP; `*` for anything else.
fn method(text: &str) -> String {
    let known = ["POST", "PUT", "PATCH", "DELETE"].into_iter().find(|known| known.eq_ignore_ascii_case(text));
    known.unwrap_or("*").to_owned()
}
