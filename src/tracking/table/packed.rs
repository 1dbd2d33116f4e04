//! Columns of numbers as bytes, little-endian one after the other: read at once, where a number at a time takes longer than all
//! else together.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Error, Visitor};
use serde::{Deserializer, Serializer};

/// A number of a fixed size.
pub(super) trait Number: Sized {
    /// Its bytes.
    type Bytes: AsRef<[u8]>;
    fn to_bytes(&self) -> Self::Bytes;
    /// A column; none where the bytes end within a number.
    fn column(bytes: &[u8]) -> Option<Vec<Self>>;
}

macro_rules! number {
    ($($number:ty),+) => {$(
        impl Number for $number {
            type Bytes = [u8; size_of::<$number>()];
            fn to_bytes(&self) -> Self::Bytes {
                self.to_le_bytes()
            }
            fn column(bytes: &[u8]) -> Option<Vec<Self>> {
                let (numbers, rest) = bytes.as_chunks();
                rest.is_empty().then(|| numbers.iter().copied().map(Self::from_le_bytes).collect())
            }
        }
    )+};
}

number!(f64, i64, u32);

pub(super) fn serialize<T: Number, S: Serializer>(column: &[T], serializer: S) -> Result<S::Ok, S::Error> {
    let mut bytes = Vec::with_capacity(std::mem::size_of_val(column));
    column.iter().for_each(|number| bytes.extend_from_slice(number.to_bytes().as_ref()));
    serializer.serialize_bytes(&bytes)
}

pub(super) fn deserialize<'de, T: Number, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    deserializer.deserialize_bytes(Column(PhantomData))
}

struct Column<T>(PhantomData<T>);

impl<T: Number> Visitor<'_> for Column<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "whole numbers of {} bytes", size_of::<T>())
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Vec<T>, E> {
        T::column(bytes).ok_or_else(|| E::invalid_length(bytes.len(), &self))
    }
}
