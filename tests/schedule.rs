//! `maascan schedule`: what is printed, what the linters and schemas of the platforms say of it, and what the scripts do when
//! they run, with stand-ins for maascan and the Azure CLI.
//!
//! A linter is looked for in the folder `MAASCAN_LINTERS` and on the path. One that is missing is named on standard error and
//! its test passes; with `MAASCAN_REQUIRE_TOOLS=1` it fails.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![expect(clippy::print_stderr, reason = "a check that was not made is said")]

mod common;
#[path = "schedule/install.rs"]
mod install;

use common::{maascan, text};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const TENANT: &str = "11111111-2222-4333-8444-555555555555";
const CLIENT: &str = "3a6f0a0e-58a4-4b2f-9a51-5d6f0c1b2e55";
const DIGEST: &str = "registry.example/maascan@sha256:0000000000000000000000000000000000000000000000000000000000000000";

/// A path with whatever may stand in one and some reader would take for its own.
const HOSTILE: &str = "/srv/a b'c\"d$HOME$(id)`id`%n%%\\e;&<x>{{y}}#*?";

const VERIFY: &[&str] = &["verify", "./maascan.service", "./maascan.timer"];
const ACTIONLINT: &[&str] = &["-no-color", "maascan.yml"];
const ZIZMOR: &[&str] = &["--offline", "--no-progress", "maascan.yml"];
const GITHUB_SCHEMA: &[&str] = &["--builtin-schema", "vendor.github-workflows", "maascan.yml"];
// The patterns of this schema are not those of a strict reader of Unicode patterns.
const AZURE_SCHEMA: &[&str] = &["--regex-variant", "nonunicode", "--builtin-schema", "vendor.azure-pipelines", "azure-pipelines.yml"];

/// Each platform with values for whatever it takes.
fn platforms() -> Vec<(&'static str, Vec<&'static str>)> {
    let ids = ["--tenant", TENANT, "--client", CLIENT];
    vec![
        ("systemd", ids.to_vec()),
        ("cron", ids.to_vec()),
        ("windows", ids.to_vec()),
        ("launchd", ids.to_vec()),
        ("github", [&ids[..], &["--storage-account", "contosoaudit"]].concat()),
        ("azure-devops", vec!["--storage-account", "contosoaudit"]),
        ("kubernetes", [&ids[..], &["--image", DIGEST]].concat()),
        ("container-apps", vec!["--tenant", TENANT, "--storage-account", "contosoaudit", "--image", "contoso.azurecr.io/maascan:1"]),
    ]
}

fn schedule(platform: &str, arguments: &[&str]) -> Output {
    maascan().args(["schedule", platform]).args(arguments).output().unwrap()
}

fn printed(platform: &str, arguments: &[&str]) -> String {
    let output = schedule(platform, arguments);
    assert!(output.status.success(), "{output:?}");
    text(&output.stdout)
}

/// The files of a platform by name, each printed alone.
fn files(platform: &str, arguments: &[&str]) -> Vec<(String, String)> {
    let names = printed(platform, &[arguments, &["--list"]].concat());
    names.lines().map(|name| (name.to_owned(), printed(platform, &[arguments, &["--file", name]].concat()))).collect()
}

/// A folder with the files of a platform.
fn folder(platform: &str, arguments: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, contents) in files(platform, arguments) {
        std::fs::write(folder.path().join(name), contents).unwrap();
    }
    folder
}

/// A tool, or none after it was said that it is missing.
fn tool(name: &str) -> Option<PathBuf> {
    let linters = std::env::var_os("MAASCAN_LINTERS").map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = linters.into_iter().chain(std::env::split_paths(&path)).map(|folder| folder.join(name)).find(|file| file.is_file());
    if found.is_none() {
        missing(name);
    }
    found
}

fn missing(name: &str) {
    assert!(std::env::var_os("MAASCAN_REQUIRE_TOOLS").is_none_or(|value| value != "1"), "not installed: {name}");
    eprintln!("not checked, because it is not installed: {name}");
}

