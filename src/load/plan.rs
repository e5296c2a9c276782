//! What a run is to do, and how long: warm up, measure, stop.
//!
//! ```text
//!   open the clients ─► warm up ─► begin ──────── so many seconds ──────── end ─► close
//!                                  └ the meter and the server's costs are read here ┘
//! ```
//!
//! Shell file: waits.

use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::figures::Figures;
use super::meter::Meter;
use super::websocket::WebSocket;

/// Clients that are opened at the same time.
pub const AT_ONCE: usize = 64;

/// What every kind of load has to know.
#[derive(Debug)]
pub struct Plan {
    pub server: SocketAddr,
    pub path: String,
    pub clients: usize,
    pub in_flight: usize,
    pub size: usize,
    pub rooms: usize,
    /// Clients that join a room and then read nothing.
    pub silent: usize,
    /// Messages a second by all clients together; without it, as many as the server answers.
    pub rate: Option<u32>,
    pub warm_up: Duration,
    pub lasts: Duration,
    pub meter: Meter,
}

impl Plan {
    /// Opens so many clients, and returns them when all have joined.
    ///
    /// # Errors
    /// When one of them can not.
    pub async fn open(&self, clients: usize) -> io::Result<Vec<WebSocket>> {
        let opening = (0..clients).map(|_| WebSocket::join(self.server, &self.path));
        stream::iter(opening).buffered(AT_ONCE).try_collect().await
    }

    /// Measures what these tasks do. None of them ends by itself unless something is wrong.
    ///
    /// # Errors
    /// When something is.
    pub async fn measure(
        self: Rc<Self>,
        mut tasks: JoinSet<io::Result<()>>,
    ) -> io::Result<Figures> {
        let measuring = async {
            sleep(self.warm_up).await;
            self.meter.begin()?;
            let first = self.meter.resident()?;
            let mut most = first;
            for _ in 0..self.lasts.as_secs() {
                sleep(Duration::from_secs(1)).await;
                most = most.max(self.meter.resident()?);
            }
            let resident =
                first.zip(most).map(|(first, most)| vec![("at first", first), ("at most", most)]);
            let resident = resident.unwrap_or_default();
            io::Result::Ok(Figures { resident, clients: self.clients, ..self.meter.end()? })
        };
        tokio::select! {
            figures = measuring => figures,
            ended = tasks.join_next() => {
                ended.unwrap_or(Ok(Ok(()))).map_err(io::Error::other)??;
                Err(io::Error::other("a client has stopped too early"))
            }
        }
    }

    /// How long each of so many waits between two messages, if they are to keep to a rate.
    pub fn pause(&self, senders: usize) -> Option<Duration> {
        let senders = u32::try_from(senders).unwrap_or(u32::MAX);
        self.rate.map(|rate| Duration::from_secs(1) * senders / rate)
    }
}
