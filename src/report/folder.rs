//! The folder of a report. It is looked at before the long work; its files are there whole or not at all, and only their
//! owner may read them.

use super::target::{self, MadeFolders, Staged, check_folder};
use super::{Contents, Error, Format, Layout, formats, manifest};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// How long a run waits for another one that writes into the same folder: half a minute, for what takes a moment.
#[cfg(unix)]
const LOCK_TRIES: u32 = 300;
#[cfg(unix)]
const LOCK_PAUSE: std::time::Duration = std::time::Duration::from_millis(100);

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
    /// [`Error::NotAFolder`], [`Error::Unwritable`], or [`Error::NotAFile`] where something stands in the place of a file.
    pub fn prepare(path: &Path) -> Result<Self, Error> {
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        if fs::symlink_metadata(path).is_ok() && !path.is_dir() {
            return Err(Error::NotAFolder { path: path.to_owned() });
        }
        check_folder(path)?;
        let folder = Self { path: path.to_owned() };
        folder.files().try_for_each(|file| target::check_file(&file))?;
        Ok(folder)
    }

    /// Every file that a report puts here.
    pub(super) fn files(&self) -> impl Iterator<Item = PathBuf> {
        let names = formats(Layout::default()).into_iter().map(|format| format.file_name()).chain([manifest::FILE_NAME]);
        names.map(|name| self.path.join(name))
    }

    /// The folder itself, as it was named.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Makes the folder if need be, writes every file of the report and then `manifest.json`, replacing those of an earlier
    /// run, and returns their paths. Other files in the folder stay as they are.
    ///
    /// All files are rendered and on disk under temporary names before the first one gets its name, so an error up to
    /// there leaves the folder as it was. Should a rename fail after that, the folder has no manifest.
    ///
    /// # Errors
    /// [`Error::Render`], [`Error::Unwritable`] if the folder cannot be made, or [`Error::Write`].
    pub fn write(&self, contents: &Contents<'_>, layout: Layout) -> Result<Vec<PathBuf>, Error> {
        self.write_formats(contents, &formats(layout), layout)
    }

    fn write_formats(&self, contents: &Contents<'_>, formats: &[Box<dyn Format>], layout: Layout) -> Result<Vec<PathBuf>, Error> {
        let files = rendered(contents, formats, layout)?;
        let mut made = MadeFolders::default();
        made.make(&self.path)?;
        let staged = self.stage(&files)?;
        made.keep();
        self.publish(staged)
    }

    /// Every file under a temporary name. Dropping the result removes them.
    pub(super) fn stage(&self, files: &[(&'static str, Vec<u8>)]) -> Result<Vec<Staged>, Error> {
        files.iter().map(|(name, bytes)| target::stage(&self.path, &self.path.join(name), bytes)).collect()
    }

    /// Keeps other runs from publishing into the folder while the handle lives. The lock is on the folder itself, because a
    /// file for it would stay behind. Some network file systems have no locks; a report without one is better than none.
    #[cfg(unix)]
    fn lock(&self) -> Result<Option<fs::File>, Error> {
        let Ok(folder) = fs::File::open(&self.path) else { return Ok(None) };
        for _ in 0..LOCK_TRIES {
            match folder.try_lock() {
                Ok(()) => return Ok(Some(folder)),
                Err(fs::TryLockError::WouldBlock) => std::thread::sleep(LOCK_PAUSE),
                Err(fs::TryLockError::Error(_)) => return Ok(None),
            }
        }
        Err(Error::Taken { path: self.path.clone() })
    }

    /// Elsewhere a folder cannot be opened as a file, so nothing is locked: two runs at once must not share a folder.
    #[cfg(not(unix))]
    fn lock(&self) -> Result<Option<fs::File>, Error> {
        Ok(None)
    }

    /// Gives every file its name, the manifest last. The old manifest goes first: it would vouch for files of two runs.
    /// Another run that writes to the same folder waits, or the files of both would be mixed.
    pub(super) fn publish(&self, staged: Vec<Staged>) -> Result<Vec<PathBuf>, Error> {
        let _lock = self.lock()?;
        target::sweep(&self.path);
        let old = self.path.join(manifest::FILE_NAME);
        match fs::remove_file(&old) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => return Err(Error::Write { path: old, source }),
            _ => {}
        }
        let written = staged.into_iter().map(Staged::publish).collect::<Result<Vec<_>, _>>()?;
        // The names themselves reach the disk with the folder. Not every system can do that, and none needs it.
        let _ = fs::File::open(&self.path).and_then(|folder| folder.sync_all());
        Ok(written)
    }
}