/// What a linter has against a file: empty if it takes it, none if there is no such linter here.
fn complaint(name: &str, arguments: &[&str], folder: &Path) -> Option<String> {
    let program = tool(name)?;
    // actionlint looks for shellcheck on the path.
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths(program.parent().map(Path::to_owned).into_iter().chain(std::env::split_paths(&path))).unwrap();
    let output = Command::new(&program).args(arguments).current_dir(folder).env("PATH", path).output().unwrap();
    let said = text(&output.stdout) + &text(&output.stderr);
    // A key that systemd does not know is only a warning there, and no status tells of it.
    let warned = arguments.first() == Some(&"verify") && said.lines().any(|line| line.contains("maascan"));
    Some(if output.status.success() && !warned { String::new() } else { format!("{name} {arguments:?}: {said} ({})", output.status) })
}

/// Runs a linter that has to have nothing to say.
fn lint(name: &str, arguments: &[&str], folder: &Path) {
    assert_eq!(complaint(name, arguments, folder).unwrap_or_default(), "");
}

/// Reads a file with a reader written in Python: its standard output, or what it found wrong. None if it cannot run here.
fn read_by(kind: &str, file: &Path, value: Option<&str>) -> Option<Result<String, String>> {
    let python = tool("python3")?;
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schedule/check.py");
    let output = Command::new(python).arg("-B").arg(program).arg(kind).arg(file).args(value).output().unwrap();
    match output.status.code() {
        Some(0) => Some(Ok(text(&output.stdout))),
        Some(77) => {
            missing(text(&output.stdout).trim());
            None
        }
        _ => Some(Err(format!("{kind} {}: {}", file.display(), text(&output.stderr)))),
    }
}

/// The same for a file that has to be right.
fn check(kind: &str, file: &Path, value: Option<&str>) -> Option<String> {
    read_by(kind, file, value).map(|read| read.unwrap_or_else(|wrong| panic!("{wrong}")))
}

#[test]
fn each_platform_prints_these_files() {
    for (platform, arguments) in platforms() {
        insta::assert_snapshot!(platform, printed(platform, &arguments));
    }
}

#[test]
fn all_files_are_those_that_are_printed_alone_with_a_line_before_each() {
    for (platform, arguments) in platforms() {
        let whole: String = files(platform, &arguments).iter().map(|(name, text)| format!("# ---- file: {name} ----\n{text}")).collect();
        assert_eq!(printed(platform, &arguments), whole, "{platform}");
    }
}

#[test]
fn it_only_prints() {
    let empty = tempfile::tempdir().unwrap();
    for (platform, arguments) in platforms() {
        let output =
            maascan().current_dir(empty.path()).env("HOME", empty.path()).args(["schedule", platform]).args(arguments).output().unwrap();
        assert!(output.status.success());
    }
    assert_eq!(std::fs::read_dir(empty.path()).unwrap().count(), 0);
}

#[test]
fn what_is_left_open_is_said_on_standard_error() {
    let output = schedule("systemd", &[]);
    assert_eq!(text(&output.stderr), "to be replaced before use: REPLACE_CLIENT_ID, REPLACE_TENANT_ID\n");
    let output = schedule("systemd", &["--tenant", TENANT, "--client", CLIENT]);
    assert_eq!(text(&output.stderr), "");
}

#[test]
fn wrong_usage_is_refused_with_a_hint() {
    for (platform, arguments, said) in [
        ("systemd", &["--file", "maascan.xml"][..], "files are: maascan.service, maascan.timer"),
        ("systemd", &["--at", "Mon 25:00"], "such as \"Mon 06:00\""),
        ("systemd", &["--store", "/srv/a\nb"], "U+000A"),
        ("systemd", &["--store", "/home/anna/runs"], "/var/lib"),
        ("cron", &["--store", "/var/cache/maascan/store"], "the scripts take away"),
        ("cron", &["--store", "/etc/maascan/store"], "the scripts take away"),
        ("cron", &["--store", "//"], "is no absolute path"),
        ("systemd", &["--store", "/var/cache//./maascan/store"], "the scripts take away"),
        ("systemd", &["--store", "/etc"], "a folder of its own"),
        ("systemd", &["--store", "/srv"], "a folder of its own"),
        ("systemd", &["--binary", "/etc/maascan/maascan"], "the scripts take away"),
        ("launchd", &["--store", "/usr/local/etc/Maascan/store"], "the scripts take away"),
        ("launchd", &["--store", "/usr/local/var/maascan"], "holds /usr/local/var/maascan/cache"),
        ("windows", &["--store", "C:\\ProgramData\\maascan\\cache\\store"], "the scripts take away"),
        ("windows", &["--store", "C:\\PROGRA~3\\maascan\\cache"], "PROGRA~1"),
        ("windows", &["--store", "C:\\ProgramData.\\maascan\\cache"], "end of a name"),
        ("windows", &["--store", "C:\\Windows\\maascan"], "a folder of its own"),
        ("systemd", &["--tenant", "x\nExecStart=/bin/id"], "--tenant"),
        ("github", &["--store", "/srv/runs"], "--storage-account"),
        ("github", &["--client", "${{ github.token }}"], "--client is no GUID"),
        ("windows", &["--store", "\\\\server\\share"], "LOCAL SERVICE"),
        ("kubernetes", &["--image", "a b"], "--image"),
        ("kubernetes", &["--fail-on", "new:info"], "severities are"),
        ("cron", &["--keep", "0"], "--keep"),
        ("anacron", &[], "systemd"),
    ] {
        let output = schedule(platform, arguments);
        assert_eq!(output.status.code(), Some(2), "{platform} {arguments:?}");
        assert!(output.stdout.is_empty() && text(&output.stderr).contains(said), "{platform} {arguments:?}: {}", text(&output.stderr));
    }
}

