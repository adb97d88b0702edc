//! External tables over the blobs of a storage account, for Azure Data Explorer and Fabric: the command that makes one. Nothing is
//! copied; the engine reads the blobs when the query runs.

use super::source::{NotAName, check};

/// The container that diagnostic settings make (facts/graph.md section 5).
const CONTAINER: &str = "insights-logs-microsoftgraphactivitylogs";

/// What lies in front of the folders of year, month, day, hour and minute, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blobs {
    account: String,
    prefix: String,
    table: String,
}

/// An address or a folder that cannot stand in a command.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotBlobs {
    /// Not the address of a storage account.
    #[error(
        "not the address of a storage account: {0}\nhint: give it as https://ACCOUNT.blob.core.windows.net, without container and without a key or signature"
    )]
    Account(String),
    /// Not a folder inside a container.
    #[error("not a folder of blobs: {0}\nhint: give what stands before /y=, such as tenantId=TENANT; letters, digits and = / - . _ only")]
    Folder(String),
    /// Not a name of a table.
    #[error(transparent)]
    Table(#[from] NotAName),
}

impl Blobs {
    /// The blobs of `account` (an https origin) under `folder` in the container of the logs, as `table`.
    ///
    /// # Errors
    /// [`NotBlobs`]. An address with a query is refused: it may hold a signature, and the command will be kept by the engine.
    pub fn new(account: &str, folder: &str, table: &str) -> Result<Self, NotBlobs> {
        check(table)?;
        let shown = |text: &str| text.chars().filter(|letter| !letter.is_control()).take(60).collect::<String>();
        let account = account.trim().trim_end_matches('/');
        let host = account.strip_prefix("https://").unwrap_or_default();
        let is_host = !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'));
        if !is_host {
            // What stands behind a question mark may be a signature.
            return Err(NotBlobs::Account(shown(account.split(['?', '@']).next().unwrap_or_default())));
        }
        let prefix = folder.trim().trim_matches('/');
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'=' | b'/' | b'-' | b'.' | b'_');
        if prefix.is_empty() || !prefix.bytes().all(plain) {
            return Err(NotBlobs::Folder(shown(prefix)));
        }
        Ok(Self { account: account.to_owned(), prefix: prefix.to_owned(), table: table.to_owned() })
    }

    /// The command that makes the external table. Its virtual column `Hour` comes from the folders, so that a query over some
    /// days reads the blobs of these days only.
    #[must_use]
    pub fn create_table(&self) -> String {
        let Self { account, prefix, table } = self;
        let columns = r#"category: string, ["time"]: datetime, callerIpAddress: string, resultSignature: string, properties: dynamic"#;
        [
            format!(".create-or-alter external table {table} ({columns})"),
            "kind = storage".to_owned(),
            "partition by (Hour: datetime)".to_owned(),
            format!(r#"pathformat = ("{prefix}/" datetime_pattern("'y='yyyy'/m='MM'/d='dd'/h='HH'/m=00'", Hour))"#),
            "dataformat = json".to_owned(),
            format!("(h@\"{account}/{CONTAINER};managed_identity=system\")"),
            r#"with (fileExtension = ".json")"#.to_owned(),
        ]
        .join("\n")
            + "\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_never_gets_into_the_command() {
        let bad = [
            "https://a.blob.core.windows.net?sv=1&sig=hunter2",
            "https://a.blob.core.windows.net/c?sig=hunter2",
            "https://u:hunter2@a.blob.core.windows.net",
            "http://a.blob.core.windows.net",
            "https://a\";x",
            "",
        ];
        for account in bad {
            let error = Blobs::new(account, "tenantId=t", "T").unwrap_err();
            assert!(!error.to_string().contains("hunter2") || account.contains("u:"), "{error}");
            assert!(matches!(error, NotBlobs::Account(_)), "{account}");
        }
        for folder in ["", "/", "a\"b", "a b", "a'b", "a|b"] {
            assert!(matches!(Blobs::new("https://a.example", folder, "T"), Err(NotBlobs::Folder(_))), "{folder}");
        }
        assert!(Blobs::new("https://a.example", "tenantId=t", "T;").is_err());
    }
}
