//! The command line of `sockrates trace`.
//!
//! ```text
//!   sockrates trace http://localhost:3000 --emit 'join {"name":"Ada","room":"1"}'
//!   sockrates trace http://localhost:3000 --listen 127.0.0.1:4000
//! ```
//!
//! Shell file: looks up names.

use std::error::Error;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs as _};
use std::time::Duration;

use clap::{Args, value_parser};
use serde_json::Value;

use crate::load::target::Target;
use crate::tools::lang::LangArgs;

#[derive(Args, Debug)]
pub struct Trace {
    /// The server, such as http://localhost:3000
    #[arg(value_name = "URL", required_unless_present = "upstream")]
    url: Option<String>,

    /// Wait for clients at this address instead of being one, such as :4000
    #[arg(long, value_name = "ADDRESS", value_parser = listen_address,
          conflicts_with_all = ["emit", "ns", "auth", "polling", "websocket"])]
    pub listen: Option<SocketAddr>,

    /// The server, for whoever likes to name it so
    #[arg(long, value_name = "URL", conflicts_with = "url")]
    upstream: Option<String>,

    /// Namespace to enter
    #[arg(long, value_name = "NAME", default_value = "/", value_parser = namespace)]
    pub ns: String,

    /// What to say to be let in, as JSON
    #[arg(long, value_name = "JSON", value_parser = object)]
    pub auth: Option<Value>,

    /// An event to send: its name, with a '?' if an answer is wanted, then arguments as JSON;
    /// repeat for more
    #[arg(long, value_name = "EVENT", value_parser = emit)]
    pub emit: Vec<Emit>,

    /// Stay on long-polling
    #[arg(long, conflicts_with = "websocket")]
    pub polling: bool,

    /// Begin with WebSocket
    #[arg(long)]
    pub websocket: bool,

    /// End after so many seconds [default: 5; never with --listen]
    #[arg(long = "for", value_name = "SECONDS", value_parser = value_parser!(u64).range(1..=86_400))]
    seconds: Option<u64>,

    /// Print one JSON object a line, as in a recording (.siolog)
    #[arg(long)]
    pub json: bool,

    /// Leave out what each byte means
    #[arg(long)]
    pub brief: bool,

    /// Show cookies, authorization and what clients say to be let in
    #[arg(long)]
    pub secrets: bool,

    #[command(flatten)]
    pub lang: LangArgs,
}

/// An event to send.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Emit {
    pub name: String,
    pub args: Vec<Value>,
    pub wants_answer: bool,
}

impl Trace {
    /// The server: what it is called, where it is, and at which path it answers.
    pub fn server(&self) -> Result<(String, SocketAddr, String), Box<dyn Error>> {
        let url = self.url.as_ref().or(self.upstream.as_ref()).ok_or("a URL is needed")?;
        let target = Target::parse(url)?;
        let mut addresses = (target.host.as_str(), target.port).to_socket_addrs()?;
        let address = addresses.next().ok_or("the host has no address")?;
        let name = if target.host.contains(':') {
            format!("[{}]:{}", target.host, target.port)
        } else {
            format!("{}:{}", target.host, target.port)
        };
        Ok((name, address, target.path))
    }

    /// For how long to go on.
    pub fn time(&self) -> Option<Duration> {
        let usual = if self.listen.is_some() { None } else { Some(5) };
        self.seconds.or(usual).map(Duration::from_secs)
    }
}

/// `:4000` is on this machine alone.
fn listen_address(text: &str) -> Result<SocketAddr, String> {
    let wrong = |_| format!("{text:?} is no address, expected one such as :4000 or 127.0.0.1:4000");
    match text.strip_prefix(':') {
        Some(port) => {
            let port = port.parse().map_err(|_| format!("{port:?} is no port"))?;
            Ok(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port))
        }
        None => text.parse().map_err(wrong).and_then(|address: SocketAddr| {
            // What passes is shown at the same address, and others must not see it.
            let here = Some(address).filter(|it| it.ip().is_loopback());
            here.ok_or_else(|| format!("{text} is not of this machine alone"))
        }),
    }
}

fn namespace(text: &str) -> Result<String, &'static str> {
    if text.contains(',') {
        return Err("a namespace has no comma");
    }
    Ok(if text.starts_with('/') { text.to_owned() } else { format!("/{text}") })
}

fn object(text: &str) -> Result<Value, String> {
    let value: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    if value.is_object() { Ok(value) } else { Err("an object is wanted".to_owned()) }
}

fn emit(text: &str) -> Result<Emit, String> {
    let (name, args) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
    let args = serde_json::Deserializer::from_str(args).into_iter().collect::<Result<_, _>>();
    let args = args.map_err(|error| format!("arguments are JSON, one after the other: {error}"))?;
    let wants_answer = name.ends_with('?');
    Ok(Emit { name: name.trim_end_matches('?').to_owned(), args, wants_answer })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_event_is_a_name_and_json() {
        let of =
            |name: &str, args, wants_answer| Emit { name: name.to_owned(), args, wants_answer };
        assert_eq!(emit("hi"), Ok(of("hi", vec![], false)));
        assert_eq!(
            emit(r#"join "Ada" "1""#),
            Ok(of("join", vec![json!("Ada"), json!("1")], false))
        );
        assert_eq!(emit("add? 1 [2]"), Ok(of("add", vec![json!(1), json!([2])], true)));
        assert!(emit("join Ada").is_err());
    }

    #[test]
    fn a_port_alone_is_on_this_machine() {
        assert_eq!(listen_address(":4000").unwrap().to_string(), "127.0.0.1:4000");
        assert_eq!(listen_address("[::1]:4000").unwrap().to_string(), "[::1]:4000");
        assert!(listen_address("4000").is_err());
        assert!(listen_address(":x").is_err());
    }

    /// The inspector is at the same address, without a token.
    #[test]
    fn others_can_not_connect() {
        for open in ["0.0.0.0:4000", "[::]:4000", "192.0.2.1:4000"] {
            assert!(listen_address(open).is_err(), "{open}");
        }
    }
}
