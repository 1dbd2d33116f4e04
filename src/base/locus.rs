//! Places in a source, so that a message can say where.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A place in a source: a file, a row, a column, each as far as it is known.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Locus {
    /// File name or address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Row as a person counts it in an editor: the header is row 1. For JSON, the record's number from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row: Option<u64>,
    /// Column or field name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
}

impl Locus {
    /// A whole file.
    pub fn file(name: impl Into<String>) -> Self {
        Self { file: Some(name.into()), row: None, column: None }
    }

    /// A row of this place's file.
    pub fn at_row(&self, row: u64) -> Self {
        Self { row: Some(row), ..self.clone() }
    }

    /// A column of this place's row.
    pub fn at_column(&self, column: impl Into<String>) -> Self {
        Self { column: Some(column.into()), ..self.clone() }
    }
}

impl fmt::Display for Locus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.file.as_deref().unwrap_or("input"))?;
        if let Some(row) = self.row {
            write!(f, ", row {row}")?;
        }
        if let Some(column) = &self.column {
            write!(f, ", column {column}")?;
        }
        Ok(())
    }
}
