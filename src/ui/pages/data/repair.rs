//! One refused row: why it was refused, how its source has it, and a form that repairs and releases it.

use std::collections::BTreeMap;

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::quarantine::{Repairs, is_open};
use crate::data::{Quarantined, Violation};
use crate::flows::present::data::{
    RepairField, edits, problems_of, raw_values, rechecked_words, repair_fields, row_title, violation_words,
};
use crate::flows::present::plural;
use crate::ui::context::Sess;
use crate::ui::session::{DatasetInfo, Released};

/// A form's state.
#[derive(Clone, Copy)]
struct Form {
    session: Sess,
    /// The dataset.
    info: StoredValue<DatasetInfo>,
    /// The row's place in the quarantine.
    at: usize,
    row: StoredValue<Quarantined>,
    /// The values of the fields, by path.
    values: RwSignal<BTreeMap<String, String>>,
    /// What is wrong with the row, as it was last checked.
    violations: RwSignal<Vec<Violation>>,
    /// The answer to the last check or release, and whether it is a good one.
    answer: RwSignal<Option<(bool, String)>>,
    busy: RwSignal<bool>,
    repairs: Repairs,
}

/// A refused row, folded; its form is made when it is opened.
#[component]
pub(super) fn RepairRow(
    session: Sess,
    info: DatasetInfo,
    at: usize,
    row: Quarantined,
    repairs: Repairs,
) -> impl IntoView {
    let opened = RwSignal::new(false);
    let title = row_title(&row);
    let violations = RwSignal::new(row.violations.clone());
    let form = Form {
        session,
        info: StoredValue::new(info),
        at,
        row: StoredValue::new(row),
        values: RwSignal::new(BTreeMap::new()),
        violations,
        answer: RwSignal::new(None),
        busy: RwSignal::new(false),
        repairs,
    };
    let broken = move || {
        let list = violations.get();
        list.iter().map(|violation| view! { <li>{violation_words(violation)}</li> }).collect_view()
    };
    view! {
        <details class="rule" data-testid="quarantined" data-row=at.to_string()
            on:toggle=move |event| {
                if is_open(&event) {
                    opened.set(true);
                }
            }>
            <summary>{title}</summary>
            <Show when=move || opened.get()>
                <ul class="plain-list wide" data-testid="quarantined-violations">{broken}</ul>
                {raw_view(form)}
                {form_view(form)}
            </Show>
        </details>
    }
}

fn raw_view(form: Form) -> impl IntoView {
    let values = form.row.with_value(raw_values);
    let list = values.into_iter().map(|(name, value)| view! { <div><dt>{name}</dt><dd>{value}</dd></div> });
    view! {
        <details>
            <summary>"The row as its source has it"</summary>
            <dl class="facts">{list.collect_view()}</dl>
        </details>
    }
}

fn form_view(form: Form) -> impl IntoView {
    if !form.info.with_value(|info| info.newest) {
        return view! { <p class="small">"There is a newer revision of this dataset: rows are repaired there."</p> }
            .into_any();
    }
    let fields = form.row.with_value(|row| repair_fields(row, &row.violations));
    let (broken, fine): (Vec<_>, Vec<_>) = fields.into_iter().partition(|field| !field.problems.is_empty());
    // Where no field is to blame, all of them are shown at once.
    let open = broken.is_empty();
    let views = |fields: Vec<RepairField>| fields.into_iter().map(|field| field_view(form, field)).collect_view();
    let title =
        if open { "The fields".to_owned() } else { format!("The other {}", plural(fine.len() as u64, "field")) };
    let release = move |_| release(form);
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        check_again(form);
    };
    let answer = move || {
        form.answer.get().map(|(good, words)| {
            let state = if good { "good" } else { "bad" };
            view! { <p class="strip" data-state=state data-tone=state>{words}</p> }
        })
    };
    view! {
        <form class="form repair" data-testid="repair" on:submit=submit>
            {(!broken.is_empty()).then(|| view! { <div class="fields">{views(broken)}</div> })}
            <details open=open>
                <summary>{title}</summary>
                <div class="fields">{views(fine)}</div>
            </details>
            <p class="actions">
                <button type="submit" data-testid="recheck" disabled=move || form.busy.get()>"Check again"</button>
                <button class="primary" type="button" data-testid="release" disabled=move || form.busy.get() on:click=release>
                    "Release"
                </button>
            </p>
            <div aria-live="polite" data-testid="repair-answer">{answer}</div>
        </form>
    }
    .into_any()
}

