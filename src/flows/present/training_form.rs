//! The form of the lab's training page: what was chosen and typed becomes a training, or says what is wrong with it.

use crate::base::{Date, Seed};
use crate::flows::searches::{default_search, named};
use crate::flows::train::TrainSpec;
use crate::league::features::feature_sets;
use crate::learn::{CalibrationMethod, Method, Selection, Split};

/// The most strengths that one search takes.
pub const MAX_STRENGTHS: usize = 40;

/// Reads strengths from a text: numbers above zero, parted by commas, semicolons or spaces; ascending and unique.
pub fn parse_strengths(text: &str) -> Result<Vec<f64>, String> {
    let mut strengths = Vec::new();
    for word in text.split([',', ';', ' ', '\n', '\t']).filter(|word| !word.is_empty()) {
        let value: f64 = word.parse().map_err(|_| format!("“{word}” is not a number."))?;
        if !(1e-6..=1e6).contains(&value) {
            return Err(format!("{word} is out of range: a strength lies between 0.000001 and 1,000,000."));
        }
        strengths.push(value);
    }
    strengths.sort_by(f64::total_cmp);
    strengths.dedup();
    match strengths.len() {
        0 => Err("Give at least one strength, such as 0.01, 0.1, 1.".to_owned()),
        n if n > MAX_STRENGTHS => {
            Err(format!("{n} strengths are more than one search takes: {MAX_STRENGTHS} at most."))
        }
        _ => Ok(strengths),
    }
}

/// Reads a seed.
pub fn parse_seed(text: &str) -> Result<u64, String> {
    text.trim().parse().map_err(|_| format!("“{}” is not a whole number of at most 20 digits.", text.trim()))
}

/// Checks a season range.
pub fn check_seasons((first, last): (u16, u16)) -> Result<(), String> {
    if first > last { Err("The first season comes after the last one.".to_owned()) } else { Ok(()) }
}

/// A choice of a list: its value, and what it is in words.
pub type Choice = (&'static str, &'static str);

/// What may be tried.
pub const SEARCHES: [Choice; 7] = [
    ("default", "The default model"),
    ("baselines", "Elo or the margin rating alone"),
    ("linear", "Linear: L2, L1, between"),
    ("trees", "Boosted trees and forests"),
    ("blend", "Blends of both"),
    ("wide", "All of these, by halving"),
    ("own", "Strengths of my own"),
];

/// How the points are gone through.
pub const METHODS: [Choice; 4] = [
    ("", "As the search says"),
    ("grid", "Every one of them"),
    ("random", "Twelve drawn at random"),
    ("halving", "Successive halving by three"),
];

/// How trials are judged.
pub const SPLITS: [Choice; 3] = [
    ("walk-forward", "Season by season"),
    ("blocked", "Five blocks, a week apart"),
    ("random", "Games dealt out at random"),
];

/// How features are dropped beforehand.
pub const SELECTIONS: [Choice; 4] = [
    ("", "None of them"),
    ("correlation", "That repeat another"),
    ("l1", "That L1 leaves out"),
    ("backward", "That are not missed"),
];

/// How probabilities are calibrated.
pub const CALIBRATIONS: [Choice; 5] = [
    ("", "As the search says"),
    ("none", "Not at all"),
    ("platt", "Platt"),
    ("isotonic", "Isotonic"),
    ("beta", "Beta"),
];

/// The form as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Form {
    /// First and last season.
    pub seasons: (u16, u16),
    /// One of [`SEARCHES`].
    pub search: String,
    /// Strengths, where the search is `own`.
    pub strengths: String,
    /// Name of a feature set; empty for those of the search.
    pub features: String,
    /// One of [`CALIBRATIONS`].
    pub calibration: String,
    /// One of [`SELECTIONS`].
    pub selection: String,
    /// One of [`METHODS`].
    pub method: String,
    /// One of [`SPLITS`].
    pub split: String,
    /// The seed.
    pub seed: String,
}

/// What is wrong, by the field where it stands.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Problems {
    /// Of the seasons.
    pub seasons: Option<String>,
    /// Of the strengths.
    pub strengths: Option<String>,
    /// Of the split.
    pub split: Option<String>,
    /// Of the seed.
    pub seed: Option<String>,
}

