//! Packets in MessagePack: any bytes that a message may carry.
//! The properties are stated and checked in `src/msgpack.rs`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sockrates_fuzz::msgpack::check(data));
