//! Feature views and their rows.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What the values of a feature are. The names are Feast's; in memory each is an `f64`, and NaN is null.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ValueType {
    /// Any number.
    Float64,
    /// Whole numbers.
    Int64,
    /// 0 or 1.
    Bool,
}

impl ValueType {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Float64 => "Float64",
            Self::Int64 => "Int64",
            Self::Bool => "Bool",
        }
    }

    /// Whether a value can be one of these. Null can be of any type.
    pub fn fits(self, value: f64) -> bool {
        match self {
            _ if value.is_nan() => true,
            Self::Float64 => value.is_finite(),
            Self::Int64 => value.fract() == 0.0 && value.abs() <= 9_007_199_254_740_992.0,
            Self::Bool => value == 0.0 || value == 1.0,
        }
    }
}

/// One feature of a view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// Its name, unique in the view.
    pub name: String,
    /// What its values are.
    pub dtype: ValueType,
    /// Unit, such as `points per 100 possessions`.
    pub unit: String,
    /// What it says and how it is computed.
    pub description: String,
}

/// A named group of features of one entity, with how long a row stays valid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeatureView {
    /// Its name, such as `team_form`.
    pub name: String,
    /// What a row is about, such as `team`: names of entities.
    pub entities: Vec<String>,
    /// Raised with every change of schema or formula.
    pub version: u32,
    /// Time to live in milliseconds: a row older than this at the entity's time is not joined. None: no bound.
    pub ttl_ms: Option<i64>,
    /// What it is for.
    pub description: String,
    /// Who answers for it.
    pub owner: String,
    /// Labels for finding it.
    pub tags: BTreeMap<String, String>,
    /// What its rows are computed from.
    pub source: String,
    /// The features, in the order of the rows' columns.
    pub fields: Vec<Field>,
}

impl FeatureView {
    /// A column, by the name of its feature.
    pub fn column(&self, feature: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.name == feature)
    }
}

/// Rows of one view, by column. All vectors have the same length; times are milliseconds since
/// 1970 UTC; NaN is null.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FeatureRows {
    /// Entity key of each row.
    pub keys: Vec<u32>,
    /// When what the row says became true.
    pub event_at: Vec<i64>,
    /// When the row could first be known.
    pub known_at: Vec<i64>,
    /// One column a field.
    pub columns: Vec<Vec<f64>>,
}

impl FeatureRows {
    /// Rows of a view with this many fields, empty.
    pub fn empty(fields: usize) -> Self {
        Self { columns: vec![Vec::new(); fields], ..Self::default() }
    }

    /// Adds a row.
    ///
    /// # Panics
    /// If the number of values is not the number of columns.
    pub fn push(&mut self, key: u32, event_at: i64, known_at: i64, values: &[f64]) {
        assert_eq!(values.len(), self.columns.len(), "a row has one value a column");
        self.keys.push(key);
        self.event_at.push(event_at);
        self.known_at.push(known_at);
        for (column, value) in self.columns.iter_mut().zip(values) {
            column.push(*value);
        }
    }

    /// Drops the rows that speak of a time after `end`.
    pub fn cut_after(&mut self, end: i64) {
        let stays: Vec<bool> = self.event_at.iter().map(|event_at| *event_at <= end).collect();
        fn keep<T>(column: &mut Vec<T>, stays: &[bool]) {
            let mut stays = stays.iter();
            column.retain(|_| stays.next().copied().unwrap_or(false));
        }
        keep(&mut self.keys, &stays);
        keep(&mut self.event_at, &stays);
        keep(&mut self.known_at, &stays);
        self.columns.iter_mut().for_each(|column| keep(column, &stays));
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }
}
