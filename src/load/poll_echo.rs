//! There and back on long-polling: what one POST says, the polls beside it bring back.
//!
//! ```text
//!   POST  42["echo","x"]␞42["echo","x"]   ──►
//!   GET                                   ──►
//!                                         ◄──  ok
//!                                         ◄──  42["echo","x"]␞42["echo","x"]
//! ```
//!
//! Shell file: waits for sockets.

use std::io;
use std::rc::Rc;
use std::time::Instant;

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use tokio::task::JoinSet;

use super::figures::Figures;
use super::plan::{AT_ONCE, Plan};
use super::polling::{self, Exchange, Polling};

/// # Errors
/// When the server answers anything but what was sent to it.
pub async fn run(plan: Rc<Plan>) -> io::Result<Figures> {
    let mut tasks = JoinSet::new();
    let opening = (0..plan.clients).map(|_| Polling::join(plan.server, &plan.path));
    let mut opened = stream::iter(opening).buffered(AT_ONCE);
    while let Some(client) = opened.try_next().await? {
        tasks.spawn_local(echo(client, plan.clone()));
    }
    plan.clone().measure(tasks).await
}

async fn echo(client: Polling, plan: Rc<Plan>) -> io::Result<()> {
    let Polling { exchange: mut polls, address, poll } = client;
    let mut posts = Exchange::connect(plan.server).await?;
    let packet = format!(r#"42["echo","{}"]"#, "x".repeat(plan.size));
    let post = address.post(&vec![&*packet; plan.in_flight].join("\x1E"));
    let pong = address.post("3");
    loop {
        let began = Instant::now();
        let hearing = async {
            let (mut answers, mut heartbeats) = (0, 0);
            while answers < plan.in_flight {
                for heard in polling::packets(&polls.ask(&poll).await?) {
                    match heard {
                        b"2" => heartbeats += 1,
                        heard if heard == packet.as_bytes() => answers += 1,
                        wrong => return Err(polling::unexpected(&packet, wrong)),
                    }
                }
            }
            Ok(heartbeats)
        };
        let (heartbeats, _) = tokio::try_join!(hearing, posts.ask(&post))?;
        plan.meter.count(plan.in_flight as u64, began.elapsed());
        for _ in 0..heartbeats {
            posts.ask(&pong).await?;
        }
    }
}
