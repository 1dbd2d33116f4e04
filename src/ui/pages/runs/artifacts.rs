//! The files of a run: listed, looked at, saved. Nothing that a file holds becomes markup of the page.

use gloo::file::{Blob, ObjectUrl};
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::flows::present::runs::open::{Preview, artifact_words, preview, rest_words};
use crate::tracking::Artifact;
use crate::ui::context::Sess;
use crate::ui::session::Problem;
use crate::ui::widgets::{ProblemBox, TableScroll};

/// A file that was read: its path, its bytes at an address of this page, and how it is looked at.
struct Opened {
    path: String,
    preview: Preview,
    address: ObjectUrl,
}

/// The list, and the file that is looked at.
#[component]
pub fn Artifacts(session: Sess, artifacts: Vec<Artifact>) -> impl IntoView {
    if artifacts.is_empty() {
        return view! { <h3>"Files"</h3><p class="small">"It has no files."</p> }.into_any();
    }
    let opened = RwSignal::new_local(None::<Result<Opened, Problem>>);
    let open = move |artifact: Artifact| {
        let session = session.get_value();
        spawn_local(async move {
            let read = session.artifact(artifact.digest).await.map(|bytes| read(artifact.path, &bytes));
            let _ = opened.try_set(Some(read));
        });
    };
    let item = |artifact: Artifact| {
        let (path, of, words) = (artifact.path.clone(), artifact.path.clone(), artifact_words(&artifact));
        view! {
            <li>
                <button type="button" class="run-name" data-testid="artifact" data-path=of
                    on:click=move |_| open(artifact.clone())>{path}</button>
                " "<span class="small">{words}</span>
            </li>
        }
    };
    let shown = move || {
        opened.with(|opened| match opened {
            None => ().into_any(),
            Some(Err(problem)) => view! { <ProblemBox problem=problem.clone() /> }.into_any(),
            Some(Ok(file)) => file_view(file).into_any(),
        })
    };
    view! {
        <h3>"Files"</h3>
        <ul class="plain-list wide">{artifacts.into_iter().map(item).collect_view()}</ul>
        <div aria-live="polite" data-testid="artifact-view">{shown}</div>
    }
    .into_any()
}

/// A picture must say what it is; everything else is only ever saved from its address.
fn read(path: String, bytes: &[u8]) -> Opened {
    let preview = preview(&path, bytes);
    let media_type = match &preview {
        Preview::Picture(media_type) => media_type,
        _ => "application/octet-stream",
    };
    let address = ObjectUrl::from(Blob::new_with_options(bytes, Some(media_type)));
    Opened { path, preview, address }
}

fn file_view(file: &Opened) -> impl IntoView + use<> {
    let name = file.path.rsplit('/').next().unwrap_or(&file.path).to_owned();
    let address = file.address.to_string();
    let shown = match &file.preview {
        Preview::None => view! { <p class="small">"It is no text and no picture: save it to look at it."</p> }.into_any(),
        // In an image element a picture runs no program of its own.
        Preview::Picture(_) => {
            view! { <img class="artifact" src=address.clone() alt=format!("The picture {}", file.path) /> }.into_any()
        }
        Preview::Text(text, all) => view! {
            <pre class="artifact" tabindex="0" role="region" aria-label=format!("Text of {}", file.path)>{text.clone()}</pre>
            {(!all).then(|| view! { <p class="small">"This is its start; the file has it all."</p> })}
        }
        .into_any(),
        Preview::Table(rows, all) => table_view(&file.path, rows, *all).into_any(),
    };
    view! {
        <h4>{file.path.clone()}</h4>
        {shown}
        <p><a href=address download=name>"Save the file"</a></p>
    }
}

fn table_view(path: &str, rows: &[Vec<String>], all: usize) -> impl IntoView + use<> {
    let mut rows = rows.iter();
    let heads = rows.next().into_iter().flatten();
    let heads = heads.map(|head| view! { <th scope="col">{head.clone()}</th> }).collect_view();
    let cells = |row: &Vec<String>| row.iter().map(|cell| view! { <td>{cell.clone()}</td> }).collect_view();
    let body = rows.map(|row| view! { <tr>{cells(row)}</tr> }).collect_view();
    view! {
        <div class="artifact-table">
            <TableScroll label=format!("Rows of {path}")>
                <table>
                    <thead><tr>{heads}</tr></thead>
                    <tbody>{body}</tbody>
                </table>
            </TableScroll>
        </div>
        {rest_words(all).map(|words| view! { <p class="small">{words}</p> })}
    }
}
