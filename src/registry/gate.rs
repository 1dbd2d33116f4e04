//! The gate before Production: seven questions, each answered with its figures.

use serde::{Deserialize, Serialize};

use crate::stats::{ECE_BINS, ece_by_chance};

/// A version must pick more games right than this share: a coin with a little luck does not.
pub const ACCURACY_ABOVE: f64 = 0.52;

/// How much worse than Production's a log loss may be and still count as not worse. Two trainings of one recipe on data
/// that differ by a few days are this far apart, and noise is no reason to keep the older one.
pub const LOG_LOSS_MARGIN: f64 = 0.001;

/// How far the expected calibration error may lie above what chance alone gives a perfectly calibrated forecast of as
/// many games: forecasts that are off by three points in a hundred mislead, smaller ones nobody sees.
pub const ECE_MARGIN: f64 = 0.03;

/// Days that a version is watched in Staging before it serves.
pub const STAGING_DAYS: i64 = 7;

/// One question of the gate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GateCheck {
    /// Its name: `accuracy`, `log_loss`, `calibration`, `staging`, `alerts`, `features`, `data`.
    pub name: String,
    /// The answer; none where the question does not apply, which refuses nobody.
    pub passed: Option<bool>,
    /// The candidate's figure, where it is a number.
    pub found: Option<f64>,
    /// The figure that it is held against.
    pub bound: Option<f64>,
    /// The answer in a sentence.
    pub detail: String,
}

/// What the gate says about a version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GateReport {
    /// The version.
    pub version: String,
    /// Whether no question was answered with no.
    pub passed: bool,
    /// The questions in order.
    pub checks: Vec<GateCheck>,
}

/// Production on the candidate's hold-out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Rival {
    /// Scored on the same games, none of which it was trained on.
    Scored {
        /// Its version.
        version: String,
        /// Its log loss there.
        log_loss: f64,
        /// How many games.
        games: u64,
    },
    /// There is none, or its score there says nothing; the sentence says why.
    NotComparable(String),
}

/// How long a version has been in Staging.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waited {
    /// So many whole days, the last time that it was there.
    Days(i64),
    /// It never was there.
    Never,
    /// Nothing is in Production, and a week without predictions helps nobody.
    NothingServes,
}

/// What the gate looks at. Whoever asks gathers it.
#[derive(Debug, Clone, PartialEq)]
pub struct Figures {
    /// The version.
    pub version: String,
    /// Its accuracy on its hold-out; none is a no.
    pub accuracy: Option<f64>,
    /// Its log loss there; none is a no.
    pub log_loss: Option<f64>,
    /// Production there.
    pub rival: Rival,
    /// Its expected calibration error there, in [`ECE_BINS`] bins; none is a no.
    pub ece: Option<f64>,
    /// Games of the hold-out; none where they are not known, and the calibration is not judged then.
    pub holdout_games: Option<u64>,
    /// How long it was watched.
    pub waited: Waited,
    /// Open alerts, each in a few words.
    pub alerts: Vec<String>,
    /// How its features are known, or what is not known of them.
    pub features: Result<String, String>,
    /// How the manifest of its data is known, or why not.
    pub data: Result<String, String>,
}

/// Asks every question.
pub fn gate(figures: &Figures) -> GateReport {
    let checks = vec![
        accuracy(figures.accuracy),
        log_loss(figures.log_loss, &figures.rival),
        calibration(figures.ece, figures.holdout_games),
        staging(figures.waited),
        alerts(&figures.alerts),
        known("features", &figures.features),
        known("data", &figures.data),
    ];
    let passed = checks.iter().all(|check| check.passed != Some(false));
    GateReport { version: figures.version.clone(), passed, checks }
}

fn check(name: &str, passed: Option<bool>, (found, bound): (Option<f64>, Option<f64>), detail: String) -> GateCheck {
    // JSON has no other numbers than finite ones.
    let finite = |number: Option<f64>| number.filter(|number| number.is_finite());
    GateCheck { name: name.to_owned(), passed, found: finite(found), bound: finite(bound), detail }
}

