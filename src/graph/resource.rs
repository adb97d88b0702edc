//! What is asked of Microsoft Graph: a version, a path and a query, encoded in one place.

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

/// Something that can be read by GET.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    version: Version,
    path: String,
    query: String,
}

impl Resource {
    /// A resource by its path as the documentation writes it, with a slash in front and without version.
    #[must_use]
    pub fn new(version: Version, path: &'static str) -> Self {
        Self { version, path: path.to_owned(), query: String::new() }
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

    /// Whether members of an enum that came after its sentinel must be asked for, lest they
    /// arrive as `unknownFutureValue` (facts/graph.md section 4).
    pub(super) fn wants_unknown_members(&self) -> bool {
        self.version == Version::Beta && self.path.starts_with("/deviceManagement/")
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
