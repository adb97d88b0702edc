//! What there is to sign in with. Each kind as a person, an automation or a machine has it; nothing secret is ever printed.

use super::super::jwt::is_guid;
use super::environment::Surroundings;
use secrecy::SecretString;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// What to sign in with. Prints `***` for anything secret, and for what is no GUID and so may be one.
#[derive(Clone)]
pub enum Credential {
    /// A token for Microsoft Graph that somebody else obtained. It is not renewed.
    AccessToken {
        /// The token.
        token: SecretString,
        /// `AZURE_TENANT_ID`, if set: the tenant that the token must be of, a GUID or a domain name.
        tenant: Option<String>,
    },
    /// An application and its client secret.
    ClientSecret {
        /// The tenant, a GUID or a domain name.
        tenant: String,
        /// App id of the application.
        client_id: String,
        /// Its secret.
        secret: SecretString,
    },
    /// An application and its certificate.
    Certificate {
        /// The tenant, a GUID or a domain name.
        tenant: String,
        /// App id of the application.
        client_id: String,
        /// A PEM file with the certificate and its RSA private key, neither encrypted.
        path: PathBuf,
        /// Whether the certificates are sent along (`x5c`), which applications need that trust a subject name and issuer.
        send_chain: bool,
    },
    /// An application that trusts another issuer, whose token a file holds. The file is read anew for each renewal.
    FederatedTokenFile {
        /// The tenant, a GUID or a domain name.
        tenant: String,
        /// App id of the application.
        client_id: String,
        /// The file, as AKS writes and rotates it.
        path: PathBuf,
    },
    /// An application that trusts a GitHub repository, inside a job of GitHub Actions.
    GitHubActions {
        /// The tenant, a GUID or a domain name.
        tenant: String,
        /// App id of the application.
        client_id: String,
        /// Where the job asks for its token.
        url: String,
        /// With what it asks.
        token: SecretString,
    },
    /// A person who signs in with a code at a web page. The application must be a public client of the tenant's own.
    DeviceCode {
        /// The tenant, a GUID or a domain name; None asks for any work or school account.
        tenant: Option<String>,
        /// App id of the application.
        client_id: String,
        /// Told the code and the page.
        show: ShowPrompt,
    },
    /// Nothing that was given: the managed identity of this machine, else the sign-in of the Azure CLI.
    Surroundings(Surroundings),
}

/// Told once what a person has to do for a sign-in with a device code.
pub type ShowPrompt = Arc<dyn Fn(&DevicePrompt) + Send + Sync>;

/// What a person has to do for a sign-in with a device code. The texts come from the token service and were cleaned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DevicePrompt {
    /// The code to enter.
    pub user_code: String,
    /// The page to enter it at: https, or http on this machine.
    pub verification_uri: String,
    /// Minutes for which the code holds, rounded down.
    pub minutes: u64,
}

impl fmt::Debug for Credential {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, tenant, client_id) = match self {
            Self::AccessToken { tenant, .. } => ("AccessToken", tenant.as_deref(), None),
            Self::ClientSecret { tenant, client_id, .. } => ("ClientSecret", Some(tenant.as_str()), Some(client_id)),
            Self::Certificate { tenant, client_id, .. } => ("Certificate", Some(tenant.as_str()), Some(client_id)),
            Self::FederatedTokenFile { tenant, client_id, .. } => ("FederatedTokenFile", Some(tenant.as_str()), Some(client_id)),
            Self::GitHubActions { tenant, client_id, .. } => ("GitHubActions", Some(tenant.as_str()), Some(client_id)),
            Self::DeviceCode { tenant, client_id, .. } => ("DeviceCode", tenant.as_deref(), Some(client_id)),
            Self::Surroundings(surroundings) => return surroundings.fmt(out),
        };
        let mut shown = out.debug_struct(name);
        shown.field("tenant", &tenant.map(guid_or_stars));
        if let Some(client_id) = client_id {
            shown.field("client_id", &guid_or_stars(client_id));
        }
        // The secret, the token, or the path: whoever mixes variables up has the secret in any of them.
        shown.field("with", &"***").finish()
    }
}

/// Variables get mixed up, so only a GUID is sure not to be a secret.
pub(super) fn guid_or_stars(value: &str) -> &str {
    if is_guid(value) { value } else { "***" }
}
