//! The user's map: which application runs which script.

use crate::snapshot::{AppId, is_guid};
use glob::{MatchOptions, Pattern};
use std::collections::BTreeSet;
use std::path::Path;

/// Why a map cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum MapError {
    /// It cannot be read.
    #[error("cannot read map of scripts: {0}: {1}")]
    Unreadable(String, String),
    /// Its first line names no such columns.
    #[error("the map of scripts has no columns script and app_id: {0}")]
    Columns(String),
    /// A line of it cannot be used.
    #[error("the map of scripts cannot be used: {path}, line {line}: {why}")]
    Line {
        /// The file.
        path: String,
        /// The line, from 1.
        line: u64,
        /// What is wrong with it.
        why: String,
    },
}

/// Which application runs which script.
#[derive(Debug, Clone, Default)]
pub struct Map {
    lines: Vec<Line>,
}

#[derive(Debug, Clone)]
struct Line {
    script: String,
    whole: Pattern,
    ending: Pattern,
    app_id: AppId,
}

/// `*` stays within a folder; letter case does not matter, as on Windows.
const HOW: MatchOptions = MatchOptions { case_sensitive: false, require_literal_separator: true, require_literal_leading_dot: false };

impl Map {
    /// Reads a map: CSV with the columns `script` (a path or a pattern, of which the end is enough: `runbooks/*.ps1`) and `app_id`.
    ///
    /// # Errors
    /// A file that cannot be read, or a line that cannot be used.
    pub fn load(path: &Path) -> Result<Self, MapError> {
        let shown = path.display().to_string();
        let bytes = std::fs::read(path).map_err(|error| MapError::Unreadable(shown.clone(), error.kind().to_string()))?;
        Self::parse(&shown, &bytes)
    }

    fn parse(shown: &str, bytes: &[u8]) -> Result<Self, MapError> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let mut reader = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(bytes);
        let heads = reader.headers().map_err(|_| MapError::Columns(shown.to_owned()))?.clone();
        let column = |name: &str| heads.iter().position(|head| head.eq_ignore_ascii_case(name));
        let (Some(script), Some(app_id)) = (column("script"), column("app_id")) else {
            return Err(MapError::Columns(shown.to_owned()));
        };
        let mut map = Self::default();
        for record in reader.records() {
            let refused = |line: u64, why: &str| MapError::Line { path: shown.to_owned(), line, why: why.to_owned() };
            let record = record.map_err(|error| refused(error.position().map_or(0, csv::Position::line), "it is no text in UTF-8"))?;
            let line = record.position().map_or(0, csv::Position::line);
            let field = |at: usize| record.get(at).unwrap_or_default();
            if field(script).is_empty() && field(app_id).is_empty() {
                continue;
            }
            let entry = Line::new(field(script), field(app_id)).map_err(|why| refused(line, why))?;
            map.lines.push(entry);
        }
        Ok(map)
    }

    /// The applications that run a script.
    #[must_use]
    pub fn of(&self, path: &str) -> BTreeSet<AppId> {
        self.lines.iter().filter(|line| line.fits(path)).map(|line| line.app_id.clone()).collect()
    }

    /// Lines that fit none of these scripts, by what they name, in order.
    pub(super) fn unfit(&self, paths: &[&str]) -> Vec<String> {
        let unfit = self.lines.iter().filter(|line| !paths.iter().any(|path| line.fits(path)));
        let names: BTreeSet<String> = unfit.map(|line| line.script.clone()).collect();
        names.into_iter().collect()
    }
}

impl Line {
    fn new(script: &str, app_id: &str) -> Result<Self, &'static str> {
        if script.is_empty() {
            return Err("it names no script");
        }
        if !is_guid(app_id) {
            return Err("its app_id is no id such as 9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30");
        }
        let plain = script.replace('\\', "/");
        let plain = plain.strip_prefix("./").unwrap_or(&plain);
        let pattern = |text: &str| Pattern::new(text).map_err(|_| "its script is no pattern: write * within a name, ** for folders");
        let ending = format!("**/{}", plain.trim_start_matches('/'));
        Ok(Self { script: script.to_owned(), whole: pattern(plain)?, ending: pattern(&ending)?, app_id: AppId::new(app_id) })
    }

    fn fits(&self, path: &str) -> bool {
        self.whole.matches_with(path, HOW) || self.ending.matches_with(path, HOW)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "0a1b2c3d-0000-4000-8000-00000000000a";
    const B: &str = "0a1b2c3d-0000-4000-8000-00000000000b";

    fn map(lines: &str) -> Result<Map, MapError> {
        Map::parse("map.csv", lines.as_bytes())
    }

    #[test]
    fn a_script_is_found_by_its_path_by_its_end_and_by_a_pattern() {
        let map = map(&format!("\u{feff}App_Id,script,note\n{A},runbooks\\a.ps1,x\n{B}, flows/*.json ,\n{B},./a.ps1,\n\n")).unwrap();
        assert_eq!(map.of("/repo/runbooks/A.ps1").len(), 2, "by both");
        assert_eq!(map.of("flows/x.json"), [AppId::new(B)].into());
        assert!(map.of("flows/deep/x.json").is_empty() && map.of("runbooks/ba.ps1").is_empty());
        assert_eq!(map.unfit(&["runbooks/a.ps1"]), ["flows/*.json"]);
    }

    #[test]
    fn a_map_that_cannot_be_used_says_which_line_and_why() {
        assert!(map("name,id\n").unwrap_err().to_string().contains("no columns script and app_id"));
        assert!(map("").unwrap_err().to_string().contains("no columns"));
        assert!(
            map("script,app_id\na.ps1,secret\n")
                .unwrap_err()
                .to_string()
                .ends_with("line 2: its app_id is no id such as 9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30")
        );
        assert!(map(&format!("script,app_id\n[,{A}\n")).unwrap_err().to_string().contains("line 2: its script is no pattern"));
        assert!(map(&format!("script,app_id\n,{A}\n")).unwrap_err().to_string().contains("names no script"));
        assert!(Map::load(Path::new("does/not/exist.csv")).unwrap_err().to_string().contains("cannot read map of scripts"));
    }
}
