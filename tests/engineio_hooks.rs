//! What an application can say about requests, and what it can put on their answers.
//!
//! ```text
//!   middleware          every request, the ones that become WebSockets included
//!   allow_request       those that open a session, once
//!   initial_headers     the answer that opens a session
//!   headers             every answer of a session
//!   cookie              the answer that opens a session, whatever the transport
//!   insert              the handshake of the session that is opened
//!   initial_packet      right behind the open packet
//! ```

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use hyper::{StatusCode, header};
use sockrates::engineio::census::Limits;
use sockrates::engineio::close::CloseReason;
use sockrates::engineio::cookie::Cookie;
use sockrates::engineio::cors::Cors;
use sockrates::engineio::delivery::Delivery;
use sockrates::engineio::engine::Engine;
use sockrates::engineio::handler::{Client, Handler};
use sockrates::engineio::handshake::Handshake;
use sockrates::engineio::hooks::{Hooks, Step};
use sockrates::engineio::http::response;
use sockrates::engineio::mailbox::SessionHandle;
use sockrates::engineio::options::{Options, Transports};
use sockrates::engineio::packet::{Frame, Message};
use support::polling::sid;
use support::websocket::{RawFrame, TEXT, opening};
use support::{EchoServer, Live, http};

const POLLING: &str = "EIO=4&transport=polling";
const WEBSOCKET: &str = "EIO=4&transport=websocket";

fn one(name: &'static str, value: &'static str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    headers
}

/// All requests of one session, and one that is refused.
async fn answers(server: &EchoServer) -> Vec<(&'static str, http::Response)> {
    let open = server.request(http::get(&server.target(POLLING))).await;
    let sid = sid(open.text());
    let known = server.target(&format!("{POLLING}&sid={sid}"));
    let post = server.request(http::post(&known, "4hello")).await;
    let get = server.request(http::get(&known)).await;
    let upgrade = opening(&server.target(&format!("{WEBSOCKET}&sid={sid}")));
    let upgrade = server.request(upgrade).await;
    let direct = server.request(opening(&server.target(WEBSOCKET))).await;
    let refused = server.request(http::get(&server.target("EIO=4&transport=smoke"))).await;
    vec![
        ("open", open),
        ("post", post),
        ("get", get),
        ("upgrade", upgrade),
        ("direct", direct),
        ("refused", refused),
    ]
}

