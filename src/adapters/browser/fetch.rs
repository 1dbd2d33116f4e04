//! Bytes by `fetch`.

use gloo::net::http::{Request, Response};
use js_sys::{Map, Promise, Reflect, Uint8Array};
use wasm_bindgen::JsCast as _;
use wasm_bindgen_futures::JsFuture;
use web_sys::SubtleCrypto;

use super::Base;
use crate::base::Digest;
use crate::ports::{Source, SourceError};

/// Files under an address. The browser's cache is asked to look for a newer version each time, since the files keep
/// their names from one site update to the next and are checked against the digests of the newest index.
#[derive(Debug, Clone)]
pub struct FetchSource {
    folder: String,
}

impl FetchSource {
    /// The site's data folder.
    pub fn data(base: &Base) -> Self {
        Self::at(base.address("data/"))
    }

    /// Any folder; the address ends with a slash.
    pub fn at(folder: String) -> Self {
        Self { folder }
    }
}

/// Where `index.html` leaves the responses that it has asked for, by address.
const ASKED: &str = "linelogicAsked";

/// What `index.html` has asked for while the program was on its way; it serves once. None in a worker, and where it failed.
async fn asked_before(url: &str) -> Option<Response> {
    let asked = Reflect::get(&js_sys::global(), &ASKED.into()).ok()?.dyn_into::<Map>().ok()?;
    let response = asked.get(&url.into()).dyn_into::<Promise>().ok()?;
    asked.delete(&url.into());
    let response = JsFuture::from(response).await.ok()?.dyn_into::<web_sys::Response>().ok()?;
    Some(response.into())
}

impl Source for FetchSource {
    async fn fetch(&self, address: &str) -> Result<Vec<u8>, SourceError> {
        let url = format!("{}{address}", self.folder);
        let failed = |reason: String| SourceError::Unavailable { address: url.clone(), reason };
        let response = match asked_before(&url).await {
            Some(response) => response,
            None => Request::get(&url).cache(web_sys::RequestCache::NoCache).send().await.map_err(|error| {
                failed(format!("could not be fetched ({error}); check the connection and try again"))
            })?,
        };
        if response.status() == 404 {
            return Err(SourceError::NotFound { address: url });
        }
        if !response.ok() {
            return Err(failed(format!("the server answered {}", response.status())));
        }
        response.binary().await.map_err(|error| failed(format!("broke off while it was read ({error})")))
    }

    async fn digest(&self, bytes: &[u8]) -> Digest {
        digested_by_browser(bytes).await.unwrap_or_else(|| Digest::of_bytes(bytes))
    }
}

/// By the browser's own SHA-256, which is faster and does not hold up the page. Only a secure context has it.
async fn digested_by_browser(bytes: &[u8]) -> Option<Digest> {
    let crypto = Reflect::get(&js_sys::global(), &"crypto".into()).ok()?;
    let subtle = Reflect::get(&crypto, &"subtle".into()).ok()?.dyn_into::<SubtleCrypto>().ok()?;
    let asked = subtle.digest_with_str_and_js_u8_array("SHA-256", &Uint8Array::from(bytes)).ok()?;
    let digest = Uint8Array::new(&JsFuture::from(asked).await.ok()?).to_vec();
    Some(Digest::from_bytes(digest.try_into().ok()?))
}
