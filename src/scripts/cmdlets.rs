//! Commands of PowerShell modules that write without an address: the SDK's cmdlets by rule, checked against the catalogue, and
//! the modules that people use for Intune by their names.

use super::sink::{Invocation, Request};
use super::value::{HERE, Text, Value};
use crate::catalogue::{Catalogue, Method};
use std::collections::{BTreeMap, BTreeSet};

/// Cmdlets and what they write.
#[derive(Debug)]
pub(super) struct Cmdlets {
    /// Verb and noun of the SDK in lower case, without `mg` and `beta`; method and path.
    by_name: BTreeMap<String, BTreeSet<(&'static str, String)>>,
}

/// Verbs of PowerShell that the SDK gives to actions whose own name is none (AutoRest's mapping).
const ACTION_VERBS: [(&str, &str); 5] =
    [("assign", "set"), ("wipe", "clear"), ("createcopy", "copy"), ("reorder", "invoke"), ("setscheduledactions", "invoke")];

impl Cmdlets {
    /// Works out a name for every operation of the catalogue.
    pub(super) fn of(catalogue: &Catalogue) -> Self {
        let mut cmdlets = Self { by_name: BTreeMap::new() };
        for operation in catalogue.operations() {
            cmdlets.enter(operation.method, &operation.path);
        }
        cmdlets
    }

    fn enter(&mut self, method: Method, path: &str) {
        let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
        if segments.iter().any(|segment| segment.contains("**") || segment.starts_with('$')) {
            return;
        }
        let names: Vec<&str> = segments.iter().copied().filter(|segment| *segment != "{id}").collect();
        let entry = (method.name(), path.replace("{id}", "\0"));
        let whole = noun(&names);
        let verb = match method {
            Method::Post => "new",
            Method::Patch => "update",
            Method::Put => "set",
            Method::Delete => "remove",
        };
        self.add(format!("{verb}-{whole}"), &entry);
        let Some((action, before)) = names.split_last().filter(|_| method == Method::Post) else { return };
        let action = action.to_ascii_lowercase();
        let before = noun(before);
        self.add(format!("invoke-{action}{before}"), &entry);
        for (name, verb) in ACTION_VERBS {
            if name == action {
                self.add(format!("{verb}-{before}"), &entry);
            }
        }
    }

    fn add(&mut self, name: String, entry: &(&'static str, String)) {
        self.by_name.entry(name).or_default().insert(entry.clone());
    }

    /// Every verb and noun of the SDK that writes.
    #[cfg(test)]
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.by_name.keys().map(String::as_str)
    }

    /// Every command of the other modules that writes.
    #[cfg(test)]
    pub(super) fn modules() -> Vec<String> {
        let verbs = ["add", "new", "set", "update", "remove", "deploy", "publish", "invoke"];
        let win32 = ["", "packagefile", "assignmentgroup", "dependency", "supersedence"].map(|part| format!("intunewin32app{part}"));
        let tuner = ["wtwin32app", "wtmsstoreapp", "wtintuneapp", "wtapp", "wtwingetapp"].map(str::to_owned);
        let underscored = ["devicemanagement_manageddevices", "deviceappmanagement_mobileapps"].map(str::to_owned);
        let old =
            OLD.iter().flat_map(|(object, _)| ["", "assignment", "wipe", "setassignment"].map(|part| format!("intune{object}{part}")));
        let nouns: Vec<String> = old.chain(win32).chain(tuner).chain(underscored).collect();
        let names = verbs.iter().flat_map(|verb| nouns.iter().map(move |noun| format!("{verb}-{noun}")));
        names.filter(|name| name.split_once('-').is_some_and(|(verb, noun)| module(verb, noun).is_some())).collect()
    }

