//! A folder in which the command line runs.

// Not every test program asks everything.
#![allow(dead_code)]

use std::path::{Path, PathBuf};
use std::process::Output;

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

/// A temporary folder, and what stands before every command's own words.
pub struct Place {
    folder: TempDir,
    before: &'static [&'static str],
}

impl Place {
    /// An empty folder.
    pub fn empty() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder"), before: &[] }
    }

    /// A folder with the simulated league in `data`, which every command is told of.
    pub fn with_league() -> Self {
        let place = Self { before: &["--data", "data"], ..Self::empty() };
        let output = place.run(&["ingest", "--source", "demo", "--out", "data"]);
        assert!(output.status.success(), "{}", show(&output));
        place
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A path in it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    /// Runs a command to its end.
    pub fn run(&self, args: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_linelogic"));
        command.current_dir(self.path()).args(self.before).args(args).output().expect("the command runs")
    }

    /// The exit code, standard output and standard error of a command.
    pub fn said(&self, args: &[&str]) -> (i32, String, String) {
        let output = self.run(args);
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        (output.status.code().expect("an exit code"), text(output.stdout), text(output.stderr))
    }

    /// What a command prints with `--json`; it must end well.
    #[track_caller]
    pub fn json(&self, args: &[&str]) -> Value {
        let output = self.run(&[args, &["--json"]].concat());
        assert!(output.status.success(), "{args:?}: {}", show(&output));
        serde_json::from_slice(&output.stdout).expect("one JSON document and nothing else")
    }
}

/// Everything that a command said.
pub fn show(output: &Output) -> String {
    format!(
        "exit code {}\n--- standard output\n{}--- standard error\n{}",
        output.status.code().unwrap_or(-1),
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}
