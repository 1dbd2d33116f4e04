//! A page that opens the store, tells what it found, and then commits batch after batch until it is killed. It is no
//! test by itself: `tests/e2e/killed.rs` serves it, kills it and looks at what is left.

#[cfg(target_arch = "wasm32")]
mod batches;

#[cfg(target_arch = "wasm32")]
mod page {
    use gloo::net::http::Request;
    use linelogic::adapters::browser::IndexedDb;
    use linelogic::ports::{Revision, Store, StoreError};
    use wasm_bindgen_futures::spawn_local;

    use super::batches::batch_after;

    /// Tells the test something.
    async fn tell(what: &str, text: String) {
        if let Ok(request) = Request::post(what).body(text) {
            // A test that is gone needs no word.
            let _ = request.send().await;
        }
    }

    pub async fn run() {
        if let Err(error) = commit_forever().await {
            tell("/failed", error.to_string()).await;
        }
    }

    async fn commit_forever() -> Result<(), StoreError> {
        let store = IndexedDb::open_named("killed").await?;
        let (Revision(mut base), documents) = store.scan("").await?;
        let found = serde_json::json!({ "revision": base, "documents": documents });
        tell("/found", found.to_string()).await;
        loop {
            spawn_local(tell("/begun", (base + 1).to_string()));
            base = store.commit(batch_after(base)).await?.0;
            spawn_local(tell("/done", base.to_string()));
        }
    }
}

#[cfg(target_arch = "wasm32")]
fn main() {
    wasm_bindgen_futures::spawn_local(page::run());
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {}
