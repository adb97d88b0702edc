//! As whom a run is signed in, as far as the token says, and what a person should know about it.

use super::super::jwt::{Claims, is_guid};
use super::super::{Error, text};
use super::azure_cli;
use std::fmt;

/// The way in which a run signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// A token from elsewhere (`MAASCAN_ACCESS_TOKEN`).
    AccessToken,
    /// An application with its client secret.
    ClientSecret,
    /// An application with its certificate.
    Certificate,
    /// An application with the token in a file.
    FederatedTokenFile,
    /// An application with the token of a job of GitHub Actions.
    GitHubActions,
    /// The managed identity of the machine or service.
    ManagedIdentity,
    /// The Azure CLI.
    AzureCli,
    /// A person with a device code.
    DeviceCode,
}

impl fmt::Display for How {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::AccessToken => "access token",
            Self::ClientSecret => "client secret",
            Self::Certificate => "certificate",
            Self::FederatedTokenFile => "federated token file",
            Self::GitHubActions => "GitHub Actions",
            Self::ManagedIdentity => "managed identity",
            Self::AzureCli => "Azure CLI",
            Self::DeviceCode => "device code",
        })
    }
}

/// Whom a token stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Identity {
    /// An application by itself.
    Application,
    /// A person, through an application.
    Person,
    /// The token does not say, or cannot be read.
    Unknown,
}

/// As whom a run is signed in. Everything but `how` comes from the first token, unverified, and is Graph's to decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// The way.
    pub how: How,
    /// The tenant: from the token, else as configured, where it may be a domain name.
    pub tenant_id: String,
    /// App id of the application, if the token names one.
    pub app_id: Option<String>,
    /// Object id of the person or service principal, if the token names one.
    pub object_id: Option<String>,
    /// Whether an application or a person.
    pub identity: Identity,
    /// Application permissions in the token (`roles`), sorted.
    pub roles: Vec<String>,
    /// Delegated permissions in the token (`scp`), sorted.
    pub scopes: Vec<String>,
}

impl SignedIn {
    /// What `claims` say. `tenant` is the tenant where they name none.
    ///
    /// # Errors
    /// [`Error::Settings`] if neither names a tenant.
    pub(super) fn new(how: How, claims: Claims, tenant: Option<String>) -> Result<Self, Error> {
        let Some(tenant_id) = claims.tenant.clone().or(tenant) else {
            return Err(Error::settings("access token does not name its tenant", "set AZURE_TENANT_ID to the directory (tenant) id"));
        };
        let identity = identity(&claims);
        let app_id = claims.app_id.filter(|id| is_guid(id)).map(|id| id.to_lowercase());
        let object_id = claims.object.map(|id| id.to_lowercase());
        Ok(Self { how, tenant_id, app_id, object_id, identity, roles: cleaned(&claims.roles), scopes: cleaned(&claims.scopes) })
    }

    /// What a person should know, each in one sentence.
    pub(super) fn notes(&self) -> Vec<String> {
        let note = match self.identity {
            Identity::Unknown => None,
            Identity::Application if self.roles.is_empty() => {
                Some("the token carries no application permissions: grant them to the application and consent to them")
            }
            Identity::Application => None,
            // azure-cli issue 20572; Policy scopes: 23906 and 33062 (facts/graph.md section 9).
            Identity::Person if self.is_azure_cli() && !self.reads_intune() => Some(
                "tokens that the Azure CLI obtains for people carry no DeviceManagement and no Policy permissions, so Intune and \
                 Conditional Access cannot be read: run az login as a service principal, sign in as an application, or use --device-code",
            ),
            Identity::Person if !self.reads_intune() => {
                Some("the token carries no DeviceManagement permissions, so Intune cannot be read: add them to the application and consent")
            }
            Identity::Person => Some(
                "signed in as a person: Intune shows what this person's own Intune role allows, and logs need a role such as Reports Reader",
            ),
        };
        note.map(str::to_owned).into_iter().collect()
    }

