//! Cuts a request's address into the segments that the route matcher looks at, without copying any of it: takes off host,
//! version, query and fragment, splits `name(key)`, and tells placeholders from text.

use super::GraphVersion;

/// Most segments that are looked at; the longest template has nine. What lies beyond cannot be matched by any.
const MOST_SEGMENTS: usize = 24;

/// Longest segment that is compared with literals, in bytes after decoding. What is longer is a key.
pub(super) const LONGEST_LITERAL: usize = 120;

/// Hosts of Microsoft Graph in its clouds; a host that ends in one of them after a dot is Graph too.
const HOSTS: [&str; 5] =
    ["graph.microsoft.com", "graph.microsoft.us", "dod-graph.microsoft.us", "microsoftgraph.chinacloudapi.cn", "graph.microsoft.de"];

/// What a segment can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Text between slashes: a name or a key.
    Word,
    /// Text in parentheses after a name: a key, or the parameters of a function.
    Argument,
    /// A word with a placeholder in it: any name, any key.
    Hole,
}

/// One segment, still as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Segment<'u> {
    pub(super) text: &'u str,
    pub(super) kind: Kind,
}

/// A path on Microsoft Graph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address<'u> {
    /// Version, if the address names one.
    pub(super) version: Option<GraphVersion>,
    segments: [Segment<'u>; MOST_SEGMENTS],
    /// Where the path begins: host and version are passed over.
    start: usize,
    end: usize,
}

impl<'u> Address<'u> {
    /// Reads an address. `is_root` says whether a word is the first of some path. None if it is on a host that is not Graph.
    pub(super) fn read(url: &'u str, is_root: impl Fn(&str) -> bool) -> Option<Self> {
        let url = url.trim();
        let path = url.split_at(first(url, |byte| matches!(byte, b'?' | b'#'))).0;
        let (path, absolute) = match strip_scheme(path) {
            Some(rest) => {
                let (host, path) = rest.split_at(first(rest, |byte| byte == b'/'));
                if !is_graph_host(host) && !has_hole(host) {
                    return None;
                }
                (path, true)
            }
            None => (path, false),
        };
        let mut address = Self::split(path);
        address.pass_prefix(absolute, is_root);
        Some(address)
    }

    /// The segments of the path.
    pub(super) fn segments(&self) -> &[Segment<'u>] {
        self.segments.get(self.start..self.end).unwrap_or(&[])
    }

    fn split(path: &'u str) -> Self {
        let mut address = Self { version: None, segments: [Segment { text: "", kind: Kind::Word }; MOST_SEGMENTS], start: 0, end: 0 };
        let mut rest = path;
        while !rest.is_empty() {
            let (segment, after) = rest.split_at(first(rest, |byte| byte == b'/'));
            address.push_segment(segment);
            rest = after.get(1..).unwrap_or_default();
        }
        address
    }

    fn push_segment(&mut self, segment: &'u str) {
        // Of letters, digits and little else, as most are: no placeholder, and nothing in parentheses.
        if segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'$' | b'_' | b'@')) {
            return self.push(segment, Kind::Word);
        }
        let (name, argument) = split_argument(segment);
        let kind = if has_hole(name) { Kind::Hole } else { Kind::Word };
        self.push(name, kind);
        self.push(argument, Kind::Argument);
    }

    fn push(&mut self, text: &'u str, kind: Kind) {
        if let Some(free) = self.segments.get_mut(self.end).filter(|_| !text.is_empty()) {
            *free = Segment { text, kind };
            self.end += 1;
        }
    }

    /// Passes over a host without scheme, a version, the old `myorganization`, and placeholders that stand for any of them.
    fn pass_prefix(&mut self, absolute: bool, is_root: impl Fn(&str) -> bool) {
        let mut host_seen = absolute;
        while let [first, rest @ ..] = self.segments() {
            let version = version_of(first.text);
            let before_path = || {
                let next = rest.iter().find(|segment| segment.kind != Kind::Hole);
                next.is_some_and(|next| version_of(next.text).is_some() || is_root(next.text))
            };
            if version.is_some() {
                self.version = version;
                host_seen = false;
            } else if is_root(first.text) {
                return;
            } else if first.kind == Kind::Word && !host_seen && is_graph_host(first.text) {
                host_seen = true;
            } else if first.text.eq_ignore_ascii_case("myorganization")
                || (self.version.is_none() && (first.kind == Kind::Hole || host_seen) && before_path())
            {
                // After a host, what stands before a known root is a version of the service's own.
            } else {
                return;
            }
            self.start += 1;
        }
    }
}

