//! The command line's options for sessions.
//!
//! Shell file: reads the environment.

use std::error::Error;
use std::net::IpAddr;
use std::time::Duration;

use clap::builder::FalseyValueParser;
use clap::{Args, ValueEnum};
use sockrates::engineio::census;
use sockrates::engineio::cookie::{Cookie, CookieError};
use sockrates::engineio::cors::{Chosen, Cors};
use sockrates::engineio::delivery::WhenFull;
use sockrates::engineio::options::{IpNet, Options as EngineOptions, Transports};
use sockrates::engineio::proxies::ProxyHeader;
use sockrates::engineio::sid::NodeTag;

use super::{milliseconds, options, size};

options! {
    EngineLimits for EngineOptions, "Sessions" {
        /// Time between an answered ping and the next [default: 25000]
        ping_interval: ms = "SOCKRATES_PING_INTERVAL",
        /// Time a client has to answer a ping [default: 20000]
        ping_timeout: ms = "SOCKRATES_PING_TIMEOUT",
        /// Time a WebSocket has to take over from polling [default: 10000]
        upgrade_timeout: ms = "SOCKRATES_UPGRADE_TIMEOUT",
        /// Bytes of the largest request body or WebSocket message [default: 1000000]
        max_payload: size = "SOCKRATES_MAX_PAYLOAD",
        /// Bytes that may wait for one client before it is closed [default: 16777216]
        max_buffered: size = "SOCKRATES_MAX_BUFFERED",
        /// Bytes that may wait without progress [default: 1048576]
        stall_buffered: size = "SOCKRATES_STALL_BUFFERED",
        /// Time for which they may [default: 10000]
        stall_timeout: ms = "SOCKRATES_STALL_TIMEOUT",
        /// Time a session that is closed waits for its client to be told [default: 30000]
        closing_timeout: ms = "SOCKRATES_CLOSING_TIMEOUT",
        /// Time a client has to answer the close of its WebSocket [default: 2000]
        close_timeout: ms = "SOCKRATES_CLOSE_TIMEOUT",
        /// Time without a byte after which a request body is given up [default: 10000]
        body_timeout: ms = "SOCKRATES_BODY_TIMEOUT",
        /// Time a request head has to arrive [default: 10000]
        head_timeout: ms = "SOCKRATES_HEAD_TIMEOUT",
        /// Time a TCP connection may rest between two requests [default: 75000]
        idle_timeout: ms = "SOCKRATES_IDLE_TIMEOUT",
        /// Bytes of a request head [default: 16384]
        max_head: size = "SOCKRATES_MAX_HEAD",
        /// Bytes of a request's path and query [default: 8192]
        max_url: size = "SOCKRATES_MAX_URL",
        /// Pieces of a WebSocket message [default: 16384]
        max_fragments: size = "SOCKRATES_MAX_FRAGMENTS",
    }
}

#[derive(Args, Debug)]
#[command(next_help_heading = "Sessions")]
pub struct EngineArgs {
    /// Path of the Socket.IO server
    #[arg(long, env = "SOCKRATES_PATH", default_value = "/socket.io/", value_parser = path)]
    pub path: String,

    /// Transports to offer
    #[arg(long, env = "SOCKRATES_TRANSPORTS", value_enum, default_value = "both")]
    transports: TransportsArg,

    /// Do not let clients move from polling to WebSocket
    #[arg(long, env = "SOCKRATES_NO_UPGRADE", value_parser = FalseyValueParser::new())]
    no_upgrade: bool,

