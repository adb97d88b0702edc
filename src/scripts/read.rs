//! One text from its bytes to what is said of it.

use super::eval::{self, Dialect, Outcome, Seen};
use super::ir::{Program, Span};
use super::judge::{self, Judgement};
use super::library::Library;
use super::model::{Approval, Language, Place, Problem, ProblemKind, ScriptFile, ScriptWrite, SignIn};
use super::modules::{Loan, Surroundings};
use super::segments::Segments;
use super::sink::Senders;
use super::text::Lines;
use super::{approval, cmdlets::Cmdlets, excerpt, filter, language, lost, pipeline, sign_in};
use crate::catalogue::Catalogue;
use std::collections::{BTreeMap, BTreeSet};

/// Reads scripts. Made once; may be shared by threads.
#[derive(Debug)]
pub struct Reader<'c> {
    catalogue: &'c Catalogue,
    cmdlets: Cmdlets,
    segments: Segments,
}

/// Most problems that are listed of one file.
const MOST_PROBLEMS: usize = 100;

/// A piece of text in one language.
#[derive(Debug, Clone, Default)]
pub(super) struct Found {
    pub(super) writes: Vec<ScriptWrite>,
    pub(super) sign_in: Option<SignIn>,
    pub(super) problems: Vec<Problem>,
    /// Scripts that it runs.
    pub(super) runs: Vec<(String, Place)>,
}

pub(super) fn dialect(language: Language) -> Dialect {
    match language {
        Language::PowerShell => Dialect { output: true, commands: true, declared: false },
        Language::Shell => Dialect { output: false, commands: true, declared: false },
        Language::LogicApp => Dialect { output: false, commands: false, declared: true },
        _ => Dialect::default(),
    }
}

impl<'c> Reader<'c> {
    /// A reader that asks this catalogue.
    #[must_use]
    pub fn new(catalogue: &'c Catalogue) -> Self {
        Self { catalogue, cmdlets: Cmdlets::of(catalogue), segments: Segments::of(catalogue) }
    }

    /// Reads one text in a language. `path` is what the file is to be called.
    #[must_use]
    pub fn read(&self, path: &str, language: Language, text: &str) -> ScriptFile {
        self.read_among(path, language, text, None)
    }

    /// Reads one text that may import files around it.
    pub(super) fn read_among(&self, path: &str, language: Language, text: &str, around: Option<Surroundings<'_>>) -> ScriptFile {
        let looked = filter::may_matter(text) || around.is_some_and(|around| around.leads_to_writes(language, text));
        let found = match language {
            _ if !looked => Found::default(),
            Language::GitHubActions | Language::AzurePipelines => self.steps(language, text),
            _ => self.piece(language, text, around),
        };
        let sign_in = found.sign_in.unwrap_or(SignIn::Unknown);
        let mut file =
            ScriptFile { sign_in, writes: found.writes, problems: found.problems, runs: found.runs, ..ScriptFile::empty(path, language) };
        if !file.writes.is_empty() {
            file.client_ids = sign_in::client_ids(text);
        }
        once(&mut file.runs);
        file.writes.sort();
        file.writes.dedup();
        file.problems.sort();
        file.problems.dedup();
        // What leaves a gap is never left out.
        let mut room = MOST_PROBLEMS;
        file.problems.retain(|problem| {
            room = room.saturating_sub(1);
            room > 0 || problem.kind.leaves_gap()
        });
        let lines = Lines::of(text);
        let places = file.writes.iter().map(|write| write.place).chain(file.problems.iter().filter_map(|problem| problem.place));
        file.excerpts = places.map(|place| (place, self.excerpt(&lines, place, language))).collect();
        file
    }

    /// What of the first line of a place may be shown.
    fn excerpt(&self, lines: &Lines<'_>, place: Place, language: Language) -> String {
        let line = lines.line(place.line);
        let end = if place.end_line == place.line { place.end_column } else { usize::MAX };
        excerpt::excerpt(line, place.column, end, language, &self.segments)
    }

