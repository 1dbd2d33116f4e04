//! A broken promise, as a value.
//!
//! The shape is Pydantic's `{type, loc, msg, input, ctx}`, with the same names and texts wherever Pydantic has the rule,
//! and beside it what a table needs: how much it weighs and where in the source it stands.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::rule::Rule;
use crate::base::Locus;

/// How much a violation weighs: an error keeps its row out, a warning does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The row is let in and the finding is shown.
    Warning,
    /// The row goes to quarantine.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Severity::Warning => "warning",
            Severity::Error => "error",
        })
    }
}

/// A step of the way from a record to a value: a field's name, or a place in a list.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Step {
    /// A place in a list, from 0.
    Index(u64),
    /// A field.
    Field(String),
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::Field(name) => f.write_str(name),
            Step::Index(at) => write!(f, "{at}"),
        }
    }
}

/// The path of a field within a record: `score.home`. A step that is a number is a place in a list.
pub fn steps(path: &str) -> Vec<Step> {
    path.split('.').filter(|step| !step.is_empty()).map(|step| Step::Field(step.to_owned())).collect()
}

/// One broken promise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Violation {
    /// The rule's name; Pydantic's error type where one fits (`missing`, `int_parsing`, `greater_than_equal`, …),
    /// otherwise ours (`team_twice_a_day`, …).
    #[serde(rename = "type")]
    pub kind: String,
    /// The way from the record to the value; empty where the record as a whole, or the set, is meant.
    pub loc: Vec<Step>,
    /// What was expected, as a sentence without its full stop.
    pub msg: String,
    /// What was found; cut where it is long. Null where nothing is there.
    pub input: Value,
    /// The rule's parameters, such as `{"ge": 0}`.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub ctx: Map<String, Value>,
    /// How much it weighs.
    pub severity: Severity,
    /// File, row and column, in the source's own names.
    pub locus: Locus,
}

/// Characters of a text that are kept of an input.
const TEXT_KEPT: usize = 200;
/// Characters of an object's or a list's JSON that are kept of an input.
const JSON_KEPT: usize = 2_000;
/// Characters of a name that the source gives: a column's, a field's.
const NAME_KEPT: usize = 200;
/// Characters of a message: it may quote the source.
const MESSAGE_KEPT: usize = 2_000;
/// Characters of an input that a sentence shows.
const SHOWN: usize = 80;

impl Violation {
    /// A violation of a field or of a record that keeps its row out.
    ///
    /// Whatever comes from the source is cut where it is long, so that what is kept of a violation is bounded.
    pub fn error(kind: &str, mut locus: Locus, input: Value, msg: impl Into<String>) -> Self {
        if let Some(column) = &mut locus.column {
            shorten(column, NAME_KEPT);
        }
        let mut msg = msg.into();
        shorten(&mut msg, MESSAGE_KEPT);
        Self {
            kind: kind.to_owned(),
            loc: Vec::new(),
            msg,
            input: bounded(input),
            ctx: Map::new(),
            severity: Severity::Error,
            locus,
        }
    }

    /// The same as [`Violation::error`], but the row is let in.
    pub fn warning(kind: &str, locus: Locus, input: Value, msg: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(kind, locus, input, msg) }
    }

    /// A violation of a named rule, with the rule's weight.
    pub fn of(rule: &Rule, locus: Locus, input: Value, msg: impl Into<String>) -> Self {
        Self { severity: rule.severity, ..Self::error(rule.name, locus, input, msg) }
    }

    /// Says which value of the record is meant.
    #[must_use]
    pub fn at(mut self, mut loc: Vec<Step>) -> Self {
        for step in &mut loc {
            if let Step::Field(name) = step {
                shorten(name, NAME_KEPT);
            }
        }
        self.loc = loc;
        self
    }

    /// Adds a parameter of the rule.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.ctx.insert(name.to_owned(), value.into());
        self
    }

    /// Whether it keeps its row out.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// The loc with dots, as Pydantic prints it: `box.0.fg_pct`.
    pub fn path(&self) -> String {
        self.loc.iter().map(Step::to_string).collect::<Vec<_>>().join(".")
    }

    /// What was found, short enough for a sentence.
    pub fn found(&self) -> String {
        match &self.input {
            Value::Null => "nothing".to_owned(),
            Value::String(text) => cut(&format!("{text:?}"), SHOWN),
            other => cut(&other.to_string(), SHOWN),
        }
    }
}

/// Whether any of these keeps its row out.
pub fn any_error(violations: &[Violation]) -> bool {
    violations.iter().any(Violation::is_error)
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; found {} [{}]", self.locus, self.msg, self.found(), self.kind)
    }
}

fn shorten(text: &mut String, most: usize) {
    // Fewer bytes are fewer characters.
    if text.len() > most {
        *text = cut(text, most);
    }
}

fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// An input as it is kept: a long text is cut, and so is the JSON of a large object, which becomes a text by that.
fn bounded(input: Value) -> Value {
    match input {
        Value::String(text) => Value::String(cut(&text, TEXT_KEPT)),
        Value::Array(_) | Value::Object(_) => {
            let json = input.to_string();
            if json.len() <= JSON_KEPT { input } else { Value::String(cut(&json, JSON_KEPT)) }
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_violation_says_where_what_was_expected_and_what_was_found() {
        let locus = Locus::file("games.csv").at_row(7).at_column("home_score");
        let violation =
            Violation::error("greater_than_equal", locus, json!(-3), "Input should be greater than or equal to 0")
                .at(steps("score.home"))
                .with("ge", 0);
        assert_eq!(
            violation.to_string(),
            "games.csv, row 7, column home_score: Input should be greater than or equal to 0; found -3 [greater_than_equal]"
        );
        assert_eq!(violation.path(), "score.home");
        let json = serde_json::to_value(&violation).unwrap();
        assert_eq!((&json["loc"], &json["ctx"]), (&json!(["score", "home"]), &json!({ "ge": 0 })));
        assert_eq!(serde_json::from_value::<Violation>(json).unwrap(), violation);
    }

    #[test]
    fn what_is_kept_of_an_input_is_bounded() {
        let kept = |input: Value| Violation::error("e", Locus::default(), input, "m").input;
        assert_eq!(kept(json!("short")), json!("short"));
        assert_eq!(kept(json!("é".repeat(10_000))).as_str().unwrap().chars().count(), TEXT_KEPT + 1);
        let name = "n".repeat(10_000);
        let locus = Locus::file("f").at_column(name.clone());
        let named = Violation::error("e", locus, Value::Null, name.clone()).at(vec![Step::Field(name)]);
        assert!(serde_json::to_string(&named).unwrap().len() < 3_000);
        let large = kept(json!(vec![1; 100_000]));
        assert!(large.as_str().unwrap().chars().count() <= JSON_KEPT + 1);
        assert!(Violation::error("e", Locus::default(), json!("x".repeat(500)), "m").to_string().len() < 200);
    }
}
