//! Machines of one's own with a POSIX shell: systemd, cron, launchd.

use super::template::{STOP, fill};
use super::{Document, Plan, Refused, place, quote};

/// A shell wrapper that cron and launchd start; both know neither credentials nor statuses.
const WEEKLY: &str = include_str!("templates/shared/maascan-weekly.sh");

/// Parts of the scripts: the arguments of `remove.sh`, what it keeps, and the making of the store.
const USAGE: &str = include_str!("templates/shared/usage.sh");
const KEPT: &str = include_str!("templates/shared/kept.sh");
const MAKE: &str = include_str!("templates/shared/store.sh");

/// Folders that a unit with `ProtectHome=` and `PrivateTmp=` does not see.
const HIDDEN: [&str; 5] = ["/home", "/root", "/run/user", "/tmp", "/var/tmp"];

/// Where the store of each platform is by default.
const SYSTEMD_STORE: &str = "/var/lib/maascan/store";
const CRON_STORE: &str = "/var/lib/maascan/store";
const LAUNCHD_STORE: &str = "/usr/local/var/maascan/store";

const BINARY: &str = "/usr/local/bin/maascan";

/// What the scripts of each platform make and take away. `remove.sh` names the same.
const SYSTEMD_OWN: [&str; 3] = [FOLDER, CACHE, "/var/cache/private/maascan"];
const CRON_OWN: [&str; 2] = [FOLDER, CACHE];
const LAUNCHD_OWN: [&str; 2] = [LAUNCHD_FOLDER, LAUNCHD_CACHE];

/// The certificate and the address of the notice, and what is fetched again if it is lost.
const FOLDER: &str = "/etc/maascan";
const CACHE: &str = "/var/cache/maascan";
const LAUNCHD_FOLDER: &str = "/usr/local/etc/maascan";
const LAUNCHD_CACHE: &str = "/usr/local/var/maascan/cache";

/// Refuses a path that is not absolute, or that leads elsewhere than it says.
fn absolute<'a>(option: &str, path: &'a str) -> Result<&'a str, Refused> {
    let leads_elsewhere = path.split('/').any(|part| part == "..");
    if path.starts_with('/') && path.bytes().any(|byte| byte != b'/') && !leads_elsewhere {
        return Ok(path);
    }
    Err(Refused::new(format!("{option} is no absolute path"), "begin it with / and leave out .."))
}

/// Refuses a store that is no folder of its own.
fn store<'a>(path: &'a str, own: &[&str]) -> Result<&'a str, Refused> {
    let path = absolute("--store", path)?;
    place::posix_store("--store", path, own).map(|()| path)
}

/// Refuses a program that the scripts would take away.
fn binary<'a>(plan: &'a Plan, own: &[&str]) -> Result<&'a str, Refused> {
    let path = absolute("--binary", plan.binary.as_deref().unwrap_or(BINARY))?;
    place::posix_binary("--binary", path, own).map(|()| path)
}

fn seen_by_unit<'a>(option: &str, path: &'a str) -> Result<&'a str, Refused> {
    match place::posix_within(path, &HIDDEN) {
        Some(folder) => Err(Refused::new(
            format!("{option} lies in {folder}, which the unit is not let into"),
            "put the program into /usr/local/bin, and the store into /var/lib, /srv or a mounted share",
        )),
        None => Ok(path),
    }
}

