//! What is thrown at an HTTP server, and the answer of this one.
//!
//! ```text
//!   GET /engine.io/?EIO=4&tra… … …      slow, huge, ambiguous or wrong
//! ```
//!
//! Where time matters the server runs in memory, with the clock stopped.

mod support;

use std::collections::HashSet;
use std::fmt::Write as _;
use std::time::Duration;

use sockrates::engineio::close::CloseReason;
use sockrates::engineio::cors::{Chosen, Cors};
use sockrates::engineio::options::Options;
use sockrates::socketio::Io;
use support::polling::sid;
use support::websocket::opening;
use support::{EchoServer, Http, Live, http};
use tokio::time::{Instant, sleep};

const UNKNOWN_SID: &str = r#"{"code":1,"message":"Session ID unknown"}"#;
const BAD_REQUEST: &str = r#"{"code":3,"message":"Bad request"}"#;
const OPEN: &str = "/engine.io/?EIO=4&transport=polling";

async fn server() -> EchoServer {
    EchoServer::start(Options::default()).await
}

/// Sends `text` a byte a second until the server closes the connection.
async fn drip(http: &mut Http, text: &str) {
    for byte in text.as_bytes() {
        if !http.try_send([*byte]).await {
            break;
        }
        sleep(Duration::from_secs(1)).await;
    }
}

