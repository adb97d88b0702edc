//! What is said of scripts: per file, per call.

use crate::catalogue::Workload;
pub use crate::snapshot::{
    ScriptApproval as Approval, ScriptConfidence as Confidence, ScriptExpectation as Expectation, ScriptSignIn as SignIn,
};
use std::collections::BTreeMap;

/// The languages that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Language {
    /// Windows PowerShell and PowerShell
    PowerShell,
    /// Python
    Python,
    /// JavaScript
    JavaScript,
    /// TypeScript
    TypeScript,
    /// C#
    CSharp,
    /// sh, bash and their like
    Shell,
    /// A workflow definition of Logic Apps or Power Automate
    LogicApp,
    /// A workflow of GitHub Actions
    GitHubActions,
    /// A pipeline of Azure Pipelines
    AzurePipelines,
    /// Terraform
    Terraform,
}

impl Language {
    /// Its word in output.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::PowerShell => "powershell",
            Self::Python => "python",
            Self::JavaScript => "javascript",
            Self::TypeScript => "typescript",
            Self::CSharp => "csharp",
            Self::Shell => "shell",
            Self::LogicApp => "logic-app",
            Self::GitHubActions => "github-actions",
            Self::AzurePipelines => "azure-pipelines",
            Self::Terraform => "terraform",
        }
    }
}

/// A place in a file. Lines and columns count from 1; columns count characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// First line.
    pub line: usize,
    /// First column.
    pub column: usize,
    /// Last line.
    pub end_line: usize,
    /// Column behind the last character.
    pub end_column: usize,
}

/// A call that writes to a workload.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ScriptWrite {
    /// Where the call stands that decides what is written.
    pub place: Place,
    /// The workload.
    pub workload: Workload,
    /// The operation, as the catalogue names it, or the last name of the path.
    pub operation: String,
    /// The method of HTTP; `*` where it is not known.
    pub method: String,
    /// The path, keys as `{id}`.
    pub path_template: String,
    /// How much of the call could be worked out.
    pub confidence: Confidence,
    /// `gated`, `unknown`, `not-gated` as the catalogue has it; `unproven` for profile types from before the settings catalog.
    pub gate: &'static str,
    /// As whom the script signs in.
    pub sign_in: SignIn,
    /// Whether it takes part in the approval flow.
    pub approval: Approval,
    /// The script that it runs and that writes, where the call itself is only that.
    pub through: Option<String>,
}

/// What is wrong with a file or with how it could be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProblemKind {
    /// Something in it is no valid syntax; what was understood was followed.
    Syntax,
    /// A bound of the analysis was reached: there may be more.
    Bounded,
    /// It writes to Intune, but where cannot be told.
    UntoldTarget,
    /// It is larger than what is read.
    TooLarge,
    /// It is not text.
    Binary,
    /// From some place on nothing of it is understood, and there is something of Intune in that part.
    NotUnderstood,
    /// It was packed by a machine, names Intune, and was not looked at.
    Minified,
    /// It could not be read.
    Unreadable,
    /// The justification is plain text instead of Base64.
    PlainJustification,
    /// The justification is longer than 1,024 characters.
    LongJustification,
    /// The code of the approved request is put into Base64; it must be sent as it came.
    EncodedCode,
    /// The request that is sent with the code has another body than the one that was approved.
    OtherBody,
    /// The request with the justification is sent again and again: each time another approval request, or a conflict.
    RepeatedRequest,
}

impl ProblemKind {
    /// Its word in output.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Syntax => "syntax",
            Self::Bounded => "bounded",
            Self::UntoldTarget => "untold-target",
            Self::TooLarge => "too-large",
            Self::Binary => "binary",
            Self::NotUnderstood => "not-understood",
            Self::Minified => "minified",
            Self::Unreadable => "unreadable",
            Self::PlainJustification => "plain-justification",
            Self::LongJustification => "long-justification",
            Self::EncodedCode => "encoded-code",
            Self::OtherBody => "other-body",
            Self::RepeatedRequest => "repeated-request",
        }
    }

    /// Whether it keeps part of the file from being judged.
    #[must_use]
    pub fn leaves_gap(self) -> bool {
        matches!(self, Self::Bounded | Self::TooLarge | Self::Unreadable | Self::Binary | Self::Minified | Self::NotUnderstood)
    }
}

/// One problem.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Where, if it has a place.
    pub place: Option<Place>,
    /// What kind.
    pub kind: ProblemKind,
    /// In words.
    pub message: String,
}

/// One file that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScriptFile {
    /// As it was found: below the path that was named.
    pub path: String,
    /// Its language.
    pub language: Language,
    /// As whom it signs in, as far as it shows.
    pub sign_in: SignIn,
    /// In order of place.
    pub writes: Vec<ScriptWrite>,
    /// In order of place.
    pub problems: Vec<Problem>,
    /// Client ids that stand in it, in lower case, in order. Only of files that write.
    pub client_ids: Vec<String>,
    /// What may be shown of the first line of the places that writes and problems point to: names, known words and Graph's own
    /// paths, an ellipsis for everything else, so no secret. Empty where a place is a point.
    pub excerpts: BTreeMap<Place, String>,
    /// Scripts that it runs, as it names them, and where.
    pub runs: Vec<(String, Place)>,
}

impl ScriptFile {
    /// A file of which nothing is said yet.
    #[must_use]
    pub fn empty(path: &str, language: Language) -> Self {
        Self {
            path: path.to_owned(),
            language,
            sign_in: SignIn::Unknown,
            writes: Vec::new(),
            problems: Vec::new(),
            client_ids: Vec::new(),
            excerpts: BTreeMap::new(),
            runs: Vec::new(),
        }
    }
}

impl ScriptWrite {
    /// What to expect of it.
    #[must_use]
    pub fn expectation(&self) -> Expectation {
        match (self.gate, self.approval, self.confidence) {
            ("not-gated", _, _) => Expectation::NotHeld,
            (_, Approval::Present, _) => Expectation::Handled,
            ("gated", _, Confidence::Resolved | Confidence::PartlyResolved) => Expectation::Refused,
            _ => Expectation::MayBeRefused,
        }
    }
}

/// What was read of the paths that were named.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Survey {
    /// Every file that was read as a script, in order of path.
    pub files: Vec<ScriptFile>,
    /// Folders that could not be walked, and files that could not be looked at: a path and why.
    pub unwalked: Vec<(String, String)>,
    /// Links that were not followed, in order.
    pub links: Vec<String>,
    /// Files that were named themselves and are no script that is read, in order.
    pub foreign: Vec<String>,
}

impl Survey {
    /// Whether every file that was met could be read and followed whole.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.unwalked.is_empty() && self.files.iter().flat_map(|file| &file.problems).all(|problem| !problem.kind.leaves_gap())
    }

    /// How many files write, and how many calls do.
    #[must_use]
    pub fn counts(&self) -> (usize, usize) {
        let writing = self.files.iter().filter(|file| !file.writes.is_empty()).count();
        (writing, self.files.iter().map(|file| file.writes.len()).sum())
    }
}
