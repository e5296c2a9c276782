//! One run of `sockrates load`, on one thread: what the server costs is the question, and a
//! second thread here would take the processor from it.
//!
//! ```text
//!   plan ─► clients, each a task ─► figures ─► printed
//! ```
//!
//! Shell file: owns the runtime.

use std::error::Error;
use std::io::{self, Write as _};
use std::rc::Rc;

use tokio::runtime::Builder;
use tokio::task::LocalSet;

use super::churn::{self, By};
use super::options::{Act, Load, Transport};
use super::{broadcast, contract, echo, idle, poll_echo, script};

/// # Errors
/// When the server is not there, or does not do what is expected of it.
pub fn run(load: &Load) -> Result<(), Box<dyn Error>> {
    let plan = Rc::new(load.plan()?);
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let figures = LocalSet::new().block_on(&runtime, async {
        use Transport::{Polling, Upgrade, Websocket};
        match (load.act, load.transport) {
            (Act::Echo, Websocket) => echo::run(plan, script::Act::Echo).await,
            (Act::Echo, Polling) => poll_echo::run(plan).await,
            (Act::Ack, Websocket) => echo::run(plan, script::Act::Ack).await,
            (Act::Binary, Websocket) => echo::run(plan, script::Act::Binary).await,
            (Act::Broadcast, Websocket) => broadcast::run(plan).await,
            (Act::Churn, Websocket) => churn::run(plan, By::WebSocket).await,
            (Act::Churn, Polling) => churn::run(plan, By::Polling).await,
            (Act::Churn, Upgrade) => churn::run(plan, By::Upgrade).await,
            (Act::Idle, Websocket) => idle::run(plan, false).await,
            (Act::Idle, Polling) => idle::run(plan, true).await,
            (Act::Storm, Websocket) => idle::storm(plan).await,
            (Act::Contract, transport) => {
                let by = match transport {
                    Websocket => By::WebSocket,
                    Polling => By::Polling,
                    Upgrade => By::Upgrade,
                };
                contract::run(&plan, by, load.echo_only).await
            }
            (_, Polling | Upgrade) => Err(io::Error::other("this is done over WebSocket alone")),
        }
    })?;
    let mut out = io::stdout();
    if load.json {
        writeln!(out, "{}", serde_json::to_string(&figures)?)?;
    } else {
        write!(out, "{figures}")?;
    }
    Ok(())
}
