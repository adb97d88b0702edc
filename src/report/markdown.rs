//! `summary.md`: the report for a person, also pasted into job summaries and mail. Every text from outside goes through
//! [`text::markdown`]; tables escape each of their cells.

use super::known::{self, UNKNOWN};
use super::phrases::{self, count, optional_time, platforms};
use super::text::{self, LONGEST, LONGEST_NAME};
use super::{Contents, Error, Format};
use super::{changes, exposure, settings};
use crate::assess::{
    Assessment, Exclusion, ExclusionNeed, Finding, FindingStatus, Gate, GateState, PolicyGate, Room, Severity, Verdict, VerdictKind, Waiver,
};
use crate::snapshot::{Coverage, Dataset};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Most rows of a table.
pub(super) const ROWS: usize = 20;

/// Most bytes of the file. GitHub takes 1 MiB of summary from a step of a job and shows nothing of a longer one; the rest is for
/// what else the step writes there.
/// <https://docs.github.com/actions/using-workflows/workflow-commands-for-github-actions#adding-a-markdown-summary>
const MOST_BYTES: usize = 1_000_000;

/// The file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Summary;

impl Format for Summary {
    fn file_name(&self) -> &'static str {
        "summary.md"
    }

    fn render(&self, contents: &Contents<'_>) -> Result<Vec<u8>, Error> {
        let assessment = contents.assessment;
        let sections = [
            result(assessment),
            not_seen(assessment),
            action(assessment),
            changes::section(contents.change),
            plan_changes(assessment),
            verdicts(assessment),
            exclusions(assessment),
            exposure::section(assessment),
            exclusion_needs(assessment),
            gates(assessment),
            findings(assessment),
            undetermined(assessment),
            settings::section(assessment),
            method(assessment),
        ];
        Ok(fitted(sections.into(), MOST_BYTES).trim_start().as_bytes().to_vec())
    }
}

/// The sections as one text of at most `most` bytes. Tables and cells have limits of their own, so that a section is left out
/// only where very many texts are very long: then the longest goes first, and its heading stays and says so. The first three,
/// which are the result, what could not be seen and what to do, always stay: at most 20 rows of 200 characters each.
fn fitted(mut sections: Vec<String>, most: usize) -> String {
    const ALWAYS: usize = 3;
    while sections.iter().map(String::len).sum::<usize>() > most {
        let Some(longest) = sections.iter_mut().skip(ALWAYS).max_by_key(|section| section.len()) else { break };
        let heading = longest.lines().find(|line| line.starts_with("## ")).unwrap_or_default();
        let left_out = format!("\n{heading}\n\nLeft out here, for this page would be too long: see the CSV files and assessment.json.\n");
        if left_out.len() >= longest.len() {
            break;
        }
        *longest = left_out;
    }
    sections.concat()
}

fn escaped(text: &str) -> String {
    text::markdown(text, LONGEST)
}

/// A table of at most [`ROWS`] rows, every cell escaped. `total` rows exist; `file` has them all.
pub(super) fn table(header: &[&str], rows: impl Iterator<Item = Vec<String>>, total: usize, file: &str) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let header: Vec<String> = header.iter().map(ToString::to_string).collect();
    let rule = vec!["---".to_owned(); header.len()];
    let mut table = format!("\n{}{}", line(&header), line(&rule));
    for row in rows.take(ROWS) {
        table.push_str(&line(&row.iter().map(|cell| escaped(cell)).collect::<Vec<_>>()));
    }
    if total > ROWS {
        table.push_str(&format!("\n{ROWS} of these {total} rows shown: see {file} for the rest.\n"));
    }
    table
}

/// A name for a cell. The table escapes it.
pub(super) fn name(name: &str) -> String {
    text::terminal(name, LONGEST_NAME)
}

