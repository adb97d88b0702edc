//! Tests of the route matcher: the table of requests beside it, every entry by its own template, and addresses written in
//! every way that must not matter.

use super::address::LONGEST_LITERAL;
use super::*;
use proptest::prelude::*;
use std::sync::OnceLock;

fn catalogue() -> &'static Catalogue {
    static ONCE: OnceLock<Catalogue> = OnceLock::new();
    ONCE.get_or_init(|| Catalogue::builtin().unwrap())
}

const KEY: &str = "7f0c4c1e-5d0b-4c1f-9a55-0d6f8a3b2c11";

/// The path of an operation, with this in the place of its keys.
fn filled(operation: &Operation, key: &str) -> String {
    operation.path.replace("{id}", key).replace("{cast}", "microsoft.graph.iosLobApp").replace("/**", "/x/y")
}

/// An operation's place, so that two of equal content are told apart.
fn same(found: &Route<'_>, operation: &Operation) -> bool {
    matches!(found, Route::Operation(one, _) if std::ptr::eq(*one, operation))
}

/// Answer, workloads, gate and version of a request, in the words of the table.
fn described(route: &Route<'_>) -> [String; 4] {
    let answer = match route {
        Route::Operation(..) => "operation",
        Route::Read => "read",
        Route::NotIntune => "not-intune",
        Route::Unmapped => "unmapped",
        Route::Ambiguous(_) => "ambiguous",
        Route::Unresolved => "unresolved",
    };
    let written = |workload: &&Workload| route.operations().any(|operation| operation.workloads.contains(workload));
    let workloads: Vec<&str> = Workload::KNOWN.iter().filter(written).map(Workload::word).collect();
    let (gate, version) = match route {
        Route::Operation(operation, fit) => (operation.gate.word(), version_word(fit.version)),
        _ => ("", ""),
    };
    [answer, &workloads.join(";"), gate, version].map(str::to_owned)
}

fn version_word(fit: VersionFit) -> &'static str {
    match fit {
        VersionFit::Offered => "offered",
        VersionFit::Unstated => "unstated",
        VersionFit::NotOffered => "not-offered",
    }
}

#[test]
fn the_table_of_requests_is_answered() {
    let table = include_str!("testdata/routes.csv");
    let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).from_reader(table.as_bytes());
    let mut wrong = Vec::new();
    let mut count = 0;
    for row in reader.records() {
        let row = row.unwrap();
        let expected: Vec<&str> = row.iter().take(4).collect();
        let found = described(&catalogue().route(&row[4], &row[5]));
        count += 1;
        if found != *expected {
            wrong.push(format!("{} {}: expected {expected:?}, found {found:?}", &row[4], &row[5]));
        }
    }
    assert!(wrong.is_empty(), "{} of {count}\n{}", wrong.len(), wrong.join("\n"));
    assert!(count >= 450, "{count}");
}

#[test]
fn every_entry_is_found_by_its_own_template() {
    for operation in catalogue().operations() {
        for version in ["v1.0", "beta"] {
            let url = format!("https://graph.microsoft.com/{version}{}", filled(operation, KEY));
            let found = catalogue().route(operation.method.name(), &url);
            assert!(same(&found, operation), "{} {url}: {found:?}", operation.method.name());
            let Route::Operation(_, fit) = found else { unreachable!() };
            let has = operation.versions.contain(GraphVersion::from_segment(version).unwrap());
            assert_eq!(fit.version == VersionFit::Offered, has, "{url}");
            assert_eq!(fit.sure, operation.sure);
        }
    }
}

#[test]
fn every_entry_is_found_with_placeholders_for_its_keys() {
    for operation in catalogue().operations() {
        for hole in ["{id}", "\0", "*"] {
            let found = catalogue().route(operation.method.name(), &format!("/beta{}", filled(operation, hole)));
            let may_be = found.operations().any(|one| std::ptr::eq(one, operation));
            assert!(may_be, "{} {} with {hole:?}: {found:?}", operation.method.name(), operation.path);
        }
    }
}

