//! What clients do to the core: what they say, and how time passes for them.
//!
//! ```text
//!   C a: 42["x",1]      Client::receive ──► Asked::Event, or a violation: the session is closed
//!   C a: 40{"pid":…}    Recovery::claim ──► who it was
//!   -- 45s              Client::tick ──► a violation, or nothing
//! ```

use std::collections::VecDeque;
use std::time::Duration;

use serde_json::Value as Json;
use sockrates::engineio::dialect::Revision;
use sockrates::engineio::packet::Message;
use sockrates::socketio::acks::Acks;
use sockrates::socketio::client::{Asked, Client};
use sockrates::socketio::recovery::Claim;
use sockrates::token::Token;

use super::super::names::Frame;
use super::super::words::written;
use super::{Core, End, Member, member_name, parts};
use crate::support::transcript::Line;

impl Core {
    pub(super) fn client(&mut self, name: &str, what: &str, next: &[Line]) {
        match what {
            "WS" | "WS revision 3" | "polling" => self.opened(name, what),
            "WS closes" | "WS breaks" | "GET breaks" => {
                self.end(name).over = true;
                self.abandon(name);
            }
            "GET" => self.end(name).poll_waits = Some(true),
            _ => match what.strip_prefix("POST ") {
                Some(body) => body.split('␞').for_each(|packet| {
                    self.receive(name, packet);
                    self.decide(next);
                }),
                None => self.receive(name, what),
            },
        }
    }

    pub(super) fn opened(&mut self, name: &str, what: &str) {
        let three = what.ends_with("revision 3");
        let revision = if three { Revision::Three } else { Revision::Four };
        let end = End {
            client: Client::new(revision, &self.options, self.now),
            revision,
            sent: VecDeque::new(),
            poll_waits: (what == "polling").then_some(false),
            closed: false,
            over: false,
            pinged: false,
            seen_closed: false,
        };
        self.ends.insert(name.to_owned(), end);
        let (options, now) = (self.options.clone(), self.now);
        let asked = self.end(name).client.opened(&options, now).expect("nothing wrong");
        self.handle(name, asked);
    }

    /// A packet of Engine.IO.
    pub(super) fn receive(&mut self, name: &str, packet: &str) {
        let packet = self.names.frame(packet);
        let (options, now) = (self.options.clone(), self.now);
        let end = self.end(name);
        let message = match packet {
            Frame::Bytes(bytes) if end.revision == Revision::Three => {
                Message::Binary(bytes.slice(1..))
            }
            Frame::Bytes(bytes) => Message::Binary(bytes),
            Frame::Text(text) => match text.strip_prefix('4') {
                Some(message) => Message::Text(message.into()),
                // Is for the layer below, and no transcript has one that it would like.
                None => {
                    end.over = true;
                    return;
                }
            },
        };
        if end.closed || end.over {
            return;
        }
        match end.client.receive(message, &options, now) {
            Ok(asked) => self.handle(name, asked),
            Err(_) => self.violated(name),
        }
    }

    /// Whoever stood at a door when its client went was never there.
    pub(super) fn abandon(&mut self, client: &str) {
        let mine = |(name, member): (&String, &Member)| {
            (parts(name).0 == client && !member.connected).then(|| name.clone())
        };
        for name in self.sockets.iter().filter_map(mine).collect::<Vec<_>>() {
            self.namespace(parts(&name).1).rooms.leave_all(&name);
            self.sockets.remove(&name);
        }
    }

    pub(super) fn violated(&mut self, client: &str) {
        self.end(client).closed = true;
        for (name, member) in &mut self.sockets {
            if parts(name).0 == client && member.connected {
                member.ending.get_or_insert("forced close");
            }
        }
    }

    pub(super) fn handle(&mut self, client: &str, asked: Option<Asked>) {
        match asked {
            Some(Asked::Connect { namespace, auth }) => {
                self.arrive(client, &namespace, auth.as_deref());
            }
            Some(Asked::Event { namespace, id, event }) => {
                let member = self.member(&member_name(client, &namespace));
                member.heard.push(format!("{:?}{}", &*event.name, written(&event.args)));
                member.wants_answer = id;
            }
            Some(Asked::Ack { namespace, id, args }) => {
                let name = member_name(client, &namespace);
                if let Some(number) = self.member(&name).acks.settle(id) {
                    self.answered(number, &name, Some(&args));
                }
            }
            Some(Asked::Disconnect { namespace }) => {
                let member = self.member(&member_name(client, &namespace));
                member.ending = Some("client namespace disconnect");
            }
            None => {}
        }
    }

    /// A client stands at the door of a namespace.
    pub(super) fn arrive(&mut self, client: &str, namespace: &str, auth: Option<&str>) {
        let remembers =
            self.options.recovery.is_some() && self.end(client).revision == Revision::Four;
        let auth: Json = auth.map_or(Json::Null, |auth| serde_json::from_str(auth).expect("JSON"));
        let pid = auth["pid"].as_str().and_then(Token::parse).filter(|_| remembers);
        let mut claimed = pid.map(|pid| self.claim(namespace, pid, &auth["offset"]));
        if let Some(Claim::Present(old)) = &claimed {
            // Nobody has noticed yet that this one is dead.
            self.end(parts(old).0).closed = true;
            self.member(old).ending = Some("transport close");
            self.leave(old);
            claimed = pid.map(|pid| self.claim(namespace, pid, &auth["offset"]));
        }
        let (id, pid, past) = match claimed {
            Some(Claim::Claimed { what, rooms }) => (what, pid, Some(rooms)),
            _ => (self.token().to_string(), remembers.then(|| self.token()), None),
        };
        let member = Member {
            id,
            pid,
            past,
            connected: false,
            ending: None,
            left: None,
            heard: Vec::new(),
            wants_answer: None,
            acks: Acks::default(),
        };
        self.sockets.insert(member_name(client, namespace), member);
    }

    pub(super) fn claim(
        &mut self,
        namespace: &str,
        pid: Token,
        offset: &Json,
    ) -> Claim<String, String> {
        let now = self.now;
        let memory = self.namespace(namespace).memory.as_mut().expect("a memory");
        memory.claim(pid, offset.as_str(), now)
    }

    /// Time passes.
    pub(super) fn pass(&mut self, time: Duration) {
        let until = self.now + time;
        loop {
            let open = self.ends.iter().filter(|(_, end)| !end.closed && !end.over);
            let due = open.filter_map(|(name, end)| Some((end.client.deadline()?, name.clone())));
            let Some((at, name)) = due.min().filter(|(at, _)| *at <= until) else { break };
            if self.end(&name).client.tick(at).is_err() {
                self.violated(&name);
            }
        }
        self.now = until;
    }
}
