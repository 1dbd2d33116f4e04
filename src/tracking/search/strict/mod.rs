//! MLflow 3.17.2's checks of filters and sort keys, message by message: `mlflow.utils.search_utils.SearchUtils`.

mod check;
mod identifier;
pub mod python;

use std::ops::Range;

use super::FilterError;
use super::filter::{Attribute, DatasetKey, Field};
use super::order::OrderBy;
use super::sql::{Class, Kind, Tree, Type};
use check::{Asked, Compared, value};
use identifier::{Key, identifier};

pub use check::Parsed;
pub use identifier::without;

/// Reads a filter as far as MLflow's parser does; [`Parsed::checked`] does what its store does with it.
pub fn filter(text: &str) -> Result<Parsed, FilterError> {
    if text.is_empty() {
        return Ok(Parsed::default());
    }
    let Ok(tree) = Tree::parse(text) else {
        return Err(FilterError::whole(format!("Error on parsing filter '{text}'")));
    };
    match tree.statements[..] {
        [] => Err(FilterError::whole(format!("Invalid filter '{text}'. Could not be parsed."))),
        [statement] => clauses(&tree, statement),
        _ => Err(FilterError::whole(format!(
            "Search filter contained multiple expression {}. Provide AND-ed expression list.",
            python::repr(text)
        ))),
    }
}

/// What MLflow makes of the tokens of a statement.
enum Joined {
    Token(usize),
    In { field: usize, list: usize, not: bool },
    Null { field: usize, not: bool },
}

/// Comparisons that sqlparse leaves in pieces, put together; the steps are those of `_join_in_comparison_tokens`, which
/// passes over whatever follows a name that begins none.
fn joined(tree: &Tree<'_>, statement: usize) -> Vec<Joined> {
    let parts = tree.parts(statement);
    let mut joined = Vec::new();
    let mut next = 0;
    while next < parts.len() {
        let rest = &parts[next..];
        if rest.len() < 3 {
            joined.extend(rest.iter().map(|part| Joined::Token(*part)));
            break;
        }
        if !tree.is_group(rest[0], Class::Identifier) {
            joined.push(Joined::Token(rest[0]));
            next += 1;
            continue;
        }
        let word = |place: usize, word: &str| tree.matches(rest[place], Type::Keyword, word);
        let list = |place: usize| rest.get(place).is_some_and(|part| tree.is_group(*part, Class::Parenthesis));
        let field = rest[0];
        let (found, length) = if word(1, "IN") && list(2) {
            (Joined::In { field, list: rest[2], not: false }, 3)
        } else if word(1, "IS") && word(2, "NULL") {
            (Joined::Null { field, not: false }, 3)
        } else if word(1, "IS") && word(2, "NOT NULL") {
            (Joined::Null { field, not: true }, 3)
        } else if word(1, "NOT") && word(2, "IN") && list(3) {
            (Joined::In { field, list: rest[3], not: true }, 4)
        } else {
            let length = rest.len().min(4);
            joined.extend(rest[..length].iter().map(|part| Joined::Token(*part)));
            next += length;
            continue;
        };
        joined.push(found);
        next += length;
    }
    joined
}

fn clauses(tree: &Tree<'_>, statement: usize) -> Result<Parsed, FilterError> {
    let joined = joined(tree, statement);
    let invalid: Vec<usize> = joined
        .iter()
        .filter_map(|part| match part {
            Joined::Token(part) => Some(*part),
            _ => None,
        })
        .filter(|part| !tree.is_group(*part, Class::Comparison) && !tree.matches(*part, Type::Keyword, "AND"))
        .collect();
    if let Some(first) = invalid.first() {
        let quoted: Vec<String> = invalid.iter().map(|part| format!("'{}'", tree.value(*part))).collect();
        let message = format!("Invalid clause(s) in filter string: {}", quoted.join(", "));
        return Err(FilterError::at(tree.node(*first).at.clone(), message));
    }
    let mut parsed = Parsed::default();
    for part in joined {
        match part {
            Joined::Token(part) if tree.is_group(part, Class::Comparison) => parsed.0.push(comparison(tree, part)?),
            Joined::Token(_) => {}
            Joined::In { field, list, not } => {
                let key = searched(tree, field)?;
                let asked = value(tree, &key, list)?;
                let comparator = if not { "NOT IN" } else { "IN" };
                parsed.0.push(Compared { at: span(tree, field, list), key, comparator: comparator.to_owned(), asked });
            }
            Joined::Null { field, not } => parsed.0.push(null(tree, field, not)?),
        }
    }
    Ok(parsed)
}

