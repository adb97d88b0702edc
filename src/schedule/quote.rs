//! One quoting function for each syntax that a value is written in. Each takes any text and either gives a form that the
//! syntax reads back as that very text, or refuses. None lets a control character through: no path or name needs one, and half
//! of the readers cut or join lines at them.

use super::Refused;

/// Refuses what no syntax here carries safely: control characters, and the characters that end a line or turn its direction.
fn plain(value: &str) -> Result<(), Refused> {
    let odd = |letter: char| {
        letter.is_control()
            || matches!(letter, '\u{2028}' | '\u{2029}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
    };
    match value.chars().find(|letter| odd(*letter)) {
        Some(letter) => Err(Refused::new(
            format!("a value holds a character that cannot be quoted safely: U+{:04X}", u32::from(letter)),
            "use a path or name without line breaks, control characters and marks of direction",
        )),
        None => Ok(()),
    }
}

fn without(value: &str, sequences: &[&str], reader: &str) -> Result<(), Refused> {
    match sequences.iter().find(|sequence| value.contains(**sequence)) {
        Some(sequence) => Err(Refused::new(
            format!("a value holds {sequence}, which {reader} would replace by something else"),
            "use a path or name without it",
        )),
        None => Ok(()),
    }
}

/// A word of a POSIX shell.
pub(super) fn shell(value: &str) -> Result<String, Refused> {
    plain(value)?;
    Ok(format!("'{}'", value.replace('\'', r"'\''")))
}

/// A word of a setting of systemd, such as of `Environment=` or `ReadWritePaths=` (systemd.syntax(7)): `%` begins a specifier.
pub(super) fn systemd(value: &str) -> Result<String, Refused> {
    plain(value)?;
    Ok(format!("\"{}\"", value.replace('\\', r"\\").replace('"', "\\\"").replace('%', "%%")))
}

/// A word of `ExecStart=`, where `$` begins a variable too (systemd.service(5)).
pub(super) fn systemd_command(value: &str) -> Result<String, Refused> {
    Ok(systemd(value)?.replace('$', "$$"))
}

/// Text in an element of XML 1.0, property lists among it.
pub(super) fn xml(value: &str) -> Result<String, Refused> {
    plain(value)?;
    Ok(value.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&apos;"))
}

/// A literal of PowerShell. Windows PowerShell reads a script without a byte-order mark in the code page of the machine, so
/// only ASCII is taken; a typographic quote would end the literal as well. `"` is refused because Windows PowerShell passes it
/// on to programs unescaped.
pub(super) fn powershell(value: &str) -> Result<String, Refused> {
    plain(value)?;
    if !value.is_ascii() || value.contains('"') {
        return Err(Refused::new(
            "a value holds a quotation mark or a character beyond ASCII, which Windows PowerShell does not read the same on every machine",
            "use a path of plain letters, such as C:\\ProgramData\\maascan",
        ));
    }
    Ok(format!("'{}'", value.replace('\'', "''")))
}

/// A double-quoted scalar of YAML 1.2.
fn yaml(value: &str) -> Result<String, Refused> {
    plain(value)?;
    Ok(format!("\"{}\"", value.replace('\\', r"\\").replace('"', "\\\"")))
}

/// A scalar in a workflow of GitHub, which evaluates `${{ … }}` wherever it stands.
pub(super) fn github(value: &str) -> Result<String, Refused> {
    without(value, &["${{"], "GitHub")?;
    yaml(value)
}

/// A scalar in a pipeline of Azure DevOps, which replaces `$(…)`, `$[…]` and `${{ … }}`.
pub(super) fn azure_pipelines(value: &str) -> Result<String, Refused> {
    without(value, &["$(", "$[", "${{"], "Azure Pipelines")?;
    yaml(value)
}

/// A scalar among the arguments or variables of a container, where `$(…)` is replaced and `$$` stands for `$`.
pub(super) fn container(value: &str) -> Result<String, Refused> {
    yaml(&value.replace('$', "$$"))
}

/// A scalar in a job of Container Apps. Whether it replaces `$(…)` as Kubernetes does is not documented, so none is taken.
pub(super) fn container_apps(value: &str) -> Result<String, Refused> {
    without(value, &["$"], "Container Apps perhaps")?;
    yaml(value)
}

#[cfg(test)]
#[path = "quote_tests.rs"]
mod tests;
