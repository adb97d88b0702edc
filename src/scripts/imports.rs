//! What a script brings in from other files, as it says it. Read from its text without comments, line by line.

use super::model::Language;

/// One import.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Import {
    /// The file or module, as it is written.
    pub(super) from: From,
    pub(super) names: Names,
}

/// Where from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum From {
    /// A path with slashes; whether something that is not known stands before it.
    Path(String, bool),
    /// The name of an installed module.
    Module(String),
    /// A module of Python: how many folders up, and its names with slashes.
    Dotted(usize, String),
}

/// Under what names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Names {
    /// Everything, as it is named there.
    All,
    /// Some: as they are named there, and here.
    Some(Vec<(String, String)>),
    /// Everything, as members of this name.
    Of(String),
}

/// Most imports of one file that are looked at.
pub(super) const MOST: usize = 10_000;

/// The imports of a text, in order.
pub(super) fn imports(language: Language, code: &str) -> Vec<Import> {
    let mut found = match language {
        Language::PowerShell => code.split(['\n', ';']).filter_map(powershell).collect(),
        Language::Shell => code.split(['\n', ';']).filter_map(shell).collect(),
        Language::Python => python(code),
        Language::JavaScript | Language::TypeScript => script(code),
        _ => Vec::new(),
    };
    found.truncate(MOST);
    found
}

fn all(from: From) -> Import {
    Import { from, names: Names::All }
}

/// What follows a word at the beginning of a line, any letter case.
fn after<'t>(line: &'t str, word: &str) -> Option<&'t str> {
    let line = line.trim_start();
    let rest = line.get(word.len()..).filter(|_| line.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word)))?;
    rest.starts_with([' ', '\t']).then(|| rest.trim_start())
}

fn powershell(line: &str) -> Option<Import> {
    if let Some(rest) = after(line, ".") {
        return path(first_word(rest)).map(all);
    }
    let rest = after(line, "Import-Module").or_else(|| after(line, "ipmo")).or_else(|| after(line, "using module"))?;
    let rest = after(rest, "-Name").unwrap_or(rest);
    let word = first_word(rest);
    let plain = word.trim_matches(['"', '\'']);
    if !plain.is_empty() && plain.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '.' | '-' | '_')) && !is_file(plain) {
        return Some(all(From::Module(plain.to_owned())));
    }
    path(word).map(all)
}

fn is_file(word: &str) -> bool {
    let lower = word.to_ascii_lowercase();
    lower.ends_with(".psm1") || lower.ends_with(".psd1") || lower.ends_with(".ps1")
}

fn shell(line: &str) -> Option<Import> {
    let rest = after(line, "source").or_else(|| after(line, "."))?;
    path(first_word(rest)).map(all)
}

/// The first word of a command's arguments; quotes, parentheses and braces keep words together.
fn first_word(text: &str) -> &str {
    let (mut depth, mut quote) = (0_usize, None);
    for (at, letter) in text.char_indices() {
        match (letter, quote) {
            ('"' | '\'', None) => quote = Some(letter),
            (_, Some(open)) if letter == open && depth == 0 => quote = None,
            ('(' | '{', _) => depth += 1,
            (')' | '}', _) => depth = depth.saturating_sub(1),
            (' ' | '\t' | '|' | '&' | '\r', None) if depth == 0 => return text.get(..at).unwrap_or(""),
            _ => {}
        }
    }
    text
}

/// The path at the end of a word, whatever expressions it begins with: `$PSScriptRoot\lib\a.ps1`, `"${DIR}/a.sh"`,
/// `(Join-Path $PSScriptRoot 'lib\a.ps1')`.
fn path(word: &str) -> Option<From> {
    let plain = word.trim_end().trim_end_matches([')', '"', '\'']).replace('\\', "/");
    let run = plain
        .rfind(|letter: char| !(letter.is_alphanumeric() || matches!(letter, '.' | '-' | '_' | '/')))
        .map_or(0, |at| at + plain.get(at..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8));
    let (before, mut path) = (plain.get(..run)?, plain.get(run..)?);
    if before.ends_with('$') || before.ends_with(':') {
        // The run begins with the name of a variable.
        path = path.split_once('/')?.1;
    }
    let unknown = !before.trim_matches(['"', '\'', '(', '&', ' ']).is_empty();
    if path.starts_with('/') && !unknown {
        return None;
    }
    let path = path.trim_start_matches('/');
    (path.len() > 1 && path.chars().any(char::is_alphanumeric)).then(|| From::Path(path.to_owned(), unknown))
}