    fn is_azure_cli(&self) -> bool {
        self.how == How::AzureCli || self.app_id.as_deref() == Some(azure_cli::APP_ID)
    }

    fn reads_intune(&self) -> bool {
        self.scopes.iter().any(|scope| scope.starts_with("DeviceManagement"))
    }
}

/// `idtyp` says it where it is there; older tokens of people have scopes, and those of applications roles only.
fn identity(claims: &Claims) -> Identity {
    match claims.kind.as_deref() {
        Some("app") => Identity::Application,
        Some("user") => Identity::Person,
        _ if !claims.scopes.is_empty() || claims.names_person => Identity::Person,
        _ if !claims.roles.is_empty() => Identity::Application,
        _ => Identity::Unknown,
    }
}

fn cleaned(names: &[String]) -> Vec<String> {
    let mut names: Vec<String> = names.iter().map(|name| text::clean(name, &[])).collect();
    names.sort();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::super::super::jwt;
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn signed_in(how: How, claims: &Value) -> SignedIn {
        SignedIn::new(how, Claims::of(&jwt::make(claims)).unwrap(), Some("t".to_owned())).unwrap()
    }

    #[test]
    fn people_are_told_from_applications() {
        for (claims, identity) in [
            (json!({"idtyp": "app"}), Identity::Application),
            (json!({"idtyp": "user"}), Identity::Person),
            (json!({"roles": ["A"]}), Identity::Application),
            (json!({"scp": "A B"}), Identity::Person),
            (json!({"upn": "someone@contoso.example", "roles": []}), Identity::Person),
            (json!({"idtyp": "app", "scp": "A"}), Identity::Application),
            (json!({}), Identity::Unknown),
        ] {
            assert_eq!(signed_in(How::AccessToken, &claims).identity, identity, "{claims}");
        }
    }

    #[test]
    fn what_stands_in_the_token_is_sorted_and_cleaned() {
        let claims = json!({"tid": "T", "appid": azure_cli::APP_ID.to_uppercase(), "roles": ["B", "A\u{1b}[2J", 7, "B"], "scp": " y  x "});
        let signed_in = signed_in(How::AccessToken, &claims);
        assert_eq!((signed_in.tenant_id.as_str(), signed_in.app_id.as_deref()), ("T", Some(azure_cli::APP_ID)));
        assert_eq!((signed_in.roles, signed_in.scopes), (vec!["A [2J".to_owned(), "B".into()], vec!["x".to_owned(), "y".into()]));
    }

    #[test]
    fn a_person_of_the_azure_cli_is_told_that_intune_cannot_be_read() {
        let person = json!({"idtyp": "user", "scp": "Directory.Read.All", "appid": azure_cli::APP_ID});
        for how in [How::AzureCli, How::AccessToken] {
            let notes = signed_in(how, &person).notes().join(" ");
            assert!(notes.contains("Azure CLI") && notes.contains("DeviceManagement") && notes.contains("--device-code"), "{notes}");
        }
        let service_principal = json!({"idtyp": "app", "roles": ["DeviceManagementRBAC.Read.All"]});
        assert!(signed_in(How::AzureCli, &service_principal).notes().is_empty());
        let reader = json!({"scp": "DeviceManagementRBAC.Read.All"});
        assert!(signed_in(How::DeviceCode, &reader).notes().join(" ").contains("Intune role"));
        assert!(signed_in(How::ManagedIdentity, &json!({"idtyp": "app"})).notes().join(" ").contains("no application permissions"));
        assert!(signed_in(How::AccessToken, &json!({})).notes().is_empty());
    }

    proptest! {
        #[test]
        fn any_claims_are_read_without_panic(text in any::<String>(), number in any::<u64>()) {
            let claims = json!({"tid": text, "scp": text, "roles": text, "idtyp": number, "appid": [text]});
            let _ = signed_in(How::AzureCli, &claims).notes();
        }
    }
}
