//! As much of OData as Graph offers on the lists that are simulated: `$select`, `$filter`, `$top`, one `$expand`, `$orderby` on
//! audit events, and pages with an opaque `$skiptoken`. What is not offered is refused, as a silent default would hide a reader's mistake.

use super::expand::Expand;
use super::guid::Guid;
use super::reply::Reply;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};
use std::ops::Range;

/// Most values that an `in` may hold.
const MOST_VALUES: usize = 15;
/// Rows of a page of a directory list, unless `$top` says otherwise.
pub(crate) const DIRECTORY_PAGE: usize = 100;
/// Most that `$top` may ask for.
const LARGEST_TOP: usize = 999;

/// The query options of a request.
#[derive(Debug, Clone, Default)]
pub(crate) struct Query {
    /// As it came, decoded, without `$skiptoken`.
    given: Vec<(String, String)>,
    pub(crate) select: Select,
    pub(crate) filter: Option<String>,
    pub(crate) order_by: Option<String>,
    pub(crate) expand: Option<Expand>,
    pub(crate) count: bool,
    /// The request said `ConsistencyLevel: eventual`, without which directory lists leave `$count` out.
    pub(crate) eventual: bool,
    top: Option<usize>,
    skip_token: Option<String>,
}

impl Query {
    /// Reads the part of a URL behind the question mark.
    pub(crate) fn parse(text: &str) -> Result<Self, Reply> {
        let mut query = Self::default();
        for (name, value) in url::form_urlencoded::parse(text.as_bytes()).into_owned() {
            query.take(name, value)?;
        }
        Ok(query)
    }

    fn take(&mut self, name: String, value: String) -> Result<(), Reply> {
        match name.as_str() {
            "$select" => self.select = Select::parse(&value),
            "$filter" => self.filter = Some(value.clone()),
            "$orderby" => self.order_by = Some(value.clone()),
            "$expand" => {
                if self.expand.is_some() {
                    return Err(Expand::one_only());
                }
                self.expand = Some(Expand::parse(&value)?);
            }
            "$count" => self.count = value == "true",
            "$top" => self.top = Some(value.parse().map_err(|_| Reply::bad_request(&format!("Invalid value '{value}' for $top.")))?),
            "$skiptoken" => {
                self.skip_token = Some(value);
                return Ok(());
            }
            other if other.starts_with('$') => return Err(unsupported(&format!("Query option '{other}' is not supported here."))),
            _ => {}
        }
        self.given.push((name, value));
        Ok(())
    }

    /// `$top`, if it was given.
    pub(crate) fn top(&self) -> Option<usize> {
        self.top
    }

    /// The query again, encoded, with the place where the next page begins.
    fn at(&self, skip_token: &str) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(&self.given).append_pair("$skiptoken", skip_token);
        query.finish().replace("%24", "$")
    }
}

/// The refusal of a query that Graph understands and does not serve.
pub(crate) fn unsupported(message: &str) -> Reply {
    Reply::error(400, "Request_UnsupportedQuery", message)
}

/// `$select`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Select(Option<Vec<String>>);

impl Select {
    pub(crate) fn parse(text: &str) -> Self {
        Self(Some(text.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect()))
    }

    /// Refuses names that the type does not have.
    pub(crate) fn check(&self, kind: &str, known: &[&str]) -> Result<(), Reply> {
        match self.0.iter().flatten().find(|name| !known.contains(&name.as_str())) {
            Some(name) => Err(Reply::bad_request(&format!(
                "Parsing OData Select and Expand failed: Could not find a property named '{name}' on type 'microsoft.graph.{kind}'."
            ))),
            None => Ok(()),
        }
    }

    /// Names that were asked for, if any were.
    pub(crate) fn named(&self) -> Option<&[String]> {
        self.0.as_deref()
    }

    fn wants(&self, name: &str) -> bool {
        self.0.as_ref().is_none_or(|names| name.starts_with('@') || names.iter().any(|wanted| wanted == name))
    }

    /// As `@odata.context` repeats it: `(id,appId)`.
    pub(crate) fn context(&self) -> String {
        self.0.as_ref().map(|names| format!("({})", names.join(","))).unwrap_or_default()
    }
}

