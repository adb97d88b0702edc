//! Pipelines in YAML: finds the scripts that stand in them and hands each to the reader of its language; notes the script files
//! that they run. Reads YAML by lines, as far as that takes: keys, and behind them what `yaml` reads.

use super::model::{Language, Place};
use super::yaml::{self, Scalar, Value};
use std::collections::BTreeMap;

/// A script in a pipeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Inline {
    pub(super) language: Language,
    /// With expressions of the pipeline made harmless, as long as they were.
    pub(super) text: String,
    /// Where its parts stand.
    pub(super) scalar: Scalar,
}

/// What a pipeline runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Steps {
    pub(super) inline: Vec<Inline>,
    /// Script files, by name, and where.
    pub(super) files: Vec<(String, Place)>,
    /// Lines of scripts that cannot be read, from 1.
    pub(super) lost: Vec<usize>,
}

/// Most scripts of one pipeline.
const MOST: usize = 400;

/// Keys that hold a script.
const SCRIPTS: [&str; 8] = ["run", "script", "inlinescript", "inline", "bash", "pwsh", "powershell", "azurecliscript"];

/// Keys that hold the path of a script.
const FILES: [&str; 6] = ["filepath", "scriptpath", "script-path", "scriptfile", "file", "script_path"];

struct Line<'t> {
    indent: usize,
    /// Whether a dash stands before the key.
    item: bool,
    key: String,
    value: &'t str,
    /// The column of its value.
    column: usize,
}

fn key_line(line: &str) -> Option<Line<'_>> {
    let mut rest = line;
    let mut item = false;
    let trimmed = rest.trim_start();
    let mut indent = rest.chars().count() - trimmed.chars().count();
    rest = trimmed;
    while let Some(after) = rest.strip_prefix("- ") {
        item = true;
        let inner = after.trim_start();
        indent += rest.chars().count() - inner.chars().count();
        rest = inner;
        // The name that a whole step has for aliases.
        if let Some((name, inner)) = rest.split_once(' ').filter(|(name, _)| name.starts_with('&')) {
            indent += name.chars().count() + 1;
            rest = inner;
        }
    }
    let (key, value) = rest.split_once(':')?;
    let plain = key.trim().trim_matches(['"', '\'']);
    let fits = !plain.is_empty()
        && plain.len() < 60
        && plain.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.' | ' '));
    (fits && (value.is_empty() || value.starts_with([' ', '\t']))).then(|| Line {
        indent,
        item,
        key: plain.to_ascii_lowercase(),
        value: value.trim(),
        column: line.chars().count() - value.trim_start().chars().count(),
    })
}

/// Reads a pipeline.
pub(super) fn steps(text: &str, language: Language) -> Steps {
    let lines: Vec<&str> = text.lines().collect();
    let shell = default_shell(&lines);
    let mut reader = Pipeline { lines: &lines, shell, language, anchors: BTreeMap::new(), found: Steps::default() };
    let mut at = 0;
    while at < lines.len() {
        at = reader.line(at).max(at + 1);
    }
    reader.found
}

struct Pipeline<'t> {
    lines: &'t [&'t str],
    shell: String,
    language: Language,
    anchors: BTreeMap<String, Scalar>,
    found: Steps,
}

