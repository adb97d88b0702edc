//! Which reports a command makes besides the folder, and how they are laid out.

use super::exit::{Failure, usage_error};
use crate::report::{Layout, OutputKind, Outputs, Separator, Table};
use clap::{Args, ValueEnum};
use std::path::{Path, PathBuf};

/// What goes to standard output and into single files.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Output")]
pub(super) struct Reports {
    #[arg(long, default_value = "table", value_parser = standard_output, help = format!("What goes to standard output: {}", formats()))]
    pub(super) format: OutputKind,
    /// Write one report into a file as well, such as json=a.json or csv:findings=f.csv; again for each further one. Its folder
    /// is made if it is not there
    #[arg(long, value_name = "FORMAT=FILE", value_parser = output)]
    output: Vec<(OutputKind, PathBuf)>,
    /// Write all tables into this workbook, a sheet each: --output xlsx=FILE
    #[arg(long, value_name = "FILE", value_parser = file)]
    xlsx: Option<PathBuf>,
    /// Begin CSV with a byte order mark, so that Excel on Windows reads UTF-8 when the file is double-clicked
    #[arg(long)]
    csv_bom: bool,
    /// What is between the cells of CSV
    #[arg(long, value_enum, value_name = "WHAT", default_value_t = Between::Comma)]
    csv_separator: Between,
}

/// What `--csv-separator` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Between {
    /// As RFC 4180 has it
    #[value(alias = ",")]
    Comma,
    /// As Excel expects it where decimals are written with a comma
    #[value(alias = ";")]
    Semicolon,
    /// A tab
    #[value(alias = "\t")]
    Tab,
}

impl Reports {
    /// The files that are written.
    pub(super) fn written(&self) -> impl Iterator<Item = &Path> {
        self.output.iter().map(|(_, path)| path).chain(&self.xlsx).map(PathBuf::as_path)
    }

    /// How CSV is laid out.
    pub(super) fn layout(&self) -> Layout {
        let separator = match self.csv_separator {
            Between::Comma => Separator::Comma,
            Between::Semicolon => Separator::Semicolon,
            Between::Tab => Separator::Tab,
        };
        Layout { separator, byte_order_mark: self.csv_bom }
    }

    /// Looks at the folder, if one is named, and at every file. None may be among `read`, the files that the run reads.
    ///
    /// # Errors
    /// A place that takes no file, or takes two: the user's fault.
    pub(super) fn prepare(&self, folder: Option<&Path>, read: &[PathBuf]) -> Result<Outputs, Failure> {
        let workbook = self.xlsx.iter().map(|path| (OutputKind::Xlsx, path.clone()));
        let files: Vec<(OutputKind, PathBuf)> = self.output.iter().cloned().chain(workbook).collect();
        Outputs::prepare(folder, &files, self.layout(), read).map_err(usage_error)
    }
}

/// The formats that are text, for the help.
fn formats() -> String {
    let words = OutputKind::WORDS.into_iter().filter(|(_, kind)| kind.is_text()).map(|(word, _)| word);
    let tables = Table::ALL.map(|table| table.word()).join(", ");
    format!("{}; csv is the table of automations, csv:TABLE one of {tables}", words.collect::<Vec<_>>().join(", "))
}

/// Reads the word of a format; `takes` is which of them are taken here.
fn format(word: &str, takes: fn(OutputKind) -> bool) -> Result<OutputKind, String> {
    OutputKind::from_word(word).ok_or_else(|| {
        let formats: Vec<&str> = OutputKind::WORDS.into_iter().filter(|(_, kind)| takes(*kind)).map(|(word, _)| word).collect();
        let tables = Table::ALL.map(|table| table.word()).join(", ");
        format!("no such format; formats are: {}; csv:TABLE is one of the tables {tables}", formats.join(", "))
    })
}

/// A format that standard output takes.
fn standard_output(word: &str) -> Result<OutputKind, String> {
    let kind = format(word, OutputKind::is_text)?;
    if kind.is_text() { Ok(kind) } else { Err(format!("{word} is no text, and goes into a file: --output {word}=FILE")) }
}

/// Reads `FORMAT=FILE`.
fn output(text: &str) -> Result<(OutputKind, PathBuf), String> {
    let Some((word, path)) = text.split_once('=') else {
        return Err("wants a format and a file, such as json=assessment.json".to_owned());
    };
    let kind = format(word, |_| true)?;
    if path == "-" {
        return Err(format!("- is no file; --format {word} writes to standard output"));
    }
    Ok((kind, file(path)?))
}

/// Reads the name of a file.
fn file(path: &str) -> Result<PathBuf, String> {
    match path {
        "" => Err("names no file".to_owned()),
        "-" => Err("- is no file, and a workbook is no text for standard output: name a file".to_owned()),
        path => Ok(path.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_and_a_file_are_told_apart_at_the_first_sign() {
        assert_eq!(output("json=a=b.json"), Ok((OutputKind::Json, "a=b.json".into())));
        let findings = OutputKind::Csv(Table::from_word("findings").unwrap());
        assert_eq!(output("csv:findings=f.csv"), Ok((findings, "f.csv".into())));
        assert_eq!(output("csv=f.csv"), output("csv:automations=f.csv"));
    }

    #[test]
    fn what_is_no_output_is_refused_with_what_would_be_one() {
        for (text, said) in [
            ("report.json", "json=assessment.json"),
            ("yaml=a", "formats are: table, json, csv, "),
            ("csv:finding=a", "automations, findings, "),
            ("=a", "no such format"),
            ("json=", "names no file"),
            ("csv:gates=-", "--format csv:gates"),
            ("xlsx=-", "- is no file"),
        ] {
            assert!(output(text).unwrap_err().contains(said), "{text}: {:?}", output(text));
        }
        assert!(standard_output("xlsx").unwrap_err().contains("--output xlsx=FILE"));
        assert!(!standard_output("nonsense").unwrap_err().contains("xlsx"), "what is not taken is not offered");
        assert!(file("-").is_err() && file("").is_err());
    }

    #[test]
    fn every_word_reads_back() {
        for (word, kind) in OutputKind::WORDS {
            assert_eq!(format(word, |_| true), Ok(kind));
        }
        for table in Table::ALL {
            assert_eq!(format(&format!("csv:{}", table.word()), |_| true), Ok(OutputKind::Csv(table)));
        }
    }
}
