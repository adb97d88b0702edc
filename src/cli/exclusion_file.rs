//! `--exclusions FILE`: exclusions as copied from the portal, as CSV. Which columns there are and how they are called is up
//! to whoever copied them, so columns are told by their names loosely and ids by their form.

use super::exit::{Failure, usage_error};
use super::output;
use crate::assess::ListedExclusion;
use crate::rules::{LoadError, LoadErrors};
use crate::snapshot::is_guid;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

/// Most bytes of a list. Fifty applications a policy is what the portal allows.
const LARGEST: u64 = 16 << 20;

/// What the first line has to look like, for hints.
const HEADER: &str = "begin the file with a line of column names, such as: policy,app_id";

/// Reads a list of exclusions.
///
/// # Errors
/// A usage error with every problem of the file, its line, and what to write instead.
pub(super) fn load(path: &Path) -> Result<Vec<ListedExclusion>, Failure> {
    let bytes = read(path, LARGEST)?;
    let listed = parse(path, &bytes).map_err(usage_error)?;
    if listed.is_empty() {
        output::note(&format!("warning: no line below the names of the columns: {} lists no exclusion", path.display()));
    }
    Ok(listed)
}

/// The bytes of a file that the user named, if it is not larger than a file of its kind can be.
pub(super) fn read(path: &Path, largest: u64) -> Result<Vec<u8>, Failure> {
    let failed =
        |error: std::io::Error| Failure::usage(format!("cannot read {}: {error}", path.display()), "name a file that is yours to read");
    let mut bytes = Vec::new();
    File::open(path).map_err(failed)?.take(largest + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > largest {
        return Err(Failure::usage(format!("larger than {largest} bytes: {}", path.display()), "name the file that was meant"));
    }
    Ok(bytes)
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    PolicyId,
    PolicyName,
    AppId,
    ObjectId,
    Other,
}

/// What a line of the file is wrong about, and what to write instead.
type Wrong = (u64, String, &'static str);

fn parse(path: &Path, bytes: &[u8]) -> Result<Vec<ListedExclusion>, LoadErrors> {
    rows(bytes).map_err(|wrong| {
        let problem = |(line, message, hint): Wrong| {
            let line = usize::try_from(line).ok();
            LoadError { path: path.to_owned(), line, message, hint: Some(hint.to_owned()) }
        };
        LoadErrors::new(wrong.into_iter().map(problem).collect())
    })
}

fn rows(bytes: &[u8]) -> Result<Vec<ListedExclusion>, Vec<Wrong>> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if std::str::from_utf8(bytes).is_err() {
        return Err(vec![(1, "not UTF-8".to_owned(), "save the file as CSV UTF-8")]);
    }
    let mut reader =
        csv::ReaderBuilder::new().delimiter(delimiter(bytes)).flexible(true).has_headers(false).trim(csv::Trim::All).from_reader(bytes);
    let mut wrong = Vec::new();
    let mut listed = Vec::new();
    let mut names: Option<Vec<Column>> = None;
    let mut lines = Lines { bytes, at: 0, line: 1 };
    // The text is UTF-8 and lines may be of any length, so there is nothing that a record could fail for.
    for record in reader.records().filter_map(Result::ok).filter(|record| !record.iter().all(str::is_empty)) {
        let line = lines.of(record.position().map_or(0, csv::Position::byte));
        match &names {
            None => names = Some(columns(line, &record)?),
            Some(columns) => match row(line, columns, &record) {
                Ok(row) => listed.push(row),
                Err((message, hint)) => wrong.push((line, message, hint)),
            },
        }
    }
    if names.is_none() {
        wrong.push((1, "the file is empty".to_owned(), HEADER));
    }
    if wrong.is_empty() { Ok(listed) } else { Err(wrong) }
}

/// Counts lines of a text from its beginning on, each byte once. The CSV reader's own count stands still at a carriage return
/// and at an empty line.
struct Lines<'b> {
    bytes: &'b [u8],
    at: usize,
    line: u64,
}

impl Lines<'_> {
    /// The line, from 1, of a record that begins at or, after line ends, behind this place. Places must not go back.
    fn of(&mut self, place: u64) -> u64 {
        let place = usize::try_from(place).unwrap_or(usize::MAX);
        while let Some(byte) = self.bytes.get(self.at).filter(|byte| self.at < place || matches!(byte, b'\r' | b'\n')) {
            self.at += 1;
            let ends = *byte == b'\n' || (*byte == b'\r' && self.bytes.get(self.at) != Some(&b'\n'));
            self.line += u64::from(ends);
        }
        self.line
    }
}

/// The columns that the first line names.
fn columns(line: u64, record: &csv::StringRecord) -> Result<Vec<Column>, Vec<Wrong>> {
    let found: Vec<Column> = record.iter().map(column).collect();
    let lacks = |wanted: [Column; 2]| !found.iter().any(|column| wanted.contains(column));
    let policy = lacks([Column::PolicyId, Column::PolicyName]).then_some("no column for the access policy");
    let id = lacks([Column::AppId, Column::ObjectId]).then_some("no column for the app id or object id");
    let wrong: Vec<Wrong> = policy.into_iter().chain(id).map(|message| (line, message.to_owned(), HEADER)).collect();
    if wrong.is_empty() { Ok(found) } else { Err(wrong) }
}

/// Comma, semicolon or tab: whichever the first line that says something has most of.
fn delimiter(bytes: &[u8]) -> u8 {
    let first = bytes.split(|byte| matches!(byte, b'\n' | b'\r')).find(|line| !line.trim_ascii().is_empty()).unwrap_or_default();
    let count = |wanted: u8| first.iter().filter(|byte| **byte == wanted).count();
    // Of as many the first counts, so the comma has to come last for `max_by_key`.
    [b'\t', b';', b','].into_iter().max_by_key(|wanted| count(*wanted)).unwrap_or(b',')
}

