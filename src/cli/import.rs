//! `linelogic import`: what another store exported, into this one.

use std::fs;
use std::path::PathBuf;

use serde::Serialize;

use super::operation::store;
use super::{Failure, Global, Outcome, failed, mlruns};
use crate::base::{Digest, Instant, rfc3339};
use crate::flows::exchange::bundle::{self, Imported, MOST_BYTES};

/// Flags.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A signed bundle of `linelogic export bundle`, or a zip archive or a folder with an MLflow store (mlruns)
    path: PathBuf,
    /// Take a bundle only if this key signed it (the fingerprint that the export prints)
    #[arg(long, value_name = "FINGERPRINT", value_parser = fingerprint)]
    expect_key: Option<Digest>,
}

#[derive(Serialize)]
struct Report<'a> {
    exported_by: &'a str,
    exported_at: Instant,
    key: Digest,
    #[serde(flatten)]
    imported: Imported,
}

/// With `sha256:` in front or without.
fn fingerprint(text: &str) -> Result<Digest, String> {
    if text.starts_with("sha256:") { text.parse() } else { format!("sha256:{text}").parse() }
}

/// Runs it. What a file is, its content says.
pub fn run(args: &Args, global: &Global) -> Outcome {
    let path = &args.path;
    if path.is_dir() {
        return mlruns::run_import(path, global);
    }
    let size = fs::metadata(path).map_err(|error| failed(path, &error))?.len();
    if size > MOST_BYTES as u64 {
        let path = path.display();
        return Err(Failure::Gate(format!("{path} has {size} bytes: expected at most {MOST_BYTES}")));
    }
    let bytes = fs::read(path).map_err(|error| failed(path, &error))?;
    if !bundle::is_bundle(&bytes) {
        return mlruns::run_import(path, global);
    }
    import_bundle(args, global, &bytes)
}

fn import_bundle(args: &Args, global: &Global, bytes: &[u8]) -> Outcome {
    let opened = bundle::open(bytes, args.expect_key)?;
    let imported = pollster::block_on(bundle::import(&store(global)?, &opened))?;
    let (exported_by, exported_at) = (opened.manifest.exported_by.as_str(), opened.manifest.exported_at);
    let report = Report { exported_by, exported_at, key: opened.fingerprint, imported };
    global.print(&report, || {
        let added: Vec<String> = report.imported.added.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
        let added = if added.is_empty() { "nothing new".to_owned() } else { added.join(", ") };
        format!(
            "exported by {exported_by:?} at {}\nsigned with the key {}\nadded: {added}; there already: {}",
            rfc3339(exported_at),
            report.key,
            report.imported.present
        )
    })
}
