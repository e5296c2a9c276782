//! A session on long-polling, as a client has it.
//!
//! ```text
//!   Session::open   GET               ►  0{"sid":…}
//!   post("40")      POST …&sid=… 40   ►  ok
//!   hear("40")      GET  …&sid=…      ►  40{"sid":…}      pings are answered on the way
//!   gone()          GET  …&sid=…      ►  400
//! ```
//!
//! Shell file: owns sockets.

use std::time::Duration;

use tokio::time::Instant;

use super::facts::Open;
use super::lang::{Told, told, wire};
use super::outcome::{Verdict, answer, fail, silence, status};
use super::pipe::{End, Pipe};
use super::reply::Reply;
use super::talk::{POLLING, Talk, WAIT};

/// How long a GET has to be noticed.
const PARKING: Duration = Duration::from_millis(50);
/// GETs in a row that one wait may take.
const MAX_GETS: usize = 4000;

#[derive(Debug)]
pub struct Session {
    pub talk: Talk,
    pub open: Open,
    /// What came and was not asked for yet.
    heard: Vec<String>,
    /// Bytes of the longest body that has come.
    longest: usize,
    joined: bool,
}

impl Session {
    pub async fn open(talk: &Talk) -> Verdict<Self> {
        let reply = talk.get(POLLING).await?;
        status(&reply, &[200])?;
        let mut packets = reply.packets().into_iter();
        let first = packets.next().unwrap_or_default();
        let open = parse_open(&first)?;
        Ok(Self { talk: talk.clone(), open, heard: packets.collect(), longest: 0, joined: false })
    }

    pub fn query(&self) -> String {
        format!("{POLLING}&sid={}", self.open.sid)
    }

    pub async fn get(&self) -> Verdict<Reply> {
        self.talk.get(&self.query()).await
    }

    /// A GET whose answer is left to be read. Pings do not count: whoever is asked at once
    /// answers, and waits again.
    pub async fn park(&self) -> Verdict<Pipe> {
        for _ in 0..MAX_GETS {
            let mut pipe =
                self.talk.begin(self.talk.request("GET", &self.query(), "", None)).await?;
            // So that it is there before whatever is said next, on another connection.
            match pipe.end(PARKING).await? {
                End::Reply(reply) if reply.body == b"2" => drop(self.post("3").await?),
                End::Reply(reply) => {
                    pipe.put_back(reply);
                    return Ok(pipe);
                }
                End::Lost => {
                    return fail(Told::fixed("an answer", "有回应"), super::outcome::lost());
                }
                End::Silence => return Ok(pipe),
            }
        }
        fail(Told::fixed("a GET that waits", "GET 保持等待"), wire("2"))
    }

    pub async fn post(&self, body: impl AsRef<[u8]>) -> Verdict<Reply> {
        self.talk.post(&self.query(), body).await
    }

    /// Says something that has to be taken.
    pub async fn say(&self, body: impl AsRef<[u8]>) -> Verdict {
        status(&self.post(body).await?, &[200])
    }

    /// Bytes of the longest body that has come.
    pub fn longest(&self) -> usize {
        self.longest
    }

    /// Has packets heard that came to a GET of the check's own.
    pub fn put_back(&mut self, packets: Vec<String>) {
        self.heard.extend(packets);
    }

    /// Waits for a packet that begins so. Pings are answered, and noops are nothing.
    pub async fn hear(&mut self, start: &str) -> Verdict<String> {
        let until = Instant::now() + WAIT;
        let wanted = || {
            let start = wire(start);
            told(format!("a packet {}…", start.en), format!("以 {} 开头的数据包", start.zh))
        };
        for _ in 0..MAX_GETS {
            while !self.heard.is_empty() {
                let packet = self.heard.remove(0);
                match &*packet {
                    "2" => drop(self.post("3").await?),
                    it if it.starts_with(start) => return Ok(packet),
                    "6" => {}
                    it if self.talk.facts().is_beside(it, start) => {}
                    _ => return fail(wanted(), wire(packet)),
                }
            }
            let left = until.saturating_duration_since(Instant::now());
            let mut waiting =
                self.talk.begin(self.talk.request("GET", &self.query(), "", None)).await?;
            match waiting.end(left).await? {
                End::Reply(reply) if reply.status == 200 => {
                    self.longest = self.longest.max(reply.body.len());
                    self.heard = reply.packets();
                }
                End::Reply(reply) => return fail(wanted(), answer(&reply)),
                End::Lost => return fail(wanted(), super::outcome::lost()),
                End::Silence => break,
            }
        }
        fail(wanted(), silence())
    }

    /// The session has to be gone by now, or very soon.
    pub async fn gone(&self) -> Verdict {
        let wanted = Told::fixed(
            "the session is closed: a GET is answered by 400 or by `1`",
            "会话已关闭：GET 得到 400 或 `1`",
        );
        let until = Instant::now() + self.talk.facts().going(self.joined);
        let mut last = silence();
        while Instant::now() < until {
            let left = until.saturating_duration_since(Instant::now());
            let mut waiting =
                self.talk.begin(self.talk.request("GET", &self.query(), "", None)).await?;
            match waiting.end(left).await? {
                End::Reply(reply) if (400..500).contains(&reply.status) => return Ok(()),
                End::Reply(reply) if reply.packets().iter().any(|it| it == "1") => return Ok(()),
                End::Reply(reply) if reply.body == b"2" => drop(self.post("3").await?),
                End::Reply(reply) => last = answer(&reply),
                End::Lost => last = super::outcome::lost(),
                End::Silence => break,
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        fail(wanted, last)
    }

    /// The session has to be there still: a message gets an answer.
    pub async fn alive(&mut self) -> Verdict {
        self.say(self.talk.hello()).await?;
        self.hear("4").await.map(drop)
    }

    pub async fn join(&mut self) -> Verdict {
        self.say(self.talk.hello()).await?;
        self.hear("40{").await?;
        self.joined = true;
        if self.talk.facts().suite {
            self.hear("42[\"auth\"").await?;
        }
        Ok(())
    }
}

/// Reads an open packet. [`Open`] says what is in it.
pub fn parse_open(packet: &str) -> Verdict<Open> {
    let wanted = || {
        told(
            "`0{\"sid\":…,\"upgrades\":[…],\"pingInterval\":…,\"pingTimeout\":…,\"maxPayload\":…}`",
            "`0{\"sid\":…,\"upgrades\":[…],\"pingInterval\":…,\"pingTimeout\":…,\"maxPayload\":…}`",
        )
    };
    let Some(json) = packet.strip_prefix('0') else { return fail(wanted(), wire(packet)) };
    match serde_json::from_str(json) {
        Ok(open) => Ok(open),
        Err(error) => {
            let shown = wire(packet);
            let received = told(format!("{}: {error}", shown.en), format!("{}：{error}", shown.zh));
            fail(wanted(), received)
        }
    }
}
