//! Everything a run puts into files: the folder of a report and single files beside it. All of it is looked at before the long
//! work, and all of it is on disk before the first file gets its name.

use super::folder::{Folder, rendered};
use super::table::{Rest, Style};
use super::tables::Table;
use super::target::{MadeFolders, Target, identity};
use super::{Contents, Error, Layout, OutputKind, formats, render};
use std::path::{Path, PathBuf};

/// The files of a run.
#[derive(Debug, Clone)]
pub struct Outputs {
    folder: Option<Folder>,
    files: Vec<(OutputKind, Target)>,
    layout: Layout,
}

impl Outputs {
    /// Makes sure that a report can be written to `folder`, if one is named, and each kind of output to its file. Folders that
    /// are missing are made later. Nothing is left behind.
    ///
    /// # Errors
    /// [`Error::NotAFolder`], [`Error::NotAFile`], [`Error::Unwritable`], [`Error::Twice`], or [`Error::Input`] if it is among
    /// `read`, the files that the run reads.
    pub fn prepare(folder: Option<&Path>, files: &[(OutputKind, PathBuf)], layout: Layout, read: &[PathBuf]) -> Result<Self, Error> {
        let folder = folder.map(Folder::prepare).transpose()?;
        let prepared = files.iter().map(|(kind, path)| Ok((*kind, Target::prepare(path)?)));
        let outputs = Self { folder, files: prepared.collect::<Result<_, Error>>()?, layout };
        outputs.apart(read)?;
        Ok(outputs)
    }

    /// Refuses two outputs in one file, also a file of the folder, one that would have to lie below another, and one that is read.
    fn apart(&self, read: &[PathBuf]) -> Result<(), Error> {
        let mut taken: Vec<PathBuf> = self.folder.iter().flat_map(Folder::files).map(|file| identity(&file)).collect();
        let all = taken.iter().cloned().chain(self.files.iter().map(|(_, target)| identity(target.path())));
        let read: Vec<PathBuf> = read.iter().map(|path| identity(path)).collect();
        if let Some(path) = all.into_iter().find(|path| read.contains(path)) {
            return Err(Error::Input { path });
        }
        for (_, target) in &self.files {
            let path = identity(target.path());
            if taken.iter().any(|other| other.starts_with(&path) || path.starts_with(other)) {
                return Err(Error::Twice { path: target.path().to_owned() });
            }
            taken.push(path);
        }
        Ok(())
    }

    /// Where the rows are that a table on a terminal has no room for.
    #[must_use]
    pub fn rest(&self) -> Rest {
        let listed = self.files.iter().any(|(kind, _)| *kind == OutputKind::Csv(Table::AUTOMATIONS));
        match &self.folder {
            Some(_) => Rest::Folder,
            None if listed => Rest::File,
            None => Rest::Nowhere,
        }
    }

