//! The WebSocket transport, on the live server. Spec: Engine.IO v4, "WebSocket".
//!
//! ```text
//!   GET ?EIO=4&transport=websocket   ──►   101, and an open packet in the first frame
//! ```

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant as StdInstant};

use sockrates::engineio::close::CloseReason;
use sockrates::engineio::delivery::Delivery;
use sockrates::engineio::engine::Engine;
use sockrates::engineio::handler::{Client, Handler};
use sockrates::engineio::handshake::Handshake;
use sockrates::engineio::mailbox::SessionHandle;
use sockrates::engineio::options::Options;
use sockrates::engineio::packet::{Frame, Message};
use support::polling::sid;
use support::websocket::{CLOSE, PING, PONG, RawWs, TEXT, frame, opening};
use support::{EchoServer, Live, http};
use tokio::time::Instant;

const BAD_REQUEST: &str = r#"{"code":3,"message":"Bad request"}"#;

fn text(text: &str) -> Frame {
    Frame::Text(text.to_owned().into())
}

#[tokio::test]
async fn a_session_may_begin_on_websocket() {
    let server = EchoServer::start(Options::default()).await;
    let mut websocket = server.websocket().await;
    websocket.send("4hello").await;
    websocket.expect("4hello").await;
    websocket.close().await;
    assert_eq!(server.closed().await, CloseReason::TransportClose);
    assert_eq!(server.engine.sessions(), 0);
}

