//! Pipelines in YAML: finds the scripts that stand in them and hands each to the reader of its language; notes the script files
//! that they run. Reads YAML by lines, as far as that takes: keys, block scalars, plain and quoted scalars.

use super::model::{Language, Place};

/// A script in a pipeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Inline {
    pub(super) language: Language,
    pub(super) text: String,
    /// The line of its first line, from 1.
    pub(super) line: usize,
    /// How far its lines are indented in the file, in characters.
    pub(super) indent: usize,
}

/// What a pipeline runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Steps {
    pub(super) inline: Vec<Inline>,
    /// Script files, by name, and where.
    pub(super) files: Vec<(String, Place)>,
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
    })
}

/// Reads a pipeline.
pub(super) fn steps(text: &str, language: Language) -> Steps {
    let lines: Vec<&str> = text.lines().collect();
    let shell = default_shell(&lines);
    let mut found = Steps::default();
    let mut at = 0;
    while at < lines.len() && found.inline.len() < MOST {
        let Some(line) = key_line(lines[at]) else {
            at += 1;
            continue;
        };
        let next = block_end(&lines, at, &line);
        if SCRIPTS.contains(&line.key.as_str()) && !line.value.starts_with('#') {
            let (script, first, indent) = scalar(&lines, at, &line, next);
            if !script.trim().is_empty() {
                let context = context(&lines, at, line.indent);
                let language = script_language(&line.key, &context, &shell, &script, language);
                let inline = Inline { language, text: without_expressions(&script), line: first, indent };
                named_files(&inline, &mut found.files);
                found.inline.push(inline);
            }
        } else if FILES.contains(&line.key.as_str()) && line.value.contains('.') {
            let place =
                Place { line: at + 1, column: line.indent + 1, end_line: at + 1, end_column: lines[at].trim_end().chars().count() + 1 };
            let value = line.value.split(" #").next().unwrap_or("").trim();
            found.files.push((unquoted(value).to_owned(), place));
        }
        at = next.max(at + 1);
    }
    found
}

/// The line behind a block scalar; the next line for everything else.
fn block_end(lines: &[&str], at: usize, line: &Line<'_>) -> usize {
    if !line.value.starts_with(['|', '>']) {
        return at + 1;
    }
    let own = lines[at].chars().count() - lines[at].trim_start().chars().count();
    let inside = |line: &&str| line.trim().is_empty() || line.chars().count() - line.trim_start().chars().count() > own;
    at + 1 + lines[at + 1..].iter().take_while(|line| inside(line)).count()
}

/// The text of a scalar, its first line, and its indentation.
fn scalar(lines: &[&str], at: usize, line: &Line<'_>, next: usize) -> (String, usize, usize) {
    if !line.value.starts_with(['|', '>']) {
        let quoted = unquoted(line.value);
        let quotes = usize::from(quoted.len() < line.value.len());
        let behind = lines[at].find(line.value).unwrap_or(0);
        let column = lines[at].get(..behind).map_or(0, |front| front.chars().count()) + quotes;
        return (quoted.to_owned(), at + 1, column);
    }
    let block = &lines[at + 1..next];
    let indent =
        block.iter().filter(|line| !line.trim().is_empty()).map(|line| line.chars().count() - line.trim_start().chars().count()).min();
    let indent = indent.unwrap_or(0);
    let text: Vec<String> = block.iter().map(|line| line.chars().skip(indent).collect()).collect();
    (text.join("\n"), at + 2, indent)
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

/// A plain scalar, or one in quotes.
fn unquoted(value: &str) -> &str {
    let quoted = ['"', '\''].into_iter().find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote));
    // A plain scalar ends where a comment begins.
    quoted.unwrap_or_else(|| value.split(" #").next().unwrap_or(value).trim_end())
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
                let (line, column) = (inline.line + at, inline.indent + before + 1);
                let place = Place { line, column, end_line: line, end_column: column + plain.chars().count() };
                files.push((plain.to_owned(), place));
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

/// `${{ x }}` as a placeholder in braces, as long as it was: what it stands for is not known.
fn without_expressions(script: &str) -> String {
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
            plain.push('{');
            plain.extend(std::iter::repeat_n('_', letters - 2));
            plain.push('}');
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
            steps.inline.iter().map(|inline| (inline.language, inline.line, inline.indent)).collect();
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
