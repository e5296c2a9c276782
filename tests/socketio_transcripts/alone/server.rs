//! What the core sends to clients: who is let in and told what he has missed, who is refused.
//!
//! ```text
//!   S a: 40{"sid":"<sid a>"}     Client::admitted, behind what Recovery::admit has found
//!   S a: 44{"message":"no"}      Client::refused
//! ```

use sockrates::engineio::dialect::Revision;
use sockrates::engineio::packet::Frame as Sent;
use sockrates::socketio::joining;
use sockrates::socketio::parser::Encoded;

use super::super::names::Frame;
use super::{Core, Member, parts};
use crate::support::transcript::Line;

impl Core {
    /// Whom the application lets in, the next lines say.
    pub(super) fn decide(&mut self, next: &[Line]) {
        let mut goes_on =
            |line: &&Line| !matches!(&*line.who, "A>" | "--") && !line.who.starts_with('C');
        for line in next.iter().take_while(&mut goes_on) {
            for name in self.at_the_door() {
                let (client, namespace) = parts(&name);
                let verdict = match &*line.who {
                    "A:" => line.what.starts_with(&format!("{name} connected")).then_some(true),
                    who if *who == format!("S {client}:") => verdict(&line.what, namespace),
                    _ => None,
                };
                match verdict {
                    Some(true) => self.admit(&name),
                    Some(false) => self.refuse(&name),
                    None => {}
                }
            }
        }
    }

    pub(super) fn at_the_door(&self) -> Vec<String> {
        let waits = |(name, member): (&String, &Member)| {
            let end = &self.ends[parts(name).0];
            (!member.connected && !end.closed && !end.over).then(|| name.clone())
        };
        self.sockets.iter().filter_map(waits).collect()
    }

    pub(super) fn admit(&mut self, name: &str) {
        let (client, namespace) = parts(name);
        let (parser, now) = (self.options.parser, self.now);
        self.namespace(namespace);
        let (Some(member), Some(nsp)) =
            (self.sockets.get_mut(name), self.namespaces.get_mut(namespace))
        else {
            unreachable!()
        };
        member.connected = true;
        let past = member.past.clone();
        nsp.rooms.join(name.to_owned(), &member.id);
        for room in past.iter().flatten() {
            nsp.rooms.join(name.to_owned(), room);
        }
        let rooms = nsp.rooms.rooms_of(&name.to_owned()).map(str::to_owned).collect();
        let (mut before, mut after) = (Vec::new(), Vec::new());
        if let (Some(memory), Some(pid)) = (&mut nsp.memory, member.pid) {
            if past.is_some() {
                before = memory.admit(pid, name.to_owned(), now).expect("what was missed");
            } else {
                memory.open(pid, name.to_owned());
                after = memory.since_opened(pid, &rooms).expect("what was sent meanwhile");
            }
        }
        let (id, pid) = (member.id.clone(), member.pid.map(|pid| pid.to_string()));
        let welcome = joining::welcome(self.end(client).revision, namespace, &id, pid.as_deref());
        let welcome = parser.plain(namespace, welcome);
        before.iter().chain([&welcome]).chain(&after).for_each(|it| self.send(client, it));
        self.end(client).client.admitted(namespace);
        for order in self.namespace(namespace).connection.clone() {
            self.of_socket(name, &order);
        }
        if !self.namespace(namespace).connection.iter().any(|order| order == "wait") {
            self.greeted(name);
        }
    }

    /// The connection handler has returned.
    pub(super) fn greeted(&mut self, name: &str) {
        let (client, namespace) = parts(name);
        for asked in self.end(client).client.greeted(namespace) {
            self.handle(client, Some(asked));
        }
    }

    pub(super) fn refuse(&mut self, name: &str) {
        let (client, namespace) = parts(name);
        let invalid = || ("Invalid namespace".to_owned(), None);
        let (message, data) = self.refusal.take().unwrap_or_else(invalid);
        let revision = self.end(client).revision;
        let refusal = match (revision, &data) {
            // The library refuses older clients in the words of today as well.
            (Revision::Three, None) if message == "Invalid namespace" => {
                joining::refusal(Revision::Four, namespace, &message, None)
            }
            _ => joining::refusal(revision, namespace, &message, data.as_deref()),
        };
        let refusal = self.options.parser.plain(namespace, refusal);
        self.send(client, &refusal);
        let options = self.options.clone();
        self.end(client).client.refused(namespace, &options).expect("not too often");
        self.namespace(namespace).rooms.leave_all(&name.to_owned());
        self.sockets.remove(name);
    }

    pub(super) fn send(&mut self, client: &str, packet: &Encoded) {
        let end = self.end(client);
        if !end.closed && !end.over {
            end.sent.extend(packet.clone().frames());
        }
    }

    /// A line of the server's.
    pub(super) fn server(&mut self, name: &str, what: &str, place: &str) {
        let end = self.end(name);
        match what {
            "2" => end.pinged = true,
            "WS closed" => {
                end.over |= end.pinged;
                assert!(end.closed || end.over, "{place}: not closed");
                end.seen_closed = end.closed;
            }
            "POST ok" => {}
            _ => match what.strip_prefix("GET ") {
                Some(body) => {
                    end.poll_waits = Some(false);
                    body.split('␞').for_each(|packet| self.packet(name, packet, place));
                }
                None => self.packet(name, what, place),
            },
        }
    }

    /// A packet of the server's.
    pub(super) fn packet(&mut self, name: &str, packet: &str, place: &str) {
        let end = self.ends.get_mut(name).expect("a client");
        match packet {
            "6" => {}
            "1" => end.seen_closed = end.closed,
            _ => {
                let found = match end.sent.pop_front() {
                    Some(Sent::Text(text)) => Frame::Text(text.to_string()),
                    Some(Sent::Binary(bytes)) if end.revision == Revision::Three => {
                        Frame::Bytes([&[4], &*bytes].concat().into())
                    }
                    Some(Sent::Binary(bytes)) => Frame::Bytes(bytes),
                    None => panic!("{place}: nothing was sent"),
                };
                assert!(self.names.fit_frame(packet, &found), "{place}: {found:?}");
            }
        }
    }
}

/// Whether this answer lets a client into a namespace, or keeps it out.
fn verdict(answer: &str, namespace: &str) -> Option<bool> {
    if let Some(bytes) = answer.strip_prefix('<') {
        let told = bytes.contains(&format!("\"{namespace}\""));
        let kind = bytes.split_once("\"type\" ").map_or("", |(_, kind)| &kind[..2]);
        return (told && ["00", "04"].contains(&kind)).then_some(kind == "00");
    }
    let answers = answer.strip_prefix("GET ").unwrap_or(answer);
    answers.split('␞').find_map(|answer| {
        let begins = |kind: &str| {
            let rest = answer.strip_prefix(kind)?;
            let (found, _) = if rest.starts_with('/') { rest.split_once(',')? } else { ("/", "") };
            (found == namespace).then_some(kind == "40")
        };
        begins("40").or_else(|| begins("44"))
    })
}
