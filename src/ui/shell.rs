//! What surrounds every page: skip link, header with the two doors, footer.

use leptos::html;
use leptos::prelude::*;
use leptos_router::hooks::use_location;

use super::context::{Activity, Base, Opened, Training};

/// The pages of the lab, in the order of the data.
pub const LAB: [(&str, &str); 7] = [
    ("/lab/data", "Data"),
    ("/lab/features", "Features"),
    ("/lab/training", "Training"),
    ("/lab/runs", "Runs"),
    ("/lab/models", "Models"),
    ("/lab/monitoring", "Monitoring"),
    ("/lab/storage", "Storage"),
];

/// Where the lab's navigation may not have room.
const NARROW: &str = "(max-width: 48rem)";

/// A link of the navigation; it says when it leads to the page that is shown.
#[component]
fn NavLink(
    /// The route it leads to.
    route: &'static str,
    /// Tells from the shown route whether it is this one.
    current: fn(&str) -> bool,
    /// Its words.
    children: Children,
) -> impl IntoView {
    let base = expect_context::<Base>();
    let pathname = use_location().pathname;
    let address = base.href(route);
    let here = move || {
        let shown = pathname.get();
        current(shown.strip_prefix(base.path()).unwrap_or(&shown)).then_some("page")
    };
    view! { <a href=address aria-current=here>{children()}</a> }
}

/// Whether a route is behind the lab's door.
pub fn in_lab(route: &str) -> bool {
    route.starts_with("/lab")
}

/// The lab's own navigation.
#[component]
pub fn LabNav() -> impl IntoView {
    let nav = NodeRef::<html::Nav>::new();
    let pathname = use_location().pathname;
    // On a phone the row scrolls: the page that is shown must not be one that is out of sight.
    Effect::new(move |_| {
        pathname.track();
        // Where the row has room, the question alone would have the page laid out.
        if !window().match_media(NARROW).is_ok_and(|query| query.is_some_and(|query| query.matches())) {
            return;
        }
        request_animation_frame(move || {
            let Some(Ok(Some(current))) = nav.get_untracked().map(|nav| nav.query_selector("[aria-current]")) else {
                return;
            };
            let nearest = web_sys::ScrollIntoViewOptions::new();
            nearest.set_block(web_sys::ScrollLogicalPosition::Nearest);
            nearest.set_inline(web_sys::ScrollLogicalPosition::Nearest);
            current.scroll_into_view_with_scroll_into_view_options(&nearest);
        });
    });
    view! {
        <nav class="lab-nav" aria-label="Lab" node_ref=nav>
            <NavLink route="/lab/data" current=|route| route == "/lab/data">"Data"</NavLink>
            <NavLink route="/lab/features" current=|route| route == "/lab/features">"Features"</NavLink>
            <NavLink route="/lab/training" current=|route| route == "/lab/training">
                "Training"<TrainingDot />
            </NavLink>
            <NavLink route="/lab/runs" current=|route| matches!(route, "/lab/runs" | "/lab/compare")>"Runs"</NavLink>
            <NavLink route="/lab/models" current=|route| matches!(route, "/lab/models" | "/lab/model")>"Models"</NavLink>
            <NavLink route="/lab/monitoring" current=|route| route == "/lab/monitoring">"Monitoring"</NavLink>
            <NavLink route="/lab/storage" current=|route| route == "/lab/storage">"Storage"</NavLink>
        </nav>
    }
}

/// The frame around a page.
#[component]
pub fn Shell(
    /// A second row of navigation.
    #[prop(optional)]
    nav: Option<fn() -> AnyView>,
    /// The page.
    children: Children,
) -> impl IntoView {
    let base = expect_context::<Base>();
    let home = base.href("/");
    let skip = move |event: web_sys::MouseEvent| {
        // The base element would make `#main` an address of the front page.
        event.prevent_default();
        if let Some(main) = document().get_element_by_id("main") {
            use leptos::wasm_bindgen::JsCast;
            if let Ok(main) = main.dyn_into::<web_sys::HtmlElement>() {
                let _ = main.focus();
            }
        }
    };
    view! {
        <a class="skip-link" href="#main" on:click=skip>"Skip to the content"</a>
        <header class="masthead">
            <div class="masthead-row">
                <a class="wordmark" href=home aria-label="LineLogic, tonight">
                    "Line"<span>"Logic"</span>
                </a>
                <nav aria-label="Site">
                    <NavLink route="/" current=|route| {
                        matches!(route, "" | "/") || route.starts_with("/day")
                    }>"Tonight"</NavLink>
                    <NavLink route="/lab/data" current=in_lab>"Lab"</NavLink>
                    <NavLink route="/about" current=|route| route.starts_with("/about")>"Method"</NavLink>
                </nav>
            </div>
            {nav.map(|nav| nav())}
        </header>
        <main id="main" tabindex="-1">
            <StoreWarning />
            {children()}
        </main>
        <footer class="colophon">
            <p>
                "LineLogic computes every prediction in this browser tab. There is no server, no account and no tracking; "
                "what you import and train stays on this device."
            </p>
        </footer>
    }
}

/// Tells on every lab page that a training runs.
#[component]
fn TrainingDot() -> impl IntoView {
    let activity = expect_context::<Activity>();
    let running = move || matches!(&*activity.training.read(), Training::Running { .. });
    view! {
        <Show when=running>
            <span class="dot" role="img" aria-label="a training runs"></span>
        </Show>
    }
}

/// Says when the browser keeps nothing, as in a private window.
#[component]
fn StoreWarning() -> impl IntoView {
    let opened = expect_context::<Opened>();
    move || match opened.get() {
        Some(Ok(session)) => session
            .with_value(|session| session.persistence())
            .err()
            .map(|why| view! { <p class="strip" data-tone="warn" role="status">{why}</p> }),
        _ => None,
    }
}
