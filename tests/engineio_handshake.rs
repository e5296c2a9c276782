//! The handshake, on the live server. Spec: Engine.IO v4, "Handshake", "Transports".
//!
//! ```text
//!   GET /engine.io/?EIO=4&transport=polling   ──►   0{"sid":"…","upgrades":["websocket"],…}
//!   GET /engine.io/?EIO=5&transport=polling   ──►   400 {"code":5,"message":"…"}
//! ```

mod support;

use std::time::Duration;

use sockrates::engineio::close::CloseReason;
use sockrates::engineio::options::{Options, Transports};
use sockrates::socketio::Io;
use support::websocket::opening;
use support::{EchoServer, Live, http, polling};
use tokio::time::{Instant, sleep};

const UNKNOWN_TRANSPORT: &str = r#"{"code":0,"message":"Transport unknown"}"#;
const UNKNOWN_SID: &str = r#"{"code":1,"message":"Session ID unknown"}"#;
const BAD_METHOD: &str = r#"{"code":2,"message":"Bad handshake method"}"#;
const BAD_REQUEST: &str = r#"{"code":3,"message":"Bad request"}"#;
const UNSUPPORTED_VERSION: &str = r#"{"code":5,"message":"Unsupported protocol version"}"#;

fn open_packet(sid: &str, upgrades: &str) -> String {
    format!(r#"0{{"sid":"{sid}","upgrades":[{upgrades}],"pingInterval":25000,"#,)
        + r#""pingTimeout":20000,"maxPayload":1000000}"#
}

/// [EIO4-HANDSHAKE-2] "If the server accepts the connection, then it MUST respond with an
/// `open` packet with the following JSON-encoded payload"
#[tokio::test]
async fn the_answer_is_an_open_packet() {
    let server = EchoServer::start(Options::default()).await;
    let session = server.polling().await;
    assert_eq!(session.open, open_packet(&session.sid, r#""websocket""#));

    let websocket = server.websocket().await;
    assert_eq!(websocket.open, open_packet(&polling::sid(&websocket.open), ""));
}

#[tokio::test]
async fn the_open_packet_is_text_that_no_cache_may_keep() {
    let server = EchoServer::start(Options::default()).await;
    let answer = server.request(http::get(&server.target("EIO=4&transport=polling"))).await;
    assert_eq!(answer.header("content-type"), Some("text/plain; charset=UTF-8"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}

#[tokio::test]
async fn a_client_is_told_the_settings_that_concern_it() {
    let options = Options {
        ping_interval: Duration::from_millis(300),
        ping_timeout: Duration::from_millis(200),
        max_payload: 77,
        ..Options::default()
    };
    let server = EchoServer::start(options).await;
    let session = server.polling().await;
    let settings = r#""pingInterval":300,"pingTimeout":200,"maxPayload":77}"#;
    assert!(session.open.ends_with(settings), "{}", session.open);
}

/// [EIO4-POLLING-1] "If a mandatory query parameter is missing, then the server MUST respond
/// with an HTTP 400 error status."
#[tokio::test]
async fn a_missing_parameter_is_refused() {
    let server = EchoServer::start(Options::default()).await;
    for (query, body) in [
        ("", UNKNOWN_TRANSPORT),
        ("EIO=4", UNKNOWN_TRANSPORT),
        ("EIO=4&transport=", UNKNOWN_TRANSPORT),
        ("EIO=4&transport=carrier-pigeon", UNKNOWN_TRANSPORT),
        ("transport=polling", UNSUPPORTED_VERSION),
        ("EIO=&transport=polling", UNSUPPORTED_VERSION),
        ("EIO=3&transport=polling", UNSUPPORTED_VERSION),
        ("EIO=abc&transport=polling", UNSUPPORTED_VERSION),
    ] {
        let answer = server.request(http::get(&server.target(query))).await;
        answer.check(400, body);
        assert_eq!(answer.header("content-type"), Some("application/json"), "{query}");
    }
    assert_eq!(server.engine.sessions(), 0);
}

/// [EIO4-WS-1] "If a mandatory query parameter is missing, then the server MUST close the
/// WebSocket connection." Ours is refused before it becomes one.
#[tokio::test]
async fn a_missing_parameter_keeps_a_websocket_from_being_opened() {
    let server = EchoServer::start(Options::default()).await;
    for (query, body) in [
        ("", UNKNOWN_TRANSPORT),
        ("EIO=4", UNKNOWN_TRANSPORT),
        ("transport=websocket", UNSUPPORTED_VERSION),
        ("EIO=abc&transport=websocket", UNSUPPORTED_VERSION),
    ] {
        server.request(opening(&server.target(query))).await.check(400, body);
    }
    assert_eq!(server.engine.sessions(), 0);
}

/// Trap 1. A `sid` that is malformed, empty or unknown is 400 with a number, over every
/// transport and by every method, and makes no session.
#[tokio::test]
async fn a_sid_that_nobody_has_is_refused_everywhere() {
    let server = EchoServer::start(Options::default()).await;
    for sid in ["", "abc", "AAAAAAAAAAAAAAAAAAAA", "__proto__", "%00", "..%2F..%2Fetc"] {
        let target = server.target(&format!("EIO=4&transport=polling&sid={sid}"));
        server.request(http::get(&target)).await.check(400, UNKNOWN_SID);
        server.request(http::post(&target, "4hello")).await.check(400, UNKNOWN_SID);
        let target = server.target(&format!("EIO=4&transport=websocket&sid={sid}"));
        server.request(opening(&target)).await.check(400, UNKNOWN_SID);
    }
    assert_eq!(server.engine.sessions(), 0);
}

/// Trap 18. Parameters may stand in any order, escaped or repeated; and whatever a method asks
/// for, it is never a fault of the server.
#[tokio::test]
async fn queries_and_methods_of_all_kinds_have_an_answer() {
    let server = EchoServer::start(Options::default()).await;
    for query in [
        "transport=polling&EIO=4",
        "t=abc&transport=poll%69ng&b64=1&EIO=%34",
        "EIO=3&EIO=4&transport=websocket&transport=polling",
        "&&EIO=4&&transport=polling&",
        "EIO=4&transport=polling&name=%E4%BD%A0%",
    ] {
        let answer = server.request(http::get(&server.target(query))).await;
        assert_eq!(answer.status, 200, "{query}");
    }
    let known = server.polling().await.target();
    for target in [server.target("EIO=4&transport=polling"), known] {
        for method in ["PUT", "DELETE", "OPTIONS", "PATCH", "BREW"] {
            let request = format!("{method} {target} HTTP/1.1\r\nHost: a\r\n\r\n");
            server.request(request).await.check(400, BAD_METHOD);
        }
        // The answer to a HEAD has no body.
        let mut http = server.connect().await;
        http.send(format!("HEAD {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")).await;
        let answer = String::from_utf8(http.rest().await).unwrap();
        assert!(answer.starts_with("HTTP/1.1 400 ") && answer.ends_with("\r\n\r\n"), "{answer}");
    }
    let post = http::post(&server.target("EIO=4&transport=polling"), "4a");
    server.request(post).await.check(400, BAD_METHOD);
}

#[tokio::test]
async fn a_websocket_handshake_that_is_none_is_a_bad_request() {
    let server = EchoServer::start(Options::default()).await;
    let target = server.target("EIO=4&transport=websocket");
    server.request(http::get(&target)).await.check(400, BAD_REQUEST);
}

/// Trap 19. A path that only begins like ours belongs to somebody else.
#[tokio::test]
async fn only_the_whole_path_is_ours() {
    let server = EchoServer::start(Options::default()).await;
    let query = "?EIO=4&transport=polling";
    for path in ["/engine.iox/", "/engine.io-admin/", "/engine.io", "/ENGINE.IO/", "/"] {
        let answer = server.request(http::get(&format!("{path}{query}"))).await;
        assert_eq!(answer.status, 404, "{path}");
    }
    assert_eq!(server.engine.sessions(), 0);
    server.polling().await;
}

/// Trap 20. `upgrades` is empty where there is nothing to upgrade to.
#[tokio::test]
async fn an_upgrade_is_offered_only_where_there_is_one() {
    let polling_only = Options { transports: Transports::Polling, ..Options::default() };
    let no_upgrades = Options { allow_upgrades: false, ..Options::default() };
    for options in [polling_only, no_upgrades] {
        let server = EchoServer::start(options).await;
        let session = server.polling().await;
        assert!(session.open.contains(r#""upgrades":[]"#), "{}", session.open);
        let target = server.target(&format!("EIO=4&transport=websocket&sid={}", session.sid));
        assert_eq!(server.request(opening(&target)).await.status, 400, "it is enforced as well");
        session.post("4still here").await;
        assert_eq!(session.poll().await, "4still here");
    }
    let server = EchoServer::start(Options::default()).await;
    assert!(server.websocket().await.open.contains(r#""upgrades":[]"#));
}

#[tokio::test]
async fn a_transport_that_is_not_offered_is_unknown() {
    let options = Options { transports: Transports::WebSocket, ..Options::default() };
    let server = EchoServer::start(options).await;
    let target = server.target("EIO=4&transport=polling");
    server.request(http::get(&target)).await.check(400, UNKNOWN_TRANSPORT);
    server.websocket().await;
}

/// Trap 13. A client that vanishes after its handshake leaves nothing behind, whether or not it
/// had begun an upgrade.
#[tokio::test(start_paused = true)]
async fn a_client_that_vanishes_is_forgotten() {
    let server = EchoServer::in_memory(Options::default());
    let began = Instant::now();
    server.polling().await;
    let candidate = server.polling().await.candidate().await;
    let silent = server.websocket().await;
    assert_eq!(server.engine.sessions(), 3);
    for _ in 0..3 {
        assert_eq!(server.closed().await, CloseReason::PingTimeout);
    }
    assert_eq!(server.engine.sessions(), 0);
    assert_eq!(began.elapsed().as_secs(), 45);
    drop((candidate, silent));
}

/// Trap 13. Threat 47. A client that answers every ping but never says which namespace it wants
/// is closed.
#[tokio::test(start_paused = true)]
async fn a_client_that_joins_no_namespace_is_closed() {
    let io = Io::new(Default::default());
    let server = Live::io_in_memory(&io);
    let began = Instant::now();
    let mut websocket = server.websocket().await;
    websocket.expect("2").await;
    websocket.send("3").await;
    assert_eq!(websocket.closed().await, Some((1000, "forced close".into())));
    assert_eq!(began.elapsed().as_secs(), 45);
    sleep(Duration::from_secs(3)).await;
    assert_eq!(io.sessions(), 0);
}

/// Threat 48. A client that has left every namespace has the same time to join another.
#[tokio::test(start_paused = true)]
async fn a_client_that_left_every_namespace_is_closed() {
    let io = Io::new(Default::default());
    let server = Live::io_in_memory(&io);
    let mut websocket = server.websocket().await;
    websocket.send("40").await;
    assert!(websocket.text().await.starts_with("40{"));
    sleep(Duration::from_secs(20)).await;
    websocket.send("41").await;
    let began = Instant::now();
    for _ in 0..2 {
        websocket.expect("2").await;
        websocket.send("3").await;
    }
    assert_eq!(websocket.closed().await, Some((1000, "forced close".into())));
    assert_eq!(began.elapsed().as_secs(), 45);
}
