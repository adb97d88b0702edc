//! The folder of a report. It is looked at before the long work; its files are there whole or not at all, and only their
//! owner may read them.

use super::{Contents, Error, Format, formats, manifest};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// A folder that takes a report.
#[derive(Debug, Clone)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// Makes sure that a report can be written to `path`: it is a folder that takes files, or the nearest folder above it
    /// that exists takes some. Nothing is left behind: the folder itself is made when there is a report to put into it. An
    /// empty path is the current folder.
    ///
    /// # Errors
    /// [`Error::NotAFolder`] or [`Error::Unwritable`].
    pub fn prepare(path: &Path) -> Result<Self, Error> {
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        if fs::symlink_metadata(path).is_ok() && !path.is_dir() {
            return Err(Error::NotAFolder { path: path.to_owned() });
        }
        // Permission bits do not tell on every system, so a file is made; it is gone again at once.
        // The kind alone: the error itself names the temporary file, which is another one each time.
        temporary_file(existing(path)).map_err(|error| Error::Unwritable { path: path.to_owned(), source: error.kind().into() })?;
        Ok(Self { path: path.to_owned() })
    }

    /// Makes the folder if need be, writes every file of the report and then `manifest.json`, replacing those of an earlier run, and returns their
    /// paths. Other files in the folder stay as they are.
    ///
    /// All files are rendered and on disk under temporary names before the first one gets its name, so an error up to
    /// there leaves the folder as it was. Should a rename fail after that, the folder has no manifest.
    ///
    /// # Errors
    /// [`Error::Render`], [`Error::Unwritable`] if the folder cannot be made, or [`Error::Write`].
    pub fn write(&self, contents: &Contents<'_>) -> Result<Vec<PathBuf>, Error> {
        self.write_formats(contents, &formats())
    }

    fn write_formats(&self, contents: &Contents<'_>, formats: &[Box<dyn Format>]) -> Result<Vec<PathBuf>, Error> {
        let files = rendered(contents, formats)?;
        fs::create_dir_all(&self.path).map_err(|source| Error::Unwritable { path: self.path.clone(), source })?;
        let staged = self.stage(&files)?;
        self.publish(staged)
    }

    /// Every file under a temporary name. Dropping the result removes them.
    fn stage(&self, files: &[(&'static str, Vec<u8>)]) -> Result<Vec<(PathBuf, NamedTempFile)>, Error> {
        let mut staged = Vec::new();
        for (name, bytes) in files {
            let path = self.path.join(name);
            match self.stage_one(&path, bytes) {
                Ok(file) => staged.push((path, file)),
                Err(source) => return Err(Error::Write { path, source }),
            }
        }
        Ok(staged)
    }

    fn stage_one(&self, path: &Path, bytes: &[u8]) -> io::Result<NamedTempFile> {
        if path.is_dir() {
            return Err(io::Error::new(io::ErrorKind::IsADirectory, "a folder of that name is in the way"));
        }
        let mut file = temporary_file(&self.path)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        Ok(file)
    }

    /// Keeps other runs from publishing into the folder while the handle lives. The lock is on the folder itself, because a
    /// file for it would stay behind. Some network file systems have no locks; a report without one is better than none.
    #[cfg(unix)]
    fn lock(&self) -> Option<fs::File> {
        let folder = fs::File::open(&self.path).ok()?;
        folder.lock().ok()?;
        Some(folder)
    }

    /// Elsewhere a folder cannot be opened as a file, so nothing is locked: two runs at once must not share a folder.
    #[cfg(not(unix))]
    fn lock(&self) -> Option<fs::File> {
        None
    }

    /// Gives every file its name, the manifest last. The old manifest goes first: it would vouch for files of two runs.
    /// Another run that writes to the same folder waits, or the files of both would be mixed.
    fn publish(&self, staged: Vec<(PathBuf, NamedTempFile)>) -> Result<Vec<PathBuf>, Error> {
        let _lock = self.lock();
        let old = self.path.join(manifest::FILE_NAME);
        match fs::remove_file(&old) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => return Err(Error::Write { path: old, source }),
            _ => {}
        }
        let mut written = Vec::new();
        for (path, file) in staged {
            match file.persist(&path) {
                Ok(_) => written.push(path),
                Err(error) => return Err(Error::Write { path, source: error.error }),
            }
        }
        // The names themselves reach the disk with the folder. Not every system can do that, and none needs it.
        let _ = fs::File::open(&self.path).and_then(|folder| folder.sync_all());
        Ok(written)
    }
}

