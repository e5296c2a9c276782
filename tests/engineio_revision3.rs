//! Revision 3 of the protocol, which clients of Socket.IO 1.x and 2.x speak: all of it, as it is on
//! the wire.
//!
//! ```text
//!   GET …?EIO=3&transport=polling     97:0{"sid":…}           lengths, in UTF-16 code units
//!   POST 6:4hello10:b4AQIDBA==        ok                      bytes as base64,
//!   POST 01 05 ff 04 01 02 03 04      ok                      or in a body of bytes
//!   2                                 3                       the client pings
//!   GET …&j=0                         ___eio[0]("…");         a script tag reads
//! ```

mod support;

use std::time::Duration;

use sockrates::engineio::close::CloseReason;
use sockrates::engineio::cors::{Chosen, Cors};
use sockrates::engineio::delivery::Delivery;
use sockrates::engineio::options::Options;
use sockrates::engineio::packet::{Frame, Message};
use support::polling::sid;
use support::websocket::{BINARY, RawFrame, TEXT, frame, opening};
use support::{EchoServer, RawWs, http};

const POLLING: &str = "EIO=3&transport=polling";
const WEBSOCKET: &str = "EIO=3&transport=websocket";

fn options() -> Options {
    Options { allow_eio3: true, ..Options::default() }
}

/// A session on polling.
struct Old<'a> {
    server: &'a EchoServer,
    target: String,
    sid: String,
}

impl<'a> Old<'a> {
    async fn open(server: &'a EchoServer, more: &str) -> Self {
        let open = server.request(http::get(&server.target(&format!("{POLLING}{more}")))).await;
        assert_eq!(open.status, 200, "{}", open.text());
        let sid = sid(&open.text().replace('\\', ""));
        let target = server.target(&format!("{POLLING}&sid={sid}"));
        Self { server, target, sid }
    }

    async fn get(&self) -> http::Response {
        self.server.request(http::get(&self.target)).await
    }

    #[track_caller]
    fn post(&self, body: &str) -> impl Future<Output = http::Response> {
        self.server.request(http::post(&self.target, body))
    }

    async fn post_as(&self, content_type: &str, body: &[u8]) -> http::Response {
        let head = format!(
            "POST {} HTTP/1.1\r\nHost: a\r\nContent-Type: {content_type}\r\n\
             Content-Length: {}\r\n\r\n",
            self.target,
            body.len()
        );
        self.server.request([head.as_bytes(), body].concat()).await
    }

    async fn upgrade(&self) -> RawWs {
        let target = self.server.target(&format!("{WEBSOCKET}&sid={}", self.sid));
        RawWs::connect(self.server.connect().await, &target).await
    }
}

