//! A tab that is killed while it commits, a hundred times: what is there afterwards are whole commits, and none that was
//! acknowledged is missing.
//!
//! The tab's process is killed as by the system when memory runs out. Chromium runs IndexedDB in another process, which
//! notices that its client is gone and rolls the open transaction back.

use std::collections::BTreeSet;
use std::env;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::response::Html;
use axum::routing::{get, post};
use linelogic::ports::Document;
use linelogic::xtask::commits;
use linelogic::xtask::project::Project;
use linelogic::xtask::server::listen;
use serde::Deserialize;
use tower_http::services::ServeDir;

use crate::batches::documents_at;
use crate::driver::{FLAGS, Outcome, PATIENCE};

/// How often a tab is killed.
const KILLS: u64 = 100;
/// Longest time between a commit's begin and the kill, in microseconds: several commits fit in.
const LONGEST: u64 = 30_000;
/// Seed of the moments.
const SEED: u64 = 6;

const PAGE: &str = "<!doctype html><title>Commits</title>\
                    <script type=\"module\">import init from '/module/commits.js'; init();</script>";

/// What the page that commits finds when it opens the store.
#[derive(Deserialize)]
struct Found {
    revision: u64,
    documents: Vec<Document>,
}

/// What the pages have told so far.
#[derive(Default)]
struct Told {
    found: Option<Found>,
    /// The last commit that was begun by the tab that is open.
    begun: Option<u64>,
    /// The last commit that was acknowledged.
    done: u64,
    failed: Option<String>,
}

type Shared = Arc<Mutex<Told>>;

fn told(shared: &Shared) -> MutexGuard<'_, Told> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The page, its module, and where it tells what it does.
fn app(module: &std::path::Path, shared: Shared) -> Router {
    let found = |State(shared): State<Shared>, body: String| async move {
        match serde_json::from_str(&body) {
            Ok(found) => told(&shared).found = Some(found),
            Err(error) => told(&shared).failed = Some(error.to_string()),
        }
    };
    let begun = |State(shared): State<Shared>, body: String| async move {
        let mut told = told(&shared);
        told.begun = told.begun.max(body.parse().ok());
    };
    let done = |State(shared): State<Shared>, body: String| async move {
        let mut told = told(&shared);
        told.done = told.done.max(body.parse().unwrap_or_default());
    };
    let failed = |State(shared): State<Shared>, body: String| async move { told(&shared).failed = Some(body) };
    Router::new()
        .route("/", get(|| async { Html(PAGE) }))
        .route("/found", post(found))
        .route("/begun", post(begun))
        .route("/done", post(done))
        .route("/failed", post(failed))
        .nest_service("/module", ServeDir::new(module))
        .layer(axum::extract::DefaultBodyLimit::disable())
        .with_state(shared)
}

/// A browser without a driver, which would end with its tab.
struct Browser {
    child: Child,
    address: String,
    _profile: tempfile::TempDir,
}

