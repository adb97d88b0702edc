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

    /// Origin of the query API of Log Analytics (facts/graph.md section 10), and the resource that its tokens are for. In the
    /// public cloud the two differ: the API moved to another host and kept its audience. Government is unverified.
    fn log_analytics(self) -> (&'static str, &'static str) {
        match self {
            Self::Global => ("https://api.loganalytics.azure.com", "https://api.loganalytics.io"),
            Self::UsGov | Self::UsGovDod => ("https://api.loganalytics.us", "https://api.loganalytics.us"),
            Self::China => ("https://api.loganalytics.azure.cn", "https://api.loganalytics.azure.cn"),
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

    /// The origin of a URL that leads to a service: https, or http to this machine.
    pub(super) fn of_service(url: &Url) -> Option<Self> {
        let origin = Self(bare(url)?);
        (!origin.is_plain() || origin.is_loopback()).then_some(origin)
    }

    /// The origin of a URL that leads to a service of the machine itself: loopback, or a link-local address (169.254.0.0/16),
    /// which no router passes on. Identity endpoints of Azure are such, and speak plain http.
    pub(super) fn of_machine(url: &Url) -> Option<Self> {
        let origin = Self(bare(url)?);
        origin.is_near().then_some(origin)
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

    /// Whether the host is this machine or has a link-local address.
    pub(super) fn is_near(&self) -> bool {
        self.is_loopback() || matches!(self.0.host(), Some(Host::Ipv4(address)) if address.is_link_local())
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

/// Scheme, host and port of a URL with http or https; None for others and where a user name or password stands in it.
fn bare(url: &Url) -> Option<Url> {
    let plain = matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none();
    plain.then(|| Url::parse(&url.origin().ascii_serialization()).ok()).flatten()
}

/// App id of Microsoft Graph, which stands for every Graph endpoint when it is the audience of a token.
const GRAPH_APP_ID: &str = "00000003-0000-0000-c000-000000000000";

/// App id of the query API of Log Analytics, likewise.
const LOG_ANALYTICS_APP_ID: &str = "ca7f3f0b-7d91-482c-8e09-c5d840d0eac5";

/// The two origins of a run: the service that is read, and the one that issues tokens for it. The first is Microsoft Graph,
/// but for [`Endpoints::log_analytics`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoints {
    cloud: Cloud,
    login_given: bool,
    /// The resource that tokens are asked for.
    audience: Origin,
    /// What else the audience of a token for it may be.
    app_id: &'static str,
    name: &'static str,
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
        let (audience, app_id, name) = (graph.clone(), GRAPH_APP_ID, "Microsoft Graph");
        Ok(Self { cloud, login_given: login_override.is_some(), audience, app_id, name, graph, login })
    }

    /// The query API of Log Analytics in the same cloud, or at another origin, with the same token service.
    ///
    /// # Errors
    /// As [`Endpoints::new`].
    pub fn log_analytics(&self, api_override: Option<&str>) -> Result<Self, Error> {
        let (api, audience) = self.cloud.log_analytics();
        let api = Origin::parse("logs endpoint", api_override.unwrap_or(api))?;
        let audience = if api_override.is_some() { api.clone() } else { Origin::parse("logs audience", audience)? };
        let (app_id, name) = (LOG_ANALYTICS_APP_ID, "Log Analytics");
        Ok(Self { audience, app_id, name, graph: api, ..self.clone() })
    }

    /// The scope of tokens for the service.
    pub(super) fn scope(&self) -> String {
        format!("{}/.default", self.audience())
    }

    /// The resource of tokens for the service, without a slash at the end.
    pub(super) fn audience(&self) -> &str {
        self.audience.text()
    }

    /// Whether a token with this audience is for the service.
    pub(super) fn accepts(&self, audience: &str) -> bool {
        let ours = |url: &Url| self.audience.owns(url) || self.graph.owns(url);
        audience.eq_ignore_ascii_case(self.app_id) || Url::parse(audience).is_ok_and(|url| ours(&url) && matches!(url.path(), "" | "/"))
    }

    /// What people call the service.
    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    /// Checks `AZURE_AUTHORITY_HOST`, with which other tools name the token service, against the cloud of the run. A login
    /// endpoint that was given outright goes before it.
    ///
    /// # Errors
    /// [`Error::Settings`] if it names another service, and so another cloud; the hint names the `--cloud` that fits.
    pub fn check_authority(&self, authority: Option<&str>) -> Result<(), Error> {
        let Some(authority) = authority.map(str::trim).filter(|text| !text.is_empty() && !self.login_given) else { return Ok(()) };
        // Some tools write a bare host, and some a slash at the end.
        let text = if authority.contains("://") { authority.to_owned() } else { format!("https://{authority}") };
        let url = Url::parse(&text).ok().filter(|url| matches!(url.path(), "" | "/"));
        if url.as_ref().is_some_and(|url| self.login.owns(url)) {
            return Ok(());
        }
        let fitting = Cloud::ALL.into_iter().filter(|cloud| {
            url.as_ref().is_some_and(|url| Origin::parse("login endpoint", cloud.login()).is_ok_and(|login| login.owns(url)))
        });
        let named: Vec<String> = fitting.map(|cloud| format!("--cloud {}", cloud.name())).collect();
        let fits = if named.is_empty() { "the --cloud of the tenant".to_owned() } else { named.join(" or ") };
        Err(Error::settings(
            format!("AZURE_AUTHORITY_HOST names another token service than cloud {}: {}", self.cloud.name(), self.login()),
            format!("give {fits}, or unset AZURE_AUTHORITY_HOST"),
        ))
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
    fn the_authority_of_other_tools_must_be_that_of_the_cloud() {
        let global = Endpoints::new(Cloud::Global, None, None).unwrap();
        for good in [
            None,
            Some(""),
            Some("https://login.microsoftonline.com/"),
            Some("login.microsoftonline.com"),
            Some(" https://LOGIN.microsoftonline.com "),
        ] {
            assert_eq!(global.check_authority(good), Ok(()), "{good:?}");
        }
        for (bad, hint) in [
            ("https://login.microsoftonline.us/", "--cloud usgov or --cloud usgov-dod"),
            ("https://login.chinacloudapi.cn", "--cloud china"),
            ("http://login.microsoftonline.com", "--cloud"),
            ("https://hunter2@login.microsoftonline.com", "--cloud"),
            ("https://evil.example", "--cloud"),
            ("a b", "--cloud"),
        ] {
            let error = global.check_authority(Some(bad)).unwrap_err().to_string();
            assert!(error.contains(hint) && !error.contains("hunter2"), "{error}");
        }
        let given = Endpoints::new(Cloud::Global, None, Some("http://127.0.0.1:9")).unwrap();
        assert_eq!(given.check_authority(Some("https://login.microsoftonline.com/")), Ok(()), "a flag goes before the environment");
    }

    #[test]
    fn services_of_the_machine_are_on_loopback_or_link_local() {
        let near = |text: &str| Origin::of_machine(&Url::parse(text).unwrap()).is_some();
        for good in [
            "http://127.0.0.1:41741/msi/token?x",
            "http://localhost:1/a",
            "http://169.254.169.254/metadata",
            "http://169.254.129.2:8081/msi/token",
        ] {
            assert!(near(good), "{good}");
        }
        for bad in [
            "http://10.0.0.1/",
            "https://example.com/",
            "http://169.255.0.1/",
            "http://169.254.169.254.example/",
            "http://u@127.0.0.1/",
            "ftp://127.0.0.1/",
        ] {
            assert!(!near(bad), "{bad}");
        }
        let service = |text: &str| Origin::of_service(&Url::parse(text).unwrap()).is_some();
        assert!(service("https://a.example/x?y") && service("http://127.0.0.1:1/x"));
        assert!(!service("http://169.254.169.254/") && !service("http://a.example/") && !service("https://u:p@a.example/"));
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
