//! Under which name changes of the registry are recorded, and how to change it.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::ui::context::Sess;
use crate::ui::session::Problem;
use crate::ui::widgets::Answer;

/// Says who is in the trail, and takes another name.
#[component]
pub(super) fn RecordedAs(session: Sess) -> impl IntoView {
    let chosen = session.with_value(|session| session.profile_name());
    let text = RwSignal::new(String::new());
    // The field follows the name, whoever changes it: another tab, a restored back-up.
    Effect::new(move |_| text.set(chosen.get().unwrap_or_default()));
    let told = RwSignal::new(None::<Result<String, Problem>>);
    let keep = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let (session, name) = (session.get_value(), text.get_untracked());
        spawn_local(async move {
            let kept = session.rename_profile(&name).await;
            let kept = kept.map(|()| "From now on. What is recorded stays as it is.".to_owned());
            let _ = told.try_set(Some(kept));
        });
    };
    view! {
        <details class="recorded-as">
            <summary>"Changes are recorded as "<strong data-testid="profile">{move || who(session)}</strong></summary>
            <form class="inline" on:submit=keep>
                <label>
                    <span>"Your name, for the trail, for runs and for signed bundles; empty: none"</span>
                    <input type="text" autocomplete="nickname" data-testid="profile-input" prop:value=move || text.get()
                        on:input=move |event| text.set(event_target_value(&event)) />
                </label>
                <button type="submit" data-testid="profile-keep">"Keep the name"</button>
            </form>
            <div aria-live="polite"><Answer told testid="profile-answer" /></div>
        </details>
    }
}

/// The name that the next change is recorded under.
pub(super) fn who(session: Sess) -> String {
    session.with_value(|session| session.recorded_as())
}
