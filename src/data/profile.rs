//! What stands in the columns of a set: nulls, distinct values, the distribution of numbers, the most frequent values.
//!
//! Rows are taken one after another and memory is bounded. As long as a column has at most [`DISTINCT_AT_MOST`] distinct
//! values, all that is told of it is exact. Beyond that, the number of distinct values is told as "more than", quantiles
//! and histogram come from a uniform sample of [`SAMPLE`] values (reservoir sampling, Vitter's algorithm R), and the most
//! frequent values are those among the values held, whose counts stay exact.

mod numbers;

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use self::numbers::Numbers;
use super::{Contract, Kind, Row};

/// Distinct values of a column that are held.
pub const DISTINCT_AT_MOST: usize = 10_000;
/// Values of a number column that are sampled where it has more distinct values than are held.
pub const SAMPLE: usize = 10_000;
/// Bytes of distinct texts of a column that are held.
pub const TEXT_AT_MOST: usize = 4 << 20;
/// Columns that are held where no contract names them.
pub const COLUMNS_AT_MOST: usize = 500;
/// How many of the most frequent values are told.
pub const FREQUENT: usize = 8;
/// Characters that are told of a value.
const SHOWN: usize = 80;
/// Bins of a histogram.
pub const BINS: usize = 20;
/// The shares of the quantiles that are told.
pub const SHARES: [f64; 7] = [0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0];

/// The profile of a set of rows.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    /// Rows taken.
    pub rows: u64,
    /// The columns: in the order of the contract, or of their first appearance where there is none.
    pub columns: Vec<ColumnProfile>,
    /// Whether there are more columns than [`COLUMNS_AT_MOST`], which are not told.
    pub more_columns: bool,
}

/// What stands in a column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ColumnProfile {
    /// Its name; a value within an object is named with dots, `score.home`.
    pub name: String,
    /// What its values are.
    pub kind: ColumnKind,
    /// Rows, those with a null included.
    pub count: u64,
    /// Rows in which it is null or not there.
    pub nulls: u64,
    /// How many distinct values it has, nulls left out.
    pub distinct: Distinct,
    /// The distribution of its numbers; none where it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub numbers: Option<NumberProfile>,
    /// The least of the values that are no numbers, in the order of their bytes: of days the first one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<String>,
    /// The greatest of the values that are no numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<String>,
    /// The most frequent values that are no numbers, the most frequent first, at most [`FREQUENT`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub frequent: Vec<Frequent>,
}

impl ColumnProfile {
    /// The share of rows in which it is null, 0 to 1; 0 where there are no rows.
    pub fn null_share(&self) -> f64 {
        if self.count == 0 { 0.0 } else { self.nulls as f64 / self.count as f64 }
    }
}

/// What the values of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ColumnKind {
    /// Numbers.
    Number,
    /// True or false.
    Flag,
    /// Days, or instants.
    Time,
    /// Texts.
    Text,
    /// Lists, told as their JSON.
    List,
    /// Values of more kinds than one.
    Mixed,
    /// Nothing but nulls.
    Empty,
}

/// A number of distinct values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Distinct {
    /// How many there are, or, where it is not exact, how many there are at least.
    pub count: u64,
    /// Whether there are no more.
    pub exact: bool,
}

/// A value and how often it occurs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frequent {
    /// The value, cut where it is long.
    pub value: String,
    /// In how many rows.
    pub count: u64,
}

/// The distribution of the numbers of a column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NumberProfile {
    /// How many there are.
    pub count: u64,
    /// The least.
    pub min: f64,
    /// The greatest.
    pub max: f64,
    /// The arithmetic mean.
    pub mean: f64,
    /// The sample standard deviation, with n − 1; none for a single number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sd: Option<f64>,
    /// The quantiles at [`SHARES`], with linear interpolation (Hyndman and Fan's type 7, numpy's and pandas' default).
    pub quantiles: [f64; 7],
    /// Bins of equal width; none where the range is too wide to be divided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub histogram: Option<Histogram>,
    /// Whether quantiles and histogram are of all numbers, and not of a sample.
    pub exact: bool,
}

/// How many numbers lie in each of [`BINS`] bins of equal width, as `numpy.histogram` counts: a bin has its lower edge
/// and not its upper one, the last has both. Where all numbers are equal, the range is one around it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Histogram {
    /// The edges, one more than there are bins.
    pub edges: Vec<f64>,
    /// How many lie in each; of the sample, where it is one.
    pub counts: Vec<u64>,
}

/// Takes rows and tells their profile.
pub struct Profiler {
    rows: u64,
    columns: Vec<Column>,
    places: BTreeMap<String, usize>,
    /// Whether a contract names the columns.
    declared: bool,
    more_columns: bool,
}

struct Column {
    name: String,
    declared: Option<ColumnKind>,
    nonnull: u64,
    numbers: Numbers,
    others: Others,
}

/// Values that are no numbers, each with how often it was seen.
#[derive(Default)]
struct Others {
    held: BTreeMap<String, u64>,
    bytes: usize,
    overflowed: bool,
    flags: u64,
    lists: u64,
    total: u64,
}

impl Profiler {
    /// For records of any kind: columns are those that appear.
    pub fn free() -> Self {
        Self { rows: 0, columns: Vec::new(), places: BTreeMap::new(), declared: false, more_columns: false }
    }

    /// For rows, or records as JSON, of a contract: columns are its leaves.
    pub fn of(contract: &Contract) -> Self {
        let mut profiler = Self { declared: true, ..Self::free() };
        for leaf in &contract.leaves {
            let kind = contract.field(&leaf.path).map(|(field, _)| kind_of(&field.kind));
            profiler.column(&leaf.path, kind);
        }
        profiler
    }

