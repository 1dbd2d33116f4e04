//! A server on this machine that answers as a test wants it, down to the byte. It stops when it is dropped, and by
//! itself after a bounded number of requests.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// More requests than any test makes.
const MOST: usize = 400;
/// No connection is held longer.
const PATIENCE: Duration = Duration::from_secs(20);

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Its number, from 0.
    pub nth: usize,
    /// Path and query.
    pub target: String,
    /// `Authorization`, if it was there.
    pub key: Option<String>,
}

impl Asked {
    /// A parameter of the query.
    pub fn query(&self, name: &str) -> Option<&str> {
        let query = self.target.split_once('?')?.1;
        query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
    }

    /// The season that is asked for.
    pub fn season(&self) -> u64 {
        self.query("seasons[]").and_then(|season| season.parse().ok()).expect("a season")
    }
}

/// What is sent back.
pub enum Reply {
    /// Status 200, JSON, its length.
    Json(String),
    /// A status line such as `429 Too Many Requests`, further headers, a body.
    Status(&'static str, Vec<String>, Vec<u8>),
    /// These bytes and the end.
    Raw(Vec<u8>),
    /// These bytes and then nothing, until the client gives up.
    Stall(Vec<u8>),
    /// These bytes and then a space now and then, until the client gives up.
    Trickle(Vec<u8>),
}

/// The server.
pub struct Server {
    address: SocketAddr,
    log: Arc<Mutex<Vec<Asked>>>,
    stopped: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts one on a free port.
    pub fn start(answer: impl Fn(&Asked) -> Reply + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (log, stopped) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let (told, stop) = (Arc::clone(&log), Arc::clone(&stopped));
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming().take(MOST) {
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                // A client that went away in the middle is what some tests are about.
                let _ = stream.and_then(|stream| serve(stream, &told, &answer));
            }
        });
        Self { address, log, stopped, thread: Some(thread) }
    }

    /// Its address.
    pub fn base(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// What was asked so far.
    pub fn log(&self) -> Vec<Asked> {
        self.log.lock().expect("the log").clone()
    }

    /// The targets that were asked for so far, without what all have in common.
    pub fn targets(&self) -> Vec<String> {
        let short = |asked: Asked| asked.target.replace("/v1/games?seasons[]=", "").replace("&per_page=100", "");
        self.log().into_iter().map(short).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        // Wakes the listener.
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn serve(mut stream: TcpStream, log: &Mutex<Vec<Asked>>, answer: &impl Fn(&Asked) -> Reply) -> std::io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let asked = {
        let (target, key) = head(&stream)?;
        let mut log = log.lock().expect("the log");
        let asked = Asked { nth: log.len(), target, key };
        log.push(asked.clone());
        asked
    };
    match answer(&asked) {
        Reply::Json(body) => stream.write_all(&message("200 OK", &[], body.as_bytes())),
        Reply::Status(status, headers, body) => stream.write_all(&message(status, &headers, &body)),
        Reply::Raw(bytes) => stream.write_all(&bytes),
        Reply::Stall(bytes) => {
            stream.write_all(&bytes)?;
            stream.read(&mut [0]).map(|_| ())
        }
        Reply::Trickle(bytes) => {
            stream.write_all(&bytes)?;
            for _ in 0..400 {
                std::thread::sleep(Duration::from_millis(25));
                stream.write_all(b" ")?;
            }
            Ok(())
        }
    }
}

fn head(stream: &TcpStream) -> std::io::Result<(String, Option<String>)> {
    let mut lines = BufReader::new(stream).lines();
    let first = lines.next().unwrap_or(Ok(String::new()))?;
    let target = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut key = None;
    for line in lines {
        let line = line?;
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("authorization")
        {
            key = Some(value.trim().to_owned());
        }
    }
    Ok((target, key))
}

/// An answer that keeps to the rules.
pub fn message(status: &str, headers: &[String], body: &[u8]) -> Vec<u8> {
    let more: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n{more}\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

/// A port where one connection is answered with what is no TLS, whatever is asked.
pub fn without_tls() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept()?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let mut hello = [0; 4096];
        if stream.read(&mut hello)? > 0 {
            stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")?;
            // The client hangs up first, so that what was written reaches it.
            while stream.read(&mut hello)? > 0 {}
        }
        std::io::Result::Ok(())
    });
    port
}
