//! Why a game got its number: a day's predictions taken apart.

use serde::{Deserialize, Serialize};

use crate::base::{Date, math};
use crate::league::GameLog;
use crate::league::features::{EdgeParts, FILTER_EDGE, compute, filter_parts, frame_of};
use crate::learn::{Contributions, Model};

/// What moved a prediction.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    /// A feature, or a part of one, in words.
    pub name: String,
    /// What it adds to the probability of a home win: 0.021 are 2.1 points of a hundred.
    pub adds: f64,
}

/// A game's number taken apart: `base` and all that is added to it are the probability of a home win.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reasons {
    /// The game.
    pub game_id: String,
    /// The probability without knowing anything of the game.
    pub base: f64,
    /// What is added, the weightiest first.
    pub reasons: Vec<Reason>,
}

/// Takes the predictions of a day's games apart, from what was known on its morning, in the order of ids.
///
/// Contributions to the logit are exact; they are put on the scale of the probability by one common factor for each game, so
/// that they add up to its number.
///
/// # Errors
/// If the model takes a feature that is not there.
pub fn reasons(log: &GameLog, day: Date, model: &Model) -> Result<Vec<Reasons>, String> {
    let known = log.as_of(day);
    let views = compute(&known);
    let frame = frame_of(&known, &views);
    let columns = model.columns_of(&frame)?;
    let games = known.on(day);
    let mut all = Vec::with_capacity(games.len());
    for (game, parts) in games.iter().zip(filter_parts(games, &views)) {
        let Some(row) = frame.ids.iter().position(|id| *id == game.id) else { continue };
        let values: Vec<f64> = columns.iter().map(|column| frame.x[[row, *column]]).collect();
        all.push(taken_apart(model, &values, &parts, &game.id));
    }
    all.sort_by(|a, b| a.game_id.cmp(&b.game_id));
    Ok(all)
}

fn taken_apart(model: &Model, values: &[f64], parts: &EdgeParts, game_id: &str) -> Reasons {
    let Contributions { mut base, parts: of_features } = model.learned.contributions(values);
    let mut reasons = Vec::new();
    for (at, (feature, adds)) in model.features.iter().zip(of_features).enumerate() {
        match model.as_linear() {
            // A straight line over a sum is a sum of straight lines; what the mean takes away goes to the base.
            Some(linear) if feature == FILTER_EDGE && !values[at].is_nan() => {
                let slope = linear.coefficients[at] / linear.scaling.scale[at];
                base -= slope * linear.scaling.mean[at];
                let of_parts = parts.names.iter().zip(parts.values);
                reasons.extend(of_parts.map(|(name, value)| Reason { name: (*name).to_owned(), adds: slope * value }));
            }
            _ => reasons.push(Reason { name: feature.replace('_', " "), adds }),
        }
    }
    let known = model.calibration.apply(math::sigmoid(base));
    let logit: f64 = reasons.iter().map(|reason| reason.adds).sum();
    let factor = if logit == 0.0 { 0.0 } else { (model.predict(values) - known) / logit };
    reasons.iter_mut().for_each(|reason| reason.adds *= factor);
    reasons.sort_by(|a, b| b.adds.abs().total_cmp(&a.adds.abs()).then_with(|| a.name.cmp(&b.name)));
    Reasons { game_id: game_id.to_owned(), base: known, reasons }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Seed;
    use crate::flows::searches::{STRENGTHS, default_search, named};
    use crate::league::demo;
    use crate::league::features::{FEATURE_VERSION, frame};
    use crate::learn::{Search, predict};

    #[test]
    fn the_reasons_of_a_game_add_up_to_its_number() {
        let log = GameLog::new(demo::games(Seed(7)));
        let day = demo::as_of();
        let all = frame(&log.as_of(day));
        let rows: Vec<usize> = (0..all.y.len()).filter(|row| all.days[*row] < day && !all.y[*row].is_nan()).collect();
        let mut searches = vec![default_search(&STRENGTHS)];
        searches.extend(["linear", "trees"].map(|name| named(name).expect("a search")));
        for spec in searches {
            let settings = Search::new(&spec, 1, Seed(1)).expect("a search").settings().to_vec();
            let model = settings[settings.len() - 1].fit(&all, &rows, FEATURE_VERSION, Seed(1)).expect("a model");
            let told = reasons(&log, day, &model).expect("its features are there");
            assert!(!told.is_empty());
            for Reasons { game_id, base, reasons } in told {
                let row = all.ids.iter().position(|id| *id == game_id).expect("a row");
                let p = predict(&model, &all, &[row])[0];
                let sum = base + reasons.iter().map(|reason| reason.adds).sum::<f64>();
                assert!((sum - p).abs() < 1e-9, "{}: {sum} and not {p}", settings[settings.len() - 1].summary());
                assert!(reasons.windows(2).all(|pair| pair[0].adds.abs() >= pair[1].adds.abs()));
            }
        }
    }

    #[test]
    fn the_default_model_tells_of_the_floor_and_of_tired_legs() {
        let log = GameLog::new(demo::games(Seed(7)));
        let day = demo::as_of();
        let all = frame(&log.as_of(day));
        let rows: Vec<usize> = (0..all.y.len()).filter(|row| all.days[*row] < day && !all.y[*row].is_nan()).collect();
        let setting = default_search(&[0.03]).space.settings().expect("points").remove(0);
        let model = setting.fit(&all, &rows, FEATURE_VERSION, Seed(1)).expect("a model");
        let told = reasons(&log, day, &model).expect("its features are there").remove(0);
        let names: Vec<&str> = told.reasons.iter().map(|reason| reason.name.as_str()).collect();
        for name in ["strength", "home floor", "back-to-backs", "rest"] {
            assert!(names.contains(&name), "{name} is among {names:?}");
        }
        assert!((told.base - 0.5).abs() < 0.1, "knowing nothing it is nearly even: {}", told.base);
    }
}
