//! A page's head, and what it shows while it waits or when something went wrong.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::data::SourceKind;
use crate::flows::present::source_notice;
use crate::ui::context::{Opened, Sess, href};
use crate::ui::session::Problem;

/// A page's title and its first sentence.
#[component]
pub fn PageHead(
    /// A word above the title.
    kicker: &'static str,
    /// The title, also the document's.
    title: &'static str,
    /// What the page is for.
    lead: &'static str,
) -> impl IntoView {
    view! {
        <Title text=title />
        <header class="page-head">
            <p class="kicker">{kicker}</p>
            <h1>{title}</h1>
            <p class="lead">{lead}</p>
        </header>
    }
}

/// What became of the last thing that was done here, once something was.
#[component]
pub fn Answer(
    /// What was said.
    told: RwSignal<Option<Result<String, Problem>>>,
    /// The name by which tests find it.
    testid: &'static str,
) -> impl IntoView {
    move || {
        told.get().map(|outcome| {
            let (tone, words) = match outcome {
                Ok(words) => ("good", words),
                Err(problem) => ("bad", problem),
            };
            view! { <p class="strip notice" data-tone=tone data-testid=testid>{words}</p> }
        })
    }
}

/// The plain word that results are simulated, where they are.
#[component]
pub fn Simulated(
    /// What kind of results the page shows.
    kind: SourceKind,
) -> impl IntoView {
    source_notice(kind).map(|words| {
        view! {
            <p class="strip notice" data-testid="simulated-notice">
                <strong>"Simulated results. "</strong>
                {words}
            </p>
        }
    })
}

/// Grey lines in the place of what is being loaded.
#[component]
pub fn Skeleton(
    /// What is being loaded, for a screen reader.
    #[prop(default = "Loading")]
    label: &'static str,
    /// How many lines.
    #[prop(default = 6)]
    lines: usize,
) -> impl IntoView {
    view! {
        <div class="skeleton" role="status" aria-label=label>
            {(0..lines).map(|_| view! { <span></span> }).collect_view()}
        </div>
    }
}

/// Something went wrong: what, and what to do.
#[component]
pub fn ProblemBox(
    /// What the session said.
    problem: Problem,
) -> impl IntoView {
    let reload = |_| {
        let _ = window().location().reload();
    };
    view! {
        <section class="problem" role="alert">
            <h2>"This did not work"</h2>
            <p>{problem}</p>
            <p class="actions">
                <button type="button" on:click=reload>"Load the page again"</button>
                <a href=href("/")>"Go to tonight’s games"</a>
            </p>
        </section>
    }
}

/// Shows a view of the open session, or why there is none.
pub fn with_session<V: IntoView + 'static>(page: impl Fn(Sess) -> V + Send + 'static) -> impl IntoView {
    let opened = expect_context::<Opened>();
    move || match opened.get() {
        None => view! { <Skeleton label="Opening the data" lines=8 /> }.into_any(),
        Some(Err(problem)) => view! { <ProblemBox problem /> }.into_any(),
        Some(Ok(session)) => page(session).into_any(),
    }
}
