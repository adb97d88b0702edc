//! The small closed vocabularies of the catalogue: how sure, gated or not, which version, which method.

use serde::Deserialize;

/// How sure a statement is, least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sure {
    /// By likeness, or because nothing says the contrary.
    Inferred,
    /// Microsoft says so.
    Documented,
    /// Somebody published a captured call or event.
    Observed,
}

impl Sure {
    /// The word for it in the catalogue.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Inferred => "inferred",
            Self::Documented => "documented",
            Self::Observed => "observed",
        }
    }
}

/// Whether a policy on the workload holds an operation back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Gate {
    /// It does.
    Gated,
    /// Sources are silent, or at odds.
    Unknown,
    /// It does not.
    NotGated,
}

impl Gate {
    /// The word for it in the catalogue.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Gated => "gated",
            Self::Unknown => "unknown",
            Self::NotGated => "not-gated",
        }
    }
}

/// A version of Microsoft Graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GraphVersion {
    /// `v1.0`
    V1,
    /// `beta`
    Beta,
}

impl GraphVersion {
    /// The version that a path segment names, any letter case.
    #[must_use]
    pub fn from_segment(segment: &str) -> Option<Self> {
        if segment.eq_ignore_ascii_case("v1.0") {
            Some(Self::V1)
        } else if segment.eq_ignore_ascii_case("beta") {
            Some(Self::Beta)
        } else {
            None
        }
    }
}

/// The versions that have an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
pub enum Versions {
    /// v1.0 only.
    #[serde(rename = "v1.0")]
    V1,
    /// beta only.
    #[serde(rename = "beta")]
    Beta,
    /// Both.
    #[serde(rename = "both")]
    Both,
}

impl Versions {
    /// Whether `version` is one of them.
    #[must_use]
    pub fn contain(self, version: GraphVersion) -> bool {
        match self {
            Self::Both => true,
            Self::V1 => version == GraphVersion::V1,
            Self::Beta => version == GraphVersion::Beta,
        }
    }
}

/// A method that writes. GET, HEAD and OPTIONS are never held back, and have no entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// POST
    Post,
    /// PATCH
    Patch,
    /// PUT
    Put,
    /// DELETE
    Delete,
}

impl Method {
    /// Every method that writes.
    pub const ALL: [Self; 4] = [Self::Post, Self::Patch, Self::Put, Self::Delete];

    /// The method's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Post => "POST",
            Self::Patch => "PATCH",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        }
    }
}
