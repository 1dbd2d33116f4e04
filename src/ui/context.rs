//! What every page may ask for by context: the address of the site, the open session, work that outlives a page.

use leptos::prelude::*;

use super::session::{Imported, JobHandle, Problem, Session};
use crate::flows::evaluate::Trained;
use crate::flows::ingest::Rejection;
use crate::learn::Trial;

/// The path under which the site is served, without a slash at its end: empty at a domain's root.
#[derive(Clone, PartialEq)]
pub struct Base(String);

impl Base {
    /// Reads the document's base address, so that one build serves under any path.
    pub fn of_document() -> Self {
        let uri = document().base_uri().ok().flatten().unwrap_or_default();
        let path = web_sys::Url::new(&uri).map(|url| url.pathname()).unwrap_or_default();
        let folder = path.rfind('/').map_or("", |end| &path[..end]);
        Self(folder.to_owned())
    }

    /// The path.
    pub fn path(&self) -> &str {
        &self.0
    }

    /// The address of a route such as `/lab/data`.
    pub fn href(&self, route: &str) -> String {
        format!("{}{route}", self.0)
    }
}

/// The address of a route, as a link needs it.
pub fn href(route: &str) -> String {
    expect_context::<Base>().href(route)
}

/// A handle on the open session that views can hold; it lives as long as the page.
pub type Sess = StoredValue<Session, LocalStorage>;

/// The session, once it is open, or why it could not be opened.
#[derive(Clone, Copy)]
pub struct Opened(RwSignal<Option<Result<Sess, Problem>>>);

impl Opened {
    /// Not open yet.
    pub fn new() -> Self {
        Self(RwSignal::new(None))
    }

    /// Takes the outcome of the opening.
    pub fn settle(&self, outcome: Result<Session, Problem>) {
        self.0.set(Some(outcome.map(StoredValue::new_local)));
    }

    /// The state of the opening.
    pub fn get(&self) -> Option<Result<Sess, Problem>> {
        self.0.get()
    }
}

/// What a job is doing.
#[derive(Debug, Clone, PartialEq)]
pub struct Doing {
    /// In words.
    pub task: String,
    /// Units done.
    pub done: u64,
    /// Units in all; 0 if not known.
    pub total: u64,
}

/// An import as the data page shows it.
#[derive(Clone)]
pub enum Import {
    /// Nothing was imported since the page was opened.
    Idle,
    /// A file is being read.
    Running {
        /// Its name.
        name: String,
        /// How far.
        doing: Doing,
        /// To stop it.
        handle: Option<JobHandle>,
    },
    /// It is stored.
    Done(Box<Imported>),
    /// It was refused.
    Refused(Box<Rejection>),
    /// It was stopped.
    Cancelled,
    /// It could not be done.
    Failed(Problem),
}

/// A training as the training page shows it.
#[derive(Clone)]
pub enum Training {
    /// Nothing was trained since the page was opened.
    Idle,
    /// A search runs.
    Running {
        /// How far.
        doing: Doing,
        /// Whether no further trial begins.
        paused: bool,
    },
    /// It is done and not yet registered.
    Done(Box<Trained>),
    /// It is registered under this version.
    Registered(Box<Trained>, String),
    /// It was stopped.
    Cancelled,
    /// It could not be done.
    Failed(Problem),
}

/// Work that goes on while other pages are shown.
#[derive(Clone, Copy)]
pub struct Activity {
    /// The import.
    pub import: RwSignal<Import>,
    /// The training.
    pub training: RwSignal<Training>,
    /// Trials of the training, as they end.
    pub trials: RwSignal<Vec<Trial>>,
    /// When the training was started, by the page's clock in milliseconds, and how many trials were there by then.
    pub begun: RwSignal<(f64, u64)>,
}

impl Activity {
    /// Nothing is going on.
    pub fn new() -> Self {
        Self {
            import: RwSignal::new(Import::Idle),
            training: RwSignal::new(Training::Idle),
            trials: RwSignal::new(Vec::new()),
            begun: RwSignal::new((0.0, 0)),
        }
    }

    /// Whether work runs that would be lost with the document.
    pub fn is_running(&self) -> bool {
        self.import.with_untracked(|import| matches!(import, Import::Running { .. }))
            || self.training.with_untracked(|training| matches!(training, Training::Running { .. }))
    }
}
