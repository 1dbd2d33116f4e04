//! The lab's WebAssembly module: the lab where there is a window, the worker of both doors where there is none.

#[cfg(target_arch = "wasm32")]
fn main() {
    if web_sys::window().is_some() {
        linelogic::ui::mount_lab();
    } else {
        linelogic::worker::main();
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {
    eprintln!("This is a WebAssembly module of the site; build and serve it with `cargo xtask serve`.");
}