fn result(assessment: &Assessment) -> String {
    let run = &assessment.run;
    let tenant = phrases::named(run.tenant_name.as_deref().unwrap_or_default(), run.tenant_id.as_str());
    let mut section = format!("# Multi Admin Approval in {}\n", text::markdown(tenant, LONGEST_NAME));
    section.push_str(&format!("\n## Result\n\n**{}.**\n", phrases::headline(assessment)));
    section.push_str(&format!("\n{}. An automation can count under more than one word.\n", phrases::counted(assessment)));
    section.push_str(&format!("\nTenant {}, read at {}.\n", escaped(run.tenant_id.as_str()), phrases::time(run.taken_at)));
    if !run.planned.is_empty() {
        let planned: Vec<String> = run.planned.iter().map(|workload| escaped(workload.word())).collect();
        section.push_str(&format!("\nJudged as if these workloads were gated: {}.\n", planned.join(", ")));
        if let Some(changes) = phrases::changes(assessment) {
            section.push_str(&format!("\nBy row, {changes}.\n"));
        }
    }
    section
}

fn not_seen(assessment: &Assessment) -> String {
    let mut section = "\n## What this report could not see\n".to_owned();
    let missing: Vec<Vec<String>> = known::missing(assessment)
        .map(|(dataset, coverage, gap)| {
            let read =
                if matches!(coverage, Coverage::Partial { .. }) { format!("{} items", coverage.items()) } else { "nothing".to_owned() };
            vec![dataset.to_string(), read, gap.to_string(), phrases::permission(dataset, coverage).to_owned()]
        })
        .collect();
    if missing.is_empty() {
        section.push_str("\nEvery dataset that was asked for was read whole.\n");
    } else {
        let total = missing.len();
        section.push_str(&table(&["dataset", "read", "gap", "permission that reads it"], missing.into_iter(), total, "coverage.csv"));
    }
    let notes = not_seen_notes(assessment);
    if !notes.is_empty() {
        section.push_str(&format!("\n- {}\n", notes.join("\n- ")));
    }
    section
}

/// What is missing beyond whole datasets, a sentence each.
fn not_seen_notes(assessment: &Assessment) -> Vec<String> {
    let mut notes = phrases::gaps_within(assessment);
    for unplaced in assessment.unplaced.iter().take(ROWS) {
        notes.push(format!("Of your own lists: {}.", escaped(unplaced)));
    }
    if assessment.unplaced.len() > ROWS {
        notes.push(format!("Of your own lists {} more lines could not be placed: see assessment.json.", assessment.unplaced.len() - ROWS));
    }
    notes.extend(phrases::not_requested(assessment));
    if !assessment.unmapped_permissions.is_empty() {
        let names: Vec<String> = assessment.unmapped_permissions.iter().take(ROWS).map(|name| text::markdown(name, LONGEST_NAME)).collect();
        let rest = if assessment.unmapped_permissions.len() > ROWS { ", and more in assessment.json" } else { "" };
        notes.push(format!(
            "Permissions that seem to write Intune and are not judged, because this maascan does not know them: {}{rest}.",
            names.join(", ")
        ));
    }
    notes.extend(unmapped(assessment));
    notes
}

fn unmapped(assessment: &Assessment) -> Option<String> {
    let activities = &assessment.unmapped_activities;
    let listed: Vec<String> =
        activities.iter().take(ROWS).map(|(activity, events)| format!("{} ({events})", text::markdown(activity, LONGEST_NAME))).collect();
    let rest = if activities.len() > ROWS { ", and more in assessment.json" } else { "" };
    phrases::unmapped_events(assessment).map(|events| format!("{events} By activity: {}{rest}.", listed.join(", ")))
}

fn action(assessment: &Assessment) -> String {
    // Verdict kinds are in the order of what needs action first; those after `unknown` need none.
    let needed: Vec<&Verdict> = assessment.verdicts.iter().filter(|verdict| verdict.kind <= VerdictKind::Unknown).collect();
    let mut section = "\n## What needs action first\n".to_owned();
    if needed.is_empty() {
        let whole = known::all_automations(assessment);
        let limit = if whole { "" } else { ", but not every automation could be looked for" };
        section.push_str(&format!("\nNo row has a verdict that needs action{limit}.\n"));
        return section;
    }
    let header = ["verdict", "automation", "app id", "workload", "platform", "confidence", "writes", "next step"];
    let rows = needed.iter().map(|verdict| action_row(assessment, verdict));
    section.push_str(&table(&header, rows, needed.len(), "automations.csv"));
    section
}

