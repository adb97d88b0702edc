//! The bytes never decide otherwise than a parser would: what is found with them is what parsing every line finds.

use super::super::Options;
use super::super::seen::Seen;
use super::super::tests::{CATALOGUE, storage};
use super::*;
use crate::snapshot::CallRow;
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use std::sync::Mutex;

/// What is found in a block, by bytes and parser or by parser alone; and how many lines were parsed is not asked.
fn found(block: &[u8], by_bytes: bool) -> Vec<CallRow> {
    let options = Options::at("2027-01-01T00:00:00Z".parse().unwrap());
    let shared = Shared { catalogue: &CATALOGUE, options: &options, seen: Mutex::new(Seen::default()) };
    let mut scanner = Scanner { by_bytes, ..Scanner::new(&shared) };
    scanner.lines(block);
    Tally::together([scanner.tally]).rows
}

const METHODS: [&str; 12] = ["GET", "POST", "PATCH", "PUT", "DELETE", "post", "get", "Patch", "HEAD", "", "POST ", "BREW"];

const URIS: [&str; 24] = [
    "https://graph.microsoft.com/beta/deviceAppManagement/mobileApps/9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30",
    "https://graph.microsoft.com/v1.0//deviceManagement//deviceManagementScripts",
    "https://graph.microsoft.com/v1.0/deviceManagement/managedDevices('x')/wipe?a=\"b\"&c='d'",
    "https://graph.microsoft.com/v1.0/DEVICEMANAGEMENT/managedDevices/x/retire",
    "https://graph.microsoft.com/v1.0/device%4Danagement/managedDevices/x/retire",
    "https://graph.microsoft.com/testprodbeta/deviceManagement/managedDevices/x/retire",
    "https://graph.microsoft.com/v1.0/myorganization/deviceManagement/managedDevices/x/retire",
    "https://graph.microsoft.com/beta/beta/deviceManagement/managedDevices/x/retire",
    "HTTPS://GRAPH.MICROSOFT.COM/V1.0/deviceManagement/managedDevices/x/retire",
    "https://graph.microsoft.us/v1.0/managedDevices/x/retire",
    "https://graph.microsoft.com/v1.0/users/x/managedDevices/y/wipe",
    "https://graph.microsoft.com/v1.0/users/x/sendMail",
    "https://graph.microsoft.com/v1.0/me/managedDevices/y/wipe",
    "https://graph.microsoft.com/v1.0/roleManagement/deviceManagement/roleDefinitions",
    "https://graph.microsoft.com/v1.0/roleManagement/directory/roleDefinitions",
    "https://graph.microsoft.com/v1.0/$batch",
    "https://graph.microsoft.com/v1.0/groups/x/members/$ref",
    "https://graph.microsoft.com/v1.0/groups?$filter=x eq 'deviceManagement/managedDevices'",
    "https://graph.microsoft.com/v1.0/{base}/managedDevices/x/retire",
    "https://graph.microsoft.com/v1.0",
    "https://graph.microsoft.com/v1.0/deviceManagement\\managedDevices",
    "/deviceManagement/managedDevices/x/retire",
    "https://example.com/v1.0/deviceManagement/managedDevices/x/retire",
    "",
];

/// A text as JSON, with some of its characters escaped.
fn quoted(text: &str, escape: u64) -> String {
    let mut out = String::from("\"");
    for (at, letter) in text.chars().enumerate() {
        let turn = escape.rotate_right(u32::try_from(at % 64).unwrap()) & 1 == 1;
        match letter {
            '"' | '\\' => out.extend(['\\', letter]),
            '/' if turn => out.push_str("\\/"),
            _ if turn => out.push_str(&format!("\\u{:04x}", u32::from(letter))),
            _ => out.push(letter),
        }
    }
    out + "\""
}

/// How a record is written.
#[derive(Debug, Clone)]
struct Manner {
    pascal: bool,
    /// Bits by which names, values, spaces and numbers are changed; few of them by default.
    escape_names: u64,
    escape_values: u64,
    spaces: bool,
    order: u64,
    flat: bool,
    extra: Option<u8>,
}

