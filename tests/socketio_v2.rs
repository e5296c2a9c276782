//! Clients of Socket.IO 1.x and 2.x: what they say and are told, where it is not what clients of
//! today say and are told.
//!
//! ```text
//!   S: 40                       in the main namespace, without having asked
//!   C: 40/admin?token=abc,      S: 40/admin,   or   S: 44/admin,"no"
//! ```
//!
//! Over WebSocket, the type of the Engine.IO packet stands in front of bytes as well: `04`.

#[path = "support/socketio.rs"]
mod socketio;
mod support;

use std::time::Duration;

use bytes::Bytes;
use serde::Deserialize;
use sockrates::engineio::options::Options as EngineOptions;
use sockrates::socketio::{Ack, Args, DisconnectReason, Options, Refused, Socket};
use tokio::time::Instant;

use crate::socketio::{Got, Live, Peer, notes};
use crate::support::http;

/// The settings of a server that serves them.
fn options() -> Options {
    let defaults = Options::default();
    let engine = EngineOptions { allow_eio3: true, ..defaults.engine };
    Options { engine, ..defaults }
}

/// An older client, in the main namespace.
async fn join(live: &Live) -> Peer {
    let mut peer = live.open_with("EIO=3").await;
    peer.expect("40").await;
    peer
}

/// Sends every event back, and its data as the answer.
fn echo(socket: &Socket) {
    socket.on("echo", |socket: Socket, args: Args, ack: Ack| {
        socket.emit("echo", args.clone())?;
        ack.send(args)
    });
}

