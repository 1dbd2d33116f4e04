//! The site's one WebAssembly module: the page where there is a window, the worker where there is none.

#[cfg(target_arch = "wasm32")]
fn main() {
    if web_sys::window().is_some() {
        linelogic::ui::main();
    } else {
        linelogic::worker::main();
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {
    eprintln!("This is the site's WebAssembly module; build and serve it with `cargo xtask serve`.");
}
