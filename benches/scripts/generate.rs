//! A made-up repository of automations: the languages, sizes and habits that such repositories have. Each file is put together from
//! pieces, with names and numbers of its own; the same each time.

use fastrand::Rng;
use std::path::Path;

/// What was made.
pub(crate) struct Sizes {
    pub(crate) files: usize,
    pub(crate) bytes: usize,
    pub(crate) longest: usize,
}

/// A language: its share in percent, the ending of its files, and its pieces. `#1`, `#2` and `#3` are numbers.
struct Language {
    share: usize,
    ending: &'static str,
    head: &'static str,
    /// What files hold that have nothing to do with Intune.
    plain: &'static [&'static str],
    /// What writes to Intune, or reads there.
    intune: &'static [&'static str],
    foot: &'static str,
}

/// Share of files that have to do with Intune, in percent.
const INTUNE: usize = 45;

/// Writes the repository.
pub(crate) fn repository(folder: &Path, files: usize) -> Sizes {
    let mut random = Rng::with_seed(20_261_123);
    let mut sizes = Sizes { files, bytes: 0, longest: 0 };
    for number in 0..files {
        let language = language(&mut random);
        let text = text(language, length(&mut random), random.usize(0..100) < INTUNE, &mut random);
        sizes.bytes += text.len();
        sizes.longest = sizes.longest.max(text.len());
        let place = folder.join(format!("team-{}", number % 40)).join(format!("part-{}", number % 7));
        std::fs::create_dir_all(&place).expect("a folder");
        std::fs::write(place.join(format!("job-{number}{}", language.ending)), text).expect("a file");
    }
    sizes
}

fn language(random: &mut Rng) -> &'static Language {
    let mut left = random.usize(0..LANGUAGES.iter().map(|language| language.share).sum());
    let found = LANGUAGES.iter().find(|language| {
        let found = left < language.share;
        left = left.saturating_sub(language.share);
        found
    });
    found.expect("the shares add up")
}

/// Bytes of a file: most have some thousand, one in eight has more than a thousand lines, one in two hundred is huge.
fn length(random: &mut Rng) -> usize {
    match random.usize(0..1_000) {
        0..550 => random.usize(1_000..8_000),
        550..870 => random.usize(8_000..28_000),
        870..995 => random.usize(40_000..110_000),
        _ => random.usize(150_000..450_000),
    }
}

fn text(language: &Language, length: usize, intune: bool, random: &mut Rng) -> String {
    let mut text = numbered(language.head, random);
    let mut pieces = 0;
    while text.len() < length {
        // The first piece decides what the file is about; after that, one in six.
        let about = intune && (pieces == 0 || random.usize(0..6) == 0);
        let from = if about { language.intune } else { language.plain };
        text.push_str(&numbered(from[random.usize(0..from.len())], random));
        pieces += 1;
    }
    text.push_str(language.foot);
    text
}

/// A piece with numbers for its marks.
fn numbered(piece: &str, random: &mut Rng) -> String {
    let mut text = piece.to_owned();
    for mark in ["#1", "#2", "#3"] {
        text = text.replace(mark, &random.usize(10..9_999).to_string());
    }
    text
}

const LANGUAGES: [Language; 8] = [
    Language {
        share: 46,
        ending: ".ps1",
        head: include_str!("pieces/head.ps1"),
        plain: &[include_str!("pieces/plain-1.ps1"), include_str!("pieces/plain-2.ps1"), include_str!("pieces/plain-3.ps1")],
        intune: &[include_str!("pieces/intune-1.ps1"), include_str!("pieces/intune-2.ps1"), include_str!("pieces/intune-3.ps1")],
        foot: "",
    },
    Language {
        share: 13,
        ending: ".py",
        head: "import json\nimport os\nimport requests\n\n",
        plain: &[include_str!("pieces/plain.py")],
        intune: &[include_str!("pieces/intune.py")],
        foot: "",
    },
    Language {
        share: 13,
        ending: ".ts",
        head: "import axios from 'axios';\n\n",
        plain: &[include_str!("pieces/plain.ts")],
        intune: &[include_str!("pieces/intune.ts")],
        foot: "",
    },
    Language {
        share: 10,
        ending: ".cs",
        head: "using System;\nusing Microsoft.Graph;\n\nnamespace Jobs.Part#1;\n\n",
        plain: &[include_str!("pieces/plain.cs")],
        intune: &[include_str!("pieces/intune.cs")],
        foot: "",
    },
    Language {
        share: 7,
        ending: ".sh",
        head: "#!/usr/bin/env bash\nset -euo pipefail\n\n",
        plain: &[include_str!("pieces/plain.sh")],
        intune: &[include_str!("pieces/intune.sh")],
        foot: "",
    },
    Language {
        share: 5,
        ending: ".json",
        head: "{\"definition\": {\"$schema\": \"workflowdefinition.json#\", \"triggers\": {}, \"actions\": {\n",
        plain: &[include_str!("pieces/plain.json")],
        intune: &[include_str!("pieces/intune.json")],
        foot: "\"Ends\": {\"type\": \"Terminate\", \"inputs\": {\"runStatus\": \"Succeeded\"}}\n}}}\n",
    },
    Language {
        share: 4,
        ending: ".yml",
        head: "on: push\njobs:\n  job:\n    runs-on: ubuntu-latest\n    steps:\n",
        plain: &[include_str!("pieces/plain.yml")],
        intune: &[include_str!("pieces/intune.yml")],
        foot: "",
    },
    Language {
        share: 2,
        ending: ".tf",
        head: "terraform {\n  required_version = \">= 1.9\"\n}\n\n",
        plain: &[include_str!("pieces/plain.tf")],
        intune: &[include_str!("pieces/intune.tf")],
        foot: "",
    },
];
