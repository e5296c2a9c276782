//! The command line: every option is a flag and an environment variable.
//!
//! This file has the chat and its sockets, [`engine`] the sessions below them, [`inspect`] who may
//! look at both.
//!
//! Shell file: reads the environment.

mod engine;
mod inspect;

use std::error::Error;
use std::net::IpAddr;
use std::path::PathBuf;
use std::thread::available_parallelism;
use std::time::Duration;

use clap::builder::{FalseyValueParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum, value_parser};
use sockrates::chat::assets::Assets;
use sockrates::chat::bundle::Kind;
use sockrates::chat::lobby::LobbyOptions;
use sockrates::socketio::{ClientFiles, Options};
use tracing_subscriber::EnvFilter;

use self::engine::EngineArgs;
use self::inspect::InspectArgs;
use crate::conform::options::{Conform, Learn};
use crate::load::options::Load;
use crate::tools::decode::Decode;
use crate::tools::encode::Encode;
use crate::trace::options::Trace;

/// Where the official client is after `npm install socket.io-client`.
const NODE_MODULES: &str = "node_modules/socket.io-client/dist";

/// A Socket.IO server, written to be read. Without arguments it serves a chat on port 3000.
#[derive(Debug, Parser)]
#[command(version, about, max_term_width = 100, args_conflicts_with_subcommands = true)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    pub serve: Serve,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the chat (this is what happens without a subcommand, too)
    Serve(Box<Serve>),
    /// Keep a server busy, and show what that costs it
    Load(Load),
    /// Explain what was seen on the wire: a packet, a body, a frame
    Decode(Decode),
    /// Write a packet as it travels
    Encode(Encode),
    /// Show and explain what goes between a client and a server
    Trace(Box<Trace>),
    /// Ask a server whether it does what the protocol says
    Conform(Conform),
    /// Ask the server that you write what to build next
    Learn(Learn),
}

#[derive(Args, Debug)]
pub struct Serve {
    /// Port to listen on; 0 is any that is free
    #[arg(long, env = "SOCKRATES_PORT", default_value_t = 3000)]
    pub port: u16,

    /// Address to listen on, more than one if repeated [default: 127.0.0.1 and ::1]
    #[arg(long, env = "SOCKRATES_HOST", value_delimiter = ',', value_name = "ADDRESS")]
    pub host: Vec<IpAddr>,

    /// Threads that serve clients [default: one for each core]
    #[arg(long, env = "SOCKRATES_THREADS", value_name = "N")]
    threads: Option<usize>,

    /// Folder of the official client's bundles, to serve instead of our own
    /// [default: node_modules/socket.io-client/dist, if it is there]
    #[arg(long, env = "SOCKRATES_CLIENT_DIR", value_name = "DIR")]
    client_dir: Option<PathBuf>,

    /// Folder of the page's files, to serve instead of those compiled in
    #[arg(long, env = "SOCKRATES_ASSETS_DIR", value_name = "DIR", value_parser = assets_folder)]
    assets_dir: Option<PathBuf>,

    /// Draw all names from this number, so that every run looks the same; whoever knows it can take
    /// over sessions, so it is for lessons on this machine alone
    #[arg(long, env = "SOCKRATES_DETERMINISTIC", value_name = "SEED")]
    deterministic: Option<u64>,

    /// What to log: a level, or levels by target such as `sockrates::engineio=debug`
    #[arg(long, env = "SOCKRATES_LOG", default_value = "info", value_name = "FILTER")]
    log: String,

    /// How to log
    #[arg(long, env = "SOCKRATES_LOG_FORMAT", value_enum, default_value = "text")]
    log_format: LogFormat,

    /// Seconds that clients have to leave when the server stops
    #[arg(long, env = "SOCKRATES_GRACE", default_value_t = 5, value_name = "SECONDS")]
    pub grace: u32,

    #[command(flatten)]
    chat: ChatArgs,

    #[command(flatten)]
    pub inspect: InspectArgs,

    #[command(flatten)]
    engine: EngineArgs,

