#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| linelogic_fuzz::run("accept", bytes));
