//! What is known of a socket, and the limits of its rooms. Not in the specification.

#[path = "support/socketio.rs"]
mod socketio;
mod support;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use sockrates::socketio::{JoinError, Options, RoomEvent, Socket, WhenFull};

use crate::socketio::Live;

#[tokio::test]
async fn rooms_tell_when_they_come_and_go() {
    let live = Live::start(Options::default()).await;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let noted = seen.clone();
    live.io.on_room(move |event: &RoomEvent| {
        let line = match event {
            RoomEvent::Created { room } => format!("create {room}"),
            RoomEvent::Joined { room, id } => format!("join {room} {id}"),
            RoomEvent::Left { room, id } => format!("leave {room} {id}"),
            RoomEvent::Deleted { room } => format!("delete {room}"),
        };
        noted.lock().unwrap().push(line);
    });
    let take = || std::mem::take(&mut *seen.lock().unwrap());
    let ada = live.join("/").await;
    let bob = live.join("/").await;
    let (a, b) = (ada.id.clone(), bob.id.clone());
    assert_eq!(
        take(),
        [
            format!("create {a}"),
            format!("join {a} {a}"),
            format!("create {b}"),
            format!("join {b} {b}")
        ]
    );
    let find = |id: &str| live.io.to(id).sockets().remove(0);
    let (ada_socket, bob_socket) = (find(&a), find(&b));
    // Only what changes is told.
    ada_socket.join(["r", "r"]);
    bob_socket.join("r");
    bob_socket.leave("elsewhere");
    assert_eq!(take(), ["create r".to_owned(), format!("join r {a}"), format!("join r {b}")]);
    bob_socket.leave("r");
    ada_socket.leave("r");
    assert_eq!(take(), [format!("leave r {b}"), format!("leave r {a}"), "delete r".to_owned()]);
    ada_socket.disconnect();
    assert_eq!(take(), [format!("leave {a} {a}"), format!("delete {a}")]);
}

/// Threat 82.
#[tokio::test]
async fn a_socket_joins_so_many_rooms_and_no_more() {
    let live = Live::start(Options { max_rooms: 2, max_room_name: 3, ..Options::default() }).await;
    let early = Arc::new(Mutex::new(Vec::new()));
    let noted = early.clone();
    live.io.middleware(move |socket: Socket| {
        noted.lock().unwrap().extend(["a", "b", "b", "c"].map(|room| socket.try_join(room)));
        socket.leave("b");
        Ok(())
    });
    let ada = live.join("/").await;
    let too_many = JoinError::TooManyRooms { max: 2 };
    let full = Err(too_many);
    assert_eq!(*early.lock().unwrap(), [Ok(true), Ok(true), Ok(false), full]);
    let socket = live.io.to(&ada.id).sockets().remove(0);
    assert_eq!(socket.try_join("four"), Err(JoinError::LongName { found: 4, max: 3 }));
    assert_eq!(socket.try_join("b"), Ok(true));
    assert_eq!(socket.try_join("b"), Ok(false), "it is in there");
    assert_eq!(socket.try_join(["b", "c", "d"]), full);
    assert!(!socket.join("c"));
    assert!(socket.leave("a") && socket.join("c"));
    assert_eq!(too_many.to_string(), "a socket in 2 rooms may join no more");
}

#[tokio::test]
async fn what_an_application_keeps_with_a_socket_is_its_own() {
    struct Name(&'static str);
    let live = Live::start(Options::default()).await;
    live.io.on_connect(|socket: Socket| {
        assert!(socket.data().insert(Name("nobody")).is_none());
        socket.on("name", |socket: Socket| {
            let before = socket.data().insert(Name("Ada")).map(|it| it.0);
            socket.emit("was", before)
        });
    });
    let (mut ada, mut bob) = (live.join("/").await, live.join("/").await);
    ada.send(r#"42["name"]"#).await;
    ada.expect(r#"42["was","nobody"]"#).await;
    ada.send(r#"42["name"]"#).await;
    ada.expect(r#"42["was","Ada"]"#).await;
    bob.send(r#"42["name"]"#).await;
    bob.expect(r#"42["was","nobody"]"#).await;
}

/// A value with flags can be kept, and what is made of it is another.
#[tokio::test]
async fn operators_are_values() {
    let live = Live::start(Options::default()).await;
    let (mut ada, mut bob) = (live.join("/").await, live.join("/").await);
    let socket = live.io.to(&ada.id).sockets().remove(0);
    socket.join("a");
    let plain = live.io.to(["a", "b"]);
    let local = plain.clone().local().compress(false).timeout(Duration::ZERO);
    let narrow = plain.clone().except("a");
    assert_eq!(plain.emit("x", ()).unwrap(), 1);
    assert_eq!(local.emit("x", ()).unwrap(), 1);
    assert_eq!(narrow.emit("x", ()).unwrap(), 0);
    assert_eq!(plain.send("y").unwrap(), 1);
    let emitter = socket.compress(false).when_full(WhenFull::DropNewest);
    emitter.clone().timeout(Duration::ZERO).emit("z", 1).unwrap();
    emitter.send("z").unwrap();
    emitter.broadcast().emit("z", 2).unwrap();
    emitter.to("a").emit("nobody", ()).unwrap();
    for expected in [r#"42["x"]"#, r#"42["x"]"#, r#"42["message","y"]"#, r#"42["z",1]"#] {
        ada.expect(expected).await;
    }
    ada.expect(r#"42["message","z"]"#).await;
    bob.expect(r#"42["z",2]"#).await;
    ada.expect_nothing().await;
    bob.expect_nothing().await;
}
