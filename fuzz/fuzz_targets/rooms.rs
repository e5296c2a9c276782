//! Rooms: any sequence of joins and leaves, and whom an audience reaches in between.
//! The properties are stated and checked in `src/rooms.rs`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sockrates_fuzz::rooms::check(data));
