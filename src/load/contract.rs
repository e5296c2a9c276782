//! Does a server do what all load here expects of it? Each line is sent once, and its answer
//! compared byte by byte.
//!
//! ```text
//!   42["echo","x"]          ──►   ◄──  42["echo","x"]
//!   427["ack-me","x"]       ──►   ◄──  437["x"]
//!   420["join","r"]         ──►   ◄──  430[]
//!   42["bcast","r","x"]     ──►   ◄──  42["bcast","x"]
//! ```
//!
//! Shell file: waits for sockets.

use std::io;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::time::timeout;

use super::churn::{self, By};
use super::figures::Figures;
use super::frame::{self, Kind};
use super::plan::Plan;
use super::polling::{Polling, unexpected};
use super::websocket::WebSocket;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// What is sent, and what has to come back.
type Line = (&'static [Piece], &'static [Piece]);

/// A packet, or an attachment of the one before.
#[derive(Clone, Copy, Debug)]
enum Piece {
    Text(&'static str),
    Bytes(&'static [u8]),
}

use Piece::{Bytes, Text};

/// All kinds of JSON.
const ECHOES: &[&str] = &[
    r#"42["echo","x"]"#,
    r#"42["echo",""]"#,
    r#"42["echo","a \"quoted\" word"]"#,
    r#"42["echo",-17]"#,
    r#"42["echo",true]"#,
    r#"42["echo",null]"#,
    r#"42["echo",[1,[2,[]]]]"#,
    r#"42["echo",{"a":{"b":null},"c":[false]}]"#,
];

/// Everything else.
const LINES: &[Line] = &[
    (&[Text(r#"420["ack-me","x"]"#)], &[Text(r#"430["x"]"#)]),
    (&[Text(r#"42123["ack-me",{"a":[1]}]"#)], &[Text(r#"43123[{"a":[1]}]"#)]),
    (&[Text(BIN), Bytes(b"\x00\x01\xFE\xFF")], &[Text(BIN), Bytes(b"\x00\x01\xFE\xFF")]),
    (&[Text(r#"421["join","r"]"#)], &[Text("431[]")]),
    (&[Text(r#"42["bcast","r","x"]"#)], &[Text(r#"42["bcast","x"]"#)]),
    (&[Text(r#"42["bcast","r",{"a":1}]"#)], &[Text(r#"42["bcast",{"a":1}]"#)]),
    (&[Text(r#"422["leave","r"]"#)], &[Text("432[]")]),
    // Whoever has left hears nothing of it: what comes is the answer to the next.
    (
        &[Text(r#"42["bcast","r","x"]"#), Text(r#"42["echo","last"]"#)],
        &[Text(r#"42["echo","last"]"#)],
    ),
];

const BIN: &str = r#"451-["bin",{"_placeholder":true,"num":0}]"#;

/// # Errors
/// When the server answers anything else.
pub async fn run(plan: &Plan, by: By, echo_only: bool) -> io::Result<Figures> {
    let mut client = match by {
        By::WebSocket => Client::WebSocket(WebSocket::join(plan.server, &plan.path).await?),
        By::Polling => Client::Polling(Polling::join(plan.server, &plan.path).await?),
        By::Upgrade => Client::WebSocket(churn::upgrade(plan).await?),
    };
    let mut messages = 0;
    for echo in ECHOES {
        client.check(&[Text(echo)], &[Text(echo)]).await?;
        messages += 1;
    }
    for (said, heard) in LINES.iter().filter(|_| !echo_only) {
        client.check(said, heard).await?;
        messages += 1;
    }
    Ok(Figures { messages, seconds: 1.0, clients: 1, ..Figures::default() })
}

enum Client {
    WebSocket(WebSocket),
    Polling(Polling),
}

impl Client {
    async fn check(&mut self, said: &[Piece], wanted: &[Piece]) -> io::Result<()> {
        self.say(said).await?;
        let mut wanted = wanted.iter().map(|piece| self.on_the_wire(*piece)).collect::<Vec<_>>();
        wanted.reverse();
        while let Some(next) = wanted.last() {
            let hearing = timeout(PATIENCE, self.hear());
            let silent = || unexpected(&String::from_utf8_lossy(next), b"nothing");
            for heard in hearing.await.map_err(|_| silent())?? {
                match &*heard {
                    b"2" => {
                        self.say(&[Text("3")]).await?;
                        continue;
                    }
                    b"6" => continue,
                    _ => {}
                }
                let next = wanted.pop().unwrap_or_default();
                if heard != next {
                    return Err(unexpected(&String::from_utf8_lossy(&next), &heard));
                }
            }
        }
        Ok(())
    }

    async fn say(&mut self, pieces: &[Piece]) -> io::Result<()> {
        let wire: Vec<_> = pieces.iter().map(|piece| self.on_the_wire(*piece)).collect();
        match self {
            Self::WebSocket(socket) => {
                let mut frames = Vec::new();
                for (piece, bytes) in pieces.iter().zip(wire) {
                    let kind = if matches!(piece, Text(_)) { Kind::Text } else { Kind::Binary };
                    frame::put(&mut frames, kind, &bytes);
                }
                socket.writer.send(&frames).await
            }
            Self::Polling(client) => {
                let body = wire.join(&0x1E);
                client.say(&String::from_utf8_lossy(&body)).await
            }
        }
    }

    async fn hear(&mut self) -> io::Result<Vec<Vec<u8>>> {
        match self {
            Self::WebSocket(socket) => Ok(vec![socket.reader.message().await?]),
            Self::Polling(client) => client.hear().await,
        }
    }

    /// Bytes are written as text where there is only text.
    fn on_the_wire(&self, piece: Piece) -> Vec<u8> {
        match (piece, self) {
            (Text(text), _) => text.into(),
            (Bytes(bytes), Self::WebSocket(_)) => bytes.into(),
            (Bytes(bytes), Self::Polling(_)) => format!("b{}", STANDARD.encode(bytes)).into(),
        }
    }
}
