//! Threads, units and what becomes of each.

use super::file::{Range, head, read_at};
use super::format::{Format, HEAD};
use super::lines::{End, Lines};
use super::packed::Packing;
use super::scan::Scanner;
use super::state::{Known, State, end};
use super::tally::{Shared, Tally};
use super::units::{Opened, Unit, Units};
use super::{Options, Progress, document, inputs, pipe, table};
use crate::catalogue::Catalogue;
use crate::snapshot::{ActivityLogs, LogFault, LogReading};
use std::fs::File;
use std::io::{self, Cursor, ErrorKind, Read};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::thread;

/// See [`super::read`] and [`super::read_on`].
pub(super) fn read(
    paths: &[PathBuf],
    catalogue: &Catalogue,
    options: &Options,
    progress: &Progress,
    mut state: Option<&mut State>,
) -> ActivityLogs {
    let mut reading = LogReading { source: "files".to_owned(), ..LogReading::default() };
    if state.as_deref_mut().is_some_and(|state| state.fit(&options.own)) {
        reading.fault(LogFault::OtherState, 1, "");
    }
    let files = inputs::files(paths, &mut reading);
    let seen = state.as_deref().map(State::seen).unwrap_or_default();
    let shared = Shared { catalogue, options, seen: Mutex::new(seen) };
    let units = Mutex::new(Units::new(files, state.as_deref(), progress));
    let mut workers: Vec<Worker<'_>> = (0..options.threads.max(1)).map(|_| Worker::new(&shared, progress, state.is_some())).collect();
    while !lock(&units).ended() {
        thread::scope(|scope| {
            for worker in &mut workers {
                scope.spawn(|| worker.work(&units));
            }
        });
        let room = lock(&shared.seen).make_room();
        lock(&units).refill(room);
    }
    let units = units.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut remembered = Vec::new();
    let mut tallies = vec![Tally::of(reading), Tally::of(units.reading)];
    for worker in workers {
        remembered.extend(worker.remembered);
        tallies.push(worker.scanner.tally);
    }
    let seen = shared.seen.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut logs = Tally::together(tallies);
    logs.reading.fault(LogFault::FarDuplicates, seen.dropped(), "");
    if let Some(state) = state {
        remembered.into_iter().for_each(|(name, known)| state.remember(name, known));
        logs = state.take(logs, &seen);
    }
    tell_if_nothing(&mut logs.reading);
    logs
}