impl Form {
    /// The training that it asks for, up to the morning of a day.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn spec(&self, as_of: Date) -> Result<TrainSpec, Problems> {
        let strengths = if self.search == "own" { parse_strengths(&self.strengths) } else { Ok(Vec::new()) };
        let (seed, seasons, split) = (parse_seed(&self.seed), check_seasons(self.seasons), self.split());
        let (Ok(strengths), Ok(seed), Ok(()), Ok(split)) = (&strengths, &seed, &seasons, &split) else {
            let (seasons, strengths) = (seasons.err(), strengths.err());
            return Err(Problems { seasons, strengths, split: split.err(), seed: seed.err() });
        };
        let own = || default_search(strengths);
        let mut search = if self.search == "own" { own() } else { named(&self.search).unwrap_or_else(own) };
        search.split = *split;
        search.method = match self.method.as_str() {
            "grid" => Method::Grid,
            "random" => Method::Random { trials: 12 },
            "halving" => Method::Halving { factor: 3 },
            _ => search.method,
        };
        if let Ok(calibration) = self.calibration.parse::<CalibrationMethod>() {
            search.space.calibrations = vec![calibration];
        }
        if let Some(set) = feature_sets().into_iter().find(|set| set.name == self.features) {
            search.space.features = vec![set];
        }
        let selection = match self.selection.as_str() {
            "correlation" => vec![Selection::Correlation { threshold: 0.95 }],
            "l1" => vec![Selection::L1 { c: 0.01 }],
            "backward" => vec![Selection::Backward { tolerance: 0.0002 }],
            _ => Vec::new(),
        };
        let (seasons, seed, experiment) = (self.seasons, Seed(*seed), "lab".to_owned());
        Ok(TrainSpec { seasons, as_of, selection, search, seed, experiment })
    }

    fn split(&self) -> Result<Split, String> {
        match self.split.as_str() {
            "blocked" => Ok(Split::Blocked { folds: 5, gap_days: 7 }),
            "random" => Err(crate::learn::SplitError::Random.to_string()),
            _ => Ok(Split::WalkForward),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form() -> Form {
        Form {
            seasons: (2019, 2021),
            search: "default".into(),
            strengths: String::new(),
            features: String::new(),
            calibration: String::new(),
            selection: String::new(),
            method: String::new(),
            split: "walk-forward".into(),
            seed: "7".into(),
        }
    }

    fn as_of() -> Date {
        "2022-01-01".parse().expect("a day")
    }

    #[test]
    fn strengths_are_read_in_any_order_and_spacing() {
        assert_eq!(parse_strengths("1, 0.1;0.01  1\n10"), Ok(vec![0.01, 0.1, 1.0, 10.0]));
        assert_eq!(parse_strengths("1e-3"), Ok(vec![0.001]));
    }

    #[test]
    fn a_strength_that_cannot_be_tried_is_named() {
        for (text, part) in [
            ("", "at least one"),
            ("0.1, abc", "“abc”"),
            ("0", "out of range"),
            ("-1", "out of range"),
            ("NaN", "out of range"),
        ] {
            let message = parse_strengths(text).expect_err(text);
            assert!(message.contains(part), "{text}: {message}");
        }
        let many: Vec<String> = (1..=MAX_STRENGTHS + 1).map(|n| n.to_string()).collect();
        assert!(parse_strengths(&many.join(" ")).is_err());
    }

    #[test]
    fn a_seed_is_a_whole_number() {
        assert_eq!(parse_seed(" 42 "), Ok(42));
        assert!(parse_seed("-1").is_err());
        assert!(parse_seed("").is_err());
    }

    #[test]
    fn seasons_run_forward() {
        assert!(check_seasons((2019, 2019)).is_ok());
        assert!(check_seasons((2020, 2019)).is_err());
    }

    #[test]
    fn every_search_that_is_offered_is_there_and_can_be_tried() {
        for (search, _) in SEARCHES {
            let spec = Form { search: search.into(), strengths: "0.1".into(), ..form() }.spec(as_of());
            let spec = spec.unwrap_or_else(|problems| panic!("{search}: {problems:?}"));
            assert!(!spec.search.space.settings().expect("points").is_empty(), "{search}");
        }
        let own = Form { search: "own".into(), strengths: "0.1 0.2".into(), ..form() }.spec(as_of()).expect("a spec");
        assert_eq!(own.search, default_search(&[0.1, 0.2]));
    }

    #[test]
    fn what_is_chosen_takes_the_place_of_what_the_search_says() {
        let chosen = Form {
            search: "linear".into(),
            features: "default".into(),
            calibration: "beta".into(),
            selection: "backward".into(),
            method: "halving".into(),
            split: "blocked".into(),
            ..form()
        };
        let spec = chosen.spec(as_of()).expect("a spec");
        assert_eq!(spec.search.space.calibrations, [CalibrationMethod::Beta]);
        assert_eq!(spec.search.space.features, feature_sets()[..1]);
        assert_eq!(spec.search.method, Method::Halving { factor: 3 });
        assert_eq!(spec.search.split, Split::Blocked { folds: 5, gap_days: 7 });
        assert_eq!(spec.selection, [Selection::Backward { tolerance: 0.0002 }]);
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once_and_a_random_split_is_explained() {
        let wrong = Form {
            seasons: (2021, 2019),
            search: "own".into(),
            strengths: "much".into(),
            split: "random".into(),
            seed: "x".into(),
            ..form()
        };
        let problems = wrong.spec(as_of()).expect_err("four problems");
        assert!(problems.seasons.is_some() && problems.strengths.is_some() && problems.seed.is_some());
        assert!(problems.split.is_some_and(|why| why.contains("played after those it is judged on")));
    }
}
