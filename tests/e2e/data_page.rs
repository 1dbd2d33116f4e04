//! The lab's data page: a set of two files, what was found in them, a repair with its release, and what the history says.

use std::fs;
use std::io::Write as _;
use std::time::Duration;

use crate::driver::{self, Outcome, Visit};
use crate::made_up::{HEADER, import, round_robin, two_files, unfold};
use crate::{WORK, gone};

/// The text that matches, once it has this in it.
pub async fn says(visit: &Visit, css: &str, wanted: &str) -> Outcome<String> {
    let mut text = String::new();
    for _ in 0..300 {
        text = visit.texts(css).await?.join("\n");
        if text.contains(wanted) {
            return Ok(text);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Err(format!("{css} does not say {wanted:?} but:\n{text}").into())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_files_are_one_set_whose_refused_row_is_repaired_and_released() -> Outcome {
    let folder = tempfile::tempdir()?;
    let files = two_files(folder.path())?;
    let mut visit = Visit::open().await?;
    visit.go("lab/data").await?;
    visit.see("dataset-row").await?;
    import(&visit, &files).await?;
    let done = "[data-testid='import-status'] [data-state='done'][data-change='new']";
    visit.see_css(done, WORK).await?;
    let stages = visit.texts("[data-testid='import-status'] [data-testid='stage'] th").await?;
    assert_eq!(stages.len(), 4, "{stages:?}");

    let rules = "[data-testid='import-status'] [data-testid='rule']";
    for (rule, severity) in [("int_parsing", "error"), ("tie", "error"), ("impossible_box", "warning")] {
        visit.see_css(&format!("{rules}[data-rule='{rule}'][data-severity='{severity}']"), driver::PATIENCE).await?;
    }
    assert_eq!(visit.count(rules).await?, 3);
    // Warnings alone leave the two rules out that refuse.
    visit.see_css("[data-testid='import-status'] [data-testid='violations']:not([open])", driver::PATIENCE).await?;
    unfold(&visit, "[data-testid='import-status'] [data-testid='violations']").await?;
    let warnings = "[data-testid='import-status'] [data-testid='severity'][data-severity='Warnings']";
    visit.see_css(warnings, driver::PATIENCE).await?.click().await?;
    assert_eq!(visit.count(&format!("{rules}[hidden]")).await?, 2);

    repair_the_word(&visit).await?;
    assert_eq!(visit.count("[data-testid='dataset-row']").await?, 3, "a release is a revision of its own");
    says(&visit, "[data-testid='dataset-row'][data-active='true']", "59").await?;
    visit.click("verify-chain").await?;
    let answer = says(&visit, "[data-testid='chain-answer'][data-state='holds']", "2").await?;
    assert!(answer.contains("holds"), "{answer}");
    assert_eq!(visit.count("[data-testid='ingest'][data-written='true']").await?, 3, "one of them was published");

    // What was released is what the two revisions differ in.
    visit.click("compare-start").await?;
    says(&visit, "[data-testid='compare-result']", "1 game added, 0 removed, 0 changed; 58 are the same.").await?;

    // The same files once more are nothing new.
    import(&visit, &files).await?;
    visit.see_css("[data-testid='import-status'] [data-state='done'][data-change='same']", WORK).await?;
    assert_eq!(visit.count("[data-testid='dataset-row']").await?, 3);
    visit.expect_quiet_console().await?;
    visit.close().await
}

/// Repairs the row whose score is a word: another wrong value is refused, the right one is released.
async fn repair_the_word(visit: &Visit) -> Outcome {
    let quarantine = "[data-testid='dataset-row'][data-active='true'] [data-testid='quarantine']";
    unfold(visit, quarantine).await?;
    visit.see_css(&format!("{quarantine} [data-testid='quarantined']"), WORK).await?;
    assert_eq!(visit.count(&format!("{quarantine} [data-testid='quarantined']")).await?, 2);
    unfold(visit, &format!("{quarantine} [data-testid='quarantined'][data-row='0']")).await?;
    let field = visit.see_css(&format!("{quarantine} input[name='score.home']"), driver::PATIENCE).await?;
    assert_eq!(field.attr("aria-invalid").await?.as_deref(), Some("true"));
    field.clear().await?;
    field.send_keys("-4").await?;
    visit.click("recheck").await?;
    says(visit, "[data-testid='quarantined-violations']", "greater than or equal to 0").await?;
    field.clear().await?;
    field.send_keys("104").await?;
    visit.click("recheck").await?;
    visit.see_css("[data-testid='repair-answer'] [data-state='good']", driver::PATIENCE).await?;
    visit.click("release").await?;
    says(visit, "[data-testid='release-answer']", "revision 2").await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dataset_is_profiled_compared_and_its_contract_documented() -> Outcome {
    let folder = tempfile::tempdir()?;
    let files = two_files(folder.path())?;
    let mut visit = Visit::open().await?;
    visit.go("lab/data").await?;
    visit.see("dataset-row").await?;
    import(&visit, &files[..1]).await?;
    visit.see_css("[data-testid='import-status'] [data-state='done']", WORK).await?;

    let active = "[data-testid='dataset-row'][data-active='true']";
    unfold(&visit, &format!("{active} [data-testid='profile']")).await?;
    let numbers = format!("{active} [data-testid='profile-number']");
    visit.see_css(&numbers, WORK).await?;
    let rows = visit.texts(&numbers).await?;
    assert!(rows.iter().any(|row| row.starts_with("score.home")), "{rows:?}");
    assert!(visit.count(&format!("{numbers} svg[role='img'][aria-label] rect")).await? >= 20);
    says(&visit, &format!("{active} [data-testid='profile-value']"), "regular").await?;

    // Nothing of the published league is in the file, and nothing of the file in it.
    visit.click("compare-start").await?;
    let summary = says(&visit, "[data-testid='compare-result']", "added").await?;
    assert!(summary.contains("30"), "{summary}");

    unfold(&visit, "[data-testid='contract'][data-contract='games']").await?;
    let contract = visit.texts("[data-testid='contract'][data-contract='games']").await?.join("\n");
    assert!(contract.contains("whole number from 0 to 300") && contract.contains("team_twice_a_day"), "{contract}");
    visit.expect_quiet_console().await?;
    visit.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_can_be_stopped_and_changes_nothing() -> Outcome {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("long.csv");
    let mut file = std::io::BufWriter::new(fs::File::create(&path)?);
    writeln!(file, "{HEADER}")?;
    let rows = round_robin(0..29).join("\n");
    // About a hundred megabytes.
    for _ in 0..3_000 {
        writeln!(file, "{rows}")?;
    }
    file.flush()?;
    let mut visit = Visit::open().await?;
    visit.go("lab/data").await?;
    visit.see("dataset-row").await?;
    import(&visit, std::slice::from_ref(&path)).await?;
    let running = "[data-testid='import-status'] [data-state='running']";
    visit.see_css(running, driver::PATIENCE).await?;
    visit.see_css(&format!("{running} button"), driver::PATIENCE).await?.click().await?;
    visit.see_css("[data-testid='import-status'] [data-state='cancelled']", driver::PATIENCE).await?;
    gone(&visit, running).await?;
    assert_eq!(visit.count("[data-testid='dataset-row']").await?, 1);
    visit.expect_quiet_console().await?;
    visit.close().await
}
