//! The worker's contender of `cargo xtask bench`: imports the games that `LINELOGIC_BENCH_GAMES` names (else it takes the
//! data published with the site), has a worker of the built site measure on them, and prints its figures as one line of
//! JSON.
//!
//! The worker is started as the page starts its own: the page has no code for this.

mod driver;
mod many_runs;

use std::env;
use std::time::Duration;

use driver::{Outcome, Visit};
use serde_json::json;
use thirtyfour::TimeoutConfiguration;
use thirtyfour::extensions::cdp::ChromeDevTools;

/// How long importing or measuring may take on a busy machine.
const WORK: Duration = Duration::from_secs(300);

/// Starts a worker with the page's module and asks it for a `Bench` of a dataset.
const MEASURE: &str = r#"
    const [dataset, done] = arguments;
    const measure = async () => {
        const glue = document.querySelector('link[rel="modulepreload"]').href;
        const module = await globalThis.linelogicProgram;
        const worker = new Worker("worker.js", { type: "module", name: document.baseURI });
        const figures = await new Promise((resolve, reject) => {
            worker.onerror = (event) => reject(event.message);
            worker.onmessage = ({ data }) => {
                const message = JSON.parse(data);
                if (message.ready) {
                    worker.postMessage([JSON.stringify({ start: { job: 1, work: { bench: { dataset } } } }), undefined]);
                } else if (message.job?.reply.measured) {
                    resolve(message.job.reply.measured);
                } else if (!message.job?.reply.progress) {
                    reject(data);
                }
            };
            worker.postMessage({ glue, module });
        });
        worker.terminate();
        return JSON.stringify(figures);
    };
    measure().then(done, (error) => done("failed: " + error));
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_worker_fits_the_frame() -> Outcome {
    let mut visit = Visit::open().await?;
    let dataset = dataset(&mut visit).await?;
    measured_by(&mut visit, MEASURE, vec![dataset]).await?;
    visit.close().await
}

/// The dataset to measure on, as a worker is told of it; an import is in the store after this.
async fn dataset(visit: &mut Visit) -> Outcome<serde_json::Value> {
    visit.go("lab/data").await?;
    visit.see("dataset-row").await?;
    let dataset = match env::var_os("LINELOGIC_BENCH_GAMES") {
        Some(games) => {
            let before = digests(visit).await?;
            // Chromedriver takes canonical paths only.
            let games = std::fs::canonicalize(games)?;
            visit.see("import-input").await?.send_keys(games.to_string_lossy()).await?;
            visit.see_css("[data-testid='import-status'] [data-state='done']", WORK).await?;
            let new = digests(visit).await?.into_iter().find(|digest| !before.contains(digest));
            let new = new.ok_or("the import added no dataset")?;
            json!({ "imported": { "digest": format!("sha256:{new}") } })
        }
        None => json!("published"),
    };
    Ok(dataset)
}

/// Runs a script that ends with its figures as JSON, and prints them.
async fn measured_by(visit: &mut Visit, script: &str, arguments: Vec<serde_json::Value>) -> Outcome {
    visit.driver.update_timeouts(TimeoutConfiguration::new(Some(WORK), None, None)).await?;
    let text: String = visit.driver.execute_async(script, arguments).await?.convert()?;
    if text.starts_with("failed") {
        return Err(text.into());
    }
    // The test harness has begun a line.
    println!("\n{text}");
    visit.expect_quiet_console().await
}

