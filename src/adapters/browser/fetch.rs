//! Bytes by `fetch`.

use gloo::net::http::Request;

use super::Base;
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

impl Source for FetchSource {
    async fn fetch(&self, address: &str) -> Result<Vec<u8>, SourceError> {
        let url = format!("{}{address}", self.folder);
        let failed = |reason: String| SourceError::Unavailable { address: url.clone(), reason };
        let response =
            Request::get(&url).cache(web_sys::RequestCache::NoCache).send().await.map_err(|error| {
                failed(format!("could not be fetched ({error}); check the connection and try again"))
            })?;
        if response.status() == 404 {
            return Err(SourceError::NotFound { address: url });
        }
        if !response.ok() {
            return Err(failed(format!("the server answered {}", response.status())));
        }
        response.binary().await.map_err(|error| failed(format!("broke off while it was read ({error})")))
    }
}
