//! A request that lets go of the buffer that it came in.
//!
//! ```text
//!   GET /socket.io/?… HTTP/1.1⏎host: a⏎origin: b⏎cookie: …⏎    8 KiB, read by hyper
//!       └──────┬────┘               │         │   each is a slice that keeps all of it
//!   /socket.io/?…ab                 ◄─────────┘   a copy, as long as it has to be
//! ```
//!
//! A `GET` may wait for half a minute, and there may be a thousand of them. As long as one holds a
//! slice of the buffer, hyper has to take another for the connection, so each would cost two. And
//! the map of a browser's dozen headers is larger than the rest of the wait: unless the application
//! looks at them later, only those are kept that the answer depends on.
//!
//! Shell file: speaks hyper's types. Not in any specification.

use bytes::{Bytes, BytesMut};
use hyper::Uri;
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::http::request::Parts;
use hyper::http::uri::PathAndQuery;

/// What the answer to a `GET` depends on.
const NEEDED: [HeaderName; 5] =
    [header::ACCEPT_ENCODING, header::EXPECT, header::HOST, header::ORIGIN, header::USER_AGENT];

/// Copies URL and headers out of the buffer that they came in: all headers, or those that are
/// needed for the answer. What they say stays the same.
pub(super) fn detach(parts: &mut Parts, all: bool) {
    let kept = |name: &HeaderName| all || NEEDED.contains(name);
    let headers = || parts.headers.iter().filter(|(name, _)| kept(name));
    let url = parts.uri.path_and_query().map_or("", PathAndQuery::as_str);
    let values: usize = headers().map(|(_, value)| value.len()).sum();

    let mut copies = BytesMut::with_capacity(url.len() + values);
    let mut copy = |text: &[u8]| -> Bytes {
        copies.extend_from_slice(text);
        copies.split().freeze()
    };
    let mut fewer = HeaderMap::with_capacity(headers().count());
    for (name, value) in headers() {
        // What was valid once is so again.
        if let Ok(mut same) = HeaderValue::from_maybe_shared(copy(value.as_bytes())) {
            same.set_sensitive(value.is_sensitive());
            fewer.append(name, same);
        }
    }
    let uri = match parts.uri.authority() {
        None => PathAndQuery::from_maybe_shared(copy(url.as_bytes())).map(Uri::from),
        // Asked of a proxy, a URL names its server as well.
        Some(_) => Uri::from_maybe_shared(copy(parts.uri.to_string().as_bytes())),
    };
    parts.headers = fewer;
    if let Ok(uri) = uri {
        parts.uri = uri;
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
            detach(&mut parts, true);
            assert!(buffer.is_unique(), "{parts:?}");
            assert_eq!((parts.uri.to_string(), parts.headers.len()), before);
            let values: Vec<_> = parts.headers.get_all("x-any").iter().cloned().collect();
            assert_eq!(values, ["a", "", "caf\u{e9}", "a"].map(|it| it.as_bytes()));
        }
    }

    #[test]
    fn what_nobody_looks_at_is_not_kept() {
        let (mut parts, buffer) = request("/", &["a"]);
        for origin in ["https://a.example", "https://b.example"] {
            parts.headers.append(header::ORIGIN, HeaderValue::from_static(origin));
        }
        parts.headers.insert(header::HOST, HeaderValue::from_static("c.example"));
        detach(&mut parts, false);
        assert!(buffer.is_unique(), "{parts:?}");
        let mut left: Vec<_> = parts.headers.iter().map(|(name, _)| name.as_str()).collect();
        left.sort_unstable();
        assert_eq!(left, ["host", "origin", "origin"]);
    }
}
