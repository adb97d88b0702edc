//! A tenant of many automations, in the proportions of the demo: how big the page gets, and whether it grows in line.

use super::{checker, findings, rendered, tags, without_optional_ends};
use crate::assess::{
    Assessment, Confidence, DayCounts, Finding, Key, KeyHolder, KeyKind, Known, ObjectRef, RuleText, Severity, Verdict, VerdictKind,
    WayKind, WayOut,
};
use crate::catalogue::Workload;
use crate::report::samples;
use crate::snapshot::{AppId, Gap};
use std::collections::BTreeSet;

/// Bytes of a page that are promised for 1,000 automations with five findings, three credentials and 1.5 verdicts each.
const MOST_BYTES: usize = 3_000_000;

fn guid(kind: usize, at: usize) -> String {
    format!("{kind:08x}-4f7e-4b71-9dec-{at:012x}")
}

/// As many automations, each with what the promise counts.
fn tenant(automations: usize) -> Assessment {
    let model = samples::everything();
    let mut assessment = samples::empty();
    let (profile, written) = (model.applications.values().next().unwrap(), &model.verdicts[4]);
    for at in 0..automations {
        let app_id = AppId::new(&guid(1, at));
        let mut profile = profile.clone();
        profile.app_id = app_id.clone();
        profile.name = format!("Win32 packaging pipeline {at}");
        profile.service_principal = Some(guid(2, at).as_str().into());
        profile.keys = Known::Yes((0..3).map(|key| credential(at * 3 + key)).collect());
        profile.federated = Known::Yes(vec![]);
        assessment.applications.insert(app_id.clone(), profile);
        assessment.verdicts.push(verdict(written, &app_id, at, Workload::App));
        if at.is_multiple_of(2) {
            assessment.verdicts.push(verdict(written, &app_id, at, Workload::ConfigurationPolicy));
        }
        assessment.findings.extend((0..5).map(|number| finding(at, number)));
    }
    assessment.gates = model.gates;
    assessment
}

fn credential(at: usize) -> Key {
    let start = samples::time("2026-01-25T00:00:00Z") - chrono::TimeDelta::days((at % 400) as i64);
    Key {
        kind: KeyKind::Secret,
        key_id: guid(3, at),
        held_on: KeyHolder::Application,
        start: Some(start),
        end: Some(start + chrono::TimeDelta::days(730)),
        lifetime_days: Some(730),
        age_days: Some(300),
        expired: Some(false),
        last_used: None,
    }
}

/// With sentences as long as those of the demo: 180 bytes of reasons and 130 of doubts in the mean.
fn verdict(model: &Verdict, app_id: &AppId, at: usize, workload: Workload) -> Verdict {
    let kind = [VerdictKind::Breaks, VerdictKind::AtRisk, VerdictKind::Excluded][at % 3];
    // What was only granted was not seen writing, and who is excluded needs no way out.
    let begun = samples::time("2026-10-24T00:00:00Z").date_naive();
    let counts = |number: u64| DayCounts { written: 2, failed: u64::from(number == 3), ..DayCounts::default() };
    let written = |number: u64| (begun + chrono::Days::new(number * 4), counts(number));
    let days = if kind == VerdictKind::AtRisk { [].into() } else { (0..7).map(written).collect() };
    let way = |kind, summary: &str, requests: &[&str]| WayOut {
        kind,
        summary: summary.to_owned(),
        requests: requests.iter().map(|request| (*request).to_owned()).collect(),
        first: vec![],
        permissions: vec![],
        room: vec![],
    };
    Verdict {
        app_id: app_id.clone(),
        workload,
        kind,
        confidence: Confidence::Medium,
        today: None,
        platforms: [].into(),
        reasons: vec![
            "gate in force since 2026-08-14T06:00:00Z: Windows apps need a second pair of eyes".to_owned(),
            format!("{at} audited writes between 2026-10-06T08:13:02Z and 2026-10-30T16:54:39Z, 7 of them behind the gate"),
        ],
        doubts: vec![
            "that this member of the policy lists its exclusions is inferred: no published schema has it".to_owned(),
            "approval requests that do not say who filed them: 2".to_owned(),
        ],
        next_step: "adopt the approval flow now, or harden and then exclude it".to_owned(),
        days,
        ways_out: if kind == VerdictKind::Excluded {
            vec![]
        } else {
            vec![
                way(
                    WayKind::Adopt,
                    "adopt the approval flow: send x-msft-approval-justification",
                    &["PATCH /deviceAppManagement/mobileApps/{id}"],
                ),
                way(
                    WayKind::Exclude,
                    "exclude it from the policy, but first: replace its client secrets (2) by a certificate or a federated credential",
                    &[],
                ),
                way(WayKind::Remove, "take the permission away, if it need not write: DeviceManagementApps.ReadWrite.All", &[]),
            ]
        },
        ..model.clone()
    }
}