/// The path of an address, with its query, that begins with `https`, a host of Graph and a version, each as Graph writes it, and
/// then with a word of letters. None if it does not, or if the word is one that is passed over.
pub(super) fn plain_path(url: &[u8]) -> Option<&[u8]> {
    let rest = url.strip_prefix(b"https://")?;
    let rest = HOSTS.iter().find_map(|host| rest.strip_prefix(host.as_bytes())?.strip_prefix(b"/"))?;
    let rest = without_slashes(rest);
    let path = without_slashes(rest.strip_prefix(b"v1.0/").or_else(|| rest.strip_prefix(b"beta/"))?);
    let letters = path.iter().take_while(|byte| byte.is_ascii_alphabetic() || **byte == b'$').count();
    let (word, after) = path.split_at(letters);
    let whole = !word.is_empty() && matches!(after.first(), None | Some(b'/' | b'(' | b'?' | b'#'));
    let passed_over = word.eq_ignore_ascii_case(b"beta") || word.eq_ignore_ascii_case(b"myorganization");
    (whole && !passed_over).then_some(path)
}

fn without_slashes(path: &[u8]) -> &[u8] {
    path.get(path.iter().take_while(|byte| **byte == b'/').count()..).unwrap_or_default()
}

/// A version, also with its dot encoded.
fn version_of(segment: &str) -> Option<GraphVersion> {
    GraphVersion::from_segment(segment).or_else(|| segment.eq_ignore_ascii_case("v1%2E0").then_some(GraphVersion::V1))
}

/// Where the first byte of a kind, which is ASCII, stands in a text; its end if none does.
fn first(text: &str, is: impl Fn(u8) -> bool) -> usize {
    text.bytes().position(is).unwrap_or(text.len())
}

fn strip_scheme(url: &str) -> Option<&str> {
    ["https://", "http://"].iter().find_map(|scheme| {
        let (head, rest) = url.split_at_checked(scheme.len())?;
        head.eq_ignore_ascii_case(scheme).then_some(rest)
    })
}

/// Whether a host, with or without user and port, is Microsoft Graph.
fn is_graph_host(host: &str) -> bool {
    let host = host.rsplit('@').next().unwrap_or(host);
    let host = host.split(':').next().unwrap_or(host);
    HOSTS.iter().any(|graph| {
        let front = host.len().wrapping_sub(graph.len());
        let tail = host.get(front..);
        tail.is_some_and(|tail| tail.eq_ignore_ascii_case(graph)) && (front == 0 || host.as_bytes().get(front - 1) == Some(&b'.'))
    })
}

/// Splits `name(argument)`; the argument is empty where there is none. Parentheses may be percent-encoded; those inside a
/// placeholder do not count.
fn split_argument(segment: &str) -> (&str, &str) {
    let Some((at, length)) = opening(segment) else { return (segment, "") };
    let (name, rest) = segment.split_at(at);
    let argument = rest.get(length..).unwrap_or("");
    let argument = argument.strip_suffix(')').or_else(|| argument.strip_suffix("%29")).unwrap_or(argument);
    (name, argument)
}

/// Where the first parenthesis outside a placeholder opens, and how many bytes it takes.
fn opening(segment: &str) -> Option<(usize, usize)> {
    let bytes = segment.as_bytes();
    let mut depth = 0_usize;
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth = depth.saturating_sub(1),
            b'(' if depth == 0 => return Some((at, 1)),
            b'%' if depth == 0 && bytes.get(at + 1..at + 3) == Some(b"28") => return Some((at, 3)),
            _ => {}
        }
    }
    None
}

