//! The formats of a notice, and which service expects which.

use super::{Notice, generic, slack, teams};

/// The format of a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// An adaptive card in a message, for the Teams trigger "When a Teams webhook request is received" of Power Automate.
    Teams,
    /// Blocks, for an incoming webhook of Slack.
    Slack,
    /// `maascan.notice` version 1, for a service of one's own.
    Json,
}

/// Hosts, and domains of hosts, that expect a format of their own: Power Automate's old and present addresses in the public and
/// the US clouds (Power Platform URLs and IP address ranges), connectors of Teams, and Slack with its cloud for the US
/// government. Whatever else there is can be named by the user.
const SERVICES: [(&str, Format); 8] = [
    ("logic.azure.com", Format::Teams),
    ("logic.azure.us", Format::Teams),
    ("powerplatform.com", Format::Teams),
    ("powerplatform.microsoft.us", Format::Teams),
    ("webhook.office.com", Format::Teams),
    ("powerautomate.com", Format::Teams),
    ("hooks.slack.com", Format::Slack),
    ("hooks.slack-gov.com", Format::Slack),
];

impl Format {
    /// What a service at this host expects.
    pub(super) fn of_host(host: &str) -> Self {
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        let at = |domain: &str| host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
        SERVICES.iter().find(|(domain, _)| at(domain)).map_or(Self::Json, |(_, format)| *format)
    }

    /// The body of the request: JSON in UTF-8.
    #[must_use]
    pub fn body(self, notice: &Notice) -> Vec<u8> {
        let value = match self {
            Self::Teams => teams::message(notice),
            Self::Slack => slack::message(notice),
            Self::Json => generic::message(notice),
        };
        value.to_string().into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_known_by_its_host() {
        for host in [
            "prod-12.westeurope.logic.azure.com",
            "PROD-1.usgovtexas.logic.azure.us.",
            "default0.09.environment.api.powerplatform.com",
            "x.api.gov.powerplatform.microsoft.us",
            "contoso.webhook.office.com",
        ] {
            assert_eq!(Format::of_host(host), Format::Teams, "{host}");
        }
        assert_eq!(Format::of_host("hooks.slack.com"), Format::Slack);
        for host in ["hooks.slack.com.evil.example", "evilhooks.slack.com", "notlogic.azure.com", "127.0.0.1", "a.example"] {
            assert_eq!(Format::of_host(host), Format::Json, "{host}");
        }
    }
}
