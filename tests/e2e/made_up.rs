//! Files of made-up games, and how a visitor gives them to the data page.
// Each of the test programs uses its part.
#![allow(dead_code)]

use std::fs;
use std::path::{Path, PathBuf};

use linelogic::league::TEAMS;
use thirtyfour::prelude::*;

use crate::driver::{self, Outcome, Visit};

/// The header of the files.
pub const HEADER: &str = "game_id,date,season,phase,neutral,home,visitor,home_score,visitor_score,\
                          home_fga,home_fta,home_oreb,home_tov,visitor_fga,visitor_fta,visitor_oreb,visitor_tov";

/// Games of a round robin: on each of these days every team plays once. The results are made up.
pub fn round_robin(days: std::ops::Range<usize>) -> Vec<String> {
    let teams: Vec<String> = TEAMS.iter().map(|team| team.abbreviation.to_owned()).collect();
    let others = teams.len() - 1;
    let mut rows = Vec::new();
    for day in days {
        for place in 0..teams.len() / 2 {
            // The circle method: the first team stays, the others turn.
            let at = |step: usize| if step == 0 { 0 } else { 1 + (step - 1 + day) % others };
            let (home, visitor) = (&teams[at(place)], &teams[at(others - place)]);
            let (home_score, visitor_score) = (95 + (7 * place + day) % 30, 80 + (5 * place + 3 * day) % 15);
            rows.push(format!(
                "g{day:02}{place:02},2019-11-{:02},2019,regular,0,{home},{visitor},{home_score},{visitor_score},\
                 88,20,10,13,87,21,9,14",
                day + 1
            ));
        }
    }
    rows
}

fn write_csv(path: &Path, rows: &[String]) -> Outcome {
    Ok(fs::write(path, format!("{HEADER}\n{}\n", rows.join("\n")))?)
}

/// Seven days of games, in which a team's results since the third day have not come in.
pub fn with_results_missing(folder: &Path, team: &str) -> Outcome<PathBuf> {
    let file = folder.join("november-behind.csv");
    let mut rows = round_robin(0..7);
    for row in &mut rows {
        let cells: Vec<&str> = row.split(',').collect();
        if cells[5..7].contains(&team) && cells[1] >= "2019-11-03" {
            *row = format!("{},,,,,,,,,,", cells[..7].join(","));
        }
    }
    write_csv(&file, &rows)?;
    Ok(file)
}

/// Two files of sixty games in all: one row with a word as its score, one tie, one with impossible box totals.
pub fn two_files(folder: &Path) -> Outcome<[PathBuf; 2]> {
    let files = [folder.join("november-1.csv"), folder.join("november-2.csv")];
    write_csv(&files[0], &round_robin(0..2))?;
    let mut rows = round_robin(2..4);
    let set = |row: &mut String, column: &str, value: &str| {
        let at = HEADER.split(',').position(|name| name == column).unwrap_or_default();
        let mut cells: Vec<&str> = row.split(',').collect();
        cells[at] = value;
        *row = cells.join(",");
    };
    set(&mut rows[4], "home_score", "ninety");
    set(&mut rows[9], "home_score", "90");
    set(&mut rows[9], "visitor_score", "90");
    set(&mut rows[12], "home_fga", "240");
    write_csv(&files[1], &rows)?;
    Ok(files)
}

/// Gives files to the import as one set.
pub async fn import(visit: &Visit, files: &[PathBuf]) -> Outcome {
    let names: Vec<String> = files.iter().map(|file| file.to_string_lossy().into_owned()).collect();
    visit.see("import-input").await?.send_keys(names.join("\n")).await?;
    Ok(())
}

/// Opens what is folded under this selector.
pub async fn unfold(visit: &Visit, css: &str) -> Outcome {
    let details = visit.see_css(css, driver::PATIENCE).await?;
    let summary = details.find(By::Css("summary")).await?;
    summary.scroll_into_view().await?;
    summary.click().await?;
    Ok(())
}
