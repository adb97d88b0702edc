//! The table for a terminal: the headline, what could not be seen, the automations that need action first against the
//! workloads they write, how many findings there are, and what to do.

use super::exposure;
use super::grid::bare;
use super::matrix::{self, Column};
use super::phrases::{self, count};
use super::settings::changed_settings;
use super::text::{LONGEST, LONGEST_NAME, terminal};
use crate::assess::{Assessment, Verdict, VerdictKind};
use chrono::{DateTime, Utc};
use comfy_table::{Cell, CellAlignment, Color, ColumnConstraint, LineStyle, Row, Table, presets};
use matrix::Row as Automation;

/// How the table is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Columns of the terminal; None where the output is no terminal: lines of text are not wrapped then, and the table is
    /// 120 columns wide. Fewer than 40 count as 40.
    pub width: Option<u16>,
    /// Whether verdicts are coloured, by ANSI sequences. The words are the same either way.
    pub colour: bool,
    /// Most automations in the table.
    pub rows: usize,
    /// Where the others are.
    pub rest: Rest,
}

/// Where the reader finds what the table has no room for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Rest {
    /// In `automations.csv` of the folder that the same run writes.
    Folder,
    /// In a file of that table, which the same run writes under another name.
    File,
    /// Nowhere yet.
    #[default]
    Nowhere,
}

impl Rest {
    /// What is shown of how much, and where the rest is.
    fn line(self, shown: usize, total: usize, what: &str, column: Option<&str>) -> String {
        let column = column.map(|column| format!("{column} in ")).unwrap_or_default();
        let place = match self {
            Self::Folder => format!("see {column}automations.csv for the rest"),
            Self::File => format!("see {column}the CSV of automations for the rest"),
            Self::Nowhere => "--out DIR or --format csv has the rest".to_owned(),
        };
        format!("{shown} of {total} {what}shown: {place}")
    }
}

