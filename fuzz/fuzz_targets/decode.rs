//! Socket.IO packets: any text that a message may carry.
//! The properties are stated and checked in `src/decode.rs`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sockrates_fuzz::decode::check(data));
