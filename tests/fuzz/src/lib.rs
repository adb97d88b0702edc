//! The rooms that read scripts, compiled for the fuzzer, and what its targets call.

#![allow(dead_code, unreachable_pub, reason = "the program uses more of these rooms than their readers do")]

#[path = "../../../src/catalogue/mod.rs"]
pub mod catalogue;
#[path = "../../../src/scripts/mod.rs"]
pub mod scripts;
#[path = "../../../src/snapshot/mod.rs"]
pub mod snapshot;

pub mod entry;
