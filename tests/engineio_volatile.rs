//! What is volatile goes out at once, or not at all.
//!
//! ```text
//!   GET waits, nothing queued       ──► taken          no GET              ──► dropped
//!   WebSocket, all of it has left   ──► taken          it is being written ──► dropped
//! ```
//!
//! A packet is taken or dropped as a whole, with its attachments. In memory and with the clock
//! stopped, so "a moment later" is when nobody has anything to do any more.

mod support;

use std::time::Duration;

use sockrates::engineio::close::CloseReason;
use sockrates::engineio::delivery::Delivery;
use sockrates::engineio::mailbox::SessionHandle;
use sockrates::engineio::options::{Options, Transport};
use sockrates::engineio::outbox::SendError;
use sockrates::engineio::packet::Frame;
use sockrates::socketio::{Io, Socket};
use support::{EchoServer, Live};

const VOLATILE: Delivery = Delivery { volatile: true, compress: true, when_full: None };

/// More than fits into a connection in memory.
const PLUG: usize = 200_000;

fn text(text: &str) -> Frame {
    Frame::Text(text.to_owned().into())
}

fn plug() -> Frame {
    text(&format!("4{}", "p".repeat(PLUG)))
}

/// Lets everybody go on until nobody has anything to do.
async fn a_moment() {
    tokio::time::sleep(Duration::from_millis(1)).await;
}

#[track_caller]
fn volatile(session: &SessionHandle, frames: &[&str], dropped: u64) {
    let before = session.dropped();
    assert_eq!(session.send(frames.iter().map(|it| text(it)), VOLATILE), Ok(()));
    assert_eq!(session.dropped() - before, dropped, "{frames:?}");
}

#[tokio::test(start_paused = true)]
async fn an_idle_websocket_takes_it_and_a_second_one_at_once_is_too_early() {
    let server = EchoServer::in_memory(Options::default());
    let mut websocket = server.websocket().await;
    let session = server.session().await;
    for number in 0..3 {
        a_moment().await;
        volatile(&session, &[&format!("4first{number}")], 0);
        volatile(&session, &["4second"], 1);
        websocket.expect(&format!("4first{number}")).await;
    }
    session.send([text("4plain")], Delivery::default()).unwrap();
    volatile(&session, &["4behind"], 1);
    websocket.expect("4plain").await;
}

/// A client that reads nothing is not sent anything volatile, and one that reads again is.
#[tokio::test(start_paused = true)]
async fn a_websocket_that_is_being_written_takes_none() {
    let server = EchoServer::in_memory(Options::default());
    let mut websocket = server.websocket().await;
    let session = server.session().await;
    session.send([plug()], Delivery::default()).unwrap();
    a_moment().await;
    assert_eq!(session.buffered(), 0, "it waits no more, and has not left either");
    volatile(&session, &["4lost"], 1);
    assert_eq!(websocket.text().await.len(), PLUG + 1);
    a_moment().await;
    volatile(&session, &["4found"], 0);
    websocket.expect("4found").await;
}

#[tokio::test(start_paused = true)]
async fn on_polling_it_needs_a_get_that_waits() {
    let server = EchoServer::in_memory(Options::default());
    let polling = server.polling().await;
    let session = server.session().await;
    volatile(&session, &["4before the first"], 1);
    for number in 0..3 {
        let mut get = polling.start_poll().await;
        a_moment().await;
        volatile(&session, &[&format!("4taken{number}")], 0);
        volatile(&session, &["4second"], 1);
        assert_eq!(get.response().await.text(), format!("4taken{number}"));
        a_moment().await;
        volatile(&session, &["4between"], 1);
    }
}

#[tokio::test(start_paused = true)]
async fn on_polling_it_does_not_overtake_nor_follow_what_waits() {
    let server = EchoServer::in_memory(Options::default());
    let polling = server.polling().await;
    let session = server.session().await;
    session.send([text("4waits")], Delivery::default()).unwrap();
    volatile(&session, &["4lost"], 1);
    a_moment().await;
    volatile(&session, &["4lost as well"], 1);
    assert_eq!(polling.poll().await, "4waits");
}

/// Its text and its attachments, or nothing of them.
#[tokio::test(start_paused = true)]
async fn a_packet_with_attachments_is_taken_or_dropped_as_a_whole() {
    let server = EchoServer::in_memory(Options::default());
    let polling = server.polling().await;
    let session = server.session().await;
    let packet = || [text("451-x"), Frame::Binary(vec![1, 2, 3].into())];
    session.send(packet(), VOLATILE).unwrap();
    assert_eq!(session.dropped(), 1, "one packet");
    let mut get = polling.start_poll().await;
    a_moment().await;
    session.send(packet(), VOLATILE).unwrap();
    assert_eq!(get.response().await.text(), "451-x\x1ebAQID");

    let mut websocket = server.websocket().await;
    let session = server.session().await;
    a_moment().await;
    session.send(packet(), VOLATILE).unwrap();
    session.send(packet(), VOLATILE).unwrap();
    session.send([text("4end")], Delivery::default()).unwrap();
    websocket.expect("451-x").await;
    assert_eq!(websocket.binary().await, [1, 2, 3]);
    websocket.expect("4end").await;
    assert_eq!(session.dropped(), 1);
}

/// While a client changes its transport there is a moment without any.
#[tokio::test(start_paused = true)]
async fn an_upgrade_takes_it_from_one_transport_to_the_other() {
    let server = EchoServer::in_memory(Options::default());
    let polling = server.polling().await;
    let session = server.session().await;
    let mut get = polling.start_poll().await;
    let mut websocket = polling.candidate().await;
    websocket.send("2probe").await;
    websocket.expect("3probe").await;
    assert_eq!(get.response().await.text(), "6");
    volatile(&session, &["4between"], 1);
    assert_eq!(session.transport(), Transport::Polling);
    websocket.send("5").await;
    a_moment().await;
    assert_eq!(session.transport(), Transport::WebSocket);
    volatile(&session, &["4after"], 0);
    websocket.expect("4after").await;
}

#[tokio::test(start_paused = true)]
async fn a_session_that_closes_says_so() {
    let server = EchoServer::in_memory(Options::default());
    let _polling = server.polling().await;
    let session = server.session().await;
    session.close(CloseReason::ForcedClose);
    assert_eq!(session.send([text("4a")], VOLATILE), Err(SendError::Gone));
    assert_eq!(session.dropped(), 0);
}

/// In a handler, in answer to what has just come, the transport is usually free; right behind the
/// welcome it is not, as in the reference server.
#[tokio::test(start_paused = true)]
async fn a_handler_may_answer_with_it() {
    let io = Io::new(Default::default());
    io.of("/").on_connect(|socket: Socket| {
        let _ = socket.volatile().emit("behind the welcome", ());
        socket.on("ask", |socket: Socket| socket.volatile().emit("answer", 1));
    });
    let server = Live::io_in_memory(&io);
    let mut websocket = server.websocket().await;
    a_moment().await;
    websocket.send("40").await;
    assert!(websocket.text().await.starts_with("40{"));
    a_moment().await;
    websocket.send(r#"42["ask"]"#).await;
    websocket.expect(r#"42["answer",1]"#).await;

    let polling = server.polling().await;
    polling.post("40").await;
    assert!(polling.poll().await.starts_with("40{"));
    let mut get = polling.start_poll().await;
    a_moment().await;
    polling.post(r#"42["ask"]"#).await;
    assert_eq!(get.response().await.text(), r#"42["answer",1]"#);
}
