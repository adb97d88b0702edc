//! The decision: from what is known of one automation on one workload to a verdict. The order of the questions is the
//! order of design.md; the first that is answered decides.

use super::words::{ExclusionState, GateState, VerdictKind};

/// Whether an automation signed in as itself within the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SignsIn {
    /// It did.
    InWindow,
    /// It did not, and the report was read whole.
    NotInWindow,
    /// That cannot be told.
    Unknown,
}

/// What is known of one automation on one workload. Counts are of the evidence window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Situation {
    /// The gate, for the platforms concerned.
    pub(super) gate: GateState,
    /// Excluded from the policies concerned.
    pub(super) exclusion: ExclusionState,
    /// Approval requests of its own that were completed.
    pub(super) approved: u64,
    /// Refused calls, and requests that were rejected or ran past their time.
    pub(super) blocked: u64,
    /// Successful writes.
    pub(super) writes: u64,
    /// Of these, while the gate was in force.
    pub(super) writes_behind_gate: u64,
    /// Failed writes while the gate was in force.
    pub(super) failures_behind_gate: u64,
    /// Traces that are neither success nor failure: waiting requests, results that nobody recorded, failures before the gate.
    pub(super) other_traces: u64,
    /// Sign-ins as itself.
    pub(super) signs_in: SignsIn,
    /// It cannot get a token.
    pub(super) disabled: bool,
    /// At least one source lists it as excluded, if not from every policy.
    pub(super) listed: bool,
}

impl Situation {
    /// The verdict: the first of design.md's conditions that holds.
    pub(super) fn decide(&self) -> VerdictKind {
        match self.gate {
            GateState::Unknown => return VerdictKind::Unknown,
            GateState::None => return VerdictKind::NotGated,
            GateState::InForce | GateState::Planned => {}
        }
        if self.exclusion == ExclusionState::Excluded {
            VerdictKind::Excluded
        } else if self.approved > 0 {
            VerdictKind::Handshake
        } else if self.blocked > 0 || self.only_fails() {
            VerdictKind::Blocked
        } else if self.passes() {
            VerdictKind::Passes
        } else if self.writes > 0 {
            VerdictKind::Breaks
        } else if self.sleeps() {
            VerdictKind::Dormant
        } else {
            VerdictKind::AtRisk
        }
    }

    /// Since the gate is in force its writes were tried and none succeeded.
    pub(super) fn only_fails(&self) -> bool {
        self.gate == GateState::InForce && self.failures_behind_gate > 0 && self.writes_behind_gate == 0
    }

    fn passes(&self) -> bool {
        self.gate == GateState::InForce && self.writes_behind_gate > 0 && !self.listed
    }

