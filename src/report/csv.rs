//! The CSV files for auditors, after RFC 4180 but with LF at the end of lines, so that `grep` and `diff` see plain lines.
//!
//! A cell that would start a formula, in whole or after a semicolon, has an apostrophe in front; that holds for negative numbers
//! too. Names are whole but for control characters.

use super::tables::Table;
use super::text::csv_cell;
use super::{Contents, Error, Format};

/// How CSV is laid out: what is between the cells, and whether a byte order mark comes first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Layout {
    /// What is between the cells.
    pub separator: Separator,
    /// Whether the file begins with the byte order mark of UTF-8, without which Excel on Windows takes a file that is opened
    /// by a double click for the code page of the system.
    pub byte_order_mark: bool,
}

/// What is between the cells of a row.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Separator {
    /// `,`, as RFC 4180 has it.
    #[default]
    Comma,
    /// `;`, which Excel expects in countries that write decimals with a comma.
    Semicolon,
    /// A tab.
    Tab,
}

impl Separator {
    /// Every separator.
    pub const ALL: [Self; 3] = [Self::Comma, Self::Semicolon, Self::Tab];

    /// The separator as the manifest and the command line name it: the character itself, or `tab`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Comma => ",",
            Self::Semicolon => ";",
            Self::Tab => "tab",
        }
    }

    fn byte(self) -> u8 {
        match self {
            Self::Comma => b',',
            Self::Semicolon => b';',
            Self::Tab => b'\t',
        }
    }
}

/// The byte order mark in UTF-8.
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// A table as CSV.
#[derive(Debug, Clone, Copy)]
pub(super) struct Csv {
    pub(super) table: Table,
    pub(super) layout: Layout,
}

impl Format for Csv {
    fn file_name(&self) -> &'static str {
        self.table.file_name()
    }

    fn render(&self, contents: &Contents<'_>) -> Result<Vec<u8>, Error> {
        let failed = |source: Box<dyn std::error::Error + Send + Sync>| Error::Render { file: self.file_name(), source };
        let separator = self.layout.separator.byte();
        let mark = if self.layout.byte_order_mark { BYTE_ORDER_MARK } else { "" };
        let header = format!("{mark}{}\n", self.table.columns().join(char::from(separator).encode_utf8(&mut [0; 4])));
        // Every cell is quoted, for a spreadsheet may take the commas or semicolons inside for separators too.
        let mut builder = ::csv::WriterBuilder::new();
        let mut writer = builder.quote_style(::csv::QuoteStyle::Always).delimiter(separator).from_writer(header.into_bytes());
        for row in self.table.rows(contents.assessment) {
            writer.write_record(row.iter().map(|cell| csv_cell(cell))).map_err(|error| failed(error.into()))?;
        }
        writer.into_inner().map_err(|error| failed(error.into_error().into()))
    }
}

