//! Fuzzes the native language: text to checked and resolved model.
#![no_main]

#[path = "../targets/mod.rs"]
mod targets;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    targets::models::run(data);
});
