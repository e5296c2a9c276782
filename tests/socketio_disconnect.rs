//! Socket.IO v5, "Disconnection from a namespace": every way to go, and who is told what.

#[path = "support/socketio.rs"]
mod socketio;
mod support;

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sockrates::engineio::options::Options as EngineOptions;
use sockrates::socketio::{DisconnectReason, Options, Socket};

use crate::socketio::{Got, Live, Noted, notes};

/// Notes down why sockets go, and in how many rooms they are at that moment.
fn watch(live: &Live, namespaces: &[&str]) -> Noted {
    let (notes, noted) = notes();
    for namespace in namespaces {
        let notes = notes.clone();
        live.io.of(namespace).on_connect(move |socket: Socket| {
            let name = socket.namespace().name().to_owned();
            for before in [true, false] {
                let (notes, name) = (notes.clone(), name.clone());
                let handler = move |socket: Socket, reason: DisconnectReason| {
                    let when = if before { "going from" } else { "gone from" };
                    notes.note(format!("{when} {name}, {} rooms: {reason}", socket.rooms().len()));
                };
                if before {
                    socket.on_disconnecting(handler);
                } else {
                    socket.on_disconnect(handler);
                }
            }
        });
    }
    noted
}

/// Both notes about the only socket in the main namespace.
async fn expect_gone(noted: &mut Noted, reason: &str) {
    noted.expect(&format!("going from /, 1 rooms: {reason}")).await;
    noted.expect(&format!("gone from /, 0 rooms: {reason}")).await;
}

