//! Whether bytes are text at all, and which kind.

use super::Stop;
use crate::base::Locus;
use crate::data::Violation;

/// Text of a kind that a parser reads, without a byte order mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape<'a> {
    /// It starts as JSON does.
    Json(&'a [u8]),
    /// Anything else: read as CSV.
    Csv(&'a [u8]),
}

/// Looks at the first bytes.
pub(super) fn shape<'a>(file: &Locus, bytes: &'a [u8]) -> Result<Shape<'a>, Stop> {
    let refuse =
        |kind: &str, found: &str, expected: &str| Err(Violation::error(kind, file.clone(), found, expected).into());
    if let Some(what) = foreign(bytes) {
        return refuse("not_text", what, "a CSV or JSON file in UTF-8");
    }
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let Some(first) = text.iter().find(|byte| !byte.is_ascii_whitespace()) else {
        return refuse("empty", "an empty file", "a header and rows");
    };
    match first {
        b'{' | b'[' => Ok(Shape::Json(text)),
        b'<' => refuse("not_text", "an HTML or XML page", "a CSV or JSON file in UTF-8"),
        _ => Ok(Shape::Csv(text)),
    }
}

/// Names what is no UTF-8 text.
fn foreign(bytes: &[u8]) -> Option<&'static str> {
    const KNOWN: [(&[u8], &str); 6] = [
        (b"\xff\xfe", "UTF-16 text"),
        (b"\xfe\xff", "UTF-16 text"),
        (b"PK\x03\x04", "a ZIP file or an Excel workbook (save it as CSV)"),
        (b"\xd0\xcf\x11\xe0", "an old Excel workbook (save it as CSV)"),
        (b"\x1f\x8b", "a gzip file (unpack it first)"),
        (b"%PDF", "a PDF file"),
    ];
    if let Some((_, what)) = KNOWN.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        return Some(what);
    }
    let head = &bytes[..bytes.len().min(8192)];
    head.contains(&0).then_some("binary data")
}
