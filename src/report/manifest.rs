//! `manifest.json`: what is in a report's folder and what it was made from. It is written last, so a folder without one
//! does not hold a whole report.

use super::v1::Time;
use super::{Error, csv, json};
use crate::assess::{AppliedSettings, Assessment};
use schemars::JsonSchema;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::fmt::Write;

/// Name of the file.
pub(super) const FILE_NAME: &str = "manifest.json";

/// Name of the format.
pub(super) const FORMAT: &str = "maascan.manifest";

/// Version of the format.
pub(super) const VERSION: u32 = 1;

/// What is in the folder of a report, and what it was made from.
#[derive(Serialize, JsonSchema)]
pub(super) struct Manifest<'a> {
    /// Name of the format.
    #[schemars(extend("const" = FORMAT))]
    format: &'static str,
    /// Version of the format.
    #[schemars(extend("const" = VERSION))]
    version: u32,
    /// What made the report.
    tool: Tool,
    /// Of which tenant it tells.
    tenant: Tenant<'a>,
    /// When the tenant was read.
    taken_at: Time,
    /// Over which window.
    window: Window,
    /// Under which settings.
    settings: Settings<'a>,
    /// Every other file of the report.
    files: Vec<FileEntry>,
}

/// Under which settings the rules ran; assessment.json has them whole.
#[derive(Serialize, JsonSchema)]
struct Settings<'a> {
    /// Whose thresholds applied.
    profile: &'a str,
    /// Ids of the user's own rules.
    own_rules: &'a [String],
    /// Ids of the rules that did not run.
    switched_off: Vec<&'a str>,
    /// Ids of the rules whose severity was changed.
    severities_changed: Vec<&'a str>,
    /// Ids of the rules with a threshold that was changed.
    thresholds_changed: BTreeSet<&'a str>,
    /// Waivers that were given.
    waivers: usize,
    /// Entries of the register of exclusions; null where none was given.
    register: Option<usize>,
}

/// The program that made a report.
#[derive(Serialize, JsonSchema)]
struct Tool {
    /// Its name.
    name: &'static str,
    /// Its version.
    version: &'static str,
}

/// A tenant.
#[derive(Serialize, JsonSchema)]
struct Tenant<'a> {
    /// Its id.
    id: &'a str,
    /// Its display name; null where it could not be read.
    name: Option<&'a str>,
}

/// The evidence window.
#[derive(Serialize, JsonSchema)]
struct Window {
    /// Its length in days.
    days: u32,
    /// Where it begins.
    start: Time,
    /// From when on audit events were read.
    audit_since: Time,
}

/// A file of the report.
#[derive(Serialize, JsonSchema)]
struct FileEntry {
    /// Its name.
    name: &'static str,
    /// SHA-256 of its bytes, in lower-case hexadecimal digits.
    sha256: String,
    /// Its length in bytes.
    bytes: usize,
    /// Data rows of a CSV file; null for every other.
    rows: Option<u64>,
}

/// The manifest of these files, given as name and content.
pub(super) fn render(assessment: &Assessment, files: &[(&'static str, Vec<u8>)]) -> Result<Vec<u8>, Error> {
    let run = &assessment.run;
    let manifest = Manifest {
        format: FORMAT,
        version: VERSION,
        tool: Tool { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") },
        tenant: Tenant { id: run.tenant_id.as_str(), name: run.tenant_name.as_deref() },
        taken_at: Time::of(run.taken_at),
        window: Window { days: run.window_days, start: Time::of(run.window_start), audit_since: Time::of(run.audit_since) },
        settings: settings(&assessment.settings),
        files: files.iter().map(|(name, bytes)| entry(name, bytes)).collect(),
    };
    json::pretty(FILE_NAME, &manifest)
}

fn settings(applied: &AppliedSettings) -> Settings<'_> {
    Settings {
        profile: &applied.profile,
        own_rules: &applied.own_rules,
        switched_off: applied.switched_off.iter().map(|off| off.rule.as_str()).collect(),
        severities_changed: applied.severities.iter().map(|change| change.rule.as_str()).collect(),
        thresholds_changed: applied.thresholds.iter().map(|change| change.rule.as_str()).collect(),
        waivers: applied.waivers.len(),
        register: applied.register.as_ref().map(Vec::len),
    }
}

fn entry(name: &'static str, bytes: &[u8]) -> FileEntry {
    let is_csv = name.ends_with(".csv");
    FileEntry { name, sha256: sha256(bytes), bytes: bytes.len(), rows: is_csv.then(|| csv::data_rows(bytes)).flatten() }
}

/// SHA-256 in lower-case hexadecimal digits.
pub(super) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_digest_is_the_published_one() {
        // First test vector of FIPS 180-4 for SHA-256.
        assert_eq!(super::sha256(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
