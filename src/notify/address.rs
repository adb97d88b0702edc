//! Where a notice goes. The whole of it is a secret but the host, which may be named.

use super::Format;
use secrecy::{ExposeSecret, SecretString};
use std::convert::Infallible;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use url::{Host, Url};

/// An address as the user gave it, not looked at yet. It prints as `***`.
#[derive(Clone)]
pub struct Address(SecretString);

/// Takes any text, so that who parses arguments never has one to complain about, and to print.
impl FromStr for Address {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(SecretString::from(text.trim())))
    }
}

impl Address {
    /// Whether nothing was given, as with a variable that is set to nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.expose_secret().is_empty()
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("***")
    }
}

/// Why an address cannot be used; does not show it. The user's to set right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("address for notices {0}\nhint: give https://…, as Teams, Slack or your own service shows it; plain http only on loopback")]
pub struct BadAddress(&'static str);

/// An address that was checked.
pub struct Endpoint {
    url: SecretString,
    host: String,
    loopback: bool,
    plain: bool,
    format: Format,
}

impl Endpoint {
    /// Checks an address: https, or http to 127.0.0.0/8, `::1` or `localhost`, with a host and without a user name.
    ///
    /// # Errors
    /// [`BadAddress`].
    pub fn new(address: &Address) -> Result<Self, BadAddress> {
        let url = Url::parse(address.0.expose_secret()).map_err(|_| BadAddress("is not a URL"))?;
        let host = url.host().ok_or(BadAddress("names no host"))?;
        let loopback = is_loopback(&host);
        match url.scheme() {
            "https" => {}
            "http" if loopback => {}
            "http" => return Err(BadAddress("must use https, because plain http would show it to the network")),
            _ => return Err(BadAddress("must begin with https://")),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(BadAddress("must not hold a user name or password"));
        }
        let (host, plain) = (host.to_string(), url.scheme() == "http");
        Ok(Self { format: Format::of_host(&host), url: SecretString::from(String::from(url)), host, loopback, plain })
    }

    /// Its host, which is no secret.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The format that a service at this host expects.
    #[must_use]
    pub fn format(&self) -> Format {
        self.format
    }

    pub(super) fn is_loopback(&self) -> bool {
        self.loopback
    }

    /// Plain http, which is only ever this machine.
    pub(super) fn is_plain(&self) -> bool {
        self.plain
    }

    pub(super) fn expose(&self) -> &str {
        self.url.expose_secret()
    }

    /// Whether a text holds some of what is secret.
    pub(super) fn is_in(&self, text: &str) -> bool {
        let Ok(url) = Url::parse(self.expose()) else { return true };
        let parts = url.path().split('/').chain(url.query().into_iter().flat_map(|query| query.split(['&', '='])));
        parts.filter(|part| part.len() > 3).any(|part| text.contains(part))
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Endpoint").field("url", &"***").field("host", &self.host).finish_non_exhaustive()
    }
}

fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => name.eq_ignore_ascii_case("localhost"),
        Host::Ipv4(address) => IpAddr::V4(*address).is_loopback(),
        Host::Ipv6(address) => IpAddr::V6(*address).is_loopback(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Endpoint, BadAddress> {
        let Ok(address) = text.parse::<Address>();
        Endpoint::new(&address)
    }

    #[test]
    fn https_or_this_machine() {
        for good in
            ["https://a.example/hunter2?sig=x", "http://127.0.0.1:9/x", "http://[::1]:9/", "http://localhost/x", " https://a.example\n"]
        {
            assert!(parse(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "hunter2",
            "https://",
            "http://a.example/hunter2",
            "http://127.0.0.1.evil.example/hunter2",
            "http://0.0.0.0/hunter2",
            "ftp://127.0.0.1/hunter2",
            "https://hunter2@a.example/",
            "https://u:hunter2@a.example/",
            "data:hunter2",
            "file:///hunter2",
        ] {
            let error = parse(bad).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn it_prints_no_secret() {
        let Ok(address) = "https://hooks.slack.com/services/hunter2".parse::<Address>();
        let endpoint = Endpoint::new(&address).unwrap();
        assert_eq!(format!("{address:?}"), "***");
        let shown = format!("{endpoint:?}");
        assert!(shown.contains("***") && !shown.contains("hunter2") && !shown.contains("services"), "{shown}");
        assert!(endpoint.is_in("POST /services/x") && endpoint.is_in("hunter2") && !endpoint.is_in("connection refused"));
    }
}
