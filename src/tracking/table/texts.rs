//! Texts one after the other: ten thousand of them are one piece of memory and not ten thousand.

use serde::{Deserialize, Serialize};

use super::packed;

/// Texts by their places.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Texts {
    all: String,
    /// Where each of them ends, in bytes.
    #[serde(with = "packed")]
    ends: Vec<u32>,
}

impl Texts {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The text at a place.
    pub(super) fn get(&self, at: usize) -> Option<&str> {
        let start = if at == 0 { 0 } else { *self.ends.get(at - 1)? };
        self.all.get(start as usize..*self.ends.get(at)? as usize)
    }

    /// All of them, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).filter_map(|at| self.get(at))
    }
}

impl<'a> FromIterator<&'a str> for Texts {
    /// # Panics
    /// If they have more than 4 GiB.
    fn from_iter<I: IntoIterator<Item = &'a str>>(texts: I) -> Self {
        let mut found = Self::default();
        for text in texts {
            found.all.push_str(text);
            found.ends.push(u32::try_from(found.all.len()).expect("at most 4 GiB of text"));
        }
        found
    }
}