#[test]
fn shell_scripts_have_no_fault_that_shellcheck_knows() {
    for (platform, arguments) in platforms() {
        let folder = folder(platform, &arguments);
        for (name, _) in files(platform, &arguments).iter().filter(|(name, _)| name.ends_with(".sh")) {
            lint("shellcheck", &["--norc", name], folder.path());
        }
    }
}

#[test]
fn systemd_takes_its_units_and_finds_them_confined() {
    let ids = ["--tenant", TENANT, "--client", CLIENT];
    for more in [&[][..], &["--store", HOSTILE, "--binary", HOSTILE, "--at", "daily 23:59"]] {
        let folder = folder("systemd", &[&ids, more].concat());
        lint("systemd-analyze", VERIFY, folder.path());
        // The figure is ten times the exposure that it shows.
        lint("systemd-analyze", &["security", "--offline=yes", "--threshold=15", "./maascan.service"], folder.path());
    }
    let timer = printed("systemd", &["--file", "maascan.timer", "--at", "daily 23:59"]);
    let calendar = timer.lines().find_map(|line| line.strip_prefix("OnCalendar=")).unwrap();
    lint("systemd-analyze", &["calendar", calendar], Path::new("/"));
}

#[test]
fn cron_reads_its_table() {
    for (at, fields) in [("Mon 06:00", "0 6 * * 1"), ("sunday 23:59", "59 23 * * 0"), ("daily 00:05", "5 0 * * *")] {
        let table = printed("cron", &["--file", "maascan.cron", "--at", at, "--store", HOSTILE]);
        // crontab(5): comments, NAME=value, and lines of five fields, the user, and the command, where % would end it.
        let lines: Vec<&str> = table.lines().filter(|line| !line.starts_with('#')).collect();
        let (jobs, settings): (Vec<&str>, Vec<&str>) =
            lines.iter().partition(|line| line.starts_with(|letter: char| letter.is_ascii_digit()));
        assert_eq!(settings, ["SHELL=/bin/sh", "PATH=/usr/local/bin:/usr/bin:/bin", "MAILTO=root"]);
        assert_eq!(jobs, [format!("{fields} maascan /usr/local/libexec/maascan-weekly")]);
        assert!(table.ends_with('\n') && table.lines().all(|line| line.len() < 998));
    }
}

#[test]
fn github_takes_its_workflow() {
    let ids = ["--tenant", TENANT, "--client", CLIENT, "--storage-account", "contosoaudit"];
    let folder = folder("github", &ids);
    lint("actionlint", ACTIONLINT, folder.path());
    lint("check-jsonschema", GITHUB_SCHEMA, folder.path());
    lint("zizmor", ZIZMOR, folder.path());
    if let Some(script) = check("script", &folder.path().join("maascan.yml"), None) {
        shellcheck(&script);
    }
}

#[test]
fn azure_pipelines_takes_its_pipeline() {
    let folder = folder("azure-devops", &["--storage-account", "contosoaudit"]);
    lint("check-jsonschema", AZURE_SCHEMA, folder.path());
    if let Some(script) = check("script", &folder.path().join("azure-pipelines.yml"), None) {
        // The task's own limit on a script within the file.
        assert!(script.len() < 5_000, "{}", script.len());
        shellcheck(&script);
    }
}