/// Four decimals, or that there is no such figure.
fn figure(number: Option<f64>) -> String {
    number.map_or_else(|| "unknown".to_owned(), |number| format!("{number:.4}"))
}

fn accuracy(found: Option<f64>) -> GateCheck {
    let right = found.is_some_and(|found| found > ACCURACY_ABOVE);
    let not = if right { "" } else { "not " };
    let detail = format!("hold-out accuracy {} is {not}above {ACCURACY_ABOVE}", figure(found));
    check("accuracy", Some(right), (found, Some(ACCURACY_ABOVE)), detail)
}

fn log_loss(found: Option<f64>, rival: &Rival) -> GateCheck {
    match rival {
        Rival::Scored { version, log_loss: bound, games } => {
            // A NaN on either side is a no.
            let better = found.is_some_and(|found| found <= bound + LOG_LOSS_MARGIN);
            let detail = format!(
                "hold-out log loss {} is {} than Production's ({version}) {bound:.4} on the same {games} games (margin \
                 {LOG_LOSS_MARGIN})",
                figure(found),
                if better { "not worse" } else { "worse" }
            );
            check("log_loss", Some(better), (found, Some(*bound)), detail)
        }
        Rival::NotComparable(why) => {
            let detail = format!("hold-out log loss {} was not compared: {why}", figure(found));
            check("log_loss", None, (found, None), detail)
        }
    }
}

fn calibration(found: Option<f64>, games: Option<u64>) -> GateCheck {
    let Some(games) = games.filter(|games| *games > 0) else {
        let detail = format!(
            "calibration error {} was not judged: its run does not say how many games it held out",
            figure(found)
        );
        return check("calibration", None, (found, None), detail);
    };
    let chance = ece_by_chance(games, ECE_BINS);
    let bound = ECE_MARGIN + chance;
    let close = found.is_some_and(|found| found <= bound);
    let detail = format!(
        "hold-out calibration error {} is {} {bound:.4} ({ECE_MARGIN} and the {chance:.4} that chance may give over {games} \
         games)",
        figure(found),
        if close { "within" } else { "not within" }
    );
    check("calibration", Some(close), (found, Some(bound)), detail)
}

fn staging(waited: Waited) -> GateCheck {
    let bound = Some(STAGING_DAYS as f64);
    match waited {
        Waited::Days(days) => {
            let words = if days == 1 { "1 day".to_owned() } else { format!("{days} days") };
            let detail = format!("{words} in Staging, at least {STAGING_DAYS} are asked for");
            check("staging", Some(days >= STAGING_DAYS), (Some(days as f64), bound), detail)
        }
        Waited::Never => {
            let detail = format!("it was never in Staging, at least {STAGING_DAYS} days are asked for");
            check("staging", Some(false), (Some(0.0), bound), detail)
        }
        Waited::NothingServes => {
            let detail = "days in Staging were not asked for: nothing is in Production".to_owned();
            check("staging", None, (None, bound), detail)
        }
    }
}

fn alerts(open: &[String]) -> GateCheck {
    let detail = match open {
        [] => "no alert is open".to_owned(),
        [one] => format!("1 alert is open: {one}"),
        all => format!("{} alerts are open: {}", all.len(), all.join(", ")),
    };
    check("alerts", Some(open.is_empty()), (Some(open.len() as f64), Some(0.0)), detail)
}

fn known(name: &str, how: &Result<String, String>) -> GateCheck {
    let (Ok(detail) | Err(detail)) = how;
    check(name, Some(how.is_ok()), (None, None), detail.clone())
}

impl GateReport {
    /// The figures in one line, for the audit trail.
    pub fn summary(&self) -> String {
        let details: Vec<&str> = self.checks.iter().map(|check| check.detail.as_str()).collect();
        format!("gate {}: {}", if self.passed { "passed" } else { "refused" }, details.join("; "))
    }

    /// The questions that were answered with no.
    pub fn refusals(&self) -> impl Iterator<Item = &GateCheck> {
        self.checks.iter().filter(|check| check.passed == Some(false))
    }

