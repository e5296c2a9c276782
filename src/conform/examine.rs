//! Asks a server one check after the other, and makes sure that it ends.
//!
//! ```text
//!   found out      polling, WebSocket, intervals, limit, handlers
//!   stages 1–11    ten checks at a time: most of their time is waiting
//!   stage 12       one at a time, and after each: is it there still?
//! ```
//!
//! A server that dies is waited for, in case something starts it again.
//!
//! Shell file: owns the clock.

use std::time::Duration;

use futures_util::stream::{self, StreamExt as _};
use tokio::time::{Instant, sleep, timeout};

use super::check::{Check, Needs, Stage};
use super::facts::Facts;
use super::lang::{Told, told};
use super::options::Place;
use super::outcome::{Fault, Outcome, Stop, Verdict};
use super::session::Session;
use super::talk::{POLLING, Talk, WAIT, WEBSOCKET};
use super::websocket::Heard;

/// Checks that are asked at the same time.
const AT_ONCE: usize = 10;
/// How long a check may take, beside what it is allowed to wait.
const CHECK: Duration = Duration::from_secs(12);
/// How long a server that has died is waited for.
const RETURN: Duration = Duration::from_secs(8);

/// A server, and what is known of it.
#[derive(Debug)]
pub struct Examination {
    place: Place,
    pub facts: Facts,
    /// When everything has to be over.
    until: Instant,
}

impl Examination {
    /// Finds out what there is to ask.
    pub async fn begin(place: Place, facts: Facts, suite: bool, limit: Duration) -> Self {
        let until = Instant::now() + limit;
        let mut examination = Self { place, facts, until };
        let talk = examination.talk();
        let (polling, websocket) = tokio::join!(Session::open(&talk), async {
            talk.upgrade(WEBSOCKET).await?.open_packet().await
        });
        let facts = &mut examination.facts;
        facts.polling = polling.is_ok();
        facts.websocket = websocket.is_ok();
        if let Some(open) = polling.ok().map(|it| it.open).or(websocket.ok()) {
            facts.learn(&open);
        }
        examination.facts.suite = suite || cooperates(&examination.talk()).await.is_ok();
        examination
    }

    fn talk(&self) -> Talk {
        let Place { server, host, path } = self.place.clone();
        Talk::new(server, host, path, self.facts.clone())
    }

    /// Asks all of them, and hands over the outcomes in their order.
    pub async fn ask_all(
        &self,
        checks: &[&'static Check],
        mut on: impl FnMut(&'static Check, Outcome),
    ) {
        let (hostile, others): (Vec<_>, Vec<_>) =
            checks.iter().copied().partition(|it| it.stage == Stage::Robust);
        let mut there = true;
        let mut outcomes = stream::iter(others)
            .map(async |check| (check, self.ask(check).await))
            .buffered(AT_ONCE);
        while let Some((check, mut outcome)) = outcomes.next().await {
            if outcome.failed().is_some_and(|fault| fault.gone) && there {
                // It may be another check that has ended the server: so this one asks again.
                there = self.returned().await;
                if there {
                    outcome = self.ask(check).await;
                }
            }
            on(check, outcome);
        }
        for check in hostile {
            if !there {
                on(check, Outcome::not_asked(gone()));
                continue;
            }
            let mut outcome = self.ask(check).await;
            if outcome.skipped().is_none() && !self.is_there().await {
                outcome.verdict = Err(died());
                there = self.returned().await;
            }
            on(check, outcome);
        }
    }

    async fn ask(&self, check: &'static Check) -> Outcome {
        if let Some(why) = self.cannot(check) {
            return Outcome::not_asked(why);
        }
        let talk = self.talk();
        let limit = CHECK + self.facts.patience;
        let since = Instant::now();
        let asked = timeout(limit, (check.run)(talk.clone())).await;
        let verdict = asked.unwrap_or_else(|_| Err(endless(limit)));
        Outcome { verdict, notes: talk.notes(), took: since.elapsed().as_secs_f64() }
    }

    /// Why a check makes no sense here.
    fn cannot(&self, check: &Check) -> Option<Told> {
        let first = check.stage == Stage::Handshake || check.id == "websocket/open-packet";
        if Instant::now() > self.until {
            Some(Told::fixed("the run has taken as long as it may", "整个检查已达到时间上限"))
        } else if !(self.facts.polling || self.facts.websocket || first) {
            Some(Told::fixed("no session can be opened", "无法打开任何会话"))
        } else if check.needs == Needs::Suite && !self.facts.suite {
            Some(Told::fixed(
                "a plain server cannot be asked: it needs the handlers of the protocol suite",
                "普通服务器无法接受此项检查：需要协议测试套件约定的处理函数",
            ))
        } else {
            None
        }
    }

    /// Whether the server answers.
    async fn is_there(&self) -> bool {
        let talk = self.talk();
        if !self.facts.polling {
            return talk.upgrade(WEBSOCKET).await.is_ok();
        }
        talk.get(POLLING).await.is_ok_and(|reply| reply.status == 200)
    }

    /// Waits until it answers again.
    async fn returned(&self) -> bool {
        let until = Instant::now() + RETURN;
        while Instant::now() < until {
            if self.is_there().await {
                return true;
            }
            sleep(Duration::from_millis(100)).await;
        }
        false
    }
}

/// Whether the server has the handlers that some checks need.
async fn cooperates(talk: &Talk) -> Verdict {
    let mut socket = talk.websocket().await?;
    socket.say(&talk.hello()).await;
    socket.expect("40{").await?;
    // Their answers come before that to the fence, if there are any.
    socket.say("42[\"message\",\"conform\"]").await;
    let (mut auth, mut message) = (false, false);
    let until = Instant::now() + WAIT / 3;
    while !(auth && message) {
        match socket.hear(until.saturating_duration_since(Instant::now())).await {
            Heard::Text(text) if text.starts_with("42[\"auth\"") => auth = true,
            Heard::Text(text) if text.starts_with("42[\"message-back\"") => message = true,
            Heard::Text(_) | Heard::Binary(_) | Heard::Pong(_) => {}
            other => {
                let wanted = Told::fixed("the handlers of the suite", "套件约定的处理函数");
                return Err(Stop::failed(wanted, other.told()));
            }
        }
    }
    Ok(())
}

fn endless(limit: Duration) -> Stop {
    let seconds = limit.as_secs();
    Stop::failed(
        Told::fixed("an end of the conversation", "对话结束"),
        told(format!("none after {seconds} s"), format!("{seconds} 秒后仍未结束")),
    )
}

fn gone() -> Told {
    Told::fixed("the server is gone, and did not come back", "服务器已消失，没有恢复")
}

fn died() -> Stop {
    Stop::Failed(Box::new(Fault {
        wanted: Told::fixed("the server is well afterwards", "之后服务器仍然正常"),
        received: Told::fixed(
            "it does not answer any more: it has died, or hangs",
            "服务器不再响应：已崩溃或卡死",
        ),
        gone: true,
    }))
}