/// What a column holds, by its name: letters only, whatever their case.
fn column(name: &str) -> Column {
    let name: String = name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    let policy = name.contains("policy");
    match name.as_str() {
        _ if policy && name.ends_with("id") => Column::PolicyId,
        _ if policy && (name.ends_with("policy") || name.ends_with("name")) => Column::PolicyName,
        "appid" | "applicationid" | "clientid" | "applicationclientid" | "listedid" | "id" => Column::AppId,
        "objectid" | "serviceprincipalid" | "serviceprincipalobjectid" | "enterpriseapplicationid" | "principalid" => Column::ObjectId,
        "appidorobjectid" | "applicationidorobjectid" => Column::AppId,
        _ => Column::Other,
    }
}

fn row(line: u64, columns: &[Column], record: &csv::StringRecord) -> Result<ListedExclusion, (String, &'static str)> {
    let cells = |wanted: Column| {
        let of = columns.iter().zip(record).filter(move |(column, cell)| **column == wanted && !cell.is_empty());
        // An apostrophe in front is what maascan's own files put before a formula.
        of.map(|(_, cell)| cell.trim_start_matches('\'').trim().to_owned())
    };
    let Some(policy) = cells(Column::PolicyId).chain(cells(Column::PolicyName)).next() else {
        return Err(("no access policy".to_owned(), "write the policy's id or name"));
    };
    let ids: Vec<String> = cells(Column::AppId).chain(cells(Column::ObjectId)).collect();
    match ids.iter().find(|id| !is_guid(id)) {
        _ if ids.is_empty() => {
            Err(("no app id and no object id".to_owned(), "write the app id (client id) or the object id of the enterprise application"))
        }
        Some(other) => {
            Err((format!("not an id: {other}"), "write the app id or object id in the form 00000000-0000-0000-0000-000000000000"))
        }
        None => Ok(ListedExclusion { line, policy, ids }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ONE: &str = "11111111-AAAA-4bbb-8ccc-111111111111";
    const TWO: &str = "22222222-aaaa-4bbb-8ccc-222222222222";

    fn read_text(text: &str) -> Result<Vec<ListedExclusion>, String> {
        parse(Path::new("list.csv"), text.as_bytes()).map_err(|errors| errors.to_string())
    }

    #[test]
    fn lists_are_read_however_they_were_copied() {
        let expected = [ListedExclusion { line: 2, policy: "Apps; all".to_owned(), ids: vec![ONE.to_owned()] }];
        for text in [
            format!("policy,app_id\nApps; all,{ONE}\n"),
            format!("\u{feff}Policy Name;Application ID\r\n\"Apps; all\";\"{ONE}\"\r\n"),
            format!("Access policy\tName\tApplication (client) ID\nApps; all\tNightly packager\t {ONE} \n\n"),
            format!("\"policy\",\"object-id\",\"since\"\n\"Apps; all\",\"{ONE}\",\"\"\n,,\n"),
            format!("policy_id,policy,workload,listed_id\n,Apps; all,app,{ONE}\n"),
        ] {
            assert_eq!(read_text(&text).as_deref(), Ok(expected.as_slice()), "{text:?}");
        }
        let both = read_text(&format!("policy,appId,objectId\np,{ONE},{TWO}\np,,{TWO}\n")).unwrap();
        assert_eq!((both[0].ids.len(), both[1].ids.as_slice()), (2, [TWO.to_owned()].as_slice()));
        assert_eq!(read_text("policy,app_id\n").unwrap(), [], "a policy list without lines names no policy");
    }

    #[test]
    fn mistakes_are_told_with_their_lines() {
        for (text, line, message, hint) in [
            (String::new(), 1, "empty", "column names"),
            (format!("p,{ONE}\n"), 1, "no column for the access policy", "column names"),
            (format!("policy,name\np,{ONE}\n"), 1, "no column for the app id", "column names"),
            (format!("policy,app_id\np,{ONE}\n\np,Nightly\n"), 4, "not an id: Nightly", "write the app id"),
            (format!("policy,app_id\n,{ONE}\n"), 2, "no access policy", "id or name"),
            ("policy,app_id\np,\n".to_owned(), 2, "no app id and no object id", "write the app id"),
        ] {
            let told = read_text(&text).unwrap_err();
            assert!(told.starts_with(&format!("list.csv:{line}: ")) && told.contains(message) && told.contains(hint), "{text:?}: {told}");
        }
        let utf16: Vec<u8> = "policy".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let told = parse(Path::new("x"), &[&b"\xff\xfe"[..], &utf16].concat()).unwrap_err().to_string();
        assert!(told.contains("not UTF-8") && told.contains("save the file as CSV UTF-8"));
    }

    #[test]
    fn the_time_for_a_list_grows_with_its_length_only() {
        let began = std::time::Instant::now();
        let text = format!("policy,app_id\n{}", format!("p,{ONE}\r\n").repeat(60_000));
        assert_eq!(read_text(&text).unwrap().last().unwrap().line, 60_001);
        assert!(began.elapsed() < std::time::Duration::from_secs(60), "{:?}", began.elapsed());
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes in any::<Vec<u8>>(), close in "policy[,;\t]app_id\n([p\"',;\t\n0-9a-f-]{0,40})") {
            let _ = parse(Path::new("x"), &bytes);
            let _ = parse(Path::new("x"), close.as_bytes());
        }
    }
}