/// Has two workers run the trials of a search, one at a time each, as the page does. They have the features before the clock
/// starts, as the others do.
const SEARCH: &str = r#"
    const [dataset, spec, done] = arguments;
    const start = async () => {
        const glue = document.querySelector('link[rel="modulepreload"]').href;
        const module = await globalThis.linelogicProgram;
        const worker = new Worker("worker.js", { type: "module", name: document.baseURI });
        let next = 0, waiting = new Map();
        const ready = new Promise((resolve, reject) => {
            worker.onerror = (event) => reject(event.message);
            worker.onmessage = ({ data }) => {
                const message = JSON.parse(data);
                if (message.ready) return resolve();
                const reply = message.job?.reply;
                const asked = waiting.get(message.job?.job);
                if (reply?.part) asked.parts.push(reply.part);
                else if (reply?.lab !== undefined) asked.resolve({ lab: reply.lab, parts: asked.parts });
                else if (!reply?.progress) asked ? asked.reject(data) : reject(data);
            };
            worker.postMessage({ glue, module });
        });
        await ready;
        const ask = (part) => new Promise((resolve, reject) => {
            next += 1;
            waiting.set(next, { resolve, reject, parts: [] });
            const work = { learn: { dataset, work: { spec, part } } };
            worker.postMessage([JSON.stringify({ start: { job: next, work } }), undefined]);
        });
        return { worker, ask };
    };
    const measure = async () => {
        const workers = [await start(), await start()];
        const folds = (await Promise.all(workers.map((one) => one.ask("plan"))))[0].lab;
        const strengths = spec.search.space.estimators[0].c.length;
        const times = [];
        let trials;
        for (let run = 0; run < 6; run += 1) {
            trials = [];
            let unit = 0;
            const begin = performance.now();
            await Promise.all(workers.map(async ({ ask }) => {
                while (unit < strengths) {
                    const units = [{ rung: 0, index: unit++ }];
                    trials.push(...(await ask({ trials: { units } })).parts);
                }
            }));
            times.push(performance.now() - begin);
        }
        workers.forEach(({ worker }) => worker.terminate());
        const scores = trials.map((trial) => trial.scores);
        const sorted = times.slice(1).sort((a, b) => a - b);
        return JSON.stringify({
            rows: scores[0].n,
            columns: trials[0].setting.features.length,
            milliseconds: sorted[2],
            runs: sorted.length,
            log_loss: Math.min(...scores.map((of) => of.log_loss)),
            settings: strengths,
            folds,
        });
    };
    measure().then(done, (error) => done("failed: " + error));
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_workers_search() -> Outcome {
    let mut visit = Visit::open().await?;
    let dataset = dataset(&mut visit).await?;
    let log = match env::var_os("LINELOGIC_BENCH_GAMES") {
        Some(games) => {
            let bytes = std::fs::read(games)?;
            let now = linelogic::base::morning("2026-01-01".parse()?);
            let input = linelogic::flows::ingest::Input::of_bytes("games.csv", &bytes);
            linelogic::flows::ingest::ingest(input, now, &mut |_| true).map_err(|refused| refused.message)?.log
        }
        None => linelogic::league::GameLog::new(linelogic::league::demo::games(linelogic::league::demo::DEFAULT_SEED)),
    };
    let spec = serde_json::to_value(linelogic::flows::bench::search_spec(&log))?;
    measured_by(&mut visit, SEARCH, vec![dataset, spec]).await?;
    visit.close().await
}

/// Fills in the form, trains and registers, as an analyst does every week.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_week_is_trained_and_registered_in_a_tab() -> Outcome {
    let mut visit = Visit::open().await?;
    let imported = dataset(&mut visit).await?;
    if imported != json!("published") {
        // Where it is not shown already.
        let show = "document.querySelector(\"[data-testid='dataset-row'][data-active='false'][data-digest='\" + arguments[0] + \"'] button\")?.click()";
        let digest = imported["imported"]["digest"].as_str().unwrap_or_default().trim_start_matches("sha256:");
        visit.driver.execute(show, vec![json!(digest)]).await?;
        let shown = format!("[data-testid='dataset-row'][data-active='true'][data-digest='{digest}']");
        visit.see_css(&shown, WORK).await?;
    }
    visit.go("lab/training").await?;
    visit.see("train-start").await?;
    let strengths: Vec<String> =
        (0..24).map(|step| format!("{}", 0.0005 * f64::from(1 << (step / 2)) * [1.0, 1.4][step % 2])).collect();
    visit.driver.execute(CHOOSE, vec![]).await?;
    visit.see_css("form textarea", WORK).await?;
    visit.driver.execute(TYPE, vec![json!(strengths.join(", "))]).await?;
    let start = std::time::Instant::now();
    visit.click("train-start").await?;
    visit.see_css("[data-testid='train-result']", WORK).await?;
    let trained = start.elapsed().as_secs_f64() * 1000.0;
    let workers: u32 = visit.driver.execute("return navigator.hardwareConcurrency", vec![]).await?.convert()?;
    let start = std::time::Instant::now();
    visit.click("train-register").await?;
    visit.see_css("[data-testid='train-result'] a.button", WORK).await?;
    let registered = start.elapsed().as_secs_f64() * 1000.0;
    let measured = json!({
        "trained_milliseconds": trained,
        "registered_milliseconds": registered,
        "settings": strengths.len(),
        "workers": workers,
    });
    // The test harness has begun a line.
    println!("\n{measured}");
    visit.expect_quiet_console().await?;
    visit.close().await
}

