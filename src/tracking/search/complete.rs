//! What could stand at a place of a filter.

use std::collections::BTreeSet;
use std::ops::Range;

use super::Mode;
use super::filter::{Attribute, DatasetKey, Field};
use super::lexer::is_bare;
use super::parse::{comparators, named};
use super::strict;
use crate::tracking::RunTable;

/// How many completions are offered.
const MOST: usize = 100;

/// A text that could stand at the cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// What it takes the place of, in bytes of the filter.
    pub replace: Range<usize>,
    /// The text, with what should follow it: a space, or the dot of an entity.
    pub text: String,
    /// What it is.
    pub kind: CompletionKind,
    /// What tells it from others: how many runs have it, or what it means.
    pub hint: String,
}

/// What a completion is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CompletionKind {
    /// `metrics.`, `params.` and so on.
    Entity,
    /// A key of a metric, parameter, tag or dataset, or an attribute.
    Key,
    /// `=`, `LIKE` and so on.
    Comparator,
    /// A value that some run has.
    Value,
    /// `AND`, `OR`, `NOT`.
    Joiner,
}

/// What could stand at a cursor, given in bytes: names that some run has, comparators that fit the name, values that some
/// run has, and what joins conditions. Only what continues the word at the cursor.
pub fn complete(text: &str, cursor: usize, table: &RunTable, mode: Mode) -> Vec<Completion> {
    let cursor = (0..=cursor.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let pieces = pieces(&text[..cursor]);
    let (done, word) = match pieces.split_last() {
        Some((last, before)) if last.at.end == cursor && !last.whole => (before, last.at.clone()),
        _ => (&pieces[..], cursor..cursor),
    };
    let mut state = State::Name;
    for piece in done {
        state = state.after(piece);
    }
    let offers = match &state {
        State::Name => names(&text[word.clone()], table, mode),
        State::Comparator(field) => fitting(field, mode),
        State::Value { field, .. } => values(field, table, mode),
        State::Listed(_) => Vec::new(),
        State::Joined => joiners(mode),
    };
    let typed = text[word.clone()].to_lowercase();
    // A key is found by what stands in its back-ticks, and a value by what stands in its quotes.
    let plain = |text: &str| text.chars().filter(|letter| !matches!(letter, '`' | '\'' | '"')).collect::<String>();
    let wanted = plain(&typed);
    let fits = |offer: &Offer| {
        let lower = offer.text.to_lowercase();
        plain(&lower).starts_with(&wanted) && lower.trim_end() != typed
    };
    let completion =
        |offer: Offer| Completion { replace: word.clone(), text: offer.text, kind: offer.kind, hint: offer.hint };
    offers.into_iter().filter(fits).take(MOST).map(completion).collect()
}

struct Offer {
    text: String,
    kind: CompletionKind,
    hint: String,
}

/// A word of a filter that may be unfinished.
struct Piece<'a> {
    text: &'a str,
    at: Range<usize>,
    /// Whether nothing can be added to it.
    whole: bool,
}

/// Words as far as they are written: a quote that nothing closes goes to the end.
fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut letters = text.char_indices().peekable();
    while let Some((start, first)) = letters.next() {
        if first.is_whitespace() {
            continue;
        }
        let mark = matches!(first, '(' | ')' | ',');
        let symbol = |letter: char| matches!(letter, '<' | '>' | '=' | '!');
        let mut open = matches!(first, '\'' | '"' | '`').then_some(first);
        let mut end = start + first.len_utf8();
        let mut whole = mark;
        while let Some((at, letter)) = letters.peek().copied().filter(|_| !mark) {
            let bare = is_bare(letter) || matches!(letter, '.' | '+');
            let goes_on = match open {
                Some(_) => true,
                None if symbol(first) => symbol(letter),
                None if whole => false,
                None => bare || matches!(letter, '`' | '"') && text[start..at].ends_with('.'),
            };
            if !goes_on {
                break;
            }
            letters.next();
            end = at + letter.len_utf8();
            match open {
                Some(quote) if quote == letter => (open, whole) = (None, true),
                None if matches!(letter, '`' | '"') => open = Some(letter),
                _ => {}
            }
        }
        pieces.push(Piece { text: &text[start..end], at: start..end, whole });
    }
    pieces
}

/// What is looked for next.
enum State {
    Name,
    Comparator(Field),
    Value {
        field: Field,
        listed: bool,
    },
    /// After a value of a list.
    Listed(Field),
    Joined,
}

impl State {
    fn after(self, piece: &Piece<'_>) -> Self {
        let is = |word: &str| piece.text.eq_ignore_ascii_case(word);
        match self {
            State::Name if is("NOT") || is("(") => State::Name,
            State::Name => match piece.text.split_once('.') {
                Some((entity, key)) => Self::of(Some(entity), key),
                None => Self::of(None, piece.text),
            },
            State::Comparator(field) if is("NOT") || is("IS") => State::Comparator(field),
            State::Comparator(_) if is("NULL") => State::Joined,
            State::Comparator(field) => State::Value { field, listed: false },
            State::Value { field, .. } if is("(") => State::Value { field, listed: true },
            State::Value { field, listed: true } => State::Listed(field),
            State::Listed(field) if is(",") => State::Value { field, listed: true },
            State::Listed(field) if !is(")") => State::Listed(field),
            State::Joined if is("AND") || is("OR") => State::Name,
            State::Value { .. } | State::Listed(_) | State::Joined => State::Joined,
        }
    }

