//! What this browser keeps: taken along and put back, a second tab, no room left, no IndexedDB.

use std::fs;
use std::path::Path;
use std::time::Duration;

use serde_json::json;
use thirtyfour::prelude::*;

use crate::data_page::says;
use crate::driver::{self, Outcome, Visit};
use crate::made_up::{import, two_files, unfold};
use crate::{WORK, gone};

const DONE: &str = "[data-testid='import-status'] [data-state='done']";

/// Opens the data page and imports a made-up set.
async fn with_import(visit: &mut Visit, folder: &Path) -> Outcome {
    visit.go("lab/data").await?;
    visit.see("dataset-row").await?;
    import(visit, &two_files(folder)?).await?;
    visit.see_css(DONE, WORK).await?;
    Ok(())
}

/// Saves a back-up by the page's button and reads what the browser downloaded.
async fn back_up(visit: &Visit, folder: &Path) -> Outcome<(std::path::PathBuf, Vec<u8>)> {
    let folder = tempfile::tempdir_in(folder)?.keep();
    let behaviour = json!({ "behavior": "allow", "downloadPath": folder });
    visit.driver.cdp().send_raw("Page.setDownloadBehavior", behaviour).await?;
    visit.click("back-up").await?;
    says(visit, "[data-testid='saved']", "Saved as linelogic-backup-").await?;
    for _ in 0..100 {
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            let bytes = fs::read(&path).unwrap_or_default();
            // A download has another name until it is whole.
            if path.extension().is_some_and(|end| end == "jsonl") && bytes.ends_with(b"\n") {
                return Ok((path, bytes));
            }
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Err("the back-up was not downloaded".into())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_back_up_brings_back_all_that_was_deleted() -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut visit = Visit::open().await?;
    with_import(&mut visit, folder.path()).await?;
    visit.go("lab/storage").await?;
    visit.see_css("[data-testid='kind'][data-kind='games']", driver::PATIENCE).await?;
    says(&visit, "[data-testid='room']", "that the browser gives this address").await?;
    let (file, before) = back_up(&visit, folder.path()).await?;
    let journal = linelogic::adapters::journal::parse(&before)?;
    assert!(journal.documents.keys().any(|key| key.starts_with("games/")), "{:?}", journal.documents.keys());

    visit.click("delete-all").await?;
    says(&visit, "[data-testid='confirm']", "Without a back-up nothing brings it back").await?;
    visit.click("carry-out").await?;
    says(&visit, "[data-testid='kept']", "Nothing yet").await?;
    visit.go("lab/data").await?;
    visit.see("dataset-row").await?;
    assert_eq!(visit.count("[data-testid='dataset-row']").await?, 1);

    // A file that is none says why, and asks nothing.
    visit.go("lab/storage").await?;
    let bad = folder.path().join("bad.jsonl");
    fs::write(&bad, &before[..before.len() / 2])?;
    visit.see("restore-input").await?.send_keys(bad.to_string_lossy()).await?;
    says(&visit, "[data-testid='storage-answer']", "Nothing was changed").await?;
    assert_eq!(visit.count("[data-testid='confirm']").await?, 0);

    visit.see("restore-input").await?.send_keys(file.to_string_lossy()).await?;
    says(&visit, "[data-testid='confirm']", "Replace all that this browser keeps (nothing)").await?;
    visit.click("carry-out").await?;
    says(&visit, "[data-testid='storage-answer']", "is restored").await?;
    assert!(back_up(&visit, folder.path()).await?.1 == before, "the second back-up differs");
    visit.go("lab/data").await?;
    visit.see("dataset-row").await?;
    assert_eq!(visit.count("[data-testid='dataset-row']").await?, 2);
    visit.expect_quiet_console().await?;
    visit.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_is_told_when_another_tab_changes_the_store() -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut visit = Visit::open().await?;
    visit.go("lab/data").await?;
    visit.see("dataset-row").await?;
    let first = visit.driver.window().await?;
    let second = visit.driver.new_tab().await?;
    visit.driver.switch_to_window(second).await?;
    with_import(&mut visit, folder.path()).await?;
    assert_eq!(visit.texts("[data-testid='store-news'] p").await?.len(), 0, "a tab is not told of itself");
    visit.driver.switch_to_window(first).await?;
    says(&visit, "[data-testid='store-news']", "was changed in another tab").await?;
    assert_eq!(visit.count("[data-testid='dataset-row']").await?, 2);
    visit.expect_quiet_console().await?;
    visit.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_browser_says_what_to_delete_and_leaves_what_was_there() -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut visit = Visit::open().await?;
    with_import(&mut visit, folder.path()).await?;
    let origin = visit.driver.current_url().await?.origin().ascii_serialization();
    let quota = |size: Option<u32>| match size {
        Some(size) => json!({ "origin": origin, "quotaSize": size }),
        None => json!({ "origin": origin }),
    };
    visit.driver.cdp().send_raw("Storage.overrideQuotaForOrigin", quota(Some(1000))).await?;
    let other = folder.path().join("other.csv");
    fs::write(&other, fs::read_to_string(&two_files(folder.path())?[0])?)?;
    import(&visit, &[other.clone()]).await?;
    let words = says(&visit, "[data-testid='import-status'] [data-state='failed']", "no room is left").await?;
    for wanted in ["the most is taken by games of imported datasets (", "Lab, Storage", "Nothing was changed"] {
        assert!(words.contains(wanted), "{wanted:?} is not in: {words}");
    }
    visit.reload().await?;
    visit.see("dataset-row").await?;
    assert_eq!(visit.count("[data-testid='dataset-row']").await?, 2);
    visit.click("verify-chain").await?;
    says(&visit, "[data-testid='chain-answer'][data-state='holds']", "1").await?;

    // With room it goes on as if nothing had been.
    visit.driver.cdp().send_raw("Storage.overrideQuotaForOrigin", quota(None)).await?;
    import(&visit, &[other]).await?;
    visit.see_css(DONE, WORK).await?;
    assert_eq!(visit.count("[data-testid='dataset-row']").await?, 3);
    visit.expect_quiet_console().await?;
    visit.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_indexed_db_the_lab_works_in_memory_and_says_so_on_every_page() -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut visit = Visit::open().await?;
    let refused = "Object.defineProperty(globalThis, 'indexedDB', { value: { open() { \
                   throw new DOMException('The user denied permission.', 'SecurityError'); } } })";
    visit.driver.cdp().send_raw("Page.addScriptToEvaluateOnNewDocument", json!({ "source": refused })).await?;
    visit.go("").await?;
    visit.see("game-card").await?;
    says(&visit, "[role='status']", "is lost when this tab is closed").await?;
    with_import(&mut visit, folder.path()).await?;
    says(&visit, "[role='status']", "is lost when this tab is closed").await?;
    // The worker computes on it too.
    let active = "[data-testid='dataset-row'][data-active='true']";
    unfold(&visit, &format!("{active} [data-testid='profile']")).await?;
    visit.see_css(&format!("{active} [data-testid='profile-number']"), WORK).await?;
    visit.driver.find(By::Css(".lab-nav a[href$='/lab/storage']")).await?.click().await?;
    visit.see_css("[data-testid='kind'][data-kind='games']", driver::PATIENCE).await?;
    says(&visit, "[role='status']", "is lost when this tab is closed").await?;
    assert!(!back_up(&visit, folder.path()).await?.1.is_empty());
    visit.reload().await?;
    says(&visit, "[data-testid='kept']", "Nothing yet").await?;
    gone(&visit, "[data-testid='kind']").await?;
    visit.expect_quiet_console().await?;
    visit.close().await
}
