//! The lab's features page: views, materialising, a look-up that survives a reload, and a join told row by row.

use crate::WORK;
use crate::driver::{self, Outcome, Visit};
use crate::made_up::{import, unfold, with_results_missing};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_analyst_materialises_looks_a_team_up_and_sees_why_a_row_was_joined() -> Outcome {
    let mut visit = Visit::open().await?;
    visit.go("lab/features").await?;
    visit.see_css("[data-testid='feature-view'][data-view='team_elo']", WORK).await?;
    assert_eq!(visit.count("[data-testid='feature-view']").await?, 15);
    let fresh = visit.texts("[data-testid='freshness']").await?;
    let of = |word: &str| fresh.iter().filter(|other| *other == word).count();
    assert_eq!((of("green"), of("not served")), (11, 4), "the site serves what its model reads: {fresh:?}");

    unfold(&visit, "[data-testid='feature-view'][data-view='team_elo']").await?;
    let elo = "[data-testid='feature-view'][data-view='team_elo'] [data-testid='view-lineage']";
    let lineage = visit.see_css(elo, driver::PATIENCE).await?.text().await?;
    assert!(lineage.contains("→ games →") && lineage.contains("→ game_prediction → "), "{lineage}");
    assert!(lineage.contains("in Production"), "{lineage}");
    visit.click("materialize").await?;
    let said = visit.see_css("[data-testid='materialized']", WORK).await?.text().await?;
    assert!(said.ends_with("are served anew."), "{said}");
    visit.see_css("[data-testid='feature-view'][data-view='team_elo'] [data-fresh='green']", WORK).await?;
    visit.see_css("[data-testid='candidate'][data-joined='true']", WORK).await?;
    unfold(&visit, "[data-testid='lookup']").await?;
    // What was looked up before is shown until the new look-up is there.
    let whole = "[data-testid='lookup']:not(:has([data-status='NOT_FOUND'])) [data-testid='served-feature'][data-status='PRESENT']";
    visit.see_css(whole, WORK).await?;

    // What is served is kept in the browser, and a second run finds nothing new.
    visit.reload().await?;
    visit.see_css("[data-testid='feature-view'][data-view='team_elo'] [data-fresh='green']", WORK).await?;
    visit.click("materialize").await?;
    let said = visit.see_css("[data-testid='materialized']", WORK).await?.text().await?;
    assert!(said.starts_with("Nothing is new"), "{said}");

    visit.see_css("[data-testid='candidate'][data-joined='true']", WORK).await?;
    assert_eq!(visit.count("[data-testid='candidate'][data-joined='true']").await?, 2, "one a side");
    assert!(visit.count("[data-testid='candidate'][data-joined='false']").await? > 2);
    visit.expect_quiet_console().await?;
    visit.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn imported_games_have_features_of_their_own_and_missing_results_are_told() -> Outcome {
    let mut visit = Visit::open().await?;
    let folder = tempfile::tempdir()?;
    visit.go("lab/data").await?;
    import(&visit, &[with_results_missing(folder.path(), "BOS")?]).await?;
    visit.see_css("[data-testid='import-status'] [data-state='done'][data-change='new']", WORK).await?;
    visit.go("lab/features").await?;
    let said = visit.see_css("[data-testid='behind']", WORK).await?.text().await?;
    assert!(said.starts_with("Results are missing since 3 Nov 2019") && said.contains("132 hours old"), "{said}");
    // What the site serves is of its own league, and none of it is shown for these games.
    let fresh = visit.texts("[data-testid='freshness']").await?;
    assert!(fresh.iter().all(|word| word == "not served"), "{fresh:?}");
    visit.click("materialize").await?;
    // The last rows are of the last day with games, a day ago.
    visit.see_css("[data-testid='feature-view'][data-view='team_elo'] [data-fresh='amber']", WORK).await?;
    visit.see_css("[data-testid='candidate'][data-joined='true']", WORK).await?;
    visit.expect_quiet_console().await?;
    visit.close().await
}
