//! A set held against a contract: records come from a provider, each is judged, and what is found is counted and, up to
//! a bound, kept.
//!
//! Memory grows with what is kept: with the findings up to their bound, and with the accepted items where they are asked
//! for.

use std::collections::BTreeMap;
use std::io::Read;

use crate::base::{Digest, Locus};
use crate::data::{
    Counts, Findings, InputRef, Origin, Quarantined, RawRecord, Row, Severity, SourceKind, Violation, any_error,
};
use crate::league::contracts::{Judge, Place};
use crate::league::providers::{FileRead, Parsed, Sink, Stop};

/// Bytes of refused rows that are kept, however few rows these are: a row may have a megabyte.
const REFUSED_BYTES_AT_MOST: usize = 16 << 20;

/// How often progress is told, in bytes.
const TOLD_EVERY: u64 = 64 << 10;

/// A file of a set.
pub struct InputFile<'a> {
    /// Its name, for messages.
    pub name: String,
    /// Its bytes.
    pub reader: Box<dyn Read + 'a>,
}

impl<'a> InputFile<'a> {
    /// A file whose bytes are at hand.
    pub fn of_bytes(name: impl Into<String>, bytes: &'a [u8]) -> Self {
        Self { name: name.into(), reader: Box::new(bytes) }
    }
}

/// How far a check is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Done {
    /// Rows read.
    pub rows: u64,
    /// Bytes read.
    pub bytes: u64,
}

/// A clock that counts milliseconds from anywhere, and what is timed by it.
#[derive(Clone, Copy)]
pub struct Timer<'a>(pub &'a dyn Fn() -> f64);

/// What is asked of a check.
pub struct Checking<'a> {
    /// How many violations and refused rows are kept.
    pub kept: usize,
    /// Whether accepted items are wanted, and the digests of the files.
    pub collect: bool,
    /// Is told how far it is, and says whether to go on.
    pub progress: &'a mut dyn FnMut(Done) -> bool,
    /// Times the judging apart from the reading; none where that is not asked.
    pub timer: Option<Timer<'a>>,
}

/// What a check has found.
#[derive(Debug)]
pub struct Checked<T> {
    /// How many rows went where.
    pub counts: Counts,
    /// Accepted items with their origin, in the order of the source; empty where they were not asked for.
    pub items: Vec<(T, Origin)>,
    /// Violations that concern the set or a file as a whole; they are among the findings too.
    pub of_the_set: Vec<Violation>,
    /// Every finding, as far as it is kept.
    pub findings: Findings,
    /// The files as they were read.
    pub inputs: Vec<InputRef>,
    /// What the provider of the files says; of the first simulated one, or the last.
    pub parsed: Option<Parsed>,
    /// Bytes read.
    pub bytes: u64,
    /// Milliseconds of judging, where they were timed.
    pub judging: f64,
    /// Whether `progress` said to stop.
    pub cancelled: bool,
}

/// How a file is read: its name, its bytes, whether their digest is wanted, and where its rows go.
pub type Parse<'p> = dyn Fn(&str, &mut dyn Read, bool, &mut dyn Sink) -> FileRead + 'p;

/// Reads the files of a set through `parse` and judges every row.
pub fn check<J: Judge>(
    name: &str,
    files: Vec<InputFile<'_>>,
    judge: J,
    checking: Checking<'_>,
    parse: &Parse<'_>,
) -> Checked<J::Item> {
    let mut collector = Collector::new(judge, checking);
    for (at, mut file) in files.into_iter().enumerate() {
        collector.input = at as u32;
        let (rows, digest) = (collector.checked.counts.rows_in, collector.checking.collect);
        let read = parse(&file.name, &mut *file.reader, digest, &mut collector);
        let rows = collector.checked.counts.rows_in - rows;
        if !collector.end_of_file(file.name, rows, read) {
            break;
        }
    }
    collector.finish(name)
}

struct Collector<'c, J: Judge> {
    judge: J,
    checking: Checking<'c>,
    checked: Checked<J::Item>,
    skipped: BTreeMap<String, u64>,
    input: u32,
    /// Bytes of the files before this one.
    before: u64,
    told: u64,
    /// Bytes of refused rows that are kept.
    refused_bytes: usize,
}

impl<'c, J: Judge> Collector<'c, J> {
    fn new(judge: J, checking: Checking<'c>) -> Self {
        let checked = Checked {
            counts: Counts::default(),
            items: Vec::new(),
            of_the_set: Vec::new(),
            findings: Findings::default(),
            inputs: Vec::new(),
            parsed: None,
            bytes: 0,
            judging: 0.0,
            cancelled: false,
        };
        Self { judge, checking, checked, skipped: BTreeMap::new(), input: 0, before: 0, told: 0, refused_bytes: 0 }
    }

    fn of_the_set(&mut self, violation: Violation) {
        self.checked.of_the_set.push(violation.clone());
        self.checked.findings.note(violation, self.checking.kept);
    }

