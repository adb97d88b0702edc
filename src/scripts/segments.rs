//! Names that stand in paths of Graph. What stands in a script's address and is none of these may be anything, a secret too: it
//! is never shown.

use crate::catalogue::Catalogue;
use std::collections::BTreeMap;

/// Parts of Intune's objects that no operation of the catalogue names. Source: Graph's metadata, beta.
const BESIDE: &str = "
    beta v1.0 me users groups $batch $value $ref $count $metadata roleManagement deviceConfigurations groupPolicyConfigurations
    definitionValues presentationValues presentations updateDefinitionValues uploadedDefinitionFiles groupAssignments
    contentVersions containedApps files commit renewUpload scripts installSummary userStatuses deviceStatuses userStatusSummary
    deviceStatusSummary categories relationships supersedence rules detectionRules requirementRules assignments assign unassign
    settings scheduledActionsForRule scheduledActionConfigurations deviceSettingStateSummaries deviceConfigurationStates
    deviceCompliancePolicyStates settingStates deviceRunStates userRunStates runSummary deviceHealthScripts
    deviceShellScripts deviceManagementScripts deviceComplianceScripts deviceCustomAttributeShellScripts
    deviceCompliancePolicies compliancePolicies configurationPolicies mobileApps mobileAppConfigurations deviceCategories
    roleDefinitions roleAssignments roleScopeTags manageDevices managedDevices detectedApps updateStatus
    getRemediationHistory initiateOnDemandProactiveRemediation createCopy reorder retrieveJitTokens syncMicrosoftStoreForBusinessApps
    hasPayloadLinks validateFilter bulkAssign targetedManagedAppConfigurations iosManagedAppProtections
    androidManagedAppProtections windowsManagedAppProtections managedAppPolicies managedEBooks vppTokens syncLicenses
    deviceEnrollmentConfigurations setPriority windowsAutopilotDeploymentProfiles windowsAutopilotDeviceIdentities
    importedWindowsAutopilotDeviceIdentities import assignedDevices intents templates createInstance
    deviceManagementIntents updateSettings reusablePolicySettings resourceAccessProfiles windowsFeatureUpdateProfiles
    windowsQualityUpdateProfiles windowsDriverUpdateProfiles driverInventories syncInventory executeAction assignmentFilters
    deviceAppManagement deviceManagement virtualEndpoint provisioningPolicies cloudPCs
    microsoft.graph.win32LobApp microsoft.graph.windowsMobileMSI microsoft.graph.windowsUniversalAppX microsoft.graph.windowsAppX
    microsoft.graph.iosLobApp microsoft.graph.androidLobApp microsoft.graph.macOSLobApp microsoft.graph.macOSDmgApp
    microsoft.graph.macOSPkgApp microsoft.graph.managedIOSLobApp microsoft.graph.managedAndroidLobApp microsoft.graph.winGetApp
    microsoft.graph.iosVppApp microsoft.graph.macOsVppApp microsoft.graph.webApp microsoft.graph.officeSuiteApp
    microsoft.graph.windowsStoreApp microsoft.graph.androidStoreApp microsoft.graph.iosStoreApp microsoft.graph.managedMobileLobApp
    microsoft.graph.windows10EndpointProtectionConfiguration microsoft.graph.windowsUpdateForBusinessConfiguration
    microsoft.graph.hasPayloadLinks microsoft.graph.assign
";

/// Known names, by their lower case.
#[derive(Debug)]
pub(super) struct Segments {
    known: BTreeMap<String, String>,
}

impl Segments {
    /// The names in the paths of the catalogue, and those that stand beside them.
    pub(super) fn of(catalogue: &Catalogue) -> Self {
        let paths = catalogue.operations().iter().flat_map(|operation| operation.path.split('/'));
        let names = paths.map(|part| part.split('(').next().unwrap_or("")).filter(|part| !part.contains('{'));
        let all = BESIDE.split_ascii_whitespace().chain(names).filter(|name| !name.is_empty());
        Self { known: all.map(|name| (name.to_ascii_lowercase(), name.to_owned())).collect() }
    }

    /// A name as Graph spells it, if it is one.
    pub(super) fn canonical(&self, name: &str) -> Option<&str> {
        self.known.get(&name.to_ascii_lowercase()).map(String::as_str)
    }

    /// A path as it may be shown: `{id}` for whatever is no known name.
    pub(super) fn template(&self, path: &str) -> String {
        let shown = path.split('/').map(|part| if part.is_empty() { "" } else { self.name(part).unwrap_or("{id}") });
        shown.collect::<Vec<_>>().join("/")
    }

    /// The last known name of a path behind an object.
    pub(super) fn last<'s>(&'s self, path: &str) -> Option<&'s str> {
        let mut parts = path.split('/').filter(|part| !part.is_empty()).map(|part| self.name(part));
        // The last part counts; a key at the end leaves the name before it, anything else is no name that is known.
        let last = parts.next_back()?;
        last.or_else(|| parts.next_back().flatten())
    }

    fn name(&self, part: &str) -> Option<&str> {
        self.canonical(part.split('(').next().unwrap_or(""))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::catalogue;
    use super::*;

    #[test]
    fn only_known_names_are_kept_in_a_path() {
        let segments = Segments::of(catalogue());
        let path = "/deviceappmanagement/mobileapps/11111111-2222-3333-4444-555555555555/contentversions/pathsecretvalue";
        assert_eq!(segments.template(path), "/deviceAppManagement/mobileApps/{id}/contentVersions/{id}");
        assert_eq!(segments.last(path), Some("contentVersions"));
        assert_eq!(
            segments.template("/devicemanagement/deviceconfigurations('\0')/assign"),
            "/deviceManagement/deviceConfigurations/assign"
        );
        assert_eq!(segments.last("/a/b"), None);
    }
}
