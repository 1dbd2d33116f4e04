//! The gate before Production, in its first form: two questions, each with its figures.

use serde::{Deserialize, Serialize};

/// A version must pick more games right than this share: a coin with a little luck does not.
pub const ACCURACY_ABOVE: f64 = 0.52;

/// How much worse than Production's a log loss may be and still count as not worse. Two trainings of one recipe on data
/// that differ by a few days are this far apart, and noise is no reason to keep the older one.
pub const LOG_LOSS_MARGIN: f64 = 0.001;

/// One question of the gate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GateCheck {
    /// Its name: `accuracy`, `log_loss`.
    pub name: String,
    /// The answer; none where the question does not apply, which refuses nobody.
    pub passed: Option<bool>,
    /// The candidate's figure.
    pub found: f64,
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

/// Asks both questions about a version with these scores on its hold-out.
pub fn gate(version: &str, accuracy: f64, log_loss: f64, rival: &Rival) -> GateReport {
    let right = accuracy > ACCURACY_ABOVE;
    let accuracy_check = GateCheck {
        name: "accuracy".to_owned(),
        passed: Some(right),
        found: accuracy,
        bound: Some(ACCURACY_ABOVE),
        detail: format!("hold-out accuracy {accuracy:.4} is {}above {ACCURACY_ABOVE}", if right { "" } else { "not " }),
    };
    let log_loss_check = match rival {
        Rival::Scored { version: other, log_loss: bound, games } => {
            // A NaN on either side is a no.
            let better = log_loss <= bound + LOG_LOSS_MARGIN;
            GateCheck {
                name: "log_loss".to_owned(),
                passed: Some(better),
                found: log_loss,
                bound: Some(*bound),
                detail: format!(
                    "hold-out log loss {log_loss:.4} is {} than Production's ({other}) {bound:.4} on the same {games} games \
                     (margin {LOG_LOSS_MARGIN})",
                    if better { "not worse" } else { "worse" }
                ),
            }
        }
        Rival::NotComparable(why) => GateCheck {
            name: "log_loss".to_owned(),
            passed: None,
            found: log_loss,
            bound: None,
            detail: format!("hold-out log loss {log_loss:.4} was not compared: {why}"),
        },
    };
    let checks = vec![accuracy_check, log_loss_check];
    let passed = checks.iter().all(|check| check.passed != Some(false));
    GateReport { version: version.to_owned(), passed, checks }
}

impl GateReport {
    /// The figures in one line, for the audit trail.
    pub fn summary(&self) -> String {
        let details: Vec<&str> = self.checks.iter().map(|check| check.detail.as_str()).collect();
        format!("gate {}: {}", if self.passed { "passed" } else { "refused" }, details.join("; "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rival(log_loss: f64) -> Rival {
        Rival::Scored { version: "1.0.0".into(), log_loss, games: 300 }
    }

    #[track_caller]
    fn check(accuracy: f64, log_loss: f64, rival: Rival, expected: bool) {
        let report = gate("1.1.0", accuracy, log_loss, &rival);
        assert_eq!(report.passed, expected, "{}", report.summary());
    }

    #[test]
    fn a_version_that_picks_no_better_than_a_lucky_coin_is_refused() {
        let alone = || Rival::NotComparable("there is none".into());
        check(0.52, 0.6, alone(), false);
        check(f64::NAN, 0.6, alone(), false);
        check(0.5201, 0.6, alone(), true);
    }

    #[test]
    fn a_version_worse_than_production_on_the_same_games_is_refused() {
        check(0.65, 0.61, rival(0.61), true);
        check(0.65, 0.61 + 0.9 * LOG_LOSS_MARGIN, rival(0.61), true);
        check(0.65, 0.612, rival(0.61), false);
        check(0.65, f64::NAN, rival(0.61), false);
    }

    #[test]
    fn the_report_has_the_figures() {
        let text = gate("1.1.0", 0.65, 0.62, &rival(0.61)).summary();
        for part in ["refused", "0.6500", "0.6200", "0.6100", "1.0.0", "300 games"] {
            assert!(text.contains(part), "{text}");
        }
    }
}
