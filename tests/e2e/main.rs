//! The built site in a real browser, from a first visit to a promoted model. `cargo xtask test` builds the
//! site and starts this.

#[path = "../browser/batches.rs"]
mod batches;
#[path = "../common/mod.rs"]
mod common;
mod data_page;
mod driver;
mod features_page;
mod killed;
mod made_up;
mod many_runs;
mod models_page;
mod runs_page;
mod storage_page;

use std::fs::{self, File};
use std::time::Duration;

use driver::{Outcome, Visit};
use made_up::HEADER;
use thirtyfour::prelude::*;

/// How long reading a season or a training may take on a busy machine.
const WORK: Duration = Duration::from_secs(180);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visitor_sees_tonights_games_and_can_go_back_day_by_day() -> Outcome {
    let mut visit = Visit::open().await?;
    visit.go("").await?;
    visit.see("game-card").await?;
    visit.see("simulated-notice").await?;
    assert!(!visit.see("model-version").await?.text().await?.trim().is_empty());
    expect_probabilities(&visit).await?;

    let tonight = visit.see("day-title").await?.text().await?;
    visit.click("prev-day").await?;
    let before = another_title(&visit, &tonight).await?;
    let address = visit.driver.current_url().await?;
    assert!(address.path().starts_with("/linelogic/day/"), "{address}");
    visit.see_css("[data-testid='game-card'][data-played='true']", driver::PATIENCE).await?;
    expect_probabilities(&visit).await?;

    // A deep link is the same page, whether reloaded or opened from outside.
    visit.reload().await?;
    assert_eq!(visit.see("day-title").await?.text().await?, before);
    visit.see("game-card").await?;
    visit.go(address.path().trim_start_matches("/linelogic/")).await?;
    assert_eq!(visit.see("day-title").await?.text().await?, before);
    visit.see("game-card").await?;
    visit.click("next-day").await?;
    assert_eq!(another_title(&visit, &before).await?, tonight);
    visit.expect_quiet_console().await?;
    visit.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_labs_own_address_leads_to_its_first_page() -> Outcome {
    let mut visit = Visit::open().await?;
    for address in ["lab", "lab/"] {
        visit.go(address).await?;
        visit.see("dataset-row").await?;
        assert_eq!(visit.driver.current_url().await?.path(), "/linelogic/lab/data");
    }
    visit.expect_quiet_console().await?;
    visit.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_day_of_an_earlier_season_shows_what_was_known_that_morning() -> Outcome {
    let mut visit = Visit::open().await?;
    // Nothing was logged then: the worker computes it, with the version that was in production on that day.
    visit.go("day/2023-01-16").await?;
    visit.see_css("[data-testid='game-card'][data-played='true']", WORK).await?;
    visit.see_css("[data-testid='prob-home']", WORK).await?;
    expect_probabilities(&visit).await?;
    // Before the first season ended there was no model to ask.
    visit.go("day/2021-01-15").await?;
    visit.see_css("[data-testid='game-card'][data-played='true']", WORK).await?;
    let numbers = visit.texts("[data-testid='prob-home']").await?;
    assert!(numbers.iter().all(|number| number == "–"), "{numbers:?}");
    visit.expect_quiet_console().await?;
    visit.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_analyst_imports_a_season_trains_promotes_and_finds_it_all_after_a_reload() -> Outcome {
    let Some(season) = common::shared("leaguegamefinder_2022-23.csv") else { return Ok(()) };
    let mut visit = Visit::open().await?;
    visit.go("lab/models").await?;
    visit.see("model-row").await?;
    let published = versions(&visit).await?;

    visit.go("lab/data").await?;
    visit.see("dataset-row").await?;
    assert_eq!(visit.count("[data-testid='dataset-row']").await?, 1);
    visit.see("import-input").await?.send_keys(season.to_string_lossy()).await?;
    visit.see_css("[data-testid='import-status'] [data-state='done']", WORK).await?;
    assert_eq!(visit.count("[data-testid='dataset-row']").await?, 2);

    visit.go("lab/training").await?;
    visit.click("train-start").await?;
    visit.see_css("[data-testid='trial-row']", WORK).await?;
    visit.see_css("[data-testid='train-result']", WORK).await?;
    visit.click("train-register").await?;
    gone(&visit, "[data-testid='train-register']").await?;

    let new = trained_version(&mut visit, &published).await?;
    let row = format!("[data-testid='model-row'][data-version='{new}']");
    let staged = visit.see_css(&format!("{row}[data-stage='Staging']"), driver::PATIENCE).await?;
    let promote = staged.find(By::Testid("promote")).await?;
    promote.scroll_into_view().await?;
    promote.click().await?;
    confirm(&visit).await?;
    let promoted = format!("{row}[data-stage='Production']");
    visit.see_css(&promoted, driver::PATIENCE).await?;

    visit.reload().await?;
    visit.see_css(&promoted, driver::PATIENCE).await?;
    visit.go("lab/data").await?;
    visit.see("dataset-row").await?;
    assert_eq!(visit.count("[data-testid='dataset-row']").await?, 2, "the import is gone after a reload");
    visit.expect_quiet_console().await?;
    visit.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_training_can_be_stopped_and_leaves_the_page_usable() -> Outcome {
    let mut visit = Visit::open().await?;
    visit.go("lab/training").await?;
    visit.click("train-start").await?;
    visit.see("train-progress").await?;
    visit.click("train-cancel").await?;
    visit.see_css("[data-testid='train-start']:not([disabled])", driver::PATIENCE).await?;
    assert_eq!(visit.count("[data-testid='train-result']").await?, 0);
    visit.expect_quiet_console().await?;
    visit.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_search_is_paused_and_goes_on_after_a_reload_to_the_same_leaderboard() -> Outcome {
    let mut visit = Visit::open().await?;
    visit.go("lab/training").await?;
    visit.see("train-start").await?;
    visit.driver.execute(LINEAR, vec![]).await?;
    visit.click("train-start").await?;
    visit.see_css("[data-testid='trial-row']", WORK).await?;
    visit.click("train-pause").await?;
    visit.see_css("[data-testid='train-pause'][aria-pressed='true']", driver::PATIENCE).await?;
    // What ran when it was paused ends, and is kept.
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(visit.count("[data-testid='train-result']").await?, 0);
    visit.reload().await?;
    visit.see_css("[data-testid='train-interrupted']", driver::PATIENCE).await?;
    visit.click("train-resume").await?;
    visit.see_css("[data-testid='train-result']", WORK).await?;
    visit.click("trials-all").await?;
    let resumed = visit.texts("[data-testid='trial-row'] td:nth-child(-n+4)").await?;
    assert_eq!(visit.count("[data-testid='trial-row']").await?, 72);
    // The same search in one go has the same leaderboard, and nothing is left to go on with.
    visit.reload().await?;
    visit.see("train-start").await?;
    assert_eq!(visit.count("[data-testid='train-interrupted']").await?, 0);
    visit.driver.execute(LINEAR, vec![]).await?;
    visit.click("train-start").await?;
    visit.see_css("[data-testid='train-result']", WORK).await?;
    visit.click("trials-all").await?;
    assert_eq!(visit.texts("[data-testid='trial-row'] td:nth-child(-n+4)").await?, resumed);
    visit.expect_quiet_console().await?;
    visit.close().await
}

/// Chooses the search of linear models.
const LINEAR: &str = r#"
    const select = [...document.querySelectorAll("form select")]
        .find((field) => [...field.options].some((option) => option.value === "linear"));
    select.value = "linear";
    select.dispatchEvent(new Event("change", { bubbles: true }));
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_game_says_why_it_got_its_number() -> Outcome {
    let mut visit = Visit::open().await?;
    visit.go("").await?;
    visit.see("game-card").await?;
    visit.driver.execute("document.querySelector(\"[data-testid='why']\").open = true", vec![]).await?;
    visit.see_css("[data-testid='why'] p:nth-of-type(2)", WORK).await?;
    let lines = visit.texts("[data-testid='why'] p").await?;
    assert!(lines[0].starts_with("Knowing nothing of the teams:"), "{lines:?}");
    assert!(lines.iter().any(|line| line.starts_with("Strength: +")), "{lines:?}");
    visit.expect_quiet_console().await?;
    visit.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_cannot_be_used_says_why_and_changes_nothing() -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut visit = Visit::open().await?;
    for (name, text, said) in bad_files() {
        let path = folder.path().join(name);
        fs::write(&path, text)?;
        let words = refusal(&mut visit, &path).await?;
        for said in said {
            assert!(words.contains(said), "{name}: expected {said:?} in:\n{words}");
        }
    }
    // Its first bytes tell that it is no table, and no more of it is read.
    let huge = folder.path().join("huge.csv");
    File::create(&huge)?.set_len(200 * 1024 * 1024)?;
    let words = refusal(&mut visit, &huge).await?;
    assert!(words.contains("binary data"), "{words}");
    // The markup in a name above stood there as text.
    assert!(visit.driver.execute("return window.__markup_ran === undefined", vec![]).await?.convert::<bool>()?);
    visit.expect_quiet_console().await?;
    visit.close().await
}

/// Files with one fault each, and what the page must say of it. The games are made up.
fn bad_files() -> Vec<(&'static str, String, &'static [&'static str])> {
    let game = |id: &str, home: &str, score: &str| {
        format!("{id},2020-01-15,2019,regular,0,{home},BOS,{score},99,88,20,10,13,87,21,9,14")
    };
    let rows = |rows: &[String]| format!("{HEADER}\n{}\n", rows.join("\n"));
    const MARKUP: &str = "<img src=x onerror=__markup_ran=1>";
    vec![
        ("empty.csv", String::new(), &["File should have a header and rows", "an empty file"]),
        ("picture.csv", "\u{89}PNG\u{0}\u{1}\u{2}".to_owned(), &["File should be CSV or JSON", "binary data"]),
        ("columns.csv", "game_id,date,home\n1,2020-01-15,NYK\n".to_owned(), &["missing here: season, phase, neutral"]),
        ("word.csv", rows(&[game("1", "NYK", "abc")]), &["Input should be a valid integer", "home_score", "abc"]),
        ("negative.csv", rows(&[game("1", "NYK", "-3")]), &["Input should be greater than or equal to 0", "-3"]),
        ("twice.csv", rows(&[game("1", "NYK", "101"), game("1", "NYK", "101")]), &["duplicate_id"]),
        ("markup.csv", rows(&[game("1", MARKUP, "101")]), &["Input should be 'ATL'", MARKUP]),
    ]
}

/// Imports a file that must be refused and returns what the page says; the datasets stay as they are.
async fn refusal(visit: &mut Visit, file: &std::path::Path) -> Outcome<String> {
    visit.go("lab/data").await?;
    visit.see("dataset-row").await?;
    visit.see("import-input").await?.send_keys(file.to_string_lossy()).await?;
    let status = "[data-testid='import-status']";
    let wanted = format!("{status} [data-state='refused'], {status} [data-state='failed']");
    visit.see_css(&wanted, WORK).await?;
    let words = visit.texts(status).await?.join("\n");
    assert!(words.contains(&*file.file_name().unwrap_or_default().to_string_lossy()), "no file name in: {words}");
    assert_eq!(visit.count("[data-testid='dataset-row']").await?, 1, "{}", file.display());
    Ok(words)
}

/// Every card has two probabilities that add up to one.
async fn expect_probabilities(visit: &Visit) -> Outcome {
    let home = visit.texts("[data-testid='prob-home']").await?;
    let visitor = visit.texts("[data-testid='prob-visitor']").await?;
    assert!(!home.is_empty() && home.len() == visitor.len(), "{home:?} {visitor:?}");
    for (home, visitor) in home.iter().zip(&visitor) {
        let percent = |text: &str| text.trim_end_matches(['%', ' ', '\u{a0}', '\u{202f}']).parse::<f64>();
        let sum = percent(home).map_err(|_| format!("{home:?} is no percentage"))?
            + percent(visitor).map_err(|_| format!("{visitor:?} is no percentage"))?;
        assert!((99.0..=101.0).contains(&sum), "{home} and {visitor}");
    }
    Ok(())
}

/// The day's title once it is another than this.
async fn another_title(visit: &Visit, old: &str) -> Outcome<String> {
    for _ in 0..100 {
        let title = visit.see("day-title").await?.text().await?;
        if title != old && !title.is_empty() {
            return Ok(title);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Err(format!("the day is still {old}").into())
}

/// Waits until nothing matches any more.
async fn gone(visit: &Visit, css: &str) -> Outcome {
    for _ in 0..100 {
        if visit.count(css).await? == 0 {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Err(format!("{css} is still there").into())
}

/// The versions that the models page lists.
async fn versions(visit: &Visit) -> Outcome<Vec<String>> {
    let script = "return [...document.querySelectorAll(\"[data-testid='model-row']\")].map(e => e.dataset.version)";
    Ok(visit.driver.execute(script, vec![]).await?.convert()?)
}

/// The version on the models page that was not published with the site.
async fn trained_version(visit: &mut Visit, published: &[String]) -> Outcome<String> {
    visit.go("lab/models").await?;
    for _ in 0..100 {
        if let Some(new) = versions(visit).await?.into_iter().find(|version| !published.contains(version)) {
            return Ok(new);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Err(format!("no version besides {published:?}").into())
}

/// Confirms, is refused by the gate, which asks for a week in Staging, and overrides it with a reason.
async fn confirm(visit: &Visit) -> Outcome {
    visit.see_css("[data-testid='gate'][data-tone='bad']", WORK).await?;
    press_confirm(visit).await?;
    visit.see_css("form:has([data-testid='promote-confirm']) [role='alert']", WORK).await?;
    let reason = visit.driver.find(By::Css("form:has([data-testid='promote-confirm']) textarea")).await?;
    reason.send_keys("better on the hold-out").await?;
    press_confirm(visit).await
}

async fn press_confirm(visit: &Visit) -> Outcome {
    let button = visit.see("promote-confirm").await?;
    button.scroll_into_view().await?;
    button.wait_until().clickable().await?;
    button.click().await?;
    Ok(())
}
