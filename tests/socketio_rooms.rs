//! Rooms and broadcasts: not in the specification, but what most applications come for.

#[path = "support/socketio.rs"]
mod socketio;
mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use bytes::Bytes;
use serde::ser::{Serialize, Serializer};
use sockrates::engineio::options::Options as EngineOptions;
use sockrates::socketio::{Io, Options, Socket};

use crate::socketio::{Live, Peer};

/// Clients in the main namespace, each in these rooms.
async fn peers<const N: usize>(live: &Live, rooms: [&str; N]) -> [Peer; N] {
    let mut peers = Vec::new();
    for rooms in rooms {
        let peer = live.join("/").await;
        let socket = socket(&live.io, &peer);
        for room in rooms.split_whitespace() {
            assert!(socket.join(room));
        }
        peers.push(peer);
    }
    peers.try_into().ok().unwrap()
}

fn socket(io: &Io, peer: &Peer) -> Socket {
    io.to(&peer.id).sockets().remove(0)
}

/// What was sent reaches these of the peers, once, and none of the others.
#[track_caller]
fn check(peers: &mut [Peer], sent: usize, reached: &[usize]) -> impl Future<Output = ()> {
    let caller = std::panic::Location::caller();
    assert_eq!(sent, reached.len(), "how many were reached, at {caller}");
    async move {
        for (index, peer) in peers.iter_mut().enumerate() {
            if reached.contains(&index) {
                let got = peer.text().await;
                assert!(got == r#"42["x"]"#, "{index} got {got}, at {caller}");
            }
            peer.expect_nothing().await;
        }
    }
}

/// Trap 38.
#[tokio::test]
async fn a_broadcast_reaches_each_of_its_audience_once() {
    let live = Live::start(Options::default()).await;
    let mut peers = peers(&live, ["a", "a b", "b c", ""]).await;
    let io = &live.io;
    let first = socket(io, &peers[0]);
    let x = |broadcast: sockrates::socketio::Broadcast| broadcast.emit("x", ()).unwrap();

    check(&mut peers, io.emit("x", ()).unwrap(), &[0, 1, 2, 3]).await;
    check(&mut peers, x(io.to("a")), &[0, 1]).await;
    check(&mut peers, x(io.to("a").to("b")), &[0, 1, 2]).await;
    check(&mut peers, x(io.to("a").to("a")), &[0, 1]).await;
    check(&mut peers, x(io.to("nowhere")), &[]).await;
    check(&mut peers, x(io.to("")), &[]).await;
    check(&mut peers, x(io.to("nowhere").to("c")), &[2]).await;
    // An exception wins, whatever the order.
    check(&mut peers, x(io.except("a")), &[2, 3]).await;
    check(&mut peers, x(io.to("a").except("b")), &[0]).await;
    check(&mut peers, x(io.except("b").to("a")), &[0]).await;
    check(&mut peers, x(io.to("a").to("b").except("c")), &[0, 1]).await;
    check(&mut peers, x(io.except("a").except("b")), &[3]).await;
    // A socket's own broadcasts do not reach itself.
    check(&mut peers, x(first.broadcast()), &[1, 2, 3]).await;
    check(&mut peers, x(first.to("a")), &[1]).await;
    check(&mut peers, x(first.to("a").to("c")), &[1, 2]).await;
    check(&mut peers, x(first.except("c")), &[1, 3]).await;
    check(&mut peers, x(first.to(first.id().to_string())), &[]).await;
    // One audience, used twice.
    let audience = io.to("c");
    check(&mut peers, x(audience.clone()), &[2]).await;
    check(&mut peers, x(audience), &[2]).await;
}

/// Trap 39.
#[tokio::test]
async fn everybody_is_in_a_room_of_his_own_name() {
    let live = Live::start(Options::default()).await;
    let mut peers = peers(&live, ["a", "a"]).await;
    let (first, second) = (socket(&live.io, &peers[0]), socket(&live.io, &peers[1]));
    let mut rooms = first.rooms();
    rooms.sort();
    let mut expected = [first.id().to_string(), "a".to_owned()];
    expected.sort();
    assert_eq!(rooms, expected);
    let id = second.id().to_string();
    check(&mut peers, live.io.to(&id).emit("x", ()).unwrap(), &[1]).await;
    check(&mut peers, first.to(&id).emit("x", ()).unwrap(), &[1]).await;
    check(&mut peers, live.io.except(&id).emit("x", ()).unwrap(), &[0]).await;
    // Whoever joins it hears what is said to that one.
    first.join(&id);
    check(&mut peers, live.io.to(&id).emit("x", ()).unwrap(), &[0, 1]).await;
}

/// Trap 40. Threat 82.
#[tokio::test]
async fn rooms_come_and_go_with_their_members() {
    let live = Live::start(Options { max_rooms: 10_000, ..Options::default() }).await;
    let [ada] = peers(&live, [""]).await;
    let socket = socket(&live.io, &ada);
    for room in ["__proto__", "constructor", "", " ", "a,b", "😀", "chat:1"] {
        assert!(socket.join(room), "{room:?}");
        assert!(!socket.join(room), "{room:?}");
        assert_eq!(live.io.to(room).sockets().len(), 1);
        assert!(socket.leave(room), "{room:?}");
        assert!(!socket.leave(room), "{room:?}");
        assert!(live.io.to(room).sockets().is_empty());
    }
    for room in 0..10_000 {
        assert!(socket.join(room.to_string()));
    }
    assert_eq!(socket.rooms().len(), 10_001);
    ada.close().await;
    live.sessions(0).await;
    assert!(socket.rooms().is_empty());
    assert!(live.io.to("9999").sockets().is_empty());
    assert!(!socket.join("9999"));
    assert!(live.io.to("9999").sockets().is_empty());
}

/// Counts how often it is written.
struct Counted(AtomicUsize);

impl Serialize for Counted {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(self.0.fetch_add(1, Ordering::Relaxed) as u64)
    }
}

