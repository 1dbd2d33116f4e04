//! Numbers are the same as natively, bit for bit: the same constants are asserted there.

use linelogic::learn::{REFERENCE_DIGEST, reference_digest};
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen_test]
fn a_small_model_trained_here_is_the_one_trained_natively() {
    assert_eq!(reference_digest().to_string(), REFERENCE_DIGEST);
}