fn shellcheck(script: &str) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("script"), script).unwrap();
    // SC2154: variables that the platform sets.
    lint("shellcheck", &["--norc", "--shell=bash", "--exclude=SC2154", "script"], folder.path());
}

#[test]
fn kubernetes_takes_its_objects() {
    for more in [&[][..], &["--fail-on", "new:critical", "--allow-incomplete", "--keep-days", "400", "--cloud", "china"]] {
        let folder = folder("kubernetes", &[&["--tenant", TENANT, "--client", CLIENT, "--image", DIGEST], more].concat());
        // 1.31 is where podFailurePolicy is stable, which the file names as its least.
        for version in ["1.31", "1.37"] {
            lint("kubernetes-validate", &["--strict", "-k", version, "maascan.yaml"], folder.path());
        }
        check("kubernetes", &folder.path().join("maascan.yaml"), None);
        lint("hadolint", &["Dockerfile"], folder.path());
    }
}

#[test]
fn container_apps_knows_every_property_of_its_job() {
    for more in [&[][..], &["--tenant", TENANT, "--fail-on", "high"]] {
        let folder = folder("container-apps", more);
        check("container-apps", &folder.path().join("job.yaml"), None);
    }
}

#[test]
fn windows_has_a_task_in_the_documented_order_and_scripts_that_can_be_read() {
    let value = r"D:\O'Neill $(x) `& Co;%TEMP%";
    for at in ["Mon 06:00", "daily 06:00"] {
        let folder = folder("windows", &["--tenant", TENANT, "--client", CLIENT, "--at", at, "--store", value]);
        check("task", &folder.path().join("maascan.xml"), None);
        check("powershell", &folder.path().join("maascan-weekly.ps1"), Some(value));
        check("powershell", &folder.path().join("install.ps1"), Some(value));
        check("powershell", &folder.path().join("remove.ps1"), Some(value));
    }
}

#[test]
fn launchd_has_a_property_list() {
    for at in ["Mon 06:00", "daily 06:00"] {
        let folder = folder("launchd", &["--at", at]);
        check("plist", &folder.path().join("maascan.weekly.plist"), None);
    }
}

#[test]
fn a_planted_fault_is_found_by_each_linter() {
    for (platform, file, right, wrong, name, arguments) in [
        ("systemd", "maascan.service", "NoNewPrivileges", "NoNewPrivilege", "systemd-analyze", VERIFY),
        ("systemd", "maascan.timer", "OnCalendar=Mon", "OnCalendar=Moon", "systemd-analyze", VERIFY),
        ("cron", "maascan-weekly.sh", "cat \"$folder/", "cat $folder/", "shellcheck", &["--norc", "maascan-weekly.sh"]),
        ("github", "maascan.yml", "cron: \"0 6", "cron: \"0 66", "actionlint", ACTIONLINT),
        ("github", "maascan.yml", "id-token: write", "id-tokens: write", "check-jsonschema", GITHUB_SCHEMA),
        ("github", "maascan.yml", "checkout@11bd71901bbe5b1630ceea73d27597364c9af683", "checkout@v4", "zizmor", ZIZMOR),
        ("azure-devops", "azure-pipelines.yml", "addSpnToEnvironment", "addSpn", "check-jsonschema", AZURE_SCHEMA),
        ("azure-devops", "azure-pipelines.yml", "always:", "allways:", "check-jsonschema", AZURE_SCHEMA),
        (
            "kubernetes",
            "maascan.yaml",
            "concurrencyPolicy",
            "concurrency",
            "kubernetes-validate",
            &["--strict", "-k", "1.37", "maascan.yaml"],
        ),
        ("kubernetes", "Dockerfile", "WORKDIR /source", "WORKDIR source", "hadolint", &["Dockerfile"]),
    ] {
        let folder = folder(platform, &[]);
        plant(&folder.path().join(file), right, wrong);
        assert_ne!(complaint(name, arguments, folder.path()).as_deref(), Some(""), "{platform} {wrong}");
    }
    for (platform, file, right, wrong, kind) in [
        ("kubernetes", "maascan.yaml", "runAsNonRoot: true", "runAsNonRoot: false", "kubernetes"),
        ("container-apps", "job.yaml", "replicaTimeout", "replicaTimeouts", "container-apps"),
        ("windows", "maascan.xml", "<WakeToRun>false</WakeToRun>", "<Wake>false</Wake>", "task"),
        ("windows", "maascan-weekly.ps1", "exit 4 }", "exit 4 ", "powershell"),
        ("launchd", "maascan.weekly.plist", "<integer>63</integer>", "<integer>77</integer>", "plist"),
    ] {
        let folder = folder(platform, &[]);
        plant(&folder.path().join(file), right, wrong);
        assert!(read_by(kind, &folder.path().join(file), None).is_none_or(|read| read.is_err()), "{platform} {wrong}");
    }
}

