//! Scripts that run other scripts of the same survey, by name: what those write, the caller writes.

use super::model::{Confidence, Language, Problem, ProblemKind, ScriptFile, ScriptWrite, SignIn};
use std::collections::BTreeMap;

/// Most scripts within scripts.
const DEEPEST: usize = 4;

/// What a name of a script means among the files of a survey.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meant {
    One(usize),
    /// More than one file may be meant.
    Several,
    Nothing,
}

/// The files of a survey by the last part of their path.
struct Names {
    paths: Vec<String>,
    by_base: BTreeMap<String, Vec<usize>>,
}

impl Names {
    fn of(files: &[ScriptFile]) -> Self {
        let paths: Vec<String> = files.iter().map(|file| file.path.replace('\\', "/").to_ascii_lowercase()).collect();
        let mut by_base: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (at, path) in paths.iter().enumerate() {
            by_base.entry(base_name(path)).or_default().push(at);
        }
        Self { paths, by_base }
    }

    /// By as much of its path as is known, or else by its last part alone.
    fn meant(&self, name: &str) -> Meant {
        let Some(alike) = self.by_base.get(&base_name(name)) else { return Meant::Nothing };
        let wanted = format!("/{}", known_end(name));
        let fits = |at: &&usize| self.paths.get(**at).is_some_and(|path| format!("/{path}").ends_with(&wanted));
        let exact: Vec<usize> = alike.iter().filter(fits).copied().collect();
        match (exact.as_slice(), alike.as_slice()) {
            ([one], _) | ([], [one]) => Meant::One(*one),
            _ => Meant::Several,
        }
    }
}

/// The parts of a path behind whatever is not known of it, in lower case.
fn known_end(name: &str) -> String {
    let name = name.replace('\\', "/").to_ascii_lowercase();
    let unknown = |part: &str| matches!(part, "" | "." | "..") || part.contains(['$', '{', '}', '(', ')', '%', '*', '\0']);
    let parts: Vec<&str> = name.rsplit('/').take_while(|part| !unknown(part)).collect();
    parts.into_iter().rev().collect::<Vec<_>>().join("/")
}

/// Says of pipelines which of the scripts that they run were not read.
fn missing(files: &mut [ScriptFile], names: &Names) {
    let pipelines = files.iter_mut().filter(|file| matches!(file.language, Language::GitHubActions | Language::AzurePipelines));
    for file in pipelines {
        for (name, place) in &file.runs {
            let message = match names.meant(name) {
                Meant::One(_) => continue,
                Meant::Several => "it runs a script by a name that several files have: what that one writes is not said here",
                Meant::Nothing => "it runs a script that is not among the files that were read",
            };
            file.problems.push(Problem { place: Some(*place), kind: ProblemKind::NotAmong, message: message.to_owned() });
        }
        file.problems.sort();
        file.problems.dedup();
    }
}

/// Adds to each file the writes of the scripts that it runs.
pub(super) fn through(files: &mut [ScriptFile]) {
    let names = Names::of(files);
    missing(files, &names);
    for _ in 0..DEEPEST {
        let mut added: Vec<(usize, ScriptWrite)> = Vec::new();
        for (at, file) in files.iter().enumerate() {
            for (name, place) in &file.runs {
                let Meant::One(target) = names.meant(name) else { continue };
                for write in files[target].writes.iter().filter(|_| target != at) {
                    added.push((
                        at,
                        ScriptWrite {
                            place: *place,
                            confidence: write.confidence.min(Confidence::PartlyResolved),
                            // What it is run by signs in for it, where that shows.
                            sign_in: if file.sign_in == SignIn::Unknown { write.sign_in } else { file.sign_in },
                            through: Some(files[target].path.clone()),
                            ..write.clone()
                        },
                    ));
                }
            }
        }
        let mut news = false;
        for (at, write) in added {
            let file = &mut files[at];
            let same =
                |known: &ScriptWrite| known.place == write.place && known.workload == write.workload && known.operation == write.operation;
            if !file.writes.iter().any(same) {
                file.writes.push(write);
                file.writes.sort();
                news = true;
            }
        }
        if !news {
            return;
        }
    }
}

fn base_name(path: &str) -> String {
    path.rsplit(['/', '\\']).next().unwrap_or(path).to_ascii_lowercase()
}