#[tokio::test]
async fn a_broadcast_is_encoded_once_and_reaches_every_transport() {
    let live = Live::start(Options::default()).await;
    let mut sockets = Vec::new();
    let mut pollers = Vec::new();
    for _ in 0..10 {
        sockets.push(live.join("/").await);
        pollers.push(live.join_polling("/").await);
    }
    let upgraded = live.join_polling("/").await;
    let mut upgraded = upgraded.polling.upgrade().await;
    let counted = Counted(AtomicUsize::new(0));
    let bytes = Bytes::from_static(&[1, 2, 3, 4]);
    assert_eq!(live.io.emit("n", (&counted, bytes)).unwrap(), 21);
    assert_eq!(counted.0.load(Ordering::Relaxed), 1);
    let head = r#"451-["n",0,{"_placeholder":true,"num":0}]"#;
    for peer in &mut sockets {
        peer.expect_all(head, &[&[1, 2, 3, 4]]).await;
    }
    for poller in &mut pollers {
        poller.expect(head).await;
        poller.expect("bAQIDBA==").await;
    }
    upgraded.expect(head).await;
    assert_eq!(upgraded.binary().await, [1, 2, 3, 4]);
}

#[tokio::test]
async fn what_can_not_be_encoded_reaches_nobody() {
    let live = Live::start(Options::default()).await;
    let mut peers = peers(&live, ["", ""]).await;
    let keys = std::collections::BTreeMap::from([(vec![1], 2)]);
    assert!(live.io.emit("x", &keys).is_err());
    assert!(live.io.emit("disconnect", ()).is_err());
    let many = vec![Bytes::from_static(b"x"); 11];
    let error = live.io.emit("x", many).unwrap_err();
    assert_eq!(error.to_string(), "data with 11 attachments, expected at most 10");
    check(&mut peers, 0, &[]).await;
}

/// Threat 81.
#[tokio::test]
async fn one_who_does_not_keep_up_holds_up_nobody() {
    let engine = EngineOptions { max_buffered: 10_000, ..Options::default().engine };
    let live = Live::start(Options { engine, ..Options::default() }).await;
    let _slow = live.join_polling("/").await;
    let mut ada = live.join("/").await;
    let kilobyte = "x".repeat(1000);
    for n in 0..100 {
        let reached = live.io.emit("x", (n, &kilobyte)).unwrap();
        assert!((1..=2).contains(&reached));
        ada.expect(&format!(r#"42["x",{n},"{kilobyte}"]"#)).await;
    }
    support::until("the slow one to be closed", || live.io.of("/").sockets().len() == 1).await;
}

/// Trap 40. Threat 95. Many threads at once, and everything is as it was when they are done.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rooms_keep_their_order_under_load_from_all_sides() {
    let live = Live::start(Options::default()).await;
    let stop = Arc::new(AtomicBool::new(false));
    live.io.of("/").on_connect(|socket: Socket| {
        socket.join("lobby");
        socket.on_disconnecting(|socket: Socket, _| {
            // A handler may do anything that takes the same lock.
            let others = socket.to("lobby").sockets();
            socket.join("another");
            socket.broadcast().emit("gone", others.len()).unwrap();
        });
    });
    let threads: Vec<_> = (0..3)
        .map(|thread| {
            let (io, stop) = (live.io.clone(), stop.clone());
            std::thread::spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    for socket in io.of("/").sockets() {
                        socket.join(format!("room {thread}"));
                        socket.leave(format!("room {thread}"));
                    }
                    io.to("lobby").except("another").emit("x", ()).unwrap();
                    std::thread::yield_now();
                }
            })
        })
        .collect();
    for _ in 0..50 {
        let peer = live.join("/").await;
        let socket = socket(&live.io, &peer);
        peer.vanish();
        support::until("it to be gone", || socket.rooms().is_empty()).await;
    }
    stop.store(true, Ordering::Relaxed);
    for thread in threads {
        thread.join().unwrap();
    }
    live.sessions(0).await;
    for room in ["lobby", "another", "room 0", "room 1", "room 2"] {
        assert!(live.io.to(room).sockets().is_empty(), "{room}");
    }
}
