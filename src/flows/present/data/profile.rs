//! The profile of a dataset's columns as two tables: the numbers, and everything else.

use super::super::{count, decimal, share};
use crate::data::profile::{ColumnKind, ColumnProfile, Distinct, Histogram, NumberProfile, Profile};

/// What the head of a column of figures says, in the order of [`NumberRow::figures`].
pub const FIGURES: [&str; 9] = ["Mean", "SD", "Min", "5%", "25%", "Median", "75%", "95%", "Max"];
/// How many of the most frequent values a row names.
const NAMED: usize = 4;

/// A column of numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct NumberRow {
    /// What every column has.
    pub column: ColumnHead,
    /// The figures, each as a text, in the order of [`FIGURES`].
    pub figures: [String; 9],
    /// The histogram, where there is one.
    pub histogram: Option<Bars>,
    /// What is to be known of the figures: that they come from a sample.
    pub note: Option<&'static str>,
}

/// A column of texts, days, flags or lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueRow {
    /// What every column has.
    pub column: ColumnHead,
    /// The first and the last value in their order; dashes where they are not known.
    pub ends: (String, String),
    /// The most frequent values with their counts.
    pub frequent: Vec<(String, String)>,
}

/// What is told of every column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnHead {
    /// Its name.
    pub name: String,
    /// What its values are.
    pub kind: &'static str,
    /// How many rows have none, with their share.
    pub nulls: String,
    /// How many distinct values there are.
    pub distinct: String,
}

/// A histogram to be drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Bars {
    /// Heights, each between 0 and 1; the greatest is 1.
    pub heights: Vec<f64>,
    /// The same in words.
    pub words: String,
}

/// The two tables. A column of more kinds than one is in both.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ProfileTables {
    /// Columns with numbers.
    pub numbers: Vec<NumberRow>,
    /// Columns with other values, or with none at all.
    pub values: Vec<ValueRow>,
}

/// A profile as tables.
pub fn profile_tables(profile: &Profile) -> ProfileTables {
    let mut tables = ProfileTables::default();
    for column in &profile.columns {
        let head = column_head(column);
        if let Some(numbers) = &column.numbers {
            tables.numbers.push(number_row(head.clone(), numbers));
        }
        if column.numbers.is_none() || !column.frequent.is_empty() {
            tables.values.push(value_row(head, column));
        }
    }
    tables
}

fn column_head(column: &ColumnProfile) -> ColumnHead {
    ColumnHead {
        name: column.name.clone(),
        kind: match column.kind {
            ColumnKind::Number => "number",
            ColumnKind::Flag => "true or false",
            ColumnKind::Time => "day or instant",
            ColumnKind::Text => "text",
            ColumnKind::List => "list",
            ColumnKind::Mixed => "mixed",
            ColumnKind::Empty => "empty",
        },
        nulls: match column.nulls {
            0 => "0".to_owned(),
            nulls => format!("{} ({})", count(nulls), share(column.null_share())),
        },
        distinct: match column.distinct {
            Distinct { count: n, exact: true } => count(n),
            Distinct { count: n, exact: false } => format!("more than {}", count(n)),
        },
    }
}

fn number_row(column: ColumnHead, numbers: &NumberProfile) -> NumberRow {
    let [min, p5, p25, median, p75, p95, max] = numbers.quantiles.map(figure);
    let sd = numbers.sd.map_or_else(|| "–".to_owned(), figure);
    NumberRow {
        column,
        figures: [figure(numbers.mean), sd, min, p5, p25, median, p75, p95, max],
        histogram: numbers.histogram.as_ref().map(bars),
        note: (!numbers.exact).then_some("Quantiles and histogram are of a sample of 10,000 values."),
    }
}

