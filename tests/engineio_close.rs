//! How an engine ends: all sessions closed, each told once, and nothing left.
//!
//! ```text
//!   close ──► no new sessions (503) ──► batches of goodbyes ──► grace ──► the rest is given up
//! ```

mod support;

use std::time::Duration;

use sockrates::engineio::close::CloseReason;
use sockrates::engineio::delivery::Delivery;
use sockrates::engineio::options::Options;
use sockrates::engineio::packet::Frame;
use sockrates::socketio::{Io, Socket};
use support::websocket::opening;
use support::{EchoServer, Live, http};

const GRACE: Duration = Duration::from_secs(15);

/// Trap 26. Closing while messages fly in both directions: each session ends once, for that
/// reason, its client is told, and a second close finds nothing to do.
#[tokio::test]
async fn closing_under_load_ends_every_session_once() {
    const CLIENTS: usize = 20;
    let server = EchoServer::start(Options::default()).await;
    let mut websockets = Vec::new();
    let mut polls = Vec::new();
    for _ in 0..CLIENTS {
        let websocket = server.websocket().await;
        let session = server.polling().await;
        for _ in 0..2 {
            let handle = server.session().await;
            tokio::spawn(async move {
                while handle.send([Frame::Text("4more".into())], Delivery::default()).is_ok() {
                    tokio::task::yield_now().await;
                    while handle.buffered() > 1000 && !handle.is_closed() {
                        tokio::task::yield_now().await;
                    }
                }
            });
        }
        websockets.push(tokio::spawn(async move {
            let mut websocket = websocket;
            // It ends with the close frame, whatever came before.
            while websocket.next().await.is_some() {}
        }));
        polls.push(session);
    }
    let polling = async {
        for session in &polls {
            let ends = |body: &str| body == "1" || body.ends_with("\x1e1");
            while !ends(&session.poll().await) {}
        }
    };
    let closing = async {
        tokio::task::yield_now().await;
        assert_eq!(server.engine.close(GRACE).await, 0, "none had to be given up");
    };
    tokio::join!(polling, closing);
    for websocket in websockets {
        websocket.await.unwrap();
    }
    for _ in 0..2 * CLIENTS {
        assert_eq!(server.closed().await, CloseReason::ServerShutdown);
    }
    assert!(server.none_closed(), "each is told once");
    assert_eq!(server.engine.sessions(), 0);
    assert_eq!(server.engine.close(GRACE).await, 0, "a second close finds nothing to do");
}

#[tokio::test]
async fn a_server_that_stops_opens_no_session() {
    let server = EchoServer::start(Options::default()).await;
    server.engine.close(GRACE).await;
    let down = r#"{"code":3,"message":"The server is going down"}"#;
    for request in [
        http::get(&server.target("EIO=4&transport=polling")),
        opening(&server.target("EIO=4&transport=websocket")),
    ] {
        let answer = server.request(request).await;
        answer.check(503, down);
        assert_eq!(answer.header("retry-after"), Some("1"));
    }
}

/// A client between two polls has the grace to come back, and no more.
#[tokio::test(start_paused = true)]
async fn after_the_grace_the_rest_is_given_up_and_counted() {
    let server = EchoServer::in_memory(Options::default());
    let (_one, _other) = (server.polling().await, server.polling().await);
    let began = tokio::time::Instant::now();
    assert_eq!(server.engine.close(Duration::from_secs(5)).await, 2);
    assert_eq!(began.elapsed().as_secs(), 5);
    assert_eq!(server.engine.sessions(), 0);
}

/// Trap 28. A handler that panics harms neither its own socket nor anybody else's.
#[tokio::test]
async fn a_panic_in_a_handler_harms_nobody() {
    let io = Io::new(Default::default());
    io.of("/").on_connect(|socket: Socket| {
        socket.on("boom", || -> () { panic!("as the test wants it") });
        socket.on("echo", |socket: Socket, text: String| socket.emit("echo", text));
    });
    let server = Live::io(&io).await;
    let (mut one, mut other) = (server.websocket().await, server.websocket().await);
    for websocket in [&mut one, &mut other] {
        websocket.send("40").await;
        assert!(websocket.text().await.starts_with("40{"));
    }
    one.send(r#"42["boom"]"#).await;
    for websocket in [&mut one, &mut other] {
        websocket.send(r#"42["echo","alive"]"#).await;
        websocket.expect(r#"42["echo","alive"]"#).await;
    }
    one.close().await;
    support::until("the session to be gone", || io.sessions() == 1).await;
    other.send(r#"42["echo","still"]"#).await;
    other.expect(r#"42["echo","still"]"#).await;
}
