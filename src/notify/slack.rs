//! The message that an incoming webhook of Slack takes: blocks, and a text for where blocks are not shown. All of it is plain
//! text, in which Slack looks for no links, mentions or formatting (Block Kit, text object).

use super::Notice;
use super::inert::slack;
use crate::report::harmless_line;
use serde_json::{Value, json};

/// Most characters of a section, as documented.
pub(super) const MOST_IN_SECTION: usize = 3_000;

/// Most characters of a header, as documented.
pub(super) const MOST_IN_HEADER: usize = 150;

/// Most blocks of a message, as documented.
pub(super) const MOST_BLOCKS: usize = 50;

/// Most lines of what is new.
const MOST_LINES: usize = 20;

/// Most characters of one line, before its escapes.
const LONGEST: usize = 400;

pub(super) fn message(notice: &Notice) -> Value {
    let mut lines: Vec<String> = vec![slack(&notice.headline, LONGEST), slack(&notice.times(), LONGEST)];
    lines.extend(notice.counted().map(|counted| slack(&counted, LONGEST)));
    lines.extend(notice.items.iter().take(MOST_LINES).map(|item| slack(&format!("• {}", item.sentence), LONGEST)));
    let more = notice.items.len().saturating_sub(MOST_LINES);
    lines.extend((more > 0).then(|| format!("and {more} more")));
    let rest = [&notice.findings, &notice.not_seen].into_iter().flatten().chain([&notice.hint]);
    lines.extend(rest.map(|text| slack(text, LONGEST)));

    let title = notice.title();
    let mut blocks = vec![json!({"type": "header", "text": plain(&fitting(&title, MOST_IN_HEADER))})];
    blocks.extend(sections(&lines).iter().take(MOST_BLOCKS - 1).map(|text| json!({"type": "section", "text": plain(text)})));
    json!({
        "text": format!("{}: {}", fitting(&title, MOST_IN_HEADER), slack(&notice.headline, LONGEST)),
        "mrkdwn": false,
        "unfurl_links": false,
        "unfurl_media": false,
        "blocks": blocks,
    })
}

fn plain(text: &str) -> Value {
    json!({"type": "plain_text", "text": text, "emoji": false})
}

/// Characters as the strictest count has them.
pub(super) fn length(text: &str) -> usize {
    text.encode_utf16().count()
}

/// As much of a text as fits once it is written as Slack asks for.
fn fitting(text: &str, most: usize) -> String {
    let line = harmless_line(text, most);
    let mut shorter = (1..=most).rev().map(|longest| slack(&line, longest));
    shorter.find(|text| length(text) <= most).unwrap_or_default()
}

/// Lines, as many in each section as it takes.
fn sections(lines: &[String]) -> Vec<String> {
    let mut sections: Vec<String> = Vec::new();
    for line in lines {
        match sections.last_mut() {
            Some(last) if length(last) + 1 + length(line) <= MOST_IN_SECTION => {
                last.push('\n');
                last.push_str(line);
            }
            _ => sections.push(line.clone()),
        }
    }
    sections
}
