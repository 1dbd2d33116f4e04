//! Splits of examples in time: what a setting is trained on, and what it is judged on.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use crate::base::Date;
use crate::features::TrainingFrame;

/// Rows to train on and other rows to validate on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fold {
    /// Rows to train on, ascending.
    pub train: Vec<usize>,
    /// Rows to validate on, ascending.
    pub validate: Vec<usize>,
}

/// How examples are parted into folds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Split {
    /// Every season but the first is predicted from the seasons before it; a single season in blocks of whole days.
    WalkForward,
    /// Blocks of whole days, each predicted from all others but those within a gap of days on either side
    /// (López de Prado 2018, chapter 7: purged k-fold).
    Blocked {
        /// Blocks.
        folds: usize,
        /// Days on either side of a block that are not trained on.
        gap_days: u16,
    },
    /// Examples dealt out at random. Always refused: it is here to say why.
    Random {
        /// Folds.
        folds: usize,
    },
}

/// Why examples cannot be parted so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum SplitError {
    /// A random split lets the future into the past.
    #[error(
        "a random split is refused: it would train on games that were played after those it is judged on, and on the same \
         evening; choose walk-forward, or blocks with a gap"
    )]
    Random,
    /// Too few or too many folds.
    #[error("{found} folds: expected 2 to 50")]
    Folds {
        /// What was asked for.
        found: usize,
    },
    /// A fold has nothing to train or to validate on.
    #[error("fold {fold} has {train} examples to train on and {validate} to validate on: both are needed")]
    Empty {
        /// The fold, from 0.
        fold: usize,
        /// Examples to train on.
        train: usize,
        /// Examples to validate on.
        validate: usize,
    },
}

impl Split {
    /// The folds of these rows, which are ascending.
    ///
    /// # Errors
    /// For a random split, and where a fold comes out empty. A walk forward over too little has no fold at all.
    pub fn folds(self, frame: &TrainingFrame, rows: &[usize]) -> Result<Vec<Fold>, SplitError> {
        let folds = match self {
            Split::WalkForward => walk_forward(frame, rows),
            Split::Blocked { folds, .. } if !(2..=50).contains(&folds) => {
                return Err(SplitError::Folds { found: folds });
            }
            Split::Blocked { folds, gap_days } => blocked(frame, rows, folds, gap_days),
            Split::Random { .. } => return Err(SplitError::Random),
        };
        match folds.iter().position(|fold| fold.train.is_empty() || fold.validate.is_empty()) {
            Some(at) => {
                let (train, validate) = (folds[at].train.len(), folds[at].validate.len());
                Err(SplitError::Empty { fold: at, train, validate })
            }
            None => Ok(folds),
        }
    }

    /// In words.
    pub fn summary(self) -> String {
        match self {
            Split::WalkForward => "walk-forward".to_owned(),
            Split::Blocked { folds, gap_days } => format!("{folds} blocks with a gap of {gap_days} days"),
            Split::Random { folds } => format!("{folds} random folds"),
        }
    }
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
    if groups.len() > 1 {
        let of_group = |group: &u16| Fold {
            train: rows.iter().copied().filter(|row| frame.groups[*row] < *group).collect(),
            validate: rows.iter().copied().filter(|row| frame.groups[*row] == *group).collect(),
        };
        return groups[1..].iter().map(of_group).collect();
    }
    let blocks = blocks(frame, rows, BLOCKS);
    let before = |at: &(usize, usize)| Fold { train: rows[..at.0].to_vec(), validate: rows[at.0..at.1].to_vec() };
    blocks.iter().map(before).filter(|fold| !fold.train.is_empty() && !fold.validate.is_empty()).collect()
}

/// Places `(start, end)` of blocks of whole days, as even as days allow.
fn blocks(frame: &TrainingFrame, rows: &[usize], count: usize) -> Vec<(usize, usize)> {
    let mut starts: Vec<usize> = (0..count).map(|block| day_start(frame, rows, block * rows.len() / count)).collect();
    starts.dedup();
    let ends = starts.iter().skip(1).copied().chain([rows.len()]);
    starts.iter().copied().zip(ends).collect()
}

fn blocked(frame: &TrainingFrame, rows: &[usize], folds: usize, gap_days: u16) -> Vec<Fold> {
    let gap = TimeDelta::days(i64::from(gap_days));
    let fold = |(start, end): (usize, usize)| {
        let block = &rows[start..end];
        let day = |row: Option<&usize>| row.map_or(Date::MIN, |row| frame.days[*row]);
        let near = |row: &usize| {
            let (first, last) = (day(block.first()), day(block.last()));
            frame.days[*row] >= first - gap && frame.days[*row] <= last + gap
        };
        Fold { train: rows.iter().copied().filter(|row| !near(row)).collect(), validate: block.to_vec() }
    };
    blocks(frame, rows, folds).into_iter().map(fold).collect()
}

/// The first place at or after `at` where a new day begins.
pub fn day_start(frame: &TrainingFrame, rows: &[usize], at: usize) -> usize {
    let same_day = |place: &usize| *place > 0 && frame.days[rows[*place]] == frame.days[rows[place - 1]];
    (at..rows.len()).find(|place| !same_day(place)).unwrap_or(rows.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::testing::frame;

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
        let error = Split::Blocked { folds: 5, gap_days: 0 }.folds(&frame, &[0, 1, 2, 3]).expect_err("one day");
        assert_eq!(error, SplitError::Empty { fold: 0, train: 0, validate: 4 });
    }

    #[test]
    fn blocks_are_of_whole_days_and_nothing_within_the_gap_is_trained_on() {
        let frame = frame(3, 20);
        let rows: Vec<usize> = (0..frame.y.len()).collect();
        for gap_days in [0, 3] {
            let folds = Split::Blocked { folds: 5, gap_days }.folds(&frame, &rows).expect("enough days");
            let judged: Vec<usize> = folds.iter().flat_map(|fold| fold.validate.clone()).collect();
            assert_eq!(judged, rows, "every row is judged once");
            for fold in &folds {
                let days = |rows: &[usize]| rows.iter().map(|row| frame.days[*row]).collect::<Vec<_>>();
                let (train, validate) = (days(&fold.train), days(&fold.validate));
                let nearest = train.iter().flat_map(|a| validate.iter().map(move |b| (*a - *b).num_days().abs())).min();
                assert_eq!(nearest, Some(i64::from(gap_days) + 1));
            }
        }
    }

    #[test]
    fn a_random_split_is_refused_and_explained() {
        let frame = frame(2, 5);
        let error = Split::Random { folds: 5 }.folds(&frame, &[0, 1, 2]).expect_err("refused");
        assert!(error.to_string().contains("played after those it is judged on"), "{error}");
        assert_eq!(Split::Blocked { folds: 1, gap_days: 0 }.folds(&frame, &[0]), Err(SplitError::Folds { found: 1 }));
    }
}
