//! Issuers of tokens that are well known, by the host of their address and, where one host serves several, by its path.
//! One that is not among them may be as good: it only means that somebody should know whose it is.

use url::{Host, Url};

/// Whose addresses are known.
#[derive(Debug, Clone, Copy)]
enum Place {
    /// Exactly this host.
    Host(&'static str),
    /// A host with one label, such as a region, between this beginning and this end. With more it may be another service's:
    /// names below `s3.amazonaws.com` and the like are given to any customer.
    Between(&'static str, &'static str),
    /// This host, and a path that begins so and ends so.
    Path(&'static str, &'static str, &'static str),
}

/// Each with where its address is documented. Cognito, which issues for any customer of AWS under one address, is left out.
const WELL_KNOWN: [Place; 13] = [
    // GitHub Actions, with the enterprise's name behind it where it asked for an issuer of its own (docs.github.com, OpenID
    // Connect reference); with data residency a host of its own (same, details of GHE.com).
    Place::Host("token.actions.githubusercontent.com"),
    Place::Between("token.actions.", ".ghe.com"),
    // GitLab.com (docs.gitlab.com, OpenID Connect with cloud services). A GitLab of one's own has any host.
    Place::Host("gitlab.com"),
    // Azure DevOps service connections, with the organisation's id behind it (Microsoft Learn, Azure Pipelines).
    Place::Host("vstoken.dev.azure.com"),
    // HCP Terraform, and in Europe (developer.hashicorp.com, dynamic credentials; HCP Europe).
    Place::Host("app.terraform.io"),
    Place::Host("app.eu.terraform.io"),
    // Google accounts and clusters (cloud.google.com, workload identity).
    Place::Host("accounts.google.com"),
    Place::Path("container.googleapis.com", "/v1/projects/", ""),
    // Clusters of Azure and AWS (Microsoft Learn, AKS OIDC issuer; Amazon EKS user guide).
    Place::Between("", ".oic.prod-aks.azure.com"),
    Place::Between("oidc.eks.", ".amazonaws.com"),
    Place::Between("oidc.eks.", ".amazonaws.com.cn"),
    // CircleCI, with the organisation's id, and Bitbucket Pipelines, with the workspace (their documentation).
    Place::Path("oidc.circleci.com", "/org/", ""),
    Place::Path("api.bitbucket.org", "/2.0/workspaces/", "/pipelines-config/identity/oidc"),
];

/// Entra itself, in each cloud: a managed identity or a service connection of this tenant (Microsoft Learn, federated
/// credentials). The path names the tenant.
const ENTRA: [&str; 3] = ["login.microsoftonline.com", "login.microsoftonline.us", "login.partner.microsoftonline.cn"];

/// What an issuer's address says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Issuer {
    /// Whether its keys are fetched without encryption.
    pub(super) plain_http: bool,
    /// Whether it is a well-known one.
    pub(super) known: bool,
}

/// Reads the address of an issuer; `tenant` is this tenant's id. What is no address is no known issuer.
pub(super) fn issuer(address: &str, tenant: &str) -> Issuer {
    let Ok(address) = Url::parse(address.trim()) else { return Issuer { plain_http: false, known: false } };
    Issuer { plain_http: address.scheme() == "http", known: is_known(&address, tenant) }
}

fn is_known(address: &Url, tenant: &str) -> bool {
    // A user in front, or a port behind, is not how any of them writes it.
    let plain = address.username().is_empty() && address.password().is_none() && address.port().is_none();
    let Some(Host::Domain(host)) = address.host().filter(|_| plain && matches!(address.scheme(), "http" | "https")) else { return false };
    let path = address.path().trim_end_matches('/');
    if ENTRA.contains(&host) {
        return path.strip_prefix('/').and_then(|path| path.strip_suffix("/v2.0")).is_some_and(|of| of.eq_ignore_ascii_case(tenant));
    }
    WELL_KNOWN.iter().any(|place| match place {
        Place::Host(known) => host == *known,
        Place::Between(start, end) => {
            let name = host.strip_prefix(start).and_then(|rest| rest.strip_suffix(end));
            name.is_some_and(|name| !name.is_empty() && !name.contains('.'))
        }
        Place::Path(known, start, end) => host == *known && path.starts_with(start) && path.ends_with(end),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TENANT: &str = "aaaaaaaa-0000-4000-8000-00000000000a";

    #[test]
    fn the_well_known_are_told_from_those_that_look_like_them() {
        let known = [
            "https://token.actions.githubusercontent.com",
            "https://token.actions.githubusercontent.com/an-enterprise",
            "https://token.actions.acme.ghe.com",
            "https://gitlab.com",
            "https://vstoken.dev.azure.com/6804a3a0-e94c-41ae-9343-c5676fd58375",
            "https://app.terraform.io",
            "https://accounts.google.com",
            "https://container.googleapis.com/v1/projects/p/locations/l/clusters/c",
            "https://westeurope.oic.prod-aks.azure.com/t/c/",
            "https://oidc.eks.eu-central-1.amazonaws.com/id/EXAMPLE",
            "https://oidc.circleci.com/org/1",
            "https://api.bitbucket.org/2.0/workspaces/w/pipelines-config/identity/oidc",
            "https://login.microsoftonline.com/AAAAAAAA-0000-4000-8000-00000000000a/v2.0",
        ];
        for address in known {
            assert_eq!(issuer(address, TENANT), Issuer { plain_http: false, known: true }, "{address}");
        }
        let unknown = [
            "",
            "token.actions.githubusercontent.com",
            "https://token.actions.githubusercontent.com.evil.example",
            "https://token.actions.githubusercontent.com@evil.example",
            "https://gitlab.com:8443",
            "https://somebody@gitlab.com",
            "ftp://gitlab.com",
            "https://evil.example/token.actions.githubusercontent.com",
            "https://gitlab.example",
            "https://.oic.prod-aks.azure.com/t/c/",
            "https://westeurope.oic.prod-aks.example/t/c/",
            "https://oidc.eks.a-bucket.s3.amazonaws.com/id/EXAMPLE",
            "https://token.actions.a.b.ghe.com",
            "https://login.microsoftonline.com/bbbbbbbb-0000-4000-8000-00000000000b/v2.0",
            "https://api.bitbucket.org/2.0/repositories/x",
        ];
        for address in unknown {
            assert!(!issuer(address, TENANT).known, "{address}");
        }
        assert_eq!(issuer("HTTP://gitlab.com", TENANT), Issuer { plain_http: true, known: true });
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(address in any::<String>(), host in "[a-z.:@/\\\\]{0,20}") {
            issuer(&address, TENANT);
            issuer(&format!("https://{host}"), TENANT);
        }
    }
}
