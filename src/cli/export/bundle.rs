//! `export bundle` to a signed file.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::written;
use crate::adapters::SystemClock;
use crate::base::Digest;
use crate::cli::operation::store_there;
use crate::cli::{Failure, Global, Outcome, failed, person};
use crate::flows::exchange::bundle::{BundleError, Signer, export, fingerprint_of, open};
use crate::ports::{Clock, Store};

/// Flags.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Where to write it: *.zip and *.bundle are signed, anything else is the journal
    #[arg(long, value_name = "PATH")]
    pub(super) out: PathBuf,
    /// Who makes it, for the reader of a signed file; without it the environment's user name
    #[arg(long, value_name = "NAME", value_parser = person::name)]
    profile: Option<String>,
    /// Of the journal: write what only the lab shows (runs, alerts, drift, served features) to lab.jsonl and the files of runs to artifacts/
    #[arg(long)]
    pub(super) split: bool,
}

impl Args {
    /// Whether it is to be the signed file.
    pub(super) fn signed(&self) -> bool {
        self.out.extension().is_some_and(|ending| ending == "zip" || ending == "bundle")
    }
}

/// Name of the secret key in the store's folder.
const KEY_FILE: &str = "signing.key";

#[derive(Serialize)]
struct Exported<'a> {
    path: &'a Path,
    bytes: usize,
    digest: Digest,
    key: Digest,
    counts: std::collections::BTreeMap<String, u64>,
}

/// Runs it.
pub(super) fn run(args: &Args, global: &Global) -> Outcome {
    let store = store_there(global)?;
    let (_, documents) = pollster::block_on(store.scan(""))?;
    let key = signing_key(&global.store)?;
    let name = person::actor(args.profile.as_deref());
    let signer = Signer { key: &key, name: &name, at: SystemClock.now() };
    let bytes = export(&documents, &signer)?;
    let counts = open(&bytes, Some(fingerprint_of(&key)))?.manifest.counts;
    written(&args.out, &bytes)?;
    let (digest, key) = (Digest::of_bytes(&bytes), fingerprint_of(&key));
    let exported = Exported { path: &args.out, bytes: bytes.len(), digest, key, counts };
    global.print(&exported, || {
        let counts: Vec<String> = exported.counts.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
        format!(
            "{}: {} bytes ({})\nsigned with the key {key}\na reader can ask for it: linelogic import {} --expect-key {key}",
            args.out.display(),
            exported.bytes,
            counts.join(", "),
            args.out.display()
        )
    })
}

/// The store's secret key, made at its first use: 64 hexadecimal digits that only their owner may read.
fn signing_key(store: &Path) -> Result<[u8; 32], Failure> {
    let path = store.join(KEY_FILE);
    match fs::read_to_string(&path) {
        Ok(text) => read_key(text.trim()).ok_or_else(|| {
            Failure::Environment(format!(
                "{}: expected 64 hexadecimal digits; move the file away, and a new key is made",
                path.display()
            ))
        }),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let mut key = [0; 32];
            getrandom::fill(&mut key)
                .map_err(|error| Failure::Environment(format!("no random numbers from the system: {error}")))?;
            let text: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
            let mut options = OpenOptions::new();
            options.write(true).create_new(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            let made = options.open(&path).and_then(|mut file| {
                file.write_all(text.as_bytes())?;
                file.sync_all()
            });
            made.map_err(|error| failed(&path, &error))?;
            Ok(key)
        }
        Err(error) => Err(failed(&path, &error)),
    }
}

fn read_key(text: &str) -> Option<[u8; 32]> {
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    let byte = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).ok();
    let bytes: Option<Vec<u8>> = (0..64).step_by(2).map(byte).collect();
    bytes?.try_into().ok()
}

impl From<BundleError> for Failure {
    fn from(error: BundleError) -> Self {
        match error {
            BundleError::Store(error) => error.into(),
            other => Failure::Gate(other.to_string()),
        }
    }
}
