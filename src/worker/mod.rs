//! The Web Worker (wasm only).