/// [SIO5-DISCONNECT-1] "The low-level connection MAY be kept alive if the client is connected to
/// another namespace."
#[tokio::test]
async fn a_client_may_leave_one_namespace_and_stay_in_another() {
    let live = Live::start(Options::default()).await;
    let mut noted = watch(&live, &["/", "/admin"]);
    let mut ada = live.join("/").await;
    ada.join("/admin").await;
    ada.send("41").await;
    expect_gone(&mut noted, "client namespace disconnect").await;
    // "No response is expected from the other side."
    ada.expect_nothing().await;
    live.io.of("/admin").emit("still", "here").unwrap();
    ada.expect(r#"42/admin,["still","here"]"#).await;
    ada.send("41/admin,").await;
    noted.expect("going from /admin, 1 rooms: client namespace disconnect").await;
    noted.expect("gone from /admin, 0 rooms: client namespace disconnect").await;
    // Having left the last one, too, the session is still there for another.
    ada.join("/").await;
    noted.expect_nothing();
    assert_eq!(live.io.sessions(), 1);
}

#[tokio::test]
async fn whoever_comes_back_has_a_new_name() {
    let live = Live::start(Options::default()).await;
    let mut ada = live.join("/").await;
    let first = ada.id.clone();
    live.io.of("/").sockets()[0].join("a room");
    ada.send("41").await;
    ada.join("/").await;
    assert_ne!(ada.id, first);
    assert_eq!(live.io.to("a room").emit("news", ()).unwrap(), 0);
    assert_eq!(live.io.to(&first).emit("news", ()).unwrap(), 0);
    ada.expect_nothing().await;
}

#[tokio::test]
async fn the_server_may_end_a_socket() {
    let live = Live::start(Options::default()).await;
    let mut noted = watch(&live, &["/", "/admin"]);
    let mut ada = live.join("/").await;
    ada.join("/admin").await;
    let socket = live.io.of("/admin").sockets().remove(0);
    socket.emit("last", "words").unwrap();
    socket.disconnect();
    noted.expect("going from /admin, 1 rooms: server namespace disconnect").await;
    noted.expect("gone from /admin, 0 rooms: server namespace disconnect").await;
    socket.disconnect();
    ada.expect(r#"42/admin,["last","words"]"#).await;
    ada.expect("41/admin,").await;
    ada.expect_nothing().await;
    noted.expect_nothing();
    assert!(!socket.is_connected());
    assert_eq!(socket.emit("x", ()).unwrap_err().to_string(), "the socket is disconnected");
    live.io.of("/").sockets()[0].disconnect();
    ada.expect("41").await;
    expect_gone(&mut noted, "server namespace disconnect").await;
    ada.join("/admin").await;
}

/// Trap 24.
#[tokio::test]
async fn the_server_may_end_all_sockets_of_a_client_whose_last_words_arrive() {
    let live = Live::start(Options::default()).await;
    let mut noted = watch(&live, &["/", "/admin"]);
    let mut ada = live.join("/").await;
    ada.join("/admin").await;
    let mut paula = live.join_polling("/").await;
    paula.join("/admin").await;
    for _ in 0..2 {
        let socket = live.io.of("/admin").sockets().remove(0);
        for n in 0..1000 {
            socket.emit("n", n).unwrap();
        }
        socket.disconnect_client();
        let mut goodbyes = Vec::new();
        for _ in 0..4 {
            goodbyes.push(noted.next().await);
        }
        goodbyes.sort();
        let reason = "server namespace disconnect";
        let expected = [
            format!("going from /, 1 rooms: {reason}"),
            format!("going from /admin, 1 rooms: {reason}"),
            format!("gone from /, 0 rooms: {reason}"),
            format!("gone from /admin, 0 rooms: {reason}"),
        ];
        assert_eq!(goodbyes, expected);
        socket.disconnect_client();
    }
    for n in 0..1000 {
        ada.expect(&format!(r#"42/admin,["n",{n}]"#)).await;
        paula.expect(&format!(r#"42/admin,["n",{n}]"#)).await;
    }
    for goodbye in ["41/admin,", "41"] {
        ada.expect(goodbye).await;
        paula.expect(goodbye).await;
    }
    ada.expect_closed().await;
    paula.expect("6").await;
    paula.expect("1").await;
    live.sessions(0).await;
    noted.expect_nothing();
}

#[tokio::test]
async fn nothing_more_is_heard_of_a_client_that_is_being_disconnected() {
    let live = Live::start(Options::default()).await;
    let (notes, mut noted) = notes();
    live.io.of("/").on_connect(move |s: Socket| {
        notes.note("connected");
        s.on("bye", |s: Socket| s.disconnect_client());
        let notes = notes.clone();
        s.on("more", move || notes.note("more"));
    });
    let ada = live.join_polling("/").await;
    noted.expect("connected").await;
    ada.post(&[r#"42["bye"]"#, r#"42["more"]"#, "40", r#"42["more"]"#]).await;
    while ada.polling.poll().await != "6\x1e1" {}
    live.sessions(0).await;
    noted.expect_nothing();
}

/// The words are those of the reference server, since applications compare them.
#[tokio::test]
async fn a_socket_ends_with_its_session_and_for_its_reason() {
    let live = Live::start(Options::default()).await;
    let mut noted = watch(&live, &["/"]);

    live.join("/").await.close().await;
    expect_gone(&mut noted, "transport close").await;

    live.join("/").await.vanish();
    expect_gone(&mut noted, "transport close").await;

    let mut ada = live.join("/").await;
    ada.send("1").await;
    ada.expect_closed().await;
    expect_gone(&mut noted, "transport close").await;

    let paula = live.join_polling("/").await;
    paula.send("1").await;
    expect_gone(&mut noted, "transport close").await;

    let mut ada = live.join("/").await;
    ada.send("no packet").await;
    ada.expect_closed().await;
    expect_gone(&mut noted, "parse error").await;

    let paula = live.join_polling("/").await;
    paula.post(&["no packet"]).await;
    expect_gone(&mut noted, "parse error").await;

    let paula = live.join_polling("/").await;
    let _waiting = paula.polling.start_poll().await;
    let _overlapping = paula.polling.start_poll().await;
    expect_gone(&mut noted, "transport error").await;

    let mut ada = live.join("/").await;
    ada.send("42").await;
    ada.expect_closed().await;
    expect_gone(&mut noted, "forced close").await;

    let paula = live.join_polling("/").await;
    let mut waiting = paula.polling.start_poll().await;
    paula.post(&["42"]).await;
    waiting.response().await.check(200, "1");
    expect_gone(&mut noted, "forced close").await;

    live.sessions(0).await;
    noted.expect_nothing();
}

#[tokio::test(start_paused = true)]
async fn a_client_that_falls_silent_is_gone_after_its_ping() {
    let live = Live::in_memory(Options::default());
    let mut noted = watch(&live, &["/", "/admin"]);
    let mut ada = live.join("/").await;
    ada.join("/admin").await;
    let begin = tokio::time::Instant::now();
    // Nobody reads, so nobody answers.
    tokio::time::sleep(Duration::from_secs(44)).await;
    noted.expect_nothing();
    let mut goodbyes = Vec::new();
    for _ in 0..4 {
        goodbyes.push(noted.next().await);
    }
    assert_eq!(begin.elapsed().as_secs(), 25 + 20);
    goodbyes.sort();
    assert_eq!(goodbyes[0], "going from /, 1 rooms: ping timeout");
    assert_eq!(goodbyes[3], "gone from /admin, 0 rooms: ping timeout");
    noted.expect_nothing();
}

/// Trap 45. Trap 40.
#[tokio::test]
async fn whoever_is_about_to_go_is_in_its_rooms_and_whoever_is_gone_is_in_none() {
    let live = Live::start(Options::default()).await;
    let (notes, mut noted) = notes();
    live.io.of("/").on_connect(move |s: Socket| {
        s.join("lobby");
        s.on_disconnecting(|s: Socket, _| {
            s.to("lobby").emit("going", s.rooms().len()).unwrap();
        });
        let notes = notes.clone();
        s.on_disconnect(move |s: Socket, _| {
            s.to("lobby").emit("gone", s.rooms().len()).unwrap();
            notes.note(format!("{} {} {}", s.join("lobby"), s.leave("lobby"), s.rooms().len()));
        });
    });
    let mut bob = live.join("/").await;
    for way in 0..3 {
        let mut ada = live.join("/").await;
        match way {
            0 => ada.send("41").await,
            1 => live.io.to(&ada.id).sockets()[0].disconnect(),
            _ => ada.vanish(),
        }
        bob.expect(r#"42["going",2]"#).await;
        bob.expect(r#"42["gone",0]"#).await;
        noted.expect("false false 0").await;
        assert_eq!(live.io.to("lobby").sockets().len(), 1);
    }
    bob.expect_nothing().await;
}

#[tokio::test]
async fn a_handler_may_end_its_own_socket() {
    let live = Live::start(Options::default()).await;
    let mut noted = watch(&live, &["/"]);
    live.io.of("/").on_connect(|s: Socket| {
        s.on("bye", |s: Socket| {
            s.on_disconnect(|s: Socket, _| s.disconnect());
            s.disconnect();
            s.disconnect();
            assert!(s.emit("too", "late").is_err());
        });
        s.on("bye", |s: Socket| s.emit("another listener", ()));
    });
    let mut ada = live.join("/").await;
    ada.send(r#"42["bye"]"#).await;
    ada.expect("41").await;
    expect_gone(&mut noted, "server namespace disconnect").await;
    ada.expect_nothing().await;
    ada.join("/").await;
}

#[tokio::test]
async fn a_socket_may_be_ended_before_its_first_event() {
    let live = Live::start(Options::default()).await;
    let mut noted = watch(&live, &["/"]);
    live.io.of("/").on_connect(|s: Socket| s.disconnect());
    let mut ada = live.open().await;
    ada.send("40").await;
    assert!(ada.text().await.starts_with("40{"));
    ada.expect("41").await;
    expect_gone(&mut noted, "server namespace disconnect").await;
    ada.expect_nothing().await;
}

fn fail(why: &str) {
    panic!("{why}");
}

/// Trap 28.
#[tokio::test]
async fn a_goodbye_that_panics_keeps_nobody_from_the_others() {
    let live = Live::start(Options::default()).await;
    live.io.of("/").on_connect(|s: Socket| {
        s.on_disconnecting(|_: Socket, _| fail("on purpose"));
        s.on_disconnect(|_: Socket, _| fail("on purpose"));
        s.on_disconnect(async |_: Socket, _| {
            tokio::task::yield_now().await;
            fail("on purpose");
        });
    });
    let mut noted = watch(&live, &["/"]);
    let mut ada = live.join("/").await;
    ada.send("41").await;
    expect_gone(&mut noted, "client namespace disconnect").await;
    ada.expect_nothing().await;
    ada.join("/").await;
    ada.vanish();
    expect_gone(&mut noted, "transport close").await;
    live.sessions(0).await;
    assert!(live.io.of("/").sockets().is_empty());
}

#[tokio::test]
async fn an_asynchronous_goodbye_is_said_to_its_end() {
    let live = Live::start(Options::default()).await;
    let (notes, mut noted) = notes();
    live.io.of("/").on_connect(move |s: Socket| {
        let notes = notes.clone();
        s.on_disconnect(move |s: Socket, reason: DisconnectReason| async move {
            for _ in 0..10 {
                tokio::task::yield_now().await;
            }
            notes.note(format!("{reason}, {}", s.is_connected()));
        });
    });
    live.join("/").await.vanish();
    noted.expect("transport close, false").await;
}

/// A client that has heard `41` may come back at once, however long the goodbye takes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_goodbye_does_not_keep_the_client_from_coming_back() {
    let live = Live::start(Options::default()).await;
    let (go_on, wait) = channel::<()>();
    let wait = Arc::new(Mutex::new(wait));
    live.io.of("/").on_connect(move |s: Socket| {
        let wait = wait.clone();
        s.on_disconnect(move |_: Socket, _| {
            // The sender is dropped in the end, and then nobody waits.
            let waited = wait.lock().unwrap().recv_timeout(support::PATIENCE);
            assert_ne!(waited, Err(RecvTimeoutError::Timeout));
        });
    });
    let mut ada = live.join("/").await;
    let socket = live.io.of("/").sockets().remove(0);
    let goodbye = std::thread::spawn(move || socket.disconnect());
    ada.expect("41").await;
    ada.join("/").await;
    drop(go_on);
    goodbye.join().unwrap();
    ada.expect_nothing().await;
    live.io.emit("still", "here").unwrap();
    ada.expect(r#"42["still","here"]"#).await;
}

/// Threat 94.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn however_clients_go_nothing_of_them_is_left() {
    // A session that is closed from here waits for one more GET, but not for long.
    let closing_timeout = Duration::from_millis(10);
    let engine = EngineOptions { closing_timeout, ..Options::default().engine };
    let live = Live::start(Options { engine, ..Options::default() }).await;
    let (notes, mut noted) = notes();
    for name in ["/", "/admin"] {
        let notes = notes.clone();
        live.io.of(name).on_connect(move |s: Socket| {
            s.join("lobby");
            s.join(s.id().to_string() + "'s");
            let notes = notes.clone();
            s.on_disconnect(move |_: Socket, _| notes.note("gone"));
        });
    }
    for n in 0..120 {
        let mut ada = live.join("/").await;
        ada.join("/admin").await;
        let mut paula = live.join_polling("/").await;
        paula.join("/admin").await;
        match n % 6 {
            0 => {
                ada.close().await;
                paula.send("1").await;
            }
            1 => {
                ada.vanish();
                paula.post(&["x"]).await;
            }
            2 => {
                ada.send("41").await;
                ada.send("42").await;
                paula.send("41").await;
                paula.post(&["42"]).await;
            }
            3 => {
                let _both = (paula.polling.start_poll().await, paula.polling.start_poll().await);
                for socket in live.io.of("/").sockets() {
                    socket.disconnect();
                    socket.disconnect_client();
                }
                while ada.next().await != Got::Closed {}
            }
            4 => {
                for socket in live.io.of("/admin").sockets() {
                    std::thread::spawn(move || socket.disconnect_client());
                }
                while ada.next().await != Got::Closed {}
            }
            _ => {
                ada.send("x").await;
                drop(paula.polling.start_poll().await);
                for socket in live.io.of("/").sockets() {
                    socket.disconnect_client();
                }
            }
        }
        for _ in 0..4 {
            noted.expect("gone").await;
        }
    }
    live.sessions(0).await;
    noted.expect_nothing();
    for name in ["/", "/admin"] {
        assert!(live.io.of(name).sockets().is_empty());
        assert!(live.io.of(name).to("lobby").sockets().is_empty());
    }
}
