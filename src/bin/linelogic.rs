//! The native command line; see [`linelogic::cli`].

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    linelogic::cli::main()
}

// Tests that run in a browser build every program of the package.
#[cfg(target_arch = "wasm32")]
fn main() {}
