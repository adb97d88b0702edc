//! What is wrong with rule files. All of it is the fault of whoever wrote the file, so every problem says where it is and
//! what to write instead.

use std::fmt;
use std::path::{Path, PathBuf};

/// One problem in one rule file. Printed as `path:line: message`, and a line that begins with `hint: `.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LoadError {
    /// The file, or the folder if there was no file to read.
    pub path: PathBuf,
    /// Line, from 1; None where the file as a whole could not be read.
    pub line: Option<usize>,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub hint: Option<String>,
}

impl LoadError {
    pub(super) fn of_file(path: &Path, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line: None, message: message.into(), hint: Some(hint.into()) }
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:", self.path.display())?;
        if let Some(line) = self.line {
            write!(out, "{line}:")?;
        }
        write!(out, " {}", self.message)?;
        match &self.hint {
            Some(hint) => write!(out, "\nhint: {hint}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for LoadError {}

/// Every problem found while loading rules, by file and line; at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadErrors(Vec<LoadError>);

impl LoadErrors {
    /// The problems in order, each once.
    #[must_use]
    pub fn new(mut problems: Vec<LoadError>) -> Self {
        problems.sort();
        problems.dedup();
        Self(problems)
    }

    /// The problems, by file and line.
    pub fn iter(&self) -> impl Iterator<Item = &LoadError> {
        self.0.iter()
    }
}

impl fmt::Display for LoadErrors {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, problem) in self.0.iter().enumerate() {
            if at > 0 {
                out.write_str("\n")?;
            }
            problem.fmt(out)?;
        }
        Ok(())
    }
}

impl std::error::Error for LoadErrors {}
