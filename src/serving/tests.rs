//! The router held against GrowthBook's published cases, and the day's log.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::bucket::{bucket, bucket_ranges, choose, fnv1a_32};
use super::*;
use crate::base::morning;
use crate::registry::Stage;

/// `hash` cases of GrowthBook's `cases.json`: (seed, value, version, expected).
const HASH_CASES: [(&str, &str, u8, f64); 14] = [
    ("", "a", 1, 0.22),
    ("", "b", 1, 0.077),
    ("b", "a", 1, 0.946),
    ("ef", "d", 1, 0.652),
    ("asdf", "8952klfjas09ujk", 1, 0.549),
    ("", "123", 1, 0.011),
    ("", "___)((*\":&", 1, 0.563),
    ("seed", "a", 2, 0.0505),
    ("seed", "b", 2, 0.2696),
    ("foo", "ab", 2, 0.2575),
    ("foo", "def", 2, 0.2019),
    ("89123klj", "8952klfjas09ujkasdf", 2, 0.124),
    ("90850943850283058242805", "123", 2, 0.7516),
    ("()**(%$##$%#$#", "___)((*\":&", 2, 0.0128),
];

#[test]
fn buckets_are_those_of_growthbook() {
    for (seed, value, version, expected) in HASH_CASES {
        // Version 1 is not offered; its cases hold the hash beneath.
        let found = match version {
            1 => f64::from(fnv1a_32(&format!("{value}{seed}")) % 1000) / 1000.0,
            _ => bucket(seed, value),
        };
        assert_eq!(found, expected, "seed {seed}, value {value}, version {version}");
    }
}

#[test]
fn text_is_hashed_by_utf_16_code_units() {
    // One code unit, and two of a surrogate pair, folded by hand.
    let fold = |units: &[u32]| units.iter().fold(0x811c_9dc5_u32, |h, unit| (h ^ unit).wrapping_mul(0x0100_0193));
    assert_eq!(fnv1a_32("é"), fold(&[0xe9]));
    assert_eq!(fnv1a_32("🏀"), fold(&[0xd83c, 0xdfc0]));
}

#[test]
fn ranges_are_those_of_growthbook() {
    let check = |name: &str, arms: usize, coverage: f64, weights: Option<&[f64]>, expected: &[(f64, f64)]| {
        let found = bucket_ranges(arms, coverage, weights);
        assert_eq!(found.len(), expected.len(), "{name}");
        for (found, expected) in found.iter().zip(expected) {
            assert!((found.0 - expected.0).abs() < 1e-12 && (found.1 - expected.1).abs() < 1e-12, "{name}: {found:?}");
        }
    };
    let halves = [(0.0, 0.5), (0.5, 1.0)];
    let quarters = [(0.0, 0.25), (0.25, 0.5), (0.5, 0.75), (0.75, 1.0)];
    let nobody = [(0.0, 0.0), (0.5, 0.5)];
    check("normal 50/50", 2, 1.0, None, &halves);
    check("reduced coverage", 2, 0.5, None, &[(0.0, 0.25), (0.5, 0.75)]);
    check("zero coverage", 2, 0.0, None, &nobody);
    check("4 variations", 4, 1.0, None, &quarters);
    check("uneven weights", 2, 1.0, Some(&[0.4, 0.6]), &[(0.0, 0.4), (0.4, 1.0)]);
    check("3 variations", 3, 1.0, Some(&[0.2, 0.3, 0.5]), &[(0.0, 0.2), (0.2, 0.5), (0.5, 1.0)]);
    check("3, coverage", 3, 0.2, Some(&[0.2, 0.3, 0.5]), &[(0.0, 0.04), (0.2, 0.26), (0.5, 0.6)]);
    check("negative coverage", 2, -0.2, None, &nobody);
    check("coverage above 1", 2, 1.5, None, &halves);
    check("weights sum below 1", 2, 1.0, Some(&[0.4, 0.1]), &halves);
    check("weights sum above 1", 2, 1.0, Some(&[0.7, 0.6]), &halves);
    check("wrong number of weights", 4, 1.0, Some(&[0.4, 0.4, 0.2]), &quarters);
    check("almost 1", 2, 1.0, Some(&[0.4, 0.5999]), &[(0.0, 0.4), (0.4, 0.9999)]);
}

