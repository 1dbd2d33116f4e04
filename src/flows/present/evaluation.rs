//! What a training's evaluation says: curves, comparisons and slices as rows and charts.

use super::chart::{Axis, Chart, Ink, Layer};
use super::training::{FeatureBar, feature_bars};
use super::{decimal, linear_ticks, p_value, plural, share, signed};
use crate::flows::evaluate::Evaluation;
use crate::flows::judging::BEST_OF_MARKETS;
use crate::stats::{Paired, Scores};

fn unit() -> Axis {
    Axis { range: (0.0, 1.0), ticks: linear_ticks(0.0, 1.0, 5) }
}

/// Said against seen, with 95 % intervals.
pub fn reliability_chart(evaluation: &Evaluation) -> Chart {
    let bins: Vec<_> = evaluation.calibration.iter().filter(|bin| bin.n > 0).collect();
    let points: Vec<(f64, f64)> = bins.iter().map(|bin| (bin.mean_forecast, bin.observed)).collect();
    let spans = bins.iter().map(|bin| (bin.mean_forecast, bin.interval.0, bin.interval.1)).collect();
    let off =
        bins.iter().filter(|bin| bin.mean_forecast < bin.interval.0 || bin.mean_forecast > bin.interval.1).count();
    let sentence = format!(
        "Of {} with games, {} what was said outside the 95 percent interval of what was seen; calibration error {}.",
        plural(bins.len() as u64, "bin"),
        if off == 1 { "1 has".to_owned() } else { format!("{off} have") },
        decimal(evaluation.scores.model.ece, 4)
    );
    let layers = vec![
        Layer::Line(Ink::Quiet, vec![(0.0, 0.0), (1.0, 1.0)]),
        Layer::Spans(Ink::First, spans),
        Layer::Line(Ink::First, points.clone()),
        Layer::Dots(Ink::First, points),
    ];
    Chart { x: unit(), y: unit(), layers, sentence }
}

/// The ROC curve; none where all games ended alike.
pub fn roc_chart(evaluation: &Evaluation) -> Option<Chart> {
    let auc = evaluation.scores.model.auc?;
    let layers =
        vec![Layer::Line(Ink::Quiet, vec![(0.0, 0.0), (1.0, 1.0)]), Layer::Line(Ink::First, evaluation.roc.clone())];
    let sentence = format!(
        "The ROC curve encloses {}: a home win had the higher number in {} of all pairs with a home loss.",
        decimal(auc, 4),
        share(auc)
    );
    Some(Chart { x: unit(), y: unit(), layers, sentence })
}

/// How many games got which probability: all of them, and before them those that the home side won.
pub fn distribution_chart(evaluation: &Evaluation) -> Chart {
    let [lost, won] = &evaluation.distribution;
    let width = 1.0 / lost.len().max(1) as f64;
    let bars = |of: &dyn Fn(usize) -> u64| {
        (0..lost.len()).map(|at| (at as f64 * width, (at + 1) as f64 * width, of(at) as f64)).collect::<Vec<_>>()
    };
    let all = bars(&|at| lost[at] + won[at]);
    let highest = all.iter().map(|bar| bar.2).fold(1.0, f64::max) * 1.08;
    let (low, high) = (all.iter().find(|bar| bar.2 > 0.0), all.iter().rev().find(|bar| bar.2 > 0.0));
    let sentence = format!(
        "{}: probabilities from {} to {}.",
        plural(evaluation.scores.model.n, "game"),
        decimal(low.map_or(0.0, |bar| bar.0), 2),
        decimal(high.map_or(1.0, |bar| bar.1), 2)
    );
    Chart {
        x: unit(),
        y: Axis { range: (0.0, highest), ticks: linear_ticks(0.0, highest, 4) },
        layers: vec![Layer::Bars(Ink::Second, all), Layer::Bars(Ink::First, bars(&|at| won[at]))],
        sentence,
    }
}

