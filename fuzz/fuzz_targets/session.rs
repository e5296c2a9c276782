//! Sessions: any life, on any transport, and from one to the other.
//! The properties are stated and checked in `src/session.rs`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sockrates_fuzz::session::check(data));
