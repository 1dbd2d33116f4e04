//! Records of a contract as they are: a table with the contract's fields as columns, a JSON list, an object around a
//! list, or JSON Lines.

use serde_json::{Value, json};

use super::table::{self, TRUNCATED, Table};
use super::{About, File, Parsed, Provider, Sink, Start, Stop};
use crate::base::Locus;
use crate::data::reader::json::{self as json_reader, Element, Handler, JsonError};
use crate::data::{Contract, RawRecord, Rule, Scope, SourceKind, Violation, any_error};
use crate::league::contracts;

pub(super) const JSON_INVALID: Rule = Rule::error(
    "json_invalid",
    Scope::Form,
    "conformity",
    "JSON is well-formed; where one record is not, the next are read.",
);

/// Games as the contract has them.
pub(super) struct Records;

/// The one provider of them.
pub(super) static GAMES: Records = Records;

impl Provider for Records {
    fn id(&self) -> &'static str {
        "records"
    }

    fn version(&self) -> u32 {
        1
    }

    fn about(&self) -> About {
        About {
            title: "Games as the contract has them",
            known_by: "a JSON list, JSON Lines, or a CSV table whose columns are the contract's fields (id, date, …, score.home, …)",
        }
    }

    fn recognises(&self, start: &Start<'_>) -> bool {
        match start {
            Start::Table(header) => {
                let known = |column: &&String| contracts::games().leaf(column).is_some();
                header.iter().filter(known).count() * 2 > header.len() && header.iter().any(|column| column == "id")
            }
            Start::Json { name, list, .. } => {
                *list && name.is_empty() || contracts::games().shape.fields.iter().any(|field| field.name == *name)
            }
        }
    }

    fn parse(&self, mut file: File<'_, '_>, sink: &mut dyn Sink) -> Result<Parsed, Stop> {
        let first = file.window.data().iter().find(|byte| !byte.is_ascii_whitespace());
        match first {
            Some(b'[' | b'{') => parse_json(contracts::games(), file, sink),
            _ => parse_table(contracts::games(), &mut file, sink),
        }
    }
}

fn parsed(scheme: &'static str, violations: Vec<Violation>) -> Parsed {
    let parser = format!("{}/{}", GAMES.id(), GAMES.version());
    Parsed { provider: GAMES.id(), parser, scheme, source_kind: SourceKind::Real, violations }
}

/// Hands on what a JSON source says.
struct ToSink<'s> {
    file: &'s Locus,
    sink: &'s mut dyn Sink,
}

impl Handler for ToSink<'_> {
    // Without named lists there are no members.
    fn member(&mut self, _: &str, _: Value) {}

    fn element(&mut self, number: u64, element: Element<'_>) -> bool {
        hand_on(self.file, number, element, self.sink)
    }

    fn taken(&mut self, bytes: u64) {
        self.sink.taken(bytes);
    }
}

/// Hands an element on as a row or a record.
pub(super) fn hand_on(file: &Locus, number: u64, element: Element<'_>, sink: &mut dyn Sink) -> bool {
    match element {
        Element::Row(row) => sink.row(row, file, number),
        Element::Value(value) => sink.record(RawRecord::typed(file, number, value)),
        Element::Broken { reason, text } => sink.record(broken(file, number, &reason, text)),
    }
}

/// A record whose text is no JSON.
fn broken(file: &Locus, number: u64, reason: &str, text: String) -> RawRecord {
    // What cannot be read has no fields: the one violation says all.
    let mut record = RawRecord::typed(file, number, json!({}));
    let msg = format!("Invalid JSON: {reason}");
    record.defects.push(Violation::of(&JSON_INVALID, record.locus.clone(), json!(text), msg).with("error", reason));
    record.encoding = crate::data::Encoding::Text;
    record.raw = Some([("text".to_owned(), json!(text))].into_iter().collect());
    record
}

/// What stops the reading of JSON, as a [`Stop`].
pub(super) fn stop(file: &Locus, error: JsonError) -> Stop {
    let found = json!(error.to_string());
    let say = |rule: &Rule, line: u64, msg: &str| Violation::of(rule, file.at_row(line), found, msg).into();
    match error {
        JsonError::Io(error) => Stop::Failed(error.to_string()),
        JsonError::Cancelled => Stop::Cancelled,
        JsonError::Truncated { line } => say(&TRUNCATED, line, "JSON should be whole: get the file again"),
        JsonError::Syntax { line, .. } => say(&JSON_INVALID, line, "JSON should be well-formed"),
        JsonError::TooLong { line } => say(&table::TOO_LONG, line, "A record should have at most 1 MiB"),
        JsonError::TooDeep { line } => say(&JSON_INVALID, line, "Values should be nested less deeply"),
    }
}

/// Reads a list or JSON Lines of a contract's records.
pub(super) fn parse_json(contract: &Contract, file: File<'_, '_>, sink: &mut dyn Sink) -> Result<Parsed, Stop> {
    // The published forms of records put them into a member that is named as the contract is.
    let (_, name) = super::sniff::first_name(file.window.data());
    let bare = contract.shape.field(&name).is_some();
    let lists: &[&str] = if bare { &[] } else { &[contract.id, "records", "data"] };
    let mut handler = ToSink { file: file.locus, sink };
    json_reader::read(file.window, Some(contract), lists, &mut handler).map_err(|error| stop(file.locus, error))?;
    Ok(parsed("json", Vec::new()))
}

/// Reads a table whose columns are the contract's fields.
pub(super) fn parse_table(contract: &Contract, file: &mut File<'_, '_>, sink: &mut dyn Sink) -> Result<Parsed, Stop> {
    let mut table = Table::open(file)?;
    let violations = header_against(contract, &table);
    if any_error(&violations) {
        return Err(Stop::Unreadable(violations));
    }
    while let Some(line) = table.read()? {
        sink.taken(table.taken());
        let row = line.line.row;
        let columns = table.header.iter().cloned().zip(line.line.values);
        let values = columns.map(|(column, value)| (column.clone(), column, row, value));
        let mut record = RawRecord::text(table.file, vec![row], values);
        record.defects = line.defects;
        if !sink.record(record) {
            return Err(Stop::Cancelled);
        }
    }
    Ok(parsed("csv", table.finish()))
}

fn header_against(contract: &Contract, table: &Table<'_, '_>) -> Vec<Violation> {
    let place = table.file.at_row(1);
    let mut violations = Vec::new();
    for leaf in &contract.leaves {
        let needed = contract.field(&leaf.path).is_some_and(|(_, needed)| needed);
        if needed && table.column(&leaf.path).is_none() {
            let msg = format!("Table should have the column {}, as the contract {} has it", leaf.path, contract.id);
            violations.push(Violation::of(
                &table::MISSING_COLUMN,
                place.at_column(leaf.path.clone()),
                Value::Null,
                msg,
            ));
        }
    }
    for (at, column) in table.header.iter().enumerate() {
        let place = place.at_column(column.clone());
        if contract.leaf(column).is_none() {
            let msg = format!("Table should have only the fields of the contract {} as columns", contract.id);
            violations.push(Violation::of(&table::UNKNOWN_COLUMN, place, json!(column), msg));
        } else if table.header[..at].contains(column) {
            let msg = "Table should have each column once";
            violations.push(Violation::of(&table::DUPLICATE_COLUMN, place, json!(column), msg));
        }
    }
    violations
}

/// Rules of the form of JSON, for the documentation.
pub(super) const JSON_RULES: &[&Rule] = &[&JSON_INVALID];