/// The model beside another forecast of the same games.
#[derive(Debug, Clone, PartialEq)]
pub struct RivalRow {
    /// The other forecast.
    pub name: String,
    /// Its log loss.
    pub log_loss: String,
    /// The model's log loss less its, with the interval; a dash where there is none.
    pub difference: String,
    /// How often equally good forecasts differ so much.
    pub p_value: String,
    /// Whether the model is better, worse, or neither beyond chance.
    pub verdict: &'static str,
}

/// Others on the same games: the home-win rate, Elo, and the version in Production.
pub fn rival_rows(evaluation: &Evaluation) -> Vec<RivalRow> {
    let scores = &evaluation.scores;
    let mut rows = vec![
        rival_row("Home-win rate of the season before".to_owned(), &scores.home_rate, scores.less_home_rate),
        rival_row("Elo alone".to_owned(), &scores.elo, scores.less_elo),
    ];
    if let (Ok(version), Some(against)) = (&evaluation.rival, &scores.against)
        && let Some(theirs) = &against.theirs
    {
        rows.push(rival_row(format!("Version {version}, in Production"), theirs, against.difference));
    }
    rows
}

fn rival_row(name: String, theirs: &Scores, difference: Option<Paired>) -> RivalRow {
    let log_loss = decimal(theirs.log_loss, 4);
    let Some(Paired { mean, interval: (low, high), p_value: p, .. }) = difference else {
        return RivalRow {
            name, log_loss, difference: "–".into(), p_value: "–".into(), verdict: "the same forecasts"
        };
    };
    let verdict = match () {
        () if p.is_none() && mean == 0.0 => "the same forecasts",
        () if high < 0.0 => "better",
        () if low > 0.0 => "worse",
        () => "no difference beyond chance",
    };
    RivalRow {
        name,
        log_loss,
        difference: format!("{} ({} to {})", signed(mean, 4), signed(low, 4), signed(high, 4)),
        p_value: p.map_or_else(|| "–".to_owned(), p_value),
        verdict,
    }
}

/// Why the version in Production is not among the others; none if it is.
pub fn no_rival_words(evaluation: &Evaluation) -> Option<String> {
    evaluation.rival.as_ref().err().map(|why| format!("Not held against Production: {why}."))
}

/// An alarm where the model is better than any market has been; none otherwise.
pub fn alarm_words(evaluation: &Evaluation) -> Option<String> {
    evaluation.too_good.then(|| {
        format!(
            "A log loss of {} is below {BEST_OF_MARKETS}, better than any betting market has been over a season. Look for what \
             leaks before you believe it.",
            decimal(evaluation.scores.model.log_loss, 4)
        )
    })
}

/// The parts of the Brier score and the skill, in a sentence.
pub fn parts_words(evaluation: &Evaluation) -> String {
    let parts = &evaluation.brier_parts;
    format!(
        "The Brier score is {} = reliability {} − resolution {} + uncertainty {}. The model saves {} of the log loss of the \
         home-win rate.",
        decimal(evaluation.scores.model.brier, 4),
        decimal(parts.reliability, 4),
        decimal(parts.resolution, 4),
        decimal(parts.uncertainty, 4),
        share(evaluation.skill)
    )
}

/// A slice as a row.
#[derive(Debug, Clone, PartialEq)]
pub struct SliceRow {
    /// Which games.
    pub name: String,
    /// How many.
    pub games: String,
    /// Their log loss.
    pub log_loss: String,
    /// Mean probability.
    pub said: String,
    /// Share that came true.
    pub seen: String,
}

/// Slices under a heading.
#[derive(Debug, Clone, PartialEq)]
pub struct SliceTable {
    /// What the games are told apart by.
    pub by: String,
    /// The slices.
    pub rows: Vec<SliceRow>,
}

