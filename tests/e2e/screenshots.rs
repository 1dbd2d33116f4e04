//! Pictures of every page of the built site, at both widths and in both schemes; `cargo xtask screenshots`.

mod driver;
mod made_up;

use std::env;
use std::path::{Path, PathBuf};
use std::time::Duration;

use driver::{Outcome, Visit};
use serde_json::json;

/// Name of the picture, path, and what shows that the page is there.
const PAGES: [(&str, &str, &str); 12] = [
    ("tonight", "", "[data-testid='game-card']"),
    ("day", "day/2026-01-14", "[data-testid='day-title']"),
    ("lab-data", "lab/data", "[data-testid='dataset-row']"),
    ("lab-features", "lab/features", "[data-testid='feature-view']"),
    ("lab-training", "lab/training", "[data-testid='train-start']"),
    ("lab-runs", "lab/runs", "[data-testid='run-row']"),
    ("lab-models", "lab/models", "[data-testid='model-row']"),
    ("lab-monitoring", "lab/monitoring", "h1"),
    ("lab-model", "lab/model?version=1.6.0", "[data-testid='gate-check']"),
    ("lab-storage", "lab/storage", "[data-testid='kept']"),
    ("about", "about", "h1"),
    ("not-found", "no/such/page", "h1"),
];

const SIZES: [(u32, u32); 2] = [(360, 800), (1440, 900)];

const SCHEMES: [&str; 2] = ["light", "dark"];

/// Parts of the data page after an import: name of the picture, what is unfolded for it one after another, and what it
/// shows at its top.
const PARTS: [(&str, &[&str], &str); 7] = [
    ("imported", &[], ".import"),
    (
        "findings",
        &[
            "[data-testid='import-status'] [data-testid='violations']",
            "[data-testid='import-status'] [data-rule='int_parsing']",
        ],
        "[data-testid='import-status']",
    ),
    (
        "quarantine",
        &["[data-active='true'] [data-testid='quarantine']", "[data-testid='quarantined'][data-row='0']"],
        "[data-active='true']",
    ),
    ("profile", &["[data-active='true'] [data-testid='profile']"], "[data-active='true'] [data-testid='profile']"),
    ("history", &[], "[data-testid='history']"),
    ("compared", &[], "[data-testid='compare']"),
    ("contracts", &["[data-testid='contract'][data-contract='games']"], "[data-testid='contracts']"),
];

