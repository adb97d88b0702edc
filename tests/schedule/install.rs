//! The scripts that install and remove, and the command of the unit, with stand-ins for whatever they start.

use super::{CLIENT, DIGEST, Stage, TENANT, files, printed};
use crate::common::text;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const NOTICE: &str = "https://hooks.example/hunter2";

/// A machine with the files of a platform, what is to be replaced replaced, and folders of the system that are its own.
struct Machine {
    folder: tempfile::TempDir,
}

impl Machine {
    fn new(platform: &str, arguments: &[&str]) -> Self {
        let machine = Self { folder: tempfile::tempdir().unwrap() };
        for name in ["bin", "state", "work"] {
            std::fs::create_dir(machine.path(name)).unwrap();
        }
        machine.program("bin/sleep", "#!/bin/sh\n");
        for (name, contents) in files(platform, arguments) {
            std::fs::write(machine.path("work").join(name), machine.rooted(&replaced(&contents))).unwrap();
        }
        std::fs::write(machine.path("work/program"), "program").unwrap();
        std::fs::write(machine.path("work/notify-url"), NOTICE).unwrap();
        machine
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn program(&self, name: &str, text: &str) {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::write(self.path(name), text).unwrap();
        std::fs::set_permissions(self.path(name), std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// The same text with the folders of the system below the folder of this machine.
    fn rooted(&self, text: &str) -> String {
        let root = self.folder.path().to_str().unwrap();
        let mut rooted = text.to_owned();
        for before in [' ', '\'', '"'] {
            for folder in ["/etc/", "/usr/local/", "/var/", "/srv/", "/Library/"] {
                rooted = rooted.replace(&format!("{before}{folder}"), &format!("{before}{root}{folder}"));
            }
        }
        rooted
    }

    fn run(&self, script: &str, arguments: &[&str], more: &[(&str, &str)]) -> Output {
        let path = std::env::var_os("PATH").unwrap();
        let path = std::env::join_paths(std::iter::once(self.path("bin")).chain(std::env::split_paths(&path))).unwrap();
        let mut command = Command::new("sh");
        command.arg(script).args(arguments).current_dir(self.path("work")).env_clear().env("PATH", path);
        command.env("STATE", self.path("state")).env("TMPDIR", self.folder.path()).envs(more.iter().copied());
        command.output().unwrap()
    }

    /// The calls since the last time.
    fn calls(&self) -> Vec<String> {
        let file = self.path("state.calls");
        let calls = std::fs::read_to_string(&file).unwrap_or_default();
        let _ = std::fs::remove_file(file);
        calls.lines().map(str::to_owned).collect()
    }

    /// What was made.
    fn state(&self) -> BTreeSet<String> {
        let entries = std::fs::read_dir(self.path("state")).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }
}

/// The text with values for what is marked.
fn replaced(text: &str) -> String {
    let text = text.replace("REPLACE_PROGRAM", "program").replace("REPLACE_OWNER/REPLACE_REPOSITORY", "contoso/audit");
    let (mut filled, mut rest) = (String::new(), text.as_str());
    while let Some(at) = rest.find("REPLACE_") {
        let end = at + rest[at..].find(|letter: char| !letter.is_ascii_uppercase() && letter != '_').unwrap();
        // The scripts look for the bare beginning, and one fills in what it makes.
        let kept = &rest[at..end] == "REPLACE_" || rest[..at].ends_with("s|") || made_by_install(&rest[at..end]);
        filled += &rest[..at];
        filled += if kept { &rest[at..end] } else { "value" };
        rest = &rest[end..];
    }
    filled + rest
}

fn made_by_install(place: &str) -> bool {
    ["REPLACE_LOCATION", "REPLACE_IDENTITY_ID", "REPLACE_ENVIRONMENT_ID", "REPLACE_REGISTRY_SERVER", "REPLACE_CLIENT_ID"].contains(&place)
}

/// The platforms whose scripts call the Azure CLI.
fn with_az() -> Vec<(&'static str, Machine)> {
    let ids = ["--tenant", TENANT, "--client", CLIENT];
    let account = ["--storage-account", "contosoaudit"];
    let image = ["--image", "contoso.azurecr.io/maascan:1"];
    let machines = [
        ("github", [&ids[..], &account].concat()),
        ("azure-devops", account.to_vec()),
        ("kubernetes", [&ids[..], &["--image", DIGEST]].concat()),
        ("container-apps", [&account[..], &image].concat()),
    ];
    machines.into_iter().map(|(platform, arguments)| (platform, administered(platform, &arguments))).collect()
}

fn administered(platform: &str, arguments: &[&str]) -> Machine {
    let machine = Machine::new(platform, arguments);
    let stand_in = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schedule/administrator")).unwrap();
    for name in ["az", "gh", "kubectl"] {
        machine.program(&format!("bin/{name}"), &stand_in);
    }
    // The application of Azure DevOps has no option.
    if platform == "azure-devops" {
        for script in ["install.sh", "remove.sh"] {
            let path = machine.path("work").join(script);
            let text = std::fs::read_to_string(&path).unwrap().replace("REPLACE_CLIENT_ID", CLIENT);
            std::fs::write(path, text).unwrap();
        }
    }
    machine
}

#[test]
fn an_installation_is_done_again_after_a_failure_at_any_call_and_for_an_update() {
    for (platform, machine) in with_az() {
        let output = machine.run("install.sh", &[], &[]);
        assert!(output.status.success(), "{platform}: {output:?}");
        let (whole, calls) = (machine.state(), machine.calls());
        assert!(calls.len() > 5 && whole.contains("secret") != (platform == "azure-devops"), "{platform}: {whole:?}");
        assert!(machine.run("install.sh", &[], &[]).status.success(), "{platform}: not a second time");
        assert_eq!(machine.state(), whole, "{platform}");
        for at in 1..=calls.len() {
            let empty = machine.path("state");
            std::fs::remove_dir_all(&empty).unwrap();
            std::fs::create_dir(&empty).unwrap();
            machine.calls();
            let failed = machine.run("install.sh", &[], &[("FAIL_AT", &at.to_string())]);
            let again = calls[at - 1].contains("blob upload");
            assert_eq!(failed.status.success(), again, "{platform} {}: {failed:?}", calls[at - 1]);
            machine.calls();
            let output = machine.run("install.sh", &[], &[]);
            assert!(output.status.success(), "{platform} after {}: {output:?}", calls[at - 1]);
            assert_eq!(machine.state(), whole, "{platform} after {}", calls[at - 1]);
        }
    }
}

#[test]
fn no_secret_is_an_argument_of_a_command() {
    for (platform, machine) in with_az() {
        assert!(machine.run("install.sh", &[], &[]).status.success(), "{platform}");
        let calls = machine.calls().join("\n");
        assert!(!calls.contains("the-key-of-the-account") && !calls.contains("hunter2"), "{platform}: {calls}");
        let left: Vec<_> = std::fs::read_dir(machine.folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left.len(), 3, "{platform}: {left:?}");
    }
}

#[test]
fn whoever_installs_is_given_the_role_that_writing_blobs_takes_before_they_write() {
    for (platform, machine) in with_az().into_iter().filter(|(platform, _)| ["github", "azure-devops"].contains(platform)) {
        assert!(machine.run("install.sh", &[], &[]).status.success(), "{platform}");
        let calls = machine.calls();
        let first = |what: &str| calls.iter().position(|call| call.contains(what)).unwrap();
        assert!(first("--assignee-object-id myself --assignee-principal-type User") < first("blob upload"), "{calls:?}");
        assert!(first("federated-credential create") < first("blob upload"), "{calls:?}");
        assert_eq!(calls.iter().filter(|call| call.contains("blob upload")).count(), 2, "{calls:?}");
    }
}

#[test]
fn removal_leaves_no_right_behind_and_may_be_done_again() {
    for (platform, machine) in with_az() {
        assert!(machine.run("install.sh", &[], &[]).status.success(), "{platform}");
        for _ in 0..2 {
            let output = machine.run("remove.sh", &[], &[]);
            assert!(output.status.success() && text(&output.stdout).contains("history is kept"), "{platform}: {output:?}");
            let left = machine.state();
            let rights = ["credential", "identity", "mount", "job", "role-principal", "role-ad-id"];
            assert!(!rights.iter().any(|right| left.contains(*right)), "{platform}: {left:?}");
        }
    }
}

/// A machine of one's own, with stand-ins that only note what they are called for; `runuser` fails if $DENIED is set.
fn own(platform: &str, arguments: &[&str]) -> Machine {
    let machine = Machine::new(platform, &[&["--tenant", TENANT, "--client", CLIENT][..], arguments].concat());
    let note = "#!/bin/sh\necho \"${0##*/} $*\" >>\"$STATE.calls\"\n";
    for name in ["install", "useradd", "chown", "chmod", "systemctl", "systemd-analyze", "flock", "id", "plutil", "launchctl"] {
        machine.program(&format!("bin/{name}"), note);
    }
    for name in ["runuser", "sudo"] {
        machine.program(&format!("bin/{name}"), "#!/bin/sh\n[ -z \"$DENIED\" ]\n");
    }
    // The job that is loaded goes at once.
    machine.program("bin/launchctl", &format!("{note}[ \"$1\" != print ] || ! grep -q bootout \"$STATE.calls\"\n"));
    for name in ["usr/local/bin/maascan", "etc/maascan/certificate.pem", "usr/local/etc/maascan/certificate.pem"] {
        std::fs::create_dir_all(machine.path(name).parent().unwrap()).unwrap();
        machine.program(name, "anything");
    }
    machine
}

const STORE: [&str; 2] = ["--store", "/srv/audit/store"];

#[test]
fn only_a_store_that_is_missing_is_made() {
    for platform in ["systemd", "cron", "launchd"] {
        let machine = own(platform, &STORE);
        let output = machine.run("install.sh", &[], &[]);
        assert!(output.status.success(), "{platform}: {output:?}");
        let made = |calls: Vec<String>| calls.into_iter().filter(|call| call.ends_with("/srv/audit/store")).collect::<Vec<_>>();
        let first = made(machine.calls());
        assert!(first.len() == 1 && first[0].starts_with("install -d -m 0700"), "{platform}: {first:?}");
        std::fs::create_dir_all(machine.path("srv/audit/store")).unwrap();
        assert!(machine.run("install.sh", &[], &[]).status.success(), "{platform}");
        assert_eq!(made(machine.calls()), Vec::<String>::new(), "{platform}: a folder of others is taken over");
        let output = machine.run("install.sh", &[], &[("DENIED", "1")]);
        assert!(output.status.code() == Some(1) && text(&output.stderr).contains("may not write"), "{platform}: {output:?}");
    }
}

#[test]
fn a_job_of_launchd_that_is_loaded_goes_before_it_is_loaded_again() {
    let machine = own("launchd", &STORE);
    assert!(machine.run("install.sh", &[], &[]).status.success());
    let calls = machine.calls();
    let done: Vec<&str> = calls.iter().filter_map(|call| call.strip_prefix("launchctl ")).collect();
    let (print, job) = ("print system/maascan.weekly", "system/maascan.weekly");
    let plist = machine.path("Library/LaunchDaemons/maascan.weekly.plist");
    assert_eq!(done, [print, &format!("bootout {job}"), print, &format!("bootstrap system {}", plist.display())]);
}

#[test]
fn what_is_missing_is_said() {
    for (platform, certificate) in [
        ("systemd", "etc/maascan/certificate.pem"),
        ("cron", "etc/maascan/certificate.pem"),
        ("launchd", "usr/local/etc/maascan/certificate.pem"),
    ] {
        let machine = own(platform, &STORE);
        std::fs::write(machine.path(certificate), "").unwrap();
        let output = machine.run("install.sh", &[], &[]);
        assert!(output.status.code() == Some(1) && text(&output.stderr).contains("no certificate at"), "{platform}: {output:?}");
        std::fs::remove_file(machine.path("usr/local/bin/maascan")).unwrap();
        let output = machine.run("install.sh", &[], &[]);
        assert!(output.status.code() == Some(1) && text(&output.stderr).contains("no program at"), "{platform}: {output:?}");
        assert_eq!(machine.calls(), Vec::<String>::new(), "{platform}: something was done before");
    }
}

#[test]
fn removal_keeps_the_certificate_unless_it_is_told_otherwise() {
    for (platform, folder, cache) in [
        ("systemd", "etc/maascan", "var/cache/maascan"),
        ("cron", "etc/maascan", "var/cache/maascan"),
        ("launchd", "usr/local/etc/maascan", "usr/local/var/maascan/cache"),
    ] {
        let machine = own(platform, &STORE);
        for name in [cache, "srv/audit/store"] {
            std::fs::create_dir_all(machine.path(name)).unwrap();
        }
        let certificate = machine.path(folder).join("certificate.pem");
        assert_eq!(machine.run("remove.sh", &["--everything"], &[]).status.code(), Some(2), "{platform}");
        for _ in 0..2 {
            let output = machine.run("remove.sh", &[], &[]);
            assert!(output.status.success() && text(&output.stdout).contains("--purge deletes them"), "{platform}: {output:?}");
            assert!(certificate.exists() && !machine.path(cache).exists(), "{platform}");
        }
        let output = machine.run("remove.sh", &["--purge"], &[]);
        assert!(output.status.success() && !machine.path(folder).exists(), "{platform}: {output:?}");
        assert!(machine.path("srv/audit/store").is_dir(), "{platform}: the history is gone");
    }
}

/// What systemd starts: the words of `ExecStart=` after `/bin/sh -c`, as systemd.service(5) reads them.
fn started_by_systemd(unit: &str) -> (String, Vec<String>) {
    let joined = unit.replace("\\\n", " ");
    let line = joined.lines().find_map(|line| line.strip_prefix("ExecStart=/bin/sh -c '")).unwrap();
    let (script, words) = line.split_once("' maascan-weekly ").unwrap();
    (script.replace("$$", "$"), words.split(' ').map(|word| word.trim_matches('"').to_owned()).collect())
}

#[test]
fn the_unit_of_systemd_tries_again_what_was_not_carried_out() {
    let stage = Stage::new();
    let (script, words) = started_by_systemd(&printed("systemd", &["--file", "maascan.service", "--store", "/srv/maascan/store"]));
    assert_eq!(words[..4], ["/usr/local/bin/maascan", "scan", "--store", "/srv/maascan/store"]);
    let (program, store) = (stage.path("maascan"), stage.path("store"));
    std::fs::write(stage.path("weekly"), format!("set -- {} scan --store {}\n{script}\n", program.display(), store.display())).unwrap();
    std::fs::write(stage.path("notify-url"), "https://hooks.example/hunter2\n").unwrap();
    let credentials = [("CREDENTIALS_DIRECTORY", stage.folder.path().to_str().unwrap())];
    for (failures, status, pauses) in
        [("0", 0, ""), ("0", 1, ""), ("0", 2, ""), ("0", 3, ""), ("2", 1, "600\n1800\n"), ("0", 4, "600\n1800\n")]
    {
        std::fs::write(stage.path("blobs.failures"), failures).unwrap();
        std::fs::write(stage.path("blobs.pauses"), "").unwrap();
        let output = stage.run("sh", &stage.path("weekly"), status, &credentials);
        assert_eq!(output.status.code(), Some(status.into()), "{failures} {status}: {output:?}");
        assert_eq!(stage.noted("pauses"), pauses, "{failures} {status}");
    }
    assert!(stage.noted("environment").contains("MAASCAN_NOTIFY_URL=https://hooks.example/hunter2"));
}
