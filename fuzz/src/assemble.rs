//! Any sequence of messages from one client, and of what its server says meanwhile.
//!
//! ```text
//!   t51-["a",{"_placeholder":true,"num":0}]    a message of text
//!   b…                                         a message of bytes
//!   +/admin                                    the namespace lets the client in
//!   =/admin                                    its connection handler has returned
//!   -/admin                                    the namespace does not let it in
//!   </admin                                    the client was made to leave
//!   .10                                        seconds pass
//! ```
//!
//! A script that begins with a `3` is of a client of 2.x.
//!
//! Whatever is in the script:
//!
//! - there is one event for each that was announced, when the last of its attachments is there,
//!   with these attachments in their order, and never before the connection handler has returned;
//! - a client of 2.x has asked for the main namespace when nothing was said yet, and what follows
//!   the question mark in a namespace is what it says to be let in: the parameters of a form;
//! - a client that breaks a rule is found out at that message, and nothing is awaited after it;
//! - of the messages' bytes, those are held that belong to what is incomplete or waits, and no
//!   other: so never more than the limits, and nothing for a namespace's name;
//! - there is a deadline while attachments are missing or no namespace is joined, and it is kept.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use sockrates::engineio::dialect::Revision;
use sockrates::engineio::packet::Message;
use sockrates::socketio::Options;
use sockrates::socketio::client::{Asked, Client};

use super::json::Wrong;
use super::query::form;
use super::script;
use super::spec;
use super::watch::Watch;

/// Small limits, so that short scripts meet them.
fn options() -> Options {
    Options {
        connect_timeout: Duration::from_secs(45),
        attachments_timeout: Duration::from_secs(10),
        max_attachment_bytes: 32,
        max_namespaces: 3,
        max_refusals: 2,
        max_waiting: 3,
        ..Options::default()
    }
}

/// Checks the properties above.
pub fn check(data: &[u8]) {
    let script = String::from_utf8_lossy(data);
    let (options, mut now) = (options(), Instant::now());
    let watch = Watch::default();
    let revision = if script.starts_with('3') { Revision::Three } else { Revision::Four };
    let mut client = Client::new(revision, &options, now);
    let mut model = Model::new(revision, now + options.connect_timeout);
    let asked = client.opened(&options, now).expect("room for one namespace");
    assert_eq!(asked.as_ref().map(said), model.opened());

    for line in script::lines(&script) {
        let broken = match line.verb {
            't' | 'b' => {
                // A caller does not read on while there is no room.
                assert_eq!(client.has_room(&options), model.waiting() < options.max_waiting);
                if model.waiting() >= options.max_waiting {
                    continue;
                }
                let message = match line.verb {
                    't' => Message::Text(watch.text(line.rest)),
                    _ => Message::Binary(watch.bytes(line.rest.as_bytes())),
                };
                let expected = match line.verb {
                    't' => model.text(line.rest, &options, now),
                    _ => model.bytes(line.rest.as_bytes(), &options, now),
                };
                let Ok(expected) = expected else { return };
                let found = client.receive(message, &options, now);
                assert_eq!(found.as_ref().err().is_some(), expected.is_err(), "{line:?} {found:?}");
                if let (Ok(found), Ok(expected)) = (&found, &expected) {
                    assert_eq!(found.as_ref().map(said), *expected, "{line:?}");
                }
                if let (Revision::Three, Ok(Some(Asked::Connect { auth, .. }))) = (revision, &found)
                {
                    let auth = serde_json::from_str(auth.as_deref().unwrap_or("{}"));
                    assert_eq!(auth.ok(), Some(in_query(line.rest)), "{line:?}");
                }
                expected.is_err()
            }
            '+' => {
                client.admitted(line.rest);
                model.admitted(line.rest);
                false
            }
            '=' => {
                let found = client.greeted(line.rest);
                assert_eq!(found.iter().map(said).collect::<Vec<_>>(), model.greeted(line.rest));
                false
            }
            '-' => {
                let found = client.refused(line.rest, &options);
                model.members.retain(|member| member.namespace != line.rest);
                model.refusals += 1;
                assert_eq!(found.is_err(), model.refusals > options.max_refusals);
                found.is_err()
            }
            '<' => {
                client.left(line.rest, &options, now);
                model.left(line.rest, &options, now);
                false
            }
            '.' => {
                now += Duration::from_secs(line.number(60));
                let late = model.deadline().is_some_and(|deadline| now >= deadline);
                assert_eq!(client.tick(now).is_err(), late, "a deadline is kept, and no other");
                late
            }
            _ => continue,
        };
        if broken {
            // The session is closed now; until it is, nothing more is kept than before.
            if matches!(line.verb, 't' | 'b') {
                model.incomplete = None;
            }
            assert_eq!(watch.alive(), model.held(), "after {line:?}");
            return;
        }
        assert_eq!(watch.alive(), model.held(), "after {line:?}");
        assert_eq!(client.deadline(), model.deadline(), "after {line:?}");
    }
    drop(client);
    assert_eq!(watch.alive(), 0, "a client that is gone holds nothing");
}

