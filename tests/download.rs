//! The download of games over HTTP, against a server on this machine that fails and lies in every way that is known.
#![cfg(all(feature = "native", not(target_arch = "wasm32")))]

#[path = "download/server.rs"]
mod server;

use std::fs;
use std::io::Write;
use std::num::NonZeroU32;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use flate2::{Compression, write::GzEncoder};
use linelogic::adapters::balldontlie::{
    Bounds, Download, DownloadError, Downloaded, Key, Page, Progress, Rate, Settings, Time, Timeouts, Wait,
};
use linelogic::base::{Digest, Instant};
use serde_json::json;
use server::{Asked, Reply, Server, message};
use tempfile::TempDir;

const KEY: &str = "k3y-that-nobody-may-see";
/// 2015-10-21 07:27:20 UTC.
const BEGUN: i64 = 1_445_412_440;

/// A clock that sleeping turns.
#[derive(Debug, Clone, Default)]
struct Turned(Arc<Mutex<Duration>>);

impl Turned {
    fn turn(&self, span: Duration) {
        *self.0.lock().expect("the clock") += span;
    }
}

impl Time for Turned {
    fn now(&self) -> Instant {
        Instant::from_timestamp(BEGUN, 0).expect("a date") + self.elapsed()
    }

    fn elapsed(&self) -> Duration {
        *self.0.lock().expect("the clock")
    }

    fn sleep(&self, span: Duration) {
        self.turn(span);
    }
}

/// A folder, a clock, and what was told.
struct Bench {
    folder: TempDir,
    clock: Turned,
    told: Vec<Progress>,
}

impl Bench {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder"), clock: Turned::default(), told: Vec::new() }
    }

    fn state(&self) -> std::path::PathBuf {
        self.folder.path().join("state")
    }

    /// Two seasons from a server, at a rate that is never in the way.
    fn settings(&self, base: &str) -> Settings {
        let rate = Rate::per_minute(NonZeroU32::new(1000).expect("not zero"));
        Settings { base: base.to_owned(), rate, ..Settings::new(Key::new(KEY), 2021, 2022, self.state()) }
    }

    fn run(&mut self, settings: Settings) -> Result<Downloaded, DownloadError> {
        let download = Download::with_time(settings, Box::new(self.clock.clone()))?;
        let told = &mut self.told;
        let done = download.run(&mut |progress| told.push(progress));
        if let Err(error) = &done {
            let shown = format!("{error} {error:?}");
            assert!(!shown.contains(KEY), "the key is in {shown}");
        }
        assert!(!format!("{:?}", self.told).contains(KEY));
        assert_no_key(&self.state());
        done
    }

    /// A run that is expected to end early, against one answer for everything.
    fn fails(&mut self, base: &str) -> DownloadError {
        self.run(self.settings(base)).expect_err("the download ends early")
    }

    fn waits(&self) -> Vec<&Wait> {
        self.told
            .iter()
            .filter_map(|told| if let Progress::Waiting { why, .. } = told { Some(why) } else { None })
            .collect()
    }
}

fn assert_no_key(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.expect("an entry").path();
        let bytes = fs::read(&path).expect("a file");
        assert!(!bytes.windows(KEY.len()).any(|window| window == KEY.as_bytes()), "the key is in {}", path.display());
    }
}

/// The games of a page: three of a season, with ids that no other page has.
fn games(season: u64, page: u64) -> serde_json::Value {
    (0..3).map(|game| json!({"id": season * 1000 + page * 10 + game, "season": season})).collect()
}

/// Three pages a season with cursors.
fn by_cursor(asked: &Asked) -> Reply {
    let page = asked.query("cursor").map_or(1, |cursor| cursor.parse::<u64>().expect("a cursor") / 100);
    let next = (page < 3).then_some((page + 1) * 100);
    let meta = if next.is_some() { json!({"next_cursor": next, "per_page": 100}) } else { json!({"per_page": 100}) };
    Reply::Json(json!({"data": games(asked.season(), page), "meta": meta}).to_string())
}

/// Three pages a season with numbers.
fn by_number(asked: &Asked) -> Reply {
    let page: u64 = asked.query("page").map_or(1, |page| page.parse().expect("a page"));
    let meta = json!({"total_pages": 3, "current_page": page, "next_page": (page < 3).then_some(page + 1),
        "per_page": 100, "total_count": 9});
    Reply::Json(json!({"data": games(asked.season(), page), "meta": meta}).to_string())
}

