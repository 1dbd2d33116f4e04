//! Forecasts of the hold-out, run beside run: reliability, ROC, and differences on the same games.

use super::numbered;
use crate::flows::present::chart::{Axis, Chart, Ink, Layer};
use crate::flows::present::{count, decimal, linear_ticks, p_value, plural, signed};
use crate::stats::{ECE_BINS, Paired, Scores, score};
use crate::tracking::compare::{HoldoutPrediction, holdout_curves, holdout_predictions, same_games};

/// What a run said of the games of its hold-out that were played.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Forecasts(Vec<HoldoutPrediction>);

impl Forecasts {
    /// Reads `predictions.csv`; games without a result are left out.
    ///
    /// # Errors
    /// Where it cannot be read, in words.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        holdout_predictions(bytes).map(Self)
    }

    /// How many games.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The scores, where they can be had.
    fn scores(&self) -> Option<Scores> {
        let (y, p): (Vec<f64>, Vec<f64>) = self.0.iter().map(|one| (f64::from(one.home_won), one.prob_home)).unzip();
        score(&y, &p).ok()
    }
}

/// Runs by number with what they said, as far as it is known.
type All<'a> = &'a [Option<Forecasts>];

fn known(all: All<'_>) -> impl Iterator<Item = (usize, &Forecasts)> {
    all.iter().enumerate().filter_map(|(number, one)| Some((number, one.as_ref().filter(|one| !one.is_empty())?)))
}

fn unit() -> Axis {
    Axis { range: (0.0, 1.0), ticks: linear_ticks(0.0, 1.0, 5) }
}

const DIAGONAL: [(f64, f64); 2] = [(0.0, 0.0), (1.0, 1.0)];

/// Said against seen, a line a run.
pub fn reliability(all: All<'_>) -> Option<Chart> {
    let mut layers = vec![Layer::Line(Ink::Quiet, DIAGONAL.to_vec())];
    let mut said = Vec::new();
    for (number, forecasts) in known(all) {
        let bins = holdout_curves(&forecasts.0, ECE_BINS).ok()?.reliability;
        let points: Vec<(f64, f64)> =
            bins.iter().filter(|bin| bin.n > 0).map(|bin| (bin.mean_forecast, bin.observed)).collect();
        layers.push(Layer::Dots(Ink::Series(number), points.clone()));
        layers.extend(numbered(number, all.len(), points));
        let ece = forecasts.scores().map_or(f64::NAN, |scores| scores.ece);
        said.push(format!("{} {}", number + 1, decimal(ece, 4)));
    }
    let sentence = format!("Calibration error by run: {}.", said.join(", "));
    (!said.is_empty()).then(|| Chart { x: unit(), y: unit(), layers, sentence })
}

/// The ROC curves; none where no run has games that ended both ways.
pub fn roc(all: All<'_>) -> Option<Chart> {
    let mut layers = vec![Layer::Line(Ink::Quiet, DIAGONAL.to_vec())];
    let mut said = Vec::new();
    for (number, forecasts) in known(all) {
        let Ok(curves) = holdout_curves(&forecasts.0, ECE_BINS) else { continue };
        let Some(auc) = forecasts.scores().and_then(|scores| scores.auc) else { continue };
        // All curves end in one corner: numbers would lie over one another there.
        layers.push(Layer::Line(Ink::Series(number), curves.roc));
        said.push(format!("{} {}", number + 1, decimal(auc, 4)));
    }
    let sentence = format!("Area under the ROC curve by run: {}.", said.join(", "));
    (!said.is_empty()).then(|| Chart { x: unit(), y: unit(), layers, sentence })
}

/// A run held against the first one on the games that both have.
#[derive(Debug, Clone, PartialEq)]
pub struct PairedRow {
    /// The run's number, from 0.
    pub number: usize,
    /// Games that both have.
    pub games: String,
    /// Its log loss less the first run's, with the 95 % interval.
    pub difference: String,
    /// How often equally good forecasts differ so much.
    pub p_value: String,
    /// What that says.
    pub verdict: String,
}

/// Every run but the first against the first.
pub fn paired_rows(all: All<'_>) -> Vec<PairedRow> {
    let mut known = known(all);
    let Some((0, first)) = known.next() else { return Vec::new() };
    known.map(|(number, other)| row(number, first, other)).collect()
}