pub(super) fn systemd(plan: &Plan) -> Result<Vec<Document>, Refused> {
    let binary = seen_by_unit("--binary", binary(plan, &SYSTEMD_OWN)?)?;
    let seen = |path| seen_by_unit("--store", path).and_then(|path| store(path, &SYSTEMD_OWN));
    let store = plan.store.as_deref().map(seen).transpose()?;
    let words = std::iter::once(binary.to_owned()).chain(plan.arguments(store.unwrap_or(SYSTEMD_STORE), true));
    let command = words.map(|word| quote::systemd_command(&word)).collect::<Result<Vec<_>, _>>()?.join(" ");
    let own = match store {
        None => include_str!("templates/systemd/own-state.txt").to_owned(),
        Some(store) => fill(include_str!("templates/systemd/own-folder.txt"), &[("STORE", quote::systemd(store)?)]),
    };
    let mount = store.map(|store| quote::systemd(store).map(|path| format!("RequiresMountsFor={path}"))).transpose()?.unwrap_or_default();
    let making = match store {
        None => String::new(),
        Some(store) => fill(include_str!("templates/systemd/make-folder.txt"), &[("MAKE", make(&CRON, store)?)]),
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
        ("STOP", STOP.to_owned()),
        ("USAGE", USAGE.to_owned()),
        ("KEPT", keep(FOLDER)?),
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

/// What differs between cron and launchd.
struct Wrapper {
    store: &'static str,
    /// Holds the certificate and the address of the notice.
    folder: &'static str,
    cache: &'static str,
    own: &'static [&'static str],
    lock: &'static str,
    /// The account that it runs as, its group, and a command that runs another as that account.
    user: &'static str,
    group: &'static str,
    becoming: &'static str,
}

const CRON: Wrapper = Wrapper {
    store: CRON_STORE,
    folder: FOLDER,
    cache: CACHE,
    own: &CRON_OWN,
    lock: include_str!("templates/cron/lock.txt"),
    user: "maascan",
    group: "maascan",
    becoming: "runuser -u maascan --",
};

const LAUNCHD: Wrapper = Wrapper {
    store: LAUNCHD_STORE,
    folder: LAUNCHD_FOLDER,
    cache: LAUNCHD_CACHE,
    own: &LAUNCHD_OWN,
    lock: include_str!("templates/launchd/lock.txt"),
    user: "_maascan",
    group: "wheel",
    becoming: "sudo -u _maascan",
};

/// The commands that make the store of that account, unless it is there.
fn make(wrapper: &Wrapper, store: &str) -> Result<String, Refused> {
    let words = [("USER", wrapper.user), ("GROUP", wrapper.group), ("BECOMING", wrapper.becoming)];
    let store = [("STORE", quote::shell(store)?)];
    Ok(fill(MAKE, &words.map(|(name, word)| (name, word.to_owned())).into_iter().chain(store).collect::<Vec<_>>()))
}

/// The commands that keep the certificate in `folder`, or delete it if that was asked for.
fn keep(folder: &str) -> Result<String, Refused> {
    Ok(fill(KEPT, &[("FOLDER", quote::shell(folder)?)]))
}

/// Values of the wrapper and of the scripts around it.
fn weekly<'a>(plan: &Plan, wrapper: &Wrapper) -> Result<Vec<(&'a str, String)>, Refused> {
    let store = store(plan.store.as_deref().unwrap_or(wrapper.store), wrapper.own)?;
    let binary = binary(plan, wrapper.own)?;
    let arguments = plan.arguments(store, true).iter().map(|word| quote::shell(word)).collect::<Result<Vec<_>, _>>()?.join(" ");
    Ok(vec![
        ("ARGUMENTS", arguments),
        ("BINARY", quote::shell(binary)?),
        ("STORE", quote::shell(store)?),
        ("TENANT", quote::shell(plan.tenant())?),
        ("CLIENT", quote::shell(plan.client())?),
        ("FOLDER", quote::shell(wrapper.folder)?),
        ("CACHE", quote::shell(wrapper.cache)?),
        ("STOP", STOP.to_owned()),
        ("USAGE", USAGE.to_owned()),
        ("KEPT", keep(wrapper.folder)?),
        ("MAKE", make(wrapper, store)?),
        ("LOCK", wrapper.lock.to_owned()),
        ("WHEN", plan.when.words()),
        ("CRON", plan.when.cron()),
        ("INTERVAL", plan.when.calendar_interval()),
    ])
}

pub(super) fn cron(plan: &Plan) -> Result<Vec<Document>, Refused> {
    let values = weekly(plan, &CRON)?;
    Ok(vec![
        Document { name: "maascan.cron", text: fill(include_str!("templates/cron/maascan.cron"), &values) },
        Document { name: "maascan-weekly.sh", text: fill(WEEKLY, &values) },
        Document { name: "install.sh", text: fill(include_str!("templates/cron/install.sh"), &values) },
        Document { name: "remove.sh", text: fill(include_str!("templates/cron/remove.sh"), &values) },
    ])
}

pub(super) fn launchd(plan: &Plan) -> Result<Vec<Document>, Refused> {
    let values = weekly(plan, &LAUNCHD)?;
    Ok(vec![
        Document { name: "maascan.weekly.plist", text: fill(include_str!("templates/launchd/maascan.weekly.plist"), &values) },
        Document { name: "maascan-weekly.sh", text: fill(WEEKLY, &values) },
        Document { name: "install.sh", text: fill(include_str!("templates/launchd/install.sh"), &values) },
        Document { name: "remove.sh", text: fill(include_str!("templates/launchd/remove.sh"), &values) },
    ])
}
