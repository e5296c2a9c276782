//! How packets are written, on the live server. Spec: Engine.IO v4, "Packet encoding".
//!
//! ```text
//!   4hello␞bAQIDBA==       in a body
//!   4hello    01 02 03 04   in two frames
//! ```

mod support;

use sockrates::engineio::close::CloseReason;
use sockrates::engineio::delivery::Delivery;
use sockrates::engineio::options::Options;
use sockrates::engineio::packet::Frame;
use support::EchoServer;

/// "Example: `4hello\x1ebAQIDBA==`" [EIO4-ENCODING-1] "Binary payloads MUST be base64-encoded
/// and prefixed with a `b` character"
#[tokio::test]
async fn bytes_travel_as_base64_in_a_body() {
    let server = EchoServer::start(Options::default()).await;
    let session = server.polling().await;
    session.post("4hello\x1ebAQIDBA==").await;
    assert_eq!(session.poll().await, "4hello\x1ebAQIDBA==");

    let handle = server.session().await;
    handle
        .send([Frame::Binary(vec![255, 254].into()), Frame::Text("4é".into())], Delivery::default())
        .unwrap();
    assert_eq!(session.poll().await, "b//4=\x1e4é");
}

/// "Each packet is sent in its own WebSocket frame", bytes as they are.
#[tokio::test]
async fn bytes_travel_as_they_are_in_a_frame() {
    let server = EchoServer::start(Options::default()).await;
    let mut websocket = server.websocket().await;
    websocket.send_binary(&[1, 2, 3, 4]).await;
    assert_eq!(websocket.binary().await, [1, 2, 3, 4]);
    websocket.send_binary(&[]).await;
    assert_eq!(websocket.binary().await, [0; 0]);
    websocket.send("4hello").await;
    websocket.expect("4hello").await;
}

/// Some clients encode for every transport alike.
#[tokio::test]
async fn base64_is_understood_in_a_frame_as_well() {
    let server = EchoServer::start(Options::default()).await;
    let mut websocket = server.websocket().await;
    websocket.send("bAQIDBA==").await;
    assert_eq!(websocket.binary().await, [1, 2, 3, 4]);
}

/// "The character encoding is UTF-8"
#[tokio::test]
async fn text_is_utf_8_on_both_transports() {
    let text = "4héllo, 你好, 😀, \u{2028}\0";
    let server = EchoServer::start(Options::default()).await;
    let session = server.polling().await;
    session.post(text).await;
    assert_eq!(session.poll().await, text);
    let mut websocket = server.websocket().await;
    websocket.send(text).await;
    websocket.expect(text).await;
}

#[tokio::test]
async fn an_empty_message_is_a_message() {
    let server = EchoServer::start(Options::default()).await;
    let session = server.polling().await;
    session.post("4\x1eb\x1e4").await;
    assert_eq!(session.poll().await, "4\x1eb\x1e4");
}

#[tokio::test]
async fn what_is_no_packet_ends_the_session() {
    let server = EchoServer::start(Options::default()).await;
    for wrong in ["7", "x", "é", "b!!!"] {
        let session = server.polling().await;
        assert_eq!(session.try_post(wrong).await.status, 400, "{wrong}");
        assert_eq!(server.closed().await, CloseReason::ParseError, "{wrong}");

        let mut websocket = server.websocket().await;
        websocket.send(wrong).await;
        assert_eq!(server.closed().await, CloseReason::ParseError, "{wrong}");
        assert_eq!(websocket.closed().await, Some((1008, "parse error".into())));
    }
}
