//! Rows of a CSV file, each with the line on which it starts.

use std::borrow::Cow;
use std::io;

use csv_core::{ReadRecordResult, Reader};

use super::{RECORD_AT_MOST, Window};

/// Columns that a table may have.
pub const COLUMNS_AT_MOST: usize = 1_000;

/// One row as it was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line {
    /// The line on which it starts, as an editor counts; the header is line 1.
    pub row: u64,
    /// Its values; none where nothing but space is written.
    pub values: Vec<Option<String>>,
    /// Positions of values that are no UTF-8; what could be read of them is among the values.
    pub not_utf8: Vec<usize>,
}

impl Line {
    /// A value as text, trimmed; empty where there is none.
    pub fn text(&self, at: usize) -> &str {
        self.values.get(at).and_then(Option::as_deref).unwrap_or("").trim()
    }
}

/// How the file ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// With a line break.
    Whole,
    /// Without one.
    NoLineBreak,
    /// Within a quoted value.
    OpenQuote,
}

/// Why a table cannot be read further.
#[derive(Debug, thiserror::Error)]
pub enum CsvError {
    /// The source said no.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// A row is larger than a record may be.
    #[error("the row that starts in line {row} has more than {} bytes", RECORD_AT_MOST)]
    TooLong {
        /// The line on which it starts.
        row: u64,
    },
    /// A row has more values than a table may have columns.
    #[error("the row that starts in line {row} has more than {COLUMNS_AT_MOST} values")]
    TooWide {
        /// The line on which it starts.
        row: u64,
    },
}

/// Rows of a window.
pub struct Rows<'w, 'a> {
    window: &'w mut Window<'a>,
    reader: Reader,
    fields: Vec<u8>,
    ends: Vec<usize>,
    /// The last byte taken, and whether the last row was read by the source's end.
    last_byte: u8,
    quotes: u64,
    ended_inside: bool,
}

impl<'w, 'a> Rows<'w, 'a> {
    /// Rows from where the window stands.
    pub fn new(window: &'w mut Window<'a>) -> Self {
        Self {
            window,
            reader: Reader::new(),
            fields: vec![0; 4 << 10],
            ends: vec![0; 64],
            last_byte: b'\n',
            quotes: 0,
            ended_inside: false,
        }
    }

    /// The next row; none at the end.
    ///
    /// # Errors
    /// See [`CsvError`]. After one nothing more is read.
    pub fn next_row(&mut self) -> Result<Option<Line>, CsvError> {
        self.skip_breaks()?;
        let row = self.window.line();
        let (mut written, mut ended, mut read) = (0, 0, 0);
        loop {
            self.window.keep_ahead()?;
            // A byte order mark is passed over by the reader where it sees it whole, and with nothing behind it the reader
            // would take that for the source's end.
            while read == 0 && self.window.data().len() < 4 && self.window.fill()? {}
            let input = self.window.data();
            let (result, taken, more, values) =
                self.reader.read_record(input, &mut self.fields[written..], &mut self.ends[ended..]);
            if let Some(last) = input[..taken].last() {
                self.last_byte = *last;
            }
            self.quotes += memchr::memchr_iter(b'"', &input[..taken]).count() as u64;
            self.window.consume(taken);
            (written, ended, read) = (written + more, ended + values, read + taken);
            if read > RECORD_AT_MOST {
                return Err(CsvError::TooLong { row });
            }
            match result {
                ReadRecordResult::InputEmpty => {
                    if !self.window.fill()? {
                        // The reader is told the end by an empty input, in the next round.
                        self.ended_inside = true;
                    }
                }
                ReadRecordResult::OutputFull => self.fields.resize(self.fields.len() * 2, 0),
                ReadRecordResult::OutputEndsFull if self.ends.len() > COLUMNS_AT_MOST => {
                    return Err(CsvError::TooWide { row });
                }
                ReadRecordResult::OutputEndsFull => self.ends.resize(self.ends.len() * 2, 0),
                ReadRecordResult::Record => return Ok(Some(self.line(row, ended))),
                ReadRecordResult::End => return Ok(None),
            }
        }
    }

    /// Line breaks before a row belong to nobody: empty lines, and the second half of a CRLF.
    fn skip_breaks(&mut self) -> Result<(), CsvError> {
        loop {
            self.window.keep_ahead()?;
            let data = self.window.data();
            let breaks = data.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            let all = breaks == data.len();
            self.window.consume(breaks);
            if !all || !self.window.fill()? {
                return Ok(());
            }
        }
    }

