//! What is thrown at a WebSocket, and the answer of this server: a close frame that says what
//! was wrong, a session that ends, and never more memory than the limits allow.
//!
//! ```text
//!   81 05 68 65 6c 6c 6f     a frame without a mask   ──►  1002
//!   81 ff 7f ff ff ff …      a length that lies       ──►  1009
//! ```

mod support;

use std::time::Duration;

use sockrates::engineio::close::CloseReason;
use sockrates::engineio::options::Options;
use support::websocket::{BINARY, CLOSE, PING, PONG, TEXT, frame, head, opening};
use support::{EchoServer, RawWs};
use tokio::time::Instant;

const QUERY: &str = "EIO=4&transport=websocket";

/// A WebSocket whose open packet was read.
async fn open(server: &EchoServer) -> RawWs {
    let mut websocket = server.raw_websocket(QUERY).await;
    assert_eq!(websocket.next().await.map(|open| open.payload[0]), Some(b'0'));
    websocket
}

/// These bytes end the session with this close code. The text of the close frame.
async fn check(server: &EchoServer, bytes: &[u8], code: u16) -> String {
    let mut websocket = open(server).await;
    websocket.send(bytes).await;
    let (found, text) = websocket.closed().await.expect("a close frame");
    assert_eq!(found, code, "{bytes:02x?}: {text}");
    assert_eq!(server.closed().await, CloseReason::TransportError, "{bytes:02x?}");
    text
}

/// Threat 50. A message may come in 16,384 pieces, empty ones among them, and in not one more.
#[tokio::test]
async fn a_message_has_so_many_fragments_and_no_more() {
    let server = EchoServer::start(Options::default()).await;
    let in_pieces = |count: usize| {
        let mut bytes = frame(0x01, b"4");
        for number in 0..count - 2 {
            bytes.extend(frame(0x00, if number % 2 == 0 { b"" } else { b"a" }));
            if number == 7 {
                bytes.extend(frame(0x89, b"a ping in between is no piece"));
            }
        }
        bytes.extend(frame(0x80, b""));
        bytes
    };
    let mut websocket = open(&server).await;
    for _ in 0..2 {
        websocket.send(in_pieces(16_384)).await;
        websocket.expect(0x8a, b"a ping in between is no piece").await;
        websocket.expect(TEXT, format!("4{}", "a".repeat(8191))).await;
    }
    let text = check(&server, &in_pieces(16_385), 1008).await;
    assert_eq!(text, "message of too many fragments");
}

/// Threat 50. Who is in the middle of sending goes on unread, instead of being cut off: a
/// connection that is reset would take the close frame with it.
#[tokio::test(start_paused = true)]
async fn whoever_is_still_sending_fragments_is_told_too() {
    let server = EchoServer::in_memory(Options { max_fragments: 2, ..Options::default() });
    let mut websocket = open(&server).await;
    websocket.send([frame(0x01, b"4"), frame(0x00, b""), frame(0x00, b"")].concat()).await;
    let (code, text) = websocket.closed().await.expect("a close frame");
    assert_eq!((code, &*text), (1008, "message of too many fragments"));
    let more = frame(0x00, b"").repeat(10_000);
    for _ in 0..50 {
        assert!(websocket.http.try_send(&more).await, "the connection was reset");
    }
}

/// Threat 51. Fragments count together.
#[tokio::test]
async fn fragments_count_together() {
    let server = EchoServer::start(Options { max_payload: 100, ..Options::default() }).await;
    let bytes = [frame(0x01, &[b'4'; 60]), frame(0x80, &[b'4'; 41])].concat();
    let text = check(&server, &bytes, 1009).await;
    assert_eq!(text, "message of 101 bytes exceeds the limit of 100");
    let mut websocket = open(&server).await;
    websocket.send([frame(0x01, &[b'4'; 60]), frame(0x80, &[b'4'; 40])].concat()).await;
    websocket.expect(TEXT, [b'4'; 100]).await;
}

/// Threat 52. A length that lies is refused by the head alone.
#[tokio::test]
async fn a_length_beyond_the_limit_is_refused_by_the_head() {
    let server = EchoServer::start(Options::default()).await;
    for length in [1_000_001, 1 << 31, usize::MAX >> 1] {
        for first in [TEXT, BINARY] {
            let text =
                check(&server, &[head(first, length, true), vec![0; 4]].concat(), 1009).await;
            assert!(text.ends_with("exceeds the limit of 1000000"), "{text}");
        }
    }
}