fn write(record: &Map<String, Value>, manner: &Manner, deep: bool) -> String {
    let mut members: Vec<String> = record
        .iter()
        .map(|(name, value)| {
            let name = match name.chars().next() {
                Some(first) if manner.pascal => first.to_ascii_uppercase().to_string() + &name[1..],
                _ => name.clone(),
            };
            let escape = if deep { manner.escape_names } else { 0 };
            let value = match value {
                Value::Object(inner) => write(inner, manner, true),
                Value::String(text) => quoted(text, manner.escape_values),
                other => other.to_string(),
            };
            let gap = if manner.spaces { " " } else { "" };
            format!("{}{gap}:{gap}{value}", quoted(&name, escape))
        })
        .collect();
    members.sort_by_key(|member| super::super::seen::fingerprint((manner.order, member)));
    let junk = [
        "\"x\":\"requestMethod\"",
        "\"requestMethod\":\"GET\"",
        "\"note\":\"\\\"requestMethod\\\":\\\"GET\\\"\"",
        "\"y\":{\"requestMethod\":\"GET\"}",
        "\"RequestUri\":\"https://graph.microsoft.com/v1.0/me\"",
        "\"requestMethod\":null",
        "\"z\":[{\"requestUri\":\"/x\"}]",
    ];
    if let Some(extra) = manner.extra.and_then(|extra| junk.get(usize::from(extra))) {
        let at = usize::try_from(manner.order).unwrap_or(7) % (members.len() + 1);
        members.insert(at, (*extra).to_owned());
    }
    format!("{{{}}}", members.join(if manner.spaces { " , " } else { "," }))
}

fn manner() -> impl Strategy<Value = Manner> {
    let rarely = || prop_oneof![6 => Just(0_u64), 1 => any::<u64>(), 1 => (0_u32..64).prop_map(|bit| 1 << bit)];
    let extra = prop_oneof![3 => Just(None), 2 => (0_u8..7).prop_map(Some)];
    (any::<bool>(), rarely(), rarely(), prop::bool::weighted(0.2), any::<u64>(), any::<bool>(), extra).prop_map(
        |(pascal, escape_names, escape_values, spaces, order, flat, extra)| Manner {
            pascal,
            escape_names,
            escape_values,
            spaces,
            order,
            flat,
            extra,
        },
    )
}

fn line(id: u32, method: &str, uri: &str, status: u16, manner: &Manner) -> String {
    let record: Value = serde_json::from_str(&storage(id, "M", "U", status, "")).unwrap();
    let mut record = record.as_object().unwrap().clone();
    let mut properties = record.remove("properties").unwrap().as_object().unwrap().clone();
    properties.insert("requestMethod".into(), json!(method));
    properties.insert("requestUri".into(), json!(uri));
    if manner.flat {
        record.remove("resultSignature");
        record.extend(properties);
    } else {
        record.insert("properties".into(), Value::Object(properties));
    }
    write(&record, manner, manner.flat)
}

/// Changes some bytes of a text, so that it may be no JSON any more.
fn damage(mut text: Vec<u8>, damage: &[(u16, u8)]) -> Vec<u8> {
    for (at, byte) in damage {
        let length = text.len().max(1);
        if let Some(place) = text.get_mut(usize::from(*at) % length) {
            *place = *byte;
        }
    }
    text
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn bytes_and_parser_find_what_the_parser_finds(
        calls in prop::collection::vec((0_usize..METHODS.len(), 0_usize..URIS.len(), manner()), 1..6)
    ) {
        let lines: Vec<String> = calls.iter().zip(0..).map(|((method, uri, manner), id)| line(id, METHODS[*method], URIS[*uri], 204, manner)).collect();
        let block = lines.join("\r\n") + "\r\n";
        prop_assert_eq!(found(block.as_bytes(), true), found(block.as_bytes(), false), "{}", block);
    }

    #[test]
    fn damaged_lines_never_hide_a_call_that_a_parser_finds(
        method in 0_usize..METHODS.len(), uri in 0_usize..URIS.len(), manner in manner(),
        wounds in prop::collection::vec((any::<u16>(), any::<u8>()), 0..4)
    ) {
        let block = damage(line(1, METHODS[method], URIS[uri], 204, &manner).into_bytes(), &wounds);
        prop_assert_eq!(found(&block, true), found(&block, false), "{}", String::from_utf8_lossy(&block));
    }

    #[test]
    fn nothing_panics(block in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = found(&block, true);
    }
}

#[test]
fn what_the_bytes_decide_is_most_of_it() {
    let options = Options::at("2027-01-01T00:00:00Z".parse().unwrap());
    let shared = Shared { catalogue: &CATALOGUE, options: &options, seen: Mutex::new(Seen::default()) };
    let scanner = Scanner::new(&shared);
    let decides = |method: &str, uri: &str| {
        let line = storage(1, method, uri, 200, "");
        let mark = |name: &str| Named { place: line.find(name).unwrap() + "\"re".len(), times: 1 };
        scanner.decides(line.as_bytes(), mark("\"requestMethod\""), mark("\"requestUri\""))
    };
    assert!(decides("GET", URIS[0]));
    assert!(decides("POST", "https://graph.microsoft.com/v1.0/$batch"));
    assert!(decides("POST", "https://graph.microsoft.com/beta/users/x/sendMail?a=1&b=2"));
    assert!(decides("PATCH", "https://graph.microsoft.us/v1.0/groups/x"));
    assert!(!decides("PATCH", URIS[0]));
    assert!(!decides("POST", "https://graph.microsoft.com/v1.0/me/managedDevices/y/wipe"));
}
