//! The table for a terminal: the headline, what could not be seen, the rows that need action first, and how many findings
//! there are, and what to do.

use super::exposure;
use super::grid::bare;
use super::phrases::{self, count};
use super::settings::changed_settings;
use super::text::{LONGEST, LONGEST_NAME, terminal};
use crate::assess::{Assessment, Verdict, VerdictKind};
use chrono::{DateTime, Utc};
use comfy_table::{Cell, CellAlignment, Color, ColumnConstraint, LineStyle, Row, Table, presets};

/// How the table is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Columns of the terminal; None where the output is no terminal: lines of text are not wrapped then, and the table is
    /// 120 columns wide. Fewer than 40 count as 40.
    pub width: Option<u16>,
    /// Whether verdicts are coloured, by ANSI sequences. The words are the same either way.
    pub colour: bool,
    /// Most rows of the table.
    pub rows: usize,
}

impl Default for Style {
    /// No terminal: 120 columns, no colour, 20 rows.
    fn default() -> Self {
        Self { width: None, colour: false, rows: 20 }
    }
}

/// Most characters of a name, so that a row is a line.
const LONGEST_IN_TABLE: usize = 32;
const NARROWEST: u16 = 40;
const NO_TERMINAL: u16 = 120;
/// From here on the columns have a column of the terminal each; below, they stand under one another.
const SIDE_BY_SIDE: u16 = 100;

/// Draws the assessment. Every line ends in a line feed.
#[must_use]
pub fn render(assessment: &Assessment, style: Style) -> String {
    let width = style.width.map(|width| width.max(NARROWEST));
    let mut text = String::new();
    let above = [
        Some(phrases::headline(assessment)),
        Some(phrases::counted(assessment)),
        phrases::changes(assessment),
        phrases::not_seen(assessment),
    ];
    for line in above.into_iter().flatten() {
        push_line(&mut text, &line, width);
    }
    let shown = assessment.verdicts.len().min(style.rows);
    if shown > 0 {
        let table = table(assessment, style, width.unwrap_or(NO_TERMINAL));
        text.push_str(&format!("\n{}\n\n", table.trim_fmt()));
    }
    if shown < assessment.verdicts.len() {
        let rest = format!("{shown} of {} rows shown: see automations.csv for the rest", assessment.verdicts.len());
        push_line(&mut text, &rest, width);
    }
    if let Some(first) = exposure::line(assessment) {
        push_line(&mut text, &first, width);
    }
    if let Some(findings) = phrases::findings(assessment) {
        push_line(&mut text, &findings, width);
    }
    if let Some(changed) = changed_settings(assessment) {
        push_line(&mut text, &changed, width);
    }
    push_changes(&mut text, assessment, width);
    push_steps(&mut text, assessment, style, width);
    text
}

/// Most rows of what a plan changes; the rest stands in `automations.csv`.
const CHANGES: usize = 12;

/// The rows whose verdict a plan changes, and how.
fn push_changes(text: &mut String, assessment: &Assessment, width: Option<u16>) {
    let total = phrases::changed(assessment).count();
    if total == 0 {
        return;
    }
    text.push('\n');
    push_line(text, &format!("what the plan changes ({total})"), width);
    for (today, verdict) in phrases::changed(assessment).take(CHANGES) {
        let name = terminal(phrases::name(assessment, &verdict.app_id), LONGEST_NAME);
        push_line(text, &format!("{today} to {}: {name}, {}", verdict.kind, verdict.workload.word()), width);
    }
    if total > CHANGES {
        push_line(text, &format!("{CHANGES} of {total} shown: see verdict_today in automations.csv for the rest"), width);
    }
}

/// What to do, once for each verdict and step among the rows shown.
fn push_steps(text: &mut String, assessment: &Assessment, style: Style, width: Option<u16>) {
    let mut steps: Vec<(VerdictKind, String)> = Vec::new();
    for verdict in assessment.verdicts.iter().take(style.rows).filter(|verdict| !verdict.next_step.is_empty()) {
        let step = (verdict.kind, terminal(&verdict.next_step, LONGEST));
        if !steps.contains(&step) {
            steps.push(step);
        }
    }
    if steps.is_empty() {
        return;
    }
    text.push('\n');
    push_line(text, "what to do", width);
    for (kind, step) in steps {
        push_line(text, &format!("{kind}: {step}"), width);
    }
}

/// A line of prose, wrapped at words if there is a width.
fn push_line(text: &mut String, line: &str, width: Option<u16>) {
    let line = terminal(line, usize::MAX);
    match width {
        None => text.push_str(&line),
        Some(width) => {
            let mut paragraph = bare(presets::NOTHING, width);
            paragraph.add_row([line]);
            if let Some(column) = paragraph.column_mut(0) {
                column.set_padding((0, 0));
            }
            text.push_str(&paragraph.trim_fmt());
        }
    }
    text.push('\n');
}