/// What a client of 2.x says to be let into a namespace.
fn in_query(text: &str) -> BTreeMap<String, String> {
    let namespace = spec::read(text).map(|packet| packet.namespace).unwrap_or_default();
    form(namespace.split_once('?').map_or("", |(_, query)| query)).into_iter().take(1000).collect()
}

/// What a client asks for, in words that can be compared.
#[derive(Clone, Debug, PartialEq)]
struct Said {
    kind: &'static str,
    namespace: String,
    id: Option<u64>,
    name: Option<String>,
    attachments: Vec<Vec<u8>>,
}

fn said(asked: &Asked) -> Said {
    let owned = |list: &[bytes::Bytes]| list.iter().map(|bytes| bytes.to_vec()).collect();
    let (kind, namespace, id, name, attachments) = match asked {
        Asked::Connect { namespace, .. } => ("connect", namespace, None, None, Vec::new()),
        Asked::Disconnect { namespace } => ("disconnect", namespace, None, None, Vec::new()),
        Asked::Event { namespace, id, event } => {
            let name = Some(event.name.to_string());
            ("event", namespace, *id, name, owned(event.args.attachments()))
        }
        Asked::Ack { namespace, id, args } => {
            ("ack", namespace, Some(*id), None, owned(args.attachments()))
        }
    };
    Said { kind, namespace: namespace.to_string(), id, name, attachments }
}

/// The rules broken; which one does not matter.
struct Broken;

/// What a message leads to; `Wrong::TooDeep` when the slow reader has nothing to say.
type Outcome = Result<Result<Option<Said>, Broken>, Wrong>;

/// The same client, written down plainly.
struct Model {
    revision: Revision,
    members: Vec<Member>,
    connect_by: Option<Instant>,
    incomplete: Option<Incomplete>,
    refusals: usize,
}

struct Member {
    namespace: String,
    phase: Phase,
    /// What waits for the connection handler, and how many bytes of messages each is.
    waiting: Vec<(Said, usize)>,
}

#[derive(Clone, Copy, PartialEq)]
enum Phase {
    Pending,
    Greeting,
    Joined,
}

struct Incomplete {
    packet: spec::Packet,
    text: String,
    attachments: Vec<Vec<u8>>,
    until: Instant,
}

impl Incomplete {
    fn bytes(&self) -> usize {
        self.attachments.iter().map(Vec::len).sum()
    }
}

impl Model {
    fn new(revision: Revision, connect_by: Instant) -> Self {
        let (members, connect_by) = (Vec::new(), Some(connect_by));
        Self { revision, members, connect_by, incomplete: None, refusals: 0 }
    }

    /// Asks for the main namespace without having been sent anything.
    fn opened(&mut self) -> Option<Said> {
        if self.revision == Revision::Four {
            return None;
        }
        let namespace = "/".to_owned();
        self.members.push(Member { namespace, phase: Phase::Pending, waiting: Vec::new() });
        let (namespace, attachments) = ("/".to_owned(), Vec::new());
        Some(Said { kind: "connect", namespace, id: None, name: None, attachments })
    }

    fn text(&mut self, text: &str, options: &Options, now: Instant) -> Outcome {
        if self.incomplete.is_some() {
            return Ok(Err(Broken));
        }
        let mut packet = match spec::read(text) {
            Err(Wrong::TooDeep) => return Err(Wrong::TooDeep),
            Err(Wrong::Invalid) => return Ok(Err(Broken)),
            Ok(packet) => packet,
        };
        if let (Revision::Three, Some(at)) = (self.revision, packet.namespace.find('?')) {
            packet.namespace.truncate(at);
        }
        if !self.may_say(&packet) {
            return Ok(Err(Broken));
        }
        if packet.attachments > 0 {
            let (attachments, until) = (Vec::new(), now + options.attachments_timeout);
            self.incomplete = Some(Incomplete { packet, text: text.into(), attachments, until });
            return Ok(Ok(None));
        }
        Ok(self.complete(&packet, text, &[], options, now))
    }

