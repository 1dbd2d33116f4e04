//! Files by fetch, and the refusal of those that are not what the index promised.

use js_sys::{Array, Map, Promise, Reflect};
use linelogic::adapters::browser::FetchSource;
use linelogic::base::Digest;
use linelogic::ports::{Source, SourceError, fetch_verified};
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{Blob, Response, Url};

/// An address under which these bytes can be fetched.
fn served(text: &str) -> String {
    let blob = Blob::new_with_str_sequence(&Array::of1(&text.into())).unwrap();
    Url::create_object_url_with_blob(&blob).unwrap()
}

#[wasm_bindgen_test]
async fn a_file_that_matches_its_digest_is_read() {
    let address = served("games");
    let source = FetchSource::at(String::new());
    let bytes = fetch_verified(&source, &address, Digest::of_bytes(b"games")).await.unwrap();
    assert_eq!(bytes, b"games");
}

#[wasm_bindgen_test]
async fn a_file_that_does_not_match_its_digest_is_refused_by_name() {
    let address = served("games, changed by somebody");
    let source = FetchSource::at(String::new());
    let refused = fetch_verified(&source, &address, Digest::of_bytes(b"games")).await.unwrap_err();
    assert!(
        matches!(&refused, SourceError::Digest { found, .. } if *found == Digest::of_bytes(b"games, changed by somebody"))
    );
    assert!(refused.to_string().starts_with(&address) && refused.to_string().contains("is not used"), "{refused}");
}

#[wasm_bindgen_test]
async fn a_file_that_is_not_there_is_not_found() {
    let origin = web_sys::window().unwrap().location().origin().unwrap();
    let source = FetchSource::at(format!("{origin}/no-such-folder/"));
    let missing = source.fetch("index.json").await.unwrap_err();
    assert!(
        matches!(&missing, SourceError::NotFound { address } if address.ends_with("/no-such-folder/index.json")),
        "{missing}"
    );
}

/// Leaves a response where the page's first script leaves those that it has asked for.
fn leave(address: &str, response: &JsValue) {
    let asked = Map::new();
    asked.set(&address.into(), response);
    Reflect::set(&js_sys::global(), &"linelogicAsked".into(), &asked).unwrap();
}

#[wasm_bindgen_test]
async fn what_the_page_has_asked_for_is_taken_once() {
    let address = served("asked by the program");
    let source = FetchSource::at(String::new());
    leave(&address, Promise::resolve(&Response::new_with_opt_str(Some("asked by the page")).unwrap()).as_ref());
    assert_eq!(source.fetch(&address).await.unwrap(), b"asked by the page");
    assert_eq!(source.fetch(&address).await.unwrap(), b"asked by the program");
}

#[wasm_bindgen_test]
async fn what_the_page_has_asked_for_in_vain_is_asked_for_again() {
    let address = served("asked by the program");
    leave(&address, Promise::reject(&"no connection".into()).as_ref());
    assert_eq!(FetchSource::at(String::new()).fetch(&address).await.unwrap(), b"asked by the program");
}

#[wasm_bindgen_test]
async fn the_browser_digests_as_the_program_does() {
    let source = FetchSource::at(String::new());
    for length in [0, 1, 55, 56, 64, 100_003] {
        let bytes: Vec<u8> = (0..length).map(|at: u32| (at * 7919 % 251) as u8).collect();
        assert_eq!(source.digest(&bytes).await, Digest::of_bytes(&bytes), "{length} bytes");
    }
}
