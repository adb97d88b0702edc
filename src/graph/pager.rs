//! Lists, page by page. A list that was cut short says so, and a link that leads elsewhere is not followed.

use super::client::is_list;
use super::{Client, Error, Resource};
use serde_json::Value;
use std::collections::{BTreeSet, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use url::Url;

/// Most pages of one list: above any tenant, and an end to a service that always has another page.
const MOST_PAGES: usize = 200_000;

/// Most pages without a row that are followed one after another. Intune sends some (facts/graph.md section 4); more than
/// this is a service that will not end.
const MOST_EMPTY: usize = 50;

/// Reads a list. Links to the next page are followed as they come, with the headers of the first, and only to the
/// same scheme, host and port.
pub struct Pager {
    client: Client,
    resource: Resource,
    next: Next,
    seen: BTreeSet<String>,
    rows: HashSet<u64>,
    empty: usize,
    cut: Option<String>,
}

enum Next {
    First,
    Body(Value),
    Link(String),
    End,
}

impl Pager {
    pub(super) fn new(client: Client, resource: Resource) -> Self {
        Self { client, resource, next: Next::First, seen: BTreeSet::new(), rows: HashSet::new(), empty: 0, cut: None }
    }

    pub(super) fn resume(client: Client, resource: Resource, first: Value) -> Self {
        let seen = client.url(&resource).map(|url| url.to_string()).into_iter().collect();
        Self { client, resource, next: Next::Body(first), seen, rows: HashSet::new(), empty: 0, cut: None }
    }

    /// The rows of the next page, which may be none, without those that came before; `None` at the end. At the end ask [`Pager::cut`] whether
    /// it was the true one.
    ///
    /// # Errors
    /// Any [`Error`]; [`Error::Failed`] where the next link leads to another host. The pager has then ended.
    pub async fn next(&mut self) -> Result<Option<Vec<Value>>, Error> {
        let mut body = match std::mem::replace(&mut self.next, Next::End) {
            Next::End => return Ok(None),
            Next::Body(body) => body,
            Next::First => {
                let url = self.client.url(&self.resource)?;
                self.seen.insert(url.to_string());
                self.read(&url).await?
            }
            Next::Link(link) => {
                let url = self.checked(&link)?;
                self.read(&url).await?
            }
        };
        let Some(Value::Array(mut rows)) = body.get_mut("value").map(Value::take) else {
            return Err(Error::failed(self.resource.what(), "answer holds no list"));
        };
        self.empty = if rows.is_empty() { self.empty + 1 } else { 0 };
        rows.retain(|row| self.is_new(row));
        self.look_ahead(body.get("@odata.nextLink"));
        Ok(Some(rows))
    }

    /// One page: remembered, or from the wire. What is no list is not remembered.
    async fn read(&self, url: &Url) -> Result<Value, Error> {
        if let Some(body) = self.client.recall(url, &self.resource) {
            return Ok(body);
        }
        let body = self.client.get_url(url, &self.resource).await?;
        if is_list(&body) {
            self.client.keep(url, &self.resource, &body);
        }
        Ok(body)
    }

    /// False for a row that came before, word for word and with an id: a list that changes while it is read gives some twice.
    /// Rows without an id may be alike and still be two. Of two with one id and other words both are given, because which of
    /// them is right is not for this place to say.
    fn is_new(&mut self, row: &Value) -> bool {
        if row.get("id").and_then(Value::as_str).is_none() {
            return true;
        }
        // A hash that is the same in every run; of 100,000 rows two share one by chance once in four billion lists.
        let mut hasher = DefaultHasher::new();
        row.hash(&mut hasher);
        self.rows.insert(hasher.finish())
    }

    /// Why the list ended before its end, if it did: a link that repeats, or is none, or pages without end.
    #[must_use]
    pub fn cut(&self) -> Option<&str> {
        self.cut.as_deref()
    }

    fn look_ahead(&mut self, link: Option<&Value>) {
        match link {
            None | Some(Value::Null) => {}
            Some(Value::String(link)) if self.seen.contains(link) => self.cut = Some("link to the next page repeats".to_owned()),
            Some(Value::String(_)) if self.seen.len() >= MOST_PAGES => self.cut = Some(format!("more than {MOST_PAGES} pages")),
            Some(Value::String(_)) if self.empty > MOST_EMPTY => self.cut = Some(format!("more than {MOST_EMPTY} empty pages in a row")),
            Some(Value::String(link)) => {
                self.seen.insert(link.clone());
                self.next = Next::Link(link.clone());
            }
            Some(_) => self.cut = Some("link to the next page is not text".to_owned()),
        }
    }

    fn checked(&self, link: &str) -> Result<Url, Error> {
        let url = Url::parse(link).map_err(|_| Error::failed(self.resource.what(), "link to the next page is not a URL"))?;
        if self.client.owns(&url) {
            return Ok(url);
        }
        Err(Error::failed(self.resource.what(), "link to the next page leads to another host, not followed"))
    }
}
