//! The evidence timeline of one automation on one workload, drawn as SVG with shapes that differ, and the same in a line of text.
//! It runs over the span in which audit events were read.

use super::super::known;
use super::foreign::day;
use super::index::Index;
use super::marks::drawn;
use crate::assess::{ApplicationProfile, DayCounts, GateState, InForce, LastSignIn, Run, Verdict};
use crate::snapshot::{AppId, Dataset};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use maud::{Markup, html};
use std::fmt::Write;

/// Width and height of the drawing, in its own units.
const WIDTH: i64 = 600;
const HEIGHT: i64 = 28;
/// Where bars stand, and the middle of the marks above them.
const FLOOR: i64 = 24;
const MARKS: i64 = 6;

/// The span of a run, laid out on the width of the drawing.
#[derive(Debug, Clone, Copy)]
pub(super) struct Axis {
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    width: i64,
}

impl Axis {
    /// The span in which audit events were read.
    fn of(run: &Run) -> Self {
        Self { from: run.audit_since, to: run.taken_at, width: WIDTH }
    }

    /// A span on so many units.
    pub(super) fn new(from: DateTime<Utc>, to: DateTime<Utc>, width: i64) -> Self {
        Self { from, to, width }
    }

    /// Where a time lies; before the span at its beginning, after it at its end.
    pub(super) fn place(self, time: DateTime<Utc>) -> i64 {
        let seconds = |span: chrono::TimeDelta| i128::from(span.num_seconds());
        let (length, at) = (seconds(self.to - self.from), seconds(time - self.from));
        if length <= 0 {
            return 0;
        }
        let place = (at.clamp(0, length) * i128::from(self.width)) / length;
        i64::try_from(place).unwrap_or_default()
    }

    fn holds(self, time: DateTime<Utc>) -> bool {
        (self.from..=self.to).contains(&time)
    }

    fn noon(self, day: NaiveDate) -> i64 {
        self.place(day.and_time(NaiveTime::from_hms_opt(12, 0, 0).unwrap_or_default()).and_utc())
    }
}

/// What all timelines share: the floor, and the evidence window.
pub(super) fn shared(run: &Run) -> Markup {
    let start = Axis::of(run).place(run.window_start);
    html! {
        g id="ax" {
            (drawn("rect", &format!("class=\"win\" x=\"{start}\" width=\"{}\" height=\"{HEIGHT}\"", WIDTH - start)))
            (drawn("path", &format!("class=\"base\" d=\"M0 {FLOOR}h{WIDTH}\"")))
        }
    }
}

/// What the marks mean, once for all timelines.
pub(super) fn legend(run: &Run) -> Markup {
    let marks = |counts: DayCounts| drawing_of(&[(8, counts)]);
    let one = DayCounts::default();
    let samples = [
        (marks(DayCounts { written: 4, ..one }), "writes on a day: the higher, the more"),
        (marks(DayCounts { failed: 1, ..one }), "failed"),
        (marks(DayCounts { refused: 1, ..one }), "refused"),
        (marks(DayCounts { waiting: 1, ..one }), "waits for approval"),
        (marks(DayCounts { approved: 1, ..one }), "approved and completed"),
        (marks(DayCounts { unclear: 1, ..one }), "outcome not known"),
    ];
    html! {
        p class="quiet" {
            "Timelines run from " (day(run.audit_since)) " to " (day(run.taken_at)) "; the shaded part is the evidence window. "
            "G: gate in force since. E: excluded since. R: granted. S: last sign-in as itself. T: first trace. The words around each say the same."
        }
        ul class="marks" {
            @for (drawing, what) in &samples { li { svg class="m" viewBox="0 0 16 28" aria-hidden="true" { (drawing) } (what) } }
        }
    }
}

/// The timeline of one verdict: drawing and text, which begins with `lead`. Without anything to draw, the text alone.
pub(super) fn timeline(index: &Index<'_>, profile: Option<&ApplicationProfile>, verdict: &Verdict, lead: &Markup) -> Markup {
    let axis = Axis::of(&index.assessment.run);
    let moments = moments(index, profile, verdict);
    let days: Vec<(i64, DayCounts)> = verdict.days.iter().map(|(day, counts)| (axis.noon(*day), *counts)).collect();
    // In a large tenant, a drawing without anything seen would say less than it weighs.
    let worth = !days.is_empty() || (!index.large && moments.iter().any(|moment| axis.holds(moment.time)));
    if !worth {
        return html! { p { (lead) (caption(index, verdict, &moments)) } };
    }
    html! {
        figure {
                svg viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img" {
                    title { "Timeline" }
                    (drawn("use", "href=\"#ax\"")) (drawing_of(&days)) (events(axis, &moments, if index.large { "GE" } else { "TRGES" }))
                }
            figcaption { (lead) (caption(index, verdict, &moments)) }
        }
    }
}

