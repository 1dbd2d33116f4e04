//! The lab's features page: views, materialising, a look-up that survives a reload, and a join told row by row.

use crate::WORK;
use crate::driver::{self, Outcome, Visit};
use crate::made_up::unfold;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_analyst_materialises_looks_a_team_up_and_sees_why_a_row_was_joined() -> Outcome {
    let mut visit = Visit::open().await?;
    visit.go("lab/features").await?;
    visit.see_css("[data-testid='feature-view'][data-view='team_elo']", WORK).await?;
    assert_eq!(visit.count("[data-testid='feature-view']").await?, 13);
    let fresh = visit.texts("[data-testid='freshness']").await?;
    assert!(fresh.iter().all(|word| word == "not served"), "nothing is served at first: {fresh:?}");

    visit.click("materialize").await?;
    let said = visit.see_css("[data-testid='materialized']", WORK).await?.text().await?;
    assert!(said.ends_with("are served anew."), "{said}");
    visit.see_css("[data-testid='feature-view'][data-view='team_elo'] [data-fresh='green']", WORK).await?;
    visit.see_css("[data-testid='candidate'][data-joined='true']", WORK).await?;
    unfold(&visit, "[data-testid='lookup']").await?;
    visit.see_css("[data-testid='served-feature'][data-status='PRESENT']", driver::PATIENCE).await?;
    assert_eq!(visit.count("[data-testid='served-feature'][data-status='NOT_FOUND']").await?, 0);

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
