//! Requests: any query, with any method.
//! The properties are stated and checked in `src/query.rs`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sockrates_fuzz::query::check(data));
