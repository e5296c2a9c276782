//! Clients: any life of one with its namespaces.
//! The properties are stated and checked in `src/client.rs`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sockrates_fuzz::client::check(data));
