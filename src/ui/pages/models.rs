//! The lab's fifth page: the registry.

use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::hooks::use_query_map;

use super::deleted::DeletedVersions;
use super::exchange::Exchange;
use super::profile::{RecordedAs, who};
use crate::flows::present::models::{
    METRICS, can_archive, cautions, draft_reason, event_line, gate_rows, learned_from, main_move, metric, stage_meaning,
};
use crate::flows::present::training::coefficient_rows;
use crate::learn::Model;
use crate::registry::{GateReport, ModelVersion, Stage};
use crate::ui::context::{Sess, href};
use crate::ui::session::ModelRow;
use crate::ui::widgets::{Facts, FeatureBars, PageHead, ProblemBox, Simulated, Skeleton, TableScroll, with_session};

/// Versions and their stages.
#[component]
pub fn Models() -> impl IntoView {
    view! {
        <PageHead
            kicker="Lab, 5 of 6"
            title="Models"
            lead="Every version that was ever registered, with what it learned from, how it did on its hold-out, and who moved it where and why."
        />
        {with_session(|session| view! { <ModelsPage session /> })}
    }
}

#[component]
fn ModelsPage(session: Sess) -> impl IntoView {
    let models = LocalResource::new(move || {
        let session = session.get_value();
        session.revision().track();
        async move { session.models().await }
    });
    let query = use_query_map();
    let opened = Memo::new(move |_| query.read().get("version"));
    let revision = session.with_value(|session| session.revision());
    let kind = move || {
        revision.track();
        session.with_value(|session| session.source_kind())
    };
    let list = move || match models.get() {
        None => view! { <Skeleton label="Loading the models" /> }.into_any(),
        Some(Err(problem)) => view! { <ProblemBox problem /> }.into_any(),
        Some(Ok(rows)) if rows.is_empty() => view! {
            <p class="empty">"No version is registered. "<a href=href("/lab/training")>"Train the first one."</a></p>
        }
        .into_any(),
        Some(Ok(rows)) => {
            let champion = rows.iter().find(|row| row.stage == Stage::Production).map(|row| row.version.clone());
            let opened = opened.get();
            rows.into_iter()
                .map(|row| {
                    let open = opened.as_deref() == Some(row.version.version.as_str());
                    view! { <Version session row champion=champion.clone() open /> }
                })
                .collect_view()
                .into_any()
        }
    };
    view! {
        {move || view! { <Simulated kind=kind() /> }}
        <Rollback session />
        <RecordedAs session />
        <div class="entries">{list}</div>
        <DeletedVersions session />
        <Exchange session />
    }
}

/// One action that puts the version back that was in Production before.
#[component]
fn Rollback(session: Sess) -> impl IntoView {
    let target = LocalResource::new(move || {
        let session = session.get_value();
        session.revision().track();
        async move { session.rollback_target().await.ok().flatten() }
    });
    let problem = RwSignal::new(None::<String>);
    let busy = RwSignal::new(false);
    let go = move |_| {
        busy.set(true);
        problem.set(None);
        let session = session.get_value();
        spawn_local(async move {
            if let Err(why) = session.roll_back("").await {
                let _ = problem.try_set(Some(why));
            }
            let _ = busy.try_set(false);
        });
    };
    move || {
        target.get().flatten().map(|version| {
            view! {
                <p class="actions rollback" data-testid="rollback-bar">
                    <button type="button" data-testid="rollback" disabled=move || busy.get() on:click=go>
                        "Roll back to "{version}
                    </button>
                    <span class="small">"It was in Production before, and serves again at once."</span>
                </p>
                {move || problem.get().map(|words| view! { <p class="strip" data-tone="bad" role="alert">{words}</p> })}
            }
        })
    }
}

