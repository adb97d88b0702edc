//! Files of every form and of every fault, read whole.

use super::*;
use crate::snapshot::{CallFlow, CallRow, LogFault};
use std::fs;
use std::io::Write;
use std::path::Path;
use std::sync::LazyLock;

pub(super) static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::builtin().unwrap());

pub(super) const APP: &str = "11111111-1111-4111-8111-111111111111";
const USER: &str = "33333333-3333-4333-8333-333333333333";
const MOBILE_APP: &str = "https://graph.microsoft.com/beta//deviceAppManagement/mobileApps/9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30";

/// A record as the storage export has it.
pub(super) fn storage(id: u32, method: &str, uri: &str, status: u16, user: &str) -> String {
    let uri = uri.replace('&', "\\u0026");
    let (sp, kind) = if user.is_empty() { ("22222222-2222-4222-8222-222222222222", "app") } else { ("", "user") };
    format!(
        r#"{{"time":"2026-07-16T13:00:{:02}.1234567Z","resourceId":"/TENANTS/T/PROVIDERS/MICROSOFT.AADIAM","operationName":"Microsoft Graph Activity","operationVersion":"beta","category":"MicrosoftGraphActivityLogs","resultSignature":"{status}","durationMs":"811034","callerIpAddress":"20.1.2.3","correlationId":"c","level":"Informational","location":"West Europe","properties":{{"timeGenerated":"2026-07-16T13:00:{:02}.1234567Z","requestId":"00000000-0000-4000-8000-{id:012}","requestMethod":"{method}","requestUri":"{uri}","responseStatusCode":{status},"durationMs":811034,"appId":"{APP}","servicePrincipalId":"{sp}","userId":"{user}","C_Idtyp":"{kind}","clientAuthMethod":"2","roles":"DeviceManagementApps.ReadWrite.All","scopes":"","userAgent":"tool/1","ipAddress":"20.1.2.3"}},"tenantId":"t"}}"#,
        id % 60,
        id % 60
    )
}

/// Writes on Intune among other calls: three written, one of them for a person, one refused, one failed.
fn some() -> Vec<String> {
    vec![
        storage(1, "PATCH", &format!("{MOBILE_APP}?a=1&b=2"), 204, ""),
        storage(2, "GET", MOBILE_APP, 200, ""),
        storage(3, "POST", &format!("{MOBILE_APP}/assign"), 412, ""),
        storage(4, "PATCH", MOBILE_APP, 204, USER),
        storage(5, "POST", "https://graph.microsoft.com/v1.0/$batch", 200, ""),
        storage(6, "POST", "https://graph.microsoft.com/v1.0/users/x/sendMail", 202, ""),
        storage(7, "PATCH", &MOBILE_APP.to_uppercase().replace("HTTPS", "https"), 500, ""),
        storage(8, "POST", "https://graph.microsoft.com/beta/deviceManagement/brandNewThings", 201, ""),
    ]
}

fn text(lines: &[String]) -> Vec<u8> {
    lines.iter().flat_map(|line| format!("{line}\r\n").into_bytes()).collect()
}

fn options() -> Options {
    Options { threads: 2, ..Options::at("2026-07-20T00:00:00Z".parse().unwrap()) }
}

fn read_paths(paths: &[&Path]) -> ActivityLogs {
    let paths: Vec<PathBuf> = paths.iter().map(|path| (*path).to_owned()).collect();
    read(&paths, &CATALOGUE, &options(), &Progress::default())
}

fn read_bytes(name: &str, bytes: &[u8]) -> ActivityLogs {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    let mut logs = read_paths(&[&path]);
    // The folder has another name each time.
    for fault in logs.reading.faults.values_mut() {
        fault.example = fault.example.replace(folder.path().to_str().unwrap(), "");
    }
    logs
}

/// Operation, method, flow, written, blocked, failed.
fn shape(row: &CallRow) -> (String, String, CallFlow, u64, u64, u64) {
    (row.operation.clone(), row.key.method.clone(), row.key.flow, row.written(), row.blocked(), row.failed())
}

fn times(logs: &ActivityLogs, fault: LogFault) -> u64 {
    logs.reading.faults.get(&fault).map_or(0, |count| count.times)
}

