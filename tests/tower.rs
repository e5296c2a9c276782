//! The server as a service of tower, by itself and within axum.
//!
//! ```text
//!   hyper ──► axum ──► Io ──► the session, also when it moves to a WebSocket
//! ```

#![cfg(feature = "tower")]

use std::future::poll_fn;
use std::net::SocketAddr;

use axum::Router;
use axum::extract::{ConnectInfo, Request as AxumRequest};
use axum::middleware::map_request;
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use http_body_util::{BodyExt, Empty};
use hyper::{Request, StatusCode};
use sockrates::socketio::{Io, Options, Peer, Socket};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::Message;
use tower_service::Service;

/// A server that tells each socket from where it came.
fn io() -> Io {
    let io = Io::new(Options::default());
    io.of("/").on_connect(|socket: Socket| {
        socket.emit("address", socket.handshake().address().to_string())
    });
    io
}

async fn call(io: &mut Io, path: &str, peer: Option<Peer>) -> (StatusCode, String) {
    let mut request = Request::new(Empty::<Bytes>::new());
    *request.uri_mut() = path.parse().unwrap();
    if let Some(peer) = peer {
        request.extensions_mut().insert(peer);
    }
    poll_fn(|cx| Service::<Request<Empty<Bytes>>>::poll_ready(io, cx)).await.unwrap();
    let answer = io.call(request).await.unwrap();
    let status = answer.status();
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn the_service_answers_for_its_own_path_only() {
    let mut io = io();
    let (status, packet) = call(&mut io, "/socket.io/?EIO=4&transport=polling", None).await;
    assert!(status == StatusCode::OK && packet.starts_with("0{"), "{packet}");
    assert_eq!(call(&mut io, "/page", None).await, (StatusCode::NOT_FOUND, "not found".into()));
    assert_eq!(call(&mut io, "/socket.io/", None).await.0, StatusCode::BAD_REQUEST);
}

/// Limits for one address go by the peer; without one everybody has the same.
#[tokio::test]
async fn the_peer_is_who_the_extensions_say() {
    let mut options = Options::default();
    options.engine.max_sessions.per_address = Some(1);
    let mut io = Io::new(options);
    let peer = |address: &str| Some(Peer(address.parse::<SocketAddr>().unwrap()));
    let mut check = async |peer, expected| {
        let (status, text) = call(&mut io, "/socket.io/?EIO=4&transport=polling", peer).await;
        assert_eq!(status, expected, "{peer:?}: {text}");
    };
    check(peer("192.0.2.1:1"), StatusCode::OK).await;
    check(peer("192.0.2.1:2"), StatusCode::TOO_MANY_REQUESTS).await;
    check(peer("192.0.2.2:1"), StatusCode::OK).await;
    check(None, StatusCode::OK).await;
    check(None, StatusCode::TOO_MANY_REQUESTS).await;
}

#[tokio::test]
async fn within_axum_a_session_opens_on_either_transport() {
    let tell_peer = |ConnectInfo(peer): ConnectInfo<SocketAddr>, mut request: AxumRequest| async move {
        request.extensions_mut().insert(Peer(peer));
        request
    };
    let app = Router::new().route_service("/socket.io/", io()).layer(map_request(tell_peer));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = app.into_make_service_with_connect_info::<SocketAddr>();
    let server = tokio::spawn(async move { axum::serve(listener, service).await });

    let stream = TcpStream::connect(address).await.unwrap();
    let url = format!("ws://{address}/socket.io/?EIO=4&transport=websocket");
    let (mut websocket, answer) = client_async(url, stream).await.unwrap();
    assert_eq!(answer.status(), StatusCode::SWITCHING_PROTOCOLS);
    websocket.send(Message::text("40")).await.unwrap();
    let mut packets = Vec::new();
    while packets.len() < 3 {
        packets.push(websocket.next().await.unwrap().unwrap().into_text().unwrap().to_string());
    }
    assert!(packets[0].starts_with("0{") && packets[1].starts_with("40{"), "{packets:?}");
    assert_eq!(packets[2], r#"42["address","127.0.0.1"]"#);
    server.abort();
}
