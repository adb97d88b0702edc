//! `report.html`: the report that a person reads and puts before others. One file that asks the network for nothing: its
//! content security policy allows the one style sheet and the one script inside it, by their hashes, and nothing else.
//! Without the script everything is there; the script filters, sorts, copies and unfolds.

mod automations;
mod cases;
mod change;
mod controls;
mod credentials;
mod exclusions;
mod findings;
mod foreign;
mod gates;
mod index;
mod marks;
mod matrix;
mod method;
mod overview;
#[cfg(test)]
mod tests;
mod timeline;
mod todo;
mod trend;

use super::{Contents, Error, Format, phrases};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use index::Index;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// The file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Page;

impl Format for Page {
    fn file_name(&self) -> &'static str {
        "report.html"
    }

    fn render(&self, contents: &Contents<'_>) -> Result<Vec<u8>, Error> {
        let index = Index::new(contents);
        let page = page(&index).into_string();
        Ok(if index.large { without_optional_ends(&page) } else { page }.into_bytes())
    }
}

/// Leaves out end tags that HTML lets one leave out: of an item or a cell before the next one and at the end of its list or row, and
/// of a row before the next one. In a large page they are a twentieth of it. Text cannot be mistaken for them, since it is escaped,
/// and style sheet and script have no `</`.
fn without_optional_ends(page: &str) -> String {
    let pairs = [("</li><li", "<li"), ("</li></ul>", "</ul>"), ("</td><td", "<td"), ("</td></tr>", "</tr>"), ("</tr><tr", "<tr")];
    pairs.iter().fold(page.to_owned(), |page, (with, without)| page.replace(with, without))
}

/// A style sheet or script as it stands in the page. A checkout that turned line feeds around must not change its hash.
fn inline(source: &str) -> String {
    source.replace('\r', "")
}

/// What may be loaded or run: the two blocks with these contents, and nothing else.
fn policy(style: &str, script: &str) -> String {
    let hash = |text: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text.as_bytes())));
    format!("default-src 'none'; style-src {}; script-src {}; base-uri 'none'; form-action 'none'", hash(style), hash(script))
}

fn page(index: &Index<'_>) -> Markup {
    let (style, script) = (inline(STYLE), inline(SCRIPT));
    html! {
        (DOCTYPE)
        html lang="en" {
            (head(index, &style, &script))
            body {
                a class="skip" href="#main" { "Skip to the result" }
                (controls::navigation())
                main id="main" tabindex="-1" { (sections(index)) }
                footer { p { "maascan " (env!("CARGO_PKG_VERSION")) " · read-only · " (phrases::time(index.assessment.run.taken_at)) } }
                script { (PreEscaped(script)) }
            }
        }
    }
}

fn head(index: &Index<'_>, style: &str, script: &str) -> Markup {
    let run = &index.assessment.run;
    let tenant = phrases::named(run.tenant_name.as_deref().unwrap_or_default(), run.tenant_id.as_str());
    html! {
        head {
            meta charset="utf-8";
            meta http-equiv="Content-Security-Policy" content=(policy(style, script));
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="referrer" content="no-referrer";
            meta name="color-scheme" content="light dark";
            title { "Multi Admin Approval in " (foreign::plain_name(tenant)) ", " (foreign::day(run.taken_at)) }
            style { (PreEscaped(style)) }
        }
    }
}

fn sections(index: &Index<'_>) -> Markup {
    let items = todo::items(index);
    html! {
        (overview::section(index, &items))
        (matrix::section(index))
        (todo::section(index, &items))
        (controls::controls(index.assessment.findings.len(), index.automations.len()))
        (automations::section(index))
        (exclusions::section(index))
        (gates::section(index))
        (findings::section(index))
        (credentials::section(index))
        (change::section(index))
        (method::coverage(index))
        (method::section(index))
    }
}
