//! Values that every stage shares: time, chance, digests, places, and floating point that is the
//! same on every machine.

mod digest;
pub mod json;
mod locus;
pub mod math;
mod seed;
mod time;

pub use digest::{Digest, canonical_json};
pub use locus::Locus;
pub use seed::{Rng, Seed};
pub use time::{Date, Instant, days_between, hours_at_tip_off, morning, rfc3339, rfc3339_of, tip_off};