impl Pipeline<'_> {
    /// Reads what begins on a line; the line behind it.
    fn line(&mut self, at: usize) -> usize {
        let raw = self.lines[at];
        let Some(line) = key_line(raw) else { return self.item(at) };
        let read = yaml::value(self.lines, at, line.column, line.indent, yaml::depth(raw));
        let mut value = match read.value {
            Value::Scalar(scalar) => scalar,
            Value::Flow(maps, closed) => {
                self.flow(at, maps, closed);
                return read.next;
            }
            Value::Alias(name) => match self.anchors.get(&name) {
                Some(scalar) => scalar.clone(),
                None => {
                    self.lost(at, SCRIPTS.contains(&line.key.as_str()));
                    return read.next;
                }
            },
        };
        if let Some(name) = read.anchor {
            self.anchors.insert(name, value.clone());
        }
        value.text.truncate(value.text.trim_end().len());
        if SCRIPTS.contains(&line.key.as_str()) && !line.value.starts_with('#') {
            let context = context(self.lines, at, line.indent);
            self.script(at, &line.key, value, &context);
        } else if FILES.contains(&line.key.as_str()) && value.text.contains('.') {
            self.file(at, line.indent, value.text);
        }
        read.next
    }

    /// An item of a list that is a map in braces.
    fn item(&mut self, at: usize) -> usize {
        let trimmed = self.lines[at].trim_start();
        let plain = trimmed.trim_start_matches(['-', ' ']);
        if !trimmed.starts_with("- ") || !plain.starts_with(['{', '[']) {
            return at + 1;
        }
        let column = self.lines[at].chars().count() - plain.chars().count();
        let read = yaml::value(self.lines, at, column, column, column);
        if let Value::Flow(maps, closed) = read.value {
            self.flow(at, maps, closed);
        }
        read.next
    }

    fn flow(&mut self, at: usize, maps: Vec<Vec<yaml::Entry>>, closed: bool) {
        // A bracket that does not close is mostly no YAML, but the text of something else.
        self.lost(at, !closed && SCRIPTS.iter().any(|key| self.lines[at].contains(&format!("{key}:"))));
        for map in maps {
            let context: Vec<(String, String)> =
                map.iter().map(|(key, value, _)| (key.clone(), value.text.to_ascii_lowercase())).take(120).collect();
            for (key, value, line) in map {
                if SCRIPTS.contains(&key.as_str()) {
                    self.script(line, &key, value, &context);
                } else if FILES.contains(&key.as_str()) && value.text.contains('.') {
                    self.file(line, yaml::depth(self.lines[line]), value.text);
                }
            }
        }
    }

    fn script(&mut self, at: usize, key: &str, scalar: Scalar, context: &[(String, String)]) {
        if scalar.text.trim().is_empty() {
            return;
        }
        if self.found.inline.len() >= MOST {
            self.lost(at, true);
            return;
        }
        let language = script_language(key, context, &self.shell, &scalar.text, self.language);
        let inline = Inline { language, text: without_expressions(&scalar.text, language), scalar };
        named_files(&inline, &mut self.found.files);
        self.found.inline.push(inline);
    }

    fn file(&mut self, at: usize, indent: usize, name: String) {
        let end_column = self.lines[at].trim_end().chars().count() + 1;
        self.found.files.push((name, Place { line: at + 1, column: indent + 1, end_line: at + 1, end_column }));
    }

    fn lost(&mut self, at: usize, lost: bool) {
        self.found.lost.extend(lost.then_some(at + 1));
    }
}

impl Inline {
    /// A place of the script as a place of the file.
    pub(super) fn place(&self, place: Place) -> Place {
        let (line, column) = self.scalar.place(place.line, place.column);
        let point = (place.line, place.column) == (place.end_line, place.end_column);
        let (end_line, end_column) = if point { (line, column) } else { self.scalar.end(place.end_line, place.end_column) };
        Place { line, column, end_line, end_column }
    }
}

/// What stands in the same step: its keys and values.
fn context(lines: &[&str], at: usize, indent: usize) -> Vec<(String, String)> {
    let mut from = at;
    let depth = |line: &str| line.chars().count() - line.trim_start().chars().count();
    let own = key_line(lines[at]);
    if !own.as_ref().is_some_and(|line| line.item) {
        while from > 0 && at - from < 200 {
            from -= 1;
            let starts = lines[from].trim_start().starts_with("- ");
            if starts && depth(lines[from]) < indent {
                break;
            }
        }
    }
    let dash = depth(lines[from]);
    let end = (from + 1..lines.len().min(from + 400))
        .find(|line| !lines[*line].trim().is_empty() && depth(lines[*line]) <= dash)
        .unwrap_or(lines.len().min(from + 400));
    let known = lines[from..end].iter().filter_map(|line| key_line(line)).map(|line| (line.key, line.value.to_ascii_lowercase()));
    known.take(120).collect()
}

/// Words in a script that name another one.
fn named_files(inline: &Inline, files: &mut Vec<(String, Place)>) {
    for (at, line) in inline.text.lines().enumerate() {
        if line.trim_start().starts_with('#') || files.len() > MOST {
            continue;
        }
        for word in line.split([' ', '\t', '=', ';', '(', ')']) {
            let plain = word.trim_matches(['"', '\'', '&']);
            if [".ps1", ".py", ".sh"].iter().any(|ending| plain.len() > ending.len() && plain.to_ascii_lowercase().ends_with(ending)) {
                let before = line.find(plain).and_then(|at| line.get(..at)).map_or(0, |front| front.chars().count());
                let (line, column) = (at + 1, before + 1);
                let place = Place { line, column, end_line: line, end_column: column + plain.chars().count() };
                files.push((plain.to_owned(), inline.place(place)));
            }
        }
    }
}

fn default_shell(lines: &[&str]) -> String {
    let mut shell = String::new();
    for (at, line) in lines.iter().enumerate() {
        if line.trim() == "defaults:" {
            let near = lines[at..].iter().take(6).filter_map(|line| key_line(line));
            if let Some(known) = near.filter(|line| line.key == "shell").map(|line| line.value.to_ascii_lowercase()).next() {
                shell = known;
            }
        }
    }
    shell
}

