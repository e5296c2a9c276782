//! There and back: each client sends again what has come back to it.
//!
//! ```text
//!   as fast as the server answers      at a rate
//!     ■■■■ ──►                           ■ ──►      at its time, whatever has come back
//!     ◄── ■■■                            ■ ──►
//!     ■■■  ──►  as many as came          ◄── ■■
//! ```
//!
//! At a rate, a server that is late does not slow its clients down: what they would have sent
//! meanwhile is sent, and its lateness counted.
//!
//! Shell file: waits for sockets.

use std::collections::VecDeque;
use std::io;
use std::rc::Rc;
use std::time::Instant;

use tokio::task::JoinSet;
use tokio::time::{Interval, MissedTickBehavior, interval_at};

use super::figures::Figures;
use super::listen::listen;
use super::meter::Meter;
use super::plan::Plan;
use super::script::{Act, Script};
use super::websocket::WebSocket;

/// # Errors
/// When the server answers anything but what was sent to it.
pub async fn run(plan: Rc<Plan>, act: Act<'_>) -> io::Result<Figures> {
    let script = Rc::new(Script::new(act, plan.size, plan.in_flight));
    let mut tasks = JoinSet::new();
    for (number, socket) in plan.open(plan.clients).await?.into_iter().enumerate() {
        let client = Client {
            socket,
            script: script.clone(),
            plan: plan.clone(),
            sent: 0,
            waiting: VecDeque::new(),
        };
        match plan.pause(plan.clients) {
            None => tasks.spawn_local(client.without_pause()),
            Some(pause) => {
                // Clients that all spoke at the same moment would measure a queue.
                let share = number as f64 / plan.clients as f64;
                let first = tokio::time::Instant::now() + pause.mul_f64(1.0 + share);
                let mut ticks = interval_at(first, pause);
                ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
                tasks.spawn_local(client.at_a_rate(ticks))
            }
        };
    }
    plan.measure(tasks).await
}

struct Client {
    socket: WebSocket,
    script: Rc<Script>,
    plan: Rc<Plan>,
    sent: usize,
    /// When what has not come back was sent, and how many at once.
    waiting: VecDeque<(Instant, usize)>,
}

impl Client {
    async fn without_pause(mut self) -> io::Result<()> {
        self.send(self.plan.in_flight, Instant::now()).await?;
        loop {
            let heard = listen(&mut self.socket.reader, &self.script).await?;
            let now = Instant::now();
            settle(&mut self.waiting, heard.answers, now, &self.plan.meter);
            heard.still_here(&mut self.socket.writer).await?;
            if heard.answers > 0 {
                self.send(heard.answers, now).await?;
            }
        }
    }

    async fn at_a_rate(mut self, mut ticks: Interval) -> io::Result<()> {
        loop {
            tokio::select! {
                _ = ticks.tick() => self.send(1, Instant::now()).await?,
                heard = listen(&mut self.socket.reader, &self.script) => {
                    let heard = heard?;
                    settle(&mut self.waiting, heard.answers, Instant::now(), &self.plan.meter);
                    heard.still_here(&mut self.socket.writer).await?;
                }
            }
        }
    }

    async fn send(&mut self, count: usize, now: Instant) -> io::Result<()> {
        self.socket.writer.send(self.script.messages(self.sent, count)).await?;
        self.sent += count;
        self.waiting.push_back((now, count));
        Ok(())
    }
}

/// So many answers have come, in the order in which they were asked for.
pub fn settle(
    waiting: &mut VecDeque<(Instant, usize)>,
    mut answers: usize,
    now: Instant,
    meter: &Meter,
) {
    while answers > 0 {
        let Some((sent, count)) = waiting.front_mut() else { return };
        let these = answers.min(*count);
        meter.count(these as u64, now - *sent);
        answers -= these;
        *count -= these;
        if *count == 0 {
            waiting.pop_front();
        }
    }
}