/// Chooses strengths of one's own and five blocks.
const CHOOSE: &str = r#"
    const set = (field, value) => {
        field.value = value;
        field.dispatchEvent(new Event("change", { bubbles: true }));
    };
    const select = (value) => [...document.querySelectorAll("form select")]
        .find((field) => [...field.options].some((option) => option.value === value));
    set(select("own"), "own");
    set(select("ratings"), "ratings");
    set(select("blocked"), "blocked");
"#;

/// Types the strengths.
const TYPE: &str = r#"
    const field = document.querySelector("form textarea");
    field.value = arguments[0];
    field.dispatchEvent(new Event("input", { bubbles: true }));
"#;

/// Digests of the datasets that the page lists.
async fn digests(visit: &Visit) -> Outcome<Vec<String>> {
    let script = "return [...document.querySelectorAll(\"[data-testid='dataset-row']\")].map(e => e.dataset.digest)";
    Ok(visit.driver.execute(script, vec![]).await?.convert()?)
}

/// Notes the time of every frame from now on.
const WATCH: &str = r"
    window.frames_seen = [performance.now()];
    const note = (at) => { window.frames_seen.push(at); requestAnimationFrame(note); };
    requestAnimationFrame(note);
";

/// The times between frames until now, in milliseconds.
const GAPS: &str = r"
    const seen = window.frames_seen;
    return seen.slice(1).map((at, index) => at - seen[index]);
";

/// A year's LeagueGameFinder file, chosen in the picker: how long it takes, and what becomes of the frames meanwhile.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_year_is_imported_beside_a_page_that_goes_on() -> Outcome {
    let Some(year) = env::var_os("LINELOGIC_BENCH_YEAR") else { return Ok(()) };
    let mut visit = Visit::open().await?;
    visit.go("lab/data").await?;
    visit.see("dataset-row").await?;
    visit.driver.execute(WATCH, vec![]).await?;
    let year = std::fs::canonicalize(year)?;
    let start = std::time::Instant::now();
    visit.see("import-input").await?.send_keys(year.to_string_lossy()).await?;
    visit.see_css("[data-testid='import-status'] [data-state='done']", WORK).await?;
    let took = start.elapsed().as_secs_f64() * 1000.0;
    let mut gaps: Vec<f64> = visit.driver.execute(GAPS, vec![]).await?.convert()?;
    gaps.sort_by(f64::total_cmp);
    let all: f64 = gaps.iter().sum();
    let (longest, late) = (gaps.last().copied().unwrap_or_default(), gaps.iter().filter(|gap| **gap > 25.0).count());
    let measured = json!({
        "import_milliseconds": took,
        "frames": gaps.len(),
        "frames_per_second": 1000.0 * gaps.len() as f64 / all,
        "late": late,
        "longest_milliseconds": longest,
    });
    // The test harness has begun a line.
    println!("\n{measured}");
    visit.expect_quiet_console().await?;
    visit.close().await
}

