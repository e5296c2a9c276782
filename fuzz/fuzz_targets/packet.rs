//! Engine.IO packets: any text or bytes that a frame may carry.
//! The properties are stated and checked in `src/packet.rs`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sockrates_fuzz::packet::check(data));
