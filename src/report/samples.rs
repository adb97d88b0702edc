//! Sample assessments for the tests of the formats: one with everything in it and names meant to do harm, one of an empty
//! tenant, one of a tenant of which nothing could be read.

use crate::assess::{
    AppManagement, ApplicationProfile, AppliedSettings, Aspect, Assessment, Confidence, DayCounts, EvidenceGrade, ExcludedObject,
    Exclusion, ExclusionNeed, ExclusionRecord, ExclusionSource, ExclusionState, Finding, Gate, GateProblem, GateProblemKind, GateState,
    HeldPermission, Home, InForce, Joined, Key, KeyHolder, KeyKind, Known, LastSignIn, LogsRead, ObjectRef, PolicyGate, Posture, Reference,
    Room, RuleText, Run, Scripted, ScriptsRead, Severity, SeverityChange, SwitchedOff, TenantProfile, ThresholdChange, Untold, Verdict,
    VerdictKind, Waiver, WaiverUse, WayKind, WayOut,
};
use crate::catalogue::{Platform, Workload};
use crate::runs::{Change, Entry, NotCompared, Topic, What};
use crate::snapshot::{
    ActivityLogs, AppId, Coverage, Dataset, DatasetReading, Gap, LogFault, LogReading, ScriptApproval, ScriptConfidence, ScriptExpectation,
    ScriptGap, ScriptReading, ScriptSignIn, Scripts,
};
use chrono::{DateTime, NaiveDate, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// Names that an attacker would choose, and one that nobody did.
pub(super) const NAMES: [&str; 12] = [
    "Nightly packager",
    "=HYPERLINK(\"http://evil.example\",\"open\")",
    "<img src=x onerror=alert(1)> & <script>alert(2)</script>",
    "\u{1b}[31mred\u{1b}[0m\u{7}\u{9b}2J",
    "\u{202e}gnp.exe\u{202c} \u{2066}x\u{2069}",
    "pipe | `tick` **bold** [a](http://evil.example) ![i](//e.example)",
    "two\r\nlines\tand a tab",
    "\t@SUM(A1:A9);=1+1",
    "＝cmd|' /C calc'!A0",
    "👩‍💻 打包机 déployeur",
    "@everyone www.evil.example #1 a@b.example",
    "",
];

pub(super) fn time(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn id(number: usize) -> String {
    format!("{number:08x}-0000-4000-8000-000000000000")
}

fn run(tenant_name: Option<&str>) -> Run {
    Run {
        tenant_id: "9f4c0a51-0000-4000-8000-000000000001".into(),
        tenant_name: tenant_name.map(str::to_owned),
        taken_at: time("2026-11-22T06:00:00.123Z"),
        window_days: 30,
        window_start: time("2026-10-23T06:00:00Z"),
        audit_since: time("2026-08-24T06:00:00Z"),
        planned: BTreeSet::new(),
    }
}

/// Nothing found in a tenant that was read whole.
pub(super) fn empty() -> Assessment {
    let whole = |dataset| (dataset, DatasetReading { coverage: Coverage::Complete { items: 0 }, requests: 1 });
    Assessment {
        run: run(Some("Contoso")),
        coverage: Dataset::ALL.into_iter().map(whole).collect(),
        activity_logs: LogsRead { coverage: Coverage::Unavailable { gap: Gap::NotRequested }, reading: None },
        scripts: ScriptsRead {
            coverage: Coverage::Unavailable { gap: Gap::NotRequested },
            reading: None,
            writing: 0,
            applications: 0,
            unjoined: vec![],
        },
        applications: BTreeMap::new(),
        verdicts: vec![],
        gates: vec![],
        exclusions: vec![],
        requests: vec![],
        exclusion_needs: vec![],
        unplaced: vec![],
        unmapped_activities: BTreeMap::new(),
        unmapped_permissions: BTreeSet::new(),
        tenant: TenantProfile {
            app_management: Known::Yes(AppManagement { enabled: true, restrictions: BTreeSet::new() }),
            intune_api_holders: Known::Yes(0),
        },
        baseline: None,
        findings: vec![],
        exposures: vec![],
        settings: AppliedSettings::default(),
    }
}

/// A tenant of which nothing could be read.
pub(super) fn unreadable() -> Assessment {
    let refused = |dataset: Dataset| {
        let gap = Gap::Permission { missing: dataset.permission().to_owned() };
        (dataset, DatasetReading { coverage: Coverage::Unavailable { gap }, requests: 1 })
    };
    Assessment { run: run(None), coverage: Dataset::ALL.into_iter().map(refused).collect(), ..empty() }
}

/// Grants could be read, and nothing else: one automation, of which everything else is unknown.
pub(super) fn only_unknowns() -> Assessment {
    let mut assessment = unreadable();
    for dataset in [Dataset::AppRoles, Dataset::AppRoleGrants] {
        assessment.coverage.insert(dataset, DatasetReading { coverage: Coverage::Complete { items: 3 }, requests: 2 });
    }
    let gap = Gap::Permission { missing: "Application.Read.All".to_owned() };
    let profile = ApplicationProfile {
        service_principal: None,
        kind: None,
        home: Home::Unknown,
        can_sign_in: None,
        last_sign_in: LastSignIn::Unknown(gap.clone()),
        keys: Known::No(gap.clone()),
        service_principal_keys: Known::No(gap.clone()),
        federated: Known::No(gap),
        excluded: false,
        ..profile(0)
    };
    let verdict = Verdict { gate: GateState::Unknown, exclusion: ExclusionState::Unknown, ..verdict(0, VerdictKind::Unknown) };
    let verdict = Verdict { writes: 0, blocked_calls: 0, failed_writes: 0, first_write: None, last_write: None, ..verdict };
    let verdict = Verdict { days: BTreeMap::new(), ..verdict };
    assessment.applications.insert(profile.app_id.clone(), profile);
    assessment.verdicts.push(verdict);
    assessment
}

/// Every verdict, several of each, hostile names everywhere, values known, known in part, and not known.
pub(super) fn everything() -> Assessment {
    let count = VerdictKind::ALL.len() * 3;
    let mut assessment = empty();
    assessment.run.tenant_name = Some("Contoso <b>|* \u{202e}Ltd".to_owned());
    assessment.run.planned = [Workload::DeviceWipe].into();
    assessment.coverage = coverage();
    assessment.activity_logs = logs();
    assessment.scripts = scripts();
    assessment.applications = (0..count).map(profile).map(|profile| (profile.app_id.clone(), profile)).collect();
    assessment.verdicts = (0..count).filter_map(|at| VerdictKind::ALL.get(at / 3).map(|kind| verdict(at, *kind))).collect();
    assessment.gates = gates();
    assessment.exclusions = (0..NAMES.len()).map(exclusion).collect();
    assessment.findings = (0..NAMES.len()).map(finding).collect();
    assessment.exposures = crate::assess::exposures(&assessment);
    assessment.findings.sort_by(|a, b| a.order().cmp(&b.order()));
    assessment.settings = settings();
    assessment.exclusion_needs = (0..7).map(need).collect();
    assessment.unplaced = vec!["exclusions file, line 3: no access policy has this id or name: =<b>|x".to_owned()];
    assessment.unmapped_permissions = ["DeviceManagementNew|Thing.ReadWrite.All".to_owned()].into();
    assessment.unmapped_activities = [("frob | <b>Widget".to_owned(), 3), ("=1+1".to_owned(), 1)].into();
    assessment
}

/// An assessment of so many automations and findings, whose names are this one with a number.
pub(super) fn large(automations: usize, findings: usize, long: &str) -> Assessment {
    let mut assessment = everything();
    let named = |at: usize| format!("{long}{at}");
    let profiles = (0..automations).map(|at| ApplicationProfile { name: named(at), ..profile(at) });
    assessment.applications = profiles.map(|profile| (profile.app_id.clone(), profile)).collect();
    assessment.verdicts = (0..automations)
        .map(|at| Verdict { next_step: named(at), ..verdict(at, if at % 2 == 0 { VerdictKind::Blocked } else { VerdictKind::Breaks }) })
        .collect();
    let one = |at: usize| {
        let mut one = finding(0);
        one.id = format!("{at:016x}");
        one.object.name = named(at);
        one.message = named(at);
        one
    };
    assessment.findings = (0..findings).map(one).collect();
    assessment
}

/// Differences of every kind, with names meant to do harm.
pub(super) fn change() -> Change {
    let entries = Topic::ALL.into_iter().zip(What::ALL.into_iter().cycle()).enumerate().map(|(at, (topic, what))| Entry {
        topic,
        what,
        name: name(at),
        id: id(at),
        key: if topic == Topic::Policy { String::new() } else { id(at + 0x2000) },
        object: if topic == Topic::Policy { String::new() } else { name(at + 1) },
        before: matches!(what, What::Changed | What::Gone | What::NoLongerReadable).then(|| "not-gated".to_owned()),
        after: matches!(what, What::New | What::Changed | What::ReadableNow).then(|| name(at + 2)),
        by: (at % 2 == 0).then(|| name(at + 3)),
        at: (at % 2 == 0).then(|| time("2026-11-20T01:00:00Z")),
        severity: (topic == Topic::Finding).then_some(Severity::High),
    });
    let why = "the earlier run did not read <b>owners</b> | whole".to_owned();
    Change {
        earlier: time("2026-11-15T06:00:00Z"),
        later: time("2026-11-22T06:00:00.123Z"),
        entries: entries.collect(),
        not_compared: vec![NotCompared { topic: Topic::Owner, why }],
    }
}

fn coverage() -> BTreeMap<Dataset, DatasetReading> {
    let mut coverage = empty().coverage;
    let mut set = |dataset, state| coverage.insert(dataset, DatasetReading { coverage: state, requests: 7 });
    set(Dataset::ServicePrincipals, Coverage::Complete { items: 27 });
    set(Dataset::ApproverGroups, Coverage::Unavailable { gap: Gap::Permission { missing: "GroupMember.Read.All".to_owned() } });
    set(Dataset::AuditEvents, Coverage::Partial { items: 412, gap: Gap::Throttled { detail: "page 9 | of <many>".to_owned() } });
    set(Dataset::SignInActivity, Coverage::Unavailable { gap: Gap::Licence { detail: "=needs\u{1b}[2J a licence".to_owned() } });
    coverage.remove(&Dataset::DeletedServicePrincipals);
    coverage
}

/// Logs of which something was lost, in files whose names mean harm.
fn logs() -> LogsRead {
    let mut reading =
        LogReading { source: LogReading::FILES.to_owned(), files: 2, bytes: 900, records: 40, calls: 7, ..LogReading::default() };
    reading.first = Some(time("2026-11-01T06:00:00Z"));
    reading.last = Some(time("2026-11-02T06:00:00Z"));
    reading.fault(LogFault::CutLine, 1, "=cut|<b>.json\u{1b}[2J");
    reading.fault(LogFault::Damaged, 2, "a.json.gz: ends too early");
    reading.fault(LogFault::OtherCategory, 3, "");
    let logs = ActivityLogs { rows: Vec::new(), reading };
    LogsRead { coverage: logs.coverage(), reading: Some(logs.reading) }
}

/// Scripts of which one was too large, and one is nobody's; their names mean harm.
fn scripts() -> ScriptsRead {
    let mut reading = ScriptReading { files: 12, unfit: vec!["gone|*.ps1".to_owned()], ..ScriptReading::default() };
    reading.gap(ScriptGap::TooLarge, "=big|<b>.ps1\u{1b}[2J");
    let coverage = Scripts { files: vec![], reading: reading.clone() }.coverage();
    ScriptsRead { coverage, reading: Some(reading), writing: 3, applications: 2, unjoined: vec!["=lost|<i>.ps1\u{202e}".to_owned()] }
}

fn scripted(at: usize) -> Scripted {
    Scripted {
        path: format!("runbooks/<b>{at}|.ps1"),
        line: 12,
        workload: Workload::ConfigurationPolicy,
        operation: "create".to_owned(),
        method: "POST".to_owned(),
        path_template: "/deviceManagement/configurationPolicies".to_owned(),
        confidence: ScriptConfidence::Resolved,
        sign_in: ScriptSignIn::App,
        approval: ScriptApproval::Absent,
        expectation: ScriptExpectation::Refused,
        joined: Joined::Map,
    }
}

fn name(at: usize) -> String {
    if at == 13 { "long ".repeat(2_000) } else { NAMES.get(at % NAMES.len()).copied().unwrap_or_default().to_owned() }
}

fn profile(at: usize) -> ApplicationProfile {
    let gap = Gap::OutOfReach { detail: "the home tenant".to_owned() };
    let keys = vec![key(at, KeyKind::Secret), key(at, KeyKind::Certificate)];
    let permission = HeldPermission {
        name: "DeviceManagementApps.ReadWrite.All".to_owned(),
        primary: [Workload::App].into(),
        possible: [Workload::Script].into(),
        granted: Some(time("2025-03-01T00:00:00Z")),
    };
    ApplicationProfile {
        app_id: AppId::new(&id(at)),
        service_principal: Some(id(at + 0x1000).as_str().into()),
        name: name(at),
        kind: (at % 4 != 3).then(|| "Application".to_owned()),
        home: Home::ThisTenant,
        can_sign_in: Some(true),
        permissions: if at % 5 == 4 { Known::No(gap.clone()) } else { Known::Yes(vec![permission]) },
        delegated_sign_in: None,
        last_sign_in: match at % 3 {
            0 => LastSignIn::At(time("2026-11-21T23:59:59Z")),
            1 => LastSignIn::NoneSeen,
            _ => LastSignIn::Unknown(gap.clone()),
        },
        first_trace: Some(time("2024-01-02T03:04:05Z")),
        keys: match at {
            0 => Known::Yes(keys),
            1 => Known::Partly(keys, gap.clone()),
            _ => Known::No(gap.clone()),
        },
        service_principal_keys: Known::Yes(vec![]),
        federated: if at == 0 { Known::Yes(vec![key(at, KeyKind::Federated)]) } else { Known::No(gap) },
        posture: Posture::not_looked_at(),
        excluded: at == 1,
        automation: at != 2,
    }
}

fn key(at: usize, kind: KeyKind) -> Key {
    let dated = kind != KeyKind::Federated;
    Key {
        kind,
        key_id: id(at + 0x2000),
        held_on: KeyHolder::Application,
        start: dated.then(|| time("2026-11-25T00:00:00Z")),
        end: dated.then(|| time("2028-11-25T00:00:00Z")),
        lifetime_days: dated.then_some(731),
        age_days: dated.then_some(-3),
        expired: dated.then_some(false),
        last_used: None,
    }
}

fn verdict(at: usize, kind: VerdictKind) -> Verdict {
    let wrote = matches!(kind, VerdictKind::Breaks | VerdictKind::Passes);
    Verdict {
        app_id: AppId::new(&id(at)),
        workload: if at % 3 == 2 { Workload::Unknown("new|Workload".to_owned()) } else { Workload::ConfigurationPolicy },
        platforms: if at.is_multiple_of(2) { BTreeSet::new() } else { [Platform::Ios, Platform::Windows].into() },
        gate: GateState::InForce,
        exclusion: ExclusionState::NotListed,
        exclusion_sources: [ExclusionSource::Policy, ExclusionSource::Audit].into(),
        kind,
        today: (at % 3 == 1).then_some(VerdictKind::NotGated),
        confidence: Confidence::Medium,
        grade: EvidenceGrade::AuditedWrite,
        writes: if wrote { 12 } else { 0 },
        failed_writes: 0,
        blocked_calls: u64::from(kind == VerdictKind::Blocked),
        first_write: wrote.then(|| time("2026-10-24T01:00:00Z")),
        last_write: wrote.then(|| time("2026-11-20T01:00:00Z")),
        expected_status: [400, 412].into(),
        permissions: if at % 5 == 4 { BTreeSet::new() } else { ["DeviceManagementConfiguration.ReadWrite.All".to_owned()].into() },
        reasons: vec!["a policy is in force on this workload".to_owned()],
        doubts: vec!["audit events were read in part".to_owned()],
        next_step: format!("adopt the approval flow in the script of {}", name(at)),
        ways_out: vec![WayOut {
            kind: WayKind::Exclude,
            summary: format!("exclude {}", name(at)),
            requests: vec!["PATCH /deviceAppManagement/mobileApps/{id}".to_owned()],
            first: vec!["replace its client secrets (1)".to_owned()],
            permissions: vec![],
            room: vec![room(at, 3)],
        }],
        not_excluded_by: [id(at + 0x3000).as_str().into()].into(),
        days: days(wrote, kind == VerdictKind::Blocked),
        scripts: if at % 4 == 1 { vec![scripted(at)] } else { vec![] },
    }
}

fn days(wrote: bool, refused: bool) -> BTreeMap<NaiveDate, DayCounts> {
    let day = |text: &str| time(text).date_naive();
    let written = DayCounts { written: 6, failed: 1, ..DayCounts::default() };
    let others = DayCounts { refused: 1, waiting: 2, approved: 3, unclear: 4, ..DayCounts::default() };
    let days = [
        (day("2026-10-24T00:00:00Z"), wrote.then_some(written)),
        (day("2026-11-20T00:00:00Z"), wrote.then_some(written)),
        (day("2026-11-21T00:00:00Z"), refused.then_some(others)),
    ];
    days.into_iter().filter_map(|(day, counts)| Some((day, counts?))).collect()
}

fn room(at: usize, listed: usize) -> Room {
    Room { policy_id: id(at + 0x3000).as_str().into(), policy: name(at), listed, whole: at != 6 }
}

fn need(at: usize) -> ExclusionNeed {
    let automations = [AppId::new(&id(at)), AppId::new(&id(at + 1))].into();
    ExclusionNeed { room: room(at, 47 + at), workload: Workload::App, planned: at == 4, automations }
}

fn problem(at: usize, text: &str) -> GateProblem {
    let unknown = Untold { dataset: Dataset::ApproverGroups, gap: Some(Gap::Permission { missing: "GroupMember.Read.All".to_owned() }) };
    GateProblem {
        kind: GateProblemKind::ALL.get(at).copied().unwrap_or(GateProblemKind::NoApprover),
        ids: (at == 5).then(|| id(at)).into_iter().collect(),
        sentence: text.to_owned(),
        unknown: (at == 6).then_some(unknown),
    }
}

fn gates() -> Vec<Gate> {
    let policy = |at: usize, problems: &[&str]| PolicyGate {
        policy_id: id(at + 0x3000).as_str().into(),
        name: name(at),
        platforms: BTreeSet::new(),
        in_force: InForce::Yes,
        since: Some(time("2026-07-01T00:00:00Z")),
        since_exact: true,
        approver_groups: (at != 6).then(|| vec!["Approvers; =night".to_owned(), "+day".to_owned()]),
        approvers: (at != 6).then_some(2),
        problems: problems.iter().map(|text| problem(at, text)).collect(),
        exclusions_readable: at != 6,
        planned: false,
    };
    let gate = |workload, state, policies| Gate { workload, state, platforms: BTreeSet::new(), policies };
    vec![
        gate(
            Workload::App,
            GateState::InForce,
            vec![policy(5, &["nobody can approve: the group has no direct member", "=1"]), policy(0, &[])],
        ),
        gate(Workload::DeviceWipe, GateState::Planned, vec![]),
        gate(Workload::Unknown("new|Workload".to_owned()), GateState::Unknown, vec![policy(6, &["policy type is not known: <new>"])]),
        gate(Workload::OperationApprovalPolicy, GateState::InForce, vec![]),
        gate(Workload::Role, GateState::None, vec![]),
    ]
}

fn exclusion(at: usize) -> Exclusion {
    let resolved = at % 4 != 3;
    Exclusion {
        policy_id: id(at + 0x3000).as_str().into(),
        policy: name(at),
        workload: Workload::App,
        listed_id: id(at),
        app_id: resolved.then(|| AppId::new(&id(at))),
        service_principal: resolved.then(|| id(at + 0x1000).as_str().into()),
        application: resolved.then(|| name(at + 1)),
        sources: if at == 5 { [ExclusionSource::Policy].into() } else { [ExclusionSource::Request, ExclusionSource::File].into() },
        source_detail: "unknown =member; line 7".to_owned(),
        listed: at != 5,
        disputed: matches!(at, 4 | 5),
        since: resolved.then(|| time("2026-08-01T00:00:00Z")),
        state: if resolved { ExcludedObject::Active } else { ExcludedObject::Unresolved },
        gap: (!resolved).then_some(Gap::NotRequested),
    }
}

fn waiver(rule: &str, object: &str, at: usize) -> Waiver {
    Waiver {
        rule: rule.to_owned(),
        object: object.to_owned(),
        finding: None,
        reason: name(at),
        approver: name(at + 1),
        ticket: format!("=CHG;-{at}"),
        expires: NaiveDate::from_ymd_opt(2026, 12, 31).unwrap(),
    }
}

/// Settings that change something of every kind.
fn settings() -> AppliedSettings {
    let used =
        |at: usize, days_left, matches| WaiverUse { waiver: waiver("excluded-2", &id(at + 0x1000), at), days_left, matches, app_id: None };
    AppliedSettings {
        profile: "cis-v7".to_owned(),
        own_rules: vec!["own-rule".to_owned()],
        switched_off: vec![SwitchedOff { rule: "excluded-9".to_owned(), title: "t".to_owned(), severity: Severity::High }],
        severities: vec![SeverityChange { rule: "excluded-1".to_owned(), from: Severity::High, to: Severity::Low }],
        thresholds: vec![ThresholdChange { rule: "excluded-0".to_owned(), name: "days".to_owned(), from: 90, to: 400 }],
        waivers: vec![used(2, 39, Known::Yes(1)), used(6, -1, Known::Yes(0)), used(10, 0, Known::No(Gap::NotRequested))],
        register: Some(vec![ExclusionRecord {
            app_id: AppId::new(&id(1)),
            policy: None,
            owner: name(2),
            justification: name(3),
            ticket: None,
            expires: None,
            reviewed: NaiveDate::from_ymd_opt(2026, 10, 1),
        }]),
    }
}

fn reference(title: &str, id: Option<&str>, url: Option<&str>) -> Reference {
    Reference { title: title.to_owned(), id: id.map(str::to_owned), url: url.map(str::to_owned) }
}

fn finding(at: usize) -> Finding {
    let rule = RuleText {
        id: format!("excluded-{}", at % 3),
        title: "An excluded application is weak".to_owned(),
        aspect: Aspect::ALL.get(at % 4).copied(),
        severity: Severity::ALL.get(at % 5).copied().unwrap_or(Severity::Info),
        confidence: Confidence::High,
        why: "Whoever has the secret is the application; see [x](//e.example) {0}".to_owned(),
        remediation: "=remove the secret".to_owned(),
        references: vec![
            reference("CIS", Some("5.1"), None),
            reference("MITRE [ATT&CK]", Some("T1078"), Some("https://attack.mitre.org/techniques/T1078/")),
            reference("A page | of <b>ours</b>", None, Some("https://learn.microsoft.com/x?a=b&c=(d)")),
        ],
    };
    let object = ObjectRef { kind: "servicePrincipal", id: id(at + 0x1000), name: name(at), app_id: (at != 3).then(|| id(at)) };
    match at % 4 {
        3 => Finding::undetermined(rule, object, Gap::Permission { missing: "AuditLog.Read.All".to_owned() }),
        2 => {
            let waiver = waiver(&rule.id, &object.id, at);
            let mut finding = Finding::fires(rule, object, "m".to_owned(), vec![], &[]);
            finding.waive(&waiver);
            finding
        }
        _ => {
            let message = format!("{} has 2 secrets; -1 of them is short-lived", name(at));
            Finding::fires(rule, object, message, vec!["secret one".to_owned(), "+secret two".to_owned()], &[])
        }
    }
}
