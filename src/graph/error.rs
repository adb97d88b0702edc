//! What can go wrong on the wire, by whose fault it probably is.

/// Why a read gave nothing. Texts that came from the service are cleaned and shortened, and hold no secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// An endpoint, a variable or a given token cannot be used. The user's to set right.
    #[error("{message}\nhint: {hint}")]
    Settings {
        /// What is wrong.
        message: String,
        /// What would be right.
        hint: String,
    },
    /// Entra ID refused the sign-in, or Graph no longer takes the token. The user's or the tenant's to set right.
    #[error("sign-in refused: {message}\nhint: {hint}")]
    SignIn {
        /// What was refused.
        message: String,
        /// What would help.
        hint: String,
    },
    /// No answer came: wrong endpoint, no network, a proxy between.
    #[error("cannot reach {endpoint}: {detail}\nhint: {hint}")]
    Unreachable {
        /// Origin that was called.
        endpoint: String,
        /// What the system said.
        detail: String,
        /// What to check.
        hint: String,
    },
    /// The sign-in may not read this (401 or 403). The tenant's administrator grants permissions.
    #[error("not permitted: {what}: {detail}")]
    Permission {
        /// Method and path.
        what: String,
        /// What the service said.
        detail: String,
    },
    /// The tenant has no licence for the service.
    #[error("not licensed: {what}: {detail}")]
    Licence {
        /// Method and path.
        what: String,
        /// What the service said.
        detail: String,
    },
    /// The service kept refusing for load until the budget was spent.
    #[error("throttled: {what}: {detail}")]
    Throttled {
        /// Method and path.
        what: String,
        /// Status or reason of the last refusal.
        detail: String,
    },
    /// Any other failure of one read.
    #[error("failed: {what}: {detail}")]
    Failed {
        /// Method and path.
        what: String,
        /// Status and what the service said.
        detail: String,
    },
}

impl Error {
    /// Whether every other read of this run would fail in the same way.
    #[must_use]
    pub fn stops_everything(&self) -> bool {
        matches!(self, Self::Settings { .. } | Self::SignIn { .. } | Self::Unreachable { .. })
    }

    /// The message without its hint, in one line.
    #[must_use]
    pub fn summary(&self) -> String {
        let whole = self.to_string();
        whole.lines().next().unwrap_or_default().to_owned()
    }

    pub(super) fn settings(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Settings { message: message.into(), hint: hint.into() }
    }

    pub(super) fn sign_in(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::SignIn { message: message.into(), hint: hint.into() }
    }

    pub(super) fn failed(what: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::Failed { what: what.into(), detail: detail.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_leaves_the_hint_out() {
        let error = Error::sign_in("unknown tenant: t", "check AZURE_TENANT_ID");
        assert_eq!(error.summary(), "sign-in refused: unknown tenant: t");
        assert!(error.to_string().ends_with("\nhint: check AZURE_TENANT_ID"));
    }
}
