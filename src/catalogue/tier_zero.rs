//! Permissions and roles with which a tenant can be taken over, from `rules/catalogue/tier-zero.toml`.

use super::Error;
use super::sources::{Checked, parse};
use crate::snapshot::{AppRoleId, is_guid};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

const FILE: &str = "tier-zero.toml";

/// Something with which its holder can take over the tenant.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TierZero {
    /// Id of the app role on Microsoft Graph, or of the template of a directory role, which is the same in every tenant; lower case.
    pub id: AppRoleId,
    /// Its name.
    pub name: String,
    /// Key of the source that says so, see [`super::Catalogue::source`].
    pub source: String,
    /// Key of the source of the id, where it is another one.
    pub id_source: Option<String>,
    /// How.
    pub note: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) sources: BTreeMap<String, String>,
    /// Application permissions of Microsoft Graph.
    #[serde(rename = "permission")]
    pub(super) permissions: Vec<TierZero>,
    /// Directory roles.
    #[serde(rename = "role")]
    pub(super) roles: Vec<TierZero>,
}

/// Reads and checks the file.
pub(super) fn load(text: &str) -> Result<File, Error> {
    let file: File = parse(FILE, text)?;
    let mut checked = Checked::new(FILE, &file.sources);
    let mut seen = BTreeSet::new();
    for entry in file.permissions.iter().chain(&file.roles) {
        checked.cite(&entry.source)?;
        entry.id_source.iter().try_for_each(|source| checked.cite(source))?;
        checked.require(is_guid(entry.id.as_str()), || format!("not an id: {}", entry.id))?;
        let new = seen.insert(entry.id.as_str()) && seen.insert(&entry.name);
        checked.require(new, || format!("is there twice: {}", entry.name))?;
    }
    checked.finish()?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::super::Catalogue;
    use super::*;

    #[test]
    fn what_takes_over_a_tenant_is_known_by_id_and_brings_nobody_into_scope() {
        let catalogue = Catalogue::builtin().unwrap();
        let scope = catalogue.scope_app_roles();
        let application = AppRoleId::new("1BFEFB4E-E0B5-418B-A88F-73C46D2CC8E9");
        assert_eq!(catalogue.tier_zero_permission(&application).unwrap().name, "Application.ReadWrite.All");
        assert!(!scope.contains(&application) && catalogue.permission(&application).is_none());
        assert!(catalogue.tier_zero_permission(&"19dbc75e-c2e2-444c-a770-ec69d8559fc7".into()).is_none(), "Directory.ReadWrite.All");
        for escalating in catalogue.permissions().filter(|permission| permission.escalation) {
            assert_eq!(catalogue.tier_zero_permission(&escalating.id).map(|found| &found.name), Some(&escalating.name));
        }
    }

    #[test]
    fn a_role_is_known_by_its_template_or_by_its_name() {
        let catalogue = Catalogue::builtin().unwrap();
        let role = |id: &str, name: Option<&str>| catalogue.tier_zero_role(id, name).map(|role| role.name.as_str());
        assert_eq!(role("62E90394-69f5-4237-9190-012177145e10", None), Some("Global Administrator"));
        assert_eq!(role("not-the-template", Some("intune administrator")), Some("Intune Administrator"));
        assert_eq!(role("f2ef992c-3afb-46b9-b7cf-a126ee74c451", Some("Global Reader")), None);
    }

    #[test]
    fn a_file_that_contradicts_itself_is_refused() {
        let text = include_str!("../../rules/catalogue/tier-zero.toml");
        assert!(load(text).is_ok());
        for (from, to) in [
            ("62e90394-69f5-4237-9190-012177145e10", "e8611ab8-c189-46e8-94e1-60213ab1f814"),
            ("62e90394-69f5-4237-9190-012177145e10", "none"),
            ("source = \"ASSESS\"", "source = \"TIER\""),
            ("source = \"ASSESS\"", "source = \"NOBODY\""),
        ] {
            assert!(load(&text.replace(from, to)).is_err(), "{to}");
        }
    }
}
