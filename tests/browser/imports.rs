//! Files read as streams by a worker of their own: sets, progress, cancel.

use std::cell::RefCell;
use std::fmt::Write as _;
use std::rc::Rc;

use gloo::timers::future::TimeoutFuture;
use js_sys::{Array, Uint8Array};
use linelogic::base::{Instant, Seed};
use linelogic::flows::export::games_csv;
use linelogic::flows::ingest::{Ingested, Input, ingest};
use linelogic::league::Game;
use linelogic::protocol::{Reply, Request};
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{Blob, File};

use crate::worker::{bytes_file, client, end, wait};

/// Names of files as a request.
pub fn import_of(names: &[&str]) -> Request {
    Request::Import { names: names.iter().map(|name| (*name).to_owned()).collect() }
}

/// The first so many games of a simulated league, all long over.
pub fn games(count: usize) -> Vec<Game> {
    let demo: Ingested = ingest(Input::Demo(Seed(5)), Instant::UNIX_EPOCH, &mut |_| true).unwrap();
    let mut games: Vec<Game> = demo.log.games().iter().filter(|game| game.season < 2022).cloned().collect();
    games.truncate(count);
    games
}

/// Games as the table of LeagueGameFinder: two rows a game.
fn finder(games: &[Game]) -> String {
    let mut text = String::from("SEASON_ID,TEAM_ABBREVIATION,GAME_ID,GAME_DATE,MATCHUP,WL,PTS,FGA,FTA,OREB,TOV\n");
    for (number, game) in games.iter().enumerate() {
        let (Some(score), Some(home), Some(visitor)) = (game.score, game.home_box, game.visitor_box) else { continue };
        let won = game.home_won() == Some(true);
        for (side, line, points, wins, totals) in [
            (game.home, format!("{} vs. {}", game.home, game.visitor), score.home, won, home),
            (game.visitor, format!("{} @ {}", game.visitor, game.home), score.visitor, !won, visitor),
        ] {
            let result = if wins { "W" } else { "L" };
            let (season, date) = (game.season, game.date);
            let id = format!("002{:02}{number:05}", season % 100);
            let [fga, fta, oreb, tov] = [totals.fga, totals.fta, totals.oreb, totals.tov];
            writeln!(text, "2{season},{side},{id},{date},{line},{result},{points},{fga},{fta},{oreb},{tov}").unwrap();
        }
    }
    text
}

/// A gigabyte of rows that takes no memory: many references to one piece. Its rows repeat, so most are refused.
fn gigabyte(name: &str) -> File {
    let table = games_csv(&games(120)).unwrap();
    let (header, rows) = table.split_once('\n').unwrap();
    let mut piece = String::new();
    while piece.len() < 1 << 20 {
        piece.push_str(rows);
    }
    let blob = |bytes: &[u8]| Blob::new_with_u8_array_sequence(&Array::of1(&Uint8Array::from(bytes))).unwrap();
    let (first, piece) = (blob(format!("{header}\n").as_bytes()), blob(piece.as_bytes()));
    let parts: Array = std::iter::once(first).chain((0..1024).map(|_| piece.clone())).collect();
    File::new_with_blob_sequence(&parts, name).unwrap()
}

#[wasm_bindgen_test]
async fn several_files_are_one_set_and_each_is_an_input_of_its_manifest() {
    let games = games(200);
    let (one, two) = (games_csv(&games[..80]).unwrap(), games_csv(&games[80..]).unwrap());
    let files = vec![bytes_file("one.csv", one.as_bytes()), bytes_file("two.csv", two.as_bytes())];
    let (imported, replies) = end(&client(), import_of(&["one.csv", "two.csv"]), files).await;
    let Reply::Imported { dataset, stages } = imported else { panic!("{imported:?}") };
    assert_eq!((dataset.games.as_slice(), dataset.lineage.len()), (&games[..], 200));
    let manifest = &dataset.manifest;
    assert_eq!(manifest.source, "files:one.csv,two.csv");
    let bytes: Vec<u64> = manifest.inputs.iter().map(|input| input.bytes).collect();
    assert_eq!(bytes, [one.len() as u64, two.len() as u64]);
    let total = (one.len() + two.len()) as u64;
    assert!(stages.iter().all(|stage| stage.bytes == total && stage.milliseconds >= 0.0), "{stages:?}");
    assert!(matches!(&replies[0], Reply::Progress { done: 0, total: told, .. } if *told == total), "{:?}", replies[0]);

    // Neither of them is a set of thirty teams and the order is no matter: the bytes are what they are.
    let ingested = ingest(Input::of_bytes("one.csv", one.as_bytes()), Instant::UNIX_EPOCH, &mut |_| true);
    assert!(ingested.is_err(), "in 1970 all of them are to come");
}

