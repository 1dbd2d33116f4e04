//! Zip archives: written the same for the same content, read within bounds.

use std::collections::BTreeSet;
use std::io::{Cursor, Read as _, Write as _};

use zip::read::ZipFile;
use zip::result::ZipResult;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

use super::Entry;
use super::error::{ExportError, ImportError, shown};
use super::names;

/// What is taken of a tree or an archive at most. Whatever an archive's headers promise, no more is unpacked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Files and folders.
    pub entries: usize,
    /// Bytes of one file, unpacked.
    pub file: u64,
    /// Bytes of all files together, unpacked.
    pub total: u64,
    /// How many times larger than its packed bytes a file may be, where it is larger than [`SMALL`].
    pub ratio: u64,
}

/// Files up to this size may be as compressible as they like.
pub const SMALL: u64 = 1 << 20;

impl Default for Bounds {
    fn default() -> Self {
        Self { entries: 1_000_000, file: 64 << 20, total: 512 << 20, ratio: 200 }
    }
}

/// Counts what is taken and refuses what is too much.
#[derive(Debug)]
pub struct Meter {
    bounds: Bounds,
    entries: usize,
    total: u64,
}

impl Meter {
    /// Nothing is taken yet.
    pub fn new(bounds: Bounds) -> Self {
        Self { bounds, entries: 0, total: 0 }
    }

    /// Takes an entry of so many bytes.
    ///
    /// # Errors
    /// Where a bound is passed.
    pub fn take(&mut self, place: &str, bytes: u64) -> Result<(), ImportError> {
        self.entries += 1;
        self.total += bytes;
        let Bounds { entries, file, total, .. } = self.bounds;
        let too_large = |place: &str, found: u64, limit: u64, unit: &str| ImportError::TooLarge {
            place: place.to_owned(),
            found: format!("{found} {unit}"),
            limit: format!("{limit} {unit}"),
        };
        if self.entries > entries {
            return Err(too_large("the whole", self.entries as u64, entries as u64, "files and folders"));
        }
        if bytes > file {
            return Err(too_large(place, bytes, file, "bytes"));
        }
        if self.total > total {
            return Err(too_large("the whole", self.total, total, "bytes"));
        }
        Ok(())
    }
}

/// Whether these are the first bytes of a zip archive.
pub fn is_zip(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06")
}

/// Packs files and folders, in the order of their paths and without times, so that the same content gives the same
/// bytes.
///
/// # Errors
/// Where a path cannot stand in an archive.
pub fn write(entries: &[Entry]) -> Result<Vec<u8>, ExportError> {
    let mut sorted: Vec<&Entry> = entries.iter().collect();
    sorted.sort_by(|a, b| a.0.cmp(&b.0));
    let entries = sorted.into_iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice()));
    zipped(entries, CompressionMethod::Deflated).map_err(|error| ExportError::Archive(error.to_string()))
}

/// A zip of these entries, in this order, nothing compressed and every entry dated 1980: the same entries give the same bytes.
///
/// # Errors
/// If two entries have one name, or a name or size is beyond what a zip can have.
pub fn stored<'a>(entries: impl Iterator<Item = (&'a str, &'a [u8])>) -> ZipResult<Vec<u8>> {
    zipped(entries, CompressionMethod::Stored)
}

fn zipped<'a>(entries: impl Iterator<Item = (&'a str, &'a [u8])>, method: CompressionMethod) -> ZipResult<Vec<u8>> {
    let options = SimpleFileOptions::default()
        .compression_method(method)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (path, bytes) in entries {
        if path.ends_with('/') {
            writer.add_directory(path, options.unix_permissions(0o755))?;
        } else {
            writer.start_file(path, options)?;
            writer.write_all(bytes)?;
        }
    }
    Ok(writer.finish()?.into_inner())
}

/// Unpacks an archive within bounds; each path is relative and stays within.
///
/// # Errors
/// Where it is damaged, leads elsewhere, or is larger than the bounds.
pub fn read(bytes: &[u8], bounds: Bounds) -> Result<Vec<Entry>, ImportError> {
    let damaged = |error: &dyn std::fmt::Display| ImportError::Archive(error.to_string());
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| damaged(&error))?;
    let mut meter = Meter::new(bounds);
    let (mut seen, mut entries) = (BTreeSet::new(), Vec::new());
    for at in 0..archive.len() {
        let file = archive.by_index(at).map_err(|error| damaged(&error))?;
        let path = file.name().map_err(|error| damaged(&error))?.into_owned();
        let refused =
            |reason: &str| ImportError::Path { path: path.chars().take(200).collect(), reason: reason.into() };
        names::relative(&path).map_err(|reason| refused(&reason))?;
        if file.is_symlink() {
            return Err(refused("it is a link"));
        }
        if !seen.insert(path.clone()) {
            return Err(refused("it is there twice"));
        }
        let content = if file.is_dir() { Vec::new() } else { unpack(file, &path, bounds)? };
        meter.take(&path, content.len() as u64)?;
        entries.push((path, content));
    }
    Ok(entries)
}

