//! The workbook for auditors: the tables as sheets, each with its header frozen and filters on.
//!
//! Text is written as text, with the same characters as in CSV, and marked so that it stays text when it is edited; nothing is a
//! formula or a link. Only columns that count something hold numbers. What is beyond the limits of Excel is cut, and the sheet
//! `cut` says what.

use super::tables::Table;
use super::text::{CUT, csv_cell};
use super::{Contents, Error, Format, phrases};
use crate::assess::Run;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format as Look, IgnoreError, Workbook as Book, Worksheet, XlsxError};

/// The tables as one workbook. In the folder of a report there is none: it says what the CSV files say.
#[derive(Debug, Clone, Copy)]
pub(super) struct Workbook;

/// What a sheet takes.
#[derive(Debug, Clone, Copy)]
struct Limits {
    /// Rows, the header included.
    rows: usize,
    /// Characters of a cell; Excel counts UTF-16 units.
    cell: usize,
}

/// "Excel specifications and limits", support.microsoft.com.
const LIMITS: Limits = Limits { rows: 1_048_576, cell: 32_767 };

/// Widths of columns, in characters.
const NARROWEST: usize = 8;
const WIDEST: usize = 50;
/// Rows from which a width is taken; it is for the eye, and reading every row would add nothing.
const MEASURED: usize = 1_000;

/// Most single cells that the sheet `cut` names; of more it gives the number.
const NAMED_CUTS: usize = 1_000;

impl Format for Workbook {
    fn file_name(&self) -> &'static str {
        "report.xlsx"
    }

    fn render(&self, contents: &Contents<'_>) -> Result<Vec<u8>, Error> {
        render(contents, LIMITS).map_err(|error| Error::Render { file: self.file_name(), source: error.into() })
    }
}

fn render(contents: &Contents<'_>, limits: Limits) -> Result<Vec<u8>, XlsxError> {
    let run = &contents.assessment.run;
    let mut book = Book::new();
    book.set_properties(&properties(run));
    let mut sheets = Sheets { limits, cuts: Vec::new(), heading: Look::new().set_bold(), text: Look::new().set_quote_prefix() };
    for table in Table::ALL {
        let counts: Vec<bool> = table.columns().iter().map(|column| table.counts(column)).collect();
        sheets.fill(book.add_worksheet(), table.word(), table.columns(), &counts, &table.rows(contents.assessment))?;
    }
    let cuts = std::mem::take(&mut sheets.cuts);
    if !cuts.is_empty() {
        sheets.fill(book.add_worksheet(), "cut", &["sheet", "row", "column", "what"], &[false; 4], &listed(&cuts))?;
    }
    book.save_to_buffer()
}

/// No clock but that of the run: the same assessment gives the same bytes.
fn properties(run: &Run) -> DocProperties {
    let title = format!("maascan: tenant {}, {}", run.tenant_id, phrases::time(run.taken_at));
    let created = ExcelDateTime::from_timestamp(run.taken_at.timestamp()).or_else(|_| ExcelDateTime::from_timestamp(0));
    let properties = DocProperties::new().set_title(printable(&csv_cell(&title)));
    // Snapshots of a year that a workbook has no date for are not read, so there always is one.
    created.map_or_else(|_| properties.clone(), |created| properties.clone().set_creation_datetime(&created))
}

/// Something that did not fit.
struct Cut {
    sheet: &'static str,
    /// As Excel counts, from 1, the header first; None for the whole sheet.
    row: Option<usize>,
    column: &'static str,
    what: String,
}

/// What did not fit, as rows of a sheet; of very many the first.
fn listed(cuts: &[Cut]) -> Vec<Vec<String>> {
    let row = |cut: &Cut| {
        let row = cut.row.map(|row| row.to_string()).unwrap_or_default();
        vec![cut.sheet.to_owned(), row, cut.column.to_owned(), cut.what.clone()]
    };
    let mut rows: Vec<Vec<String>> = cuts.iter().take(NAMED_CUTS).map(row).collect();
    if let Some(more) = cuts.len().checked_sub(NAMED_CUTS).filter(|more| *more > 0) {
        rows.push(vec![
            String::new(),
            String::new(),
            String::new(),
            format!("and {more} more cells were cut: the CSV files have them whole"),
        ]);
    }
    rows
}

/// Fills sheets, and keeps what did not fit.
struct Sheets {
    limits: Limits,
    cuts: Vec<Cut>,
    heading: Look,
    text: Look,
}