#[test]
fn writes_on_intune_are_counted_by_operation_and_flow() {
    let logs = read_bytes("PT1H.json", &text(&some()));
    let found: Vec<_> = logs.rows.iter().map(shape).collect();
    let row = |name: &str, method: &str, flow, counts: (u64, u64, u64)| (name.into(), method.into(), flow, counts.0, counts.1, counts.2);
    assert_eq!(
        found,
        [
            row("update", "PATCH", CallFlow::Delegated, (1, 0, 0)),
            row("update", "PATCH", CallFlow::AppOnly, (1, 0, 1)),
            row("assign", "POST", CallFlow::AppOnly, (0, 1, 0)),
            row("unmapped", "POST", CallFlow::AppOnly, (1, 0, 0)),
        ]
    );
    assert_eq!(logs.rows[3].key.path_template, "/devicemanagement/brandnewthings");
    assert_eq!(logs.rows[1].key.path_template, "/deviceAppManagement/mobileApps/{id}");
    assert_eq!(logs.rows[1].workloads, ["app"]);
    assert_eq!(logs.rows[1].addresses.values.get("20.1.2.3"), Some(&2));
    assert_eq!((logs.reading.files, logs.reading.records, logs.reading.calls), (1, 8, 5));
    assert_eq!(logs.reading.first, Some("2026-07-16T13:00:01Z".parse().unwrap()));
    assert!(logs.reading.faults.is_empty(), "{:?}", logs.reading.faults);
}

/// The same records as a table of Log Analytics.
fn csv(lines: &[String]) -> String {
    let mut text = "\u{feff}TimeGenerated [UTC],RequestMethod,RequestUri,ResponseStatusCode,AppId,ServicePrincipalId,UserId,RequestId,\
                    ClientAuthMethod,IPAddress,UserAgent\r\n"
        .to_owned();
    for line in lines {
        let record: serde_json::Value = serde_json::from_str(line).unwrap();
        let cell = |name: &str| record["properties"][name].to_string().trim_matches('"').to_owned();
        let cells = [
            "timeGenerated",
            "requestMethod",
            "requestUri",
            "responseStatusCode",
            "appId",
            "servicePrincipalId",
            "userId",
            "requestId",
            "clientAuthMethod",
            "ipAddress",
            "userAgent",
        ];
        text.push_str(&cells.map(|name| format!("\"{}\"", cell(name))).join(","));
        text.push_str("\r\n");
    }
    text
}

/// And as the answer of its query API.
fn answer(lines: &[String]) -> String {
    let csv = csv(lines);
    let mut rows = csv.trim_start_matches('\u{feff}').lines();
    let columns: Vec<String> = rows
        .next()
        .unwrap()
        .split(',')
        .map(|name| format!("{{\"name\":\"{}\",\"type\":\"string\"}}", name.replace(" [UTC]", "")))
        .collect();
    let rows: Vec<String> = rows.map(|row| format!("[{row}]")).collect();
    format!("{{\"tables\":[{{\"name\":\"PrimaryResult\",\"columns\":[{}],\"rows\":[{}]}}]}}", columns.join(","), rows.join(",\n"))
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

#[test]
fn every_form_of_export_says_the_same() {
    let lines = some();
    let plain = text(&lines);
    let expected = read_bytes("PT1H.json", &plain).rows;
    let pretty = serde_json::to_string_pretty(&serde_json::json!({
        "records": lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<serde_json::Value>>()
    }));
    let forms: Vec<(&str, Vec<u8>)> = vec![
        ("gz", gzip(&plain)),
        ("zst", zstd::encode_all(plain.as_slice(), 3).unwrap()),
        ("array", format!("[{}]", lines.join(",\n")).into_bytes()),
        ("wrapped array", format!("[{{\"records\":[{}]}}]", lines.join(",")).into_bytes()),
        ("wrapped line", format!("{{\"records\":[{}]}}\n", lines.join(",")).into_bytes()),
        ("wrapped, one a line", lines.iter().flat_map(|line| format!("{{\"records\":[{line}]}}\n").into_bytes()).collect()),
        ("pretty", pretty.unwrap().into_bytes()),
        ("csv", csv(&lines).into_bytes()),
        ("packed csv", gzip(csv(&lines).as_bytes())),
        ("answer", answer(&lines).into_bytes()),
        ("no last line end", plain.strip_suffix(b"\r\n").unwrap().to_vec()),
    ];
    for (form, bytes) in forms {
        let logs = read_bytes("file", &bytes);
        assert_eq!(logs.rows, expected, "{form}");
        assert!(logs.reading.faults.is_empty(), "{form}: {:?}", logs.reading.faults);
    }
}

#[test]
fn duplicates_count_once_also_between_files_and_the_collector_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let blob = folder.path().join("tenantId=t/y=2026/m=07/d=16/h=13/m=00");
    let other = folder.path().join("resourceId=/TENANTS/T/PROVIDERS/MICROSOFT.AADIAM/y=2026/m=07/d=16/h=13/m=00".trim_start_matches('/'));
    for (place, times) in [(&blob, 2), (&other, 1)] {
        fs::create_dir_all(place).unwrap();
        fs::write(place.join("PT1H.json"), text(&some()).repeat(times)).unwrap();
    }
    let logs = read_paths(&[folder.path()]);
    assert_eq!((logs.reading.files, logs.reading.records, logs.reading.calls, logs.reading.duplicates), (2, 24, 5, 10));
    let own = Options { own: [APP.into()].into(), ..options() };
    let without = read(&[blob], &CATALOGUE, &own, &Progress::default());
    assert!(without.rows.is_empty());
    assert_eq!(without.reading.own, 10);
}

