//! Fuzzes the multiply dialect: a folder of files to a checked and resolved model.
#![no_main]

#[path = "../targets/mod.rs"]
mod targets;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    targets::dialect::run(data);
});
