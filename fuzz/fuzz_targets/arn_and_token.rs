#![no_main]

#[path = "../../crates/orgscan/tests/hostile/properties/arn_and_token.rs"]
mod properties;

libfuzzer_sys::fuzz_target!(|data: &[u8]| properties::holds(data));
