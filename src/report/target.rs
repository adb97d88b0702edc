//! Files that are there whole or not at all: written under a temporary name in their own folder and renamed when all that
//! belongs to a run is on disk. Only their owner may read them.

use super::Error;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// A file that an output goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    path: PathBuf,
}

impl Target {
    /// Makes sure that a file can be written to `path`: nothing stands there but perhaps a regular file, and its folder, or the
    /// nearest one above it that exists, takes files. Nothing is left behind.
    ///
    /// # Errors
    /// [`Error::NotAFile`] or [`Error::Unwritable`].
    pub(super) fn prepare(path: &Path) -> Result<Self, Error> {
        if path.file_name().is_none() || path.to_string_lossy().ends_with(std::path::is_separator) {
            return Err(Error::NotAFile { path: path.to_owned(), kind: "a folder" });
        }
        check_file(path)?;
        check_folder(folder_of(path))?;
        Ok(Self { path: path.to_owned() })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The folder that the file goes into.
    pub(super) fn folder(&self) -> &Path {
        folder_of(&self.path)
    }

    /// The bytes under a temporary name, on disk.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub(super) fn stage(&self, bytes: &[u8]) -> Result<Staged, Error> {
        stage(self.folder(), &self.path, bytes)
    }
}

/// Makes sure that nothing stands at a path that a file must not replace.
///
/// # Errors
/// [`Error::NotAFile`].
pub(super) fn check_file(path: &Path) -> Result<(), Error> {
    in_the_way(path).map_or(Ok(()), |kind| Err(Error::NotAFile { path: path.to_owned(), kind }))
}

/// What stands at a path and must not be replaced by a file. A link would be replaced, and not the file that it leads to.
fn in_the_way(path: &Path) -> Option<&'static str> {
    match fs::symlink_metadata(path).ok()?.file_type() {
        kind if kind.is_file() => None,
        kind if kind.is_dir() => Some("a folder"),
        kind if kind.is_symlink() => Some("a symbolic link"),
        _ => Some("a device or pipe"),
    }
}

/// The folder of a file; the current one for a bare name.
fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Makes sure that a folder takes files, or that the nearest one above it that exists does.
///
/// # Errors
/// [`Error::Unwritable`].
pub(super) fn check_folder(folder: &Path) -> Result<(), Error> {
    // Permission bits do not tell on every system, so a file is made; it is gone again at once.
    // The kind alone: the error itself names the temporary file, which is another one each time.
    let unwritable = |error: io::Error| Error::Unwritable { path: folder.to_owned(), source: error.kind().into() };
    temporary_file(existing(folder)).map(drop).map_err(unwritable)
}

/// A file that is on disk under a temporary name, which goes away with this.
#[derive(Debug)]
pub(super) struct Staged {
    path: PathBuf,
    file: NamedTempFile,
}

/// Bytes for `path` under a temporary name in `folder`, which must be on the same disk, written out.
///
/// # Errors
/// [`Error::Write`].
pub(super) fn stage(folder: &Path, path: &Path, bytes: &[u8]) -> Result<Staged, Error> {
    let failed = |source| Error::Write { path: path.to_owned(), source };
    if path.is_dir() {
        return Err(failed(io::Error::new(io::ErrorKind::IsADirectory, "a folder of that name is in the way")));
    }
    let mut file = temporary_file(folder).map_err(|error| failed(error.kind().into()))?;
    // The file itself, for errors of the other name the temporary file.
    file.as_file_mut().write_all(bytes).and_then(|()| file.as_file().sync_all()).map_err(failed)?;
    Ok(Staged { path: path.to_owned(), file })
}

impl Staged {
    /// Gives the file its name, in place of what is there.
    ///
    /// # Errors
    /// [`Error::Publish`].
    pub(super) fn publish(self) -> Result<PathBuf, Error> {
        match self.file.persist(&self.path) {
            Ok(_) => Ok(self.path),
            Err(error) => Err(Error::Publish { path: self.path, source: error.error.kind().into() }),
        }
    }
}

/// Folders that were made for a run. Those that are still empty go away with this, unless it is kept.
#[derive(Debug, Default)]
pub(super) struct MadeFolders(Vec<PathBuf>);

impl MadeFolders {
    /// Makes a folder and those above it that are missing.
    ///
    /// # Errors
    /// [`Error::Unwritable`].
    pub(super) fn make(&mut self, folder: &Path) -> Result<(), Error> {
        let missing = folder.ancestors().take_while(|above| !above.as_os_str().is_empty() && fs::symlink_metadata(above).is_err());
        self.0.extend(missing.map(Path::to_owned).collect::<Vec<_>>());
        fs::create_dir_all(folder).map_err(|source| Error::Unwritable { path: folder.to_owned(), source })
    }

