//! Listeners: who hears of an event, in which order, how often, and until when.

#[path = "support/socketio.rs"]
mod socketio;
mod support;

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use sockrates::socketio::{Ack, Args, EventName, ListenerId, Options, Socket};

use crate::socketio::{Live, notes};

#[tokio::test]
async fn listeners_of_one_event_are_called_in_order_and_others_are_not() {
    let live = Live::start(Options::default()).await;
    live.io.of("/").on_connect(|s: Socket| {
        s.on("x", |s: Socket| s.emit("first", ()));
        s.on("y", |s: Socket| s.emit("not me", ()));
        s.on("x", |s: Socket, n: u8| s.emit("second", n));
        s.once("x", |s: Socket| s.emit("third", ()));
        s.on("X", |s: Socket| s.emit("not me", ()));
        s.on("x", async |s: Socket| s.emit("last", ()));
    });
    let mut ada = live.join("/").await;
    ada.send(r#"42["x",7]"#).await;
    for event in [r#"["first"]"#, r#"["second",7]"#, r#"["third"]"#, r#"["last"]"#] {
        ada.expect(&format!("42{event}")).await;
    }
    ada.expect_nothing().await;
}

/// Two events in one body are handled without a pause between them.
#[tokio::test]
async fn once_is_once_even_in_a_burst() {
    let live = Live::start(Options::default()).await;
    live.io.of("/").on_connect(|s: Socket| {
        s.once("x", |s: Socket, n: u8| s.emit("once", n));
        s.once("x", async |s: Socket, n: u8| {
            tokio::task::yield_now().await;
            s.emit("later", n)
        });
        s.once("fails", |_: u8| {});
    });
    let mut paula = live.join_polling("/").await;
    paula.post(&[r#"42["x",1]"#, r#"42["x",2]"#]).await.check(200, "ok");
    paula.expect(r#"42["once",1]"#).await;
    paula.expect(r#"42["later",1]"#).await;
    paula
        .post(&[r#"42["x",3]"#, r#"421["fails","x"]"#, r#"422["fails","x"]"#])
        .await
        .check(200, "ok");
    // One that has failed was called, too.
    let error = r#"argument 1: invalid type: string \"x\", expected u8"#;
    paula.expect(&format!(r#"431[{{"error":"{error}"}}]"#)).await;
    assert!(live.io.of("/").sockets()[0].event_names().is_empty());
}

#[tokio::test]
async fn once_can_be_asked_for_again_by_who_was_called() {
    fn next(s: &Socket, n: u8) -> ListenerId {
        s.once("x", move |s: Socket| {
            s.emit("called", n).unwrap();
            next(&s, n + 1)
        })
    }
    let live = Live::start(Options::default()).await;
    live.io.of("/").on_connect(|s: Socket| next(&s, 1));
    let mut ada = live.join("/").await;
    for n in 1..4 {
        ada.send(r#"42["x"]"#).await;
        ada.expect(&format!(r#"42["called",{n}]"#)).await;
        ada.expect_nothing().await;
    }
}

/// As in the reference server: who is called was settled when the event came.
#[tokio::test]
async fn who_is_removed_while_an_event_is_handled_misses_the_next_one() {
    let live = Live::start(Options::default()).await;
    live.io.of("/").on_connect(|s: Socket| {
        let ids: Arc<Mutex<Vec<ListenerId>>> = Arc::default();
        let removed = ids.clone();
        let first = s.on("x", move |s: Socket| {
            let found: Vec<_> = removed.lock().unwrap().iter().map(|id| s.off(*id)).collect();
            s.emit("first", found)
        });
        let second = s.on("x", |s: Socket| s.emit("second", ()));
        let third = s.once("x", |s: Socket| s.emit("third", ()));
        *ids.lock().unwrap() = vec![first, second, third];
    });
    let mut ada = live.join("/").await;
    ada.send(r#"42["x"]"#).await;
    ada.expect(r#"42["first",[true,true,true]]"#).await;
    ada.expect(r#"42["second"]"#).await;
    ada.expect(r#"42["third"]"#).await;
    ada.send(r#"42["x"]"#).await;
    ada.expect_nothing().await;
}

#[tokio::test]
async fn what_is_registered_can_be_counted_and_removed() {
    let live = Live::start(Options::default()).await;
    let mut ada = live.join("/").await;
    let socket = live.io.of("/").sockets().remove(0);
    let on = |event: &str| {
        let name = event.to_owned();
        socket.on(event, move |s: Socket| s.emit(&name, ()))
    };
    let (b, a) = (on("b"), on("a"));
    let again = on("b");
    let any = socket.on_any(|_: Socket| {});
    assert_eq!(socket.event_names(), ["b", "a"]);
    assert_eq!(["a", "b", "c"].map(|event| socket.listener_count(event)), [1, 2, 0]);
    assert!(!socket.off(any), "it is of another kind");
    assert!(socket.off(b));
    assert!(!socket.off(b));
    assert_eq!(socket.listener_count("b"), 1);
    socket.off_all("b");
    assert!(!socket.off(again));
    assert_eq!(socket.event_names(), ["a"]);
    ada.send(r#"42["b"]"#).await;
    ada.send(r#"42["a"]"#).await;
    ada.expect(r#"42["a"]"#).await;
    socket.remove_all_listeners();
    assert!(!socket.off(a));
    assert!(socket.event_names().is_empty());
    assert_eq!(socket.listeners_any(), [any]);
    ada.send(r#"42["a"]"#).await;
    ada.expect_nothing().await;
}

#[tokio::test]
async fn listeners_of_any_event_come_first_and_hear_what_nobody_hears() {
    let live = Live::start(Options::default()).await;
    live.io.of("/").on_connect(|s: Socket| {
        s.on("x", |s: Socket| s.emit("x", ()));
        s.on_any(|s: Socket, name: EventName, args: Args| s.emit("any", (&*name, args.len())));
        s.prepend_any(|s: Socket, word: Option<String>| s.emit("front", word));
        s.on_any(async |s: Socket, ack: Ack| s.emit("back", ack.is_wanted()));
    });
    let mut ada = live.join("/").await;
    ada.send(r#"42["x","é",2]"#).await;
    ada.expect(r#"42["front","é"]"#).await;
    ada.expect(r#"42["any","x",2]"#).await;
    ada.expect(r#"42["back",false]"#).await;
    ada.expect(r#"42["x"]"#).await;
    ada.send(r#"427["nobody"]"#).await;
    ada.expect(r#"42["front",null]"#).await;
    ada.expect(r#"42["any","nobody",0]"#).await;
    ada.expect(r#"42["back",true]"#).await;
    ada.expect_nothing().await;

    let socket = live.io.of("/").sockets().remove(0);
    let ids = socket.listeners_any();
    assert_eq!(ids.len(), 3);
    assert!(socket.off_any(ids[1]));
    assert!(!socket.off_any(ids[1]));
    ada.send(r#"42["nobody"]"#).await;
    ada.expect(r#"42["front",null]"#).await;
    ada.expect(r#"42["back",false]"#).await;
    socket.clear_any();
    assert!(socket.listeners_any().is_empty());
    ada.send(r#"42["x"]"#).await;
    ada.expect(r#"42["x"]"#).await;
}

fn fail(why: &str) {
    panic!("{why}");
}

#[tokio::test]
async fn a_listener_that_panics_keeps_no_other_from_its_turn() {
    let live = Live::start(Options::default()).await;
    live.io.of("/").on_connect(|s: Socket| {
        s.on_any(|| fail("on purpose"));
        s.on_any(|s: Socket| s.emit("any", ()));
        s.on("x", || fail("on purpose"));
        s.on("x", |s: Socket| s.emit("x", ()));
        s.once("x", || fail("on purpose"));
    });
    let mut ada = live.join("/").await;
    for _ in 0..2 {
        ada.send(r#"42["x"]"#).await;
        ada.expect(r#"42["any"]"#).await;
        ada.expect(r#"42["x"]"#).await;
    }
}

/// "fired per receiving socket on emit and broadcast, not for acks"
#[tokio::test]
async fn outgoing_listeners_hear_each_event_that_is_sent_and_no_answer() {
    let live = Live::start(Options::default()).await;
    let (notes, mut noted) = notes();
    live.io.of("/admin").on_connect(move |s: Socket| {
        let outgoing = |what: &'static str| {
            let notes = notes.clone();
            move |name: &str, args: &Args| {
                let raw: Vec<_> = args.raw().iter().map(|raw| raw.get()).collect();
                let attached = args.attachments().len();
                notes.note(format!("{what} {name} {} +{attached}", raw.join(" ")));
            }
        };
        s.on_any_outgoing(outgoing("second"));
        s.prepend_any_outgoing(outgoing("first"));
        s.on("ask", |ack: Ack| ack.send("answer"));
    });
    let mut ada = live.join("/admin").await;
    let socket = live.io.of("/admin").sockets().remove(0);
    socket.emit("a [1]", (1.0, "x")).unwrap();
    noted.expect(r#"first a [1] 1.0 "x" +0"#).await;
    noted.expect(r#"second a [1] 1.0 "x" +0"#).await;
    ada.send(r#"42/admin,7["ask"]"#).await;
    ada.expect(r#"42/admin,["a [1]",1.0,"x"]"#).await;
    ada.expect(r#"43/admin,7["answer"]"#).await;
    noted.expect_nothing();

    let ids = socket.listeners_any_outgoing();
    assert_eq!(ids.len(), 2);
    assert!(socket.off_any_outgoing(ids[0]));
    assert!(!socket.off_any_outgoing(ids[0]));
    // A broadcast is heard at each of those whom it reaches.
    let _bob = live.join("/admin").await;
    live.io.of("/admin").emit("all", Bytes::from("x")).unwrap();
    let placeholder = r#"{"_placeholder":true,"num":0}"#;
    let mut heard = [noted.next().await, noted.next().await, noted.next().await];
    heard.sort();
    let all = |which: &str| format!("{which} all {placeholder} +1");
    assert_eq!(heard, [all("first"), all("second"), all("second")]);
    socket.clear_any_outgoing();
    drop(socket.emit_with_ack::<()>("question", ()));
    socket.on_any_outgoing(|_: &str, _: &Args| panic!("on purpose"));
    socket.emit("sent all the same", ()).unwrap();
    ada.expect_all(&format!(r#"451-/admin,["all",{placeholder}]"#), &[b"x"]).await;
    ada.expect(r#"42/admin,0["question"]"#).await;
    ada.expect(r#"42/admin,["sent all the same"]"#).await;
    noted.expect_nothing();
}

/// Threat 94. What a listener holds is let go with the socket, even if it is the socket itself.
#[tokio::test]
async fn listeners_go_with_their_socket_and_come_back_no_more() {
    let live = Live::start(Options::default()).await;
    let ada = live.join("/").await;
    let socket = live.io.of("/").sockets().remove(0);
    let token = Arc::new(());
    let hold = || {
        let (token, socket) = (token.clone(), socket.clone());
        move || drop((token.clone(), socket.clone()))
    };
    let (held, kept, watched) = (hold(), hold(), hold());
    let (notes, mut noted) = notes();
    socket.on("x", hold());
    socket.once("x", hold());
    socket.on_any(hold());
    socket.on_any_outgoing(move |_: &str, _: &Args| {
        notes.note("sent");
        held();
    });
    socket.emit("hello", ()).unwrap();
    noted.expect("sent").await;
    socket.middleware(move |_| kept());
    socket.on_error(move |_| watched());
    assert_eq!(Arc::strong_count(&token), 7);
    ada.close().await;
    support::until("all to be let go", || Arc::strong_count(&token) == 1).await;
    assert!(socket.emit("hello", ()).is_err());
    socket.on("x", hold());
    socket.on_any(hold());
    assert_eq!(Arc::strong_count(&token), 1);
    noted.expect_nothing();
    assert!(socket.event_names().is_empty() && socket.listeners_any().is_empty());
}
