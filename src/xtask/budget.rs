//! The byte budget: everything transferred to first predictions, gzip, in at most 500,000 bytes.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use flate2::{Compression, write::GzEncoder};

use super::data::newest_season_file;
use super::process::say;
use super::stamp::files_under;

/// The most that may be transferred, in bytes.
pub const BUDGET: u64 = 500_000;

/// One file on the way to first predictions.
#[derive(Debug, PartialEq, Eq)]
pub struct Transferred {
    /// Path in `dist/`.
    pub path: String,
    /// Size as it lies on disk.
    pub raw: u64,
    /// Size as it is transferred.
    pub gzip: u64,
}

/// Prints the table and fails over the budget.
pub fn check(dist: &Path) -> Result<()> {
    let files = measure(dist)?;
    let total: u64 = files.iter().map(|file| file.gzip).sum();
    say(&format!("    {:>9} {:>9}  file", "raw", "gzip"));
    for file in &files {
        say(&format!("    {:>9} {:>9}  {}", file.raw, file.gzip, file.path));
    }
    say(&format!("    {:>9} {:>9}  of {BUDGET}", files.iter().map(|file| file.raw).sum::<u64>(), total));
    if total > BUDGET {
        bail!("{total} bytes are transferred to first predictions, {} over the budget of {BUDGET}", total - BUDGET);
    }
    Ok(())
}

/// What a first visit loads, largest first: the page with its scripts, styles and module, the worker's script,
/// and of the data the index, the journal and the newest season.
pub fn measure(dist: &Path) -> Result<Vec<Transferred>> {
    let season = format!("data/{}", newest_season_file(&dist.join("data"))?);
    let index = fs::read_to_string(dist.join("index.html")).context("the site has no index.html")?;
    let mut files = Vec::new();
    for file in files_under(dist)? {
        let path = file.strip_prefix(dist)?.to_string_lossy().replace('\\', "/");
        let first = match path.strip_prefix("data/") {
            Some(data) => data == "index.json" || data == "store.jsonl" || path == season,
            // Pages behind other addresses, marks for the host, and what is loaded when it is needed: the lab with the
            // worker's program.
            None if path.ends_with(".css") => index.contains(&path),
            None => {
                !(path == ".nojekyll" || path.starts_with("lab") || path.ends_with(".html") && path != "index.html")
            }
        };
        if first {
            let bytes = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
            files.push(Transferred { path, raw: bytes.len() as u64, gzip: gzip_size(&bytes)? });
        }
    }
    for (what, found) in [("module", "_bg.wasm"), ("journal", "data/store.jsonl"), ("worker's script", "worker.js")] {
        if !files.iter().any(|file| file.path.ends_with(found)) {
            bail!("{} has no {what} ({found}): the site is not whole", dist.display());
        }
    }
    files.sort_by(|a, b| b.gzip.cmp(&a.gzip).then_with(|| a.path.cmp(&b.path)));
    Ok(files)
}

fn gzip_size(bytes: &[u8]) -> Result<u64> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?.len() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A site whose newest season does not compress and has this many bytes.
    fn site(season_bytes: usize) -> Result<tempfile::TempDir> {
        let folder = tempfile::tempdir()?;
        fs::create_dir(folder.path().join("data"))?;
        let noise: Vec<u8> = (0..season_bytes as u64)
            .map(|i| (i.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_pow(3) >> 40) as u8)
            .collect();
        let index = r#"{"files":[{"path":"2024.json","season":2024},{"path":"2025.json","season":2025}]}"#;
        for (path, bytes) in [
            ("index.html", &b"<html>"[..]),
            ("404.html", b"<html>"),
            ("worker.js", b"//"),
            ("fans_bg.wasm", b"\0asm"),
            ("lab_bg.wasm", b"\0asm"),
            ("data/index.json", index.as_bytes()),
            ("data/store.jsonl", b"{}"),
            ("data/2024.json", b"[]"),
            ("data/2025.json", &noise),
        ] {
            fs::write(folder.path().join(path), bytes)?;
        }
        Ok(folder)
    }

    #[test]
    fn older_seasons_and_the_copy_for_deep_links_do_not_count() -> Result<()> {
        let folder = site(10)?;
        let paths: Vec<String> = measure(folder.path())?.into_iter().map(|file| file.path).collect();
        assert!(!paths.contains(&"404.html".to_owned()) && !paths.contains(&"data/2024.json".to_owned()));
        assert_eq!(paths.len(), 6);
        check(folder.path())
    }

    #[test]
    fn a_site_over_the_budget_fails() -> Result<()> {
        let folder = site(510_000)?;
        let message = check(folder.path()).map_err(|error| error.to_string());
        assert!(matches!(&message, Err(text) if text.contains("over the budget")), "{message:?}");
        Ok(())
    }

    #[test]
    fn a_site_without_its_module_is_not_a_small_site() -> Result<()> {
        let folder = site(10)?;
        fs::remove_file(folder.path().join("fans_bg.wasm"))?;
        assert!(check(folder.path()).is_err());
        Ok(())
    }
}
