//! What each target does with the bytes that it is given. `tests/fuzz_corpus.rs` does the same with the kept ones, on the program's
//! own library.

use super::catalogue::Catalogue;
use super::scripts::{Language, Options, Place, Reader, ScriptFile, survey};
use std::sync::OnceLock;

/// The targets: a reader each by its word, and the way from bytes to a reader.
pub const TARGETS: [&str; 10] =
    ["powershell", "python", "javascript", "typescript", "csharp", "shell", "logic_app", "pipelines", "terraform", "files"];

fn catalogue() -> &'static Catalogue {
    static CATALOGUE: OnceLock<Catalogue> = OnceLock::new();
    CATALOGUE.get_or_init(|| Catalogue::builtin().expect("the catalogue is built in"))
}

fn reader() -> &'static Reader<'static> {
    static READER: OnceLock<Reader<'static>> = OnceLock::new();
    READER.get_or_init(|| Reader::new(catalogue()))
}

/// Runs a target by its name.
pub fn run(target: &str, bytes: &[u8]) {
    match target {
        "powershell" => text(Language::PowerShell, bytes),
        "python" => text(Language::Python, bytes),
        "javascript" => text(Language::JavaScript, bytes),
        "typescript" => text(Language::TypeScript, bytes),
        "csharp" => text(Language::CSharp, bytes),
        "shell" => text(Language::Shell, bytes),
        "logic_app" => text(Language::LogicApp, bytes),
        "pipelines" => {
            text(Language::GitHubActions, bytes);
            text(Language::AzurePipelines, bytes);
        }
        "terraform" => text(Language::Terraform, bytes),
        "files" => file(bytes),
        _ => panic!("no such target: {target}"),
    }
}

/// Reads bytes as a text in a language.
fn text(language: Language, bytes: &[u8]) {
    let text = looked_at(language, &String::from_utf8_lossy(bytes));
    check(&reader().read("a", language, &text), &text);
}

/// The text, with a word of Intune's in a comment: without one it would not be parsed at all.
fn looked_at(language: Language, text: &str) -> String {
    match language {
        Language::JavaScript | Language::TypeScript | Language::CSharp => format!("{text}\n// Intune"),
        // JSON has no comments.
        Language::LogicApp => format!("{text}\n\"Intune\""),
        _ => format!("{text}\n# Intune"),
    }
}

/// What holds of every report, whatever was read.
fn check(file: &ScriptFile, text: &str) {
    let lines = text.split('\n').count();
    let check = |place: &Place| {
        assert!(place.line >= 1 && place.column >= 1, "{place:?}");
        assert!(place.end_line <= lines, "{place:?} of {lines} lines");
        assert!((place.line, place.column) <= (place.end_line, place.end_column), "{place:?}");
    };
    file.writes.iter().for_each(|write| check(&write.place));
    file.problems.iter().filter_map(|problem| problem.place.as_ref()).for_each(check);
}

/// Endings of names, so that each way of telling a language is taken.
const ENDINGS: [&str; 8] = [".ps1", ".py", ".js", ".cs", ".sh", ".json", ".yml", ""];

/// Reads bytes as a file: encodings, what a name and what contents tell, and the walk. The first byte chooses the name.
fn file(bytes: &[u8]) {
    let Some((first, rest)) = bytes.split_first() else { return };
    let ending = ENDINGS[usize::from(*first) % ENDINGS.len()];
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(format!("a{ending}"));
    std::fs::write(&path, rest).expect("it is written");
    let options = Options { threads: 1, ..Options::default() };
    let survey = survey(reader(), &[path], &options);
    assert!(survey.files.len() <= 1 && survey.unwalked.is_empty());
}