    /// The place of a column, which is made if there is room.
    fn column(&mut self, name: &str, declared: Option<ColumnKind>) -> Option<usize> {
        if let Some(at) = self.places.get(name) {
            return Some(*at);
        }
        if self.columns.len() >= COLUMNS_AT_MOST {
            self.more_columns = true;
            return None;
        }
        let at = self.columns.len();
        let numbers = Numbers::new(name);
        self.columns.push(Column { name: name.to_owned(), declared, nonnull: 0, numbers, others: Others::default() });
        self.places.insert(name.to_owned(), at);
        Some(at)
    }

    /// Takes a row of the contract.
    pub fn add_row(&mut self, contract: &Contract, row: &Row<'_>) {
        self.rows += 1;
        for (at, column) in self.columns.iter_mut().enumerate() {
            match row.number(at) {
                Some(number) => column.number(number),
                None => column.other(&row.json(contract, at)),
            }
        }
    }

    /// Takes a record as JSON. Values within objects become columns with dots in their names; what a contract does not
    /// name is left out.
    pub fn add_json(&mut self, record: &Value) {
        self.rows += 1;
        self.flatten("", record);
    }

    fn flatten(&mut self, path: &str, value: &Value) {
        match value {
            Value::Object(members) => {
                for (name, inner) in members {
                    let path: Cow<'_, str> =
                        if path.is_empty() { name.into() } else { format!("{path}.{name}").into() };
                    self.flatten(&path, inner);
                }
            }
            _ => {
                let at = match self.declared {
                    true => self.places.get(path).copied(),
                    false => self.column(path, None),
                };
                if let Some(column) = at.and_then(|at| self.columns.get_mut(at)) {
                    match value.as_f64() {
                        Some(number) => column.number(number),
                        None => column.other(value),
                    }
                }
            }
        }
    }

    /// The profile of the rows that were taken.
    pub fn finish(self) -> Profile {
        let rows = self.rows;
        let mut columns: Vec<ColumnProfile> = self.columns.into_iter().map(|column| column.finish(rows)).collect();
        if !self.declared {
            // An object that is null in one record and has members in another is told by its members.
            let names: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
            let is_object = |name: &str| {
                names.iter().any(|other| other.strip_prefix(name).is_some_and(|rest| rest.starts_with('.')))
            };
            columns.retain(|column| column.kind != ColumnKind::Empty || !is_object(&column.name));
        }
        Profile { rows, columns, more_columns: self.more_columns }
    }
}

fn kind_of(kind: &Kind) -> ColumnKind {
    match kind {
        Kind::Integer { .. } | Kind::Number { .. } => ColumnKind::Number,
        Kind::Flag => ColumnKind::Flag,
        Kind::Day { .. } | Kind::Instant => ColumnKind::Time,
        Kind::Text { .. } | Kind::OneOf { .. } => ColumnKind::Text,
        Kind::Object(_) | Kind::List(_) => ColumnKind::List,
    }
}

impl Column {
    fn number(&mut self, number: f64) {
        if number.is_finite() {
            self.nonnull += 1;
            self.numbers.add(number);
        }
    }

    fn other(&mut self, value: &Value) {
        let text = match value {
            Value::Null => return,
            Value::String(text) => Cow::Borrowed(text.as_str()),
            other => Cow::Owned(other.to_string()),
        };
        self.nonnull += 1;
        self.others.flags += u64::from(value.is_boolean());
        self.others.lists += u64::from(value.is_array());
        self.others.add(&text);
    }

    fn kind(&self) -> ColumnKind {
        let Others { total, flags, lists, .. } = self.others;
        match (self.numbers.count(), total) {
            (0, 0) => self.declared.unwrap_or(ColumnKind::Empty),
            (_, 0) => ColumnKind::Number,
            (0, _) if flags == total => ColumnKind::Flag,
            (0, _) if lists == total => ColumnKind::List,
            (0, _) if flags + lists > 0 => ColumnKind::Mixed,
            (0, _) if self.declared == Some(ColumnKind::Time) => ColumnKind::Time,
            (0, _) => ColumnKind::Text,
            _ => ColumnKind::Mixed,
        }
    }

    fn finish(self, rows: u64) -> ColumnProfile {
        let kind = self.kind();
        let numbers = self.numbers.distinct();
        let exact = numbers.exact && !self.others.overflowed;
        let distinct = Distinct { count: numbers.count + self.others.held.len() as u64, exact };
        let (first, last) = match self.others.overflowed {
            // The ends of what is held are not the ends of all.
            true => (None, None),
            false => (self.others.held.keys().next(), self.others.held.keys().next_back()),
        };
        ColumnProfile {
            kind,
            count: rows,
            nulls: rows.saturating_sub(self.nonnull),
            distinct,
            first: first.map(|text| shown(text)),
            last: last.map(|text| shown(text)),
            frequent: self.others.frequent(),
            numbers: self.numbers.finish(),
            name: self.name,
        }
    }
}

impl Others {
    fn add(&mut self, text: &str) {
        self.total += 1;
        if let Some(count) = self.held.get_mut(text) {
            *count += 1;
        } else if self.held.len() < DISTINCT_AT_MOST && self.bytes + text.len() <= TEXT_AT_MOST && !self.overflowed {
            self.bytes += text.len();
            self.held.insert(text.to_owned(), 1);
        } else {
            // From here on no text is taken in, so that every count that is held is that of all rows.
            self.overflowed = true;
        }
    }

    fn frequent(&self) -> Vec<Frequent> {
        let mut all: Vec<(&String, &u64)> = self.held.iter().collect();
        all.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
        all.into_iter().take(FREQUENT).map(|(text, count)| Frequent { value: shown(text), count: *count }).collect()
    }
}

fn shown(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
