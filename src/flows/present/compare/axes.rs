//! Parallel coordinates: an axis for each parameter and metric, a line for each run.

use std::collections::{BTreeMap, BTreeSet};

use super::param_table;
use crate::flows::present::chart::{Axis, Chart, Ink, Layer, Place};
use crate::flows::present::runs::{Column, metric_text};
use crate::flows::present::{Tick, plural};
use crate::tracking::Run;

/// Most axes where nobody has chosen.
const USUAL: usize = 6;

/// Most characters of a name or a value beside an axis.
const SHORT: usize = 14;

/// What can be an axis: parameters and metrics of which there are at least two values.
pub fn possible_axes(runs: &[&Run]) -> Vec<Column> {
    let params = param_table(runs).differing.into_iter().map(|row| Column::Param(row.name));
    let metrics: BTreeSet<&String> = runs.iter().flat_map(|run| run.metrics.keys()).collect();
    let varied = |name: &&String| {
        let values: BTreeSet<u64> = runs.iter().filter_map(|run| run.metric(name)).map(f64::to_bits).collect();
        values.len() > 1
    };
    params.chain(metrics.into_iter().filter(varied).map(|name| Column::Metric(name.clone()))).collect()
}

/// The axes where nobody has chosen: parameters first, and at the end the metrics that matter.
pub fn default_axes(runs: &[&Run]) -> Vec<Column> {
    const METRICS: [&str; 3] = ["log_loss", "brier", "accuracy"];
    let (params, metrics): (Vec<Column>, Vec<Column>) =
        possible_axes(runs).into_iter().partition(|column| matches!(column, Column::Param(_)));
    // Those of a trial are of the games that it was not fitted on.
    let known = |column: &Column| {
        let name = column.label().trim_start_matches("validation_");
        METRICS.iter().position(|known| *known == name).unwrap_or(METRICS.len())
    };
    let mut metrics = metrics;
    metrics.sort_by_key(known);
    metrics.truncate(2);
    // A parameter with another value in every run, such as a list of features, tells little.
    let mut params = params;
    params.sort_by_key(|column| values(runs, column).iter().flatten().any(|value| value.chars().count() > 2 * SHORT));
    params.truncate(USUAL - metrics.len());
    params.into_iter().chain(metrics).collect()
}

fn values(runs: &[&Run], column: &Column) -> Vec<Option<String>> {
    let value = |run: &&Run| match column {
        Column::Param(name) => run.params.get(name).cloned(),
        Column::Metric(name) => run.metric(name).map(metric_text),
        _ => None,
    };
    runs.iter().map(value).collect()
}

/// Where every run is on an axis, from 0 to 1, and what stands at its ends.
struct Placed {
    places: Vec<Option<f64>>,
    low: String,
    high: String,
}

fn placed(runs: &[&Run], column: &Column) -> Placed {
    let texts = values(runs, column);
    let numbers: Vec<Option<f64>> = match column {
        Column::Metric(name) => runs.iter().map(|run| run.metric(name)).collect(),
        _ => texts.iter().map(|text| text.as_ref().and_then(|text| text.trim().parse().ok())).collect(),
    };
    let numeric = numbers.iter().zip(&texts).all(|(number, text)| number.is_some_and(f64::is_finite) || text.is_none());
    if numeric {
        let there = || numbers.iter().flatten().copied();
        let (low, high) = (there().fold(f64::INFINITY, f64::min), there().fold(f64::NEG_INFINITY, f64::max));
        let share = |value: f64| if high > low { (value - low) / (high - low) } else { 0.5 };
        let places = numbers.iter().map(|number| number.map(share)).collect();
        // A parameter reads as it was given.
        let given = |end: f64| numbers.iter().position(|number| *number == Some(end)).and_then(|at| texts[at].clone());
        let label = |end: f64| given(end).map_or_else(String::new, |text| short(&text));
        return Placed { places, low: label(low), high: label(high) };
    }
    let words: BTreeSet<&String> = texts.iter().flatten().collect();
    let last = words.len().saturating_sub(1).max(1) as f64;
    let place: BTreeMap<&String, f64> = words.iter().enumerate().map(|(at, word)| (*word, at as f64 / last)).collect();
    let end = |word: Option<&&String>| short(word.map_or("", |word| word.as_str()));
    Placed {
        places: texts.iter().map(|text| text.as_ref().map(|text| place[text])).collect(),
        low: end(words.first()),
        high: end(words.last()),
    }
}

fn short(text: &str) -> String {
    if text.chars().count() <= SHORT {
        return text.to_owned();
    }
    let start: String = text.chars().take(SHORT - 1).collect();
    format!("{start}…")
}

/// A name without its middle: names that begin alike differ at their ends.
fn short_name(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    if letters.len() <= SHORT {
        return name.to_owned();
    }
    let end = &letters[letters.len() - SHORT * 2 / 3..];
    let end = &end[end.iter().position(|letter| *letter == '_').unwrap_or_default()..];
    letters[..SHORT - 1 - end.len()].iter().chain(&['…']).chain(end).collect()
}