/// With a sentence and facts as long as those of the demo; one in three could not be determined.
fn finding(at: usize, number: usize) -> Finding {
    let name = format!("Win32 packaging pipeline {at}");
    let rule = RuleText {
        id: format!("excluded-app-holds-secret-{number}"),
        title: "Application holds an unexpired client secret".to_owned(),
        severity: Severity::ALL[number],
        aspect: None,
        confidence: Confidence::High,
        remediation: "Replace the secret by a certificate or a federated credential, then remove it.".to_owned(),
        references: vec![],
        why: "A secret is a word that anybody who sees it can use.".to_owned(),
    };
    let object = ObjectRef { kind: "servicePrincipal", id: guid(2, at), name: name.clone(), app_id: Some(guid(1, at)) };
    if (at + number).is_multiple_of(3) {
        return Finding::undetermined(
            rule,
            object,
            Gap::OutOfReach { detail: "exclusions of 2 of 9 access policies are not known".to_owned() },
        );
    }
    let message = format!("{name} is excluded from approval on configurationPolicy and holds 2 client secrets that have not expired");
    let evidence = vec![format!("secret {} until 2027-03-12", guid(3, at * 3)), "holds DeviceManagementApps.ReadWrite.All".to_owned()];
    Finding::fires(rule, object, message, evidence, &[])
}

#[test]
fn a_thousand_automations_take_less_than_promised() {
    let page = rendered(&tenant(1_000));
    assert_eq!(findings(&page).len(), 5_000);
    assert!(page.len() < MOST_BYTES, "{} bytes are beyond the {MOST_BYTES} that are promised", page.len());
    assert!(page.len() > MOST_BYTES / 3, "{} bytes: the generated tenant is too thin to measure by", page.len());
}

#[test]
fn the_page_grows_in_line_with_the_tenant() {
    let [half, whole] = [500, 1_000].map(|automations| rendered(&tenant(automations)).len());
    assert!(whole < half * 21 / 10, "{half} and {whole} bytes");
}

#[test]
fn what_stands_once_is_linked_and_whole() {
    let assessment = tenant(300);
    let page = rendered(&assessment);
    checker::assert_balanced(&page, true);
    for way in &assessment.verdicts[0].ways_out[1..] {
        assert_eq!(page.matches(way.summary.as_str()).count(), 1, "once for all of a case");
    }
    let all = tags(&page);
    let ids: BTreeSet<String> = all.iter().filter_map(|tag| tag.attribute("id")).collect();
    let cases = all.iter().filter_map(|tag| tag.attribute("href")).filter(|link| link.starts_with("#g") && link != "#gates").count();
    assert_eq!(cases, assessment.verdicts.len(), "every verdict names its case");
    assert!(all.iter().filter_map(|tag| tag.attribute("href")).all(|link| ids.contains(&link[1..])));
}

#[test]
fn end_tags_are_left_out_only_where_html_says_so() {
    let small = "<table><tr><td>a</td><td>b</td></tr><tr><td></td></tr></table><ul><li>c</li><li>d</li></ul>";
    assert_eq!(
        without_optional_ends(small),
        "<table><tr><td>a<td>b</tr><tr><td></tr></table><ul><li>c<li>d</ul>".replace("</tr><tr", "<tr")
    );
}
