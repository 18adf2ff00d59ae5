#![no_main]

#[path = "../../crates/orgscan/tests/hostile/properties/html.rs"]
mod html;
#[path = "../../crates/orgscan/tests/hostile/properties/organization.rs"]
mod organization;
#[path = "../../crates/orgscan/tests/hostile/properties/digest_html.rs"]
mod properties;

libfuzzer_sys::fuzz_target!(|data: &[u8]| properties::holds(data));