/// Who of them has this header.
fn having(answers: &[(&'static str, http::Response)], name: &str) -> Vec<&'static str> {
    let found = answers.iter().filter(|(_, answer)| answer.header(name).is_some());
    found.map(|(who, _)| *who).collect()
}

#[tokio::test]
async fn each_hook_sees_the_answers_it_is_for() {
    let asked = Arc::new(AtomicUsize::new(0));
    let hooks = Hooks::default()
        .middleware(async |_| Step::Next(one("x-middleware", "1")))
        .allow_request({
            let asked = asked.clone();
            move |_| {
                asked.fetch_add(1, Ordering::Relaxed);
                async { Ok(()) }
            }
        })
        .initial_headers(|headers, _| headers.extend(one("x-initial", "1")))
        .headers(|headers, _| headers.extend(one("x-each", "1")));
    let server = EchoServer::with_hooks(Options::default(), hooks).await;
    let answers = answers(&server).await;
    let statuses: Vec<u16> = answers.iter().map(|(_, answer)| answer.status).collect();
    assert_eq!(statuses, [200, 200, 200, 101, 101, 400]);

    let all = ["open", "post", "get", "upgrade", "direct", "refused"];
    assert_eq!(having(&answers, "x-middleware"), all);
    assert_eq!(having(&answers, "x-each"), all[..5]);
    assert_eq!(having(&answers, "x-initial"), ["open", "direct"]);
    // Not for the upgrade of a session that was let in already.
    assert_eq!(asked.load(Ordering::Relaxed), 2);
}

/// They are asked one after the other; the first that does not go on ends it.
#[tokio::test]
async fn middleware_refuses_answers_and_waits() {
    let hooks = Hooks::default()
        .middleware(async |request| {
            tokio::task::yield_now().await;
            match request.parameter("x").as_deref() {
                Some("refuse") => Step::Refuse("because".to_owned()),
                Some("answer") => {
                    let mut answer = response(StatusCode::IM_A_TEAPOT, "text/plain", "short");
                    answer.headers_mut().extend(one("x-mine", "1"));
                    Step::Answer(answer)
                }
                _ => Step::Next(one("x-first", "1")),
            }
        })
        .middleware(async |_| Step::Next(one("x-second", "1")));
    let server = EchoServer::with_hooks(Options::default(), hooks).await;
    for (query, transport) in [(POLLING, false), (WEBSOCKET, true)] {
        let ask = async |x: &str| {
            let target = server.target(&format!("{query}&x={x}"));
            server.request(if transport { opening(&target) } else { http::get(&target) }).await
        };
        let refused = ask("refuse").await;
        refused.check(400, r#"{"code":3,"message":"Bad request"}"#);
        assert_eq!((refused.header("x-first"), refused.header("x-second")), (None, None));
        let answered = ask("answer").await;
        assert_eq!((answered.status, answered.text()), (418, "short"));
        assert_eq!(answered.header("x-mine"), Some("1"));
        let next = ask("").await;
        assert_eq!(next.header("x-first").and(next.header("x-second")), Some("1"));
    }
}

/// A header of a middleware takes the place of ours; of those that may stand there more than once
/// both are kept, and how long an answer is, is not for others to say.
#[tokio::test]
async fn headers_of_a_middleware_are_set_and_not_added() {
    let hooks = Hooks::default().middleware(async |_| {
        let mut headers = one("content-type", "text/x-mine");
        headers.extend(one("content-length", "7"));
        headers.extend(one("connection", "close"));
        headers.extend(one("set-cookie", "mine=1"));
        headers.extend(one("access-control-allow-origin", "https://mine.example"));
        Step::Next(headers)
    });
    let cookie = Some(Cookie::new("io").unwrap());
    let options = Options { cookie, cors: Cors::any(), ..Options::default() };
    let server = EchoServer::with_hooks(options, hooks).await;
    let open = server.request(http::get(&server.target(POLLING))).await;
    let all = |name: &str| {
        open.headers.iter().filter(|(found, _)| found == name).map(|(_, value)| &**value).collect()
    };
    let of_mine: Vec<&str> = all("content-type");
    assert_eq!(of_mine, ["text/x-mine"]);
    let origins: Vec<&str> = all("access-control-allow-origin");
    assert_eq!(origins, ["https://mine.example"]);
    let cookies: Vec<&str> = all("set-cookie");
    assert_eq!(cookies.len(), 2);
    assert_eq!(open.header("content-length"), Some(&*open.body.len().to_string()));
    assert_eq!(open.header("connection"), None);
}

/// First the headers of the answer that opens, then those of each answer: the last one has the last
/// word.
#[tokio::test]
async fn the_hook_for_every_answer_has_the_last_word() {
    let hooks = Hooks::default()
        .headers(|headers, _| headers.extend(one("x-who", "each")))
        .initial_headers(|headers, _| headers.extend(one("x-who", "initial")));
    let server = EchoServer::with_hooks(Options::default(), hooks).await;
    for request in [
        http::get(&server.target(POLLING)).into_bytes(),
        opening(&server.target(WEBSOCKET)).into_bytes(),
    ] {
        assert_eq!(server.request(request).await.header("x-who"), Some("each"));
    }
}

/// Whoever hammers costs the application nothing: those that come too fast are turned down before
/// it is asked.
#[tokio::test(start_paused = true)]
async fn the_application_is_not_asked_about_those_that_come_too_fast() {
    let asked = Arc::new(AtomicUsize::new(0));
    let hooks = Hooks::default().allow_request({
        let asked = asked.clone();
        move |_| {
            asked.fetch_add(1, Ordering::Relaxed);
            async { Err(String::new()) }
        }
    });
    let max_sessions = Limits { per_second: Some(2), ..Limits::default() };
    let options = Options { max_sessions, ..Options::default() };
    let server = EchoServer::in_memory_with_hooks(options, hooks);
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(server.request(http::get(&server.target(POLLING))).await.status);
    }
    assert_eq!((statuses, asked.load(Ordering::Relaxed)), (vec![403, 403, 429, 429], 2));
}

/// The application's words take the place of `Forbidden`, on both transports and before any 101;
/// and whoever is let in is let in whole.
#[tokio::test]
async fn allow_request_decides_who_opens_a_session() {
    let hooks = Hooks::default().allow_request(async |request| {
        match request.parameter("token").as_deref() {
            Some("good") => Ok(()),
            Some(_) => Err("a better token, please".to_owned()),
            None => Err(String::new()),
        }
    });
    let server = EchoServer::with_hooks(Options::default(), hooks).await;
    for open in
        [|target: &str| http::get(target).into_bytes(), |target: &str| opening(target).into_bytes()]
    {
        let transport = if open("")[..].ends_with(b"==\r\n\r\n") { WEBSOCKET } else { POLLING };
        let ask = async |more: &str| {
            server.request(open(&server.target(&format!("{transport}{more}")))).await
        };
        ask("").await.check(403, r#"{"code":4,"message":"Forbidden"}"#);
        let words = r#"{"code":4,"message":"a better token, please"}"#;
        ask("&token=bad").await.check(403, words);
        assert!(matches!(ask("&token=good").await.status, 200 | 101));
    }
    assert_eq!(server.engine.sessions(), 2);
}

/// The order of the checks: transport, session, method, the application, and only then the version.
#[tokio::test]
async fn the_application_is_asked_before_the_version() {
    let hooks = Hooks::default().allow_request(async |_| Err(String::new()));
    let server = EchoServer::with_hooks(Options::default(), hooks).await;
    let status = async |query: &str| {
        let answer = server.request(http::get(&server.target(query))).await;
        answer.text().chars().nth(8).expect("a code")
    };
    assert_eq!(status("EIO=3&transport=smoke").await, '0');
    assert_eq!(status("EIO=3&transport=polling&sid=abc").await, '1');
    assert_eq!(status("EIO=3&transport=polling").await, '4');
    let server = EchoServer::start(Options::default()).await;
    let answer = server.request(http::get(&server.target("EIO=3&transport=polling"))).await;
    answer.check(400, r#"{"code":5,"message":"Unsupported protocol version"}"#);
}

/// On both handshakes, and on nothing else. The reference server leaves it out of the 101.
#[tokio::test]
async fn a_cookie_names_the_session_on_both_handshakes() {
    let cookie = Some(Cookie::new("io").unwrap());
    let server = EchoServer::start(Options { cookie, ..Options::default() }).await;
    let answers = answers(&server).await;
    assert_eq!(having(&answers, "set-cookie"), ["open", "direct"]);
    let set = answers[0].1.header("set-cookie").unwrap();
    assert_eq!(set, format!("io={}; Path=/; HttpOnly; SameSite=Lax", sid(answers[0].1.text())));
}

/// In the answer of a handshake on polling, and in the second frame of one on WebSocket.
#[tokio::test]
async fn an_initial_packet_comes_right_behind_the_open_packet() {
    let initial_packet = Some(Message::Text("welcome".into()));
    let server = EchoServer::start(Options { initial_packet, ..Options::default() }).await;
    let open = server.request(http::get(&server.target(POLLING))).await;
    assert!(open.text().ends_with("}\x1e4welcome"), "{}", open.text());

    let mut websocket = server.raw_websocket(WEBSOCKET).await;
    assert!(websocket.next().await.unwrap().payload.starts_with(b"0{"));
    let welcome = RawFrame { first: TEXT, payload: b"4welcome".to_vec() };
    assert_eq!(websocket.next().await, Some(welcome));
}

/// What begins like the path is served, with the slash at its end or without, as it is set.
#[tokio::test]
async fn the_path_ends_in_a_slash_or_not() {
    for (path, add_trailing_slash, served, not_served) in [
        ("/chat", true, ["/chat/", "/chat/more"], ["/chat", "/chatter/"]),
        ("/chat/", false, ["/chat", "/chatter"], ["/cha", "/Chat"]),
        ("/chat/", true, ["/chat/", "/chat/x/y"], ["/chat", "/"]),
    ] {
        let options = Options { path: path.to_owned(), add_trailing_slash, ..Options::default() };
        let server = EchoServer::start(options).await;
        for (paths, status) in [(served, 200), (not_served, 404)] {
            for path in paths {
                let answer = server.request(http::get(&format!("{path}?{POLLING}"))).await;
                assert_eq!(answer.status, status, "{path} of {add_trailing_slash}");
            }
        }
    }
}

/// Browsers of a certain age are told to leave an answer alone that holds what they have sent.
#[tokio::test]
async fn an_old_browser_is_told_that_no_attack_is_meant() {
    let server = EchoServer::start(Options::default()).await;
    let target = server.target(POLLING);
    for (agent, expected) in [
        ("Mozilla/5.0 (compatible;MSIE 9.0; Windows NT 6.1)", Some("0")),
        ("Mozilla/5.0 (Windows NT 6.1; Trident/7.0; rv:11.0) like Gecko", Some("0")),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", None),
    ] {
        let request = format!("GET {target} HTTP/1.1\r\nHost: a\r\nUser-Agent: {agent}\r\n\r\n");
        let answer = server.request(request).await;
        assert_eq!(answer.header(header::X_XSS_PROTECTION.as_str()), expected, "{agent}");
    }
}

/// A server may offer any set of transports; the other is unknown to it, on whatever request.
#[tokio::test]
async fn a_server_offers_the_transports_it_is_told_to() {
    for (transports, polling, websocket) in [
        (Transports::Polling, 200, 400),
        (Transports::WebSocket, 400, 101),
        (Transports::Both, 200, 101),
    ] {
        let server = EchoServer::start(Options { transports, ..Options::default() }).await;
        let answer = server.request(http::get(&server.target(POLLING))).await;
        assert_eq!(answer.status, polling, "{transports:?}");
        let upgrades = matches!(transports, Transports::Both);
        assert_eq!(answer.text().contains(r#""upgrades":["websocket"]"#), upgrades);
        let answer = server.request(opening(&server.target(WEBSOCKET))).await;
        assert_eq!(answer.status, websocket, "{transports:?}");
    }
}

/// Who a user is.
#[derive(Clone, Debug, PartialEq)]
struct User(String);

/// Tells what handshakes say.
struct Telling(tokio::sync::mpsc::UnboundedSender<Arc<Handshake>>);

impl Handler for Telling {
    type Client = Silent;

    fn opened(&self, _: SessionHandle, handshake: Arc<Handshake>, _: Instant) -> Silent {
        self.0.send(handshake).expect("the test listens");
        Silent
    }
}

struct Silent;

impl Client for Silent {
    fn message(&mut self, _: Message, _: Instant) {}

    fn closed(self, _: CloseReason) {}
}

/// The handshakes of the sessions that requests with these headers open, on both transports. The
/// requests come from 127.0.0.1.
async fn handshakes(options: Options, hooks: Hooks, headers: &str) -> Vec<Arc<Handshake>> {
    let (told, mut handshakes) = tokio::sync::mpsc::unbounded_channel();
    let engine = Engine::with_hooks(options, hooks, Telling(told));
    let live = Live::engine_in_memory(&engine);
    let mut found = Vec::new();
    for request in [http::get(&live.target(POLLING)), opening(&live.target(WEBSOCKET))] {
        let with_headers = request.replace("Host: a\r\n", &format!("Host: a\r\n{headers}"));
        live.request(with_headers).await;
        found.push(handshakes.recv().await.expect("a session"));
    }
    found
}

/// Of each type there is one value, and the last hook has the last word.
#[tokio::test]
async fn what_hooks_attach_is_kept_with_the_session() {
    let hooks = Hooks::default()
        .middleware(async |request| {
            request.insert(7_u32);
            request.insert(User("nobody".to_owned()));
            Step::next()
        })
        .allow_request(async |request| {
            assert_eq!(request.get(), Some(7_u32));
            let name = request.parameter("transport").ok_or("a name is needed")?;
            request.insert(User(name.into_owned()));
            Ok(())
        });
    let found = handshakes(Options::default(), hooks, "").await;
    let users: Vec<_> = found.iter().map(|it| it.extensions().get::<User>()).collect();
    let user = |name: &str| User(name.to_owned());
    assert_eq!(users, [Some(&user("polling")), Some(&user("websocket"))]);
    assert!(found.iter().all(|it| it.extensions().get() == Some(&7_u32)));
    assert!(found.iter().all(|it| it.extensions().get::<u64>().is_none()));
}

/// Nothing of the connection is kept beside it: a session must not hold what makes a WebSocket of
/// its first request.
#[tokio::test]
async fn without_hooks_nothing_is_attached() {
    for handshake in handshakes(Options::default(), Hooks::default(), "").await {
        assert!(handshake.extensions().is_empty());
        assert!(handshake.issued() > Duration::from_secs(1_700_000_000));
        assert_eq!(handshake.peer().ip().to_string(), "127.0.0.1");
    }
}

#[tokio::test]
async fn a_handshake_tells_what_a_trusted_proxy_says() {
    let said = "X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: https\r\n";
    for (trusted, address, secure) in [
        (&[][..], "127.0.0.1", false),
        (&["10.0.0.0/8"], "127.0.0.1", false),
        (&["127.0.0.0/8"], "203.0.113.9", true),
    ] {
        let trusted_proxies = trusted.iter().map(|it| it.parse().unwrap()).collect();
        let options = Options { trusted_proxies, ..Options::default() };
        for handshake in handshakes(options, Hooks::default(), said).await {
            assert_eq!(handshake.address().to_string(), address);
            assert_eq!(handshake.is_secure(), secure);
            assert_eq!(handshake.peer().ip().to_string(), "127.0.0.1");
        }
    }
}

/// Limits for one address, and sessions that are bound to one, go by the client's.
#[tokio::test]
async fn limits_count_the_clients_behind_a_proxy() {
    let from = |address: &str, query: &str, server: &EchoServer| {
        let header = format!("Host: a\r\nX-Forwarded-For: {address}\r\n");
        http::get(&server.target(query)).replace("Host: a\r\n", &header)
    };
    let options = || Options {
        max_sessions: Limits { per_address: Some(1), ..Limits::default() },
        bind_address: true,
        ..Options::default()
    };
    let trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
    for (options, statuses) in
        [(options(), [200, 429, 429]), (Options { trusted_proxies, ..options() }, [200, 200, 429])]
    {
        let server = EchoServer::start(options).await;
        let mut answers = Vec::new();
        for address in ["192.0.2.7", "192.0.2.8", "192.0.2.8"] {
            answers.push(server.request(from(address, POLLING, &server)).await);
        }
        let found: Vec<_> = answers.iter().map(|answer| answer.status).collect();
        assert_eq!(found, statuses);

        let known = format!("{POLLING}&sid={}", sid(answers[0].text()));
        server.session().await.send([Frame::Text("4a".into())], Delivery::default()).unwrap();
        let elsewhere = server.request(from("192.0.2.9", &known, &server)).await;
        assert_eq!(elsewhere.status, if statuses[1] == 200 { 400 } else { 200 });
    }
}