impl Browser {
    fn start() -> Outcome<Self> {
        let profile = tempfile::tempdir()?;
        let program = env::var_os("CHROME").unwrap_or_else(|| "chromium".into());
        let mut child = Command::new(&program)
            .args(FLAGS)
            .arg("--remote-debugging-port=0")
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg("about:blank")
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| format!("cannot start {}: {error}", program.display()))?;
        let stderr = child.stderr.take().ok_or("the browser has no output")?;
        let mut started = Self { child, address: String::new(), _profile: profile };
        let mut lines = BufReader::new(stderr).lines();
        for line in lines.by_ref() {
            if let Some((_, rest)) = line?.split_once("DevTools listening on ws://") {
                started.address = format!("http://{}", rest.split('/').next().unwrap_or_default());
                // Nobody reads further: a full pipe must not stop it.
                std::thread::spawn(move || lines.for_each(drop));
                return Ok(started);
            }
        }
        Err("the browser ended before it listened".into())
    }

    /// Opens an address in a new tab and gives the tab's id.
    fn open(&self, address: &str) -> Outcome<String> {
        let answer = ureq::put(format!("{}/json/new?{address}", self.address)).send_empty()?;
        let tab: serde_json::Value = serde_json::from_str(&answer.into_body().read_to_string()?)?;
        Ok(tab["id"].as_str().ok_or("the new tab has no id")?.to_owned())
    }

    /// Takes a dead tab away.
    fn close(&self, tab: &str) -> Outcome {
        ureq::get(format!("{}/json/close/{tab}", self.address)).call()?;
        Ok(())
    }

    /// Kills the processes of this browser's tabs.
    fn kill_tabs(&self) -> Outcome {
        let output = Command::new("ps").args(["-A", "-o", "pid=,ppid=,args="]).output()?;
        let list = String::from_utf8_lossy(&output.stdout).into_owned();
        let processes: Vec<(u32, u32, &str)> = list.lines().filter_map(process).collect();
        let mut family = BTreeSet::from([self.child.id()]);
        // Children of children of it.
        while processes.iter().any(|(pid, parent, _)| family.contains(parent) && family.insert(*pid)) {}
        let is_tab = |(pid, _, args): &&(u32, u32, &str)| family.contains(pid) && args.contains("--type=renderer");
        let tabs: Vec<String> = processes.iter().filter(is_tab).map(|(pid, _, _)| pid.to_string()).collect();
        if tabs.is_empty() {
            return Err("the browser has no tab to be killed".into());
        }
        // One of them may have gone by itself.
        Command::new("kill").arg("-9").args(tabs).stderr(Stdio::null()).status()?;
        Ok(())
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A line of `ps`: process, parent, and command.
fn process(line: &str) -> Option<(u32, u32, &str)> {
    let (pid, rest) = line.trim_start().split_once(' ')?;
    let (parent, args) = rest.trim_start().split_once(' ')?;
    Some((pid.parse().ok()?, parent.parse().ok()?, args))
}

/// Waits until the page has told something.
async fn wait<T>(shared: &Shared, what: &str, take: impl Fn(&mut Told) -> Option<T>) -> Outcome<T> {
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        {
            let mut told = told(shared);
            if let Some(reason) = told.failed.take() {
                return Err(format!("the page says: {reason}").into());
            }
            if let Some(value) = take(&mut told) {
                return Ok(value);
            }
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    Err(format!("the page did not tell {what}").into())
}

/// Opens a tab and holds what it finds against the commits that were acknowledged: its id and the store's revision.
async fn reopened(browser: &Browser, address: &str, shared: &Shared) -> Outcome<(String, u64)> {
    let before = {
        let mut told = told(shared);
        (told.found, told.begun) = (None, None);
        told.done
    };
    let tab = tokio::task::block_in_place(|| browser.open(address))?;
    let Found { revision, documents } = wait(shared, "what it found", |told| told.found.take()).await?;
    assert!(revision >= before, "commit {before} was acknowledged, and the store is at {revision}");
    let keys = |of: &[Document]| of.iter().map(|document| document.key.clone()).collect::<Vec<_>>();
    let expected = documents_at(revision);
    assert_eq!(keys(&documents), keys(&expected), "at revision {revision}");
    assert!(documents == expected, "at revision {revision} a document is not what its commit wrote");
    Ok((tab, revision))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tab_killed_while_it_commits_leaves_whole_commits_a_hundred_times() -> Outcome {
    let module = tokio::task::block_in_place(|| commits::build(&Project::open()?))?;
    let shared = Shared::default();
    let listener = listen(0).await?;
    let address = format!("http://{}/", listener.local_addr()?);
    let server = tokio::spawn(axum::serve(listener, app(&module, Arc::clone(&shared))).into_future());
    let browser = Browser::start()?;
    let mut moments = fastrand::Rng::with_seed(SEED);
    let (start, mut rolled_back, mut last) = (Instant::now(), 0, 0);
    let (mut tab, _) = reopened(&browser, &address, &shared).await?;
    for _ in 0..KILLS {
        wait(&shared, "that it commits", |told| told.begun).await?;
        tokio::time::sleep(Duration::from_micros(moments.u64(0..LONGEST))).await;
        tokio::task::block_in_place(|| browser.kill_tabs())?;
        let begun = told(&shared).begun;
        tokio::task::block_in_place(|| browser.close(&tab))?;
        (tab, last) = reopened(&browser, &address, &shared).await?;
        rolled_back += u64::from(begun.is_some_and(|begun| begun > last));
    }
    println!(
        "{KILLS} tabs were killed in {:.1} s over {last} commits; in {rolled_back} a commit had begun and was rolled back",
        start.elapsed().as_secs_f64()
    );
    assert!(rolled_back > 0, "no kill came in the middle of a commit");
    server.abort();
    Ok(())
}
