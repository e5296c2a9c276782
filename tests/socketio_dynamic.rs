//! Socket.IO v5, "Connection to a namespace": namespaces that are made because a client asks for
//! them, by a pattern or a predicate, and forgotten when nobody is left.
//!
//! ```text
//!   io.of_pattern("^/room-[0-9]+$")      C: 40/room-7,     S: 40/room-7,{"sid":"…"}
//!                                        C: 40/room-x,     S: 44/room-x,{"message":"Invalid …
//! ```

#[path = "support/socketio.rs"]
mod socketio;
mod support;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use sockrates::engineio::options::Options as EngineOptions;
use sockrates::socketio::asking::Asking;
use sockrates::socketio::parser::Parser;
use sockrates::socketio::{Namespace, Options, Parent, Refused, Socket};
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::socketio::{Live, Peer, notes};

const ROOMS: &str = "^/room-[0-9]+$";

/// The settings of a server that forgets namespaces in which nobody is.
fn forgetful() -> Options {
    Options { cleanup_empty_child_namespaces: true, ..Options::default() }
}

/// Panics; as a function it has a type that a predicate may return.
fn fail() -> bool {
    panic!("on purpose")
}

/// The names of a parent's children.
fn children(parent: &Parent) -> Vec<String> {
    let mut names: Vec<_> = parent.children().iter().map(|child| child.name().to_owned()).collect();
    names.sort();
    names
}

/// Waits until these are the parent's children.
async fn until_children(parent: &Parent, names: &[&str]) {
    support::until("the children", || children(parent) == names).await;
}

