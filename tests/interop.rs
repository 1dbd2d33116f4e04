//! The real MLflow opens what is exported and published here, and its own store is read.
//!
//! Started by `cargo xtask test --interop` with the Python that has MLflow in `LINELOGIC_INTEROP_PYTHON`; plain
//! `cargo test` leaves it out. What is compared, and how, is in `tests/reference/interop_mlflow.py`.
#![cfg(all(feature = "native", not(target_arch = "wasm32")))]

use std::env;
use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// A folder with a store.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn run(&self, args: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_linelogic"));
        command.current_dir(self.0.path()).args(["--store", "store", "--data", "data"]).args(args);
        command.output().expect("the command runs")
    }

    #[track_caller]
    fn json(&self, args: &[&str]) -> Value {
        let output = self.run(&[args, &["--json"]].concat());
        assert!(output.status.success(), "{args:?}: {}", shown(&output));
        serde_json::from_slice(&output.stdout).expect("one JSON document and nothing else")
    }

    /// What a command prints as JSON, as a file.
    #[track_caller]
    fn keep(&self, args: &[&str], name: &str) -> String {
        fs::write(self.path(name), self.json(args).to_string()).expect("written");
        self.path(name).display().to_string()
    }

    /// Two trainings on the simulated league, of which the first is in Production.
    fn trained() -> Self {
        let place = Self::new();
        for strength in ["0.1", "1"] {
            place.json(&["train", "--source", "demo", "--strengths", strength]);
        }
        let promoted = place.run(&["registry", "promote", "1.0.0", "--override", "a test"]);
        assert!(promoted.status.success(), "{}", shown(&promoted));
        place
    }
}

