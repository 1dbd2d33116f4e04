//! Who a visitor is to the rollout: a random id that never leaves the browser.

use gloo::storage::{LocalStorage, Storage};

use super::Base;

/// The visitor's id: made at the first visit and kept in local storage; where nothing can be kept, one for this page.
pub fn visitor_id(base: &Base) -> String {
    let key = base.key("visitor");
    if let Ok(id) = LocalStorage::get::<String>(&key)
        && !id.is_empty()
    {
        return id;
    }
    let id = format!("{:013x}{:013x}", draw(), draw());
    // In a private window nothing may be kept: then the id lasts as long as the page.
    let _ = LocalStorage::set(&key, &id);
    id
}

/// Forgets the visitor: the next page that is opened meets a new one.
pub fn forget_visitor(base: &Base) {
    LocalStorage::delete(base.key("visitor"));
}

/// 52 random bits. They only have to differ between visitors, so the page's generator is enough.
fn draw() -> u64 {
    (js_sys::Math::random() * (1u64 << 52) as f64) as u64
}
