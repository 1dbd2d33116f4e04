//! The project's own tasks: `cargo xtask …`; see [`linelogic::xtask`].

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    linelogic::xtask::main()
}

// Tests that run in a browser build every program of the package.
#[cfg(target_arch = "wasm32")]
fn main() {}