/// A line with a letter for each moment within the span. A letter stands right of its line, and left of it at the end.
fn events(axis: Axis, moments: &[Moment], shown: &str) -> Markup {
    let (mut lines, mut places, mut letters) = (String::new(), Vec::new(), String::new());
    for moment in moments.iter().filter(|moment| axis.holds(moment.time) && shown.contains(moment.letter)) {
        let place = axis.place(moment.time);
        let _ = write!(lines, "M{place} 0v{HEIGHT}");
        places.push((if place > WIDTH - 12 { place - 9 } else { place + 2 }).to_string());
        letters.push(moment.letter);
    }
    html! {
        @if !letters.is_empty() {
            (drawn("path", &format!("class=\"ev\" d=\"{lines}\"")))
            text x=(places.join(" ")) y="9" { (letters) }
        }
    }
}

/// Something that happened at one time.
struct Moment {
    letter: char,
    what: &'static str,
    time: DateTime<Utc>,
}

fn moments(index: &Index<'_>, profile: Option<&ApplicationProfile>, verdict: &Verdict) -> Vec<Moment> {
    let moment = |letter, what, time: Option<DateTime<Utc>>| time.map(|time| Moment { letter, what, time });
    let granted = profile.and_then(|profile| {
        let held = profile.permissions.seen().into_iter().flatten();
        held.filter(|held| verdict.permissions.contains(&held.name)).filter_map(|held| held.granted).min()
    });
    let signed_in = profile.and_then(|profile| match profile.last_sign_in {
        LastSignIn::At(time) => Some(time),
        LastSignIn::NoneSeen | LastSignIn::Unknown(_) => None,
    });
    let all = [
        moment('T', "first trace", profile.and_then(|profile| profile.first_trace)),
        moment('R', "granted", granted),
        moment('G', "gate since", gate_since(index, verdict)),
        moment('E', "excluded since", excluded_since(index, &verdict.app_id, verdict)),
        moment('S', "last sign-in", signed_in),
    ];
    all.into_iter().flatten().collect()
}

fn gate_since(index: &Index<'_>, verdict: &Verdict) -> Option<DateTime<Utc>> {
    let gate = index.gate(&verdict.workload).filter(|_| verdict.gate == GateState::InForce)?;
    gate.policies.iter().filter(|policy| policy.in_force != InForce::No).filter_map(|policy| policy.since).min()
}

fn excluded_since(index: &Index<'_>, app_id: &AppId, verdict: &Verdict) -> Option<DateTime<Utc>> {
    let rows = index.exclusions(app_id).iter().filter(|row| row.listed && row.workload == verdict.workload);
    rows.filter_map(|row| row.since).min()
}

/// Bars for writes, and above them a shape for each other outcome of a day.
fn drawing_of(days: &[(i64, DayCounts)]) -> Markup {
    let mut writes = String::new();
    let mut shapes: [(&str, String); 5] = ["mf", "mr", "mw", "ma", "mu"].map(|class| (class, String::new()));
    for (place, counts) in days {
        if counts.written > 0 {
            // The height grows with the order of magnitude, so that one busy day does not flatten the others.
            let height = 4 + i64::from(counts.written.ilog2()).min(5) * 2;
            let _ = write!(writes, "M{place} {FLOOR}v-{height}");
        }
        let others = [counts.failed, counts.refused, counts.waiting, counts.approved, counts.unclear];
        for (at, ((_, path), count)) in shapes.iter_mut().zip(others).enumerate() {
            if count > 0 {
                path.push_str(&shape(at, *place));
            }
        }
    }
    html! {
        @if !writes.is_empty() { (drawn("path", &format!("class=\"w\" d=\"{writes}\""))) }
        @for (class, path) in &shapes { @if !path.is_empty() { (drawn("path", &format!("class=\"{class}\" d=\"{path}\""))) } }
    }
}

