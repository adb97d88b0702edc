//! Helpers of this room's tests.

use super::{Language, Reader};
use crate::catalogue::Catalogue;
use std::sync::OnceLock;

/// The catalogue of all tests.
pub(super) fn catalogue() -> &'static Catalogue {
    static CATALOGUE: OnceLock<Catalogue> = OnceLock::new();
    CATALOGUE.get_or_init(|| Catalogue::builtin().unwrap())
}

/// What is found in a text: line, workload, operation, confidence.
pub(super) fn found(language: Language, text: &str) -> Vec<String> {
    let file = Reader::new(catalogue()).read("x", language, text);
    let say = |write: &super::ScriptWrite| {
        format!("{} {} {} {}", write.place.line, write.workload.word(), write.operation, write.confidence.word())
    };
    file.writes.iter().map(say).collect()
}
