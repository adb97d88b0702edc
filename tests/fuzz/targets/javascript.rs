#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| maascan_fuzz::entry::run("javascript", bytes));
