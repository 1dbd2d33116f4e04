//! The readers alone: what they find in a source does not depend on the pieces that it comes in, and where a reader of
//! the field's standard crates takes the source, both find the same.

use linelogic::data::reader::Window;
use linelogic::data::reader::csv::Rows;
use linelogic::data::reader::json::{self, Element, Handler};
use serde_json::Value;

use super::{Trickle, choice};

/// Bytes that a window reads ahead: far more than a record, and far less.
const PIECES: [usize; 4] = [1 << 18, 1, 7, 64];

pub fn csv(bytes: &[u8]) {
    let read = |ahead: usize| {
        let mut input = Trickle(bytes);
        let mut window = Window::in_pieces(&mut input, false, ahead).expect("bytes can be read");
        let mut rows = Rows::new(&mut window);
        let mut lines = Vec::new();
        let error = loop {
            match rows.next_row() {
                Ok(Some(line)) => lines.push(line),
                Ok(None) => break None,
                Err(error) => break Some(error.to_string()),
            }
        };
        let ending = error.is_none().then(|| rows.ending());
        (lines, error, ending)
    };
    let whole = read(PIECES[0]);
    for ahead in &PIECES[1..] {
        assert_eq!(read(*ahead), whole, "in pieces of {ahead}");
    }
    let (lines, error, _) = &whole;
    assert!(lines.windows(2).all(|pair| pair[0].row < pair[1].row), "lines go forward");
    let breaks = bytes.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count() as u64;
    assert!(lines.iter().all(|line| (1..=breaks + 1).contains(&line.row)), "lines are there");
    if error.is_none() {
        // A byte order mark counts as one behind empty lines, too.
        let bytes = &bytes[bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count()..];
        let mut reader = ::csv::ReaderBuilder::new().flexible(true).has_headers(false).from_reader(bytes);
        let mut expected = reader.byte_records().map(|row| row.expect("a flexible reader takes all"));
        for line in lines {
            let row = expected.next().expect("no more rows than the csv crate finds");
            assert_eq!(row.len(), line.values.len());
            for (at, (bytes, value)) in row.iter().zip(&line.values).enumerate() {
                let text = String::from_utf8_lossy(bytes);
                assert_eq!(value.as_deref().unwrap_or_default(), if text.trim().is_empty() { "" } else { &text });
                assert_eq!(line.not_utf8.contains(&at), std::str::from_utf8(bytes).is_err());
            }
        }
        assert_eq!(expected.next(), None, "no fewer rows than the csv crate finds");
    }
}

#[derive(Default, Debug, PartialEq)]
struct Said {
    members: Vec<(String, Value)>,
    elements: Vec<Result<Value, (String, String)>>,
    consumed: u64,
}

impl Handler for Said {
    fn member(&mut self, name: &str, value: Value) {
        self.members.push((name.to_owned(), value));
    }

    fn element(&mut self, number: u64, element: Element<'_>) -> bool {
        assert_eq!(number as usize, self.elements.len() + 1);
        self.elements.push(match element {
            Element::Value(value) => Ok(value),
            Element::Broken { reason, text } => Err((reason, text)),
            Element::Row(_) => panic!("no contract was given"),
        });
        true
    }

    fn taken(&mut self, bytes: u64) {
        assert!(bytes > self.consumed, "every element takes bytes");
        self.consumed = bytes;
    }
}

pub fn json(bytes: &[u8]) {
    let (kind, bytes) = choice(bytes, 2);
    let lists: &[&str] = if kind == 0 { &[] } else { &["games", "data"] };
    let read = |ahead: usize| {
        let mut input = Trickle(bytes);
        let mut window = Window::in_pieces(&mut input, false, ahead).expect("bytes can be read");
        let mut said = Said::default();
        let done = json::read(&mut window, None, lists, &mut said).map_err(|error| error.to_string());
        (said, done)
    };
    let whole = read(PIECES[0]);
    for ahead in &PIECES[1..] {
        assert_eq!(read(*ahead), whole, "in pieces of {ahead}");
    }
    let (said, done) = whole;
    // What serde_json takes as a whole is found piece by piece.
    match serde_json::from_slice::<Value>(bytes) {
        Ok(Value::Array(items)) => {
            assert_eq!(done, Ok(()));
            assert_eq!(said.elements, items.into_iter().map(Ok).collect::<Vec<_>>());
        }
        Ok(Value::Object(object)) if lists.is_empty() => {
            assert_eq!(done, Ok(()));
            assert_eq!(said.elements, [Ok(Value::Object(object))]);
        }
        Ok(Value::Object(object)) => {
            assert_eq!(done, Ok(()));
            // Of two members of one name serde_json keeps the last, and the reader hands both on.
            let found = |name: &String| {
                said.members.iter().any(|(member, _)| member == name)
                    || lists.contains(&name.as_str()) && object[name].is_array()
            };
            assert!(object.keys().all(found));
        }
        _ => {}
    }
}
