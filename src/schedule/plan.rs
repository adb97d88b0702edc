//! What is to be run and where: plain values, checked once.

use super::{Platform, Refused, When};

/// The least grave finding that makes a run end with status 1, as `--fail-on` of `scan` takes it: `new:high`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailOn(String);

impl FailOn {
    /// Reads `low`, `medium`, `high` or `critical`, each also with `new:` before it, or `never`.
    ///
    /// # Errors
    /// [`Refused`] for anything else.
    pub fn parse(text: &str) -> Result<Self, Refused> {
        let severity = text.strip_prefix("new:").unwrap_or(text);
        if matches!(severity, "low" | "medium" | "high" | "critical") || text == "never" {
            return Ok(Self(text.to_owned()));
        }
        Err(Refused::new(
            format!("no such severity: {text}"),
            "severities are: low, medium, high, critical, each also with new: before it; or never",
        ))
    }

    /// What speaks up where no severity was named.
    fn usual() -> Self {
        Self("new:high".to_owned())
    }
}

/// How much of the store is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// The last so many runs.
    Runs(u32),
    /// The runs of the last so many days.
    Days(u32),
}

/// A cloud that is not the global one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cloud {
    /// As `--cloud` takes it.
    pub name: String,
    /// As `az cloud set` takes it.
    pub azure_cli: String,
    /// Where its Microsoft Graph is: `https://graph.microsoft.us`.
    pub graph: String,
}

/// An application permission on Microsoft Graph that a run needs to be whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// Id of the app role.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// The run and its place. What is none and cannot be known becomes a placeholder (`REPLACE_…`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// When it starts.
    pub when: When,
    /// How much of the store is kept.
    pub keep: Keep,
    /// What ends with status 1; none is `new:high`, or nothing where the platform knows no such status.
    pub fail_on: Option<FailOn>,
    /// Whether a run that could not read everything counts as done.
    pub allow_incomplete: bool,
    /// Folder of the store, on a machine of the user's.
    pub store: Option<String>,
    /// Path of the program, on a machine of the user's.
    pub binary: Option<String>,
    /// The image that holds the program.
    pub image: Option<String>,
    /// Directory (tenant) id, or a domain of the tenant.
    pub tenant: Option<String>,
    /// App id of the application that signs in.
    pub client: Option<String>,
    /// Name of the storage account that keeps the store for machines that are thrown away.
    pub storage_account: Option<String>,
    /// The cloud, if it is not the global one.
    pub cloud: Option<Cloud>,
    /// What the sign-in must be granted.
    pub roles: Vec<Role>,
}

impl Plan {
    /// A plan in which nothing is known but the time.
    #[must_use]
    pub fn new(when: When) -> Self {
        Self {
            when,
            keep: Keep::Runs(52),
            fail_on: None,
            allow_incomplete: false,
            store: None,
            binary: None,
            image: None,
            tenant: None,
            client: None,
            storage_account: None,
            cloud: None,
            roles: Vec::new(),
        }
    }

    /// Refuses what the platform has no place for, and ids, images and accounts that cannot be any.
    pub(super) fn check(&self, platform: Platform) -> Result<(), Refused> {
        let given = [
            ("--store", self.store.is_some(), store_belongs(platform)),
            ("--binary", self.binary.is_some(), binary_belongs(platform)),
            ("--image", self.image.is_some(), image_belongs(platform)),
            ("--tenant", self.tenant.is_some(), tenant_belongs(platform)),
            ("--client", self.client.is_some(), client_belongs(platform)),
            ("--storage-account", self.storage_account.is_some(), account_belongs(platform)),
        ];
        for (option, is_given, belongs) in given {
            if let (true, Err(why)) = (is_given, belongs) {
                return Err(Refused::new(format!("{option} has no place in the files for {}", platform.name()), why));
            }
        }
        check(
            self.tenant.as_deref(),
            is_tenant,
            "--tenant is neither a GUID nor a domain name",
            "copy the directory (tenant) id from Entra ID",
        )?;
        check(self.client.as_deref(), is_guid, "--client is no GUID", "copy the application (client) id from Entra ID")?;
        check(
            self.image.as_deref(),
            is_image,
            "--image is no name of an image",
            "write it as registry.example/maascan:1 or with @sha256:…",
        )?;
        let account = "write the name of the storage account: 3 to 24 small letters and digits";
        check(self.storage_account.as_deref(), is_storage_account, "--storage-account is no name of a storage account", account)
    }