fn action_row(assessment: &Assessment, verdict: &Verdict) -> Vec<String> {
    vec![
        verdict.kind.to_string(),
        name(phrases::name(assessment, &verdict.app_id)),
        verdict.app_id.to_string(),
        name(verdict.workload.word()),
        platforms(&verdict.platforms).replace(';', ", "),
        verdict.confidence.to_string(),
        count(phrases::writes(assessment, verdict)),
        verdict.next_step.clone(),
    ]
}

fn verdicts(assessment: &Assessment) -> String {
    let rows = VerdictKind::ALL.iter().map(|kind| {
        let rows = assessment.verdicts.iter().filter(|verdict| verdict.kind == *kind).count();
        let rows = if rows == 0 { String::new() } else { rows.to_string() };
        let automations = known::automations_with(assessment, *kind).to_string();
        vec![kind.to_string(), automations, rows, phrases::meaning(*kind).to_owned()]
    });
    let table = table(&["verdict", "automations", "rows", "meaning"], rows, VerdictKind::ALL.len(), "automations.csv");
    format!("\n## Verdicts\n\nA row is an automation and a workload; an automation can count under more than one verdict.\n{table}")
}

fn exclusions(assessment: &Assessment) -> String {
    let mut section = "\n## Exclusions\n".to_owned();
    if assessment.exclusions.is_empty() {
        let policies = known::coverage(assessment, Dataset::AccessPolicies);
        let unread = known::unreadable_exclusions(assessment) > 0 || !policies.is_complete();
        section.push_str(if unread { "\nExclusions are unknown: none was seen, and not every list could be read.\n" } else { "\nNone.\n" });
        return section;
    }
    let disputed = assessment.exclusions.iter().filter(|row| row.disputed && row.listed).count();
    if disputed > 0 {
        section.push_str(&format!("\nSources disagree on {disputed} of these; each has a row for what either side says.\n"));
    }
    let header = ["access policy", "workload", "application", "listed id", "state", "listed", "source", "since"];
    section.push_str(&table(&header, assessment.exclusions.iter().map(exclusion), assessment.exclusions.len(), "exclusions.csv"));
    section
}

/// The rows whose verdict a plan changes.
fn plan_changes(assessment: &Assessment) -> String {
    let total = phrases::changed(assessment).count();
    if total == 0 {
        return String::new();
    }
    let header = ["automation", "workload", "today", "with the plan", "confidence", "next step"];
    let row = |(today, verdict): (VerdictKind, &Verdict)| {
        vec![
            name(phrases::name(assessment, &verdict.app_id)),
            name(verdict.workload.word()),
            today.to_string(),
            verdict.kind.to_string(),
            verdict.confidence.to_string(),
            verdict.next_step.clone(),
        ]
    };
    let table = table(&header, phrases::changed(assessment).map(row), total, "automations.csv");
    format!("\n## What the plan changes\n\nRows whose verdict is not that of today: {total}.\n{table}")
}

/// Which exclusions would keep alive what writes today, and whether the policies have room for them.
fn exclusion_needs(assessment: &Assessment) -> String {
    let needs = &assessment.exclusion_needs;
    if needs.is_empty() {
        return String::new();
    }
    let header = ["access policy", "workload", "to exclude", "excluded now", "places", "automations"];
    let most = Room::MOST;
    let table = table(&header, needs.iter().map(|need| exclusion_need(assessment, need)), needs.len(), "assessment.json");
    format!(
        "\n## Exclusions that would keep today's automations alive\n\nThe fewest that each policy would have to add for every automation \
         that breaks or is blocked behind it; a policy excludes at most {most}. Each is a way around approval: adopt the approval flow \
         where that can be done, and harden first what has to be excluded.\n{table}"
    )
}

