//! Whether bytes are text at all, and which kind.

use super::Stop;
use crate::base::Locus;
use crate::data::reader::Window;
use crate::data::{Rule, Scope, Violation};

pub(super) const NOT_TEXT: Rule = Rule::error("not_text", Scope::Form, "conformity", "A file is CSV or JSON in UTF-8.");
pub(super) const EMPTY: Rule = Rule::error("empty", Scope::Form, "completeness", "A file has something in it.");
pub(super) const UNKNOWN_FORMAT: Rule =
    Rule::error("unknown_format", Scope::Form, "conformity", "A file is of a form that a provider knows.");

/// Rules of every file's form.
pub(super) const RULES: &[&Rule] = &[&NOT_TEXT, &EMPTY, &UNKNOWN_FORMAT];

/// A kind of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// It starts as JSON does.
    Json,
    /// Anything else: read as CSV.
    Csv,
}

/// Looks at the first bytes and takes a byte order mark away.
pub(super) fn shape(file: &Locus, window: &mut Window<'_>) -> Result<Shape, Stop> {
    let bytes = window.data();
    let refuse = |rule: &Rule, found: &str, msg: &str| Err(Violation::of(rule, file.clone(), found.into(), msg).into());
    if let Some(what) = foreign(bytes) {
        return refuse(&NOT_TEXT, what, "File should be CSV or JSON in UTF-8");
    }
    if bytes.starts_with(b"\xef\xbb\xbf") {
        window.consume(3);
    }
    // Space in front of everything says nothing, however much of it there is.
    while window.data().iter().all(u8::is_ascii_whitespace) {
        let spaces = window.data().len();
        window.consume(spaces);
        if !window.fill()? {
            break;
        }
    }
    match window.data().iter().find(|byte| !byte.is_ascii_whitespace()) {
        None => refuse(&EMPTY, "an empty file", "File should have a header and rows"),
        Some(b'{' | b'[') => Ok(Shape::Json),
        Some(b'<') => refuse(&NOT_TEXT, "an HTML or XML page", "File should be CSV or JSON in UTF-8"),
        Some(_) => Ok(Shape::Csv),
    }
}

/// Names what is no UTF-8 text.
fn foreign(bytes: &[u8]) -> Option<&'static str> {
    const KNOWN: [(&[u8], &str); 8] = [
        (b"\xff\xfe", "UTF-16 text"),
        (b"\xfe\xff", "UTF-16 text"),
        (b"PK\x03\x04", "a ZIP file or an Excel workbook (save it as CSV)"),
        (b"\xd0\xcf\x11\xe0", "an old Excel workbook (save it as CSV)"),
        (b"\x1f\x8b", "a gzip file (unpack it first)"),
        (b"\x28\xb5\x2f\xfd", "a zstd file (unpack it first)"),
        (b"%PDF", "a PDF file"),
        (b"PAR1", "a Parquet file (save it as CSV)"),
    ];
    if let Some((_, what)) = KNOWN.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        return Some(what);
    }
    let head = &bytes[..bytes.len().min(8192)];
    head.contains(&0).then_some("binary data")
}

/// Whether a JSON text is a list, and the first name in it: of the object, or of the first object of the list. Empty
/// where there is none.
pub(super) fn first_name(text: &[u8]) -> (bool, String) {
    let trimmed = text.trim_ascii_start();
    let list = trimmed.first() == Some(&b'[');
    let inner = if list { trimmed[1..].trim_ascii_start() } else { trimmed };
    let name = inner.strip_prefix(b"{").map(<[u8]>::trim_ascii_start).and_then(|rest| rest.strip_prefix(b"\""));
    let name = name.and_then(|rest| rest.split(|byte| *byte == b'"').next()).unwrap_or_default();
    (list, String::from_utf8_lossy(&name[..name.len().min(80)]).into_owned())
}

/// JSON that no provider knows.
pub(super) fn unknown_json(file: &Locus, list: bool, name: &str) -> Violation {
    let what = if list { "a list of objects" } else { "an object" };
    let found = if name.is_empty() { what.to_owned() } else { format!("{what} that starts with {name:?}") };
    let msg = "File should be a season's file, games as the contract has them, balldontlie's games, or a back-up";
    Violation::of(&UNKNOWN_FORMAT, file.clone(), found.into(), msg)
}