    /// One line a question, for people.
    pub fn lines(&self) -> String {
        let line = |check: &GateCheck| {
            let answer = match check.passed {
                Some(true) => "yes",
                Some(false) => "no",
                None => "–",
            };
            format!("  {answer:<4} {:<12} {}", check.name, check.detail)
        };
        self.checks.iter().map(line).collect::<Vec<_>>().join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rival(log_loss: f64) -> Rival {
        Rival::Scored { version: "1.0.0".into(), log_loss, games: 300 }
    }

    /// Figures that pass.
    fn good() -> Figures {
        Figures {
            version: "1.1.0".into(),
            accuracy: Some(0.65),
            log_loss: Some(0.61),
            rival: rival(0.61),
            ece: Some(0.03),
            holdout_games: Some(300),
            waited: Waited::Days(7),
            alerts: vec![],
            features: Ok("features 2.0.0 are those of this build".into()),
            data: Ok("manifest 12ab is in the store".into()),
        }
    }

    #[track_caller]
    fn check(figures: &Figures, expected: bool) {
        let report = gate(figures);
        assert_eq!(report.passed, expected, "{}", report.summary());
    }

    #[test]
    fn a_version_that_picks_no_better_than_a_lucky_coin_is_refused() {
        for (accuracy, expected) in [(Some(0.52), false), (Some(f64::NAN), false), (None, false), (Some(0.5201), true)]
        {
            check(&Figures { accuracy, ..good() }, expected);
        }
    }

    #[test]
    fn a_version_worse_than_production_on_the_same_games_is_refused() {
        let within = 0.61 + 0.9 * LOG_LOSS_MARGIN;
        for (log_loss, expected) in
            [(Some(0.61), true), (Some(within), true), (Some(0.612), false), (Some(f64::NAN), false), (None, false)]
        {
            check(&Figures { log_loss, ..good() }, expected);
        }
        let alone = Rival::NotComparable("no other version is in Production".into());
        check(&Figures { log_loss: Some(0.7), rival: alone, ..good() }, true);
    }

    #[test]
    fn the_calibration_is_held_against_what_chance_gives() {
        let bound = ECE_MARGIN + ece_by_chance(300, ECE_BINS);
        for (ece, expected) in
            [(Some(bound), true), (Some(bound + 1e-9), false), (Some(f64::NAN), false), (None, false)]
        {
            check(&Figures { ece, ..good() }, expected);
        }
        check(&Figures { ece: Some(0.5), holdout_games: None, ..good() }, true);
        check(&Figures { ece: Some(0.08), holdout_games: Some(10_000), ..good() }, false);
    }

    #[test]
    fn a_version_is_watched_for_a_week_where_another_serves() {
        for (waited, expected) in
            [(Waited::Days(7), true), (Waited::Days(6), false), (Waited::Never, false), (Waited::NothingServes, true)]
        {
            check(&Figures { waited, ..good() }, expected);
        }
    }

    #[test]
    fn an_open_alert_and_what_is_not_known_refuse() {
        check(&Figures { alerts: vec!["drift_score of 2026-01-10".into()], ..good() }, false);
        check(&Figures { features: Err("features 9.0.0 are not known".into()), ..good() }, false);
        check(&Figures { data: Err("manifest 12ab is not known".into()), ..good() }, false);
    }

    #[test]
    fn the_report_has_the_figures_and_is_json() {
        let figures = Figures { accuracy: Some(f64::NAN), log_loss: Some(0.62), waited: Waited::Days(1), ..good() };
        let report = gate(&figures);
        let text = report.summary();
        for part in ["refused", "NaN", "0.6200", "0.6100", "1.0.0", "300 games", "1 day in Staging", "no alert is open"]
        {
            assert!(text.contains(part), "{text}");
        }
        assert_eq!(
            report.refusals().map(|check| check.name.as_str()).collect::<Vec<_>>(),
            ["accuracy", "log_loss", "staging"]
        );
        assert!(report.lines().contains("no   staging      1 day in Staging, at least 7"), "{}", report.lines());
        let json = serde_json::to_string(&report).unwrap();
        assert_eq!(serde_json::from_str::<GateReport>(&json).unwrap(), report);
    }
}
