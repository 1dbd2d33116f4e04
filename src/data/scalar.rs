//! One value against its kind: the only place where a value is read, whatever way it came.
//!
//! Types and texts are Pydantic's. JSON is read as strictly as Pydantic does under `strict=True`, text (CSV) as its lax
//! mode reads strings. Days and instants are read by speedate, which is Pydantic's own reader.

use std::borrow::Cow;

use serde_json::{Map, Number, Value};

use super::contract::Kind;
use super::record::{Cell, Encoding};
use crate::base::{Date, Instant};

/// A value as it was written, without a copy.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Raw<'r> {
    Text(Cow<'r, str>),
    Integer(i64),
    /// A whole number beyond `i64`.
    Large(u64),
    Number(f64),
    Flag(bool),
    /// An object or a list.
    Composite,
}

impl<'r> Raw<'r> {
    /// A JSON value, which is not null.
    pub(super) fn of(value: &'r Value) -> Self {
        match value {
            Value::String(text) => Raw::Text(Cow::Borrowed(text)),
            Value::Bool(flag) => Raw::Flag(*flag),
            Value::Number(number) => Raw::of_number(number),
            _ => Raw::Composite,
        }
    }

    /// A JSON number.
    pub(super) fn of_number(number: &Number) -> Self {
        match (number.as_i64(), number.as_u64()) {
            (Some(whole), _) => Raw::Integer(whole),
            (None, Some(large)) => Raw::Large(large),
            (None, None) => number.as_f64().map_or(Raw::Composite, Raw::Number),
        }
    }
}

/// A broken rule: its name, its text and its parameters. It is rare and large, so it goes by its address.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Broken {
    pub(super) kind: &'static str,
    pub(super) msg: String,
    pub(super) ctx: Map<String, Value>,
}

impl Broken {
    #[cold]
    pub(super) fn new(kind: &'static str, msg: impl Into<String>) -> Box<Self> {
        Box::new(Self { kind, msg: msg.into(), ctx: Map::new() })
    }

    pub(super) fn with(mut self: Box<Self>, name: &str, value: impl Into<Value>) -> Box<Self> {
        self.ctx.insert(name.to_owned(), value.into());
        self
    }
}

/// Reads a value as its kind says. Objects and lists are not scalars: they break the rule that they are compared with.
#[inline]
pub(super) fn read<'r>(kind: &Kind, raw: Raw<'r>, encoding: Encoding) -> Result<Cell<'r>, Box<Broken>> {
    match kind {
        Kind::Text { min_length, max_length, pattern } => {
            let Raw::Text(text) = raw else { return Err(Broken::new("string_type", "Input should be a valid string")) };
            let ascii = text.is_ascii();
            let length = || if ascii { text.len() } else { text.chars().count() };
            if let Some(min) = min_length
                && length() < *min
            {
                let msg = format!("String should have at least {min} character{}", plural(*min));
                return Err(Broken::new("string_too_short", msg).with("min_length", *min));
            }
            if let Some(max) = max_length
                && length() > *max
            {
                let msg = format!("String should have at most {max} character{}", plural(*max));
                return Err(Broken::new("string_too_long", msg).with("max_length", *max));
            }
            match pattern {
                Some(pattern) if !pattern.matches(&text) => {
                    let msg = format!("String should match pattern '{}'", pattern.expression);
                    Err(Broken::new("string_pattern_mismatch", msg).with("pattern", pattern.expression))
                }
                _ => Ok(Cell::Text(text)),
            }
        }
        Kind::Integer { min, max } => {
            let number = read_integer(raw, encoding, *min, *max)?;
            within(&number, min.as_ref(), max.as_ref(), |bound| (*bound).into(), i64::to_string)?;
            Ok(Cell::Integer(number))
        }
        Kind::Number { min, max } => {
            let number = read_number(&raw, encoding)?;
            if !number.is_finite() {
                return Err(Broken::new("finite_number", "Input should be a finite number"));
            }
            within(&number, min.as_ref(), max.as_ref(), |bound| (*bound).into(), f64::to_string)?;
            Ok(Cell::Number(number))
        }
        Kind::Flag => read_flag(&raw, encoding).map(Cell::Flag),
        Kind::Day { min, max } => {
            let day = read_day(&raw)?;
            within(&day, min.as_ref(), max.as_ref(), |bound| bound.to_string().into(), Date::to_string)?;
            Ok(Cell::Day(day))
        }
        Kind::Instant => read_instant(&raw).map(Cell::Instant),
        Kind::OneOf { values } => match &raw {
            Raw::Text(text) => choice(values, text.as_bytes()).map(Cell::Choice),
            _ => None,
        }
        .ok_or_else(|| {
            let expected = quoted(values);
            Broken::new("literal_error", format!("Input should be {expected}")).with("expected", expected)
        }),
        Kind::Object(shape) => {
            Err(Broken::new("model_type", "Input should be an object").with("class_name", shape.name.clone()))
        }
        Kind::List(_) => Err(Broken::new("list_type", "Input should be a valid array")),
    }
}

