//! Apps that were begun and never published, as the trace of a refused publish.

use super::*;
use crate::snapshot::UnfinishedApp;

const DRAFT: &str = "d0000000-0000-4000-8000-000000000001";
const GATE: &str = "2026-10-20T00:00:00Z";

impl Tenant {
    /// An app that is not published, last touched when it was made.
    fn draft(mut self, id: &str, state: &str, created: &str) -> Self {
        let app = UnfinishedApp {
            id: id.into(),
            display_name: "7-Zip".into(),
            kind: Some("win32LobApp".into()),
            publishing_state: state.into(),
            created: Some(at(created)),
            last_modified: None,
        };
        self.0.unfinished_apps.insert(id.into(), app);
        self
    }

    /// A successful write by application 1 about this object.
    fn wrote(mut self, time: &str, activity: &str, id: &str) -> Self {
        self = self.event(1, time, activity, "Success", "Win32LobApp");
        self.0.audit_events.last_mut().unwrap().resources[0].id = Some(id.into());
        self
    }
}

fn gated() -> Tenant {
    let mut tenant = Tenant::new().policy("p", "app", &[], json!({})).holder(1, APPS_WRITE, "2026-11-01T00:00:00Z");
    tenant.0.access_policies.get_mut(&"p".into()).unwrap().last_modified = Some(at(GATE));
    tenant
}

fn made(created: &str, state: &str) -> Tenant {
    gated().draft(DRAFT, state, created).wrote(created, "Create MobileApp", &DRAFT.to_uppercase())
}

#[test]
fn an_app_begun_behind_the_gate_and_never_published_is_the_trace_of_a_refused_publish() {
    for state in ["notPublished", "Processing"] {
        let verdict = made("2026-10-25T00:00:00Z", state).verdict(1, &Workload::App);
        assert_eq!((verdict.kind, verdict.confidence, verdict.writes), (VerdictKind::Blocked, Confidence::Low, 1));
        assert_eq!((verdict.grade, verdict.blocked_calls), (EvidenceGrade::AuditedWrite, 0));
        assert!(verdict.reasons.iter().any(|reason| reason.starts_with("1 app that it began behind the gate")), "{:?}", verdict.reasons);
        assert!(verdict.doubts.iter().any(|doubt| doubt.contains("never published")), "{:?}", verdict.doubts);
    }
    let explained =
        explain(&made("2026-10-25T00:00:00Z", "notPublished").0, &Catalogue::builtin().unwrap(), &Options::default(), &app(1).into(), None);
    let text = format!("{explained:?}");
    assert!(text.contains(&format!("7-Zip ({DRAFT}, notPublished)")) && text.contains("unfinished-apps"), "{text}");
}

#[test]
fn what_may_be_under_way_was_committed_or_lies_before_the_gate_is_no_trace() {
    let kind = |tenant: &Tenant| tenant.verdict(1, &Workload::App).kind;
    assert_eq!(kind(&made("2026-11-01T12:00:00Z", "notPublished")), VerdictKind::Passes, "younger than a day");
    assert_eq!(kind(&made("2026-10-10T00:00:00Z", "notPublished")), VerdictKind::Breaks, "before the gate it is a write like others");
    assert_eq!(kind(&made("2026-10-25T00:00:00Z", "unknownFutureValue")), VerdictKind::Passes, "a state that says nothing");
    let committed = made("2026-10-25T00:00:00Z", "notPublished").wrote("2026-10-25T00:10:00Z", "Patch MobileApp", DRAFT);
    assert_eq!(kind(&committed), VerdictKind::Passes, "the change that followed may have committed it");
    let mut touched = made("2026-10-25T00:00:00Z", "notPublished");
    touched.0.unfinished_apps.get_mut(DRAFT).unwrap().last_modified = Some(at("2026-11-02T00:00:00Z"));
    assert_eq!(kind(&touched), VerdictKind::Passes, "touched today");
    let another = made("2026-10-25T00:00:00Z", "notPublished").wrote("2026-10-26T00:00:00Z", "Create MobileApp", "another");
    let passes = another.verdict(1, &Workload::App);
    assert_eq!(passes.kind, VerdictKind::Passes, "another write came to its end");
    assert!(passes.reasons.iter().any(|reason| reason.contains("never published")), "and the trace is told: {:?}", passes.reasons);
    let mut person = made("2026-10-25T00:00:00Z", "notPublished");
    person.0.audit_events[0].actor.user_id = Some("someone".into());
    assert_eq!(kind(&person), VerdictKind::AtRisk, "a person's draft is nobody's trace");
}

#[test]
fn without_the_apps_nothing_is_claimed_and_explain_says_what_would_settle_it() {
    let mut tenant = made("2026-10-25T00:00:00Z", "notPublished").lost(Dataset::UnfinishedApps);
    tenant.0.unfinished_apps.clear();
    let verdict = tenant.verdict(1, &Workload::App);
    assert_eq!((verdict.kind, verdict.confidence), (VerdictKind::Passes, Confidence::Low));
    let explained = explain(&tenant.0, &Catalogue::builtin().unwrap(), &Options::default(), &app(1).into(), None);
    let text = format!("{explained:?}");
    assert!(text.contains("granting DeviceManagementApps.Read.All to the scan would let unfinished-apps be read"), "{text}");
}