impl Sheets {
    fn fill(
        &mut self,
        sheet: &mut Worksheet,
        name: &'static str,
        columns: &'static [&'static str],
        counts: &[bool],
        rows: &[Vec<String>],
    ) -> Result<(), XlsxError> {
        sheet.set_name(name)?;
        let fitting = rows.len().min(self.limits.rows - 1);
        if fitting < rows.len() {
            let what = format!("{fitting} of {} rows: a sheet takes no more; the CSV file has them all", rows.len());
            self.cuts.insert(0, Cut { sheet: name, row: None, column: "", what });
        }
        for (column, at) in columns.iter().zip(0..) {
            sheet.write_string_with_format(0, at, *column, &self.heading)?;
            sheet.set_column_width(at, width(column, usize::from(at), rows))?;
        }
        for (cells, row) in rows.iter().take(fitting).zip(1..) {
            for (at, cell) in cells.iter().enumerate() {
                let count = counts.get(at).copied().unwrap_or_default();
                let column = columns.get(at).copied().unwrap_or_default();
                self.write(sheet, Place { sheet: name, row, at, column }, cell, count)?;
            }
        }
        let (last_row, last_column) = (row_number(fitting), column_number(columns.len().saturating_sub(1)));
        sheet.set_freeze_panes(1, 0)?;
        sheet.autofilter(0, 0, last_row, last_column)?;
        // Ids of digits alone are text on purpose, and Excel need not warn of them.
        sheet.ignore_error_range(0, 0, last_row, last_column, IgnoreError::NumberStoredAsText)?;
        Ok(())
    }

    fn write(&mut self, sheet: &mut Worksheet, place: Place, cell: &str, count: bool) -> Result<(), XlsxError> {
        let (row, column) = (place.row, column_number(place.at));
        if let Some(number) = number(cell).filter(|_| count) {
            sheet.write_number(row, column, number)?;
            return Ok(());
        }
        let whole = printable(&csv_cell(cell));
        let text = fitting(&whole, self.limits.cell);
        if text != whole {
            let what = format!(
                "{} of {} characters: a cell takes no more; the CSV file has them all",
                text.chars().count() - 1,
                whole.chars().count()
            );
            self.cuts.push(Cut { sheet: place.sheet, row: Some(place.row as usize + 1), column: place.column, what });
        }
        if !text.is_empty() {
            sheet.write_string_with_format(row, column, text, &self.text)?;
        }
        Ok(())
    }
}

/// Where a cell is.
#[derive(Clone, Copy)]
struct Place {
    sheet: &'static str,
    row: u32,
    at: usize,
    column: &'static str,
}

/// A count, where a sheet can hold it exactly.
fn number(cell: &str) -> Option<f64> {
    cell.parse::<i32>().ok().map(f64::from)
}

/// The text, or as many whole characters of it as fit with an ellipsis; `most` in UTF-16 units.
fn fitting(text: &str, most: usize) -> String {
    if text.len() <= most || text.encode_utf16().count() <= most {
        return text.to_owned();
    }
    let mut units = 0;
    let fitting = text.chars().take_while(|character| {
        units += character.len_utf16();
        units < most
    });
    fitting.chain([CUT]).collect()
}

/// Without the two characters of the first plane that XML cannot hold, of those that are no controls.
fn printable(text: &str) -> String {
    text.replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")
}

/// As wide as the widest cell, within bounds.
fn width(column: &str, at: usize, rows: &[Vec<String>]) -> f64 {
    let cells = rows.iter().take(MEASURED).filter_map(|row| row.get(at));
    let longest = cells.map(|cell| cell.chars().take(WIDEST).count()).max().unwrap_or_default();
    // Room for the button of the filter beside the heading.
    let widest = longest.max(column.len() + 3).clamp(NARROWEST, WIDEST);
    u32::try_from(widest).map_or(0.0, f64::from) + 1.0
}

fn row_number(row: usize) -> u32 {
    u32::try_from(row).unwrap_or(u32::MAX)
}

