//! An ingest that is killed at any moment loses nothing: the real command line, a real SIGKILL.
#![cfg(all(feature = "native", unix))]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use linelogic::base::Seed;
use linelogic::league::demo;
use serde_json::Value;

const HEADER: &str = "game_id,date,season,phase,neutral,home,visitor,home_score,visitor_score,home_fga,home_fta,\
                      home_oreb,home_tov,visitor_fga,visitor_fta,visitor_oreb,visitor_tov";
/// How many ingests are killed.
const KILLS: u32 = 80;
/// Games of each season: few, so that the time goes into writing rather than into reading.
const GAMES: usize = 60;

/// A table of some games of each of the six simulated seasons, every home side with so many points more.
fn table(more: u16) -> String {
    let games = demo::games(demo::DEFAULT_SEED);
    let mut taken: BTreeMap<u16, usize> = BTreeMap::new();
    let mut text = format!("{HEADER}\n");
    for game in games {
        let taken = taken.entry(game.season).or_default();
        let Some(score) = game.score.filter(|_| *taken < GAMES) else { continue };
        *taken += 1;
        let home = if score.home + more == score.visitor { score.home } else { score.home + more };
        let (id, date, season, side, other) = (&game.id, game.date, game.season, game.home, game.visitor);
        text.push_str(&format!("{id},{date},{season},regular,0,{side},{other},{home},{},,,,,,,,\n", score.visitor));
    }
    text
}

fn ingest(folder: &Path, source: &str) -> Child {
    Command::new(env!("CARGO_BIN_EXE_linelogic"))
        .current_dir(folder)
        .args(["ingest", "--json", "--source", &format!("csv:{source}"), "--out", "data"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the command starts")
}

/// The document that an ingest printed, if it was let to its end: that is what it acknowledged.
fn acknowledged(child: Child) -> Option<Value> {
    let output = child.wait_with_output().expect("it ends");
    serde_json::from_slice(&output.stdout).ok()
}

fn manifest(folder: &Path, action: &str) -> (Value, bool) {
    let output = Command::new(env!("CARGO_BIN_EXE_linelogic"))
        .current_dir(folder)
        .args(["--json", "--data", "data", "manifest", action])
        .output()
        .expect("the command runs");
    (serde_json::from_slice(&output.stdout).expect("one JSON document"), output.status.success())
}

fn seals(folder: &Path) -> Vec<Value> {
    let (chain, _) = manifest(folder, "list");
    chain.as_array().into_iter().flatten().map(|entry| entry["seal"].clone()).collect()
}

#[test]
fn an_ingest_that_is_killed_at_any_moment_leaves_the_former_state_or_the_new_one() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let here = folder.path();
    let sources = ["one.csv", "two.csv"];
    for (source, more) in sources.iter().zip([0, 2]) {
        fs::write(here.join(source), table(more)).expect("writes");
    }
    let mut whole = Duration::MAX;
    let mut digests = Vec::new();
    for round in 0..6 {
        let start = Instant::now();
        let report = acknowledged(ingest(here, sources[round % 2])).expect("it is let in");
        // The fastest one: what takes longer because the machine is busy is met by all delays.
        whole = whole.min(start.elapsed());
        digests.push(report["manifest"]["digest"].clone());
    }
    assert_ne!(digests[0], digests[1]);
    let mut rng = Seed(9).rng();
    let mut chain = seals(here);
    let (mut killed, mut writing, mut committed, mut rounds) = (0, 0, 0, 0);
    let mut current = digests[1].clone();
    while killed < KILLS {
        rounds += 1;
        assert!(rounds < 10 * KILLS, "only {killed} of {rounds} ingests were killed before they ended");
        // Alternately, so that there is always something to write, whichever state the last kill left.
        let to = usize::from(current == digests[0]);
        // Spread over the whole duration: reading, writing, and what comes after the commit.
        let delay = whole.mul_f64(rng.uniform());
        let mut child = ingest(here, sources[to]);
        std::thread::sleep(delay);
        child.kill().expect("it is killed, or has ended");
        let report = acknowledged(child);
        let (verified, fine) = manifest(here, "verify");
        assert!(fine, "round {rounds}, after {delay:?}: {verified:#}");
        let digest = &verified["digest"];
        assert!(*digest == current || *digest == digests[to], "round {rounds}: {digest} is neither state");
        let is_new = *digest != current;
        assert!(report.is_none() || is_new, "round {rounds}: an acknowledged ingest was lost");
        let now = seals(here);
        assert_eq!(now[..chain.len()], chain, "round {rounds}: an entry of the chain was lost");
        assert_eq!(now.len() - chain.len(), usize::from(is_new), "round {rounds}");
        killed += u32::from(report.is_none());
        writing += u32::from(report.is_none() && beside(here) > 0);
        committed += u32::from(report.is_none() && is_new);
        (chain, current) = (now, digest.clone());
    }
    println!("{killed} killed in {rounds} rounds: {writing} while a file was written, {committed} after the commit");
    assert!(writing > 0, "no kill met a file being written");
    // The next one goes through and sweeps what the killed ones left.
    acknowledged(ingest(here, sources[usize::from(current == digests[0])])).expect("it is let in");
    assert_eq!(beside(here), 0);
}

/// How many files lie there that were being written beside their place.
fn beside(folder: &Path) -> usize {
    let entries = fs::read_dir(folder.join("data")).expect("a folder").flatten();
    entries.filter(|entry| entry.file_name().to_string_lossy().starts_with('.') && entry.file_name() != ".lock").count()
}