fn plant(file: &Path, right: &str, wrong: &str) {
    let text = std::fs::read_to_string(file).unwrap();
    assert!(text.contains(right), "{right}");
    std::fs::write(file, text.replace(right, wrong)).unwrap();
}

/// A place where scripts run with stand-ins for maascan and the Azure CLI.
struct Stage {
    folder: tempfile::TempDir,
}

impl Stage {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let stage = Self { folder };
        for name in ["bin", "blobs", "temporary"] {
            std::fs::create_dir(stage.path(name)).unwrap();
        }
        let stand_ins = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schedule");
        stage.program("bin/az", &std::fs::read_to_string(stand_ins.join("az")).unwrap());
        // GitHub's token of the job, as curl and jq would give it.
        stage.program("bin/curl", "#!/bin/sh\necho token-of-the-job\n");
        stage.program("bin/jq", "#!/bin/sh\ncat\n");
        stage.program("bin/sleep", &std::fs::read_to_string(stand_ins.join("sleep")).unwrap());
        stage.program("maascan", &std::fs::read_to_string(stand_ins.join("maascan")).unwrap());
        std::fs::copy(stage.path("maascan"), stage.path("blobs/maascan")).unwrap();
        stage
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn program(&self, name: &str, text: &str) {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::write(self.path(name), text).unwrap();
        std::fs::set_permissions(self.path(name), std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn digest(&self) -> String {
        let output = Command::new("sha256sum").arg(self.path("maascan")).output().unwrap();
        text(&output.stdout)[..64].to_owned()
    }

    /// Runs a script as a hosted machine would.
    fn run(&self, shell: &str, script: &Path, status: u8, more: &[(&str, &str)]) -> Output {
        let path = std::env::join_paths(std::iter::once(self.path("bin")).chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())));
        let mut command = Command::new(shell);
        command.arg(script).env_clear().env("PATH", path.unwrap()).current_dir(self.folder.path());
        command.envs([
            ("RUNNER_TEMP", self.path("temporary")),
            ("AGENT_TEMPDIRECTORY", self.path("temporary")),
            ("BLOBS", self.path("blobs")),
        ]);
        command.envs([("STATUS", status.to_string()), ("MAASCAN_SHA256", self.digest())]);
        for (name, value) in [
            ("STORAGE_ACCOUNT", "contosoaudit"),
            ("MAASCAN_NOTIFY_URL", ""),
            ("BROKEN", ""),
            ("RACE", ""),
            ("ACTIONS_ID_TOKEN_REQUEST_URL", "https://token.example/?a=b"),
            ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "bearer"),
            ("AZURE_TENANT_ID", TENANT),
            ("AZURE_CLIENT_ID", CLIENT),
            ("AZURE_CLOUD", "AzureCloud"),
            ("idToken", "token-of-the-connection"),
            ("servicePrincipalId", CLIENT),
            ("tenantId", TENANT),
        ]
        .iter()
        .chain(more)
        {
            command.env(name, value);
        }
        command.output().unwrap()
    }

    /// How many runs the history holds; none if there is no history.
    fn runs(&self) -> Option<usize> {
        let archive = self.path("blobs/store.tar");
        let output = Command::new("tar").args(["-xOf"]).arg(&archive).arg("./runs").output().unwrap();
        output.status.success().then(|| text(&output.stdout).lines().count())
    }

    /// What the stand-in of maascan noted.
    fn noted(&self, what: &str) -> String {
        std::fs::read_to_string(self.path(&format!("blobs.{what}"))).unwrap()
    }
}

