//! The JSON Schema of a published structure, made of the structure itself.
//!
//! `additionalProperties` is never false: version 1 promises that members may be added, so a reader must pass over those it
//! does not know. The words of a closed set may become more too; a file is to be held against the schema of the maascan that wrote it.

use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema};
use serde_json::Value;

/// The JSON Schema (draft 2020-12) of a format, for what is written: every member is required, null where it may be.
///
/// It has no address on the network, so its `$id` is a name: `urn:maascan:` with the format and its version.
pub(in crate::report) fn schema<T: JsonSchema>(format: &str, version: u32, file: &str) -> Value {
    let generator = SchemaSettings::draft2020_12().for_serialize().with_transform(RecursiveTransform(plain)).into_generator();
    let mut schema = generator.into_root_schema_for::<T>();
    schema.insert("$id".to_owned(), format!("urn:maascan:{}:{version}", format.trim_start_matches("maascan.")).into());
    schema.insert("title".to_owned(), format!("{file} of maascan, version {version}").into());
    schema.to_value()
}

/// Takes out the widths of Rust's integers, which are no format of JSON Schema, and the line breaks of comments.
fn plain(schema: &mut Schema) {
    let integer = |format: &Value| format.as_str().is_some_and(|format| format.starts_with("int") || format.starts_with("uint"));
    if schema.get("format").is_some_and(integer) {
        schema.remove("format");
    }
    if let Some(Value::String(about)) = schema.get_mut("description") {
        *about = about.split_whitespace().collect::<Vec<_>>().join(" ");
    }
}

#[cfg(test)]
mod tests {
    use crate::report::{Contents, Folder, Layout, OutputKind, SchemaOf, Style, render, samples, schema};
    use serde_json::{Value, json};

    fn published(of: SchemaOf) -> Value {
        serde_json::from_slice(&schema(of).unwrap()).unwrap()
    }

    fn problems(of: SchemaOf, value: &Value) -> Vec<String> {
        let validator = jsonschema::options().should_validate_formats(true).build(&published(of)).unwrap();
        validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect()
    }

    fn read(contents: &Contents<'_>) -> Value {
        serde_json::from_slice(&render(OutputKind::Json, contents, Style::default(), Layout::default()).unwrap()).unwrap()
    }

    #[test]
    fn every_sample_is_valid() {
        let change = samples::change();
        for assessment in [samples::everything(), samples::empty(), samples::unreadable(), samples::only_unknowns()] {
            assert_eq!(problems(SchemaOf::Assessment, &read(&Contents::of(&assessment))), [""; 0]);
            let changed = read(&Contents { assessment: &assessment, change: Some(&change), trend: &[] });
            assert_eq!(changed["change"]["entries"].as_array().unwrap().len(), change.entries.len());
            assert_eq!(problems(SchemaOf::Assessment, &changed), [""; 0]);
        }
    }

    #[test]
    fn the_manifest_is_valid() {
        let folder = tempfile::tempdir().unwrap();
        Folder::prepare(folder.path()).unwrap().write(&Contents::of(&samples::everything()), Layout::default()).unwrap();
        let manifest: Value = serde_json::from_slice(&std::fs::read(folder.path().join("manifest.json")).unwrap()).unwrap();
        assert_eq!(problems(SchemaOf::Manifest, &manifest), [""; 0]);
        assert_ne!(problems(SchemaOf::Manifest, &json!({})), [""; 0]);
        assert_ne!(problems(SchemaOf::Assessment, &manifest), [""; 0]);
    }