/// Threat 53. Control frames are short and whole; between fragments they may stand.
#[tokio::test]
async fn control_frames_are_short_and_whole() {
    let server = EchoServer::start(Options::default()).await;
    check(&server, &frame(PING, &[0; 126]), 1002).await;
    check(&server, &frame(0x09, b"part"), 1002).await;
    check(&server, &frame(CLOSE, &[3; 126]), 1002).await;

    let mut websocket = open(&server).await;
    let bytes = [frame(0x01, b"4he"), frame(PING, b"hi"), frame(0x80, b"llo")].concat();
    websocket.send(bytes).await;
    websocket.expect(PONG, "hi").await;
    websocket.expect(TEXT, "4hello").await;
}

/// Threat 54. A client that pings without reading the pongs finds few of them waiting, and the
/// newest among them.
#[tokio::test]
async fn a_flood_of_pings_piles_up_no_pongs() {
    const PINGS: u32 = 100_000;
    let server = EchoServer::in_memory(Options::default());
    let mut websocket = open(&server).await;
    for number in 0..PINGS {
        let payload = [&number.to_be_bytes()[..], &[0; 120]].concat();
        websocket.send(frame(PING, &payload)).await;
    }
    let mut pongs = 0;
    loop {
        let pong = websocket.next().await.expect("the session lives");
        assert_eq!(pong.first, PONG);
        pongs += 1;
        if pong.payload.starts_with(&(PINGS - 1).to_be_bytes()) {
            break;
        }
    }
    // Those that fit into the pipe, the buffer, and the newest.
    assert!(pongs < 5000, "{pongs} pongs for {PINGS} pings");
    websocket.text("4a").await;
    websocket.expect(TEXT, "4a").await;
}

/// Threat 55. Frames that RFC 6455 forbids are answered with 1002.
#[tokio::test]
async fn frames_that_are_forbidden_are_protocol_errors() {
    let server = EchoServer::start(Options::default()).await;
    let unmasked = [head(TEXT, 5, false), b"4hell".to_vec()].concat();
    check(&server, &unmasked, 1002).await;
    for reserved_bit in [0x40, 0x20, 0x10] {
        check(&server, &frame(TEXT | reserved_bit, b"4a"), 1002).await;
    }
    for reserved_opcode in [0x83, 0x87, 0x8b, 0x8f] {
        check(&server, &frame(reserved_opcode, b"4a"), 1002).await;
    }
    check(&server, &frame(0x80, b"stray continuation"), 1002).await;
    check(&server, &[frame(0x01, b"4a"), frame(TEXT, b"4b")].concat(), 1002).await;
}

/// Threat 55. A candidate that does such a thing harms nobody.
#[tokio::test]
async fn a_candidate_that_breaks_the_rules_harms_nobody() {
    let server = EchoServer::start(Options::default()).await;
    let session = server.polling().await;
    let mut candidate = session.raw_candidate().await;
    candidate.send(frame(TEXT | 0x20, b"2probe")).await;
    assert!(candidate.closed().await.is_some());
    session.post("4a").await;
    assert_eq!(session.poll().await, "4a");
    assert!(server.none_closed());
}

/// Threat 56. Text is UTF-8, also across fragments.
#[tokio::test]
async fn text_that_is_not_utf_8_is_refused() {
    let server = EchoServer::start(Options::default()).await;
    for text in [&b"4\xff"[..], b"4\xc3", b"4\xc0\x80", b"4\xed\xa0\x80", b"4\xf5\x80\x80\x80"] {
        check(&server, &frame(TEXT, text), 1007).await;
    }
    check(&server, &[frame(0x01, b"4\xc3"), frame(0x80, b"a")].concat(), 1007).await;

    let mut websocket = open(&server).await;
    websocket.send([frame(0x01, b"4\xc3"), frame(0x80, b"\xa9")].concat()).await;
    websocket.expect(TEXT, "4é").await;
}