fn python(code: &str) -> Vec<Import> {
    let mut found = Vec::new();
    let mut lines = code.lines();
    while let Some(line) = lines.next() {
        if let Some(rest) = after(line, "from").filter(|_| line.trim_start().starts_with("from")) {
            let Some((module, names)) = rest.split_once(" import") else { continue };
            let mut names = names.trim().to_owned();
            if names.starts_with('(') {
                while !names.contains(')') && names.len() < 4_000 {
                    let Some(more) = lines.next() else { break };
                    names.push_str(more);
                }
            }
            let names = names.trim_matches(['(', ' ']).split(')').next().unwrap_or("");
            let names = if names.trim() == "*" { Names::All } else { Names::Some(names.split(',').filter_map(renamed).collect()) };
            found.push(Import { from: dotted(module), names });
        } else if let Some(rest) = after(line, "import") {
            for (module, name) in rest.split(',').filter_map(renamed) {
                found.push(Import { from: dotted(&module), names: Names::Of(name) });
            }
        }
    }
    found
}

fn dotted(module: &str) -> From {
    let module = module.trim();
    let plain = module.trim_start_matches('.');
    From::Dotted(module.len() - plain.len(), plain.replace('.', "/"))
}

/// `a`, `a as b`, `a: b`
fn renamed(written: &str) -> Option<(String, String)> {
    let written = written.trim().trim_start_matches("type ");
    let (there, here) = written.split_once(" as ").or_else(|| written.split_once(':')).unwrap_or((written, written));
    let name = |name: &str| {
        let name = name.trim();
        let plain = !name.is_empty() && name.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '$' | '.'));
        plain.then(|| name.to_owned())
    };
    Some((name(there)?, name(here)?))
}

/// `import … from './x'`, `export … from './x'`, `… = require('./x')`
fn script(code: &str) -> Vec<Import> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("from").chain(code.match_indices("require(")) {
        let required = code.get(at..).is_some_and(|rest| rest.starts_with("require("));
        let rest = code.get(at + if required { 8 } else { 4 }..).unwrap_or("").trim_start();
        let Some(quote) = rest.chars().next().filter(|quote| matches!(quote, '"' | '\'' | '`')) else { continue };
        let Some(path) = rest.get(1..).and_then(|rest| rest.split_once(quote)).map(|(path, _)| path) else { continue };
        let (alias, local) = (path.starts_with("@/") || path.starts_with("~/"), path.starts_with('.'));
        if !(alias || local) || path.len() > 300 {
            continue;
        }
        let from = From::Path(path.trim_start_matches(['@', '~']).trim_start_matches('/').to_owned(), alias);
        let before = before(code, at);
        let clause = if required {
            before
                .trim_end()
                .strip_suffix('=')
                .and_then(|before| ["const ", "let ", "var "].iter().find_map(|word| before.rsplit_once(word)))
        } else {
            ["import", "export"].iter().filter_map(|word| before.rsplit_once(word)).max_by_key(|(front, _)| front.len())
        };
        let Some((_, clause)) = clause else { continue };
        found.extend(clause_names(clause).into_iter().map(|names| Import { from: from.clone(), names }));
    }
    found
}

/// A stretch of text before a place.
fn before(code: &str, at: usize) -> &str {
    let mut from = at.saturating_sub(2_000);
    while !code.is_char_boundary(from) {
        from += 1;
    }
    code.get(from..at).unwrap_or("")
}