    /// Reads the scripts in a pipeline.
    pub(super) fn steps(&self, language: Language, text: &str) -> Found {
        let steps = pipeline::steps(text, language);
        let whole = sign_in::judge(text, language);
        let mut found = Found { runs: steps.files, sign_in: Some(whole), ..Found::default() };
        found.problems.extend(steps.lost.into_iter().filter(|_| filter::names_intune(text)).map(|line| {
            let place = Place { line, column: 1, end_line: line, end_column: 1 };
            let message = "a script begins here that cannot be read: there may be more writes".to_owned();
            Problem { place: Some(place), kind: ProblemKind::NotUnderstood, message }
        }));
        for inline in &steps.inline {
            let shift = |place: Place| inline.place(place);
            let piece = self.piece(inline.language, &inline.text, None);
            found.writes.extend(piece.writes.into_iter().map(|write| ScriptWrite {
                place: shift(write.place),
                sign_in: sign_in::either(write.sign_in, whole),
                ..write
            }));
            found.problems.extend(piece.problems.into_iter().map(|problem| Problem { place: problem.place.map(shift), ..problem }));
            found.runs.extend(piece.runs.into_iter().map(|(name, place)| (name, shift(place))));
        }
        found
    }

    /// Reads one text, whatever is in it.
    pub(super) fn piece(&self, language: Language, text: &str, around: Option<Surroundings<'_>>) -> Found {
        let lines = Lines::of(text);
        let Some(program) = language::read(language, text) else {
            let message = "it takes too long to parse, and was not looked at".to_owned();
            return Found { problems: vec![Problem { place: None, kind: ProblemKind::Bounded, message }], ..Found::default() };
        };
        let code = without_comments(text, &program);
        let loan = around.map(|around| around.loan(language, &program, &code)).unwrap_or_default();
        let mut outcome = self.follow(language, &program, &loan.library);
        outcome.leave_to_others();
        let own = sign_in::refine(sign_in::judge(&code, language), &outcome.calls);
        let mut found = self.judged(&outcome, &lines, &code, &loan);
        let sign_in = match around {
            Some(around) if own == SignIn::Unknown && !found.writes.is_empty() => around.sign_in(language, &loan, &outcome.ran, &code),
            _ => own,
        };
        found.writes.iter_mut().for_each(|write| write.sign_in = sign_in);
        found.problems.extend(reading_problems(&program, &outcome, &lines, &code, !found.writes.is_empty()));
        found.problems.extend((loan.library.bounded && outcome.handed_on).then(too_much_imported));
        found.sign_in = Some(sign_in);
        found.runs = runs(&outcome, &lines);
        found
    }

    fn follow(&self, language: Language, program: &Program, library: &Library) -> Outcome {
        let is_intune = |text: &str| judge::is_intune(self.catalogue, text);
        let senders = Senders { is_intune: &is_intune, cmdlets: &self.cmdlets };
        eval::follow(program, dialect(language), &senders, library)
    }

    fn judged(&self, outcome: &Outcome, lines: &Lines<'_>, code: &str, loan: &Loan) -> Found {
        let mut found = Found::default();
        // Of one call and one operation, the surest statement counts.
        let mut best: BTreeMap<(Span, String, String), ScriptWrite> = BTreeMap::new();
        let flow = approval::Flow::of(code, &outcome.seen, loan.resubmits(&outcome.ran));
        let (mut judged, mut untold): (Vec<(&Seen, Vec<judge::Write>)>, BTreeSet<Span>) = (Vec::new(), BTreeSet::new());
        for seen in &outcome.seen {
            match judge::judge(self.catalogue, &self.segments, seen) {
                Judgement::Writes(writes) => judged.push((seen, writes)),
                // What another file does not tell is said there.
                Judgement::Untold => untold.extend(seen.through.is_none().then_some(seen.place)),
                Judgement::Nothing => {}
            }
        }
        let writing: Vec<&Seen> = judged.iter().map(|(seen, _)| *seen).collect();
        for (seen, writes) in judged {
            let approval = flow.of_call(seen, loan.signs(seen.inner.start), &writing);
            for write in writes {
                let place = lines.place(seen.place);
                let key = (seen.place, write.workload.word().to_owned(), write.operation.clone());
                let through = seen.through.and_then(|file| loan.path(file));
                let write = ScriptWrite { through, ..script_write(write, place, approval) };
                let broken = |write: &ScriptWrite| (write.confidence, write.approval == Approval::Broken);
                let known = best.get(&key);
                if known.is_none_or(|known| broken(known) < broken(&write)) {
                    best.insert(key, write);
                }
            }
        }
        let writing: Vec<&Seen> = writing.into_iter().filter(|seen| seen.through.is_none()).collect();
        found.problems.extend(approval::problems(&writing, lines));
        let told: BTreeSet<Span> = best.keys().map(|(place, ..)| *place).collect();
        for place in untold.difference(&told) {
            let message = "writes to Intune, but where cannot be told from this file".to_owned();
            found.problems.push(Problem { place: Some(lines.place(*place)), kind: ProblemKind::UntoldTarget, message });
        }
        found.writes = best.into_values().collect();
        found
    }
}

