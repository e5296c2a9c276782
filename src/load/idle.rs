//! Clients that only stay, and what they leave behind: how much memory does each of them take?
//!
//! ```text
//!   empty ─► all have joined ─► some seconds later ─► all gone
//!
//!   storm:   all have joined ─► each was sent much ─► all gone, and many more came and
//!            went ─► as many as at first
//! ```
//!
//! Shell file: waits for sockets.

use std::io;
use std::rc::Rc;
use std::time::Duration;

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::broadcast::join;
use super::churn::{By, come_and_go};
use super::figures::Figures;
use super::listen::listen;
use super::plan::{AT_ONCE, Plan};
use super::polling::Polling;
use super::script::{Act, Script};
use super::websocket::WebSocket;

/// How many come and go in a storm.
const PASSERS_BY: usize = 20_000;
/// How long a server has to notice that clients are gone.
const TO_NOTICE: Duration = Duration::from_secs(2);
/// How long one of many may take to hear what was said to all.
const TO_HEAR: Duration = Duration::from_secs(60);

/// # Errors
/// When a client is not let in, or not kept.
pub async fn run(plan: Rc<Plan>, polling: bool) -> io::Result<Figures> {
    let mut memory = Memory::new(&plan, "empty")?;
    let mut tasks = JoinSet::new();
    // Each begins to stay at once: servers give up on a connection that is silent for too long.
    if polling {
        let opening = (0..plan.clients).map(|_| Polling::join(plan.server, &plan.path));
        let mut opened = stream::iter(opening).buffered(AT_ONCE);
        while let Some(client) = opened.try_next().await? {
            tasks.spawn_local(stay_polling(client));
        }
    } else {
        let script = Rc::new(Script::new(Act::Echo, plan.size, 1));
        let opening = (0..plan.clients).map(|_| WebSocket::join(plan.server, &plan.path));
        let mut opened = stream::iter(opening).buffered(AT_ONCE);
        while let Some(client) = opened.try_next().await? {
            tasks.spawn_local(stay(client, script.clone()));
        }
    }
    memory.note("all have joined")?;
    tokio::select! {
        () = sleep(plan.lasts) => {}
        ended = tasks.join_next() => {
            ended.unwrap_or(Ok(Ok(()))).map_err(io::Error::other)??;
        }
    }
    memory.note("later")?;
    drop(tasks);
    sleep(TO_NOTICE).await;
    memory.note("all gone")?;
    Ok(memory.figures())
}

/// # Errors
/// When a client is not let in, or does not hear what is said.
pub async fn storm(plan: Rc<Plan>) -> io::Result<Figures> {
    let mut memory = Memory::new(&plan, "empty")?;
    let script = Script::new(Act::Broadcast("storm"), plan.size, 1);
    let mut members = plan.open(plan.clients).await?;
    for member in &mut members {
        join(member, "storm").await?;
    }
    sleep(plan.warm_up).await;
    memory.note("all have joined")?;
    if let Some(first) = members.first_mut() {
        first.writer.send(script.messages(0, 1)).await?;
    }
    for member in &mut members {
        let hearing = timeout(TO_HEAR, hears_one(member, &script));
        hearing.await.map_err(|_| io::Error::other("a client has heard nothing"))??;
    }
    memory.note("each was sent one message")?;
    sleep(plan.lasts).await;
    memory.note("later")?;
    drop(members);
    sleep(TO_NOTICE).await;
    memory.note("all gone")?;
    let passing = (0..PASSERS_BY).map(|_| come_and_go(&plan, By::WebSocket));
    stream::iter(passing).buffer_unordered(AT_ONCE).try_collect::<()>().await?;
    sleep(TO_NOTICE).await;
    memory.note("20,000 came and went")?;
    let again = plan.open(plan.clients).await?;
    sleep(plan.warm_up).await;
    memory.note("as many as at first")?;
    drop(again);
    Ok(memory.figures())
}

async fn hears_one(member: &mut WebSocket, script: &Script) -> io::Result<()> {
    loop {
        let heard = listen(&mut member.reader, script).await?;
        heard.still_here(&mut member.writer).await?;
        if heard.answers > 0 {
            return Ok(());
        }
    }
}

async fn stay(mut client: WebSocket, script: Rc<Script>) -> io::Result<()> {
    loop {
        listen(&mut client.reader, &script).await?.still_here(&mut client.writer).await?;
    }
}

async fn stay_polling(mut client: Polling) -> io::Result<()> {
    loop {
        if client.hear().await?.iter().any(|packet| packet == b"2") {
            client.say("3").await?;
        }
    }
}

/// The server's memory, from moment to moment.
struct Memory {
    plan: Rc<Plan>,
    moments: Vec<(&'static str, u64)>,
}

impl Memory {
    fn new(plan: &Rc<Plan>, first: &'static str) -> io::Result<Self> {
        let mut memory = Self { plan: plan.clone(), moments: Vec::new() };
        memory.note(first)?;
        Ok(memory)
    }

    fn note(&mut self, moment: &'static str) -> io::Result<()> {
        let missing = || io::Error::other("memory is looked at by --pid");
        self.moments.push((moment, self.plan.meter.resident()?.ok_or_else(missing)?));
        Ok(())
    }

    fn figures(self) -> Figures {
        Figures { resident: self.moments, clients: self.plan.clients, ..Figures::default() }
    }
}