/// The bytes of a file, read no further than a bound, whatever its header says of its size.
fn unpack<R: std::io::Read>(file: ZipFile<'_, R>, path: &str, bounds: Bounds) -> Result<Vec<u8>, ImportError> {
    let packed = file.compressed_size().max(1);
    let by_ratio = packed.saturating_mul(bounds.ratio).max(SMALL);
    let limit = bounds.file.min(by_ratio);
    let mut content = Vec::new();
    let read = file.take(limit + 1).read_to_end(&mut content);
    read.map_err(|error| ImportError::Archive(format!("{}: {error}", shown(path))))?;
    if content.len() as u64 <= limit {
        return Ok(content);
    }
    let limit = if limit == bounds.file {
        format!("{limit} bytes")
    } else {
        format!("{} times its packed {packed} bytes", bounds.ratio)
    };
    Err(ImportError::TooLarge { place: path.to_owned(), found: "more".to_owned(), limit })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(path: &str, bytes: &[u8]) -> Entry {
        (path.to_owned(), bytes.to_vec())
    }

    #[test]
    fn an_archive_comes_back_and_does_not_depend_on_the_order() {
        let entries = [entry("m/b/c.txt", b"text"), entry("m/a/", b""), entry("m/b/0.bin", &[0, 255, 1])];
        let packed = write(&entries).unwrap();
        let mut reversed = entries.to_vec();
        reversed.reverse();
        assert_eq!(write(&reversed).unwrap(), packed);
        assert!(is_zip(&packed));
        let mut wanted = entries.to_vec();
        wanted.sort();
        assert_eq!(read(&packed, Bounds::default()).unwrap(), wanted);
    }

    #[test]
    fn paths_to_elsewhere_and_links_are_refused() {
        for path in ["../x", "/x", "a/../../x", "C:/x", "a\\b"] {
            // The writer does not ask where a path leads.
            let packed = write(&[entry("a.txt", b"x"), entry(path, b"x")]).unwrap();
            let error = read(&packed, Bounds::default()).expect_err(path);
            assert!(matches!(error, ImportError::Path { .. }), "{path}: {error}");
        }
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        writer.add_symlink("link", "/etc/passwd", SimpleFileOptions::default()).unwrap();
        let packed = writer.finish().unwrap().into_inner();
        assert!(read(&packed, Bounds::default()).expect_err("a link").to_string().contains("it is a link"));
    }

    #[test]
    fn what_grows_beyond_the_bounds_is_not_unpacked() {
        let zeros = write(&[entry("zeros", &vec![0; 4 << 20])]).unwrap();
        assert!(zeros.len() < 8 << 10, "{}", zeros.len());
        let error = read(&zeros, Bounds::default()).expect_err("a bomb");
        assert!(error.to_string().contains("200 times its packed"), "{error}");
        let small = Bounds { entries: 2, file: 10, total: 15, ratio: 200 };
        let refused = |entries: &[Entry], says: &str| {
            let error = read(&write(entries).unwrap(), small).expect_err(says);
            assert!(matches!(error, ImportError::TooLarge { .. }), "{error}");
            assert!(error.to_string().contains(says), "{error}");
        };
        refused(&[entry("a", &[1; 11])], "a: expected at most 10 bytes");
        refused(&[entry("a", &[1; 9]), entry("b", &[1; 9])], "the whole: expected at most 15 bytes, found 18");
        refused(&[entry("a", b""), entry("b", b""), entry("c", b"")], "at most 2 files");
    }

    #[test]
    fn a_size_that_a_header_lies_about_does_not_matter() {
        let mut packed = write(&[entry("zeros", &vec![0; 4 << 20])]).unwrap();
        // The size in the central directory and, before the data, in the local header.
        let size = (4_u32 << 20).to_le_bytes();
        while let Some(at) = packed.windows(4).position(|four| four == size) {
            packed[at..at + 4].copy_from_slice(&7_u32.to_le_bytes());
        }
        assert!(read(&packed, Bounds::default()).is_err());
    }

    #[test]
    fn a_damaged_archive_is_refused() {
        let packed = write(&[entry("a.txt", &[b'x'; 5000]), entry("b.txt", b"other")]).unwrap();
        for cut in [0, 4, 30, packed.len() / 2, packed.len() - 1] {
            assert!(read(&packed[..cut], Bounds::default()).is_err(), "{cut}");
        }
        let mut damaged = packed;
        damaged[45] ^= 0xff;
        assert!(read(&damaged, Bounds::default()).is_err());
    }
}
