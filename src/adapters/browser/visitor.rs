//! Who a visitor is to the rollout: a random id that never leaves the browser.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
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
    LocalStorage::delete(base.key("signing-key"));
}

/// The secret key that this browser signs with: made when it is first needed and kept in local storage, so that no back-up of
/// the store carries it away.
///
/// # Errors
/// Where the browser gives no randomness, or keeps nothing.
pub fn signing_key(base: &Base) -> Result<[u8; 32], String> {
    let name = base.key("signing-key");
    if let Ok(kept) = LocalStorage::get::<String>(&name) {
        let bytes = BASE64.decode(kept).ok().and_then(|bytes| bytes.try_into().ok());
        return bytes.ok_or_else(|| {
            "the signing key of this browser is damaged: delete everything of this browser on the storage page"
                .to_owned()
        });
    }
    let mut key = [0; 32];
    let crypto = web_sys::window()
        .and_then(|window| window.crypto().ok())
        .ok_or("this browser gives no random bytes to make a key of")?;
    crypto
        .get_random_values_with_u8_array(&mut key)
        .map_err(|_| "this browser gives no random bytes to make a key of")?;
    LocalStorage::set(&name, BASE64.encode(key))
        .map_err(|error| format!("the signing key could not be kept: {error}"))?;
    Ok(key)
}

/// 52 random bits. They only have to differ between visitors, so the page's generator is enough.
fn draw() -> u64 {
    (js_sys::Math::random() * (1u64 << 52) as f64) as u64
}