impl Default for Style {
    /// No terminal: 120 columns, no colour, 20 rows.
    fn default() -> Self {
        Self { width: None, colour: false, rows: 20, rest: Rest::Nowhere }
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
    let all = matrix::rows(assessment);
    let shown = all.get(..style.rows).unwrap_or(&all);
    push_table(&mut text, assessment, shown, style, width);
    if shown.len() < all.len() {
        push_line(&mut text, &style.rest.line(shown.len(), all.len(), "automations ", None), width);
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
    push_changes(&mut text, assessment, style, width);
    push_steps(&mut text, shown, width);
    text
}

/// Most rows of what a plan changes; the rest stands in `automations.csv`.
const CHANGES: usize = 12;

/// The rows whose verdict a plan changes, and how.
fn push_changes(text: &mut String, assessment: &Assessment, style: Style, width: Option<u16>) {
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
        push_line(text, &style.rest.line(CHANGES, total, "", Some("verdict_today")), width);
    }
}

/// What to do, once for each verdict and step among the gravest verdicts shown.
fn push_steps(text: &mut String, shown: &[Automation<'_>], width: Option<u16>) {
    let mut steps: Vec<(VerdictKind, String)> = Vec::new();
    for verdict in shown.iter().map(|row| row.worst).filter(|verdict| !verdict.next_step.is_empty()) {
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

/// The table, and beside columns of letters what they mean.
fn push_table(text: &mut String, assessment: &Assessment, shown: &[Automation<'_>], style: Style, width: Option<u16>) {
    if shown.is_empty() {
        return;
    }
    let columns = width.unwrap_or(NO_TERMINAL);
    let side_by_side = columns >= SIDE_BY_SIDE;
    let table = if side_by_side { wide(assessment, shown, style, columns) } else { narrow(assessment, shown, style, columns) };
    text.push_str(&format!("\n{}\n\n", table.trim_fmt()));
    if side_by_side {
        push_line(text, &matrix::legend(), width);
        let explained: Vec<String> = matrix::columns(shown).iter().filter_map(Column::explained).collect();
        if !explained.is_empty() {
            push_line(text, &explained.join(", "), width);
        }
        text.push('\n');
    }
}

fn empty(style: Style, width: u16) -> Table {
    let mut table = bare(presets::UTF8_HORIZONTAL_ONLY.row_separator(LineStyle::none()), width);
    if style.colour {
        table.enforce_styling();
    }
    table
}

/// What stands beside the letters and concerns the gravest verdict, where there is room; what matters most comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Detail {
    Writes,
    LastWrite,
    Confidence,
    Evidence,
}

impl Detail {
    const ALL: [Self; 4] = [Self::Writes, Self::LastWrite, Self::Confidence, Self::Evidence];

    fn heading(self) -> &'static str {
        match self {
            Self::Writes => "writes",
            Self::LastWrite => "last write",
            Self::Confidence => "confidence",
            Self::Evidence => "evidence",
        }
    }

    fn cell(self, assessment: &Assessment, worst: &Verdict) -> String {
        match self {
            Self::Writes => count(phrases::writes(assessment, worst)),
            Self::LastWrite => worst.last_write.map(day).unwrap_or_default(),
            Self::Confidence => worst.confidence.to_string(),
            Self::Evidence => worst.grade.to_string(),
        }
    }
}

/// Columns of the terminal that a heading and its cells take, with the spaces beside them.
fn room(heading: &str, cells: impl Iterator<Item = String>, beside: usize) -> usize {
    cells.map(|cell| cell.chars().count()).max().unwrap_or_default().max(heading.chars().count()) + beside
}

/// Verdict and automation, a letter for each workload, and as many details as there is room for.
fn wide(assessment: &Assessment, shown: &[Automation<'_>], style: Style, width: u16) -> Table {
    let columns = matrix::columns(shown);
    let verdicts = room("verdict", shown.iter().map(|row| row.worst.kind.to_string()), 2);
    let letters: usize = columns.iter().map(|column| column.heading().len() + 1).sum();
    let left = usize::from(width).saturating_sub(verdicts + letters);
    let names = room("automation", shown.iter().map(|row| name(assessment, row.worst, LONGEST_IN_TABLE)), 2);
    let longest = names.min(left).saturating_sub(2);
    let mut left = left.saturating_sub(names);
    let mut details: Vec<Detail> = Vec::new();
    for detail in Detail::ALL {
        let cells = shown.iter().map(|row| detail.cell(assessment, row.worst));
        let needed = room(detail.heading(), cells, 2);
        if needed > left {
            break;
        }
        left -= needed;
        details.push(detail);
    }
    let mut table = empty(style, width);
    let headings = ["verdict", "automation"].into_iter().chain(columns.iter().map(Column::heading));
    table.set_header(headings.chain(details.iter().map(|detail| detail.heading())).map(Cell::new).collect::<Vec<Cell>>());
    for row in shown {
        table.add_row(wide_row(assessment, row, &columns, &details, longest));
    }
    set_columns(&mut table, columns.len(), &details);
    table
}

fn wide_row(assessment: &Assessment, row: &Automation<'_>, columns: &[Column], details: &[Detail], longest: usize) -> Row {
    let mut cells = vec![coloured(row.worst.kind.word(), row.worst.kind), Cell::new(name(assessment, row.worst, longest))];
    for column in columns {
        cells.push(row.verdict(column).map_or_else(|| Cell::new(""), |verdict| coloured(phrases::letter(verdict.kind), verdict.kind)));
    }
    cells.extend(details.iter().map(|detail| Cell::new(detail.cell(assessment, row.worst))));
    Row::from(cells)
}

fn set_columns(table: &mut Table, letters: usize, details: &[Detail]) {
    let all = 2 + letters + details.len();
    for at in (0..all).filter(|at| *at != 1) {
        let Some(column) = table.column_mut(at) else { continue };
        column.set_constraint(ColumnConstraint::ContentWidth);
        if (2..2 + letters).contains(&at) {
            column.set_padding((0, 1)).set_cell_alignment(CellAlignment::Center);
        } else if details.get(at.saturating_sub(2 + letters)) == Some(&Detail::Writes) && at >= 2 {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
}

/// Verdict and automation, and the details below the name.
fn narrow(assessment: &Assessment, shown: &[Automation<'_>], style: Style, width: u16) -> Table {
    let mut table = empty(style, width);
    table.set_header(["verdict", "automation"].map(Cell::new).to_vec());
    for row in shown {
        table.add_row(narrow_row(assessment, row));
    }
    if let Some(verdicts) = table.column_mut(0) {
        verdicts.set_constraint(ColumnConstraint::ContentWidth);
    }
    table
}

fn narrow_row(assessment: &Assessment, row: &Automation<'_>) -> Row {
    let worst = row.worst;
    let writes = match phrases::writes(assessment, worst) {
        Some(1) => "1 write".to_owned(),
        Some(writes) => format!("{writes} writes"),
        None => "writes unknown".to_owned(),
    };
    let mut lines =
        vec![name(assessment, worst, LONGEST_IN_TABLE), format!("{}, {} confidence, {writes}", workload(worst), worst.confidence)];
    lines.extend(also(row));
    Row::from(vec![coloured(worst.kind.word(), worst.kind), Cell::new(lines.join("\n"))])
}

/// The other verdicts of an automation, each with its workloads.
fn also(row: &Automation<'_>) -> Option<String> {
    let mut others: Vec<(VerdictKind, Vec<String>)> = Vec::new();
    for verdict in row.verdicts.iter().skip(1) {
        match others.iter_mut().find(|(kind, _)| *kind == verdict.kind) {
            Some((_, workloads)) => workloads.push(workload(verdict)),
            None => others.push((verdict.kind, vec![workload(verdict)])),
        }
    }
    let parts: Vec<String> = others.into_iter().map(|(kind, workloads)| format!("{kind} on {}", workloads.join(", "))).collect();
    (!parts.is_empty()).then(|| format!("also {}", parts.join("; ")))
}

fn name(assessment: &Assessment, verdict: &Verdict, longest: usize) -> String {
    terminal(phrases::name(assessment, &verdict.app_id), longest)
}

/// A workload that is not known may have any word, so its length is limited: the column is as wide as its words.
fn workload(verdict: &Verdict) -> String {
    terminal(verdict.workload.word(), 24)
}

/// The day of a time (UTC); `automations.csv` has the seconds.
fn day(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%d").to_string()
}

/// A word or letter in the colour of a verdict.
fn coloured(text: impl ToString, kind: VerdictKind) -> Cell {
    let cell = Cell::new(text);
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
        for (rest, said) in [
            (Rest::Folder, "see automations.csv for the rest"),
            (Rest::File, "see the CSV of automations for the rest"),
            (Rest::Nowhere, "--out DIR or --format csv has the rest"),
        ] {
            let at = |rows| Style { rows, rest, ..Style::default() };
            assert!(render(&assessment, at(26)).contains(&format!("26 of 27 automations shown: {said}")));
            assert!(!render(&assessment, at(27)).contains(said));
            assert!(!render(&samples::empty(), at(20)).contains(said));
        }
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