const SIX: [&str; 6] = ["2021", "2021&cursor=200", "2021&cursor=300", "2022", "2022&cursor=200", "2022&cursor=300"];

fn names(pages: &[Page]) -> Vec<&str> {
    pages.iter().map(|page| page.name.as_str()).collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}

fn header(text: &str) -> Vec<String> {
    vec![text.to_owned()]
}

#[test]
fn pages_with_cursors_come_in_order_and_as_they_came() {
    let server = Server::start(by_cursor);
    let mut bench = Bench::new();
    let done = bench.run(bench.settings(&server.base())).unwrap();
    assert_eq!(server.targets(), SIX);
    assert!(server.log().iter().all(|asked| asked.key.as_deref() == Some(KEY)));
    assert_eq!(
        names(&done.pages),
        ["2021-1.json", "2021-2.json", "2021-3.json", "2022-1.json", "2022-2.json", "2022-3.json"]
    );
    let first = json!({"data": games(2021, 1), "meta": {"next_cursor": 200, "per_page": 100}}).to_string();
    assert_eq!(done.pages[0].bytes, first.as_bytes());
    assert_eq!(done.pages[0].digest, Digest::of_bytes(first.as_bytes()));
    assert_eq!(fs::read(bench.state().join("2021-1.json")).unwrap(), first.as_bytes());
    assert_eq!((done.requests, done.resumed_pages, done.waited), (6, 0, Duration::ZERO));
    assert_eq!(done.bytes, done.pages.iter().map(|page| page.bytes.len() as u64).sum::<u64>());
    let page = |season, number, requests| Progress::Page { season, number, games: 3, resumed: false, requests };
    assert_eq!(bench.told[..2], [page(2021, 1, 1), page(2021, 2, 2)]);
    assert_eq!(bench.told[5], page(2022, 3, 6));
    done.finish().unwrap();
    assert!(!bench.state().exists(), "nothing is left of a finished download");
}

#[test]
fn pages_with_numbers_come_too_also_compressed() {
    let server = Server::start(|asked| match by_number(asked) {
        Reply::Json(body) => Reply::Status("200 OK", header("Content-Encoding: gzip"), gzip(body.as_bytes())),
        other => other,
    });
    let mut bench = Bench::new();
    let done = bench.run(bench.settings(&format!("{}/", server.base()))).unwrap();
    assert_eq!(server.targets(), ["2021", "2021&page=2", "2021&page=3", "2022", "2022&page=2", "2022&page=3"]);
    assert!(done.pages[5].bytes.starts_with(b"{\"data\":"), "kept decompressed");
}

#[test]
fn a_throttled_download_waits_as_long_as_it_is_told() {
    for (value, seconds) in [("7", 7), ("Wed, 21 Oct 2015 07:28:00 GMT", 40), ("0", 0)] {
        let retry = format!("Retry-After: {value}");
        let server = Server::start(move |asked| match asked.nth {
            1 => Reply::Status("429 Too Many Requests", vec![retry.clone()], b"slow down".to_vec()),
            _ => by_cursor(asked),
        });
        let mut bench = Bench::new();
        let done = bench.run(bench.settings(&server.base())).unwrap();
        assert_eq!(server.targets()[..3], [SIX[0], SIX[1], SIX[1]], "{value}");
        assert_eq!((done.requests, done.pages.len()), (7, 6));
        assert!(done.waited >= Duration::from_secs(seconds), "{value}: {:?}", done.waited);
        assert_eq!(bench.clock.elapsed(), done.waited, "no other wait");
        assert!(matches!(bench.waits()[..], [Wait::Retry { asked: true, attempts: 1, .. }]), "{:?}", bench.told);
    }
}

