//! Where the work file is and what is said about it.

use super::exit::{Failure, usage_error};
use super::options::Reading;
use super::output;
use crate::collect::{Beginning, Options, Terms, WorkFile};
use crate::graph::Client;
use chrono::{SecondsFormat, Utc};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The work file beside an output: its name with `.work` behind it.
pub(super) fn beside(output: &Path) -> Option<PathBuf> {
    let mut name = output.file_name()?.to_owned();
    name.push(".work");
    Some(output.with_file_name(name))
}

/// Opens the work file that was named, else the one at `beside`, else the one of the tenant in the user's cache folder. A file
/// that was not named and cannot be used costs no more than that the run cannot be gone on with, and that is said.
pub(super) fn open(client: &Client, options: &Options, reading: &Reading, beside: Option<PathBuf>) -> Result<Option<WorkFile>, Failure> {
    let named = reading.work.clone();
    let explicit = named.is_some();
    let variable = |name: &str| std::env::var_os(name);
    let Some(path) = named.or(beside).or_else(|| cached(client.tenant_id(), variable)) else { return Ok(None) };
    let terms = Terms {
        tenant: client.tenant_id().to_lowercase(),
        graph: client.origin().to_owned(),
        taken_at: options.taken_at,
        asked: Terms::asked_for(options),
        reader: Terms::reader_of(client.signed_in_as()),
    };
    // The age of a file is real time, whatever clock the run is judged by.
    match WorkFile::open(&path, &terms, reading.clock_given(), Utc::now(), reading.refresh) {
        Ok(file) => {
            tell(&file);
            Ok(Some(file))
        }
        Err(error) if explicit => Err(usage_error(error)),
        Err(error) => {
            let why = error.to_string();
            output::note(&format!("{}; if it is stopped, this run cannot be gone on with", why.lines().next().unwrap_or_default()));
            Ok(None)
        }
    }
}

fn tell(file: &WorkFile) {
    let path = file.path().display();
    match file.beginning() {
        Beginning::New => {}
        Beginning::Anew(why) => output::note(&format!("starting anew, not from {path}: {why}")),
        Beginning::Resumed { answers, started } => {
            let started = started.to_rfc3339_opts(SecondsFormat::Secs, true);
            output::note(&format!("resuming from {path}: {answers} answers read at {started} are not read again"));
        }
    }
}

/// The work file of a tenant in the user's cache folder, if there is such a folder.
fn cached(tenant: &str, variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    // The tenant may be a domain name that the user gave; it must name a file and nothing else.
    let plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '.');
    if tenant.is_empty() || tenant.starts_with('.') || tenant.len() > 200 || !tenant.chars().all(plain) {
        return None;
    }
    let absolute = |name: &str| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let caches = if cfg!(windows) {
        absolute("LOCALAPPDATA")
    } else {
        absolute("XDG_CACHE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".cache")))
    };
    let folder = caches.filter(|caches| caches.is_dir())?.join("maascan");
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    let made = builder.create(&folder);
    (made.is_ok() || folder.is_dir()).then(|| folder.join(format!("{}.work", tenant.to_lowercase())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_work_file_stands_beside_the_output() {
        assert_eq!(beside(Path::new("a/t.json.zst")), Some("a/t.json.zst.work".into()));
        assert_eq!(beside(Path::new("report/")), Some("report.work".into()));
        assert_eq!(beside(Path::new("..")), None);
    }

    #[test]
    fn the_cache_folder_is_used_only_where_there_is_one() {
        let folder = tempfile::tempdir().unwrap();
        let name = if cfg!(windows) { "LOCALAPPDATA" } else { "XDG_CACHE_HOME" };
        let of = |tenant: &str, caches: &Path| cached(tenant, |variable| (variable == name).then(|| caches.into()));
        assert_eq!(of("Contoso.example", folder.path()), Some(folder.path().join("maascan/contoso.example.work")));
        assert!(folder.path().join("maascan").is_dir());
        assert_eq!(of("t", &folder.path().join("missing")), None);
        assert_eq!(of("t", Path::new("relative")), None);
        for tenant in ["", "../t", "a/b", ".t", "a\\b", "t\u{202e}"] {
            assert_eq!(of(tenant, folder.path()), None, "{tenant}");
        }
    }
}
