//! Tables of text for the commands that report on maascan itself rather than on a tenant.

use super::text::terminal;
use comfy_table::{ColumnConstraint, ContentArrangement, LineStyle, Table, TableStyle, presets};

/// Columns where the output is no terminal.
const NO_TERMINAL: u16 = 120;
const NARROWEST: u16 = 60;

/// An empty table of this width that does not look at the terminal itself.
pub(super) fn bare(style: TableStyle, width: u16) -> Table {
    let mut table = Table::new();
    table.load_style(style).set_content_arrangement(ContentArrangement::Dynamic).set_width(width).force_no_tty();
    table
}

/// Draws rows under a header. The first column is never broken; the others are, at words, to fit `width` (columns of the
/// terminal; None for 120, where the output is none). Control characters are taken out of every cell. Ends in a line feed.
#[must_use]
pub fn grid(header: &[&str], rows: &[Vec<String>], width: Option<u16>) -> String {
    let mut table = bare(presets::UTF8_HORIZONTAL_ONLY.row_separator(LineStyle::none()), width.unwrap_or(NO_TERMINAL).max(NARROWEST));
    table.set_header(header);
    for row in rows {
        table.add_row(row.iter().map(|cell| terminal(cell, usize::MAX)));
    }
    if let Some(first) = table.column_mut(0) {
        first.set_constraint(ColumnConstraint::ContentWidth);
    }
    format!("{}\n", table.trim_fmt())
}

/// The same rows as a table in Markdown. For maascan's own words only: a bar is escaped, other markup is not.
#[must_use]
pub fn markdown_table(header: &[&str], rows: &[Vec<String>]) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.iter().map(|cell| cell.replace('|', "\\|")).collect::<Vec<_>>().join(" | "));
    let header: Vec<String> = header.iter().map(ToString::to_string).collect();
    let rule = vec!["---".to_owned(); header.len()];
    let lines = [&header, &rule].into_iter().chain(rows).map(|cells| line(cells));
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_is_wider_than_the_terminal_and_the_first_column_stays_whole() {
        let rows = vec![vec!["a-name-that-is-not-broken".to_owned(), "word ".repeat(40)]];
        let text = grid(&["name", "what"], &rows, Some(70));
        assert!(text.lines().all(|line| line.chars().count() <= 70), "{text}");
        assert!(text.contains("a-name-that-is-not-broken ") && text.ends_with('\n'));
    }

    #[test]
    fn a_cell_cannot_write_to_the_terminal() {
        let text = grid(&["name"], &[vec!["a\u{1b}[2Jb\u{202e}".to_owned()]], None);
        assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'), "{text}");
    }
}
