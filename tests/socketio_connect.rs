//! Socket.IO v5, "Connection to a namespace": who is let in, when, and what is told first.

#[path = "support/socketio.rs"]
mod socketio;
mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use sockrates::socketio::{DisconnectReason, Options, Refused, Socket};
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::socketio::{Got, Live, Noted, Notes, notes};

/// Notes down who comes and goes in the main namespace.
fn watch(live: &Live) -> Noted {
    let (notes, noted) = notes();
    live.io.of("/").on_connect(move |socket: Socket| watch_socket(&socket, &notes));
    noted
}

fn watch_socket(socket: &Socket, notes: &Notes) {
    notes.note("connected");
    let notes = notes.clone();
    socket.on_disconnect(move |_, reason: DisconnectReason| notes.note(reason));
}

/// Panics; as a function it has a type that a handler may return.
fn fail(why: &str) {
    panic!("{why}");
}

/// [SIO5-CONNECT-1] "At the beginning of a Socket.IO session, the client MUST send a `CONNECT`
/// packet" [SIO5-CONNECT-2] "a `CONNECT` packet if the connection is successful, with the
/// session ID in the payload".
#[tokio::test]
async fn whoever_asks_to_join_is_told_the_name_of_its_socket() {
    let live = Live::start(Options::default()).await;
    live.io.of("/admin");
    let mut ada = live.open().await;
    ada.expect_nothing().await;
    for (packet, welcome) in [("40", "40{"), ("40/admin,", "40/admin,{")] {
        ada.send(packet).await;
        let answer = ada.text().await;
        let rest = answer.strip_prefix(welcome).expect("a CONNECT packet");
        let id = rest.strip_prefix(r#""sid":""#).and_then(|rest| rest.strip_suffix(r#""}"#));
        assert_eq!(id.map(str::len), Some(20), "{answer}");
    }
    ada.expect_nothing().await;
}

/// Trap 39. A socket's name is public, a session's is not, so they have to differ.
#[tokio::test]
async fn every_socket_has_a_name_of_its_own() {
    let live = Live::start(Options::default()).await;
    live.io.of("/admin");
    let mut ada = live.join("/").await;
    let main = ada.id.clone();
    ada.join("/admin").await;
    assert_ne!(main, ada.id);
    assert!(ada.sid != main && ada.sid != ada.id);
    live.io.of("/admin").to(&ada.id).emit("only", "you").unwrap();
    live.io.to(&ada.id).emit("not", "here").unwrap();
    live.io.to(&main).emit("only", "you").unwrap();
    ada.expect(r#"42/admin,["only","you"]"#).await;
    ada.expect(r#"42["only","you"]"#).await;
    ada.expect_nothing().await;
}

#[tokio::test]
async fn what_a_client_says_to_be_let_in_reaches_middleware_and_handler_as_it_was_written() {
    let live = Live::start(Options::default()).await;
    let (notes, mut noted) = notes();
    let asked = notes.clone();
    live.io.of("/").middleware(move |socket: Socket| {
        asked.note(format!("asked {}", socket.auth()));
        Ok(())
    });
    live.io.of("/").on_connect(move |socket: Socket| notes.note(socket.auth()));
    for (packet, auth) in [
        ("40", "{}"),
        ("40{}", "{}"),
        (
            r#"40{"token":"123","n":1.0,"half":"\ud83d"}"#,
            r#"{"token":"123","n":1.0,"half":"\ud83d"}"#,
        ),
    ] {
        live.open().await.send(packet).await;
        noted.expect(&format!("asked {auth}")).await;
        noted.expect(auth).await;
    }
}

/// [SIO5-CONNECT-3] "or a `CONNECT_ERROR` packet if the connection is not allowed".
#[tokio::test]
async fn whoever_is_not_let_in_is_told_why() {
    let live = Live::start(Options::default()).await;
    live.io.of("/").middleware(|_: Socket| Err(Refused::new("not \"authorized\"")));
    live.io.of("/admin").middleware(|socket: Socket| {
        let data = serde_json::json!({ "auth": socket.auth() });
        Err(Refused::new("no").with_data(&data).unwrap())
    });
    let mut noted = watch(&live);
    let mut ada = live.open().await;
    ada.send("40").await;
    ada.expect(r#"44{"message":"not \"authorized\""}"#).await;
    ada.send("40/admin,{}").await;
    ada.expect(r#"44/admin,{"message":"no","data":{"auth":"{}"}}"#).await;
    ada.expect_nothing().await;
    noted.expect_nothing();
    assert!(live.io.of("/").sockets().is_empty());
}

#[tokio::test]
async fn a_namespace_that_does_not_exist_is_refused_and_the_session_goes_on() {
    let live = Live::start(Options::default()).await;
    live.io.of("chat");
    let mut ada = live.open().await;
    for name in ["/nope", "/chat?x=1", "/Chat", "/chat/", "/__proto__", "/chat 1"] {
        ada.send(&format!("40{name},")).await;
        ada.expect(&format!(r#"44{name},{{"message":"Invalid namespace"}}"#)).await;
    }
    ada.join("/chat").await;
    // The comma may be left out by a client; the server always writes it.
    let mut bob = live.open().await;
    bob.send("40/chat").await;
    assert!(bob.text().await.starts_with("40/chat,{"));
}

/// [SIO5-CONNECT-4] "If the server does not receive a `CONNECT` packet first, then it MUST close
/// the connection immediately."
#[tokio::test]
async fn whoever_does_not_connect_first_is_closed() {
    let live = Live::start(Options::default()).await;
    live.io.of("/admin");
    let mut noted = watch(&live);
    let first =
        [r#"42["hi"]"#, r#"427["hi"]"#, "437[]", "41", "44{}", r#"451-["hi",1]"#, r#"461-7[1]"#];
    for packet in first {
        let mut ada = live.open().await;
        ada.send(packet).await;
        ada.expect_closed().await;
    }
    // The same for each further namespace.
    let mut ada = live.join("/").await;
    noted.expect("connected").await;
    ada.send(r#"42/admin,["hi"]"#).await;
    ada.expect_closed().await;
    noted.expect("forced close").await;
    live.sessions(0).await;
    noted.expect_nothing();
}

/// Trap 31. Nobody is told to be connected without the connection handler having run.
#[tokio::test]
async fn what_a_client_says_to_be_let_in_is_an_object_or_nothing() {
    let live = Live::start(Options::default()).await;
    live.io.of("/admin");
    let mut noted = watch(&live);
    for packet in [
        "40[]",
        "40\"s\"",
        "40null",
        "40{",
        "40,",
        "40 ",
        "401[]",
        "401true",
        "40/admin,[]",
        "40{}}",
    ] {
        let mut ada = live.open().await;
        ada.send(packet).await;
        let got = ada.next().await;
        assert_eq!(got, Got::Closed, "{packet}");
    }
    noted.expect_nothing();
    // A number that nobody asked for is overlooked, as in the reference server.
    let mut ada = live.open().await;
    ada.send("401").await;
    assert!(ada.text().await.starts_with(r#"40{"sid":"#));
    noted.expect("connected").await;
}

/// [SIO5-CONNECT-5] "A client MAY be connected to multiple namespaces at the same time, with the
/// same underlying WebSocket connection."
#[tokio::test]
async fn a_client_is_in_several_namespaces_at_once() {
    let live = Live::start(Options::default()).await;
    for name in ["/", "/a", "/b"] {
        live.io.of(name).on_connect(|socket: Socket| {
            socket.on("where", |socket: Socket| socket.emit("here", socket.namespace().name()));
        });
    }
    let mut ada = live.join("/a").await;
    ada.join("/").await;
    ada.join("/b").await;
    for packet in [r#"42/b,["where"]"#, r#"42["where"]"#, r#"42/a,["where"]"#] {
        ada.send(packet).await;
    }
    ada.expect(r#"42/b,["here","/b"]"#).await;
    ada.expect(r#"42["here","/"]"#).await;
    ada.expect(r#"42/a,["here","/a"]"#).await;
    assert_eq!(live.io.sessions(), 1);
}

/// Trap 32.
#[tokio::test]
async fn a_second_connect_closes_the_session_and_its_first_socket_ends_once() {
    let live = Live::start(Options::default()).await;
    let mut noted = watch(&live);
    let mut ada = live.join("/").await;
    ada.send("40").await;
    ada.expect_closed().await;
    noted.expect("connected").await;
    noted.expect("forced close").await;
    live.sessions(0).await;
    noted.expect_nothing();
    assert!(live.io.of("/").sockets().is_empty());
}

/// Trap 32.
#[tokio::test]
async fn a_second_connect_while_the_middleware_decides_closes_the_session() {
    let live = Live::start(Options::default()).await;
    let decide = Arc::new(Notify::new());
    let decided = decide.clone();
    live.io.of("/").middleware(move |_: Socket| {
        let decide = decide.clone();
        async move {
            decide.notified().await;
            Ok(())
        }
    });
    let mut noted = watch(&live);
    let mut ada = live.open().await;
    ada.send("40").await;
    ada.send("40").await;
    ada.expect_closed().await;
    decided.notify_one();
    live.sessions(0).await;
    noted.expect_nothing();
}

#[tokio::test]
async fn middleware_is_asked_in_order_until_one_refuses() {
    let live = Live::start(Options::default()).await;
    let (notes, mut noted) = notes();
    let main = live.io.of("/");
    let noting = notes.clone();
    main.middleware(move |_: Socket| {
        noting.note("first, at once");
        Ok(())
    });
    let noting = notes.clone();
    main.middleware(move |_: Socket| {
        let notes = noting.clone();
        async move {
            tokio::task::yield_now().await;
            notes.note("second, later");
            Ok(())
        }
    });
    let noting = notes.clone();
    main.middleware(move |socket: Socket| {
        noting.note("third, at once");
        if socket.auth() == "{}" { Err(Refused::new("by the third")) } else { Ok(()) }
    });
    let noting = notes.clone();
    main.middleware(move |_: Socket| {
        let notes = noting.clone();
        async move {
            notes.note("fourth, without a wait");
            Ok(())
        }
    });
    main.on_connect(move |_: Socket| notes.note("connected"));

    let mut ada = live.open().await;
    ada.send("40").await;
    ada.expect(r#"44{"message":"by the third"}"#).await;
    let all = ["first, at once", "second, later", "third, at once"];
    for note in all {
        noted.expect(note).await;
    }
    noted.expect_nothing();
    ada.send(r#"40{"a":1}"#).await;
    assert!(ada.text().await.starts_with("40{"));
    for note in all.into_iter().chain(["fourth, without a wait", "connected"]) {
        noted.expect(note).await;
    }
    noted.expect_nothing();
}

#[tokio::test]
async fn while_the_middleware_decides_others_go_on_and_nobody_finds_the_socket() {
    let live = Live::start(Options::default()).await;
    let decide = Arc::new(Notify::new());
    let decided = decide.clone();
    live.io.of("/slow").middleware(move |_: Socket| {
        let decide = decide.clone();
        async move {
            decide.notified().await;
            Ok(())
        }
    });
    let mut ada = live.join("/").await;
    ada.send("40/slow,").await;
    ada.expect_nothing().await;
    assert!(live.io.of("/slow").sockets().is_empty());
    assert_eq!(live.io.of("/slow").emit("news", ()).unwrap(), 0);
    decided.notify_one();
    assert!(ada.text().await.starts_with("40/slow,{"));
    support::until("the socket", || live.io.of("/slow").sockets().len() == 1).await;
}

#[tokio::test]
async fn what_a_middleware_sends_leaves_before_the_answer() {
    let live = Live::start(Options::default()).await;
    live.io.of("/").middleware(|socket: Socket| {
        socket.emit("early", 1).map_err(|error| Refused::new(error.to_string()))
    });
    let mut ada = live.open().await;
    ada.send("40").await;
    ada.expect(r#"42["early",1]"#).await;
    assert!(ada.text().await.starts_with("40{"));
}

/// As in the reference server, where it is the usual place to join a room named for a user.
#[tokio::test]
async fn a_room_that_a_middleware_joins_is_joined_once_the_socket_is_let_in() {
    let live = Live::start(Options::default()).await;
    live.io.of("/").middleware(|socket: Socket| {
        assert!(socket.join("user:7"));
        assert!(!socket.join("user:7"), "it is in it already");
        assert!(socket.join("left"));
        assert!(socket.leave("left"));
        Ok(())
    });
    let (notes, mut noted) = notes();
    live.io.of("/").on_connect(move |socket: Socket| {
        let mut rooms = socket.rooms();
        rooms.retain(|room| *room != socket.id().to_string());
        notes.note(rooms.join(" "));
    });
    let mut ada = live.join("/").await;
    noted.expect("user:7").await;
    live.io.to("user:7").emit("hi", ()).unwrap();
    live.io.to("left").emit("hi", ()).unwrap();
    ada.expect(r#"42["hi"]"#).await;
    ada.expect_nothing().await;
}

/// Trap 40.
#[tokio::test]
async fn a_socket_that_is_refused_is_in_no_room() {
    let live = Live::start(Options::default()).await;
    let (kept, mut keep) = tokio::sync::mpsc::unbounded_channel();
    live.io.of("/").middleware(move |socket: Socket| {
        socket.join("a room");
        kept.send(socket).unwrap();
        Err(Refused::new("no"))
    });
    let mut ada = live.open().await;
    ada.send("40").await;
    ada.expect(r#"44{"message":"no"}"#).await;
    let socket = keep.recv().await.unwrap();
    assert!(!socket.join("a room"));
    assert!(socket.rooms().is_empty());
    assert!(live.io.to("a room").sockets().is_empty());
    assert!(!socket.is_connected());
    assert!(socket.emit("hi", ()).is_err());
    ada.expect_nothing().await;
}

/// Trap 28.
#[tokio::test]
async fn a_middleware_that_panics_refuses_and_everybody_else_lives_on() {
    let live = Live::start(Options::default()).await;
    live.io.of("/now").middleware(|_: Socket| -> Result<(), Refused> { panic!("on purpose") });
    live.io.of("/later").middleware(async |_: Socket| -> Result<(), Refused> {
        tokio::task::yield_now().await;
        panic!("on purpose")
    });
    live.io
        .of("/soon")
        .middleware(async |_: Socket| -> Result<(), Refused> { panic!("on purpose") });
    let mut ada = live.join("/").await;
    for name in ["/now", "/later", "/soon", "/now"] {
        ada.send(&format!("40{name},")).await;
        ada.expect(&format!(r#"44{name},{{"message":"Internal server error"}}"#)).await;
    }
    assert_eq!(live.io.of("/").sockets().len(), 1);
    live.io.emit("still", "here").unwrap();
    ada.expect(r#"42["still","here"]"#).await;
}

#[tokio::test]
async fn a_client_that_goes_while_the_middleware_decides_was_never_there() {
    let live = Live::start(Options::default()).await;
    let (decide, asked) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (decided, was_asked) = (decide.clone(), asked.clone());
    live.io.of("/").middleware(move |socket: Socket| {
        let (decide, asked) = (decide.clone(), asked.clone());
        async move {
            socket.on_disconnect(|_: Socket, _| fail("it was not connected"));
            asked.notify_one();
            decide.notified().await;
            Ok(())
        }
    });
    let mut noted = watch(&live);
    let mut ada = live.open().await;
    ada.send("40").await;
    was_asked.notified().await;
    ada.close().await;
    live.sessions(0).await;
    decided.notify_one();
    tokio::task::yield_now().await;
    noted.expect_nothing();
    assert!(live.io.of("/").sockets().is_empty());
}

#[tokio::test]
async fn a_socket_that_is_disconnected_while_the_middleware_decides_is_not_let_in() {
    let live = Live::start(Options::default()).await;
    let first = Arc::new(AtomicBool::new(true));
    live.io.of("/").middleware(move |socket: Socket| {
        if first.swap(false, Ordering::Relaxed) {
            socket.disconnect();
        }
        Ok(())
    });
    let mut noted = watch(&live);
    let mut ada = live.open().await;
    ada.send("40").await;
    ada.expect("41").await;
    ada.expect_nothing().await;
    ada.join("/").await;
    noted.expect("connected").await;
}

/// The verdict about a socket that is gone must not be taken for one about its successor.
#[tokio::test]
async fn a_late_verdict_does_not_hit_the_next_socket() {
    let live = Live::start(Options::default()).await;
    let decide = Arc::new(Notify::new());
    let (decided, first) = (decide.clone(), Arc::new(AtomicBool::new(true)));
    let (sockets, mut disconnect) = tokio::sync::mpsc::unbounded_channel();
    live.io.of("/").middleware(move |socket: Socket| {
        let (decide, first) = (decide.clone(), first.swap(false, Ordering::Relaxed));
        let sockets = sockets.clone();
        async move {
            if first {
                sockets.send(socket).unwrap();
                decide.notified().await;
                return Err(Refused::new("too late to matter"));
            }
            Ok(())
        }
    });
    let mut ada = live.open().await;
    ada.send("40").await;
    disconnect.recv().await.unwrap().disconnect();
    ada.expect("41").await;
    ada.join("/").await;
    decided.notify_one();
    tokio::task::yield_now().await;
    ada.expect_nothing().await;
    live.io.emit("still", "here").unwrap();
    ada.expect(r#"42["still","here"]"#).await;
}

#[tokio::test]
async fn events_wait_until_all_connection_handlers_have_returned() {
    let live = Live::start(Options::default()).await;
    let (notes, mut noted) = notes();
    let go_on = Arc::new(Notify::new());
    let goes_on = go_on.clone();
    live.io.of("/").on_connect(move |socket: Socket| {
        let (go_on, notes) = (go_on.clone(), notes.clone());
        async move {
            go_on.notified().await;
            socket.on("say", move |word: String| notes.note(word));
        }
    });
    live.io.of("/").on_connect(|socket: Socket| socket.emit("hello", ()));
    let mut ada = live.join("/").await;
    ada.expect(r#"42["hello"]"#).await;
    for word in ["a", "b", "c"] {
        ada.send(&format!(r#"42["say","{word}"]"#)).await;
    }
    ada.expect_nothing().await;
    noted.expect_nothing();
    goes_on.notify_one();
    for word in ["a", "b", "c"] {
        noted.expect(word).await;
    }
    ada.send(r#"42["say","d"]"#).await;
    noted.expect("d").await;
}

#[tokio::test]
async fn a_connection_handler_may_wait_for_an_answer() {
    let live = Live::start(Options::default()).await;
    let (notes, mut noted) = notes();
    live.io.of("/").on_connect(move |socket: Socket| {
        let notes = notes.clone();
        async move {
            let answer: Result<String, _> = socket.emit_with_ack("who", "are you").await;
            notes.note(answer.unwrap());
            socket.on("say", move |word: String| notes.note(word));
        }
    });
    let mut ada = live.join("/").await;
    ada.expect(r#"420["who","are you"]"#).await;
    ada.send(r#"42["say","early"]"#).await;
    ada.send(r#"430["Ada"]"#).await;
    noted.expect("Ada").await;
    noted.expect("early").await;
}

/// Trap 28.
#[tokio::test]
async fn a_connection_handler_that_panics_harms_nobody() {
    let live = Live::start(Options::default()).await;
    live.io.of("/").on_connect(|_: Socket| fail("on purpose"));
    live.io.of("/").on_connect(async |_: Socket| {
        tokio::task::yield_now().await;
        fail("on purpose, and later");
    });
    let mut noted = watch(&live);
    live.io.of("/").on_connect(|socket: Socket| {
        socket.on("echo", |socket: Socket, word: String| socket.emit("echo", word));
    });
    let mut ada = live.join("/").await;
    noted.expect("connected").await;
    ada.send(r#"42["echo","x"]"#).await;
    ada.expect(r#"42["echo","x"]"#).await;
    ada.close().await;
    noted.expect("transport close").await;
}

/// Trap 44.
#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn no_broadcast_reaches_a_client_before_it_knows_that_it_is_connected() {
    let live = Live::start(Options::default()).await;
    let (io, stop) = (live.io.clone(), Arc::new(AtomicBool::new(false)));
    let stopped = stop.clone();
    let noise = std::thread::spawn(move || {
        let mut sent = 0;
        while !stopped.load(Ordering::Relaxed) {
            sent += io.emit("noise", ()).unwrap();
            std::thread::yield_now();
        }
        sent
    });
    for _ in 0..100 {
        let mut ada = live.open().await;
        ada.send("40").await;
        assert!(ada.text().await.starts_with("40{"));
        ada.expect(r#"42["noise"]"#).await;
    }
    stop.store(true, Ordering::Relaxed);
    assert!(noise.join().unwrap() >= 100);
}

#[tokio::test]
async fn an_event_right_behind_the_connect_is_handled() {
    let live = Live::start(Options::default()).await;
    live.io.of("/").on_connect(|socket: Socket| {
        socket.on("echo", |socket: Socket, word: String| socket.emit("echo", word));
    });
    let mut ada = live.poller().await;
    ada.post(&["40", r#"42["echo","a"]"#, r#"42["echo","b"]"#]).await.check(200, "ok");
    assert!(ada.text().await.starts_with("40{"));
    ada.expect(r#"42["echo","a"]"#).await;
    ada.expect(r#"42["echo","b"]"#).await;
}

#[tokio::test]
async fn what_stands_behind_a_broken_rule_in_one_body_is_not_looked_at() {
    let live = Live::start(Options::default()).await;
    let mut noted = watch(&live);
    let ada = live.poller().await;
    ada.post(&[r#"42["too early"]"#, "40"]).await;
    live.poller().await.post(&["40{", "40"]).await;
    // Their sessions end when they come back, or after a while.
    assert!(ada.polling.poll().await.ends_with('1'));
    noted.expect_nothing();
    assert!(live.io.of("/").sockets().is_empty());
}

/// Trap 13. Threat 70.
#[tokio::test(start_paused = true)]
async fn whoever_joins_no_namespace_in_time_is_closed() {
    let live = Live::in_memory(Options::default());
    let mut ada = live.open().await;
    let begin = Instant::now();
    ada.expect_closed().await;
    assert_eq!(begin.elapsed().as_secs(), 45);

    let mut ada = live.open().await;
    let begin = Instant::now();
    tokio::time::sleep(Duration::from_secs(40)).await;
    ada.send("40/nowhere,").await;
    while ada.next().await != Got::Closed {}
    assert_eq!(begin.elapsed().as_secs(), 45, "being refused buys no time");
}

#[tokio::test(start_paused = true)]
async fn whoever_has_left_all_namespaces_has_the_same_time_again() {
    let live = Live::in_memory(Options::default());
    live.io.of("/admin");
    let mut ada = live.join("/").await;
    ada.join("/admin").await;
    ada.send("41").await;
    ada.expect_nothing().await;
    let begin = Instant::now();
    live.io.of("/admin").sockets()[0].disconnect();
    ada.expect("41/admin,").await;
    ada.expect_closed().await;
    assert_eq!(begin.elapsed().as_secs(), 45);
}

#[tokio::test(start_paused = true)]
async fn a_middleware_that_never_decides_holds_nobody_for_ever() {
    let live = Live::in_memory(Options::default());
    live.io.of("/").middleware(async |_: Socket| std::future::pending().await);
    let mut ada = live.open().await;
    ada.send("40").await;
    let begin = Instant::now();
    ada.expect_closed().await;
    assert_eq!(begin.elapsed().as_secs(), 45);
}

/// Threat 70.
#[tokio::test]
async fn whoever_is_refused_too_often_is_closed() {
    let live = Live::start(Options { max_refusals: 3, ..Options::default() }).await;
    let mut ada = live.join("/").await;
    for _ in 0..3 {
        ada.expect_nothing().await;
    }
    ada.send("40/nowhere,").await;
    ada.expect(r#"44/nowhere,{"message":"Invalid namespace"}"#).await;
    ada.expect_closed().await;
}

/// Threat 71.
#[tokio::test]
async fn a_client_joins_so_many_namespaces_and_not_one_more() {
    let live = Live::start(Options { max_namespaces: 2, ..Options::default() }).await;
    live.io.of("/a");
    live.io.of("/b");
    let mut ada = live.join("/").await;
    ada.join("/a").await;
    ada.send("41/a,").await;
    ada.join("/b").await;
    ada.send("40/a,").await;
    ada.expect_closed().await;
}
