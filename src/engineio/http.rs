//! Requests and answers of Engine.IO, in the terms of hyper.
//!
//! ```text
//!   HTTP/1.1 200 OK                                     HTTP/1.1 200 OK
//!   content-type: text/plain; charset=UTF-8             content-type: text/html
//!   cache-control: no-store                             cache-control: no-store
//!
//!   4hello␞4world                                       ok
//! ```
//!
//! Shell file: reads request bodies. Spec: Engine.IO v4, "HTTP long-polling", "WebSocket";
//! RFC 6455 section 4.2 for the opening handshake.

use std::net::IpAddr;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use bytestring::ByteString;
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Incoming};
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Method, StatusCode, Version};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::cors::Header;
use super::handshake::Handshake;
use super::query::Head;
use super::refusal::Refusal;
use super::session::{Answer, BodyEnd};

/// An answer. All of ours are small enough to be whole.
pub type Response = hyper::Response<Full<Bytes>>;

/// An answer with this status, content type and body.
pub fn response(
    status: StatusCode,
    content_type: &'static str,
    body: impl Into<Bytes>,
) -> Response {
    let mut response = hyper::Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    if !content_type.is_empty() {
        let value = HeaderValue::from_static(content_type);
        response.headers_mut().insert(header::CONTENT_TYPE, value);
    }
    response
}

const JSON: &str = "application/json";

/// The answer to a request that is refused.
pub fn refused(refusal: Refusal) -> Response {
    let status = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::BAD_REQUEST);
    response(status, JSON, refusal.body())
}

/// The answer to a request that a session has dealt with. `max_payload` is named to a client
/// that has exceeded it.
pub fn answered(answer: Answer, max_payload: usize) -> Response {
    let mut response = match answer {
        Answer::Payload(text) => response(StatusCode::OK, "text/plain; charset=UTF-8", text),
        Answer::Accepted => response(StatusCode::OK, "text/html", "ok"),
        Answer::Refused(refusal) => return refused(refusal),
        Answer::TooLarge => return too_large(max_payload),
        Answer::TimedOut => {
            return response(
                StatusCode::REQUEST_TIMEOUT,
                JSON,
                r#"{"code":3,"message":"The request body stopped arriving"}"#,
            );
        }
    };
    no_store(&mut response);
    response
}

/// What a browser or a proxy keeps of a poll is of no use to anyone.
pub fn no_store(response: &mut Response) {
    let value = HeaderValue::from_static("no-store");
    response.headers_mut().insert(header::CACHE_CONTROL, value);
}

/// The answer to a body beyond the limit. What is left of it is not read.
pub fn too_large(max_payload: usize) -> Response {
    let body = format!(
        r#"{{"code":3,"message":"Payload too large, at most {max_payload} bytes are accepted"}}"#
    );
    let mut response = response(StatusCode::PAYLOAD_TOO_LARGE, JSON, body);
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

/// Adds headers that were computed in the cores. Values that HTTP can not carry are left out.
pub fn add_headers(response: &mut Response, headers: Vec<Header>) {
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::try_from(value) {
            response.headers_mut().append(HeaderName::from_static(name), value);
        }
    }
}

/// A header's value, if there is one and it is text.
pub fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// What decides whether a page may see the answer: where it comes from, and where it went.
///
/// An `Origin` that is no text, or stands there twice, comes from a page nevertheless. It is
/// given as an empty one, which no list has.
pub fn origin_and_host(headers: &HeaderMap) -> (Option<&str>, &str) {
    let mut origins = headers.get_all(header::ORIGIN).iter();
    let origin = match (origins.next(), origins.next()) {
        (None, _) => None,
        (Some(only), None) => Some(only.to_str().unwrap_or_default()),
        (Some(_), Some(_)) => Some(""),
    };
    (origin, text(headers, &header::HOST).unwrap_or_default())
}

/// What of a request decides what it asks for.
pub fn head(parts: &Parts) -> Head<'_> {
    Head {
        method: parts.method.as_str(),
        query: parts.uri.query().unwrap_or_default(),
        websocket: is_websocket(parts),
    }
}

/// What is kept of a request for as long as its session lives.
pub fn handshake(parts: &Parts, address: IpAddr) -> Handshake {
    let url = parts.uri.path_and_query().map_or("/", |url| url.as_str());
    let headers = parts
        .headers
        .iter()
        .filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
    Handshake::new(url, headers, address)
}

/// Whether a request can become a WebSocket. Other upgrades are not meant for us, and the
/// request is then what it is without them.
fn is_websocket(parts: &Parts) -> bool {
    let lists =
        |name: HeaderName, token: &str| {
            parts.headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).any(
                |value| value.split(',').any(|listed| listed.trim().eq_ignore_ascii_case(token)),
            )
        };
    parts.method == Method::GET
        && parts.version == Version::HTTP_11
        && lists(header::UPGRADE, "websocket")
        && lists(header::CONNECTION, "upgrade")
}

/// The answer to the opening handshake of a WebSocket: 101, or what is wrong with it.
///
/// # Errors
/// With the answer to send when version or key are not what RFC 6455 asks for.
pub fn switching_protocols(headers: &HeaderMap) -> Result<Response, Box<Response>> {
    if text(headers, &header::SEC_WEBSOCKET_VERSION) != Some("13") {
        let body = r#"{"code":3,"message":"WebSocket version 13 is required"}"#;
        let mut response = response(StatusCode::UPGRADE_REQUIRED, JSON, body);
        let version = HeaderValue::from_static("13");
        response.headers_mut().insert(header::SEC_WEBSOCKET_VERSION, version);
        return Err(Box::new(response));
    }
    // Sixteen bytes are 22 characters of base64 and two of padding.
    let key = headers
        .get(header::SEC_WEBSOCKET_KEY)
        .filter(|key| key.len() == 24 && key.as_bytes().ends_with(b"=="))
        .ok_or_else(|| Box::new(refused(Refusal::BadRequest)))?;
    let accept = HeaderValue::try_from(derive_accept_key(key.as_bytes()))
        .map_err(|_| Box::new(refused(Refusal::BadRequest)))?;

    let mut response = response(StatusCode::SWITCHING_PROTOCOLS, "", Bytes::new());
    let answer = response.headers_mut();
    answer.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    answer.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    answer.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    // A browser that offers protocols fails the connection when none is chosen. The reference
    // server chooses the first.
    let offered = text(headers, &header::SEC_WEBSOCKET_PROTOCOL).unwrap_or_default();
    let first = offered.split(',').next().unwrap_or_default().trim();
    if let Ok(first) = HeaderValue::try_from(first) {
        if !first.is_empty() {
            answer.insert(header::SEC_WEBSOCKET_PROTOCOL, first);
        }
    }
    Ok(response)
}

/// Reads the body of a `POST`, never more than `max` bytes, and never waiting longer than
/// `patience` for the next of them.
pub async fn read_body(mut body: Incoming, max: usize, patience: Duration) -> BodyEnd {
    if body.size_hint().lower() > max as u64 {
        return BodyEnd::TooLarge;
    }
    let mut whole = BytesMut::new();
    loop {
        let data = match timeout(patience, body.frame()).await {
            Err(_) => return BodyEnd::TimedOut,
            Ok(Some(Err(_))) => return BodyEnd::Lost,
            Ok(Some(Ok(frame))) => frame.into_data().unwrap_or_default(),
            Ok(None) => break,
        };
        if whole.len() + data.len() > max {
            return BodyEnd::TooLarge;
        }
        whole.extend_from_slice(&data);
    }
    ByteString::try_from(whole.freeze()).map_or(BodyEnd::NotText, BodyEnd::Complete)
}
