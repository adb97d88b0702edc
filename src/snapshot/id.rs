//! Identifiers of directory objects. Graph writes GUIDs in any letter case; here they are compared in lower case,
//! and each kind has its own type, because an application's object id and its app id are easily mixed up.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! ids {
    ($($(#[$about:meta])* $name:ident;)*) => {$(
        $(#[$about])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(from = "String")]
        pub struct $name(String);

        impl $name {
            /// Takes an id as the source wrote it; keeps it trimmed and in lower case.
            #[must_use]
            pub fn new(id: &str) -> Self {
                Self(id.trim().to_lowercase())
            }

            /// The id in lower case.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<String> for $name {
            fn from(id: String) -> Self {
                Self::new(&id)
            }
        }

        impl From<&str> for $name {
            fn from(id: &str) -> Self {
                Self::new(id)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str(&self.0)
            }
        }
    )*};
}

ids! {
    /// Directory object id of a service principal (`servicePrincipal.id`).
    ServicePrincipalId;
    /// Directory object id of an application (`application.id`), not its app id.
    ApplicationId;
    /// The id that a service principal and its application share (`appId`, also called client id).
    AppId;
    /// Id of an access policy (`operationApprovalPolicy.id`).
    PolicyId;
    /// Id of an approval request (`operationApprovalRequest.id`); the approval code is the same GUID.
    RequestId;
    /// Id of an app role, that is of an application permission (`appRole.id`).
    AppRoleId;
    /// Directory object id of a group.
    GroupId;
    /// Id of a directory (`tenantId`).
    TenantId;
}

/// Says whether `text` has the form of a GUID: 8-4-4-4-12 hexadecimal digits, any letter case, no braces.
#[must_use]
pub fn is_guid(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 36
        && bytes.iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_compare_without_letter_case() {
        assert_eq!(AppId::new(" AbC "), AppId::new("abc"));
        let read: AppId = serde_json::from_str("\"ABC\"").unwrap();
        assert_eq!(read.as_str(), "abc");
    }

    #[test]
    fn guids_are_told_from_other_text() {
        assert!(is_guid("9A5d68dd-52b0-4cc2-bd40-abcf44ac3a30"));
        for other in
            ["", "9a5d68dd52b04cc2bd40abcf44ac3a30", "{9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30}", "9a5d68dd-52b0-4cc2-bd40-abcf44ac3a3g"]
        {
            assert!(!is_guid(other), "{other}");
        }
    }
}
