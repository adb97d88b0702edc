use super::super::tally::Shared;
use super::super::tests::CATALOGUE;
use super::super::{Options, seen::Seen};
use super::*;
use std::sync::Mutex;

/// A source that gives a few bytes at a time.
struct Drops<'a>(&'a [u8], usize);

impl Read for Drops<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.1.min(self.0.len()).min(buffer.len());
        buffer[..length].copy_from_slice(&self.0[..length]);
        self.0 = &self.0[length..];
        Ok(length)
    }
}

fn with_scanner<T>(check: impl FnOnce(&mut Scanner<'_>) -> T) -> T {
    let options = Options::at("2026-11-01T00:00:00Z".parse().unwrap());
    let shared = Shared { catalogue: &CATALOGUE, options: &options, seen: Mutex::new(Seen::default()) };
    check(&mut Scanner::new(&shared))
}

/// Lines counted, bytes answered for, cut last lines.
fn count(text: &[u8], step: usize, inside: bool, end: End) -> (u64, u64, u64) {
    with_scanner(|scanner| {
        let done = Lines::new().read(&mut Drops(text, step), inside, end, scanner).unwrap();
        let cut = scanner.tally.reading.faults.get(&LogFault::CutLine).map_or(0, |fault| fault.times);
        (scanner.tally.reading.records, done, cut)
    })
}

#[test]
fn every_line_is_given_once_however_it_comes() {
    let text = b"{}\r\n{}\n\n{}\r\n{}";
    for step in [1, 2, 3, 7, 100] {
        assert_eq!(count(text, step, false, End::Source), (4, 14, 0), "{step}");
        assert_eq!(count(text, step, false, End::Growing), (3, 12, 1), "{step}");
        assert_eq!(count(text, step, true, End::Source), (3, 14, 0), "{step}");
    }
    assert_eq!(count(b"{}\n{\"a\":", 3, false, End::Source), (2, 8, 1), "cut short");
}

#[test]
fn ranges_share_the_lines_of_a_file() {
    let text: Vec<u8> = (0..200).flat_map(|length: usize| format!("{{\"a\":\"{}\"}}\n", "x".repeat(length % 37)).into_bytes()).collect();
    for size in [5, 64, 1000, 100_000] {
        let mut lines = 0;
        for start in (0..text.len()).step_by(size) {
            let end = start + size;
            let limit = if end >= text.len() { End::Source } else { End::At(size as u64) };
            let inside = start > 0 && text[start - 1] != b'\n';
            lines += count(&text[start..], 50, inside, limit).0;
        }
        assert_eq!(lines, 200, "{size}");
    }
}

#[test]
fn lines_longer_than_the_room_before_a_block_are_whole() {
    let long = format!("{{\"a\":\"{}\"}}\n", "x".repeat(3 * FRONT));
    for step in [1000, BLOCK, 10 * BLOCK] {
        let text = ["{}\n", &long, &long, "{}\n", &long].concat();
        assert_eq!(count(text.as_bytes(), step, false, End::Source), (5, text.len() as u64, 0), "{step}");
    }
}

#[test]
fn a_line_that_is_too_long_is_passed_over_and_told() {
    let text = [b"{}\n".as_slice(), &vec![b'x'; 10 << 20], b"\n{}\n"].concat();
    with_scanner(|scanner| {
        let done = Lines::new().read(&mut Drops(&text, 100_000), false, End::Source, scanner).unwrap();
        assert_eq!(done, text.len() as u64);
        assert_eq!(scanner.tally.reading.records, 3);
        assert_eq!(scanner.tally.reading.faults[&LogFault::LongLine].times, 1);
        assert!(!scanner.tally.reading.faults.contains_key(&LogFault::NotJson));
    });
}