/// Which of the texts it is. Most differ in length or in the first byte, and a call of a comparison costs more.
fn choice(values: &[String], text: &[u8]) -> Option<usize> {
    values
        .iter()
        .map(String::as_bytes)
        .position(|allowed| allowed.len() == text.len() && allowed.first() == text.first() && allowed == text)
}

fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}

/// `'a', 'b' or 'c'`.
fn quoted(values: &[String]) -> String {
    let quoted: Vec<String> = values.iter().map(|value| format!("'{value}'")).collect();
    match quoted.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [before @ .., last] => format!("{} or {last}", before.join(", ")),
    }
}

fn within<T: PartialOrd>(
    value: &T,
    min: Option<&T>,
    max: Option<&T>,
    json: fn(&T) -> Value,
    text: fn(&T) -> String,
) -> Result<(), Box<Broken>> {
    if let Some(min) = min
        && value < min
    {
        return Err(at_least(text(min), json(min)));
    }
    if let Some(max) = max
        && value > max
    {
        return Err(at_most(text(max), json(max)));
    }
    Ok(())
}

fn at_least(text: String, bound: Value) -> Box<Broken> {
    Broken::new("greater_than_equal", format!("Input should be greater than or equal to {text}")).with("ge", bound)
}

fn at_most(text: String, bound: Value) -> Box<Broken> {
    Broken::new("less_than_equal", format!("Input should be less than or equal to {text}")).with("le", bound)
}

const FRACTION: &str = "Input should be a valid integer, got a number with a fractional part";

fn read_integer(raw: Raw<'_>, encoding: Encoding, min: Option<i64>, max: Option<i64>) -> Result<i64, Box<Broken>> {
    let beyond = |above: bool| match (above, min, max) {
        (true, _, Some(max)) => at_most(max.to_string(), max.into()),
        (false, Some(min), _) => at_least(min.to_string(), min.into()),
        _ => Broken::new("int_parsing_size", "Unable to parse input string as an integer, exceeded maximum size"),
    };
    match (raw, encoding) {
        (Raw::Integer(whole), _) => Ok(whole),
        (Raw::Large(_), _) => Err(beyond(true)),
        (Raw::Text(text), Encoding::Text) => match text.trim().parse() {
            Ok(whole) => Ok(whole),
            Err(_) => whole_float(text.trim(), beyond),
        },
        _ => Err(Broken::new("int_type", "Input should be a valid integer")),
    }
}

/// `94.0`, as data frames with gaps write whole numbers.
fn whole_float(text: &str, beyond: impl Fn(bool) -> Box<Broken>) -> Result<i64, Box<Broken>> {
    let parsing = || {
        let msg = "Input should be a valid integer, unable to parse string as an integer";
        Broken::new("int_parsing", msg)
    };
    let number: f64 = text.parse().map_err(|_| parsing())?;
    // Words such as `nan` and `inf` are no numbers of a table; digits without an end are one that is too large.
    if number.is_nan() || text.bytes().any(|byte| byte.is_ascii_alphabetic() && !matches!(byte, b'e' | b'E')) {
        Err(parsing())
    } else if number.abs() > 9e15 {
        Err(beyond(number > 0.0))
    } else if number.fract() != 0.0 {
        Err(Broken::new("int_from_float", FRACTION))
    } else {
        Ok(number as i64)
    }
}

