//! The heartbeat, on the live server in memory, with the clock stopped.
//! Spec: Engine.IO v4, "Heartbeat".
//!
//! ```text
//!   open ─── 25 s ─── 2 ─── 3 ─── 25 s ─── 2 ─── 20 s ─── ✗
//! ```

mod support;

use std::time::Duration;

use sockrates::engineio::close::CloseReason;
use sockrates::engineio::options::Options;
use support::EchoServer;
use tokio::time::{Instant, sleep};

/// Trap 2. The first ping comes after the interval and not at once, and there is one.
#[tokio::test(start_paused = true)]
async fn the_first_ping_comes_after_the_interval() {
    let server = EchoServer::in_memory(Options::default());
    let began = Instant::now();
    let mut websocket = server.websocket().await;
    websocket.expect("2").await;
    assert_eq!(began.elapsed().as_secs(), 25);
    websocket.send("4the only ping?").await;
    websocket.expect("4the only ping?").await;

    let began = Instant::now();
    let session = server.polling().await;
    assert_eq!(session.poll().await, "2");
    assert_eq!(began.elapsed().as_secs(), 25);
}

/// Trap 2. An upgrade brings no ping of its own.
#[tokio::test(start_paused = true)]
async fn an_upgrade_does_not_change_when_the_ping_comes() {
    let server = EchoServer::in_memory(Options::default());
    let began = Instant::now();
    let mut websocket = server.polling().await.upgrade().await;
    websocket.expect("2").await;
    assert_eq!(began.elapsed().as_secs(), 25);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_answers_lives_on() {
    let server = EchoServer::in_memory(Options::default());
    let mut websocket = server.websocket().await;
    let session = server.polling().await;
    for _ in 0..10 {
        websocket.expect("2").await;
        websocket.send("3").await;
        assert_eq!(session.poll().await, "2");
        session.post("3").await;
    }
    assert!(server.none_closed());
    assert!(!server.session().await.is_closed());
}

/// Not from the ping: a client that takes 5 s to answer is asked again 30 s later.
#[tokio::test(start_paused = true)]
async fn the_interval_counts_from_the_answer() {
    let server = EchoServer::in_memory(Options::default());
    let began = Instant::now();
    let mut websocket = server.websocket().await;
    websocket.expect("2").await;
    sleep(Duration::from_secs(5)).await;
    websocket.send("3").await;
    websocket.expect("2").await;
    assert_eq!(began.elapsed().as_secs(), 55);
}

/// [EIO4-HEARTBEAT-1] "If the server does not receive a `pong` packet back, then it SHOULD
/// consider that the connection is closed."
#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_answer_is_closed() {
    let server = EchoServer::in_memory(Options::default());
    let began = Instant::now();
    let mut websocket = server.websocket().await;
    websocket.expect("2").await;
    assert_eq!(websocket.closed().await, Some((1008, "ping timeout".into())));
    assert_eq!(server.closed().await, CloseReason::PingTimeout);
    assert_eq!(began.elapsed().as_secs(), 45);

    let began = Instant::now();
    let session = server.polling().await;
    assert_eq!(session.poll().await, "2");
    assert_eq!(session.poll().await, "1", "a waiting poll is told");
    assert_eq!(server.closed().await, CloseReason::PingTimeout);
    assert_eq!(began.elapsed().as_secs(), 45);
}

/// Trap 23. Answers nobody asked for neither close a session nor keep it alive.
#[tokio::test(start_paused = true)]
async fn a_thousand_pongs_change_nothing() {
    let server = EchoServer::in_memory(Options::default());
    let began = Instant::now();
    let mut websocket = server.websocket().await;
    for _ in 0..1000 {
        websocket.send("3").await;
    }
    sleep(Duration::from_secs(24)).await;
    websocket.send("3").await;
    websocket.expect("2").await;
    assert_eq!(began.elapsed().as_secs(), 25);
    assert_eq!(server.closed().await, CloseReason::PingTimeout);
    assert_eq!(began.elapsed().as_secs(), 45);
}

/// Since version 4 only the server pings.
#[tokio::test]
async fn a_ping_from_a_client_ends_its_session() {
    let server = EchoServer::start(Options::default()).await;
    let mut websocket = server.websocket().await;
    websocket.send("2").await;
    assert_eq!(websocket.closed().await, Some((1008, "transport error".into())));
    assert_eq!(server.closed().await, CloseReason::TransportError);
}

/// Threat 44. Traffic extends the time for an answer once, and no more.
#[tokio::test(start_paused = true)]
async fn traffic_without_answers_does_not_keep_a_session_alive() {
    let server = EchoServer::in_memory(Options::default());
    let began = Instant::now();
    let mut websocket = server.websocket().await;
    for _ in 0..44 {
        sleep(Duration::from_secs(1)).await;
        websocket.send("4a").await;
    }
    assert_eq!(server.closed().await, CloseReason::PingTimeout);
    // The ping at 25 s, the message behind it at once or a second later, and 20 s more.
    assert!((45..=46).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
}

/// Threat 49. Many clients are pinged each at its own time.
#[tokio::test(start_paused = true)]
async fn many_clients_are_pinged_each_in_time() {
    let server = EchoServer::in_memory(Options::default());
    let mut websockets = Vec::new();
    for _ in 0..200 {
        websockets.push((server.websocket().await, Instant::now()));
        sleep(Duration::from_millis(10)).await;
    }
    for (websocket, began) in &mut websockets {
        websocket.expect("2").await;
        let after = began.elapsed().as_millis();
        assert!((25_000..=25_005).contains(&after), "{after}");
    }
}
