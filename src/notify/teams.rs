//! The message that the Teams trigger of Power Automate takes: attachments, each an adaptive card (Microsoft Teams connector,
//! "When a Teams webhook request is received"). Text stands in text runs, which know no Markdown (adaptive cards, TextRun).

use super::Notice;
use super::inert::inert;
use serde_json::{Value, json};

/// Most bytes of a message. Teams takes about 28 KB, and some of its services count two bytes for every character.
pub(super) const MOST_BYTES: usize = 26_000;

/// Most lines of what is new.
const MOST_LINES: usize = 20;

/// Most characters of one line.
const LONGEST: usize = 400;

pub(super) fn message(notice: &Notice) -> Value {
    let mut lines = notice.items.len().min(MOST_LINES);
    loop {
        let message = envelope(&card(notice, lines));
        if lines == 0 || size(&message) <= MOST_BYTES {
            return message;
        }
        lines -= 1;
    }
}

/// Bytes, in the wider of the two ways to count them.
pub(super) fn size(message: &Value) -> usize {
    let text = message.to_string();
    text.len().max(text.encode_utf16().count() * 2)
}

fn envelope(card: &Value) -> Value {
    json!({
        "type": "message",
        "attachments": [{"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": null, "content": card}],
    })
}

/// Version 1.4: what Teams shows on every platform.
fn card(notice: &Notice, lines: usize) -> Value {
    let mut body = vec![
        block(&notice.title(), json!({"weight": "Bolder", "size": "Medium"})),
        block(&notice.headline, json!({})),
        block(&notice.times(), json!({"isSubtle": true})),
    ];
    body.extend(notice.counted().map(|counted| block(&counted, json!({"weight": "Bolder"}))));
    body.extend(notice.items.iter().take(lines).map(|item| block(&format!("• {}", item.sentence), json!({}))));
    let more = notice.items.len() - lines;
    body.extend((more > 0).then(|| block(&format!("and {more} more"), json!({"weight": "Bolder"}))));
    let rest = [&notice.findings, &notice.not_seen].into_iter().flatten().chain([&notice.hint]);
    body.extend(rest.map(|text| block(text, json!({"isSubtle": true}))));
    json!({
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "msteams": {"width": "Full"},
        "body": body,
    })
}

fn block(text: &str, style: Value) -> Value {
    let mut run = style;
    run["type"] = "TextRun".into();
    run["text"] = inert(text, LONGEST).into();
    json!({"type": "RichTextBlock", "inlines": [run]})
}