    /// Origin whose pages may use the server; `*` is every origin
    #[arg(
        long,
        env = "SOCKRATES_CORS_ORIGIN",
        value_delimiter = ',',
        default_value = "*",
        value_name = "ORIGIN",
        value_parser = origin
    )]
    pub cors_origin: Vec<String>,

    /// Let pages of the listed origins send cookies
    #[arg(long, env = "SOCKRATES_CORS_CREDENTIALS", value_parser = FalseyValueParser::new())]
    cors_credentials: bool,

    /// Header that pages may send [default: those that they ask for]
    #[arg(long, env = "SOCKRATES_CORS_ALLOWED_HEADERS", value_delimiter = ',',
          value_name = "NAME", value_parser = header)]
    cors_allowed_headers: Vec<String>,

    /// Header of an answer that pages may read
    #[arg(long, env = "SOCKRATES_CORS_EXPOSED_HEADERS", value_delimiter = ',',
          value_name = "NAME", value_parser = header)]
    cors_exposed_headers: Vec<String>,

    /// Seconds for which browsers may keep the answer to a preflight
    #[arg(long, env = "SOCKRATES_CORS_MAX_AGE", value_name = "SECONDS")]
    cors_max_age: Option<u32>,

    /// Let clients of Socket.IO 1.x and 2.x in
    #[arg(long, env = "SOCKRATES_ALLOW_EIO3", value_parser = FalseyValueParser::new())]
    allow_eio3: bool,

    /// Two characters with which session identifiers begin, to tell servers apart
    #[arg(long, env = "SOCKRATES_NODE_TAG", value_parser = node_tag, value_name = "TAG")]
    node_tag: Option<NodeTag>,

    /// Do not compress answers
    #[arg(long, env = "SOCKRATES_NO_COMPRESSION", value_parser = FalseyValueParser::new())]
    no_compression: bool,

    /// Cookie to set to the session identifier when a session opens, for load balancers
    #[arg(long, env = "SOCKRATES_COOKIE", value_parser = cookie, value_name = "NAME")]
    cookie: Option<Cookie>,

    /// Say no more about refused requests and closed connections than the reference server does
    #[arg(long, env = "SOCKRATES_NO_HINTS", value_parser = FalseyValueParser::new())]
    no_hints: bool,

    /// Let a session be used only from the address that has opened it
    #[arg(long, env = "SOCKRATES_BIND_ADDRESS", value_parser = FalseyValueParser::new())]
    bind_address: bool,

    /// Network of proxies that are believed when they say for whom they ask, such as 10.0.0.0/8
    #[arg(long, env = "SOCKRATES_TRUSTED_PROXY", value_delimiter = ',', value_name = "CIDR",
          value_parser = network)]
    trusted_proxy: Vec<IpNet>,

    /// Which headers those proxies write; no other is read
    #[arg(long, env = "SOCKRATES_PROXY_HEADER", value_enum, default_value = "x-forwarded")]
    proxy_header: ProxyHeaderArg,

    /// What happens to a packet when too much waits for its client
    #[arg(long, env = "SOCKRATES_WHEN_FULL", value_enum, default_value = "close")]
    when_full: WhenFullArg,

    #[command(flatten)]
    crowds: Crowds,

    #[command(flatten)]
    limits: EngineLimits,
}

/// How many there may be.
#[derive(Args, Debug)]
struct Crowds {
    /// Sessions that may be open [default: any number]
    #[arg(long, env = "SOCKRATES_MAX_SESSIONS", value_parser = size(), value_name = "N")]
    max_sessions: Option<usize>,

    /// Sessions from one address that may be open [default: any number]
    #[arg(long, env = "SOCKRATES_MAX_SESSIONS_PER_ADDRESS", value_parser = size(), value_name = "N")]
    max_sessions_per_address: Option<usize>,

    /// Sessions that one address may open within a second [default: any number]
    #[arg(long, env = "SOCKRATES_MAX_HANDSHAKES", value_parser = size(), value_name = "N")]
    max_handshakes: Option<usize>,

    /// TCP connections that may be open [default: any number]
    #[arg(long, env = "SOCKRATES_MAX_CONNECTIONS", value_parser = size(), value_name = "N")]
    max_connections: Option<usize>,

