//! Pictures of every page of the built site, at both widths and in both schemes; `cargo xtask screenshots`.

mod driver;

use std::env;
use std::path::PathBuf;
use std::time::Duration;

use driver::{Outcome, Visit};
use serde_json::json;

/// Name of the picture, path, and what shows that the page is there.
const PAGES: [(&str, &str, &str); 8] = [
    ("tonight", "", "[data-testid='game-card']"),
    ("day", "day/2026-01-14", "[data-testid='day-title']"),
    ("lab-data", "lab/data", "[data-testid='dataset-row']"),
    ("lab-training", "lab/training", "[data-testid='train-start']"),
    ("lab-models", "lab/models", "[data-testid='model-row']"),
    ("lab-monitoring", "lab/monitoring", "h1"),
    ("about", "about", "h1"),
    ("not-found", "no/such/page", "h1"),
];

const SIZES: [(u32, u32); 2] = [(360, 800), (1440, 900)];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_at_both_widths_in_both_schemes() -> Outcome {
    let folder =
        env::var_os("LINELOGIC_SCREENSHOTS").map(PathBuf::from).ok_or("LINELOGIC_SCREENSHOTS names no folder")?;
    let mut visit = Visit::open().await?;
    let tools = visit.driver.cdp();
    for (name, path, shown) in PAGES {
        for (width, height) in SIZES {
            // A phone's screen has more pixels; one suffices to look at and keeps the files small.
            let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500 });
            tools.send_raw("Emulation.setDeviceMetricsOverride", size).await?;
            for scheme in ["light", "dark"] {
                let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
                tools.send_raw("Emulation.setEmulatedMedia", features).await?;
                visit.go(path).await?;
                visit.see_css(shown, driver::PATIENCE).await?;
                // Charts draw after their data is there.
                tokio::time::sleep(Duration::from_millis(400)).await;
                visit.driver.screenshot(&folder.join(format!("{name}-{width}-{scheme}.png"))).await?;
                let wide = "return document.documentElement.scrollWidth > document.documentElement.clientWidth";
                assert!(
                    !visit.driver.execute(wide, vec![]).await?.convert::<bool>()?,
                    "{name} scrolls sideways at {width}"
                );
            }
        }
    }
    visit.expect_quiet_console().await?;
    visit.close().await
}
