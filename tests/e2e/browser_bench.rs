//! The worker's contender of `cargo xtask bench`: imports the games that `LINELOGIC_BENCH_GAMES` names (else it takes the
//! data published with the site), has a worker of the built site measure on them, and prints its figures as one line of
//! JSON.
//!
//! The worker is started as the page starts its own: the page has no code for this.

mod driver;

use std::env;
use std::time::Duration;

use driver::{Outcome, Visit};
use serde_json::json;
use thirtyfour::TimeoutConfiguration;

/// How long importing or measuring may take on a busy machine.
const WORK: Duration = Duration::from_secs(300);

/// Starts a worker with the page's module and asks it for a `Bench` of a dataset.
const MEASURE: &str = r#"
    const [dataset, done] = arguments;
    const link = (kind) => document.querySelector(`link[rel="${kind}"]`).href;
    const measure = async () => {
        const glue = link("modulepreload");
        const module = await WebAssembly.compileStreaming(fetch(link("preload")));
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
    visit.go("lab/data").await?;
    visit.see("dataset-row").await?;
    let dataset = match env::var_os("LINELOGIC_BENCH_GAMES") {
        Some(games) => {
            let before = digests(&visit).await?;
            // Chromedriver takes canonical paths only.
            let games = std::fs::canonicalize(games)?;
            visit.see("import-input").await?.send_keys(games.to_string_lossy()).await?;
            visit.see_css("[data-testid='import-status'] [data-state='done']", WORK).await?;
            let new = digests(&visit).await?.into_iter().find(|digest| !before.contains(digest));
            let new = new.ok_or("the import added no dataset")?;
            json!({ "imported": { "digest": format!("sha256:{new}") } })
        }
        None => json!("published"),
    };
    visit.driver.update_timeouts(TimeoutConfiguration::new(Some(WORK), None, None)).await?;
    let text: String = visit.driver.execute_async(MEASURE, vec![dataset]).await?.convert()?;
    if text.starts_with("failed") {
        return Err(text.into());
    }
    // The test harness has begun a line.
    println!("\n{text}");
    visit.expect_quiet_console().await?;
    visit.close().await
}

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
