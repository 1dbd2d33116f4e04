//! The worker's contender of `cargo xtask bench`: runs `window.__linelogic_bench()` in the built site and
//! prints its measurement as one line of JSON.

mod driver;

use std::time::Duration;

use driver::{Outcome, Visit};
use thirtyfour::TimeoutConfiguration;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_worker_fits_the_frame() -> Outcome {
    let mut visit = Visit::open().await?;
    visit.go("").await?;
    visit.see("game-card").await?;
    let long = Duration::from_secs(300);
    visit.driver.update_timeouts(TimeoutConfiguration::new(Some(long), None, None)).await?;
    let script = "const done = arguments[arguments.length - 1]; \
                  Promise.resolve().then(() => window.__linelogic_bench()) \
                    .then(m => done(JSON.stringify(m)), e => done('failed: ' + e));";
    let text: String = visit.driver.execute_async(script, vec![]).await?.convert()?;
    if text.starts_with("failed") {
        return Err(text.into());
    }
    println!("{text}");
    visit.close().await
}
