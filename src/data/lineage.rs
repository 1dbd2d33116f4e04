//! Where each row was read: the way back from a value to the bytes that it came from.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// The place of one record: an input of its manifest, and the rows of it that made the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Which of the manifest's `inputs`, counted from 0.
    pub input: u32,
    /// The rows, as an editor counts them; in JSON the record's number.
    pub rows: Vec<u64>,
}

/// The origins of a dataset's records, in the canonical order of the records. Written as one list of numbers a record:
/// the input, then the rows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Lineage(Vec<Origin>);

impl Lineage {
    /// A lineage of these origins, one a record.
    pub fn new(origins: Vec<Origin>) -> Self {
        Self(origins)
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many records it speaks of.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The origin of the record at this place of the canonical order.
    pub fn get(&self, at: usize) -> Option<&Origin> {
        self.0.get(at)
    }

    /// What is wrong with it, as a clause, for so many records out of so many inputs.
    pub fn problem(&self, records: u64, inputs: usize) -> Option<String> {
        if self.0.len() as u64 != records {
            return Some(format!("it speaks of {} records, and the data has {records}", self.0.len()));
        }
        let outside = self.0.iter().position(|origin| origin.input as usize >= inputs)?;
        Some(format!(
            "record {} is of input {}, and the manifest has {inputs}",
            outside + 1,
            u64::from(self.0[outside].input) + 1
        ))
    }
}

impl Serialize for Origin {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(std::iter::once(u64::from(self.input)).chain(self.rows.iter().copied()))
    }
}

impl<'de> Deserialize<'de> for Origin {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut numbers = Vec::<u64>::deserialize(deserializer)?.into_iter();
        let input =
            numbers.next().ok_or_else(|| D::Error::custom("expected an input and its rows, found no number"))?;
        let input = u32::try_from(input).map_err(D::Error::custom)?;
        Ok(Self { input, rows: numbers.collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lineage_is_a_list_of_numbers_a_record() {
        let lineage =
            Lineage::new(vec![Origin { input: 0, rows: vec![2, 3] }, Origin { input: 1, rows: vec![7_000_000_000] }]);
        let text = serde_json::to_string(&lineage).unwrap();
        assert_eq!(text, "[[0,2,3],[1,7000000000]]");
        assert_eq!(serde_json::from_str::<Lineage>(&text).unwrap(), lineage);
        assert!(serde_json::from_str::<Lineage>("[[]]").unwrap_err().to_string().contains("found no number"));
    }

    #[test]
    fn a_lineage_of_other_data_is_told() {
        let lineage = Lineage::new(vec![Origin { input: 1, rows: vec![2] }]);
        assert_eq!(lineage.problem(1, 2), None);
        assert_eq!(lineage.problem(2, 2).unwrap(), "it speaks of 1 records, and the data has 2");
        assert_eq!(lineage.problem(1, 1).unwrap(), "record 1 is of input 2, and the manifest has 1");
    }
}
