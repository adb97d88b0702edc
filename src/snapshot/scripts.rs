//! What scripts hold: the writes on Intune that were found in the automations' own source. Only scripts that write are kept; what
//! was read beside them is counted.

use super::calls::FaultCount;
use super::coverage::{Coverage, Gap};
use super::id::AppId;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

macro_rules! words {
    ($($(#[$about:meta])* $name:ident { $($(#[$variant_about:meta])* $variant:ident = $word:literal,)* })*) => {$(
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$variant_about])* #[serde(rename = $word)] $variant,)*
        }

        impl $name {
            /// Every value, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Its word in output.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.pad(self.word())
            }
        }
    )*};
}

words! {
    /// How much of a call in a script could be worked out.
    ScriptConfidence {
        /// What is called is not known to send requests, or the method is not known: it looks like one.
        Guessed = "guessed",
        /// Part of the path is not known, and leaves more than one operation.
        PartlyResolved = "partly-resolved",
        /// Method and path are known, but for keys.
        Resolved = "resolved",
    }
    /// As whom a script signs in, as far as it shows.
    ScriptSignIn {
        /// As an application: secret, certificate, managed or federated identity.
        App = "app",
        /// On behalf of a person.
        Delegated = "delegated",
        /// It can do both.
        Both = "both",
        /// It does not show.
        Unknown = "unknown",
    }
    /// Whether a call in a script takes part in the approval flow.
    ScriptApproval {
        /// It sends no header of the flow.
        Absent = "absent",
        /// It sends the justification, but nothing in the file sends the code of an approved request.
        Partial = "partial",
        /// It sends them, but something about it is wrong: see the problems.
        Broken = "broken",
        /// It asks for approval and resubmits with the code.
        Present = "present",
    }
    /// What is to be expected of a write in a script, once its workload is protected.
    ScriptExpectation {
        /// Nothing is known to hold it back.
        NotHeld = "not-held",
        /// It asks for approval as it should.
        Handled = "handled",
        /// It may be refused: part of the call, or whether the operation is protected, is not sure.
        MayBeRefused = "may-be-refused",
        /// It will be refused.
        Refused = "refused",
    }
    /// What keeps scripts from being known whole.
    ScriptGap {
        /// A bound of the analysis was reached: there may be more writes.
        Bounded = "bounded",
        /// A file is larger than what is read.
        TooLarge = "too-large",
        /// A file could not be read.
        Unreadable = "unreadable",
        /// A script is not text.
        NotText = "not-text",
        /// A script was packed by a machine.
        Minified = "minified",
        /// Part of a script is no valid syntax, and names Intune.
        NotUnderstood = "not-understood",
        /// A folder could not be walked, or a file not looked at.
        NotWalked = "not-walked",
        /// Nothing that was named is a script.
        NoScript = "no-script",
    }
}

impl ScriptGap {
    /// What befell so many files or folders, in words.
    #[must_use]
    pub fn says(self, times: u64) -> String {
        let (one, many) = match self {
            Self::Bounded => ("script that could not be followed whole", "scripts that could not be followed whole"),
            Self::TooLarge => ("file larger than what is read", "files larger than what is read"),
            Self::Unreadable => ("file that could not be read", "files that could not be read"),
            Self::NotText => ("script that is not text", "scripts that are not text"),
            Self::Minified => ("script that a machine packed", "scripts that a machine packed"),
            Self::NotUnderstood => ("script of which part is not understood", "scripts of which part is not understood"),
            Self::NotWalked => ("path that could not be walked", "paths that could not be walked"),
            Self::NoScript => return "no script was found".to_owned(),
        };
        format!("{times} {}", if times == 1 { one } else { many })
    }
}

/// The scripts that were read beside a tenant.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scripts {
    /// Those that write, in order of path.
    pub files: Vec<WritingScript>,
    /// How much was read to find them.
    pub reading: ScriptReading,
}