#[tokio::test]
async fn whoever_opens_a_session_is_in_the_main_namespace() {
    let live = Live::start(options()).await;
    let (notes, mut noted) = notes();
    live.io.of("/").on_connect(move |socket: Socket| {
        notes.note(format!("connected with {}", socket.auth()));
        socket.emit("hello", ()).unwrap();
    });
    let mut ada = join(&live).await;
    noted.expect("connected with {}").await;
    ada.expect(r#"42["hello"]"#).await;
    assert_eq!(live.io.emit("news", 1).unwrap(), 1);
    ada.expect(r#"42["news",1]"#).await;
    ada.expect_nothing().await;
}

/// As two packets of revision 3: each behind its length.
#[tokio::test]
async fn the_welcome_comes_right_behind_the_open_packet() {
    let live = Live::start(options()).await;
    let opened = live.request(http::get(&live.target("EIO=3&transport=polling"))).await;
    assert!(opened.text().ends_with("}2:40"), "{}", opened.text());
}

/// They are never let in unasked, and a question mark is part of a name to them.
#[tokio::test]
async fn clients_of_today_still_have_to_ask() {
    let live = Live::start(options()).await;
    let mut ada = live.open().await;
    ada.expect_nothing().await;
    ada.join("/").await;
    live.io.of("/a?x=1");
    ada.join("/a?x=1").await;
}

/// The session's name would let anybody speak in a client's place. A client of 2.x takes it for
/// its socket's name as well; here the two differ.
#[tokio::test]
async fn a_socket_is_not_known_by_the_name_of_its_session() {
    let live = Live::start(options()).await;
    live.io.of("/admin");
    let mut ada = join(&live).await;
    ada.send("40/admin").await;
    ada.expect("40/admin,").await;
    let id = |namespace| live.io.of(namespace).sockets()[0].id().to_string();
    let (main, admin) = (id("/"), id("/admin"));
    assert!(main != ada.sid && !admin.contains(&ada.sid) && main != admin);
    assert_eq!(live.io.to(&ada.sid).emit("private", ()).unwrap(), 0);
    assert_eq!(live.io.to(&main).emit("private", ()).unwrap(), 1);
    ada.expect(r#"42["private"]"#).await;
}

#[tokio::test]
async fn what_follows_the_question_mark_is_read_like_auth() {
    #[derive(Deserialize)]
    struct Auth {
        token: String,
        room: Option<String>,
    }
    let live = Live::start(options()).await;
    let (notes, mut noted) = notes();
    live.io.of("/admin").middleware(|socket: Socket| {
        let auth: Auth =
            serde_json::from_str(socket.auth()).map_err(|_| Refused::new("who are you?"))?;
        if auth.token == "a&b c" { Ok(()) } else { Err(Refused::new("not you")) }
    });
    live.io.of("/admin").on_connect(move |socket: Socket| {
        let auth: Auth = serde_json::from_str(socket.auth()).unwrap();
        notes.note(auth.room.unwrap_or_default());
    });
    let mut ada = join(&live).await;
    for (packet, answer) in [
        ("40/admin,", r#"44/admin,"who are you?""#),
        ("40/admin?token=x", r#"44/admin,"not you""#),
        (r#"40/admin?token=x,{"token":"a&b c"}"#, r#"44/admin,"not you""#),
        ("40/admin?token=a%26b+c&room=1&room=2,", "40/admin,"),
    ] {
        ada.send(packet).await;
        ada.expect(answer).await;
    }
    noted.expect("2").await;
    // The query of the session's own request is still there.
    let socket = &live.io.of("/admin").sockets()[0];
    assert_eq!(socket.handshake().query().next(), Some(("EIO".into(), "3".into())));
}

#[tokio::test]
async fn whoever_is_refused_hears_the_data_or_the_message() {
    let live = Live::start(options()).await;
    live.io.of("/").middleware(|_: Socket| Err(Refused::new("not \"you\"")));
    live.io.of("/admin").middleware(|_: Socket| {
        Err(Refused::new("no").with_data(&serde_json::json!({"code": 7})).unwrap())
    });
    live.io.of("/open");
    let (notes, mut noted) = notes();
    live.io.of("/").on_connect(move |_: Socket| notes.note("connected"));
    let mut ada = live.open_with("EIO=3").await;
    ada.expect(r#"44"not \"you\"""#).await;
    // It may ask again, and join others.
    ada.send("40").await;
    ada.expect(r#"44"not \"you\"""#).await;
    ada.send("40/admin").await;
    ada.expect(r#"44/admin,{"code":7}"#).await;
    ada.send("40/nowhere?x=1,").await;
    ada.expect(r#"44/nowhere,{"message":"Invalid namespace"}"#).await;
    ada.send("40/open").await;
    ada.expect("40/open,").await;
    noted.expect_nothing();
}

#[tokio::test(start_paused = true)]
async fn whoever_was_refused_everywhere_is_closed_in_time() {
    let connect_timeout = Duration::from_secs(7);
    let live = Live::in_memory(Options { connect_timeout, ..options() });
    live.io.of("/").middleware(|_: Socket| Err(Refused::new("no")));
    let opened = Instant::now();
    let mut ada = live.open_with("EIO=3").await;
    ada.expect(r#"44"no""#).await;
    ada.expect_closed().await;
    assert_eq!(opened.elapsed().as_secs(), 7);
}

/// It is in no hurry while the middleware of the main namespace thinks, but may do nothing there.
#[tokio::test(start_paused = true)]
async fn a_middleware_may_take_its_time() {
    let live = Live::in_memory(options());
    live.io.of("/").middleware(async |_: Socket| {
        tokio::time::sleep(Duration::from_secs(5)).await;
        Ok(())
    });
    live.io.of("/").on_connect(|socket: Socket| echo(&socket));
    live.io.of("/other").on_connect(|socket: Socket| echo(&socket));
    let mut ada = live.open_with("EIO=3").await;
    ada.send("40/other").await;
    ada.expect("40/other,").await;
    ada.expect("40").await;
    ada.send(r#"42["echo"]"#).await;
    ada.expect(r#"42["echo"]"#).await;

    let mut bob = live.open_with("EIO=3").await;
    bob.send(r#"42["echo"]"#).await;
    bob.expect_closed().await;
}

#[tokio::test]
async fn events_answers_and_bytes_go_both_ways() {
    let live = Live::start(options()).await;
    for namespace in ["/", "/admin"] {
        live.io.of(namespace).on_connect(|socket: Socket| echo(&socket));
    }
    let mut ada = join(&live).await;
    ada.send("40/admin?x=1,").await;
    ada.expect("40/admin,").await;
    for name in ["", "/admin,"] {
        ada.send(&format!(r#"42{name}["echo",1,"a"]"#)).await;
        ada.expect(&format!(r#"42{name}["echo",1,"a"]"#)).await;
        ada.send(&format!(r#"42{name}7["echo"]"#)).await;
        ada.expect(&format!(r#"42{name}["echo"]"#)).await;
        ada.expect(&format!("43{name}7[]")).await;

        // In front of bytes stands the type of the Engine.IO packet.
        let placeholder = r#"{"_placeholder":true,"num":0}"#;
        let bytes: &[&[u8]] = &[b"\x04abc"];
        ada.send_all(&format!(r#"451-{name}8["echo",{placeholder}]"#), bytes).await;
        ada.expect_all(&format!(r#"451-{name}["echo",{placeholder}]"#), bytes).await;
        ada.expect_all(&format!("461-{name}8[{placeholder}]"), bytes).await;
    }
    ada.expect_nothing().await;
}

#[tokio::test]
async fn the_server_asks_and_the_client_answers() {
    let live = Live::start(options()).await;
    let mut ada = join(&live).await;
    let socket = live.io.of("/").sockets().remove(0);
    let asking =
        tokio::spawn(async move { socket.emit_with_ack::<(String, Bytes)>("ask", 1).await });
    let question = ada.text().await;
    let id = question.strip_prefix("42").and_then(|rest| rest.strip_suffix(r#"["ask",1]"#));
    let id = id.expect("an event with an id");
    let head = format!(r#"461-{id}["a",{{"_placeholder":true,"num":0}}]"#);
    ada.send_all(&head, &[b"\x04abc"]).await;
    let answer = asking.await.unwrap().unwrap();
    assert_eq!(answer, ("a".to_owned(), Bytes::from_static(b"abc")));
}

#[tokio::test]
async fn a_broadcast_reaches_clients_of_all_ages() {
    let live = Live::start(options()).await;
    let mut ada = join(&live).await;
    let mut bob = live.join("/").await;
    assert_eq!(live.io.emit("news", Bytes::from_static(b"abc")).unwrap(), 2);
    let head = r#"451-["news",{"_placeholder":true,"num":0}]"#;
    ada.expect_all(head, &[b"\x04abc"]).await;
    bob.expect_all(head, &[b"abc"]).await;
}

#[tokio::test]
async fn either_side_may_end_it() {
    let live = Live::start(options()).await;
    let (notes, mut noted) = notes();
    for namespace in ["/", "/admin"] {
        let notes = notes.clone();
        live.io.of(namespace).on_connect(move |socket: Socket| {
            let notes = notes.clone();
            socket.on_disconnect(move |socket: Socket, reason: DisconnectReason| {
                notes.note(format!("{} {reason}", socket.namespace().name()));
            });
            socket.on("leave", |socket: Socket| socket.disconnect());
            socket.on("go", |socket: Socket| socket.disconnect_client());
        });
    }
    let mut ada = join(&live).await;
    ada.send("40/admin").await;
    ada.expect("40/admin,").await;
    ada.send("41/admin,").await;
    noted.expect("/admin client namespace disconnect").await;
    ada.send("40/admin").await;
    ada.expect("40/admin,").await;
    ada.send(r#"42/admin,["leave"]"#).await;
    ada.expect("41/admin,").await;
    noted.expect("/admin server namespace disconnect").await;
    ada.send("41").await;
    noted.expect("/ client namespace disconnect").await;
    // Having left, it has to ask as anybody does.
    ada.send("40").await;
    ada.expect("40").await;
    ada.send(r#"42["go"]"#).await;
    ada.expect("41").await;
    ada.expect_closed().await;
    noted.expect("/ server namespace disconnect").await;
}

#[tokio::test]
async fn whoever_joins_twice_or_speaks_unasked_is_closed() {
    let live = Live::start(options()).await;
    live.io.of("/admin");
    for said in [
        &["40"][..],
        &["40,"],
        &["40/?x=1"],
        &["40/admin?x=1", "40/admin?x=2"],
        &["41", r#"42["e"]"#],
        &[r#"42/admin,["e"]"#],
        &["41/admin"],
        &[r#"44"no""#],
        &["42[]"],
        &["40/admin?a=1,b=2,"],
    ] {
        let mut ada = join(&live).await;
        for packet in said {
            ada.send(packet).await;
        }
        let mut got = ada.next().await;
        if said.len() == 2 && got == Got::Text("40/admin,".to_owned()) {
            got = ada.next().await;
        }
        assert_eq!(got, Got::Closed, "{said:?}");
    }
}
