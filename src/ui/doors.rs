//! The two doors of the site: what each shows, and how a link leads from one to the other.

use leptos::ev;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::wasm_bindgen::JsCast as _;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::components::{Route, Router, Routes};
use leptos_router::path;
use web_sys::{AddEventListenerOptions, Element, HtmlAnchorElement};

use super::context::{Activity, Base, Opened};
use super::news::StoreNews;
use super::session::{FANS, LAB, Session};
use super::shell::{LabNav, Shell};
use super::{pages, shell};

/// Mounts the fans' pages on the page's body.
pub fn mount_fans() {
    mount(|| view! { <Fans /> }.into_any(), false);
}

/// Mounts the lab on the page's body.
pub fn mount_lab() {
    mount(|| view! { <Lab /> }.into_any(), true);
}

/// What the heap has from the start, in bytes. It would grow by 64 KiB at a time, and each time the browser makes its views of
/// the memory anew and thinks of collecting garbage. What is not written to takes no memory.
const HEAP: usize = 16 << 20;

/// Mounts a door in place of what `index.html` shows before.
fn mount(door: fn() -> AnyView, is_lab: bool) {
    console_error_panic_hook::set_once();
    drop(std::hint::black_box(Vec::<u8>::with_capacity(HEAP)));
    if let Some(first_paint) = document().get_element_by_id("first-paint") {
        first_paint.remove();
    }
    lead_out(is_lab);
    leptos::mount::mount_to_body(door);
}

/// Marks a clicked link that leads to the other door as external before the router sees it, so that the browser loads
/// the other door's document.
fn lead_out(is_lab: bool) {
    let base = Base::of_document();
    let on_click = move |event: web_sys::Event| {
        let clicked = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let Some(link) = clicked.and_then(|element| element.closest("a").ok().flatten()) else { return };
        let Ok(link) = link.dyn_into::<HtmlAnchorElement>() else { return };
        let path = link.pathname();
        if shell::in_lab(path.strip_prefix(base.path()).unwrap_or(&path)) != is_lab {
            link.set_rel("external");
        }
    };
    let capture = AddEventListenerOptions::new();
    capture.set_capture(true);
    let listener = leptos::wasm_bindgen::closure::Closure::<dyn FnMut(web_sys::Event)>::new(on_click);
    let added = document().add_event_listener_with_callback_and_add_event_listener_options(
        "click",
        listener.as_ref().unchecked_ref(),
        &capture,
    );
    debug_assert!(added.is_ok(), "a listener can be added to the document");
    // It listens as long as the page lives.
    listener.forget();
}

/// Opens the session, readies it for a door, and hands down what every page may ask for. Gives the path of the site.
fn open(journals: &'static [&'static str], ready: fn(&Session)) -> String {
    provide_meta_context();
    let base = Base::of_document();
    let opened = Opened::new();
    provide_context(base.clone());
    provide_context(opened);
    spawn_local(async move { opened.settle(Session::open(journals).await.inspect(ready)) });
    base.path().to_owned()
}

/// The title of every page ends with the site's name.
#[component]
fn Titles() -> impl IntoView {
    view! {
        <Title formatter=|text: String| {
            if text.is_empty() { "LineLogic".to_owned() } else { format!("{text} · LineLogic") }
        } />
    }
}

/// Tonight, any other day, and how the numbers are made.
#[component]
fn Fans() -> impl IntoView {
    let base = open(FANS, |_| {});
    view! {
        <Titles />
        <Router base>
            <Shell>
                <Routes fallback=pages::not_found::NotFound>
                    <Route path=path!("/") view=pages::day::Tonight />
                    <Route path=path!("/day/:date") view=pages::day::Day />
                    <Route path=path!("/about") view=pages::about::About />
                </Routes>
            </Shell>
        </Router>
    }
}

/// The lab, in the order of the data.
#[component]
fn Lab() -> impl IntoView {
    let base = open(LAB, Session::serve_lab);
    let activity = Activity::new();
    provide_context(activity);
    // What runs ends with the document: the browser asks before it is left.
    let listening = window_event_listener(ev::beforeunload, move |event| {
        if activity.is_running() {
            event.prevent_default();
        }
    });
    on_cleanup(move || listening.remove());
    view! {
        <Titles />
        <Router base>
            <Shell nav=|| view! { <LabNav /> }.into_any()>
                <StoreNews />
                <Routes fallback=pages::not_found::NotFound>
                    <Route path=path!("/lab") view=pages::lab::Index />
                    <Route path=path!("/lab/data") view=pages::data::Data />
                    <Route path=path!("/lab/features") view=pages::features::Features />
                    <Route path=path!("/lab/training") view=pages::training::Training />
                    <Route path=path!("/lab/runs") view=pages::runs::Runs />
                    <Route path=path!("/lab/compare") view=pages::compare::Compare />
                    <Route path=path!("/lab/models") view=pages::models::Models />
                    <Route path=path!("/lab/model") view=pages::model::Model />
                    <Route path=path!("/lab/monitoring") view=pages::monitoring::Monitoring />
                    <Route path=path!("/lab/storage") view=pages::storage::Storage />
                </Routes>
            </Shell>
        </Router>
    }
}