    /// The arguments of `maascan` for a store in `store`. `usual` says whether status 1 is asked for if the user said nothing.
    pub(super) fn arguments(&self, store: &str, usual: bool) -> Vec<String> {
        let mut arguments = vec!["scan".to_owned(), "--store".to_owned(), store.to_owned()];
        let (option, number) = match self.keep {
            Keep::Runs(runs) => ("--keep", runs),
            Keep::Days(days) => ("--keep-days", days),
        };
        arguments.extend([option.to_owned(), number.to_string()]);
        if let Some(FailOn(severity)) = self.fail_on.clone().or_else(|| usual.then(FailOn::usual)) {
            arguments.extend(["--fail-on".to_owned(), severity]);
        }
        if let Some(cloud) = &self.cloud {
            arguments.extend(["--cloud".to_owned(), cloud.name.clone()]);
        }
        arguments.extend(self.allow_incomplete.then(|| "--allow-incomplete".to_owned()));
        arguments
    }

    pub(super) fn tenant(&self) -> &str {
        self.tenant.as_deref().unwrap_or("REPLACE_TENANT_ID")
    }

    pub(super) fn client(&self) -> &str {
        self.client.as_deref().unwrap_or("REPLACE_CLIENT_ID")
    }

    pub(super) fn image(&self) -> &str {
        self.image.as_deref().unwrap_or("REPLACE_IMAGE")
    }

    pub(super) fn storage_account(&self) -> &str {
        self.storage_account.as_deref().unwrap_or("REPLACE_STORAGE_ACCOUNT")
    }

    /// The name that `az cloud set` takes.
    pub(super) fn azure_cloud(&self) -> &str {
        self.cloud.as_ref().map_or("AzureCloud", |cloud| &cloud.azure_cli)
    }

    /// Where Microsoft Graph is.
    pub(super) fn graph(&self) -> &str {
        self.cloud.as_ref().map_or("https://graph.microsoft.com", |cloud| &cloud.graph)
    }
}

fn check(value: Option<&str>, fits: fn(&str) -> bool, what: &str, hint: &str) -> Result<(), Refused> {
    if value.is_none_or(fits) { Ok(()) } else { Err(Refused::new(what, hint)) }
}

type Belongs = Result<(), &'static str>;

fn store_belongs(platform: Platform) -> Belongs {
    match platform {
        Platform::Systemd | Platform::Cron | Platform::Windows | Platform::Launchd => Ok(()),
        Platform::Github | Platform::AzureDevops => {
            Err("its machine is thrown away after the run: the store is a blob in the account of --storage-account")
        }
        Platform::Kubernetes => Err("the store is the volume claim maascan-store, mounted at /store"),
        Platform::ContainerApps => Err("the store is a share of Azure Files, mounted at /store"),
    }
}

fn binary_belongs(platform: Platform) -> Belongs {
    match platform {
        Platform::Systemd | Platform::Cron | Platform::Windows | Platform::Launchd => Ok(()),
        Platform::Github | Platform::AzureDevops => Err("its machine is new each time: the program is fetched from beside the store"),
        Platform::Kubernetes | Platform::ContainerApps => Err("the program is in the image: --image"),
    }
}

fn image_belongs(platform: Platform) -> Belongs {
    match platform {
        Platform::Kubernetes | Platform::ContainerApps => Ok(()),
        Platform::Github | Platform::AzureDevops => Err("no container is run: the program is fetched from beside the store"),
        _ => Err("no container is run: name the program with --binary"),
    }
}

fn tenant_belongs(platform: Platform) -> Belongs {
    if platform == Platform::AzureDevops { Err("the service connection names the tenant") } else { Ok(()) }
}

fn client_belongs(platform: Platform) -> Belongs {
    match platform {
        Platform::AzureDevops => Err("the service connection names the application"),
        Platform::ContainerApps => Err("install.sh makes the managed identity that signs in"),
        _ => Ok(()),
    }
}

fn account_belongs(platform: Platform) -> Belongs {
    match platform {
        Platform::Github | Platform::AzureDevops | Platform::ContainerApps => Ok(()),
        _ => Err("the store is a folder: --store, or the volume claim of Kubernetes"),
    }
}

/// The letters of GUIDs and domain names, as the sign-in takes them.
fn is_tenant(text: &str) -> bool {
    let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'));
    plain && text.len() <= 253 && text.starts_with(|letter: char| letter.is_ascii_alphanumeric())
}

fn is_guid(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12]) && parts.iter().all(|part| part.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn is_image(text: &str) -> bool {
    let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b'/' | b':' | b'@'));
    plain && text.len() <= 512 && text.starts_with(|letter: char| letter.is_ascii_alphanumeric())
}

fn is_storage_account(text: &str) -> bool {
    (3..=24).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}
