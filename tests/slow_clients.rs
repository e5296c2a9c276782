//! Clients that do not read, or not fast enough: what waits for them is bounded, they are told
//! apart from clients that are merely busy, and in the end they are gone.
//!
//! ```text
//!   server ══════════════════════► │ TCP window full │   client, reading nothing
//!   ├─ 10 s above 1 MiB ──► slow consumer (on WebSocket)
//!   ├─ no pong          ──► ping timeout
//!   └─ above 16 MiB     ──► slow consumer, at once
//! ```

mod support;

use std::time::Duration;

use sockrates::engineio::close::CloseReason;
use sockrates::engineio::delivery::{Delivery, WhenFull};
use sockrates::engineio::options::Options;
use sockrates::engineio::outbox::SendError;
use sockrates::engineio::packet::Frame;
use sockrates::socketio::{DisconnectReason, Io, Socket};
use support::{EchoServer, Live};
use tokio::time::Instant;

fn big(bytes: usize) -> Frame {
    Frame::Text(format!("4{}", "a".repeat(bytes)).into())
}

/// Trap 22. A client that stops reading, on a real network with its window full, is closed by
/// the heartbeat in time. The application is told once, and nothing is kept.
#[tokio::test]
async fn a_client_that_stops_reading_is_closed_by_the_heartbeat() {
    let options = Options {
        ping_interval: Duration::from_millis(300),
        ping_timeout: Duration::from_millis(200),
        close_timeout: Duration::from_millis(200),
        stall_buffered: 64 << 20,
        max_buffered: 64 << 20,
        ..Options::default()
    };
    let server = EchoServer::start(options).await;
    let mut websocket = server.raw_websocket("EIO=4&transport=websocket").await;
    websocket.next().await;
    let handle = server.session().await;
    for _ in 0..32 {
        handle.send([big(1 << 20)], Delivery::default()).unwrap();
    }
    assert_eq!(server.closed().await, CloseReason::PingTimeout);
    assert_eq!(server.engine.sessions(), 0);
    assert_eq!(handle.send([big(1)], Delivery::default()), Err(SendError::Gone));
    // Also the connection ends, in the middle of a message.
    assert!(websocket.http.rest().await.len() < 32 << 20);
    assert!(server.none_closed(), "it is told once");
}