fn exclusion_need(assessment: &Assessment, need: &ExclusionNeed) -> Vec<String> {
    let (added, room) = (need.automations.len(), &need.room);
    let names: Vec<String> = need.automations.iter().map(|app_id| name(phrases::name(assessment, app_id))).collect();
    let places = match room.fits(added) {
        Some(true) => format!("{} of {} taken then", room.listed + added, Room::MOST),
        Some(false) => format!("too few: {} of {}", room.listed + added, Room::MOST),
        None => format!("at least {} of {} taken then", room.listed + added, Room::MOST),
    };
    vec![
        name(phrases::named(&room.policy, room.policy_id.as_str())),
        name(need.workload.word()),
        added.to_string(),
        if room.whole { room.listed.to_string() } else { format!("at least {}", room.listed) },
        places,
        names.join(", "),
    ]
}

fn exclusion(exclusion: &Exclusion) -> Vec<String> {
    vec![
        name(phrases::named(&exclusion.policy, exclusion.policy_id.as_str())),
        name(exclusion.workload.word()),
        name(exclusion.application.as_deref().unwrap_or_default()),
        exclusion.listed_id.clone(),
        exclusion.gap.as_ref().map_or_else(|| exclusion.state.to_string(), |gap| format!("{UNKNOWN}: {gap}")),
        if exclusion.listed { "yes" } else { "no" }.to_owned(),
        exclusion.sources.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
        optional_time(exclusion.since),
    ]
}

fn gates(assessment: &Assessment) -> String {
    let mut section = "\n## Gates\n".to_owned();
    let by_state: Vec<String> = GateState::ALL.iter().filter_map(|state| gates_of_state(assessment, *state)).collect();
    if !by_state.is_empty() {
        section.push_str(&format!("\n{}", by_state.concat()));
    }
    let all = assessment.gates.iter().flat_map(|gate| gate.policies.iter().map(move |policy| (gate, policy)));
    let with_problems: Vec<(&Gate, &PolicyGate)> =
        all.filter(|(_, policy)| policy.problems.iter().any(|problem| problem.unknown.is_none())).collect();
    if with_problems.is_empty() {
        let whole = [Dataset::AccessPolicies, Dataset::ApproverGroups].map(|dataset| known::coverage(assessment, dataset).is_complete());
        let limit = if whole == [true, true] { "" } else { ", but they and their approvers could not be read whole" };
        section.push_str(&format!("\nNo problem was seen with any access policy{limit}.\n"));
        return section + &untold_problems(assessment);
    }
    let header = ["workload", "access policy", "in force", "approvers", "problems"];
    let rows = with_problems.iter().map(|(gate, policy)| gate_row(gate, policy));
    section.push_str("\nAccess policies with problems:\n");
    section.push_str(&table(&header, rows, with_problems.len(), "gates.csv"));
    section + &untold_problems(assessment)
}

/// What could not be told of gates, with how many policies each.
fn untold_problems(assessment: &Assessment) -> String {
    let untold = known::untold_problems(assessment);
    if untold.is_empty() {
        return String::new();
    }
    let total = untold.len();
    let rows = untold.into_iter().map(|((kind, why), policies)| vec![kind.to_string(), policies.to_string(), why.to_owned()]);
    format!("\nNot told of access policies:\n{}", table(&["problem", "access policies", "why"], rows, total, "gates.csv"))
}

/// A list item with the workloads in one state, if any are.
fn gates_of_state(assessment: &Assessment, state: GateState) -> Option<String> {
    let gates = assessment.gates.iter().filter(|gate| gate.state == state);
    let words: Vec<String> = gates.map(|gate| text::markdown(gate.workload.word(), LONGEST_NAME)).collect();
    let rest = if words.len() > ROWS { format!(", and {} more in gates.csv", words.len() - ROWS) } else { String::new() };
    let words: Vec<&str> = words.iter().take(ROWS).map(String::as_str).collect();
    (!words.is_empty()).then(|| format!("- {state}: {}{rest}\n", words.join(", ")))
}