fn span(tree: &Tree<'_>, from: usize, to: usize) -> Range<usize> {
    tree.node(from).at.start..tree.node(to).at.end
}

/// The identifier of a filter.
fn searched(tree: &Tree<'_>, field: usize) -> Result<Key, FilterError> {
    const NAMES: [&str; 12] = [
        "Created",
        "Run Name",
        "Run name",
        "artifact_uri",
        "created",
        "end_time",
        "run name",
        "run_id",
        "run_name",
        "start_time",
        "status",
        "user_id",
    ];
    identifier(tree.value(field), &NAMES).map_err(|message| FilterError::at(tree.node(field).at.clone(), message))
}

fn comparison(tree: &Tree<'_>, part: usize) -> Result<Compared, FilterError> {
    let parts = tree.parts(part);
    let at = tree.node(part).at.clone();
    let [field, comparator, right] = parts[..] else {
        let found = parts.len();
        return Err(FilterError::at(at, format!("Invalid comparison clause. Expected 3 tokens found {found}")));
    };
    if !tree.is_group(field, Class::Identifier) {
        let message = format!("Invalid comparison clause. Expected 'Identifier' found '{}'", tree.value(field));
        return Err(FilterError::at(tree.node(field).at.clone(), message));
    }
    let key = searched(tree, field)?;
    let asked = value(tree, &key, right)?;
    Ok(Compared { key, comparator: tree.value(comparator).to_owned(), asked, at })
}

fn null(tree: &Tree<'_>, field: usize, not: bool) -> Result<Compared, FilterError> {
    let key = searched(tree, field)?;
    let at = tree.node(field).at.clone();
    if !matches!(key.field, Field::Tag(_) | Field::Param(_)) {
        let message = format!(
            "IS NULL / IS NOT NULL is only supported for tags and params, not for '{}' '{}'",
            key.entity(),
            key.written
        );
        return Err(FilterError::at(at, message));
    }
    let comparator = if not { "IS NOT NULL" } else { "IS NULL" };
    Ok(Compared { key, comparator: comparator.to_owned(), asked: Asked::Nothing, at })
}

/// Reads a key to sort by.
pub fn order_by(text: &str) -> Result<OrderBy, FilterError> {
    const NAMES: [&str; 9] =
        ["Created", "artifact_uri", "created", "end_time", "run_id", "run_name", "start_time", "status", "user_id"];
    let refused = || FilterError::whole(format!("Invalid order_by clause '{text}'. Could not be parsed."));
    let Ok(tree) = Tree::parse(text) else {
        return Err(FilterError::whole(format!("Error on parsing order_by clause '{text}'")));
    };
    let [statement] = tree.statements[..] else { return Err(refused()) };
    let token = order_token(&tree, statement).ok_or_else(refused)?;
    let words = python::shell_words(&token.replace('`', "\""));
    let words = words.ok_or_else(|| FilterError::whole("No closing quotation"))?;
    let (name, ascending) = match &words[..] {
        [_, _, _, ..] => return Err(refused()),
        [name, order] => match order.to_lowercase().as_str() {
            "asc" => (name.clone(), true),
            "desc" => (name.clone(), false),
            _ => {
                return Err(FilterError::whole(format!("Invalid ordering key in order_by clause '{text}'.")));
            }
        },
        _ => (token, true),
    };
    let key = identifier(name.trim(), &NAMES).map_err(FilterError::whole)?;
    Ok(OrderBy { field: key.field, ascending })
}

/// The one name of a statement, with its order. MLflow makes an exception for `timestamp`, which to SQL is a type.
fn order_token(tree: &Tree<'_>, statement: usize) -> Option<String> {
    let parts = &tree.node(statement).parts;
    let timestamp = |part: usize| tree.is(part, Type::Builtin) && tree.value(part) == "timestamp";
    match parts[..] {
        [one] if tree.is_group(one, Class::Identifier) => Some(tree.value(one).to_owned()),
        [one] if timestamp(one) => Some("timestamp".to_owned()),
        [first, ref between @ .., last]
            if timestamp(first)
                && between.iter().all(|part| tree.kind(*part).is_space())
                && tree.is(last, Type::Order) =>
        {
            Some(format!("timestamp {}", tree.value(last)))
        }
        _ => None,
    }
}

impl Key {
    /// MLflow's word for what the key belongs to.
    fn entity(&self) -> &'static str {
        match self.field {
            Field::Metric(_) => "metric",
            Field::Param(_) => "parameter",
            Field::Tag(_) => "tag",
            Field::Attribute(_) => "attribute",
            Field::Dataset(_) => "dataset",
        }
    }
}