fn value_row(column: ColumnHead, profile: &ColumnProfile) -> ValueRow {
    let end = |end: &Option<String>| end.clone().unwrap_or_else(|| "–".to_owned());
    let frequent = profile.frequent.iter().take(NAMED);
    ValueRow {
        column,
        ends: (end(&profile.first), end(&profile.last)),
        frequent: frequent.map(|one| (one.value.clone(), count(one.count))).collect(),
    }
}

/// A number with as many places as its size asks for; whole ones have none. Not in groups: it may be a year.
fn figure(value: f64) -> String {
    let size = value.abs();
    if size >= 1e15 || size > 0.0 && size < 1e-4 {
        return format!("{value:.3e}").replace('-', "−");
    }
    let places = match size {
        _ if value.fract() == 0.0 => 0,
        100.0.. => 1,
        1.0.. => 2,
        _ => 4,
    };
    decimal(value, places)
}

fn bars(histogram: &Histogram) -> Bars {
    let most = histogram.counts.iter().copied().max().unwrap_or_default();
    let heights = histogram.counts.iter().map(|n| if most == 0 { 0.0 } else { *n as f64 / most as f64 }).collect();
    let fullest = histogram.counts.iter().position(|n| *n == most).unwrap_or_default();
    let edge = |at: usize| histogram.edges.get(at).copied().map_or_else(String::new, figure);
    let words = format!(
        "{} bins from {} to {}; the fullest, {} to {}, has {}",
        histogram.counts.len(),
        edge(0),
        edge(histogram.counts.len()),
        edge(fullest),
        edge(fullest + 1),
        count(most)
    );
    Bars { heights, words }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Profiler;
    use serde_json::json;

    fn tables() -> ProfileTables {
        let mut profiler = Profiler::free();
        for at in 0..200 {
            profiler.add_json(&json!({
                "team": if at % 4 == 0 { "BOS" } else { "LAL" },
                "score": if at % 10 == 0 { json!(null) } else { json!(90 + at % 40) },
                "pace": 100.0 + f64::from(at) / 7.0,
                "nothing": null,
            }));
        }
        profile_tables(&profiler.finish())
    }

    #[test]
    fn numbers_stand_with_their_figures_and_a_histogram() {
        let tables = tables();
        let row = |name: &str| tables.numbers.iter().find(|row| row.column.name == name).expect(name).clone();
        let score = row("score");
        assert_eq!((score.column.nulls.as_str(), score.column.distinct.as_str()), ("20 (10.0%)", "36"));
        assert_eq!((score.figures[2].as_str(), score.figures[8].as_str()), ("91", "129"));
        assert_eq!(score.figures[5], "110");
        let bars = score.histogram.expect("a histogram");
        assert_eq!(bars.heights.len(), 20);
        assert!(bars.heights.contains(&1.0) && bars.heights.iter().all(|h| (0.0..=1.0).contains(h)));
        assert!(bars.words.starts_with("20 bins from 91 to 129; the fullest, "), "{}", bars.words);
        assert_eq!(row("pace").figures[0], "114.2");
    }

    #[test]
    fn other_values_stand_with_the_most_frequent() {
        let tables = tables();
        assert_eq!(tables.values.len(), 2);
        let row = |name: &str| tables.values.iter().find(|row| row.column.name == name).expect(name);
        let (team, nothing) = (row("team"), row("nothing"));
        assert_eq!((nothing.column.kind, nothing.column.nulls.as_str()), ("empty", "200 (100%)"));
        assert_eq!(team.frequent, [("LAL".to_owned(), "150".to_owned()), ("BOS".to_owned(), "50".to_owned())]);
        assert_eq!(team.ends, ("BOS".to_owned(), "LAL".to_owned()));
    }

    #[test]
    fn a_number_has_as_many_places_as_it_needs() {
        let found = [2022.0, -3.0, 104.266, 9.876, 0.12345, 0.0, 2e-7, -1e20].map(figure);
        assert_eq!(found, ["2022", "−3", "104.3", "9.88", "0.1235", "0", "2.000e−7", "−1.000e20"]);
    }
}
