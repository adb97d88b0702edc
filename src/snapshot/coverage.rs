//! What of each dataset was read, and why the rest was not. Everything downstream asks here before it takes an
//! absence for a fact: a list that was cut short must never look like a short list.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The published words, each written once.
mod word {
    pub(super) const PERMISSION: &str = "permission";
    pub(super) const LICENCE: &str = "licence";
    pub(super) const CLOUD: &str = "cloud";
    pub(super) const NOT_REQUESTED: &str = "not-requested";
    pub(super) const THROTTLED: &str = "throttled";
    pub(super) const OUT_OF_REACH: &str = "out-of-reach";
    pub(super) const FAILED: &str = "failed";

    pub(super) const COMPLETE: &str = "complete";
    pub(super) const PARTIAL: &str = "partial";
    pub(super) const UNAVAILABLE: &str = "unavailable";
    pub(super) const SKIPPED: &str = "skipped";
}

/// Why something could not be read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Gap {
    /// The sign-in lacks a permission. Graph answers 401 or 403.
    Permission {
        /// Permission that would read it.
        missing: String,
    },
    /// The tenant has no licence for the service.
    Licence {
        /// What the service said, without secrets.
        detail: String,
    },
    /// The dataset does not exist in this cloud.
    Cloud,
    /// Nobody asked for it, or nothing made it necessary.
    NotRequested,
    /// The user did not give or ask for it.
    NotGiven {
        /// What, and how it is given.
        detail: String,
    },
    /// The service kept refusing for load until the run's budget was spent.
    Throttled {
        /// What was being read, without secrets.
        detail: String,
    },
    /// No permission would help: it lies where this tenant cannot look, such as a vendor's own tenant.
    OutOfReach {
        /// What lies where.
        detail: String,
    },
    /// Anything else.
    Failed {
        /// What failed, without secrets.
        detail: String,
    },
}

impl Gap {
    /// Every published word.
    pub const WORDS: [&'static str; 7] =
        [word::PERMISSION, word::LICENCE, word::CLOUD, word::NOT_REQUESTED, word::THROTTLED, word::OUT_OF_REACH, word::FAILED];

    /// The published word, as in `coverage.csv`.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Permission { .. } => word::PERMISSION,
            Self::Licence { .. } => word::LICENCE,
            Self::Cloud => word::CLOUD,
            Self::NotRequested | Self::NotGiven { .. } => word::NOT_REQUESTED,
            Self::Throttled { .. } => word::THROTTLED,
            Self::OutOfReach { .. } => word::OUT_OF_REACH,
            Self::Failed { .. } => word::FAILED,
        }
    }
}

impl fmt::Display for Gap {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Permission { missing } => write!(out, "permission missing: {missing}"),
            Self::Licence { detail } => write!(out, "not licensed: {detail}"),
            Self::Cloud => out.write_str("not in this cloud"),
            Self::NotRequested => out.write_str("not requested"),
            Self::NotGiven { detail } => write!(out, "not given: {detail}"),
            Self::Throttled { detail } => write!(out, "throttled: {detail}"),
            Self::OutOfReach { detail } => write!(out, "out of reach: {detail}"),
            Self::Failed { detail } => write!(out, "failed: {detail}"),
        }
    }
}

/// How much of a dataset was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum Coverage {
    /// All of it: an object that is not there does not exist.
    Complete {
        /// Objects read.
        items: u64,
    },
    /// Some of it: an object that is not there may exist.
    Partial {
        /// Objects read.
        items: u64,
        /// Why the rest is missing.
        gap: Gap,
    },
    /// None of it.
    Unavailable {
        /// Why.
        gap: Gap,
    },
}

impl Coverage {
    /// Every published word.
    pub const WORDS: [&'static str; 4] = [word::COMPLETE, word::PARTIAL, word::UNAVAILABLE, word::SKIPPED];

    /// Whether all of it was read.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        matches!(self, Self::Complete { .. })
    }

    /// Whether it was left out on purpose, which is no failure.
    #[must_use]
    pub fn is_skipped(&self) -> bool {
        matches!(self, Self::Unavailable { gap: Gap::NotRequested })
    }

    /// Objects read.
    #[must_use]
    pub fn items(&self) -> u64 {
        match self {
            Self::Complete { items } | Self::Partial { items, .. } => *items,
            Self::Unavailable { .. } => 0,
        }
    }

    /// Why something is missing, if anything is.
    #[must_use]
    pub fn gap(&self) -> Option<&Gap> {
        match self {
            Self::Complete { .. } => None,
            Self::Partial { gap, .. } | Self::Unavailable { gap } => Some(gap),
        }
    }

    /// The published word: `complete`, `partial`, `unavailable` or `skipped`.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Complete { .. } => word::COMPLETE,
            Self::Partial { .. } => word::PARTIAL,
            Self::Unavailable { gap: Gap::NotRequested } => word::SKIPPED,
            Self::Unavailable { .. } => word::UNAVAILABLE,
        }
    }
}

/// Coverage of one dataset and what it cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatasetReading {
    /// How much was read.
    #[serde(flatten)]
    pub coverage: Coverage,
    /// HTTP requests made for it, repeats included; a `$batch` counts once.
    pub requests: u64,
}

/// Stands for every dataset that a snapshot does not mention.
pub(crate) const NOT_REQUESTED: Coverage = Coverage::Unavailable { gap: Gap::NotRequested };

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coverage_survives_the_disk() {
        let reading =
            DatasetReading { coverage: Coverage::Partial { items: 3, gap: Gap::Permission { missing: "X.Read.All".into() } }, requests: 2 };
        let text = serde_json::to_string(&reading).unwrap();
        assert_eq!(serde_json::from_str::<DatasetReading>(&text).unwrap(), reading, "{text}");
    }
}
