//! Reports: one file per format behind one trait. A renderer takes the contents of a report and returns bytes; it decides nothing
//! and writes nothing. `Folder` puts the files on disk.

mod changes;
mod csv;
pub mod explanation;
mod exposure;
mod folder;
mod grid;
mod json;
mod known;
mod manifest;
mod markdown;
mod phrases;
#[cfg(test)]
mod samples;
mod sarif;
mod settings;
pub mod table;
mod text;
pub mod v1;

pub use folder::Folder;
pub use grid::{grid, markdown_table};
pub use phrases::letter;
pub use settings::changed_settings;
pub use table::Style;

use crate::assess::Assessment;
use crate::runs::Change;
use std::io;
use std::path::PathBuf;

/// What can go wrong with a report.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An assessment could not be put into a format: our fault.
    #[error("cannot render {file}: {source}")]
    Render {
        /// The file that was being rendered.
        file: &'static str,
        /// What the serialiser said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The user named a file where a folder is needed.
    #[error("not a folder: {}\nhint: name a folder, or a path that does not exist yet", path.display())]
    NotAFolder {
        /// What the user named.
        path: PathBuf,
    },
    /// The folder that the user named cannot be made, or takes no files.
    #[error("cannot write to folder: {}: {source}\nhint: name a folder that this account may write to", path.display())]
    Unwritable {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file of the report could not be written: the disk is full, the folder is gone, or something stands in the way.
    #[error("cannot write report: {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// What a report is made of.
#[derive(Debug, Clone, Copy)]
pub struct Contents<'a> {
    /// The run.
    pub assessment: &'a Assessment,
    /// What is different from an earlier run; None where none was given to compare with.
    pub change: Option<&'a Change>,
}

impl<'a> Contents<'a> {
    /// A run with nothing to compare it with.
    #[must_use]
    pub fn of(assessment: &'a Assessment) -> Self {
        Self { assessment, change: None }
    }
}

/// One file of a report.
pub trait Format {
    /// Name of the file in the folder of a report.
    fn file_name(&self) -> &'static str;

    /// The bytes of the file: UTF-8 without a byte order mark, lines ending in LF, the same for the same contents.
    ///
    /// # Errors
    /// [`Error::Render`].
    fn render(&self, contents: &Contents<'_>) -> Result<Vec<u8>, Error>;
}

/// Every format of a report's folder, in the order of its manifest. The manifest itself is made by [`Folder::write`].
#[must_use]
pub fn formats() -> Vec<Box<dyn Format>> {
    let mut formats: Vec<Box<dyn Format>> = Vec::new();
    for file in csv::FILES {
        formats.push(Box::new(file));
    }
    formats.push(Box::new(json::Json));
    formats.push(Box::new(sarif::Sarif));
    formats.push(Box::new(markdown::Summary));
    formats
}

/// Other people's text as one line for a terminal: without control characters and characters that turn the direction of
/// writing, trimmed, at most `longest` characters, the last an ellipsis where something is missing.
#[must_use]
pub fn harmless_line(text: &str, longest: usize) -> String {
    text::terminal(text, longest)
}

/// The files whose JSON Schema is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SchemaOf {
    /// `assessment.json`.
    Assessment,
    /// `manifest.json`.
    Manifest,
}

/// The JSON Schema of a file, draft 2020-12, with a line feed at the end. It goes with the maascan that gives it: later ones
/// may have further members, and further words in a set.
///
/// # Errors
/// [`Error::Render`].
pub fn schema(of: SchemaOf) -> Result<Vec<u8>, Error> {
    let schema = match of {
        SchemaOf::Assessment => v1::schema::<v1::Assessment<'_>>(v1::FORMAT, v1::VERSION, "assessment.json"),
        SchemaOf::Manifest => v1::schema::<manifest::Manifest<'_>>(manifest::FORMAT, manifest::VERSION, manifest::FILE_NAME),
    };
    json::pretty("schema", &schema)
}

/// What can go to standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutputKind {
    /// For a person at a terminal.
    Table(Style),
    /// `assessment.json`.
    Json,
    /// `automations.csv`.
    Csv,
    /// `summary.md`.
    Markdown,
    /// `findings.sarif`.
    Sarif,
}

/// The bytes for standard output.
///
/// # Errors
/// [`Error::Render`].
pub fn render(kind: OutputKind, contents: &Contents<'_>) -> Result<Vec<u8>, Error> {
    match kind {
        OutputKind::Table(style) => Ok(table::render(contents.assessment, style).into_bytes()),
        OutputKind::Json => json::Json.render(contents),
        OutputKind::Csv => csv::AUTOMATIONS.render(contents),
        OutputKind::Markdown => markdown::Summary.render(contents),
        OutputKind::Sarif => sarif::Sarif.render(contents),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn standard_output_gets_what_the_folder_gets() {
        let assessment = samples::everything();
        let file = |name: &str| {
            let format = formats().into_iter().find(|format| format.file_name() == name).unwrap();
            format.render(&Contents::of(&assessment)).unwrap()
        };
        for (kind, name) in [
            (OutputKind::Json, "assessment.json"),
            (OutputKind::Csv, "automations.csv"),
            (OutputKind::Markdown, "summary.md"),
            (OutputKind::Sarif, "findings.sarif"),
        ] {
            assert_eq!(render(kind, &Contents::of(&assessment)).unwrap(), file(name));
        }
        let table = render(OutputKind::Table(Style::default()), &Contents::of(&assessment)).unwrap();
        assert_eq!(table, table::render(&assessment, Style::default()).into_bytes());
    }

    #[test]
    fn every_report_opens_with_the_same_sentence() {
        let assessment = samples::everything();
        let headline = phrases::headline(&assessment);
        assert_eq!(headline, "At least 27 automations write to Intune; at least 6 break, at least 3 are excluded, 3 unknown");
        for kind in [OutputKind::Table(Style::default()), OutputKind::Markdown] {
            let text = String::from_utf8(render(kind, &Contents::of(&assessment)).unwrap()).unwrap();
            assert!(text.contains(&headline), "{text}");
        }
        assert_eq!(phrases::headline(&samples::empty()), "0 automations write to Intune; 0 break, 0 are excluded, 0 unknown");
    }
}
