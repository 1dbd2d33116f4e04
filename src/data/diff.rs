//! What changed between two sets of keyed rows: added, removed, changed, field by field.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Rows by their key. A key stands for one row, and the order is that of the keys.
pub type Rows = BTreeMap<String, Value>;

/// A row that only one side has.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KeyedRow {
    /// Its key.
    pub key: String,
    /// The row.
    pub row: Value,
}

/// One field of a row that both sides have.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FieldChange {
    /// The field's path, such as `score.home`.
    pub field: String,
    /// Its value before; none where the row had no such field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// Its value after; none where the row has no such field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
}

/// A row that is another one after.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RowChange {
    /// Its key.
    pub key: String,
    /// The fields that differ, in the order of their paths.
    pub fields: Vec<FieldChange>,
}

/// What changed. The counts are of all rows, the lists are the first of each kind in the order of the keys.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ManifestDiff {
    /// Rows that only the second side has.
    pub added: u64,
    /// Rows that only the first side has.
    pub removed: u64,
    /// Rows that both have and that differ.
    pub changed: u64,
    /// Rows that are the same on both sides.
    pub unchanged: u64,
    /// The first of the added rows.
    pub first_added: Vec<KeyedRow>,
    /// The first of the removed rows.
    pub first_removed: Vec<KeyedRow>,
    /// The first of the changed rows.
    pub first_changed: Vec<RowChange>,
}

impl ManifestDiff {
    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        self.added + self.removed + self.changed == 0
    }
}

/// Compares two sets of rows and keeps up to `shown` rows of each kind.
pub fn diff(before: &Rows, after: &Rows, shown: usize) -> ManifestDiff {
    let mut found = ManifestDiff::default();
    let (mut old, mut new) = (before.iter().peekable(), after.iter().peekable());
    loop {
        let order = match (old.peek(), new.peek()) {
            (None, None) => return found,
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (Some((old, _)), Some((new, _))) => old.cmp(new),
        };
        let before = if order.is_le() { old.next() } else { None };
        let after = if order.is_ge() { new.next() } else { None };
        found.enter(before, after, shown);
    }
}

impl ManifestDiff {
    fn enter(&mut self, before: Option<(&String, &Value)>, after: Option<(&String, &Value)>, shown: usize) {
        let keyed = |(key, row): (&String, &Value)| KeyedRow { key: key.clone(), row: row.clone() };
        match (before, after) {
            (Some(row), None) => {
                self.removed += 1;
                if self.first_removed.len() < shown {
                    self.first_removed.push(keyed(row));
                }
            }
            (None, Some(row)) => {
                self.added += 1;
                if self.first_added.len() < shown {
                    self.first_added.push(keyed(row));
                }
            }
            (Some((_, before)), Some((_, after))) if before == after => self.unchanged += 1,
            (Some((key, before)), Some((_, after))) => {
                self.changed += 1;
                if self.first_changed.len() < shown {
                    let mut fields = Vec::new();
                    compare("", Some(before), Some(after), &mut fields);
                    self.first_changed.push(RowChange { key: key.clone(), fields });
                }
            }
            (None, None) => {}
        }
    }
}

