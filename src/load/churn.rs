//! Clients that come and go: what a client costs before it has said anything.
//!
//! ```text
//!   websocket   connect, 40, close                            again and again
//!   polling     open, 40, hear of it, close
//!   upgrade     open, 40, probe, upgrade, one answer, close   how long until that answer?
//! ```
//!
//! Shell file: waits for sockets.

use std::cell::Cell;
use std::io;
use std::rc::Rc;
use std::time::Instant;

use tokio::task::JoinSet;

use super::figures::Figures;
use super::plan::Plan;
use super::polling::{self, Exchange, Polling};
use super::websocket::WebSocket;

/// How clients come.
#[derive(Clone, Copy, Debug)]
pub enum By {
    WebSocket,
    Polling,
    Upgrade,
}

/// # Errors
/// When the server turns one of them away.
pub async fn run(plan: Rc<Plan>, by: By) -> io::Result<Figures> {
    let mut tasks = JoinSet::new();
    for _ in 0..plan.clients {
        let plan = plan.clone();
        tasks.spawn_local(async move {
            loop {
                come_and_go(&plan, by).await?;
            }
        });
    }
    plan.measure(tasks).await
}

/// One of them. It counts when it has been let in.
///
/// # Errors
/// When it is not.
pub async fn come_and_go(plan: &Plan, by: By) -> io::Result<()> {
    let began = Instant::now();
    match by {
        By::WebSocket => {
            let socket = WebSocket::join(plan.server, &plan.path).await?;
            plan.meter.count(1, began.elapsed());
            socket.close().await
        }
        By::Polling => {
            let mut client = Polling::join(plan.server, &plan.path).await?;
            plan.meter.count(1, began.elapsed());
            client.say("1").await
        }
        By::Upgrade => {
            let socket = upgrade(plan).await?;
            plan.meter.count(1, began.elapsed());
            socket.close().await
        }
    }
}

/// Does as the official client does: it probes while it joins, polls on until the probe is
/// answered, and says `5` when its last poll has come back.
///
/// # Errors
/// When the server does not let it.
pub async fn upgrade(plan: &Plan) -> io::Result<WebSocket> {
    let Polling { exchange: mut polls, address, poll } =
        Polling::open(plan.server, &plan.path).await?;
    let (probed, joined) = (Cell::new(false), Cell::new(false));
    let joining = async { Exchange::connect(plan.server).await?.ask(&address.post("40")).await };
    let polling = async {
        while !probed.get() {
            for packet in polling::packets(&polls.ask(&poll).await?) {
                match packet {
                    [b'4', b'0', b'{', ..] => joined.set(true),
                    b"6" | b"2" => {}
                    other => return Err(polling::unexpected("40{…", other)),
                }
            }
        }
        Ok(())
    };
    let probing = async {
        let mut socket = WebSocket::connect(plan.server, &plan.path, &address.sid).await?;
        socket.writer.send_text("2probe").await?;
        socket.expect("3probe").await?;
        probed.set(true);
        Ok(socket)
    };
    let (_, (), mut socket) = tokio::try_join!(joining, polling, probing)?;
    socket.writer.send_text("5").await?;
    if !joined.get() {
        socket.expect("40{").await?;
    }
    socket.writer.send_text(r#"420["ack-me",1]"#).await?;
    socket.expect("430[1]").await?;
    Ok(socket)
}
