//! The project's own tasks: `cargo xtask …`; see [`linelogic::xtask`].

use std::process::ExitCode;

fn main() -> ExitCode {
    linelogic::xtask::main()
}