fn table(assessment: &Assessment, style: Style, width: u16) -> Table {
    let mut table = bare(presets::UTF8_HORIZONTAL_ONLY.row_separator(LineStyle::none()), width);
    if style.colour {
        table.enforce_styling();
    }
    let side_by_side = width >= SIDE_BY_SIDE;
    let header: &[&str] = if side_by_side {
        &["verdict", "automation", "workload", "confidence", "writes", "last write", "evidence"]
    } else {
        &["verdict", "automation"]
    };
    table.set_header(header.iter().copied().map(Cell::new).collect::<Vec<Cell>>());
    for verdict in assessment.verdicts.iter().take(style.rows) {
        table.add_row(if side_by_side { wide_row(assessment, verdict) } else { narrow_row(assessment, verdict) });
    }
    if let Some(verdicts) = table.column_mut(0) {
        verdicts.set_constraint(ColumnConstraint::ContentWidth);
    }
    if side_by_side {
        set_wide_columns(&mut table);
    }
    table
}

fn set_wide_columns(table: &mut Table) {
    for at in [2, 3, 4, 5, 6] {
        if let Some(column) = table.column_mut(at) {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    if let Some(writes) = table.column_mut(4) {
        writes.set_cell_alignment(CellAlignment::Right);
    }
}

fn wide_row(assessment: &Assessment, verdict: &Verdict) -> Row {
    Row::from(vec![
        verdict_cell(verdict.kind),
        Cell::new(name(assessment, verdict)),
        Cell::new(workload(verdict)),
        Cell::new(verdict.confidence),
        Cell::new(count(phrases::writes(assessment, verdict))),
        Cell::new(verdict.last_write.map(day).unwrap_or_default()),
        Cell::new(verdict.grade),
    ])
}

fn narrow_row(assessment: &Assessment, verdict: &Verdict) -> Row {
    let writes = match phrases::writes(assessment, verdict) {
        Some(1) => "1 write".to_owned(),
        Some(writes) => format!("{writes} writes"),
        None => "writes unknown".to_owned(),
    };
    let facts = format!("{}, {} confidence, {writes}", workload(verdict), verdict.confidence);
    let lines = [name(assessment, verdict), facts];
    Row::from(vec![verdict_cell(verdict.kind), Cell::new(lines.join("\n"))])
}

fn name(assessment: &Assessment, verdict: &Verdict) -> String {
    terminal(phrases::name(assessment, &verdict.app_id), LONGEST_IN_TABLE)
}

/// A workload that is not known may have any word, so its length is limited: the column is as wide as its words.
fn workload(verdict: &Verdict) -> String {
    terminal(verdict.workload.word(), 24)
}

/// The day of a time (UTC); `automations.csv` has the seconds.
fn day(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%d").to_string()
}

fn verdict_cell(kind: VerdictKind) -> Cell {
    let cell = Cell::new(kind.word());
    match kind {
        VerdictKind::Blocked | VerdictKind::Breaks => cell.fg(Color::Red),
        VerdictKind::AtRisk | VerdictKind::Passes | VerdictKind::Unknown => cell.fg(Color::Yellow),
        VerdictKind::Excluded | VerdictKind::Handshake => cell.fg(Color::Green),
        VerdictKind::Dormant | VerdictKind::NotGated => cell,
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    fn at(width: u16) -> Style {
        Style { width: Some(width), ..Style::default() }
    }

    #[test]
    fn it_looks_like_this() {
        let assessment = samples::everything();
        for width in [40, 80, 120] {
            insta::assert_snapshot!(format!("table-{width}"), render(&assessment, Style { rows: 12, ..at(width) }));
        }
        insta::assert_snapshot!("table-empty", render(&samples::empty(), at(80)));
        insta::assert_snapshot!("table-unreadable", render(&samples::unreadable(), at(80)));
        insta::assert_snapshot!("table-only-unknowns", render(&samples::only_unknowns(), at(80)));
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        let assessment = samples::everything();
        for width in [40, 60, 80, 99, 100, 140, 200] {
            for line in render(&assessment, Style { rows: 99, ..at(width) }).lines() {
                assert!(line.chars().count() <= usize::from(width), "{width}: {line}");
            }
        }
    }

    #[test]
    fn nothing_steers_the_terminal() {
        for rows in [0, 5, 99] {
            let text = render(&samples::everything(), Style { rows, ..Style::default() });
            assert!(text.lines().all(|line| line == super::super::text::clean(line)));
        }
    }

    #[test]
    fn the_rest_is_named_only_where_rows_were_cut() {
        let assessment = samples::everything();
        let rest = "see automations.csv for the rest";
        assert!(render(&assessment, Style { rows: 26, ..Style::default() }).contains(&format!("26 of 27 rows shown: {rest}")));
        assert!(!render(&assessment, Style { rows: 27, ..Style::default() }).contains(rest));
        assert!(!render(&samples::empty(), Style::default()).contains(rest));
    }

    #[test]
    fn colour_adds_sequences_and_nothing_else() {
        let assessment = samples::everything();
        let plain = render(&assessment, at(120));
        let coloured = render(&assessment, Style { colour: true, ..at(120) });
        assert!(coloured.contains('\u{1b}') && !plain.contains('\u{1b}'));
        let mut without = String::new();
        let mut parts = coloured.split('\u{1b}');
        without.push_str(parts.next().unwrap());
        for part in parts {
            without.push_str(part.split_once('m').unwrap().1);
        }
        assert_eq!(without, plain);
    }
}
