//! Which language a file is in: by its name, and by a look at its head where the name does not tell.

use super::model::Language;
use std::path::Path;

/// What a file name tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Named {
    Is(Language),
    /// JSON, YAML, or no ending: its contents decide.
    Look,
    /// Nothing that is read.
    Other,
}

/// By its name.
pub(super) fn by_name(path: &Path) -> Named {
    let Some(ending) = path.extension().and_then(|ending| ending.to_str()) else { return Named::Look };
    match ending.to_ascii_lowercase().as_str() {
        "ps1" | "psm1" => Named::Is(Language::PowerShell),
        "py" | "pyw" => Named::Is(Language::Python),
        "js" | "mjs" | "cjs" | "jsx" => Named::Is(Language::JavaScript),
        "ts" | "mts" | "cts" | "tsx" => Named::Is(Language::TypeScript),
        "cs" | "csx" => Named::Is(Language::CSharp),
        "sh" | "bash" | "zsh" | "ksh" | "azcli" => Named::Is(Language::Shell),
        "tf" => Named::Is(Language::Terraform),
        "json" | "yml" | "yaml" => Named::Look,
        _ => Named::Other,
    }
}

/// By its contents, where the name leaves it open.
pub(super) fn by_contents(path: &Path, text: &str) -> Option<Language> {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or("").to_ascii_lowercase();
    match ending.as_str() {
        "json" => workflow_definition(text).then_some(Language::LogicApp),
        "yml" | "yaml" => pipeline(path, text),
        _ => shebang(text),
    }
}

/// What a file is, by its name alone, if its contents make it a script at all; None where only they would tell.
pub(super) fn likely(path: &Path) -> Option<Language> {
    let shown = path.to_string_lossy().replace('\\', "/").to_ascii_lowercase();
    match shown.rsplit_once('.')?.1 {
        "json" => Some(Language::LogicApp),
        "yml" | "yaml" if shown.contains(".github/") => Some(Language::GitHubActions),
        "yml" | "yaml" => Some(Language::AzurePipelines),
        _ => None,
    }
}

/// A workflow of Logic Apps or Power Automate has actions and triggers, and often says what it is.
fn workflow_definition(text: &str) -> bool {
    let has = |word: &str| text.contains(word);
    has("workflowdefinition.json")
        || (has("\"actions\"") && (has("\"triggers\"") || has("\"runAfter\"") || has("Microsoft.Logic/workflows")))
}

fn pipeline(path: &Path, text: &str) -> Option<Language> {
    let shown = path.to_string_lossy().replace('\\', "/").to_ascii_lowercase();
    let key = |name: &str| text.lines().any(|line| line.trim_start().trim_start_matches("- ").starts_with(name));
    if shown.contains(".github/workflows/") || (key("jobs:") && key("runs-on:")) || (key("runs:") && key("using:")) {
        return Some(Language::GitHubActions);
    }
    let steps = key("steps:") || key("stages:") || key("jobs:");
    let azure = ["pool:", "trigger:", "task:", "script:", "pwsh:", "powershell:", "bash:", "- script:", "vmImage:", "parameters:"];
    (steps && azure.into_iter().any(key)).then_some(Language::AzurePipelines)
}

fn shebang(text: &str) -> Option<Language> {
    let first = text.lines().next().filter(|line| line.starts_with("#!"))?;
    if first.contains("pwsh") {
        Some(Language::PowerShell)
    } else if first.contains("python") {
        Some(Language::Python)
    } else if first.contains("node") {
        Some(Language::JavaScript)
    } else if first.contains("sh") {
        Some(Language::Shell)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_contents_tell_languages() {
        let look = |path: &str, text: &str| match by_name(Path::new(path)) {
            Named::Is(language) => Some(language),
            Named::Look => by_contents(Path::new(path), text),
            Named::Other => None,
        };
        for (path, text, expected) in [
            ("a.PS1", "", Some(Language::PowerShell)),
            ("a.txt", "#!/bin/sh", None),
            ("run", "#!/usr/bin/env bash\n", Some(Language::Shell)),
            ("run", "text", None),
            (".github/workflows/x.yml", "on: push", Some(Language::GitHubActions)),
            ("x.yml", "steps:\n- task: PowerShell@2\n", Some(Language::AzurePipelines)),
            ("x.yml", "a: b", None),
            ("x.json", "{\"actions\": {}, \"triggers\": {}}", Some(Language::LogicApp)),
            ("package.json", "{}", None),
        ] {
            assert_eq!(look(path, text), expected, "{path}");
        }
    }
}
