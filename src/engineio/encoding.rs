//! Answers made smaller, for clients that take them so.
//!
//! ```text
//!   GET /socket.io/?EIO=4&transport=polling&sid=…
//!   Accept-Encoding: gzip;q=0.5, br, *;q=0            br before gzip, and nothing else
//!
//!   HTTP/1.1 200 OK
//!   Content-Encoding: br
//!   Vary: Accept-Encoding
//! ```
//!
//! The server asks twice: [`choose`] says which coding the client likes best, and [`compress`]
//! makes the body. Neither is called for a body shorter than [`THRESHOLD`]: as it is, it fits
//! into one packet of the network, so nobody would gain. `Vary` belongs to every answer that is
//! long enough, compressed or not.
//!
//! Core file. Spec: RFC 9110 section 12.5.3; not in the specification of Engine.IO.

/// How many bytes a body has before it is worth the effort. The reference server has the same.
pub const THRESHOLD: usize = 1024;

/// How many bytes a body has at most to be worth it: a megabyte takes a core some 3 ms by gzip,
/// in which it does nothing else.
pub const CEILING: usize = 1 << 20;

/// A way to make a body smaller.
///
/// | Variant | `Content-Encoding` | What it is |
/// |---|---|---|
/// | `Gzip` | `gzip` | what every client takes |
/// | `Deflate` | `deflate` | the same bytes in another wrapping, that of zlib |
/// | `Brotli` | `br` | smaller and slower; browsers offer it over TLS only |
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Coding {
    /// RFC 1952.
    Gzip,
    /// RFC 1950, around RFC 1951.
    Deflate,
    /// RFC 7932.
    Brotli,
}

impl Coding {
    /// Those that there are: none without the feature `compression`. A client to which all are
    /// the same gets the first.
    pub const OFFERED: &'static [Self] = if cfg!(feature = "compression") {
        &[Self::Gzip, Self::Deflate, Self::Brotli]
    } else {
        &[]
    };

    /// Its name in `Accept-Encoding` and `Content-Encoding`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
            Self::Brotli => "br",
        }
    }
}

/// How much a client likes a coding, and where in its list it says so. More is better; of two
/// that are liked the same, the one that is named wins, and then the one that is named first.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Liking {
    /// In thousandths. 0 is "not at all".
    weight: u16,
    named: bool,
    place: core::cmp::Reverse<usize>,
}

/// The coding that suits a client with this `Accept-Encoding` best, or `None` if a body had
/// better go out as it is.
///
/// ```
/// use sockrates::engineio::encoding::{Coding, choose};
/// # if cfg!(feature = "compression") {
///
/// assert_eq!(choose("gzip, deflate, br"), Some(Coding::Gzip));
/// assert_eq!(choose("gzip;q=0.5, br"), Some(Coding::Brotli));
/// # }
/// assert_eq!(choose("gzip;q=0"), None);
/// ```
///
/// The weight decides, and then the client's order. What is not well-formed is as if it were not
/// there. A client that would rather have the body as it is says so with `identity` and a larger
/// weight.
pub fn choose(accept_encoding: &str) -> Option<Coding> {
    let (mut likings, mut identity, mut any) = ([None; Coding::OFFERED.len()], None, None);
    for (place, entry) in accept_encoding.split(',').enumerate() {
        let Some((name, weight)) = weighted(entry) else { continue };
        let place = core::cmp::Reverse(place);
        let mut slots = Coding::OFFERED.iter().zip(&mut likings);
        let slot = match slots.find(|(coding, _)| name.eq_ignore_ascii_case(coding.name())) {
            Some((_, slot)) => slot,
            None if name == "*" => &mut any,
            None if name.eq_ignore_ascii_case("identity") => &mut identity,
            None => continue,
        };
        let liking = Liking { weight, named: name != "*", place };
        *slot = (*slot).max(Some(liking));
    }

    // The first of the best: `max_by_key` gives the last.
    let likings = Coding::OFFERED.iter().zip(likings).rev();
    let (coding, best) = likings
        .filter_map(|(coding, liking)| Some((*coding, liking.or(any)?)))
        .max_by_key(|(_, liking)| *liking)?;
    let as_it_is = identity.or(any).map_or(0, |liking| liking.weight);
    (best.weight > 0 && best.weight >= as_it_is).then_some(coding)
}