    fn bytes(&mut self, bytes: &[u8], options: &Options, now: Instant) -> Outcome {
        let Some(mut incomplete) = self.incomplete.take() else { return Ok(Err(Broken)) };
        incomplete.attachments.push(bytes.to_vec());
        if incomplete.bytes() > options.max_attachment_bytes {
            return Ok(Err(Broken));
        }
        if incomplete.attachments.len() < incomplete.packet.attachments {
            self.incomplete = Some(incomplete);
            return Ok(Ok(None));
        }
        let Incomplete { packet, text, attachments, .. } = incomplete;
        Ok(self.complete(&packet, &text, &attachments, options, now))
    }

    fn may_say(&self, packet: &spec::Packet) -> bool {
        let member = self.members.iter().find(|member| member.namespace == packet.namespace);
        match member {
            None => packet.kind == '0',
            Some(member) => packet.kind != '0' && member.phase != Phase::Pending,
        }
    }

    fn complete(
        &mut self,
        packet: &spec::Packet,
        text: &str,
        attachments: &[Vec<u8>],
        options: &Options,
        now: Instant,
    ) -> Result<Option<Said>, Broken> {
        let namespace = packet.namespace.clone();
        let full = packet.kind == '0' && self.members.len() >= options.max_namespaces;
        let fits = packet.arguments(attachments).is_some();
        if !self.may_say(packet) || full || !fits || packet.kind == '4' {
            return Err(Broken);
        }
        let said = |kind, id| {
            let (namespace, name) = (namespace.clone(), packet.name());
            Said { kind, namespace, id, name, attachments: attachments.to_vec() }
        };
        Ok(Some(match packet.kind {
            '0' => {
                let (phase, waiting) = (Phase::Pending, Vec::new());
                self.members.push(Member { namespace: namespace.clone(), phase, waiting });
                said("connect", None)
            }
            '1' => {
                self.left(&namespace, options, now);
                said("disconnect", None)
            }
            '2' | '5' => {
                let event = said("event", packet.id);
                let held = text.len() + attachments.iter().map(Vec::len).sum::<usize>();
                match self.members.iter_mut().find(|member| member.namespace == namespace) {
                    Some(member) if member.phase == Phase::Greeting => {
                        member.waiting.push((event, held));
                        return Ok(None);
                    }
                    _ => event,
                }
            }
            _ => said("ack", packet.id),
        }))
    }

    fn admitted(&mut self, namespace: &str) {
        for member in &mut self.members {
            if member.namespace == namespace && member.phase == Phase::Pending {
                member.phase = Phase::Greeting;
                self.connect_by = None;
            }
        }
    }

    fn greeted(&mut self, namespace: &str) -> Vec<Said> {
        let mut waiting = Vec::new();
        for member in &mut self.members {
            if member.namespace == namespace && member.phase == Phase::Greeting {
                member.phase = Phase::Joined;
                waiting.extend(member.waiting.drain(..).map(|(said, _)| said));
            }
        }
        waiting
    }

    fn left(&mut self, namespace: &str, options: &Options, now: Instant) {
        self.members.retain(|member| member.namespace != namespace);
        let outside = self.members.iter().all(|member| member.phase == Phase::Pending);
        if outside && self.connect_by.is_none() {
            self.connect_by = Some(now + options.connect_timeout);
        }
    }

    fn waiting(&self) -> usize {
        self.members.iter().map(|member| member.waiting.len()).sum()
    }

    fn deadline(&self) -> Option<Instant> {
        let attachments = self.incomplete.as_ref().map(|incomplete| incomplete.until);
        [attachments, self.connect_by].into_iter().flatten().min()
    }

    /// How many bytes of messages are to be held.
    fn held(&self) -> usize {
        let incomplete = self.incomplete.as_ref();
        let incomplete = incomplete.map_or(0, |it| it.text.len() + it.bytes());
        let waiting = self.members.iter().flat_map(|member| &member.waiting);
        incomplete + waiting.map(|(_, held)| held).sum::<usize>()
    }
}
