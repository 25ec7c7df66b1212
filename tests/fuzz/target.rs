//! Looks for inputs that break the property of the target's name.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| backlot_tests::property::check(env!("CARGO_BIN_NAME"), data));