/// One entry of the list: a name, and how much it is liked, in thousandths.
fn weighted(entry: &str) -> Option<(&str, u16)> {
    let entry = entry.trim_matches(BLANK);
    let Some((name, weight)) = entry.split_once(';') else { return Some((entry, 1000)) };
    let weight = weight.trim_start_matches(BLANK);
    let value = weight.strip_prefix("q=").or_else(|| weight.strip_prefix("Q="))?;
    Some((name.trim_end_matches(BLANK), thousandths(value)?))
}

/// Blank space, as HTTP has it within a header.
const BLANK: [char; 2] = [' ', '\t'];

/// A weight: 0 or 1, with up to three digits behind a point.
fn thousandths(value: &str) -> Option<u16> {
    let (whole, digits) = value.split_once('.').unwrap_or((value, ""));
    if digits.len() > 3 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let places = digits.bytes().map(|digit| u16::from(digit.wrapping_sub(b'0')));
    let thousandths: u16 = places.zip([100, 10, 1]).map(|(digit, worth)| digit * worth).sum();
    match whole {
        "0" => Some(thousandths),
        "1" if thousandths == 0 => Some(1000),
        _ => None,
    }
}

/// The body in this coding, or `None` if that is no shorter.
///
/// The levels were measured with the JSON of a chat. A body of 34 KB takes 60 µs at level 1 of
/// gzip and shrinks to a third; level 6 takes seven times as long for a fifth. Brotli's quality 2
/// takes under three times as long, and beats 0 and 1, which are no faster; a window of 64 KiB,
/// more than most bodies have, is cheaper to prepare than the usual one of 4 MiB.
pub fn compress(coding: Coding, body: &[u8]) -> Option<Vec<u8>> {
    writer::write(coding, body).ok().filter(|shorter| shorter.len() < body.len())
}

#[cfg(feature = "compression")]
mod writer {
    use std::io::{Result, Write};

    use brotli::enc::BrotliEncoderParams;
    use flate2::Compression;
    use flate2::write::{GzEncoder, ZlibEncoder};

    use super::Coding;

    /// Cheap, since it happens once for each client that polls.
    const LEVEL: Compression = Compression::new(1);
    const QUALITY: i32 = 2;
    /// As a power of two.
    const WINDOW: i32 = 16;

    /// What each `?` passes on cannot happen: a vector takes whatever is written to it.
    pub(super) fn write(coding: Coding, body: &[u8]) -> Result<Vec<u8>> {
        let out = Vec::with_capacity(body.len() / 3);
        match coding {
            Coding::Gzip => {
                let mut encoder = GzEncoder::new(out, LEVEL);
                encoder.write_all(body)?;
                encoder.finish()
            }
            Coding::Deflate => {
                let mut encoder = ZlibEncoder::new(out, LEVEL);
                encoder.write_all(body)?;
                encoder.finish()
            }
            Coding::Brotli => {
                let params = BrotliEncoderParams {
                    quality: QUALITY,
                    lgwin: WINDOW,
                    size_hint: body.len(),
                    ..BrotliEncoderParams::default()
                };
                let mut out = out;
                brotli::BrotliCompress(&mut &*body, &mut out, &params)?;
                Ok(out)
            }
        }
    }
}

#[cfg(not(feature = "compression"))]
mod writer {
    use std::io::{Error, ErrorKind, Result};

    pub(super) fn write(_: super::Coding, _: &[u8]) -> Result<Vec<u8>> {
        Err(Error::from(ErrorKind::Unsupported))
    }
}

#[cfg(test)]
#[cfg(not(feature = "compression"))]
mod tests {
    use super::*;

    #[test]
    fn without_the_feature_bodies_go_out_as_they_are() {
        assert_eq!(choose("gzip, deflate, br, *"), None);
        assert_eq!(compress(Coding::Gzip, &[b'a'; 2000]), None);
    }
}

#[cfg(test)]
#[cfg(feature = "compression")]
mod tests {
    use std::io::Read;

    use super::*;

    #[track_caller]
    fn check(accept_encoding: &str, expected: Option<Coding>) {
        assert_eq!(choose(accept_encoding), expected, "{accept_encoding:?}");
    }

    const GZIP: Option<Coding> = Some(Coding::Gzip);
    const DEFLATE: Option<Coding> = Some(Coding::Deflate);
    const BROTLI: Option<Coding> = Some(Coding::Brotli);

