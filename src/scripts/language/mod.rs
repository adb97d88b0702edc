//! The readers: each puts its language into the small one of [`super::ir`].

mod csharp;
mod powershell;
mod python;
mod script;
mod shell;
mod tree;

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
        Language::LogicApp | Language::GitHubActions | Language::AzurePipelines | Language::Terraform => None,
    }
}