#[test]
fn a_server_that_always_throttles_ends_at_the_limit() {
    let server = Server::start(|asked| match asked.nth {
        0 => by_cursor(asked),
        _ => Reply::Status("429 Too Many Requests", Vec::new(), Vec::new()),
    });
    let mut bench = Bench::new();
    let error = bench.fails(&server.base());
    let DownloadError::Limit { retry_after: None, requests: 7, attempts: 6, kept } = &error else {
        panic!("{error:?}");
    };
    assert_eq!((kept.pages, kept.folder.as_path()), (1, bench.state().as_path()));
    // Whole waits and not lucky draws: together longer than the minute that the provider counts.
    assert_eq!(bench.clock.elapsed(), Duration::from_secs(62));
    let shown = error.to_string();
    assert!(shown.contains("1 page is kept in") && shown.contains("the same command continues"), "{shown}");
}

#[test]
fn a_wait_that_is_too_long_is_not_begun() {
    let hour = || header("Retry-After: 3600");
    let server = Server::start(move |_| Reply::Status("429 Too Many Requests", hour(), Vec::new()));
    let mut bench = Bench::new();
    let error = bench.fails(&server.base());
    assert!(
        matches!(error, DownloadError::Limit { retry_after: Some(span), requests: 1, .. } if span.as_secs() == 3600)
    );
    assert!(error.to_string().contains("wait for 3600 s"), "{error}");
    let server = Server::start(move |_| Reply::Status("503 Service Unavailable", hour(), Vec::new()));
    let error = bench.fails(&server.base());
    assert!(matches!(error, DownloadError::Outage { attempts: 1, .. }), "{error:?}");
    assert!(error.to_string().contains("503") && error.to_string().contains("3600 s"), "{error}");
    assert_eq!((server.log().len(), bench.clock.elapsed()), (1, Duration::ZERO));
}

/// Every way to fail that may pass, with words that the reason has.
fn passing(fault: usize, whole: &str) -> Option<(Reply, &'static str)> {
    let half = &message("200 OK", &[], whole.as_bytes())[..whole.len() / 2 + 90];
    let with_length = |length: usize| {
        format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{whole}").into_bytes()
    };
    let status = |line| Reply::Status(line, Vec::new(), b"{}".to_vec());
    let compressed = gzip(whole.as_bytes());
    let gzipped = |bytes: Vec<u8>| Reply::Status("200 OK", header("Content-Encoding: gzip"), bytes);
    Some(match fault {
        0 => (Reply::Raw(half.to_vec()), "closed before the answer was whole"),
        1 => (Reply::Raw(Vec::new()), "closed before the answer was whole"),
        2 => (status("500 Internal Server Error"), "500"),
        3 => (status("502 Bad Gateway"), "502"),
        4 => (status("408 Request Timeout"), "408"),
        5 => (status("425 Too Early"), "425"),
        6 => (Reply::Raw(with_length(whole.len() + 100)), "closed before the answer was whole"),
        7 => (Reply::Raw(with_length(whole.len() - 10)), "breaks off"),
        8 => (Reply::Status("200 OK", Vec::new(), b"<html>Just a moment</html>".to_vec()), "HTML"),
        9 => (Reply::Status("200 OK", Vec::new(), Vec::new()), "empty"),
        10 => (gzipped(compressed[..compressed.len() / 2].to_vec()), "compressed body"),
        11 => (gzipped(whole.as_bytes().to_vec()), "compressed body"),
        12 => (Reply::Raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n40\r\n{\"data\"".to_vec()), ""),
        13 => (Reply::Raw(b"SSH-2.0-OpenSSH_9.6\r\n".to_vec()), ""),
        14 => (Reply::Raw(format!("HTTP/1.0 200 OK\r\n\r\n{}", &whole[..20]).into_bytes()), "breaks off"),
        15 => (Reply::Stall(Vec::new()), "not a byte"),
        16 => (Reply::Stall(half.to_vec()), "not a byte"),
        _ => return None,
    })
}

#[test]
fn what_may_pass_is_tried_again() {
    let mut tried = 0;
    while passing(tried, &"x".repeat(200)).is_some() {
        let server = Server::start(move |asked| match (asked.nth, by_cursor(asked)) {
            (1, Reply::Json(whole)) => passing(tried, &whole).expect("a fault").0,
            (_, whole) => whole,
        });
        let mut bench = Bench::new();
        let mut settings = bench.settings(&server.base());
        settings.timeouts.stall = Duration::from_millis(if tried >= 15 { 2_000 } else { 10_000 });
        let done = bench.run(settings).unwrap_or_else(|error| panic!("fault {tried}: {error}"));
        assert_eq!(server.targets()[..4], [SIX[0], SIX[1], SIX[1], SIX[2]], "fault {tried}");
        assert_eq!((done.pages.len(), done.requests), (6, 7), "fault {tried}");
        tried += 1;
    }
    assert_eq!(tried, 17);
}