#[test]
fn reading_an_entry_is_a_read() {
    for operation in catalogue().operations() {
        let url = filled(operation, KEY);
        let read = if operation.path == "/$batch" { Route::NotIntune } else { Route::Read };
        assert_eq!(catalogue().route("GET", &url), read, "{url}");
    }
}

#[test]
fn literals_leave_room_for_a_namespace() {
    for operation in catalogue().operations() {
        for segment in operation.path.split('/') {
            assert!(segment.len() + "microsoft.management.services.api.".len() < LONGEST_LITERAL, "{segment}");
        }
    }
}

#[test]
fn a_type_name_or_an_entry_tells_the_platform() {
    let platform = |method: &str, path: &str| match catalogue().route(method, path) {
        Route::Operation(_, fit) => fit.platform.cloned(),
        other => panic!("{path}: {other:?}"),
    };
    let app = "/beta/deviceAppManagement/mobileApps/k";
    assert_eq!(platform("PATCH", &format!("{app}/microsoft.graph.win32LobApp")), Some(Platform::Windows));
    assert_eq!(platform("POST", &format!("{app}/graph.macOSPkgApp/assignments")), Some(Platform::MacOs));
    assert_eq!(platform("POST", &format!("{app}/microsoft.graph.iosVppApp/assign")), Some(Platform::Ios));
    assert_eq!(platform("POST", &format!("{app}/assign")), None);
    assert_eq!(platform("POST", "/beta/deviceManagement/deviceHealthScripts"), Some(Platform::Windows));
    assert_eq!(platform("POST", "/beta/deviceManagement/deviceShellScripts"), Some(Platform::MacOs));
    let compliance = "/v1.0/deviceManagement/deviceCompliancePolicies/k/microsoft.graph.macOSCompliancePolicy";
    assert_eq!(platform("PATCH", compliance), Some(Platform::MacOs));
}

#[test]
fn a_put_is_likened_to_a_patch_and_less_sure() {
    let Route::Operation(operation, fit) = catalogue().route("PUT", "/beta/deviceManagement/configurationPolicies/k") else {
        unreachable!()
    };
    assert_eq!((operation.method, operation.sure, fit.sure), (Method::Patch, Sure::Documented, Sure::Inferred));
}

#[test]
fn the_better_known_entry_is_found_for_win32_content() {
    let sure = |kind: &str| match catalogue().route("POST", &format!("/beta/deviceAppManagement/mobileApps/k/{kind}/contentVersions")) {
        Route::Operation(_, fit) => fit.sure,
        other => panic!("{other:?}"),
    };
    assert_eq!(sure("microsoft.graph.win32LobApp"), Sure::Observed);
    assert_eq!(sure("graph.WIN32lobapp"), Sure::Observed);
    assert_eq!(sure("microsoft.graph.iosLobApp"), Sure::Inferred);
}

#[test]
fn a_hole_for_a_name_is_ambiguous_even_with_one_answer() {
    let found = catalogue().route("POST", "/beta/deviceManagement/deviceHealthScripts/{x}");
    let names: Vec<&str> = found.operations().map(|operation| operation.name.as_str()).collect();
    assert_eq!(names, ["enableGlobalScripts", "read"]);
    let found = catalogue().route("PATCH", "/beta/deviceManagement/deviceCateg{x}/k");
    assert!(matches!(&found, Route::Ambiguous(one) if one.len() == 1), "{found:?}");
}

#[test]
fn an_unknown_method_is_ambiguous() {
    for method in ["", "*", "{method}", "\0"] {
        let found = catalogue().route(method, "/beta/deviceManagement/managedDevices/k");
        let methods: Vec<Method> = found.operations().map(|operation| operation.method).collect();
        assert!(matches!(found, Route::Ambiguous(_)), "{method:?}");
        assert_eq!(methods, [Method::Delete, Method::Patch]);
    }
}