#[component]
fn Version(session: Sess, row: ModelRow, champion: Option<ModelVersion>, open: bool) -> impl IntoView {
    let asking = RwSignal::new(None::<Stage>);
    let name = row.version.version.clone();
    let metrics = METRICS
        .into_iter()
        .map(|(key, label)| view! { <div><dt>{label}</dt><dd>{metric(&row.version, key)}</dd></div> })
        .collect_view();
    let promote = main_move(row.stage).map(|(to, label)| {
        view! {
            <button type="button" data-testid="promote" aria-label=format!("{label} {name}")
                aria-expanded=move || (asking.get() == Some(to)).to_string() on:click=move |_| asking.set(Some(to))>
                {label}
            </button>
        }
    });
    let archive = can_archive(row.stage).then(|| {
        view! {
            <button class="quiet" type="button" data-testid="archive" aria-label=format!("Archive {name}")
                on:click=move |_| asking.set(Some(Stage::Archived))>"Archive"</button>
        }
    });
    let candidate = StoredValue::new(row.version.clone());
    let champion = StoredValue::new(champion);
    let confirm = move || {
        asking.get().map(|to| {
            view! { <Confirm session asking to candidate=candidate.get_value() champion=champion.get_value() /> }
        })
    };
    view! {
        <article class="entry" data-testid="model-row" data-version=name.clone() data-stage=row.stage.to_string()>
            <header>
                <h2 class="version">
                    <a href=href(&format!("/lab/model?version={}", name.replace('+', "%2B")))>{name.clone()}</a>
                </h2>
                <span class="chip" data-stage=row.stage.to_string()>{row.stage.to_string()}</span>
                <span class="small">{stage_meaning(row.stage)}</span>
                <span class="actions">{promote}{archive}</span>
            </header>
            {confirm}
            <dl class="numbers">{metrics}</dl>
            <p class="small">
                {learned_from(&row.version)}
                {if row.local { " · trained in this browser" } else { " · came with the site" }}
            </p>
            <details open=open>
                <summary>"Parameters, coefficients and trail"</summary>
                {detail(&row)}
            </details>
        </article>
    }
}

fn detail(row: &ModelRow) -> impl IntoView + use<> {
    let model = row.version.model.open();
    let mut facts: Vec<(&'static str, String)> = vec![
        ("Run", row.version.run_id.clone()),
        ("Data", row.version.data_version.to_string()),
        ("Model", row.version.model.digest().to_string()),
        (
            "Features",
            match &model {
                Ok(model) => format!("version {}, {} of them", model.feature_version, model.features.len()),
                Err(_) => format!("version {}", row.version.model.feature_version()),
            },
        ),
        ("Estimator", model.as_ref().map_or_else(|why| format!("cannot be read: {why}"), Model::summary)),
    ];
    if let Some(run) = &row.run {
        let pairs: Vec<String> = run.params.iter().map(|(key, value)| format!("{key} = {value}")).collect();
        facts.push(("Parameters", pairs.join(", ")));
    }
    let coefficients = model.as_ref().map(coefficient_rows).unwrap_or_default();
    let trail = row
        .events
        .iter()
        .map(|event| {
            let (at, line) = event_line(event);
            view! { <li><time>{at}</time><span>{line}</span></li> }
        })
        .collect_view();
    view! {
        <Facts facts />
        {(!coefficients.is_empty()).then(|| view! { <FeatureBars title="Coefficients" bars=coefficients /> })}
        <ol class="trail">{trail}</ol>
    }
}

/// What the gate says: still asked, its report, or why it could not be asked.
type Gate = LocalResource<Result<GateReport, String>>;

/// What a question before a move holds while it is open.
#[derive(Clone, Copy)]
struct Asked {
    reason: RwSignal<String>,
    problem: RwSignal<Option<String>>,
    busy: RwSignal<bool>,
    overriding: RwSignal<bool>,
    gate: Option<Gate>,
}

impl Asked {
    fn new(session: Sess, candidate: &ModelVersion, champion: Option<&ModelVersion>, promoting: bool) -> Self {
        let name = candidate.version.clone();
        let ask = move || {
            let (session, name) = (session.get_value(), name.clone());
            async move { session.gate(name).await }
        };
        Self {
            reason: RwSignal::new(if promoting { draft_reason(candidate, champion) } else { String::new() }),
            problem: RwSignal::new(None),
            busy: RwSignal::new(false),
            overriding: RwSignal::new(false),
            gate: promoting.then(|| LocalResource::new(ask)),
        }
    }

    /// Moves the version, or says why not; where it is the gate that does not say yes, asks for a reason to override it.
    async fn answer(self, session: Sess, version: String, to: Stage, asking: RwSignal<Option<Stage>>) {
        self.busy.set(true);
        self.problem.set(None);
        let (session, why) = (session.get_value(), self.reason.get_untracked());
        match session.transition(version, to, why, self.overriding.get_untracked()).await {
            Ok(()) => {
                let _ = asking.try_set(None);
            }
            Err(why) => {
                let _ = self.problem.try_set(Some(why));
                let said = self.gate.and_then(|gate| gate.try_get_untracked().flatten());
                let no = said.is_some_and(|said| !said.is_ok_and(|report| report.passed));
                if no && self.overriding.try_get_untracked() == Some(false) {
                    // The drafted reason is none to override: the person gives one.
                    self.overriding.set(true);
                    self.reason.set(String::new());
                }
            }
        }
        let _ = self.busy.try_set(false);
    }
}