/// Whether text has a placeholder: NUL, a pair of braces, or nothing but `*`. A GUID in braces is a key, not a placeholder.
pub(super) fn has_hole(text: &str) -> bool {
    text == "*" || text.contains('\0') || braces(text).is_some()
}

/// Where the first placeholder in braces begins and ends.
fn braces(text: &str) -> Option<(usize, usize)> {
    let open = text.find('{')?;
    let close = open + text.get(open..)?.find('}')?;
    let inside = text.get(open + 1..close)?;
    (!crate::snapshot::is_guid(inside)).then_some((open, close + 1))
}

/// The next placeholder in text: where it begins and ends.
fn next_hole(text: &str) -> Option<(usize, usize)> {
    if text == "*" {
        return Some((0, 1));
    }
    let nul = text.find('\0').map(|at| (at, at + 1));
    match (nul, braces(text)) {
        (Some(nul), Some(braces)) => Some(nul.min(braces)),
        (nul, braces) => nul.or(braces),
    }
}

/// Whether text is one placeholder and nothing else.
pub(super) fn is_whole_hole(text: &str) -> bool {
    next_hole(text) == Some((0, text.len()))
}

/// Whether text with placeholders can be the literal (in lower case): what stands between the placeholders must occur in the
/// literal, in order, and at its ends where no placeholder is.
pub(super) fn can_be(pattern: &str, literal: &[u8]) -> bool {
    let Some((from, to)) = next_hole(pattern) else { return pattern.as_bytes().eq_ignore_ascii_case(literal) };
    let (Some(front), Some(mut rest)) = (pattern.get(..from), pattern.get(to..)) else { return false };
    let Some((head, mut left)) = literal.split_at_checked(front.len()) else { return false };
    if !head.eq_ignore_ascii_case(front.as_bytes()) {
        return false;
    }
    while let Some((from, to)) = next_hole(rest).filter(|_| rest != "*") {
        let (Some(middle), Some(after)) = (rest.get(..from), rest.get(to..)) else { return false };
        let Some(found) = find_ignoring_case(left, middle.as_bytes()) else { return false };
        left = left.get(found + middle.len()..).unwrap_or(&[]);
        rest = after;
    }
    left.len().checked_sub(rest.len()).and_then(|at| left.get(at..)).is_some_and(|end| end.eq_ignore_ascii_case(rest.as_bytes()))
}

fn find_ignoring_case(text: &[u8], part: &[u8]) -> Option<usize> {
    if part.is_empty() {
        return Some(0);
    }
    text.windows(part.len()).position(|window| window.eq_ignore_ascii_case(part))
}

/// Decodes a segment and puts it into lower case. None if it is longer than any literal.
pub(super) fn lower<'b>(text: &str, buffer: &'b mut [u8; LONGEST_LITERAL]) -> Option<&'b [u8]> {
    let mut bytes = text.bytes();
    let mut length = 0;
    while let Some(byte) = bytes.next() {
        let decoded = if byte == b'%' { decode(&mut bytes).unwrap_or(b'%') } else { byte };
        *buffer.get_mut(length)? = decoded.to_ascii_lowercase();
        length += 1;
    }
    buffer.get(..length)
}

