//! Bodies of revision 3, as text and as bytes: any that a client may post.
//! The properties are stated and checked in `src/payload3.rs`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sockrates_fuzz::payload3::check(data));