fn script_write(write: judge::Write, place: Place, approval: Approval) -> ScriptWrite {
    ScriptWrite {
        place,
        workload: write.workload,
        operation: write.operation,
        method: write.method,
        path_template: write.path_template,
        confidence: write.confidence,
        gate: write.gate,
        sign_in: SignIn::Unknown,
        approval,
        through: None,
    }
}

fn reading_problems(program: &Program, outcome: &Outcome, lines: &Lines<'_>, code: &str, writes: bool) -> Vec<Problem> {
    let mut problems = Vec::new();
    if let Some(at) = program.broken.filter(|at| is_lost(*at, outcome, lines, code)) {
        let place = lines.place(Span { start: at, end: at });
        let message = "from here on it is not understood, and there is something of Intune: there may be more writes".to_owned();
        problems.push(Problem { place: Some(place), kind: ProblemKind::NotUnderstood, message });
    } else if let Some(at) = program.broken.filter(|_| writes || outcome.seen.is_empty()) {
        let place = lines.place(Span { start: at, end: at });
        let message = "something from here on is not understood; the rest was followed".to_owned();
        problems.push(Problem { place: Some(place), kind: ProblemKind::Syntax, message });
    }
    if outcome.bounded || program.too_deep || lost::is_cut(program) {
        let message = "it branches or nests too much to follow all of it: there may be more writes".to_owned();
        problems.push(Problem { place: None, kind: ProblemKind::Bounded, message });
    }
    problems
}

/// Whether nothing was found behind the place where a script stops being valid syntax, although something of Intune is named there.
fn is_lost(broken: usize, outcome: &Outcome, lines: &Lines<'_>, code: &str) -> bool {
    let line = lines.start(lines.at(broken).0);
    let found = outcome.seen.iter().any(|seen| seen.place.start >= line && seen.place.start < code.len());
    !found && code.get(line..).is_some_and(filter::names_intune)
}

fn too_much_imported() -> Problem {
    let message = "it imports more than is followed: there may be more writes".to_owned();
    Problem { place: None, kind: ProblemKind::Bounded, message }
}

/// A script that is named in two ways on one line is run once.
fn once(runs: &mut Vec<(String, Place)>) {
    runs.sort_by(|left, right| (left.1, &left.0).cmp(&(right.1, &right.0)));
    let mut known = BTreeSet::new();
    let base = |name: &str| name.rsplit(['/', '\\']).next().unwrap_or(name).to_ascii_lowercase();
    runs.retain(|(name, place)| known.insert((place.line, base(name))));
}

/// Scripts that are called by the name of their file.
fn runs(outcome: &Outcome, lines: &Lines<'_>) -> Vec<(String, Place)> {
    let script = |name: &str| [".ps1", ".py", ".sh", ".js", ".ts"].iter().any(|ending| name.ends_with(ending));
    let direct = outcome.calls.iter().filter(|call| script(&call.name));
    let named = direct.map(|call| (call.name.to_string(), lines.place(call.place)));
    let handed = outcome.files.iter().map(|(name, place)| (name.to_string(), lines.place(*place)));
    let all: BTreeSet<(String, Place)> = named.chain(handed.filter(|(name, _)| script(name))).collect();
    all.into_iter().collect()
}

/// The text with its comments blanked out, byte for byte.
pub(super) fn without_comments(text: &str, program: &Program) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for comment in &program.comments {
        if let Some(bytes) = bytes.get_mut(comment.start..comment.end) {
            bytes.iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = b' ');
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
