//! Stopping: everybody is told once, what was sent arrives, and nothing hangs.

#[path = "support/socketio.rs"]
mod socketio;
mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use sockrates::socketio::{DisconnectReason, Io, Options, Socket};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;

use crate::socketio::{Got, Live, Noted, notes};
use crate::support::http::get;
use crate::support::websocket::opening;
use crate::support::{PATIENCE, within};

/// Longer than anything here takes.
const GRACE: Duration = Duration::from_secs(60);

/// Notes down why sockets of these namespaces go.
fn watch(io: &Io, namespaces: &[&str]) -> Noted {
    let (notes, noted) = notes();
    for namespace in namespaces {
        let notes = notes.clone();
        io.of(namespace).on_connect(move |socket: Socket| {
            let notes = notes.clone();
            socket.on_disconnect(move |_: Socket, reason: DisconnectReason| notes.note(reason));
        });
    }
    noted
}

/// Threat 91. No DISCONNECT is sent, since the official client does not come back after one.
#[tokio::test]
async fn everybody_is_told_once_and_what_was_sent_before_arrives() {
    let live = Live::start(Options::default()).await;
    let mut noted = watch(&live.io, &["/", "/admin"]);
    let mut ada = live.join("/").await;
    ada.join("/admin").await;
    let mut paula = live.join_polling("/").await;
    paula.join("/admin").await;
    let waiting = live.join_polling("/").await;
    let mut poll = waiting.polling.start_poll().await;
    waiting.send("40/admin,").await;
    let welcome = poll.response().await;
    assert!(welcome.text().starts_with("40/admin,"), "{}", welcome.text());
    let mut poll = waiting.polling.start_poll().await;
    // So that it is waiting for sure when the server stops.
    waiting.send("3").await;

    for n in 0..100 {
        live.io.of("/admin").to(&ada.id).to(&paula.id).emit("n", n).unwrap();
    }
    let io = live.io.clone();
    let closing = tokio::spawn(async move { io.close(GRACE).await });
    for n in 0..100 {
        let packet = format!(r#"42/admin,["n",{n}]"#);
        ada.expect(&packet).await;
        paula.expect(&packet).await;
    }
    ada.expect_closed().await;
    poll.response().await.check(200, "1");
    paula.expect("6").await;
    paula.expect("1").await;
    assert_eq!(closing.await.unwrap(), 0);
    for _ in 0..6 {
        noted.expect("server shutting down").await;
    }
    noted.expect_nothing();
    assert_eq!(live.io.sessions(), 0);
    assert!(live.io.of("/").sockets().is_empty());
}

#[tokio::test]
async fn while_the_server_stops_no_session_is_opened_and_clients_are_asked_to_come_later() {
    let live = Live::start(Options::default()).await;
    assert_eq!(live.io.close(GRACE).await, 0);
    let polling = get(&live.target("EIO=4&transport=polling"));
    let websocket = opening(&live.target("EIO=4&transport=websocket"));
    for request in [polling, websocket] {
        let answer = live.request(request).await;
        answer.check(503, r#"{"code":3,"message":"The server is going down"}"#);
        assert_eq!(answer.header("retry-after"), Some("1"));
    }
    assert_eq!(live.io.sessions(), 0);
    // Sessions that are gone are unknown, as ever.
    let answer = live.request(get(&live.target("EIO=4&transport=polling&sid=gone"))).await;
    assert_eq!(answer.status, 400);
}

#[tokio::test]
async fn stopping_again_does_nothing_and_stopping_twice_at_once_is_stopping() {
    let live = Live::start(Options::default()).await;
    let mut noted = watch(&live.io, &["/"]);
    let mut ada = live.join("/").await;
    let (first, second, ()) =
        tokio::join!(live.io.close(GRACE), live.io.close(GRACE), ada.expect_closed());
    assert_eq!((first, second), (0, 0));
    assert_eq!(live.io.close(GRACE).await, 0);
    noted.expect("server shutting down").await;
    noted.expect_nothing();
}

/// Trap 26.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_load_every_goodbye_is_said_once() {
    const CLIENTS: usize = 40;
    let live = Live::start(Options::default()).await;
    let connected = Arc::new(AtomicUsize::new(0));
    let gone = Arc::new(AtomicUsize::new(0));
    let (connects, goes) = (connected.clone(), gone.clone());
    live.io.of("/").on_connect(move |s: Socket| {
        connects.fetch_add(1, Ordering::Relaxed);
        s.join("lobby");
        s.on("say", |s: Socket, text: String| s.to("lobby").emit("said", text).map(|_| ()));
        s.on("later", async |s: Socket| {
            tokio::task::yield_now().await;
            // Whoever is gone meanwhile is told nothing.
            let _ = s.emit("later", ());
        });
        let goes = goes.clone();
        s.on_disconnect(move |s: Socket, _| {
            goes.fetch_add(1, Ordering::Relaxed);
            s.to("lobby").emit("gone", ()).map(|_| ())
        });
    });
    let live = Arc::new(live);
    let clients: Vec<_> = (0..CLIENTS)
        .map(|n| {
            let live = live.clone();
            tokio::spawn(async move {
                if n % 2 == 0 {
                    let mut peer = live.join("/").await;
                    let (mut said, mut closed) = (0, false);
                    while !closed {
                        if said < 1000 {
                            said += 1;
                            peer.try_send(r#"42["say","x"]"#).await;
                            peer.try_send(r#"42["later"]"#).await;
                        }
                        let got = peer.next().await;
                        assert_ne!(got, Got::Text("41".to_owned()));
                        closed = got == Got::Closed;
                    }
                } else {
                    let poller = live.join_polling("/").await;
                    loop {
                        poller.post(&[r#"42["say","x"]"#]).await;
                        let answer = poller.polling.try_poll().await;
                        assert!(!answer.text().split('\u{1e}').any(|packet| packet == "41"));
                        if answer.status != 200 || answer.text().ends_with('1') {
                            break;
                        }
                    }
                }
            })
        })
        .collect();
    let all = || connected.load(Ordering::Relaxed) == CLIENTS;
    support::until("everybody", all).await;
    let closed = within(PATIENCE, "the server to stop", live.io.close(GRACE)).await;
    assert_eq!(closed, 0);
    for client in clients {
        within(PATIENCE, "a client to end", client).await.unwrap();
    }
    assert_eq!(gone.load(Ordering::Relaxed), CLIENTS);
    assert_eq!(live.io.sessions(), 0);
    assert!(live.io.to("lobby").sockets().is_empty());
}

/// Trap 26.
#[tokio::test]
async fn stopping_from_within_a_handler_does_not_wait_for_itself() {
    let live = Live::start(Options::default()).await;
    let (io, (notes, mut noted)) = (live.io.clone(), notes());
    live.io.of("/").on_connect(move |s: Socket| {
        let (closing, noting) = (io.clone(), notes.clone());
        s.on_disconnect(move |_: Socket, reason: DisconnectReason| async move {
            let left = closing.close(GRACE).await;
            noting.note(format!("{reason}, {left} left"));
        });
        let (io, notes) = (io.clone(), notes.clone());
        s.on("stop", move || {
            let (io, notes) = (io.clone(), notes.clone());
            async move { notes.note(format!("{} left", io.close(GRACE).await)) }
        });
    });
    let mut ada = live.join("/").await;
    let mut bob = live.join("/").await;
    ada.send("41").await;
    bob.expect_closed().await;
    ada.expect_closed().await;
    let mut heard = [noted.next().await, noted.next().await];
    heard.sort();
    assert_eq!(heard, ["client namespace disconnect, 0 left", "server shutting down, 0 left"]);

    let live = Live::start(Options::default()).await;
    let (io, (notes, mut noted)) = (live.io.clone(), crate::notes());
    live.io.of("/").on_connect(move |s: Socket| {
        let (io, notes) = (io.clone(), notes.clone());
        s.on("stop", move || {
            let (io, notes) = (io.clone(), notes.clone());
            async move { notes.note(format!("{} left", io.close(GRACE).await)) }
        });
    });
    let mut ada = live.join("/").await;
    ada.send(r#"42["stop"]"#).await;
    ada.expect_closed().await;
    noted.expect("0 left").await;
}

/// Trap 26. What has not gone when the grace is over is given up, and its goodbye is said all
/// the same.
#[tokio::test(start_paused = true)]
async fn whoever_does_not_go_in_time_is_given_up_and_gone_all_the_same() {
    let live = Live::in_memory(Options::default());
    let mut noted = watch(&live.io, &["/"]);
    // One does not read, and its pipe is full; one is between two polls.
    let _ada = live.join("/").await;
    let _paula = live.join_polling("/").await;
    let megabyte = "x".repeat(1_000_000);
    live.io.emit("x", &megabyte).unwrap();
    let begin = Instant::now();
    assert_eq!(live.io.close(Duration::from_secs(5)).await, 2);
    assert_eq!(begin.elapsed().as_secs(), 5);
    for _ in 0..2 {
        noted.expect("server shutting down").await;
    }
    noted.expect_nothing();
    assert_eq!(live.io.sessions(), 0);
    assert!(live.io.of("/").sockets().is_empty());
}

#[tokio::test]
async fn whoever_waits_for_an_answer_or_a_verdict_is_not_left_waiting() {
    let live = Live::start(Options::default()).await;
    live.io.of("/slow").middleware(async |_: Socket| std::future::pending().await);
    let mut ada = live.join("/").await;
    ada.send("40/slow,").await;
    ada.expect_nothing().await;
    let answer = live.io.of("/").sockets()[0].emit_with_ack::<()>("q", ());
    ada.expect(r#"420["q"]"#).await;
    let (left, error, ()) = tokio::join!(live.io.close(GRACE), answer, ada.expect_closed());
    assert_eq!(left, 0);
    assert_eq!(error.unwrap_err().to_string(), "the socket is disconnected");
}

#[tokio::test]
async fn a_server_with_a_port_of_its_own_stops_when_it_is_told_to() {
    let io = Io::new(Options::default());
    let mut noted = watch(&io, &["/"]);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let (serving, opened) = (io.clone(), Arc::new(Notify::new()));
    let open = opened.clone();
    io.of("/").on_connect(move |_: Socket| open.notify_one());
    let served = tokio::spawn(async move {
        let stopped = async { stopped.await.unwrap_or_default() };
        serving.serve(listener, stopped, GRACE).await
    });
    let url = format!("ws://{address}/socket.io/?EIO=4&transport=websocket");
    let stream = TcpStream::connect(address).await.unwrap();
    let (mut websocket, _) = tokio_tungstenite::client_async(url, stream).await.unwrap();
    futures_util::SinkExt::send(&mut websocket, "40".into()).await.unwrap();
    within(PATIENCE, "the socket", opened.notified()).await;
    stop.send(()).unwrap();
    let mut heard = Vec::new();
    let reading = async {
        while let Some(Ok(message)) = futures_util::StreamExt::next(&mut websocket).await {
            heard.push(message.to_string());
        }
    };
    within(PATIENCE, "the end", reading).await;
    drop(websocket);
    assert_eq!(within(PATIENCE, "the server to end", served).await.unwrap(), 0);
    assert!(!heard.iter().any(|message| message == "41"), "{heard:?}");
    noted.expect("server shutting down").await;
    assert!(TcpStream::connect(address).await.is_err());
}