/// How often the page of many runs is loaded, filtered and sorted.
const TIMES: usize = 7;

/// Ten thousand runs in a tab: loaded, filtered, sorted and scrolled, and the memory that they take.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_runs_are_looked_through_in_a_tab() -> Outcome {
    let mut visit = Visit::open().await?;
    let few = opened(&mut visit).await?;
    let tools = ChromeDevTools::new(visit.driver.handle().clone());
    let note = json!({ "source": many_runs::NOTE_FIRST_ROWS });
    tools.execute_cdp_with_params("Page.addScriptToEvaluateOnNewDocument", note).await?;
    many_runs::with_made_up_runs(&mut visit, 10_000, 30).await?;
    // Every run is read, once.
    let read = first_rows(&visit).await?;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let (mut reloaded, mut opened_anew) = (Vec::new(), Vec::new());
    for _ in 0..TIMES {
        visit.reload().await?;
        reloaded.push(first_rows(&visit).await?);
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    for _ in 0..TIMES {
        // The browser keeps the page that is left, with its process, and starts another one.
        visit.driver.goto("about:blank").await?;
        visit.go("lab/runs").await?;
        opened_anew.push(first_rows(&visit).await?);
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    visit.leave().await?;
    let many = opened(&mut visit).await?;
    let mut filtered = Vec::new();
    let mut sorted = Vec::new();
    for time in 0..TIMES {
        let filter = format!("metrics.metric_7 > 0.6{time}1 AND params.C LIKE '0.0%'");
        filtered.push(until_drawn(&visit, "filter", &filter).await?);
        until_drawn(&visit, "filter", "").await?;
        sorted.push(until_drawn(&visit, "sort", "metrics.log_loss").await?);
    }
    // What the filter box offers would lie over it.
    visit.driver.execute("document.querySelector(\"[data-testid='runs-group']\").click()", vec![]).await?;
    tokio::time::sleep(Duration::from_millis(500)).await;
    let mut gaps: Vec<f64> = visit.driver.execute_async(many_runs::SCROLL, vec![]).await?.convert()?;
    let late = gaps.iter().filter(|gap| **gap > 25.0).count();
    let measured = json!({
        "runs": 10_000,
        "metrics": 30,
        "times": TIMES,
        "read_milliseconds": read,
        "reloaded_milliseconds": median(&mut reloaded),
        "opened_milliseconds": median(&mut opened_anew),
        "filter_milliseconds": median(&mut filtered),
        "sort_milliseconds": median(&mut sorted),
        "frames": gaps.len(),
        "frame_milliseconds": median(&mut gaps),
        "late": late,
        "few_megabytes": few,
        "megabytes": many,
    });
    // The test harness has begun a line.
    println!("\n{measured}");
    visit.expect_quiet_console().await?;
    visit.close().await
}

/// The memory of the page once its rows are there, in a process that has seen no other.
async fn opened(visit: &mut Visit) -> Outcome<f64> {
    visit.go("lab/runs").await?;
    visit.see_css(many_runs::ROWS, WORK).await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    visit.memory().ok_or_else(|| "the system does not tell how much memory the page takes".into())
}

/// When the first rows of the page were drawn.
async fn first_rows(visit: &Visit) -> Outcome<f64> {
    let asked = "const done = arguments[0]; const look = () => window.first_rows ? done(window.first_rows) : setTimeout(look, 20); look();";
    visit.driver.update_timeouts(TimeoutConfiguration::new(Some(WORK), None, None)).await?;
    Ok(visit.driver.execute_async(asked, vec![]).await?.convert()?)
}

async fn until_drawn(visit: &Visit, what: &str, how: &str) -> Outcome<f64> {
    let took = visit.driver.execute_async(many_runs::UNTIL_DRAWN, vec![json!(what), json!(how)]).await?.convert()?;
    // What the address is told of, and what the browser clears up, is not part of the next figure.
    tokio::time::sleep(Duration::from_millis(400)).await;
    Ok(took)
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
