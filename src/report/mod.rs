//! Reports: one file per format behind one trait. A renderer takes the contents of a report and returns bytes; it decides nothing
//! and writes nothing. `Folder` puts the files on disk.

pub mod calls;
mod changes;
mod columnar;
mod csv;
pub mod difference;
pub mod explanation;
mod exposure;
mod folder;
mod grid;
pub mod history;
mod html;
mod json;
mod known;
mod manifest;
mod markdown;
mod matrix;
pub mod message;
mod outputs;
mod phrases;
#[cfg(test)]
mod samples;
mod sarif;
pub mod scripts;
mod settings;
pub mod sign_ins;
pub mod table;
mod tables;
mod target;
mod text;
pub mod v1;
mod xlsx;

pub use self::csv::{Layout, Separator};
pub use columnar::parquet;
pub use folder::Folder;
pub use grid::{grid, markdown_table};
pub use outputs::Outputs;
pub use settings::changed_settings;
pub use table::{Rest, Style};
pub use tables::Table;

use crate::assess::Assessment;
use crate::runs::{Change, Point};
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
    /// Something stands where a file is to be written that a file must not replace.
    #[error("cannot write report: {}: is {kind}, not a regular file\nhint: name a file, or a path that does not exist yet", path.display())]
    NotAFile {
        /// What the user named.
        path: PathBuf,
        /// What stands there.
        kind: &'static str,
    },
    /// The user named one file for two outputs, or a file that another output writes too.
    #[error("two outputs for one path: {}\nhint: give each output a file of its own, none of them one that --out writes too", path.display())]
    Twice {
        /// The second of them.
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
    /// The user named a file for an output that the run reads.
    #[error("an output would replace what is read: {}\nhint: give the output another name", path.display())]
    Input {
        /// The file.
        path: PathBuf,
    },
    /// Another run holds the folder and does not let go.
    #[error("another run writes into folder: {}\nhint: wait until it has ended, or give each run a folder of its own", path.display())]
    Taken {
        /// The folder.
        path: PathBuf,
    },
    /// A file was written and could not be given its name. Others of the run may have theirs, so the folder has no manifest.
    #[error("cannot replace {}: {source}\nhint: files beside it may be of this run already, and this one of an earlier run; see that it can be replaced, and run again", path.display())]
    Publish {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file of the report could not be written: the disk is full, the folder is gone, or something stands in the way.
    #[error("cannot write report: {}: {source}\nhint: its folder must be yours to write, and its disk must have room", path.display())]
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
    /// The numbers of the runs that are kept, this one last; empty where none are.
    pub trend: &'a [Point],
}

impl<'a> Contents<'a> {
    /// A run with nothing to compare it with.
    #[must_use]
    pub fn of(assessment: &'a Assessment) -> Self {
        Self { assessment, change: None, trend: &[] }
    }
}

/// One file of a report.
pub trait Format {
    /// Name of the file in the folder of a report.
    fn file_name(&self) -> &'static str;

    /// The bytes of the file, the same for the same contents. Text is UTF-8 with lines ending in LF, without a byte order mark
    /// unless a [`Layout`] asks for one.
    ///
    /// # Errors
    /// [`Error::Render`].
    fn render(&self, contents: &Contents<'_>) -> Result<Vec<u8>, Error>;
}

/// Every format of a report's folder, in the order of its manifest. The manifest itself is made by [`Folder::write`].
#[must_use]
pub fn formats(layout: Layout) -> Vec<Box<dyn Format>> {
    let mut formats: Vec<Box<dyn Format>> = Vec::new();
    for table in Table::ALL {
        formats.push(Box::new(csv::Csv { table, layout }));
    }
    formats.push(Box::new(json::Json));
    formats.push(Box::new(sarif::Sarif));
    formats.push(Box::new(html::Page));
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
    /// `scripts.json`: what `maascan scripts --format json` prints.
    Scripts,
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
        SchemaOf::Scripts => scripts::schema(),
    };
    json::pretty("schema", &schema)
}

/// What can go to standard output or into a file of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutputKind {
    /// For a person at a terminal.
    Terminal,
    /// `assessment.json`.
    Json,
    /// One of the CSV files.
    Csv(Table),
    /// `summary.md`.
    Markdown,
    /// `findings.sarif`.
    Sarif,
    /// The workbook.
    Xlsx,
    /// `report.html`.
    Html,
}

