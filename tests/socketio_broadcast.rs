//! Broadcasts under conditions: to clients that do not keep up, with times that never end, and with
//! applications that fail. Not in the specification. Who is reached is in `socketio_rooms`.

#[path = "support/socketio.rs"]
mod socketio;
mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use sockrates::engineio::options::Options as EngineOptions;
use sockrates::socketio::{Args, DisconnectReason, Options, RoomEvent, Socket, WhenFull};

use crate::socketio::{Live, notes};

/// Two events of a kilobyte find room, and a third does not.
fn narrow() -> Options {
    let engine = EngineOptions { max_buffered: 3000, ..Options::default().engine };
    Options { engine, ..Options::default() }
}

fn find(live: &Live, id: &str) -> Socket {
    live.io.to(id).sockets().remove(0)
}

/// Lets everybody go on until nobody has anything to do.
async fn a_moment() {
    tokio::time::sleep(Duration::from_millis(1)).await;
}

/// The reference server has no such verb.
#[tokio::test(start_paused = true)]
async fn a_broadcast_goes_at_the_pace_of_the_slowest() {
    let live = Live::in_memory(narrow());
    let mut slow = live.join_polling("/").await;
    let mut ada = live.join("/").await;
    let told = Arc::new(AtomicUsize::new(0));
    let counts = told.clone();
    let socket = find(&live, &slow.id);
    let kilobyte = "x".repeat(1000);
    socket.emit("fill", &kilobyte).unwrap();
    socket.emit("fill", &kilobyte).unwrap();
    socket.on_any_outgoing(move |_: &str, _: &Args| {
        counts.fetch_add(1, Ordering::Relaxed);
    });

    let sent = tokio::spawn(live.io.except("nobody").emit_and_wait("x", &kilobyte));
    let wanted = format!(r#"42["x","{kilobyte}"]"#);
    a_moment().await;
    assert!(!sent.is_finished());
    ada.expect_nothing().await;
    for _ in 0..2 {
        slow.expect(&format!(r#"42["fill","{kilobyte}"]"#)).await;
    }
    slow.expect(&wanted).await;
    ada.expect(&wanted).await;
    assert_eq!(sent.await.unwrap().unwrap(), 2);
    assert_eq!(told.load(Ordering::Relaxed), 1, "one event goes out once, however long it waits");
}

/// More than a task may look at in one turn, as the runtime counts.
#[tokio::test]
async fn a_broadcast_to_many_who_keep_up_goes_at_once() {
    let live = Live::in_memory(Options::default());
    let mut peers = Vec::new();
    for _ in 0..300 {
        peers.push(live.join("/").await);
    }
    let sent = live.io.except("nobody").emit_and_wait("x", ());
    let sent = support::within(support::PATIENCE, "a broadcast", sent).await;
    assert_eq!(sent.unwrap(), 300);
    for peer in &mut peers {
        peer.expect(r#"42["x"]"#).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_broadcast_that_waits_does_not_wait_for_those_who_go_or_never_have_room() {
    let live = Live::in_memory(narrow());
    let slow = live.join_polling("/").await;
    let mut ada = live.join("/").await;
    let kilobyte = "x".repeat(1000);
    let socket = find(&live, &slow.id);
    socket.emit("fill", (&kilobyte, &kilobyte)).unwrap();
    let sent = tokio::spawn(live.io.except("nobody").emit_and_wait("x", &kilobyte));
    a_moment().await;
    slow.polling.post("1").await;
    ada.expect(&format!(r#"42["x","{kilobyte}"]"#)).await;
    assert_eq!(sent.await.unwrap().unwrap(), 1);

    let large = "x".repeat(3000);
    assert_eq!(live.io.except("nobody").emit_and_wait("x", large).await.unwrap(), 0);
    ada.expect_nothing().await;
    let error = live.io.except("nobody").emit_and_wait("connect", ()).await.unwrap_err();
    assert_eq!(error.to_string(), r#"event named "connect", which is reserved"#);
}

/// A volatile broadcast is for those who can take it now, one by one.
#[tokio::test(start_paused = true)]
async fn a_volatile_broadcast_is_dropped_for_each_who_is_busy() {
    let live = Live::in_memory(Options::default());
    let mut busy = live.join_polling("/").await;
    let mut ada = live.join("/").await;
    a_moment().await;
    live.io.volatile().emit("tick", 1).unwrap();
    live.io.emit("tock", 2).unwrap();
    ada.expect(r#"42["tick",1]"#).await;
    ada.expect(r#"42["tock",2]"#).await;
    busy.expect(r#"42["tock",2]"#).await;
    assert_eq!(find(&live, &busy.id).dropped(), 1);
}

/// One to whom a question cannot be put is missed, since it is still there.
#[tokio::test(start_paused = true)]
async fn a_question_that_finds_no_room_counts_as_one_without_an_answer() {
    let live = Live::in_memory(narrow());
    let slow = live.join_polling("/").await;
    let mut ada = live.join("/").await;
    let kilobyte = "x".repeat(1000);
    find(&live, &slow.id).emit("fill", (&kilobyte, &kilobyte)).unwrap();
    let ask = live.io.when_full(WhenFull::Wait);
    let answers = tokio::spawn(ask.emit_with_ack::<i64>("q", &kilobyte));
    ada.expect(&format!(r#"420["q","{kilobyte}"]"#)).await;
    ada.send("430[7]").await;
    let partial = answers.await.unwrap().unwrap_err();
    assert_eq!((partial.answers, partial.timed_out, partial.unreadable), (vec![7], 1, 0));
}

/// Whoever never wants to be told that the time is up says so with the longest time there is.
#[tokio::test]
async fn a_time_without_end_is_no_error() {
    let live = Live::start(Options::default()).await;
    let mut ada = live.join("/").await;
    let socket = find(&live, &ada.id);
    let never = Duration::MAX;
    let one = socket.timeout(never).emit_with_ack::<i64>("q", ());
    let many = live.io.timeout(never).emit_with_ack::<i64>("q", ());
    let remote = live.io.fetch_sockets().await.unwrap().remove(0).timeout(never);
    let far = remote.emit_with_ack::<i64>("q", ());
    for number in 0..3 {
        ada.expect(&format!(r#"42{number}["q"]"#)).await;
        ada.send(&format!("43{number}[{number}]")).await;
    }
    assert_eq!(one.await.unwrap(), 0);
    assert_eq!(many.await.unwrap(), [1]);
    assert_eq!(far.await.unwrap(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_remote_socket_says_why_there_is_no_answer() {
    let live = Live::in_memory(Options { max_acks: 1, ..Options::default() });
    let mut ada = live.join("/").await;
    let remote = live.io.fetch_sockets().await.unwrap().remove(0);
    let remote = remote.timeout(Duration::from_secs(1));
    let asked = |remote: &sockrates::socketio::RemoteSocket| remote.emit_with_ack::<i64>("q", ());

    let late = asked(&remote).await.unwrap_err();
    assert_eq!(late.to_string(), "the client did not answer in time");
    ada.expect(r#"420["q"]"#).await;

    let strange = tokio::spawn(asked(&remote));
    ada.expect(r#"421["q"]"#).await;
    let owed = asked(&remote).await.unwrap_err();
    assert_eq!(owed.to_string(), "too many answers of this socket are awaited");
    ada.send(r#"431["seven"]"#).await;
    let strange = strange.await.unwrap().unwrap_err().to_string();
    assert!(strange.contains("i64") && strange.contains("seven"), "{strange}");

    let none = remote.emit_with_ack::<i64>("disconnect", ()).await.unwrap_err();
    assert_eq!(none.to_string(), r#"event named "disconnect", which is reserved"#);
    remote.disconnect(false);
    let gone = asked(&remote).await.unwrap_err();
    assert_eq!(gone.to_string(), "the socket is disconnected");
}

/// What an application gets wrong in one place does not keep others from their end.
#[tokio::test]
async fn a_listener_for_rooms_that_panics_harms_nobody() {
    let live = Live::start(Options::default()).await;
    let (notes, mut noted) = notes();
    let ends = notes.clone();
    live.io.on_room(|event: &RoomEvent| panic!("{event:?}"));
    live.io.on_room(move |event: &RoomEvent| {
        if let RoomEvent::Created { room } = event
            && &**room == "r"
        {
            notes.note("created r");
        }
    });
    live.io.on_connect(move |socket: Socket| {
        assert!(socket.join("r"));
        let ends = ends.clone();
        socket.on_disconnect(move |_: Socket, reason: DisconnectReason| ends.note(reason));
    });
    let mut ada = live.join("/").await;
    noted.expect("created r").await;
    ada.send("41").await;
    noted.expect("client namespace disconnect").await;
    assert!(live.io.of("/").adapter().rooms().is_empty());
}
