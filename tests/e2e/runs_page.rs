//! The lab's runs page: looked for, set side by side, sent as an address, thrown away and got back.

use std::time::Duration;

use thirtyfour::prelude::*;

use crate::driver::{self, Outcome, Visit};
use crate::many_runs::{ROWS, SCROLL, with_made_up_runs};
use crate::{WORK, gone};

/// The first of the made-up searches with its trials.
const SEARCH_0: &str = "attributes.run_name LIKE '%search 0'";

/// The ids of the rows that are shown, from the top.
async fn rows(visit: &Visit) -> Outcome<Vec<String>> {
    let script = "return [...document.querySelectorAll(arguments[0])].map(row => row.dataset.run)";
    Ok(visit.driver.execute(script, vec![ROWS.into()]).await?.convert()?)
}

/// The rows once they are so many.
async fn so_many_rows(visit: &Visit, wanted: impl Fn(usize) -> bool) -> Outcome<Vec<String>> {
    let mut found = Vec::new();
    for _ in 0..100 {
        found = rows(visit).await?;
        if wanted(found.len()) {
            return Ok(found);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Err(format!("there are {} rows", found.len()).into())
}

/// The query of the address, once it has this in it.
async fn address_with(visit: &Visit, wanted: &str) -> Outcome<String> {
    let mut query = String::new();
    for _ in 0..100 {
        query = visit.driver.current_url().await?.query().unwrap_or_default().to_owned();
        if query.contains(wanted) {
            return Ok(query);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Err(format!("the address has no {wanted} but {query}").into())
}

/// Types into the filter box in place of what is there.
async fn filter(visit: &Visit, text: &str) -> Outcome {
    let field = visit.see("filter").await?;
    field.click().await?;
    field.send_keys(Key::Control + "a").await?;
    field.send_keys(Key::Backspace + "").await?;
    field.send_keys(text).await?;
    // What could follow would lie over the table.
    field.send_keys(Key::Escape + "").await?;
    Ok(())
}

async fn pick(visit: &Visit, at: usize) -> Outcome {
    let box_of_row = format!("{ROWS}[id='row-{at}'] [data-testid='pick']");
    visit.see_css(&box_of_row, driver::PATIENCE).await?.click().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_analyst_finds_sorts_and_compares_runs_and_sends_the_view() -> Outcome {
    let mut visit = Visit::open().await?;
    visit.go("lab/runs").await?;
    let all = so_many_rows(&visit, |n| n > 1).await?;

    // What could follow is offered, and taken by keyboard alone.
    let field = visit.see("filter").await?;
    field.send_keys("met").await?;
    visit.see_css("[data-testid='offer']", driver::PATIENCE).await?;
    field.send_keys(Key::Down + Key::Enter).await?;
    field.send_keys("log_l").await?;
    visit.see_css("[data-testid='offer']", driver::PATIENCE).await?;
    field.send_keys(Key::Down + Key::Enter).await?;
    let typed = field.prop("value").await?.unwrap_or_default();
    assert_eq!(typed, "metrics.log_loss ");

    // Half a filter is wrong, and the place is marked.
    field.send_keys("< ").await?;
    visit.see_css("[data-testid='filter-mark']", driver::PATIENCE).await?;
    assert!(!visit.see("filter-error").await?.text().await?.is_empty());
    assert_eq!(field.attr("aria-invalid").await?.as_deref(), Some("true"));
    field.send_keys("1 ").await?;
    gone(&visit, "[data-testid='filter-mark']").await?;
    field.send_keys(Key::Escape + "").await?;
    address_with(&visit, "filter=metrics.log_loss").await?;

    // The head of a column orders, the least loss first.
    visit.see_css("[data-column='metrics.log_loss'] .sort", driver::PATIENCE).await?.click().await?;
    visit.see_css("[data-column='metrics.log_loss'][aria-sort='ascending']", driver::PATIENCE).await?;
    let best_first = rows(&visit).await?;
    assert!(!best_first.is_empty() && best_first.iter().all(|id| all.contains(id)), "{best_first:?}");

    // Rows are picked by mouse and by keyboard.
    pick(&visit, 0).await?;
    let table = visit.see_css("[data-testid='runs-table'] table", driver::PATIENCE).await?;
    table.send_keys(Key::Home + Key::Down + " ").await?;
    visit.see_css("[id='row-1'][aria-selected='true']", driver::PATIENCE).await?;
    let query = address_with(&visit, "select=").await?;

    // The address gives the same view again.
    visit.reload().await?;
    visit.see_css("[id='row-1'][aria-selected='true']", driver::PATIENCE).await?;
    assert_eq!(rows(&visit).await?, best_first);
    assert_eq!(visit.driver.current_url().await?.query(), Some(query.as_str()));
    assert_eq!(visit.see("filter").await?.prop("value").await?.as_deref(), Some("metrics.log_loss < 1 "));

    visit.click("compare").await?;
    visit.see("compare-params").await?;
    visit.see_css("[data-testid='compare-metrics'] td[data-best='true']", driver::PATIENCE).await?;
    assert_eq!(visit.count("[data-testid='compared']").await?, 2);
    visit.see("forecast-curves").await?;
    visit.reload().await?;
    visit.see_css("[data-testid='compared']", driver::PATIENCE).await?;
    assert_eq!(visit.count("[data-testid='compared']").await?, 2);
    visit.expect_quiet_console().await?;
    visit.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trials_are_folded_compared_and_purged_with_their_files() -> Outcome {
    let mut visit = Visit::open().await?;
    with_made_up_runs(&mut visit, 200, 4).await?;
    filter(&visit, "attributes.run_name LIKE '%search 1'").await?;
    let folded = so_many_rows(&visit, |n| n == 1).await?;
    let count = visit.see("runs-count").await?.text().await?;
    assert!(count.starts_with("100 of 240 runs, 99 of them under 1 search"), "{count}");
    visit.click("fold").await?;
    so_many_rows(&visit, |n| n > 10).await?;
    assert!(rows(&visit).await?.len() < 60, "only what is in sight is on the page");
    visit.click("fold").await?;
    assert_eq!(so_many_rows(&visit, |n| n == 1).await?, folded);

    filter(&visit, SEARCH_0).await?;
    visit.click("runs-group").await?;
    so_many_rows(&visit, |n| n > 10).await?;
    // The oldest have predictions.
    filter(&visit, &format!("{SEARCH_0} AND attributes.end_time < 1767225780000")).await?;
    so_many_rows(&visit, |n| n == 3).await?;
    visit.click("pick-all").await?;
    visit.click("compare").await?;
    visit.see("courses").await?;
    visit.see("parallel").await?;
    visit.see("paired-row").await?;
    assert_eq!(visit.count("[data-testid='paired-row']").await?, 2);
    assert_eq!(visit.count("[data-testid='forecast-curves'] canvas").await?, 2);

    let query = "attributes.run_name+LIKE+%27%25search+0%27+AND+attributes.end_time+%3C+1767225780000";
    visit.go(&format!("lab/runs?group=none&filter={query}")).await?;
    so_many_rows(&visit, |n| n == 3).await?;
    visit.see_css(&format!("{ROWS}[id='row-0'] [data-testid='open-run']"), driver::PATIENCE).await?.click().await?;
    visit.click("artifact").await?;
    visit.see_css("[data-testid='artifact-view'] table", driver::PATIENCE).await?;
    visit.click("close-run").await?;
    pick(&visit, 0).await?;
    visit.click("delete").await?;
    so_many_rows(&visit, |n| n == 2).await?;
    visit.click("view-deleted").await?;
    so_many_rows(&visit, |n| n == 1).await?;
    visit.click("pick-all").await?;
    visit.click("purge").await?;
    visit.click("purge-confirm").await?;
    gone(&visit, ROWS).await?;
    let said = visit.texts("[data-testid='runs-done'] .strip").await?.join("\n");
    assert!(said.starts_with("1 run was deleted for good with 1 file: ") && said.ends_with(" freed."), "{said}");
    visit.expect_quiet_console().await?;
    visit.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_is_opened_thrown_away_got_back_and_deleted_for_good() -> Outcome {
    let mut visit = Visit::open().await?;
    visit.go("lab/training").await?;
    visit.click("train-start").await?;
    visit.see_css("[data-testid='train-result']", WORK).await?;
    visit.click("train-register").await?;
    gone(&visit, "[data-testid='train-register']").await?;

    visit.go("lab/runs").await?;
    let before = so_many_rows(&visit, |n| n > 1).await?;
    visit.see_css(&format!("{ROWS}[id='row-0'] [data-testid='open-run']"), driver::PATIENCE).await?.click().await?;
    let opened = visit.see("open-run-section").await?;
    assert_eq!(opened.attr("data-run").await?, Some(before[0].clone()));
    address_with(&visit, &format!("run={}", before[0])).await?;
    visit.click("close-run").await?;
    gone(&visit, "[data-testid='open-run-section']").await?;

    // The newest is the one that was trained here; another one came with the site.
    pick(&visit, 0).await?;
    pick(&visit, 1).await?;
    visit.click("delete").await?;
    so_many_rows(&visit, |n| n + 2 == before.len()).await?;
    visit.click("view-deleted").await?;
    so_many_rows(&visit, |n| n == 2).await?;

    visit.click("pick-all").await?;
    visit.click("purge").await?;
    visit.click("purge-confirm").await?;
    visit.see_css("[data-testid='runs-done'] .strip", driver::PATIENCE).await?;
    let said = visit.texts("[data-testid='runs-done'] .strip").await?.join("\n");
    assert!(said.contains("of the registry came from it"), "{said}");
    assert_eq!(rows(&visit).await?.len(), 2, "neither can go");

    visit.click("pick-all").await?;
    visit.click("restore").await?;
    gone(&visit, ROWS).await?;
    visit.click("view-active").await?;
    assert_eq!(so_many_rows(&visit, |n| n == before.len()).await?, before);
    visit.expect_quiet_console().await?;
    visit.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_runs_are_searched_and_scrolled() -> Outcome {
    let mut visit = Visit::open().await?;
    with_made_up_runs(&mut visit, 10_000, 30).await?;
    so_many_rows(&visit, |n| n > 10).await?;
    // The table that the page has kept is the one that it has made of every run.
    let before = visit.see("runs-count").await?.text().await?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    visit.reload().await?;
    visit.see_css(ROWS, WORK).await?;
    assert_eq!(visit.see("runs-count").await?.text().await?, before);
    visit.click("runs-group").await?;
    so_many_rows(&visit, |n| n > 10).await?;
    visit.driver.execute_async(SCROLL, vec![]).await?;
    assert!(rows(&visit).await?.len() < 60, "only what is in sight is on the page");
    filter(&visit, "metrics.metric_7 > 0.69 AND params.C LIKE '0.0%'").await?;
    let count = visit.see("runs-count").await?;
    for _ in 0..50 {
        if count.text().await?.contains(" of 10,040 runs") {
            return visit.close().await;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Err(format!("the count says {}", count.text().await?).into())
}
