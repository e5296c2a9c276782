//! Every seed of every fuzz target, replayed: what was found once stays found.
//!
//! `fuzz/README.md` says where seeds come from. The properties are those of the targets
//! themselves, and say what they check in their own headers.

#[path = "../fuzz/src/lib.rs"]
mod properties;

use std::fs;
use std::path::{Path, PathBuf};

/// Hands every seed of a target to its property.
fn replay(target: &str, check: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(target);
    let mut seeds: Vec<PathBuf> =
        fs::read_dir(folder).expect("seeds").map(|entry| entry.expect("a seed").path()).collect();
    seeds.sort();
    assert!(seeds.len() > 5, "a replay of next to nothing proves next to nothing");
    for seed in seeds {
        // The test's output is shown if it fails, so its last line names the seed.
        println!("{}", seed.display());
        check(&fs::read(seed).expect("a seed that can be read"));
    }
}

#[test]
fn engineio_packets() {
    replay("packet", properties::packet::check);
}

#[test]
fn engineio_payloads() {
    replay("payload", properties::payload::check);
}

#[test]
fn payloads_of_revision_3() {
    replay("payload3", properties::payload3::check);
}

#[test]
fn scripts_and_forms() {
    replay("jsonp", properties::jsonp::check);
}

#[test]
fn streams_of_webtransport() {
    replay("webtransport", properties::webtransport::check);
}

#[test]
fn queries() {
    replay("query", properties::query::check);
}

#[test]
fn socketio_packets() {
    replay("decode", properties::decode::check);
}

#[test]
fn packets_in_messagepack() {
    replay("msgpack", properties::msgpack::check);
}

#[test]
fn both_spellings() {
    replay("parsers", properties::parsers::check);
}

#[test]
fn explanations() {
    replay("explain", properties::explain::check);
}

#[test]
fn packets_with_attachments() {
    replay("assemble", properties::assemble::check);
}

#[test]
fn clients() {
    replay("client", properties::client::check);
}

#[test]
fn sessions() {
    replay("session", properties::session::check);
}

#[test]
fn headers() {
    replay("headers", properties::headers::check);
}

#[test]
fn rooms() {
    replay("rooms", properties::rooms::check);
}

#[test]
fn the_chat() {
    replay("lobby", properties::lobby::check);
}

#[test]
fn the_whole_server() {
    replay("server", properties::server::check);
}