/// Data rows of a rendered CSV file. None for bytes that are no CSV. Every cell is quoted, so the separator does not matter.
pub(super) fn data_rows(bytes: &[u8]) -> Option<u64> {
    let mut reader = ::csv::ReaderBuilder::new().flexible(true).from_reader(bytes);
    reader.byte_records().try_fold(0, |rows, record| record.ok().map(|_| rows + 1))
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;
    use crate::assess::Assessment;
    use crate::snapshot::Area;

    fn laid_out(table: Table, layout: Layout, assessment: &Assessment) -> String {
        String::from_utf8(Csv { table, layout }.render(&Contents::of(assessment)).unwrap()).unwrap()
    }

    fn rendered(file: Table, assessment: &Assessment) -> String {
        laid_out(file, Layout::default(), assessment)
    }

    fn rows(file: Table, assessment: &Assessment) -> Vec<::csv::StringRecord> {
        let text = rendered(file, assessment);
        ::csv::Reader::from_reader(text.as_bytes()).records().map(Result::unwrap).collect()
    }

    fn named(word: &str) -> Table {
        Table::from_word(word).unwrap()
    }

    const CREDENTIALS: &str = "credentials";
    const COVERAGE: &str = "coverage";

    /// The cell of a row under a column.
    fn cell<'a>(file: Table, row: &'a ::csv::StringRecord, column: &str) -> &'a str {
        let at = file.columns().iter().position(|name| *name == column).unwrap();
        row.get(at).unwrap()
    }

    #[test]
    fn every_file_looks_like_this() {
        let assessment = samples::everything();
        for file in Table::ALL {
            // The one very long name would bury the rest.
            let text = rendered(file, &assessment).replace(&"long ".repeat(2_000), "long ×2000 ");
            insta::assert_snapshot!(file.file_name(), text);
        }
    }

    #[test]
    fn no_cell_starts_a_formula_or_holds_a_control_character() {
        for file in Table::ALL {
            for row in rows(file, &samples::everything()) {
                for cell in &row {
                    for part in cell.split([',', ';']) {
                        assert!(
                            !part.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠', '﹦', '﹢', '﹣', '﹫']),
                            "{}: {cell:?}",
                            file.file_name()
                        );
                    }
                    assert_eq!(cell, super::super::text::clean(cell), "{}", file.file_name());
                }
            }
        }
    }

    #[test]
    fn columns_are_there_without_rows_and_only_coverage_always_has_rows() {
        for file in Table::ALL {
            let text = rendered(file, &samples::empty());
            assert_eq!(text.lines().next().unwrap(), file.columns().join(","));
            let expected = if file.file_name() == "coverage.csv" { Area::all().count() as u64 } else { 0 };
            assert_eq!(data_rows(text.as_bytes()), Some(expected), "{}", file.file_name());
        }
    }

    #[test]
    fn what_could_not_be_read_is_unknown_and_never_zero() {
        let assessment = samples::only_unknowns();
        let row = &rows(Table::AUTOMATIONS, &assessment)[0];
        for column in ["type", "gate", "exclusion", "verdict", "writes", "blocked_calls", "last_sign_in"] {
            assert_eq!(cell(Table::AUTOMATIONS, row, column), "unknown", "{column}");
        }
        assert_eq!(rows(named(CREDENTIALS), &assessment).len(), 0, "keys that could not be read make no row");
        let coverage = &rows(named(COVERAGE), &assessment)[0];
        assert_eq!((cell(named(COVERAGE), coverage, "state"), cell(named(COVERAGE), coverage, "items")), ("unavailable", ""));
    }

    #[test]
    fn a_dataset_that_is_not_mentioned_was_not_requested() {
        let rows = rows(named(COVERAGE), &samples::everything());
        let row = rows.iter().find(|row| cell(named(COVERAGE), row, "dataset") == "deleted-service-principals").unwrap();
        assert_eq!(
            row.iter().collect::<Vec<_>>(),
            ["deleted-service-principals", "skipped", "", "not-requested", "Application.Read.All", "0", ""]
        );
    }

    #[test]
    fn what_was_given_beside_the_tenant_has_a_row_with_each_fault_and_what_it_costs() {
        let row = |assessment: &Assessment, area: Area| {
            let rows = rows(named(COVERAGE), assessment);
            let row = rows.iter().find(|row| row.get(0) == Some(area.name())).unwrap();
            row.iter().map(str::to_owned).collect::<Vec<_>>()
        };
        let scripts = row(&samples::everything(), Area::Scripts);
        assert_eq!(scripts[1..6], ["partial", "12", "failed", "", "0"]);
        assert!(scripts[6].contains("1 file larger than what is read") && scripts[6].contains("so writes may be missing"), "{scripts:?}");
        let of = |assessment: &Assessment| row(assessment, Area::ActivityLogs);
        assert_eq!(of(&samples::empty())[1..], ["skipped", "", "not-requested", "Log Analytics Reader", "0", ""]);
        let partial = of(&samples::everything());
        assert_eq!(partial[1..6], ["partial", "40", "failed", "Log Analytics Reader", "0"]);
        for said in
            ["1 last lines cut short", "2 packed files that are damaged", "so calls may be missing", "3 records of another log category"]
        {
            assert!(partial[6].contains(said), "{partial:?}");
        }
    }

    #[test]
    fn excluded_is_no_only_where_every_list_could_be_read() {
        let mut assessment = samples::everything();
        let words = |assessment: &Assessment| -> Vec<String> {
            rows(named(CREDENTIALS), assessment).iter().map(|row| cell(named(CREDENTIALS), row, "excluded").to_owned()).collect()
        };
        assert_eq!(words(&assessment), ["unknown", "unknown", "unknown", "yes", "yes"]);
        assessment.gates.retain(|gate| gate.policies.iter().all(|policy| policy.exclusions_readable));
        assert_eq!(words(&assessment), ["no", "no", "no", "yes", "yes"]);
    }

    #[test]
    fn names_are_whole() {
        let rows = rows(Table::AUTOMATIONS, &samples::everything());
        assert!(rows.iter().any(|row| cell(Table::AUTOMATIONS, row, "automation").len() == 10_000));
    }

    /// Every layout there is.
    fn layouts() -> impl Iterator<Item = Layout> {
        let both = |separator| [false, true].map(|byte_order_mark| Layout { separator, byte_order_mark });
        Separator::ALL.into_iter().flat_map(both)
    }

    #[test]
    fn a_layout_changes_the_separator_and_the_mark_and_no_cell() {
        let assessment = samples::everything();
        for table in Table::ALL {
            let usual: Vec<_> = rows(table, &assessment).iter().map(|row| row.iter().map(str::to_owned).collect::<Vec<_>>()).collect();
            for layout in layouts() {
                let text = laid_out(table, layout, &assessment);
                assert_eq!(text.starts_with('\u{feff}'), layout.byte_order_mark);
                let mut reader = ::csv::ReaderBuilder::new().delimiter(layout.separator.byte()).from_reader(text.as_bytes());
                let header: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
                assert_eq!(header, table.columns(), "{layout:?}: the reader takes the mark for no part of the first column");
                let cells: Vec<Vec<String>> = reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect();
                assert_eq!(cells, usual, "{layout:?}");
                assert_eq!(data_rows(text.as_bytes()), Some(usual.len() as u64), "{layout:?}");
            }
        }
    }

    #[test]
    fn read_with_another_separator_no_cell_is_a_formula() {
        let assessment = samples::everything();
        for layout in layouts() {
            for other in Separator::ALL {
                let text = laid_out(named("findings"), layout, &assessment);
                // Without quotes, as the worst reader has it that splits wherever its separator stands.
                for cell in text.lines().flat_map(|line| line.split(char::from(other.byte()))) {
                    let bare = cell.trim_start_matches(['"', ' ', '\u{feff}']);
                    assert!(!bare.starts_with(['=', '+', '@', '＝']), "{layout:?} read with {other:?}: {cell}");
                }
            }
        }
    }
}
