//! The course of a metric over its steps, run beside run.

use std::collections::BTreeMap;

use super::{axis, numbered};
use crate::flows::present::chart::{Axis, Chart};
use crate::flows::present::runs::metric_text;
use crate::flows::present::{linear_ticks, plural};
use crate::tracking::Run;

/// Metrics that have a course in some run, those of most runs first.
pub fn course_metrics(runs: &[&Run]) -> Vec<String> {
    let mut counts: BTreeMap<&String, usize> = BTreeMap::new();
    for (name, points) in runs.iter().flat_map(|run| &run.metrics) {
        if points.len() > 1 {
            *counts.entry(name).or_default() += 1;
        }
    }
    let mut names: Vec<(&String, usize)> = counts.into_iter().collect();
    names.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    names.into_iter().map(|(name, _)| name.clone()).collect()
}

/// The metric that is drawn: the one that was chosen if it has a course, else the first that has.
pub fn usual_metric(runs: &[&Run], chosen: Option<&str>) -> Option<String> {
    let all = course_metrics(runs);
    all.iter().find(|name| Some(name.as_str()) == chosen).or(all.first()).cloned()
}

/// The course of a metric in every run that has one.
pub fn course_chart(runs: &[&Run], metric: &str) -> Option<Chart> {
    let courses: Vec<(usize, Vec<(f64, f64)>)> = runs
        .iter()
        .enumerate()
        .map(|(number, run)| (number, course(run, metric)))
        .filter(|(_, of)| of.len() > 1)
        .collect();
    let all = || courses.iter().flat_map(|(_, points)| points.iter().copied());
    let steps = axis(all().map(|(step, _)| step), 0.03)?;
    let x = Axis { ticks: linear_ticks(steps.range.0, steps.range.1, 6), ..steps };
    // Half of a step is none.
    let x = Axis { ticks: x.ticks.into_iter().filter(|tick| tick.at.fract() == 0.0).collect(), ..x };
    let y = axis(all().map(|(_, value)| value), 0.08)?;
    let least = all().min_by(|a, b| a.1.total_cmp(&b.1))?;
    let most = all().max_by(|a, b| a.1.total_cmp(&b.1))?;
    let sentence = format!(
        "{metric} by step of {}: from {} at step {} to {} at step {}.",
        plural(courses.len() as u64, "run"),
        metric_text(least.1),
        least.0,
        metric_text(most.1),
        most.0
    );
    let of = runs.len();
    let layers = courses.into_iter().flat_map(|(number, points)| numbered(number, of, points)).collect();
    Some(Chart { x, y, layers, sentence })
}

/// The points of a metric by step; of several at one step the last.
fn course(run: &Run, metric: &str) -> Vec<(f64, f64)> {
    let points = run.metrics.get(metric).map_or(&[][..], Vec::as_slice);
    let by_step: BTreeMap<i64, f64> = points.iter().map(|point| (point.step, point.value)).collect();
    by_step.into_iter().map(|(step, value)| (step as f64, value)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::super::runs::sample::run;
    use super::*;
    use crate::flows::present::chart::{Ink, Layer};
    use crate::tracking::MetricPoint;

    #[test]
    fn courses_are_overlaid_and_single_points_are_none() {
        let (mut a, b) = (run("a", None, "1", Some(0.6)), run("b", None, "2", Some(0.7)));
        let points = [(0, 0.7), (2, 0.61), (1, 0.65), (1, 0.64)];
        a.metrics.insert("val".into(), points.map(|(step, value)| MetricPoint::new(value, step)).into());
        assert_eq!(course_metrics(&[&a, &b]), ["val"]);
        assert_eq!(usual_metric(&[&a, &b], Some("log_loss")).as_deref(), Some("val"));
        let chart = course_chart(&[&b, &a], "val").expect("one has a course");
        assert_eq!(chart.layers[0], Layer::Line(Ink::Series(1), vec![(0.0, 0.7), (1.0, 0.64), (2.0, 0.61)]));
        assert_eq!(chart.sentence, "val by step of 1 run: from 0.6100 at step 2 to 0.7000 at step 0.");
        assert_eq!(course_chart(&[&b], "log_loss"), None);
        assert_eq!(usual_metric(&[&b], None), None);
    }
}