/// The scripts of both hosted platforms, by file.
fn hosted(stage: &Stage) -> BTreeMap<&'static str, PathBuf> {
    let mut scripts = BTreeMap::new();
    for (platform, file) in [("github", "maascan.yml"), ("azure-devops", "azure-pipelines.yml")] {
        let folder = folder(platform, &[]);
        let Some(script) = check("script", &folder.path().join(file), None) else { continue };
        let path = stage.path(platform);
        std::fs::write(&path, script).unwrap();
        scripts.insert(platform, path);
    }
    scripts
}

#[test]
fn a_hosted_run_goes_on_with_the_history_and_tells_its_status_apart() {
    for (platform, script) in hosted(&Stage::new()) {
        let stage = Stage::new();
        let run = |status| stage.run("bash", &script, status, &[]);
        // The status of maascan, that of the step, and the runs in the history behind it.
        for (status, ends, kept) in [(4, 4, None), (0, 0, Some(1)), (1, 0, Some(2)), (3, 3, Some(3)), (2, 2, Some(3)), (0, 0, Some(4))] {
            let output = run(status);
            assert_eq!((output.status.code(), stage.runs()), (Some(ends), kept), "{platform} {status}: {output:?}");
            let said = text(&output.stdout) + &text(&output.stderr);
            assert_eq!(said.contains("something new"), status == 1, "{platform} {status}: {said}");
            assert!(!said.contains("Secret Application Name") && !said.contains("bearer"), "{platform}: {said}");
            assert_eq!(said.contains("maascan: error: nobody could sign in"), [2, 4].contains(&status), "{platform} {status}: {said}");
            assert!(
                !said.contains("##vso[hostile]") && !said.lines().any(|line| line.starts_with("::error::hostile")),
                "{platform}: {said}"
            );
            assert_eq!(std::fs::read_dir(stage.path("temporary")).unwrap().count(), 0, "{platform}: something is left behind");
        }
        assert!(stage.noted("arguments").ends_with("--keep\n52\n--fail-on\nnew:high\n"));
        assert!(!stage.noted("environment").contains("NOTIFY"), "{platform}: an empty address is passed on");
    }
}

#[test]
fn a_hosted_run_never_begins_a_history_anew_because_of_a_fault() {
    let first = Stage::new();
    for (platform, script) in hosted(&first) {
        let stage = Stage::new();
        assert!(stage.run("bash", &script, 0, &[]).status.success());
        // Whether there is one cannot be told.
        assert_eq!(stage.run("bash", &script, 0, &[("BROKEN", "1")]).status.code(), Some(4), "{platform}");
        assert_eq!(stage.runs(), Some(1), "{platform}");
        // Somebody else wrote it meanwhile: this run is not kept, and that is no success.
        assert!(!stage.run("bash", &script, 0, &[("RACE", "1")]).status.success(), "{platform}");
        assert_eq!(std::fs::read_to_string(stage.path("blobs/store.tar")).unwrap(), "other\n", "{platform}");
    }
}

#[test]
fn a_hosted_run_starts_no_program_but_the_one_that_is_named() {
    let first = Stage::new();
    for (platform, script) in hosted(&first) {
        let stage = Stage::new();
        std::fs::write(stage.path("blobs/maascan"), "#!/bin/sh\ntouch \"$BLOBS.arguments\"\n").unwrap();
        let output = stage.run("bash", &script, 0, &[]);
        assert_eq!(output.status.code(), Some(2), "{platform}: {output:?}");
        assert!(!stage.path("blobs.arguments").exists() && stage.runs().is_none(), "{platform}");
    }
}

#[test]
fn a_hosted_run_signs_in_without_a_secret() {
    let first = Stage::new();
    for (platform, script) in hosted(&first) {
        let stage = Stage::new();
        assert!(stage.run("bash", &script, 0, &[("MAASCAN_NOTIFY_URL", "https://hooks.example/hunter2")]).status.success());
        let environment = stage.noted("environment");
        assert!(environment.contains("MAASCAN_NOTIFY_URL=https://hooks.example/hunter2"), "{environment}");
        assert!(!stage.noted("arguments").contains("hunter2"));
        match platform {
            "github" => assert!(stage.noted("calls").contains("--federated-token token-of-the-job"), "{}", stage.noted("calls")),
            _ => {
                let output = stage.run("bash", &script, 0, &[("MAASCAN_NOTIFY_URL", "$(MAASCAN_NOTIFY_URL)")]);
                assert!(output.status.success() && !stage.noted("environment").contains("NOTIFY"), "{output:?}");
                assert!(environment.contains("AZURE_FEDERATED_TOKEN_FILE=") && environment.contains(&format!("AZURE_CLIENT_ID={CLIENT}")));
                let secret = stage.run("bash", &script, 0, &[("idToken", "")]);
                assert_eq!(secret.status.code(), Some(2), "a connection with a secret is taken");
            }
        }
    }
}

