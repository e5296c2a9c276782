//! The sample session of the specification, request by request, on the live server.
//! Spec: Socket.IO v5, "Sample session".
//!
//! ```text
//!   1  GET  0{"sid":…}           4  GET  42["hey","Jude"]
//!   2  POST 40                   5  POST 42["hello"]␞42["world"]
//!   3  GET  40{"sid":…}          6  the WebSocket: 2probe, 3probe, 5, …
//! ```

mod support;

use std::time::Duration;

use bytes::Bytes;
use sockrates::engineio::options::Options as EngineOptions;
use sockrates::socketio::{Ack, Io, Options, Socket};
use support::polling::sid;
use support::{Live, http, within};
use tokio::sync::mpsc::unbounded_channel;

/// The whole of it, on one server in memory, so that "a while" passes at once.
#[tokio::test(start_paused = true)]
async fn the_sample_session() {
    let engine = EngineOptions {
        path: "/socket.io/".to_owned(),
        ping_timeout: Duration::from_secs(5),
        ..EngineOptions::default()
    };
    let io = Io::new(Options { engine, ..Options::default() });
    let (heard, mut hearing) = unbounded_channel();
    let (connected, mut sockets) = unbounded_channel();
    io.of("/").on_connect(move |socket: Socket| {
        for event in ["hello", "world"] {
            let heard = heard.clone();
            socket.on(event, move || heard.send(event).unwrap());
        }
        connected.send(socket).unwrap();
    });
    io.of("/admin").on_connect(|socket: Socket| {
        socket.on("tellme", |ack: Ack| ack.send(Bytes::from_static(b"secret")));
    });
    let server = Live::io_in_memory(&io);

    // Request n°1 (open packet)
    let answer = server.request(http::get("/socket.io/?EIO=4&transport=polling&t=N8hyd6w")).await;
    let name = sid(answer.text());
    answer.check(
        200,
        &format!(
            "0{{\"sid\":\"{name}\",\"upgrades\":[\"websocket\"],\"pingInterval\":25000,\
             \"pingTimeout\":5000,\"maxPayload\":1000000}}"
        ),
    );
    assert_eq!(answer.header("content-type"), Some("text/plain; charset=UTF-8"));

    // Request n°2 (namespace connection request)
    let target = format!("/socket.io/?EIO=4&transport=polling&t=N8hyd7H&sid={name}");
    server.request(http::post(&target, "40")).await.check(200, "ok");

    // Request n°3 (namespace connection approval)
    let answer = server.request(http::get(&target)).await;
    let socket_name = sid(answer.text());
    assert_ne!(socket_name, name);
    answer.check(200, &format!(r#"40{{"sid":"{socket_name}"}}"#));

    // Request n°4: `socket.emit('hey', 'Jude')` is executed on the server
    let patience = server.patience;
    let socket = within(patience, "the socket", sockets.recv()).await.unwrap();
    socket.emit("hey", "Jude").unwrap();
    server.request(http::get(&target)).await.check(200, r#"42["hey","Jude"]"#);

    // Request n°5 (message out): `socket.emit('hello'); socket.emit('world');` on the client
    let body = "42[\"hello\"]\x1e42[\"world\"]";
    server.request(http::post(&target, body)).await.check(200, "ok");
    for event in ["hello", "world"] {
        assert_eq!(within(patience, event, hearing.recv()).await, Some(event));
    }

    // Request n°6 (WebSocket upgrade)
    let query = format!("EIO=4&transport=websocket&sid={name}");
    let mut websocket = server.websocket_at(&query).await;
    websocket.send("2probe").await;
    websocket.expect("3probe").await;
    websocket.send("5").await;
    websocket.send(r#"42["hello"]"#).await;
    websocket.send(r#"42["world"]"#).await;
    for event in ["hello", "world"] {
        assert_eq!(within(patience, event, hearing.recv()).await, Some(event));
    }
    websocket.send("40/admin,").await;
    let granted = websocket.text().await;
    let admin_name = sid(&granted);
    assert_eq!(granted, format!(r#"40/admin,{{"sid":"{admin_name}"}}"#));
    assert!(admin_name != name && admin_name != socket_name);
    websocket.send(r#"42/admin,1["tellme"]"#).await;
    websocket.expect(r#"461-/admin,1[{"_placeholder":true,"num":0}]"#).await;
    assert_eq!(websocket.binary().await, b"secret");

    // "... after a while without message"
    websocket.expect("2").await;
    websocket.send("3").await;
    websocket.send("1").await;
    assert_eq!(websocket.closed().await, Some((1000, "transport close".into())));
}