/// The byte of the two hexadecimal digits that come next; they are used up only if they are digits.
fn decode(bytes: &mut std::str::Bytes<'_>) -> Option<u8> {
    let mut ahead = bytes.clone();
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let (high, low) = (digit(ahead.next()?)?, digit(ahead.next()?)?);
    *bytes = ahead;
    u8::try_from(high * 16 + low).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> Option<(Option<GraphVersion>, Vec<String>)> {
        let address = Address::read(url, |word| word.eq_ignore_ascii_case("deviceManagement"))?;
        Some((address.version, address.segments().iter().map(|segment| segment.text.to_owned()).collect()))
    }

    fn words(url: &str) -> Vec<String> {
        read(url).unwrap().1
    }

    #[test]
    fn host_version_query_and_fragment_come_off() {
        for (url, version) in [
            ("https://graph.microsoft.com/v1.0/deviceManagement/x?$top=1#f", Some(GraphVersion::V1)),
            ("HTTPS://GRAPH.MICROSOFT.COM:443/Beta//deviceManagement/x/", Some(GraphVersion::Beta)),
            ("https://user@dod-graph.microsoft.us/beta/deviceManagement/x", Some(GraphVersion::Beta)),
            ("https://canary.graph.microsoft.com/testprodbeta/deviceManagement/x", None),
            ("graph.microsoft.us/v1%2e0/deviceManagement/x", Some(GraphVersion::V1)),
            ("/v1.0/myorganization/deviceManagement/x", Some(GraphVersion::V1)),
            (" deviceManagement/x ", None),
            ("{base}/{version}/deviceManagement/x", None),
            ("\0/beta/deviceManagement/x", Some(GraphVersion::Beta)),
            ("https://{host}/beta/deviceManagement/x", Some(GraphVersion::Beta)),
        ] {
            let (found, segments) = read(url).unwrap();
            assert_eq!(found, version, "{url}");
            assert_eq!(segments, ["deviceManagement", "x"], "{url}");
        }
    }

    #[test]
    fn other_hosts_are_not_graph() {
        for url in [
            "https://example.com/v1.0/deviceManagement",
            "https://graph.microsoft.com.example.com/beta/deviceManagement",
            "https://notgraph.microsoft.com/beta/deviceManagement",
            "https://graph.microsoft.com@example.com/beta/deviceManagement",
        ] {
            assert_eq!(read(url), None, "{url}");
        }
    }

    #[test]
    fn keys_in_parentheses_become_segments() {
        assert_eq!(words("/deviceManagement/a('k')/b"), ["deviceManagement", "a", "'k'", "b"]);
        assert_eq!(words("/deviceManagement/a(id='k%2Fl')"), ["deviceManagement", "a", "id='k%2Fl'"]);
        assert_eq!(words("/deviceManagement/a%28k%29/b()"), ["deviceManagement", "a", "k", "b"]);
        assert_eq!(words("/deviceManagement/a({id})"), ["deviceManagement", "a", "{id}"]);
        assert_eq!(words("/deviceManagement/a({id})/{f(x)}"), ["deviceManagement", "a", "{id}", "{f(x)}"]);
    }

    #[test]
    fn placeholders_are_told_from_text() {
        for hole in ["{id}", "\0", "*", "pre{x}", "{x}post", "{}"] {
            assert!(has_hole(hole), "{hole:?}");
        }
        for text in ["id", "}{", "{", "a*", "{9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30}", "%7Bid%7D"] {
            assert!(!has_hole(text), "{text:?}");
        }
        assert!(is_whole_hole("{x}") && !is_whole_hole("{x}y") && !is_whole_hole("x"));
    }

    #[test]
    fn patterns_match_around_their_placeholders() {
        assert!(can_be("{x}", b"anything"));
        assert!(can_be("Device{x}Scripts", b"devicehealthscripts"));
        assert!(can_be("\0config\0s", b"deviceconfigurations"));
        assert!(!can_be("Device{x}Scripts", b"deviceconfigurations"));
        assert!(!can_be("managedDevice{x}s", b"manageddevices".strip_suffix(b"s").unwrap()));
    }

    #[test]
    fn decoding_is_exact_and_bounded() {
        let mut buffer = [0; LONGEST_LITERAL];
        assert_eq!(lower("%24Batch", &mut buffer), Some(b"$batch".as_slice()));
        assert_eq!(lower("100%", &mut buffer), Some(b"100%".as_slice()));
        assert_eq!(lower("%zz%4", &mut buffer), Some(b"%zz%4".as_slice()));
        assert_eq!(lower(&"x".repeat(LONGEST_LITERAL + 1), &mut buffer), None);
    }

    #[test]
    fn a_path_without_end_is_cut() {
        let url = "/x".repeat(1000);
        assert_eq!(words(&url).len(), MOST_SEGMENTS);
    }
}