/// Asks before a version is moved: figures side by side, what to be careful about, and why.
#[component]
fn Confirm(
    session: Sess,
    asking: RwSignal<Option<Stage>>,
    to: Stage,
    candidate: ModelVersion,
    champion: Option<ModelVersion>,
) -> impl IntoView {
    let promoting = to == Stage::Production;
    let state = Asked::new(session, &candidate, champion.as_ref(), promoting);
    let Asked { reason, problem, busy, overriding, gate } = state;
    let field = NodeRef::<html::Textarea>::new();
    Effect::new(move |_| {
        if let Some(field) = field.get() {
            let _ = field.focus();
        }
    });
    let name = candidate.version.clone();
    let go = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        spawn_local(state.answer(session, name.clone(), to, asking));
    };
    let close_on_escape = move |event: web_sys::KeyboardEvent| {
        if event.key() == "Escape" {
            asking.set(None);
        }
    };
    let question = if promoting {
        format!("Put {} into Production?", candidate.version)
    } else {
        format!("Archive {}?", candidate.version)
    };
    let figures = promoting.then(|| champion.as_ref().map(|champion| gate_table(&candidate, champion)));
    let cautions = if promoting { cautions(&candidate, champion.as_ref()) } else { Vec::new() };
    view! {
        <form class="confirm" on:submit=go on:keydown=close_on_escape>
            <h4>{question}</h4>
            {figures}
            {move || gate.map(|gate| gate_line(gate.get()))}
            {cautions.into_iter().map(|words| view! { <p class="strip" data-tone="warn">{words}</p> }).collect_view()}
            <label>
                <span>{move || if overriding.get() { "Why override the gate, for the trail" } else { "Why, for the trail" }}</span>
                <textarea rows="2" node_ref=field prop:value=move || reason.get()
                    on:input=move |event| reason.set(event_target_value(&event))></textarea>
            </label>
            <p class="small">"Recorded as "{move || who(session)}"."</p>
            <p class="actions">
                <button class="primary" type="submit" data-testid="promote-confirm" disabled=move || busy.get()>
                    {move || match (promoting, overriding.get()) {
                        (false, _) => "Archive",
                        (true, false) => "Put into Production",
                        (true, true) => "Override the gate",
                    }}
                </button>
                <button class="quiet" type="button" on:click=move |_| asking.set(None)>"Leave it"</button>
            </p>
            {move || problem.get().map(|words| view! { <p class="strip" data-tone="bad" role="alert">{words}</p> })}
        </form>
    }
}

/// The gate's word with its figures.
fn gate_line(said: Option<Result<GateReport, String>>) -> impl IntoView {
    let (tone, words) = match said {
        None => ("none", "Asking the gate …".to_owned()),
        Some(Ok(report)) => (if report.passed { "good" } else { "bad" }, report.summary()),
        Some(Err(why)) => ("bad", format!("gate not asked: {why}")),
    };
    view! { <p class="strip" data-testid="gate" data-tone=tone>{words}</p> }
}

fn gate_table(candidate: &ModelVersion, champion: &ModelVersion) -> impl IntoView + use<> {
    let rows = gate_rows(candidate, champion)
        .into_iter()
        .map(|row| {
            let word = match row.better {
                Some(true) => "better",
                Some(false) => "worse",
                None => "–",
            };
            view! {
                <tr>
                    <th scope="row">{row.label}</th>
                    <td class="num">{row.candidate}</td>
                    <td class="num">{row.champion}</td>
                    <td data-tone=match row.better { Some(true) => "good", Some(false) => "bad", None => "none" }>{word}</td>
                </tr>
            }
        })
        .collect_view();
    let (ours, theirs) = (candidate.version.clone(), champion.version.clone());
    view! {
        <TableScroll label="The two versions side by side">
            <table>
                <thead>
                    <tr>
                        <th scope="col">"Hold-out"</th>
                        <th class="num" scope="col">{ours}</th>
                        <th class="num" scope="col">{theirs}" (now)"</th>
                        <th scope="col"><span class="visually-hidden">"Verdict"</span></th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </TableScroll>
    }
}