/// An object under construction, of which only what `$select` wants is made.
pub(crate) struct Row<'a> {
    select: &'a Select,
    members: Map<String, Value>,
}

impl<'a> Row<'a> {
    pub(crate) fn new(select: &'a Select) -> Self {
        Self { select, members: Map::new() }
    }

    pub(crate) fn put(mut self, name: &str, value: impl Into<Value>) -> Self {
        if self.select.wants(name) {
            self.members.insert(name.to_owned(), value.into());
        }
        self
    }

    /// As [`Self::put`], for a value that is costly to make.
    pub(crate) fn put_with(mut self, name: &str, value: impl FnOnce() -> Value) -> Self {
        if self.select.wants(name) {
            self.members.insert(name.to_owned(), value());
        }
        self
    }

    /// As [`Self::put`], for what comes only if `$select` names it.
    pub(crate) fn put_extra(self, name: &str, value: impl Into<Value>) -> Self {
        if self.select.0.is_none() { self } else { self.put(name, value) }
    }

    pub(crate) fn done(self) -> Value {
        Value::Object(self.members)
    }
}

/// A filter on the id or app id of directory objects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IdFilter {
    pub(crate) property: IdProperty,
    /// In the order given. What is no GUID matches nothing.
    pub(crate) values: Vec<Guid>,
}

/// Which id an [`IdFilter`] is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IdProperty {
    Id,
    AppId,
}

impl IdFilter {
    /// Reads `id eq '…'`, `appId eq '…'`, `id in ('…', '…')` and `appId in (…)`.
    pub(crate) fn parse(text: &str) -> Result<Self, Reply> {
        let refuse = || unsupported(&format!("Unsupported or invalid query filter clause specified: {text}"));
        let (property, rest) = text.trim().split_once([' ', '(']).ok_or_else(refuse)?;
        let property = match property {
            "id" => IdProperty::Id,
            "appId" => IdProperty::AppId,
            _ => return Err(refuse()),
        };
        let rest = rest.trim_start();
        let values = if let Some(value) = rest.strip_prefix("eq ") {
            vec![quoted(value).ok_or_else(refuse)?]
        } else {
            let list = rest.strip_prefix("in").map(str::trim).and_then(|list| list.strip_prefix('(')?.strip_suffix(')'));
            list.ok_or_else(refuse)?.split(',').map(quoted).collect::<Option<Vec<_>>>().ok_or_else(refuse)?
        };
        if values.len() > MOST_VALUES {
            return Err(too_many_values(values.len()));
        }
        Ok(Self { property, values: values.into_iter().filter_map(Guid::parse).collect() })
    }
}

fn too_many_values(count: usize) -> Reply {
    unsupported(&format!(
        "Too many child clauses specified in search filter expression containing 'OR' operators: {count}. Max allowed: {MOST_VALUES}."
    ))
}

/// The text between single quotes. A quote inside is refused: no id holds one.
pub(crate) fn quoted(text: &str) -> Option<&str> {
    text.trim().strip_prefix('\'')?.strip_suffix('\'').filter(|inner| !inner.contains('\''))
}

/// A filter on the time of audit events.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct TimeFilter(Vec<(Comparison, DateTime<Utc>)>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    From,
    After,
    Until,
    Before,
}

impl TimeFilter {
    /// Reads `activityDateTime ge 2026-01-01T00:00:00Z and activityDateTime lt …`.
    pub(crate) fn parse(text: &str) -> Result<Self, Reply> {
        text.split(" and ")
            .map(Self::clause)
            .collect::<Option<_>>()
            .map(Self)
            .ok_or_else(|| Reply::intune_error(400, "BadRequest", &format!("Unsupported filter expression: {text}")))
    }

    fn clause(text: &str) -> Option<(Comparison, DateTime<Utc>)> {
        let mut words = text.split_whitespace();
        let property = words.next()?;
        let comparison = match words.next()? {
            "ge" => Comparison::From,
            "gt" => Comparison::After,
            "le" => Comparison::Until,
            "lt" => Comparison::Before,
            _ => return None,
        };
        let time = DateTime::parse_from_rfc3339(words.next()?).ok()?.to_utc();
        (property == "activityDateTime" && words.next().is_none()).then_some((comparison, time))
    }

