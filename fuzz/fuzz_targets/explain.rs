//! Explanations of packets, bodies, frames and MessagePack.
//! The properties are stated and checked in `src/explain.rs`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sockrates_fuzz::explain::check(data));