#[test]
fn the_wrapper_of_cron_is_quiet_unless_there_is_something_to_read() {
    if tool("flock").is_none() {
        return;
    }
    let stage = Stage::new();
    // Stores and programs under a name that a shell would take apart.
    let odd = stage.path("a b'c\"d$HOME$(touch x)`touch y`%n\\e;&<x>{{y}}#*?");
    std::fs::create_dir(&odd).unwrap();
    let binary = odd.join("maascan");
    std::fs::copy(stage.path("maascan"), &binary).unwrap();
    let store = odd.join("store");
    // Stores of this test are in a folder for what is not kept, where none is taken.
    let elsewhere = format!("/srv/{}", store.strip_prefix(stage.folder.path()).unwrap().display());
    let arguments = ["--store", &elsewhere, "--binary", binary.to_str().unwrap(), "--file", "maascan-weekly.sh"];
    let script = printed("cron", &arguments).replace("'/srv/", &format!("'{}/", stage.folder.path().display()));
    std::fs::write(stage.path("weekly"), script).unwrap();
    for (status, ends, said) in
        [(0, 0, ""), (1, 0, "something new"), (2, 2, "not carried out"), (3, 3, "could not be read"), (4, 4, "not carried out")]
    {
        let output = stage.run("sh", &stage.path("weekly"), status, &[]);
        let out = text(&output.stdout);
        assert_eq!(output.status.code(), Some(ends), "{status}: {output:?}");
        assert!(output.stderr.is_empty() && out.is_empty() == said.is_empty() && out.contains(said), "{status}: {output:?}");
    }
    // Status 4 was tried three times.
    assert_eq!(std::fs::read_to_string(store.join("runs")).unwrap().lines().count(), 7);
    assert_eq!(stage.noted("pauses"), "600\n1800\n");
    std::fs::write(stage.path("blobs.failures"), "2").unwrap();
    let output = stage.run("sh", &stage.path("weekly"), 0, &[]);
    assert!(output.status.success() && output.stdout.is_empty(), "the third try was carried out: {output:?}");
    assert!(stage.noted("arguments").starts_with(&format!("scan\n--store\n{}\n", store.display())));
    assert!(!stage.path("x").exists() && !stage.path("y").exists());
}

#[test]
fn a_hosted_run_tries_again_what_was_not_carried_out() {
    for (platform, script) in hosted(&Stage::new()) {
        let stage = Stage::new();
        std::fs::write(stage.path("blobs.failures"), "2").unwrap();
        let output = stage.run("bash", &script, 1, &[]);
        assert_eq!((output.status.code(), stage.runs(), stage.noted("pauses").as_str()), (Some(0), Some(1), "60\n240\n"), "{platform}");
    }
}

#[test]
fn cron_starts_no_second_run_beside_the_first() {
    let Some(flock) = tool("flock") else { return };
    let stage = Stage::new();
    let binary = stage.path("maascan");
    let script = printed("cron", &["--binary", binary.to_str().unwrap(), "--store", "/srv/audit/store", "--file", "maascan-weekly.sh"]);
    let script = script.replace("'/srv/audit/", &format!("'{}/", stage.folder.path().display()));
    std::fs::write(stage.path("weekly"), script).unwrap();
    let mut first = first_started(Command::new(flock).arg(stage.path("weekly")).args(["sh", "-c", "echo held; read _"]));
    let output = stage.run("sh", &stage.path("weekly"), 0, &[]);
    assert!(output.status.success() && text(&output.stderr).contains("still going on"), "{output:?}");
    assert!(!stage.path("store").exists());
    first.kill().unwrap();
    first.wait().unwrap();
}

/// Starts a command and waits until it said something.
fn first_started(command: &mut Command) -> std::process::Child {
    use std::io::Read as _;
    use std::process::Stdio;
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdout.as_mut().unwrap().read_exact(&mut [0; 4]).unwrap();
    child
}
