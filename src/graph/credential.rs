//! Where the sign-in comes from: variables of the environment, read through a function so that tests need none.

use super::Error;
use super::jwt::is_guid;
use secrecy::SecretString;
use std::fmt;

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
}

impl fmt::Debug for Credential {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |value: &str| if is_guid(value) { value.to_owned() } else { "***".to_owned() };
        match self {
            Self::AccessToken { tenant, .. } => {
                out.debug_struct("AccessToken").field("token", &"***").field("tenant", &tenant.as_deref().map(shown)).finish()
            }
            Self::ClientSecret { tenant, client_id, .. } => out
                .debug_struct("ClientSecret")
                .field("tenant", &shown(tenant))
                .field("client_id", &shown(client_id))
                .field("secret", &"***")
                .finish(),
        }
    }
}

const TOKEN: &str = "MAASCAN_ACCESS_TOKEN";
const TENANT: &str = "AZURE_TENANT_ID";
const CLIENT: &str = "AZURE_CLIENT_ID";
const SECRET: &str = "AZURE_CLIENT_SECRET";

impl Credential {
    /// The first sign-in that is configured: `MAASCAN_ACCESS_TOKEN`, else `AZURE_TENANT_ID`, `AZURE_CLIENT_ID` and
    /// `AZURE_CLIENT_SECRET`. `lookup` gives the value of a variable; an empty value counts as unset.
    ///
    /// # Errors
    /// [`Error::Settings`] that names the variables that are missing, or a tenant that is neither GUID nor domain name.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let value = |name: &str| lookup(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        let tenant = value(TENANT).map(checked_tenant).transpose()?;
        if let Some(token) = value(TOKEN) {
            return Ok(Self::AccessToken { token: token.into(), tenant });
        }
        match (tenant, value(CLIENT), value(SECRET)) {
            (Some(tenant), Some(client_id), Some(secret)) => Ok(Self::ClientSecret { tenant, client_id, secret: secret.into() }),
            (tenant, client, secret) => Err(missing(&[(TENANT, tenant.is_some()), (CLIENT, client.is_some()), (SECRET, secret.is_some())])),
        }
    }
}

fn missing(variables: &[(&str, bool)]) -> Error {
    let names: Vec<&str> = variables.iter().filter(|(_, set)| !set).map(|(name, _)| *name).collect();
    if names.len() == variables.len() {
        return Error::settings(
            format!("no sign-in is configured: {TOKEN} is not set, nor are {}", names.join(", ")),
            format!("set {TOKEN}, or all of {}", names.join(", ")),
        );
    }
    Error::settings(format!("sign-in is not complete, not set: {}", names.join(", ")), format!("set what is missing, or {TOKEN} instead"))
}

/// The tenant becomes part of a URL, so only the letters of GUIDs and domain names are taken.
fn checked_tenant(tenant: String) -> Result<String, Error> {
    let plain = tenant.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '.'));
    if plain && tenant.chars().any(|letter| letter.is_ascii_alphanumeric()) {
        return Ok(tenant);
    }
    // The value is not shown: variables get mixed up, and then it is the secret.
    Err(Error::settings(
        format!("{TENANT} is neither a GUID nor a domain name, such as contoso.onmicrosoft.com"),
        "copy the directory (tenant) id from the overview page of Entra ID",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    fn from(variables: &[(&str, &str)]) -> Result<Credential, Error> {
        Credential::from_lookup(|name| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn a_token_comes_before_a_secret() {
        let all = [(TOKEN, "tok\n"), (TENANT, "t"), (CLIENT, "c"), (SECRET, "s")];
        let Credential::AccessToken { token, tenant } = from(&all).unwrap() else { panic!("not the token") };
        assert_eq!((token.expose_secret(), tenant.as_deref()), ("tok", Some("t")));
        assert!(matches!(from(&all[1..]).unwrap(), Credential::ClientSecret { .. }));
    }

    #[test]
    fn what_is_missing_is_named_and_nothing_else() {
        let error = from(&[(TENANT, "t"), (SECRET, "hunter2hunter2"), (CLIENT, " ")]).unwrap_err().to_string();
        assert!(error.starts_with("sign-in is not complete, not set: AZURE_CLIENT_ID\nhint: "), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
        let error = from(&[]).unwrap_err().to_string();
        for name in [TOKEN, TENANT, CLIENT, SECRET] {
            assert!(error.contains(name), "{error}");
        }
    }

    #[test]
    fn a_tenant_cannot_change_the_url() {
        for bad in ["../x", "a/b", "a?b", "..", "a b"] {
            assert!(from(&[(TENANT, bad), (CLIENT, "c"), (SECRET, "s")]).is_err(), "{bad}");
        }
        assert!(from(&[(TENANT, "contoso.onmicrosoft.com"), (CLIENT, "c"), (SECRET, "s")]).is_ok());
    }

    #[test]
    fn a_secret_in_the_wrong_variable_is_not_shown() {
        let error = from(&[(TENANT, "hunter2~hunter2"), (CLIENT, "c"), (SECRET, "s")]).unwrap_err().to_string();
        assert!(error.contains("GUID") && error.contains("domain name") && !error.contains("hunter2"), "{error}");
    }

    #[test]
    fn secrets_print_as_stars() {
        let swapped = vec![(TENANT, "hunter2hunter2"), (CLIENT, "hunter2hunter2"), (SECRET, "c")];
        for variables in [vec![(TOKEN, "hunter2hunter2")], vec![(TENANT, "t"), (CLIENT, "c"), (SECRET, "hunter2hunter2")], swapped] {
            let shown = format!("{:?} {:#?}", from(&variables).unwrap(), from(&variables).unwrap());
            assert!(shown.contains("***") && !shown.contains("hunter2"), "{shown}");
        }
    }
}
