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

/// How often the same was seen by two sources.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Views {
    /// By audit events and approval requests.
    pub(super) recorded: u64,
    /// By activity logs.
    pub(super) logged: u64,
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
    /// The same by source: requests that were rejected or ran past their time, and refused calls in activity logs.
    pub(super) refusals: Views,
    /// Successful writes.
    pub(super) writes: u64,
    /// Of these, while the gate was in force, without those that left something unfinished.
    pub(super) writes_behind_gate: u64,
    /// Writes that failed by the audit log while the gate was in force. It does not say why they did; activity logs do, so what
    /// only those show to have failed, and not as a gate refuses, is no sign of one.
    pub(super) failures_behind_gate: u64,
    /// Successful writes while the gate was in force that began what was never finished: no sign that the gate lets pass.
    pub(super) unfinished_behind_gate: u64,
    /// Traces that are neither success nor failure: waiting requests, results that nobody recorded, failures before the gate.
    pub(super) other_traces: u64,
    /// Sign-ins as itself.
    pub(super) signs_in: SignsIn,
    /// It cannot get a token.
    pub(super) disabled: bool,
    /// At least one source lists it as excluded, if not from every policy.
    pub(super) listed: bool,
}

/// One question of the decision, and what is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Question {
    /// What is asked and answered, one sentence.
    pub(super) answer: String,
    /// The verdict, if this question decides.
    pub(super) verdict: Option<VerdictKind>,
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

    /// The questions up to the one that decides, each with its answer.
    pub(super) fn questions(&self) -> Vec<Question> {
        let verdict = self.decide();
        let decides = |yes: bool| yes.then_some(verdict);
        let asked = [
            (self.gate_answer(), decides(matches!(verdict, VerdictKind::Unknown | VerdictKind::NotGated))),
            (self.exclusion_answer(), decides(verdict == VerdictKind::Excluded)),
            (
                some(self.approved, "approval request of its own was completed", "approval requests of its own were completed"),
                decides(verdict == VerdictKind::Handshake),
            ),
            (self.blocked_answer(), decides(verdict == VerdictKind::Blocked)),
            (self.passes_answer(), decides(verdict == VerdictKind::Passes)),
            (some(self.writes, "write was seen in the window", "writes were seen in the window"), decides(verdict == VerdictKind::Breaks)),
            (self.sleeps_answer(), decides(matches!(verdict, VerdictKind::Dormant | VerdictKind::AtRisk))),
        ];
        let decided = asked.iter().position(|(_, verdict)| verdict.is_some()).unwrap_or(asked.len());
        asked.into_iter().take(decided + 1).map(|(answer, verdict)| Question { answer, verdict }).collect()
    }

    fn gate_answer(&self) -> String {
        let answer = match self.gate {
            GateState::InForce => "a gate is in force",
            GateState::Planned => "a gate is planned, or listed and not completed",
            GateState::None => "nothing gates what it writes, and no gate is planned",
            GateState::Unknown => "whether anything gates it could not be read, so nothing else counts",
        };
        answer.to_owned()
    }

    fn exclusion_answer(&self) -> String {
        let answer = match self.exclusion {
            ExclusionState::Excluded => "every policy that gates it lists it as excluded",
            ExclusionState::Partly => "some of the policies list it as excluded, not all",
            ExclusionState::NotListed => "no policy that gates it lists it as excluded",
            ExclusionState::Unknown => "whether it is excluded is not known, so it is not taken for excluded",
        };
        answer.to_owned()
    }

    fn blocked_answer(&self) -> String {
        match (self.blocked, self.only_fails()) {
            (0, true) if self.unfinished_behind_gate > 0 => format!(
                "since the gate is in force what it began was never published ({}), and no other write succeeded",
                self.unfinished_behind_gate
            ),
            (0, true) => format!("since the gate is in force its writes only fail ({})", self.failures_behind_gate),
            (0, false) => {
                "no request of its own was rejected or ran out, no refused call was seen, and its writes do not only fail".to_owned()
            }
            _ => self.refused_answer(),
        }
    }

    /// What was refused, each kind by its own source.
    fn refused_answer(&self) -> String {
        let Views { recorded, logged } = self.refusals;
        let requests = some(recorded, "request of its own was rejected or ran out", "requests of its own were rejected or ran out");
        let calls =
            some(logged, "call of its own was refused, by the activity logs", "calls of its own were refused, by the activity logs");
        match (recorded, logged) {
            (_, 0) => requests,
            (0, _) => calls,
            _ => format!("{calls}; {requests}"),
        }
    }

    fn passes_answer(&self) -> String {
        match (self.gate, self.writes_behind_gate, self.listed) {
            (GateState::InForce, 0, _) => "no write of its own succeeded behind the gate".to_owned(),
            (GateState::InForce, behind, true) => {
                format!("{behind} of its writes succeeded behind the gate, which the source that lists it as excluded may explain")
            }
            (GateState::InForce, behind, false) => format!("{behind} of its writes succeeded behind the gate, and no source says why"),
            _ => "the gate is not in force, so nothing can have passed it".to_owned(),
        }
    }

    fn sleeps_answer(&self) -> String {
        if self.disabled {
            return "it is disabled and gets no token".to_owned();
        }
        match (self.signs_in, self.other_traces) {
            (SignsIn::NotInWindow, 0) => "no sign-in as itself in the window, and no other trace".to_owned(),
            (SignsIn::NotInWindow, traces) => {
                format!("no sign-in as itself in the window, but {traces} failed or unfinished operations or requests of its own")
            }
            (SignsIn::InWindow, _) => "it signed in as itself in the window".to_owned(),
            (SignsIn::Unknown, _) => "whether it signed in as itself is not known, which counts as a risk".to_owned(),
        }
    }

    /// Since the gate is in force its writes were tried and none succeeded, or not to its end.
    pub(super) fn only_fails(&self) -> bool {
        let tried = self.failures_behind_gate > 0 || self.unfinished_behind_gate > 0;
        self.gate == GateState::InForce && tried && self.writes_behind_gate == 0
    }

    fn passes(&self) -> bool {
        self.gate == GateState::InForce && self.writes_behind_gate > 0 && !self.listed
    }

    fn sleeps(&self) -> bool {
        let silent = self.signs_in == SignsIn::NotInWindow && self.other_traces == 0;
        self.disabled || silent
    }
}

fn some(count: u64, one: &str, many: &str) -> String {
    match count {
        0 => format!("no {one}"),
        1 => format!("1 {one}"),
        _ => format!("{count} {many}"),
    }
}

#[cfg(test)]
#[path = "decision_tests.rs"]
mod tests;
