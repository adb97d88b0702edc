//! Calls and problems as a compiler shows them: what, where, the line, a mark below it, and what to do.

use super::super::text;
use super::{advice, doubts, fix, sentence};
use crate::scripts::{Expectation, Place, Problem, ProblemKind, ScriptFile, ScriptWrite, Survey};
use std::fmt::Write as _;

/// Longest line of a file that is shown, in characters.
const LONGEST: usize = 160;

const RED: &str = "1;31";
const YELLOW: &str = "1;33";
const BLUE: &str = "1;34";
const GREEN: &str = "1;32";

struct Page {
    text: String,
    colour: bool,
    fixes: bool,
}

pub(super) fn render(survey: &Survey, colour: bool, fixes: bool) -> String {
    let mut page = Page { text: String::new(), colour, fixes };
    for file in &survey.files {
        file.writes.iter().for_each(|write| page.write(file, write));
        file.problems.iter().filter(|problem| is_told(file, problem)).for_each(|problem| page.problem(file, problem));
    }
    page.summary(survey);
    page.text
}

/// A file in which nothing was found, and that is only no valid syntax in a place, is nothing to tell a person.
fn is_told(file: &ScriptFile, problem: &Problem) -> bool {
    !file.writes.is_empty() || problem.kind != ProblemKind::Syntax
}

impl Page {
    fn paint(&self, colour: &str, text: &str) -> String {
        if self.colour { format!("\u{1b}[{colour}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    fn line(&mut self, line: &str) {
        let _ = writeln!(self.text, "{line}");
    }

    fn write(&mut self, file: &ScriptFile, write: &ScriptWrite) {
        let (word, colour) = match write.expectation() {
            Expectation::Refused => ("error", RED),
            Expectation::MayBeRefused => ("warning", YELLOW),
            Expectation::Handled | Expectation::NotHeld => ("note", GREEN),
        };
        let head = format!("{}: {}", self.paint(colour, word), text::terminal(&sentence(write), 400));
        self.line(&head);
        self.excerpt(file, write.place, colour);
        let call = format!("{} {} ({})", write.method, text::terminal(&write.path_template, 200), write.confidence.word());
        self.aside(&call);
        if let Some(through) = &write.through {
            self.aside(&format!("written by {}", text::terminal(&text::visible(through), 200)));
        }
        for doubt in doubts(write) {
            self.aside(&format!("note: {doubt}"));
        }
        if let Some(advice) = advice(write) {
            self.aside(&format!("help: {advice}"));
        }
        self.fix(file, write);
        self.line("");
    }

    /// The code to put there, where it was asked for.
    fn fix(&mut self, file: &ScriptFile, write: &ScriptWrite) {
        let Some(preview) = fix::preview(file, write).filter(|_| self.fixes) else { return };
        self.aside("preview, not written anywhere:");
        let bar = self.paint(BLUE, "|");
        for line in preview.lines() {
            let cut = text::terminal(line.trim_start(), 200);
            let indent = line.len() - line.trim_start().len();
            self.line(&format!("     {bar} {}{cut}", " ".repeat(indent)));
        }
    }

    fn problem(&mut self, file: &ScriptFile, problem: &Problem) {
        let head = format!("{}: {}: {}", self.paint(YELLOW, "warning"), problem.kind.word(), text::terminal(&problem.message, 300));
        self.line(&head);
        match problem.place {
            Some(place) => self.excerpt(file, place, YELLOW),
            None => {
                let at = format!("{} {}", self.paint(BLUE, "-->"), text::terminal(&text::visible(&file.path), 400));
                self.line(&at);
            }
        }
        self.line("");
    }

    fn aside(&mut self, text: &str) {
        let mark = self.paint(BLUE, "=");
        self.line(&format!("     {mark} {text}"));
    }

    fn excerpt(&mut self, file: &ScriptFile, place: Place, colour: &str) {
        let arrow = self.paint(BLUE, "-->");
        self.line(&format!("   {arrow} {}:{}:{}", text::terminal(&text::visible(&file.path), 400), place.line, place.column));
        let Some(excerpt) = file.excerpts.get(&place).filter(|excerpt| !excerpt.is_empty()) else { return };
        let shown = text::terminal(excerpt, LONGEST);
        let bar = self.paint(BLUE, "|");
        self.line(&format!("{:>4} {bar} {shown}", place.line));
        let marks = self.paint(colour, &"^".repeat(shown.chars().count()));
        self.line(&format!("     {bar} {marks}"));
    }

    fn summary(&mut self, survey: &Survey) {
        let (files, writes) = survey.counts();
        let refused = survey.files.iter().flat_map(|file| &file.writes).filter(|write| write.expectation() == Expectation::Refused).count();
        let number = |count: usize, one: &str| format!("{count} {one}{}", if count == 1 { "" } else { "s" });
        let read = number(survey.files.len(), "script");
        let line = match writes {
            0 => format!("{read} read: none is seen to write to a workload that can be protected"),
            _ => format!(
                "{read} read: {} in {files} of them, {refused} of which will be refused where a policy protects the workload",
                number(writes, "write")
            ),
        };
        self.line(&line);
    }
}
