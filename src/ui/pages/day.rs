//! The fans' page: one league day, as it was seen on its morning.

use leptos::ev;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_meta::Title;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_params_map};
use wasm_bindgen::JsCast;

use super::super::widgets::{ProblemBox, Simulated, Skeleton, with_session};
use crate::base::Date;
use crate::flows::day::DayView;
use crate::flows::present::day::{
    GameRow, Side, Verdict, day_kicker, empty_words, game_row, nearest_day, provenance, reason_lines, summary,
};
use crate::flows::present::{date_long, date_short, decimal};
use crate::ui::context::{Sess, href};

/// The page's today.
#[component]
pub fn Tonight() -> impl IntoView {
    with_session(|session| view! { <DayPage session wished=Signal::derive(|| None) /> })
}

/// The day that the address names.
#[component]
pub fn Day() -> impl IntoView {
    let params = use_params_map();
    let text = Memo::new(move |_| params.read().get("date").unwrap_or_default());
    move || match text.get().parse::<Date>() {
        Ok(_) => {
            let wished = Signal::derive(move || text.get().parse::<Date>().ok());
            with_session(move |session| view! { <DayPage session wished /> }).into_any()
        }
        Err(_) => {
            let problem = format!(
                "“{}” is not a day. An address names one as year-month-day, such as day/2026-01-15.",
                text.get()
            );
            view! { <Title text="Not a day" /> <ProblemBox problem /> }.into_any()
        }
    }
}

#[component]
fn DayPage(session: Sess, wished: Signal<Option<Date>>) -> impl IntoView {
    let day = LocalResource::new(move || {
        let session = session.get_value();
        session.revision().track();
        let day = wished.get().unwrap_or_else(|| session.active().as_of);
        async move { session.day(day).await }
    });
    let days = LocalResource::new(move || {
        let session = session.get_value();
        session.revision().track();
        async move { session.days().await.unwrap_or_default() }
    });
    step_by_arrow_keys(day);
    move || match day.get() {
        None => view! { <Skeleton label="Loading the day" lines=12 /> }.into_any(),
        Some(Err(problem)) => view! { <Title text="Not loaded" /> <ProblemBox problem /> }.into_any(),
        Some(Ok(view)) => {
            let waiting = wished.get().is_some_and(|wished| wished != view.day);
            view! { <div class="day" aria-busy=waiting.to_string()>{day_view(session, &view, days)}</div> }.into_any()
        }
    }
}

/// Left and right step from game day to game day, unless something is being typed.
fn step_by_arrow_keys(day: LocalResource<Result<DayView, String>>) {
    let navigate = use_navigate();
    let handle = window_event_listener(ev::keydown, move |event| {
        let typing = event
            .target()
            .and_then(|target| target.dyn_into::<web_sys::Element>().ok())
            .is_some_and(|element| element.closest("input, select, textarea, [role=region]").ok().flatten().is_some());
        if typing || event.alt_key() || event.ctrl_key() || event.meta_key() || event.shift_key() {
            return;
        }
        let Some(Ok(view)) = day.get_untracked() else { return };
        let to = match event.key().as_str() {
            "ArrowLeft" => view.previous,
            "ArrowRight" => view.next,
            _ => None,
        };
        if let Some(to) = to {
            event.prevent_default();
            navigate(&format!("/day/{to}"), NavigateOptions { scroll: false, ..NavigateOptions::default() });
        }
    });
    on_cleanup(move || handle.remove());
}

fn day_view(session: Sess, view: &DayView, days: LocalResource<Vec<Date>>) -> impl IntoView + use<> {
    let (title, day) = (date_long(view.day), view.day);
    let rows: Vec<GameRow> = view.games.iter().map(game_row).collect();
    let empty = rows.is_empty().then(|| view! { <p class="empty">{empty_words(view)}</p> });
    view! {
        <Title text=title.clone() />
        <header class="page-head">
            <p class="kicker">{day_kicker(view.day, view.today)}</p>
            <h1 data-testid="day-title">{title}</h1>
        </header>
        {day_picker(view, days)}
        <Simulated kind=view.source_kind />
        {view.notes.iter().map(|note| view! { <p class="strip" role="note">{note.clone()}</p> }).collect_view()}
        <div class="with-margin">
            <section aria-label="Games">
                {empty}
                <ol class="games">{rows.into_iter().map(|row| game_card(session, day, row)).collect_view()}</ol>
            </section>
            <aside class="margin">{margin(view)}</aside>
        </div>
    }
}

