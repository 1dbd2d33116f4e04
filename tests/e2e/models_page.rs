//! The lab's page of a version, rollback, and files for others and from them.

use crate::WORK;
use crate::driver::{self, Outcome, Visit};
use thirtyfour::prelude::*;

/// The version in a stage, by the models page.
async fn version_in(visit: &Visit, stage: &str) -> Outcome<String> {
    let css = format!("[data-testid='model-row'][data-stage='{stage}']");
    let row = visit.see_css(&css, WORK).await?;
    Ok(row.attr("data-version").await?.ok_or("a row without a version")?)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_version_shows_where_it_came_from_and_an_alias_stays() -> Outcome {
    let mut visit = Visit::open().await?;
    visit.go("lab/models").await?;
    let production = version_in(&visit, "Production").await?;
    visit.go(&format!("lab/model?version={production}")).await?;
    visit.see_css("[data-testid='version-page']", WORK).await?;
    visit.see_css("[data-testid='gate-check']", WORK).await?;
    assert_eq!(visit.count("[data-testid='gate-check']").await?, 7);
    assert_eq!(visit.count("[data-testid='lineage'] [data-known='true']").await?, 6, "everything is at hand");
    assert_eq!(visit.texts("[data-testid='alias']").await?, ["@champion"]);

    // A file that came with the site is loaded when it is opened, and held against its digest.
    visit.see_css("[data-testid='artifact'][data-path='predictions.csv']", WORK).await?.click().await?;
    let table = visit.see_css("[data-testid='artifact-view'] table", WORK).await?.text().await?;
    assert!(table.contains("prob_home"), "{table}");

    let input = visit.see("alias-input").await?;
    input.send_keys("latest").await?;
    visit.click("alias-set").await?;
    let refused = visit.see_css("[role='alert']", driver::PATIENCE).await?.text().await?;
    assert!(refused.contains("Nothing was changed"), "{refused}");
    input.clear().await?;
    input.send_keys("best").await?;
    visit.click("alias-set").await?;
    visit.see_css("[data-testid='alias']:nth-of-type(3)", WORK).await?;
    visit.reload().await?;
    visit.see_css("[data-testid='version-page']", WORK).await?;
    assert_eq!(visit.texts("[data-testid='alias']").await?, ["@best", "@champion"]);
    visit.expect_quiet_console().await?;
    visit.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rollback_is_one_action_and_survives_a_reload() -> Outcome {
    let mut visit = Visit::open().await?;
    visit.go("lab/models").await?;
    let before = version_in(&visit, "Production").await?;
    visit.click("rollback").await?;
    let other = format!("[data-testid='model-row'][data-stage='Production']:not([data-version='{before}'])");
    let after = visit.see_css(&other, WORK).await?.attr("data-version").await?;
    visit.reload().await?;
    assert_eq!(Some(version_in(&visit, "Production").await?), after);
    visit.expect_quiet_console().await?;
    visit.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_bundle_and_no_store_is_refused_with_what_was_expected() -> Outcome {
    let mut visit = Visit::open().await?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("notes.zip");
    std::fs::write(&file, "no archive")?;
    visit.go("lab/models").await?;
    visit.see("exchange").await?;
    let input = visit.driver.find(By::Css("[data-testid='exchange-input']")).await?;
    input.send_keys(file.to_string_lossy()).await?;
    let said = visit.see("exchange-answer").await?.text().await?;
    assert!(said.contains("expected a signed bundle") && said.contains("Nothing was changed"), "{said}");
    visit.click("save-bundle").await?;
    let saved = "[data-testid='save-bundle'] + .small:not(:empty)";
    visit.see_css(saved, WORK).await?;
    visit.expect_quiet_console().await?;
    visit.close().await
}

/// A store of MLflow with one run.
fn mlruns(folder: &std::path::Path) -> Outcome<std::path::PathBuf> {
    let (root, id) = (folder.join("mlruns"), "0123456789abcdef0123456789abcdef");
    let run = root.join("7").join(id);
    std::fs::create_dir_all(run.join("params"))?;
    std::fs::write(root.join("7/meta.yaml"), "experiment_id: '7'\nname: theirs\n")?;
    let meta = format!("run_id: {id}\nexperiment_id: '7'\nstart_time: 1\nstatus: 3\n");
    std::fs::write(run.join("meta.yaml"), meta)?;
    std::fs::write(run.join("params/c"), "0.1")?;
    Ok(root)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_mlruns_folder_is_chosen_and_one_that_is_none_is_refused() -> Outcome {
    let mut visit = Visit::open().await?;
    let folder = tempfile::tempdir()?;
    let root = mlruns(folder.path())?;
    visit.go("lab/models").await?;
    visit.see("exchange").await?;
    let input = visit.driver.find(By::Css("[data-testid='exchange-folder']")).await?;
    input.send_keys(root.to_string_lossy()).await?;
    let said = visit.see_css("[data-testid='exchange-answer'][data-tone='good']", WORK).await?.text().await?;
    assert!(said.contains("mlruns: 1 new run of 1 experiment") && said.contains("1 parameter"), "{said}");
    std::fs::write(root.join("7/0123456789abcdef0123456789abcdef/meta.yaml"), "run_id: [")?;
    input.send_keys(root.to_string_lossy()).await?;
    let said = visit.see_css("[data-testid='exchange-answer'][data-tone='bad']", WORK).await?.text().await?;
    assert!(said.contains("mlruns/7/0123456789abcdef0123456789abcdef/meta.yaml"), "{said}");
    assert!(said.contains("Nothing was changed"), "{said}");
    visit.expect_quiet_console().await?;
    visit.close().await
}

/// Clicks what a folded part shows of itself.
async fn unfold(visit: &Visit, css: &str) -> Outcome {
    let summary = visit.see_css(&format!("{css} > summary"), WORK).await?;
    summary.scroll_into_view().await?;
    summary.click().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_version_is_deleted_for_a_reason_under_a_name_and_comes_back() -> Outcome {
    let mut visit = Visit::open().await?;
    visit.go("lab/models").await?;
    unfold(&visit, ".recorded-as").await?;
    assert_eq!(visit.see("profile").await?.text().await?, "this browser");
    let input = visit.see("profile-input").await?;
    input.send_keys("x".repeat(61)).await?;
    visit.click("profile-keep").await?;
    let refused = visit.see_css("[data-testid='profile-answer'][data-tone='bad']", WORK).await?.text().await?;
    assert!(refused.contains("at most 60 characters"), "{refused}");
    input.clear().await?;
    input.send_keys("Ada").await?;
    visit.click("profile-keep").await?;
    visit.see_css("[data-testid='profile-answer'][data-tone='good']", WORK).await?;
    assert_eq!(visit.see("profile").await?.text().await?, "Ada");

    // What serves cannot be deleted.
    let production = version_in(&visit, "Production").await?;
    let archived = version_in(&visit, "Archived").await?;
    visit.go(&format!("lab/model?version={production}")).await?;
    visit.click("delete-version").await?;
    visit.see("delete-why").await?.send_keys("a test").await?;
    visit.click("delete-confirm").await?;
    let refused = visit.see_css("[data-testid='delete-question'] .strip", WORK).await?.text().await?;
    assert!(refused.contains("Nothing was changed") && refused.contains("Production"), "{refused}");

    visit.go(&format!("lab/model?version={archived}")).await?;
    visit.click("delete-version").await?;
    visit.see("delete-why").await?;
    visit.click("delete-confirm").await?;
    let refused = visit.see_css("[data-testid='delete-question'] .strip", WORK).await?.text().await?;
    assert!(refused.contains("say why"), "{refused}");
    visit.see("delete-why").await?.send_keys("it was a trial").await?;
    visit.click("delete-confirm").await?;
    visit.see_css("[data-testid='version-deleted']", WORK).await?;

    let row = format!("[data-testid='model-row'][data-version='{archived}']");
    visit.go("lab/models").await?;
    version_in(&visit, "Production").await?;
    assert_eq!(visit.count(&row).await?, 0);
    unfold(&visit, "[data-testid='deleted-versions']").await?;
    let gone = format!("[data-testid='deleted-version'][data-version='{archived}']");
    let words = visit.see_css(&gone, WORK).await?.text().await?;
    assert!(words.contains("by Ada: it was a trial"), "{words}");
    visit.click("restore-version").await?;
    visit.see_css(&format!("{row}[data-stage='Archived']"), WORK).await?;
    visit.reload().await?;
    visit.see_css(&format!("{row}[data-stage='Archived']"), WORK).await?;
    assert_eq!(visit.see("profile").await?.text().await?, "Ada");
    visit.expect_quiet_console().await?;
    visit.close().await
}
