//! A search from the request to a page of rows.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::Value;

use super::filter::Field;
use super::order::{self, OrderBy};
use super::strict::{self, python};
use super::{Filter, FilterError, Mode};
use crate::tracking::RunTable;

/// How many runs a page has unless it is said, as in MLflow.
pub const MAX_RESULTS: i64 = 1000;
/// How many runs a page has at most, as in MLflow.
pub const MOST_RESULTS: i64 = 50_000;

/// Which runs are searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum View {
    /// Those that are not in the trash.
    #[default]
    ActiveOnly,
    /// Those in the trash.
    DeletedOnly,
    /// All.
    All,
}

/// What is searched for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchRequest {
    /// The filter; empty lets every run pass.
    pub filter: String,
    /// Its language.
    pub mode: Mode,
    /// Keys to sort by, each `field [ASC|DESC]`.
    pub order_by: Vec<String>,
    /// How many runs a page has.
    pub max_results: i64,
    /// Where the page begins: what the page before gave.
    pub page_token: Option<String>,
    /// Which runs are searched.
    pub view: View,
    /// The experiments that are searched; none for all.
    pub experiments: Option<Vec<String>>,
}

impl Default for SearchRequest {
    fn default() -> Self {
        Self {
            filter: String::new(),
            mode: Mode::default(),
            order_by: Vec::new(),
            max_results: MAX_RESULTS,
            page_token: None,
            view: View::default(),
            experiments: None,
        }
    }
}

/// A page of rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchPage {
    /// The rows, in order.
    pub rows: Vec<usize>,
    /// What asks for the next page; none on the last.
    pub next_page_token: Option<String>,
}

/// Answers a request.
///
/// # Errors
/// Where the request is refused. A place that an error names is in the filter, or in a key to sort by whose text the message
/// has.
pub fn search(table: &RunTable, request: &SearchRequest) -> Result<SearchPage, FilterError> {
    let limit = page_size(request.max_results)?;
    let (filter, keys) = read(request)?;
    let offset = match &request.page_token {
        Some(token) => offset(token)?,
        None => 0,
    };
    let mask = filter.mask(table);
    let among = |row: &usize| {
        let seen = match request.view {
            View::ActiveOnly => !table.is_deleted(*row),
            View::DeletedOnly => table.is_deleted(*row),
            View::All => true,
        };
        let is_named = |names: &Vec<String>| names.iter().any(|name| name == table.run(*row).experiment);
        seen && request.experiments.as_ref().is_none_or(is_named)
    };
    let rows: Vec<usize> = (0..table.len()).filter(|row| mask[*row]).filter(among).collect();
    let all = order::sort(table, rows, &keys);
    // SQLite reads a negative offset as none.
    let start = usize::try_from(offset).unwrap_or(0);
    let more = start.saturating_add(limit) < all.len();
    let next_page_token = more.then(|| page_token(offset.saturating_add(request.max_results)));
    Ok(SearchPage { rows: all.into_iter().skip(start).take(limit).collect(), next_page_token })
}

fn page_size(max_results: i64) -> Result<usize, FilterError> {
    let refused = |least: &str| {
        let message = format!("Invalid value {max_results} for parameter 'max_results' supplied. It must be {least}");
        FilterError::whole(message)
    };
    match usize::try_from(max_results) {
        Err(_) | Ok(0) => Err(refused("a positive integer")),
        Ok(_) if max_results > MOST_RESULTS => Err(refused(&format!("at most {MOST_RESULTS}"))),
        Ok(size) => Ok(size),
    }
}

/// Reads the filter and the keys. MLflow checks comparators only after it has read the keys.
fn read(request: &SearchRequest) -> Result<(Filter, Vec<OrderBy>), FilterError> {
    if request.mode == Mode::Strict {
        strict::filter(&request.filter)?;
    }
    let mut keys: Vec<OrderBy> = Vec::new();
    let mut seen: Vec<Field> = Vec::new();
    if request.mode == Mode::Extended {
        Filter::parse(&request.filter, request.mode)?;
    }
    for text in &request.order_by {
        let key = OrderBy::parse(text, request.mode)?;
        if seen.contains(&key.field) {
            let all: Vec<String> = request.order_by.iter().map(|text| python::repr(text)).collect();
            return Err(FilterError::whole(format!("`order_by` contains duplicate fields: [{}]", all.join(", "))));
        }
        seen.push(key.field.clone());
        keys.push(key);
    }
    Ok((Filter::parse(&request.filter, request.mode)?, keys))
}

fn page_token(offset: i64) -> String {
    base64::engine::general_purpose::STANDARD.encode(format!("{{\"offset\": {offset}}}"))
}

/// The offset that a token asks for, read as leniently as Python's `b64decode` and `int` do.
fn offset(token: &str) -> Result<i64, FilterError> {
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &STANDARD,
        GeneralPurposeConfig::new()
            .with_decode_allow_trailing_bits(true)
            .with_decode_padding_mode(DecodePaddingMode::RequireCanonical),
    );
    if token.is_empty() {
        return Ok(0);
    }
    let letters: String =
        token.chars().filter(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '+' | '/' | '=')).collect();
    let decoded =
        LENIENT.decode(letters).map_err(|_| FilterError::whole("Invalid page token, could not base64-decode"))?;
    let parsed: Value = serde_json::from_slice(&decoded).map_err(|_| {
        FilterError::whole(format!("Invalid page token, decoded value={}", python::repr_bytes(&decoded)))
    })?;
    let refused = || FilterError::whole(format!("Invalid page token, parsed value={}", python::repr_json(&parsed)));
    let not_a_number = |text: &str| FilterError::whole(format!("Invalid page token, not stringable {text}"));
    match parsed.get("offset") {
        Some(Value::String(text)) if !text.is_empty() => text.trim().parse().map_err(|_| not_a_number(text)),
        Some(Value::Number(number)) if number.as_f64() != Some(0.0) => {
            Ok(number.as_i64().unwrap_or_else(|| number.as_f64().unwrap_or_default() as i64))
        }
        Some(Value::Bool(true)) => Ok(1),
        _ => Err(refused()),
    }
}