fn read_number(raw: &Raw<'_>, encoding: Encoding) -> Result<f64, Box<Broken>> {
    match (raw, encoding) {
        (Raw::Integer(whole), _) => Ok(*whole as f64),
        (Raw::Large(large), _) => Ok(*large as f64),
        (Raw::Number(number), _) => Ok(*number),
        (Raw::Text(text), Encoding::Text) => text.trim().parse().map_err(|_| {
            Broken::new("float_parsing", "Input should be a valid number, unable to parse string as a number")
        }),
        _ => Err(Broken::new("float_type", "Input should be a valid number")),
    }
}

fn read_flag(raw: &Raw<'_>, encoding: Encoding) -> Result<bool, Box<Broken>> {
    match (raw, encoding) {
        (Raw::Flag(flag), _) => Ok(*flag),
        (Raw::Text(text), Encoding::Text) => match text.as_ref() {
            "1" | "true" | "True" | "TRUE" => Ok(true),
            "0" | "false" | "False" | "FALSE" => Ok(false),
            _ => Err(Broken::new("bool_parsing", "Input should be a valid boolean, unable to interpret input")),
        },
        _ => Err(Broken::new("bool_type", "Input should be a valid boolean")),
    }
}

/// The calendar of ISO 8601 has a year 0, Python's has none.
const YEAR_ZERO: &str = "year 0 is out of range";

/// What Pydantic prints of a reading error.
fn worded(error: &speedate::ParseError) -> String {
    strum::EnumMessage::get_documentation(error).map_or_else(|| error.to_string(), str::to_owned)
}

/// `YYYY-MM-DD` and nothing else: two spellings of a day would make two digests of the same content.
fn read_day(raw: &Raw<'_>) -> Result<Date, Box<Broken>> {
    let Raw::Text(text) = raw else { return Err(Broken::new("date_type", "Input should be a valid date")) };
    let parsing = |error: &str| {
        Broken::new("date_parsing", format!("Input should be a valid date in the format YYYY-MM-DD, {error}"))
            .with("error", error)
    };
    let day = speedate::Date::parse_str_rfc3339(text).map_err(|error| parsing(&worded(&error)))?;
    if day.year == 0 {
        return Err(parsing(YEAR_ZERO));
    }
    Date::from_ymd_opt(day.year.into(), day.month.into(), day.day.into())
        .ok_or_else(|| parsing("day value is outside expected range"))
}

fn read_instant(raw: &Raw<'_>) -> Result<Instant, Box<Broken>> {
    let Raw::Text(text) = raw else { return Err(Broken::new("datetime_type", "Input should be a valid datetime")) };
    let parsing = |error: &str| {
        Broken::new("datetime_parsing", format!("Input should be a valid datetime, {error}")).with("error", error)
    };
    // Fractions beyond microseconds are cut off.
    let config = speedate::TimeConfigBuilder::new()
        .microseconds_precision_overflow_behavior(speedate::MicrosecondsPrecisionOverflowBehavior::Truncate)
        .build();
    let read = match speedate::DateTime::parse_bytes_rfc3339_with_config(text.as_bytes(), &config) {
        Ok(read) if read.date.year == 0 => return Err(parsing(YEAR_ZERO)),
        Ok(read) => read,
        Err(error) => return Err(parsing(&worded(&error))),
    };
    if read.time.tz_offset.is_none() {
        return Err(Broken::new("timezone_aware", "Input should have timezone info"));
    }
    Instant::from_timestamp(read.timestamp_tz(), read.time.microsecond * 1000)
        .ok_or_else(|| parsing("year is out of range"))
}
