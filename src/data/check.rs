//! A record held against its contract: every violation, in Pydantic's order, and the row where nothing keeps it out.

use serde_json::{Map, Value};

use super::contract::{Contract, Field, Kind, Shape};
use super::record::{Cell, Encoding, RawRecord, Row};
use super::scalar::{self, Broken, Raw};
use super::violation::{Step, Violation, any_error};

impl Contract {
    /// Holds one record against the contract: every violation, the record's own defects first, and the row unless one of
    /// them keeps it out.
    ///
    /// The order is Pydantic's: fields as declared, objects within them where they stand, unknown fields of an object
    /// after its known ones.
    pub fn check<'r>(&self, record: &'r RawRecord) -> (Option<Row<'r>>, Vec<Violation>) {
        let mut check = Check {
            record,
            cells: vec![Cell::Null; self.leaves.len()],
            violations: record.defects.clone(),
            loc: Vec::new(),
            broken_form: any_error(&record.defects),
        };
        match &record.value {
            Value::Object(object) => check.object(&self.shape, object),
            other => check.broke(*broken_object(&self.shape), other.clone()),
        }
        let Check { cells, violations, .. } = check;
        ((!any_error(&violations)).then_some(Row { cells }), violations)
    }
}

fn broken_object(shape: &Shape) -> Box<Broken> {
    Broken::new("model_type", "Input should be an object").with("class_name", shape.name.clone())
}

struct Check<'r> {
    record: &'r RawRecord,
    cells: Vec<Cell<'r>>,
    violations: Vec<Violation>,
    loc: Vec<Step>,
    /// What is wrong with the record's form says already why values are not there.
    broken_form: bool,
}

impl<'r> Check<'r> {
    fn broke(&mut self, broken: Broken, input: Value) {
        let path: Vec<String> = self.loc.iter().map(Step::to_string).collect();
        let mut violation = Violation::error(broken.kind, self.record.locus_of(&path.join(".")), input, broken.msg);
        violation.ctx = broken.ctx;
        self.violations.push(violation.at(self.loc.clone()));
    }

    fn object(&mut self, shape: &Shape, object: &'r Map<String, Value>) {
        for field in &shape.fields {
            self.loc.push(Step::Field(field.name.clone()));
            self.field(field, object.get(&field.name), object);
            self.loc.pop();
        }
        if object.len() > shape.fields.iter().filter(|field| object.contains_key(&field.name)).count() {
            for (name, value) in object.iter().filter(|(name, _)| shape.field(name).is_none()) {
                self.loc.push(Step::Field(name.clone()));
                self.broke(*Broken::new("extra_forbidden", "Extra inputs are not permitted"), value.clone());
                self.loc.pop();
            }
        }
    }

    fn field(&mut self, field: &Field, value: Option<&'r Value>, around: &Map<String, Value>) {
        let missing = || Broken::new("missing", "Field required");
        match value {
            None if !field.required => {}
            None if self.broken_form && self.record.encoding == Encoding::Text => {}
            None => self.broke(*missing(), Value::Object(around.clone())),
            Some(Value::Null) if field.nullable => {}
            // An empty value of a table is one that is not there.
            Some(Value::Null) if self.record.encoding == Encoding::Text => {
                if !self.broken_form {
                    self.broke(*missing(), Value::Null);
                }
            }
            Some(value) => match (&field.kind, value) {
                (Kind::Object(shape), Value::Object(inner)) => self.object(shape, inner),
                (Kind::Object(shape), other) => self.broke(*broken_object(shape), other.clone()),
                (Kind::List(of), Value::Array(items)) => {
                    for (at, item) in items.iter().enumerate() {
                        self.loc.push(Step::Index(at as u64));
                        self.item(of, item);
                        self.loc.pop();
                    }
                    self.cells[field.leaf] = Cell::List(Box::new(value.clone()));
                }
                (kind, value) => match scalar::read(kind, Raw::of(value), self.record.encoding) {
                    Ok(cell) => self.cells[field.leaf] = cell,
                    Err(broken) => self.broke(*broken, value.clone()),
                },
            },
        }
    }

    /// An item of a list: it has no leaf, so it is judged and not kept.
    fn item(&mut self, kind: &Kind, value: &'r Value) {
        match (kind, value) {
            (Kind::Object(shape), Value::Object(inner)) => {
                // Fields within a list have positions of their own list; what they hold is kept with the list.
                let cells = std::mem::take(&mut self.cells);
                self.cells = vec![Cell::Null; leaves_of(shape)];
                self.object(shape, inner);
                self.cells = cells;
            }
            (Kind::Object(shape), other) => self.broke(*broken_object(shape), other.clone()),
            (kind, value) => {
                if let Err(broken) = scalar::read(kind, Raw::of(value), self.record.encoding) {
                    self.broke(*broken, value.clone());
                }
            }
        }
    }
}

/// Leaves of an object in a list.
fn leaves_of(shape: &Shape) -> usize {
    shape.fields.iter().map(|field| if let Kind::Object(inner) = &field.kind { leaves_of(inner) } else { 1 }).sum()
}