fn field_view(form: Form, field: RepairField) -> impl IntoView {
    let RepairField { path, label, allowed, value, choices, .. } = field;
    let digest = form.info.with_value(|info| info.manifest.digest.short());
    let id = format!("repair-{digest}-{}-{path}", form.at);
    let (hint, error) = (format!("{id}-hint"), format!("{id}-error"));
    let described = format!("{hint} {error}");
    let of_this = path.clone();
    let problems = Memo::new(move |_| form.violations.with(|violations| problems_of(violations, &of_this)));
    let invalid = move || problems.with(|problems| !problems.is_empty()).to_string();
    let name = path.clone();
    let typed = move |text: String| form.values.update(|values| _ = values.insert(name.clone(), text));
    let control = match choices {
        Some(choices) => {
            let options = choices.into_iter().map(|choice| {
                let selected = choice == value;
                let words = if choice.is_empty() { "nothing".to_owned() } else { choice.clone() };
                view! { <option value=choice selected=selected>{words}</option> }
            });
            let options = options.collect_view();
            view! {
                <select id=id.clone() name=path.clone() aria-describedby=described aria-invalid=invalid
                    on:change=move |event| typed(event_target_value(&event))>{options}</select>
            }
            .into_any()
        }
        None => view! {
            <input type="text" id=id.clone() name=path.clone() value=value autocomplete="off" aria-describedby=described
                aria-invalid=invalid on:input=move |event| typed(event_target_value(&event)) />
        }
        .into_any(),
    };
    view! {
        <div class="field">
            <label for=id>{label}" "<code>{path}</code></label>
            {control}
            <p class="small" id=hint>{allowed}</p>
            <p class="field-error" id=error>{move || problems.get().join("; ")}</p>
        </div>
    }
}

/// The values of the form as edits of the row.
fn edited(form: Form) -> BTreeMap<String, serde_json::Value> {
    form.row.with_value(|row| form.values.with_untracked(|values| edits(row, values)))
}

fn check_again(form: Form) {
    form.busy.set(true);
    let (session, dataset) = (form.session.get_value(), form.info.with_value(|info| info.dataset.clone()));
    spawn_local(async move {
        let answer = match session.recheck(dataset, form.at, edited(form)).await {
            Ok(checked) => {
                let words = rechecked_words(checked.game.as_ref(), &checked.violations);
                form.violations.set(checked.violations);
                (checked.game.is_some(), words)
            }
            Err(problem) => (false, problem),
        };
        form.answer.set(Some(answer));
        form.busy.set(false);
    });
}

fn release(form: Form) {
    form.busy.set(true);
    form.repairs.told.set(None);
    let (session, dataset) = (form.session.get_value(), form.info.with_value(|info| info.dataset.clone()));
    let title = form.row.with_value(row_title);
    spawn_local(async move {
        let answer = match session.release(dataset, form.at, edited(form)).await {
            Ok(Released::Done(info)) => {
                // The list of datasets is drawn anew: the answer is told beside it, and the next rows stay at hand.
                form.repairs.open.set(Some(info.manifest.digest.hex()));
                let revision = info.revision();
                form.repairs.told.set(Some(format!("{title} is released: this is revision {revision} now.")));
                return;
            }
            Ok(Released::Refused(rejection)) => {
                form.violations.set(rejection.findings.violations);
                (false, rejection.message)
            }
            Err(problem) => (false, problem),
        };
        form.answer.set(Some(answer));
        form.busy.set(false);
    });
}