    /// Leaves them all where they are.
    pub(super) fn keep(mut self) {
        self.0.clear();
    }
}

impl Drop for MadeFolders {
    fn drop(&mut self) {
        // The longest first, so that a folder is empty when its turn comes. One that is not empty stays by itself.
        self.0.sort_by_key(|folder| std::cmp::Reverse(folder.as_os_str().len()));
        for folder in &self.0 {
            let _ = fs::remove_dir(folder);
        }
    }
}

/// The folder nearest to `path` that exists, `path` itself included; what stands there may also be a file.
fn existing(path: &Path) -> &Path {
    let there = path.ancestors().find(|folder| fs::symlink_metadata(folder).is_ok());
    there.unwrap_or(Path::new("."))
}

/// Removes what runs left in a folder that were killed while they wrote. Younger files may be of a run that is still at it.
pub(super) fn sweep(folder: &Path) {
    let left = |entry: &fs::DirEntry| {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let old = || entry.metadata().ok()?.modified().ok()?.elapsed().ok();
        name.starts_with(PREFIX) && name.ends_with(SUFFIX) && old().is_some_and(|age| age > LEFT_AFTER)
    };
    for entry in fs::read_dir(folder).into_iter().flatten().flatten().filter(left) {
        let _ = fs::remove_file(entry.path());
    }
}

/// How the names of temporary files begin and end.
const PREFIX: &str = ".maascan-";
const SUFFIX: &str = ".tmp";

/// After so long nobody writes into a temporary file any more.
const LEFT_AFTER: std::time::Duration = std::time::Duration::from_secs(24 * 60 * 60);

/// A new file in `folder`, mode 0600 where the system has modes, that is removed when dropped.
fn temporary_file(folder: &Path) -> io::Result<NamedTempFile> {
    tempfile::Builder::new().prefix(PREFIX).suffix(SUFFIX).tempfile_in(folder)
}

/// One spelling for each file: what exists of the path is resolved, links too, and the rest is taken as it stands. On systems
/// whose file names usually do not tell upper from lower case, in lower case.
pub(super) fn identity(path: &Path) -> PathBuf {
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let there = existing(&whole);
    let resolved = there.canonicalize().unwrap_or_else(|_| there.to_owned());
    let rest = whole.strip_prefix(there).unwrap_or(Path::new(""));
    let path = if rest.as_os_str().is_empty() { resolved } else { resolved.join(rest) };
    if cfg!(any(windows, target_os = "macos")) { path.to_string_lossy().to_lowercase().into() } else { path }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn what_a_file_must_not_replace_is_refused_and_looking_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("folder")).unwrap();
        fs::write(at("file"), "mine").unwrap();
        for path in [at("folder"), at("new/"), "/".into(), "..".into()] {
            assert!(matches!(Target::prepare(&path), Err(Error::NotAFile { kind: "a folder", .. })), "{}", path.display());
        }
        assert!(matches!(Target::prepare(&at("file/below")), Err(Error::Unwritable { .. })));
        assert!(Target::prepare(&at("file")).is_ok() && Target::prepare(&at("not/there/yet")).is_ok());
        assert_eq!(names(folder.path()), ["file", "folder"]);
        assert_eq!(fs::read(at("file")).unwrap(), b"mine");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_or_a_device_is_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("link");
        std::os::unix::fs::symlink("nowhere", &link).unwrap();
        for path in [link.as_path(), "/dev/null".as_ref()] {
            let error = Target::prepare(path).unwrap_err().to_string();
            assert!(error.contains("not a regular file\nhint: "), "{error}");
        }
    }

    #[test]
    fn folders_that_were_made_for_nothing_go_away_and_others_stay() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("a/b");
        let mut made = MadeFolders::default();
        made.make(&folder).unwrap();
        made.make(&parent.path().join("a/c")).unwrap();
        fs::write(folder.join("theirs"), "x").unwrap();
        drop(made);
        assert!(folder.join("theirs").is_file() && !parent.path().join("a/c").exists());
        let mut kept = MadeFolders::default();
        kept.make(&parent.path().join("d/e")).unwrap();
        kept.keep();
        assert!(parent.path().join("d/e").is_dir());
    }

    #[test]
    fn a_path_has_one_spelling() {
        let folder = tempfile::tempdir().unwrap();
        let base = folder.path();
        fs::create_dir(base.join("a")).unwrap();
        for other in ["a/./x/y", "a//x/y", "a/../a/x/y"] {
            assert_eq!(identity(&base.join(other)), identity(&base.join("a/x/y")), "{other}");
        }
        assert_ne!(identity(&base.join("a/x")), identity(&base.join("a/y")));
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink("a", base.join("link")).unwrap();
            assert_eq!(identity(&base.join("link/x")), identity(&base.join("a/x")));
        }
    }
}
