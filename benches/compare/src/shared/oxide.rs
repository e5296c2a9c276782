//! The contract of a benchmarked server, kept by socketioxide on axum.

use std::error::Error;

use axum::Router;
use axum::serve::ListenerExt as _;
use bytes::Bytes;
use serde_json::Value;
use socketioxide::SocketIo;
use socketioxide::extract::{AckSender, Data, SocketRef};
use tokio::net::TcpListener;
use tokio::runtime::Builder;

use crate::args;

/// No arguments: `()` would be one, `null`.
const NOTHING: [(); 0] = [];

/// Serves until the process is ended.
pub fn serve() -> Result<(), Box<dyn Error>> {
    // The messages of the storm are as large as Node's default allows.
    let (layer, io) = SocketIo::builder().max_payload(1_000_000).build_layer();
    io.ns("/", async |socket: SocketRef| {
        socket.on("echo", async |socket: SocketRef, Data::<Value>(data)| {
            socket.emit("echo", &data).ok();
        });
        socket.on("bin", async |socket: SocketRef, Data::<Bytes>(data)| {
            socket.emit("bin", &data).ok();
        });
        socket.on("ack-me", async |Data::<Value>(data), ack: AckSender| {
            ack.send(&data).ok();
        });
        socket.on("join", async |socket: SocketRef, Data::<String>(room), ack: AckSender| {
            socket.join(room);
            ack.send(&NOTHING).ok();
        });
        socket.on("leave", async |socket: SocketRef, Data::<String>(room), ack: AckSender| {
            socket.leave(room);
            ack.send(&NOTHING).ok();
        });
        socket.on("bcast", async |socket: SocketRef, Data::<(String, Value)>((room, data))| {
            socket.within(room).emit("bcast", &data).await.ok();
        });
    });
    let mut runtime = match args::number("--threads", 1) {
        1 => Builder::new_current_thread(),
        threads => {
            let mut runtime = Builder::new_multi_thread();
            runtime.worker_threads(threads.into());
            runtime
        }
    };
    runtime.enable_all().build()?.block_on(async {
        let listener = TcpListener::bind(("127.0.0.1", args::number("--port", 0))).await?;
        args::announce(listener.local_addr()?)?;
        let listener = listener.tap_io(|stream| {
            let _ = stream.set_nodelay(true);
        });
        axum::serve(listener, Router::new().layer(layer)).await?;
        Ok(())
    })
}