fn gate_row(gate: &Gate, policy: &PolicyGate) -> Vec<String> {
    let approvers = policy.approvers.map_or_else(|| UNKNOWN.to_owned(), |approvers| approvers.to_string());
    vec![
        name(gate.workload.word()),
        name(phrases::named(&policy.name, policy.policy_id.as_str())),
        policy.in_force.to_string(),
        approvers,
        policy.problems.iter().filter(|problem| problem.unknown.is_none()).map(phrases::problem).collect::<Vec<_>>().join("; "),
    ]
}

fn findings(assessment: &Assessment) -> String {
    let open: Vec<&Finding> = known::findings(assessment, FindingStatus::Open).collect();
    let waived: Vec<(&Finding, &Waiver)> =
        known::findings(assessment, FindingStatus::Waived).filter_map(|finding| Some((finding, finding.waiver.as_ref()?))).collect();
    let mut section = "\n## Findings\n".to_owned();
    let limit = if assessment.is_complete() { "" } else { ", as far as data could be read" };
    if open.is_empty() {
        section.push_str(&format!("\nNone open{limit}.\n"));
    } else {
        let by_severity: Vec<String> =
            known::open_by_severity(assessment).into_iter().map(|(severity, count)| format!("{count} {severity}")).collect();
        section.push_str(&format!("\nOpen: {}{limit}.\n", by_severity.join(", ")));
        let rows = open.iter().map(|finding| finding_row(finding));
        section.push_str(&table(&["severity", "confidence", "rule", "object", "message"], rows, open.len(), "findings.csv"));
    }
    if !waived.is_empty() {
        section.push_str(&format!("\nWaived: {}. These rules fire; somebody accepted it until the day named.\n", waived.len()));
        let rows = waived.iter().map(|(finding, waiver)| waived_row(finding, waiver));
        let header = ["severity", "rule", "object", "message", "until", "ticket", "approved by", "reason"];
        section.push_str(&table(&header, rows, waived.len(), "findings.csv"));
    }
    section
}

fn waived_row(finding: &Finding, waiver: &Waiver) -> Vec<String> {
    vec![
        finding.rule.severity.to_string(),
        finding.rule.id.clone(),
        name(phrases::named(&finding.object.name, &finding.object.id)),
        finding.message.clone(),
        waiver.expires.to_string(),
        name(&waiver.ticket),
        name(&waiver.approver),
        waiver.reason.clone(),
    ]
}

fn finding_row(finding: &Finding) -> Vec<String> {
    let rule = &finding.rule;
    vec![
        rule.severity.to_string(),
        rule.confidence.to_string(),
        rule.id.clone(),
        name(phrases::named(&finding.object.name, &finding.object.id)),
        finding.message.clone(),
    ]
}

/// Findings that could not be determined, by rule and reason: there can be one for each object.
fn undetermined(assessment: &Assessment) -> String {
    let mut groups: BTreeMap<(Reverse<Severity>, &str, String), usize> = BTreeMap::new();
    for finding in known::findings(assessment, FindingStatus::Undetermined) {
        let why = finding.gap.as_ref().map(ToString::to_string).unwrap_or_default();
        *groups.entry((Reverse(finding.rule.severity), &finding.rule.id, why)).or_default() += 1;
    }
    if groups.is_empty() {
        return String::new();
    }
    let count: usize = groups.values().sum();
    let total = groups.len();
    let rows = groups
        .into_iter()
        .map(|((Reverse(severity), rule, why), objects)| vec![severity.to_string(), rule.to_owned(), objects.to_string(), why]);
    let table = table(&["severity", "rule", "objects", "why"], rows, total, "findings.csv");
    format!(
        "\n## Findings that could not be determined\n\n{count} checks could not tell, for want of data. They are neither open nor clear.\n{table}"
    )
}