/// Every file of a report, the manifest last.
fn rendered(contents: &Contents<'_>, formats: &[Box<dyn Format>]) -> Result<Vec<(&'static str, Vec<u8>)>, Error> {
    let mut files = Vec::new();
    for format in formats {
        files.push((format.file_name(), format.render(contents)?));
    }
    let manifest = manifest::render(contents.assessment, &files)?;
    files.push((manifest::FILE_NAME, manifest));
    Ok(files)
}

/// The folder nearest to `path` that exists, `path` itself included; what stands there may also be a file.
fn existing(path: &Path) -> &Path {
    let there = path.ancestors().find(|folder| fs::symlink_metadata(folder).is_ok());
    there.unwrap_or(Path::new("."))
}

/// A new file in `folder`, mode 0600 where the system has modes, that is removed when dropped.
fn temporary_file(folder: &Path) -> io::Result<NamedTempFile> {
    tempfile::Builder::new().prefix(".maascan-").suffix(".tmp").tempfile_in(folder)
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;
    use std::collections::BTreeSet;

    /// Names and contents of a folder, hidden files too.
    fn contents(folder: &Path) -> Vec<(String, Vec<u8>)> {
        let mut files: Vec<(String, Vec<u8>)> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap())
            .map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap_or_default()))
            .collect();
        files.sort();
        files
    }

    /// Renders a name that no file system takes, or fails to render.
    struct Bad(Option<&'static str>);

    impl Format for Bad {
        fn file_name(&self) -> &'static str {
            self.0.unwrap_or("bad.txt")
        }

        fn render(&self, _: &Contents<'_>) -> Result<Vec<u8>, Error> {
            match self.0 {
                Some(_) => Ok(vec![0]),
                None => Err(Error::Render { file: "bad.txt", source: "on purpose".into() }),
            }
        }
    }

    #[test]
    fn the_manifest_vouches_for_every_other_file() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("not/there/yet");
        let assessment = samples::everything();
        let written = Folder::prepare(&path).unwrap().write(&Contents::of(&assessment)).unwrap();
        assert_eq!(written.last().unwrap(), &path.join("manifest.json"));
        let files = contents(&path);
        assert_eq!(files.len(), written.len());
        let manifest: serde_json::Value = serde_json::from_slice(&fs::read(path.join("manifest.json")).unwrap()).unwrap();
        let listed = manifest["files"].as_array().unwrap();
        let names: BTreeSet<&str> = listed.iter().map(|file| file["name"].as_str().unwrap()).collect();
        let expected = [
            "assessment.json",
            "automations.csv",
            "coverage.csv",
            "credentials.csv",
            "exclusions.csv",
            "exposures.csv",
            "findings.csv",
            "findings.sarif",
            "gates.csv",
        ];
        assert_eq!(names, expected.into_iter().chain(["summary.md"]).collect());
        for file in listed {
            let bytes = fs::read(path.join(file["name"].as_str().unwrap())).unwrap();
            assert_eq!(file["bytes"], bytes.len());
            assert_eq!(file["sha256"], manifest::sha256(&bytes));
        }
        let rows = |name: &str| &listed.iter().find(|file| file["name"] == name).unwrap()["rows"];
        assert_eq!(rows("automations.csv"), assessment.verdicts.len());
        assert_eq!(rows("coverage.csv"), crate::snapshot::Dataset::ALL.len());
        assert!(rows("summary.md").is_null());
        assert_eq!(manifest["tool"]["version"], env!("CARGO_PKG_VERSION"));
    }

    #[test]
    fn the_same_assessment_gives_the_same_bytes_over_an_older_report_too() {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let folder = Folder::prepare(one.path()).unwrap();
        folder.write(&Contents::of(&samples::empty())).unwrap();
        fs::write(one.path().join("notes.txt"), "mine").unwrap();
        folder.write(&Contents::of(&samples::everything())).unwrap();
        Folder::prepare(two.path()).unwrap().write(&Contents::of(&samples::everything())).unwrap();
        let mut first = contents(one.path());
        first.retain(|(name, _)| name != "notes.txt");
        assert_eq!(first, contents(two.path()));
        assert_eq!(fs::read(one.path().join("notes.txt")).unwrap(), b"mine");
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_may_read_the_files() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        for path in Folder::prepare(folder.path()).unwrap().write(&Contents::of(&samples::empty())).unwrap() {
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600, "{}", path.display());
        }
    }

    #[test]
    fn a_file_is_no_folder() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(&path, "x").unwrap();
        let error = Folder::prepare(&path).unwrap_err();
        assert!(matches!(error, Error::NotAFolder { .. }));
        assert!(error.to_string().contains("\nhint: "), "{error}");
        assert!(matches!(Folder::prepare(&path.join("below")), Err(Error::Unwritable { .. })));
    }

    /// `/proc` takes no folder from anybody, not even from the superuser, whom permission bits do not stop.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_parent_that_takes_nothing_is_found_before_the_long_work() {
        for path in ["/proc/report", "/proc"] {
            let error = Folder::prepare(Path::new(path)).unwrap_err();
            assert!(matches!(error, Error::Unwritable { .. }), "{error}");
            assert!(error.to_string().contains("\nhint: "), "{error}");
        }
    }

    #[test]
    fn a_failure_before_the_first_rename_leaves_the_folder_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let report = Folder::prepare(folder.path()).unwrap();
        assert!(contents(folder.path()).is_empty(), "looking leaves nothing behind");
        report.write(&Contents::of(&samples::empty())).unwrap();
        let before = contents(folder.path());
        let with = |bad: Bad| {
            let mut all = formats();
            all.push(Box::new(bad));
            report.write_formats(&Contents::of(&samples::everything()), &all)
        };
        assert!(matches!(with(Bad(None)), Err(Error::Render { .. })));
        assert_eq!(contents(folder.path()), before);
        fs::create_dir(folder.path().join("taken")).unwrap();
        assert!(matches!(with(Bad(Some("taken"))), Err(Error::Write { .. })));
        fs::remove_dir(folder.path().join("taken")).unwrap();
        assert_eq!(contents(folder.path()), before);
    }

    #[test]
    fn looking_makes_no_folder_and_writing_does() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("not/there");
        let report = Folder::prepare(&path).unwrap();
        assert!(contents(parent.path()).is_empty());
        report.write(&Contents::of(&samples::empty())).unwrap();
        assert!(path.join("manifest.json").is_file());
        fs::remove_dir_all(&path).unwrap();
        fs::write(&path, "in the way").unwrap();
        let error = report.write(&Contents::of(&samples::empty())).unwrap_err();
        assert!(matches!(error, Error::Unwritable { .. }) && error.to_string().contains("\nhint: "), "{error}");
    }

    #[test]
    fn a_relative_path_is_looked_at_from_here() {
        let nowhere = Path::new("a-folder-that-is-not-there/below");
        assert!(Folder::prepare(nowhere).is_ok() && Folder::prepare(Path::new("")).is_ok());
        assert!(!Path::new("a-folder-that-is-not-there").exists());
    }

    #[cfg(unix)]
    #[test]
    fn a_link_that_leads_nowhere_is_no_folder() {
        let parent = tempfile::tempdir().unwrap();
        let link = parent.path().join("link");
        std::os::unix::fs::symlink("nowhere", &link).unwrap();
        assert!(matches!(Folder::prepare(&link), Err(Error::NotAFolder { .. })));
        assert!(matches!(Folder::prepare(&link.join("below")), Err(Error::Unwritable { .. })));
    }

    #[cfg(unix)]
    #[test]
    fn two_runs_at_once_leave_the_report_of_one() {
        let folder = tempfile::tempdir().unwrap();
        let report = Folder::prepare(folder.path()).unwrap();
        let reports = [samples::empty(), samples::everything(), samples::only_unknowns()]
            .map(|one| rendered(&Contents::of(&one), &formats()).unwrap());
        for _ in 0..50 {
            let start = std::sync::Barrier::new(reports.len());
            std::thread::scope(|scope| {
                for files in &reports {
                    let staged = report.stage(files).unwrap();
                    let (report, start) = (&report, &start);
                    scope.spawn(move || {
                        start.wait();
                        report.publish(staged).unwrap();
                    });
                }
            });
            let manifest: serde_json::Value = serde_json::from_slice(&fs::read(folder.path().join("manifest.json")).unwrap()).unwrap();
            for file in manifest["files"].as_array().unwrap() {
                let bytes = fs::read(folder.path().join(file["name"].as_str().unwrap())).unwrap();
                assert_eq!(file["sha256"], manifest::sha256(&bytes), "{}", file["name"]);
            }
        }
    }

    #[test]
    fn a_failed_rename_leaves_no_manifest_to_vouch_for_a_mixture() {
        let folder = tempfile::tempdir().unwrap();
        let report = Folder::prepare(folder.path()).unwrap();
        report.write(&Contents::of(&samples::empty())).unwrap();
        let mut all = formats();
        // The name passes staging, but no folder of that name is there to rename into.
        all.push(Box::new(Bad(Some("missing/bad.txt"))));
        assert!(matches!(report.write_formats(&Contents::of(&samples::everything()), &all), Err(Error::Write { .. })));
        let names: Vec<String> = contents(folder.path()).into_iter().map(|(name, _)| name).collect();
        assert!(!names.iter().any(|name| name == "manifest.json" || name.ends_with(".tmp")), "{names:?}");
    }
}