/// Threat 1. Threat 3. A first request that drips in is cut after ten seconds, whatever it asks
/// for.
#[tokio::test(start_paused = true)]
async fn a_head_that_drips_in_is_cut() {
    let server = EchoServer::in_memory(Options::default());
    for request in [http::get(OPEN), opening("/engine.io/?EIO=4&transport=websocket")] {
        let mut http = server.connect().await;
        let began = Instant::now();
        drip(&mut http, &request).await;
        assert!(http.rest().await.is_empty());
        assert!((10..=11).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
    }
    assert_eq!(server.engine.sessions(), 0);
}

/// Threat 1. So is every later one, on a connection that may rest for longer in between.
#[tokio::test(start_paused = true)]
async fn a_later_head_that_drips_in_is_cut_as_well() {
    let server = EchoServer::in_memory(Options::default());
    let mut http = server.connect().await;
    for _ in 0..3 {
        http.get("/engine.io/").await;
        sleep(Duration::from_secs(60)).await;
    }
    let began = Instant::now();
    drip(&mut http, &http::get(OPEN)).await;
    assert!(http.rest().await.is_empty());
    assert!((10..=11).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
}

/// Threat 2.
#[tokio::test(start_paused = true)]
async fn a_connection_that_says_nothing_is_closed() {
    let server = EchoServer::in_memory(Options::default());
    let began = Instant::now();
    assert!(server.connect().await.rest().await.is_empty());
    assert_eq!(began.elapsed().as_secs(), 10);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_rests_is_kept_for_75_seconds() {
    let server = EchoServer::in_memory(Options::default());
    let mut http = server.connect().await;
    http.get("/engine.io/").await;
    let began = Instant::now();
    assert!(http.rest().await.is_empty());
    assert_eq!(began.elapsed().as_secs(), 75);
}

/// Threat 4. A body that stops coming is given up after ten seconds, and its session with it.
#[tokio::test(start_paused = true)]
async fn a_body_that_stops_coming_is_given_up() {
    let server = EchoServer::in_memory(Options::default());
    let session = server.polling().await;
    let mut http = server.connect().await;
    let head =
        format!("POST {} HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n4", session.target());
    http.send(head).await;
    let began = Instant::now();
    assert_eq!(http.response().await.status, 408);
    assert_eq!(began.elapsed().as_secs(), 10);
    assert_eq!(server.closed().await, CloseReason::TransportError);
}

/// Threat 4. A body that drips in for ever lasts no longer than its session's heart.
#[tokio::test(start_paused = true)]
async fn a_body_that_drips_in_ends_with_its_session() {
    let server = EchoServer::in_memory(Options::default());
    let session = server.polling().await;
    let mut http = server.connect().await;
    let target = session.target();
    http.send(format!("POST {target} HTTP/1.1\r\nHost: a\r\nContent-Length: 999\r\n\r\n")).await;
    let began = Instant::now();
    drip(&mut http, &"4".repeat(44)).await;
    assert_eq!(server.closed().await, CloseReason::PingTimeout);
    assert_eq!(began.elapsed().as_secs(), 45);
    assert_eq!(http.response().await.status, 400);
}

/// Threat 5.
#[tokio::test(start_paused = true)]
async fn a_body_for_nobody_is_not_waited_for() {
    let server = EchoServer::in_memory(Options::default());
    let mut http = server.connect().await;
    http.send("POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n").await;
    let began = Instant::now();
    assert_eq!(http.response().await.status, 404);
    assert!(http.rest().await.is_empty());
    assert_eq!(began.elapsed(), Duration::ZERO);
}

/// Threat 6. Threat 7. What is too large is refused by its announcement, or as soon as it
/// exceeds the limit, and the connection is closed.
#[tokio::test]
async fn a_huge_body_is_refused_without_being_read() {
    let server = server().await;
    let session = server.polling().await;
    let target = session.target();
    for (head, body) in [
        ("Content-Length: 99999999999", String::new()),
        ("Content-Length: 1000001", String::new()),
        ("Transfer-Encoding: chunked", format!("f4241\r\n{}", "4".repeat(0xf4241))),
        ("Transfer-Encoding: chunked", "8000\r\n".to_owned() + &"4".repeat(0x8000) + "\r\n"),
    ] {
        let mut http = server.connect().await;
        http.send(format!("POST {target} HTTP/1.1\r\nHost: a\r\n{head}\r\n\r\n")).await;
        for _ in 0..40 {
            if body.is_empty() || !http.try_send(&body).await {
                break;
            }
        }
        let answer = http.response().await;
        assert_eq!(answer.status, 413, "{head}");
        assert_eq!(answer.header("connection"), Some("close"));
        let limit = "may have 1000000 bytes";
        assert!(answer.text().contains(limit), "{}", answer.text());
    }
    assert!(server.none_closed(), "the session may try again with less");
}

/// Threat 8.
#[tokio::test(start_paused = true)]
async fn a_body_for_an_unknown_session_is_not_waited_for() {
    let server = EchoServer::in_memory(Options::default());
    let mut http = server.connect().await;
    let target = format!("{OPEN}&sid=AAAAAAAAAAAAAAAAAAAA");
    http.send(format!("POST {target} HTTP/1.1\r\nHost: a\r\nContent-Length: 999999\r\n\r\n")).await;
    let began = Instant::now();
    http.response().await.check(400, UNKNOWN_SID);
    assert_eq!(began.elapsed(), Duration::ZERO);
}

/// An upgrade that is meant for polling is a poll: nothing here becomes a WebSocket by its headers
/// alone.
#[tokio::test]
async fn an_upgrade_with_the_name_of_polling_is_a_poll() {
    let server = server().await;
    let answer = server.request(opening(OPEN)).await;
    assert_eq!((answer.status, answer.header("upgrade")), (200, None));
    assert!(answer.text().starts_with("0{"));
}

/// Threat 6. A client that has sent all of it before it looks is told as well: what was refused is
/// taken in and thrown away, so that no reset overtakes the answer.
#[tokio::test]
async fn a_body_that_is_refused_does_not_hide_the_answer() {
    let server = server().await;
    let session = server.polling().await;
    let body = vec![b'4'; 12_000_000];
    for target in [session.target(), server.target("EIO=4&transport=polling&sid=abc")] {
        for _ in 0..10 {
            let mut http = server.connect().await;
            http.send(http::post(&target, &body)).await;
            let answer = http.response().await;
            assert!(matches!(answer.status, 413 | 400), "{}", answer.status);
        }
    }
}

/// Threat 9. A compressed body is refused, not unpacked.
#[tokio::test]
async fn a_compressed_body_is_refused() {
    let server = server().await;
    let session = server.polling().await;
    for coding in ["gzip", "deflate", "br", "gzip, identity", "x"] {
        let request = format!(
            "POST {} HTTP/1.1\r\nHost: a\r\nContent-Encoding: {coding}\r\n\
             Content-Length: 2\r\n\r\n4a",
            session.target()
        );
        assert_eq!(server.request(request).await.status, 415, "{coding}");
    }
    session.post("4b").await;
    assert_eq!(session.poll().await, "4b");
}

/// Threat 10. Half a million packets in one body cost what half a million packets cost.
#[tokio::test]
async fn half_a_million_packets_are_answered() {
    let server = server().await;
    let session = server.polling().await;
    session.post(&"3\x1e".repeat(500_000)[..999_999]).await;
    session.post("4still here").await;
    assert_eq!(session.poll().await, "4still here");
}

/// Threat 11. What one body makes the server say counts against what may wait for a client.
#[tokio::test]
async fn a_body_that_asks_for_too_many_answers_is_cut() {
    let server = EchoServer::start(Options { max_buffered: 100_000, ..Options::default() }).await;
    let session = server.polling().await;
    let handle = server.session().await;
    session.try_post(vec!["4aaaa"; 100_000].join("\x1e")).await;
    assert_eq!(server.closed().await, CloseReason::SlowConsumer);
    assert!(handle.buffered() <= 100_000);
    assert_eq!(server.engine.sessions(), 0);
}

/// Threat 12. Requests that two servers may read differently are refused by this one.
#[tokio::test]
async fn ambiguous_requests_are_refused() {
    let server = server().await;
    let session = server.polling().await;
    let smuggled = "0\r\n\r\nGET /engine.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: a\r\n\r\n";
    for head in [
        "Content-Length: 5\r\nContent-Length: 6",
        "Content-Length: +5",
        "Content-Length: 5, 6",
        "Content-Length: 0x5",
        "Content-Length: -1",
        "Content-Length: 99999999999999999999999",
        "Transfer-Encoding: chunked, chunked",
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding: identity",
        "Transfer-Encoding : chunked",
        "X: a\r\n folded: b\r\nTransfer-Encoding\x0b: chunked",
    ] {
        let mut http = server.connect().await;
        let target = session.target();
        http.send(format!("POST {target} HTTP/1.1\r\nHost: a\r\n{head}\r\n\r\n{smuggled}")).await;
        let answers = String::from_utf8(http.rest().await).unwrap();
        assert!(answers.is_empty() || answers.starts_with("HTTP/1.1 400 "), "{head}: {answers}");
        assert!(!answers.contains("200 OK"), "{head}: {answers}");
    }
    assert_eq!(server.engine.sessions(), 1, "nothing was smuggled in");
}

/// Threat 12. Where a length and chunks are both given, the length does not count, and the
/// connection carries nothing after that.
#[tokio::test]
async fn a_length_beside_chunks_smuggles_nothing() {
    let server = server().await;
    let session = server.polling().await;
    let mut http = server.connect().await;
    http.send(format!(
        "POST {} HTTP/1.1\r\nHost: a\r\nContent-Length: 70\r\nTransfer-Encoding: chunked\r\n\r\n\
         0\r\n\r\nGET {OPEN} HTTP/1.1\r\nHost: a\r\n\r\n",
        session.target()
    ))
    .await;
    let answer = http.response().await;
    assert_eq!(answer.status, 400, "{}", answer.text());
    assert!(http.try_response().await.is_none());
    assert_eq!(server.engine.sessions(), 0);
}

/// Threat 12. Chunks that are none.
#[tokio::test]
async fn broken_chunks_are_refused() {
    let server = server().await;
    for chunks in ["zz\r\n4a\r\n", "-1\r\n", "ffffffffffffffffff\r\n4a", "2\r\n4aXX0\r\n\r\n"] {
        let session = server.polling().await;
        let target = session.target();
        let head = "Transfer-Encoding: chunked";
        let request = format!("POST {target} HTTP/1.1\r\nHost: a\r\n{head}\r\n\r\n{chunks}");
        let mut http = server.connect().await;
        http.send(request).await;
        let answer = http.try_response().await.map(|answer| answer.status);
        assert!(matches!(answer, None | Some(400)), "{chunks:?}: {answer:?}");
        assert_eq!(server.closed().await, CloseReason::TransportError);
    }
}

/// Threat 13. A body where none belongs is no request.
#[tokio::test]
async fn a_body_where_none_belongs_is_no_request() {
    let server = server().await;
    let inner = http::get(OPEN);
    let length = inner.len();
    let unknown = format!("{OPEN}&sid=AAAAAAAAAAAAAAAAAAAA");
    for (request, status) in [(format!("GET {OPEN}"), 200), (format!("POST {unknown}"), 400)] {
        let mut http = server.connect().await;
        let head = format!("{request} HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n");
        http.send(head + &inner).await;
        assert_eq!(http.response().await.status, status);
        http.try_send("GET /last HTTP/1.1\r\nHost: a\r\n\r\n").await;
        let next = http.try_response().await.map(|answer| answer.status);
        assert!(matches!(next, None | Some(404)), "{next:?}");
    }
    assert_eq!(server.engine.sessions(), 1);
}

/// Threat 14.
#[tokio::test]
async fn a_request_has_one_host() {
    let server = server().await;
    for hosts in ["", "Host: a\r\nHost: b\r\n", "Host: a\r\nHost: a\r\n"] {
        let answer = server.request(format!("GET {OPEN} HTTP/1.1\r\n{hosts}\r\n")).await;
        assert_eq!(answer.status, 400, "{hosts:?}");
    }
    assert_eq!(server.engine.sessions(), 0);
}

/// Threat 15.
#[tokio::test]
async fn unusual_forms_of_a_request_have_an_answer() {
    let server = server().await;
    let whole = format!("GET http://a{OPEN} HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(server.request(whole).await.status, 200);
    for request in ["OPTIONS * HTTP/1.1", "CONNECT a:80 HTTP/1.1"] {
        let status = server.request(format!("{request}\r\nHost: a\r\n\r\n")).await.status;
        assert!((400..500).contains(&status), "{request}: {status}");
    }
    for garbage in ["GET /engine.io/\r\n\r\n", "\x16\x03\x01\x02\r\n\r\n", "GET / HTTP/9.9\r\n\r\n"]
    {
        let mut http = server.connect().await;
        http.send(garbage).await;
        let answer = String::from_utf8(http.rest().await).unwrap();
        assert!(answer.starts_with("HTTP/1.1 4") || answer.is_empty(), "{garbage:?}: {answer}");
    }
}

/// Threat 16.
#[tokio::test]
async fn a_huge_head_is_refused() {
    let server = server().await;
    let mut many = String::new();
    for number in 0..5000 {
        write!(many, "X-{number}: a\r\n").unwrap();
    }
    let long = format!("X: {}\r\n", "a".repeat(1 << 20));
    let uri = format!("GET {OPEN}&x={} HTTP/1.1\r\nHost: a\r\n\r\n", "a".repeat(100_000));
    let with = |headers| format!("GET {OPEN} HTTP/1.1\r\nHost: a\r\n{headers}\r\n");
    for request in [with(many), with(long), uri] {
        let mut http = server.connect().await;
        http.try_send(request).await;
        let answer = http.try_response().await.map(|answer| answer.status);
        // With so much unread, the connection may be reset before the answer is.
        assert!(matches!(answer, None | Some(431 | 414)), "{answer:?}");
    }
    assert_eq!(server.engine.sessions(), 0);
}

/// Threat 16. A head has a hundred headers and not one more, and 16 KiB, Host included.
#[tokio::test]
async fn a_head_is_as_large_as_it_may_be_and_no_larger() {
    let server = server().await;
    let with = |headers: String| format!("GET {OPEN} HTTP/1.1\r\nHost: a\r\n{headers}\r\n");
    let many = |count| (1..count).map(|number| format!("X-{number}: a\r\n")).collect::<String>();
    let long = |length: usize| {
        let rest = length - with("X: \r\n".to_owned()).len();
        format!("X: {}\r\n", "a".repeat(rest))
    };
    for (headers, status) in
        [(many(100), 200), (many(101), 431), (long(16 << 10), 200), (long((16 << 10) + 1), 431)]
    {
        let length = headers.len();
        assert_eq!(server.request(with(headers)).await.status, status, "{length} bytes");
    }
}

/// Threat 17. Threat 19. Nothing of a request is found in the answer.
#[tokio::test]
async fn nothing_is_reflected() {
    let server = EchoServer::start(Options { cors: Cors::any(), ..Options::default() }).await;
    let target = "/engine.io/?EIO=4&transport=%0d%0aX-Evil:%201&sid=%3Cscript%3E";
    let request =
        format!("GET {target} HTTP/1.1\r\nHost: a\r\nOrigin: https://script.example\r\n\r\n");
    let mut http = server.connect().await;
    http.send(request).await;
    let answer = http.response().await;
    assert_eq!(answer.status, 400);
    assert_eq!(answer.header("x-evil"), None);
    assert!(!answer.text().contains("script") && !answer.text().contains("Evil"));
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
}

/// Threat 22. Threat 29. The list of origins guards both transports, at the beginning and at an
/// upgrade.
#[tokio::test]
async fn a_page_of_another_origin_opens_no_websocket() {
    let cors = Cors::from(Chosen::list(["https://app.example"]).unwrap());
    let server = EchoServer::start(Options { cors, ..Options::default() }).await;
    let session = server.polling().await;
    let with = |request: String, origin| {
        request.trim_end().to_owned() + &format!("\r\nOrigin: https://{origin}\r\n\r\n")
    };
    let query = format!("EIO=4&transport=websocket&sid={}", session.sid);
    for target in [server.target("EIO=4&transport=websocket"), server.target(&query)] {
        assert_eq!(server.request(with(opening(&target), "evil.example")).await.status, 403);
        assert_eq!(server.request(with(opening(&target), "app.example")).await.status, 101);
    }
    assert_eq!(server.request(with(http::get(OPEN), "evil.example")).await.status, 403);
    assert_eq!(server.request(with(http::get(OPEN), "app.example")).await.status, 200);
}

/// Threat 29. A session is taken to a WebSocket by the page that has opened it. A page of the
/// server's own names its origin only there, since browsers leave it out of a plain `GET`.
#[tokio::test]
async fn an_upgrade_comes_from_the_origin_of_the_handshake() {
    let cors = Cors::from(Chosen::list(["https://one.example", "https://two.example"]).unwrap());
    let server = EchoServer::start(Options { cors, ..Options::default() }).await;
    let with = |request: String, origin: Option<&str>| match origin {
        Some(it) => request.trim_end().to_owned() + &format!("\r\nOrigin: https://{it}\r\n\r\n"),
        None => request,
    };
    for (handshake, upgrade, expected) in [
        (Some("one.example"), Some("one.example"), 101),
        (Some("one.example"), Some("two.example"), 400),
        (None, Some("one.example"), 101),
        (Some("one.example"), None, 101),
    ] {
        let open = server.request(with(http::get(OPEN), handshake)).await;
        let query = format!("EIO=4&transport=websocket&sid={}", sid(open.text()));
        let answer = server.request(with(opening(&server.target(&query)), upgrade)).await;
        assert_eq!(answer.status, expected, "{handshake:?} {upgrade:?}");
    }
}

/// Threat 22. An `Origin` that is no text, or more than one, is not taken for none.
#[tokio::test]
async fn a_page_can_not_hide_where_it_is_from() {
    let cors = Cors::from(Chosen::list(["https://app.example"]).unwrap());
    let server = EchoServer::start(Options { cors, ..Options::default() }).await;
    let with = |origin: &[u8]| {
        [b"GET ", OPEN.as_bytes(), b" HTTP/1.1\r\nHost: a\r\n", origin, b"\r\n"].concat()
    };
    for origin in [
        b"Origin: https://\xff.example\r\n".as_slice(),
        b"Origin: \xe4\xbd\xa0\r\n",
        b"Origin:\r\n",
        b"Origin: https://app.example\r\nOrigin: https://evil.example\r\n",
        b"Origin: https://app.example, https://evil.example\r\n",
    ] {
        let answer = server.request(with(origin)).await;
        assert_eq!(answer.status, 403, "{}", origin.escape_ascii());
        assert_eq!(answer.header("access-control-allow-origin"), None);
    }
    assert_eq!(server.request(with(b"Origin: https://app.example\r\n")).await.status, 200);
    assert_eq!(server.request(with(b"")).await.status, 200);
}

/// Threat 23. An upgrade to something else is not meant for us.
#[tokio::test]
async fn an_upgrade_to_something_else_is_ignored() {
    let server = server().await;
    for upgrade in ["h2c", "foo", "TLS/1.0", ""] {
        let request = format!(
            "GET {OPEN} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\n\
             Upgrade: {upgrade}\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n\r\n"
        );
        assert_eq!(server.request(request).await.status, 200, "{upgrade}");
    }
}

/// Threat 24. A connection that goes away at any moment takes nothing along.
#[tokio::test]
async fn a_connection_may_go_away_at_any_moment() {
    let server = server().await;
    let opening = opening("/engine.io/?EIO=4&transport=websocket");
    for length in (0..opening.len()).step_by(7) {
        server.connect().await.send(&opening[..length]).await;
    }
    server.connect().await.send(&opening).await;
    server.closed().await;
    server.polling().await;
}

/// Threat 27. Threat 28. Names of sessions are drawn from 120 random bits, without a counter,
/// and a socket has another.
#[tokio::test]
async fn a_session_can_not_be_guessed() {
    let server = server().await;
    let (mut whole, mut ends) = (HashSet::new(), HashSet::new());
    for _ in 0..200 {
        let name = server.polling().await.sid;
        assert_eq!(name.len(), 20);
        ends.insert(name[16..].to_owned());
        whole.insert(name);
    }
    assert_eq!((whole.len(), ends.len()), (200, 200));

    let io = Io::new(Default::default());
    let server = Live::io(&io).await;
    let session = server.polling().await;
    session.post("40").await;
    assert_ne!(sid(&session.poll().await), session.sid);
}

/// Threat 30. A client can not choose its name.
#[tokio::test]
async fn a_session_can_not_be_chosen() {
    let server = server().await;
    let chosen = "lv_VI97HAXpY6yYWAAAC";
    let answer = server.request(http::get(&format!("{OPEN}&sid={chosen}"))).await;
    answer.check(400, UNKNOWN_SID);
    assert_eq!(server.engine.sessions(), 0);
}

/// Threat 38. A session does not change its version.
#[tokio::test]
async fn the_version_of_a_session_does_not_change() {
    let server = server().await;
    let session = server.polling().await;
    for version in ["EIO=3&", "EIO=5&", ""] {
        let query = format!("{version}transport=polling&sid={}", session.sid);
        server.request(http::get(&server.target(&query))).await.check(400, BAD_REQUEST);
        server.request(http::post(&server.target(&query), "2")).await.check(400, BAD_REQUEST);
        let query = format!("{version}transport=websocket&sid={}", session.sid);
        server.request(opening(&server.target(&query))).await.check(400, BAD_REQUEST);
    }
    session.post("4b").await;
    assert_eq!(session.poll().await, "4b");
}

/// Threat 39. Raw bytes are answered at once, by whatever session they are for.
#[tokio::test]
async fn raw_bytes_are_answered_at_once() {
    let server = server().await;
    let session = server.polling().await;
    for target in [session.target(), format!("{OPEN}&sid="), OPEN.to_owned()] {
        let request = format!(
            "POST {target} HTTP/1.1\r\nHost: a\r\nContent-Type: application/octet-stream\r\n\
             Content-Length: 2\r\n\r\n4a"
        );
        assert_eq!(server.request(request).await.status, 400, "{target}");
    }
}

/// Threat 40. Half a body is not handled.
#[tokio::test]
async fn half_a_body_is_not_handled() {
    let server = server().await;
    let session = server.polling().await;
    let handle = server.session().await;
    let mut http = server.connect().await;
    let target = session.target();
    http.send(format!("POST {target} HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n4a\x1e4b"))
        .await;
    drop(http);
    assert_eq!(server.closed().await, CloseReason::TransportError);
    assert_eq!(handle.buffered(), 0, "nothing was echoed");
}

/// Threat 41. Threat 42. What is no text, no base64 or no packet closes the session.
#[tokio::test]
async fn what_is_no_packet_closes_the_session() {
    let server = server().await;
    for body in [&b"4\xff"[..], b"4\xc3", b"4\xed\xa0\x80", b"b!", b"bA", b"7", b"-", b"\x004"] {
        let session = server.polling().await;
        session.try_post(body).await.check(400, BAD_REQUEST);
        assert_eq!(server.closed().await, CloseReason::ParseError, "{body:?}");
    }
}

/// Threat 45. A flood of pongs costs nothing that lasts.
#[tokio::test]
async fn a_flood_of_pongs_is_nothing() {
    let server = server().await;
    let session = server.polling().await;
    for _ in 0..10 {
        session.post(vec!["3"; 10_000].join("\x1e")).await;
    }
    session.post("4a").await;
    assert_eq!(session.poll().await, "4a");
    assert!(server.none_closed());
}

/// Threat 46. Abandoned handshakes are forgotten.
#[tokio::test(start_paused = true)]
async fn abandoned_handshakes_are_forgotten() {
    let server = EchoServer::in_memory(Options::default());
    for _ in 0..100 {
        server.polling().await;
    }
    assert_eq!(server.engine.sessions(), 100);
    for _ in 0..100 {
        assert_eq!(server.closed().await, CloseReason::PingTimeout);
    }
    assert_eq!(server.engine.sessions(), 0);
}
