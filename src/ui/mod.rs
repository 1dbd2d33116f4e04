//! The site: Leptos pages over a [`session::Session`].

pub mod session;