fn method(assessment: &Assessment) -> String {
    let cut = format!("Names are cut to {LONGEST_NAME} characters here and texts to {LONGEST}; CSV and JSON have them whole.");
    let lines: Vec<String> = phrases::method(assessment).into_iter().chain([cut]).collect();
    format!("\n## Method and limits\n\n- {}\n", lines.join("\n- "))
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    fn rendered(assessment: &Assessment) -> String {
        String::from_utf8(Summary.render(&Contents::of(assessment)).unwrap()).unwrap()
    }

    #[test]
    fn it_looks_like_this() {
        insta::assert_snapshot!("summary-everything", rendered(&samples::everything()));
        insta::assert_snapshot!("summary-empty", rendered(&samples::empty()));
        insta::assert_snapshot!("summary-unreadable", rendered(&samples::unreadable()));
        insta::assert_snapshot!("summary-only-unknowns", rendered(&samples::only_unknowns()));
    }

    #[test]
    fn what_changed_is_said_and_what_was_not_compared() {
        let (assessment, change) = (samples::everything(), samples::change());
        let contents = Contents { assessment: &assessment, change: Some(&change), trend: &[] };
        let text = String::from_utf8(Summary.render(&contents).unwrap()).unwrap();
        let (_, section) = text.split_once("\n## What changed since 2026-11-15T06:00:00Z\n").unwrap();
        insta::assert_snapshot!("summary-change", section.split("\n## ").next().unwrap());
        let nothing = crate::runs::Change { entries: vec![], not_compared: vec![], ..change };
        let contents = Contents { assessment: &assessment, change: Some(&nothing), trend: &[] };
        let text = String::from_utf8(Summary.render(&contents).unwrap()).unwrap();
        assert!(text.contains("since 2026-11-15T06:00:00Z\n\nNothing.\n"), "{text}");
    }

    #[test]
    fn a_large_tenant_of_the_longest_names_fits_a_job_page() {
        let assessment = samples::large(2_000, 10_000, &"<&|#".repeat(2_500));
        let text = rendered(&assessment);
        assert!(text.len() <= MOST_BYTES && text.len() > 50_000, "{} bytes", text.len());
        for said in ["20 of these 2000 rows shown: see automations.csv", "20 of these 10000 rows shown: see findings.csv"] {
            assert!(text.contains(said), "{said}");
        }
    }

    #[test]
    fn the_longest_section_goes_first_and_says_so() {
        let section = |title: &str, length: usize| format!("\n## {title}\n\n{}\n", "x".repeat(length));
        let sections =
            vec![section("a", 900), section("b", 900), section("c", 900), section("d", 400), section("e", 5_000), section("f", 300)];
        assert_eq!(fitted(sections.clone(), 10_000), sections.concat());
        let text = fitted(sections.clone(), 4_000);
        assert!(text.len() <= 4_000 && text.contains("## e\n\nLeft out here") && !text.contains("xxxxx\n\n## e\n\nx"), "{text}");
        for kept in [0, 1, 2, 3, 5] {
            assert!(text.contains(&sections[kept]), "{kept}");
        }
        assert!(fitted(sections, 0).contains(&section("c", 900)), "the first three stay whatever comes");
    }

    #[test]
    fn names_become_no_markup() {
        let text = rendered(&samples::everything());
        for harmful in ["<", "//", "](", "@everyone", "www.", "\u{1b}", "\u{202e}"] {
            assert!(!text.replace("\\](", "").contains(harmful), "{harmful:?}");
        }
    }

    #[test]
    fn every_row_of_a_table_has_the_cells_of_its_header() {
        let text = rendered(&samples::everything());
        let bars = |line: &str| line.replace("\\\\", "").replace("\\|", "").matches('|').count();
        let mut header = None;
        for line in text.lines() {
            if line.starts_with('|') {
                assert_eq!(*header.get_or_insert(bars(line)), bars(line), "{line}");
            } else {
                header = None;
            }
        }
    }

    #[test]
    fn an_unread_tenant_has_no_clean_result() {
        let text = rendered(&samples::unreadable());
        assert!(text.contains("Unknown how many automations can write to Intune"), "{text}");
        assert!(text.contains("not every automation could be looked for") && text.contains("None open, as far as"), "{text}");
        assert!(text.contains("Exclusions are unknown") && !text.contains("\nNone.\n"), "{text}");
    }
}
