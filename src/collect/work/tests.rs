//! The work file by itself: what comes back, what is cut off, and what is begun anew.

use super::*;
use serde_json::json;

const NOON: &str = "2026-11-22T12:00:00Z";

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn terms() -> Terms {
    Terms {
        tenant: "t".to_owned(),
        graph: "https://graph.example".to_owned(),
        taken_at: at("2026-11-22T11:00:00Z"),
        asked: "all".to_owned(),
        reader: "r".to_owned(),
    }
}

fn open(path: &Path) -> WorkFile {
    WorkFile::open(path, &terms(), false, at(NOON), false).unwrap()
}

/// A file with three answers, and the length up to each of them.
fn three(path: &Path) -> Vec<u64> {
    let work = open(path);
    let length = || fs::metadata(path).unwrap().len();
    let mut lengths = vec![length()];
    for number in 0..3 {
        work.keep(&format!("GET /{number}"), &json!({"value": [number]}));
        lengths.push(length());
    }
    lengths
}

#[test]
fn what_was_kept_comes_back_to_the_next_run_only() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w");
    let work = open(&path);
    assert_eq!(work.beginning(), &Beginning::New);
    work.keep("GET /0", &json!({"value": ["old"]}));
    work.keep("GET /0", &json!({"value": ["new"]}));
    assert_eq!(work.recall("GET /0"), None);
    drop(work);
    let later = Terms { taken_at: at(NOON), ..terms() };
    let work = WorkFile::open(&path, &later, false, at(NOON), false).unwrap();
    assert_eq!(work.beginning(), &Beginning::Resumed { answers: 1, started: at(NOON) });
    assert_eq!(work.taken_at(), terms().taken_at);
    assert_eq!((work.recall("GET /0"), work.recall("GET /1")), (Some(json!({"value": ["new"]})), None));
    work.remove().unwrap();
    assert!(!path.exists());
}

#[test]
fn a_torn_tail_is_cut_off_wherever_it_is_torn() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w");
    let lengths = three(&path);
    let whole = fs::read(&path).unwrap();
    for length in lengths[0]..=lengths[3] {
        fs::write(&path, &whole[..usize::try_from(length).unwrap()]).unwrap();
        let answers = lengths.iter().filter(|end| **end <= length).count() - 1;
        let work = open(&path);
        let resumed = Beginning::Resumed { answers, started: at(NOON) };
        assert_eq!(work.beginning(), if answers == 0 { &Beginning::New } else { &resumed }, "{length}");
        assert_eq!(fs::metadata(&path).unwrap().len(), lengths[answers]);
        // What is kept behind the cut is whole.
        work.keep("GET /more", &json!(7));
        drop(work);
        let work = open(&path);
        assert_eq!((work.answers(), work.recall("GET /more")), (answers + 1, Some(json!(7))));
    }
}

#[test]
fn a_changed_byte_costs_what_comes_after_it_and_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w");
    let lengths = three(&path);
    let mut changed = fs::read(&path).unwrap();
    changed[usize::try_from(lengths[1]).unwrap() + 12] ^= 0xff;
    fs::write(&path, changed).unwrap();
    let work = open(&path);
    assert_eq!(work.answers(), 1);
    assert_eq!((work.recall("GET /0"), work.recall("GET /1")), (Some(json!({"value": [0]})), None));
}

