//! Requests whose bodies are not hyper's: those of frameworks, of middleware, of tests.
//!
//! ```text
//!   Request<Full<Bytes>>, Request<axum::body::Body>, … ──► Io::handle ──► Response<Full<Bytes>>
//! ```

use std::collections::VecDeque;
use std::marker::PhantomPinned;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Mutex;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::{BodyExt, Empty, Full};
use hyper::body::{Body, Frame};
use hyper::header::HeaderMap;
use hyper::{Request, Response, StatusCode};
use sockrates::socketio::{Args, Io, Options, Socket};

const PEER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 9);

/// What a body yields: data that are not `Bytes`, trailers, or an error.
type Piece = Result<Frame<VecDeque<u8>>, String>;

/// A body that comes in pieces, and must not be moved while it is read.
struct Pieces {
    left: Mutex<VecDeque<Piece>>,
    _pinned: PhantomPinned,
}

impl Pieces {
    fn new(pieces: impl IntoIterator<Item = Piece>) -> Self {
        Self { left: Mutex::new(pieces.into_iter().collect()), _pinned: PhantomPinned }
    }
}

impl Body for Pieces {
    type Data = VecDeque<u8>;
    type Error = String;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Piece>> {
        Poll::Ready(self.left.lock().unwrap().pop_front())
    }
}

fn data(text: &str) -> Piece {
    Ok(Frame::data(text.bytes().collect()))
}

fn echo(max_payload: usize) -> Io {
    let mut options = Options::default();
    options.engine.max_payload = max_payload;
    let io = Io::new(options);
    io.of("/").on_connect(|socket: Socket| {
        socket.on("echo", |socket: Socket, args: Args| socket.emit("echo", args));
    });
    io
}

async fn text(answer: Response<Full<Bytes>>) -> (StatusCode, String) {
    let status = answer.status();
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

fn ask<B>(sid: &str, body: B) -> Request<B> {
    let path = format!("/socket.io/?EIO=4&transport=polling{sid}");
    let method = if sid.is_empty() { "GET" } else { "POST" };
    Request::builder().method(method).uri(path).header("host", "a").body(body).unwrap()
}

/// Opens a session by a request without a body, and gives back what names it in a query.
async fn open(io: &Io) -> String {
    let (status, packet) = text(io.handle(ask("", Empty::<Bytes>::new()), PEER).await).await;
    assert_eq!(status, StatusCode::OK, "{packet}");
    let (_, rest) = packet.split_once(r#""sid":""#).unwrap();
    format!("&sid={}", rest.split('"').next().unwrap())
}

#[tokio::test]
async fn a_body_of_any_kind_is_read_to_its_end() {
    let io = echo(1_000_000);
    let sid = open(&io).await;
    let whole = Full::new(Bytes::from_static(b"40"));
    assert_eq!(text(io.handle(ask(&sid, whole), PEER).await).await, (StatusCode::OK, "ok".into()));

    let pieces =
        [data("42[\"ec"), data(""), data("ho\",1]"), Ok(Frame::trailers(HeaderMap::new()))];
    let answer = io.handle(ask(&sid, Pieces::new(pieces)), PEER).await;
    assert_eq!(text(answer).await, (StatusCode::OK, "ok".into()));

    let mut get = ask(&sid, Empty::<Bytes>::new());
    *get.method_mut() = hyper::Method::GET;
    let (_, packets) = text(io.handle(get, PEER).await).await;
    assert!(packets.ends_with("\u{1e}42[\"echo\",1]"), "{packets}");
}

#[tokio::test]
async fn the_limit_holds_for_a_body_that_does_not_say_its_length() {
    // Ten bytes are let in, and found not to be a packet; eleven are not.
    for (last, expected) in [("]", StatusCode::BAD_REQUEST), ("]]", StatusCode::PAYLOAD_TOO_LARGE)]
    {
        let io = echo(10);
        let sid = open(&io).await;
        let body = Pieces::new([data("92[\"12"), data("34\""), data(last)]);
        let (status, text) = text(io.handle(ask(&sid, body), PEER).await).await;
        assert_eq!(status, expected, "{text}");
    }
}

#[tokio::test]
async fn a_body_that_fails_costs_its_session_and_nothing_else() {
    let io = echo(1_000_000);
    let sid = open(&io).await;
    let body = Pieces::new([data("42["), Err("the line is cut".to_owned())]);
    let (status, _) = text(io.handle(ask(&sid, body), PEER).await).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    open(&io).await;
}
