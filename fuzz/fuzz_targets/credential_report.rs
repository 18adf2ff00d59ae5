#![no_main]

#[path = "../../crates/orgscan/tests/hostile/properties/credential_report.rs"]
mod properties;

libfuzzer_sys::fuzz_target!(|data: &[u8]| properties::holds(data));
