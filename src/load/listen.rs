//! What came in one reading: answers, heartbeats, and nothing else.
//!
//! ```text
//!   42["echo","x"] 42["echo","x"] 2 42["echo","x"]   ►  3 answers, 1 heartbeat
//!   42["echo","y"]                                   ✗  this was not to come
//! ```
//!
//! Shell file: waits for a socket.

use std::io;

use super::inbox::Message;
use super::script::{Script, Verdict};
use super::websocket::{self, Reader, Writer};

/// What came.
#[derive(Debug, Default)]
pub struct Heard {
    pub answers: usize,
    heartbeats: usize,
    wrong: Option<String>,
}

/// Reads once. Whoever stops waiting for it has lost nothing.
///
/// # Errors
/// When the server is gone, or something comes that this script does not expect.
pub async fn listen(reader: &mut Reader, script: &Script) -> io::Result<Heard> {
    let mut heard = Heard::default();
    reader.turn(|message| heard.judge(message, script)).await?;
    match heard.wrong {
        Some(wrong) => Err(io::Error::other(format!("this was not to come: {wrong}"))),
        None => Ok(heard),
    }
}

impl Heard {
    fn judge(&mut self, message: Message<'_>, script: &Script) {
        match script.judge(message) {
            Verdict::Answer => self.answers += 1,
            Verdict::Half => {}
            Verdict::Heartbeat => self.heartbeats += 1,
            Verdict::Wrong => {
                let start = message.payload.get(..80).unwrap_or(message.payload);
                let text = String::from_utf8_lossy(start);
                self.wrong.get_or_insert_with(|| format!("{:?} {text}", message.kind));
            }
        }
    }

    /// Answers the heartbeats.
    ///
    /// # Errors
    /// When the server is gone.
    pub async fn still_here(&self, writer: &mut Writer) -> io::Result<()> {
        for _ in 0..self.heartbeats {
            writer.send(&websocket::pong()).await?;
        }
        Ok(())
    }
}
