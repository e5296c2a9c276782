//! Recovery: not in the specification, but the official clients do their part of it. A client
//! that was cut off shows its pid, and the last offset it has seen.

#[path = "support/socketio.rs"]
mod socketio;
mod support;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};
use sockrates::engineio::options::Options as EngineOptions;
use sockrates::socketio::rooms::RoomEvent;
use sockrates::socketio::{Io, Options, Refused, Socket, WhenFull, recovery};
use tokio::runtime::Builder;
use tokio::sync::{Notify, oneshot};

use crate::socketio::{Live, Peer, notes};

fn options() -> Options {
    with(recovery::Options::default())
}

fn with(recovery: recovery::Options) -> Options {
    Options { recovery: Some(recovery), ..Options::default() }
}

/// A client that does its part.
struct Guest {
    peer: Peer,
    known: Known,
}

/// What such a client knows, when its connection is lost.
#[derive(Clone, Debug)]
struct Known {
    sid: String,
    pid: String,
    offset: Option<String>,
}

impl Guest {
    /// A client that joins the main namespace for the first time.
    async fn new(live: &Live) -> Self {
        let mut peer = live.open().await;
        peer.send("40").await;
        let known = Known::of(&peer.text().await);
        Self { peer, known }
    }

    fn socket(&self, live: &Live) -> Socket {
        live.io.to(&self.known.sid).sockets().remove(0)
    }

    /// The next message is this event, with an offset behind its arguments.
    async fn event(&mut self, wanted: &str) {
        let text = self.peer.text().await;
        let (rest, offset) = text.rsplit_once(',').expect("an argument");
        assert_eq!(format!("{rest}]"), wanted);
        let offset = offset.strip_suffix(']').expect("an array");
        self.known.offset = Some(serde_json::from_str(offset).expect("a string"));
    }

    async fn events(&mut self, wanted: &[&str]) {
        for wanted in wanted {
            self.event(wanted).await;
        }
    }

    /// The connection is lost, and the server notices.
    async fn lost(self, live: &Live) -> Known {
        self.peer.vanish();
        let id = self.known.sid.clone();
        support::until("the end of the socket", || live.io.to(&id).sockets().is_empty()).await;
        self.known
    }
}

impl Known {
    /// What the server says to who is let in.
    fn of(text: &str) -> Self {
        let json: Value =
            serde_json::from_str(text.strip_prefix("40").expect("a CONNECT")).unwrap();
        let text = |name: &str| json[name].as_str().unwrap_or_default().to_owned();
        let (sid, pid) = (text("sid"), text("pid"));
        assert!(sid.len() == 20 && pid.len() == 20 && sid != pid, "{json}");
        Self { sid, pid, offset: None }
    }

    fn connect(&self) -> String {
        match &self.offset {
            Some(offset) => format!("40{}", json!({"pid": self.pid, "offset": offset})),
            None => format!("40{}", json!({"pid": self.pid})),
        }
    }

