//! Refusals: what a client is told that is turned down, with hints and without.
//!
//! ```text
//!   GET …&sid=…      {"code":1,"message":"Session ID unknown","hint":"This session was closed …"}
//! ```

mod support;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use sockrates::engineio::census::Limits;
use sockrates::engineio::hooks::{Hooks, Step};
use sockrates::engineio::options::Options;
use sockrates::engineio::refusal::Refusal;
use sockrates::engineio::sid::NodeTag;
use support::websocket::opening;
use support::{EchoServer, http};

const OPEN: &str = "EIO=4&transport=polling";

/// Trap 1. Everybody is told what became of the session.
#[tokio::test(start_paused = true)]
async fn an_unknown_session_is_told_what_became_of_it() {
    let node_tag = NodeTag::parse("03");
    let server = EchoServer::in_memory(Options { node_tag, ..Options::default() });
    let ask = async |sid: &str| {
        let query = format!("{OPEN}&sid={sid}");
        let answer = server.request(http::get(&server.target(&query))).await;
        answer.check(400, r#"{"code":1,"message":"Session ID unknown"}"#);
        answer.hint().unwrap().to_owned()
    };
    assert!(ask("abc").await.starts_with("A session ID has 20 characters"));
    assert!(ask("b7aaaaaaaaaaaaaaaaaa").await.contains("node b7, and this is node 03"));
    assert!(ask("03aaaaaaaaaaaaaaaaaa").await.contains("sticky sessions"));

    let session = server.polling().await;
    assert!(session.sid.starts_with("03"), "{}", session.sid);
    tokio::time::sleep(Duration::from_secs(45)).await;
    server.closed().await;
    tokio::time::sleep(Duration::from_secs(12)).await;
    let hint = ask(&session.sid).await;
    assert!(hint.starts_with("This session was closed 12 s ago: ping timeout."), "{hint}");
}

/// A proxy that takes the header away is the usual reason, and the client cannot see it.
#[tokio::test]
async fn a_websocket_without_its_headers_is_told_of_proxies() {
    let server = EchoServer::start(Options::default()).await;
    let target = server.target("EIO=4&transport=websocket");
    let answer = server.request(http::get(&target)).await;
    answer.check(400, r#"{"code":3,"message":"Bad request"}"#);
    assert!(answer.hint().unwrap().contains("a proxy has removed them"));
}

/// Without hints a body is the reference server's to the byte, which is empty for some.
#[tokio::test]
async fn without_hints_bodies_are_those_of_the_reference_server() {
    let options = Options { hints: false, max_payload: 100, ..Options::default() };
    let server = EchoServer::start(options).await;
    let check = async |request: Vec<u8>, status: u16, body: &str| {
        let answer = server.request(request).await;
        assert_eq!((answer.status, answer.text()), (status, body));
        assert_eq!(answer.header("content-type").is_some(), !body.is_empty());
    };
    let unknown = server.target(&format!("{OPEN}&sid=abc"));
    let body = r#"{"code":1,"message":"Session ID unknown"}"#;
    check(http::get(&unknown).into(), 400, body).await;

    let session = server.polling().await;
    check(http::post(&session.target(), "4".repeat(101)), 413, "").await;
    let bytes = format!(
        "POST {} HTTP/1.1\r\nHost: a\r\nContent-Type: application/octet-stream\r\n\
         Content-Length: 1\r\n\r\n4",
        session.target()
    );
    check(bytes.into(), 400, "").await;

    let session = server.polling().await;
    let mut waiting = server.connect().await;
    waiting.send(http::get(&session.target())).await;
    let mut second = server.connect().await;
    // Whichever of the two comes second is refused, and the other is told of the close.
    second.send(http::get(&session.target())).await;
    let mut answers = [waiting.response().await, second.response().await];
    answers.sort_by_key(|answer| answer.status);
    answers[0].check(200, "1");
    assert_eq!((answers[1].status, answers[1].text()), (400, ""));
}

/// Without hints a close frame holds what the reference server's does: a code for a broken frame,
/// and otherwise nothing.
#[tokio::test]
async fn without_hints_close_frames_are_those_of_the_reference_server() {
    let options = Options { hints: false, max_payload: 100, ..Options::default() };
    let server = EchoServer::start(options).await;
    let mut websocket = server.raw_websocket("EIO=4&transport=websocket").await;
    websocket.next().await.expect("the open packet");
    websocket.text(&"4".repeat(101)).await;
    assert_eq!(websocket.closed().await, Some((1009, String::new())));

    let mut websocket = server.raw_websocket("EIO=4&transport=websocket").await;
    websocket.next().await.expect("the open packet");
    websocket.text("not a packet").await;
    assert_eq!(websocket.closed().await, Some((1005, String::new())));
}

/// Who wants to know of refusals is told of each, and why.
#[tokio::test]
async fn a_hook_is_told_of_every_refusal() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let hooks = Hooks::default()
        .middleware(async |request| match request.parameter("bad").as_deref() {
            Some(_) => Step::Refuse("a reason for the log".to_owned()),
            None => Step::next(),
        })
        .refused({
            let told = told.clone();
            move |refusal: &Refusal, request| {
                told.lock().unwrap().push((refusal.clone(), request.peer.ip()));
            }
        });
    let server = EchoServer::with_hooks(Options::default(), hooks).await;
    let bad = server.target(&format!("{OPEN}&bad=1"));
    let bad_request = r#"{"code":3,"message":"Bad request"}"#;
    server.request(http::get(&bad)).await.check(400, bad_request);
    server.request(http::get(&server.target("EIO=4&transport=smoke"))).await;
    let refusals: Vec<Refusal> =
        told.lock().unwrap().iter().map(|(refusal, _)| refusal.clone()).collect();
    let middleware = Refusal::Middleware("a reason for the log".into());
    assert_eq!(refusals, [middleware, Refusal::UnknownTransport]);
}

/// Threat 26. Sessions are counted, in all and from one address, and a place is free again when its
/// session is over.
#[tokio::test]
async fn so_many_sessions_are_open_and_no_more() {
    let max_sessions = Limits { all: Some(2), ..Limits::default() };
    let server = EchoServer::start(Options { max_sessions, ..Options::default() }).await;
    let first = server.polling().await;
    let _second = server.polling().await;
    for request in
        [http::get(&server.target(OPEN)), opening(&server.target("EIO=4&transport=websocket"))]
    {
        let answer = server.request(request).await;
        answer.check(503, r#"{"code":3,"message":"Too many sessions"}"#);
        assert_eq!(answer.header("retry-after"), Some("1"));
    }
    server.request(http::post(&first.target(), "1")).await.check(200, "ok");
    server.closed().await;
    server.polling().await;
}

/// Threat 26.
#[tokio::test(start_paused = true)]
async fn so_many_sessions_are_open_from_one_address() {
    for max_sessions in [
        Limits { per_address: Some(1), ..Limits::default() },
        Limits { per_second: Some(1), ..Limits::default() },
    ] {
        let server = EchoServer::in_memory(Options { max_sessions, ..Options::default() });
        let _first = server.polling().await;
        let answer = server.request(http::get(&server.target(OPEN))).await;
        answer.check(429, r#"{"code":3,"message":"Too many sessions from this address"}"#);
    }
}

/// Threat 25. A connection too many is told so and closed; when another has gone, there is room.
#[tokio::test]
async fn so_many_connections_are_open_and_no_more() {
    let max_connections = Limits { all: Some(1), ..Limits::default() };
    let server = EchoServer::start(Options { max_connections, ..Options::default() }).await;
    let mut first = server.connect().await;
    assert_eq!(first.get(&server.target(OPEN)).await.status, 200);
    let mut second = server.connect().await;
    let answer = second.response().await;
    assert_eq!((answer.status, answer.text()), (503, ""));
    assert_eq!(answer.header("connection"), Some("close"));
    drop(first);
    support::until("room for another", || server.connections() == 0).await;
    let mut third = server.connect().await;
    assert_eq!(third.get(&server.target(OPEN)).await.status, 200);
}

/// Threat 25. A connection keeps its place when it becomes a WebSocket.
#[tokio::test]
async fn a_websocket_is_a_connection_as_well() {
    let max_connections = Limits { all: Some(1), ..Limits::default() };
    let server = EchoServer::start(Options { max_connections, ..Options::default() }).await;
    let websocket = server.websocket().await;
    let answer = server.connect().await.response().await;
    assert_eq!((answer.status, answer.text()), (503, ""));
    websocket.close().await;
    support::within(support::PATIENCE, "room for another", async {
        while server.connect().await.try_get(&server.target(OPEN)).await != Some(200) {}
    })
    .await;
}

/// Settings are taken as they are meant: a time without end is a long one.
#[tokio::test]
async fn a_time_without_end_may_be_written() {
    let idle_timeout = Duration::MAX;
    let server = EchoServer::start(Options { idle_timeout, ..Options::default() }).await;
    assert_eq!(server.request(http::get(&server.target(OPEN))).await.status, 200);
}

/// Threat 14. What comes before the engine is refused in the same words.
#[tokio::test]
async fn a_request_that_can_be_read_in_two_ways_is_told_why() {
    let server = EchoServer::start(Options::default()).await;
    let answer = server.request("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n").await;
    answer.check(400, r#"{"code":3,"message":"Bad request"}"#);
    assert_eq!(answer.hint(), Some("A request has one Host header."));
}

/// Threat 16. Path and query have a limit below that of the whole head.
#[tokio::test]
async fn a_url_has_so_many_bytes_and_no_more() {
    let server = EchoServer::start(Options::default()).await;
    let start = server.target(&format!("{OPEN}&x="));
    let url = |length: usize| format!("{start}{}", "a".repeat(length - start.len()));
    assert_eq!(server.request(http::get(&url(8192))).await.status, 200);
    let too_long = server.request(http::get(&url(8193))).await;
    too_long.check(414, r#"{"code":3,"message":"URL too long"}"#);
}

/// Threat 29. A session may be bound to the address that has opened it.
#[tokio::test]
async fn a_bound_session_is_refused_to_another_address() {
    for bind_address in [true, false] {
        let server = EchoServer::start(Options { bind_address, ..Options::default() }).await;
        let session = server.polling().await;
        let mut other = server.connect_from([127, 0, 0, 2].into()).await;
        let answer = other.post(&session.target(), "4hello").await;
        if bind_address {
            answer.check(400, r#"{"code":3,"message":"Bad request"}"#);
            assert!(answer.hint().unwrap().contains("address"));
        } else {
            answer.check(200, "ok");
        }
        assert!(server.none_closed());
    }
}