#[test]
fn a_path_of_nothing_but_types_or_placeholders_is_answered_soon() {
    for segment in ["microsoft.graph.x", "{x}", "graph.win32LobApp", "(k)"] {
        for root in ["/beta/deviceAppManagement/mobileApps", "/beta", ""] {
            let url = format!("{root}{}", format!("/{segment}").repeat(200));
            let _ = catalogue().route("POST", &url);
            let _ = catalogue().route("", &url);
        }
    }
}

/// One way of writing an address.
#[derive(Debug, Clone)]
struct Manner {
    before: &'static str,
    after: &'static str,
    slashes: usize,
    key: &'static str,
    key_syntax: usize,
    upper: Vec<bool>,
    encoded: Vec<bool>,
}

fn manner() -> impl Strategy<Value = Manner> {
    let before = prop::sample::select(vec![
        "",
        "/",
        "/beta/",
        "v1.0/",
        "https://graph.microsoft.com/v1.0/",
        "HTTPS://Graph.Microsoft.Com/BETA//",
        "https://dod-graph.microsoft.us:443/beta/",
        "https://microsoftgraph.chinacloudapi.cn/v1.0/",
        "graph.microsoft.us/beta/",
        "{base}/beta/",
        "\0/",
    ]);
    let after = prop::sample::select(vec!["", "/", "//", "?$select=id", "?a=/b/wipe", "#part", "/?x", "  "]);
    let key = prop::sample::select(vec![KEY, "1", "a%2Fb", "anna@example.com", "%27x%27", "A_B-1", "naïve"]);
    let flags = || prop::collection::vec(any::<bool>(), 64);
    (before, after, 1..3_usize, key, 0..6_usize, flags(), flags()).prop_map(|(before, after, slashes, key, key_syntax, upper, encoded)| {
        Manner { before, after, slashes, key, key_syntax, upper, encoded }
    })
}

impl Manner {
    fn write(&self, operation: &Operation) -> String {
        let slash = "/".repeat(self.slashes);
        let template = operation.path.replace("{cast}", "microsoft.graph.iosLobApp").replace("/**", "/x/y");
        let mut path = String::new();
        for segment in template.split('/').filter(|segment| !segment.is_empty()) {
            if segment == "{id}" {
                path.push_str(&self.written_key(&slash));
            } else {
                path.push_str(&slash);
                path.push_str(&self.letters(segment));
            }
        }
        format!("{}{}{}", self.before, path.trim_start_matches('/'), self.after)
    }

    fn written_key(&self, slash: &str) -> String {
        let key = self.key;
        match self.key_syntax {
            0 => format!("('{key}')"),
            1 => format!("(id='{key}')"),
            2 => format!("({key})"),
            3 => format!("%28%27{key}%27%29"),
            _ => format!("{slash}{key}"),
        }
    }

    fn letters(&self, segment: &str) -> String {
        let letter = |(at, letter): (usize, char)| {
            let flag = |flags: &[bool]| flags.get(at).copied().unwrap_or(false);
            let letter = if flag(&self.upper) { letter.to_ascii_uppercase() } else { letter };
            if flag(&self.encoded) && at % 7 == 3 { format!("%{:02X}", u32::from(letter)) } else { letter.to_string() }
        };
        segment.chars().enumerate().map(letter).collect()
    }
}

