//! Scripts that run other scripts of the same survey, by name: what those write, the caller writes.

use super::model::{Confidence, ScriptFile, ScriptWrite, SignIn};
use std::collections::BTreeMap;

/// Most scripts within scripts.
const DEEPEST: usize = 4;

/// Adds to each file the writes of the scripts that it runs.
pub(super) fn through(files: &mut [ScriptFile]) {
    for _ in 0..DEEPEST {
        let mut by_name: BTreeMap<String, Option<usize>> = BTreeMap::new();
        for (at, file) in files.iter().enumerate().filter(|(_, file)| !file.writes.is_empty()) {
            // A name that several files have says nothing.
            by_name.entry(base_name(&file.path)).and_modify(|known| *known = None).or_insert(Some(at));
        }
        let mut added: Vec<(usize, ScriptWrite)> = Vec::new();
        for (at, file) in files.iter().enumerate() {
            for (name, place) in &file.runs {
                let Some(Some(target)) = by_name.get(&base_name(name)).filter(|target| **target != Some(at)) else { continue };
                for write in &files[*target].writes {
                    added.push((
                        at,
                        ScriptWrite {
                            place: *place,
                            confidence: write.confidence.min(Confidence::PartlyResolved),
                            // What it is run by signs in for it, where that shows.
                            sign_in: if file.sign_in == SignIn::Unknown { write.sign_in } else { file.sign_in },
                            through: Some(files[*target].path.clone()),
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
