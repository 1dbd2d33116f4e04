//! The site: Leptos pages over a [`session::Session`].
//!
//! State is three things: the URL (what is shown), the store behind the session (what is true) and signals (what is
//! being typed or computed). A page takes its words from [`crate::flows::present`] and only lays them out.

mod charts;
mod context;
mod pages;
pub mod session;
mod shell;
mod widgets;

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::components::{Route, Router, Routes};
use leptos_router::path;

use context::{Activity, Base, Opened};
use session::Session;

/// Mounts the site on the page's body, in place of what `index.html` shows before.
pub fn main() {
    console_error_panic_hook::set_once();
    if let Some(first_paint) = document().get_element_by_id("first-paint") {
        first_paint.remove();
    }
    leptos::mount::mount_to_body(App);
}

/// The whole site: opens the session once, and shows the page that the address names.
#[component]
fn App() -> impl IntoView {
    provide_meta_context();
    let base = Base::of_document();
    let opened = Opened::new();
    provide_context(base.clone());
    provide_context(opened);
    provide_context(Activity::new());
    spawn_local(async move {
        let outcome = Session::open().await;
        opened.settle(outcome);
    });
    view! {
        <Title formatter=|text: String| {
            if text.is_empty() { "LineLogic".to_owned() } else { format!("{text} · LineLogic") }
        } />
        <Router base=base.path().to_owned()>
            <shell::Shell>
                <Routes fallback=pages::not_found::NotFound>
                    <Route path=path!("/") view=pages::day::Tonight />
                    <Route path=path!("/day/:date") view=pages::day::Day />
                    <Route path=path!("/lab") view=pages::lab::Index />
                    <Route path=path!("/lab/data") view=pages::data::Data />
                    <Route path=path!("/lab/training") view=pages::training::Training />
                    <Route path=path!("/lab/models") view=pages::models::Models />
                    <Route path=path!("/lab/monitoring") view=pages::monitoring::Monitoring />
                    <Route path=path!("/about") view=pages::about::About />
                </Routes>
            </shell::Shell>
        </Router>
    }
}
