//! HTTP long-polling, on the live server. Spec: Engine.IO v4, "HTTP long-polling".
//!
//! ```text
//!   GET  ?…&sid=…   ──► 200 4a␞4b     waits until there is something
//!   POST ?…&sid=…   ──► 200 ok
//! ```

mod support;

use std::time::Duration;

use sockrates::engineio::close::CloseReason;
use sockrates::engineio::delivery::Delivery;
use sockrates::engineio::options::Options;
use sockrates::engineio::packet::Frame;
use support::polling::Polling;
use support::{EchoServer, Http, http};
use tokio::time::timeout;

const UNKNOWN_SID: &str = r#"{"code":1,"message":"Session ID unknown"}"#;
const BAD_REQUEST: &str = r#"{"code":3,"message":"Bad request"}"#;

/// The head of a `POST` with a body of this length, as one that waits to be asked for it. Its
/// session knows of it when this returns.
async fn begin_post(server: &EchoServer, session: &Polling<'_>, length: &str) -> Http {
    let mut http = server.connect().await;
    let target = session.target();
    http.send(format!(
        "POST {target} HTTP/1.1\r\nHost: a\r\n{length}\r\nExpect: 100-continue\r\n\r\n"
    ))
    .await;
    assert_eq!(http.response().await.status, 100);
    http
}

/// [EIO4-POLLING-3] [EIO4-POLLING-8] "The server MUST return an HTTP 400 response if the
/// session ID (from the `sid` query parameter) is not known."
#[tokio::test]
async fn a_request_for_an_unknown_session_is_refused() {
    let server = EchoServer::start(Options::default()).await;
    let target = server.target("EIO=4&transport=polling&sid=AAAAAAAAAAAAAAAAAAAA");
    server.request(http::get(&target)).await.check(400, UNKNOWN_SID);
    server.request(http::post(&target, "4a")).await.check(400, UNKNOWN_SID);
}

