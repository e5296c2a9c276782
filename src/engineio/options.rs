//! The settings of an Engine.IO server: every interval and limit, with its cost.
//!
//! The defaults are those of the reference server, so that a client cannot tell the two
//! apart. Where the reference has no limit, ours is far above what a client in good
//! health ever needs.
//!
//! Core file. Spec: Engine.IO v4, "Handshake", for the four values a client is told.

use std::fmt;
use std::time::Duration;

pub use ipnet::IpNet;

use super::census;
use super::cookie::Cookie;
use super::cors::Cors;
use super::delivery::WhenFull;
use super::encoding;
use super::packet::Message;
use super::proxies::ProxyHeader;
use super::sid::NodeTag;
use super::tap::Tap;

/// The settings of an Engine.IO server.
///
/// Set what differs and leave the rest:
///
/// ```
/// use std::time::Duration;
/// use sockrates::engineio::options::Options;
///
/// // The settings that the official protocol suite asks for.
/// let options = Options {
///     ping_interval: Duration::from_millis(300),
///     ping_timeout: Duration::from_millis(200),
///     ..Options::default()
/// };
/// assert_eq!(options.max_payload, 1_000_000);
/// ```
#[derive(Clone, Debug)]
pub struct Options {
    /// Where the server answers: requests whose path begins like this. Default: `/engine.io/`.
    pub path: String,

    /// Whether the path is given a slash at its end, if it has none. Default: yes, since official
    /// clients ask so. Without it, `/engine.io` serves `/engine.iology` as well.
    pub add_trailing_slash: bool,

    /// Which transports are offered. Default: both.
    pub transports: Transports,

    /// Whether a session may move from polling to WebSocket. Default: yes.
    pub allow_upgrades: bool,

    /// Whether clients of revision 3 are served, which are those of Socket.IO 1.x and 2.x, and
    /// those that read their packets by script tags. Default: no.
    pub allow_eio3: bool,

    /// Bytes from which on an answer with packets is compressed, if the client takes it so.
    /// Default: 1,024. `None` is never.
    ///
    /// A body of 34 KB takes some 60 µs and shrinks to a third; a shorter one than the default fits
    /// into one packet of the network anyhow.
    pub http_compression: Option<usize>,

    /// The cookie that the answers carry which open a session, with the session identifier as its
    /// value. Default: none.
    ///
    /// A load balancer can lead a client's requests to the same server by it. Nothing here reads
    /// it.
    pub cookie: Option<Cookie>,

    /// What every client is sent right behind the open packet. Default: nothing.
    pub initial_packet: Option<Message>,

    /// Whether refusals and close frames say what went wrong. Default: yes.
    ///
    /// Without hints, bodies and close frames are the reference server's, wherever both refuse.
    pub hints: bool,

    /// The two characters with which the session identifiers of this server begin. Default: none.
    ///
    /// With one, a server that is asked for another's session can name that server, and a load
    /// balancer can find it. It takes 12 of an identifier's 120 random bits.
    pub node_tag: Option<NodeTag>,

    /// Whether a session is for the address only that opened it. Default: no.
    ///
    /// A stolen session identifier is then of less use, and phones that change from one network to
    /// another have to open a session anew. Behind a proxy that is not
    /// [trusted](Self::trusted_proxies) all addresses are the proxy's.
    pub bind_address: bool,

    /// Networks of proxies that are believed when they say for whom they ask, in
    /// [`proxy_header`](Self::proxy_header). Default: none.
    ///
    /// The client's address is then the right-most in the header that is not one of theirs. It is
    /// what handshakes tell, and what the limits for one address count by. Whoever can reach the
    /// server from such a network can take any address.
    ///
    /// ```
    /// # let mut options = sockrates::engineio::options::Options::default();
    /// options.trusted_proxies = vec!["127.0.0.1/32".parse()?, "10.0.0.0/8".parse()?];
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub trusted_proxies: Vec<IpNet>,

    /// In which headers those proxies write for whom they ask; no other is read. Default:
    /// `X-Forwarded-For` and `X-Forwarded-Proto`.
    ///
    /// It has to be what the proxies write at every request: a header that they only pass on is
    /// the client's.
    pub proxy_header: ProxyHeader,

    /// Time between an answered ping and the next. Default: 25 s.
    ///
    /// Shorter finds dead clients sooner and costs a packet per client each time:
    /// 100,000 clients at 25 s are 4,000 pings a second.
    pub ping_interval: Duration,

    /// Time a client has to answer a ping. Default: 20 s.
    ///
    /// A page in a background tab can be late by seconds; below about 5 s, expect to
    /// lose clients that are alive.
    pub ping_timeout: Duration,

    /// Time a candidate WebSocket has to finish its upgrade. Default: 10 s.
    pub upgrade_timeout: Duration,

    /// The largest request body or WebSocket message, in bytes. Default: 1,000,000.
    ///
    /// This is what one client can make the server hold before anything is checked.
    pub max_payload: usize,

    /// Who may use the server from a page of another origin. Default: nobody.
    pub cors: Cors,

    /// Bytes that may wait for one client, with 64 for each frame besides. Default: 16 MiB.
    ///
    /// The reference server has no such limit. A client that falls further behind is
    /// closed, since a queue without an end is a leak with a delay.
    pub max_buffered: usize,

    /// What happens to a packet past that. Default: the client is closed. A packet that is sent
    /// can say otherwise.
    pub when_full: WhenFull,

