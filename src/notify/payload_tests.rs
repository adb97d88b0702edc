//! What is posted, for each service: its shape, its limits, and that names do nothing in it.

use super::notice::{Item, Notice};
use super::{Format, generic, slack, teams};
use chrono::{DateTime, TimeDelta};
use proptest::prelude::*;
use serde_json::Value;

fn item(name: &str) -> Item {
    Item {
        kind: "new-exclusion",
        sentence: format!("new exclusion: {name} is excluded by Policy"),
        topic: "exclusion",
        what: "new",
        name: name.to_owned(),
        id: "p1".to_owned(),
        object: Some(name.to_owned()),
        key: "a1".to_owned(),
        severity: None,
        by: Some(name.to_owned()),
        at: Some(DateTime::UNIX_EPOCH),
        stands_for: 1,
    }
}

fn notice(name: &str, items: usize) -> Notice {
    Notice {
        tenant_id: "t1".to_owned(),
        tenant_name: Some(name.to_owned()),
        taken_at: DateTime::UNIX_EPOCH + TimeDelta::days(7),
        earlier: Some(DateTime::UNIX_EPOCH),
        headline: "3 automations write to Intune; 1 breaks, 1 is excluded, 0 unknown".to_owned(),
        findings: Some("findings: 1 critical".to_owned()),
        not_seen: Some(format!("could not see: {name}")),
        // More than any format has room for; the others only count.
        items: (0..items).map(|at| item(if at < 25 { name } else { "x" })).collect(),
        changes: items + 3,
        hint: "for all of it, run with --out".to_owned(),
    }
}

/// Names that cost the most room, or would do the most.
fn hostile() -> Vec<String> {
    let parts = ["\"", "\\", "<", "&", "@", "😀", "\u{200b}", "x", "<!channel> ", "[a](https://e.example) ", "<at>All</at> ", "\u{202e}\n"];
    parts.map(|part| part.chars().cycle().take(10_000).collect()).to_vec()
}

/// Every text that a person reads.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(values) => values.iter().flat_map(texts).collect(),
        Value::Object(members) => members.iter().filter(|(name, _)| *name != "$schema").flat_map(|(_, value)| texts(value)).collect(),
        _ => Vec::new(),
    }
}

fn is_card(message: &Value) {
    assert_eq!(message["type"], "message");
    let attachments = message["attachments"].as_array().unwrap();
    assert_eq!(attachments.len(), 1);
    assert_eq!(attachments[0]["contentType"], "application/vnd.microsoft.card.adaptive");
    let card = &attachments[0]["content"];
    assert_eq!((&card["type"], &card["version"]), (&Value::from("AdaptiveCard"), &Value::from("1.4")));
    for block in card["body"].as_array().unwrap() {
        assert_eq!(block["type"], "RichTextBlock");
        for run in block["inlines"].as_array().unwrap() {
            assert_eq!(run["type"], "TextRun");
            assert!(!run["text"].as_str().unwrap().is_empty());
            assert!(run.get("selectAction").is_none());
        }
    }
    assert!(card.get("actions").is_none());
    assert!(teams::size(message) <= teams::MOST_BYTES, "{}", teams::size(message));
}

fn is_blocks(message: &Value) {
    let text = message["text"].as_str().unwrap();
    assert!(!text.is_empty() && slack::length(text) <= slack::MOST_IN_SECTION);
    let blocks = message["blocks"].as_array().unwrap();
    assert!(blocks.len() <= slack::MOST_BLOCKS);
    for block in blocks {
        let most = match block["type"].as_str().unwrap() {
            "header" => slack::MOST_IN_HEADER,
            "section" => slack::MOST_IN_SECTION,
            other => panic!("{other}"),
        };
        assert_eq!(block["text"]["type"], "plain_text");
        let length = slack::length(block["text"]["text"].as_str().unwrap());
        assert!((1..=most).contains(&length), "{length}");
    }
}

fn is_generic(message: &Value) {
    assert_eq!((&message["format"], &message["version"]), (&Value::from("maascan.notice"), &Value::from(1)));
    let members: Vec<&str> = message.as_object().unwrap().keys().map(String::as_str).collect();
    let expected = [
        "changes",
        "compared_with",
        "counts",
        "entries",
        "findings",
        "format",
        "headline",
        "more_entries",
        "not_seen",
        "report",
        "taken_at",
        "tenant",
        "title",
        "version",
    ];
    assert_eq!(members, expected);
    let entries = message["entries"].as_array().unwrap();
    assert!(entries.len() <= generic::MOST_ENTRIES);
    let counted: u64 = message["counts"].as_array().unwrap().iter().map(|count| count["count"].as_u64().unwrap()).sum();
    assert_eq!(counted, entries.len() as u64 + message["more_entries"].as_u64().unwrap());
}