    /// Comes back, and is sent what it has missed.
    async fn returns(self, live: &Live, missed: &[&str]) -> Guest {
        let mut peer = live.open().await;
        peer.send(&self.connect()).await;
        let mut guest = Guest { peer, known: self };
        guest.events(missed).await;
        let welcome = format!(r#"40{{"sid":"{}","pid":"{}"}}"#, guest.known.sid, guest.known.pid);
        guest.peer.expect(&welcome).await;
        guest
    }

    /// Comes back, and is taken for a new client.
    async fn becomes_new(self, live: &Live) -> Guest {
        let mut peer = live.open().await;
        peer.send(&self.connect()).await;
        let known = Known::of(&peer.text().await);
        assert!(known.sid != self.sid && known.pid != self.pid);
        peer.expect_nothing().await;
        Guest { peer, known }
    }
}

#[tokio::test]
async fn every_event_ends_with_an_offset_unless_it_wants_an_answer() {
    let live = Live::start(options()).await;
    live.io.of("/admin");
    let mut guest = Guest::new(&live).await;
    let socket = guest.socket(&live);

    socket.emit("foo", ()).unwrap();
    guest.event(r#"42["foo"]"#).await;
    let first = guest.known.offset.clone();
    live.io.emit("bar", (1, "x")).unwrap();
    guest.event(r#"42["bar",1,"x"]"#).await;
    assert_ne!(guest.known.offset, first);
    socket.emit("doge", Bytes::from_static(b"asdfasdf")).unwrap();
    guest.event(r#"451-["doge",{"_placeholder":true,"num":0}]"#).await;
    assert_eq!(guest.peer.next().await, socketio::Got::Bytes(Bytes::from_static(b"asdfasdf")));
    socket.volatile().emit("now", ()).unwrap();
    guest.event(r#"42["now"]"#).await;
    live.io.volatile().emit("now, all", ()).unwrap();
    guest.event(r#"42["now, all"]"#).await;
    drop(socket.emit_with_ack::<()>("ack", ()));
    guest.peer.expect(r#"420["ack"]"#).await;
    drop(live.io.local().emit_with_ack::<()>("all", ()));
    guest.peer.expect(r#"421["all"]"#).await;

    guest.peer.send("40/admin,").await;
    let welcome = guest.peer.text().await;
    assert!(welcome.contains(r#""pid":""#), "{welcome}");
    live.io.of("/admin").emit("foo", ()).unwrap();
    guest.event(r#"42/admin,["foo"]"#).await;
}

#[tokio::test]
async fn without_the_option_nobody_comes_back() {
    let live = Live::start(Options::default()).await;
    let mut peer = live.open().await;
    peer.send(r#"40{"pid":"lv_VI97HAXpY6yYWAAAC","offset":"Lk3z.1"}"#).await;
    let welcome = peer.text().await;
    assert!(!welcome.contains("pid"), "{welcome}");
    live.io.emit("foo", ()).unwrap();
    peer.expect(r#"42["foo"]"#).await;
}

/// Trap 47: what was missed comes once and in order, whatever way it was sent.
#[tokio::test]
async fn a_client_that_was_cut_off_misses_nothing() {
    let live = Live::start(options()).await;
    let mut guest = Guest::new(&live).await;
    let other = Guest::new(&live).await;
    let id = guest.known.sid.clone();
    let socket = guest.socket(&live);
    socket.join(["lobby", "garden"]);
    live.io.emit("heard", ()).unwrap();
    guest.event(r#"42["heard"]"#).await;

    let known = guest.lost(&live).await;
    live.io.emit("all", 1).unwrap();
    live.io.to("lobby").to("garden").emit("rooms", 2).unwrap();
    live.io.except("lobby").emit("others", 3).unwrap();
    live.io.to("elsewhere").emit("elsewhere", 4).unwrap();
    live.io.to(&id).emit("one", 5).unwrap();
    live.io.volatile().emit("volatile", 6).unwrap();
    other.socket(&live).broadcast().emit("by another", 7).unwrap();
    assert!(socket.emit("too late", 8).is_err());
    let missed = [r#"42["all",1]"#, r#"42["rooms",2]"#, r#"42["one",5]"#, r#"42["by another",7]"#];
    let mut guest = known.returns(&live, &missed).await;
    live.io.to("garden").emit("on", ()).unwrap();
    guest.event(r#"42["on"]"#).await;
    guest.peer.expect_nothing().await;
}

/// Trap 47.
#[tokio::test]
async fn a_client_comes_back_that_has_received_no_event_ever() {
    let live = Live::start(options()).await;
    live.io.emit("before", ()).unwrap();
    let guest = Guest::new(&live).await;
    let known = guest.lost(&live).await;
    live.io.emit("missed", ()).unwrap();
    known.returns(&live, &[r#"42["missed"]"#]).await;
}

/// Trap 47.
#[tokio::test]
async fn a_volatile_string_at_the_end_is_no_offset() {
    let live = Live::start(options()).await;
    let mut guest = Guest::new(&live).await;
    guest.socket(&live).volatile().emit("s", "text").unwrap();
    guest.event(r#"42["s","text"]"#).await;
    let known = guest.lost(&live).await;
    live.io.emit("missed", "text").unwrap();
    known.returns(&live, &[r#"42["missed","text"]"#]).await;
}

/// Trap 47.
#[tokio::test]
async fn a_client_comes_back_while_its_old_connection_seems_alive() {
    let live = Live::start(options()).await;
    let (notes, mut noted) = notes();
    live.io.of("/").on_connect(move |socket: Socket| {
        notes.note(format_args!("connect {}", socket.recovered()));
        let (ending, ended) = (notes.clone(), notes.clone());
        socket.on_disconnecting(move |socket: Socket, reason| {
            ending.note(format_args!("{reason}, in {}", socket.rooms().len()));
        });
        socket.on_disconnect(move |socket: Socket, reason| {
            socket.join("too late");
            ended.note(format_args!("{reason}, in {}", socket.rooms().len()));
        });
    });
    let mut old = Guest::new(&live).await;
    noted.expect("connect false").await;
    let socket = old.socket(&live);
    socket.join("lobby");
    live.io.emit("heard", ()).unwrap();
    old.event(r#"42["heard"]"#).await;
    live.io.emit("on its way", ()).unwrap();

    let new = old.known.clone().returns(&live, &[r#"42["on its way"]"#]).await;
    noted.expect("transport close, in 2").await;
    noted.expect("transport close, in 0").await;
    noted.expect("connect true").await;
    let mut rooms = new.socket(&live).rooms();
    rooms.sort_by_key(String::len);
    assert_eq!(rooms, ["lobby", &new.known.sid]);
    // The old one is out of everything, and its session is closed.
    assert!(!socket.is_connected() && !socket.join("x") && !socket.leave("lobby"));
    assert_eq!(live.io.emit("next", ()).unwrap(), 1);
    old.event(r#"42["on its way"]"#).await;
    old.peer.expect_closed().await;
    noted.expect_nothing();
}

/// Trap 47.
#[tokio::test]
async fn a_client_comes_back_ten_times_in_a_row() {
    let live = Live::start(options()).await;
    let mut guest = Guest::new(&live).await;
    guest.socket(&live).join("lobby");
    for round in 0..10 {
        live.io.to("lobby").emit("here", round).unwrap();
        guest.event(&format!(r#"42["here",{round}]"#)).await;
        let known = guest.lost(&live).await;
        live.io.to("lobby").emit("away", round).unwrap();
        guest = known.returns(&live, &[&format!(r#"42["away",{round}]"#)]).await;
    }
    guest.peer.expect_nothing().await;
}

/// Trap 47.
#[tokio::test]
async fn what_was_missed_may_have_attachments() {
    let live = Live::start(options()).await;
    let known = Guest::new(&live).await.lost(&live).await;
    live.io.emit("pic", ("a", Bytes::from_static(b"one"))).unwrap();
    live.io.emit("last", ()).unwrap();
    let mut peer = live.open().await;
    peer.send(&known.connect()).await;
    let mut guest = Guest { peer, known };
    guest.event(r#"451-["pic","a",{"_placeholder":true,"num":0}]"#).await;
    assert_eq!(guest.peer.next().await, socketio::Got::Bytes(Bytes::from_static(b"one")));
    guest.event(r#"42["last"]"#).await;
    assert!(guest.peer.text().await.starts_with("40{"));
}

/// Trap 47.
#[tokio::test]
async fn the_middleware_is_asked_again_only_if_wanted() {
    for skip_middleware in [true, false] {
        let live =
            Live::start(with(recovery::Options { skip_middleware, ..Default::default() })).await;
        let (notes, mut noted) = notes();
        live.io.of("/").middleware(move |socket: Socket| {
            notes.note(socket.recovered());
            Ok(())
        });
        let guest = Guest::new(&live).await;
        noted.expect("false").await;
        guest.lost(&live).await.returns(&live, &[]).await;
        if !skip_middleware {
            noted.expect("true").await;
        }
        noted.expect_nothing();
    }
}

/// What a middleware says to somebody who comes back is said where it belongs: after what was
/// said before.
#[tokio::test]
async fn what_the_middleware_says_comes_in_its_turn() {
    let skip_middleware = false;
    let live = Live::start(with(recovery::Options { skip_middleware, ..Default::default() })).await;
    live.io.of("/").middleware(|socket: Socket| {
        if socket.recovered() {
            assert!(socket.join("new"));
            socket.emit("welcome back", ()).map_err(|error| Refused::new(error.to_string()))?;
        }
        Ok(())
    });
    let known = Guest::new(&live).await.lost(&live).await;
    live.io.emit("missed", ()).unwrap();
    let guest = known.returns(&live, &[r#"42["missed"]"#, r#"42["welcome back"]"#]).await;
    assert!(guest.socket(&live).rooms().contains(&"new".to_owned()));
}

/// Trap 44: whoever listens to rooms may send before the client knows that it is connected.
#[tokio::test]
async fn what_is_sent_to_a_socket_on_its_way_in_comes_once_and_in_its_place() {
    let live = Live::start(options()).await;
    live.io.of("/").middleware(|socket: Socket| {
        socket.join("lobby");
        Ok(())
    });
    let io = live.io.clone();
    live.io.of("/").on_room(move |event| {
        if matches!(event, RoomEvent::Joined { room, .. } if **room == *"lobby") {
            io.to("lobby").emit("joined", ()).unwrap();
            drop(io.to("lobby").emit_with_ack::<()>("question", ()));
        }
    });
    let mut guest = Guest::new(&live).await;
    guest.event(r#"42["joined"]"#).await;
    guest.peer.expect_nothing().await;
    let known = guest.lost(&live).await;
    live.io.emit("missed", ()).unwrap();
    let mut guest = known.returns(&live, &[r#"42["missed"]"#, r#"42["joined"]"#]).await;
    guest.peer.expect_nothing().await;
}

/// The old session has just noticed, and calls its handlers, when the client is back already.
#[tokio::test]
async fn a_client_comes_back_while_its_old_socket_is_ending() {
    let live = Live::start(options()).await;
    live.io.of("/nowhere else");
    let (notes, mut noted) = notes();
    let (go_on, going_on) = mpsc::channel::<()>();
    let going_on = Arc::new(Mutex::new(going_on));
    live.io.of("/").on_connect(move |socket: Socket| {
        let (notes, going_on) = (notes.clone(), going_on.clone());
        socket.on_disconnecting(move |socket: Socket, _| {
            notes.note("ending");
            let _ = going_on.lock().unwrap().recv_timeout(support::PATIENCE);
            socket.join("at last");
        });
    });
    // On a thread of its own, which the handler blocks.
    let (tell, told) = oneshot::channel();
    let io = live.io.clone();
    let old = tokio::task::spawn_blocking(|| {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let live = Live::of(io).await;
            let guest = Guest::new(&live).await;
            tell.send(guest.known).unwrap();
            guest.peer.vanish();
            live.sessions(1).await;
        });
    });
    let known = told.await.unwrap();
    noted.expect("ending").await;
    let mut peer = live.open().await;
    peer.send(&known.connect()).await;
    // By the time that this is answered, the server has looked at the CONNECT before it.
    peer.send("40/nowhere else,").await;
    assert!(peer.text().await.starts_with("40/nowhere else,"));
    go_on.send(()).unwrap();
    peer.expect(&format!(r#"40{{"sid":"{}","pid":"{}"}}"#, known.sid, known.pid)).await;
    let guest = Guest { peer, known };
    assert!(guest.socket(&live).rooms().contains(&"at last".to_owned()));
    old.await.unwrap();
    drop(go_on);
}

#[tokio::test]
async fn a_client_that_the_middleware_refuses_may_try_again() {
    let skip_middleware = false;
    let live = Live::start(with(recovery::Options { skip_middleware, ..Default::default() })).await;
    let refuses = Arc::new(AtomicBool::new(false));
    let refusing = refuses.clone();
    live.io.of("/").middleware(move |_: Socket| {
        if refusing.load(Ordering::Relaxed) { Err(Refused::new("not now")) } else { Ok(()) }
    });
    let known = Guest::new(&live).await.lost(&live).await;
    live.io.emit("missed", ()).unwrap();
    refuses.store(true, Ordering::Relaxed);
    let mut peer = live.open().await;
    peer.send(&known.connect()).await;
    peer.expect(r#"44{"message":"not now"}"#).await;
    refuses.store(false, Ordering::Relaxed);
    known.returns(&live, &[r#"42["missed"]"#]).await;
}

#[tokio::test]
async fn a_pid_is_given_back_once() {
    let skip_middleware = false;
    let live = Live::start(with(recovery::Options { skip_middleware, ..Default::default() })).await;
    let (notes, mut noted) = notes();
    let go_on = Arc::new(Notify::new());
    let going_on = go_on.clone();
    live.io.of("/").middleware(move |socket: Socket| {
        let (going_on, notes) = (going_on.clone(), notes.clone());
        async move {
            if socket.recovered() {
                notes.note("asked");
                going_on.notified().await;
            }
            Ok(())
        }
    });
    let known = Guest::new(&live).await.lost(&live).await;
    let mut first = live.open().await;
    first.send(&known.connect()).await;
    noted.expect("asked").await;
    let second = known.clone().becomes_new(&live).await;
    go_on.notify_one();
    first.expect(&format!(r#"40{{"sid":"{}","pid":"{}"}}"#, known.sid, known.pid)).await;
    assert_eq!(live.io.emit("both", ()).unwrap(), 2);
    drop(second);
}

#[tokio::test]
async fn name_rooms_and_data_are_kept() {
    let live = Live::start(options()).await;
    let guest = Guest::new(&live).await;
    let socket = guest.socket(&live);
    assert!(!socket.recovered());
    socket.join(["lobby", "garden"]);
    socket.leave("garden");
    socket.data().insert("Ada");
    socket.data().share("level", 7).unwrap();
    let guest = guest.lost(&live).await.returns(&live, &[]).await;
    let socket = guest.socket(&live);
    assert!(socket.recovered() && socket.is_connected());
    assert_eq!(socket.id().to_string(), guest.known.sid);
    let mut rooms = socket.rooms();
    rooms.sort_by_key(String::len);
    assert_eq!(rooms, ["lobby", &guest.known.sid]);
    assert_eq!(socket.data().get::<&str>().as_deref(), Some(&"Ada"));
    assert_eq!(socket.data().shared()["level"], 7);
}

/// The table of reasons: who was meant to go does not come back.
#[tokio::test]
async fn only_who_was_cut_off_comes_back() {
    let live = Live::start(options()).await;
    let goes = |id: String| {
        let io = live.io.clone();
        async move {
            support::until("the end of the socket", || io.to(&id).sockets().is_empty()).await;
        }
    };
    let mut guest = Guest::new(&live).await;
    guest.peer.send("41").await;
    goes(guest.known.sid.clone()).await;
    guest.known.becomes_new(&live).await;

    let mut guest = Guest::new(&live).await;
    guest.socket(&live).disconnect();
    guest.peer.expect("41").await;
    guest.known.becomes_new(&live).await;

    let mut guest = Guest::new(&live).await;
    guest.socket(&live).disconnect_client();
    guest.peer.expect("41").await;
    guest.known.becomes_new(&live).await;

    // What is no packet of Engine.IO, and what is none of Socket.IO.
    for (packet, comes_back) in [("x", false), ("4x", true)] {
        let mut guest = Guest::new(&live).await;
        guest.peer.send(packet).await;
        guest.peer.expect_closed().await;
        goes(guest.known.sid.clone()).await;
        match comes_back {
            true => drop(guest.known.returns(&live, &[]).await),
            false => drop(guest.known.becomes_new(&live).await),
        }
    }
}

#[tokio::test]
async fn what_is_shown_has_to_be_ours() {
    let live = Live::start(options()).await;
    let mut guest = Guest::new(&live).await;
    live.io.emit("heard", ()).unwrap();
    guest.event(r#"42["heard"]"#).await;
    let known = guest.lost(&live).await;
    live.io.emit("missed", ()).unwrap();
    let (pid, offset) = (known.pid.clone(), known.offset.clone().unwrap());
    for shown in [
        json!({"pid": "lv_VI97HAXpY6yYWAAAC", "offset": offset}),
        json!({"pid": "short", "offset": offset}),
        json!({"pid": 7, "offset": offset}),
        json!({"offset": offset}),
        json!({"pid": pid, "offset": "hello"}),
        json!({"pid": pid, "offset": 7}),
        json!({"pid": pid, "offset": offset.replace(".1", ".zz")}),
        json!({}),
    ] {
        let mut peer = live.open().await;
        peer.send(&format!("40{shown}")).await;
        assert_ne!(Known::of(&peer.text().await).pid, pid, "{shown}");
        peer.expect_nothing().await;
    }
    // None of that has cost it anything. What else it says beside does not matter.
    let mut peer = live.open().await;
    peer.send(&format!("40{}", json!({"token": [1], "pid": pid, "offset": offset}))).await;
    let mut guest = Guest { peer, known };
    guest.event(r#"42["missed"]"#).await;
    assert!(guest.peer.text().await.contains(&pid));
    assert!(guest.socket(&live).auth().contains("token"));
}

/// The official client keeps its last offset when it is given a new session.
#[tokio::test]
async fn an_offset_of_an_earlier_life_or_session_says_that_nothing_was_received() {
    let earlier = Live::start(options()).await;
    let mut guest = Guest::new(&earlier).await;
    for number in 0..5 {
        earlier.io.emit("heard", number).unwrap();
        guest.event(&format!(r#"42["heard",{number}]"#)).await;
    }
    let offset = guest.known.offset;

    let live = Live::start(options()).await;
    live.io.emit("before", ()).unwrap();
    let mut known = Guest::new(&live).await.lost(&live).await;
    live.io.emit("missed", ()).unwrap();
    known.offset = offset;
    let mut guest = known.returns(&live, &[r#"42["missed"]"#]).await;

    // The same within one life: nothing comes that was sent before the new session.
    guest.peer.send("41").await;
    guest.peer.send("40").await;
    let offset = guest.known.offset.clone();
    guest.known = Known { offset, ..Known::of(&guest.peer.text().await) };
    let mut known = guest.lost(&live).await;
    known.offset = known.offset.map(|offset| offset.replace(".2", ".1"));
    live.io.emit("missed again", ()).unwrap();
    known.returns(&live, &[r#"42["missed again"]"#]).await;
}

#[tokio::test]
async fn what_has_no_room_makes_a_new_client_of_whoever_missed_it() {
    let recovery = recovery::Options { max_packets: 2, max_sessions: 2, ..Default::default() };
    let live = Live::start(with(recovery)).await;
    let mut quiet = Guest::new(&live).await;
    let lost = Guest::new(&live).await.lost(&live).await;
    live.io.emit("1", ()).unwrap();
    live.io.emit("2", ()).unwrap();
    live.io.emit("3", ()).unwrap();
    quiet.events(&[r#"42["1"]"#, r#"42["2"]"#, r#"42["3"]"#]).await;
    let _lost = lost.becomes_new(&live).await;
    let _quiet = quiet.lost(&live).await.returns(&live, &[]).await;

    // Of three clients that are away, the first is forgotten.
    let mut away = Vec::new();
    for _ in 0..3 {
        away.push(Guest::new(&live).await.lost(&live).await);
    }
    let [first, second, third]: [Known; 3] = away.try_into().ok().unwrap();
    let _first = first.becomes_new(&live).await;
    let _second = second.returns(&live, &[]).await;
    let _third = third.returns(&live, &[]).await;
}

#[tokio::test]
async fn a_client_that_can_not_take_what_it_missed_is_new_the_next_time() {
    let engine = EngineOptions { max_buffered: 10_000, ..Options::default().engine };
    let live = Live::start(Options { engine, ..options() }).await;
    let known = Guest::new(&live).await.lost(&live).await;
    for _ in 0..20 {
        live.io.emit("large", "x".repeat(1000)).unwrap();
    }
    let mut peer = live.open().await;
    peer.send(&known.connect()).await;
    while peer.next().await != socketio::Got::Closed {}
    known.becomes_new(&live).await;
}

#[tokio::test(start_paused = true)]
async fn whoever_is_away_for_too_long_is_new() {
    let live = Live::in_memory(options());
    for (seconds, comes_back) in [(119, true), (121, false)] {
        let known = Guest::new(&live).await.lost(&live).await;
        tokio::time::advance(Duration::from_secs(seconds)).await;
        live.io.emit("missed", ()).unwrap();
        if comes_back {
            let guest = known.returns(&live, &[r#"42["missed"]"#]).await;
            guest.socket(&live).disconnect();
        } else {
            known.becomes_new(&live).await;
        }
    }
}

/// Trap 47: the offset of a quiet connection ages, and says no less for it.
#[tokio::test(start_paused = true)]
async fn a_quiet_client_comes_back_after_hours() {
    let live = Live::in_memory(options());
    let mut guest = Guest::new(&live).await;
    live.io.emit("heard", ()).unwrap();
    guest.event(r#"42["heard"]"#).await;
    let quiet = tokio::time::Instant::now() + Duration::from_secs(3 * 3600);
    while tokio::time::Instant::now() < quiet {
        live.io.to("others").emit("not for it", ()).unwrap();
        // Its pings are answered by a poll for the next message, which does not come.
        let _ = tokio::time::timeout(Duration::from_secs(60), guest.peer.next()).await;
    }
    let known = guest.lost(&live).await;
    live.io.emit("missed", ()).unwrap();
    known.returns(&live, &[r#"42["missed"]"#]).await;
}

#[tokio::test]
async fn an_older_client_knows_nothing_of_it() {
    let engine = EngineOptions { allow_eio3: true, ..Options::default().engine };
    let live = Live::start(Options { engine, ..options() }).await;
    let mut today = Guest::new(&live).await;
    let mut old = live.open_with("EIO=3").await;
    old.expect("40").await;
    live.io.emit("x", "y").unwrap();
    old.expect(r#"42["x","y"]"#).await;
    today.event(r#"42["x","y"]"#).await;
    for socket in live.io.of("/").sockets() {
        socket.emit("one", ()).unwrap();
    }
    old.expect(r#"42["one"]"#).await;
    today.event(r#"42["one"]"#).await;
}

#[tokio::test]
async fn a_client_on_polling_comes_back_as_well() {
    let live = Live::start(options()).await;
    let known = Guest::new(&live).await.lost(&live).await;
    live.io.emit("missed", ()).unwrap();
    let mut poller = live.poller().await;
    poller.send(&known.connect()).await;
    assert!(poller.text().await.starts_with(r#"42["missed",""#));
    poller.expect(&format!(r#"40{{"sid":"{}","pid":"{}"}}"#, known.sid, known.pid)).await;
}

/// The official client does not come back by itself after a DISCONNECT.
#[tokio::test]
async fn a_shutdown_does_not_say_goodbye() {
    let live = Live::start(options()).await;
    let mut guest = Guest::new(&live).await;
    live.io.emit("last", ()).unwrap();
    live.io.close(Duration::from_secs(5)).await;
    guest.event(r#"42["last"]"#).await;
    guest.peer.expect_closed().await;
}

#[tokio::test]
async fn a_full_outbox_is_waited_for_with_room_for_the_offset() {
    let engine = EngineOptions { max_buffered: 1000, ..Options::default().engine };
    let live = Live::start(Options { engine, ..options() }).await;
    let mut guest = Guest::new(&live).await;
    let socket = guest.socket(&live);
    let sending = tokio::spawn(async move {
        for number in 0..200 {
            socket.emit_and_wait("e", (number, "x".repeat(300))).await.unwrap();
        }
        socket.when_full(WhenFull::Wait).emit("end", ()).unwrap();
    });
    for number in 0..200 {
        guest.event(&format!(r#"42["e",{number},"{}"]"#, "x".repeat(300))).await;
    }
    guest.event(r#"42["end"]"#).await;
    sending.await.unwrap();
}

/// Whatever happens at the same time: offsets go up, and nothing is lost or comes twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn nothing_is_lost_while_everybody_sends() {
    let live = Live::start(options()).await;
    let mut guest = Guest::new(&live).await;
    let senders: Vec<_> =
        (0..3).map(|sender| tokio::spawn(send(live.io.clone(), sender))).collect();
    let mut heard: Vec<(u64, u64)> = Vec::new();
    let mut offsets = BTreeSet::new();
    for round in 0.. {
        // Cut off every now and then; the old connection may not have noticed.
        while heard.len() < 30 * (round + 1) && heard.len() < 3 * EACH as usize {
            let text = guest.peer.text().await;
            if let Some(event) = text.strip_prefix("42") {
                let (name, sender, number, offset): (String, u64, u64, String) =
                    serde_json::from_str(event).unwrap();
                assert_eq!(name, "e");
                heard.push((sender, number));
                offsets.insert(offset.clone());
                guest.known.offset = Some(offset);
            }
        }
        if heard.len() == 3 * EACH as usize {
            break;
        }
        let known = guest.known.clone();
        if round % 2 == 0 {
            drop(guest);
        }
        let mut peer = live.open().await;
        peer.send(&known.connect()).await;
        guest = Guest { peer, known };
    }
    for sender in senders {
        sender.await.unwrap();
    }
    for sender in 0..3 {
        let of = heard.iter().filter(|(from, _)| *from == sender).map(|(_, number)| *number);
        assert!(of.eq(0..EACH), "what {sender} has sent");
    }
    assert_eq!(offsets.len(), heard.len());
}

const EACH: u64 = 300;

async fn send(io: Io, sender: u64) {
    for number in 0..EACH {
        io.emit("e", (sender, number)).unwrap();
        tokio::task::yield_now().await;
    }
}
