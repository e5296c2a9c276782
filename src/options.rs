//! The command line: every option is a flag and an environment variable.
//!
//! Shell file: reads the environment.

use std::error::Error;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::thread::available_parallelism;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use sockrates::chat::assets::Assets;
use sockrates::chat::bundles::Bundles;
use sockrates::chat::lobby::LobbyOptions;
use sockrates::engineio::cors::Cors;
use sockrates::engineio::options::{Options as EngineOptions, Transports};
use sockrates::socketio::Options;
use tracing_subscriber::EnvFilter;

/// Where the official client is after `npm install socket.io-client`.
const NODE_MODULES: &str = "node_modules/socket.io-client/dist";

/// A Socket.IO server, written to be read. Without arguments it serves a chat on port 3000.
#[derive(Debug, Parser)]
#[command(version, about, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    pub serve: Serve,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the chat (this is what happens without a subcommand, too)
    Serve(Serve),
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

    /// Hold people in the chat to the name and the rooms they joined with
    #[arg(long, env = "SOCKRATES_CHAT_STRICT")]
    chat_strict: bool,

    /// Path of the Socket.IO server
    #[arg(long, env = "SOCKRATES_PATH", default_value = "/socket.io/")]
    path: String,

    /// Transports to offer
    #[arg(long, env = "SOCKRATES_TRANSPORTS", value_enum, default_value = "both")]
    transports: TransportsArg,

    /// Do not let clients move from polling to WebSocket
    #[arg(long, env = "SOCKRATES_NO_UPGRADE")]
    no_upgrade: bool,

    /// Origin whose pages may use the server; `*` is every origin
    #[arg(
        long,
        env = "SOCKRATES_CORS_ORIGIN",
        value_delimiter = ',',
        default_value = "*",
        value_name = "ORIGIN"
    )]
    cors_origin: Vec<String>,

    /// Let pages of the listed origins send cookies
    #[arg(long, env = "SOCKRATES_CORS_CREDENTIALS")]
    cors_credentials: bool,

    /// Milliseconds between an answered ping and the next
    #[arg(long, env = "SOCKRATES_PING_INTERVAL", default_value_t = 25_000, value_name = "MS")]
    ping_interval: u64,

    /// Milliseconds a client has to answer a ping
    #[arg(long, env = "SOCKRATES_PING_TIMEOUT", default_value_t = 20_000, value_name = "MS")]
    ping_timeout: u64,

    /// Milliseconds a WebSocket has to take over from polling
    #[arg(long, env = "SOCKRATES_UPGRADE_TIMEOUT", default_value_t = 10_000, value_name = "MS")]
    upgrade_timeout: u64,

    /// Milliseconds a client has to join a namespace
    #[arg(long, env = "SOCKRATES_CONNECT_TIMEOUT", default_value_t = 45_000, value_name = "MS")]
    connect_timeout: u64,

    /// Bytes of the largest request body or WebSocket message
    #[arg(long, env = "SOCKRATES_MAX_PAYLOAD", default_value_t = 1_000_000, value_name = "BYTES")]
    max_payload: usize,

    /// Bytes that may wait for one client before it is closed
    #[arg(long, env = "SOCKRATES_MAX_BUFFERED", default_value_t = 16 << 20, value_name = "BYTES")]
    max_buffered: usize,

    /// Seconds that clients have to leave when the server stops
    #[arg(long, env = "SOCKRATES_GRACE", default_value_t = 5, value_name = "SECONDS")]
    pub grace: u64,

    /// Folder of the official client's bundles, to serve instead of our own
    /// [default: node_modules/socket.io-client/dist, if it is there]
    #[arg(long, env = "SOCKRATES_CLIENT_DIR", value_name = "DIR")]
    client_dir: Option<PathBuf>,

    /// Folder of the page's files, to serve instead of those compiled in
    #[arg(long, env = "SOCKRATES_ASSETS_DIR", value_name = "DIR")]
    assets_dir: Option<PathBuf>,

    /// What to log: a level, or levels by target such as `sockrates::engineio=debug`
    #[arg(long, env = "SOCKRATES_LOG", default_value = "info", value_name = "FILTER")]
    log: String,

    /// How to log
    #[arg(long, env = "SOCKRATES_LOG_FORMAT", value_enum, default_value = "text")]
    log_format: LogFormat,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum TransportsArg {
    Polling,
    Websocket,
    Both,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LogFormat {
    Text,
    Json,
}

impl Serve {
    pub fn threads(&self) -> usize {
        self.threads.unwrap_or_else(|| available_parallelism().map_or(1, usize::from)).max(1)
    }

    pub fn socketio(&self) -> Options {
        let engine = EngineOptions {
            path: format!("/{}/", self.path.trim_matches('/')),
            transports: match self.transports {
                TransportsArg::Polling => Transports::Polling,
                TransportsArg::Websocket => Transports::WebSocket,
                TransportsArg::Both => Transports::Both,
            },
            allow_upgrades: !self.no_upgrade,
            ping_interval: Duration::from_millis(self.ping_interval),
            ping_timeout: Duration::from_millis(self.ping_timeout),
            upgrade_timeout: Duration::from_millis(self.upgrade_timeout),
            max_payload: self.max_payload,
            max_buffered: self.max_buffered,
            cors: self.cors(),
            ..EngineOptions::default()
        };
        Options {
            connect_timeout: Duration::from_millis(self.connect_timeout),
            max_attachment_bytes: 2 * engine.max_payload,
            engine,
            ..Options::default()
        }
    }

    fn cors(&self) -> Cors {
        if self.cors_origin.iter().any(|origin| origin == "*") {
            return Cors::Any;
        }
        Cors::List { origins: self.cors_origin.clone(), credentials: self.cors_credentials }
    }

    pub fn chat(&self) -> LobbyOptions {
        LobbyOptions { strict: self.chat_strict, ..LobbyOptions::default() }
    }

    pub fn assets(&self) -> Assets {
        Assets::new(self.assets_dir.clone())
    }

    pub fn bundles(&self) -> Result<Bundles, String> {
        match &self.client_dir {
            Some(folder) => Bundles::official(folder)
                .ok_or_else(|| format!("there is no socket.io.js in {}", folder.display())),
            None => Ok(Bundles::official(Path::new(NODE_MODULES))
                .unwrap_or_else(|| Bundles::Own(self.assets()))),
        }
    }

    pub fn start_log(&self) -> Result<(), Box<dyn Error>> {
        if self.cors_credentials && matches!(self.cors(), Cors::Any) {
            return Err("--cors-credentials needs --cors-origin: with every origin allowed, any \
                        page could act in the name of whoever looks at it"
                .into());
        }
        let log = tracing_subscriber::fmt()
            .with_env_filter(EnvFilter::try_new(&self.log)?)
            .with_writer(std::io::stderr);
        match self.log_format {
            LogFormat::Text => log.init(),
            LogFormat::Json => log.json().init(),
        }
        Ok(())
    }
}
