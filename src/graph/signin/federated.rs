//! Tokens of other issuers that an application trusts: from a file, as AKS keeps it, or from GitHub inside a job.

use super::super::cloud::Origin;
use super::super::failure::Trouble;
use super::super::retry::{Transient, retry_after};
use super::super::{Error, Settings, wire};
use super::{LIMIT, is_token};
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use url::Url;

/// Longest token file, in bytes.
const FILE_LIMIT: u64 = 64 << 10;

/// For whom the token of a job is asked for: what a federated credential has as its audience unless it was changed. The
/// facts name no other for the national clouds, so it is the same in each.
const AUDIENCE: &str = "api://AzureADTokenExchange";

/// The token in a file, read anew each time because it is replaced every hour or so.
pub(super) fn from_file(path: &Path) -> Result<SecretString, Error> {
    let unfit = |what: String| {
        // The path is not shown: variables get mixed up, and then it is the secret.
        Error::settings(format!("token file of AZURE_FEDERATED_TOKEN_FILE {what}"), "set it to the file that holds the federated token")
    };
    let mut text = String::new();
    let read = File::open(path).and_then(|file| file.take(FILE_LIMIT + 1).read_to_string(&mut text));
    read.map_err(|error| unfit(format!("cannot be read: {}", error.kind())))?;
    let token = text.trim();
    if token.len() as u64 > FILE_LIMIT || !is_token(token) {
        return Err(unfit("holds no token".to_owned()));
    }
    Ok(token.into())
}

/// Gives the job of GitHub Actions a token about itself.
pub(super) struct GitHub {
    http: reqwest::Client,
    origin: Origin,
    url: Url,
    bearer: HeaderValue,
    secret: SecretString,
}

impl GitHub {
    pub(super) fn new(url: &str, token: &SecretString, settings: &Settings) -> Result<Self, Error> {
        let unfit = |name| Error::settings(format!("{name} is not usable"), "leave it as GitHub Actions sets it");
        let url = Url::parse(url).ok();
        let origin = url.as_ref().and_then(Origin::of_service);
        let (Some(mut url), Some(origin)) = (url, origin) else { return Err(unfit("ACTIONS_ID_TOKEN_REQUEST_URL")) };
        url.query_pairs_mut().append_pair("audience", AUDIENCE);
        let mut bearer =
            HeaderValue::from_str(&format!("Bearer {}", token.expose_secret())).map_err(|_| unfit("ACTIONS_ID_TOKEN_REQUEST_TOKEN"))?;
        bearer.set_sensitive(true);
        Ok(Self { http: wire::client_for(&origin, settings)?, origin, url, bearer, secret: token.clone() })
    }

    /// Asks once for the token of the job. Like Entra ID's, the sentences of a refusal are not repeated.
    pub(super) async fn token(&self) -> Result<SecretString, Trouble> {
        let request = self.http.get(self.url.clone()).header("Authorization", self.bearer.clone()).header("Accept", "application/json");
        let answer = wire::send(request, &self.origin, "GET token of the job", LIMIT).await?;
        let refused = |what: String| Error::sign_in(format!("GitHub gives no token: {what}"), "the job needs permission id-token: write");
        match (answer.status, answer.json()) {
            (429 | 500..=599, _) => {
                Err(Trouble::Again(Transient::new(refused(format!("status {}", answer.status)), retry_after(&answer.headers))))
            }
            (200, Ok(body)) => match body.get("value").and_then(Value::as_str).filter(|token| is_token(token)) {
                Some(token) if token != self.secret.expose_secret() => Ok(token.into()),
                _ => Err(Trouble::Stop(refused("answer holds none".to_owned()))),
            },
            (200, Err(unread)) => Err(Trouble::Again(unread.limited(Transient::new(refused(unread.says().to_owned()), None)))),
            (status, _) => Err(Trouble::Stop(refused(format!("status {status}")))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_a_token_is_refused_and_not_shown() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("hunter2");
        let read = |bytes: &[u8]| {
            std::fs::write(&file, bytes).unwrap();
            from_file(&file)
        };
        assert_eq!(read(b" a.b.c\r\n").unwrap().expose_secret(), "a.b.c");
        for bad in [b"".as_slice(), b" \n", b"a b", b"a\0b", b"\xff", &vec![b'x'; 70_000]] {
            let error = read(bad).unwrap_err().to_string();
            assert!(error.contains("AZURE_FEDERATED_TOKEN_FILE") && error.contains("\nhint: ") && !error.contains("hunter2"), "{error}");
        }
        assert!(from_file(folder.path()).is_err() && from_file(Path::new("/missing/hunter2")).is_err());
    }

    #[test]
    fn a_job_asks_only_over_https() {
        let settings = Settings::new("2026-11-22T12:00:00Z".parse().unwrap());
        let unfit = |url: &str, token: &str| GitHub::new(url, &token.into(), &settings).err().map(|error| error.to_string());
        for url in ["http://pipelines.example/x", "hunter2", "https://user:hunter2@h/", "http://169.254.169.254/"] {
            let error = unfit(url, "t").unwrap();
            assert!(error.contains("ACTIONS_ID_TOKEN_REQUEST_URL") && !error.contains("hunter2"), "{error}");
        }
        assert!(unfit("http://127.0.0.1:1/x", "hunter2\nx").unwrap().contains("ACTIONS_ID_TOKEN_REQUEST_TOKEN"));
    }
}