fn row(number: usize, first: &Forecasts, other: &Forecasts) -> PairedRow {
    let none = |verdict: String| {
        let dash = || "–".to_owned();
        PairedRow { number, games: dash(), difference: dash(), p_value: dash(), verdict }
    };
    let same = match same_games(&other.0, &first.0) {
        Ok(same) => same,
        Err(why) => return none(format!("not comparable: {why}")),
    };
    let Some(Paired { n, mean, interval: (low, high), p_value: p, .. }) = same.difference else {
        return none("too few games in common".to_owned());
    };
    let verdict = match () {
        () if p.is_none() && mean == 0.0 => "the same forecasts",
        () if high < 0.0 => "better",
        () if low > 0.0 => "worse",
        () => "no difference beyond chance",
    };
    PairedRow {
        number,
        games: count(n),
        difference: format!("{} ({} to {})", signed(mean, 4), signed(low, 4), signed(high, 4)),
        p_value: p.map_or_else(|| "–".to_owned(), p_value),
        verdict: verdict.to_owned(),
    }
}

/// Why there is nothing to hold against one another; none where there is. `without` are the numbers of the runs that have
/// no predictions.
pub fn paired_words(runs: usize, without: &[usize]) -> Option<String> {
    let numbers = || without.iter().map(|number| (number + 1).to_string()).collect::<Vec<_>>().join(", ");
    match without.len() {
        0 => None,
        n if n == runs => Some(
            "None of these runs has its predictions of the hold-out here, from which these figures would come: trials, and runs \
             that were recorded before they were kept, have none."
                .to_owned(),
        ),
        1 => Some(format!("Run {} has no predictions of its hold-out here and is left out.", numbers())),
        n => Some(format!("{} have no predictions of their hold-out here and are left out: {}.", plural(n as u64, "run"), numbers())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forecasts(shift: f64) -> Forecasts {
        let row = |at: i32| {
            let p = (f64::from(at) + 0.5) / 100.0 + shift;
            format!("g{at},2026-01-15,BOS,NYK,{p},{}\n", at % 10 < at / 10)
        };
        let rows: String = (0..100).map(row).collect();
        let text = format!("game_id,date,home,visitor,prob_home,home_won\n{rows}later,2026-02-01,BOS,NYK,0.5,\n");
        Forecasts::parse(text.as_bytes()).expect("predictions")
    }

    #[test]
    fn predictions_are_read_and_games_to_come_are_left_out() {
        assert_eq!(forecasts(0.0).len(), 100);
        assert!(
            Forecasts::parse(b"game_id,p\n1,0.5\n").expect_err("no table of predictions").contains("predictions.csv")
        );
    }

    #[test]
    fn curves_of_those_that_have_forecasts_are_overlaid() {
        let all = [Some(forecasts(0.0)), None, Some(forecasts(0.004))];
        let chart = reliability(&all).expect("two have forecasts");
        assert!(chart.sentence.starts_with("Calibration error by run: 1 0.0") && chart.sentence.contains(", 3 0.0"));
        let lines = chart.layers.iter().filter(|layer| matches!(layer, Layer::Line(Ink::Series(_), _))).count();
        assert_eq!(lines, 2);
        assert!(roc(&all).expect("both ended both ways").sentence.contains("1 0.8"));
        assert_eq!(reliability(&[None]), None);
        assert_eq!(roc(&[Some(Forecasts::default())]), None);
    }

    #[test]
    fn a_run_is_held_against_the_first_on_the_games_of_both() {
        let contrary = |one: HoldoutPrediction| HoldoutPrediction { prob_home: 1.0 - one.prob_home, ..one };
        let contrary = Forecasts(forecasts(0.0).0.into_iter().map(contrary).collect());
        let all = [Some(forecasts(0.0)), Some(contrary), Some(forecasts(0.0)), Some(Forecasts::default())];
        let rows = paired_rows(&all);
        assert_eq!(
            rows.iter().map(|row| (row.number, row.verdict.as_str())).collect::<Vec<_>>(),
            [(1, "worse"), (2, "the same forecasts")]
        );
        assert_eq!(rows[0].games, "100");
        assert!(rows[0].difference.starts_with("+0."), "{}", rows[0].difference);
        assert!(paired_rows(&[None, Some(forecasts(0.0))]).is_empty(), "the first one has none");
    }

    #[test]
    fn what_is_missing_is_said() {
        assert_eq!(paired_words(3, &[]), None);
        assert!(paired_words(2, &[0, 1]).is_some_and(|words| words.starts_with("None of these runs")));
        assert_eq!(
            paired_words(3, &[1]).as_deref(),
            Some("Run 2 has no predictions of its hold-out here and is left out.")
        );
        assert!(paired_words(4, &[1, 2]).is_some_and(|words| words.ends_with("left out: 2, 3.")));
    }
}