    /// The request that a command of a module makes. `name` is in lower case.
    pub(super) fn request(&self, name: &str, call: &Invocation<'_>) -> Option<Request> {
        let name = name.rsplit('\\').next().unwrap_or(name);
        let (verb, noun) = name.split_once('-')?;
        let entries = sdk(verb, noun, self).or_else(|| module(verb, noun))?;
        let text = |text: &str| Text { text: text.into(), via: HERE };
        let first = entries.first()?.0;
        let headers = call.passed.iter().find(|argument| argument.name.as_deref() == Some("headers"));
        Some(Request {
            methods: vec![text(first)],
            urls: entries.iter().filter(|(method, _)| *method == first).map(|(_, path)| text(path)).collect(),
            headers: headers
                .map(|argument| Value { open: argument.value.open || argument.value.is_unknown(), ..argument.value.clone() })
                .unwrap_or_default(),
            body: Value::default(),
            certain: true,
            span: call.span,
            cmdlet: true,
            repeated: false,
            made: false,
        })
    }
}

/// `New-MgBetaDeviceAppManagementMobileApp` and the like.
fn sdk(verb: &str, noun: &str, cmdlets: &Cmdlets) -> Option<Vec<(&'static str, String)>> {
    let noun = noun.strip_prefix("mg")?;
    let noun = noun.strip_prefix("beta").unwrap_or(noun).replace("deviceappmgt", "deviceappmanagement");
    if let Some(found) = cmdlets.by_name.get(&format!("{verb}-{noun}")) {
        return Some(found.iter().cloned().collect());
    }
    // An app of one type, and what hangs on it: content versions, files, assignments.
    let typed = noun.strip_prefix("deviceappmanagementmobileappas")?;
    let method = match verb {
        "new" | "invoke" => "POST",
        "update" => "PATCH",
        "remove" => "DELETE",
        _ => return None,
    };
    let part = if typed.contains("content") { "/contentVersions" } else { "" };
    Some(vec![(method, format!("/deviceAppManagement/mobileApps/\0{part}"))])
}

/// The noun that the SDK makes of the names in a path: each in the singular, and none twice in a row.
fn noun(names: &[&str]) -> String {
    let mut noun = String::new();
    for name in names {
        let name = singular(&name.to_ascii_lowercase());
        // deviceManagement/deviceManagementScripts is DeviceManagementScript.
        if name.starts_with(&noun) && !noun.is_empty() {
            noun = name;
        } else {
            noun.push_str(&name);
        }
    }
    noun
}

fn singular(name: &str) -> String {
    if let Some(stem) = name.strip_suffix("ies") {
        return format!("{stem}y");
    }
    for ending in ["sses", "xes", "ches"] {
        if let Some(stem) = name.strip_suffix("es").filter(|_| name.ends_with(ending)) {
            return stem.to_owned();
        }
    }
    name.strip_suffix('s').filter(|stem| !stem.ends_with('s')).unwrap_or(name).to_owned()
}

/// Objects that the old module names `Intune…`, and where they are.
const OLD: [(&str, &str); 13] = [
    ("mobileapp", "/deviceAppManagement/mobileApps"),
    ("manageddevice", "/deviceManagement/managedDevices"),
    ("devicecompliancepolicy", "/deviceManagement/deviceCompliancePolicies"),
    ("compliancepolicy", "/deviceManagement/deviceCompliancePolicies"),
    ("deviceconfigurationpolicy", "/deviceManagement/deviceConfigurations"),
    ("deviceconfiguration", "/deviceManagement/deviceConfigurations"),
    ("roledefinition", "/deviceManagement/roleDefinitions"),
    ("rbacroledefinition", "/deviceManagement/roleDefinitions"),
    ("rbacrole", "/deviceManagement/roleDefinitions"),
    ("roleassignment", "/deviceManagement/roleAssignments"),
    ("devicecategory", "/deviceManagement/deviceCategories"),
    ("devicemanagementscript", "/deviceManagement/deviceManagementScripts"),
    ("settingscatalogpolicy", "/deviceManagement/configurationPolicies"),
];

const APPS: &str = "/deviceAppManagement/mobileApps";

/// Commands of `IntuneWin32App`, `WinTuner`, and the old Intune module.
fn module(verb: &str, noun: &str) -> Option<Vec<(&'static str, String)>> {
    win32_app(verb, noun).or_else(|| win_tuner(verb, noun)).or_else(|| underscored(verb, noun)).or_else(|| old(verb, noun))
}

fn one(method: &'static str, path: impl Into<String>) -> Option<Vec<(&'static str, String)>> {
    Some(vec![(method, path.into())])
}

/// MSEndpointMgr's `IntuneWin32App`. `New-…` makes objects in memory only.
fn win32_app(verb: &str, noun: &str) -> Option<Vec<(&'static str, String)>> {
    let part = noun.strip_prefix("intunewin32app")?;
    match (verb, part) {
        ("add", "") => one("POST", APPS),
        ("set", "") | ("update", "" | "packagefile") => one("PATCH", format!("{APPS}/\0")),
        ("remove", "") => one("DELETE", format!("{APPS}/\0")),
        ("add", _) if part.starts_with("assignment") => one("POST", format!("{APPS}/\0/assignments")),
        ("set" | "update", _) if part.starts_with("assignment") => one("PATCH", format!("{APPS}/\0/assignments/\0")),
        ("remove", _) if part.starts_with("assignment") => one("DELETE", format!("{APPS}/\0/assignments/\0")),
        ("add" | "remove", "dependency" | "supersedence" | "relationship") => one("POST", format!("{APPS}/\0/updateRelationships")),
        _ => None,
    }
}

/// svrooij's `WinTuner`.
fn win_tuner(verb: &str, noun: &str) -> Option<Vec<(&'static str, String)>> {
    let app = ["wtwin32app", "wtmsstoreapp", "wtintuneapp", "wtapp", "wtwingetapp"].iter().any(|known| noun.starts_with(known));
    match verb {
        "deploy" | "publish" | "add" | "new" if app => one("POST", APPS),
        "update" | "set" if app => one("PATCH", format!("{APPS}/\0")),
        "remove" if app => one("DELETE", format!("{APPS}/\0")),
        _ => None,
    }
}

/// `Remove-DeviceManagement_ManagedDevices`: the path with underscores.
fn underscored(verb: &str, noun: &str) -> Option<Vec<(&'static str, String)>> {
    let mut parts = noun.split('_');
    let root = parts.next().filter(|root| matches!(*root, "devicemanagement" | "deviceappmanagement"))?;
    let parts: Vec<&str> = parts.collect();
    let path = format!("/{root}/{}", parts.join("/\0/"));
    match verb {
        "new" => one("POST", path),
        "update" => one("PATCH", format!("{path}/\0")),
        "remove" => one("DELETE", format!("{path}/\0")),
        "invoke" => {
            let path = path.replace("wipedevice", "wipe");
            let path = ["wipe", "retire", "assign"].iter().find_map(|action| {
                let (before, after) = path.rsplit_once('/')?;
                (after == *action).then(|| format!("{before}/{action}"))
            });
            one("POST", path?)
        }
        _ => None,
    }
}

/// `Remove-IntuneManagedDevice`, `Invoke-IntuneManagedDeviceWipeDevice`.
fn old(verb: &str, noun: &str) -> Option<Vec<(&'static str, String)>> {
    let noun = noun.strip_prefix("intune")?;
    let longest = OLD.iter().filter(|(object, _)| noun.starts_with(object)).max_by_key(|(object, _)| object.len())?;
    let (object, path) = *longest;
    let part = &noun[object.len()..];
    let assigns = part.starts_with("assignment");
    match (verb, part) {
        ("new" | "add", "") => one("POST", path),
        ("update" | "set", "") => one("PATCH", format!("{path}/\0")),
        ("remove", "") => one("DELETE", format!("{path}/\0")),
        ("invoke", "wipedevice" | "wipe") => one("POST", format!("{path}/\0/wipe")),
        ("invoke", "retiredevice" | "retire") => one("POST", format!("{path}/\0/retire")),
        ("invoke", "setassignment" | "assign") => one("POST", format!("{path}/\0/assign")),
        ("new" | "add", _) if assigns => one("POST", format!("{path}/\0/assignments")),
        ("remove", _) if assigns => one("DELETE", format!("{path}/\0/assignments/\0")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(name: &str) -> Option<(&'static str, String)> {
        let catalogue = Catalogue::builtin().unwrap();
        let cmdlets = Cmdlets::of(&catalogue);
        let call =
            Invocation { callee: name, last: name, passed: &[], span: super::super::ir::Span::default(), client: false, keeps: false };
        let request = cmdlets.request(&name.to_ascii_lowercase(), &call)?;
        let method = ["POST", "PATCH", "PUT", "DELETE"].into_iter().find(|method| *request.methods[0].text == **method)?;
        Some((method, request.urls.iter().map(|url| url.text.replace('\0', "{id}")).collect::<Vec<_>>().join(" ").to_ascii_lowercase()))
    }

    #[test]
    fn the_sdk_is_named_by_rule() {
        for (name, method, expected) in [
            ("New-MgBetaDeviceAppManagementMobileApp", "POST", "/deviceappmanagement/mobileapps"),
            ("New-MgDeviceAppMgtMobileApp", "POST", "/deviceappmanagement/mobileapps"),
            ("Remove-MgDeviceAppManagementMobileApp", "DELETE", "/deviceappmanagement/mobileapps/{id}"),
            ("Set-MgDeviceAppManagementMobileApp", "POST", "/deviceappmanagement/mobileapps/{id}/assign"),
            ("New-MgDeviceManagementDeviceCompliancePolicy", "POST", "/devicemanagement/devicecompliancepolicies"),
            ("Update-MgBetaDeviceManagementConfigurationPolicy", "PATCH", "/devicemanagement/configurationpolicies/{id}"),
            ("New-MgBetaDeviceManagementScript", "POST", "/devicemanagement/devicemanagementscripts"),
            ("Remove-MgBetaDeviceManagementDeviceHealthScript", "DELETE", "/devicemanagement/devicehealthscripts/{id}"),
            ("Clear-MgDeviceManagementManagedDevice", "POST", "/devicemanagement/manageddevices/{id}/wipe"),
            ("Invoke-MgRetireDeviceManagementManagedDevice", "POST", "/devicemanagement/manageddevices/{id}/retire"),
            ("Remove-MgDeviceManagementManagedDevice", "DELETE", "/devicemanagement/manageddevices/{id}"),
            ("New-MgDeviceManagementRoleDefinition", "POST", "/devicemanagement/roledefinitions"),
            ("Update-MgDeviceManagementDeviceCategory", "PATCH", "/devicemanagement/devicecategories/{id}"),
        ] {
            assert_eq!(path(name), Some((method, expected.to_owned())), "{name}");
        }
    }

    #[test]
    fn modules_are_known_by_name() {
        for (name, method) in [
            ("Add-IntuneWin32App", Some("POST")),
            ("Add-IntuneWin32AppAssignmentAllDevices", Some("POST")),
            ("Remove-IntuneWin32App", Some("DELETE")),
            ("New-IntuneWin32AppPackage", None),
            ("Get-IntuneWin32App", None),
            ("Deploy-WtWin32App", Some("POST")),
            ("New-WtWingetPackage", None),
            ("Remove-DeviceManagement_ManagedDevices", Some("DELETE")),
            ("Invoke-IntuneManagedDeviceWipeDevice", Some("POST")),
            ("Remove-IntuneManagedDevice", Some("DELETE")),
            ("Clear-MgUserManagedAppRegistrationByDeviceTag", None),
            ("Get-MgDeviceManagementManagedDevice", None),
            ("New-MgRoleManagementDirectoryRoleAssignment", None),
        ] {
            assert_eq!(path(name).map(|(method, _)| method), method, "{name}");
        }
    }
}
