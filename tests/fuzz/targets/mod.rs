//! What is held against every input that a parser may meet, however broken. The fuzzer runs it on inputs that it makes
//! up (`cargo xtask fuzz`), and `tests/fuzz_corpus.rs` on those that are kept.

mod accept;
mod documents;
mod files;
mod readers;

/// What is held against an input: it panics where a promise is broken.
pub type Target = fn(&[u8]);

/// Every target by its name.
pub const TARGETS: [(&str, Target); 14] = [
    ("csv", readers::csv),
    ("json", readers::json),
    ("accept", accept::accept),
    ("scalar", accept::scalar),
    ("files", files::files),
    ("games_table", files::games_table),
    ("finder_table", files::finder_table),
    ("season", files::season),
    ("balldontlie", files::balldontlie),
    ("records", files::records),
    ("backup", files::backup),
    ("documents", documents::documents),
    ("protocol", documents::protocol),
    ("journal", documents::journal),
];

/// Runs a target on an input; it panics where a promise is broken.
#[track_caller]
pub fn run(name: &str, bytes: &[u8]) {
    let target = TARGETS.iter().find(|(known, _)| *known == name);
    let (_, body) = target.unwrap_or_else(|| panic!("there is no target {name}"));
    body(bytes);
}

/// The first byte, as a choice among `count`, and the rest.
fn choice(bytes: &[u8], count: usize) -> (usize, &[u8]) {
    match bytes.split_first() {
        Some((first, rest)) => (usize::from(*first) % count, rest),
        None => (0, bytes),
    }
}

/// Gives one byte at a time.
struct Trickle<'a>(&'a [u8]);

impl std::io::Read for Trickle<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.0.len().min(buffer.len()).min(1);
        buffer[..count].copy_from_slice(&self.0[..count]);
        self.0 = &self.0[count..];
        Ok(count)
    }
}
