//! Where the logs lie inside an engine, and how a record looks there.

use crate::graph::Span;
use chrono::{DateTime, SecondsFormat, Utc};

/// The category of the logs, and the name of their table in Log Analytics.
pub(super) const CATEGORY: &str = "MicrosoftGraphActivityLogs";

/// How records lie in a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    /// One row a record with typed columns, as in Log Analytics and Sentinel, and as a workspace looks from Azure Data Explorer.
    Columns,
    /// One row an event of an event hub: a dynamic column, often `Records`, with the array of records that came in it.
    Records {
        /// The dynamic column.
        column: String,
    },
    /// One row a record: `category` and the dynamic column `properties`.
    Properties,
    /// As `Properties`, in an external table over the blobs of a storage account with a virtual column `Hour`.
    Blobs,
}

/// A table and how records lie in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    table: String,
    shape: Shape,
}

/// A name that cannot stand in a query.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a name of a table or column: {name}\nhint: names are letters, digits and underscores, and begin with a letter or underscore")]
pub struct NotAName {
    name: String,
}

impl Source {
    /// A table of this name, which must be letters, digits and underscores, as must be that of a column.
    ///
    /// # Errors
    /// [`NotAName`]: anything else could end its place in the query.
    pub fn new(table: &str, shape: Shape) -> Result<Self, NotAName> {
        check(table)?;
        if let Shape::Records { column } = &shape {
            check(column)?;
        }
        Ok(Self { table: table.to_owned(), shape })
    }

    /// The table that diagnostic settings fill in a Log Analytics workspace.
    #[must_use]
    pub fn log_analytics() -> Self {
        Self { table: CATEGORY.to_owned(), shape: Shape::Columns }
    }

    /// Name of the table.
    #[must_use]
    pub fn table(&self) -> &str {
        &self.table
    }

    /// The lines of a query that give its records with the columns of Log Analytics, and with `TokenKind`.
    pub(super) fn records(&self) -> Vec<String> {
        let table = &self.table;
        let in_span = "| where TimeGenerated >= Start and TimeGenerated < End".to_owned();
        if self.shape == Shape::Columns {
            return vec![table.clone(), in_span, r#"| extend TokenKind = """#.to_owned()];
        }
        let outer =
            |time: &str, address: &str, status: &str| format!("| extend Arrived = {time}, CallerAddress = {address}, Signature = {status}");
        let mut lines = match &self.shape {
            Shape::Records { column } => vec![
                table.clone(),
                format!("| mv-expand Record = {column} to typeof(dynamic)"),
                format!(r#"| where {} =~ "{CATEGORY}""#, either("Record", "category")),
                r#"| extend Members = coalesce(Record["properties"], Record["Properties"])"#.to_owned(),
                outer(&either("Record", "time"), &either("Record", "callerIpAddress"), &either("Record", "resultSignature")),
            ],
            Shape::Blobs => vec![
                format!(r#"external_table("{table}")"#),
                "| where Hour >= startofday(Start) and Hour < End".to_owned(),
                format!(r#"| where category =~ "{CATEGORY}""#),
                "| extend Members = properties".to_owned(),
                outer(r#"tostring(["time"])"#, "callerIpAddress", "resultSignature"),
            ],
            Shape::Columns | Shape::Properties => vec![
                table.clone(),
                format!(r#"| where category =~ "{CATEGORY}""#),
                "| extend Members = properties".to_owned(),
                outer(r#""""#, r#""""#, r#""""#),
            ],
        };
        lines.extend(properties());
        lines.push(in_span);
        lines
    }
}

/// Takes the columns out of `Members`, in which both spellings occur (facts/graph.md section 5).
fn properties() -> Vec<String> {
    let one = |name: &str| either("Members", name);
    vec![
        format!("| extend TimeGenerated = todatetime(coalesce({}, Arrived))", one("timeGenerated")),
        format!("| extend RequestId = {}, AppId = {}", one("requestId"), one("appId")),
        format!("| extend ServicePrincipalId = {}, UserId = {}", one("servicePrincipalId"), one("userId")),
        format!("| extend TokenKind = coalesce({}, {})", r#"tostring(Members["C_Idtyp"])"#, r#"tostring(Members["c_Idtyp"])"#),
        format!("| extend RequestMethod = {}, RequestUri = {}", one("requestMethod"), one("requestUri")),
        format!("| extend ResponseStatusCode = toint(coalesce({}, Signature))", one("responseStatusCode")),
        format!("| extend ClientAuthMethod = {}, UserAgent = {}", one("clientAuthMethod"), one("userAgent")),
        format!("| extend IPAddress = coalesce({}, {}, CallerAddress)", one("ipAddress"), r#"tostring(Members["IPAddress"])"#),
    ]
}

/// A member as text, by its name in camel case or in Pascal case.
fn either(of: &str, name: &str) -> String {
    let mut letters = name.chars();
    let pascal: String = letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect();
    format!(r#"coalesce(tostring({of}["{name}"]), tostring({of}["{pascal}"]))"#)
}

pub(super) fn check(name: &str) -> Result<(), NotAName> {
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let begins = name.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '_');
    if begins && plain(name) && name.len() <= 128 {
        return Ok(());
    }
    let shown: String = name.chars().filter(|letter| !letter.is_control()).take(60).collect();
    Err(NotAName { name: shown })
}

/// Which time a query looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Within {
    /// A fixed span.
    Span(Span),
    /// The last days before the query runs.
    Days(u32),
}

impl Within {
    /// The lines that name the span.
    pub(super) fn lines(self) -> [String; 2] {
        let time = |time: DateTime<Utc>| format!("datetime({})", time.to_rfc3339_opts(SecondsFormat::AutoSi, true));
        let (from, to) = match self {
            Self::Span(span) => (time(span.from), time(span.to)),
            Self::Days(days) => (format!("ago({days}d)"), "now()".to_owned()),
        };
        [format!("let Start = {from};"), format!("let End = {to};")]
    }
}

/// Texts as a list inside a query. Only what can stand in an id or a word stays, so that none can end its place.
pub(super) fn listed<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let quoted = texts.into_iter().map(|text| {
        let plain: String = text.chars().filter(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '.' | '_')).collect();
        format!(r#""{plain}""#)
    });
    format!("dynamic([{}])", quoted.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_end_its_place() {
        for bad in ["", "a b", "a\"b", "a;b", "7a", "a\u{1b}b", "a'b", "a)b", "a|b"] {
            assert!(Source::new(bad, Shape::Columns).is_err(), "{bad}");
            assert!(Source::new("T", Shape::Records { column: bad.into() }).is_err(), "{bad}");
        }
        assert!(Source::new("_Graph_2", Shape::Properties).is_ok());
        assert_eq!(listed(["a\"]); .drop", "B-7"]), r#"dynamic(["a.drop", "B-7"])"#);
    }
}
