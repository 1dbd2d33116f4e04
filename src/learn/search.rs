//! A search over penalty strengths, scored walk-forward, one trial a step.

use super::{FitError, age_weights, predict, train};
use crate::features::TrainingFrame;
use crate::stats::{ScoreError, Scores, score};

/// Rows to train on and later rows to validate on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fold {
    /// Rows to train on, ascending.
    pub train: Vec<usize>,
    /// Rows to validate on, all on later days.
    pub validate: Vec<usize>,
}

/// Blocks into which a single group is cut; every block but the first is validated on.
const BLOCKS: usize = 5;

/// Folds in which every validation row is later than every training row: each group but the first is predicted from the
/// groups before it. Where there is only one group, it is cut into five blocks of whole days, and each
/// block but the first is predicted from the blocks before it. `rows` are ascending.
pub fn walk_forward(frame: &TrainingFrame, rows: &[usize]) -> Vec<Fold> {
    let mut groups: Vec<u16> = rows.iter().map(|row| frame.groups[*row]).collect();
    groups.sort_unstable();
    groups.dedup();
    let split = |starts: &[usize]| -> Vec<Fold> {
        let mut ends = starts[1..].to_vec();
        ends.push(rows.len());
        let fold = |(start, end): (&usize, usize)| Fold {
            train: rows[..*start].to_vec(),
            validate: rows[*start..end].to_vec(),
        };
        let folds = starts.iter().zip(ends).map(fold);
        folds.filter(|fold| !fold.train.is_empty() && !fold.validate.is_empty()).collect()
    };
    if groups.len() > 1 {
        let of_group = |group: &u16| Fold {
            train: rows.iter().copied().filter(|row| frame.groups[*row] < *group).collect(),
            validate: rows.iter().copied().filter(|row| frame.groups[*row] == *group).collect(),
        };
        return groups[1..].iter().map(of_group).collect();
    }
    let mut starts: Vec<usize> = (1..BLOCKS).map(|block| day_start(frame, rows, block * rows.len() / BLOCKS)).collect();
    starts.dedup();
    split(&starts)
}

/// The first place at or after `at` where a new day begins.
pub fn day_start(frame: &TrainingFrame, rows: &[usize], at: usize) -> usize {
    let same_day = |place: &usize| *place > 0 && frame.days[rows[*place]] == frame.days[rows[place - 1]];
    (at..rows.len()).find(|place| !same_day(place)).unwrap_or(rows.len())
}

/// Scores one strength: each fold's validation rows predicted by a model trained on its training rows (weighted by age
/// with this half-life in groups), pooled.
pub fn validate(
    frame: &TrainingFrame,
    folds: &[Fold],
    c: f64,
    half_life: f64,
    feature_version: &str,
) -> Result<Scores, SearchError> {
    let (mut y, mut p) = (Vec::new(), Vec::new());
    for fold in folds {
        let weights = age_weights(frame, &fold.train, half_life);
        let model = train(frame, &fold.train, Some(&weights), c, feature_version)?;
        p.extend(predict(&model, frame, &fold.validate));
        y.extend(fold.validate.iter().map(|row| frame.y[*row]));
    }
    Ok(score(&y, &p)?)
}

/// Why a search stopped.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SearchError {
    /// A fit failed.
    #[error(transparent)]
    Fit(#[from] FitError),
    /// The folds cannot be scored.
    #[error(transparent)]
    Score(#[from] ScoreError),
    /// There is nothing to try.
    #[error("there are no strengths to try")]
    NoStrengths,
}

/// The best of some strengths by pooled validation log loss; the smaller strength (the stronger penalty) where two are equal.
pub fn best(trials: &[(f64, f64)]) -> Option<f64> {
    trials.iter().min_by(|a, b| a.1.total_cmp(&b.1).then(a.0.total_cmp(&b.0))).map(|trial| trial.0)
}

/// Tries every strength on these folds and gives the best.
pub fn choose(
    frame: &TrainingFrame,
    folds: &[Fold],
    strengths: &[f64],
    half_life: f64,
    feature_version: &str,
) -> Result<f64, SearchError> {
    let mut trials = Vec::with_capacity(strengths.len());
    for c in strengths {
        trials.push((*c, validate(frame, folds, *c, half_life, feature_version)?.log_loss));
    }
    best(&trials).ok_or(SearchError::NoStrengths)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Date, Seed, math};
    use ndarray::Array2;

    /// Four games a day, `per_group` days a group, with one informative and one random feature.
    fn frame(groups: u16, days: usize) -> TrainingFrame {
        let mut rng = Seed(9).rng();
        let rows = usize::from(groups) * days * 4;
        let x = Array2::from_shape_fn((rows, 2), |_| rng.normal(0.0, 1.0));
        let y = x.rows().into_iter().map(|row| f64::from(rng.uniform() < math::sigmoid(row[0]))).collect();
        let first = Date::from_ymd_opt(2015, 10, 1).expect("a date");
        TrainingFrame {
            features: vec!["signal".into(), "noise".into()],
            x,
            y,
            ids: (0..rows).map(|row| row.to_string()).collect(),
            days: (0..rows).map(|row| first + chrono::TimeDelta::days((row / 4) as i64)).collect(),
            groups: (0..rows).map(|row| 2015 + (row / 4 / days) as u16).collect(),
        }
    }

    fn all_validation_is_later(frame: &TrainingFrame, folds: &[Fold]) {
        for fold in folds {
            let newest = fold.train.iter().map(|row| frame.days[*row]).max().expect("training rows");
            let oldest = fold.validate.iter().map(|row| frame.days[*row]).min().expect("validation rows");
            assert!(newest < oldest, "{newest} is not before {oldest}");
        }
    }

    #[test]
    fn each_season_is_validated_by_the_seasons_before_it() {
        let frame = frame(4, 10);
        let rows: Vec<usize> = (0..frame.y.len()).collect();
        let folds = walk_forward(&frame, &rows);
        assert_eq!(folds.iter().map(|fold| fold.train.len()).collect::<Vec<_>>(), [40, 80, 120]);
        all_validation_is_later(&frame, &folds);
    }

    #[test]
    fn a_single_season_is_cut_into_blocks_of_whole_days() {
        let frame = frame(1, 23);
        let rows: Vec<usize> = (3..frame.y.len()).collect();
        let folds = walk_forward(&frame, &rows);
        assert_eq!(folds.len(), 4);
        all_validation_is_later(&frame, &folds);
        let last = folds.last().expect("four folds");
        assert_eq!(last.train.len() + last.validate.len(), rows.len());
    }

    #[test]
    fn one_day_has_no_fold() {
        let frame = frame(1, 1);
        assert!(walk_forward(&frame, &[0, 1, 2, 3]).is_empty());
    }

    #[test]
    fn the_stronger_penalty_wins_a_tie() {
        assert_eq!(best(&[(1.0, 0.6), (0.1, 0.6), (0.01, 0.7)]), Some(0.1));
        assert_eq!(best(&[]), None);
    }

    #[test]
    fn a_search_finds_a_strength_that_predicts() {
        let frame = frame(4, 40);
        let rows: Vec<usize> = (0..frame.y.len()).collect();
        let folds = walk_forward(&frame, &rows);
        let c = choose(&frame, &folds, &[1e-6, 0.1], 4.0, "1").expect("a search");
        assert_eq!(c, 0.1, "the signal is worth a coefficient");
        assert_eq!(choose(&frame, &folds, &[], 4.0, "1"), Err(SearchError::NoStrengths));
    }
}