/// The chart; none with fewer than two axes.
pub fn parallel_chart(runs: &[&Run], axes: &[Column]) -> Option<Chart> {
    if axes.len() < 2 || runs.is_empty() {
        return None;
    }
    let placed: Vec<Placed> = axes.iter().map(|column| placed(runs, column)).collect();
    let mut layers = Vec::new();
    for (at, axis) in placed.iter().enumerate() {
        let x = at as f64;
        layers.push(Layer::Line(Ink::Quiet, vec![(x, 0.0), (x, 1.0)]));
        layers.push(Layer::Label(Place::Above, (x, 1.0), axis.high.clone()));
        layers.push(Layer::Label(Place::Below, (x, 0.0), axis.low.clone()));
    }
    for number in 0..runs.len() {
        // A run without a value has a gap there.
        let mut line = Vec::new();
        for (at, axis) in placed.iter().enumerate() {
            match axis.places[number] {
                Some(place) => line.push((at as f64, place)),
                None => layers.extend(part(number, &mut line)),
            }
        }
        layers.extend(part(number, &mut line));
    }
    let ticks =
        axes.iter().enumerate().map(|(at, column)| Tick { at: at as f64, label: short_name(column.label()) }).collect();
    let sentence = format!(
        "{} as lines over {} axes: {}.",
        plural(runs.len() as u64, "run"),
        axes.len(),
        axes.iter().map(Column::label).collect::<Vec<_>>().join(", ")
    );
    let end = axes.len() as f64 - 0.5;
    let x = Axis { range: (-0.5, end), ticks };
    Some(Chart { x, y: Axis { range: (-0.16, 1.12), ticks: Vec::new() }, layers, sentence })
}

/// What was gathered of a line, as a layer.
fn part(number: usize, line: &mut Vec<(f64, f64)>) -> Option<Layer> {
    let points = std::mem::take(line);
    match points.len() {
        0 => None,
        1 => Some(Layer::Dots(Ink::Series(number), points)),
        _ => Some(Layer::Line(Ink::Series(number), points)),
    }
}

/// The same as a table: a row for each axis.
pub fn axis_rows(runs: &[&Run], axes: &[Column]) -> Vec<(String, Vec<String>)> {
    let row = |column: &Column| {
        let texts = values(runs, column).into_iter().map(|text| text.unwrap_or_else(|| "–".to_owned())).collect();
        (column.label().to_owned(), texts)
    };
    axes.iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::super::super::runs::sample::run;
    use super::*;

    #[test]
    fn runs_are_lines_over_numbers_and_words() {
        let (mut a, mut b) = (run("a", None, "1", Some(0.6)), run("b", None, "10", Some(0.7)));
        a.params.insert("kind".into(), "trees".into());
        b.params.insert("kind".into(), "a line of a long name".into());
        let c = run("c", None, "5.5", Some(0.65));
        let runs = [&a, &b, &c];
        let axes = possible_axes(&runs);
        let labels: Vec<&str> = axes.iter().map(Column::label).collect();
        assert_eq!(labels, ["C", "kind", "log_loss"]);
        assert_eq!(default_axes(&runs), axes);
        let chart = parallel_chart(&runs, &axes).expect("three axes");
        let lines: Vec<&Layer> = chart
            .layers
            .iter()
            .filter(|layer| matches!(layer, Layer::Line(Ink::Series(_), _) | Layer::Dots(..)))
            .collect();
        assert_eq!(*lines[0], Layer::Line(Ink::Series(0), vec![(0.0, 0.0), (1.0, 1.0), (2.0, 0.0)]));
        assert_eq!(lines.len(), 4, "the third one has no kind, and so two parts");
        assert_eq!(*lines[2], Layer::Dots(Ink::Series(2), vec![(0.0, 0.5)]));
        assert!(chart.layers.contains(&Layer::Label(Place::Below, (1.0, 0.0), "a line of a l…".into())));
        assert_eq!(chart.sentence, "3 runs as lines over 3 axes: C, kind, log_loss.");
        assert_eq!(axis_rows(&runs, &axes)[1].1[2], "–");
    }

    #[test]
    fn metrics_of_validation_are_known_and_told_apart() {
        let of = |id: &str, shift: f64| {
            let mut trial = run(id, None, "1", None);
            for name in ["accuracy", "auc", "brier", "log_loss"] {
                let point = crate::tracking::MetricPoint::new(0.6 + shift, 0);
                trial.metrics.insert(format!("validation_{name}"), vec![point]);
            }
            trial
        };
        let (a, b) = (of("a", 0.0), of("b", 0.1));
        let axes = default_axes(&[&a, &b]);
        let labels: Vec<&str> = axes.iter().map(Column::label).collect();
        assert_eq!(labels, ["validation_log_loss", "validation_brier"]);
        let chart = parallel_chart(&[&a, &b], &axes).expect("two axes");
        let ticks: Vec<&str> = chart.x.ticks.iter().map(|tick| tick.label.as_str()).collect();
        assert_eq!(ticks, ["vali…_log_loss", "validat…_brier"]);
    }

    #[test]
    fn one_axis_is_no_chart() {
        let a = run("a", None, "1", None);
        assert!(possible_axes(&[&a, &a]).is_empty());
        assert_eq!(parallel_chart(&[&a], &[Column::Param("C".into())]), None);
    }
}