    #[test]
    fn the_weight_decides_and_then_the_order_of_the_client() {
        check("gzip, deflate, br, zstd", GZIP);
        check("br, gzip", BROTLI);
        check("deflate,gzip", DEFLATE);
        check("gzip;q=0.5, br;q=0.501, deflate;q=0.5", BROTLI);
        check("gzip;q=0.001", GZIP);
        check("GZip ;\tQ=1.000", GZIP);
        check("gzip;q=0.5, deflate;q=0.6, gzip;q=0.7", GZIP);
    }

    #[test]
    fn what_is_not_wanted_is_not_sent() {
        for none in ["", " ", ",", "zstd", "compress, identity", "gzip;q=0", "gzip;q=0.000"] {
            check(none, None);
        }
        check("gzip;q=0, deflate", DEFLATE);
        check("*;q=0", None);
        check("*;q=0, br", BROTLI);
    }

    #[test]
    fn a_star_is_whatever_is_not_named() {
        check("*", GZIP);
        check("gzip;q=0, *", DEFLATE);
        check("gzip;q=0.5, *", DEFLATE);
        check("gzip;q=0, deflate;q=0, *;q=0.1", BROTLI);
        check("*, br", BROTLI);
        check("br;q=0.9, *;q=0.8", BROTLI);
    }

    #[test]
    fn a_client_may_want_the_body_as_it_is() {
        check("identity", None);
        check("identity;q=0", None);
        check("identity;q=0, gzip", GZIP);
        check("identity, gzip", GZIP);
        check("identity, gzip;q=0.5", None);
        check("gzip;q=0.5, deflate;q=0.5, br;q=0.5, *", None);
    }

    #[test]
    fn what_is_not_well_formed_is_as_if_it_were_not_there() {
        for bad in ["", ".5", "2", "1.1", "1.001", "-1", "+1", "0.1234", "0.5.5", "0,5", "1e0", "é"]
        {
            check(&format!("gzip;q={bad}"), None);
            check(&format!("gzip;q={bad}, br;q=0.1"), BROTLI);
        }
        check("0.+1;q=0.+1", None);
        for bad in ["gzip;", "gzip;level=1", "gzip;q=1;q=1", "gzip q=1", "gzip; q = 1", "\"gzip\""]
        {
            check(bad, None);
        }
        check("gzip;q=0., br;q=1.", BROTLI);
    }

    /// Threat 16.
    #[test]
    fn a_long_list_is_read_to_its_end() {
        for entry in [",", "gzip;q=0.5,", "deflate;q=0.9,*;q=0.8,", "\t ,", "a;;;;,", "zstd,"] {
            let long = entry.repeat(65_536 / entry.len());
            check(&(long.clone() + "br"), BROTLI);
            check(&(long + "identity"), None);
        }
    }

    fn decoded(coding: Coding, body: &[u8]) -> Vec<u8> {
        let mut whole = Vec::new();
        match coding {
            Coding::Gzip => flate2::read::GzDecoder::new(body).read_to_end(&mut whole),
            Coding::Deflate => flate2::read::ZlibDecoder::new(body).read_to_end(&mut whole),
            Coding::Brotli => brotli::Decompressor::new(body, 4096).read_to_end(&mut whole),
        }
        .unwrap();
        whole
    }

    #[test]
    fn what_is_compressed_comes_back() {
        let packet = r#"42["message",{"name":"alice","text":"hello 你好"}]"#;
        for size in [20, 1000, 20_000] {
            let body = vec![packet; size].join("\x1e");
            for coding in Coding::OFFERED {
                let shorter = compress(*coding, body.as_bytes()).unwrap();
                assert!(shorter.len() * 3 < body.len(), "{coding:?} {}", shorter.len());
                assert_eq!(decoded(*coding, &shorter), body.as_bytes(), "{coding:?}");
            }
        }
    }

    #[test]
    fn what_would_not_be_shorter_stays_as_it_is() {
        // Bytes without a pattern, from a generator of the simplest kind.
        let bytes = |it: &u32| Some(it.wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
        let noise = std::iter::successors(Some(1u32), bytes);
        let noise: Vec<u8> = noise.map(|it| it.to_be_bytes()[0]).take(4096).collect();
        for coding in Coding::OFFERED {
            for body in [&noise[..], b"a", b""] {
                assert_eq!(compress(*coding, body), None, "{coding:?} {}", body.len());
            }
        }
    }
}