    #[test]
    fn what_is_not_the_format_is_told() {
        let (assessment, change) = (samples::everything(), samples::change());
        let whole = read(&Contents { assessment: &assessment, change: Some(&change), trend: &[] });
        for (path, value) in [
            ("/format", json!("maascan.manifest")),
            ("/version", json!(2)),
            ("/run/taken_at", json!("yesterday")),
            ("/headline/automations", json!("27")),
            ("/headline/automations", json!(-1)),
            ("/headline/unknown", json!(null)),
            ("/verdicts/0/verdict", json!("broken")),
            ("/verdicts/0/confidence", json!("High")),
            ("/verdicts/0/expected_status/0", json!(70_000)),
            ("/gates/0/policies/0/problem_details/0/problem", json!("unheard-of")),
            ("/exclusions/0/source", json!("policy,audit")),
            ("/exclusions/0/source", json!("hearsay")),
            ("/findings/0/severity", json!("catastrophic")),
            ("/findings/0/status", json!("closed")),
            ("/coverage/0/dataset", json!("mailboxes")),
            ("/coverage/0/state", json!("")),
            ("/change/entries/0/what", json!("lost")),
            ("/settings/waivers/0/expires", json!("2026-13-01")),
        ] {
            let mut spoilt = whole.clone();
            *spoilt.pointer_mut(path).unwrap() = value;
            assert_ne!(problems(SchemaOf::Assessment, &spoilt), [""; 0], "{path}");
        }
    }

    /// Takes each member out of each kind of object, one at a time.
    #[test]
    fn every_member_is_required_and_further_ones_are_allowed() {
        let (assessment, change) = (samples::everything(), samples::change());
        let whole = read(&Contents { assessment: &assessment, change: Some(&change), trend: &[] });
        for path in [
            "",
            "/run",
            "/headline",
            "/change",
            "/change/entries/0",
            "/verdicts/0",
            "/automations/0",
            "/findings/0",
            "/settings",
            "/coverage/0",
        ] {
            let members: Vec<String> = whole.pointer(path).unwrap().as_object().unwrap().keys().cloned().collect();
            for member in members {
                let mut less = whole.clone();
                less.pointer_mut(path).unwrap().as_object_mut().unwrap().remove(&member);
                assert_ne!(problems(SchemaOf::Assessment, &less), [""; 0], "{path} without {member}");
            }
            let mut more = whole.clone();
            more.pointer_mut(path).unwrap()["member_of_a_later_version"] = json!(1);
            assert_eq!(problems(SchemaOf::Assessment, &more), [""; 0], "{path}");
        }
    }

    /// Every member of every object, with where it stands.
    fn members(schema: &Value) -> Vec<(String, Value)> {
        let definitions = schema["$defs"].as_object().unwrap().iter().map(|(name, one)| (name.as_str(), one));
        let objects = definitions.chain([("", schema)]).filter_map(|(name, one)| Some((name, one.get("properties")?.as_object()?)));
        objects.flat_map(|(name, all)| all.iter().map(move |(member, one)| (format!("{name}.{member}"), one.clone()))).collect()
    }

    #[test]
    fn it_says_what_every_member_is_in_plain_words() {
        for of in [SchemaOf::Assessment, SchemaOf::Manifest, SchemaOf::Scripts] {
            let schema = published(of);
            assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
            assert!(schema["$id"].as_str().unwrap().starts_with("urn:maascan:"), "{}", schema["$id"]);
            let text = schema.to_string();
            assert!(!text.contains("additionalProperties\":false"), "members may be added");
            let members = members(&schema);
            assert!(members.len() > 15, "{}", members.len());
            for (name, member) in members {
                let about = member["description"].as_str().unwrap_or_default();
                assert!(
                    about.ends_with('.') && !about.contains("[`") && !about.contains("::") && !about.contains('`'),
                    "{name}: {about:?}"
                );
            }
        }
    }

    #[test]
    fn words_are_those_of_the_code() {
        let schema = published(SchemaOf::Assessment);
        let words = |name: &str| -> Vec<String> { serde_json::from_value(schema["$defs"][name]["enum"].clone()).unwrap() };
        assert_eq!(words("VerdictKind"), crate::assess::VerdictKind::ALL.iter().map(|kind| kind.word()).collect::<Vec<_>>());
        assert_eq!(words("DatasetName").len(), crate::snapshot::Area::all().count());
        assert_eq!(words("CoverageState"), ["complete", "partial", "unavailable", "skipped"]);
    }
}