#[test]
fn another_run_begins_anew_and_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w");
    let other = |change: fn(&mut Terms)| {
        let mut terms = terms();
        change(&mut terms);
        terms
    };
    let cases: [(Terms, bool, &str, bool, &str); 9] = [
        (other(|terms| terms.tenant = "u".to_owned()), false, NOON, false, "another tenant: t"),
        (other(|terms| terms.graph = "https://g2".to_owned()), false, NOON, false, "another endpoint: https://graph.example"),
        (other(|terms| terms.reader = "s".to_owned()), false, NOON, false, "another sign-in"),
        (other(|terms| terms.asked = "less".to_owned()), false, NOON, false, "other options"),
        (other(|terms| terms.taken_at = at(NOON)), true, NOON, false, "another clock: 2026-11-22T11:00:00Z"),
        (terms(), true, "2026-11-23T12:00:01Z", false, "too old"),
        (terms(), true, "2026-11-22T11:00:00Z", false, "the clock was set"),
        (terms(), false, NOON, true, "--refresh"),
        (terms(), true, NOON, false, ""),
    ];
    for (terms, clock_given, now, refresh, why) in cases {
        let _ = fs::remove_file(&path);
        three(&path);
        let work = WorkFile::open(&path, &terms, clock_given, at(now), refresh).unwrap();
        match work.beginning() {
            Beginning::Anew(said) => assert!(!why.is_empty() && said.contains(why), "{said}: {why}"),
            other => assert!(why.is_empty() && matches!(other, Beginning::Resumed { answers: 3, .. }), "{why}: {other:?}"),
        }
        assert_eq!(work.recall("GET /0").is_some(), why.is_empty());
        assert_eq!(work.taken_at(), terms.taken_at);
    }
}

#[test]
fn a_damaged_beginning_is_begun_anew_and_a_foreign_file_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w");
    let lengths = three(&path);
    let whole = fs::read(&path).unwrap();
    for at in MAGIC.len()..usize::try_from(lengths[0]).unwrap() {
        let mut changed = whole.clone();
        changed[at] ^= 0x55;
        fs::write(&path, changed).unwrap();
        let work = open(&path);
        // A bit of the frame's own description may say nothing; then the header is as it was.
        assert!(matches!(work.beginning(), Beginning::Anew(_) | Beginning::Resumed { .. }), "{at}");
    }
    for length in 0..MAGIC.len() {
        fs::write(&path, &whole[..length]).unwrap();
        assert_eq!(open(&path).beginning(), &Beginning::New);
    }
    for foreign in ["my thesis", "maascan works\nwell, mostly", "x"] {
        fs::write(&path, foreign).unwrap();
        for refresh in [false, true] {
            let error = WorkFile::open(&path, &terms(), false, at(NOON), refresh).unwrap_err();
            assert!(matches!(error, Error::NotOurs { .. }), "{error}");
        }
        assert_eq!(fs::read(&path).unwrap(), foreign.as_bytes());
    }
}

#[test]
fn two_runs_do_not_share_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w");
    let first = open(&path);
    assert!(matches!(WorkFile::open(&path, &terms(), false, at(NOON), false), Err(Error::InUse { .. })));
    drop(first);
    open(&path);
}

#[cfg(unix)]
#[test]
fn only_the_owners_own_regular_file_is_used() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w");
    let link = folder.path().join("link");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    for unfit in [link.as_path(), folder.path(), Path::new("/dev/null")] {
        let error = WorkFile::open(unfit, &terms(), false, at(NOON), false).unwrap_err();
        assert!(matches!(error, Error::NotOurs { .. }), "{error}");
    }
    assert!(!path.exists());
    let missing = folder.path().join("missing/w");
    assert!(matches!(WorkFile::open(&missing, &terms(), false, at(NOON), false), Err(Error::Io { .. })));
    fs::write(&path, "").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
    open(&path);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn runs_that_look_up_other_ids_do_not_share_a_file() {
    let asked = |ids: &[&str]| {
        let look_up = ids.iter().map(|id| (*id).to_owned()).collect();
        let options = Options {
            taken_at: at(NOON),
            audit_days: 1,
            scope_app_roles: BTreeSet::new(),
            inventory: crate::collect::Inventory::Scope,
            sign_ins: false,
            look_up,
        };
        Terms::asked_for(&options)
    };
    assert_ne!(asked(&[]), asked(&["11111111-aaaa-4bbb-8ccc-111111111111"]));
    assert_eq!(asked(&["11111111-AAAA-4bbb-8ccc-111111111111"]), asked(&["11111111-aaaa-4bbb-8ccc-111111111111"]));
}