/// Every file of a report, the manifest last.
pub(super) fn rendered(
    contents: &Contents<'_>,
    formats: &[Box<dyn Format>],
    layout: Layout,
) -> Result<Vec<(&'static str, Vec<u8>)>, Error> {
    let mut files = Vec::new();
    for format in formats {
        files.push((format.file_name(), format.render(contents)?));
    }
    let manifest = manifest::render(contents.assessment, &files, layout)?;
    files.push((manifest::FILE_NAME, manifest));
    Ok(files)
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
        let written = Folder::prepare(&path).unwrap().write(&Contents::of(&assessment), Layout::default()).unwrap();
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
            "report.html",
        ];
        assert_eq!(names, expected.into_iter().chain(["summary.md"]).collect());
        for file in listed {
            let bytes = fs::read(path.join(file["name"].as_str().unwrap())).unwrap();
            assert_eq!(file["bytes"], bytes.len());
            assert_eq!(file["sha256"], manifest::sha256(&bytes));
        }
        let rows = |name: &str| &listed.iter().find(|file| file["name"] == name).unwrap()["rows"];
        assert_eq!(rows("automations.csv"), assessment.verdicts.len());
        assert_eq!(rows("coverage.csv"), crate::snapshot::Area::all().count());
        assert!(rows("summary.md").is_null());
        assert_eq!(manifest["tool"]["version"], env!("CARGO_PKG_VERSION"));
    }

    #[test]
    fn the_same_assessment_gives_the_same_bytes_over_an_older_report_too() {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let folder = Folder::prepare(one.path()).unwrap();
        folder.write(&Contents::of(&samples::empty()), Layout::default()).unwrap();
        fs::write(one.path().join("notes.txt"), "mine").unwrap();
        folder.write(&Contents::of(&samples::everything()), Layout::default()).unwrap();
        Folder::prepare(two.path()).unwrap().write(&Contents::of(&samples::everything()), Layout::default()).unwrap();
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
        for path in Folder::prepare(folder.path()).unwrap().write(&Contents::of(&samples::empty()), Layout::default()).unwrap() {
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
        report.write(&Contents::of(&samples::empty()), Layout::default()).unwrap();
        let before = contents(folder.path());
        let with = |bad: Bad| {
            let mut all = formats(Layout::default());
            all.push(Box::new(bad));
            report.write_formats(&Contents::of(&samples::everything()), &all, Layout::default())
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
        report.write(&Contents::of(&samples::empty()), Layout::default()).unwrap();
        assert!(path.join("manifest.json").is_file());
        fs::remove_dir_all(&path).unwrap();
        fs::write(&path, "in the way").unwrap();
        let error = report.write(&Contents::of(&samples::empty()), Layout::default()).unwrap_err();
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
            .map(|one| rendered(&Contents::of(&one), &formats(Layout::default()), Layout::default()).unwrap());
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
        report.write(&Contents::of(&samples::empty()), Layout::default()).unwrap();
        let mut all = formats(Layout::default());
        // The name passes staging, but no folder of that name is there to rename into.
        all.push(Box::new(Bad(Some("missing/bad.txt"))));
        assert!(matches!(report.write_formats(&Contents::of(&samples::everything()), &all, Layout::default()), Err(Error::Publish { .. })));
        let names: Vec<String> = contents(folder.path()).into_iter().map(|(name, _)| name).collect();
        assert!(!names.iter().any(|name| name == "manifest.json" || name.ends_with(".tmp")), "{names:?}");
    }
}