    fn of(entity: Option<&str>, key: &str) -> Self {
        let key = strict::without("`\"", key);
        named(entity, key).map_or(State::Name, State::Comparator)
    }
}

/// Entities and attributes; after an entity's dot its keys.
fn names(typed: &str, table: &RunTable, mode: Mode) -> Vec<Offer> {
    let Some((entity, _)) = typed.split_once('.') else {
        let entities = [
            ("metrics.", "latest value of a metric"),
            ("params.", "a parameter"),
            ("tags.", "a tag"),
            ("datasets.", "the data it was trained on"),
        ];
        let entities = entities.map(|(text, hint)| offer(text, CompletionKind::Entity, hint));
        let attributes =
            Attribute::ALL.map(|name| offer(&format!("{} ", name.name()), CompletionKind::Key, "attribute"));
        let not = (mode == Mode::Extended).then(|| offer("NOT ", CompletionKind::Joiner, "what does not hold"));
        return entities.into_iter().chain(attributes).chain(not).collect();
    };
    let key = |key: &str, runs: usize| {
        let text = format!("{entity}.{} ", quoted_key(key));
        offer(&text, CompletionKind::Key, &format!("{runs} run{}", if runs == 1 { "" } else { "s" }))
    };
    let rows = 0..table.len();
    match named(Some(entity), "name") {
        Ok(Field::Metric(_)) => {
            let metric = |name: &str| table.metric(name).map_or(0, |column| column.iter().flatten().count());
            table.metric_names().map(|name| key(name, metric(name))).collect()
        }
        Ok(Field::Param(_)) => {
            let param = |name: &str| {
                table.param(name).map_or(0, |column| rows.clone().filter_map(|row| column.code(row)).count())
            };
            table.param_names().map(|name| key(name, param(name))).collect()
        }
        Ok(Field::Tag(_)) => {
            let tag = |name: &str| {
                table.tag(name).map_or(0, |column| rows.clone().filter_map(|row| column.code(row)).count())
            };
            table.tag_names().map(|name| key(name, tag(name))).collect()
        }
        Ok(Field::Dataset(_)) => {
            let all = DatasetKey::ALL.map(|name| format!("{entity}.{} ", name.name()));
            all.iter().map(|text| offer(text, CompletionKind::Key, "dataset")).collect()
        }
        _ => {
            let all = Attribute::ALL.map(|name| format!("{entity}.{} ", name.name()));
            all.iter().map(|text| offer(text, CompletionKind::Key, "attribute")).collect()
        }
    }
}

/// A key as MLflow needs it written: in back-ticks unless it is one word.
fn quoted_key(key: &str) -> String {
    let word = key.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    let begins = key.starts_with(|letter: char| letter.is_ascii_alphabetic());
    let quote = if key.contains('`') { '"' } else { '`' };
    if word && begins { key.to_owned() } else { format!("{quote}{key}{quote}") }
}

fn fitting(field: &Field, mode: Mode) -> Vec<Offer> {
    let strict: &[&str] = match field {
        Field::Metric(_) => &["=", "!=", "<", "<=", ">", ">="],
        Field::Attribute(time) if time.is_time() => &["=", "!=", "<", "<=", ">", ">="],
        Field::Param(_) | Field::Tag(_) => &["=", "!=", "LIKE", "ILIKE", "IS NULL", "IS NOT NULL"],
        Field::Attribute(Attribute::RunId) | Field::Dataset(_) => &["=", "!=", "LIKE", "ILIKE", "IN", "NOT IN"],
        Field::Attribute(_) => &["=", "!=", "LIKE", "ILIKE"],
    };
    let all = if mode == Mode::Strict { strict } else { comparators(field) };
    let hint = |comparator: &str| match comparator {
        "LIKE" => "% is any text, _ any character",
        "ILIKE" => "as LIKE, in upper or lower case",
        "IS NULL" => "the run lacks it",
        "IS NOT NULL" => "the run has it",
        _ => "",
    };
    all.iter().map(|text| offer(&format!("{text} "), CompletionKind::Comparator, hint(text))).collect()
}