/// RFC 6455, section 1.3, with its example of a key.
#[tokio::test]
async fn the_opening_handshake_is_that_of_the_rfc() {
    let server = EchoServer::start(Options::default()).await;
    let answer = server.request(opening(&server.target("EIO=4&transport=websocket"))).await;
    assert_eq!(answer.status, 101);
    assert_eq!(answer.header("upgrade"), Some("websocket"));
    assert_eq!(answer.header("sec-websocket-accept"), Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    assert_eq!(answer.header("sec-websocket-protocol"), None);
}

#[tokio::test]
async fn the_first_protocol_that_is_offered_is_chosen() {
    let server = EchoServer::start(Options::default()).await;
    let opening = opening(&server.target("EIO=4&transport=websocket"));
    let offer = "Sec-WebSocket-Protocol: chat, superchat\r\n\r\n";
    let answer = server.request(opening.trim_end().to_owned() + "\r\n" + offer).await;
    assert_eq!(answer.header("sec-websocket-protocol"), Some("chat"));
}

/// Threat 33. Threat 34. [EIO4-WS-3] "A client MUST NOT open more than one WebSocket connection
/// per session. Should it happen, the server MUST close the WebSocket connection."
#[tokio::test]
async fn a_second_websocket_of_a_session_is_closed_and_the_first_lives() {
    let server = EchoServer::start(Options::default()).await;
    let mut first = server.websocket().await;
    let query = format!("EIO=4&transport=websocket&sid={}", sid(&first.open));
    let mut second = server.websocket_at(&query).await;
    let refused = Some((1008, "this session takes no WebSocket now".into()));
    assert_eq!(second.closed().await, refused);
    first.send("4still mine").await;
    first.expect("4still mine").await;

    let session = server.polling().await;
    let mut first = session.upgrade().await;
    let mut second = session.candidate().await;
    assert_eq!(second.closed().await, refused);
    first.send("4still mine").await;
    first.expect("4still mine").await;
}

/// Threat 32.
#[tokio::test]
async fn a_session_on_websocket_has_no_polling() {
    let server = EchoServer::start(Options::default()).await;
    let mut websocket = server.websocket().await;
    let query = format!("EIO=4&transport=polling&sid={}", sid(&websocket.open));
    let target = server.target(&query);
    server.request(http::get(&target)).await.check(400, BAD_REQUEST);
    server.request(http::post(&target, "4a")).await.check(400, BAD_REQUEST);
    websocket.send("4b").await;
    websocket.expect("4b").await;
}

/// What a client writes behind its opening handshake, without waiting for the answer, is read.
#[tokio::test]
async fn frames_may_follow_the_handshake_at_once() {
    let server = EchoServer::start(Options::default()).await;
    let mut http = server.connect().await;
    let opening = opening(&server.target("EIO=4&transport=websocket"));
    http.send([opening.as_bytes(), &frame(TEXT, b"4early")].concat()).await;
    assert_eq!(http.response().await.status, 101);
    let mut websocket = RawWs { http };
    assert_eq!(websocket.next().await.map(|open| open.payload[0]), Some(b'0'));
    websocket.expect(TEXT, "4early").await;
}

#[tokio::test]
async fn a_message_at_the_limit_passes_in_both_directions() {
    let server = EchoServer::start(Options::default()).await;
    let mut websocket = server.websocket().await;
    let message = format!("4{}", "é".repeat(499_999) + "x");
    assert_eq!(message.len(), 1_000_000);
    websocket.send(&message).await;
    assert_eq!(websocket.text().await, message);
}

/// What is sent by those who handle what comes leaves before it is too much.
#[tokio::test]
async fn many_questions_at_once_with_long_answers_are_no_slow_client() {
    let server = EchoServer::start(Options { max_buffered: 50_000, ..Options::default() }).await;
    let mut client = server.raw_websocket("EIO=4&transport=websocket").await;
    client.next().await.unwrap();
    let message = format!("4{}", "x".repeat(3_000));
    for _ in 0..10 {
        client.send(frame(TEXT, message.as_bytes()).repeat(40)).await;
        for _ in 0..40 {
            client.expect(TEXT, &message).await;
        }
    }
}

/// An application that closes its session by the first message, and counts them.
struct Closing(Arc<AtomicUsize>);

struct ClosingClient(Arc<AtomicUsize>, SessionHandle);

impl Handler for Closing {
    type Client = ClosingClient;

    fn opened(&self, session: SessionHandle, _: Arc<Handshake>, _: StdInstant) -> ClosingClient {
        ClosingClient(self.0.clone(), session)
    }
}

impl Client for ClosingClient {
    fn message(&mut self, _: Message, _: StdInstant) {
        self.0.fetch_add(1, Ordering::Relaxed);
        self.1.close(CloseReason::ForcedClose);
    }

    fn closed(self, _: CloseReason) {}
}

/// However many frames came together, once the application has closed its session it hears no more.
#[tokio::test]
async fn nothing_is_heard_of_a_session_that_was_closed() {
    let heard = Arc::new(AtomicUsize::new(0));
    let engine = Engine::new(Options::default(), Closing(heard.clone()));
    let live = Live::engine(&engine).await;
    let mut client = live.raw_websocket("EIO=4&transport=websocket").await;
    client.next().await.unwrap();
    client.send(frame(TEXT, b"4hello").repeat(3)).await;
    assert_eq!(client.closed().await.map(|(code, _)| code), Some(1000));
    assert_eq!(heard.swap(0, Ordering::Relaxed), 1);

    // Nor of the body of a POST.
    let session = live.polling().await;
    session.post("4hello\x1e4hello\x1e4hello").await;
    assert_eq!(heard.load(Ordering::Relaxed), 1);
}

/// Trap 27. The server says goodbye with a code and a reason.
#[tokio::test]
async fn a_close_by_the_server_has_a_code() {
    let server = EchoServer::start(Options::default()).await;
    for (reason, code) in [(CloseReason::ForcedClose, 1000), (CloseReason::ServerShutdown, 1001)] {
        let mut websocket = server.websocket().await;
        let handle = server.session().await;
        handle.send([text("4last words")], Delivery::default()).unwrap();
        handle.close(reason);
        websocket.expect("4last words").await;
        assert_eq!(websocket.closed().await, Some((code, reason.as_str().into())));
        assert_eq!(server.closed().await, reason);
    }
}

#[tokio::test]
async fn a_close_packet_closes_the_websocket() {
    let server = EchoServer::start(Options::default()).await;
    let mut websocket = server.websocket().await;
    websocket.send("1").await;
    assert_eq!(websocket.closed().await, Some((1000, "transport close".into())));
    assert_eq!(server.closed().await, CloseReason::TransportClose);
}

/// Whatever code the client gives, it was the client that closed.
#[tokio::test]
async fn a_close_frame_is_answered_in_kind() {
    let server = EchoServer::start(Options::default()).await;
    for code in [1000_u16, 1001, 1011, 3000, 4999] {
        let mut websocket = server.raw_websocket("EIO=4&transport=websocket").await;
        websocket.next().await;
        websocket.send(frame(CLOSE, &code.to_be_bytes())).await;
        assert_eq!(websocket.closed().await.map(|(code, _)| code), Some(code));
        assert_eq!(websocket.next().await, None, "and the connection ends");
        assert_eq!(server.closed().await, CloseReason::TransportClose);
    }
}

#[tokio::test]
async fn a_connection_that_breaks_is_a_close() {
    let server = EchoServer::start(Options::default()).await;
    drop(server.websocket().await);
    assert_eq!(server.closed().await, CloseReason::TransportClose);
}

/// A client that keeps its WebSocket open after a goodbye does not keep ours.
#[tokio::test(start_paused = true)]
async fn a_goodbye_that_is_not_answered_is_waited_for_two_seconds() {
    let server = EchoServer::in_memory(Options::default());
    let mut websocket = server.raw_websocket("EIO=4&transport=websocket").await;
    websocket.next().await;
    server.session().await.close(CloseReason::ForcedClose);
    let began = Instant::now();
    assert_eq!(websocket.closed().await, Some((1000, "forced close".into())));
    assert_eq!(server.closed().await, CloseReason::ForcedClose);
    assert_eq!(began.elapsed(), Duration::ZERO, "the application is told at once");
    assert_eq!(websocket.next().await, None);
    assert_eq!(began.elapsed().as_secs(), 2);
}

/// Messages of all sizes, in fragments as well and with pings in between, in one stream.
fn conversation() -> (Vec<u8>, Vec<String>) {
    let sizes = (0..60).map(|number| number * 7).chain([126, 127, 128, 4095, 4096, 15_000, 1]);
    let messages: Vec<_> = sizes.map(|size| format!("4{size}{}", "x".repeat(size))).collect();
    let mut stream = Vec::new();
    for (number, message) in messages.iter().enumerate() {
        let bytes = message.as_bytes();
        if number % 5 == 3 {
            let (first, last) = bytes.split_at(bytes.len() / 2);
            stream.extend(frame(TEXT & 0x7f, first));
            stream.extend(frame(PING, b"in between"));
            stream.extend(frame(0x80, last));
        } else {
            stream.extend(frame(TEXT, bytes));
        }
    }
    (stream, messages)
}

/// A connection gets another buffer when it becomes busy, and when it rests.
#[tokio::test(start_paused = true)]
async fn a_client_that_says_much_then_nothing_and_much_again_loses_nothing() {
    let server = EchoServer::in_memory(Options::default());
    let (stream, messages) = conversation();
    for at_once in [1, 13, 131, 4096, stream.len()] {
        let mut client = server.raw_websocket("EIO=4&transport=websocket").await;
        client.next().await.unwrap();
        for _ in 0..3 {
            for part in stream.chunks(at_once) {
                client.send(part).await;
                if at_once < 4096 {
                    // So that it really comes in parts.
                    tokio::task::yield_now().await;
                }
            }
            let mut heard = messages.iter();
            while heard.len() > 0 {
                let frame = client.next().await.unwrap();
                if frame.first != PONG {
                    assert_eq!(frame.payload, heard.next().unwrap().as_bytes(), "{at_once}");
                }
            }
            for _ in 0..3 {
                let ping = loop {
                    let frame = client.next().await.unwrap();
                    if frame.first != PONG {
                        break frame;
                    }
                };
                assert_eq!(ping.payload, b"2");
                client.text("3").await;
            }
        }
    }
}
