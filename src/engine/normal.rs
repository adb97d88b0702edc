//! How an address is brought into one form inside a log engine: as steps that every engine can take, which change nothing of
//! what [`crate::catalogue::Catalogue::route`] says of it. Keys become one key, so that calls of one kind count together; the
//! mapping to operations is made here, by the route matcher, and not in the engine.

/// One step: every place where the pattern (without back-references and look-around, which no engine has) matches is replaced.
pub(super) struct Step {
    /// The pattern, for an address in lower case.
    pub(super) pattern: &'static str,
    /// What stands in its place, literally.
    pub(super) replacement: &'static str,
    /// Why, for the reader of the query.
    pub(super) why: &'static str,
}

/// The steps in their order; the address is put into lower case before.
pub(super) const STEPS: &[Step] = &[
    // Two slashes that stay: what stands before the host is told from the path.
    Step { pattern: r"^\s*https?://", replacement: "|", why: "scheme" },
    Step { pattern: r"(?s)[?#].*$", replacement: "", why: "query and fragment" },
    Step { pattern: r"/+", replacement: "/", why: "doubled slashes" },
    Step { pattern: r"^\|", replacement: "https://", why: "scheme" },
    // A GUID stays one: in braces it is a key, and anything else in braces is not.
    Step { pattern: r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", replacement: "00000000-0000-0000-0000-000000000000", why: "ids" },
    Step { pattern: r"\([^()/]+\)", replacement: "(0)", why: "keys in parentheses" },
    Step { pattern: r"/users/[^/(){}@\x00]*@[^/(){}\x00]*", replacement: "/users/@", why: "user names" },
    Step { pattern: r"/[0-9]+/", replacement: "/0/", why: "numbers as keys" },
    Step { pattern: r"/[0-9]+$", replacement: "/0", why: "numbers as keys, at the end" },
];

/// Letters or digits in percent-encoding, and `$`: such a word is not found as a word. No client encodes them, but one that
/// wants not to be found might.
pub(super) const ENCODED: &str = "%(?:[46][1-9A-Fa-f]|[57][0-9Aa]|3[0-9]|24)";

/// Methods that never write.
pub(super) const READS: [&str; 3] = ["GET", "HEAD", "OPTIONS"];

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::catalogue::{Catalogue, Route};
    use proptest::prelude::*;
    use proptest::sample::select;
    use regex::Regex;
    use std::sync::LazyLock;

    /// The steps, taken by another engine of patterns than the log engine's.
    pub(in super::super) fn normalised(uri: &str) -> String {
        static PATTERNS: LazyLock<Vec<Regex>> = LazyLock::new(|| STEPS.iter().map(|step| Regex::new(step.pattern).unwrap()).collect());
        let lower = uri.to_lowercase();
        STEPS
            .iter()
            .zip(PATTERNS.iter())
            .fold(lower, |uri, (step, pattern)| pattern.replace_all(&uri, regex::NoExpand(step.replacement)).into_owned())
    }

    static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::builtin().unwrap());

    fn assert_same(method: &str, uri: &str) {
        let normal = normalised(uri);
        assert_eq!(CATALOGUE.route(method, &normal), CATALOGUE.route(method, uri), "{method} {uri} as {normal}");
    }

    /// Whether the engine gives the address at all.
    fn is_found(uri: &str) -> bool {
        static ENCODED_LETTER: LazyLock<Regex> = LazyLock::new(|| Regex::new(ENCODED).unwrap());
        let words: Vec<&str> = uri.split(|letter: char| !letter.is_alphanumeric()).collect();
        let anchors = CATALOGUE.anchors();
        ENCODED_LETTER.is_match(uri) || anchors.iter().any(|anchor| words.iter().any(|word| word.eq_ignore_ascii_case(anchor)))
    }

    #[test]
    fn addresses_of_one_kind_become_one() {
        let one = "https://graph.microsoft.com/beta/devicemanagement/manageddevices(0)/wipe";
        for uri in [
            "https://graph.microsoft.com/beta/deviceManagement/managedDevices('a b')/wipe",
            "https://GRAPH.microsoft.com/Beta//deviceManagement/managedDevices(9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30)/Wipe?$x='/'#y",
        ] {
            assert_eq!(normalised(uri), one);
        }
        assert_eq!(normalised("https://h/v1.0/users/a.b@c.example/manageddevices/17/x/4"), "https://h/v1.0/users/@/manageddevices/0/x/0");
    }

    /// A template with its keys filled in.
    fn filled(template: &str, keys: &[String]) -> String {
        let mut keys = keys.iter().cycle();
        template.split('/').skip(1).fold(String::new(), |path, segment| match segment {
            "{id}" => {
                let key = keys.next().unwrap();
                if key.starts_with('(') { format!("{path}{key}") } else { format!("{path}/{key}") }
            }
            "{cast}" => format!("{path}/microsoft.graph.win32LobApp"),
            "**" => format!("{path}/anything"),
            name => format!("{path}/{name}"),
        })
    }

    const KEYS: &[&str] = &[
        "9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30",
        "('9A5D68DD-52B0-4CC2-BD40-ABCF44AC3A30')",
        "(id='a%2Fb',lang='de')",
        "{9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30}",
        "{x-9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30}",
        "T_9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30",
        "admin@contoso.example",
        "admin%40contoso.example",
        "17",
        "0",
        "('x')",
        "%28'x'%29",
        "abcdef0123456789",
        "*",
        "{id}",
        "assign",
        "()",
        "(a(b)c)",
    ];

    #[test]
    fn every_operation_is_the_same_and_is_found() {
        for operation in CATALOGUE.operations() {
            for key in KEYS {
                let path = filled(&operation.path, &[(*key).to_owned()]);
                for uri in [
                    format!("https://graph.microsoft.com/beta{path}"),
                    format!("/v1.0/{path}?x=1"),
                    format!("HTTPS://dod-graph.microsoft.us/beta//{path}/"),
                ] {
                    assert_same(operation.method.name(), &uri);
                    assert!(is_found(&uri), "{uri}");
                }
            }
        }
    }

    fn mangled() -> impl Strategy<Value = String> {
        let templates: Vec<&'static str> = {
            static PATHS: LazyLock<Vec<String>> = LazyLock::new(|| CATALOGUE.operations().iter().map(|one| one.path.clone()).collect());
            PATHS.iter().map(String::as_str).collect()
        };
        let key = prop_oneof![select(KEYS).prop_map(str::to_owned), "[a-zA-Z0-9@%(){}'=.,_-]{1,12}", "\\PC{0,6}"];
        let base = select(
            &[
                "https://graph.microsoft.com/beta",
                "http://x@graph.microsoft.us:443/v1.0",
                "/beta/",
                "https://evil.example/beta",
                "",
                "graph.microsoft.com/v1.0",
            ][..],
        );
        let change = prop_oneof![Just(None), (0_usize..200, "[/%?#(){}a-z0-9 ]{1,3}").prop_map(Some)];
        (base, select(templates), proptest::collection::vec(key, 1..4), change, any::<bool>()).prop_map(
            |(base, template, keys, change, upper)| {
                let mut uri = format!("{base}{}", filled(template, &keys));
                if let Some((at, text)) = change {
                    let at = uri.char_indices().map(|(at, _)| at).nth(at % uri.chars().count().max(1)).unwrap_or(0);
                    uri.insert_str(at, &text);
                }
                if upper { uri.to_ascii_uppercase() } else { uri }
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 3000, ..ProptestConfig::default() })]
        #[test]
        fn the_steps_change_nothing_of_what_a_request_is(method in select(&["POST", "PATCH", "DELETE", "PUT", "post", "MERGE"][..]), uri in mangled()) {
            let ascii_case_only = uri.chars().all(|letter| letter.is_ascii() || letter.to_lowercase().eq([letter]));
            // On the wire an address has neither letters beyond ASCII nor spaces.
            prop_assume!(ascii_case_only && !uri.contains(char::is_whitespace));
            assert_same(method, &uri);
            let route = CATALOGUE.route(method, &uri);
            prop_assert!(matches!(route, Route::NotIntune | Route::Unresolved | Route::Ambiguous(_)) || is_found(&uri), "{uri}");
        }
    }
}
