//! A request that lets go of the buffer that it came in.
//!
//! ```text
//!   GET /socket.io/?… HTTP/1.1⏎host: a⏎origin: b⏎…          8 KiB, read by hyper
//!       └──────┬────┘               │         │   each is a slice that keeps all of it
//!   /socket.io/?…ab                 ◄─────────┘   a copy, as long as it has to be
//! ```
//!
//! A `GET` may wait for half a minute, and there may be a thousand of them. As long as one holds a
//! slice of the buffer, hyper has to take another for the connection, so each would cost two.
//!
//! Shell file: speaks hyper's types. Not in any specification.

use std::fmt::Write as _;

use bytes::BytesMut;
use hyper::Uri;
use hyper::header::HeaderValue;
use hyper::http::request::Parts;

/// Copies URL and headers out of the buffer that they came in. What they say stays the same.
pub(super) fn detach(parts: &mut Parts) {
    let url = parts.uri.path_and_query().map_or(0, |url| url.as_str().len());
    let values: usize = parts.headers.values().map(HeaderValue::len).sum();
    let mut copies = BytesMut::with_capacity(url + values);
    // Memory takes all that is written into it.
    let _ = write!(copies, "{}", parts.uri);
    // What was valid once is so again; otherwise it would stay as it is.
    if let Ok(copy) = Uri::from_maybe_shared(copies.split().freeze()) {
        parts.uri = copy;
    }
    for value in parts.headers.values_mut() {
        copies.extend_from_slice(value.as_bytes());
        if let Ok(mut copy) = HeaderValue::from_maybe_shared(copies.split().freeze()) {
            copy.set_sensitive(value.is_sensitive());
            *value = copy;
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use bytes::Bytes;
    use hyper::Request;

    use super::*;

    /// The parts of a request whose URL and headers are slices of the buffer that is given as well.
    fn request(urls: &'static str, values: &[&'static str]) -> (Parts, Bytes) {
        let text = format!("{urls}{}", values.concat());
        let buffer = Bytes::from(text.into_bytes());
        // Shared from now on.
        let mut rest = buffer.clone();
        let uri = Uri::from_maybe_shared(rest.split_to(urls.len())).unwrap();
        let (mut parts, ()) = Request::builder().uri(uri).body(()).unwrap().into_parts();
        for value in values {
            let value = HeaderValue::from_maybe_shared(rest.split_to(value.len())).unwrap();
            parts.headers.append("x-any", value);
        }
        (parts, buffer)
    }

    #[test]
    fn a_request_keeps_its_words_and_not_its_buffer() {
        for url in ["/socket.io/?EIO=4&sid=a%20b", "http://example.org/socket.io/?EIO=4", "/"] {
            let (mut parts, buffer) = request(url, &["a", "", "caf\u{e9}", "a"]);
            let before = (parts.uri.clone().to_string(), parts.headers.clone().len());
            assert!(!buffer.is_unique());
            detach(&mut parts);
            assert!(buffer.is_unique(), "{parts:?}");
            assert_eq!((parts.uri.to_string(), parts.headers.len()), before);
            let values: Vec<_> = parts.headers.get_all("x-any").iter().cloned().collect();
            assert_eq!(values, ["a", "", "caf\u{e9}", "a"].map(|it| it.as_bytes()));
        }
    }
}