#[test]
fn what_does_not_pass_is_an_outage_with_the_last_reason() {
    for fault in [0, 1, 2, 8, 11, 14] {
        let server = Server::start(move |asked| match (asked.nth, by_cursor(asked)) {
            (1.., Reply::Json(whole)) => passing(fault, &whole).expect("a fault").0,
            (_, whole) => whole,
        });
        let mut bench = Bench::new();
        let error = bench.fails(&server.base());
        let DownloadError::Outage { page, reason, attempts: 6, kept } = &error else { panic!("{fault}: {error:?}") };
        assert!(reason.contains(passing(fault, &"x".repeat(200)).expect("a fault").1), "fault {fault}: {reason}");
        assert_eq!((page.as_str(), kept.pages, kept.requests, server.log().len()), ("2021-2", 1, 7, 7));
        // Each wait is drawn from nothing up to twice the one before: 2 + 4 + 8 + 16 + 32.
        assert!(bench.clock.elapsed() <= Duration::from_secs(62), "{:?}", bench.clock.elapsed());
        assert_eq!(bench.waits().len(), 5);
    }
}

#[test]
fn an_answer_that_trickles_ends_with_the_whole_time() {
    let server = Server::start(|_| Reply::Trickle(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n{".to_vec()));
    let mut bench = Bench::new();
    let mut settings = bench.settings(&server.base());
    let whole = Duration::from_millis(300);
    settings.timeouts = Timeouts { connect: Duration::from_secs(10), whole, stall: Duration::from_secs(10) };
    settings.retries.attempts = NonZeroU32::MIN;
    let error = bench.run(settings).unwrap_err();
    assert!(matches!(&error, DownloadError::Outage { reason, .. } if reason.contains("not whole within")), "{error}");
}

#[test]
fn nobody_at_the_address_is_an_outage() {
    let port = Server::start(by_cursor).port();
    let mut bench = Bench::new();
    let error = bench.fails(&format!("http://127.0.0.1:{port}/v1"));
    let DownloadError::Outage { reason, attempts: 6, kept, .. } = &error else { panic!("{error:?}") };
    assert!(reason.to_lowercase().contains("refused"), "{reason}");
    assert_eq!((kept.pages, kept.requests), (0, 6));
    assert!(error.to_string().contains("the same command starts again"), "{error}");
}

/// A server that lies on the second page, and what the refusal says.
fn lie(which: usize) -> Option<(Reply, &'static str)> {
    let json = |value: serde_json::Value| Reply::Json(value.to_string());
    let game = json!([{"id": 5}]);
    Some(match which {
        0 => (json(json!({"data": {"id": 5}, "meta": {"per_page": 100}})), "list of games in `data`, found an object"),
        1 => (json(json!({"error": "no"})), "no `data`"),
        2 => (json(json!({"data": game, "meta": {"next_cursor": 200}})), "a cursor after 200, found it again"),
        3 => (json(json!({"data": game, "meta": {"next_cursor": 100}})), "a cursor after 200, found 100"),
        4 => (json(json!({"data": games(2021, 1), "meta": {"next_cursor": 300}})), "only those of earlier pages"),
        5 => (json(json!({"data": game, "meta": {"current_page": 2, "next_page": 3}})), "of one form"),
        6 => (json(json!({"data": game, "meta": {"links": {"next": "/2"}}})), "found neither"),
        7 => (json(json!({"data": game, "meta": null})), "an object in `meta`, found null"),
        8 => (json(json!({"data": [], "meta": {"next_cursor": 300}})), "games before a next page"),
        9 => {
            let bomb = gzip(&vec![b' '; 9 << 20]);
            (Reply::Status("200 OK", header("Content-Encoding: gzip"), bomb), "at most 8388608 bytes")
        }
        10 => (Reply::Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9000000000\r\n\r\n".to_vec()), "at most 8388608 bytes"),
        11 => (Reply::Raw([&b"HTTP/1.1 200 OK\r\n\r\n"[..], &vec![b' '; 9 << 20]].concat()), "at most 8388608 bytes"),
        _ => return None,
    })
}

#[test]
fn a_page_that_lies_is_refused_at_once_and_named() {
    let mut which = 0;
    while let Some((_, words)) = lie(which) {
        let server =
            Server::start(move |asked| if asked.nth == 0 { by_cursor(asked) } else { lie(which).expect("a lie").0 });
        let mut bench = Bench::new();
        let error = bench.fails(&server.base());
        let DownloadError::Protocol { page, reason, kept } = &error else { panic!("lie {which}: {error:?}") };
        assert_eq!((page.as_str(), kept.pages, server.log().len()), ("2021-2", 1, 2), "lie {which}");
        assert!(reason.starts_with("expected") && reason.contains(words), "lie {which}: {reason}");
        which += 1;
    }
    assert_eq!(which, 12);
}

#[test]
fn page_numbers_that_lie_are_refused() {
    for (next, total, words) in
        [(3, 2, "beyond the 2"), (7, 9, "expected 3"), (2, 9, "expected 3"), (1, 9, "expected 3")]
    {
        let server = Server::start(move |asked| match asked.nth {
            0 => by_number(asked),
            _ => Reply::Json(
                json!({"data": games(2021, 2),
                    "meta": {"current_page": 2, "next_page": next, "total_pages": total}})
                .to_string(),
            ),
        });
        let error = Bench::new().fails(&server.base());
        assert!(matches!(&error, DownloadError::Protocol { reason, .. } if reason.contains(words)), "{error}");
    }
}

#[test]
fn pages_without_end_are_bounded_in_number_and_in_bytes() {
    let endless = |asked: &Asked| {
        let id = asked.nth as u64 + 1;
        Reply::Json(json!({"data": [{"id": id}], "meta": {"next_cursor": id}}).to_string())
    };
    let server = Server::start(endless);
    let error = Bench::new().fails(&server.base());
    let DownloadError::Protocol { page, reason, kept } = &error else { panic!("{error:?}") };
    assert!(page == "2021-60" && reason.contains("at most 60 pages") && kept.pages == 59, "{error}");
    let server = Server::start(endless);
    let mut bench = Bench::new();
    let settings = bench.settings(&server.base());
    let bounds = Bounds { total: 200, ..settings.bounds };
    let error = bench.run(Settings { bounds, ..settings }).unwrap_err();
    assert!(matches!(&error, DownloadError::Protocol { reason, .. } if reason.contains("200 bytes in all")), "{error}");
}

#[test]
fn a_refused_key_and_a_wrong_address_are_not_tried_again() {
    for (line, status) in [("401 Unauthorized", 401), ("403 Forbidden", 403)] {
        let server = Server::start(move |_| Reply::Status(line, Vec::new(), b"Unauthorized".to_vec()));
        let error = Bench::new().fails(&server.base());
        assert!(matches!(error, DownloadError::Key { status: found, .. } if found == status), "{error:?}");
        assert!(error.to_string().starts_with("the key was refused"), "{error}");
        assert_eq!(server.log().len(), 1);
    }
    for line in ["404 Not Found", "400 Bad Request", "204 No Content"] {
        let server = Server::start(move |_| Reply::Status(line, Vec::new(), Vec::new()));
        let error = Bench::new().fails(&server.base());
        assert!(matches!(&error, DownloadError::Refused { reason, .. } if reason.contains(&line[..3])), "{error:?}");
        assert_eq!(server.log().len(), 1);
    }
}

#[test]
fn a_server_that_cannot_be_trusted_is_not_tried_again() {
    let error = Bench::new().fails(&format!("https://127.0.0.1:{}/v1", server::without_tls()));
    let DownloadError::Refused { reason, kept, .. } = &error else { panic!("{error:?}") };
    assert!(reason.starts_with("no secure connection") && kept.requests == 1, "{error}");
}

#[test]
fn a_redirect_to_another_host_does_not_get_the_key() {
    let other = Server::start(by_cursor);
    let port = other.port();
    let server = Server::start(move |asked| {
        let location = format!("Location: http://localhost:{port}{}", asked.target);
        Reply::Status("302 Found", vec![location], Vec::new())
    });
    let mut bench = Bench::new();
    let done = bench.run(bench.settings(&server.base())).unwrap();
    assert_eq!(done.pages.len(), 6);
    assert!(server.log().iter().all(|asked| asked.key.as_deref() == Some(KEY)));
    assert_eq!(other.log().len(), 6);
    assert!(other.log().iter().all(|asked| asked.key.is_none()), "{:?}", other.log());
}

#[test]
fn redirects_that_lead_nowhere_are_refused() {
    for location in ["/v1/games", "ftp://127.0.0.1/games", "file:///etc/passwd"] {
        let server =
            Server::start(move |_| Reply::Status("302 Found", vec![format!("Location: {location}")], Vec::new()));
        let error = Bench::new().fails(&server.base());
        assert!(matches!(error, DownloadError::Refused { .. }), "{location}: {error:?}");
    }
}

#[test]
fn a_download_goes_on_where_it_was() {
    let server = Server::start(|asked| match asked.nth {
        0 | 1 => by_cursor(asked),
        2 => Reply::Raw(message("200 OK", &[], b"{\"data\": [{\"id\": 1}")[..100].to_vec()),
        3 => Reply::Status("401 Unauthorized", Vec::new(), Vec::new()),
        _ => by_cursor(asked),
    });
    let mut bench = Bench::new();
    let error = bench.fails(&server.base());
    assert!(error.to_string().contains("2 pages are kept"), "{error}");
    let before = server.targets().len();
    let done = bench.run(bench.settings(&server.base())).unwrap();
    assert_eq!(server.targets()[before..], SIX[2..], "the first two pages are not asked for again");
    assert_eq!((done.requests, done.resumed_pages, done.pages.len()), (8, 2, 6));
    let whole = Server::start(by_cursor);
    let mut other = Bench::new();
    assert_eq!(done.pages, other.run(other.settings(&whole.base())).unwrap().pages, "as if nothing had happened");
    assert!(bench.told.contains(&Progress::Page { season: 2021, number: 2, games: 3, resumed: true, requests: 4 }));
}

#[test]
fn a_killed_download_loses_only_the_page_that_was_being_fetched() {
    let server = Server::start(by_cursor);
    let mut bench = Bench::new();
    let download = Download::with_time(bench.settings(&server.base()), Box::new(bench.clock.clone())).unwrap();
    let mut pages = 0;
    let killed = catch_unwind(AssertUnwindSafe(|| {
        download.run(&mut |_| {
            pages += 1;
            if pages == 4 {
                resume_unwind(Box::new("killed"));
            }
        })
    }));
    assert!(killed.is_err());
    // What a kill in the middle of writing leaves.
    fs::write(bench.state().join("2022-2.json.part"), b"{\"da").unwrap();
    fs::write(bench.state().join("2022-2.json"), b"{\"da").unwrap();
    let done = bench.run(bench.settings(&server.base())).unwrap();
    assert_eq!(server.targets(), SIX, "no page is asked for twice");
    assert_eq!((done.requests, done.resumed_pages), (6, 4));
    done.finish().unwrap();
    assert!(!bench.state().exists());
}

#[test]
fn from_a_damaged_page_on_all_are_fetched_again() {
    let server = Server::start(by_cursor);
    let mut bench = Bench::new();
    let whole = bench.run(bench.settings(&server.base())).unwrap().pages;
    for damage in [&b"{\"data\": []}"[..], b""] {
        let before = server.targets().len();
        fs::write(bench.state().join("2021-3.json"), damage).unwrap();
        let done = bench.run(bench.settings(&server.base())).unwrap();
        assert_eq!(server.targets()[before..], SIX[2..]);
        assert_eq!((done.resumed_pages, &done.pages), (2, &whole));
    }
    let before = server.targets().len();
    fs::remove_file(bench.state().join("2021-1.json")).unwrap();
    bench.run(bench.settings(&server.base())).unwrap();
    assert_eq!(server.targets()[before..], SIX);
    fs::write(bench.state().join("state.json"), b"{}").unwrap();
    bench.run(bench.settings(&server.base())).unwrap();
    assert_eq!(server.targets()[before + 6..], SIX);
}

#[test]
fn a_download_that_was_not_finished_is_there_again_without_a_request() {
    let server = Server::start(by_cursor);
    let mut bench = Bench::new();
    let first = bench.run(bench.settings(&server.base())).unwrap().pages;
    // Another key and another pace are the same download.
    let settings = Settings { key: Key::new("another"), ..bench.settings(&server.base()) };
    let again = bench.run(settings).unwrap();
    assert_eq!((again.requests, again.resumed_pages, server.log().len()), (6, 6, 6));
    assert_eq!(again.pages, first);
    drop(again);
    // Other seasons are another, and so is one of another day.
    let settings = Settings { from: 2022, ..bench.settings(&server.base()) };
    let other = bench.run(settings.clone()).unwrap();
    assert_eq!((other.requests, other.resumed_pages), (3, 0));
    drop(other);
    bench.clock.turn(Duration::from_secs(25 * 60 * 60));
    assert_eq!(bench.run(settings).unwrap().resumed_pages, 0, "results have come since");
}

#[test]
fn two_downloads_do_not_share_a_folder() {
    let server = Server::start(by_cursor);
    let mut bench = Bench::new();
    let held = bench.run(bench.settings(&server.base())).unwrap();
    let error = bench.fails(&server.base());
    assert!(matches!(error, DownloadError::Io { .. }), "{error:?}");
    assert!(error.to_string().contains("another download is at work"), "{error}");
    held.finish().unwrap();
    bench.run(bench.settings(&server.base())).unwrap();
}

#[test]
fn a_folder_that_cannot_be_is_named() {
    let server = Server::start(by_cursor);
    let mut bench = Bench::new();
    fs::write(bench.state(), b"a file").unwrap();
    let download = Download::with_time(bench.settings(&server.base()), Box::new(bench.clock.clone())).unwrap();
    let error = download.run(&mut |_| {}).unwrap_err();
    assert!(matches!(&error, DownloadError::Io { path, .. } if *path == bench.state()), "{error:?}");
    assert!(server.log().is_empty());
    bench.told.clear();
}

#[test]
fn no_minute_has_more_requests_than_the_rate_allows() {
    let mut bench = Bench::new();
    let (clock, times) = (bench.clock.clone(), Arc::new(Mutex::new(Vec::new())));
    let seen = Arc::clone(&times);
    let server = Server::start(move |asked| {
        seen.lock().expect("the times").push(clock.elapsed().as_secs_f64());
        by_cursor(asked)
    });
    let at_the_default_rate =
        |bench: &Bench, to| Settings { base: server.base(), ..Settings::new(Key::new(KEY), 2021, to, bench.state()) };
    let done = bench.run(at_the_default_rate(&bench, 2024)).unwrap();
    assert_eq!((done.pages.len(), done.waited), (12, bench.clock.elapsed()));
    assert!(bench.waits().iter().all(|wait| **wait == Wait::Rate) && !bench.waits().is_empty());
    drop(done);
    // The next run knows how lately the provider was asked, also if it is about other pages.
    let next = bench.run(at_the_default_rate(&bench, 2022)).unwrap();
    assert!(next.waited > Duration::ZERO);
    let times = times.lock().unwrap().clone();
    assert_eq!(times.len(), 18);
    assert_eq!(times[..5], [0.0; 5], "the first five go at once");
    for from in &times {
        let within = times.iter().filter(|at| (*from..from + 60.0).contains(*at)).count();
        assert!(within <= 5, "{within} requests in the minute from {from}: {times:?}");
    }
}

#[test]
fn settings_that_cannot_work_are_refused_before_anything_is_asked() {
    let bench = Bench::new();
    for base in ["ftp://127.0.0.1/v1", "games.csv", "http://me:word@127.0.0.1/v1"] {
        let error = Download::new(bench.settings(base)).unwrap_err();
        assert!(matches!(&error, DownloadError::Settings(reason) if reason.contains("an address such as")), "{error}");
    }
    let keyless = Settings { key: Key::new(" "), ..bench.settings("http://127.0.0.1/v1") };
    assert!(matches!(Download::new(keyless), Err(DownloadError::Settings(_))));
    let download = Download::new(bench.settings("http://127.0.0.1/v1")).unwrap();
    assert!(!format!("{download:?}").contains(KEY));
    assert!(!bench.state().exists());
}
