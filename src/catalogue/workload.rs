//! Workloads and platforms: the words in which access policies say what they protect.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What one access policy protects, in Graph's words (`policyType`). The set is Microsoft's, so an unknown word is kept.
/// Serialised as the word itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Workload {
    /// `app`: apps and their assignments.
    App,
    /// `script`: PowerShell scripts and remediations.
    Script,
    /// `configurationPolicy`: settings catalog policies.
    ConfigurationPolicy,
    /// `compliancePolicy`.
    CompliancePolicy,
    /// `deviceWipe`.
    DeviceWipe,
    /// `deviceRetire`.
    DeviceRetire,
    /// `deviceDelete`.
    DeviceDelete,
    /// `deviceDeprovision`: in the SDK since 2026-10-23, in no product documentation.
    DeviceDeprovision,
    /// `role`: Intune role definitions and assignments.
    Role,
    /// `tenantConfiguration`: device categories.
    TenantConfiguration,
    /// `operationApprovalPolicy`: the access policies themselves, always protected.
    OperationApprovalPolicy,
    /// A word that this maascan does not know, as the service wrote it.
    Unknown(String),
}

impl Workload {
    /// Every workload that is known, in the order of reports.
    pub const KNOWN: [Self; 11] = [
        Self::App,
        Self::Script,
        Self::ConfigurationPolicy,
        Self::CompliancePolicy,
        Self::DeviceWipe,
        Self::DeviceRetire,
        Self::DeviceDelete,
        Self::DeviceDeprovision,
        Self::Role,
        Self::TenantConfiguration,
        Self::OperationApprovalPolicy,
    ];

    /// The workload of a `policyType`, any letter case.
    #[must_use]
    pub fn from_policy_type(word: &str) -> Self {
        let word = word.trim();
        Self::KNOWN.into_iter().find(|known| known.word().eq_ignore_ascii_case(word)).unwrap_or_else(|| Self::Unknown(word.to_owned()))
    }

    /// Graph's word for it.
    #[must_use]
    pub fn word(&self) -> &str {
        match self {
            Self::App => "app",
            Self::Script => "script",
            Self::ConfigurationPolicy => "configurationPolicy",
            Self::CompliancePolicy => "compliancePolicy",
            Self::DeviceWipe => "deviceWipe",
            Self::DeviceRetire => "deviceRetire",
            Self::DeviceDelete => "deviceDelete",
            Self::DeviceDeprovision => "deviceDeprovision",
            Self::Role => "role",
            Self::TenantConfiguration => "tenantConfiguration",
            Self::OperationApprovalPolicy => "operationApprovalPolicy",
            Self::Unknown(word) => word,
        }
    }
}

impl From<String> for Workload {
    fn from(word: String) -> Self {
        Self::from_policy_type(&word)
    }
}

impl From<Workload> for String {
    fn from(workload: Workload) -> Self {
        workload.word().to_owned()
    }
}

impl fmt::Display for Workload {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.word())
    }
}

/// A platform that an access policy may be limited to. Serialised as Graph's word.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Platform {
    /// `androidDeviceAdministrator`.
    AndroidDeviceAdministrator,
    /// `androidEnterprise`.
    AndroidEnterprise,
    /// `iOSiPadOS`.
    Ios,
    /// `macOS`.
    MacOs,
    /// `windows10AndLater`.
    Windows,
    /// `windows81AndLater`.
    Windows81,
    /// `windows10X`.
    Windows10X,
    /// A word that this maascan does not know.
    Unknown(String),
}

impl Platform {
    /// Every platform that is known.
    pub const KNOWN: [Self; 7] = [
        Self::AndroidDeviceAdministrator,
        Self::AndroidEnterprise,
        Self::Ios,
        Self::MacOs,
        Self::Windows,
        Self::Windows81,
        Self::Windows10X,
    ];

    /// The platform of one `policyPlatform` flag, any letter case. None for `notApplicable` and for an empty word, which
    /// limit nothing.
    #[must_use]
    pub fn from_policy_platform(word: &str) -> Option<Self> {
        let word = word.trim();
        if word.is_empty() || word.eq_ignore_ascii_case("notApplicable") {
            return None;
        }
        let known = Self::KNOWN.into_iter().find(|known| known.word().eq_ignore_ascii_case(word));
        Some(known.unwrap_or_else(|| Self::Unknown(word.to_owned())))
    }

    /// Graph's word for it.
    #[must_use]
    pub fn word(&self) -> &str {
        match self {
            Self::AndroidDeviceAdministrator => "androidDeviceAdministrator",
            Self::AndroidEnterprise => "androidEnterprise",
            Self::Ios => "iOSiPadOS",
            Self::MacOs => "macOS",
            Self::Windows => "windows10AndLater",
            Self::Windows81 => "windows81AndLater",
            Self::Windows10X => "windows10X",
            Self::Unknown(word) => word,
        }
    }
}

impl From<String> for Platform {
    fn from(word: String) -> Self {
        Self::from_policy_platform(&word).unwrap_or(Self::Unknown(word))
    }
}

impl From<Platform> for String {
    fn from(platform: Platform) -> Self {
        platform.word().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_in_any_case_and_unknown_ones_kept() {
        for known in Workload::KNOWN {
            assert_eq!(Workload::from_policy_type(&known.word().to_uppercase()), known);
        }
        assert_eq!(Workload::from_policy_type("fooBar"), Workload::Unknown("fooBar".into()));
        for known in Platform::KNOWN {
            assert_eq!(Platform::from_policy_platform(&known.word().to_lowercase()), Some(known));
        }
        assert_eq!(Platform::from_policy_platform("notApplicable"), None);
        assert_eq!(Platform::from_policy_platform("visionOS"), Some(Platform::Unknown("visionOS".into())));
    }
}
