//! A WebSocket from the client's side: by a library ([`Ws`]), and frame by frame ([`RawWs`]).
//!
//! ```text
//!   81 85 mm mm mm mm …      from the client: masked
//!   81 05 h e l l o          from the server
//! ```

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, client_async};

use super::http::Http;
use super::{Wire, within};

/// A WebSocket that keeps the rules.
pub struct Ws {
    stream: WebSocketStream<Wire>,
    patience: Duration,
    /// The open packet, where one was read.
    pub open: String,
}

impl Ws {
    /// Opens a WebSocket on this wire.
    pub async fn connect(wire: Wire, target: &str, patience: Duration) -> Self {
        let connecting = client_async(format!("ws://a{target}"), wire);
        let connected = within(patience, "the answer to an opening handshake", connecting).await;
        let (stream, _) = connected.expect("101 Switching Protocols");
        Self { stream, patience, open: String::new() }
    }

    /// Sends a text frame.
    pub async fn send(&mut self, text: &str) {
        self.send_message(Message::text(text)).await;
    }

    /// Sends a text frame, if the server still takes it. Whether it does.
    pub async fn try_send(&mut self, text: &str) -> bool {
        let sending = self.stream.send(Message::text(text));
        within(self.patience, "the server to read or to close", sending).await.is_ok()
    }

    /// Sends a binary frame.
    pub async fn send_binary(&mut self, bytes: &[u8]) {
        self.send_message(Message::binary(bytes.to_vec())).await;
    }

    /// Sends any message of the library.
    pub async fn send_message(&mut self, message: Message) {
        let sending = self.stream.send(message);
        within(self.patience, "the server to read", sending).await.expect("an open WebSocket");
    }

    /// Reads the next text or binary frame; `None` once the WebSocket is closed. Pings of the
    /// WebSocket protocol are answered by the library and left out.
    pub async fn next(&mut self) -> Option<Message> {
        loop {
            match within(self.patience, "a WebSocket frame", self.stream.next()).await {
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                Some(Ok(message)) => return Some(message),
            }
        }
    }

    /// Reads the next frame, which must be text.
    pub async fn text(&mut self) -> String {
        match self.next().await {
            Some(Message::Text(text)) => text.to_string(),
            other => panic!("expected text, found {other:?}"),
        }
    }

    /// Reads the next frame, which must be binary.
    pub async fn binary(&mut self) -> Vec<u8> {
        match self.next().await {
            Some(Message::Binary(bytes)) => bytes.to_vec(),
            other => panic!("expected bytes, found {other:?}"),
        }
    }

    /// Reads the next frame, which must be this text.
    pub async fn expect(&mut self, text: &str) {
        assert_eq!(self.text().await, text);
    }

    /// Reads until the WebSocket is closed, with nothing in between. Code and text of the
    /// close frame, if one came.
    pub async fn closed(&mut self) -> Option<(u16, String)> {
        loop {
            match within(self.patience, "a close frame", self.stream.next()).await {
                Some(Ok(Message::Close(frame))) => {
                    // The library answers when it is asked for more.
                    let _ = within(self.patience, "the end", self.stream.next()).await;
                    return frame.map(|frame| (frame.code.into(), frame.reason.to_string()));
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(message)) => panic!("expected a close frame, found {message:?}"),
                Some(Err(_)) | None => return None,
            }
        }
    }

    /// Closes the WebSocket, and waits for the server to have done the same.
    pub async fn close(mut self) {
        let _ = self.stream.close(None).await;
        while self.next().await.is_some() {}
    }
}

/// A WebSocket whose frames are written by the test, so they may be as wrong as it likes.
pub struct RawWs {
    pub http: Http,
}

/// A frame as it came: its first byte, and its content.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RawFrame {
    pub first: u8,
    pub payload: Vec<u8>,
}

/// The first byte of a whole text frame.
pub const TEXT: u8 = 0x81;
/// The first byte of a whole binary frame.
pub const BINARY: u8 = 0x82;
/// The first byte of a close frame.
pub const CLOSE: u8 = 0x88;
/// The first byte of a ping.
pub const PING: u8 = 0x89;
/// The first byte of a pong.
pub const PONG: u8 = 0x8a;

/// The request that opens a WebSocket.
pub fn opening(target: &str) -> String {
    format!(
        "GET {target} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
}

/// A masked frame. The mask is not zero, so that a server which forgets it fails.
pub fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mask = [0x12, 0x34, 0x56, 0x78];
    let mut frame = head(first, payload.len(), true);
    frame.extend(mask);
    frame.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    frame
}

/// The head of a frame of this length, up to the mask.
pub fn head(first: u8, length: usize, masked: bool) -> Vec<u8> {
    let bit = if masked { 0x80 } else { 0 };
    let mut head = vec![first];
    if let Ok(short @ 0..126) = u8::try_from(length) {
        head.push(bit | short);
    } else if let Ok(medium) = u16::try_from(length) {
        head.push(bit | 126);
        head.extend(medium.to_be_bytes());
    } else {
        head.push(bit | 127);
        head.extend((length as u64).to_be_bytes());
    }
    head
}

impl RawWs {
    /// Opens a WebSocket on this connection.
    pub async fn connect(mut http: Http, target: &str) -> Self {
        http.send(opening(target)).await;
        assert_eq!(http.response().await.status, 101);
        Self { http }
    }

    /// Writes these bytes as they are.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.http.send(bytes).await;
    }

    /// Writes a good text frame.
    pub async fn text(&mut self, text: &str) {
        self.send(frame(TEXT, text.as_bytes())).await;
    }

    /// Reads one frame; `None` at the end of the connection.
    pub async fn next(&mut self) -> Option<RawFrame> {
        let head = self.http.exactly(2).await?;
        let length = match head[1] {
            126 => {
                let bytes = self.http.exactly(2).await?;
                usize::from(u16::from_be_bytes([bytes[0], bytes[1]]))
            }
            127 => {
                let bytes = self.http.exactly(8).await?;
                let bytes: [u8; 8] = bytes.try_into().expect("eight bytes");
                usize::try_from(u64::from_be_bytes(bytes)).expect("a length")
            }
            short => usize::from(short),
        };
        Some(RawFrame { first: head[0], payload: self.http.exactly(length).await? })
    }

    /// Reads one frame, which must be this one.
    pub async fn expect(&mut self, first: u8, payload: impl AsRef<[u8]>) {
        let expected = RawFrame { first, payload: payload.as_ref().to_vec() };
        assert_eq!(self.next().await, Some(expected));
    }

    /// Reads up to the close frame. Its code and text.
    pub async fn closed(&mut self) -> Option<(u16, String)> {
        loop {
            let frame = self.next().await?;
            if frame.first == CLOSE {
                let code = frame
                    .payload
                    .get(..2)
                    .map_or(1005, |code| u16::from_be_bytes([code[0], code[1]]));
                let text = frame.payload.get(2..).unwrap_or_default();
                return Some((code, String::from_utf8_lossy(text).into_owned()));
            }
        }
    }
}