/// [EIO4-POLLING-4] "To indicate success, the server MUST return an HTTP 200 response, with the
/// string `ok` in the response body."
#[tokio::test]
async fn a_post_is_answered_with_ok() {
    let server = EchoServer::start(Options::default()).await;
    let answer = server.polling().await.try_post("4a").await;
    answer.check(200, "ok");
    assert_eq!(answer.header("content-type"), Some("text/html"));
    assert_eq!(answer.header("content-length"), Some("2"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}

/// [EIO4-POLLING-9] "The server MAY not respond right away if there are no packets buffered for
/// the given session."
#[tokio::test(start_paused = true)]
async fn a_get_waits_for_packets() {
    let server = EchoServer::in_memory(Options::default());
    let session = server.polling().await;
    let mut get = session.start_poll().await;
    assert!(timeout(Duration::from_secs(20), get.response()).await.is_err(), "it waits");
    session.post("4at last").await;
    get.response().await.check(200, "4at last");
}

/// [EIO4-POLLING-10] "Once there are some packets to be sent, the server SHOULD encode them and
/// send them in the response body of the HTTP request."
#[tokio::test]
async fn what_waits_is_sent_in_one_body() {
    let server = EchoServer::start(Options::default()).await;
    let session = server.polling().await;
    session.post("4a\x1e4b\x1e4c").await;
    let answer = session.try_poll().await;
    answer.check(200, "4a\x1e4b\x1e4c");
    assert_eq!(answer.header("content-type"), Some("text/plain; charset=UTF-8"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}

/// Trap 3. Threat 31. [EIO4-POLLING-12] "[…] a client MUST NOT have more than one active `GET`
/// request. Should it happen, the server MUST return an HTTP 400 error status and close the
/// session." The one that was first is told that the session is over.
#[tokio::test]
async fn a_second_get_closes_the_session() {
    let server = EchoServer::start(Options::default()).await;
    let session = server.polling().await;
    let (mut one, mut other) = (session.start_poll().await, session.start_poll().await);
    let mut answers = [one.response().await, other.response().await];
    answers.sort_by_key(|answer| answer.status);
    answers[0].check(200, "1");
    answers[1].check(400, BAD_REQUEST);
    assert_eq!(server.closed().await, CloseReason::TransportError);
    session.try_poll().await.check(400, UNKNOWN_SID);
    assert!(server.none_closed(), "it is told once");
    assert_eq!(server.engine.sessions(), 0);
}

/// Trap 4. Threat 31. [EIO4-POLLING-6] "[…] a client MUST NOT have more than one active `POST`
/// request. Should it happen, the server MUST return an HTTP 400 error status and close the
/// session." The one that was first has its answer as well, though its body never came.
#[tokio::test]
async fn a_second_post_closes_the_session() {
    let server = EchoServer::start(Options::default()).await;
    let session = server.polling().await;
    let mut first = begin_post(&server, &session, "Content-Length: 10").await;
    session.try_post("4b").await.check(400, BAD_REQUEST);
    first.response().await.check(400, BAD_REQUEST);
    assert_eq!(server.closed().await, CloseReason::TransportError);
    session.try_post("4c").await.check(400, UNKNOWN_SID);
    assert!(server.none_closed(), "it is told once");
}

/// Trap 5. A head and its attachment that are sent while a poll waits come in one body, with
/// the separator between them.
#[tokio::test]
async fn what_is_sent_together_arrives_together() {
    let server = EchoServer::start(Options::default()).await;
    let session = server.polling().await;
    let handle = server.session().await;
    let mut get = session.start_poll().await;
    let head = Frame::Text(r#"451-["a",{"_placeholder":true,"num":0}]"#.into());
    handle.send([head, Frame::Binary(vec![1, 2, 3].into())], Delivery::default()).unwrap();
    let body = "451-[\"a\",{\"_placeholder\":true,\"num\":0}]\x1ebAQID";
    get.response().await.check(200, body);
}

/// Trap 6. A packet that does not fit waits for the next poll, in order; one that fits no body
/// at all is sent alone.
#[tokio::test]
async fn what_does_not_fit_waits_for_the_next_poll() {
    let server = EchoServer::start(Options { max_payload: 100, ..Options::default() }).await;
    let session = server.polling().await;
    let handle = server.session().await;
    let (half, huge) = (format!("4{}", "a".repeat(59)), format!("4{}", "b".repeat(300)));
    let all = [&half, "4x", &half, &huge, "4y"].map(|text| Frame::Text(text.into()));
    handle.send(all, Delivery::default()).unwrap();
    assert_eq!(session.poll().await, format!("{half}\x1e4x"));
    assert_eq!(session.poll().await, half);
    assert_eq!(session.poll().await, huge);
    assert_eq!(session.poll().await, "4y");
}

/// Trap 14. A body without a length is read to its end.
#[tokio::test]
async fn a_chunked_body_is_read_whole() {
    let server = EchoServer::start(Options::default()).await;
    let session = server.polling().await;
    let mut http = begin_post(&server, &session, "Transfer-Encoding: chunked").await;
    for piece in ["2\r\n4h\r\n", "3;ext=1\r\nell\r\n", "1\r\no\r\n", "0\r\n\r\n"] {
        http.send(piece).await;
    }
    http.response().await.check(200, "ok");
    assert_eq!(session.poll().await, "4hello");
}

/// Trap 14. What exceeds the limit is refused without being read, by its length or as soon as
/// it does; the limit itself is allowed, and the session goes on.
#[tokio::test]
async fn a_body_beyond_the_limit_is_refused() {
    let server = EchoServer::start(Options { max_payload: 100, ..Options::default() }).await;
    let session = server.polling().await;
    let too_large = r#"{"code":3,"message":"Payload too large"}"#;

    let mut http = server.connect().await;
    let target = session.target();
    http.send(format!("POST {target} HTTP/1.1\r\nHost: a\r\nContent-Length: 101\r\n\r\n")).await;
    http.response().await.check(413, too_large);

    let mut http = begin_post(&server, &session, "Transfer-Encoding: chunked").await;
    http.send(format!("65\r\n{}", "4".repeat(0x65))).await;
    http.response().await.check(413, too_large);

    let whole = format!("4{}", "a".repeat(99));
    session.post(&whole).await;
    assert_eq!(session.poll().await, whole);
}

/// Trap 15. The number of packets in a body has no limit of its own.
#[tokio::test]
async fn a_body_may_hold_any_number_of_packets() {
    let server = EchoServer::start(Options::default()).await;
    let session = server.polling().await;
    for count in [17, 100, 10_000] {
        let packets: Vec<_> = (0..count).map(|number| format!("4{number}")).collect();
        session.post(packets.join("\x1e")).await;
        let mut came = Vec::new();
        while came.len() < count {
            came.extend(session.poll().await.split('\x1e').map(str::to_owned));
        }
        assert_eq!(came, packets);
    }
}

/// Trap 16. An empty body and empty packets are no packets: refused, and the session is over.
#[tokio::test]
async fn empty_packets_close_the_session() {
    let server = EchoServer::start(Options::default()).await;
    for body in ["", "\x1e", "\x1e\x1e", "4a\x1e", "\x1e4a", "4a\x1e\x1e4b"] {
        let session = server.polling().await;
        session.try_post(body).await.check(400, BAD_REQUEST);
        assert_eq!(server.closed().await, CloseReason::ParseError, "{body:?}");
        session.try_poll().await.check(400, UNKNOWN_SID);
    }
}

/// Trap 17. Raw bytes are of an older version of the protocol: answered, and closed.
#[tokio::test]
async fn a_body_of_raw_bytes_is_answered_and_closes_the_session() {
    let server = EchoServer::start(Options::default()).await;
    let session = server.polling().await;
    let request = format!(
        "POST {} HTTP/1.1\r\nHost: a\r\nContent-Type: application/octet-stream\r\n\
         Content-Length: 3\r\n\r\n\x04ab",
        session.target()
    );
    server.request(request).await.check(400, BAD_REQUEST);
    assert_eq!(server.closed().await, CloseReason::TransportError);
    session.try_poll().await.check(400, UNKNOWN_SID);
}

#[tokio::test]
async fn other_content_types_do_not_matter() {
    let server = EchoServer::start(Options::default()).await;
    let session = server.polling().await;
    for kind in ["application/json", "text/plain", "application/x-www-form-urlencoded", ""] {
        let request = format!(
            "POST {} HTTP/1.1\r\nHost: a\r\nContent-Type: {kind}\r\nContent-Length: 2\r\n\r\n4a",
            session.target()
        );
        server.request(request).await.check(200, "ok");
        assert_eq!(session.poll().await, "4a");
    }
}

#[tokio::test]
async fn a_client_that_leaves_in_the_middle_of_a_get_is_gone() {
    let server = EchoServer::start(Options::default()).await;
    let session = server.polling().await;
    drop(session.start_poll().await);
    assert_eq!(server.closed().await, CloseReason::TransportError);
    session.try_poll().await.check(400, UNKNOWN_SID);
}

#[tokio::test]
async fn a_client_that_leaves_in_the_middle_of_a_post_is_gone() {
    let server = EchoServer::start(Options::default()).await;
    let session = server.polling().await;
    drop(begin_post(&server, &session, "Content-Length: 10").await);
    assert_eq!(server.closed().await, CloseReason::TransportError);
}

#[tokio::test]
async fn a_client_may_say_goodbye() {
    let server = EchoServer::start(Options::default()).await;
    let session = server.polling().await;
    session.post("1").await;
    assert_eq!(server.closed().await, CloseReason::TransportClose);
    session.try_poll().await.check(400, UNKNOWN_SID);
}

/// The official client drops what it is told in one body with the end.
#[tokio::test]
async fn a_session_that_the_server_closes_tells_its_client_behind_all_else() {
    let server = EchoServer::start(Options::default()).await;
    let session = server.polling().await;
    let handle = server.session().await;
    handle.send([Frame::Text("4last words".into())], Delivery::default()).unwrap();
    handle.close(CloseReason::ForcedClose);
    assert_eq!(session.poll().await, "4last words");
    assert_eq!(session.poll().await, "6\x1e1");
    assert_eq!(server.closed().await, CloseReason::ForcedClose);
    assert!(handle.send([Frame::Text("4too late".into())], Delivery::default()).is_err());
}

/// One connection carries many requests, also behind one that was refused.
#[tokio::test]
async fn a_connection_is_kept_and_requests_may_be_sent_ahead() {
    let server = EchoServer::start(Options::default()).await;
    let session = server.polling().await;
    let target = session.target();
    let mut http = server.connect().await;
    http.get(&server.target("EIO=9&transport=polling")).await;
    http.post(&target, "4a").await.check(200, "ok");
    let ahead = [http::get(&target).into_bytes(), http::post(&target, "4b")].concat();
    http.send([ahead, http::get(&target).into_bytes()].concat()).await;
    http.response().await.check(200, "4a");
    http.response().await.check(200, "ok");
    http.response().await.check(200, "4b");
}
