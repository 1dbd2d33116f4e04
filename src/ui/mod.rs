//! The site: Leptos pages over a [`session::Session`], behind two doors.
//!
//! Fans come for tonight's games on a phone, and what they download is only that: the `fans` module. The lab is a
//! module of its own and the worker's program besides (`docs/adr/0010-two-doors.md`). A link from one door to the other
//! loads a document; both open the same store.
//!
//! State is three things: the URL (what is shown), the store behind the session (what is true) and signals (what is
//! being typed or computed). A page takes its words from [`crate::flows::present`] and only lays them out.

mod charts;
mod context;
mod doors;
mod news;
mod pages;
pub mod session;
mod shell;
mod widgets;

pub use doors::{mount_fans, mount_lab};
