//! Machines of one's own with a POSIX shell: systemd, cron, launchd.

use super::template::fill;
use super::{Document, Plan, Refused, quote};

/// A shell wrapper that cron and launchd start; both know neither credentials nor statuses.
const WEEKLY: &str = include_str!("templates/shared/maascan-weekly.sh");

/// Folders that a unit with `ProtectHome=` and `PrivateTmp=` does not see.
const HIDDEN: [&str; 5] = ["/home", "/root", "/run/user", "/tmp", "/var/tmp"];

/// Where the store of each platform is by default.
const SYSTEMD_STORE: &str = "/var/lib/maascan/store";
const CRON_STORE: &str = "/var/lib/maascan/store";
const LAUNCHD_STORE: &str = "/usr/local/var/maascan/store";

const BINARY: &str = "/usr/local/bin/maascan";

/// Refuses a path that is not absolute, or that leads elsewhere than it says.
fn absolute<'a>(option: &str, path: &'a str) -> Result<&'a str, Refused> {
    if path.starts_with('/') && path.len() > 1 && !path.split('/').any(|part| part == "..") {
        return Ok(path);
    }
    Err(Refused::new(format!("{option} is no absolute path"), "begin it with / and leave out .."))
}

fn seen_by_unit<'a>(option: &str, path: &'a str) -> Result<&'a str, Refused> {
    let path = absolute(option, path)?;
    let hidden = HIDDEN.iter().find(|folder| path.strip_prefix(**folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')));
    match hidden {
        Some(folder) => Err(Refused::new(
            format!("{option} lies in {folder}, which the unit is not let into"),
            "put the program into /usr/local/bin, and the store into /var/lib, /srv or a mounted share",
        )),
        None => Ok(path),
    }
}

pub(super) fn systemd(plan: &Plan) -> Result<Vec<Document>, Refused> {
    let binary = seen_by_unit("--binary", plan.binary.as_deref().unwrap_or(BINARY))?;
    let store = plan.store.as_deref().map(|store| seen_by_unit("--store", store)).transpose()?;
    let words = std::iter::once(binary.to_owned()).chain(plan.arguments(store.unwrap_or(SYSTEMD_STORE), true));
    let command = words.map(|word| quote::systemd_command(&word)).collect::<Result<Vec<_>, _>>()?.join(" ");
    let own = match store {
        None => include_str!("templates/systemd/own-state.txt").to_owned(),
        Some(store) => fill(include_str!("templates/systemd/own-folder.txt"), &[("STORE", quote::systemd(store)?)]),
    };
    let mount = store.map(|store| quote::systemd(store).map(|path| format!("RequiresMountsFor={path}"))).transpose()?.unwrap_or_default();
    let making = match store {
        None => String::new(),
        Some(store) => fill(include_str!("templates/systemd/make-folder.txt"), &[("STORE", quote::shell(store)?)]),
    };
    let kept = quote::shell(store.unwrap_or(SYSTEMD_STORE))?;
    let values = [
        ("COMMAND", command),
        ("OWN", own),
        ("MOUNT", mount),
        ("TENANT", quote::systemd(&format!("AZURE_TENANT_ID={}", plan.tenant()))?),
        ("CLIENT", quote::systemd(&format!("AZURE_CLIENT_ID={}", plan.client()))?),
        ("CALENDAR", plan.when.on_calendar()),
        ("WHEN", plan.when.words()),
        ("MAKING", making),
        ("BINARY", quote::shell(binary)?),
        ("STORE", kept),
    ];
    Ok(vec![
        Document { name: "maascan.service", text: fill(include_str!("templates/systemd/maascan.service"), &values) },
        Document { name: "maascan.timer", text: fill(include_str!("templates/systemd/maascan.timer"), &values) },
        Document { name: "install.sh", text: fill(include_str!("templates/systemd/install.sh"), &values) },
        Document { name: "remove.sh", text: fill(include_str!("templates/systemd/remove.sh"), &values) },
    ])
}

/// Values of the wrapper and of the scripts around it. `folder` holds the certificate and the address of the notice.
fn weekly<'a>(plan: &Plan, store: &str, folder: &str, cache: &str, lock: &str) -> Result<Vec<(&'a str, String)>, Refused> {
    let store = absolute("--store", plan.store.as_deref().unwrap_or(store))?;
    let binary = absolute("--binary", plan.binary.as_deref().unwrap_or(BINARY))?;
    let arguments = plan.arguments(store, true).iter().map(|word| quote::shell(word)).collect::<Result<Vec<_>, _>>()?.join(" ");
    Ok(vec![
        ("ARGUMENTS", arguments),
        ("BINARY", quote::shell(binary)?),
        ("STORE", quote::shell(store)?),
        ("TENANT", quote::shell(plan.tenant())?),
        ("CLIENT", quote::shell(plan.client())?),
        ("FOLDER", quote::shell(folder)?),
        ("CACHE", quote::shell(cache)?),
        ("LOCK", lock.to_owned()),
        ("WHEN", plan.when.words()),
        ("CRON", plan.when.cron()),
        ("INTERVAL", plan.when.calendar_interval()),
    ])
}

pub(super) fn cron(plan: &Plan) -> Result<Vec<Document>, Refused> {
    let values = weekly(plan, CRON_STORE, "/etc/maascan", "/var/cache/maascan", include_str!("templates/cron/lock.txt"))?;
    Ok(vec![
        Document { name: "maascan.cron", text: fill(include_str!("templates/cron/maascan.cron"), &values) },
        Document { name: "maascan-weekly.sh", text: fill(WEEKLY, &values) },
        Document { name: "install.sh", text: fill(include_str!("templates/cron/install.sh"), &values) },
        Document { name: "remove.sh", text: fill(include_str!("templates/cron/remove.sh"), &values) },
    ])
}

pub(super) fn launchd(plan: &Plan) -> Result<Vec<Document>, Refused> {
    let lock = include_str!("templates/launchd/lock.txt");
    let values = weekly(plan, LAUNCHD_STORE, "/usr/local/etc/maascan", "/usr/local/var/maascan/cache", lock)?;
    Ok(vec![
        Document { name: "maascan.weekly.plist", text: fill(include_str!("templates/launchd/maascan.weekly.plist"), &values) },
        Document { name: "maascan-weekly.sh", text: fill(WEEKLY, &values) },
        Document { name: "install.sh", text: fill(include_str!("templates/launchd/install.sh"), &values) },
        Document { name: "remove.sh", text: fill(include_str!("templates/launchd/remove.sh"), &values) },
    ])
}