#[wasm_bindgen_test]
async fn a_years_file_of_the_statistics_api_is_imported() {
    let games = games(1230);
    let text = finder(&games);
    assert_eq!(text.lines().count(), 2461);
    let client = client();
    let start = js_sys::Date::now();
    let (imported, _) = end(&client, import_of(&["year.csv"]), vec![bytes_file("year.csv", text.as_bytes())]).await;
    let took = js_sys::Date::now() - start;
    let Reply::Imported { dataset, stages } = imported else { panic!("{imported:?}") };
    assert_eq!((dataset.games.len(), dataset.manifest.quarantined), (1230, 0));
    assert_eq!(dataset.manifest.provider, "leaguegamefinder");
    web_sys::console::log_1(&format!("a year's file: {took} ms with its worker's start; {stages:?}").into());
}

#[wasm_bindgen_test]
async fn a_file_that_no_provider_knows_is_refused_and_so_is_a_set_with_one_in_it() {
    let bad = || bytes_file("bad.csv", b"not,a,known,header\n1,2,3,4\n");
    let (refused, _) = end(&client(), import_of(&["bad.csv"]), vec![bad()]).await;
    assert!(matches!(&refused, Reply::Refused(rejection) if rejection.message.contains("bad.csv")), "{refused:?}");
    let good = bytes_file("good.csv", games_csv(&games(120)).unwrap().as_bytes());
    let (refused, _) = end(&client(), import_of(&["good.csv", "bad.csv"]), vec![good, bad()]).await;
    assert!(matches!(&refused, Reply::Refused(rejection) if rejection.message.contains("bad.csv")), "{refused:?}");
    let (failed, _) = end(&client(), import_of(&["good.csv", "bad.csv"]), vec![bad()]).await;
    assert!(matches!(&failed, Reply::Failed(reason) if reason.contains("1 of 2 files")), "{failed:?}");
}

#[wasm_bindgen_test]
async fn a_gigabyte_is_read_as_a_stream_and_a_cancel_ends_it_at_once() {
    let client = client();
    let file = gigabyte("huge.csv");
    let size = file.size() as u64;
    assert!(size > 1 << 30);
    let replies: Rc<RefCell<Vec<(f64, Reply)>>> = Rc::default();
    let told = Rc::clone(&replies);
    let job = client.start(import_of(&["huge.csv"]), vec![file], move |reply| {
        told.borrow_mut().push((js_sys::Date::now(), reply));
    });
    let far = |reply: &Reply| matches!(reply, Reply::Progress { done, total, .. } if *done > 8 << 20 && *total == size);
    wait(|| replies.borrow().iter().any(|(_, reply)| far(reply))).await;
    let heard: Vec<f64> = replies.borrow().iter().map(|(at, _)| *at).collect();
    let pace = (heard.len() - 1) as f64 / (heard[heard.len() - 1] - heard[0]) * 1000.0;
    web_sys::console::log_1(&format!("{pace:.0} messages of progress a second").into());

    let asked = js_sys::Date::now();
    client.cancel(job);
    wait(|| replies.borrow().last().is_some_and(|(_, reply)| reply.is_last())).await;
    let took = js_sys::Date::now() - asked;
    web_sys::console::log_1(&format!("a cancel ended a gigabyte's import in {took} ms").into());
    TimeoutFuture::new(300).await;
    let ends: Vec<Reply> =
        replies.borrow().iter().filter(|(_, reply)| reply.is_last()).map(|(_, reply)| reply.clone()).collect();
    assert_eq!(ends, [Reply::Cancelled], "it is told once");

    // Another import does not wait for the end of that one, which would take minutes.
    let small = bytes_file("small.csv", games_csv(&games(120)).unwrap().as_bytes());
    let (imported, _) = end(&client, import_of(&["small.csv"]), vec![small]).await;
    assert!(matches!(imported, Reply::Imported { .. }), "{imported:?}");
}

#[wasm_bindgen_test]
async fn other_jobs_go_on_while_an_import_runs() {
    let client = client();
    let replies: Rc<RefCell<Vec<Reply>>> = Rc::default();
    let told = Rc::clone(&replies);
    let job = client.start(import_of(&["huge.csv"]), vec![gigabyte("huge.csv")], move |reply| {
        told.borrow_mut().push(reply);
    });
    wait(|| !replies.borrow().is_empty()).await;
    let digest = linelogic::base::Digest::of_bytes(b"never imported");
    let dataset = linelogic::protocol::DatasetRef::Imported { digest };
    let (answer, _) = end(&client, Request::Diff { before: dataset.clone(), after: dataset, shown: 1 }, vec![]).await;
    assert!(matches!(answer, Reply::Failed(reason) if reason.contains("import its file again")));
    assert!(replies.borrow().iter().all(|reply| !reply.is_last()), "the import is still running");
    client.cancel(job);
}
