//! Namespaces: several applications on one session, which never hear of each other.

#[path = "support/socketio.rs"]
mod socketio;
mod support;

use bytes::Bytes;
use sockrates::socketio::{Options, Refused, Socket};

use crate::socketio::{Live, notes};

#[tokio::test]
async fn the_slash_in_front_may_be_left_out() {
    let live = Live::start(Options::default()).await;
    assert_eq!(live.io.of("chat").name(), "/chat");
    assert_eq!(live.io.of("/chat").name(), "/chat");
    assert_eq!(live.io.of("").name(), "/");
    let (notes, mut noted) = notes();
    let noting = notes.clone();
    live.io.of("chat").on_connect(move |_: Socket| noting.note("with chat"));
    live.io.of("/chat").on_connect(move |_: Socket| notes.note("with /chat"));
    let _ada = live.join("/chat").await;
    noted.expect("with chat").await;
    noted.expect("with /chat").await;
    noted.expect_nothing();
}

/// Since the fifth revision nobody is in the main namespace without having asked.
#[tokio::test]
async fn nobody_is_in_the_main_namespace_who_did_not_join_it() {
    let live = Live::start(Options::default()).await;
    let (notes, mut noted) = notes();
    live.io.of("/").on_connect(move |_: Socket| notes.note("connected"));
    live.io.of("/admin");
    let mut ada = live.join("/admin").await;
    assert_eq!(live.io.emit("news", ()).unwrap(), 0);
    ada.expect_nothing().await;
    noted.expect_nothing();
    ada.send(r#"42["hi"]"#).await;
    ada.expect_closed().await;
}

#[tokio::test]
async fn rooms_handlers_and_middleware_belong_to_one_namespace() {
    let live = Live::start(Options::default()).await;
    for name in ["/a", "/b"] {
        live.io.of(name).on_connect(|s: Socket| {
            s.join("lobby");
            let name = s.namespace().name().to_owned();
            s.on("who", move |s: Socket| s.emit("me", &name));
        });
    }
    live.io.of("/b").on_connect(|s: Socket| {
        s.on("only b", |s: Socket| s.emit("b", ()));
    });
    live.io.of("/closed").middleware(|_: Socket| Err(Refused::new("closed")));
    let mut ada = live.join("/a").await;
    ada.join("/b").await;
    ada.send("40/closed,").await;
    ada.expect(r#"44/closed,{"message":"closed"}"#).await;
    assert_eq!(live.io.of("/a").to("lobby").emit("to a", ()).unwrap(), 1);
    ada.expect(r#"42/a,["to a"]"#).await;
    assert_eq!(live.io.of("/b").to("lobby").emit("to b", ()).unwrap(), 1);
    ada.expect(r#"42/b,["to b"]"#).await;
    assert_eq!(live.io.to("lobby").emit("to nobody", ()).unwrap(), 0);
    ada.send(r#"42/a,["only b"]"#).await;
    ada.send(r#"42/b,["only b"]"#).await;
    ada.send(r#"42/a,["who"]"#).await;
    ada.expect(r#"42/b,["b"]"#).await;
    ada.expect(r#"42/a,["me","/a"]"#).await;
    ada.expect_nothing().await;
}

#[tokio::test]
async fn a_namespace_is_there_from_when_it_is_first_named() {
    let live = Live::start(Options::default()).await;
    let mut ada = live.join("/").await;
    ada.send("40/later,").await;
    ada.expect(r#"44/later,{"message":"Invalid namespace"}"#).await;
    live.io.of("/later");
    ada.join("/later").await;
}

#[tokio::test]
async fn names_are_written_into_every_packet_but_those_of_the_main_one() {
    let live = Live::start(Options::default()).await;
    let mut ada = live.open().await;
    for name in ["/admin", "/a b", "/é", "/a?x=1", "/a/b", "//", "/1-"] {
        let namespace = live.io.of(name);
        ada.join(name).await;
        namespace.emit("x", 1).unwrap();
        ada.expect(&format!(r#"42{name},["x",1]"#)).await;
        namespace.emit("x", Bytes::from_static(b"x")).unwrap();
        let head = format!(r#"451-{name},["x",{{"_placeholder":true,"num":0}}]"#);
        ada.expect_all(&head, &[b"x"]).await;
        namespace.sockets()[0].disconnect();
        ada.expect(&format!("41{name},")).await;
    }
}

#[tokio::test]
async fn sockets_of_one_client_share_its_handshake() {
    let live = Live::start(Options::default()).await;
    live.io.of("/admin");
    let mut ada = live.join("/").await;
    ada.join("/admin").await;
    let (main, admin) =
        (live.io.of("/").sockets().remove(0), live.io.of("/admin").sockets().remove(0));
    assert!(std::ptr::eq(main.handshake(), admin.handshake()));
    assert_eq!(main.handshake().url(), "/socket.io/?EIO=4&transport=websocket");
    assert!(main.handshake().address().is_loopback());
    assert_ne!(main.id(), admin.id());
}
