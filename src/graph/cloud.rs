//! The national clouds of Microsoft and the two origins that a run talks to.

use super::Error;
use std::net::IpAddr;
use url::{Host, Url};

/// A cloud of Microsoft. Tokens of one are worth nothing in another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Cloud {
    /// The public cloud, also GCC.
    #[default]
    Global,
    /// US government L4 (GCC High).
    UsGov,
    /// US government L5 (DoD).
    UsGovDod,
    /// China, run by 21Vianet.
    China,
}

impl Cloud {
    const ALL: [Self; 4] = [Self::Global, Self::UsGov, Self::UsGovDod, Self::China];

    /// The names that [`Cloud::from_name`] takes, for help texts.
    #[must_use]
    pub fn names() -> [&'static str; 4] {
        Self::ALL.map(Self::name)
    }

    /// The name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Global => "global",
            Self::UsGov => "usgov",
            Self::UsGovDod => "usgov-dod",
            Self::China => "china",
        }
    }

    /// The cloud of this name, in any letter case, with or without hyphens.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let plain = |text: &str| text.replace(['-', '_'], "").to_lowercase();
        Self::ALL.into_iter().find(|cloud| plain(cloud.name()) == plain(name.trim()))
    }

    /// Origin of Microsoft Graph (facts/graph.md section 10).
    #[must_use]
    pub fn graph_origin(self) -> &'static str {
        match self {
            Self::Global => "https://graph.microsoft.com",
            Self::UsGov => "https://graph.microsoft.us",
            Self::UsGovDod => "https://dod-graph.microsoft.us",
            Self::China => "https://microsoftgraph.chinacloudapi.cn",
        }
    }

    /// Origin that issues tokens (facts/graph.md section 10).
    fn login(self) -> &'static str {
        match self {
            Self::Global => "https://login.microsoftonline.com",
            Self::UsGov | Self::UsGovDod => "https://login.microsoftonline.us",
            Self::China => "https://login.chinacloudapi.cn",
        }
    }
}

/// A bare origin: scheme, host and port, checked when built. It is https, or http to this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Origin(Url);

impl Origin {
    fn parse(flag: &str, text: &str) -> Result<Self, Error> {
        let hint = "give a bare origin, such as https://graph.microsoft.com or http://127.0.0.1:8080";
        let refuse = |why: &str| Error::settings(format!("{flag} {why}: {}", super::text::clean(text, &[])), hint);
        let url = Url::parse(text.trim()).map_err(|_| refuse("is not a URL"))?;
        if !url.username().is_empty() || url.password().is_some() {
            // The text is not shown: what stands before the @ may be a password.
            return Err(Error::settings(format!("{flag} must not hold a user name or password"), hint));
        }
        if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
            return Err(refuse("must begin with https://"));
        }
        if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
            return Err(refuse("must be a bare origin, without path or query"));
        }
        let origin = Self(url);
        if origin.is_plain() && !origin.is_loopback() {
            return Err(refuse("must use https, because plain http would show the token to the network"));
        }
        Ok(origin)
    }

    /// Scheme, host and port without a slash at the end; a default port is left out.
    pub(super) fn text(&self) -> &str {
        self.0.as_str().trim_end_matches('/')
    }

    /// Plain http, which is only ever this machine.
    pub(super) fn is_plain(&self) -> bool {
        self.0.scheme() == "http"
    }

    /// Whether the host is this machine: 127.0.0.0/8, `::1` or `localhost`.
    pub(super) fn is_loopback(&self) -> bool {
        match self.0.host() {
            Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
            Some(Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
            Some(Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
            None => false,
        }
    }

    /// Whether `url` has exactly this scheme, host and port, and carries no user name.
    pub(super) fn owns(&self, url: &Url) -> bool {
        url.scheme() == self.0.scheme()
            && url.host() == self.0.host()
            && url.port_or_known_default() == self.0.port_or_known_default()
            && url.username().is_empty()
            && url.password().is_none()
    }
}

/// The two origins of a run: Microsoft Graph, and the service that issues tokens for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoints {
    cloud: Cloud,
    pub(super) graph: Origin,
    pub(super) login: Origin,
}

impl Endpoints {
    /// The origins of `cloud`, or those given instead, which must be bare origins (scheme, host, port).
    ///
    /// # Errors
    /// [`Error::Settings`] for anything but https, or http to 127.0.0.0/8, `::1` or `localhost`; for a path, query, or user name.
    pub fn new(cloud: Cloud, graph_override: Option<&str>, login_override: Option<&str>) -> Result<Self, Error> {
        let graph = Origin::parse("graph endpoint", graph_override.unwrap_or(cloud.graph_origin()))?;
        let login = Origin::parse("login endpoint", login_override.unwrap_or(cloud.login()))?;
        Ok(Self { cloud, graph, login })
    }

    /// The cloud they belong to.
    #[must_use]
    pub fn cloud(&self) -> Cloud {
        self.cloud
    }

    /// Origin of Microsoft Graph, without a slash at the end.
    #[must_use]
    pub fn graph(&self) -> &str {
        self.graph.text()
    }

    /// Whether Graph is plain http, which is only ever this machine: no service of Microsoft, and so without its limits.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.graph.is_plain()
    }

    /// Origin of the token service, without a slash at the end.
    #[must_use]
    pub fn login(&self) -> &str {
        self.login.text()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cloud_has_its_own_origins() {
        let gov = Endpoints::new(Cloud::UsGovDod, None, None).unwrap();
        assert_eq!((gov.graph(), gov.login()), ("https://dod-graph.microsoft.us", "https://login.microsoftonline.us"));
        for name in Cloud::names() {
            let cloud = Cloud::from_name(&name.to_uppercase()).unwrap();
            assert!(Endpoints::new(cloud, None, None).is_ok());
        }
        assert_eq!(Cloud::from_name("UsGovDoD"), Some(Cloud::UsGovDod));
        assert_eq!(Cloud::from_name("mars"), None);
    }

    #[test]
    fn plain_http_is_for_this_machine_only() {
        let with = |text: &str| Endpoints::new(Cloud::Global, Some(text), None);
        for good in [
            "http://127.0.0.1:8080",
            "http://127.8.9.1",
            "http://[::1]:9/",
            "http://localhost:1",
            "https://graph.example",
            "https://h:8443/",
        ] {
            assert!(with(good).is_ok(), "{good}");
        }
        for bad in [
            "http://graph.microsoft.com",
            "http://128.0.0.1",
            "http://localhost.evil.example",
            "http://127.0.0.1.evil.example",
            "http://0.0.0.0",
            "ftp://localhost",
            "graph.microsoft.com",
            "https://h/v1.0",
            "https://h?x",
            "https://h/?",
            "https://h/#f",
            "https://user:word@h",
            "",
            "file:///etc",
        ] {
            let error = with(bad).unwrap_err();
            assert!(matches!(error, Error::Settings { .. }), "{bad}");
            assert!(!error.to_string().contains("word@"), "{error}");
        }
    }

    #[test]
    fn another_port_or_scheme_is_another_host() {
        let ours = Endpoints::new(Cloud::Global, Some("https://h.example"), None).unwrap().graph;
        let owns = |text: &str| ours.owns(&Url::parse(text).unwrap());
        assert!(owns("https://h.example/x?y") && owns("https://H.example:443/"));
        for other in
            ["http://h.example/", "https://h.example:444/", "https://h.example.evil/", "https://a@h.example/", "https://evil/h.example"]
        {
            assert!(!owns(other), "{other}");
        }
    }
}
