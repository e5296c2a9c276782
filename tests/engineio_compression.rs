//! Compression of answers: for clients that take it, and for bodies that are worth it.
//!
//! ```text
//!   Accept-Encoding: gzip, deflate, br        Content-Encoding: gzip
//!                                             Vary: Accept-Encoding
//! ```

#![cfg(feature = "compression")]

mod support;

use std::io::Read;

use sockrates::engineio::delivery::Delivery;
use sockrates::engineio::options::Options;
use sockrates::engineio::packet::Frame;
use support::{EchoServer, http};

/// The answer to a poll by a client that accepts this, when a message of so many characters waits.
async fn poll(options: Options, accepted: &str, length: usize) -> http::Response {
    let server = EchoServer::start(options).await;
    let session = server.polling().await;
    let text = format!("4{}", "a".repeat(length - 1));
    server.session().await.send([Frame::Text(text.into())], Delivery::default()).unwrap();
    let accepted = accepted.replace('|', "\r\nAccept-Encoding: ");
    let request = format!(
        "GET {} HTTP/1.1\r\nHost: a\r\nAccept-Encoding: {accepted}\r\n\r\n",
        session.target()
    );
    server.request(request).await
}

fn inflated(answer: &http::Response) -> Vec<u8> {
    let (mut out, body) = (Vec::new(), &*answer.body);
    let read = match answer.header("content-encoding") {
        Some("gzip") => flate2::read::GzDecoder::new(body).read_to_end(&mut out),
        Some("deflate") => flate2::read::ZlibDecoder::new(body).read_to_end(&mut out),
        Some("br") => brotli::Decompressor::new(body, 4096).read_to_end(&mut out),
        _ => {
            out = body.to_vec();
            Ok(0)
        }
    };
    read.expect("what was said to be in it");
    out
}

/// The client's weights come first, then its order.
#[tokio::test]
async fn a_client_gets_the_coding_that_it_likes_best() {
    for (accepted, coding) in [
        ("gzip, deflate, br", Some("gzip")),
        ("deflate, gzip", Some("deflate")),
        ("gzip;q=0.5, br", Some("br")),
        ("gzip;q=0.5|br", Some("br")),
        ("*", Some("gzip")),
        ("gzip;q=0", None),
        ("identity", None),
        ("zstd", None),
        ("", None),
    ] {
        let answer = poll(Options::default(), accepted, 5000).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("content-encoding"), coding, "{accepted:?}");
        assert_eq!(answer.header("content-type"), Some("text/plain; charset=UTF-8"));
        assert_eq!(answer.header("vary"), Some("Accept-Encoding"), "{accepted:?}");
        assert_eq!(answer.body.len() < 500, coding.is_some(), "{accepted:?}");
        assert_eq!(inflated(&answer), format!("4{}", "a".repeat(4999)).as_bytes());
    }
}

/// Of the packets in one body, one that may be compressed is enough, as in the reference server. The
/// open packet and pings may be.
#[tokio::test]
async fn packets_that_are_not_to_be_compressed_are_not() {
    let long = || Frame::Text(format!("4{}", "a".repeat(4999)).into());
    for (flags, coded) in [
        (&[true][..], true),
        (&[false], false),
        (&[false, false], false),
        (&[false, true], true),
        (&[true, false], true),
    ] {
        let server = EchoServer::start(Options::default()).await;
        let polling = server.polling().await;
        let session = server.session().await;
        for &compress in flags {
            session.send([long()], Delivery { compress, ..Delivery::default() }).unwrap();
        }
        let head = format!("GET {} HTTP/1.1\r\nHost: a\r\n", polling.target());
        let answer = server.request(format!("{head}Accept-Encoding: gzip\r\n\r\n")).await;
        assert_eq!(answer.header("content-encoding").is_some(), coded, "{flags:?}");
        assert_eq!(answer.header("content-type"), Some("text/plain; charset=UTF-8"));
        assert_eq!(inflated(&answer).len(), flags.len() * 5001 - 1, "{flags:?}");
    }
}

/// Below the threshold nothing is said of it at all.
#[tokio::test]
async fn a_short_body_stays_as_it_is() {
    for (http_compression, length, coded) in [
        (Some(1024), 1023, false),
        (Some(1024), 1024, true),
        (Some(100), 100, true),
        (None, 100_000, false),
    ] {
        let options = Options { http_compression, ..Options::default() };
        let answer = poll(options, "gzip", length).await;
        assert_eq!(answer.header("content-encoding").is_some(), coded, "{length}");
        assert_eq!(answer.header("vary").is_some(), coded, "{length}");
        assert_eq!(inflated(&answer).len(), length);
    }
}