fn day_picker(view: &DayView, days: LocalResource<Vec<Date>>) -> impl IntoView + use<> {
    let navigate = use_navigate();
    let shown = view.day;
    let pick = move |event: web_sys::Event| {
        let Ok(wished) = event_target_value(&event).parse::<Date>() else { return };
        let known = days.get_untracked().unwrap_or_default();
        if let Some(day) = nearest_day(&known, wished)
            && day != shown
        {
            navigate(&format!("/day/{day}"), NavigateOptions::default());
        }
    };
    let bound = move |last: bool| {
        let days = days.get().unwrap_or_default();
        let day = if last { days.last() } else { days.first() };
        day.map(ToString::to_string)
    };
    let tonight = (view.day != view.today).then(|| view! { <a class="to-tonight" href=href("/")>"Tonight"</a> });
    view! {
        <nav class="day-picker" aria-label="Game days">
            {step_link(view.previous, "prev-day", "Previous game day", true)}
            <label>
                <span class="visually-hidden">"Go to a game day"</span>
                <input
                    type="date"
                    prop:value=shown.to_string()
                    min=move || bound(false)
                    max=move || bound(true)
                    on:change=pick
                />
            </label>
            {tonight}
            {step_link(view.next, "next-day", "Next game day", false)}
        </nav>
    }
}

fn step_link(to: Option<Date>, testid: &'static str, label: &'static str, back: bool) -> AnyView {
    let arrow = if back { "←" } else { "→" };
    match to {
        Some(day) => {
            let words = date_short(day);
            view! {
                <a class="step" data-testid=testid href=href(&format!("/day/{day}")) aria-label=format!("{label}, {words}")
                    aria-keyshortcuts=if back { "ArrowLeft" } else { "ArrowRight" } data-noscroll="">
                    {back.then(|| view! { <span aria-hidden="true">{arrow}</span> })}
                    <span>{words.clone()}</span>
                    {(!back).then(|| view! { <span aria-hidden="true">{arrow}</span> })}
                </a>
            }
            .into_any()
        }
        None => view! {
            <span class="step" data-testid=testid aria-disabled="true">
                {if back { "First day" } else { "Last day" }}
            </span>
        }
        .into_any(),
    }
}

fn game_card(session: Sess, day: Date, row: GameRow) -> impl IntoView {
    let predicted = row.home.percent.is_some();
    let tags = (!row.tags.is_empty()).then(|| view! { <p class="tags">{row.tags.join(" · ")}</p> });
    let verdict = match row.verdict {
        Verdict::Right => {
            view! { <span class="verdict" data-verdict="right"><Mark right=true />"Pick right"</span> }.into_any()
        }
        Verdict::Wrong => {
            view! { <span class="verdict" data-verdict="wrong"><Mark right=false />"Pick wrong"</span> }.into_any()
        }
        Verdict::Open => ().into_any(),
    };
    let pick = if predicted { format!("Pick {}", row.pick) } else { row.pick.clone() };
    let details = (!row.details.is_empty()).then(|| {
        view! {
            <details>
                <summary>"More"</summary>
                {row.details.iter().map(|line| view! { <p>{line.clone()}</p> }).collect_view()}
            </details>
        }
    });
    let why = predicted.then(
        || view! { <Why session day id=row.id.clone() home=row.home.abbreviation visitor=row.visitor.abbreviation /> },
    );
    let share = format!("{:.2}%", row.visitor.share * 100.0);
    let bar = predicted.then(|| {
        view! {
            <div class="prob-bar" aria-hidden="true" style:--visitor=share data-favourite=if row.home.favoured { "home" } else { "visitor" }>
                <span></span><span></span>
            </div>
        }
    });
    view! {
        <li>
            <article class="game" data-testid="game-card" data-played=row.played.to_string() aria-label=row.sentence>
                {tags}
                <div class="sides">
                    {side_view(&row.visitor, "visitor", "prob-visitor", row.played)}
                    <span class="at" aria-hidden="true">"at"</span>
                    {side_view(&row.home, "home", "prob-home", row.played)}
                </div>
                {bar}
                <div class="game-foot"><span class="pick">{pick}</span>{verdict}{why}{details}</div>
            </article>
        </li>
    }
}