#[test]
fn bad_lines_are_counted_and_named_and_the_others_read() {
    let lines = some();
    let cut = &lines[0][..200];
    let mut bytes = format!("{}\r\nnot json\r\n{{\"category\":\"SignInLogs\",\"properties\":{{}}}}\r\n{{}}\r\n", lines[2]).into_bytes();
    bytes.extend(lines[0].replace("tool/1", "tool/\u{1}").replace('\u{1}', "X").into_bytes());
    bytes.extend(b"\r\n");
    let garbled = [lines[6].replace("tool/1", "tool/@").into_bytes(), b"\r\n".to_vec()].concat();
    bytes.extend(garbled.iter().map(|byte| if *byte == b'@' { 0xff } else { *byte }));
    bytes.extend(vec![b'x'; 10 << 20]);
    bytes.extend(format!("\r\n{}\r\n{cut}", lines[3]).into_bytes());
    let logs = read_bytes("PT1H.json", &bytes);
    assert_eq!(logs.reading.calls, 4);
    for (fault, count) in [
        (LogFault::NotJson, 1),
        (LogFault::OtherCategory, 1),
        (LogFault::NoRequest, 1),
        (LogFault::NotUtf8, 1),
        (LogFault::LongLine, 1),
        (LogFault::CutLine, 1),
    ] {
        assert_eq!(times(&logs, fault), count, "{fault}: {:?}", logs.reading.faults);
        assert_eq!(logs.reading.faults[&fault].example, "/PT1H.json");
    }
    assert!(!logs.reading.is_whole());
}

#[test]
fn writes_that_lack_something_are_told() {
    let line = &some()[0];
    let late = line.replace("2026-07-16", "2027-07-16");
    let cases = [
        (line.replace("2026-07-16T", "16 July "), LogFault::NoTime, 0),
        (line.replace(APP, ""), LogFault::NoApplication, 0),
        (
            line.replace("204", "\"none\"").replace("\"resultSignature\":\"\"none\"\"", "\"resultSignature\":\"none\""),
            LogFault::NoStatus,
            1,
        ),
        (line.replace("00000000-0000-4000-8000-000000000001", ""), LogFault::NoRequestId, 1),
        (late, LogFault::Ahead, 1),
    ];
    for (line, fault, calls) in cases {
        let logs = read_bytes("a", format!("{line}\n").as_bytes());
        assert_eq!(
            (times(&logs, fault), logs.reading.calls, logs.reading.faults.len()),
            (1, calls, 1),
            "{fault}: {:?} {line}",
            logs.reading
        );
    }
}