    fn line(&self, row: u64, ended: usize) -> Line {
        let mut line = Line { row, values: Vec::with_capacity(ended), not_utf8: Vec::new() };
        let mut start = 0;
        for (at, end) in self.ends[..ended].iter().enumerate() {
            let text = String::from_utf8_lossy(&self.fields[start..*end]);
            if matches!(text, Cow::Owned(_)) {
                line.not_utf8.push(at);
            }
            line.values.push((!text.trim().is_empty()).then(|| text.into_owned()));
            start = *end;
        }
        line
    }

    /// How the file ended; to be asked after the last row.
    pub fn ending(&self) -> Ending {
        if !self.ended_inside || matches!(self.last_byte, b'\n' | b'\r') && self.quotes.is_multiple_of(2) {
            Ending::Whole
        } else if self.quotes % 2 == 1 {
            Ending::OpenQuote
        } else {
            Ending::NoLineBreak
        }
    }

    /// Bytes taken so far.
    pub fn consumed(&self) -> u64 {
        self.window.consumed()
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    fn read(text: &[u8]) -> (Vec<(u64, Vec<String>)>, Ending) {
        let mut input = text;
        let mut window = Window::open(&mut input, false).unwrap();
        let mut rows = Rows::new(&mut window);
        let mut lines = Vec::new();
        while let Some(line) = rows.next_row().unwrap() {
            lines.push((line.row, line.values.into_iter().map(Option::unwrap_or_default).collect()));
        }
        (lines, rows.ending())
    }

    fn row(at: u64, values: &[&str]) -> (u64, Vec<String>) {
        (at, values.iter().map(|value| (*value).to_owned()).collect())
    }

    #[test]
    fn rows_have_the_line_on_which_they_start() {
        let expected = vec![row(1, &["a", "b"]), row(2, &["c\nd", "e\"f"]), row(5, &["g", ""])];
        assert_eq!(read(b"a,b\n\"c\nd\",\"e\"\"f\"\n\ng,\n"), (expected.clone(), Ending::Whole));
        assert_eq!(read(b"a,b\r\n\"c\nd\",\"e\"\"f\"\r\n\r\ng,\r\n"), (expected, Ending::Whole));
    }

    #[test]
    fn the_ending_is_told() {
        assert_eq!(read(b"a,b\nc,d").1, Ending::NoLineBreak);
        assert_eq!(read(b"a,b\nc,\"d\n").1, Ending::OpenQuote);
        assert_eq!(read(b"a,b\nc,\"d\"\n").1, Ending::Whole);
        assert_eq!(read(b"a,b\nc,\"d\"").1, Ending::NoLineBreak);
        assert_eq!(read(b"").0, vec![]);
    }

    #[test]
    fn a_row_that_is_too_long_or_too_wide_is_refused_and_not_held() {
        let endless = |text: &[u8]| {
            let mut input = io::Read::chain(text, io::repeat(b'x'));
            let mut window = Window::open(&mut input, false).unwrap();
            let mut rows = Rows::new(&mut window);
            rows.next_row().unwrap();
            rows.next_row().unwrap_err().to_string()
        };
        assert_eq!(endless(b"a,b\nc,"), "the row that starts in line 2 has more than 1048576 bytes");
        assert_eq!(endless(b"a,b\n\"c,"), "the row that starts in line 2 has more than 1048576 bytes");
        let wide = [&b"a,b\n"[..], &b",".repeat(10_000)[..]].concat();
        assert_eq!(endless(&wide), "the row that starts in line 2 has more than 1000 values");
    }

    proptest::proptest! {
        #[test]
        fn values_are_those_that_the_csv_crate_reads(text in "[a-c\",\r\n ]{0,60}") {
            let mut reader = ::csv::ReaderBuilder::new().flexible(true).has_headers(false).from_reader(text.as_bytes());
            let expected: Vec<Vec<String>> =
                reader.records().map(|row| row.unwrap().iter().map(|value| if value.trim().is_empty() { String::new() } else { value.to_owned() }).collect()).collect();
            let found: Vec<Vec<String>> = read(text.as_bytes()).0.into_iter().map(|(_, values)| values).collect();
            proptest::prop_assert_eq!(found, expected);
        }
    }
}
