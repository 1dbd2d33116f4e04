//! A folder that a browser hands over, file by file.

use std::collections::BTreeSet;

use super::archive::{Bounds, Meter};
use super::error::ImportError;
use super::names;

/// What a folder holds: every path and size is held against the rules and the bounds of an import before a byte of it is
/// read. A folder that leads into itself ends at the depth of a path.
#[derive(Debug)]
pub struct Listing {
    meter: Meter,
    seen: BTreeSet<String>,
}

impl Listing {
    /// Nothing is listed yet.
    pub fn new(bounds: Bounds) -> Self {
        Self { meter: Meter::new(bounds), seen: BTreeSet::new() }
    }

    /// Lists a folder, and gives its path within what was handed over: a browser's may begin with a slash.
    ///
    /// # Errors
    /// As [`Listing::file`].
    pub fn folder(&mut self, path: &str) -> Result<String, ImportError> {
        self.file(path, 0)
    }

    /// Lists a file of so many bytes, and gives its path.
    ///
    /// # Errors
    /// Where the path leads elsewhere, is too long, too deep, or there already, and where a bound is passed; each with
    /// the path.
    pub fn file(&mut self, path: &str, bytes: u64) -> Result<String, ImportError> {
        let path = path.strip_prefix('/').unwrap_or(path);
        let refused = |reason| ImportError::Path { path: path.chars().take(200).collect(), reason };
        names::relative(path).map_err(refused)?;
        if !self.seen.insert(path.to_owned()) {
            return Err(refused("it is there twice".to_owned()));
        }
        self.meter.take(path, bytes)?;
        Ok(path.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_taken_within_the_folder_that_was_handed_over() {
        let mut listing = Listing::new(Bounds::default());
        assert_eq!(listing.folder("/mlruns"), Ok("mlruns".to_owned()));
        assert_eq!(listing.file("/mlruns/0/meta.yaml", 20), Ok("mlruns/0/meta.yaml".to_owned()));
        assert_eq!(listing.file("mlruns/1/meta.yaml", 20), Ok("mlruns/1/meta.yaml".to_owned()));
    }

    #[test]
    fn a_path_that_leads_elsewhere_or_is_there_already_is_refused_by_its_name() {
        let mut listing = Listing::new(Bounds::default());
        listing.file("/mlruns/a", 1).unwrap();
        let deep = "d/".repeat(65);
        for path in ["//etc/passwd", "/mlruns/../x", "/mlruns/a\\b", "/", "C:/x", "mlruns/a", deep.as_str()] {
            let refused = listing.file(path, 1).expect_err(path);
            let inner = path.strip_prefix('/').unwrap_or(path);
            assert!(matches!(&refused, ImportError::Path { path, .. } if path == inner), "{path}: {refused}");
        }
    }

    #[test]
    fn what_is_larger_than_a_bound_is_refused_before_it_is_read() {
        let small = || Listing::new(Bounds { entries: 3, file: 10, total: 15, ratio: 1 });
        let told = |done: Result<String, ImportError>| done.unwrap_err().to_string();
        assert_eq!(told(small().file("m/a", 11)), "m/a: expected at most 10 bytes, found 11 bytes");
        let mut listing = small();
        listing.folder("m").unwrap();
        listing.file("m/a", 9).unwrap();
        assert_eq!(told(listing.file("m/b", 9)), "the whole: expected at most 15 bytes, found 18 bytes");
        let mut listing = small();
        for path in ["a", "b", "c"] {
            listing.folder(path).unwrap();
        }
        assert!(told(listing.folder("d")).contains("at most 3 files and folders"));
    }
}