    #[command(flatten)]
    socket: SocketArgs,
}

/// A folder that has the page in it.
fn assets_folder(text: &str) -> Result<PathBuf, &'static str> {
    let folder = PathBuf::from(text);
    if folder.join("index.html").is_file() {
        Ok(folder)
    } else {
        Err("there is no index.html in this folder")
    }
}

/// A number of bytes or of things: one at least.
fn size() -> impl TypedValueParser<Value = usize> {
    value_parser!(u32).range(1..).map(|size| usize::try_from(size).unwrap_or(usize::MAX))
}

/// A time in milliseconds: at least one, at most a day.
fn milliseconds() -> impl TypedValueParser<Value = Duration> {
    value_parser!(u64).range(1..=86_400_000).map(Duration::from_millis)
}

/// Declares options that are a flag, an environment variable and a field of the library's.
macro_rules! options {
    ($(#[$about:meta])* $name:ident for $options:ty, $heading:literal {
        $($(#[$doc:meta])* $field:ident: $kind:ident = $variable:literal,)*
    }) => {
        $(#[$about])*
        #[derive(Args, Debug)]
        #[command(next_help_heading = $heading)]
        struct $name {
            $($(#[$doc])*
            #[arg(long, env = $variable, value_parser = options!(@parser $kind),
                  value_name = options!(@name $kind))]
            $field: Option<options!(@type $kind)>,)*
        }

        impl $name {
            /// Sets what was given, and leaves the rest.
            fn set(&self, options: &mut $options) {
                $(if let Some(value) = self.$field {
                    options.$field = value;
                })*
            }
        }
    };
    (@type ms) => { Duration };
    (@type size) => { usize };
    (@type rate) => { u32 };
    (@name ms) => { "MS" };
    (@name size) => { "N" };
    (@name rate) => { "N" };
    (@parser ms) => { milliseconds() };
    (@parser size) => { size() };
    (@parser rate) => { value_parser!(u32) };
}
use options;

options! {
    ChatBounds for LobbyOptions, "The chat" {
        /// Characters in a name [default: 64]
        max_name: size = "SOCKRATES_MAX_NAME",
        /// Characters in a room's name [default: 64]
        max_room: size = "SOCKRATES_MAX_ROOM",
        /// Characters in a message [default: 4096]
        max_text: size = "SOCKRATES_MAX_TEXT",
        /// Joins of one socket [default: 64]
        max_rooms_per_socket: size = "SOCKRATES_MAX_ROOMS_PER_SOCKET",
        /// Empty rooms that are remembered [default: 1000]
        max_empty_rooms: size = "SOCKRATES_MAX_EMPTY_ROOMS",
        /// Time for which they are [default: 600000]
        empty_room_kept: ms = "SOCKRATES_EMPTY_ROOM_KEPT",
        /// Events at once from a socket that was silent; 0 is without a bound [default: 60]
        burst: rate = "SOCKRATES_BURST",
        /// Events a second from one socket; 0 is without a bound [default: 20]
        per_second: rate = "SOCKRATES_PER_SECOND",
    }
}

options! {
    SocketArgs for Options, "Sockets" {
        /// Time a client may be in no namespace [default: 45000]
        connect_timeout: ms = "SOCKRATES_CONNECT_TIMEOUT",
        /// Time a client has to acknowledge an event [default: 30000]
        ack_timeout: ms = "SOCKRATES_ACK_TIMEOUT",
        /// Acknowledgements that one socket may owe [default: 1000]
        max_acks: size = "SOCKRATES_MAX_ACKS",
        /// Attachments of one packet [default: 10]
        max_attachments: size = "SOCKRATES_MAX_ATTACHMENTS",
        /// Bytes of all of them [default: twice the largest payload]
        max_attachment_bytes: size = "SOCKRATES_MAX_ATTACHMENT_BYTES",
        /// Time for all of them to arrive [default: 10000]
        attachments_timeout: ms = "SOCKRATES_ATTACHMENTS_TIMEOUT",
        /// Namespaces that one client may be in [default: 32]
        max_namespaces: size = "SOCKRATES_MAX_NAMESPACES",
        /// Refusals after which a client is closed [default: 100]
        max_refusals: size = "SOCKRATES_MAX_REFUSALS",
        /// Handlers of one client that may be suspended [default: 1000]
        max_suspended: size = "SOCKRATES_MAX_SUSPENDED",
        /// Bytes that they may hold on to [default: 16777216]
        max_suspended_bytes: size = "SOCKRATES_MAX_SUSPENDED_BYTES",
        /// Events of one client that may wait for a connection handler [default: 256]
        max_waiting: size = "SOCKRATES_MAX_WAITING",
        /// Bytes of all of them [default: 2000000]
        max_waiting_bytes: size = "SOCKRATES_MAX_WAITING_BYTES",
    }
}

#[derive(Args, Debug)]
#[command(next_help_heading = "The chat")]
struct ChatArgs {
    /// Hold people in the chat to the name and the rooms they joined with
    #[arg(long, env = "SOCKRATES_CHAT_STRICT", value_parser = FalseyValueParser::new())]
    chat_strict: bool,

    #[command(flatten)]
    bounds: ChatBounds,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LogFormat {
    Text,
    Json,
}

impl Serve {
    /// What names are drawn from, if not from the operating system.
    ///
    /// # Errors
    /// When others can connect.
    pub fn seed(&self) -> Result<Option<u64>, &'static str> {
        match self.deterministic {
            Some(_) if !self.is_for_this_machine() => {
                Err("--deterministic is for this machine alone: others could take over sessions")
            }
            seed => Ok(seed),
        }
    }

    /// Whether nobody but this machine can connect: through a proxy on it, everybody can.
    pub fn is_for_this_machine(&self) -> bool {
        self.host.iter().all(IpAddr::is_loopback) && !self.engine.is_behind_proxies()
    }

    pub fn threads(&self) -> usize {
        self.threads.unwrap_or_else(|| available_parallelism().map_or(1, usize::from)).max(1)
    }

    /// # Errors
    /// When pages of every origin were to be let in with cookies.
    pub fn socketio(&self) -> Result<Options, Box<dyn Error>> {
        let mut engine = self.engine.options()?;
        // The largest message has to fit, there and back.
        engine.max_buffered = engine.max_buffered.max(2 * engine.max_payload);
        let max_attachment_bytes = 2 * engine.max_payload;
        let mut options = Options { engine, max_attachment_bytes, ..Options::default() };
        self.socket.set(&mut options);
        // The chat counts the characters of a room, and each may have four bytes.
        let longest = "chat:".len() + 4 * self.chat().max_room;
        options.max_room_name = options.max_room_name.max(longest);
        Ok(options)
    }

    pub fn chat(&self) -> LobbyOptions {
        let strict = self.chat.chat_strict;
        let mut options = LobbyOptions { strict, ..LobbyOptions::default() };
        self.chat.bounds.set(&mut options);
        options
    }

    pub fn assets(&self) -> Assets {
        Assets::new(self.assets_dir.clone())
    }

    /// The browser client that pages load: the official one where it is installed, or else ours.
    pub fn client_files(&self) -> Result<ClientFiles, String> {
        if let Some(folder) = &self.client_dir {
            return ClientFiles::from_folder(folder).map_err(|error| error.to_string());
        }
        Ok(ClientFiles::from_folder(NODE_MODULES).unwrap_or_else(|_| {
            let assets = self.assets();
            ClientFiles::own(assets.bundle(Kind::Classic), assets.bundle(Kind::Module))
        }))
    }

    pub fn start_log(&self) -> Result<(), Box<dyn Error>> {
        let filter = EnvFilter::try_new(&self.log)
            .map_err(|error| format!("--log {}: {error}", self.log))?;
        let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
        match self.log_format {
            LogFormat::Text => log.init(),
            LogFormat::Json => log.json().init(),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;
    use sockrates::engineio::delivery::WhenFull;
    use sockrates::engineio::proxies::ProxyHeader;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed_and_every_option_has_its_variable() {
        let command = Cli::command();
        command.clone().debug_assert();
        for option in command.get_arguments().filter(|option| option.get_id() != "help") {
            let id = option.get_id().as_str();
            if id != "version" {
                assert!(option.get_env().is_some(), "{id} has no environment variable");
            }
        }
    }

    #[test]
    fn values_that_make_no_sense_are_refused() {
        for args in [
            ["--path", "/"],
            ["--path", "/a b/"],
            ["--cors-origin", "app.example"],
            ["--cors-origin", "https://app.example/page"],
            ["--cors-origin", "null"],
            ["--cors-allowed-headers", "a b"],
            ["--cors-max-age", "-1"],
            ["--assets-dir", "/nowhere"],
            ["--max-payload", "0"],
            ["--ping-interval", "0"],
            ["--trusted-proxy", "10.0.0.0/33"],
            ["--when-full", "never"],
        ] {
            let args = [&["sockrates"], &args[..]].concat();
            assert!(Cli::try_parse_from(&args).is_err(), "{args:?}");
        }
        let cli = Cli::parse_from(["sockrates", "--path", "x", "--cors-origin", "http://a:1/"]);
        assert_eq!(cli.serve.engine.path, "/x/");
        assert_eq!(cli.serve.engine.cors_origin, ["http://a:1"]);
    }

    #[test]
    fn any_origin_with_cookies_is_refused_and_limits_are_taken() {
        let serve = |args: &[&str]| Cli::parse_from([&["sockrates"], args].concat()).serve;
        assert!(serve(&["--cors-credentials"]).socketio().is_err());
        let listed = ["--cors-credentials", "--cors-origin", "https://app.example"];
        assert!(serve(&listed).socketio().is_ok());

        let headers = ["--cors-allowed-headers=x-a,x-b", "--cors-exposed-headers=x-c"];
        let args = [&headers[..], &["--cors-max-age", "600"]].concat();
        let cors = serve(&args).socketio().unwrap().engine.cors;
        let told = [cors.preflight(None).unwrap(), cors.headers(None, "")].concat();
        for value in ["x-a,x-b", "x-c", "600"] {
            assert!(told.iter().any(|header| header.1 == value), "{value} is not in {told:?}");
        }

        let options = serve(&["--max-payload", "100", "--ack-timeout", "7"]).socketio().unwrap();
        assert_eq!(options.engine.max_payload, 100);
        assert_eq!(options.max_attachment_bytes, 200);
        assert_eq!(options.ack_timeout, Duration::from_millis(7));

        let args = ["--trusted-proxy", "10.0.0.0/8", "--trusted-proxy", "::1", "--when-full=wait"];
        let engine = serve(&args).socketio().unwrap().engine;
        let networks: Vec<_> = engine.trusted_proxies.iter().map(ToString::to_string).collect();
        assert_eq!(networks, ["10.0.0.0/8", "::1/128"]);
        assert_eq!(engine.when_full, WhenFull::Wait);
        assert_eq!(engine.proxy_header, ProxyHeader::XForwarded);
        let engine = serve(&["--proxy-header", "forwarded"]).socketio().unwrap().engine;
        assert_eq!(engine.proxy_header, ProxyHeader::Forwarded);
    }

    #[test]
    fn names_are_drawn_from_a_seed_only_where_nobody_else_can_connect() {
        let seed = |args: &[&str]| {
            Cli::parse_from([&["sockrates", "--deterministic=7"], args].concat()).serve.seed()
        };
        assert_eq!(seed(&[]), Ok(Some(7)));
        assert_eq!(seed(&["--host", "127.0.0.2,::1"]), Ok(Some(7)));
        assert_eq!(Cli::parse_from(["sockrates", "--host", "0.0.0.0"]).serve.seed(), Ok(None));
        for open in [["--host", "0.0.0.0"], ["--host", "::1,192.0.2.1"]] {
            assert!(seed(&open).is_err(), "{open:?}");
        }
        assert!(seed(&["--trusted-proxy", "127.0.0.1"]).is_err());
    }
}
