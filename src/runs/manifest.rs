//! `manifest.json` of a stored run: what it is of, its numbers, and the hashes of its files. A folder without one that can be
//! read is no run.

use super::numbers::Numbers;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// Version of the format. Raised when an older maascan would misread a store.
pub(super) const VERSION: u64 = 1;

/// The files of a run beside the manifest.
const FILES: [&str; 3] = [super::store::SNAPSHOT, super::store::ASSESSMENT, super::store::SEEN];

/// What marks the file.
pub(super) const FORMAT: &str = "maascan.run";

/// A stored run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// `maascan.run`.
    pub(super) format: String,
    pub(super) version: u64,
    /// Version of the maascan that wrote it.
    pub tool: String,
    /// The tenant's id.
    pub tenant_id: String,
    /// The tenant's name, if it could be read: an attacker's text.
    pub tenant_name: Option<String>,
    /// When the tenant was read (UTC).
    pub taken_at: DateTime<Utc>,
    /// Days of the evidence window.
    pub window_days: u32,
    /// Workloads judged as if they were gated.
    pub planned: Vec<String>,
    /// Whether every dataset that was asked for, and is not optional, was read whole.
    pub complete: bool,
    /// Its numbers.
    pub numbers: Numbers,
    /// The other files of its folder.
    pub(super) files: Vec<FileHash>,
}

/// One file of a stored run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct FileHash {
    pub(super) name: String,
    pub(super) bytes: u64,
    pub(super) sha256: String,
}

impl FileHash {
    pub(super) fn of(name: &str, bytes: &[u8]) -> Self {
        Self { name: name.to_owned(), bytes: bytes.len() as u64, sha256: sha256(bytes) }
    }
}

/// SHA-256 in lower-case hexadecimal digits.
pub(super) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Why a manifest is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// A later maascan wrote it.
    Newer,
    /// It is damaged, or something else.
    Damaged,
}

/// Reads a manifest. The version comes first, because a newer one may not fit the types of today.
pub(super) fn read(bytes: &[u8]) -> Result<Manifest, Unreadable> {
    #[derive(Deserialize)]
    struct Head {
        format: String,
        version: u64,
    }
    let head: Head = serde_json::from_slice(bytes).map_err(|_| Unreadable::Damaged)?;
    match (head.format == FORMAT, head.version) {
        (true, VERSION) => {
            let manifest: Manifest = serde_json::from_slice(bytes).map_err(|_| Unreadable::Damaged)?;
            // A name is a file of the folder, and leads nowhere else.
            let own = manifest.files.iter().all(|file| FILES.contains(&file.name.as_str()));
            if own { Ok(manifest) } else { Err(Unreadable::Damaged) }
        }
        (true, version) if version > VERSION => Err(Unreadable::Newer),
        _ => Err(Unreadable::Damaged),
    }
}
