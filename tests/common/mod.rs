//! What several test programs share.

use std::env;
use std::path::{Path, PathBuf};

/// A file of the real data that lies beside the project (`../shared/data`, or `LINELOGIC_SHARED`), or nothing
/// and a line that says what was skipped: the data is not part of the project.
#[allow(dead_code)]
pub fn shared(file: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let folder = env::var_os("LINELOGIC_SHARED").map_or(beside, PathBuf::from);
    // Chromedriver takes canonical paths only.
    let folder = folder.canonicalize().unwrap_or(folder);
    let path = folder.join(file);
    if path.is_file() {
        return Some(path);
    }
    eprintln!("skipped: {} is absent; set LINELOGIC_SHARED to the folder that has it", path.display());
    None
}
