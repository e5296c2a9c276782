//! One says it, and all in the room hear it, the one who said it included.
//!
//! ```text
//!   first member   42["bcast","r0","x"] ──►
//!   every member                        ◄── 42["bcast","x"]
//!                  … and when all have it, the first member says the next
//! ```
//!
//! What counts is deliveries: a broadcast to a room of 1,000 is 1,000 of them.
//!
//! Shell file: waits for sockets.

use std::cell::{Cell, RefCell};
use std::io;
use std::rc::Rc;
use std::time::Instant;

use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{Interval, MissedTickBehavior, interval};

use super::figures::Figures;
use super::listen::{Heard, listen};
use super::plan::Plan;
use super::script::{Act, Script};
use super::websocket::WebSocket;

/// How many broadcasts a member may be behind, and still be known to be so late.
const REMEMBERED: usize = 16 * 1024;

/// # Errors
/// When the server does not deliver, or delivers something else.
pub async fn run(plan: Rc<Plan>) -> io::Result<Figures> {
    let mut tasks = JoinSet::new();
    let each = (plan.clients / plan.rooms).max(1);
    let mut silent = Vec::new();
    for number in 0..plan.rooms {
        let name = room_name(number);
        let mut members = plan.open(each).await?;
        for member in &mut members {
            join(member, &name).await?;
        }
        let room = Rc::new(Room::new(&name, members.len(), plan.clone()));
        for (number, member) in members.into_iter().enumerate() {
            match number {
                0 => tasks.spawn_local(room.clone().speaks(member)),
                _ => tasks.spawn_local(room.clone().hears(member)),
            };
        }
    }
    for mut socket in plan.open(plan.silent).await? {
        join(&mut socket, &room_name(0)).await?;
        silent.push(socket);
    }
    plan.measure(tasks).await
}

/// Several programs may load one server, each with rooms of its own.
fn room_name(number: usize) -> String {
    format!("{}-{number}", std::process::id())
}

/// Puts a client into a room.
///
/// # Errors
/// When the server does not say that it is in.
pub async fn join(member: &mut WebSocket, room: &str) -> io::Result<()> {
    member.writer.send_text(&format!(r#"420["join","{room}"]"#)).await?;
    member.expect("430[]").await
}

/// One room, and what its members have heard.
struct Room {
    script: Script,
    members: usize,
    plan: Rc<Plan>,
    /// Broadcasts that were said.
    said: Cell<usize>,
    /// When the latest of them were said, each at its number modulo [`REMEMBERED`].
    said_at: RefCell<Vec<Instant>>,
    heard_by_all: Cell<usize>,
    /// Deliveries to all members together.
    delivered: Cell<usize>,
    /// The first member may say something.
    next: Notify,
}

impl Room {
    fn new(name: &str, members: usize, plan: Rc<Plan>) -> Self {
        Self {
            script: Script::new(Act::Broadcast(name), plan.size, plan.in_flight),
            members,
            plan,
            said: Cell::new(0),
            said_at: RefCell::new(vec![Instant::now(); REMEMBERED]),
            heard_by_all: Cell::new(0),
            delivered: Cell::new(0),
            next: Notify::new(),
        }
    }

    async fn hears(self: Rc<Self>, mut member: WebSocket) -> io::Result<()> {
        let mut heard_before = 0;
        loop {
            let heard = listen(&mut member.reader, &self.script).await?;
            self.count(&heard, &mut heard_before);
            heard.still_here(&mut member.writer).await?;
        }
    }

    async fn speaks(self: Rc<Self>, mut member: WebSocket) -> io::Result<()> {
        let mut ticks = self.plan.pause(self.plan.rooms).map(interval);
        if let Some(ticks) = &mut ticks {
            ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
        }
        let mut heard_before = 0;
        loop {
            tokio::select! {
                say = self.when_to_say(&mut ticks) => {
                    member.writer.send(self.script.messages(self.said.get(), say)).await?;
                    self.note(say);
                }
                heard = listen(&mut member.reader, &self.script) => {
                    let heard = heard?;
                    self.count(&heard, &mut heard_before);
                    heard.still_here(&mut member.writer).await?;
                }
            }
        }
    }

    /// Waits until there is something to say: at its time, or when all have heard the last. How
    /// many broadcasts that is.
    async fn when_to_say(&self, ticks: &mut Option<Interval>) -> usize {
        if let Some(ticks) = ticks {
            ticks.tick().await;
            return 1;
        }
        loop {
            let unheard = self.said.get() - self.heard_by_all.get();
            match self.plan.in_flight.saturating_sub(unheard) {
                0 => self.next.notified().await,
                say => return say,
            }
        }
    }

    /// So much more was said just now.
    fn note(&self, say: usize) {
        let now = Instant::now();
        let mut said_at = self.said_at.borrow_mut();
        for number in self.said.get()..self.said.get() + say {
            if let Some(at) = said_at.get_mut(number % REMEMBERED) {
                *at = now;
            }
        }
        self.said.set(self.said.get() + say);
    }

    /// One member has heard some more.
    fn count(&self, heard: &Heard, before: &mut usize) {
        let now = Instant::now();
        let said_at = self.said_at.borrow();
        for number in *before..*before + heard.answers {
            if let Some(said) = said_at.get(number % REMEMBERED) {
                self.plan.meter.count(1, now - *said);
            }
        }
        *before += heard.answers;
        self.delivered.set(self.delivered.get() + heard.answers);
        // On average: some members may be ahead of others by a few.
        let heard_by_all = self.delivered.get() / self.members;
        if heard_by_all > self.heard_by_all.get() {
            self.heard_by_all.set(heard_by_all);
            self.next.notify_one();
        }
    }
}