fn arm(name: &str, weight: f64) -> Variant {
    Variant { name: name.to_owned(), stage: Stage::Production, weight }
}

#[test]
fn weights_that_are_no_shares_are_refused() {
    let check = |variants: Vec<Variant>, expected: &str| {
        let error = Rollout::new("salt", variants).expect_err(expected);
        assert_eq!(error.to_string(), expected);
    };
    check(vec![], "a rollout needs at least one variant, found none");
    check(vec![arm("a", 0.5), arm("b", 0.4)], "expected weights that sum to 1, found a sum of 0.9");
    check(vec![arm("a", 1.5), arm("b", -0.5)], "variant a: expected a weight from 0 to 1, found 1.5");
    check(vec![arm("a", f64::NAN), arm("b", 1.0)], "variant a: expected a weight from 0 to 1, found NaN");
    check(vec![arm("a", 0.5), arm("a", 0.5)], "variant a appears twice: names must be unique");
    assert!(Rollout::new("salt", vec![arm("only", 1.0)]).is_ok());
    assert_eq!(Rollout::staged("salt").validate(), Ok(()));
}

#[test]
fn one_visitor_of_ten_is_a_challengers() {
    for salt in ["default", "tonight", ""] {
        let rollout = Rollout::staged(salt);
        let ids = 100_000;
        let challengers =
            (0..ids).filter(|id| rollout.assign(&format!("visitor-{id:06x}")).stage == Stage::Staging).count();
        // Four standard deviations of a binomial count: 4 √(n · 0.1 · 0.9).
        let bound = 4.0 * (f64::from(ids) * 0.09).sqrt();
        assert!((challengers as f64 - 0.1 * f64::from(ids)).abs() < bound, "salt {salt}: {challengers} of {ids}");
    }
}

#[test]
fn another_salt_splits_independently() {
    let (a, b) = (Rollout::staged("a"), Rollout::staged("b"));
    let in_challenger = |rollout: &Rollout, id: &str| rollout.assign(id).stage == Stage::Staging;
    let ids: Vec<String> = (0..100_000).map(|id| format!("visitor-{id}")).collect();
    let both = ids.iter().filter(|id| in_challenger(&a, id) && in_challenger(&b, id)).count();
    assert!((900..1100).contains(&both), "{both} of 1,000 expected");
}

#[test]
fn without_a_version_in_staging_everybody_sees_production() {
    let rollout = Rollout::staged("default");
    let challenger = (0..).map(|id| id.to_string()).find(|id| rollout.assign(id).stage == Stage::Staging).expect("one");
    let version_in = |staging: Option<&'static str>| {
        move |stage| match stage {
            Stage::Production => Some("1.0.0".to_owned()),
            _ => staging.map(str::to_owned),
        }
    };
    let filled = rollout.route(&challenger, version_in(Some("1.1.0")));
    assert_eq!((filled.stage, filled.version.as_deref(), filled.fallback), (Stage::Staging, Some("1.1.0"), false));
    let empty = rollout.route(&challenger, version_in(None));
    assert_eq!((empty.stage, empty.version.as_deref(), empty.fallback), (Stage::Production, Some("1.0.0"), true));
    assert_eq!(empty.variant, "challenger");
    let nothing = rollout.route(&challenger, |_| None);
    assert_eq!((nothing.stage, nothing.version), (Stage::Production, None));
}