/// What moved a game's number, asked for when it is unfolded.
#[component]
fn Why(session: Sess, day: Date, id: String, home: &'static str, visitor: &'static str) -> impl IntoView {
    let lines = RwSignal::new(None::<Result<Vec<String>, String>>);
    let id = StoredValue::new(id);
    let ask = move |_| {
        if lines.read_untracked().is_some() {
            return;
        }
        lines.set(Some(Ok(Vec::new())));
        let session = session.get_value();
        spawn_local(async move {
            let found = session.why(day).await.map(|all| {
                let of_game = all.iter().find(|reasons| reasons.game_id == id.get_value());
                of_game.map(|reasons| reason_lines(reasons, home, visitor)).unwrap_or_default()
            });
            let _ = lines.try_set(Some(found));
        });
    };
    view! {
        <details data-testid="why" on:toggle=ask>
            <summary>"Why"</summary>
            {move || match lines.get() {
                None => ().into_any(),
                Some(Ok(lines)) if lines.is_empty() => view! { <p>"Asking the model …"</p> }.into_any(),
                Some(Ok(lines)) => lines.into_iter().map(|line| view! { <p>{line}</p> }).collect_view().into_any(),
                Some(Err(problem)) => view! { <p class="field-error">{problem}</p> }.into_any(),
            }}
        </details>
    }
}

fn side_view(side: &Side, place: &'static str, testid: &'static str, played: bool) -> impl IntoView + use<> {
    let points = side.points.map(|points| view! { <span class="points">{points}</span> });
    let percent = side.percent.clone().unwrap_or_else(|| "–".to_owned());
    view! {
        <div class="side" data-place=place data-favoured=side.favoured.to_string()
            data-lost=(played && !side.won).to_string()>
            <p class="team"><abbr title=side.name.clone()>{side.abbreviation}</abbr>{points}</p>
            <p class="name">{side.name.clone()}</p>
            <p class="chance" data-testid=testid>{percent}</p>
        </div>
    }
}

#[component]
fn Mark(right: bool) -> impl IntoView {
    let path = if right { "M3 8.5 6.5 12 13 4.5" } else { "M4 4l8 8M12 4l-8 8" };
    view! {
        <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
            <path d=path fill="none" stroke="currentColor" stroke-width="2.4" stroke-linecap="round" stroke-linejoin="round" />
        </svg>
    }
}

fn margin(view: &DayView) -> impl IntoView + use<> {
    let summary = summary(view);
    let picks = summary.picks.map(|picks| {
        let loss = summary.log_loss.map(|loss| {
            view! { <p class="small">"Log loss "{decimal(loss, 3)}"; a coin toss scores 0.693."</p> }
        });
        view! {
            <section>
                <h2>"The day’s picks"</h2>
                <p class="figure">{picks}</p>
                <p class="small">"favourites won"</p>
                {loss}
            </section>
        }
    });
    let version = view.version.clone().unwrap_or_else(|| "none".to_owned());
    view! {
        {picks}
        <section>
            <h2>"The model"</h2>
            <p class="figure" data-testid="model-version" data-variant=view.variant.clone()>{version}</p>
            <p class="small">{provenance(view)}</p>
            <p class="small"><a href=href("/lab/models")>"See all versions"</a></p>
        </section>
        <section>
            <h2>"How to read this"</h2>
            <p class="small">
                "62% means: of a hundred games that look like this one on their morning, about sixty-two go to that side. "
                "The upset is not a mistake of the number; it is the other thirty-eight."
            </p>
            <p class="small">
                "The visitor stands left, the home side right. The coloured part of the bar is the side the model picks. "
                <a href=href("/about")>"How the number is made"</a>
            </p>
            <p class="small keys">"Keys: "<kbd>"←"</kbd>" "<kbd>"→"</kbd>" step from game day to game day."</p>
        </section>
    }
}
