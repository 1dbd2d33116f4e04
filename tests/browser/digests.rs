//! Numbers are the same as natively, bit for bit: the same constants are asserted there.

use linelogic::base::Digest;
use linelogic::league::demo;
use linelogic::learn::{REFERENCE_DIGEST, reference_digest};
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen_test]
fn a_small_model_trained_here_is_the_one_trained_natively() {
    assert_eq!(reference_digest().to_string(), REFERENCE_DIGEST);
}

#[wasm_bindgen_test]
fn the_league_simulated_here_is_the_one_simulated_natively() {
    let league = Digest::of_json(&demo::games(demo::DEFAULT_SEED)).map(|digest| digest.to_string());
    assert_eq!(league.ok().as_deref(), Some(demo::DEFAULT_DIGEST));
}

#[wasm_bindgen_test]
fn trees_are_grown_bit_for_bit_as_natively() {
    assert_eq!(linelogic::learn::trees::reference_digest().to_string(), linelogic::learn::trees::REFERENCE_DIGEST);
}
