//! What is asked of Microsoft Graph: a version, a path and a query, encoded in one place.

use serde_json::Value;
use std::fmt::Write;

/// Version of Microsoft Graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// The stable one.
    V1,
    /// The one in which Multi Admin Approval and sign-in activity live.
    Beta,
}

impl Version {
    /// As it stands in a path.
    #[must_use]
    pub fn segment(self) -> &'static str {
        match self {
            Self::V1 => "v1.0",
            Self::Beta => "beta",
        }
    }
}

/// Takes out of one row what may not, or need not, be kept.
pub type Reduction = fn(&mut Value);

/// Something that can be read by GET. Two are equal if they ask the same.
#[derive(Debug, Clone)]
pub struct Resource {
    version: Version,
    path: String,
    query: String,
    counting: bool,
    page_size: Option<u32>,
    keeping: Option<Reduction>,
}

impl PartialEq for Resource {
    fn eq(&self, other: &Self) -> bool {
        self.version == other.version
            && (&self.path, &self.query) == (&other.path, &other.query)
            && (self.counting, self.page_size) == (other.counting, other.page_size)
    }
}

impl Eq for Resource {}

impl Resource {
    /// A resource by its path as the documentation writes it, with a slash in front and without version.
    #[must_use]
    pub fn new(version: Version, path: &'static str) -> Self {
        Self { version, path: path.to_owned(), query: String::new(), counting: false, page_size: None, keeping: None }
    }

    /// Adds one segment to the path. The text may come from the service: nothing in it can leave the segment.
    #[must_use]
    pub fn segment(mut self, segment: &str) -> Self {
        self.path.push('/');
        // A segment of dots alone would be taken for "this folder" or "the folder above", even percent-encoded once.
        let dots = !segment.is_empty() && segment.chars().all(|letter| letter == '.');
        let segment = if dots { segment.replace('.', "%2E") } else { segment.to_owned() };
        encode(&segment, "-_.~", &mut self.path);
        self
    }

    /// Adds a query option. The name is written as it is, the value percent-encoded.
    #[must_use]
    pub fn query(mut self, name: &'static str, value: &str) -> Self {
        self.query.push(if self.query.is_empty() { '?' } else { '&' });
        self.query.push_str(name);
        self.query.push('=');
        encode(value, "-_.~,:()/$*", &mut self.query);
        self
    }

    /// The same without one of its selected members, the first of which is never taken away. None if it does not select it.
    #[must_use]
    pub fn without(&self, member: &str) -> Option<Self> {
        let selected = format!(",{member}");
        let (before, after) = self.query.split_once(&selected)?;
        let ends = after.is_empty() || after.starts_with([',', '&']);
        ends.then(|| Self { query: format!("{before}{after}"), ..self.clone() })
    }

    /// The same without a query option. None if it has none of that name.
    #[must_use]
    pub fn without_option(&self, name: &str) -> Option<Self> {
        let options: Vec<&str> = self.query.trim_start_matches('?').split('&').filter(|option| !option.is_empty()).collect();
        let is_it = |option: &&&str| option.split_once('=').is_some_and(|(there, _)| there == name);
        let kept: Vec<&str> = options.iter().filter(|option| !is_it(option)).copied().collect();
        let query = if kept.is_empty() { String::new() } else { format!("?{}", kept.join("&")) };
        (kept.len() < options.len()).then(|| Self { query, ..self.clone() })
    }

    /// Says what of each row may be kept: `reduce` is applied to each element of `value`, or to the whole body where there is no
    /// such list, as soon as the answer is read. Of a list only the rows, their count and the link to the next page stay.
    ///
    /// Only a resource with this is ever remembered ([`super::Memory`]), and what is remembered is given back as it was
    /// kept. So two resources that ask the same must keep the same, and what `reduce` leaves must hold no secret.
    #[must_use]
    pub fn keeping(mut self, reduce: Reduction) -> Self {
        self.keeping = Some(reduce);
        self
    }

    /// Asks with `ConsistencyLevel: eventual`, which `$count`, `$search` and filters with `ne`, `not` or `endsWith` want
    /// (facts/graph.md section 8).
    #[must_use]
    pub fn counting(mut self) -> Self {
        self.counting = true;
        self
    }

    /// Asks for so many rows a page with `Prefer: odata.maxpagesize`, for Intune, parts of which fail on any `$top`
    /// (facts/graph.md section 8).
    #[must_use]
    pub fn page_size(mut self, rows: u32) -> Self {
        self.page_size = Some(rows);
        self
    }

    pub(super) fn version(&self) -> Version {
        self.version
    }

    /// Path and query without version, as a `$batch` wants it.
    pub(super) fn relative(&self) -> String {
        format!("{}{}", self.path, self.query)
    }

    /// Version, path and query.
    pub(super) fn absolute(&self) -> String {
        format!("/{}{}{}", self.version.segment(), self.path, self.query)
    }

    /// Method and path for messages; the query is left out, because filters name objects of the tenant.
    pub(super) fn what(&self) -> String {
        format!("GET /{}{}", self.version.segment(), self.path)
    }

    /// The path, without version and query.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// The value of a query option as it is sent, percent-encoded.
    pub(super) fn option(&self, name: &str) -> Option<&str> {
        let mut options = self.query.trim_start_matches('?').split('&').filter_map(|option| option.split_once('='));
        options.find(|(option, _)| *option == name).map(|(_, value)| value)
    }