#[test]
fn bad_files_are_counted_and_named() {
    let plain = text(&some());
    let packed = gzip(&plain.repeat(50));
    let line = format!("{{\"category\":\"SignInLogs\",\"x\":\"{}\"}}\n", "x".repeat(1 << 20));
    let bomb = gzip(&line.into_bytes().repeat(90));
    for (bytes, fault) in [
        (packed[..packed.len() - 20].to_vec(), LogFault::Damaged),
        ([&packed[..packed.len() / 2], &[7; 100]].concat(), LogFault::Damaged),
        (gzip(&gzip(&plain)), LogFault::UnknownFormat),
        (bomb, LogFault::Bomb),
        (vec![b' '; 1 << 20], LogFault::UnknownFormat),
        (b"\x7fELF".to_vec(), LogFault::UnknownFormat),
        (format!("[{}", some().join(",")).into_bytes(), LogFault::NotJson),
        (b"TimeGenerated,RequestMethod,RequestUri\nx,POST,y\n".to_vec(), LogFault::NoColumn),
        (answer(&some()).replace("\"AppId\"", "\"Other\"").into_bytes(), LogFault::NoColumn),
        ([b"[\"".as_slice(), &vec![b'x'; 20 << 20]].concat(), LogFault::LongLine),
        (format!("{}\n\"{}", csv(&some()).trim_end(), "x".repeat(20 << 20)).into_bytes(), LogFault::LongLine),
    ] {
        let logs = read_bytes("file", &bytes);
        assert_eq!(times(&logs, fault), 1, "{fault}: {:?}", logs.reading);
        // What a damaged file unpacks to may be no line any more, and the bomb is of another category.
        assert!(logs.reading.faults.len() == 1 || matches!(fault, LogFault::Damaged | LogFault::Bomb), "{:?}", logs.reading.faults);
        assert!(!logs.reading.is_whole());
    }
    let damaged = read_bytes("file", &packed[..packed.len() - 20]);
    assert_eq!(damaged.reading.calls, 5, "what came before the damage counts");
}

#[test]
fn a_file_that_grows_is_read_on_from_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let (path, old) = (folder.path().join("PT1H.json"), folder.path().join("older.json.gz"));
    let lines = some();
    let whole = text(&lines);
    fs::write(&old, gzip(&text(&[storage(90, "DELETE", MOBILE_APP, 204, "")]))).unwrap();
    let mut state = State::default();
    let read_again = |state: &mut State| read_on(&[folder.path().to_owned()], &CATALOGUE, &options(), &Progress::default(), state);
    // At every length the answer is what reading everything anew gives, but for the piece of a line at the end.
    for length in [0, 10, whole.len() / 3, whole.len() / 2, whole.len() / 2 + 1, whole.len()] {
        fs::write(&path, &whole[..length]).unwrap();
        let logs = read_again(&mut state);
        let done = whole[..length].iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let anew = [read_bytes("a", &whole[..done]), read_paths(&[&old])];
        let anew = anew.into_iter().reduce(ActivityLogs::merge).unwrap();
        assert_eq!(logs.rows, anew.rows, "{length}");
        assert_eq!((logs.reading.records, logs.reading.files), (anew.reading.records, 2), "{length}");
        assert_eq!(times(&logs, LogFault::CutLine), u64::from(done < length), "{length}");
    }
    let bytes = read_again(&mut state).reading.bytes;
    assert_eq!(read_again(&mut state).reading.bytes, bytes, "nothing new, nothing read");
    fs::write(&path, text(&lines[2..])).unwrap();
    let replaced = read_again(&mut state);
    assert_eq!(times(&replaced, LogFault::Replaced), 1);
    assert_eq!(replaced.reading.calls, 6, "what was counted is known again");
}

#[test]
fn a_file_that_became_another_behind_the_same_beginning_is_read_anew() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.json");
    let lines = |ids: std::ops::Range<u32>| text(&ids.map(|id| storage(id, "DELETE", MOBILE_APP, 204, "")).collect::<Vec<_>>());
    let mut state = State::default();
    let mut read = || read_on(std::slice::from_ref(&path), &CATALOGUE, &options(), &Progress::default(), &mut state);
    fs::write(&path, lines(0..20)).unwrap();
    assert_eq!(read().reading.calls, 20);
    fs::write(&path, [lines(0..5), lines(100..160)].concat()).unwrap();
    let logs = read();
    assert_eq!((logs.reading.calls, times(&logs, LogFault::Replaced)), (80, 1));
}

