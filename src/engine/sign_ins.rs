//! Sign-ins of service principals and managed identities where they lie: the query that counts them per application, credential,
//! address and resource, as they are counted when Graph is asked for them.

use super::run::Counts;
use super::source::Within;
use crate::graph::Table;
use crate::snapshot::{AppId, LogFault, LogReading, ServicePrincipalId, SignInKey, SignInSummary};
use chrono::{DateTime, SubsecRound};
use serde_json::Value;
use std::collections::BTreeMap;

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

/// Columns of the answer that are read.
const COLUMNS: [&str; 11] = [
    "AppId",
    "ServicePrincipalId",
    "CredentialType",
    "CredentialKeyId",
    "FederatedCredentialId",
    "Resource",
    "Address",
    "Succeeded",
    "Failed",
    "First",
    "Last",
];

/// What stands in the place of a key that was not used.
const NO_KEY: &str = "00000000-0000-0000-0000-000000000000";

/// What the answers so far say.
#[derive(Debug)]
pub(super) struct SignIns {
    found: BTreeMap<SignInKey, SignInSummary>,
    pub(super) reading: LogReading,
}

impl SignIns {
    pub(super) fn new(source: String) -> Self {
        Self { found: BTreeMap::new(), reading: LogReading { source, ..LogReading::default() } }
    }

    pub(super) fn finish(mut self) -> (Vec<SignInSummary>, LogReading) {
        self.reading.first = self.found.values().map(|summary| summary.first).min();
        self.reading.last = self.found.values().map(|summary| summary.last).max();
        self.reading.records = self.found.values().map(|summary| summary.succeeded + summary.failed).sum();
        (self.found.into_values().collect(), self.reading)
    }

    fn row(&mut self, row: &[Option<&Value>; COLUMNS.len()], from: &str) {
        let [app, principal, kind, key, federated, resource, address, succeeded, failed, first, last] = *row;
        let text =
            |value: Option<&Value>| value.and_then(Value::as_str).filter(|text| !text.is_empty() && *text != NO_KEY).map(str::to_owned);
        let number = |value: Option<&Value>| value.and_then(Value::as_u64).unwrap_or_default();
        let time = |value: Option<&Value>| DateTime::parse_from_rfc3339(value?.as_str()?).ok().map(|time| time.to_utc().trunc_subsecs(0));
        let counted = number(succeeded) + number(failed);
        let Some(app_id) = text(app).map(AppId::from) else { return self.reading.fault(LogFault::NoApplication, counted, from) };
        let (Some(first), Some(last)) = (time(first), time(last)) else { return self.reading.fault(LogFault::NoTime, counted, from) };
        let key = SignInKey {
            app_id,
            service_principal: text(principal).map(ServicePrincipalId::from),
            credential_type: text(kind),
            credential_key_id: text(key),
            federated_credential: text(federated),
            resource: text(resource),
            address: text(address),
        };
        let there = self.found.entry(key.clone()).or_insert(SignInSummary { key, succeeded: 0, failed: 0, first, last });
        there.succeeded += number(succeeded);
        there.failed += number(failed);
        (there.first, there.last) = (there.first.min(first), there.last.max(last));
    }
}

impl Counts for SignIns {
    fn add(&mut self, table: &Table, from: &str) {
        let places = COLUMNS.map(|name| table.columns.iter().position(|column| column == name));
        if let Some((missing, _)) = COLUMNS.iter().zip(&places).find(|(_, place)| place.is_none()) {
            return self.reading.fault(LogFault::NoColumn, 1, &format!("{from}: {missing}"));
        }
        for values in &table.rows {
            self.row(&places.map(|place| place.and_then(|place| values.get(place))), from);
        }
    }

    fn reading(&mut self) -> &mut LogReading {
        &mut self.reading
    }
}
