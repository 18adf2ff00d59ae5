//! The same event, delivered more than once: twice at once, twice in a row, and again after a run that was killed.
//!
//! Whatever happens, in the end there is one report, one ledger and one mail, every object is what an undisturbed run writes,
//! and no upload is left open. One exception is there: where the kill comes after SES took a message and before that is
//! recorded, the mail is sent twice.

mod contents;
mod deliveries;
mod killed;
mod twice;
