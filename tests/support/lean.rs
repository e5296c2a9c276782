//! A client that costs next to nothing, so that what is counted is the server's work.
//!
//! ```text
//!   81 9b mm mm mm mm …      what it says was written down before, mask and all
//!   81 1b 4 2 [ " e c …      what it has to hear is known byte for byte
//! ```
//!
//! Once it is there it neither asks for memory nor looks at a clock.

use sockrates::socketio::Io;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::runtime::{Builder, Runtime};

use super::websocket::{BINARY, TEXT, frame, head};
use super::{Live, Wire};

/// The most that it hears at once.
const MOST: usize = 64 << 10;

/// A server in memory, and the thread that it shares with its clients.
pub struct World {
    pub runtime: Runtime,
    pub io: Io,
    pub live: Live,
}

impl World {
    /// Of this server. Its clock may stand still, and then moves only when nobody has work.
    pub fn new(io: Io, start_paused: bool) -> Self {
        let mut builder = Builder::new_current_thread();
        let runtime = builder.enable_time().start_paused(start_paused).build();
        let runtime = runtime.expect("a runtime");
        let live = runtime.block_on(async { Live::io_in_memory(&io) });
        Self { runtime, io, live }
    }

    /// A client in the main namespace.
    pub fn client(&self) -> Lean {
        self.runtime.block_on(Lean::joined(&self.live))
    }
}

/// One connection on which all that comes is known before.
pub struct Lean {
    wire: Wire,
    heard: Vec<u8>,
}

impl Lean {
    /// A client in the main namespace, on WebSocket.
    pub async fn joined(live: &Live) -> Self {
        let mut websocket = live.raw_websocket("EIO=4&transport=websocket").await;
        for (number, says) in [Some("40"), None].into_iter().enumerate() {
            let came = websocket.next().await.expect("a packet of the server");
            assert_eq!(came.payload[0], [b'0', b'4'][number], "{came:?}");
            if let Some(says) = says {
                websocket.text(says).await;
            }
        }
        Self::on(websocket.http.into_wire())
    }

    /// A client on this wire.
    pub fn on(wire: Wire) -> Self {
        Self { wire, heard: vec![0; MOST] }
    }

    /// Writes these bytes.
    pub async fn says(&mut self, bytes: &[u8]) {
        self.wire.write_all(bytes).await.expect("the server reads");
    }

    /// Reads exactly these bytes.
    pub async fn hears(&mut self, expected: &[u8]) {
        let heard = &mut self.heard[..expected.len()];
        self.wire.read_exact(heard).await.expect("the server writes");
        assert!(heard == expected, "something else came");
    }

    /// Reads up to these bytes, which are the last for now.
    pub async fn hears_up_to(&mut self, end: &[u8]) {
        let mut length = 0;
        while !self.heard[..length].ends_with(end) {
            let count = self.wire.read(&mut self.heard[length..]).await.expect("the server writes");
            assert!(count > 0, "the server has closed, or something else came");
            length += count;
        }
    }
}

/// What a client writes to say this.
pub fn said(text: &str) -> Vec<u8> {
    frame(TEXT, text.as_bytes())
}

/// What a client writes to say this.
pub fn said_binary(bytes: &[u8]) -> Vec<u8> {
    frame(BINARY, bytes)
}

/// What a client reads that is told this.
pub fn heard(text: &str) -> Vec<u8> {
    [&head(TEXT, text.len(), false), text.as_bytes()].concat()
}

/// What a client reads that is told this.
pub fn heard_binary(bytes: &[u8]) -> Vec<u8> {
    [&head(BINARY, bytes.len(), false), bytes].concat()
}