/// Trap 22. The same with the clock stopped, to the second.
#[tokio::test(start_paused = true)]
async fn a_client_that_stops_reading_is_closed_in_time() {
    let server = EchoServer::in_memory(Options::default());
    let began = Instant::now();
    let websocket = server.websocket().await;
    server.session().await.send([big(500_000)], Delivery::default()).unwrap();
    assert_eq!(server.closed().await, CloseReason::PingTimeout);
    assert_eq!(began.elapsed().as_secs(), 45);
    assert_eq!(server.engine.sessions(), 0);
    drop(websocket);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_takes_nothing_while_much_waits_is_closed_earlier() {
    let server = EchoServer::in_memory(Options::default());
    let began = Instant::now();
    let websocket = server.websocket().await;
    server.session().await.send([big(1 << 20), big(1 << 20)], Delivery::default()).unwrap();
    assert_eq!(server.closed().await, CloseReason::SlowConsumer);
    assert_eq!(began.elapsed().as_secs(), 10);
    drop(websocket);
}

/// On polling it may be busy with the last body for all the server knows.
#[tokio::test(start_paused = true)]
async fn on_polling_the_heartbeat_decides() {
    let server = EchoServer::in_memory(Options::default());
    let began = Instant::now();
    let session = server.polling().await;
    server.session().await.send([big(1 << 20), big(1 << 20)], Delivery::default()).unwrap();
    assert_eq!(server.closed().await, CloseReason::PingTimeout);
    assert_eq!(began.elapsed().as_secs(), 45);
    drop(session.sid);
}

/// A client that takes a little now and then is slow, but it makes progress.
#[tokio::test(start_paused = true)]
async fn a_client_that_reads_a_little_now_and_then_is_not_closed() {
    let options = Options { ping_interval: Duration::from_secs(600), ..Options::default() };
    let server = EchoServer::in_memory(options);
    let mut websocket = server.raw_websocket("EIO=4&transport=websocket").await;
    websocket.next().await;
    let handle = server.session().await;
    for _ in 0..20 {
        handle.send([big(300_000)], Delivery::default()).unwrap();
    }
    for _ in 0..20 {
        let mut read = 0;
        while read < 300_001 {
            read += websocket.next().await.expect("the session lives").payload.len();
        }
        tokio::time::sleep(Duration::from_secs(6)).await;
    }
    assert!(server.none_closed());
}

/// Trap 25. With a limit, what the limit says happens: the one who sends is told, and the
/// session is closed, with that reason.
#[tokio::test]
async fn beyond_the_limit_the_sender_is_told_and_the_client_closed() {
    let server = EchoServer::start(Options { max_buffered: 1000, ..Options::default() }).await;
    let _session = server.polling().await;
    let handle = server.session().await;
    assert_eq!(handle.send([big(899)], Delivery::default()), Ok(()));
    assert_eq!(handle.send([big(100)], Delivery::default()), Err(SendError::Full));
    assert_eq!(server.closed().await, CloseReason::SlowConsumer);
    assert_eq!(server.engine.sessions(), 0);
}

/// Trap 25. Five thousand emits in one handler arrive, in order, on both transports.
#[tokio::test]
async fn five_thousand_emits_in_one_handler_arrive_in_order() {
    let io = Io::new(Default::default());
    io.of("/").on_connect(|socket: Socket| {
        socket.on("go", |socket: Socket| (0..5000).try_for_each(|n| socket.emit("n", n)));
    });
    let server = Live::io(&io).await;
    let mut websocket = server.websocket().await;
    websocket.send("40").await;
    assert!(websocket.text().await.starts_with("40{"));
    websocket.send(r#"42["go"]"#).await;
    for number in 0..5000 {
        websocket.expect(&format!(r#"42["n",{number}]"#)).await;
    }

    let session = server.polling().await;
    session.post("40").await;
    assert!(session.poll().await.starts_with("40{"));
    session.post(r#"42["go"]"#).await;
    let mut came = Vec::new();
    while came.len() < 5000 {
        came.extend(session.poll().await.split('\x1e').map(str::to_owned));
    }
    let expected: Vec<_> = (0..5000).map(|number| format!(r#"42["n",{number}]"#)).collect();
    assert_eq!(came, expected);
}

/// Trap 24. A queue that is nearly full does not swallow the ping: a client that reads on,
/// late but in time, finds it behind the rest, answers, and lives.
#[tokio::test(start_paused = true)]
async fn a_full_queue_does_not_become_a_ping_timeout() {
    // Each frame counts for 64 bytes more than it has.
    let options = Options { max_buffered: 900_001 + 2 * 64, ..Options::default() };
    let server = EchoServer::in_memory(options);
    let mut websocket = server.websocket().await;
    let handle = server.session().await;
    handle.send([big(450_000), big(449_999)], Delivery::default()).unwrap();
    // Longer than the interval: the ping is queued meanwhile.
    tokio::time::sleep(Duration::from_secs(40)).await;
    assert_eq!(websocket.text().await.len(), 450_001);
    assert_eq!(websocket.text().await.len(), 450_000);
    websocket.expect("2").await;
    websocket.send("3").await;
    let began = Instant::now();
    websocket.expect("2").await;
    assert_eq!(began.elapsed().as_secs(), 25);
    assert!(server.none_closed());
}

/// Trap 24. A session whose queue is full can be closed by the server all the same.
#[tokio::test(start_paused = true)]
async fn a_session_with_a_full_queue_can_be_closed() {
    let options = Options { ping_interval: Duration::from_secs(600), ..Options::default() };
    let server = EchoServer::in_memory(options);
    let websocket = server.websocket().await;
    let handle = server.session().await;
    handle.send([big(900_000)], Delivery::default()).unwrap();
    handle.close(CloseReason::ForcedClose);
    let began = Instant::now();
    assert_eq!(server.closed().await, CloseReason::ForcedClose);
    assert_eq!(began.elapsed().as_secs(), 30);
    assert_eq!(server.engine.sessions(), 0);
    drop(websocket);
}

/// Events may be dropped, where that is the policy. That a client has come into a namespace, or
/// has to leave it, is no event: it hears of it, or its session is closed.
#[tokio::test]
async fn what_becomes_of_a_namespace_is_never_dropped() {
    for when_full in [WhenFull::DropNewest, WhenFull::Wait] {
        for by_the_server in [true, false] {
            let mut options = sockrates::socketio::Options::default();
            options.engine = Options { max_buffered: 1000, when_full, ..options.engine };
            let io = Io::new(options);
            io.of("/other");
            let (told, mut reasons) = tokio::sync::mpsc::unbounded_channel();
            io.of("/").on_connect(move |socket: Socket| {
                let told = told.clone();
                socket.on_disconnect(move |_: Socket, reason: DisconnectReason| {
                    let _ = told.send(reason);
                });
            });
            let server = Live::io(&io).await;
            let session = server.polling().await;
            session.post("40").await;
            assert!(session.poll().await.starts_with("40{"));
            let socket = io.of("/").sockets().remove(0);
            // Until nothing more goes in.
            while {
                let before = socket.buffered_bytes();
                let _ = socket.emit("x", ());
                socket.buffered_bytes() > before
            } {}
            if by_the_server {
                socket.disconnect();
            } else {
                session.post("40/other,").await;
                let reason = reasons.recv().await.expect("a socket that ends");
                assert_eq!(reason.to_string(), "slow consumer", "{when_full:?}");
            }
            let answer = session.try_poll().await;
            assert_eq!(answer.status, 400, "{when_full:?}: {}", answer.text());
        }
    }
}
