//! The fast way in: a record that keeps its contract is read straight from the text, without a tree of values.
//!
//! It only ever says yes. Whatever it does not take, for whatever reason, goes the whole way through
//! [`Contract::check`], which is the judge; both read values by the same function. A property test holds one against
//! the other.

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};

use super::contract::{Contract, Field, Kind, Shape};
use super::record::{Cell, Encoding, Row};
use super::scalar::{self, Raw};

/// What the fast way says about the text at hand.
#[derive(Debug, PartialEq)]
pub enum Accepted<'r> {
    /// A row that keeps the contract, and how many bytes it took.
    Row(Row<'r>, usize),
    /// The text ends before the record does.
    Short,
    /// It must go the whole way.
    No,
}

impl Contract {
    /// Tries the record that starts at the first byte of a JSON text. What stands behind it is not looked at.
    pub fn accept<'r>(&self, text: &'r [u8]) -> Accepted<'r> {
        // Where a required field follows, its bit must be set; 64 fields an object are plenty for this way.
        if self.shape.fields.len() > 64 {
            return Accepted::No;
        }
        let mut cells = vec![Cell::Null; self.leaves.len()];
        let mut reader = serde_json::Deserializer::from_slice(text);
        match (ObjectSeed { shape: &self.shape, cells: &mut cells }).deserialize(&mut reader) {
            Ok(()) => {
                let taken = reader.into_iter::<IgnoredAny>().byte_offset();
                Accepted::Row(Row { cells }, taken)
            }
            Err(error) if error.is_eof() => Accepted::Short,
            Err(_) => Accepted::No,
        }
    }
}

/// An error without a text: nobody reads it.
fn no<E: de::Error>() -> E {
    E::custom("")
}

struct ObjectSeed<'c, 'k, 'r> {
    shape: &'c Shape,
    cells: &'k mut [Cell<'r>],
}

impl<'r> DeserializeSeed<'r> for ObjectSeed<'_, '_, 'r> {
    type Value = ();

    fn deserialize<D: Deserializer<'r>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'r> Visitor<'r> for ObjectSeed<'_, '_, 'r> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'r>>(self, mut map: A) -> Result<(), A::Error> {
        let Self { shape, cells } = self;
        let (mut seen, mut next) = (0u64, 0);
        while let Some(at) = map.next_key_seed(KeySeed { shape, next })? {
            // Which of two values of the same name counts is for the judge to say.
            if seen & (1 << at) != 0 {
                return Err(no());
            }
            seen |= 1 << at;
            next = at + 1;
            map.next_value_seed(ValueSeed { field: &shape.fields[at], cells })?;
        }
        let lacks = |(at, field): (usize, &Field)| field.required && seen & (1 << at) == 0;
        if shape.fields.iter().enumerate().any(lacks) { Err(no()) } else { Ok(()) }
    }
}

/// Which field a name is. Fields mostly come in the order of declaration, so `next` is tried first.
struct KeySeed<'c> {
    shape: &'c Shape,
    next: usize,
}

impl<'r> DeserializeSeed<'r> for KeySeed<'_> {
    type Value = usize;

    fn deserialize<D: Deserializer<'r>>(self, deserializer: D) -> Result<usize, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for KeySeed<'_> {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field's name")
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<usize, E> {
        let fields = &self.shape.fields;
        match fields.get(self.next) {
            Some(field) if field.name == name => Ok(self.next),
            _ => fields.iter().position(|field| field.name == name).ok_or_else(no),
        }
    }
}

struct ValueSeed<'c, 'k, 'r> {
    field: &'c Field,
    cells: &'k mut [Cell<'r>],
}

impl<'r> ValueSeed<'_, '_, 'r> {
    fn take<E: de::Error>(self, raw: Raw<'r>) -> Result<(), E> {
        match scalar::read(&self.field.kind, raw, Encoding::Typed) {
            Ok(cell) => {
                self.cells[self.field.leaf] = cell;
                Ok(())
            }
            Err(_) => Err(no()),
        }
    }
}

impl<'r> DeserializeSeed<'r> for ValueSeed<'_, '_, 'r> {
    type Value = ();

    fn deserialize<D: Deserializer<'r>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'r> Visitor<'r> for ValueSeed<'_, '_, 'r> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: de::Error>(self) -> Result<(), E> {
        if self.field.nullable { Ok(()) } else { Err(no()) }
    }

    fn visit_bool<E: de::Error>(self, flag: bool) -> Result<(), E> {
        self.take(Raw::Flag(flag))
    }

    fn visit_i64<E: de::Error>(self, whole: i64) -> Result<(), E> {
        self.take(Raw::Integer(whole))
    }

    fn visit_u64<E: de::Error>(self, whole: u64) -> Result<(), E> {
        self.take(i64::try_from(whole).map_or(Raw::Large(whole), Raw::Integer))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<(), E> {
        self.take(Raw::Number(number))
    }

    fn visit_borrowed_str<E: de::Error>(self, text: &'r str) -> Result<(), E> {
        self.take(Raw::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<(), E> {
        self.take(Raw::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_map<A: MapAccess<'r>>(self, map: A) -> Result<(), A::Error> {
        match &self.field.kind {
            Kind::Object(shape) if shape.fields.len() <= 64 => ObjectSeed { shape, cells: self.cells }.visit_map(map),
            _ => Err(no()),
        }
    }
}