#[tokio::test]
async fn an_old_client_is_let_in_where_it_may_be_and_nowhere_else() {
    let server = EchoServer::start(Options::default()).await;
    let answer = server.request(http::get(&server.target(POLLING))).await;
    answer.check(400, r#"{"code":5,"message":"Unsupported protocol version"}"#);
    assert!(answer.hint().unwrap().contains("--allow-eio3"));

    let server = EchoServer::start(options()).await;
    let open = server.request(http::get(&server.target(POLLING))).await;
    let (length, packet) = open.text().split_once(':').expect("a length");
    assert_eq!(length, packet.len().to_string(), "the packet and nothing behind it");
    assert!(packet.starts_with(r#"0{"sid":""#) && packet.contains(r#""pingInterval":25000"#));
    assert_eq!(open.header("content-type"), Some("text/plain; charset=UTF-8"));
}

/// Trap 21. An emoji is two code units, and a body of three packets is nothing but the three.
#[tokio::test]
async fn lengths_count_utf_16_code_units() {
    let server = EchoServer::start(options()).await;
    let old = Old::open(&server, "").await;
    old.post("6:4hello3:4💥2:4€").await.check(200, "ok");
    old.get().await.check(200, "6:4hello3:4💥2:4€");
    // A body of no packets, as its own encoder writes it.
    old.post("0:").await.check(200, "ok");
    for broken in ["5:4hello", "7:4hello", "2:4💥", "4hello", "", "-1:4", "6:4hello1:"] {
        let old = Old::open(&server, "").await;
        assert_eq!(old.post(broken).await.status, 400, "{broken:?}");
        assert_eq!(server.closed().await, CloseReason::ParseError, "{broken:?}");
    }
}

/// Trap 21. To a client that takes bytes, a body with bytes in it is a body of bytes; to one that
/// does not, they are base64.
#[tokio::test]
async fn bytes_travel_as_they_can() {
    let server = EchoServer::start(options()).await;
    let old = Old::open(&server, "").await;
    old.post("10:b4AQIDBA==").await.check(200, "ok");
    let answer = old.get().await;
    assert_eq!(answer.header("content-type"), Some("application/octet-stream"));
    assert_eq!(answer.body, [1, 5, 0xff, 4, 1, 2, 3, 4]);

    let body = [&[1, 5, 0xff, 4, 1, 2, 3, 4][..], &[0, 6, 0xff], b"4hello"].concat();
    old.post_as("application/octet-stream", &body).await.check(200, "ok");
    assert_eq!(old.get().await.body, body, "and text beside bytes is in it as well");

    // Base64 that begins like a packet is no less base64.
    let old = Old::open(&server, "&b64=1").await;
    old.post("10:b4AQIDBA==6:4hello6:b44444").await.check(200, "ok");
    old.get().await.check(200, "10:b4AQIDBA==6:4hello6:b44444");
    let old = Old::open(&server, "&b64=0").await;
    old.post("6:b4AQID").await.check(200, "ok");
    assert_eq!(old.get().await.body, [1, 4, 0xff, 4, 1, 2, 3]);
}

/// The deadline is interval and timeout behind the last ping, and nothing but a ping moves it.
#[tokio::test(start_paused = true)]
async fn the_client_pings() {
    let server = EchoServer::in_memory(options());
    let old = Old::open(&server, "").await;
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_secs(40)).await;
        old.post("1:2").await.check(200, "ok");
        old.get().await.check(200, "1:3");
    }
    tokio::time::sleep(Duration::from_secs(40)).await;
    old.post("6:4hello").await.check(200, "ok");
    assert!(server.none_closed());
    tokio::time::sleep(Duration::from_millis(5001)).await;
    assert_eq!(server.closed().await, CloseReason::PingTimeout);
}

/// What the server of revision 4 expects is an error here.
#[tokio::test]
async fn a_pong_from_a_client_ends_the_session() {
    let server = EchoServer::start(options()).await;
    let old = Old::open(&server, "").await;
    old.post("1:3").await.check(400, r#"{"code":3,"message":"Bad request"}"#);
    assert_eq!(server.closed().await, CloseReason::TransportError);
}

/// Bytes have the type in front, as a byte; or they are base64 behind `b4` for who asked for it.
#[tokio::test]
async fn a_websocket_carries_a_packet_a_frame() {
    let server = EchoServer::start(options()).await;
    for (more, expected) in [
        ("", RawFrame { first: BINARY, payload: vec![4, 1, 2, 3, 4] }),
        ("&b64=1", RawFrame { first: TEXT, payload: b"b4AQIDBA==".to_vec() }),
    ] {
        let mut websocket = server.raw_websocket(&format!("{WEBSOCKET}{more}")).await;
        assert!(websocket.next().await.unwrap().payload.starts_with(b"0{"));
        websocket.text("2").await;
        websocket.expect(TEXT, "3").await;
        websocket.send(frame(BINARY, &[4, 1, 2, 3, 4])).await;
        assert_eq!(websocket.next().await, Some(expected.clone()));
        websocket.text("b4AQIDBA==").await;
        assert_eq!(websocket.next().await, Some(expected));
        websocket.text("4€").await;
        websocket.expect(TEXT, "4€").await;
    }
}

/// In revision 4 `b64` means base64 on WebSocket as well.
#[tokio::test]
async fn base64_may_be_asked_for_in_revision_4() {
    let server = EchoServer::start(Options::default()).await;
    let mut websocket = server.raw_websocket("EIO=4&transport=websocket&b64=1").await;
    assert!(websocket.next().await.unwrap().payload.starts_with(b"0{"));
    websocket.send(frame(BINARY, &[1, 2, 3, 4])).await;
    websocket.expect(TEXT, "bAQIDBA==").await;
}

/// From polling to WebSocket: nothing is lost, and the client's silence is noticed behind it too,
/// which is where the reference server has no timer left.
#[tokio::test(start_paused = true)]
async fn an_upgrade_keeps_the_order_and_the_heart() {
    let server = EchoServer::in_memory(options());
    let old = Old::open(&server, "").await;
    let session = server.session().await;
    let mut websocket = old.upgrade().await;
    websocket.text("2probe").await;
    websocket.expect(TEXT, "3probe").await;
    session
        .send([Frame::Text("4before".into()), Frame::Binary(vec![7].into())], Delivery::default())
        .unwrap();
    websocket.text("5").await;
    websocket.expect(TEXT, "4before").await;
    websocket.expect(BINARY, [4, 7]).await;
    websocket.text("2").await;
    websocket.expect(TEXT, "3").await;

    let silent = tokio::time::Instant::now();
    assert_eq!(server.closed().await, CloseReason::PingTimeout);
    assert_eq!(silent.elapsed().as_secs(), 45);
}

/// The answer is a script that nobody can take for anything else. The index
/// is the digits of what is asked for.
#[tokio::test]
async fn a_script_tag_reads_and_a_form_writes() {
    let server = EchoServer::start(options()).await;
    for (asked, index) in [("0", "0"), ("alert(1)7", "17")] {
        let target = server.target(&format!("{POLLING}&j={asked}"));
        let open = server.request(http::get(&target)).await;
        let start = format!("___eio[{index}](\"");
        assert!(open.text().starts_with(&start) && open.text().ends_with("\");"));
        assert_eq!(open.header("content-type"), Some("text/javascript; charset=UTF-8"));
        assert_eq!(open.header("x-content-type-options"), Some("nosniff"));
    }

    let old = Old::open(&server, "&j=0").await;
    let form = "application/x-www-form-urlencoded";
    old.post_as(form, b"d=11%3A4a%5C%5Cnb%E2%80%A8%22c%3C%2Fd").await.check(200, "ok");
    old.get().await.check(200, r#"___eio[0]("11:4a\\nb\u2028\"c\u003c/d");"#);
    old.post_as(form, b"d=10%3Ab4AQIDBA%3D%3D").await.check(200, "ok");
    old.get().await.check(200, r#"___eio[0]("10:b4AQIDBA==");"#);
    old.post_as(form, b"e=1").await.check(400, r#"{"code":3,"message":"Bad request"}"#);
    assert_eq!(server.closed().await, CloseReason::ParseError);
}

/// Threat 21. Threat 22. Where a list of origins is set, a script tag that does not say where it is
/// from gets nothing: any page can have one, and its browser sends the visitor's cookies along.
#[tokio::test]
async fn a_script_tag_is_held_to_the_list_of_origins() {
    let cors = Cors::from(Chosen::list(["https://app.example"]).unwrap().with_credentials());
    let server = EchoServer::start(Options { cors, ..options() }).await;
    let target = server.target(&format!("{POLLING}&j=0"));
    for (header, status) in [
        ("", 403),
        ("Cookie: who=ada\r\n", 403),
        ("Referer: https://evil.example/app.example\r\nSec-Fetch-Site: cross-site\r\n", 403),
        ("Referer: https://app.example.evil.example/\r\n", 403),
        ("Referer: app.example\r\n", 403),
        ("Referer: https://app.example/page?x#y\r\n", 200),
        ("Referer: https://app.example\r\n", 200),
        ("Sec-Fetch-Site: same-origin\r\n", 200),
        ("Origin: https://app.example\r\n", 200),
    ] {
        let request = format!("GET {target} HTTP/1.1\r\nHost: a\r\n{header}\r\n");
        assert_eq!(server.request(request).await.status, status, "{header:?}");
    }
}

/// Whoever pings and never reads is answered once, when it does: pongs do not pile up.
#[tokio::test]
async fn pings_without_polls_are_answered_once() {
    let server = EchoServer::start(options()).await;
    let old = Old::open(&server, "").await;
    for _ in 0..3 {
        old.post(&"1:2".repeat(100_000)).await.check(200, "ok");
    }
    old.get().await.check(200, "1:3");
    old.post("1:2").await.check(200, "ok");
    old.get().await.check(200, "1:3");
}

/// What the handshake says of bytes holds for the session, whatever the upgrade says.
#[tokio::test]
async fn base64_is_asked_for_at_the_handshake() {
    let server = EchoServer::start(options()).await;
    let old = Old::open(&server, "").await;
    let target = server.target(&format!("{WEBSOCKET}&b64=1&sid={}", old.sid));
    let mut websocket = RawWs::connect(server.connect().await, &target).await;
    websocket.text("5").await;
    websocket.send(frame(BINARY, &[4, 1, 2])).await;
    websocket.expect(BINARY, [4, 1, 2]).await;
}

/// Threat 21. A page of any origin can run a script, so in revision 4 there are none.
#[tokio::test]
async fn in_revision_4_nobody_is_answered_by_a_script() {
    let server = EchoServer::start(options()).await;
    let open = server.request(http::get(&server.target("EIO=4&transport=polling&j=0"))).await;
    assert!(open.text().starts_with("0{"), "{}", open.text());
    assert_eq!(open.header("content-type"), Some("text/plain; charset=UTF-8"));
}

/// The answer that says goodbye, and the packet that comes first, are of the revision as well.
#[tokio::test]
async fn every_answer_is_of_the_revision() {
    let initial_packet = Some(Message::Text("welcome".into()));
    let server = EchoServer::start(Options { initial_packet, ..options() }).await;
    let open = server.request(http::get(&server.target(POLLING))).await;
    assert!(open.text().ends_with("}8:4welcome"), "{}", open.text());
    let old = Old::open(&server, "").await;
    let _ = server.session().await;
    let session = server.session().await;
    session.close(CloseReason::ForcedClose);
    old.get().await.check(200, "1:61:1");

    let direct = server.request(opening(&server.target(WEBSOCKET))).await;
    assert_eq!(direct.status, 101);
}
