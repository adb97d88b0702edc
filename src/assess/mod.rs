//! From a snapshot to an assessment: gates, exclusions, automations, and a verdict for each automation × workload.

pub mod facts;
mod finding;
mod model;
mod words;

pub use finding::{Finding, ObjectRef, RuleText};
pub use model::{
    ApplicationProfile, Assessment, Exclusion, Gate, Headline, HeldPermission, Key, Known, LastSignIn, PolicyGate, Run, Verdict,
};
pub use words::{
    Confidence, EvidenceGrade, ExcludedObject, ExclusionSource, ExclusionState, FindingStatus, GateState, Home, InForce, KeyHolder,
    KeyKind, Severity, VerdictKind,
};
