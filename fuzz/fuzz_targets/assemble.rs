//! Packets with attachments: any sequence of messages from one client.
//! The properties are stated and checked in `src/assemble.rs`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sockrates_fuzz::assemble::check(data));
