//! How the numbers moved over the runs that are kept: a table with a line drawn for each number. Where a number is not known the line
//! has a gap.

use super::foreign::day;
use super::marks::drawn;
use super::timeline::Axis;
use crate::report::known::UNKNOWN;
use crate::runs::{Point, Series, series};
use maud::{Markup, html};
use std::fmt::Write;

/// Width and height of a drawing in pixels, as in the style sheet, and the room that is left free around the line.
const WIDTH: i64 = 240;
const HEIGHT: u64 = 24;
const MARGIN: u64 = 2;

/// Most runs that are drawn: five years of weekly ones.
const MOST: usize = 260;

/// Nothing where no runs are kept.
pub(super) fn trend(points: &[Point]) -> Markup {
    let shown = points.get(points.len().saturating_sub(MOST)..).unwrap_or_default();
    let (Some(first), Some(last)) = (shown.first(), shown.last()) else { return html! {} };
    let axis = Axis::new(first.at, last.at, WIDTH);
    let lines: Vec<Series> = series(shown).into_iter().filter(Series::says_something).collect();
    html! {
        h3 { "Over the runs that are kept" }
        p class="quiet" {
            @if shown.len() < points.len() { "The last " }
            (shown.len()) @if shown.len() == 1 { " run" } @else { " runs" }
            ", from " (day(first.at)) " to " (day(last.at))
            ". Each line is drawn from nothing to its own most; it has a gap where a number is not known. Of a run that could not read everything, the true numbers may be higher."
        }
        div class="scroll" role="region" tabindex="0" aria-label="Numbers over the runs" {
            table class="rows" {
                caption class="sr" { "Numbers over the runs" }
                thead { tr {
                    th scope="col" { "Number" } th scope="col" { "Runs" } th scope="col" { "First" } th scope="col" { "Last" }
                    th scope="col" { "Least" } th scope="col" { "Most" }
                } }
                tbody { @for line in &lines { (row(axis, shown, line)) } }
            }
        }
    }
}

fn row(axis: Axis, points: &[Point], line: &Series) -> Markup {
    html! {
        tr {
            th scope="row" { (line.label) }
            td { (drawing(axis, points, &line.values)) }
            @for value in [line.first(), line.last(), line.least(), line.most()] { td { (number(value)) } }
        }
    }
}

fn number(value: Option<u64>) -> String {
    value.map_or_else(|| UNKNOWN.to_owned(), |value| value.to_string())
}

/// The line alone: the cells beside it say what it says.
fn drawing(axis: Axis, points: &[Point], values: &[Option<u64>]) -> Markup {
    let most = values.iter().copied().flatten().max().unwrap_or_default();
    let places = points.iter().map(|point| axis.place(point.at));
    html! {
        svg class="t" viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } aria-hidden="true" {
            (drawn("path", &format!("d=\"{}\"", path(places.zip(values.iter().copied()), most))))
        }
    }
}

/// The commands of the path: a line to each value, a move after each gap. A value alone is a line without length, which round ends
/// make a dot.
fn path(values: impl Iterator<Item = (i64, Option<u64>)>, most: u64) -> String {
    let mut commands = String::new();
    let mut drawing = false;
    for (place, value) in values {
        if let Some(value) = value {
            let _ = write!(commands, "{}{place} {}", if drawing { 'L' } else { 'M' }, height(value, most));
            if !drawing {
                commands.push_str("h0");
            }
        }
        drawing = value.is_some();
    }
    commands
}

/// How far from the top a value lies.
fn height(value: u64, most: u64) -> u64 {
    let room = HEIGHT - 2 * MARGIN;
    let up = u128::from(value.min(most)) * u128::from(room) / u128::from(most.max(1));
    HEIGHT - MARGIN - u64::try_from(up).unwrap_or(room)
}

#[cfg(test)]
mod tests {
    use super::super::super::samples;
    use super::*;
    use crate::runs::numbers;
    use chrono::TimeDelta;

    fn week(number: i32, automations: u64, whole: bool) -> Point {
        let mut numbers = numbers(&samples::everything());
        (numbers.automations.found, numbers.automations.whole) = (automations, whole);
        Point { at: samples::time("2026-11-01T06:00:00Z") + TimeDelta::weeks(number.into()), numbers }
    }

    #[test]
    fn a_line_has_a_gap_where_a_number_is_not_known() {
        let values = [(0, Some(4)), (60, Some(2)), (120, None), (180, Some(0)), (240, None)];
        assert_eq!(path(values.into_iter(), 4), "M0 2h0L60 12M180 22h0");
        assert_eq!(path([].into_iter(), 0), "");
        assert_eq!(height(u64::MAX, u64::MAX), MARGIN);
        assert_eq!(height(0, 0), HEIGHT - MARGIN);
    }

    #[test]
    fn a_number_that_nobody_knows_is_not_nothing() {
        let page = trend(&[week(0, 3, true), week(1, 0, false)]).into_string();
        let (_, row) = page.split_once(">automations<").unwrap();
        let (row, _) = row.split_once("</tr>").unwrap();
        assert!(row.contains("<td>3</td><td>unknown</td><td>3</td><td>3</td>"), "{row}");
        assert!(page.contains("2 runs, from 2026-11-01 to 2026-11-08"), "{page}");
    }

    #[test]
    fn no_runs_are_nothing_and_of_many_the_last_are_drawn() {
        assert_eq!(trend(&[]).into_string(), "");
        assert!(trend(&[week(0, 1, true)]).into_string().contains("1 run, from"));
        let many: Vec<Point> = (0..300).map(|number| week(number, 1, true)).collect();
        assert!(trend(&many).into_string().contains("The last 260 runs, from"));
    }
}
