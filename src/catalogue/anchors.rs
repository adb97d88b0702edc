//! Words by which requests on Intune can be found where only whole words of an address can be searched for, as in a log engine.

use super::operation::Operation;
use std::collections::BTreeSet;

/// One word for each place that is Intune's and for each operation beside them: the last name of its template. Who looks for
/// these words, in any letter case, as whole words of letters and digits, misses no operation and no unmapped write, unless a
/// letter or digit of the word is percent-encoded.
pub(super) fn of(roots: &[String], operations: &[Operation]) -> Vec<String> {
    let under_root =
        |path: &str| roots.iter().any(|root| path.strip_prefix(root.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')));
    let beside = operations.iter().map(|operation| operation.path.as_str()).filter(|path| !under_root(path));
    let words: BTreeSet<&str> = roots.iter().map(String::as_str).chain(beside).filter_map(last_name).collect();
    words.into_iter().map(str::to_owned).collect()
}

fn last_name(template: &str) -> Option<&str> {
    let mut names = template.split('/').map(|segment| segment.trim_start_matches('$'));
    names.rfind(|name| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::super::Catalogue;
    use std::collections::BTreeSet;

    /// Words of letters and digits, in lower case, as an engine cuts them.
    fn words(text: &str) -> BTreeSet<String> {
        text.split(|letter: char| !letter.is_ascii_alphanumeric()).map(str::to_ascii_lowercase).collect()
    }

    #[test]
    fn every_operation_has_a_word_to_be_found_by() {
        let catalogue = Catalogue::builtin().unwrap();
        let anchors: BTreeSet<String> = catalogue.anchors().iter().map(|anchor| anchor.to_ascii_lowercase()).collect();
        for operation in catalogue.operations() {
            assert!(!words(&operation.path).is_disjoint(&anchors), "{}", operation.path);
        }
        assert!(anchors.len() < 40, "{anchors:?}");
        for general in ["users", "rolemanagement", "me", "groups"] {
            assert!(!anchors.contains(general), "finds far more than Intune: {general}");
        }
    }
}