/// Parts of the features page: name of the picture, what is unfolded for it, and what it shows at its top.
const FEATURES: [(&str, Option<&str>, &str); 3] = [
    ("lookup", Some("[data-testid='lookup']"), "h2"),
    ("view", Some("[data-view='team_elo']"), "[data-view='team_elo']"),
    ("explained", None, "[data-testid='explainer']"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_at_both_widths_in_both_schemes() -> Outcome {
    let folder =
        env::var_os("LINELOGIC_SCREENSHOTS").map(PathBuf::from).ok_or("LINELOGIC_SCREENSHOTS names no folder")?;
    let mut visit = Visit::open().await?;
    for (name, path, shown) in PAGES {
        for (width, height) in SIZES {
            for scheme in SCHEMES {
                look(&visit, width, height, scheme).await?;
                visit.go(path).await?;
                visit.see_css(shown, driver::PATIENCE).await?;
                picture(&visit, &folder, &format!("{name}-{width}-{scheme}")).await?;
            }
        }
    }
    visit.expect_quiet_console().await?;
    visit.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_data_page_after_an_import() -> Outcome {
    let folder =
        env::var_os("LINELOGIC_SCREENSHOTS").map(PathBuf::from).ok_or("LINELOGIC_SCREENSHOTS names no folder")?;
    let files = tempfile::tempdir()?;
    let set = made_up::two_files(files.path())?;
    let mut visit = Visit::open().await?;
    visit.go("lab/data").await?;
    visit.see("dataset-row").await?;
    made_up::import(&visit, &set).await?;
    visit.see_css("[data-testid='import-status'] [data-state='done']", driver::PATIENCE).await?;
    for (name, unfolded, top) in PARTS {
        for css in unfolded {
            made_up::unfold(&visit, css).await?;
        }
        match name {
            "profile" => _ = visit.see("profile-number").await?,
            "history" => visit.click("verify-chain").await?,
            "compared" => visit.click("compare-start").await?,
            _ => {}
        }
        part(&visit, &folder, top, &format!("data-{name}")).await?;
    }
    visit.expect_quiet_console().await?;
    visit.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_features_page_after_materialising() -> Outcome {
    let folder =
        env::var_os("LINELOGIC_SCREENSHOTS").map(PathBuf::from).ok_or("LINELOGIC_SCREENSHOTS names no folder")?;
    let mut visit = Visit::open().await?;
    visit.go("lab/features").await?;
    visit.see("feature-view").await?;
    visit.click("materialize").await?;
    visit.see_css("[data-view='team_elo'] [data-fresh='green']", driver::PATIENCE).await?;
    visit.see_css("[data-testid='candidate'][data-joined='true']", driver::PATIENCE).await?;
    for (name, unfolded, top) in FEATURES {
        if let Some(css) = unfolded {
            made_up::unfold(&visit, css).await?;
        }
        part(&visit, &folder, top, &format!("features-{name}")).await?;
    }
    visit.expect_quiet_console().await?;
    visit.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_training_page_after_a_search_and_why_on_a_game() -> Outcome {
    let folder =
        env::var_os("LINELOGIC_SCREENSHOTS").map(PathBuf::from).ok_or("LINELOGIC_SCREENSHOTS names no folder")?;
    let mut visit = Visit::open().await?;
    visit.go("lab/training").await?;
    visit.see("train-start").await?;
    visit.driver.execute(SEARCH, vec![]).await?;
    visit.click("train-start").await?;
    visit.see_css("[data-testid='train-result']", Duration::from_secs(120)).await?;
    for (name, top) in [
        ("form", ".form"),
        ("leaderboard", "[data-testid='trial-row']"),
        ("result", "[data-testid='train-result']"),
        ("curves", ".curves"),
        ("leans", ".coefficients"),
    ] {
        part(&visit, &folder, top, &format!("training-{name}")).await?;
    }
    visit.go("").await?;
    visit.see_css("[data-testid='why']", driver::PATIENCE).await?;
    made_up::unfold(&visit, "[data-testid='why']").await?;
    visit.see_css("[data-testid='why'] p:nth-of-type(2)", driver::PATIENCE).await?;
    part(&visit, &folder, "[data-testid='game-card']", "why").await?;
    visit.expect_quiet_console().await?;
    visit.close().await
}

/// Chooses linear models and unfolds the rarer choices.
const SEARCH: &str = r#"
    const select = [...document.querySelectorAll("form select")]
        .find((field) => [...field.options].some((option) => option.value === "linear"));
    select.value = "linear";
    select.dispatchEvent(new Event("change", { bubbles: true }));
    document.querySelector("form details").open = true;
"#;

/// Pictures of a part of a page, which stands at their top.
async fn part(visit: &Visit, folder: &Path, top: &str, name: &str) -> Outcome {
    for (width, height) in SIZES {
        for scheme in SCHEMES {
            look(visit, width, height * 2, scheme).await?;
            let script = "document.querySelector(arguments[0]).scrollIntoView({ block: 'start' })";
            visit.driver.execute(script, vec![top.into()]).await?;
            picture(visit, folder, &format!("{name}-{width}-{scheme}")).await?;
        }
    }
    Ok(())
}

/// Sets the size of the window and the colour scheme.
async fn look(visit: &Visit, width: u32, height: u32, scheme: &str) -> Outcome {
    let tools = visit.driver.cdp();
    // A phone's screen has more pixels; one suffices to look at and keeps the files small.
    let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500 });
    tools.send_raw("Emulation.setDeviceMetricsOverride", size).await?;
    let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
    tools.send_raw("Emulation.setEmulatedMedia", features).await?;
    Ok(())
}

/// Takes a picture of what is shown; nothing may scroll sideways.
async fn picture(visit: &Visit, folder: &Path, name: &str) -> Outcome {
    // Charts draw after their data is there.
    tokio::time::sleep(Duration::from_millis(400)).await;
    visit.driver.screenshot(&folder.join(format!("{name}.png"))).await?;
    let wide = "return document.documentElement.scrollWidth > document.documentElement.clientWidth";
    assert!(!visit.driver.execute(wide, vec![]).await?.convert::<bool>()?, "{name} scrolls sideways");
    Ok(())
}
