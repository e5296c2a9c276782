//! Engine.IO payloads: any body that a client may post.
//! The properties are stated and checked in `src/payload.rs`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sockrates_fuzz::payload::check(data));
