//! Task Scheduler of Windows.

use super::template::fill;
use super::{Document, Plan, Refused, place, quote};

const STORE: &str = r"C:\ProgramData\maascan\store";
const BINARY: &str = r"C:\Program Files\maascan\maascan.exe";

/// What install.ps1 puts there and remove.ps1 takes away, on the drive of `%ProgramData%`.
const OWN: [&str; 4] = [
    r"ProgramData\maascan\cache",
    r"ProgramData\maascan\certificate.pem",
    r"ProgramData\maascan\maascan-weekly.ps1",
    r"ProgramData\maascan\notify-url",
];

/// Refuses a path that is not one of a drive, or that the command line of a Windows program would not carry whole.
fn of_drive<'a>(option: &str, path: &'a str) -> Result<&'a str, Refused> {
    let mut letters = path.chars();
    let drive = letters.next().is_some_and(|letter| letter.is_ascii_alphabetic()) && letters.as_str().starts_with(":\\");
    if !drive {
        let hint = "begin it with a drive, such as C:\\; the account of the task (LOCAL SERVICE) cannot sign in to a share";
        return Err(Refused::new(format!("{option} is no path of this machine"), hint));
    }
    // Windows takes none of these in a name; `"` would end the argument, and so would a backslash before its end.
    if path[2..].contains(['<', '>', ':', '"', '/', '|', '?', '*']) || path.ends_with('\\') || path.split('\\').any(is_another_name) {
        let hint =
            "leave out < > : \" / | ? *, a backslash at the end, .., a dot or space at the end of a name, and short names like PROGRA~1";
        return Err(Refused::new(format!("{option} is no path that Windows takes as it is written"), hint));
    }
    Ok(path)
}

/// Whether Windows would take the folder for another one: it drops dots and spaces at the end, and knows short names.
fn is_another_name(part: &str) -> bool {
    let short = part.split('~').skip(1).any(|rest| rest.starts_with(|letter: char| letter.is_ascii_digit()));
    part.ends_with(['.', ' ']) || short
}

pub(super) fn windows(plan: &Plan) -> Result<Vec<Document>, Refused> {
    let store = of_drive("--store", plan.store.as_deref().unwrap_or(STORE))?;
    let binary = of_drive("--binary", plan.binary.as_deref().unwrap_or(BINARY))?;
    place::windows_store("--store", store, &OWN)?;
    place::windows_binary("--binary", binary, &OWN)?;
    let arguments = plan.arguments(store, true).iter().map(|word| quote::powershell(word)).collect::<Result<Vec<_>, _>>()?.join(", ");
    let values = [
        ("ARGUMENTS", arguments),
        ("BINARY", quote::powershell(binary)?),
        ("STORE", quote::powershell(store)?),
        ("TENANT", quote::powershell(plan.tenant())?),
        ("CLIENT", quote::powershell(plan.client())?),
        ("START", quote::xml(&plan.when.start_boundary())?),
        ("SCHEDULE", plan.when.calendar_schedule()),
        ("WHEN", plan.when.words()),
    ];
    Ok(vec![
        Document { name: "maascan.xml", text: fill(include_str!("templates/windows/maascan.xml"), &values) },
        Document { name: "maascan-weekly.ps1", text: fill(include_str!("templates/windows/maascan-weekly.ps1"), &values) },
        Document { name: "install.ps1", text: fill(include_str!("templates/windows/install.ps1"), &values) },
        Document { name: "remove.ps1", text: fill(include_str!("templates/windows/remove.ps1"), &values) },
    ])
}
