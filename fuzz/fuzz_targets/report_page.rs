#![no_main]

#[path = "../../crates/orgscan/tests/hostile/properties/html.rs"]
mod html;
#[path = "../../crates/orgscan/tests/hostile/properties/organization.rs"]
mod organization;
#[path = "../../crates/orgscan/tests/hostile/properties/report_page.rs"]
mod properties;

libfuzzer_sys::fuzz_target!(|data: &[u8]| properties::holds(data));
