//! Predictions of a day of the simulated league.

use super::*;
use crate::base::{Digest, Seed, morning};
use crate::data::SourceKind;
use crate::league::demo;
use crate::league::features::feature_names;
use crate::learn::{Linear, Model};

fn version(version: &str, coefficient: f64) -> ModelVersion {
    let features = feature_names();
    let n = features.len();
    let model = Model::linear(FEATURE_VERSION, features, Linear::unscaled(vec![coefficient / 10.0; n], 0.1)).into();
    ModelVersion {
        name: "home-win".to_owned(),
        version: version.to_owned(),
        run_id: String::new(),
        model,
        trained_through: demo::as_of(),
        source_kind: SourceKind::Simulated,
        data_version: Digest::of_bytes(b""),
        metrics: Default::default(),
        registered_at: morning(demo::as_of()),
    }
}

#[test]
fn every_game_of_the_day_is_scored_by_every_version_in_order() {
    let log = GameLog::new(demo::games(Seed(7)));
    let day = demo::as_of();
    let (champion, challenger) = (version("1.0.0", 0.1), version("1.1.0", 0.2));
    let versions = [(&champion, Stage::Production), (&challenger, Stage::Staging)];
    let predictions = predict_day(&log, day, &versions).expect("versions of these features");
    assert_eq!(predictions.len(), 2 * log.on(day).len());
    assert!(!predictions.is_empty());
    assert!(predictions.is_sorted_by_key(|p| (p.game_id.clone(), p.stage)));
    for pair in predictions.chunks(2) {
        assert_eq!((pair[0].game_id.as_str(), pair[0].stage), (pair[1].game_id.as_str(), Stage::Staging));
        assert!(pair.iter().all(|p| p.prob_home > 0.0 && p.prob_home < 1.0 && p.missing == 0.0));
        assert_ne!(pair[0].prob_home, pair[1].prob_home);
    }
}

#[test]
fn a_past_day_is_predicted_from_what_was_known_that_morning() {
    let log = GameLog::new(demo::games(Seed(7)));
    let only = version("1.0.0", 0.1);
    let versions = [(&only, Stage::Production)];
    let days = log.days();
    for day in [days[200], days[500], days[days.len() / 2]] {
        let from_all = predict_day(&log, day, &versions).expect("a version of these features");
        let from_known = predict_day(&log.as_of(day), day, &versions).expect("a version of these features");
        assert_eq!(from_all, from_known);
        assert_eq!(predict_from(&frame(&log), &log, day, &versions).as_ref(), Ok(&from_all));
    }
}

#[test]
fn a_version_of_other_features_is_refused() {
    let log = GameLog::default();
    let mut other = version("1.0.0", 0.1);
    let model = other.model.open().expect("a model");
    other.model = Model { feature_version: "0.9.0".to_owned(), ..model.clone() }.into();
    let error = predict_day(&log, demo::as_of(), &[(&other, Stage::Production)]).expect_err("another feature version");
    assert!(error.to_string().starts_with("version 1.0.0 was trained on features 0.9.0"), "{error}");
    let mut damaged = version("1.0.0", 0.1);
    damaged.model = Model { features: model.features[1..].to_vec(), ..model }.into();
    let error = predict_day(&log, demo::as_of(), &[(&damaged, Stage::Production)]).expect_err("a damaged version");
    assert!(error.to_string().contains("damaged"), "{error}");
}
