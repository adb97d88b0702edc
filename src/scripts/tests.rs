//! No text makes a reader panic or hang.

use super::testing::catalogue;
use super::{Language, Reader};
use proptest::prelude::*;
use std::path::Path;

const LANGUAGES: [Language; 10] = [
    Language::PowerShell,
    Language::Python,
    Language::JavaScript,
    Language::TypeScript,
    Language::CSharp,
    Language::Shell,
    Language::LogicApp,
    Language::GitHubActions,
    Language::AzurePipelines,
    Language::Terraform,
];

fn fixtures() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file()).collect();
    paths.sort();
    paths.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_text_is_read(text in "(?s).{0,400}") {
        let reader = Reader::new(catalogue());
        for language in LANGUAGES {
            reader.piece(language, &text, None);
            let _ = reader.read("x", language, &text);
        }
    }

    #[test]
    fn scripts_that_are_cut_and_mixed_are_read(at in 0_usize..40, other in 0_usize..40, from in 0.0_f64..1.0, to in 0.0_f64..1.0, junk in "[{}()\\[\\]'\"$@`,;|&\\\\\n\u{0}é]{0,6}") {
        let fixtures = fixtures();
        let (left, right) = (&fixtures[at % fixtures.len()], &fixtures[other % fixtures.len()]);
        let cut = |text: &str, part: f64| -> usize {
            let mut at = (text.len() as f64 * part) as usize;
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let text = format!("{}{junk}{}", &left[..cut(left, from)], &right[cut(right, to)..]);
        let reader = Reader::new(catalogue());
        for language in LANGUAGES {
            let _ = reader.read("x", language, &text);
        }
    }
}

#[test]
fn the_same_text_says_the_same() {
    let reader = Reader::new(catalogue());
    for text in fixtures() {
        assert_eq!(reader.read("x", Language::PowerShell, &text), reader.read("x", Language::PowerShell, &text));
    }
}
