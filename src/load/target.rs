//! Which server is loaded: only one on this machine, unless told otherwise.
//!
//! ```text
//!   http://127.0.0.1:3000            ► 127.0.0.1:3000, /socket.io/
//!   http://localhost/chat/           ► localhost:80,   /chat/
//!   http://example.com               ✗ another machine may not be yours
//! ```
//!
//! Core file: names are resolved by whoever asks.

use core::net::SocketAddr;
use std::fmt;

/// A server, as its URL names it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Target {
    pub host: String,
    pub port: u16,
    pub path: String,
}

/// Why there is nothing to load.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum TargetError {
    NotHttp,
    NoHost,
    Port(String),
    NotFound(String),
    NotLoopback(SocketAddr),
}

impl Target {
    /// Reads a URL.
    ///
    /// # Errors
    /// When it is not one of plain HTTP, which is what servers are measured by.
    pub fn parse(url: &str) -> Result<Self, TargetError> {
        let rest = url.strip_prefix("http://").ok_or(TargetError::NotHttp)?;
        let (authority, path) = match rest.find('/') {
            Some(at) => rest.split_at(at),
            None => (rest, "/"),
        };
        // An IPv6 address has colons of its own, in brackets.
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => {
                (host, port.parse().map_err(|_| TargetError::Port(port.to_owned()))?)
            }
            _ => (authority, 80),
        };
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        if host.is_empty() {
            return Err(TargetError::NoHost);
        }
        let path = if path == "/" { "/socket.io/" } else { path };
        Ok(Self { host, port, path: path.to_owned() })
    }

    /// Of the addresses that the host has, the one to use: whose machine that is matters.
    ///
    /// # Errors
    /// When it has none, or one that may be somebody else's.
    pub fn choose(
        &self,
        addresses: impl IntoIterator<Item = SocketAddr>,
        mine: bool,
    ) -> Result<SocketAddr, TargetError> {
        let first = addresses.into_iter().next();
        let address = first.ok_or_else(|| TargetError::NotFound(self.host.clone()))?;
        if address.ip().is_loopback() || mine {
            Ok(address)
        } else {
            Err(TargetError::NotLoopback(address))
        }
    }
}

impl fmt::Display for TargetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotHttp => f.write_str("the URL has to begin with http://"),
            Self::NoHost => f.write_str("the URL names no host"),
            Self::Port(port) => write!(f, "{port} is not a port"),
            Self::NotFound(host) => write!(f, "{host} has no address"),
            Self::NotLoopback(address) => write!(
                f,
                "{} is another machine. If it is yours, and may be kept busy, say so by \
                 --i-own-this-host",
                address.ip()
            ),
        }
    }
}

impl std::error::Error for TargetError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_a_host_a_port_and_a_path() {
        let check = |url, host: &str, port, path: &str| {
            let target = Target { host: host.to_owned(), port, path: path.to_owned() };
            assert_eq!(Target::parse(url), Ok(target), "{url}");
        };
        check("http://127.0.0.1:3000", "127.0.0.1", 3000, "/socket.io/");
        check("http://localhost:3000/", "localhost", 3000, "/socket.io/");
        check("http://localhost/chat/", "localhost", 80, "/chat/");
        check("http://[::1]:8080/", "::1", 8080, "/socket.io/");
        check("http://[::1]", "::1", 80, "/socket.io/");
        assert_eq!(Target::parse("https://localhost"), Err(TargetError::NotHttp));
        assert_eq!(Target::parse("localhost:3000"), Err(TargetError::NotHttp));
        assert_eq!(Target::parse("http://:80/"), Err(TargetError::NoHost));
        assert_eq!(Target::parse("http://a:b/"), Err(TargetError::Port("b".to_owned())));
    }

    #[test]
    fn another_machine_is_left_alone_unless_it_is_ours() {
        let target = Target::parse("http://example.com").unwrap();
        let other: SocketAddr = "192.0.2.7:80".parse().unwrap();
        let here: SocketAddr = "[::1]:80".parse().unwrap();
        assert_eq!(target.choose([other], false), Err(TargetError::NotLoopback(other)));
        assert_eq!(target.choose([other], true), Ok(other));
        assert_eq!(target.choose([here], false), Ok(here));
        assert!(matches!(target.choose([], true), Err(TargetError::NotFound(_))));
        let refusal = TargetError::NotLoopback(other).to_string();
        assert!(refusal.contains("192.0.2.7") && refusal.contains("--i-own-this-host"));
    }
}
