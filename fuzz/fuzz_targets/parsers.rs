//! Any event, in both spellings.
//! The properties are stated and checked in `src/parsers.rs`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sockrates_fuzz::parsers::check(data));