fn script_language(key: &str, context: &[(String, String)], shell: &str, script: &str, pipeline: Language) -> Language {
    let value = |name: &str| context.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str());
    let task = format!("{} {}", value("uses"), value("task"));
    if task.contains("github-script") {
        return Language::JavaScript;
    }
    match key {
        "pwsh" | "powershell" => return Language::PowerShell,
        "bash" => return Language::Shell,
        _ => {}
    }
    let said = if value("shell").is_empty() { value("scripttype") } else { value("shell") };
    let said = if said.is_empty() && pipeline == Language::GitHubActions { shell } else { said };
    if said.contains("pwsh") || said.contains("powershell") || said.contains("pscore") || said == "ps" {
        Language::PowerShell
    } else if said.contains("python") {
        Language::Python
    } else if said.contains("bash") || said == "sh" {
        Language::Shell
    } else if task.contains("powershell") {
        Language::PowerShell
    } else if task.contains("python") {
        Language::Python
    } else if looks_like_powershell(script) {
        Language::PowerShell
    } else {
        Language::Shell
    }
}

fn looks_like_powershell(script: &str) -> bool {
    let lower = script.to_ascii_lowercase();
    ["invoke-", "write-host", "$erroractionpreference", "$env:", "connect-mg", "import-module", "install-module", "param("]
        .iter()
        .any(|word| lower.contains(word))
}

/// `${{ x }}` as a placeholder, as long as it was: what it stands for is not known. In braces, which are taken for a hole of an
/// address; but where a command begins braces would begin a block, so there as a word, and as a variable where PowerShell would take
/// them for a block, too.
fn without_expressions(script: &str, language: Language) -> String {
    let mut plain = String::with_capacity(script.len());
    let mut rest = script;
    while let Some(at) = rest.find("${{") {
        let (front, behind) = rest.split_at(at);
        plain.push_str(front);
        let length = behind.find("}}").map_or(behind.len(), |end| end + 2);
        let expression = behind.get(..length).unwrap_or("");
        let letters = expression.chars().count();
        if expression.contains('\n') || letters < 5 {
            plain.push_str(expression);
        } else {
            let line = plain.rsplit('\n').next().unwrap_or("");
            let quoted = line.matches('"').count() % 2 + line.matches('\'').count() % 2 > 0;
            let command = !quoted && (line.trim().is_empty() || line.trim_end().ends_with(['&', '|', ';', '(']) || line.trim() == ".");
            let word_follows = behind.get(length..).unwrap_or("").starts_with(|letter: char| letter.is_alphanumeric());
            let (first, last) = match language {
                Language::PowerShell | Language::Shell if command => ('_', '_'),
                Language::PowerShell if !quoted && !word_follows => ('$', '_'),
                _ => ('{', '}'),
            };
            plain.push(first);
            plain.extend(std::iter::repeat_n('_', letters - 2));
            plain.push(last);
        }
        rest = behind.get(length..).unwrap_or("");
    }
    plain.push_str(rest);
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORKFLOW: &str = "\
name: x
on: push
jobs:
  a:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - name: remove
        shell: pwsh
        run: |
          $id = \"${{ inputs.id }}\"

          Remove-Thing $id
      - run: curl -X POST https://x
      - uses: azure/cli@v2
        with:
          inlineScript: |
            az rest --method post
      - uses: actions/github-script@v7
        with:
          script: |
            await fetch(url)
";

    #[test]
    fn scripts_are_found_with_their_language_and_place() {
        let steps = steps(WORKFLOW, Language::GitHubActions);
        let found: Vec<(Language, usize, usize)> =
            steps.inline.iter().map(|inline| (inline.language, inline.scalar.place(1, 1).0, inline.scalar.place(1, 1).1 - 1)).collect();
        assert_eq!(
            found,
            [(Language::PowerShell, 11, 10), (Language::Shell, 14, 13), (Language::Shell, 18, 12), (Language::JavaScript, 22, 12)]
        );
        assert_eq!(steps.inline[0].text, "$id = \"{______________}\"\n\nRemove-Thing $id");
    }

    #[test]
    fn tasks_of_azure_pipelines_say_their_language() {
        let yaml = "steps:\n- task: AzureCLI@2\n  inputs:\n    azureSubscription: x\n    scriptType: pscore\n    inlineScript: |\n      az rest\n- pwsh: Get-X\n- task: PowerShell@2\n  inputs:\n    filePath: 'a/b.ps1'\n";
        let steps = steps(yaml, Language::AzurePipelines);
        assert_eq!(steps.inline.iter().map(|inline| inline.language).collect::<Vec<_>>(), [Language::PowerShell; 2]);
        assert_eq!((steps.files[0].0.as_str(), steps.files[0].1.line), ("a/b.ps1", 11));
    }

    #[test]
    fn broken_yaml_ends() {
        for yaml in ["run: |", "- - - run: x", "run:", ":", "run: ${{", "\t- run: |\n\tx"] {
            steps(yaml, Language::GitHubActions);
        }
    }
}