/// Threat 57. A close frame may be empty, or has a code that may be sent and a text.
#[tokio::test]
async fn a_close_frame_has_a_code_that_may_be_sent() {
    let server = EchoServer::start(Options::default()).await;
    for payload in [&[3][..], &[0, 0], &[3, 237], &[3, 238], &[0x03, 0xe8, 0xff]] {
        let mut websocket = open(&server).await;
        websocket.send(frame(CLOSE, payload)).await;
        let (code, _) = websocket.closed().await.expect("a close frame");
        assert!(matches!(code, 1002 | 1007), "{payload:?}: {code}");
        server.closed().await;
    }
    let mut websocket = open(&server).await;
    websocket.send(frame(CLOSE, b"")).await;
    websocket.expect(CLOSE, b"").await;
    assert_eq!(server.closed().await, CloseReason::TransportClose);
}

/// Threat 58. Whoever does not answer a close frame is waited for two seconds.
#[tokio::test(start_paused = true)]
async fn a_close_that_is_not_answered_does_not_last() {
    let server = EchoServer::in_memory(Options::default());
    let mut websocket = open(&server).await;
    let began = Instant::now();
    websocket.send(frame(TEXT | 0x40, b"4a")).await;
    assert_eq!(websocket.closed().await.map(|(code, _)| code), Some(1002));
    assert_eq!(websocket.next().await, None);
    assert!(began.elapsed() <= Duration::from_secs(3), "{:?}", began.elapsed());
}

/// Threat 59. An opening handshake is a GET of HTTP/1.1, with a key, of version 13.
#[tokio::test]
async fn an_opening_handshake_has_all_it_needs() {
    let server = EchoServer::start(Options::default()).await;
    let good = opening(&server.target(QUERY));
    for (from, to, status) in [
        ("GET", "POST", 400),
        ("HTTP/1.1", "HTTP/1.0", 400),
        ("Upgrade: websocket", "Upgrade: foo", 400),
        ("Connection: Upgrade", "Connection: close", 400),
        ("Version: 13", "Version: 12", 426),
        ("Sec-WebSocket-Version: 13\r\n", "", 426),
        ("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZQ==", 400),
        ("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", "", 400),
    ] {
        let request = good.replace(from, to);
        assert_ne!(request, good);
        let answer = server.request(request).await;
        assert_eq!(answer.status, status, "{to}");
        let version = answer.header("sec-websocket-version");
        assert_eq!(version, Some("13").filter(|_| status == 426), "{to}");
    }
    assert_eq!(server.engine.sessions(), 0);
    // Names in headers have no case, and a list may hold more.
    let odd = good.replace("Upgrade: websocket", "UPGRADE: h2c, WebSocket");
    let odd = odd.replace("Connection: Upgrade", "Connection: keep-alive, upgrade");
    assert_eq!(server.request(odd).await.status, 101);
}

/// Threat 60. Threat 61. Extensions are not taken, compression included, and names that mean
/// something elsewhere mean nothing.
#[tokio::test]
async fn extensions_are_not_taken() {
    let server = EchoServer::start(Options::default()).await;
    let good = opening(&server.target(QUERY));
    let protocol = format!("Sec-WebSocket-Protocol: b{}x", " ".repeat(10_000));
    for header in [
        "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits",
        "Sec-WebSocket-Extensions: constructor",
        "Sec-WebSocket-Extensions: __proto__; a=\"",
        "Sec-WebSocket-Protocol: ,,,",
        &protocol,
    ] {
        let request = format!("{}\r\n{header}\r\n\r\n", good.trim_end());
        let answer = server.request(request).await;
        assert_eq!(answer.status, 101, "{header}");
        assert_eq!(answer.header("sec-websocket-extensions"), None, "{header}");
        assert_eq!(server.closed().await, CloseReason::TransportClose);
    }
    // A frame that says it is compressed.
    check(&server, &frame(TEXT | 0x40, &[0xaa, 0x56]), 1002).await;
}

/// Threat 43. What a client may not say closes its session.
#[tokio::test]
async fn a_ping_or_a_close_packet_ends_the_session() {
    let server = EchoServer::start(Options::default()).await;
    for (packet, reason) in [("2", CloseReason::TransportError), ("1", CloseReason::TransportClose)]
    {
        open(&server).await.text(packet).await;
        assert_eq!(server.closed().await, reason);
    }
}
