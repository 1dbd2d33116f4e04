//! The course of a metric over its steps, run beside run.

use std::cmp::Reverse;

use super::{axis, numbered};
use crate::flows::present::chart::{Axis, Chart};
use crate::flows::present::runs::metric_text;
use crate::flows::present::{Tick, decimal, linear_ticks, plural};
use crate::tracking::Run;
use crate::tracking::compare::{ComparedMetric, compare};

/// Metrics that have a course in some run, those of most runs first.
pub fn course_metrics(runs: &[&Run]) -> Vec<String> {
    let mut metrics = compare(runs).metrics;
    metrics.retain(ComparedMetric::has_curve);
    metrics.sort_by_key(|metric| Reverse(metric.curves.iter().filter(|curve| curve.len() > 1).count()));
    metrics.into_iter().map(|metric| metric.key).collect()
}

/// The metric that is drawn: the one that was chosen if it has a course, else the first that has.
pub fn usual_metric(runs: &[&Run], chosen: Option<&str>) -> Option<String> {
    let all = course_metrics(runs);
    all.iter().find(|name| Some(name.as_str()) == chosen).or(all.first()).cloned()
}

/// The course of a metric in every run that has one.
pub fn course_chart(runs: &[&Run], metric: &str) -> Option<Chart> {
    let compared = compare(runs).metrics.into_iter().find(|other| other.key == metric)?;
    let floats =
        |curve: Vec<(i64, f64)>| curve.into_iter().map(|(step, value)| (step as f64, value)).collect::<Vec<_>>();
    let courses = compared.curves.into_iter().map(floats).enumerate().filter(|(_, points)| points.len() > 1);
    let courses: Vec<(usize, Vec<(f64, f64)>)> = courses.collect();
    let all = || courses.iter().flat_map(|(_, points)| points.iter().copied());
    let steps = axis(all().map(|(step, _)| step), 0.03)?;
    // Half of a step is none.
    let whole = linear_ticks(steps.range.0, steps.range.1, 6).into_iter().filter(|tick| tick.at.fract() == 0.0);
    let ticks = whole.map(|tick| Tick { label: decimal(tick.at, 0), ..tick }).collect();
    let x = Axis { ticks, ..steps };
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
        assert_eq!(chart.layers[0], Layer::Line(Ink::Series(1), vec![(0.0, 0.7), (1.0, 0.65), (2.0, 0.61)]));
        assert_eq!(chart.sentence, "val by step of 1 run: from 0.6100 at step 2 to 0.7000 at step 0.");
        assert_eq!(course_chart(&[&b], "log_loss"), None);
        assert_eq!(usual_metric(&[&b], None), None);
    }
}