/// Cross, square, ring, diamond, and a triangle.
fn shape(at: usize, place: i64) -> String {
    let (left, top) = (place - 3, MARKS - 3);
    match at {
        0 => format!("M{left} {top}l6 6m0-6l-6 6"),
        1 => format!("M{left} {top}h6v6h-6z"),
        2 => format!("M{left} {MARKS}a3 3 0 1 0 6 0a3 3 0 1 0-6 0"),
        3 => format!("M{place} {}l4 4-4 4-4-4z", MARKS - 4),
        _ => format!("M{place} {top}l3 6h-6z"),
    }
}

/// The same as the drawing, in words. First trace, grants and the last sign-in stand with the application.
fn caption(index: &Index<'_>, verdict: &Verdict, moments: &[Moment]) -> String {
    let of = |count: fn(&DayCounts) -> u64, what: &str| -> Option<String> {
        let seen = || verdict.days.iter().filter(|(_, counts)| count(counts) > 0);
        let total = seen().fold(0_u64, |sum, (_, counts)| sum.saturating_add(count(counts)));
        let last = seen().next_back().map(|(day, _)| *day)?;
        let days = seen().count();
        if index.large {
            return Some(format!("{total} {what}"));
        }
        let when = if days == 1 { format!("on {last}") } else { format!("on {days} days, last {last}") };
        Some(format!("{total} {what} {when}"))
    };
    let seen = [
        of(|counts| counts.written, "written"),
        of(|counts| counts.failed, "failed"),
        of(|counts| counts.refused, "refused"),
        of(|counts| counts.waiting, "waiting"),
        of(|counts| counts.approved, "approved"),
        of(|counts| counts.unclear, "with unknown outcome"),
    ];
    let mut parts: Vec<String> = seen.into_iter().flatten().collect();
    match parts.first_mut() {
        None => parts.push(nothing_seen(index)),
        Some(first) if !whole(index) => *first = format!("at least: {first}"),
        Some(_) => {}
    }
    // In a large tenant these stand with the case.
    let own = moments.iter().filter(|moment| !index.large && matches!(moment.letter, 'G' | 'E'));
    parts.extend(own.map(|moment| format!("{} {}", moment.what, day(moment.time))));
    parts.join(" · ")
}

/// Whether everything that a timeline shows was read.
fn whole(index: &Index<'_>) -> bool {
    known::read_whole(index.assessment, &[Dataset::AuditEvents, Dataset::ApprovalRequests])
}

fn nothing_seen(index: &Index<'_>) -> String {
    let limit = if whole(index) { "" } else { ", but audit events and requests were not read whole" };
    format!("nothing seen{limit}")
}

#[cfg(test)]
mod tests {
    use super::super::super::{Contents, samples};
    use super::*;
    use crate::assess::VerdictKind;

    #[test]
    fn a_time_beyond_the_span_lies_at_its_edge() {
        let time = |text: &str| -> DateTime<Utc> { text.parse().unwrap() };
        let axis = Axis::new(time("2026-01-01T00:00:00Z"), time("2026-01-11T00:00:00Z"), 100);
        assert_eq!(axis.place(time("2026-01-06T00:00:00Z")), 50);
        assert_eq!((axis.place(time("2020-01-01T00:00:00Z")), axis.place(time("2030-01-01T00:00:00Z"))), (0, 100));
        assert_eq!(Axis::new(axis.to, axis.from, 100).place(axis.from), 0, "a span that runs backwards has no length");
        assert_eq!(Axis::new(DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC, 100).place(axis.from), 50);
    }

    #[test]
    fn the_drawing_and_its_caption_say_the_same() {
        let assessment = samples::everything();
        let index = Index::new(&Contents::of(&assessment));
        let shown = |kind: VerdictKind| {
            let verdict = assessment.verdicts.iter().find(|verdict| verdict.kind == kind).unwrap();
            timeline(&index, index.profile(&verdict.app_id), verdict, &html! {}).into_string()
        };
        let breaks = shown(VerdictKind::Breaks);
        assert!(breaks.contains("12 written on 2 days, last 2026-11-20 · 2 failed on 2 days"), "{breaks}");
        assert!(breaks.contains("class=\"w\"") && breaks.contains("class=\"mf\"") && !breaks.contains("class=\"mr\""), "{breaks}");
        let blocked = shown(VerdictKind::Blocked);
        for (class, words) in [("mr", "1 refused"), ("mw", "2 waiting"), ("ma", "3 approved"), ("mu", "4 with unknown outcome")] {
            assert!(blocked.contains(&format!("class=\"{class}\"")) && blocked.contains(words), "{blocked}");
        }
        assert!(shown(VerdictKind::AtRisk).contains("nothing seen, but audit events and requests were not read whole"));
    }
}