fn column_number(column: usize) -> u16 {
    u16::try_from(column).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;
    use crate::assess::Assessment;
    use calamine::{Data, Range, Reader, Xlsx};

    fn opened(bytes: Vec<u8>) -> Xlsx<std::io::Cursor<Vec<u8>>> {
        Xlsx::new(std::io::Cursor::new(bytes)).unwrap()
    }

    fn workbook(assessment: &Assessment, limits: Limits) -> Vec<(String, Range<Data>)> {
        opened(render(&Contents::of(assessment), limits).unwrap()).worksheets()
    }

    #[test]
    fn sheets_hold_the_tables_and_only_counts_are_numbers() {
        let assessment = samples::everything();
        let sheets = workbook(&assessment, LIMITS);
        assert_eq!(sheets.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), Table::ALL.map(|table| table.word()));
        for (table, (_, sheet)) in Table::ALL.into_iter().zip(&sheets) {
            let rows = table.rows(&assessment);
            let cell = |row: usize, column: usize| sheet.get_value((row_number(row), u32::from(column_number(column)))).cloned();
            for (row, cells) in rows.iter().enumerate() {
                for ((at, column), expected) in table.columns().iter().enumerate().zip(cells) {
                    let expected_text = printable(&csv_cell(expected));
                    match cell(row + 1, at).unwrap_or_default() {
                        Data::Float(number) => assert!(table.counts(column) && number.to_string() == *expected, "{column}: {expected}"),
                        Data::String(text) => assert_eq!(text, expected_text, "{column}"),
                        Data::Empty => assert_eq!(expected_text, "", "{column}"),
                        other => panic!("{column}: {other:?}"),
                    }
                }
            }
        }
    }

    #[test]
    fn nothing_is_a_formula() {
        let mut book = opened(Workbook.render(&Contents::of(&samples::everything())).unwrap());
        for table in Table::ALL {
            assert!(book.worksheet_formula(table.word()).unwrap().is_empty(), "{}", table.word());
        }
    }

    #[test]
    fn the_same_assessment_gives_the_same_bytes_whatever_the_clock() {
        let render = || Workbook.render(&Contents::of(&samples::everything())).unwrap();
        let first = render();
        std::thread::sleep(std::time::Duration::from_millis(1_100));
        assert!(first == render());
    }

    /// The sheet that says what was cut: sheet, row, column, what.
    fn cuts(sheets: &[(String, Range<Data>)]) -> Vec<[String; 4]> {
        let (name, cuts) = sheets.last().unwrap();
        assert_eq!(name, "cut");
        let text = |row: u32, column| cuts.get_value((row, column)).map(ToString::to_string).unwrap_or_default();
        (1..row_number(cuts.height())).map(|row| [0, 1, 2, 3].map(|at| text(row, at))).collect()
    }

    #[test]
    fn rows_that_do_not_fit_are_said() {
        let sheets = workbook(&samples::everything(), Limits { rows: 11, ..LIMITS });
        let said = cuts(&sheets);
        for (sheet, what) in [("automations", "10 of 27 rows"), ("findings", "10 of 12 rows"), ("coverage", "10 of 28 rows")] {
            let told = said.iter().any(|line| line[0] == sheet && line[1].is_empty() && line[3].starts_with(what));
            assert!(told, "{sheet}: {said:?}");
            let (_, range) = sheets.iter().find(|(name, _)| name == sheet).unwrap();
            assert_eq!(range.height(), 11, "{sheet}");
        }
        assert!(workbook(&samples::everything(), LIMITS).iter().all(|(name, _)| name != "cut"), "nothing is cut, nothing is said");
    }

    #[test]
    fn cells_that_do_not_fit_are_cut_and_said() {
        let sheets = workbook(&samples::everything(), Limits { cell: 40, ..LIMITS });
        let said = cuts(&sheets);
        assert!(said.len() > 50 && said.len() < NAMED_CUTS, "{}", said.len());
        for (sheet, range) in sheets.iter().filter(|(name, _)| name != "cut") {
            for (row, column, cell) in range.used_cells().filter(|(row, ..)| *row > 0) {
                let cell = cell.to_string();
                assert!(cell.encode_utf16().count() <= 40, "{cell}");
                let heading = range.get_value((0, u32::try_from(column).unwrap())).unwrap().to_string();
                let told = said.iter().any(|line| line[0] == *sheet && line[1] == (row + 1).to_string() && line[2] == heading);
                assert_eq!(cell.ends_with('…'), told, "{sheet} {row} {heading}: {cell}");
            }
        }
    }

    #[test]
    fn very_many_cuts_are_counted() {
        let cut = || Cut { sheet: "s", row: Some(2), column: "c", what: "w".to_owned() };
        let rows = listed(&(0..NAMED_CUTS + 7).map(|_| cut()).collect::<Vec<_>>());
        assert_eq!(rows.len(), NAMED_CUTS + 1);
        assert!(rows.last().unwrap()[3].starts_with("and 7 more cells"));
    }

    #[test]
    fn a_cell_is_cut_between_characters() {
        assert_eq!(fitting("👩👩👩", 6), "👩👩👩");
        assert_eq!(fitting("👩👩👩", 5), "👩👩…");
        assert_eq!(fitting("👩👩👩", 4), "👩…");
        assert_eq!(fitting(&"x".repeat(50_000), LIMITS.cell).chars().count(), LIMITS.cell);
        assert_eq!(fitting("", 1), "");
    }

    #[test]
    fn odd_text_comes_back_as_it_was() {
        let mut assessment = samples::only_unknowns();
        let names =
            ["_x0041_ _x005F_", "  spaces  ", "00123", "1e5", "TRUE", "http://e.example", "<t>&amp;</t>", "a\u{fffe}b\u{ffff}", "'='"];
        for name in names {
            assessment.applications.values_mut().for_each(|profile| profile.name = name.to_owned());
            let (_, sheet) = workbook(&assessment, LIMITS).remove(0);
            assert_eq!(sheet.get_value((1, 1)), Some(&Data::String(printable(name))), "{name:?}");
        }
    }
}
