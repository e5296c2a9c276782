//! The whole server: any requests and any bytes, on several connections.
//! The properties are stated and checked in `src/server.rs`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sockrates_fuzz::server::check(data));
