//! Feature views and their rows.

use serde::{Deserialize, Serialize};

/// One feature of a view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// Its name, unique in the view.
    pub name: String,
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
    /// What a row is about, such as `team`.
    pub entity: String,
    /// Raised with every change of schema or formula.
    pub version: u32,
    /// Time to live in milliseconds: a row older than this at the entity's time is not joined. None: no bound.
    pub ttl_ms: Option<i64>,
    /// What it is for.
    pub description: String,
    /// The features, in the order of the rows' columns.
    pub fields: Vec<Field>,
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

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }
}
