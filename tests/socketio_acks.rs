//! Socket.IO v5, "Acknowledgement": answers in both directions, in time or not at all.

#[path = "support/socketio.rs"]
mod socketio;
mod support;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;
use sockrates::socketio::{Ack, AckError, Args, Options, Socket};
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::socketio::{Got, Live, Peer};

const ZERO: &str = r#"{"_placeholder":true,"num":0}"#;

async fn only_socket(live: &Live) -> Socket {
    support::until("one socket", || live.io.of("/").sockets().len() == 1).await;
    live.io.of("/").sockets().remove(0)
}

/// A client, and its socket on the server.
async fn pair(live: &Live) -> (Peer, Socket) {
    let ada = live.join("/").await;
    let socket = only_socket(live).await;
    (ada, socket)
}

/// [SIO5-ACK-1] "The sender MAY include an event ID in order to request an acknowledgement from
/// the receiver" [SIO5-ACK-2] "The receiver MUST respond with an `ACK` packet with the same event
/// ID." [SIO5-ACK-3] "The payload is mandatory and MUST be an array (possibly empty)."
#[tokio::test]
async fn whoever_wants_an_answer_gets_it_under_its_own_number() {
    let live = Live::start(Options::default()).await;
    for name in ["/", "/admin"] {
        live.io.of(name).on_connect(|s: Socket| {
            s.on("add", |(a, b): (i64, i64), ack: Ack| ack.send(a + b));
            s.on("none", |ack: Ack| ack.send(()));
            s.on("two", async |ack: Ack| ack.send((1, "x")));
            s.on("list", |ack: Ack| ack.send(vec![1, 2]));
            s.on("bytes", |ack: Ack| ack.send(Bytes::from_static(b"1234")));
            s.on("args", |args: Args, ack: Ack| ack.send(&args));
        });
    }
    let mut ada = live.join("/").await;
    for (event, answer) in [
        (r#"4212["add",1,2]"#, "4312[3]"),
        (r#"420["add",1,2]"#, "430[3]"),
        (r#"42007["none"]"#, "437[]"),
        (r#"429007199254740992["two"]"#, r#"439007199254740992[1,"x"]"#),
        (r#"421["list"]"#, "431[[1,2]]"),
        (r#"421["args",1.0,"\ud83d"]"#, r#"431[1.0,"\ud83d"]"#),
    ] {
        ada.send(event).await;
        ada.expect(answer).await;
    }
    ada.send(r#"421["bytes"]"#).await;
    ada.expect_all(&format!("461-1[{ZERO}]"), &[b"1234"]).await;
    ada.send_all(&format!(r#"451-3["args",{ZERO}]"#), &[b"xyz"]).await;
    ada.expect_all(&format!("461-3[{ZERO}]"), &[b"xyz"]).await;
    ada.join("/admin").await;
    ada.send(r#"42/admin,13["add",1,2]"#).await;
    ada.expect("43/admin,13[3]").await;
    ada.send_all(&format!(r#"451-/admin,3["args",{ZERO}]"#), &[b"xyz"]).await;
    ada.expect_all(&format!("461-/admin,3[{ZERO}]"), &[b"xyz"]).await;
}

#[tokio::test]
async fn the_first_answer_counts_and_nobody_is_answered_who_did_not_ask() {
    let live = Live::start(Options::default()).await;
    live.io.of("/").on_connect(|s: Socket| {
        s.on("twice", |ack: Ack| {
            let again = ack.clone();
            ack.send("first").unwrap();
            again.send("second")
        });
        s.on("twice", |ack: Ack| ack.send("another handler"));
        s.on("bad", |ack: Ack| {
            // What can not be sent was not sent, so there may be another try.
            assert!(ack.send([(vec![1], 2)].into_iter().collect::<BTreeMap>()).is_err());
            ack.send("second try")
        });
    });
    let mut ada = live.join("/").await;
    ada.send(r#"42["twice"]"#).await;
    ada.expect_nothing().await;
    ada.send(r#"427["twice"]"#).await;
    ada.expect(r#"437["first"]"#).await;
    ada.send(r#"428["bad"]"#).await;
    ada.expect(r#"438["second try"]"#).await;
    ada.expect_nothing().await;
}

type BTreeMap = std::collections::BTreeMap<Vec<i32>, i32>;

/// Trap 36. Threat 73.
#[tokio::test]
async fn a_number_that_is_none_closes_the_session() {
    let live = Live::start(Options::default()).await;
    for packet in [
        r#"4299999999999999999999["x"]"#,
        r#"429007199254740993["x"]"#,
        r#"42-1["x"]"#,
        r#"421.5["x"]"#,
        r#"421e3["x"]"#,
        r#"42 1["x"]"#,
        r#"42٣["x"]"#,
        "4399999999999999999999[]",
        "43-1[]",
        "43[]",
    ] {
        let mut eve = live.join("/").await;
        eve.send(packet).await;
        let got = eve.next().await;
        assert_eq!(got, Got::Closed, "{packet}");
    }
    let mut eve = live.join("/").await;
    eve.send(&format!(r#"42{}["x"]"#, "9".repeat(1000))).await;
    eve.expect_closed().await;
}

/// Trap 36. Threat 72. Late, doubled and unknown answers find nobody, and harm nobody.
#[tokio::test]
async fn an_answer_is_given_to_whoever_asked_and_to_nobody_else() {
    let live = Live::start(Options::default()).await;
    let (mut ada, socket) = pair(&live).await;
    for packet in ["430[]", "437[1]", "439007199254740992[]", r#"430["x"]"#] {
        ada.send(packet).await;
    }
    ada.expect_nothing().await;
    let first = socket.emit_with_ack::<String>("q", 1);
    let second = socket.emit_with_ack::<String>("q", 2);
    ada.expect(r#"420["q",1]"#).await;
    ada.expect(r#"421["q",2]"#).await;
    ada.send(r#"431["to the second"]"#).await;
    ada.send(r#"431["once more"]"#).await;
    ada.send(r#"430["to the first"]"#).await;
    assert_eq!(first.await.unwrap(), "to the first");
    assert_eq!(second.await.unwrap(), "to the second");
    // The wrong namespace is not the right one.
    live.io.of("/admin");
    ada.join("/admin").await;
    let third = socket.emit_with_ack::<Value>("q", ());
    ada.expect(r#"422["q"]"#).await;
    ada.send(r#"43/admin,2["from elsewhere"]"#).await;
    ada.send(r#"432["from here"]"#).await;
    assert_eq!(third.await.unwrap(), "from here");
}

#[tokio::test]
async fn an_answer_is_read_as_what_was_asked_for() {
    let live = Live::start(Options::default()).await;
    let (mut ada, socket) = pair(&live).await;
    let none = socket.emit_with_ack::<()>("q", ());
    let two = socket.emit_with_ack::<(i64, String)>("q", ());
    let bytes = socket.emit_with_ack::<Bytes>("q", Bytes::from_static(b"xyz"));
    let wrong = socket.emit_with_ack::<i64>("q", ());
    let missing = socket.emit_with_ack::<String>("q", ());
    ada.expect(r#"420["q"]"#).await;
    ada.expect(r#"421["q"]"#).await;
    ada.expect_all(&format!(r#"451-2["q",{ZERO}]"#), &[b"xyz"]).await;
    ada.send("430[]").await;
    ada.send(r#"431[7,"x",null]"#).await;
    ada.send_all(&format!("461-2[{ZERO}]"), &[b"1234"]).await;
    ada.send(r#"433["seven"]"#).await;
    ada.send("434[]").await;
    let all = socket.emit_with_ack::<Args>("q", ());
    ada.send(r#"435[1,"x",{"_placeholder":true}]"#).await;
    none.await.unwrap();
    assert_eq!(two.await.unwrap(), (7, "x".to_owned()));
    assert_eq!(bytes.await.unwrap(), b"1234".as_slice());
    assert!(matches!(wrong.await, Err(AckError::Unreadable(_))));
    assert_eq!(all.await.unwrap().json(), r#"[1,"x",{"_placeholder":true}]"#);
    assert!(matches!(missing.await, Err(AckError::Unreadable(_))));
}

/// Trap 42. Threat 74.
#[tokio::test(start_paused = true)]
async fn an_answer_that_does_not_come_in_time_is_not_waited_for() {
    let live = Live::in_memory(Options::default());
    let (mut ada, socket) = pair(&live).await;
    let begin = Instant::now();
    let error = socket.emit_with_ack::<()>("q", ()).await.unwrap_err();
    assert_eq!(begin.elapsed().as_secs(), 30, "unless the caller says otherwise");
    assert_eq!(error.to_string(), "the client did not answer in time");
    let begin = Instant::now();
    let second = Duration::from_secs(1);
    let error = socket.timeout(second).emit_with_ack::<()>("q", ()).await.unwrap_err();
    assert_eq!(begin.elapsed().as_secs(), 1);
    assert!(matches!(error, AckError::TimedOut));
    // Late answers are harmless.
    ada.expect(r#"420["q"]"#).await;
    ada.send("430[]").await;
    ada.expect(r#"421["q"]"#).await;
    ada.send("431[]").await;
    ada.expect_nothing().await;
    // One that is in time at the last moment is in time.
    let answer = tokio::spawn(socket.timeout(second).emit_with_ack::<i64>("q", ()));
    ada.expect(r#"422["q"]"#).await;
    tokio::time::sleep(Duration::from_millis(990)).await;
    ada.send("432[7]").await;
    assert_eq!(answer.await.unwrap().unwrap(), 7);
    // The time begins when the event is sent, not when somebody begins to wait.
    let begin = Instant::now();
    let unwatched = socket.timeout(second).emit_with_ack::<()>("q", ());
    tokio::time::sleep(second * 3).await;
    assert!(matches!(unwatched.await, Err(AckError::TimedOut)));
    assert_eq!(begin.elapsed().as_secs(), 3);
}

/// Trap 42.
#[tokio::test]
async fn whoever_waits_for_a_client_that_leaves_is_told_at_once() {
    let live = Live::start(Options::default()).await;
    for way in ["41", "server", "vanish"] {
        let (mut ada, socket) = pair(&live).await;
        let hour = Duration::from_secs(3600);
        let pending = socket.timeout(hour).emit_with_ack::<()>("q", ());
        assert!(ada.text().await.ends_with(r#"["q"]"#));
        match way {
            "41" => ada.send("41").await,
            "server" => socket.disconnect(),
            _ => ada.vanish(),
        }
        let failed = support::within(support::PATIENCE, "the failure", pending);
        assert_eq!(failed.await.unwrap_err().to_string(), "the socket is disconnected", "{way}");
        // And whoever asks now need not wait at all.
        let error = socket.emit_with_ack::<()>("q", ()).await.unwrap_err();
        assert_eq!(error.to_string(), "the socket is disconnected", "{way}");
        support::until("nobody", || live.io.of("/").sockets().is_empty()).await;
    }
}

/// Trap 42. In the reference server such answers are never settled.
#[tokio::test]
async fn a_handler_that_waits_for_a_client_that_leaves_goes_on() {
    let live = Live::start(Options::default()).await;
    let gone = Arc::new(Notify::new());
    let noted = gone.clone();
    live.io.of("/").on_connect(move |s: Socket| {
        let gone = gone.clone();
        async move {
            assert!(s.emit_with_ack::<()>("q", ()).await.is_err());
            gone.notify_one();
        }
    });
    let mut ada = live.join("/").await;
    ada.expect(r#"420["q"]"#).await;
    ada.vanish();
    support::within(support::PATIENCE, "the handler", noted.notified()).await;
}

/// Threat 74.
#[tokio::test]
async fn so_many_answers_are_awaited_and_no_more() {
    let live = Live::start(Options { max_acks: 2, ..Options::default() }).await;
    let (mut ada, socket) = pair(&live).await;
    let first = socket.emit_with_ack::<i64>("q", ());
    let second = socket.emit_with_ack::<i64>("q", ());
    let error = socket.emit_with_ack::<i64>("q", ()).await.unwrap_err();
    assert_eq!(error.to_string(), "too many answers of this socket are awaited");
    ada.expect(r#"420["q"]"#).await;
    ada.expect(r#"421["q"]"#).await;
    ada.expect_nothing().await;
    // An answer makes room, and so does somebody who does not want his any more.
    ada.send("431[7]").await;
    assert_eq!(second.await.unwrap(), 7);
    drop(first);
    let third = socket.emit_with_ack::<i64>("q", ());
    let fourth = socket.emit_with_ack::<i64>("q", ());
    ada.expect(r#"423["q"]"#).await;
    ada.expect(r#"424["q"]"#).await;
    ada.send("434[4]").await;
    ada.send("433[3]").await;
    assert_eq!((third.await.unwrap(), fourth.await.unwrap()), (3, 4));
}

#[tokio::test]
async fn numbers_of_one_namespace_are_its_own_and_shared_by_its_sockets() {
    let live = Live::start(Options::default()).await;
    live.io.of("/admin");
    let mut ada = live.join("/").await;
    let mut bob = live.join("/").await;
    ada.join("/admin").await;
    let find = |namespace: &str, id: &str| live.io.of(namespace).to(id).sockets().remove(0);
    let admin = find("/admin", &ada.id);
    let bobs = find("/", &bob.id);
    drop(bobs.emit_with_ack::<()>("q", ()));
    drop(bobs.emit_with_ack::<()>("q", ()));
    drop(admin.emit_with_ack::<()>("q", ()));
    bob.expect(r#"420["q"]"#).await;
    bob.expect(r#"421["q"]"#).await;
    ada.expect(r#"42/admin,0["q"]"#).await;
}

/// [SIO5-ACK-2] holds for a client on polling as well.
#[tokio::test]
async fn answers_travel_on_polling() {
    let live = Live::start(Options::default()).await;
    live.io.of("/").on_connect(|s: Socket| {
        s.on("add", |(a, b): (i64, i64), ack: Ack| ack.send(a + b));
    });
    let mut ada = live.join_polling("/").await;
    ada.send(r#"4212["add",1,2]"#).await;
    ada.expect("4312[3]").await;
    let answer = only_socket(&live).await.emit_with_ack::<i64>("q", ());
    ada.expect(r#"420["q"]"#).await;
    ada.send("430[7]").await;
    assert_eq!(answer.await.unwrap(), 7);
}