/// The slices, a table for each way to tell games apart.
pub fn slice_tables(evaluation: &Evaluation) -> Vec<SliceTable> {
    let mut tables: Vec<SliceTable> = Vec::new();
    for slice in &evaluation.slices {
        if tables.last().is_none_or(|table| table.by != slice.by) {
            tables.push(SliceTable { by: slice.by.clone(), rows: Vec::new() });
        }
        let row = SliceRow {
            name: slice.name.clone(),
            games: slice.scores.n.to_string(),
            log_loss: decimal(slice.scores.log_loss, 4),
            said: share(slice.mean_forecast),
            seen: share(slice.observed),
        };
        if let Some(table) = tables.last_mut() {
            table.rows.push(row);
        }
    }
    tables
}

/// What the model leans on, the weightiest first.
pub fn importance_rows(evaluation: &Evaluation) -> Vec<FeatureBar> {
    let all = &evaluation.importance;
    let figures: Vec<(&str, f64)> = all.iter().map(|one| (one.feature.as_str(), one.mean)).collect();
    feature_bars(&figures, |at| format!("{} ± {}", signed(all[at].mean, 4), decimal(all[at].sd, 4)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flows::judging::Comparison;
    use crate::stats::{ECE_BINS, brier_parts, calibration_bins, histograms, paired, roc_curve, score};

    fn evaluation() -> Evaluation {
        let p: Vec<f64> = (0..100).map(|at| (f64::from(at) + 0.5) / 100.0).collect();
        let y: Vec<f64> = (0..100).map(|at| f64::from(at % 10 < at / 10)).collect();
        let scores = score(&y, &p).expect("scores");
        let coin = score(&y, &[0.5; 100]).expect("scores");
        let less = paired(&p, &vec![1.0; 100]);
        let none = Comparison {
            model: scores,
            home_rate: coin,
            elo: coin,
            less_home_rate: less,
            less_elo: None,
            against: None,
        };
        Evaluation {
            scores: none,
            skill: 0.1,
            rival: Err("no version is in Production".into()),
            too_good: false,
            brier_parts: brier_parts(&y, &p).expect("parts"),
            calibration: calibration_bins(&y, &p, ECE_BINS).expect("bins"),
            roc: roc_curve(&y, &p).expect("a curve").into_iter().map(|(a, b, _)| (a, b)).collect(),
            distribution: histograms(&y, &p, 20).expect("counts"),
            importance: vec![],
            slices: vec![],
        }
    }

    #[test]
    fn the_reliability_diagram_has_a_dot_a_bin_and_says_how_many_are_off() {
        let chart = reliability_chart(&evaluation());
        let dots = chart.layers.iter().find_map(|layer| match layer {
            Layer::Dots(_, points) => Some(points.len()),
            _ => None,
        });
        assert_eq!(dots, Some(10));
        assert!(chart.sentence.starts_with("Of 10 bins with games, 0 have"), "{}", chart.sentence);
    }

    #[test]
    fn the_distribution_counts_every_game_once() {
        let chart = distribution_chart(&evaluation());
        let Layer::Bars(Ink::Second, all) = &chart.layers[0] else { panic!("bars of all games") };
        assert_eq!(all.iter().map(|bar| bar.2).sum::<f64>(), 100.0);
        assert_eq!(chart.sentence, "100 games: probabilities from 0.00 to 1.00.");
    }

    #[test]
    fn others_are_better_worse_or_neither() {
        let rows = rival_rows(&evaluation());
        assert_eq!(rows.len(), 2);
        assert_eq!((rows[0].verdict, rows[1].verdict), ("better", "the same forecasts"));
        assert!(rows[0].difference.starts_with("−0.5"), "{}", rows[0].difference);
        let words = no_rival_words(&evaluation()).expect("none is in Production");
        assert_eq!(words, "Not held against Production: no version is in Production.");
    }

    #[test]
    fn what_is_too_good_raises_an_alarm() {
        assert_eq!(alarm_words(&evaluation()), None);
        let alarm = alarm_words(&Evaluation { too_good: true, ..evaluation() }).expect("an alarm");
        assert!(alarm.contains("below 0.59"), "{alarm}");
    }
}
