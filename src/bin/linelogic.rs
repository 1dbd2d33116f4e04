//! The native command line; see [`linelogic::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    linelogic::cli::main()
}
