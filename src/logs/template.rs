//! The path of a write that the catalogue does not know, with its keys taken out, so that calls of one kind count together.

use crate::snapshot::is_guid;

/// Longest template that is kept, in bytes, and most segments.
const LONGEST: usize = 200;
const MOST_SEGMENTS: usize = 12;

/// The path without host, version and query, in lower case. A segment that is a GUID, has a digit in it, or is longer than a
/// name, is a key; so is what stands in parentheses.
pub(super) fn of(uri: &str) -> String {
    let path = uri.split(['?', '#']).next().unwrap_or_default();
    let path = path.split_once("://").map_or(path, |(_, rest)| rest.split_once('/').map_or("", |(_, path)| path));
    let mut template = String::new();
    let segments = path.split('/').map(str::trim).filter(|segment| !segment.is_empty());
    let is_version = |segment: &&str| segment.eq_ignore_ascii_case("beta") || segment.eq_ignore_ascii_case("v1.0");
    for segment in segments.skip_while(is_version).take(MOST_SEGMENTS) {
        let (name, key) = segment.split_once('(').map_or((segment, None), |(name, key)| (name, Some(key)));
        push(&mut template, if is_key(name) { "{id}" } else { name });
        if key.is_some_and(|key| !key.trim_end_matches(')').is_empty()) {
            push(&mut template, "{id}");
        }
    }
    template.make_ascii_lowercase();
    template
}

fn push(template: &mut String, segment: &str) {
    if template.len() + segment.len() < LONGEST {
        template.push('/');
        template.push_str(segment);
    }
}

/// Names of Graph are letters, with dots in those of types; none is longer than 80.
fn is_key(segment: &str) -> bool {
    is_guid(segment) || segment.len() > 80 || !segment.bytes().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'.' | b'$' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_taken_out() {
        for (uri, template) in [
            (
                "https://graph.microsoft.com/beta//deviceManagement/newThings/9A5d68dd-52b0-4cc2-bd40-abcf44ac3a30/doIt?x=1",
                "/devicemanagement/newthings/{id}/doit",
            ),
            ("https://graph.microsoft.com/v1.0/deviceManagement/newThings('a b')/x", "/devicemanagement/newthings/{id}/x"),
            ("/deviceManagement/newThings/T_7/microsoft.graph.assign()", "/devicemanagement/newthings/{id}/microsoft.graph.assign"),
            ("https://graph.microsoft.com", ""),
        ] {
            assert_eq!(of(uri), template, "{uri}");
        }
        assert!(of(&"/abc".repeat(10_000)).len() <= LONGEST + 1);
    }
}