    /// TCP connections from one address that may be open [default: any number]
    #[arg(
        long,
        env = "SOCKRATES_MAX_CONNECTIONS_PER_ADDRESS",
        value_parser = size(),
        value_name = "N"
    )]
    max_connections_per_address: Option<usize>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum TransportsArg {
    Polling,
    Websocket,
    Both,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ProxyHeaderArg {
    /// X-Forwarded-For and X-Forwarded-Proto
    XForwarded,
    /// Forwarded
    Forwarded,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum WhenFullArg {
    /// The client is too slow, and is closed
    Close,
    /// The packet is dropped
    DropNewest,
    /// The oldest volatile packets are dropped, and the client is closed if there are none
    DropOldestVolatile,
    /// Sending fails, and whoever sends may wait
    Wait,
}

impl EngineArgs {
    /// Whether somebody else speaks for the clients.
    pub fn is_behind_proxies(&self) -> bool {
        !self.trusted_proxy.is_empty()
    }

    /// The settings that these are.
    pub fn options(&self) -> Result<EngineOptions, Box<dyn Error>> {
        let defaults = EngineOptions::default();
        let mut engine = EngineOptions {
            path: self.path.clone(),
            transports: match self.transports {
                TransportsArg::Polling => Transports::Polling,
                TransportsArg::Websocket => Transports::WebSocket,
                TransportsArg::Both => Transports::Both,
            },
            allow_upgrades: !self.no_upgrade,
            cors: self.cors()?,
            allow_eio3: self.allow_eio3,
            node_tag: self.node_tag,
            http_compression: defaults.http_compression.filter(|_| !self.no_compression),
            cookie: self.cookie.clone(),
            hints: !self.no_hints,
            bind_address: self.bind_address,
            trusted_proxies: self.trusted_proxy.clone(),
            proxy_header: match self.proxy_header {
                ProxyHeaderArg::XForwarded => ProxyHeader::XForwarded,
                ProxyHeaderArg::Forwarded => ProxyHeader::Forwarded,
            },
            when_full: match self.when_full {
                WhenFullArg::Close => WhenFull::Close,
                WhenFullArg::DropNewest => WhenFull::DropNewest,
                WhenFullArg::DropOldestVolatile => WhenFull::DropOldestVolatile,
                WhenFullArg::Wait => WhenFull::Wait,
            },
            max_sessions: self.crowds.sessions(),
            max_connections: self.crowds.connections(),
            ..defaults
        };
        self.limits.set(&mut engine);
        Ok(engine)
    }
}

/// A path with a slash at both ends. The page is at `/`, so the server is not.
fn path(text: &str) -> Result<String, &'static str> {
    let inner = text.trim_matches('/');
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '/');
    if inner.is_empty() || !inner.chars().all(is_plain) {
        return Err("wanted a path such as /socket.io/, of letters, digits and . - _");
    }
    Ok(format!("/{inner}/"))
}

/// An origin as browsers write it.
fn origin(text: &str) -> Result<String, &'static str> {
    let origin = text.strip_suffix('/').unwrap_or(text);
    if origin != "*" && Chosen::exactly(origin).is_err() {
        return Err("wanted an origin such as https://app.example, or *");
    }
    Ok(origin.to_owned())
}

/// The name of a header.
fn header(text: &str) -> Result<String, &'static str> {
    Cors::any().exposed_headers(&[text]).map_err(|_| "wanted the name of a header")?;
    Ok(text.to_owned())
}

/// A network, or a single address.
fn network(text: &str) -> Result<IpNet, &'static str> {
    let address = || text.parse::<IpAddr>().map(IpNet::from);
    let wanted = "wanted a network such as 10.0.0.0/8, or an address";
    text.parse().or_else(|_| address()).map_err(|_| wanted)
}

fn cookie(name: &str) -> Result<Cookie, CookieError> {
    Cookie::new(name)
}

fn node_tag(text: &str) -> Result<NodeTag, &'static str> {
    NodeTag::parse(text).ok_or("wanted two characters of A-Z, a-z, 0-9, - and _")
}

impl Crowds {
    fn sessions(&self) -> census::Limits {
        census::Limits {
            all: self.max_sessions,
            per_address: self.max_sessions_per_address,
            per_second: self.max_handshakes,
        }
    }

    fn connections(&self) -> census::Limits {
        census::Limits {
            all: self.max_connections,
            per_address: self.max_connections_per_address,
            per_second: None,
        }
    }
}

impl EngineArgs {
    fn cors(&self) -> Result<Cors, Box<dyn Error>> {
        let mut cors = match (self.cors_origin.iter().any(|it| it == "*"), self.cors_credentials) {
            (true, false) => Cors::any(),
            (true, true) => {
                return Err("--cors-credentials needs --cors-origin: with every origin allowed, \
                            any page could act in the name of whoever looks at it"
                    .into());
            }
            (false, false) => Chosen::list(&self.cors_origin)?.into(),
            (false, true) => Chosen::list(&self.cors_origin)?.with_credentials().into(),
        };
        if !self.cors_allowed_headers.is_empty() {
            cors = cors.allowed_headers(&self.cors_allowed_headers)?;
        }
        if let Some(seconds) = self.cors_max_age {
            cors = cors.max_age(Duration::from_secs(seconds.into()));
        }
        Ok(cors.exposed_headers(&self.cors_exposed_headers)?)
    }
}
