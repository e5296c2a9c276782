//! Headers: pages of other origins, what a client accepts, a cookie.
//! The properties are stated and checked in `src/headers.rs`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sockrates_fuzz::headers::check(data));