    /// Renders and writes everything, replacing what earlier runs left. Returns the folder and the single files, as they were named.
    ///
    /// An error before the first file has its name leaves everything as it was; one after that leaves whole files.
    ///
    /// # Errors
    /// [`Error::Render`], [`Error::Unwritable`] if a folder cannot be made, or [`Error::Write`].
    pub fn write(&self, contents: &Contents<'_>) -> Result<Vec<PathBuf>, Error> {
        let folder = self.folder.as_ref().map(|folder| Ok((folder, rendered(contents, &formats(self.layout), self.layout)?)));
        let folder = folder.transpose()?;
        let files = self.files.iter().map(|(kind, target)| Ok((target, render(*kind, contents, Style::default(), self.layout)?)));
        let files = files.collect::<Result<Vec<_>, Error>>()?;
        let mut made = MadeFolders::default();
        let folders = folder.iter().map(|(folder, _)| folder.path()).chain(files.iter().map(|(target, _)| target.folder()));
        folders.into_iter().try_for_each(|path| made.make(path))?;
        let staged_folder = folder.map(|(folder, files)| Ok((folder, folder.stage(&files)?))).transpose()?;
        let staged = files.iter().map(|(target, bytes)| target.stage(bytes)).collect::<Result<Vec<_>, Error>>()?;
        made.keep();
        let mut written = Vec::new();
        if let Some((folder, staged)) = staged_folder {
            folder.publish(staged)?;
            written.push(folder.path().to_owned());
        }
        for file in staged {
            written.push(file.publish()?);
        }
        Ok(written)
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    fn prepared(folder: Option<&Path>, files: &[(&str, PathBuf)]) -> Result<Outputs, Error> {
        let files: Vec<(OutputKind, PathBuf)> =
            files.iter().map(|(word, path)| (OutputKind::from_word(word).unwrap(), path.clone())).collect();
        Outputs::prepare(folder, &files, Layout::default(), &[])
    }

    #[test]
    fn every_output_gets_its_own_bytes_and_the_folder_its_own_files() {
        let parent = tempfile::tempdir().unwrap();
        let at = |name: &str| parent.path().join(name);
        let assessment = samples::everything();
        let files = [("json", at("new/a.json")), ("csv:findings", at("report/f.csv")), ("table", at("t.txt")), ("xlsx", at("w.xlsx"))];
        let outputs = prepared(Some(&at("report")), &files).unwrap();
        assert_eq!(std::fs::read_dir(parent.path()).unwrap().count(), 0, "looking leaves nothing behind");
        let written = outputs.write(&Contents::of(&assessment)).unwrap();
        assert_eq!(written[0], at("report"));
        assert_eq!(written[1..], files.each_ref().map(|(_, path)| path.clone()));
        for (word, path) in &files {
            let kind = OutputKind::from_word(word).unwrap();
            let expected = render(kind, &Contents::of(&assessment), Style::default(), Layout::default()).unwrap();
            assert!(std::fs::read(path).unwrap() == expected, "{word}");
        }
        assert!(at("report/manifest.json").is_file());
    }

    #[test]
    fn two_outputs_in_one_file_are_refused() {
        let parent = tempfile::tempdir().unwrap();
        let at = |name: &str| parent.path().join(name);
        let report = at("report");
        for (folder, one, other) in [
            (None, at("a"), at("a")),
            (None, at("a"), at("./a")),
            (None, at("a"), at("a/b")),
            (None, at("a/b"), at("a")),
            (Some(&report), at("x"), report.join("findings.csv")),
            (Some(&report), at("x"), report.join("manifest.json")),
            (Some(&report), at("x"), report.clone()),
        ] {
            let outputs = prepared(folder.map(PathBuf::as_path), &[("json", one), ("csv", other.clone())]);
            assert!(matches!(outputs, Err(Error::Twice { .. })), "{}: {outputs:?}", other.display());
        }
        assert!(prepared(Some(&report), &[("json", report.join("mine.json"))]).is_ok());
    }

    #[test]
    fn what_is_read_is_not_replaced() {
        let parent = tempfile::tempdir().unwrap();
        let read = [parent.path().join("assessment.json")];
        std::fs::write(&read[0], "{}").unwrap();
        let json = [(OutputKind::Json, parent.path().join("./assessment.json"))];
        for (folder, files) in [(Some(parent.path()), &json[..0]), (None, &json[..])] {
            let outputs = Outputs::prepare(folder, files, Layout::default(), &read);
            assert!(matches!(outputs, Err(Error::Input { .. })), "{outputs:?}");
        }
        assert!(Outputs::prepare(None, &[], Layout::default(), &read).is_ok());
    }

    #[test]
    fn one_that_cannot_be_written_leaves_the_others_unwritten() {
        let parent = tempfile::tempdir().unwrap();
        let at = |name: &str| parent.path().join(name);
        let outputs = prepared(Some(&at("report")), &[("json", at("a.json")), ("csv", at("later/c.csv"))]).unwrap();
        // Someone else comes between looking and writing.
        std::fs::write(at("later"), "in the way").unwrap();
        let error = outputs.write(&Contents::of(&samples::empty())).unwrap_err();
        assert!(error.to_string().contains("\nhint: "), "{error}");
        assert_eq!(std::fs::read_dir(parent.path()).unwrap().count(), 1, "only what was in the way is there");
    }

    #[test]
    fn the_rest_is_where_the_table_is_written() {
        let parent = tempfile::tempdir().unwrap();
        let file = |word| [(word, parent.path().join("f"))];
        assert_eq!(prepared(Some(parent.path()), &[]).unwrap().rest(), Rest::Folder);
        assert_eq!(prepared(None, &file("csv")).unwrap().rest(), Rest::File);
        assert_eq!(prepared(None, &file("csv:findings")).unwrap().rest(), Rest::Nowhere);
    }
}
