//! The chat: any sequence of joins, messages and goodbyes.
//! The properties are stated and checked in `src/lobby.rs`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sockrates_fuzz::lobby::check(data));