fn shown(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn python_program() -> PathBuf {
    env::var_os("LINELOGIC_INTEROP_PYTHON").map(PathBuf::from).expect("start it by `cargo xtask test --interop`")
}

/// Runs the reference script; it must say `ok`.
#[track_caller]
fn mlflow(folder: &Path, args: &[&str]) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/interop_mlflow.py");
    let mut command = Command::new(python_program());
    let output = command.current_dir(folder).arg(script).args(args).output().expect("Python runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && said.contains("ok "), "{args:?}: {}", shown(&output));
    said
}

#[test]
fn mlflows_own_store_is_read_and_read_again_changes_nothing() {
    let place = Place::new();
    let folder = place.0.path();
    mlflow(folder, &["write", &folder.display().to_string()]);
    let imported = place.json(&["import", "mlruns"]);
    assert_eq!((&imported["runs"], &imported["known"]), (&6.into(), &0.into()), "{imported}");
    let notes = imported["notes"].to_string();
    assert!(
        notes.contains("not kept: version 1 of ") && notes.contains("it was not registered by this app"),
        "{notes}"
    );
    assert!(notes.contains("1 dataset inputs"), "{notes}");
    assert_eq!(imported["versions"], 0, "{imported}");
    let runs = place.keep(&["runs", "list", "--all"], "runs.json");
    mlflow(folder, &["compare", "file:mlruns", &runs, "-"]);
    let again = place.json(&["import", "mlruns"]);
    assert_eq!((&again["runs"], &again["known"]), (&0.into(), &6.into()), "{again}");
    // What was read goes out, and MLflow finds the same in it.
    place.json(&["export", "mlflow", "--out", "out"]);
    mlflow(&place.path("out"), &["compare", "file:mlruns", &runs, "-"]);
}

#[test]
fn mlflow_opens_an_export_and_moves_it_into_a_database_with_equal_counts() {
    let place = Place::trained();
    let folder = place.0.path();
    mlflow(folder, &["write", &folder.display().to_string()]);
    place.json(&["import", "mlruns"]);
    let runs = place.keep(&["runs", "list", "--all"], "runs.json");
    let versions = place.keep(&["registry", "list"], "versions.json");
    place.json(&["export", "mlflow", "--out", "out"]);
    let out = place.path("out");
    let said = mlflow(&out, &["compare", "file:mlruns", &runs, &versions]);
    assert!(said.contains("10 runs") && said.contains("2 versions"), "{said}");
    let moved = mlflow(&out, &["migrate", ".", &place.path("moved.db").display().to_string()]);
    assert!(moved.contains("10 runs") && moved.contains("2 model_versions"), "{moved}");
    // The archive holds the same, and another store takes it.
    place.json(&["export", "mlflow", "--out", "out.zip"]);
    let other = Place::new();
    let imported = other.json(&["import", &place.path("out.zip").display().to_string()]);
    assert_eq!((&imported["runs"], &imported["versions"]), (&10.into(), &2.into()), "{imported}");
    let theirs = other.json(&["runs", "list", "--all"]);
    assert_eq!(theirs, place.json(&["runs", "list", "--all"]), "the same runs, to the last digit");
}

#[test]
fn a_publication_that_is_broken_off_is_completed_and_a_second_changes_nothing() {
    let place = Place::trained();
    let folder = place.0.path();
    mlflow(folder, &["write", &folder.display().to_string()]);
    place.json(&["import", "mlruns"]);
    let runs = place.keep(&["runs", "list", "--all"], "runs.json");
    let versions = place.keep(&["registry", "list"], "versions.json");
    let server = Server::start(folder);
    let mut broken = 0;
    for calls in [1, 3, 5, 8, 12, 17, 22] {
        let proxy = Proxy::start(server.port, calls);
        let output = place.run(&["publish", "--mlflow", &format!("http://127.0.0.1:{}", proxy.port)]);
        if !output.status.success() {
            broken += 1;
            assert_eq!(output.status.code(), Some(3), "{}", shown(&output));
            assert!(shown(&output).contains("the same command completes it"), "{}", shown(&output));
        }
    }
    assert!(broken >= 5, "{broken} of the publications were broken off");
    let address = server.address();
    place.json(&["publish", "--mlflow", &address]);
    mlflow(folder, &["compare", &address, &runs, &versions, "linelogic.run_id"]);
    let again = place.json(&["publish", "--mlflow", &address]);
    assert_eq!((&again["changes"], &again["runs_unchanged"]), (&0.into(), &10.into()), "{again}");
    mlflow(folder, &["compare", &address, &runs, &versions, "linelogic.run_id"]);
    // A later stage reaches the server, with its alias, and nothing else does.
    let promoted = place.run(&["registry", "promote", "1.1.0", "--override", "a test"]);
    assert!(promoted.status.success(), "{}", shown(&promoted));
    let versions = place.keep(&["registry", "list"], "versions.json");
    let later = place.json(&["publish", "--mlflow", &address]);
    assert_eq!((&later["runs_unchanged"], &later["versions_created"]), (&10.into(), &0.into()), "{later}");
    mlflow(folder, &["compare", &address, &runs, &versions, "linelogic.run_id"]);
    refuses(&place, &address);
}

/// What a server says against it is told with the call and the status.
fn refuses(place: &Place, address: &str) {
    let output = place.run(&["publish", "--mlflow", address, "--experiment", "gone"]);
    assert!(output.status.success(), "{}", shown(&output));
    let nowhere = place.run(&["publish", "--mlflow", &format!("{address}/nowhere")]);
    assert_eq!(nowhere.status.code(), Some(3), "{}", shown(&nowhere));
    assert!(shown(&nowhere).contains("GET experiments/get-by-name: the server answers 404"), "{}", shown(&nowhere));
}

/// A live MLflow server on a free port, with a database and files of its own; it ends with this.
struct Server {
    child: Child,
    port: u16,
}

impl Server {
    fn start(folder: &Path) -> Self {
        use std::os::unix::process::CommandExt as _;
        let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port").port();
        let log = fs::File::create(folder.join("server.log")).expect("a file");
        let child = Command::new(python_program())
            .current_dir(folder)
            .args(["-m", "mlflow", "server", "--host", "127.0.0.1", "--workers", "1", "--port", &port.to_string()])
            .args(["--backend-store-uri", "sqlite:///server.db", "--artifacts-destination", "files"])
            .arg("--serve-artifacts")
            .env("MLFLOW_DISABLE_TELEMETRY", "true")
            .stdout(Stdio::from(log.try_clone().expect("a file")))
            .stderr(Stdio::from(log))
            // Its workers are of its group, and end with it.
            .process_group(0)
            .spawn()
            .expect("MLflow starts");
        let server = Self { child, port };
        let start = Instant::now();
        while !server.healthy() {
            let log = fs::read_to_string(folder.join("server.log")).unwrap_or_default();
            assert!(start.elapsed() < Duration::from_secs(300), "MLflow does not answer: {log}");
            thread::sleep(Duration::from_millis(300));
        }
        server
    }

    fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    fn healthy(&self) -> bool {
        let request = b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        exchanged(self.port, request).is_ok_and(|answer| answer.starts_with(b"HTTP/1.1 200"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let group = format!("-{}", self.child.id());
        let _ = Command::new("kill").args(["-TERM", "--", &group]).status();
        let _ = self.child.wait();
    }
}

fn exchanged(port: u16, request: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut there = TcpStream::connect(("127.0.0.1", port))?;
    there.write_all(request)?;
    let mut answer = Vec::new();
    there.read_to_end(&mut answer)?;
    Ok(answer)
}

/// Stands before the server and passes on so many calls that change something; of the next one the answer is lost, and
/// after it nothing passes.
struct Proxy {
    port: u16,
}

impl Proxy {
    fn start(server: u16, calls: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let passed = Arc::new(AtomicUsize::new(0));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let passed = Arc::clone(&passed);
                thread::spawn(move || drop(pass(stream, server, calls, &passed)));
            }
        });
        Self { port }
    }
}

fn pass(mut stream: TcpStream, server: u16, calls: usize, passed: &AtomicUsize) -> std::io::Result<()> {
    let request = request(&mut stream)?;
    let asks = request.starts_with(b"GET") || request.starts_with(b"POST /api/2.0/mlflow/runs/search");
    let before = passed.fetch_add(usize::from(!asks), Ordering::SeqCst);
    if before < calls || (before == calls && !asks) {
        let answer = exchanged(server, &request)?;
        if before < calls {
            stream.write_all(&answer)?;
        }
    }
    stream.shutdown(Shutdown::Both)
}

/// A whole request, which asks for the connection to end after its answer.
fn request(stream: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let (mut bytes, mut piece) = (Vec::new(), [0; 4096]);
    let head = loop {
        if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break at + 4;
        }
        match stream.read(&mut piece)? {
            0 => return Ok(bytes),
            read => bytes.extend_from_slice(&piece[..read]),
        }
    };
    let lines = String::from_utf8_lossy(&bytes[..head]).to_lowercase();
    let length = lines.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
    while bytes.len() < head + length.unwrap_or(0) {
        match stream.read(&mut piece)? {
            0 => break,
            read => bytes.extend_from_slice(&piece[..read]),
        }
    }
    let mut request = bytes[..head - 2].to_vec();
    request.extend_from_slice(b"Connection: close\r\n\r\n");
    request.extend_from_slice(&bytes[head..]);
    Ok(request)
}
