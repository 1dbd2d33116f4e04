//! The fans' WebAssembly module: all that is transferred before the first predictions.

#[cfg(target_arch = "wasm32")]
fn main() {
    linelogic::ui::mount_fans();
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {
    eprintln!("This is a WebAssembly module of the site; build and serve it with `cargo xtask serve`.");
}