    fn sleeps(&self) -> bool {
        let silent = self.signs_in == SignsIn::NotInWindow && self.other_traces == 0;
        self.disabled || silent
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ExclusionState::{Excluded, NotListed, Partly, Unknown as NotReadable};
    use GateState::{InForce, None as NoGate, Planned, Unknown as NotRead};
    use SignsIn::{InWindow, NotInWindow, Unknown as NoReport};
    use VerdictKind::{AtRisk, Blocked, Breaks, Dormant, Excluded as IsExcluded, Handshake, NotGated, Passes, Unknown};

    const QUIET: Situation = Situation {
        gate: InForce,
        exclusion: NotListed,
        approved: 0,
        blocked: 0,
        writes: 0,
        writes_behind_gate: 0,
        failures_behind_gate: 0,
        other_traces: 0,
        signs_in: InWindow,
        disabled: false,
        listed: false,
    };

    type Line = (GateState, ExclusionState, u64, u64, u64, u64, u64, SignsIn, VerdictKind);

    /// The table of design.md, a line each: gate, exclusion, approved, blocked, writes, of these behind the gate,
    /// failures behind it, sign-ins, verdict.
    #[rustfmt::skip]
    const TABLE: &[Line] = &[
        // The gate decides first, whatever else is known.
        (NotRead,  NotReadable, 1, 1, 9, 9, 9, InWindow,    Unknown),
        (NotRead,  Excluded,    0, 0, 0, 0, 0, InWindow,    Unknown),
        (NoGate,   NotListed,   1, 1, 9, 9, 9, InWindow,    NotGated),
        (NoGate,   Excluded,    0, 0, 0, 0, 0, NotInWindow, NotGated),
        // Then a full exclusion.
        (InForce,  Excluded,    1, 1, 9, 9, 0, InWindow,    IsExcluded),
        (Planned,  Excluded,    0, 0, 9, 0, 0, InWindow,    IsExcluded),
        // A completed request outweighs the refusals on the way.
        (InForce,  NotListed,   1, 3, 9, 9, 2, InWindow,    Handshake),
        (InForce,  Partly,      1, 0, 0, 0, 0, NoReport,    Handshake),
        // Refusals.
        (InForce,  NotListed,   0, 1, 9, 5, 0, InWindow,    Blocked),
        (InForce,  NotReadable, 0, 0, 3, 0, 1, InWindow,    Blocked),
        (InForce,  NotReadable, 0, 0, 0, 0, 1, NotInWindow, Blocked),
        // Failures beside successes are no refusal, nor are failures before a gate that is only planned.
        (InForce,  NotListed,   0, 0, 3, 2, 1, InWindow,    Passes),
        (Planned,  NotListed,   0, 0, 0, 0, 1, InWindow,    AtRisk),
        // Writes behind a gate in force pass, unless one source lists it as excluded.
        (InForce,  NotListed,   0, 0, 3, 3, 0, InWindow,    Passes),
        (InForce,  NotReadable, 0, 0, 3, 3, 0, NoReport,    Passes),
        (InForce,  Partly,      0, 0, 3, 3, 0, InWindow,    Breaks),
        // Writes before the gate break.
        (InForce,  NotListed,   0, 0, 3, 0, 0, InWindow,    Breaks),
        (Planned,  NotListed,   0, 0, 3, 3, 0, NotInWindow, Breaks),
        (Planned,  NotReadable, 0, 0, 1, 0, 0, NoReport,    Breaks),
        // No writes: sign-ins decide, and what could not be read is a risk.
        (InForce,  NotListed,   0, 0, 0, 0, 0, InWindow,    AtRisk),
        (InForce,  NotListed,   0, 0, 0, 0, 0, NoReport,    AtRisk),
        (InForce,  NotListed,   0, 0, 0, 0, 0, NotInWindow, Dormant),
        (Planned,  Partly,      0, 0, 0, 0, 0, NotInWindow, Dormant),
    ];

    #[test]
    fn every_line_of_the_table_holds() {
        for line in TABLE {
            let (gate, exclusion, approved, blocked, writes, writes_behind_gate, failures_behind_gate, signs_in, verdict) = *line;
            let listed = matches!(exclusion, Excluded | Partly);
            let situation = Situation {
                listed,
                gate,
                exclusion,
                approved,
                blocked,
                writes,
                writes_behind_gate,
                failures_behind_gate,
                signs_in,
                ..QUIET
            };
            assert_eq!(situation.decide(), verdict, "{situation:?}");
        }
    }

    #[test]
    fn a_disabled_application_is_dormant_unless_it_was_seen_writing() {
        assert_eq!(Situation { disabled: true, ..QUIET }.decide(), Dormant);
        assert_eq!(Situation { disabled: true, writes: 1, ..QUIET }.decide(), Breaks);
    }

    #[test]
    fn waiting_requests_and_sign_ins_that_nobody_reports_are_not_dormant() {
        let silent = Situation { signs_in: NotInWindow, ..QUIET };
        assert_eq!(silent.decide(), Dormant);
        assert_eq!(Situation { signs_in: NoReport, ..silent }.decide(), AtRisk);
        assert_eq!(Situation { other_traces: 1, ..silent }.decide(), AtRisk);
    }
}
