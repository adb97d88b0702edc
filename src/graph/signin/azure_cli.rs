//! The sign-in of the Azure CLI on this machine: `az` is run as a program, without a shell, and asked for a token.

use super::super::cloud::Endpoints;
use super::super::failure::Trouble;
use super::super::{Error, Settings, text};
use super::clock::Clock;
use super::{Grant, LIMIT};
use chrono::{Local, NaiveDateTime, TimeZone};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;

/// App id of the Azure CLI, which stands in the tokens that it obtains for people.
pub(super) const APP_ID: &str = "04b07795-8ddb-461a-bbee-02f9e1bf7b46";

/// Longest run of `az`. It starts slowly, and may have to renew its own sign-in.
const LONGEST: Duration = Duration::from_secs(30);

/// File names of the program.
const NAMES: &[&str] = if cfg!(windows) { &["az.cmd", "az.exe"] } else { &["az"] };

/// The Azure CLI.
pub(super) struct AzureCli {
    program: PathBuf,
    scope: String,
    tenant: Option<String>,
    limit: Duration,
    clock: Clock,
}

impl AzureCli {
    /// Finds the program on `path` (the value of `PATH`).
    pub(super) fn find(path: Option<&str>, tenant: Option<String>, endpoints: &Endpoints, settings: &Settings) -> Result<Self, Error> {
        let program = on_path(path.unwrap_or_default())
            .ok_or_else(|| Error::settings("az is not on PATH", "install the Azure CLI and run az login"))?;
        let scope = endpoints.scope();
        Ok(Self { program, scope, tenant, limit: settings.timeout.min(LONGEST), clock: Clock::new(settings.now) })
    }

    /// Asks once for a token.
    pub(super) async fn attempt(&self) -> Result<Grant, Trouble> {
        let refused = |what: String| Trouble::Stop(Error::sign_in(what, "run az login, or sign in as an application"));
        let ran = tokio::time::timeout(self.limit, self.run()).await;
        let (status, out, errors) = match ran {
            Err(_) => return Err(refused(format!("az did not end within {} seconds", self.limit.as_secs()))),
            Ok(Err(error)) => return Err(refused(format!("az cannot be run: {}", error.kind()))),
            Ok(Ok(ran)) => ran,
        };
        if !status.success() {
            return Err(refused(format!("az: {}", complaint(&errors))));
        }
        let body: Value = serde_json::from_slice(&out).map_err(|_| refused("az did not answer in JSON".to_owned()))?;
        self.grant(&body)
    }

    /// Runs the program to its end. If this is given up, the program is killed.
    async fn run(&self) -> std::io::Result<(ExitStatus, Vec<u8>, Vec<u8>)> {
        let mut command = Command::new(&self.program);
        command.args(["account", "get-access-token", "--output", "json", "--scope", &self.scope]);
        if let Some(tenant) = &self.tenant {
            command.args(["--tenant", tenant]);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn()?;
        let (out, errors) = (child.stdout.take(), child.stderr.take());
        let (out, errors) = tokio::try_join!(read(out), read(errors))?;
        Ok((child.wait().await?, out, errors))
    }

    /// The token of an answer, with its end: `expires_on` (Unix time), else `expiresOn` (local time), which older ones have.
    fn grant(&self, body: &Value) -> Result<Grant, Trouble> {
        let local = || {
            let text = body.get("expiresOn").and_then(Value::as_str)?;
            let time = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f").ok()?;
            Local.from_local_datetime(&time).earliest().map(|time| time.timestamp())
        };
        let end = body.get("expires_on").and_then(Value::as_i64).or_else(local);
        let mut grant = Grant::of(body.get("accessToken"), end.map(|end| self.clock.until(end)))?;
        grant.tenant = body.get("tenant").and_then(Value::as_str).map(str::to_owned);
        Ok(grant)
    }
}

async fn read(from: Option<impl AsyncRead + Unpin>) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(from) = from {
        from.take(LIMIT as u64).read_to_end(&mut bytes).await?;
    }
    Ok(bytes)
}

/// The first `az` on the path. Folders without a full path are passed over: whoever can write where this program was
/// started must not choose what it runs.
fn on_path(path: &str) -> Option<PathBuf> {
    let folders = std::env::split_paths(path).filter(|folder| folder.is_absolute());
    folders.flat_map(|folder| NAMES.iter().map(move |name| folder.join(name))).find(|file| can_run(file))
}

#[cfg(unix)]
fn can_run(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata().is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn can_run(file: &Path) -> bool {
    file.is_file()
}

/// Longest word of a complaint, in characters; what is longer may be a token.
const LONGEST_WORD: usize = 48;

/// The sentence in which `az` complains: behind `ERROR:`, else the last line; without what may be a token or a secret.
fn complaint(errors: &[u8]) -> String {
    let text = String::from_utf8_lossy(errors);
    let lines = || text.lines().filter(|line| !line.trim().is_empty());
    let marked = lines().find_map(|line| line.split_once("ERROR:").map(|(_, sentence)| sentence));
    let line = marked.or_else(|| lines().next_back()).unwrap_or("it failed without a word");
    // Control characters go first, because they could cut a token into words that are short enough.
    let plain: String = line.chars().filter(|letter| !letter.is_control() || *letter == '\t').collect();
    let words: Vec<&str> = plain.split_whitespace().map(|word| if word.chars().count() > LONGEST_WORD { "***" } else { word }).collect();
    text::clean(&words.join(" "), &[])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_complaint_is_one_sentence_without_tokens() {
        let long = "0.AXoA".repeat(12);
        let said = complaint(format!("WARNING: x\nERROR: Please run 'az login' to setup account.\ndebug {long}").as_bytes());
        assert_eq!(said, "Please run 'az login' to setup account.");
        assert_eq!(complaint(format!("Traceback\n  refresh token {long} is no good\n\n").as_bytes()), "refresh token *** is no good");
        let split = format!("ERROR: {}\u{1b}{}", &long[..30], &long[30..]);
        assert_eq!(complaint(split.as_bytes()), "***");
        assert_eq!(complaint(b""), "it failed without a word");
    }

    #[test]
    fn only_folders_with_a_full_path_are_searched() {
        for path in ["", ".", "bin:.", "/missing"] {
            assert_eq!(on_path(path), None, "{path}");
        }
    }

    proptest! {
        #[test]
        fn any_complaint_is_made_harmless(bytes in any::<Vec<u8>>()) {
            let said = complaint(&bytes);
            prop_assert!(!said.chars().any(char::is_control) && said.split(' ').all(|word| word.chars().count() <= LONGEST_WORD + 1));
        }
    }
}