    /// Headers of every request for it: each page, and its part in a `$batch`.
    pub(super) fn headers(&self) -> Vec<(&'static str, String)> {
        let unknown = self.wants_unknown_members().then(|| UNKNOWN_MEMBERS.to_owned());
        // One header with both: of two with the same name a proxy or a batch may keep only one.
        let prefer: Vec<String> = unknown.into_iter().chain(self.page_size.map(|rows| format!("odata.maxpagesize={rows}"))).collect();
        let prefer = (!prefer.is_empty()).then(|| ("Prefer", prefer.join(", ")));
        let consistency = self.counting.then(|| ("ConsistencyLevel", "eventual".to_owned()));
        [LOW_PRIORITY].map(|(name, value)| (name, value.to_owned())).into_iter().chain(prefer).chain(consistency).collect()
    }

    /// Whether answers may be remembered.
    pub(super) fn is_kept(&self) -> bool {
        self.keeping.is_some()
    }

    /// Takes out of an answer what may not be kept.
    pub(super) fn reduce(&self, body: &mut Value) {
        if let Some(reduce) = self.keeping {
            reduce_rows(body, reduce);
        }
    }

    /// Whether members of an enum that came after its sentinel must be asked for, lest they
    /// arrive as `unknownFutureValue` (facts/graph.md section 4).
    fn wants_unknown_members(&self) -> bool {
        self.version == Version::Beta && self.path.starts_with("/deviceManagement/")
    }
}

/// Sent on Intune beta reads, or enum members newer than the sentinel arrive as `unknownFutureValue`.
const UNKNOWN_MEMBERS: &str = "include-unknown-enum-members";

/// Sent on every request: when a tenant comes near a limit, people and their tools go first.
pub(super) const LOW_PRIORITY: (&str, &str) = ("x-ms-throttle-priority", "Low");

/// Members of a list's answer that are not rows and that stay.
const ENVELOPE: [&str; 3] = ["value", "@odata.nextLink", "@odata.count"];

/// Reduces each row of a list, or a single object.
pub(super) fn reduce_rows(body: &mut Value, reduce: Reduction) {
    match body.get_mut("value") {
        Some(Value::Array(rows)) => {
            rows.iter_mut().for_each(reduce);
            if let Some(members) = body.as_object_mut() {
                members.retain(|name, _| ENVELOPE.contains(&name.as_str()));
            }
        }
        _ => reduce(body),
    }
}

fn encode(text: &str, kept: &str, out: &mut String) {
    for byte in text.bytes() {
        let letter = char::from(byte);
        if byte.is_ascii_alphanumeric() || kept.contains(letter) {
            out.push(letter);
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use url::Url;

    #[test]
    fn a_selected_member_can_be_left_out() {
        let resource = Resource::new(Version::V1, "/x").query("$select", "id,isDisabled,isDisabledBy,tags").query("$top", "9");
        assert_eq!(resource.without("isDisabled").unwrap().relative(), "/x?$select=id,isDisabledBy,tags&$top=9");
        assert_eq!(resource.without("tags").unwrap().relative(), "/x?$select=id,isDisabled,isDisabledBy&$top=9");
        assert_eq!(resource.without("id"), None);
        assert_eq!(resource.without("is"), None);
        assert_eq!(resource.without_option("$top").unwrap().relative(), "/x?$select=id,isDisabled,isDisabledBy,tags");
        assert_eq!(resource.without_option("$select").unwrap().without_option("$top").unwrap().relative(), "/x");
        assert_eq!(resource.without_option("$expand"), None);
    }

    #[test]
    fn a_query_is_encoded_once_and_can_be_read() {
        let resource = Resource::new(Version::V1, "/servicePrincipals").query("$filter", "id in ('a','b')").query("$top", "999");
        assert_eq!(resource.absolute(), "/v1.0/servicePrincipals?$filter=id%20in%20(%27a%27,%27b%27)&$top=999");
        let url = Url::parse(&format!("https://h{}", resource.absolute())).unwrap();
        assert_eq!(url.query_pairs().next().unwrap().1, "id in ('a','b')");
    }

    proptest! {
        #[test]
        fn no_segment_leaves_its_place(segment in "\\PC*") {
            let resource = Resource::new(Version::Beta, "/groups").segment(&segment).query("$top", "1");
            let url = Url::parse(&format!("https://h.example{}", resource.absolute())).unwrap();
            prop_assert_eq!(url.host_str(), Some("h.example"));
            prop_assert!(url.path().starts_with("/beta/groups/"));
            prop_assert_eq!(url.path_segments().unwrap().count(), 3);
            prop_assert_eq!(url.query(), Some("$top=1"));
        }

        #[test]
        fn no_value_leaves_its_option(value in any::<String>()) {
            let resource = Resource::new(Version::Beta, "/x").query("$filter", &value);
            let url = Url::parse(&format!("https://h.example{}", resource.absolute())).unwrap();
            prop_assert_eq!(url.query_pairs().map(|(_, text)| text.into_owned()).collect::<Vec<_>>(), vec![value]);
        }
    }

    #[test]
    fn dots_do_not_climb() {
        for dots in [".", "..", "..."] {
            let resource = Resource::new(Version::V1, "/groups").segment(dots).segment("members");
            let url = Url::parse(&format!("https://h{}", resource.absolute())).unwrap();
            assert!(url.path().starts_with("/v1.0/groups/") && url.path().ends_with("/members"), "{url}");
        }
    }
}
