//! Application permissions that write Intune, from `rules/catalogue/permissions.toml`.

use super::sources::{Checked, parse};
use super::{Error, Workload};
use crate::snapshot::{AppRoleId, is_guid};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

const FILE: &str = "permissions.toml";

/// An application permission of Microsoft Graph that writes Intune, or leads to one.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Permission {
    /// Id of the app role.
    pub id: AppRoleId,
    /// Name, such as `DeviceManagementApps.ReadWrite.All`.
    pub name: String,
    /// Workloads that it writes: a holder is an automation for them.
    pub primary: BTreeSet<Workload>,
    /// Workloads that only some source lists for it: these count together with evidence, never alone.
    pub possible: BTreeSet<Workload>,
    /// Whether its holder can grant itself any permission or role.
    pub escalation: bool,
    /// Key of the source, see [`super::Catalogue::source`].
    pub source: String,
    /// What else is to be known of it.
    pub note: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    sources: BTreeMap<String, String>,
    permission: Vec<Permission>,
}

/// Reads and checks the file; gives its sources too.
pub(super) fn load(text: &str) -> Result<(Vec<Permission>, BTreeMap<String, String>), Error> {
    let file: File = parse(FILE, text)?;
    let mut checked = Checked::new(FILE, &file.sources);
    let (mut ids, mut names) = (BTreeSet::new(), BTreeSet::new());
    for permission in &file.permission {
        check(permission, &mut checked)?;
        let new = ids.insert(&permission.id) && names.insert(&permission.name);
        checked.require(new, || format!("permission is there twice: {}", permission.name))?;
    }
    checked.finish()?;
    Ok((file.permission, file.sources))
}

fn check(permission: &Permission, checked: &mut Checked<'_>) -> Result<(), Error> {
    checked.cite(&permission.source)?;
    permission.primary.iter().chain(&permission.possible).try_for_each(|workload| checked.workload(workload))?;
    checked.require(is_guid(permission.id.as_str()), || format!("not an app role id: {}", permission.id))?;
    checked.require(permission.primary.is_disjoint(&permission.possible), || {
        format!("a workload is both primary and possible: {}", permission.name)
    })
}

#[cfg(test)]
mod tests {
    use super::super::Catalogue;
    use super::*;

    fn set(words: &str) -> BTreeSet<Workload> {
        words.split_whitespace().map(Workload::from_policy_type).collect()
    }

    /// id, name, primary, possible, escalation: facts/maa.md section 5.
    const EXPECTED: [(&str, &str, &str, &str, bool); 10] = [
        ("78145de6-330d-4800-a6ce-494ff2d33d07", "DeviceManagementApps.ReadWrite.All", "app", "", false),
        ("9255e99d-faf5-445e-bbf7-cb71482737c4", "DeviceManagementScripts.ReadWrite.All", "script", "", false),
        (
            "9241abd9-d0e6-425a-bd4f-47ba86e767a4",
            "DeviceManagementConfiguration.ReadWrite.All",
            "compliancePolicy configurationPolicy",
            "role operationApprovalPolicy script deviceWipe deviceRetire deviceDelete tenantConfiguration",
            false,
        ),
        (
            "5b07b0dd-2377-4e44-a38d-703f09a0dc3c",
            "DeviceManagementManagedDevices.PrivilegedOperations.All",
            "deviceWipe deviceRetire",
            "deviceDelete deviceDeprovision",
            false,
        ),
        (
            "243333ab-4d21-40cb-a475-36241daa0842",
            "DeviceManagementManagedDevices.ReadWrite.All",
            "deviceDelete tenantConfiguration",
            "deviceWipe script",
            false,
        ),
        ("e330c4f0-4170-414e-a55a-2f022ec2b57b", "DeviceManagementRBAC.ReadWrite.All", "role operationApprovalPolicy", "", false),
        ("68356fd1-028d-4ce3-b724-241dec11127a", "DeviceManagementDeploymentPlans.ReadWrite.All", "", "app configurationPolicy", false),
        ("5ac13192-7ace-4fcf-b828-1a26f28068ee", "DeviceManagementServiceConfig.ReadWrite.All", "", "", false),
        ("06b708a9-e830-4db3-a914-8e69da51d44f", "AppRoleAssignment.ReadWrite.All", "", "", true),
        ("9e3f62cf-ca93-4989-b6ce-bf83c28f9fe8", "RoleManagement.ReadWrite.Directory", "", "", true),
    ];

    #[test]
    fn permissions_are_exactly_the_known_ones() {
        let catalogue = Catalogue::builtin().unwrap();
        assert_eq!(catalogue.permissions().count(), EXPECTED.len());
        for (id, name, primary, possible, escalation) in EXPECTED {
            let found = catalogue.permission(&id.to_uppercase().as_str().into()).unwrap();
            assert_eq!(found.name, name);
            assert_eq!(found.primary, set(primary), "{name}");
            assert_eq!(found.possible, set(possible), "{name}");
            assert_eq!(found.escalation, escalation, "{name}");
        }
        assert!(catalogue.permission(&"58ca0d9a-1575-47e1-a3cb-007ef2e4583b".into()).is_none(), "a permission that reads");
    }

    #[test]
    fn scope_is_every_permission_that_writes_or_escalates() {
        let expected: BTreeSet<AppRoleId> = EXPECTED.iter().map(|row| row.0.into()).collect();
        assert_eq!(Catalogue::builtin().unwrap().scope_app_roles(), expected);
    }

    #[test]
    fn every_workload_that_is_documented_has_a_primary_permission() {
        let catalogue = Catalogue::builtin().unwrap();
        for workload in Workload::KNOWN {
            let held = catalogue.permissions().any(|permission| permission.primary.contains(&workload));
            assert_eq!(held, workload != Workload::DeviceDeprovision, "{workload}");
        }
    }

    #[test]
    fn a_file_that_contradicts_itself_is_refused() {
        let entry = |id: &str, primary: &str, possible: &str| {
            format!(
                "[[permission]]\nid = \"{id}\"\nname = \"N\"\nprimary = [{primary}]\npossible = [{possible}]\nescalation = false\n\
                 source = \"S\"\nnote = \"\"\n"
            )
        };
        let id = "78145de6-330d-4800-a6ce-494ff2d33d07";
        let sources = "[sources]\nS = \"s\"\n";
        assert!(load(&format!("{sources}{}", entry(id, "\"app\"", ""))).is_ok());
        for wrong in [
            format!("{sources}{}", entry("not-a-guid", "", "")),
            format!("{sources}{}", entry(id, "\"app\"", "\"app\"")),
            format!("{sources}{}", entry(id, "\"apps\"", "")),
            format!("{sources}{}{}", entry(id, "", ""), entry(id, "", "")),
            format!("[sources]\n{}", entry(id, "", "")),
            format!("{sources}T = \"never cited\"\n{}", entry(id, "", "")),
            format!("{sources}{}extra = 1\n", entry(id, "", "")),
        ] {
            let error = load(&wrong).unwrap_err().to_string();
            assert!(error.starts_with("built-in catalogue") && error.contains("\nhint: "), "{error}");
        }
    }
}
