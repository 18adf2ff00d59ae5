//! What the end-to-end tests stand on: the functions' binaries behind a runtime API, AWS stand-ins, and an oracle.
//!
//! * [`function`] starts a function's binary as Lambda would and invokes it through [`runtime_api`].
//! * [`world`] starts AWS stand-ins that hold a world: generated ones, and the demo's.
//! * [`sim`] runs functions against the stand-in for load and faults.
//! * [`oracle`] derives the expected objects of a world with a second implementation and compares.
//! * [`answer`] checks what must hold in every answer and every ledger.
//! * [`mail`] keeps messages whole.
//!
//! Everything listens on 127.0.0.1, is started by the test that needs it and ends with it, also when it fails.
//! Nothing here knows the library under test: it is seen from outside only.
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "only tests call this crate, and a test that cannot go on says why and ends"
)]

pub mod answer;
pub mod function;
pub mod http;
pub mod mail;
pub mod oracle;
pub mod process;
pub mod runtime_api;
pub mod sim;
pub mod slow;
pub mod tools;
pub mod world;
