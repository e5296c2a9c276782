//! The command line of `sockrates conform` and `sockrates learn`.
//!
//! ```text
//!   sockrates conform http://localhost:3000
//!   sockrates conform http://localhost:3000 --only 'upgrade/*' --json
//!   sockrates learn http://localhost:3000 --lang zh
//! ```
//!
//! Shell file: looks up names.

use std::io;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs as _};
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use serde_json::Value;

use super::lang::Lang;
use crate::load::target::Target;
use crate::tools::lang::LangArgs;

/// How long one of several addresses has to answer.
const LOOKING: Duration = Duration::from_secs(1);

#[derive(Args, Debug)]
pub struct Conform {
    /// The server, such as http://localhost:3000
    #[arg(required_unless_present = "list")]
    url: Option<String>,

    #[command(flatten)]
    pub manner: Manner,

    /// The server has the handlers of examples/protocol_suite.rs
    /// [default: found out by trying]
    #[arg(long)]
    pub suite: bool,

    /// Only checks of this name, in which * is anything; may be repeated
    #[arg(long, value_name = "GLOB")]
    pub only: Vec<String>,

    /// List the checks, and ask nobody
    #[arg(long)]
    pub list: bool,

    /// Print the outcome as JSON
    #[arg(long)]
    pub json: bool,

    /// Write the outcome to a file, as JUnit's XML
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub struct Learn {
    /// Your server, such as http://localhost:3000
    url: String,

    #[command(flatten)]
    pub manner: Manner,
}

/// What both have in common.
#[derive(Args, Debug)]
pub struct Manner {
    /// What the server wants to hear in a CONNECT, as a JSON object
    #[arg(long, value_name = "JSON", value_parser = object)]
    pub auth: Option<String>,

    /// Have the time for checks that mostly wait: minutes, with the usual intervals
    #[arg(long)]
    slow: bool,

    #[command(flatten)]
    lang: LangArgs,

    /// Let the server be on another machine, which is yours and may be kept busy
    #[arg(long, alias = "yes-this-host-is-mine")]
    i_own_this_host: bool,
}

/// A server to ask.
#[derive(Clone, Debug)]
pub struct Place {
    pub server: SocketAddr,
    /// What requests say in `Host`.
    pub host: String,
    pub path: String,
}

fn object(text: &str) -> Result<String, String> {
    match serde_json::from_str(text) {
        Ok(Value::Object(_)) => Ok(text.to_owned()),
        Ok(_) => Err("this is JSON, but not an object".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

impl Conform {
    /// # Errors
    /// When there is no such server, or it may be somebody else's.
    pub fn place(&self) -> io::Result<Place> {
        self.manner.place(self.url.as_deref().unwrap_or_default())
    }
}

impl Learn {
    /// # Errors
    /// When there is no such server, or it may be somebody else's.
    pub fn place(&self) -> io::Result<Place> {
        self.manner.place(&self.url)
    }
}

impl Manner {
    fn place(&self, url: &str) -> io::Result<Place> {
        let target = Target::parse(url).map_err(io::Error::other)?;
        let addresses: Vec<_> = (&*target.host, target.port).to_socket_addrs()?.collect();
        let mine = self.i_own_this_host;
        let first = target.choose(addresses.clone(), mine).map_err(io::Error::other)?;
        // `localhost` may be two addresses, of which the server has one.
        let answers = |it: &SocketAddr| TcpStream::connect_timeout(it, LOOKING).is_ok();
        let allowed = |it: &SocketAddr| target.choose([*it], mine).is_ok();
        let server = addresses.into_iter().find(|it| allowed(it) && answers(it)).unwrap_or(first);
        let bare = target.host;
        let name = if bare.contains(':') { format!("[{bare}]") } else { bare };
        Ok(Place { server, host: format!("{name}:{}", target.port), path: target.path })
    }

    pub fn lang(&self) -> Lang {
        self.lang.get()
    }

    /// How long a check may only wait.
    pub fn patience(&self) -> Duration {
        Duration::from_secs(if self.slow { 120 } else { 5 })
    }

    /// How long all of it may take.
    pub fn limit(&self) -> Duration {
        Duration::from_secs(if self.slow { 1800 } else { 300 })
    }
}