/// `g`, `* as g`, `{ a, b as c }`, `g, { a }`
fn clause_names(clause: &str) -> Vec<Names> {
    let clause = clause.trim().trim_start_matches("type ");
    if clause == "*" {
        return vec![Names::All];
    }
    let (front, braces) = match clause.split_once('{') {
        Some((front, rest)) => (front, rest.split('}').next()),
        None => (clause, None),
    };
    let mut found = Vec::new();
    let front = front.trim().trim_end_matches(',').trim().trim_start_matches("* as ").trim();
    if let Some((name, _)) = renamed(front) {
        found.push(Names::Of(name));
    }
    if let Some(braces) = braces {
        found.push(Names::Some(braces.split(',').filter_map(renamed).collect()));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(language: Language, code: &str) -> Vec<String> {
        imports(language, code).iter().map(|import| format!("{:?} {:?}", import.from, import.names)).collect()
    }

    #[test]
    fn paths_of_powershell_and_shell_are_found_behind_variables() {
        for (line, path) in [
            (". ./x.ps1", "Path(\"./x.ps1\", false)"),
            (". $PSScriptRoot\\lib\\x.ps1", "Path(\"lib/x.ps1\", true)"),
            (". \"$PSScriptRoot/../x.ps1\" -Quiet", "Path(\"../x.ps1\", true)"),
            (". (Join-Path $PSScriptRoot 'lib\\x.ps1')", "Path(\"lib/x.ps1\", true)"),
            (". (Join-Path -Path $PSScriptRoot -ChildPath \"x.ps1\")", "Path(\"x.ps1\", true)"),
            ("Import-Module \"${PSScriptRoot}\\Tools.psm1\" -Force", "Path(\"Tools.psm1\", true)"),
            ("import-module ./Tools", "Path(\"./Tools\", false)"),
            ("using module .\\Tools.psm1", "Path(\"./Tools.psm1\", false)"),
            ("Import-Module -Name Tools.Graph", "Module(\"Tools.Graph\")"),
        ] {
            assert_eq!(said(Language::PowerShell, line), [format!("{path} All")], "{line}");
        }
        for (line, path) in [
            ("source ./x.sh", "Path(\"./x.sh\", false)"),
            (". \"$(dirname \"$0\")/lib/x.sh\"", "Path(\"lib/x.sh\", true)"),
            ("source \"${DIR}/x.sh\" || exit 1", "Path(\"x.sh\", true)"),
            ("source \"$DIR/x.sh\"", "Path(\"x.sh\", true)"),
        ] {
            assert_eq!(said(Language::Shell, line), [format!("{path} All")], "{line}");
        }
        assert_eq!(said(Language::Shell, "source /etc/profile\n. $HOME\n"), Vec::<String>::new());
    }

    #[test]
    fn names_of_python_and_javascript_are_kept() {
        let code = "from .graph import (send as s,\n  BASE)\nimport a.helper, b as c\nfrom x import *\n";
        assert_eq!(
            said(Language::Python, code),
            [
                "Dotted(1, \"graph\") Some([(\"send\", \"s\"), (\"BASE\", \"BASE\")])",
                "Dotted(0, \"a/helper\") Of(\"a.helper\")",
                "Dotted(0, \"b\") Of(\"c\")",
                "Dotted(0, \"x\") All",
            ]
        );
        let code = "import g, { a as b,\n c } from './x';\nimport fs from 'fs';\nexport * from './y';\nconst { d: e } = require('../z');\nconst h = require('./h')\nimport * as i from '@/i'\n";
        assert_eq!(
            said(Language::TypeScript, code),
            [
                "Path(\"./x\", false) Of(\"g\")",
                "Path(\"./x\", false) Some([(\"a\", \"b\"), (\"c\", \"c\")])",
                "Path(\"./y\", false) All",
                "Path(\"i\", true) Of(\"i\")",
                "Path(\"../z\", false) Some([(\"d\", \"e\")])",
                "Path(\"./h\", false) Of(\"h\")",
            ]
        );
    }
}
