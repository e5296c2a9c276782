//! The command line of `sockrates load`.
//!
//! ```text
//!   sockrates load http://localhost:3000 echo --clients 50 --in-flight 16
//!   sockrates load http://localhost:3000 broadcast --clients 1000 --pid $(pidof node)
//! ```
//!
//! Everything has a bound: whoever mistypes a number has a busy machine for some minutes, and
//! not for a night.
//!
//! Shell file: looks up names.

use std::io;
use std::net::ToSocketAddrs as _;
use std::time::Duration;

use clap::{Args, ValueEnum, value_parser};

use super::meter::Meter;
use super::plan::Plan;
use super::target::Target;

/// Clients of one run at most.
const MAX_CLIENTS: u64 = 20_000;
/// Seconds that a run measures at most.
const MAX_SECONDS: u64 = 300;
/// Bytes of one payload at most.
const MAX_SIZE: u64 = 16 * 1024 * 1024;

#[derive(Args, Debug)]
pub struct Load {
    /// The server, such as http://localhost:3000
    url: String,

    /// What its clients do
    #[arg(value_enum, default_value = "echo")]
    pub act: Act,

    /// How they talk to it
    #[arg(long, value_enum, default_value = "websocket")]
    pub transport: Transport,

    /// Clients that are connected at the same time
    #[arg(long, default_value_t = 50, value_name = "N", value_parser = count(MAX_CLIENTS))]
    clients: usize,

    /// Messages of one client, or broadcasts to one room, that may be under way
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = count(MAX_IN_FLIGHT))]
    in_flight: usize,

    /// Bytes of a payload
    #[arg(long, default_value_t = 32, value_name = "BYTES", value_parser = count(MAX_SIZE))]
    size: usize,

    /// Rooms over which the clients of `broadcast` are spread
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = count(MAX_CLIENTS))]
    rooms: usize,

    /// Further clients, in the first room, that never read anything
    #[arg(long, value_name = "N", value_parser = count(MAX_CLIENTS))]
    silent: Option<usize>,

    /// Messages a second of all clients together, or broadcasts of all rooms
    /// [default: as many as the server answers]
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..=1_000_000))]
    rate: Option<u32>,

    /// Of the contract, only what comes back as it was sent
    #[arg(long)]
    pub echo_only: bool,

    /// Seconds that are measured
    #[arg(long, default_value = "5", value_name = "N", value_parser = seconds(1))]
    seconds: Duration,

    /// Seconds before that
    #[arg(long, default_value = "1", value_name = "N", value_parser = seconds(0))]
    warm_up: Duration,

    /// Process id of the server, on this machine: what it spends and holds is shown too (Linux)
    #[arg(long, value_name = "ID")]
    pid: Option<u32>,

    /// Print the figures as JSON
    #[arg(long)]
    pub json: bool,

    /// Let the server be on another machine, which is yours and may be kept busy
    #[arg(long)]
    i_own_this_host: bool,
}

/// What the clients of a run do. The server has to be one of those that
/// `examples/bench_server.rs` is an example of.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum Act {
    /// Send text, and get it back
    Echo,
    /// Send text, and have it acknowledged
    Ack,
    /// Send bytes, and get them back
    Binary,
    /// Speak to rooms, and hear it
    Broadcast,
    /// Come and go
    Churn,
    /// Stay, and do nothing
    Idle,
    /// Stay, be sent a message of this size, go, let others come and go, come back
    Storm,
    /// Go through what all the others expect of a server, once
    Contract,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum Transport {
    Websocket,
    /// `echo`, `churn`, `idle` and `contract` alone
    Polling,
    /// `churn` and `contract` alone: from polling to WebSocket
    Upgrade,
}

/// Messages in flight at most.
const MAX_IN_FLIGHT: u64 = super::script::MAX_IN_FLIGHT as u64;

fn count(most: u64) -> impl clap::builder::TypedValueParser<Value = usize> {
    use clap::builder::TypedValueParser as _;
    value_parser!(u64).range(1..=most).map(|it| usize::try_from(it).unwrap_or(usize::MAX))
}

fn seconds(least: u64) -> impl clap::builder::TypedValueParser<Value = Duration> {
    use clap::builder::TypedValueParser as _;
    value_parser!(u64).range(least..=MAX_SECONDS).map(Duration::from_secs)
}

impl Load {
    /// # Errors
    /// When there is no such server, or it may be somebody else's.
    pub fn plan(&self) -> io::Result<Plan> {
        let target = Target::parse(&self.url).map_err(io::Error::other)?;
        let addresses = (&*target.host, target.port).to_socket_addrs()?;
        let server = target.choose(addresses, self.i_own_this_host).map_err(io::Error::other)?;
        Ok(Plan {
            server,
            path: target.path,
            clients: self.clients,
            in_flight: self.in_flight,
            size: self.size,
            rooms: self.rooms.min(self.clients),
            silent: self.silent.unwrap_or(0),
            rate: self.rate,
            warm_up: self.warm_up,
            lasts: self.seconds,
            meter: Meter::new(self.pid),
        })
    }
}
