//! What every server here takes and says: `--port`, `--threads`, and where it listens.

use std::io::Write as _;
use std::net::SocketAddr;

/// The number behind a flag, or what it is without.
pub fn number(name: &str, default: u16) -> u16 {
    let value = std::env::args().skip_while(|arg| arg != name).nth(1);
    value.and_then(|value| value.parse().ok()).unwrap_or(default)
}

/// Whether there is such a flag.
#[allow(dead_code, reason = "not every server has flags")]
pub fn has(name: &str) -> bool {
    std::env::args().any(|arg| arg == name)
}

/// Says where the server listens. From now on it can be measured.
pub fn announce(address: SocketAddr) -> std::io::Result<()> {
    let mut out = std::io::stdout();
    writeln!(out, "listening on http://{address}")?;
    out.flush()
}
