//! `assessment.json`: the published model, pretty-printed, with a line feed at the end. Names are exact; characters that
//! would steer a terminal are written as `\u` escapes.

use super::{Contents, Error, Format, text, v1};
use serde::Serialize;

/// The file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Json;

impl Format for Json {
    fn file_name(&self) -> &'static str {
        "assessment.json"
    }

    fn render(&self, contents: &Contents<'_>) -> Result<Vec<u8>, Error> {
        pretty(self.file_name(), &v1::Assessment::from(contents))
    }
}

/// A published structure as the bytes of a file.
pub(super) fn pretty(file: &'static str, value: &impl Serialize) -> Result<Vec<u8>, Error> {
    let serialised = serde_json::to_string_pretty(value).map_err(|error| Error::Render { file, source: error.into() })?;
    let mut text = text::json(serialised);
    text.push('\n');
    Ok(text.into_bytes())
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;
    use crate::assess::Assessment;
    use serde_json::Value;

    fn read(assessment: &Assessment) -> Value {
        serde_json::from_slice(&Json.render(&Contents::of(assessment)).unwrap()).unwrap()
    }

    #[test]
    fn it_looks_like_this() {
        insta::assert_snapshot!(
            "assessment-only-unknowns",
            String::from_utf8(Json.render(&Contents::of(&samples::only_unknowns())).unwrap()).unwrap()
        );
    }

    #[test]
    fn it_names_its_format_and_ends_its_last_line() {
        let bytes = Json.render(&Contents::of(&samples::empty())).unwrap();
        assert!(bytes.ends_with(b"}\n"));
        let value = read(&samples::empty());
        assert_eq!((&value["format"], &value["version"]), (&Value::from("maascan.assessment"), &Value::from(1)));
        assert_eq!(value["coverage"].as_array().unwrap().len(), crate::snapshot::Area::all().count());
    }

    #[test]
    fn names_are_exact_and_their_bytes_harmless() {
        let assessment = samples::everything();
        let text = String::from_utf8(Json.render(&Contents::of(&assessment)).unwrap()).unwrap();
        assert!(text.lines().all(|line| line == text::clean(line)));
        let value = read(&assessment);
        let applications = value["automations"].as_array().unwrap().iter().chain(value["other_applications"].as_array().unwrap());
        let mut names: Vec<&str> = applications.map(|application| application["name"].as_str().unwrap()).collect();
        let mut expected: Vec<&str> = assessment.applications.values().map(|profile| profile.name.as_str()).collect();
        names.sort_unstable();
        expected.sort_unstable();
        assert_eq!(names, expected);
    }

    #[test]
    fn everything_of_the_assessment_is_in_it() {
        let assessment = samples::everything();
        let value = read(&assessment);
        let length = |member: &str| value[member].as_array().unwrap().len();
        assert_eq!(length("verdicts"), assessment.verdicts.len());
        assert_eq!(length("gates"), assessment.gates.len());
        assert_eq!(length("exclusions"), assessment.exclusions.len());
        assert_eq!(length("findings"), assessment.findings.len());
        assert_eq!(length("credentials"), 5);
        assert_eq!(value["unmapped_activities"]["=1+1"], 1);
        assert_eq!(value["run"]["taken_at"], "2026-11-22T06:00:00Z");
        assert_eq!(value["run"]["planned"][0], "deviceWipe");
    }
}
