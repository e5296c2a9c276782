//! JSONP: any payload, any form, any index.
//! The properties are stated and checked in `src/jsonp.rs`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sockrates_fuzz::jsonp::check(data));
