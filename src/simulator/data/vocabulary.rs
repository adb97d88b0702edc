//! What Intune's audit log calls things. Both naming styles that public captures show are here (facts/maa.md section 6),
//! and two activity types that exist nowhere, to stand for those that Microsoft adds tomorrow.

/// One kind of audited activity.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Activity {
    /// `activityType`.
    pub(crate) activity_type: &'static str,
    /// `displayName` of the event.
    pub(crate) display: &'static str,
    /// `activityOperationType`.
    pub(crate) operation: &'static str,
    /// `category`.
    pub(crate) category: &'static str,
    /// `componentName`.
    pub(crate) component: &'static str,
    /// `auditResourceType` of the resource.
    pub(crate) resource: &'static str,
}

const fn activity([activity_type, display, operation]: [&'static str; 3], [category, component, resource]: [&'static str; 3]) -> Activity {
    Activity { activity_type, display, operation, category, component, resource }
}

const APPLICATION: &str = "Application";
const DEVICE_CONFIGURATION: &str = "DeviceConfiguration";

pub(crate) static CREATE_WIN32: Activity =
    activity(["Create MobileApp", "Create app", "Create"], [APPLICATION, "MobileApp", "Win32LobApp"]);
pub(crate) static PATCH_WIN32: Activity = activity(["Patch MobileApp", "Update app", "Patch"], [APPLICATION, "MobileApp", "Win32LobApp"]);
pub(crate) static ASSIGN_APP: Activity =
    activity(["Create MobileAppAssignment", "Create app assignment", "Create"], [APPLICATION, "MobileApp", "MobileAppAssignment"]);
pub(crate) static PATCH_STORE_APP: Activity = activity(["Patch MobileApp", "Update app", "Patch"], [APPLICATION, "MobileApp", "WinGetApp"]);
pub(crate) static CREATE_MAC_PACKAGE: Activity =
    activity(["Create MobileApp", "Create app", "Create"], [APPLICATION, "MobileApp", "MacOSLobApp"]);
pub(crate) static PATCH_MAC_IMAGE: Activity =
    activity(["Patch MobileApp", "Update app", "Patch"], [APPLICATION, "MobileApp", "MacOSDmgApp"]);
pub(crate) static CREATE_SCRIPT: Activity = activity(
    ["createDeviceManagementScript", "Create PowerShell script", "Create"],
    [DEVICE_CONFIGURATION, DEVICE_CONFIGURATION, "DeviceManagementScript"],
);
pub(crate) static ASSIGN_SCRIPT: Activity = activity(
    ["assignDeviceManagementScript", "Assign PowerShell script", "Action"],
    [DEVICE_CONFIGURATION, DEVICE_CONFIGURATION, "DeviceManagementScript"],
);
pub(crate) static PATCH_REMEDIATION: Activity = activity(
    ["Patch DeviceHealthScript", "Update remediation", "Patch"],
    [DEVICE_CONFIGURATION, DEVICE_CONFIGURATION, "DeviceHealthScript"],
);
pub(crate) static CREATE_CONFIGURATION: Activity = activity(
    ["Create DeviceManagementConfigurationPolicy", "Create device configuration 2.0 (beta)", "Create"],
    [DEVICE_CONFIGURATION, DEVICE_CONFIGURATION, "DeviceManagementConfigurationPolicy"],
);
pub(crate) static ASSIGN_CONFIGURATION: Activity = activity(
    ["Create DeviceManagementConfigurationPolicyAssignment", "Create device configuration assignment 2.0 (beta)", "Create"],
    [DEVICE_CONFIGURATION, DEVICE_CONFIGURATION, "DeviceManagementConfigurationPolicyAssignment"],
);
pub(crate) static PATCH_COMPLIANCE: Activity = activity(
    ["Patch DeviceCompliancePolicy", "Update device compliance policy", "Patch"],
    ["Compliance", "DeviceCompliance", "DeviceCompliancePolicy"],
);
pub(crate) static WIPE_DEVICE: Activity =
    activity(["wipe ManagedDevice", "Wipe device", "Action"], ["Device", "ManagedDevices", "ManagedDevice"]);
pub(crate) static RETIRE_DEVICE: Activity =
    activity(["retire ManagedDevice", "Retire device", "Action"], ["Device", "ManagedDevices", "ManagedDevice"]);
pub(crate) static DELETE_DEVICE: Activity =
    activity(["Delete ManagedDevice", "Delete device", "Delete"], ["Device", "ManagedDevices", "ManagedDevice"]);
pub(crate) static ASSIGN_ROLE: Activity =
    activity(["Create RoleAssignment", "Create role assignment", "Create"], ["Role", "RBAC", "RoleAssignment"]);
pub(crate) static PATCH_CATEGORY: Activity =
    activity(["Patch DeviceCategory", "Update device category", "Patch"], ["Device", "ManagedDevices", "DeviceCategory"]);
pub(crate) static IMPORT_AUTOPILOT: Activity = activity(
    ["Create ImportedWindowsAutopilotDeviceIdentity", "Import Autopilot device", "Create"],
    ["Enrollment", "Enrollment", "ImportedWindowsAutopilotDeviceIdentity"],
);
pub(crate) static CREATE_ACCESS_POLICY: Activity =
    activity(["Create OperationApprovalPolicy", "Create access policy", "Create"], ["Role", "RBAC", "OperationApprovalPolicy"]);
pub(crate) static PATCH_ACCESS_POLICY: Activity =
    activity(["Patch OperationApprovalPolicy", "Update access policy", "Patch"], ["Role", "RBAC", "OperationApprovalPolicy"]);
/// In nobody's vocabulary.
pub(crate) static UNHEARD_OF: Activity =
    activity(["Recalibrate OrbitRingAssignment", "Recalibrate ring", "Action"], ["Other", "OrbitRings", "OrbitRingAssignment"]);
/// In nobody's vocabulary either, in the other naming style.
pub(crate) static UNHEARD_OF_TOO: Activity =
    activity(["harmoniseTidalProfile", "Harmonise profile", "Action"], ["Other", "TidalProfiles", "TidalProfile"]);

/// What people do in the portal on an ordinary day.
pub(crate) static PORTAL_WORK: [&Activity; 9] = [
    &CREATE_WIN32,
    &ASSIGN_APP,
    &PATCH_REMEDIATION,
    &ASSIGN_CONFIGURATION,
    &PATCH_COMPLIANCE,
    &RETIRE_DEVICE,
    &IMPORT_AUTOPILOT,
    &PATCH_CATEGORY,
    &CREATE_CONFIGURATION,
];