    /// Takes note of what a file was; says whether to go on.
    fn end_of_file(&mut self, name: String, rows: u64, read: FileRead) -> bool {
        self.before += read.bytes;
        self.checked.bytes = self.before;
        if let Some(digest) = read.digest {
            self.checked.inputs.push(InputRef { name: name.clone(), bytes: read.bytes, digest, rows });
        }
        match read.parsed {
            Ok(done) => {
                for violation in &done.violations {
                    self.of_the_set(violation.clone());
                }
                self.checked.parsed = Some(match self.checked.parsed.take() {
                    // A set with simulated games in it is simulated.
                    Some(before) if before.source_kind == SourceKind::Simulated => before,
                    _ => done,
                });
            }
            Err(Stop::Cancelled) => {
                self.checked.cancelled = true;
                return false;
            }
            Err(Stop::Unreadable(violations)) => {
                violations.into_iter().for_each(|violation| self.of_the_set(violation));
            }
            Err(Stop::Failed(reason)) => {
                let msg = "File should be readable to its end";
                self.of_the_set(Violation::error("unreadable", Locus::file(name), reason.into(), msg));
            }
        }
        true
    }

    fn finish(mut self, name: &str) -> Checked<J::Item> {
        // Where a file could not be read, what its rows lack as a set says nothing.
        if !any_error(&self.checked.of_the_set) && !self.checked.cancelled {
            for violation in self.judge.finish(&Locus::file(name)) {
                self.of_the_set(violation);
            }
        }
        self.checked.findings.skipped = self.skipped.into_iter().collect();
        self.checked
    }

    fn judged(&mut self, row: &Row<'_>, place: &Place<'_>) -> (Option<J::Item>, Vec<Violation>) {
        let Some(Timer(now)) = self.checking.timer else { return self.judge.judge(row, place) };
        let start = now();
        let judged = self.judge.judge(row, place);
        self.checked.judging += now() - start;
        judged
    }

    fn accept(&mut self, item: J::Item, rows: &[u64]) {
        self.checked.counts.accepted += rows.len() as u64;
        if self.checking.collect {
            self.checked.items.push((item, Origin { input: self.input, rows: rows.to_vec() }));
        }
    }

    fn refuse(&mut self, record: &RawRecord, violations: &[Violation]) {
        self.checked.counts.quarantined += record.rows.len() as u64;
        let full = self.refused_bytes >= REFUSED_BYTES_AT_MOST;
        if self.checked.findings.quarantined.len() < self.checking.kept && !full {
            let row = Quarantined::new(record, violations);
            self.refused_bytes += row.size();
            self.checked.findings.quarantined.push(row);
        }
    }

    fn end_of_record(&mut self, rows: u64, violations: Vec<Violation>) -> bool {
        for violation in violations {
            self.checked.findings.note(violation, self.checking.kept);
        }
        self.checked.counts.rows_in += rows;
        !self.checked.cancelled
    }
}

impl<J: Judge> Sink for Collector<'_, J> {
    fn row(&mut self, row: &Row<'_>, file: &Locus, number: u64) -> bool {
        let (item, violations) = self.judged(row, &Place::of(file, number));
        match item {
            Some(item) => self.accept(item, &[number]),
            // A row that breaks a rule of the set is kept as any other.
            None => {
                let value = row.to_json(self.judge.contract());
                self.refuse(&RawRecord::typed(file, number, value), &violations);
            }
        }
        self.end_of_record(1, violations)
    }

    fn record(&mut self, record: RawRecord) -> bool {
        let start = self.checking.timer.map(|Timer(now)| now());
        let (row, mut violations) = self.judge.contract().check(&record);
        if let (Some(start), Some(Timer(now))) = (start, self.checking.timer) {
            self.checked.judging += now() - start;
        }
        let item = row.and_then(|row| {
            let (item, more) = self.judged(&row, &Place::Record(&record));
            violations.extend(more);
            item
        });
        match item {
            Some(item) => self.accept(item, &record.rows),
            None => self.refuse(&record, &violations),
        }
        self.end_of_record(record.rows.len() as u64, violations)
    }

    fn skip(&mut self, reason: &str, rows: u64) -> bool {
        *self.skipped.entry(reason.to_owned()).or_default() += rows;
        self.checked.counts.skipped += rows;
        self.end_of_record(rows, Vec::new())
    }

    fn taken(&mut self, bytes: u64) {
        let bytes = self.before + bytes;
        if bytes - self.told >= TOLD_EVERY {
            self.told = bytes;
            let done = Done { rows: self.checked.counts.rows_in, bytes };
            if !(self.checking.progress)(done) {
                self.checked.cancelled = true;
            }
        }
    }
}

impl<T> Checked<T> {
    /// How many of the violations keep something out.
    pub fn errors(&self) -> u64 {
        self.findings.error_count
    }

    /// Whether nothing that was found keeps anything out.
    pub fn is_clean(&self) -> bool {
        self.findings.violations.iter().all(|violation| violation.severity == Severity::Warning) && self.errors() == 0
    }

    /// The digest of the one input, where there is one.
    pub fn digest(&self) -> Option<Digest> {
        match self.inputs.as_slice() {
            [one] => Some(one.digest),
            _ => None,
        }
    }
}