impl OutputKind {
    /// The word of each kind on the command line. `csv` alone is the table of automations; `csv:` and the word of a table is
    /// that table.
    pub const WORDS: [(&'static str, Self); 7] = [
        ("table", Self::Terminal),
        ("json", Self::Json),
        ("csv", Self::Csv(Table::AUTOMATIONS)),
        ("markdown", Self::Markdown),
        ("sarif", Self::Sarif),
        ("html", Self::Html),
        ("xlsx", Self::Xlsx),
    ];

    /// The kind of a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        if let Some(table) = word.strip_prefix("csv:") {
            return Table::from_word(table).map(Self::Csv);
        }
        Self::WORDS.into_iter().find(|(known, _)| *known == word).map(|(_, kind)| kind)
    }

    /// Whether it is text, which a terminal or a pipe of any shell takes.
    #[must_use]
    pub fn is_text(self) -> bool {
        self != Self::Xlsx
    }
}

/// The bytes of one kind of output; `style` concerns the terminal only, `layout` CSV only.
///
/// # Errors
/// [`Error::Render`].
pub fn render(kind: OutputKind, contents: &Contents<'_>, style: Style, layout: Layout) -> Result<Vec<u8>, Error> {
    match kind {
        OutputKind::Terminal => Ok(table::render(contents.assessment, style).into_bytes()),
        OutputKind::Json => json::Json.render(contents),
        OutputKind::Csv(table) => csv::Csv { table, layout }.render(contents),
        OutputKind::Markdown => markdown::Summary.render(contents),
        OutputKind::Sarif => sarif::Sarif.render(contents),
        OutputKind::Xlsx => xlsx::Workbook.render(contents),
        OutputKind::Html => html::Page.render(contents),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(kind: OutputKind, assessment: &Assessment) -> Vec<u8> {
        render(kind, &Contents::of(assessment), Style::default(), Layout::default()).unwrap()
    }

    #[test]
    fn standard_output_gets_what_the_folder_gets() {
        let assessment = samples::everything();
        let file = |name: &str| {
            let format = formats(Layout::default()).into_iter().find(|format| format.file_name() == name).unwrap();
            format.render(&Contents::of(&assessment)).unwrap()
        };
        for (word, name) in [
            ("json", "assessment.json"),
            ("csv", "automations.csv"),
            ("csv:findings", "findings.csv"),
            ("csv:coverage", "coverage.csv"),
            ("markdown", "summary.md"),
            ("sarif", "findings.sarif"),
            ("html", "report.html"),
        ] {
            assert_eq!(rendered(OutputKind::from_word(word).unwrap(), &assessment), file(name));
        }
        let table = rendered(OutputKind::Terminal, &assessment);
        assert_eq!(table, table::render(&assessment, Style::default()).into_bytes());
    }

    #[test]
    fn every_report_opens_with_the_same_sentence() {
        let assessment = samples::everything();
        let headline = phrases::headline(&assessment);
        assert_eq!(headline, "At least 27 automations can write to Intune; at least 6 break, at least 3 are excluded, 3 unknown");
        for kind in [OutputKind::Terminal, OutputKind::Markdown] {
            let text = String::from_utf8(rendered(kind, &assessment)).unwrap();
            assert!(text.contains(&headline), "{text}");
        }
        assert_eq!(phrases::headline(&samples::empty()), "0 automations can write to Intune; 0 break, 0 are excluded, 0 unknown");
    }
}
