//! Fuzzes SQL expressions: parsed, typed, printed, bounded and evaluated.
#![no_main]

#[path = "../targets/mod.rs"]
mod targets;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    targets::expressions::run(data);
});