/// A script that writes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WritingScript {
    /// Its path, below the one that was named.
    pub path: String,
    /// Applications that the user says run it; empty where nothing was said.
    pub app_ids: BTreeSet<AppId>,
    /// Client ids that stand in it.
    pub client_ids: BTreeSet<AppId>,
    /// Its writes, in order of place; never empty.
    pub writes: Vec<ScriptedWrite>,
}

/// A write in a script.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ScriptedWrite {
    /// Line of the call, from 1.
    pub line: u64,
    /// Policy type that holds it back, in Graph's word.
    pub workload: String,
    /// The operation, in the catalogue's word.
    pub operation: String,
    /// Method of HTTP; `*` where it is not known.
    pub method: String,
    /// The path, keys as `{id}`.
    pub path_template: String,
    /// How much of the call could be worked out.
    pub confidence: ScriptConfidence,
    /// As whom the script signs in.
    pub sign_in: ScriptSignIn,
    /// Whether it takes part in the approval flow.
    pub approval: ScriptApproval,
    /// What to expect of it.
    pub expectation: ScriptExpectation,
}

/// How much was read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScriptReading {
    /// Files that were read as scripts.
    pub files: u64,
    /// What keeps them from being known whole, by kind; times are files or folders.
    pub gaps: BTreeMap<ScriptGap, FaultCount>,
    /// Lines of the user's map that no script that was read fits, in order.
    #[serde(default)]
    pub unfit: Vec<String>,
}

/// What gaps cost, at the end of what is missing.
const COST: &str = "so writes may be missing: none found is not taken for none there";

impl ScriptReading {
    /// Takes a gap in, with a place of it.
    pub fn gap(&mut self, gap: ScriptGap, example: &str) {
        self.gaps.entry(gap).or_default().add(1, example);
    }

    /// Whether everything that was named was read and followed whole.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.gaps.is_empty()
    }

    /// What went wrong, a sentence for each kind.
    #[must_use]
    pub fn told(&self) -> Vec<String> {
        let sentence = |(gap, count): (&ScriptGap, &FaultCount)| {
            let place = if count.example.is_empty() { String::new() } else { format!(", such as {}", count.example) };
            format!("{}{place}", gap.says(count.times))
        };
        self.gaps.iter().map(sentence).collect()
    }
}

impl Scripts {
    /// How much was read of the scripts that were named. Items are files.
    #[must_use]
    pub fn coverage(&self) -> Coverage {
        let items = self.reading.files;
        if self.reading.is_whole() {
            return Coverage::Complete { items };
        }
        let gap = Gap::Failed { detail: format!("{}; {COST}", self.reading.told().join("; ")) };
        if items == 0 { Coverage::Unavailable { gap } } else { Coverage::Partial { items, gap } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scripts(files: u64, gaps: &[ScriptGap]) -> Scripts {
        let mut reading = ScriptReading { files, ..ScriptReading::default() };
        gaps.iter().for_each(|gap| reading.gap(*gap, "b.ps1"));
        gaps.iter().for_each(|gap| reading.gap(*gap, "a.ps1"));
        Scripts { files: Vec::new(), reading }
    }

    #[test]
    fn what_could_not_be_read_whole_is_named_with_its_cost_and_is_never_clean() {
        assert_eq!(scripts(3, &[]).coverage(), Coverage::Complete { items: 3 });
        let partial = scripts(3, &[ScriptGap::TooLarge, ScriptGap::Bounded]).coverage();
        assert_eq!(
            partial.gap().unwrap().to_string(),
            "failed: 2 scripts that could not be followed whole, such as a.ps1; 2 files larger than what is read, such as a.ps1; so writes \
             may be missing: none found is not taken for none there"
        );
        assert_eq!((partial.word(), scripts(0, &[ScriptGap::NoScript]).coverage().word()), ("partial", "unavailable"));
    }
}
