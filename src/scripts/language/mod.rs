//! The readers: each puts its language into the small one of [`super::ir`].

mod csharp;
mod powershell;
mod python;
mod script;
mod shell;
mod terraform;
mod tree;
mod workflow;

use super::ir::Program;
use super::model::Language;

/// A text as its language has it; None where it cannot be parsed in time, or where it is no program.
pub(super) fn read(language: Language, text: &str) -> Option<Program> {
    match language {
        Language::PowerShell => powershell::read(text),
        Language::Python => python::read(text),
        Language::JavaScript | Language::TypeScript => script::read(text),
        Language::CSharp => csharp::read(text),
        Language::Shell => shell::read(text),
        Language::LogicApp => Some(workflow::read(text)),
        Language::Terraform => Some(terraform::read(text)),
        // Their scripts are read one by one.
        Language::GitHubActions | Language::AzurePipelines => Some(Program::default()),
    }
}
