//! What a store of runs holds, for the commands that look at it: as tables for people and as JSON for machines.

use super::grid::grid;
use super::{Error, known, phrases, text};
use crate::runs::{Contents, Count, Manifest, Numbers, Point, Seen, Series, StoredRun, series};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Most runs that a sparkline shows: a year of weekly ones.
const MOST_IN_LINE: usize = 52;

/// Most characters of what was odd in one line.
const LONGEST_PATH: usize = 200;

/// The runs of a store, oldest first, and what in it is no run. `width` is that of the terminal, None where there is none.
#[must_use]
pub fn list(contents: &Contents, width: Option<u16>) -> String {
    let header = ["run", "tenant", "automations", "blocked", "breaks", "exclusions", "secrets on excluded", "critical", "high", "complete"];
    let rows: Vec<Vec<String>> = contents.runs.iter().map(row).collect();
    let table = if rows.is_empty() { "no runs\n".to_owned() } else { grid(&header, &rows, width) };
    let odd = contents.oddities.iter().map(|oddity| {
        let path = text::terminal(&oddity.path.display().to_string(), LONGEST_PATH);
        format!("left out: {path}: {}\n", oddity.why)
    });
    table + &odd.collect::<String>()
}

fn row(run: &StoredRun) -> Vec<String> {
    let Manifest { tenant_id, numbers, complete, .. } = &run.manifest;
    let of = |counts: &BTreeMap<String, Count>, word: &str| counts.get(word).map_or_else(|| known::UNKNOWN.to_owned(), |one| count(*one));
    vec![
        shown(&run.name),
        tenant_id.clone(),
        count(numbers.automations),
        of(&numbers.verdicts, "blocked"),
        of(&numbers.verdicts, "breaks"),
        count(numbers.exclusions),
        count(numbers.secrets_on_excluded),
        of(&numbers.findings, "critical"),
        of(&numbers.findings, "high"),
        if *complete { "yes" } else { "no" }.to_owned(),
    ]
}

/// A count as far as it is known.
fn count(count: Count) -> String {
    match count {
        Count { found, whole: true } => found.to_string(),
        Count { found: 0, whole: false } => known::UNKNOWN.to_owned(),
        Count { found, whole: false } => format!("at least {found}"),
    }
}

#[derive(Serialize)]
struct ListedRun<'a> {
    name: &'a str,
    path: String,
    #[serde(flatten)]
    manifest: &'a Manifest,
}

/// The same for machines.
///
/// # Errors
/// [`Error::Render`].
pub fn list_json(contents: &Contents) -> Result<Vec<u8>, Error> {
    let runs: Vec<ListedRun<'_>> = contents.runs.iter().map(listed).collect();
    let odd: Vec<Value> =
        contents.oddities.iter().map(|oddity| json!({"path": oddity.path.display().to_string(), "why": oddity.why})).collect();
    document(&json!({"format": "maascan.runs", "version": 1, "runs": runs, "left_out": odd}))
}

fn listed(run: &StoredRun) -> ListedRun<'_> {
    ListedRun { name: &run.name, path: run.path.display().to_string(), manifest: &run.manifest }
}

fn document(value: &Value) -> Result<Vec<u8>, Error> {
    let printed = serde_json::to_string_pretty(value).map_err(|source| Error::Render { file: "runs", source: source.into() })?;
    Ok(text::json(printed + "\n").into_bytes())
}

/// The numbers of runs over time: a line each, with a sparkline of the last runs. Nothing where there is none.
#[must_use]
pub fn trend(points: &[Point], width: Option<u16>) -> String {
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return "no runs\n".to_owned() };
    let value = |value: Option<u64>| value.map_or_else(|| known::UNKNOWN.to_owned(), |value| value.to_string());
    let line = |line: &Series| {
        let shown = line.values.get(line.values.len().saturating_sub(MOST_IN_LINE)..).unwrap_or_default();
        vec![line.label.clone(), sparkline(shown), value(line.first()), value(line.last()), value(line.least()), value(line.most())]
    };
    let lines: Vec<Vec<String>> = series(points).iter().filter(|series| series.says_something()).map(line).collect();
    let header = ["number", "runs", "first", "last", "least", "most"];
    let span = format!("{} runs from {} to {}\n\n", points.len(), phrases::time(first.at), phrases::time(last.at));
    let least = if points.iter().all(|point| point.numbers.is_whole()) { "" } else { LEAST };
    span + &grid(&header, &lines, width) + least
}

/// Said where a number of a run may be too low.
const LEAST: &str = "not every run could read everything: where one could not, its numbers are the least\n";

const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// A bar for each value, from nothing to the most; a question mark where it is not known.
fn sparkline(values: &[Option<u64>]) -> String {
    let most = values.iter().copied().flatten().max().unwrap_or(0).max(1);
    let bar = |value: u64| {
        // The eighth bar is for the most alone.
        let height = value.saturating_mul(7).div_ceil(most);
        usize::try_from(height).ok().and_then(|height| BARS.get(height)).copied().unwrap_or('█')
    };
    values.iter().map(|value| value.map_or('?', bar)).collect()
}

/// The same for machines.
///
/// # Errors
/// [`Error::Render`].
pub fn trend_json(points: &[Point]) -> Result<Vec<u8>, Error> {
    let runs: Vec<Value> = points.iter().map(point).collect();
    document(&json!({"format": "maascan.trend", "version": 1, "runs": runs}))
}

fn point(point: &Point) -> Value {
    let numbers: &Numbers = &point.numbers;
    json!({"taken_at": phrases::time(point.at), "numbers": numbers})
}

