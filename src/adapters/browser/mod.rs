//! The ports in the browser: IndexedDB, fetch, the clock, and what belongs to one visitor.
//!
//! All pages of one account share an origin, so every name under which something is kept starts with the site's base
//! path ([`Base::key`]).

mod fetch;
mod file;
mod folder;
mod indexed_db;
mod local;
mod visitor;
mod worker;

pub use fetch::FetchSource;
pub use file::FileStream;
pub use folder::{Dropped, chosen_folder, dropped_folder, relative_path};
pub use indexed_db::{Explain, IndexedDb};
pub use local::{LocalStore, ask_to_persist, room};
pub use visitor::{forget_visitor, signing_key, visitor_id};
pub use worker::{Lender, WorkerClient, processors};

use chrono::DateTime;
use wasm_bindgen::JsCast;

use crate::base::Instant;
use crate::ports::Clock;

/// Where the site lives: an absolute address that ends with a slash, such as `https://a.github.io/linelogic/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base(String);

impl Base {
    /// The base of an address: everything up to its last slash.
    pub fn of(address: &str) -> Self {
        let end = address.find(['?', '#']).unwrap_or(address.len());
        let address = &address[..end];
        let end = address.rfind('/').map_or(address.len(), |slash| slash + 1);
        Self(address[..end].to_owned())
    }

    /// The page's base, from its `<base>` element.
    pub fn of_page() -> Self {
        let uri =
            web_sys::window().and_then(|window| window.document()).and_then(|page| page.base_uri().ok().flatten());
        Self::of(&uri.unwrap_or_default())
    }

    /// The base that the page gave this worker as its name.
    pub fn of_worker() -> Self {
        let scope = js_sys::global().unchecked_into::<web_sys::DedicatedWorkerGlobalScope>();
        Self::of(&scope.name())
    }

    /// An address under the base.
    pub fn address(&self, relative: &str) -> String {
        format!("{}{relative}", self.0)
    }

    /// The path of the base, such as `/linelogic/`.
    pub fn path(&self) -> &str {
        let rest = self.0.find("://").map_or(0, |scheme| scheme + 3);
        self.0[rest..].find('/').map_or("/", |slash| &self.0[rest + slash..])
    }

    /// A name for something that this site keeps on the origin, such as `linelogic:/linelogic/:visitor`.
    pub fn key(&self, what: &str) -> String {
        format!("linelogic:{}:{what}", self.path())
    }
}

/// The browser's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct BrowserClock;

impl Clock for BrowserClock {
    fn now(&self) -> Instant {
        DateTime::from_timestamp_millis(js_sys::Date::now() as i64).unwrap_or_default()
    }
}
