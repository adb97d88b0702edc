//! The decision against `testdata/decisions.csv`, a table that a person can read: every combination of what may be known,
//! and every line of the table.

use super::*;
use ExclusionState::{Excluded, NotListed, Partly, Unknown as NotReadable};
use GateState::{InForce, None as NoGate, Planned, Unknown as NotRead};
use SignsIn::{InWindow, NotInWindow, Unknown as NoReport};

const TABLE: &str = include_str!("testdata/decisions.csv");

/// What a line fits, in the order of the columns, and its verdict.
type Line = (Vec<String>, VerdictKind);

fn table() -> Vec<Line> {
    let lines = TABLE.lines().filter(|line| !line.starts_with('#')).skip(1);
    let line = |line: &str| {
        let mut cells: Vec<String> = line.split(',').map(|cell| cell.trim().to_owned()).collect();
        let verdict = VerdictKind::from_word(&cells.pop().unwrap()).unwrap();
        assert_eq!(cells.len(), 10, "{line}");
        (cells, verdict)
    };
    lines.map(line).collect()
}

/// A situation in the words of the table's columns.
fn words(situation: &Situation) -> [&'static str; 10] {
    let yes_no = |yes: bool| if yes { "yes" } else { "no" };
    let writes = match (situation.writes, situation.writes_behind_gate) {
        (0, _) => "no",
        (_, 0) => "before",
        _ => "behind",
    };
    let signs_in = match situation.signs_in {
        InWindow => "yes",
        NotInWindow => "no",
        NoReport => "unknown",
    };
    [
        situation.gate.word(),
        situation.exclusion.word(),
        yes_no(situation.approved > 0),
        yes_no(situation.blocked > 0),
        writes,
        yes_no(situation.failures_behind_gate > 0),
        yes_no(situation.unfinished_behind_gate > 0),
        yes_no(situation.other_traces > 0),
        signs_in,
        yes_no(situation.disabled),
    ]
}

/// Every combination of what may be known: of counts whether there is one, and where counts are compared, both ways.
fn every_situation() -> Vec<Situation> {
    let mut all = Vec::new();
    let both = [false, true];
    for gate in [InForce, Planned, NoGate, NotRead] {
        for exclusion in [Excluded, Partly, NotListed, NotReadable] {
            for (writes, writes_behind_gate) in [(0, 0), (3, 0), (3, 2)] {
                for signs_in in [InWindow, NotInWindow, NoReport] {
                    for bits in 0..64_u64 {
                        let bit = |at: u32| bits >> at & 1;
                        let listed = matches!(exclusion, Excluded | Partly);
                        all.push(Situation {
                            gate,
                            exclusion,
                            approved: bit(0),
                            blocked: bit(1),
                            refusals: Views { recorded: bit(1), logged: 0 },
                            writes,
                            writes_behind_gate,
                            failures_behind_gate: bit(2),
                            unfinished_behind_gate: bit(5),
                            other_traces: bit(3),
                            signs_in,
                            disabled: both[usize::try_from(bit(4)).unwrap()],
                            listed,
                        });
                    }
                }
            }
        }
    }
    all
}

fn fits(line: &Line, words: &[&str; 10]) -> bool {
    line.0.iter().zip(words).all(|(cell, word)| cell == "*" || cell == word)
}

#[test]
fn every_combination_has_the_verdict_of_the_table_and_every_line_is_met() {
    let table = table();
    let mut met = vec![false; table.len()];
    let all = every_situation();
    assert_eq!(all.len(), 4 * 4 * 3 * 3 * 64);
    for situation in all {
        let words = words(&situation);
        let at = table.iter().position(|line| fits(line, &words)).unwrap_or_else(|| panic!("the table has no line for {words:?}"));
        met[at] = true;
        assert_eq!(situation.decide(), table[at].1, "line {}: {words:?}", at + 1);
    }
    let unmet: Vec<usize> = met.iter().enumerate().filter(|(_, met)| !**met).map(|(at, _)| at + 1).collect();
    assert!(unmet.is_empty(), "no combination meets lines {unmet:?}");
    let missing: Vec<&VerdictKind> = VerdictKind::ALL.iter().filter(|kind| !table.iter().any(|line| line.1 == **kind)).collect();
    assert!(missing.is_empty(), "{missing:?} is no verdict of the table");
}

#[test]
fn a_table_with_a_word_that_does_not_exist_would_be_noticed() {
    let known: std::collections::BTreeSet<&str> = every_situation().iter().flat_map(words).chain(["*"]).collect();
    for (cells, _) in table() {
        assert!(cells.iter().all(|cell| known.contains(cell.as_str())), "{cells:?}");
    }
}

#[test]
fn where_sources_disagree_one_that_lists_it_explains_what_passes() {
    let quiet = every_situation().into_iter().find(|situation| words(situation)[..3] == ["in-force", "unknown", "no"]).unwrap();
    let passing = Situation { writes: 3, writes_behind_gate: 2, approved: 0, blocked: 0, failures_behind_gate: 0, ..quiet };
    assert_eq!(passing.decide(), VerdictKind::Passes);
    assert_eq!(Situation { listed: true, ..passing }.decide(), VerdictKind::Breaks);
}

#[test]
fn the_last_question_decides_and_no_other() {
    for situation in every_situation() {
        let questions = situation.questions();
        let (last, others) = questions.split_last().unwrap();
        assert_eq!(last.verdict, Some(situation.decide()), "{situation:?}");
        assert!(others.iter().all(|question| question.verdict.is_none()), "{questions:?}");
    }
}

#[test]
fn a_refusal_is_told_by_the_source_that_saw_it() {
    let quiet = every_situation().into_iter().find(|situation| words(situation)[..3] == ["in-force", "not-listed", "no"]).unwrap();
    let told = |recorded, logged: u64| {
        let situation = Situation { blocked: logged.max(recorded), refusals: Views { recorded, logged }, ..quiet };
        situation.questions().into_iter().find(|question| question.verdict == Some(VerdictKind::Blocked)).unwrap().answer
    };
    assert_eq!(told(1, 0), "1 request of its own was rejected or ran out");
    assert_eq!(told(0, 1), "1 call of its own was refused, by the activity logs");
    assert_eq!(told(2, 5), "5 calls of its own were refused, by the activity logs; 2 requests of its own were rejected or ran out");
    let none = Situation { blocked: 0, refusals: Views::default(), failures_behind_gate: 0, unfinished_behind_gate: 0, ..quiet };
    assert!(none.questions()[3].answer.contains("no refused call was seen"));
}
