//! What a client accepts, and bodies that are made so.

use std::collections::HashMap;
use std::sync::LazyLock;

use sockrates::engineio::encoding::{Coding, choose, compress};

/// Every way to write a weight, and what it is in thousandths.
static WEIGHTS: LazyLock<HashMap<String, usize>> = LazyLock::new(|| {
    let mut weights = HashMap::new();
    for weight in 0..=1000 {
        let full = format!("{}.{:03}", weight / 1000, weight % 1000);
        let shorter = (0..=3).map(|zeros| full.strip_suffix(&"0".repeat(zeros)));
        for spelling in shorter.map_while(|it| it) {
            weights.insert(spelling.to_owned(), weight);
            weights.insert(spelling.trim_end_matches('.').to_owned(), weight);
        }
    }
    weights
});

/// The list of the header, entry by entry: a name in lower case, and its weight.
fn entries(header: &str) -> Vec<(String, usize)> {
    let blank = [' ', '\t'];
    let read = |entry: &str| {
        let fields: Vec<_> = entry.split(';').map(|field| field.trim_matches(blank)).collect();
        let weight = match fields[..] {
            [_] => Some(1000),
            [_, weight] => weight
                .to_ascii_lowercase()
                .strip_prefix("q=")
                .and_then(|weight| WEIGHTS.get(weight).copied()),
            _ => None,
        };
        Some((fields[0].to_ascii_lowercase(), weight?))
    };
    header.split(',').filter_map(read).collect()
}

/// From the largest weight to the smallest, who has it?
fn slowly(header: &str) -> Option<Coding> {
    let entries = entries(header);
    let weight = |name: &str| {
        let named = entries.iter().filter(|(it, _)| it == name);
        named.map(|(_, weight)| *weight).max()
    };
    for wanted in (1..=1000).rev().filter(|it| entries.iter().any(|(_, weight)| weight == it)) {
        let with_this = || entries.iter().filter(|(_, weight)| *weight == wanted);
        for (name, _) in with_this() {
            let coding = Coding::OFFERED.iter().find(|coding| coding.name() == name);
            if coding.is_some() && weight(name) == Some(wanted) {
                return coding.copied();
            }
        }
        if weight("*") == Some(wanted) {
            let unnamed = |coding: &&Coding| weight(coding.name()).is_none();
            if let Some(coding) = Coding::OFFERED.iter().find(unnamed) {
                return Some(*coding);
            }
        }
        if weight("identity").or(weight("*")) == Some(wanted) {
            return None;
        }
    }
    None
}

pub(super) fn the_best_is_chosen(header: &str) {
    assert_eq!(choose(header), slowly(header), "{header:?}");
    let shouted = header.to_ascii_uppercase().replace(',', " ,\t");
    assert_eq!(choose(&shouted), slowly(header), "{shouted:?}");
}

/// Gzip and zlib wrap the same bytes, and say in the end what has to come out of them.
pub(super) fn bodies_are_whole(text: &str) {
    let body = text.repeat(40);
    let body = body.as_bytes();
    for coding in Coding::OFFERED {
        if let Some(shorter) = compress(*coding, body) {
            assert!(shorter.len() < body.len(), "{coding:?} of {text:?}");
        }
    }
    let made = [Coding::Gzip, Coding::Deflate].map(|coding| compress(coding, body));
    let [Some(gzip), Some(zlib)] = made else { return };
    assert_eq!(&gzip[..4], [0x1f, 0x8b, 8, 0], "the head of gzip, without optional fields");
    let head = [zlib[0], zlib[1]];
    assert!(head[0] == 0x78 && u16::from_be_bytes(head) % 31 == 0, "the head of zlib: {head:?}");
    let (gzip, gzip_end) = gzip[10..].split_at(gzip.len() - 18);
    let (zlib, zlib_end) = zlib[2..].split_at(zlib.len() - 6);
    assert_eq!(gzip, zlib, "{text:?}");
    let length = u32::try_from(body.len()).expect("a short body").to_le_bytes();
    assert_eq!(gzip_end, [crc32(body).to_le_bytes(), length].concat(), "{text:?}");
    assert_eq!(zlib_end, adler32(body).to_be_bytes(), "{text:?}");
}

/// RFC 1952 section 8, bit by bit.
fn crc32(body: &[u8]) -> u32 {
    !body.iter().fold(!0, |sum, byte| {
        let step = |sum: u32, _| (sum >> 1) ^ if sum & 1 == 1 { 0xedb8_8320 } else { 0 };
        (0..8).fold(sum ^ u32::from(*byte), step)
    })
}

/// RFC 1950 section 8.2, byte by byte.
fn adler32(body: &[u8]) -> u32 {
    let (low, high) = body.iter().fold((1, 0), |(low, high), byte| {
        let low = (low + u32::from(*byte)) % 65_521;
        (low, (high + low) % 65_521)
    });
    high << 16 | low
}