#[test]
fn most_of_what_is_elsewhere_is_plainly_so() {
    for url in [
        "https://graph.microsoft.com/v1.0/users/9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30/sendMail",
        "https://graph.microsoft.com/beta//users/a@b.example/messages?$top=1",
        "https://graph.microsoft.us/v1.0/groups/x/members/$ref",
        "https://graph.microsoft.com/v1.0/servicePrincipals(appId='x')/owners",
    ] {
        assert!(catalogue().is_plainly_elsewhere(url.as_bytes()), "{url}");
    }
    for url in [
        "https://graph.microsoft.com/v1.0/deviceManagement/new",
        "https://graph.microsoft.com/v1.0/users/x/managedDevices/y/wipe",
        "https://graph.microsoft.com/v1.0/users",
        "https://graph.microsoft.com/v1.0/$batch",
        "https://graph.microsoft.com/v1.0/{x}/y",
        "https://graph.microsoft.com/v1.0/myorganization/x",
        "/groups/x",
    ] {
        assert!(!catalogue().is_plainly_elsewhere(url.as_bytes()), "{url}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn the_manner_of_writing_never_changes_the_answer(place in any::<prop::sample::Index>(), manner in manner(), small in any::<bool>()) {
        let operation = place.get(catalogue().operations());
        let method = if small { operation.method.name().to_lowercase() } else { operation.method.name().to_owned() };
        let url = manner.write(operation);
        let found = catalogue().route(&method, &url);
        prop_assert!(same(&found, operation), "{} {:?} is {:?}, not {}", method, url, found, operation.path);
    }

    #[test]
    fn any_text_is_answered(method in ".{0,8}", url in ".{0,120}") {
        let _ = catalogue().route(&method, &url);
    }

    #[test]
    fn text_that_looks_like_an_address_is_answered(
        method in "(POST|PATCH|PUT|DELETE|GET|\\*)",
        parts in prop::collection::vec("(/|//|\\(|\\)|'|\\{|\\}|\\*|%|%2|%2F|%28|\\$|\\?|microsoft\\.graph\\.|graph\\.|deviceManagement|deviceAppManagement|managedDevices|mobileApps|users|me|wipe|assign|beta|v1\\.0|é|\u{0}|x)", 0..24),
    ) {
        let _ = catalogue().route(&method, &parts.concat());
    }

    #[test]
    fn what_is_plainly_elsewhere_is_none_of_intune(
        parts in prop::collection::vec("(/|//|\\(|\\)|'|\\{x\\}|\\*|%|%2F|%28|\\$batch|\\?|microsoft\\.graph\\.|graph\\.|deviceManagement|devicemanagement|roleManagement|directory|managedDevices|mobileApps|users|me|wipe|beta|v1\\.0|myorganization|graph\\.microsoft\\.com|sendMail|\u{0}|x)", 0..9),
        place in any::<prop::sample::Index>(), change in any::<prop::sample::Index>(), small in any::<bool>(),
    ) {
        let path = filled(place.get(catalogue().operations()), if small { "a@b.example" } else { KEY });
        let mut segments: Vec<&str> = path.split('/').collect();
        let at = change.index(segments.len());
        if small && segments.len() > 2 {
            segments[at] = "sendMail";
        }
        for path in [parts.concat(), format!("{}/{}", segments.join("/"), parts.concat())] {
            for host in ["https://graph.microsoft.com/v1.0/", "https://graph.microsoft.us//beta/", "https://graph.microsoft.com/", ""] {
                let url = format!("{host}{path}");
                if catalogue().is_plainly_elsewhere(url.as_bytes()) {
                    for method in ["POST", "PATCH", "PUT", "DELETE", "GET", "BREW", ""] {
                        prop_assert_eq!(catalogue().route(method, &url), Route::NotIntune, "{} {}", method, url);
                    }
                }
            }
        }
    }

    #[test]
    fn a_placeholder_for_a_segment_keeps_the_truth_among_the_answers(place in any::<prop::sample::Index>(), at in 0..9_usize) {
        let operation = place.get(catalogue().operations());
        let path = filled(operation, KEY);
        let mut segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
        if let Some(segment) = segments.get_mut(at).filter(|segment| !segment.starts_with("microsoft.graph.")) {
            *segment = "{x}";
        }
        let found = catalogue().route(operation.method.name(), &format!("https://graph.microsoft.com/beta/{}", segments.join("/")));
        let kept = found == Route::Unresolved || found.operations().any(|one| std::ptr::eq(one, operation));
        prop_assert!(kept, "{:?}: {:?}", segments, found);
    }
}