/// Tells if files were read whole, as it seems, and none of them held a record: something else was given.
fn tell_if_nothing(reading: &mut LogReading) {
    let others = reading.faults.get(&LogFault::OtherCategory).map_or(0, |count| count.times);
    if reading.is_whole() && reading.records <= others {
        reading.fault(LogFault::NoRecord, 1, "");
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One thread's means.
struct Worker<'a> {
    scanner: Scanner<'a>,
    lines: Lines,
    progress: &'a Progress,
    growing: bool,
    /// How far files were read, to be remembered.
    remembered: Vec<(String, Known)>,
}

impl<'a> Worker<'a> {
    fn new(shared: &'a Shared<'a>, progress: &'a Progress, growing: bool) -> Self {
        Self { scanner: Scanner::new(shared), lines: Lines::new(), progress, growing, remembered: Vec::new() }
    }

    fn work(&mut self, units: &Mutex<Units<'_>>) {
        loop {
            let unit = lock(units).next(self.progress);
            match unit {
                None => return,
                Some(Unit::Input) => self.input(),
                Some(Unit::Range(opened, from, to)) => self.range(&opened, from, to),
                Some(Unit::Whole(opened)) => {
                    let alone = lock(units).count == 1;
                    self.whole(&opened, alone);
                }
            }
        }
    }

    fn input(&mut self) {
        "standard input".clone_into(&mut self.scanner.file);
        let mut input = Watched { source: io::stdin().lock(), progress: self.progress, bytes: 0 };
        self.stream(&mut input, 0);
        self.scanner.tally.reading.bytes += input.bytes;
        self.scanner.tally.reading.files += 1;
    }

    /// Lines of a file that begin in a range; the last range goes to the end of the file.
    fn range(&mut self, opened: &Opened, from: u64, to: u64) {
        opened.name.as_ref().clone_into(&mut self.scanner.file);
        let last = to >= opened.length;
        let end = match (last, self.growing) {
            (false, _) => End::At(to - from),
            (true, true) => End::Growing,
            (true, false) => End::Source,
        };
        let done = begins_inside(&opened.file, from)
            .and_then(|inside| self.lines.read(&mut Range::new(&opened.file, from, to), inside, end, &mut self.scanner));
        self.progress.advance(to - from);
        let reading = &mut self.scanner.tally.reading;
        reading.bytes += to - from;
        reading.files += u64::from(last);
        match done {
            Err(error) => self.failed(&error),
            Ok(done) if last => self.remember(opened, from + done),
            Ok(done) if done < to - from => self.failed(&io::Error::from(ErrorKind::UnexpectedEof)),
            Ok(_) => {}
        }
    }

    fn remember(&mut self, opened: &Opened, offset: u64) {
        if let Some(known) = opened.known {
            // A beginning that is not all whole lines may still change.
            if let Ok(end) = end(&opened.file, offset) {
                self.remembered.push((opened.name.to_string(), Known { offset, end, ..known }));
            }
        }
    }

    fn whole(&mut self, opened: &Opened, alone: bool) {
        opened.name.as_ref().clone_into(&mut self.scanner.file);
        let mut source = Watched { source: Range::new(&opened.file, 0, u64::MAX), progress: self.progress, bytes: 0 };
        match opened.format {
            Format::Packed(packing) if alone && self.scanner.shared.options.threads > 1 => {
                let open = || packing.open(source);
                pipe::through(open, |unpacked| self.stream(unpacked, 1));
            }
            _ => self.stream(&mut source, 0),
        }
        self.scanner.tally.reading.bytes += opened.length;
        self.scanner.tally.reading.files += 1;
        self.remember(opened, opened.length);
    }

    /// Reads a source from its beginning to its end, whatever it holds.
    fn stream(&mut self, source: &mut dyn Read, unpacked: u8) {
        // What comes before a failure is read.
        let (start, failure) = head(source, HEAD);
        let format = Format::of(&start);
        let mut source = Cursor::new(start).chain(Failing(failure)).chain(source);
        let read = match format {
            Format::Empty => Ok(()),
            Format::Lines => self.lines.read(&mut source, false, End::Source, &mut self.scanner).map(|_| ()),
            Format::Table => table::read(&mut source, &mut self.scanner),
            Format::Document(layout) => match document::read(&mut source, layout, &mut self.scanner) {
                Err(error) if !error.is_io() => return self.scanner.fault(LogFault::NotJson),
                read => read.map_err(io::Error::from),
            },
            // A packed file in a packed file is how bombs are built.
            Format::Packed(packing) if unpacked == 0 => return self.unpacked(packing, &mut source),
            Format::Packed(_) | Format::Unknown => return self.scanner.fault(LogFault::UnknownFormat),
        };
        match read {
            Ok(()) => {}
            Err(error) if unpacked > 0 => self.damaged(&error),
            Err(error) => self.failed(&error),
        }
    }

    fn unpacked(&mut self, packing: Packing, source: &mut dyn Read) {
        match packing.open(source) {
            Ok(mut unpacked) => self.stream(&mut unpacked, 1),
            Err(error) => self.damaged(&error),
        }
    }

    fn damaged(&mut self, error: &io::Error) {
        let fault = if error.kind() == ErrorKind::FileTooLarge { LogFault::Bomb } else { LogFault::Damaged };
        self.scanner.fault(fault);
    }

    fn failed(&mut self, error: &io::Error) {
        let fault = if error.kind() == ErrorKind::FileTooLarge { LogFault::LongLine } else { LogFault::Unreadable };
        let place = format!("{}: {}", self.scanner.file, error.kind());
        self.scanner.tally.reading.fault(fault, 1, &place);
    }
}

/// Whether a place of a file is inside a line: the byte before tells.
fn begins_inside(file: &File, from: u64) -> io::Result<bool> {
    let mut before = [b'\n'];
    if let Some(place) = from.checked_sub(1) {
        read_at(file, &mut before, place)?;
    }
    Ok(before != [b'\n'])
}

/// A failure, in the place where it came.
struct Failing(Option<io::Error>);

impl Read for Failing {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

/// A source that tells how much was read of it.
struct Watched<'p, R> {
    source: R,
    progress: &'p Progress,
    bytes: u64,
}

impl<R: Read> Read for Watched<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.source.read(buffer)?;
        self.bytes += length as u64;
        self.progress.advance(length as u64);
        Ok(length)
    }
}