fn values(field: &Field, table: &RunTable, mode: Mode) -> Vec<Offer> {
    let words = |column: Option<&crate::tracking::TextColumn>| -> Vec<String> {
        column.map(|column| column.words().map(str::to_owned).collect()).unwrap_or_default()
    };
    let of_runs = |value: &dyn Fn(crate::tracking::RunHead<'_>) -> Option<String>| -> Vec<String> {
        let values: BTreeSet<String> = table.runs().filter_map(value).collect();
        values.into_iter().collect()
    };
    let values = match field {
        Field::Metric(_) => Vec::new(),
        Field::Param(name) => words(table.param(name)),
        Field::Tag(name) => words(table.tag(name)),
        Field::Attribute(Attribute::StartTime | Attribute::EndTime) if mode == Mode::Strict => Vec::new(),
        Field::Attribute(Attribute::StartTime) => of_runs(&|run| Some(run.started_at.date_naive().to_string())),
        Field::Attribute(Attribute::EndTime) => of_runs(&|run| Some(run.ended_at.date_naive().to_string())),
        Field::Attribute(Attribute::Status) => of_runs(&|run| Some(run.status.as_str().to_owned())),
        Field::Attribute(Attribute::RunId) => of_runs(&|run| Some(run.id.to_owned())),
        Field::Attribute(Attribute::RunName) => of_runs(&|run| Some(run.name.to_owned())),
        Field::Attribute(Attribute::UserId) => words(table.tag(crate::tracking::USER)),
        Field::Attribute(Attribute::ArtifactUri) => of_runs(&|run| Some(run.artifact_uri())),
        Field::Dataset(key) => {
            let digests = words(table.tag(crate::tracking::DATA_VERSION)).into_iter();
            let values: BTreeSet<String> = digests.filter_map(|word| Some(key.of(word.parse().ok()?))).collect();
            values.into_iter().collect()
        }
    };
    // A text with both kinds of quotes cannot be written.
    let quoted = |value: &String| match (value.contains('\''), value.contains('"')) {
        (false, _) => Some(format!("'{value}' ")),
        (true, false) => Some(format!("\"{value}\" ")),
        (true, true) => None,
    };
    values.iter().filter_map(quoted).map(|text| offer(&text, CompletionKind::Value, "")).collect()
}

fn joiners(mode: Mode) -> Vec<Offer> {
    let and = offer("AND ", CompletionKind::Joiner, "both hold");
    let or = (mode == Mode::Extended).then(|| offer("OR ", CompletionKind::Joiner, "one of them holds"));
    std::iter::once(and).chain(or).collect()
}

fn offer(text: &str, kind: CompletionKind, hint: &str) -> Offer {
    Offer { text: text.to_owned(), kind, hint: hint.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tracking::MetricPoint;
    use crate::tracking::search::sample::run;

    fn texts(filter: &str, mode: Mode) -> Vec<String> {
        let mut one = run("first", 1_000_000);
        one.metrics.insert("log_loss".into(), vec![MetricPoint::new(0.6, 0)]);
        one.metrics.insert("hold-out loss".into(), vec![MetricPoint::new(0.6, 0)]);
        one.params.insert("model".into(), "elo".into());
        let mut two = run("it's", 2_000_000);
        two.params.insert("model".into(), "logistic".into());
        let table = RunTable::new(&[one, two]);
        let cursor = filter.find('|').expect("a cursor");
        let filter = filter.replace('|', "");
        complete(&filter, cursor, &table, mode).into_iter().map(|one| one.text).collect()
    }

    #[test]
    fn what_is_offered_fits_the_place() {
        use Mode::{Extended, Strict};
        assert_eq!(texts("me|", Strict), ["metrics."]);
        assert_eq!(texts("metrics.|", Strict), ["metrics.`hold-out loss` ", "metrics.log_loss "]);
        assert_eq!(texts("metrics.ho|", Strict), ["metrics.`hold-out loss` "]);
        assert_eq!(texts("metrics.`ho| > 1", Strict), ["metrics.`hold-out loss` "]);
        assert_eq!(texts("metrics.log_loss |", Strict), ["= ", "!= ", "< ", "<= ", "> ", ">= "]);
        assert!(texts("metrics.log_loss |", Extended).contains(&"IS NULL ".to_owned()));
        assert_eq!(texts("params.model = |", Strict), ["'elo' ", "'logistic' "]);
        assert_eq!(texts("params.model = 'lo|", Strict), ["'logistic' "]);
        assert_eq!(texts("params.model IN ('elo', |", Extended), ["'elo' ", "'logistic' "]);
        assert_eq!(texts("params.model = 'elo' |", Strict), ["AND "]);
        assert_eq!(texts("params.model = 'elo' |", Extended), ["AND ", "OR "]);
        assert_eq!(texts("params.model = 'elo' AND sta|", Strict), ["start_time ", "status "]);
        assert_eq!(texts("NOT (run_name = |", Extended), ["'first' ", "\"it's\" "]);
        assert_eq!(texts("start_time > |", Extended), ["'1970-01-12' ", "'1970-01-24' "]);
    }

    #[test]
    fn a_cursor_anywhere_in_any_text_gives_an_answer() {
        let table = RunTable::new(&[run("é", 1)]);
        for text in ["metrics.é = 'é", "(((", "params.`a b", "a = \"", "tags..x IS NOT", "'' ''", "é"] {
            for cursor in 0..text.len() + 2 {
                for mode in [Mode::Strict, Mode::Extended] {
                    for found in complete(text, cursor, &table, mode) {
                        assert!(text.get(found.replace.clone()).is_some(), "{found:?}");
                    }
                }
            }
        }
    }
}