    /// Bytes that may wait for longer than [`stall_timeout`](Self::stall_timeout).
    /// Default: 1 MiB.
    pub stall_buffered: usize,

    /// Time after which a client is closed that takes nothing while more than
    /// [`stall_buffered`](Self::stall_buffered) bytes wait for it. Default: 10 s.
    pub stall_timeout: Duration,

    /// Time a session that the server closes waits for one last `GET`. Default: 30 s.
    ///
    /// A polling client between two requests can only be told when it comes back.
    pub closing_timeout: Duration,

    /// Time a client has to answer the close of its WebSocket. Default: 2 s.
    pub close_timeout: Duration,

    /// Time without a byte after which a request body is given up. Default: 10 s.
    pub body_timeout: Duration,

    /// Time a request head has to arrive: from its first byte, and on a new TCP connection from the
    /// beginning. Default: 10 s.
    pub head_timeout: Duration,

    /// Time a kept-alive TCP connection may rest between two requests. Default: 75 s.
    ///
    /// An answer of which a client takes nothing for as long is given up, and its connection with
    /// it.
    ///
    /// Longer than the 60 s of the usual balancers, so that it is never ours that closes
    /// a connection which a balancer is about to use.
    pub idle_timeout: Duration,

    /// Sessions that may be open, in all and from one address, and be opened from there within a
    /// second. Default: any number.
    ///
    /// An idle session costs about 10 KiB. Who comes when there are too many gets 503, and 429
    /// when there are too many from there.
    pub max_sessions: census::Limits,

    /// TCP connections that may be open, in all and from one address. Default: any number.
    ///
    /// A client on polling has two, and browsers open up to six. Who comes when there are too many
    /// gets 503 without having been heard.
    pub max_connections: census::Limits,

    /// Pieces that a WebSocket message may come in. Default: 16,384.
    ///
    /// A message of a million pieces of one byte costs the work of a million frames.
    pub max_fragments: usize,

    /// Size of a request's path and query, in bytes. Default: 8 KiB. What exceeds it is
    /// answered 414.
    pub max_url: usize,

    /// Size of a request head, in bytes. Default: 16 KiB. What exceeds it is answered 431.
    pub max_head: usize,

    /// Where what goes over the wire can be watched. Default: nowhere.
    pub tap: Option<Tap>,
}

/// The transports that a server offers. At least one of the two.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Transports {
    /// HTTP long-polling only.
    Polling,
    /// WebSocket only.
    WebSocket,
    /// Both.
    Both,
}

/// One way for packets to travel. It prints as clients call it.
///
/// ```
/// use sockrates::engineio::options::Transport;
///
/// assert_eq!(Transport::WebSocket.to_string(), "websocket");
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Transport {
    /// HTTP long-polling.
    Polling,
    /// WebSocket.
    WebSocket,
}

impl Transports {
    /// Whether this transport is offered.
    pub fn allow(self, transport: Transport) -> bool {
        match self {
            Self::Both => true,
            Self::Polling => transport == Transport::Polling,
            Self::WebSocket => transport == Transport::WebSocket,
        }
    }
}

impl Transport {
    /// The name in a request's query.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Polling => "polling",
            Self::WebSocket => "websocket",
        }
    }
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The longest time that anything waits. A clock that is asked for a later one may overflow.
pub(crate) const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

impl Options {
    /// The same settings, with no time longer than a year: so `Duration::MAX` may be written for
    /// "never". And the path ends as it should.
    #[must_use]
    pub fn bounded(mut self) -> Self {
        self.path.truncate(self.path.trim_end_matches('/').len());
        if self.add_trailing_slash {
            self.path.push('/');
        }
        for time in [
            &mut self.ping_interval,
            &mut self.ping_timeout,
            &mut self.upgrade_timeout,
            &mut self.stall_timeout,
            &mut self.closing_timeout,
            &mut self.close_timeout,
            &mut self.body_timeout,
            &mut self.head_timeout,
            &mut self.idle_timeout,
        ] {
            *time = (*time).min(LONGEST);
        }
        self
    }

    /// Whether a session on polling is offered the upgrade.
    pub fn offers_upgrade(&self) -> bool {
        self.allow_upgrades && self.transports == Transports::Both
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            path: "/engine.io/".to_owned(),
            add_trailing_slash: true,
            transports: Transports::Both,
            allow_upgrades: true,
            allow_eio3: false,
            http_compression: Some(encoding::THRESHOLD),
            cookie: None,
            initial_packet: None,
            hints: true,
            node_tag: None,
            bind_address: false,
            trusted_proxies: Vec::new(),
            proxy_header: ProxyHeader::default(),
            ping_interval: Duration::from_secs(25),
            ping_timeout: Duration::from_secs(20),
            upgrade_timeout: Duration::from_secs(10),
            max_payload: 1_000_000,
            cors: Cors::off(),
            max_buffered: 16 << 20,
            when_full: WhenFull::Close,
            stall_buffered: 1 << 20,
            stall_timeout: Duration::from_secs(10),
            closing_timeout: Duration::from_secs(30),
            close_timeout: Duration::from_secs(2),
            body_timeout: Duration::from_secs(10),
            head_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(75),
            max_sessions: census::Limits::default(),
            max_connections: census::Limits::default(),
            max_fragments: 16_384,
            max_url: 8 << 10,
            max_head: 16 << 10,
            tap: None,
        }
    }
}
