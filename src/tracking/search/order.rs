//! Sorting rows, missing values last.

use std::cmp::Ordering;

use super::filter::{Attribute, Field};
use super::{FilterError, Mode, parse, strict};
use crate::tracking::RunTable;

/// One key to sort by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderBy {
    /// The value that is compared: numbers by size, texts by their code points.
    pub field: Field,
    /// Whether the least comes first. Runs that lack the value come last either way.
    pub ascending: bool,
}

impl OrderBy {
    /// Reads `metrics.log_loss`, `params.c DESC` and the like.
    ///
    /// # Errors
    /// In strict mode with MLflow's message, else with the place, what was found and what was expected.
    pub fn parse(text: &str, mode: Mode) -> Result<Self, FilterError> {
        let strict = strict::order_by(text);
        match (strict, mode) {
            (Ok(order), _) => order.checked(mode),
            (Err(error), Mode::Strict) => Err(error),
            (Err(_), Mode::Extended) => {
                let (field, ascending) = parse::parse_order(text)?;
                Ok(Self { field, ascending })
            }
        }
    }

    /// MLflow reads a dataset's key and refuses it later.
    fn checked(self, mode: Mode) -> Result<Self, FilterError> {
        match (&self.field, mode) {
            (Field::Dataset(_), Mode::Strict) => Err(FilterError::whole("Invalid identifier type 'dataset'")),
            _ => Ok(self),
        }
    }
}

/// The rows in the order of some keys, ties newest first and then by id, as in MLflow; in an order that names the start time,
/// ties by id alone.
pub fn sort(table: &RunTable, rows: Vec<usize>, keys: &[OrderBy]) -> Vec<usize> {
    let by_id = keys.iter().any(|key| key.field == Field::Attribute(Attribute::StartTime));
    let ranks: Vec<(Vec<Rank>, bool)> = keys.iter().map(|key| (ranks(table, &key.field), key.ascending)).collect();
    let mut wanted = vec![false; table.len()];
    rows.iter().for_each(|row| wanted[*row] = true);
    let mut sorted: Vec<usize> = table.newest_first().filter(|row| wanted[*row]).collect();
    if by_id {
        sorted.sort_by(|a, b| table.id(*a).cmp(table.id(*b)));
    }
    sorted.sort_by(|a, b| {
        let of = |(ranks, ascending): &(Vec<Rank>, bool)| ranks[*a].against(ranks[*b], *ascending);
        ranks.iter().map(of).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    });
    sorted
}

/// A number that sorts as a value does: the value itself, or the place of a text among all of them.
#[derive(Debug, Clone, Copy)]
struct Rank(Option<f64>);

impl Rank {
    fn against(self, other: Self, ascending: bool) -> Ordering {
        match (self.0, other.0) {
            // −0 and 0 are equal, so not `total_cmp`; and no value is NaN.
            (Some(a), Some(b)) => {
                let order = a.partial_cmp(&b).unwrap_or(Ordering::Equal);
                if ascending { order } else { order.reverse() }
            }
            (a, b) => a.is_none().cmp(&b.is_none()),
        }
    }
}

fn ranks(table: &RunTable, field: &Field) -> Vec<Rank> {
    let coded = |column: Option<&crate::tracking::TextColumn>| {
        let code = |row: usize| column?.code(row);
        (0..table.len()).map(|row| Rank(code(row).map(|code| code as f64))).collect()
    };
    let texts = |text: &dyn Fn(usize) -> Option<String>| {
        let texts: Vec<Option<String>> = (0..table.len()).map(text).collect();
        let mut words: Vec<&String> = texts.iter().flatten().collect();
        words.sort_unstable();
        words.dedup();
        let place =
            |text: &Option<String>| Rank(text.as_ref().map(|text| words.partition_point(|word| *word < text) as f64));
        texts.iter().map(place).collect()
    };
    let times = |time: fn(crate::tracking::RunHead<'_>) -> crate::base::Instant| {
        table.runs().map(|run| Rank(Some(time(run).timestamp_millis() as f64))).collect()
    };
    match field {
        Field::Metric(name) => match table.metric(name) {
            Some(column) => column.iter().map(Rank).collect(),
            None => vec![Rank(None); table.len()],
        },
        Field::Param(name) => coded(table.param(name)),
        Field::Tag(name) => coded(table.tag(name)),
        Field::Attribute(Attribute::StartTime) => times(|run| run.started_at),
        Field::Attribute(Attribute::EndTime) => times(|run| run.ended_at),
        Field::Attribute(Attribute::RunName) => coded(table.tag(crate::tracking::RUN_NAME)),
        Field::Attribute(Attribute::UserId) => coded(table.tag(crate::tracking::USER)),
        Field::Attribute(Attribute::RunId | Attribute::ArtifactUri) => texts(&|row| Some(table.id(row).to_owned())),
        Field::Attribute(Attribute::Status) => texts(&|row| Some(table.run(row).status.as_str().to_owned())),
        Field::Dataset(key) => texts(&|row| table.data_version(row).map(|digest| key.of(digest))),
    }
}
