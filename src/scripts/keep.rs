//! What of a survey is kept beside a tenant.

use super::map::Map;
use super::model::{ProblemKind, ScriptFile, ScriptWrite, Survey};
use crate::snapshot::{AppId, ScriptGap, ScriptReading, ScriptedWrite, Scripts, WritingScript};
use std::collections::BTreeSet;

impl Survey {
    /// The scripts that write, with the applications that the map gives them, and how much was read.
    #[must_use]
    pub fn keep(&self, map: &Map) -> Scripts {
        let mut reading = ScriptReading { files: self.files.len() as u64, ..ScriptReading::default() };
        for file in &self.files {
            let gaps = file.problems.iter().filter_map(|problem| gap(problem.kind));
            gaps.collect::<BTreeSet<_>>().into_iter().for_each(|one| reading.gap(one, &file.path));
        }
        self.unwalked.iter().for_each(|(path, _)| reading.gap(ScriptGap::NotWalked, path));
        if self.files.is_empty() {
            reading.gap(ScriptGap::NoScript, "");
        }
        reading.unfit = map.unfit(&self.files.iter().map(|file| file.path.as_str()).collect::<Vec<_>>());
        let writing = self.files.iter().filter(|file| !file.writes.is_empty());
        Scripts { files: writing.map(|file| kept(file, map)).collect(), reading }
    }
}

fn gap(kind: ProblemKind) -> Option<ScriptGap> {
    match kind {
        ProblemKind::Bounded => Some(ScriptGap::Bounded),
        ProblemKind::TooLarge => Some(ScriptGap::TooLarge),
        ProblemKind::Unreadable => Some(ScriptGap::Unreadable),
        ProblemKind::Binary => Some(ScriptGap::NotText),
        ProblemKind::Minified => Some(ScriptGap::Minified),
        ProblemKind::NotUnderstood => Some(ScriptGap::NotUnderstood),
        _ => None,
    }
}

fn kept(file: &ScriptFile, map: &Map) -> WritingScript {
    WritingScript {
        path: file.path.clone(),
        app_ids: map.of(&file.path),
        client_ids: file.client_ids.iter().map(|id| AppId::new(id)).collect(),
        writes: file.writes.iter().map(write).collect(),
    }
}

fn write(write: &ScriptWrite) -> ScriptedWrite {
    ScriptedWrite {
        line: write.place.line as u64,
        workload: write.workload.word().to_owned(),
        operation: write.operation.clone(),
        method: write.method.clone(),
        path_template: write.path_template.clone(),
        confidence: write.confidence,
        sign_in: write.sign_in,
        approval: write.approval,
        expectation: write.expectation(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::model::{Language, Problem};
    use super::*;

    #[test]
    fn every_problem_that_leaves_a_gap_is_one_in_coverage() {
        let kinds = [
            ProblemKind::Syntax,
            ProblemKind::Bounded,
            ProblemKind::UntoldTarget,
            ProblemKind::TooLarge,
            ProblemKind::Binary,
            ProblemKind::Minified,
            ProblemKind::NotUnderstood,
            ProblemKind::Unreadable,
            ProblemKind::OtherBody,
        ];
        for kind in kinds {
            let problem = Problem { place: None, kind, message: String::new() };
            let file = ScriptFile { problems: vec![problem.clone(), problem], ..ScriptFile::empty("a.ps1", Language::PowerShell) };
            let survey = Survey { files: vec![file], ..Survey::default() };
            let kept = survey.keep(&Map::default());
            assert_eq!(kept.reading.is_whole(), survey.is_whole(), "{kind:?}");
            assert!(kept.reading.gaps.values().all(|count| count.times == 1), "a file counts once");
        }
    }

    #[test]
    fn nothing_read_is_not_clean() {
        let kept = Survey::default().keep(&Map::default());
        assert_eq!(kept.coverage().word(), "unavailable");
    }
}
