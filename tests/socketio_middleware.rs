//! Event middleware: it is asked about each event before the listeners hear of it.

#[path = "support/socketio.rs"]
mod socketio;
mod support;

use std::sync::Arc;

use sockrates::socketio::{Ack, EventName, Incoming, Options, Socket};
use tokio::sync::Semaphore;

use crate::socketio::{Live, Notes, notes};

/// A middleware that notes what it is asked about.
fn asks(notes: &Notes, what: &'static str) -> impl Fn(Incoming) + Send + Sync + 'static {
    let notes = notes.clone();
    move |incoming| notes.note(format!("{what} {}", incoming.name))
}

/// "`onAny` listeners (before middlewares) → `socket.use` chain → listeners if still connected"
#[tokio::test]
async fn any_listeners_then_middleware_in_order_then_listeners() {
    let live = Live::start(Options::default()).await;
    let (notes, mut noted) = notes();
    live.io.of("/").on_connect(move |s: Socket| {
        s.middleware(asks(&notes, "first"));
        let (second, any, last) = (asks(&notes, "second"), notes.clone(), notes.clone());
        s.middleware(move |incoming: Incoming| {
            second(incoming);
            tokio::task::yield_now()
        });
        s.middleware(|incoming: Incoming| match incoming.args.parse::<&str>() {
            Ok("evil") => Err("no evil"),
            _ => Ok(()),
        });
        s.middleware(asks(&notes, "third"));
        s.on_any(move |name: EventName| any.note(format!("any {name}")));
        s.on("x", move || last.note("listener"));
    });
    let mut ada = live.join("/").await;
    ada.send(r#"42["x"]"#).await;
    for note in ["any x", "first x", "second x", "third x", "listener"] {
        noted.expect(note).await;
    }
    ada.send(r#"42["x","evil"]"#).await;
    for note in ["any x", "first x", "second x"] {
        noted.expect(note).await;
    }
    ada.expect_nothing().await;
    ada.send(r#"42["nobody listens"]"#).await;
    for asked in ["any", "first", "second", "third"] {
        noted.expect(&format!("{asked} nobody listens")).await;
    }
    ada.expect_nothing().await;
}

#[tokio::test]
async fn whoever_wants_an_answer_hears_that_he_is_refused() {
    let live = Live::start(Options::default()).await;
    live.io.of("/").on_connect(|s: Socket| {
        s.middleware(|incoming: Incoming| match &*incoming.name {
            "now" => Err("not now"),
            "panic" => panic!("a secret"),
            "answered" => {
                incoming.ack.send("by the middleware").unwrap();
                Err("answered")
            }
            _ => Ok(()),
        });
        s.middleware(async |incoming: Incoming| {
            tokio::task::yield_now().await;
            match &*incoming.name {
                "later" => Err("not later".to_owned()),
                "late panic" => panic!("a secret"),
                _ => Ok(()),
            }
        });
        for event in ["now", "later", "panic", "late panic", "answered", "ok"] {
            s.on(event, |ack: Ack| ack.send("handled"));
        }
    });
    let mut ada = live.join("/").await;
    for (event, answer) in [
        ("now", r#"{"error":"not now"}"#),
        ("later", r#"{"error":"not later"}"#),
        ("panic", r#"{"error":"the event could not be handled"}"#),
        ("late panic", r#"{"error":"the event could not be handled"}"#),
        ("answered", r#""by the middleware""#),
        ("ok", r#""handled""#),
    ] {
        ada.send(&format!(r#"421["{event}"]"#)).await;
        ada.expect(&format!("431[{answer}]")).await;
    }
    ada.expect_nothing().await;
}

#[tokio::test]
async fn what_was_refused_is_told_to_error_handlers_and_to_no_client() {
    let live = Live::start(Options::default()).await;
    let (notes, mut noted) = notes();
    live.io.of("/").on_connect(move |s: Socket| {
        let notes = notes.clone();
        s.on_error(move |failure| notes.note(format!("{:?} {failure}", failure.kind)));
        s.middleware(|_| Err::<(), _>("closed on sundays"));
        s.on("x", |s: Socket| s.emit("heard", ()));
    });
    let mut ada = live.join("/").await;
    ada.send(r#"42["x"]"#).await;
    noted.expect(r#"Refused event "x" was refused: closed on sundays"#).await;
    ada.expect_nothing().await;
}

#[tokio::test]
async fn an_event_that_waits_in_middleware_holds_up_no_other() {
    let live = Live::start(Options::default()).await;
    let gate = Arc::new(Semaphore::new(0));
    let closed = gate.clone();
    live.io.of("/").on_connect(move |s: Socket| {
        let gate = closed.clone();
        s.middleware(move |incoming: Incoming| {
            let gate = gate.clone();
            async move {
                if *incoming.name == *"slow" {
                    gate.acquire().await.unwrap().forget();
                }
            }
        });
        s.on("slow", |ack: Ack| ack.send("slow"));
        s.on("fast", |ack: Ack| ack.send("fast"));
    });
    let mut ada = live.join("/").await;
    ada.send(r#"421["slow"]"#).await;
    ada.send(r#"422["fast"]"#).await;
    ada.expect(r#"432["fast"]"#).await;
    gate.add_permits(1);
    ada.expect(r#"431["slow"]"#).await;
}

/// A middleware that is ready at once, asynchronous or not, changes no order.
#[tokio::test]
async fn middleware_that_need_not_wait_keeps_the_order() {
    let live = Live::start(Options::default()).await;
    live.io.of("/").on_connect(|s: Socket| {
        s.middleware(async |_: Incoming| {});
        s.middleware(|_: Incoming| {});
        s.on("n", |n: usize, ack: Ack| ack.send(n));
    });
    let mut ada = live.join("/").await;
    for n in 0..300 {
        ada.send(&format!(r#"42{n}["n",{n}]"#)).await;
    }
    for n in 0..300 {
        ada.expect(&format!("43{n}[{n}]")).await;
    }
}

#[tokio::test]
async fn events_in_middleware_count_among_the_suspended() {
    const LIMIT: usize = 3;
    let live = Live::start(Options { max_suspended: LIMIT, ..Options::default() }).await;
    let gate = Arc::new(Semaphore::new(0));
    let closed = gate.clone();
    let (notes, mut noted) = notes();
    live.io.of("/").on_connect(move |s: Socket| {
        let (gate, notes) = (closed.clone(), notes.clone());
        s.middleware(move |incoming: Incoming| {
            let (gate, notes) = (gate.clone(), notes.clone());
            async move {
                notes.note(incoming.args.parse::<u8>().unwrap());
                gate.acquire().await.unwrap().forget();
            }
        });
        s.on("n", |n: u8, ack: Ack| ack.send(n));
    });
    let mut ada = live.join("/").await;
    let mut bob = live.join("/").await;
    for n in 0..10 {
        ada.send(&format!(r#"42{n}["n",{n}]"#)).await;
    }
    for n in 0..LIMIT {
        noted.expect(&n.to_string()).await;
    }
    bob.expect_nothing().await;
    noted.expect_nothing();
    for n in 0..10 {
        gate.add_permits(1);
        ada.expect(&format!("43{n}[{n}]")).await;
    }
}

/// What the middleware has registered or removed counts for the event that it was asked about.
#[tokio::test]
async fn middleware_may_change_who_hears_of_the_event() {
    let live = Live::start(Options::default()).await;
    live.io.of("/").on_connect(|s: Socket| {
        s.middleware(|incoming: Incoming| {
            incoming.socket.remove_all_listeners();
            incoming.socket.on("x", |s: Socket| s.emit("new", ()));
        });
        s.on("x", |s: Socket| s.emit("old", ()));
    });
    let mut ada = live.join("/").await;
    ada.send(r#"42["x"]"#).await;
    ada.expect(r#"42["new"]"#).await;
    ada.expect_nothing().await;
}

#[tokio::test]
async fn a_socket_that_has_left_meanwhile_hears_of_nothing() {
    let live = Live::start(Options::default()).await;
    let gate = Arc::new(Semaphore::new(0));
    let closed = gate.clone();
    let (notes, mut noted) = notes();
    live.io.of("/").on_connect(move |s: Socket| {
        let (gate, heard, gone, waited) =
            (closed.clone(), notes.clone(), notes.clone(), notes.clone());
        s.middleware(move |incoming: Incoming| {
            let (gate, waited) = (gate.clone(), waited.clone());
            async move {
                match &*incoming.name {
                    "kick" => incoming.socket.disconnect(),
                    _ => gate.acquire().await.unwrap().forget(),
                }
                waited.note(format!("asked about {}", incoming.name));
            }
        });
        s.on("x", move || heard.note("heard"));
        let heard = gone.clone();
        s.on("kick", move || heard.note("heard"));
        s.on_disconnect(move |_: Socket, reason| gone.note(reason));
    });
    let ada = live.join("/").await;
    let mut bob = live.join("/").await;
    bob.send(r#"42["kick"]"#).await;
    noted.expect("server namespace disconnect").await;
    noted.expect("asked about kick").await;
    let mut ada = ada;
    ada.send(r#"42["x"]"#).await;
    ada.send("41").await;
    noted.expect("client namespace disconnect").await;
    gate.add_permits(1);
    noted.expect("asked about x").await;
    ada.expect_nothing().await;
    noted.expect_nothing();
}
