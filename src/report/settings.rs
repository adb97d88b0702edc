//! The settings of the rules in words, for every report that a person reads: what was switched off or changed has to be said
//! where the findings are.

use super::phrases::time;
use super::text::{LONGEST, LONGEST_NAME, markdown, terminal};
use crate::assess::{AppliedSettings, Assessment, Waiver};

/// Most items that one line names.
const MOST: usize = 10;

/// What the user changed about the rules, in one line; None where the built-in rules ran as they are.
#[must_use]
pub fn changed_settings(assessment: &Assessment) -> Option<String> {
    let parts: Vec<String> = parts(&assessment.settings).into_iter().map(|(what, items)| format!("{what}: {}", listed(&items))).collect();
    let parts: Vec<String> = profile(&assessment.settings).into_iter().chain(parts).chain(counts(&assessment.settings)).collect();
    (!parts.is_empty()).then(|| format!("settings of the rules: {}", parts.join("; ")))
}

/// The section of `summary.md`. It is there in every report, so that its absence means nothing.
pub(super) fn section(assessment: &Assessment) -> String {
    let escaped: Vec<String> = lines(assessment).iter().map(|line| markdown(line, usize::MAX)).collect();
    format!("\n## Settings of the rules\n\n- {}\n", escaped.join("\n- "))
}

/// Under which settings the rules ran, whether changed or not, a line each; as raw text.
pub(super) fn lines(assessment: &Assessment) -> Vec<String> {
    let settings = &assessment.settings;
    let mut lines = vec![format!("profile {}", settings.profile)];
    let changed = parts(settings);
    if changed.is_empty() {
        lines.push("every built-in rule ran, with its own severity and thresholds".to_owned());
    }
    lines.extend(changed.into_iter().map(|(what, items)| format!("{what}: {}", items.join(", "))));
    lines.extend(counts(settings));
    lines.extend(assessment.baseline.as_ref().map(|earlier| {
        let at = time(earlier.taken_at);
        match earlier.unfit(&assessment.run.tenant_id, assessment.run.taken_at) {
            None => format!("which exclusions are new is told against an earlier snapshot, of {at}"),
            Some(why) => format!("what is new is not told: {why} ({at})"),
        }
    }));
    lines
}

fn profile(settings: &AppliedSettings) -> Option<String> {
    let default = AppliedSettings::default().profile;
    (settings.profile != default).then(|| format!("profile {}", settings.profile))
}

/// What was switched off, changed or added, without what was not.
fn parts(settings: &AppliedSettings) -> Vec<(&'static str, Vec<String>)> {
    let off = settings.switched_off.iter().map(|off| format!("{} ({})", off.rule, off.severity));
    let severities = settings.severities.iter().map(|change| format!("{} {} instead of {}", change.rule, change.to, change.from));
    let thresholds =
        settings.thresholds.iter().map(|change| format!("{} {} = {} instead of {}", change.rule, change.name, change.to, change.from));
    let parts = [
        ("switched off", off.collect::<Vec<_>>()),
        ("severities changed", severities.collect()),
        ("thresholds changed", thresholds.collect()),
        ("own rules", settings.own_rules.clone()),
    ];
    parts.into_iter().filter(|(_, items)| !items.is_empty()).collect()
}

fn counts(settings: &AppliedSettings) -> Vec<String> {
    let expired = settings.waivers.iter().filter(|used| used.expired()).count();
    let waivers = match (settings.waivers.len(), expired) {
        (0, _) => None,
        (all, 0) => Some(format!("waivers: {all}")),
        (all, expired) => Some(format!("waivers: {all}, {expired} of them expired")),
    };
    let register = settings.register.as_ref().map(|register| format!("entries in the register of exclusions: {}", register.len()));
    waivers.into_iter().chain(register).collect()
}

fn listed(items: &[String]) -> String {
    let rest = if items.len() > MOST { format!(", and {} more in assessment.json", items.len() - MOST) } else { String::new() };
    format!("{}{rest}", items.iter().take(MOST).map(|item| terminal(item, LONGEST_NAME)).collect::<Vec<_>>().join(", "))
}

/// A waiver as one text.
pub(super) fn waiver(waiver: &Waiver) -> String {
    format!("ticket {}, approved by {}, until {}: {}", waiver.ticket, waiver.approver, waiver.expires, waiver.reason)
}

/// The same for a terminal: the reason may be long.
pub(super) fn short_waiver(own: &Waiver) -> String {
    terminal(&waiver(own), LONGEST)
}