proptest! {
    #[test]
    fn a_visitor_is_always_in_the_same_arm(visitor in ".{0,40}", salt in ".{0,20}") {
        let rollout = Rollout::staged(salt.clone());
        let again: Rollout = serde_json::from_str(&serde_json::to_string(&rollout).expect("writes")).expect("reads");
        let twin = Rollout::staged(salt);
        prop_assert_eq!(rollout.assign(&visitor), twin.assign(&visitor));
        prop_assert_eq!(rollout.assign(&visitor), again.assign(&visitor));
        prop_assert!((0.0..1.0).contains(&rollout.bucket(&visitor)));
    }

    #[test]
    fn more_coverage_moves_nobody(visitor in "[a-z0-9]{1,12}", cut in 0.0..1.0_f64, low in 0.0..1.0_f64, more in 0.0..1.0_f64) {
        let weights = [cut, 1.0 - cut];
        let at = |coverage: f64| choose(bucket("salt", &visitor), &bucket_ranges(2, coverage, Some(&weights)));
        if let Some(arm) = at(low) {
            prop_assert_eq!(at(low + (1.0 - low) * more), Some(arm));
        }
    }
}

fn prediction(game_id: &str, stage: Stage, prob_home: f64) -> Prediction {
    let version = if stage == Stage::Production { "1.0.0" } else { "1.1.0" };
    Prediction {
        game_id: game_id.to_owned(),
        version: version.to_owned(),
        stage,
        prob_home,
        missing: 0.0,
        stale_since: None,
    }
}

fn log() -> DayLog {
    let day = crate::base::Date::from_ymd_opt(2026, 1, 15).expect("a day");
    let predictions = vec![
        prediction("B", Stage::Production, 0.4),
        prediction("A", Stage::Production, 0.7),
        prediction("A", Stage::Staging, 0.3),
        prediction("B", Stage::Staging, 0.5),
    ];
    DayLog::new(day, morning(day), predictions)
}

#[test]
fn a_log_is_in_the_order_of_game_and_stage() {
    let order: Vec<(String, Stage)> = log().predictions.into_iter().map(|made| (made.game_id, made.stage)).collect();
    let expected = [("A", Stage::Staging), ("A", Stage::Production), ("B", Stage::Staging), ("B", Stage::Production)];
    assert_eq!(order, expected.map(|(id, stage)| (id.to_owned(), stage)));
}

#[test]
fn settling_twice_adds_nothing_the_second_time() {
    let mut log = log();
    assert_eq!(log.unsettled(), ["A", "B"]);
    assert_eq!(log.settle([("A", true), ("somebody else's", true)]), 1);
    assert_eq!(log.unsettled(), ["B"]);
    let once = log.clone();
    assert_eq!(log.settle([("A", true)]), 0);
    assert_eq!(log.settle([("A", false)]), 0, "an outcome once written stays");
    assert_eq!(log, once);
    assert_eq!(log.settle([("B", true), ("A", true)]), 1);
    assert_eq!(log.unsettled(), Vec::<&str>::new());
}

#[test]
fn picks_are_counted_by_stage_over_settled_games() {
    let mut log = log();
    assert_eq!(log.picks(Stage::Production), Picks::default());
    assert_eq!(log.picks(Stage::Production).accuracy(), None);
    log.settle([("A", true), ("B", true)]);
    assert_eq!(log.picks(Stage::Production), Picks { right: 1, of: 2 });
    assert_eq!(log.picks(Stage::Production).accuracy(), Some(0.5));
    // The challenger picked the visitor in A and nobody in B.
    assert_eq!(log.picks(Stage::Staging), Picks { right: 0, of: 1 });
}

#[test]
fn outcomes_stand_beside_every_version() {
    let mut log = log();
    log.settle([("B", false)]);
    let found: BTreeMap<(&str, &str), Option<bool>> =
        log.with_outcomes().map(|(made, outcome)| ((made.game_id.as_str(), made.version.as_str()), outcome)).collect();
    assert_eq!(found[&("A", "1.0.0")], None);
    assert_eq!(found[&("B", "1.0.0")], Some(false));
    assert_eq!(found[&("B", "1.1.0")], Some(false));
}
