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

use std::fmt::{self, Write as _};
use std::time::{Duration, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::{Buf, BufMut, Bytes, BytesMut};
use http_body_util::{BodyExt, Full};
use hyper::body::Body;
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Method, StatusCode, Version};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::cors::{Cors, Header, is_token};
use super::encoding::{self, Coding};
use super::handshake::Handshake;
use super::hooks::Inquiry;
use super::options::Options;
use super::query::Head;
use super::refusal::Refusal;
use super::session::{Answer, BodyEnd};
use super::sid::Sid;

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

/// What answers to polls say of their bodies. As constants they are looked at by the compiler, and
/// not again for every answer.
const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=UTF-8");
const BYTES: HeaderValue = HeaderValue::from_static("application/octet-stream");
const SCRIPT: HeaderValue = HeaderValue::from_static("text/javascript; charset=UTF-8");
const HTML: HeaderValue = HeaderValue::from_static("text/html");
/// What a browser or a proxy keeps of a poll is of no use to anyone.
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// Characters of a request's text that go into a line of the log.
const LOGGED: usize = 200;

const JSON: &str = "application/json";

/// The answer to a request that is refused.
pub fn refused(refusal: &Refusal, hints: bool) -> Response {
    let status = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::BAD_REQUEST);
    let body = refusal.body(hints);
    let mut response = response(status, if body.is_empty() { "" } else { JSON }, body);
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    match refusal {
        // What is left of the body may be more than is taken in for nothing.
        Refusal::TooLarge { .. } => {
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        Refusal::WebSocketVersion => {
            headers.insert(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
        }
        Refusal::AddressFull | Refusal::Full | Refusal::Stopping => {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        _ => {}
    }
    response
}

/// The answer to a request that a session has dealt with. `request` is that request's headers.
///
/// # Errors
/// With the refusal, if that is what the session has to say.
pub fn answered(
    answer: Answer,
    request: &HeaderMap,
    options: &Options,
) -> Result<Response, Refusal> {
    let (answer, may_be_compressed) = match answer {
        Answer::AsItIs(answer) => (*answer, false),
        answer => (answer, true),
    };
    let (content_type, body): (_, Bytes) = match answer {
        Answer::Payload(text) => (TEXT, text.into()),
        Answer::Bytes(bytes) => (BYTES, bytes.into()),
        Answer::Script(script) => (SCRIPT, script.into()),
        Answer::Accepted | Answer::AsItIs(_) => (HTML, Bytes::from_static(b"ok")),
        Answer::Refused(refusal) => return Err(refusal),
        Answer::TooLarge => {
            return Err(Refusal::TooLarge { limit: options.max_payload, size: None });
        }
        Answer::TimedOut => return Err(Refusal::BodyTimedOut),
    };
    let sizes = options
        .http_compression
        .filter(|_| may_be_compressed)
        .map(|threshold| threshold..=encoding::CEILING);
    let worth_it = sizes.is_some_and(|it| !Coding::OFFERED.is_empty() && it.contains(&body.len()));
    let coded = if worth_it { compressed(request, &body) } else { None };
    let mut response = match coded {
        None => response(StatusCode::OK, "", body),
        Some((coding, shorter)) => {
            let mut response = response(StatusCode::OK, "", shorter);
            let name = HeaderValue::from_static(coding.name());
            response.headers_mut().insert(header::CONTENT_ENCODING, name);
            response
        }
    };
    let headers = response.headers_mut();
    if worth_it {
        headers.append(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    }
    if content_type == SCRIPT {
        // A page of any origin can run it, so it must be taken for nothing else.
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    }
    headers.insert(header::CONTENT_TYPE, content_type);
    headers.insert(header::CACHE_CONTROL, NO_STORE);
    Ok(response)
}

/// A body in the coding that the client likes best, if that is shorter.
fn compressed(request: &HeaderMap, body: &[u8]) -> Option<(Coding, Vec<u8>)> {
    let accepted = request.get_all(header::ACCEPT_ENCODING).iter();
    let accepted: Vec<&str> = accepted.filter_map(|value| value.to_str().ok()).collect();
    let coding = encoding::choose(&accepted.join(","))?;
    Some((coding, encoding::compress(coding, body)?))
}

/// Adds headers that were computed in the cores. Values that HTTP can not carry are left out.
pub fn add_headers(response: &mut Response, headers: Vec<Header>) {
    for (name, value) in headers {
        append(response.headers_mut(), HeaderName::from_static(name), &value);
    }
}

/// Adds one header, unless HTTP can not carry its value.
pub fn append(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::try_from(value) {
        headers.append(name, value);
    }
}

/// Sets headers of the application's. Of those that may stand there more than once, both are kept;
/// how long an answer is, and whether its connection goes on, is not for others to say.
pub fn set_all(headers: &mut HeaderMap, more: HeaderMap) {
    let mut last = None;
    for (name, value) in more {
        // A name stands in front of the first of its values only.
        last = name.or(last);
        match &last {
            Some(header::CONTENT_LENGTH | header::TRANSFER_ENCODING | header::CONNECTION)
            | None => {}
            Some(name) if *name == header::SET_COOKIE || *name == header::VARY => {
                headers.append(name, value);
            }
            Some(name) => {
                headers.insert(name, value);
            }
        }
    }
}

/// Whether a page may read packets by script tags: where origins are told apart, it has to say
/// where it is from. A script tag sends no `Origin`, and any page can have one.
pub fn may_script(inquiry: &Inquiry, cors: &Cors) -> bool {
    if !cors.guards() || inquiry.parts.headers.contains_key(header::ORIGIN) {
        // An origin that is there has been admitted.
        return true;
    }
    let site = HeaderName::from_static("sec-fetch-site");
    if matches!(inquiry.header(&site), Some("same-origin" | "none")) {
        return true;
    }
    let host = inquiry.header(&header::HOST).unwrap_or_default();
    let page = inquiry.header(&header::REFERER).and_then(origin_of);
    page.is_some_and(|origin| cors.admits(Some(origin), host))
}

/// The origin of an address: `https://app.example` of `https://app.example/page`.
fn origin_of(address: &str) -> Option<&str> {
    let authority = address.find("://")? + 3;
    let end = address.get(authority..)?.find(['/', '?', '#']).map(|end| authority + end);
    address.get(..end.unwrap_or(address.len()))
}

/// Browsers of a certain age take an answer that repeats part of a request for an attack.
pub fn for_old_browsers(request: &HeaderMap, response: &mut Response) {
    let agent = text(request, &header::USER_AGENT).unwrap_or_default();
    if agent.contains(";MSIE") || agent.contains("Trident/") {
        let off = HeaderValue::from_static("0");
        response.headers_mut().insert(header::X_XSS_PROTECTION, off);
    }
}

/// One line in the log for a request that is refused, with what whoever reads it will ask for.
/// Text from a request goes into it in part only, and escaped.
pub fn log_refusal(refusal: &Refusal, inquiry: &Inquiry) {
    let clip = |text: &str| text.chars().take(LOGGED).collect::<String>();
    let field = |name| inquiry.header(&name).map(clip);
    tracing::warn!(
        code = refusal.code(),
        status = refusal.status(),
        reason = clip(&format!("{refusal:?}")),
        peer = %inquiry.peer,
        client = %inquiry.address(),
        method = clip(inquiry.parts.method.as_str()),
        protocol = inquiry.parameter("EIO").as_deref().map(clip),
        transport = inquiry.parameter("transport").as_deref().map(clip),
        sid = ?inquiry.parameter("sid").as_deref().map(Sid::parse),
        origin = field(header::ORIGIN),
        user_agent = field(header::USER_AGENT),
        "request refused"
    );
}

/// A header's value, if there is one and it is text.
pub fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// The head of a request or of an answer as text, for people to read: its first line, and its
/// headers.
pub fn head_as_text(first: fmt::Arguments<'_>, headers: &HeaderMap) -> String {
    let mut head = format!("{first}\r\n");
    for (name, value) in headers {
        // Memory takes all that is written into it.
        let _ = write!(head, "{name}: {}\r\n", String::from_utf8_lossy(value.as_bytes()));
    }
    head
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
pub fn handshake(inquiry: &Inquiry) -> Handshake {
    let parts = &inquiry.parts;
    // A clock that goes before 1970 is not set.
    let issued = UNIX_EPOCH.elapsed().unwrap_or_default();
    let url = parts.uri.path_and_query().map_or("/", |url| url.as_str());
    let headers = parts
        .headers
        .iter()
        .filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
    Handshake::of(url, headers, inquiry.arrival(issued))
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

/// The answer to the opening handshake of a WebSocket: 101.
///
/// # Errors
/// When version or key are not what RFC 6455 asks for.
pub fn switching_protocols(headers: &HeaderMap) -> Result<Response, Refusal> {
    if text(headers, &header::SEC_WEBSOCKET_VERSION) != Some("13") {
        return Err(Refusal::WebSocketVersion);
    }
    let is_key = |key: &&HeaderValue| STANDARD.decode(key).is_ok_and(|bytes| bytes.len() == 16);
    let key = headers.get(header::SEC_WEBSOCKET_KEY).filter(is_key).ok_or(Refusal::BadKey)?;
    let accept =
        HeaderValue::try_from(derive_accept_key(key.as_bytes())).map_err(|_| Refusal::BadKey)?;

    let mut response = response(StatusCode::SWITCHING_PROTOCOLS, "", Bytes::new());
    let answer = response.headers_mut();
    answer.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    answer.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    answer.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    // A browser that offers protocols fails the connection when none is chosen. The reference
    // server chooses the first.
    let offered = text(headers, &header::SEC_WEBSOCKET_PROTOCOL).unwrap_or_default();
    let first = offered.split(',').next().unwrap_or_default().trim();
    if let (true, Ok(first)) = (is_token(first), HeaderValue::try_from(first)) {
        answer.insert(header::SEC_WEBSOCKET_PROTOCOL, first);
    }
    Ok(response)
}

/// Reads the body of a `POST`, never more than `max` bytes, and never waiting longer than
/// `patience` for the next of them.
///
/// # Errors
/// With how it ended, if not well.
pub async fn read_body(
    body: &mut (impl Body + Unpin),
    max: usize,
    patience: Duration,
) -> Result<Bytes, BodyEnd> {
    let mut whole = BytesMut::new();
    loop {
        let data = match timeout(patience, body.frame()).await {
            Err(_) => return Err(BodyEnd::TimedOut),
            Ok(Some(Err(_))) => return Err(BodyEnd::Lost),
            Ok(Some(Ok(frame))) => frame.into_data(),
            Ok(None) => return Ok(whole.freeze()),
        };
        // What is no data is a trailer, which says nothing to us.
        let Ok(data) = data else { continue };
        if whole.len() + data.remaining() > max {
            return Err(BodyEnd::TooLarge);
        }
        whole.put(data);
        // Where its length is known, nobody has to wait for the end.
        if body.is_end_stream() {
            return Ok(whole.freeze());
        }
    }
}
