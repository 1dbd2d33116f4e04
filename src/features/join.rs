//! The point-in-time join.

use super::{FeatureRows, FeatureView};

/// Entities and the instant at which each asks for its features. Times are milliseconds since 1970 UTC.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EntityRows {
    /// Entity key of each row.
    pub keys: Vec<u32>,
    /// The row's time: nothing later is seen.
    pub as_of: Vec<i64>,
}

/// The features found, one column a field of the view, one value an entity row; NaN where nothing was valid.
#[derive(Debug, Clone, PartialEq)]
pub struct Joined {
    /// One column a field, each as long as the entity rows.
    pub columns: Vec<Vec<f64>>,
    /// For each entity row, the index of the feature row that was joined.
    pub rows: Vec<Option<usize>>,
}

/// For each entity row, the newest feature row of its key with `event_at ≤ as_of`,
/// `known_at ≤ as_of` and, if the view has a time to live, `event_at ≥ as_of − ttl` (both ends
/// closed); ties in `event_at` go to the latest `known_at`. Entity rows are never dropped: where
/// nothing is valid the values are NaN.
pub fn point_in_time_join(entities: &EntityRows, view: &FeatureView, rows: &FeatureRows) -> Joined {
    let _ = (entities, view, rows);
    todo!()
}
