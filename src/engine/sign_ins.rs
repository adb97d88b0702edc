//! Sign-ins of service principals and managed identities where they lie: the query that counts them per application, credential,
//! address and resource, as they are counted when Graph is asked for them.

use super::source::Within;

/// Which sign-ins a table holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SignInTable {
    /// `AADServicePrincipalSignInLogs`.
    ServicePrincipal,
    /// `AADManagedIdentitySignInLogs`. Microsoft signs these in itself, mostly without an address.
    ManagedIdentity,
}

impl SignInTable {
    /// Both.
    pub const ALL: [Self; 2] = [Self::ServicePrincipal, Self::ManagedIdentity];

    /// Name of the table.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ServicePrincipal => "AADServicePrincipalSignInLogs",
            Self::ManagedIdentity => "AADManagedIdentitySignInLogs",
        }
    }

    /// The lines that give its sign-ins. Columns that not every workspace has may be missing.
    fn records(self) -> Vec<String> {
        let kind = match self {
            Self::ServicePrincipal => r#"tostring(column_ifexists("ClientCredentialType", ""))"#,
            Self::ManagedIdentity => r#""managedIdentity""#,
        };
        vec![
            self.name().to_owned(),
            "| where TimeGenerated >= Start and TimeGenerated < End".to_owned(),
            "| project Time = bin(TimeGenerated, 1s), Id, AppId = tolower(AppId), ServicePrincipalId = tolower(ServicePrincipalId),"
                .to_owned(),
            format!("    CredentialType = {kind}, CredentialKeyId = tolower(ServicePrincipalCredentialKeyId),"),
            r#"    FederatedCredentialId = tolower(tostring(column_ifexists("FederatedCredentialId", ""))),"#.to_owned(),
            "    Resource = tolower(ResourceIdentity), Address = IPAddress, Succeeded = ResultType == \"0\"".to_owned(),
        ]
    }
}

/// The query over these tables; with more than one, a table that is not there is passed over.
#[must_use]
pub fn sign_ins(tables: &[SignInTable], within: Within) -> String {
    let mut lines: Vec<String> = within.lines().into();
    match tables {
        [one] => lines.extend(one.records()),
        several => {
            lines.push("union isfuzzy=true".to_owned());
            let last = several.len().saturating_sub(1);
            for (at, table) in several.iter().enumerate() {
                lines.push(format!("({}){}", table.records().join("\n"), if at < last { "," } else { "" }));
            }
        }
    }
    let key = "AppId, ServicePrincipalId, CredentialType, CredentialKeyId, FederatedCredentialId, Resource, Address";
    lines.push("// A sign-in that was delivered twice has its id twice.".to_owned());
    lines.push(format!("| summarize by Id, Time, Succeeded, {key}"));
    lines.push(
        "| summarize Succeeded = countif(Succeeded), Failed = countif(not(Succeeded)), First = min(Time), Last = max(Time)".to_owned(),
    );
    lines.push(format!("    by {key}"));
    lines.join("\n") + "\n"
}