/// Asks for a namespace that the client does not get.
async fn refused(peer: &mut Peer, name: &str) {
    peer.send(&format!("40{name},")).await;
    peer.expect(&format!(r#"44{name},{{"message":"Invalid namespace"}}"#)).await;
}

/// Leaves a namespace, and waits until the server knows.
async fn leave(peer: &mut Peer, name: &str) {
    peer.send(&format!("41{name},")).await;
    peer.expect_nothing().await;
}

#[tokio::test]
async fn a_namespace_is_made_when_a_client_asks_for_one_that_a_pattern_has() {
    let live = Live::start(Options::default()).await;
    let rooms = live.io.of_pattern(ROOMS).unwrap();
    rooms.on_connect(|socket: Socket| socket.emit("hello", socket.namespace().name()));
    let mut ada = live.open().await;
    for name in ["/room-x", "/room-7/", "/my/room-7", "/room-7?x=1", "/room-"] {
        refused(&mut ada, name).await;
    }
    assert!(rooms.children().is_empty());
    ada.join("/room-7").await;
    ada.expect(r#"42/room-7,["hello","/room-7"]"#).await;
    ada.join("/room-8").await;
    ada.expect(r#"42/room-8,["hello","/room-8"]"#).await;
    let mut bob = live.join("/room-7").await;
    bob.expect(r#"42/room-7,["hello","/room-7"]"#).await;
    assert_eq!(children(&rooms), ["/room-7", "/room-8"]);
    assert_eq!(live.io.of("/room-7").sockets().len(), 2);
    // They stay when everybody has left.
    leave(&mut ada, "/room-8").await;
    assert_eq!(children(&rooms), ["/room-7", "/room-8"]);
}

/// As in JavaScript.
#[tokio::test]
async fn a_pattern_without_anchors_is_found_anywhere_in_the_name() {
    let live = Live::start(Options::default()).await;
    let parent = live.io.of_pattern("room").unwrap();
    let mut ada = live.join("/my/rooms").await;
    refused(&mut ada, "/my/Rooms").await;
    assert_eq!(children(&parent), ["/my/rooms"]);
}

#[test]
fn what_is_no_regular_expression_is_refused_with_its_reason() {
    let io = sockrates::socketio::Io::new(Options::default());
    let error = io.of_pattern("^/room-(").unwrap_err().to_string();
    let (what, why) = error.split_once(": ").unwrap();
    assert_eq!(what, r#""^/room-(" is no regular expression"#);
    assert!(!why.is_empty());
}

/// A parent has a name in the reference server, and nobody can join it there either.
#[tokio::test]
async fn a_parent_can_not_be_joined() {
    let live = Live::start(Options::default()).await;
    live.io.of_pattern(ROOMS).unwrap();
    live.io.of_where(|_: Asking| false);
    let mut ada = live.open().await;
    for name in ["/_0", "/_1", "/_2"] {
        refused(&mut ada, name).await;
    }
}

#[tokio::test]
async fn they_are_asked_in_order_and_the_first_that_allows_is_the_parent() {
    let live = Live::start(Options::default()).await;
    let (notes, mut noted) = notes();
    let asked = |what: &'static str| {
        let notes = notes.clone();
        move || notes.note(what)
    };
    let note = asked("no");
    live.io.of_where(move |_: Asking| {
        note();
        false
    });
    let note = asked("error");
    live.io.of_where(move |_: Asking| {
        note();
        Err::<bool, _>("no such tenant")
    });
    let note = asked("panic");
    live.io.of_where(move |_: Asking| {
        note();
        fail()
    });
    let note = asked("later, no");
    live.io.of_where(move |_: Asking| {
        note();
        async {
            tokio::task::yield_now().await;
            false
        }
    });
    let note = asked("later, error");
    live.io.of_where(move |_: Asking| {
        note();
        async {
            tokio::task::yield_now().await;
            Err::<bool, _>("no such tenant")
        }
    });
    let note = asked("later, panic");
    live.io.of_where(move |_: Asking| {
        note();
        async {
            tokio::task::yield_now().await;
            fail()
        }
    });
    let all = ["no", "error", "panic", "later, no", "later, error", "later, panic"];
    let pattern = live.io.of_pattern(ROOMS).unwrap();
    let note = asked("everything else");
    let last = live.io.of_where(move |asking: Asking| {
        note();
        asking.name() != "/nope"
    });

    let mut ada = live.join("/room-7").await;
    for note in all {
        noted.expect(note).await;
    }
    noted.expect_nothing();
    ada.join("/other").await;
    refused(&mut ada, "/nope").await;
    for note in [all, all].concat() {
        if note == "no" {
            continue;
        }
        while noted.next().await != note {}
    }
    assert_eq!(children(&pattern), ["/room-7"]);
    assert_eq!(children(&last), ["/other"]);
    // Nobody is asked about what is there.
    while noted.next().await != "everything else" {}
    live.join("/room-7").await;
    live.join("/other").await;
    noted.expect_nothing();
}

#[tokio::test]
async fn a_predicate_hears_who_asks_and_for_what() {
    let live = Live::start(Options::default()).await;
    #[derive(serde::Deserialize)]
    struct Auth {
        tenant: String,
    }
    let (notes, mut noted) = notes();
    live.io.of_where(move |asking: Asking| {
        notes.note(format!("{} {}", asking.name(), asking.auth()));
        let Auth { tenant } = asking.parse_auth()?;
        Ok::<_, serde_json::Error>(asking.name() == format!("/tenant-{tenant}"))
    });
    let mut ada = live.open().await;
    for (packet, name, auth) in [
        ("40/tenant-a,", "/tenant-a", "{}"),
        (r#"40/tenant-a,{"tenant":"b"}"#, "/tenant-a", r#"{"tenant":"b"}"#),
        (r#"40/tenant-a,{"tenant":1.0}"#, "/tenant-a", r#"{"tenant":1.0}"#),
    ] {
        ada.send(packet).await;
        ada.expect(&format!(r#"44{name},{{"message":"Invalid namespace"}}"#)).await;
        noted.expect(&format!("{name} {auth}")).await;
    }
    ada.send(r#"40/tenant-a,{"tenant":"a"}"#).await;
    assert!(ada.text().await.starts_with("40/tenant-a,{"));
}

/// Clients of 2.x say by a query what they have to say.
#[tokio::test]
async fn the_name_without_its_query_decides_for_older_clients() {
    let defaults = forgetful();
    let engine = EngineOptions { allow_eio3: true, ..defaults.engine };
    let live = Live::start(Options { engine, ..defaults }).await;
    let rooms = live.io.of_pattern(ROOMS).unwrap();
    rooms.on_connect(|socket: Socket| socket.emit("auth", socket.auth()));
    let mut ada = live.open_with("EIO=3").await;
    ada.expect("40").await;
    ada.send("40/room-7?token=abc,").await;
    ada.expect("40/room-7,").await;
    ada.expect(r#"42/room-7,["auth","{\"token\":\"abc\"}"]"#).await;
    assert_eq!(children(&rooms), ["/room-7"]);
    ada.send("40/other?room-1,").await;
    ada.expect(r#"44/other,{"message":"Invalid namespace"}"#).await;
}

#[tokio::test]
async fn children_begin_with_what_their_parent_has_at_that_time() {
    let live = Live::start(Options::default()).await;
    let rooms = live.io.of_pattern(ROOMS).unwrap();
    rooms.on_connect(|socket: Socket| socket.emit("first", ()));
    let mut ada = live.join("/room-1").await;
    ada.expect(r#"42/room-1,["first"]"#).await;

    rooms.on_connect(|socket: Socket| socket.emit("second", ()));
    rooms.middleware(|socket: Socket| match socket.auth() {
        "{}" => Err(Refused::new("by the parent's")),
        _ => Ok(()),
    });
    // One that is there keeps what it has, and so does its parent.
    live.io.of("/room-1").on_connect(|socket: Socket| socket.emit("own", ()));
    let mut bob = live.join("/room-1").await;
    bob.expect(r#"42/room-1,["first"]"#).await;
    bob.expect(r#"42/room-1,["own"]"#).await;
    bob.expect_nothing().await;
    // One that is new has all.
    bob.send("40/room-2,").await;
    bob.expect(r#"44/room-2,{"message":"by the parent's"}"#).await;
    bob.send(r#"40/room-2,{"a":1}"#).await;
    assert!(bob.text().await.starts_with("40/room-2,{"));
    bob.expect(r#"42/room-2,["first"]"#).await;
    bob.expect(r#"42/room-2,["second"]"#).await;
    bob.expect_nothing().await;
}

#[tokio::test]
async fn whoever_makes_one_by_hand_makes_a_child_of_the_first_pattern_that_has_it() {
    let live = Live::start(Options::default()).await;
    live.io.of_where(|_: Asking| -> bool { panic!("predicates are not asked") });
    let first = live.io.of_pattern("^/room-[0-5]+$").unwrap();
    let second = live.io.of_pattern(ROOMS).unwrap();
    second.on_connect(|socket: Socket| socket.emit("second", ()));
    live.io.of("room-1");
    live.io.of("/room-9");
    live.io.of("/other");
    assert_eq!(children(&first), ["/room-1"]);
    assert_eq!(children(&second), ["/room-9"]);
    let mut ada = live.join("/room-9").await;
    ada.expect(r#"42/room-9,["second"]"#).await;
    ada.join("/room-1").await;
    ada.join("/other").await;
    ada.expect_nothing().await;
}

#[tokio::test]
async fn whoever_wants_to_know_hears_of_new_namespaces_once() {
    let live = Live::start(Options::default()).await;
    live.io.of("/before");
    live.io.of_pattern(ROOMS).unwrap();
    let (notes, mut noted) = notes();
    let io = live.io.clone();
    live.io.on_new_namespace(move |namespace: Namespace| {
        // It is there already for whoever makes namespaces by hand, a hook among them.
        assert_eq!(io.of(namespace.name()).name(), namespace.name());
        notes.note(namespace.name());
    });
    live.io.of("/");
    live.io.of("/before");
    noted.expect_nothing();
    live.io.of("by-hand");
    noted.expect("/by-hand").await;
    live.io.of("/room-1");
    noted.expect("/room-1").await;
    let mut ada = live.join("/room-2").await;
    noted.expect("/room-2").await;
    live.join("/room-2").await;
    ada.join("/room-1").await;
    refused(&mut ada, "/nope").await;
    noted.expect_nothing();
}

/// A hook may be what puts the middleware there that keeps strangers out. So nobody gets in while
/// it runs.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nobody_joins_a_namespace_of_which_hooks_are_being_told() {
    let live = Live::start(Options::default()).await;
    let rooms = live.io.of_pattern(ROOMS).unwrap();
    let told = Arc::new(Notify::new());
    let was_told = told.clone();
    let (go_on, wait) = mpsc::channel::<()>();
    let wait = Mutex::new(wait);
    live.io.on_new_namespace(move |namespace: Namespace| {
        told.notify_one();
        tokio::task::block_in_place(|| wait.lock().unwrap().recv().unwrap());
        namespace.middleware(|_: Socket| Err(Refused::new("by the hook's")));
    });
    let mut ada = live.open().await;
    let mut bob = live.open().await;
    ada.send("40/room-7,").await;
    was_told.notified().await;
    bob.send("40/room-7,").await;
    bob.expect_nothing().await;
    go_on.send(()).unwrap();
    for peer in [&mut ada, &mut bob] {
        peer.expect(r#"44/room-7,{"message":"by the hook's"}"#).await;
    }
    assert_eq!(children(&rooms), ["/room-7"]);
}

/// Trap 28.
#[tokio::test]
async fn a_hook_that_panics_leaves_no_namespace_behind() {
    let live = Live::start(Options::default()).await;
    let rooms = live.io.of_pattern(ROOMS).unwrap();
    let failing = Arc::new(AtomicBool::new(true));
    let fails = failing.clone();
    live.io.on_new_namespace(move |_| assert!(!fails.load(Ordering::SeqCst), "on purpose"));
    let mut ada = live.join("/").await;
    refused(&mut ada, "/room-7").await;
    assert!(rooms.children().is_empty());
    failing.store(false, Ordering::SeqCst);
    ada.join("/room-7").await;
    assert_eq!(children(&rooms), ["/room-7"]);
}

#[tokio::test]
async fn what_a_parent_sends_reaches_all_its_children_and_nobody_else() {
    let live = Live::start(Options::default()).await;
    let rooms = live.io.of_pattern(ROOMS).unwrap();
    live.io.of("/other");
    rooms.on_connect(|socket: Socket| {
        if socket.auth() != "{}" {
            socket.join("vip");
        }
    });
    assert_eq!(rooms.emit("nobody", ()).unwrap(), 0);
    let kept = rooms.to("vip");
    let mut ada = live.join("/other").await;
    for packet in [r#"40/room-1,{"vip":1}"#, r#"40/room-2,{"vip":1}"#] {
        ada.send(packet).await;
        ada.text().await;
    }
    let mut bob = live.join("/room-1").await;

    assert_eq!(rooms.emit("all", (1, 2)).unwrap(), 3);
    assert_eq!(kept.emit("some", 1).unwrap(), 2);
    assert_eq!(rooms.except("vip").emit("others", 1).unwrap(), 1);
    assert_eq!(rooms.local().to("vip").except("vip").volatile().send("none").unwrap(), 0);
    assert_eq!(rooms.compress(false).send("bye").unwrap(), 3);
    assert_eq!((kept.sockets().len(), rooms.to("nowhere").sockets().len()), (2, 0));

    rooms.except("vip").sockets_join(["new", "newer"]);
    kept.sockets_leave("vip");
    assert_eq!((kept.sockets().len(), rooms.to("newer").sockets().len()), (0, 1));

    let mut got = Vec::new();
    for _ in 0..6 {
        got.push(ada.text().await);
    }
    ada.expect_nothing().await;
    for name in ["/room-1", "/room-2"] {
        let own: Vec<_> = got.iter().filter(|packet| packet.contains(name)).collect();
        let wanted = [r#"["all",1,2]"#, r#"["some",1]"#, r#"["message","bye"]"#];
        assert_eq!(own, wanted.map(|data| format!("42{name},{data}")).iter().collect::<Vec<_>>());
    }
    for packet in [r#"["all",1,2]"#, r#"["others",1]"#, r#"["message","bye"]"#] {
        bob.expect(&format!("42/room-1,{packet}")).await;
    }
    rooms.to("new").disconnect_sockets(false);
    bob.expect("41/room-1,").await;
    bob.expect_nothing().await;
    ada.expect_nothing().await;
}

/// Threat 71.
#[tokio::test]
async fn a_child_is_forgotten_when_its_last_socket_leaves_if_the_settings_say_so() {
    let live = Live::start(forgetful()).await;
    let rooms = live.io.of_pattern(ROOMS).unwrap();
    live.io.of("/other");
    let mut ada = live.join("/room-1").await;
    let mut bob = live.join("/room-1").await;
    ada.join("/other").await;
    ada.join("/room-2").await;
    let old = live.io.of("/room-1");
    leave(&mut ada, "/room-1").await;
    assert_eq!(children(&rooms), ["/room-1", "/room-2"]);
    // By the client, by the application, and with the session.
    leave(&mut bob, "/room-1").await;
    assert_eq!(children(&rooms), ["/room-2"]);
    live.io.of("/room-2").sockets()[0].disconnect();
    assert!(rooms.children().is_empty());
    ada.expect("41/room-2,").await;
    bob.join("/room-3").await;
    bob.vanish();
    until_children(&rooms, &[]).await;

    // What is asked for again is made again, and begins anew.
    old.on_connect(|socket: Socket| socket.emit("old", ()));
    rooms.on_connect(|socket: Socket| socket.emit("new", ()));
    ada.join("/room-1").await;
    ada.expect(r#"42/room-1,["new"]"#).await;
    assert_eq!(old.emit("lost", ()).unwrap(), 0);
    // What the application made is there for good.
    leave(&mut ada, "/other").await;
    ada.join("/other").await;
    ada.expect_nothing().await;
}

/// A handler may hold the namespace that holds the handler.
#[tokio::test]
async fn a_child_that_is_forgotten_lets_go_of_its_handlers() {
    let live = Live::start(forgetful()).await;
    let rooms = live.io.of_pattern(ROOMS).unwrap();
    let held = Arc::new(());
    let kept = held.clone();
    live.io.on_new_namespace(move |namespace| {
        let hold = || (namespace.clone(), kept.clone());
        let (first, second, third, last) = (hold(), hold(), hold(), hold());
        namespace.middleware(move |_: Socket| -> Result<(), Refused> {
            let _held = &first;
            Ok(())
        });
        namespace.on_connect(move |_: Socket| {
            let _held = &second;
        });
        namespace.on_error(move |_, _| {
            let _held = &third;
        });
        namespace.on_server_event("event", move |_| {
            let _held = &last;
        });
    });
    let mut ada = live.join("/room-1").await;
    assert_eq!(Arc::strong_count(&held), 6);
    leave(&mut ada, "/room-1").await;
    assert_eq!((rooms.children().len(), Arc::strong_count(&held)), (0, 2));
}

/// Threat 71.
#[tokio::test]
async fn a_child_is_forgotten_when_its_middleware_refuses_whoever_asked_for_it() {
    let live = Live::start(forgetful()).await;
    let rooms = live.io.of_pattern(ROOMS).unwrap();
    let hold = Arc::new(Notify::new());
    let held = hold.clone();
    rooms.middleware(move |socket: Socket| {
        let hold = hold.clone();
        async move {
            match socket.auth() {
                "{}" => Err(Refused::new("at once")),
                _ => {
                    hold.notified().await;
                    Err(Refused::new("later"))
                }
            }
        }
    });
    let mut ada = live.open().await;
    ada.send("40/room-1,").await;
    ada.expect(r#"44/room-1,{"message":"at once"}"#).await;
    assert!(rooms.children().is_empty());

    // While one CONNECT waits it stays, whoever else is refused.
    ada.send(r#"40/room-1,{"wait":1}"#).await;
    let mut bob = live.open().await;
    bob.send("40/room-1,").await;
    bob.expect(r#"44/room-1,{"message":"at once"}"#).await;
    assert_eq!(children(&rooms), ["/room-1"]);
    held.notify_one();
    ada.expect(r#"44/room-1,{"message":"later"}"#).await;
    assert!(rooms.children().is_empty());

    // Whoever goes while it waits leaves nothing behind.
    ada.send(r#"40/room-1,{"wait":1}"#).await;
    until_children(&rooms, &["/room-1"]).await;
    ada.vanish();
    until_children(&rooms, &[]).await;
}

/// A CONNECT that comes while the last socket leaves: whoever is told to be connected is found
/// where everybody looks.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nobody_lands_in_a_namespace_that_was_just_forgotten() {
    let live = Arc::new(Live::start(forgetful()).await);
    let rooms = live.io.of_pattern(ROOMS).unwrap();
    let made = Arc::new(AtomicUsize::new(0));
    let count = made.clone();
    live.io.on_new_namespace(move |_| {
        count.fetch_add(1, Ordering::SeqCst);
    });
    let clients = (0..8).map(|_| {
        let live = live.clone();
        tokio::spawn(async move {
            let mut peer = live.open().await;
            for _ in 0..200 {
                peer.join("/room-1").await;
                let id = peer.id.clone();
                let here = || live.io.of("/room-1").to(&id).sockets().len() == 1;
                support::until("the socket where everybody looks", here).await;
                peer.send("41/room-1,").await;
            }
            peer.expect_nothing().await;
        })
    });
    for client in clients.collect::<Vec<_>>() {
        client.await.unwrap();
    }
    assert!(rooms.children().is_empty());
    assert!(made.load(Ordering::SeqCst) > 1, "it was forgotten now and then");
}

/// Threat 71.
#[tokio::test]
async fn so_many_namespaces_are_made_for_clients_and_not_one_more() {
    let options = Options { max_child_namespaces: 2, ..forgetful() };
    let live = Live::start(options).await;
    let rooms = live.io.of_pattern(ROOMS).unwrap();
    let mut ada = live.join("/room-1").await;
    ada.join("/room-2").await;
    ada.send("40/room-3,").await;
    ada.expect(r#"44/room-3,{"message":"Too many namespaces"}"#).await;
    live.join("/room-1").await.join("/room-2").await;
    // The application is not held to it.
    live.io.of("/room-4");
    live.io.of("/other");
    assert_eq!(children(&rooms), ["/room-1", "/room-2", "/room-4"]);
    live.sessions(1).await;
    for name in ["/room-1", "/room-2"] {
        leave(&mut ada, name).await;
    }
    ada.join("/room-3").await;
}

/// Threat 71. Names cost memory, and patterns time.
/// In text a name begins with a slash, or there is none. MessagePack could say anything.
#[tokio::test]
async fn nobody_is_asked_about_a_name_without_a_slash() {
    let options = Options { parser: Parser::MessagePack, ..Options::default() };
    let live = Live::start(options).await;
    let parent = live.io.of_where(|_: Asking| true);
    let mut ws = live.websocket_at("EIO=4&transport=websocket").await;
    ws.text().await;
    ws.send_binary(b"\x82\xa4type\x00\xa3nsp\xa4chat").await;
    let answer = ws.binary().await;
    let expected: &[u8] =
        b"\x83\xa4type\x04\xa3nsp\xa4chat\xa4data\x81\xa7message\xb1Invalid namespace";
    assert_eq!(answer.escape_ascii().to_string(), expected.escape_ascii().to_string());
    ws.send_binary(b"\x82\xa4type\x00\xa3nsp\xa5/chat").await;
    ws.binary().await;
    assert_eq!(children(&parent), ["/chat"]);
}

#[tokio::test]
async fn a_name_that_is_too_long_does_not_exist() {
    let live = Live::start(Options { max_child_namespace_name: 8, ..Options::default() }).await;
    live.io.of_where(|asking: Asking| {
        assert!(asking.name().len() <= 8);
        true
    });
    live.io.of("/long-but-by-hand");
    let mut ada = live.join("/1234567").await;
    refused(&mut ada, "/12345678").await;
    ada.join("/long-but-by-hand").await;
}

/// A server on which the namespace `/slow` exists for whoever waits until it is told so.
fn slow(live: &Live) -> (Parent, Arc<Notify>) {
    let decide = Arc::new(Notify::new());
    let decided = decide.clone();
    let parent = live.io.of_where(move |asking: Asking| {
        let decided = decided.clone();
        async move {
            if asking.name() == "/slow" {
                decided.notified().await;
            }
            asking.name() == "/slow"
        }
    });
    (parent, decide)
}

#[tokio::test]
async fn while_a_predicate_decides_everything_else_goes_on() {
    let live = Live::start(Options::default()).await;
    let (parent, decide) = slow(&live);
    live.io.of("/").on_connect(|socket: Socket| {
        socket.on("ping", |socket: Socket| socket.emit("pong", ()));
    });
    let mut ada = live.join("/").await;
    ada.send("40/slow,").await;
    ada.send(r#"42["ping"]"#).await;
    ada.expect(r#"42["pong"]"#).await;
    live.join("/").await;
    assert!(parent.children().is_empty());
    decide.notify_one();
    assert!(ada.text().await.starts_with("40/slow,{"));
    assert_eq!(children(&parent), ["/slow"]);
}

/// Trap 32.
#[tokio::test]
async fn a_second_connect_while_a_predicate_decides_closes_the_session() {
    let live = Live::start(Options::default()).await;
    let (parent, decide) = slow(&live);
    for packet in ["40/slow,", r#"42/slow,["too early"]"#, "41/slow,"] {
        let mut ada = live.open().await;
        ada.send("40/slow,").await;
        ada.send(packet).await;
        ada.expect_closed().await;
    }
    live.sessions(0).await;
    decide.notify_waiters();
    tokio::task::yield_now().await;
    assert!(parent.children().is_empty());
}

#[tokio::test]
async fn whoever_goes_while_a_predicate_decides_leaves_no_namespace_behind() {
    let live = Live::start(Options::default()).await;
    let (parent, decide) = slow(&live);
    let (notes, mut noted) = notes();
    live.io.on_new_namespace(move |namespace: Namespace| notes.note(namespace.name()));
    let mut ada = live.open().await;
    ada.send("40/slow,").await;
    ada.expect_nothing().await;
    ada.close().await;
    live.sessions(0).await;
    // For whoever waits now, and for whoever comes.
    decide.notify_waiters();
    tokio::task::yield_now().await;
    assert!(parent.children().is_empty());
    noted.expect_nothing();
}

/// Threat 47.
#[tokio::test(start_paused = true)]
async fn the_time_to_join_a_namespace_goes_on_while_a_predicate_decides() {
    let live = Live::in_memory(Options::default());
    let (_parent, _decide) = slow(&live);
    let began = Instant::now();
    let mut ada = live.open().await;
    ada.send("40/slow,").await;
    ada.expect_closed().await;
    assert_eq!(began.elapsed(), Duration::from_secs(45));
}

/// Two that ask for the same at once get the same.
#[tokio::test]
async fn whoever_else_made_it_meanwhile_was_faster() {
    let live = Live::start(Options::default()).await;
    let (parent, decide) = slow(&live);
    let mut ada = live.open().await;
    ada.send("40/slow,").await;
    ada.send("40/none,").await;
    ada.expect(r#"44/none,{"message":"Invalid namespace"}"#).await;
    live.io.of("/slow").on_connect(|socket: Socket| socket.emit("by", "hand"));
    decide.notify_one();
    assert!(ada.text().await.starts_with("40/slow,{"));
    ada.expect(r#"42/slow,["by","hand"]"#).await;
    assert!(parent.children().is_empty(), "it is no child, but there for good");
}
