//! What clients hear, and what holds when nobody has anything left to do.
//!
//! ```text
//!   200 0{"sid":…}␞4@2    whoever asked for it is the client of session 2
//!   4hello, a frame       the next that the application of its session has sent
//! ```

use sockrates::engineio::packet::Frame;
use sockrates::engineio::payload::{self, SEPARATOR};

use super::account::End;
use super::{Asked, Connection, Switch, World};

impl World {
    pub(super) fn answered(&mut self, index: usize, status: u16, last: bool, body: &str) {
        let connection = &mut self.connections[index];
        connection.last |= last;
        if connection.wild {
            if body.starts_with("0{") && status == 200 {
                self.opens(index, body);
            }
            return;
        }
        let asked = connection.asked.pop_front().expect("an answer to nothing");
        match (asked, status) {
            (Asked::Open, 200) => self.opens(index, body),
            (Asked::Get(k), 200) => self.hears_payload(k, body),
            (Asked::Switch(None), 101) => {}
            (Asked::Switch(k), 101) => {
                connection.session = k;
                connection.switch = Switch::Candidate;
            }
            (Asked::Post, 200) => assert_eq!(body, "ok"),
            (Asked::Open | Asked::Switch(_), 503) => assert!(self.stopping.is_some()),
            (Asked::Post, 413) | (_, 400) => {}
            _ => panic!("{asked:?} is answered with {status}: {body}"),
        }
    }

    /// A session was opened, and this is the first that its client hears.
    fn opens(&mut self, index: usize, body: &str) {
        let mut packets = body.splitn(2, SEPARATOR);
        let open = packets.next().unwrap_or_default();
        let sid = open.split('"').nth(3).expect("an open packet").to_owned();
        let Some(rest) = packets.next() else { panic!("no greeting: {body}") };
        let greeting = rest.split(SEPARATOR).next().unwrap_or_default();
        let k: usize = greeting.trim_start_matches("4@").parse().expect("a greeting");
        self.accounts.lock()[k].sid = Some(sid);
        self.connections[index].touched.push(k);
        self.hears_payload(k, rest);
    }

    fn hears_payload(&mut self, k: usize, body: &str) {
        for packet in body.split(SEPARATOR) {
            if packet.starts_with(['4', 'b']) {
                self.hears(k, |frame| payload::encode([frame]) == packet);
            } else {
                assert!(matches!(packet, "1" | "2" | "6"), "{packet:?} in a body");
            }
        }
    }

    pub(super) fn framed(&mut self, index: usize, frame: Frame) {
        let connection = &mut self.connections[index];
        match (&frame, connection.session) {
            (Frame::Text(text), None) if text.starts_with("0{") => {
                let sid = text.split('"').nth(3).expect("an open packet").to_owned();
                // Who it is, the greeting tells.
                connection.name = Some(sid);
            }
            (Frame::Text(text), None) if text.starts_with("4@") && connection.name.is_some() => {
                let k: usize = text[2..].parse().expect("a greeting");
                connection.session = Some(k);
                self.accounts.lock()[k].sid = connection.name.take();
                self.hears(k, |sent| *sent == frame);
            }
            (Frame::Text(text), _) if &**text == "3probe" => {
                if connection.switch == Switch::Candidate {
                    connection.switch = Switch::Probed;
                }
            }
            (Frame::Text(text), _) if matches!(&**text, "1" | "2") => {}
            (_, Some(k)) => self.hears(k, |sent| *sent == frame),
            (_, None) => assert!(connection.wild, "{frame:?} from nobody"),
        }
    }

    /// The client of session `k` hears something that its application has sent.
    fn hears(&mut self, k: usize, is_it: impl Fn(&Frame) -> bool) {
        let account = &mut self.accounts.lock()[k];
        let at = account.sent.iter().position(is_it);
        match at {
            Some(0) => drop(account.sent.pop_front()),
            Some(at) if account.lossy => drop(account.sent.drain(..=at)),
            found => panic!("session {k} hears what is {found:?} of {:?}", account.sent),
        }
    }

    /// What holds when nobody has anything left to do.
    pub(super) fn holds(&mut self) {
        for index in 0..self.connections.len() {
            // Whoever was opened in this step is known by now.
            let current = std::mem::replace(&mut self.current, index);
            self.spoils();
            self.current = current;
        }
        let received: usize = self.connections.iter().map(|it| it.wire.received).sum();
        assert!(received + self.received <= self.allowed, "more came than was asked for");

        let mut accounts = self.accounts.lock();
        let open = accounts.iter().filter(|it| it.end.is_none()).count();
        assert_eq!(open, self.engine.sessions(), "sessions that are open");
        for (k, account) in accounts.iter_mut().enumerate() {
            assert_eq!(account.handle.is_closed(), account.end.is_some(), "session {k}");
            assert!(account.end != Some(End::GivenUp) || self.stopping.is_some(), "session {k}");
            for message in account.told.drain(..) {
                let at = account.posted.iter().position(|posted| *posted == message);
                // Of a client that has not read who it is, nobody knows what it sends.
                let unknown = account.wild || account.sid.is_none();
                assert!(at.is_some() || unknown, "session {k} is told {message:?}");
                at.map(|at| account.posted.remove(at));
            }
        }
        for connection in self.connections.iter().filter(|it| it.is_plain()) {
            if connection.wire.ended {
                let answered = connection.asked.is_empty() || self.stopping.is_some();
                assert!(answered, "the end instead of an answer to {:?}", connection.asked);
                continue;
            }
            assert!(!connection.wire.has_half(), "half of something, and no more to come");
            // A session that stops takes its time.
            if self.stopping.is_some() {
                continue;
            }
            let waits = match connection.asked.front() {
                None => connection.session,
                Some(Asked::Get(k)) => {
                    let is_open = accounts.get(*k).is_some_and(|it| it.end.is_none());
                    assert!(is_open, "a GET for session {k} has no answer");
                    Some(*k)
                }
                Some(asked) => panic!("{asked:?} has no answer"),
            };
            // A candidate hears nothing yet.
            let waits = waits.filter(|_| connection.switch == Switch::Done);
            if let Some(account) = waits.and_then(|k| accounts.get(k)) {
                let quiet = account.sent.is_empty() || account.end.is_some() || account.lossy;
                assert!(quiet, "{:?} are not brought", account.sent);
            }
        }
    }
}

impl Connection {
    /// Whether it is one of a client that does what a client does.
    fn is_plain(&self) -> bool {
        let wire = &self.wire;
        wire.is_there() && wire.reading && !wire.half_closed && !self.wild && !self.last
    }
}