    pub(crate) fn holds(&self, time: DateTime<Utc>) -> bool {
        self.0.iter().all(|&(comparison, bound)| match comparison {
            Comparison::From => time >= bound,
            Comparison::After => time > bound,
            Comparison::Until => time <= bound,
            Comparison::Before => time < bound,
        })
    }
}

/// Links that belong to a page of a list.
#[derive(Debug, Clone)]
pub(crate) struct Links {
    /// To this very page.
    pub(crate) here: String,
}

/// A list that is asked for: where, how, and in what pages.
pub(crate) struct Listing<'a> {
    /// Origin, version and path, without a query.
    pub(crate) url: &'a str,
    /// What stands behind `$metadata#` in `@odata.context`.
    pub(crate) context: &'a str,
    pub(crate) origin_and_version: &'a str,
    pub(crate) query: &'a Query,
}

/// How large the pages of a list are.
#[derive(Debug, Clone, Copy)]
pub(crate) enum PageSize {
    /// As `$top` says, up to 999, or 100.
    Directory,
    /// Fixed; `$top` is ignored.
    Fixed(usize),
    /// This many, which is also the most that `$top` may ask for.
    UpTo(usize),
}

impl Listing<'_> {
    /// The page of `rows` that the query asks for.
    pub(crate) fn page<T>(&self, rows: &[T], size: PageSize, render: impl Fn(&T) -> Value) -> Result<Reply, Reply> {
        let (range, next) = self.range(rows.len(), size)?;
        let here = self.link(range.start);
        let page: Vec<Value> = rows.get(range).unwrap_or_default().iter().map(render).collect();
        let mut body = json!({
            "@odata.context": format!("{}/$metadata#{}{}", self.origin_and_version, self.context, self.query.select.context()),
            "value": page,
        });
        if let Some(members) = body.as_object_mut() {
            members.extend(next.map(|at| ("@odata.nextLink".to_owned(), Value::from(self.link(at)))));
            members.extend(self.counts(size).then(|| ("@odata.count".to_owned(), Value::from(rows.len()))));
        }
        Ok(Reply { links: Some(Links { here }), ..Reply::ok(body) })
    }

    /// Directory lists count in advanced queries only and leave the option aside otherwise (facts/graph.md section 8:
    /// unsupported parameters can fail silently); Intune counts without.
    fn counts(&self, size: PageSize) -> bool {
        self.query.count && (self.query.eventual || matches!(size, PageSize::Fixed(_)))
    }

    fn range(&self, rows: usize, page_size: PageSize) -> Result<(Range<usize>, Option<usize>), Reply> {
        let size = match page_size {
            PageSize::Fixed(size) => size,
            PageSize::Directory => self.query.top.unwrap_or(DIRECTORY_PAGE),
            PageSize::UpTo(most) => self.query.top.unwrap_or(most),
        };
        let most = if let PageSize::UpTo(most) = page_size { most } else { LARGEST_TOP };
        if size == 0 || (size > most && self.query.top == Some(size)) {
            let message = format!("Invalid page size specified: '{size}'. Must be between 1 and {most} inclusive.");
            return Err(unsupported(&message));
        }
        let start = match &self.query.skip_token {
            Some(token) => self.position(token).ok_or_else(|| unsupported("The provided $skiptoken is not valid for this request."))?,
            None => 0,
        };
        let end = start.saturating_add(size).min(rows);
        Ok((start.min(end)..end, (end < rows).then_some(end)))
    }

    fn link(&self, position: usize) -> String {
        format!("{}?{}", self.url, self.query.at(&self.token(position)))
    }

    /// Opaque to whoever reads it, and good for the list and the query that it was made for only. The port is left out, so
    /// that it is the same from run to run.
    fn token(&self, position: usize) -> String {
        let path = self.url.splitn(4, '/').last().unwrap_or_default();
        let list = Guid::of(u64::try_from(position).unwrap_or_default(), path, &format!("{:?}", self.query.given));
        URL_SAFE_NO_PAD.encode([&list.bytes()[..], position.to_string().as_bytes()].concat())
    }

    fn position(&self, token: &str) -> Option<usize> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let position = std::str::from_utf8(bytes.get(16..)?).ok()?.parse().ok()?;
        (self.token(position) == token).then_some(position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ONE: &str = "11111111-aaaa-4bbb-8ccc-111111111111";

    #[test]
    fn filters_on_ids_are_read_and_others_refused() {
        for text in [format!("appId eq '{ONE}'"), format!("appId in ('{ONE}')"), format!(" appId in( '{ONE}' ) ")] {
            let filter = IdFilter::parse(&text).unwrap();
            assert_eq!((filter.property, filter.values.len()), (IdProperty::AppId, 1), "{text}");
        }
        assert_eq!(IdFilter::parse("id in ('no', 'guid')").unwrap().values, []);
        for wrong in ["", "id", "id eq", "id eq x", "displayName eq 'x'", "id in ()", "id in ('a'", "id ne 'a'", "id eq 'a' or id eq 'b'"] {
            assert_eq!(IdFilter::parse(wrong).unwrap_err().status, 400, "{wrong}");
        }
    }

    #[test]
    fn an_in_holds_fifteen_values() {
        let list = |count: usize| format!("id in ({})", vec![format!("'{ONE}'"); count].join(","));
        assert_eq!(IdFilter::parse(&list(15)).unwrap().values.len(), 15);
        assert!(IdFilter::parse(&list(16)).unwrap_err().body.to_string().contains("Max allowed: 15"));
    }

    #[test]
    fn filters_on_time_are_read_and_others_refused() {
        let filter = TimeFilter::parse("activityDateTime ge 2026-01-01T00:00:00Z and activityDateTime lt 2026-01-02T00:00:00Z").unwrap();
        let at = |text: &str| DateTime::parse_from_rfc3339(text).unwrap().to_utc();
        assert!(filter.holds(at("2026-01-01T00:00:00Z")) && filter.holds(at("2026-01-01T23:59:59Z")));
        assert!(!filter.holds(at("2026-01-02T00:00:00Z")) && !filter.holds(at("2025-12-31T23:59:59Z")));
        for wrong in ["", "activityDateTime eq 2026-01-01T00:00:00Z", "activityDateTime ge 2026", "category eq 'x'", "activityDateTime ge"]
        {
            assert_eq!(TimeFilter::parse(wrong).unwrap_err().status, 400, "{wrong}");
        }
    }

    #[test]
    fn unknown_query_options_are_refused() {
        for wrong in ["$expand=owners,manager", "$expand=owners&$expand=owners", "$search=x", "$skip=3", "$top=many"] {
            assert_eq!(Query::parse(wrong).unwrap_err().status, 400, "{wrong}");
        }
    }

    fn read_all(rows: usize, top: usize) -> Vec<usize> {
        let rows: Vec<usize> = (0..rows).collect();
        let (mut seen, mut query) = (Vec::new(), format!("$top={top}&$select=id,appId"));
        loop {
            let parsed = Query::parse(&query).unwrap();
            let listing = Listing { url: "http://h/v1.0/things", context: "things", origin_and_version: "http://h/v1.0", query: &parsed };
            let body = listing.page(&rows, PageSize::Directory, |row| Value::from(*row)).unwrap().body;
            seen.extend(body["value"].as_array().unwrap().iter().map(|row| usize::try_from(row.as_u64().unwrap()).unwrap()));
            match body["@odata.nextLink"].as_str() {
                Some(next) => query = next.split_once('?').unwrap().1.to_owned(),
                None => return seen,
            }
        }
    }

    proptest! {
        #[test]
        fn pages_hold_each_row_once(rows in 0usize..300, top in 1usize..120) {
            prop_assert_eq!(read_all(rows, top), (0..rows).collect::<Vec<_>>());
        }

        #[test]
        fn no_filter_or_query_makes_it_panic(text in ".{0,60}") {
            let _ = IdFilter::parse(&text);
            let _ = TimeFilter::parse(&text);
            let _ = Query::parse(&text);
        }
    }

    #[test]
    fn a_skip_token_is_good_for_its_own_list_only() {
        let query = Query::parse("").unwrap();
        let listing = |url| Listing { url, context: "x", origin_and_version: "", query: &query };
        let token = listing("a").token(100);
        assert_eq!(listing("a").position(&token), Some(100));
        assert_eq!(listing("b").position(&token), None);
        assert_eq!(listing("a").position("x"), None);
    }
}