/// One run: what it is of, its numbers, and when its findings and those of the runs before it were seen.
#[must_use]
pub fn show(run: &StoredRun, seen: Option<&Seen>, findings: &[KnownFinding], width: Option<u16>) -> String {
    let Manifest { tenant_id, tenant_name, taken_at, tool, window_days, .. } = &run.manifest;
    let name = tenant_name.as_deref().unwrap_or_default();
    let mut lines = vec![
        format!("run {} of {} ({tenant_id})", shown(&run.name), shown(name)),
        format!("read at {}, evidence of {window_days} days, by maascan {}", phrases::time(*taken_at), shown(tool)),
    ];
    lines.extend(run.damage().into_iter().map(|(file, why)| format!("damaged: {file}: {why}")));
    let numbers = series(&[Point { at: *taken_at, numbers: run.manifest.numbers.clone() }]);
    let numbers = numbers.iter().filter(|series| series.says_something()).map(|series| {
        let value = series.values.first().copied().flatten();
        vec![series.label.clone(), value.map_or_else(|| known::UNKNOWN.to_owned(), |value| value.to_string())]
    });
    let head = format!("{}\n\n{}\n", lines.join("\n"), grid(&["number", "value"], &numbers.collect::<Vec<_>>(), width));
    let spans = seen.map(|seen| spans(run, seen, findings, width));
    head + &spans.unwrap_or_else(|| "when findings were seen is not known: seen.json is damaged or missing\n".to_owned())
}

/// A finding of a stored assessment, as far as a list of them says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownFinding {
    /// Its id.
    pub id: String,
    /// Id of the rule.
    pub rule: String,
    /// Word of the severity.
    pub severity: String,
    /// Name of the object: an attacker's text.
    pub object: String,
}

/// The findings of a published assessment; those of a damaged one are none.
#[must_use]
pub fn findings(published: &[u8]) -> Vec<KnownFinding> {
    let document: Value = serde_json::from_slice(published).unwrap_or_default();
    let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
    let findings = document.get("findings").and_then(Value::as_array).into_iter().flatten();
    let known = findings.map(|finding| KnownFinding {
        id: text(finding.get("finding_id")),
        rule: text(finding.get("rule_id")),
        severity: text(finding.get("severity")),
        object: text(finding.get("object").and_then(|object| object.get("name"))),
    });
    known.collect()
}

fn spans(run: &StoredRun, seen: &Seen, findings: &[KnownFinding], width: Option<u16>) -> String {
    let here: BTreeMap<&str, &KnownFinding> = findings.iter().map(|finding| (finding.id.as_str(), finding)).collect();
    let row = |finding: &KnownFinding| {
        let span = seen.0.get(&finding.id)?;
        let object = text::terminal(&finding.object, text::LONGEST_NAME);
        let times = [span.first, span.last].map(phrases::time);
        let [first, last] = times;
        Some(vec![finding.id.clone(), finding.severity.clone(), finding.rule.clone(), object, first, last])
    };
    let rows: Vec<Vec<String>> = findings.iter().filter_map(row).collect();
    let gone = seen.0.iter().filter(|(id, _)| !here.contains_key(id.as_str())).count();
    let header = ["finding", "severity", "rule", "object", "first seen", "last seen"];
    let table = if rows.is_empty() { String::new() } else { grid(&header, &rows, width) };
    format!("{table}findings of earlier runs that are not in run {}: {gone}\n", shown(&run.name))
}

/// A name, of a folder or in a manifest, which anybody may have chosen who can write there.
fn shown(name: &str) -> String {
    text::terminal(name, text::LONGEST_NAME)
}

/// The same for machines.
///
/// # Errors
/// [`Error::Render`].
pub fn show_json(run: &StoredRun, seen: Option<&Seen>) -> Result<Vec<u8>, Error> {
    let damage: BTreeMap<String, &str> = run.damage().into_iter().collect();
    document(&json!({"format": "maascan.run-history", "version": 1, "run": listed(run), "damaged": damage, "findings_seen": seen}))
}

/// What checking a store came to: so many runs, and each file or folder that is not as it should be.
#[must_use]
pub fn verified(runs: usize, problems: &[(String, String)], width: Option<u16>) -> String {
    let summary = format!("{runs} runs, {} problems\n", problems.len());
    if problems.is_empty() {
        return summary;
    }
    let rows: Vec<Vec<String>> = problems.iter().map(|(path, why)| vec![text::terminal(path, LONGEST_PATH), why.clone()]).collect();
    grid(&["where", "problem"], &rows, width) + &summary
}

/// The same for machines.
///
/// # Errors
/// [`Error::Render`].
pub fn verified_json(runs: usize, problems: &[(String, String)]) -> Result<Vec<u8>, Error> {
    let problems: Vec<Value> = problems.iter().map(|(path, why)| json!({"path": path, "why": why})).collect();
    document(&json!({"format": "maascan.verified", "version": 1, "runs": runs, "problems": problems}))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sparkline_tells_nothing_from_something_and_from_not_known() {
        assert_eq!(sparkline(&[Some(0), Some(1), None, Some(100)]), "▁▂?█");
        assert_eq!(sparkline(&[Some(0), Some(0)]), "▁▁");
        assert_eq!(sparkline(&[Some(u64::MAX), None]).chars().count(), 2);
        assert_eq!(sparkline(&[]), "");
    }

    #[test]
    fn findings_of_a_damaged_file_are_none() {
        assert!(findings(b"{").is_empty() && findings(b"[]").is_empty() && findings(b"{\"findings\": 1}").is_empty());
    }
}
