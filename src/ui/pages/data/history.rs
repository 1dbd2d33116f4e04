//! The history of ingests, and whether its chain holds.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::flows::present::data::{Ingest, published_timeline, published_words, timeline, verified_words};
use crate::ui::context::Sess;
use crate::ui::session::History;
use crate::ui::widgets::{Facts, ProblemBox, Skeleton};

/// How many ingests are shown before the rest is folded away.
const SHOWN: usize = 10;

/// Every ingest as a timeline, and the verification of the chain.
#[component]
pub(super) fn HistorySection(session: Sess) -> impl IntoView {
    let history = LocalResource::new(move || {
        let session = session.get_value();
        session.revision().track();
        async move { session.history().await }
    });
    let list = move || match history.get() {
        None => view! { <Skeleton label="Loading the history" lines=3 /> }.into_any(),
        Some(Err(problem)) => view! { <ProblemBox problem /> }.into_any(),
        Some(Ok(history)) => history_view(&history).into_any(),
    };
    view! {
        <section class="block" data-testid="history">
            <h2>"History"</h2>
            <p class="measure">
                "Every import leaves a manifest. Each manifest names the seal, a digest, of the one before it, so that none can be changed or left out unnoticed."
            </p>
            <Verification session />
            {list}
        </section>
    }
}

#[component]
fn Verification(session: Sess) -> impl IntoView {
    let answers = RwSignal::new(None::<[Result<usize, String>; 2]>);
    let busy = RwSignal::new(false);
    let revision = session.with_value(|session| session.revision());
    // An answer speaks of the history as it was when it was asked.
    Effect::new(move || {
        revision.track();
        answers.set(None);
    });
    let verify = move |_| {
        busy.set(true);
        let session = session.get_value();
        spawn_local(async move {
            answers.set(Some([session.verify_history().await, session.verify_published().await]));
            busy.set(false);
        });
    };
    let told = move || {
        let [local, published] = answers.get()?;
        let lines = [(verified_words(&local), local.is_ok()), (published_words(&published), published.is_ok())];
        let line = |(words, holds): (String, bool)| {
            let (state, tone) = if holds { ("holds", "good") } else { ("broken", "bad") };
            view! { <p class="strip" data-testid="chain-answer" data-state=state data-tone=tone>{words}</p> }
        };
        Some(lines.map(line).collect_view())
    };
    view! {
        <p class="actions">
            <button type="button" data-testid="verify-chain" disabled=move || busy.get() on:click=verify>"Verify the chain"</button>
        </p>
        <div aria-live="polite">{told}</div>
    }
}

fn history_view(history: &History) -> impl IntoView + use<> {
    let local = timeline(&history.local);
    let published = published_timeline(&history.published);
    let none = local.is_empty().then(|| view! { <p class="small">"Nothing was imported in this browser yet."</p> });
    view! {
        <h3>"In this browser"</h3>
        {none}
        {ingests(local)}
        <h3>"Published with this site"</h3>
        {ingests(published)}
    }
}

fn ingests(mut list: Vec<Ingest>) -> impl IntoView {
    let rest = list.split_off(SHOWN.min(list.len()));
    let older = (!rest.is_empty()).then(|| {
        view! {
            <details>
                <summary>{format!("{} older", rest.len())}</summary>
                <ol class="timeline">{rest.into_iter().map(ingest_view).collect_view()}</ol>
            </details>
        }
    });
    view! {
        <ol class="timeline">{list.into_iter().map(ingest_view).collect_view()}</ol>
        {older}
    }
}

fn ingest_view(ingest: Ingest) -> impl IntoView {
    let Ingest { title, at, when, did, written, rows, facts, seal, follows, linked } = ingest;
    let follows = match follows {
        None => view! { <span>", the first of its chain"</span> }.into_any(),
        Some(seal) if linked => view! { <span>" ← "<code>{seal}</code></span> }.into_any(),
        Some(seal) => view! { <span>" ← "<code>{seal}</code>", which is not in this list"</span> }.into_any(),
    };
    view! {
        <li data-testid="ingest" data-written=written.to_string()>
            <p class="small"><time datetime=at.to_rfc3339()>{when}</time></p>
            <p><strong>{title}</strong></p>
            <p class="small">{did}</p>
            <p class="small" data-testid="ingest-rows">{rows}</p>
            <p class="small seals"><span>"Seal "<code>{seal}</code></span>{follows}</p>
            <details>
                <summary>"How it was read and what it holds"</summary>
                <Facts facts />
            </details>
        </li>
    }
}