fn read(format: Format, notice: &Notice) -> Value {
    serde_json::from_slice(&format.body(notice)).unwrap()
}

#[test]
fn each_service_gets_its_shape_and_never_more_than_it_takes() {
    for name in hostile().iter().map(String::as_str).chain(["Contoso", ""]) {
        for items in [0, 1, 21, 10_000] {
            let notice = notice(name, items);
            is_card(&read(Format::Teams, &notice));
            is_blocks(&read(Format::Slack, &notice));
            is_generic(&read(Format::Json, &notice));
        }
    }
}

#[test]
fn it_says_how_many_more_there_are() {
    let notice = notice("Contoso", 10_000);
    for (format, more) in [(Format::Teams, "and 9980 more"), (Format::Slack, "and 9980 more")] {
        let told = texts(&read(format, &notice)).join("\n");
        assert!(told.contains(more) && told.contains("new exclusion: 10000") && told.contains("10000 things are new in Contoso"), "{told}");
    }
    assert_eq!(read(Format::Json, &notice)["more_entries"], 9_900);
    // Where fewer lines fit, more are left off, and that is what it says.
    let long = Notice { items: vec![item(&"😀\"".repeat(5_000)); 40], ..notice };
    let message = read(Format::Teams, &long);
    let told = texts(&message).join("\n");
    let lines = told.lines().filter(|line| line.starts_with('•')).count();
    assert!(lines >= 5 && told.contains(&format!("and {} more", 40 - lines)), "{lines}: {told}");
}

#[test]
fn it_says_what_it_was_compared_with() {
    let told = |notice: &Notice| texts(&read(Format::Slack, notice)).join("\n");
    let nothing = notice("Contoso", 0);
    assert!(told(&nothing).contains("nothing new that matters in Contoso"), "{}", told(&nothing));
    assert!(told(&nothing).contains("compared with 1970-01-01 00:00 UTC"), "{}", told(&nothing));
    let first = Notice { earlier: None, ..nothing };
    assert!(told(&first).contains("there was no earlier run to compare with") && !told(&first).contains("nothing new"), "{}", told(&first));
    assert_eq!(read(Format::Json, &first)["compared_with"], Value::Null);
}

#[test]
fn this_is_what_a_generic_service_gets() {
    let message = read(Format::Json, &notice("Contoso", 1));
    let expected = serde_json::json!({
        "format": "maascan.notice",
        "version": 1,
        "tenant": {"id": "t1", "name": "Contoso"},
        "taken_at": "1970-01-08T00:00:00Z",
        "compared_with": "1970-01-01T00:00:00Z",
        "title": "maascan: 1 thing is new in Contoso",
        "headline": "3 automations write to Intune; 1 breaks, 1 is excluded, 0 unknown",
        "findings": "findings: 1 critical",
        "not_seen": "could not see: Contoso",
        "counts": [{"kind": "new-exclusion", "count": 1}],
        "entries": [{
            "kind": "new-exclusion",
            "sentence": "new exclusion: Contoso is excluded by Policy",
            "topic": "exclusion",
            "what": "new",
            "name": "Contoso",
            "id": "p1",
            "object": "Contoso",
            "key": "a1",
            "severity": null,
            "by": "Contoso",
            "at": "1970-01-01T00:00:00Z",
            "stands_for": 1,
        }],
        "more_entries": 0,
        "changes": 4,
        "report": "for all of it, run with --out",
    });
    assert_eq!(message, expected);
}

proptest! {
    #[test]
    fn no_name_does_anything_anywhere(name in "(<!channel>|<@U1>|<at>|\\]\\(|https://|www\\.|@here|\\{\\{|[a-z<>&\\[\\]*_`\u{1b}\u{202e}]){0,30}", any in any::<String>()) {
        for name in [name, any] {
            let notice = notice(&name, 3);
            for format in [Format::Teams, Format::Slack, Format::Json] {
                for text in texts(&read(format, &notice)) {
                    let steers = |letter: char| (letter.is_control() && letter != '\n') || ('\u{202a}'..='\u{202e}').contains(&letter);
                    prop_assert!(!text.chars().any(steers), "{:?}", text);
                    let live = ["<!", "<@", "<at", "](", "://", "www.", "@here", "{{"].iter().find(|live| text.contains(*live));
                    prop_assert!(format == Format::Json || live.is_none(), "{:?}: {}", live, text);
                    prop_assert!(format != Format::Slack || !text.contains(['<', '>']), "{}", text);
                }
            }
        }
    }
}