/// Fields that differ, in the order of their paths. Objects are gone into, lists are values.
fn compare(path: &str, before: Option<&Value>, after: Option<&Value>, fields: &mut Vec<FieldChange>) {
    if before == after {
        return;
    }
    let inside = |value: Option<&Value>| value.and_then(Value::as_object).filter(|object| !object.is_empty()).cloned();
    let (old, new) = (inside(before), inside(after));
    // What is an object on one side and absent on the other is told by its fields too; a value of another kind is not.
    let gone_into =
        (old.is_some() || new.is_some()) && (before.is_none() || old.is_some()) && (after.is_none() || new.is_some());
    if !gone_into {
        fields.push(FieldChange { field: path.to_owned(), before: before.cloned(), after: after.cloned() });
        return;
    }
    let (old, new) = (old.unwrap_or_default(), new.unwrap_or_default());
    let mut names: Vec<&String> = old.keys().chain(new.keys()).collect();
    names.sort_unstable();
    names.dedup();
    for name in names {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        compare(&path, old.get(name), new.get(name), fields);
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use serde_json::json;

    fn rows(list: &[(&str, Value)]) -> Rows {
        list.iter().map(|(key, row)| ((*key).to_owned(), row.clone())).collect()
    }

    #[test]
    fn rows_are_added_removed_and_changed_by_key() {
        let before = rows(&[("a", json!({"n": 1})), ("b", json!({"n": 2})), ("c", json!({"n": 3}))]);
        let after = rows(&[("b", json!({"n": 2})), ("c", json!({"n": 4})), ("d", json!({"n": 5}))]);
        let found = diff(&before, &after, 10);
        assert_eq!((found.added, found.removed, found.changed, found.unchanged), (1, 1, 1, 1));
        assert_eq!((found.first_added[0].key.as_str(), found.first_removed[0].key.as_str()), ("d", "a"));
        let change = FieldChange { field: "n".into(), before: Some(json!(3)), after: Some(json!(4)) };
        assert_eq!(found.first_changed, [RowChange { key: "c".into(), fields: vec![change] }]);
    }

    #[test]
    fn a_change_names_the_innermost_field() {
        let before = rows(&[("a", json!({"score": {"home": 1, "visitor": 2}, "day": "x"}))]);
        let after = rows(&[("a", json!({"score": {"home": 1, "visitor": 3}, "box": {"fga": 9}, "day": null}))]);
        let fields = &diff(&before, &after, 1).first_changed[0].fields;
        let told: Vec<(&str, Option<Value>, Option<Value>)> =
            fields.iter().map(|field| (field.field.as_str(), field.before.clone(), field.after.clone())).collect();
        assert_eq!(
            told,
            [
                ("box.fga", None, Some(json!(9))),
                ("day", Some(json!("x")), Some(Value::Null)),
                ("score.visitor", Some(json!(2)), Some(json!(3))),
            ]
        );
    }

    #[test]
    fn beyond_the_first_rows_they_are_counted() {
        let many: Rows = (0..50).map(|at| (format!("{at:02}"), json!(at))).collect();
        let found = diff(&Rows::new(), &many, 3);
        assert_eq!((found.added, found.first_added.len()), (50, 3));
        assert_eq!(found.first_added[2].key, "02");
        assert!(diff(&many, &many, 3).is_empty());
    }

    #[cfg(not(target_arch = "wasm32"))]
    mod property {
        use super::*;
        use proptest::prelude::*;

        /// Looks every key up on the other side.
        fn naive(before: &Rows, after: &Rows, shown: usize) -> ManifestDiff {
            let only = |one: &Rows, other: &Rows| -> Vec<KeyedRow> {
                let mut rows: Vec<KeyedRow> = Vec::new();
                for (key, row) in one {
                    if !other.contains_key(key) {
                        rows.push(KeyedRow { key: key.clone(), row: row.clone() });
                    }
                }
                rows
            };
            let both = before.iter().filter_map(|(key, row)| Some((key, row, after.get(key)?)));
            let (same, other): (Vec<_>, Vec<_>) = both.partition(|(_, old, new)| old == new);
            let (mut first_added, mut first_removed) = (only(after, before), only(before, after));
            let (added, removed) = (first_added.len() as u64, first_removed.len() as u64);
            first_added.truncate(shown);
            first_removed.truncate(shown);
            let first_changed = other.iter().take(shown).map(|(key, old, new)| RowChange {
                key: (*key).clone(),
                fields: ["a", "b"]
                    .iter()
                    .filter(|name| old.get(name) != new.get(name))
                    .map(|name| FieldChange {
                        field: (*name).to_string(),
                        before: old.get(name).cloned(),
                        after: new.get(name).cloned(),
                    })
                    .collect(),
            });
            ManifestDiff {
                added,
                removed,
                changed: other.len() as u64,
                unchanged: same.len() as u64,
                first_added,
                first_removed,
                first_changed: first_changed.collect(),
            }
        }

        fn any_rows() -> impl Strategy<Value = Rows> {
            let row = (0_u8..3, proptest::option::of(0_u8..2))
                .prop_map(|(a, b)| b.map_or(json!({ "a": a }), |b| json!({ "a": a, "b": b })));
            proptest::collection::btree_map("[a-f]{1,2}", row, 0..30)
        }

        proptest! {
            #[test]
            fn the_merge_finds_what_looking_up_every_key_finds(
                before in any_rows(), after in any_rows(), shown in 0_usize..8,
            ) {
                prop_assert_eq!(diff(&before, &after, shown), naive(&before, &after, shown));
            }
        }
    }
}