#[test]
fn what_is_no_log_at_all_is_not_taken_for_logs_without_writes() {
    for bytes in ["", "\n\n", "{\"category\":\"SignInLogs\",\"time\":\"2026-07-16T13:00:00Z\"}\n"] {
        let logs = read_bytes("a.json", bytes.as_bytes());
        assert_eq!(times(&logs, LogFault::NoRecord), 1, "{bytes:?}");
    }
    let reads = read_bytes("a.json", &text(&[storage(1, "GET", MOBILE_APP, 200, "")]));
    assert!(reads.reading.is_whole() && reads.rows.is_empty());
}

#[test]
fn a_table_without_users_is_not_read_and_a_stray_quote_is_told() {
    let table = csv(&some());
    let (head, rows) = table.split_once('\n').unwrap();
    let without = format!("{}\n{rows}", head.replace("UserId", "Person"));
    assert_eq!(times(&read_bytes("a.csv", without.as_bytes()), LogFault::NoColumn), 1);
    let stray = format!("{head},Note\n{}", rows.lines().map(|row| format!("{row},\"x\n")).collect::<String>());
    assert!(times(&read_bytes("a.csv", stray.as_bytes()), LogFault::BadRow) > 0);
}

#[test]
fn a_damaged_line_is_told_whatever_its_method() {
    let read = storage(1, "GET", MOBILE_APP, 200, "");
    for line in [format!("\u{0}{read}"), read[..read.len() - 1].to_owned()] {
        let logs = read_bytes("a.json", &text(&[line, storage(2, "GET", MOBILE_APP, 200, "")]));
        assert_eq!(times(&logs, LogFault::NotJson), 1);
    }
}

#[test]
fn many_small_files_and_any_number_of_threads_say_the_same() {
    let folder = tempfile::tempdir().unwrap();
    for at in 0..300 {
        fs::write(folder.path().join(format!("{at}.json")), text(&[storage(at, "PATCH", MOBILE_APP, 204, ""), "x".to_owned()])).unwrap();
    }
    let with = |threads| read(&[folder.path().to_owned()], &CATALOGUE, &Options { threads, ..options() }, &Progress::default());
    let one = with(1);
    assert_eq!((one.reading.calls, one.reading.files, times(&one, LogFault::NotJson)), (300, 300, 300));
    for threads in [2, 3, 8] {
        assert_eq!(with(threads), one, "{threads}");
    }
}

#[test]
fn a_large_file_is_read_in_ranges_and_rounds_without_loss() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.json");
    let mut file = fs::File::create(&path).unwrap();
    let reads: Vec<u8> = text(&(0..1000).map(|id| storage(id, "GET", MOBILE_APP, 200, "")).collect::<Vec<_>>());
    for at in 0..200 {
        file.write_all(&reads).unwrap();
        file.write_all(&text(&[storage(at, "PATCH", MOBILE_APP, 204, "")])).unwrap();
    }
    let logs = read_paths(&[&path]);
    assert!(fs::metadata(&path).unwrap().len() > 140 << 20, "more than one round");
    assert_eq!((logs.reading.records, logs.reading.calls), (200_200, 200));
    let progress = Progress::default();
    let _ = read(&[path], &CATALOGUE, &options(), &progress);
    assert_eq!(progress.done(), progress.total());
}

#[test]
fn more_rows_than_are_kept_are_told_and_the_same_ones_stay() {
    let lines: Vec<String> =
        (0..10_050).map(|id| storage(id, "PATCH", MOBILE_APP, 204, "").replace(APP, &format!("app-{id:06}"))).collect();
    let forwards = read_bytes("a", &text(&lines));
    let backwards = read_bytes("a", &text(&lines.into_iter().rev().collect::<Vec<_>>()));
    assert_eq!(forwards, backwards);
    assert_eq!((forwards.rows.len(), times(&forwards, LogFault::ManyRows)), (10_000, 50));
    assert_eq!(forwards.rows[9_999].key.app_id, "app-009999".into());
}
