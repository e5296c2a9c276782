//! WebTransport: any stream, in any pieces.
//! The properties are stated and checked in `src/webtransport.rs`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sockrates_fuzz::webtransport::check(data));
