//! What the application does to the core, and what it is told by it.
//!
//! ```text
//!   A> a to "r1" emit "x"     ──► the frames that each in the room is sent
//!   A: a event "x" 1          ◄── an event that a client has sent
//! ```

use std::collections::{BTreeMap, BTreeSet};

use serde_json::value::RawValue;
use sockrates::socketio::audience::Audience;
use sockrates::socketio::{Args, encode};

use super::super::manner::Manner;
use super::super::words::{Value, Word, Words, written};
use super::{Core, Member, Question, parts};

/// Why sessions end for reasons that are not the core's.
const REASONS_BELOW: [&str; 5] =
    ["transport close", "transport error", "ping timeout", "parse error", "server shutting down"];

/// After these reasons nobody comes back.
const REASONS_FOR_GOOD: [&str; 3] =
    ["client namespace disconnect", "server namespace disconnect", "parse error"];

impl Core {
    /// Does what the application does.
    pub(super) fn order(&mut self, order: &str) {
        let mut words = Words::new(order);
        let subject = words.word();
        match &*subject {
            "io" if words.takes("close") => {
                self.ends.values_mut().for_each(|end| end.over = true);
            }
            "io" => self.of_namespace("/", &subject, words),
            "parent" => {
                let children = self.namespaces.keys().filter(|name| **name != "/");
                for child in children.cloned().collect::<Vec<_>>() {
                    self.of_namespace(&child, &subject, words.clone());
                }
            }
            name if name.starts_with('/') => self.of_namespace(name, &subject, words),
            name => self.of_socket(name, words.rest()),
        }
    }

    fn of_namespace(&mut self, namespace: &str, subject: &str, mut words: Words<'_>) {
        if words.takes("connection") {
            self.namespace(namespace).connection.push(words.rest().to_owned());
            return;
        }
        let manner = Manner::read(&mut words);
        self.of_many(namespace, subject, manner.audience(None), &manner, words);
    }

    pub(super) fn of_socket(&mut self, name: &str, order: &str) {
        let mut words = Words::new(order);
        let (client, namespace) = parts(name);
        let there = self.sockets.get(name).filter(|it| it.ending.is_none());
        let Some(Member { id, .. }) = there else { return };
        let own = id.clone();
        let mut ahead = words.clone();
        match &*ahead.word() {
            "refuse" => {
                let message = ahead.text();
                let data = match ahead.values().0.pop() {
                    Some(Value::Json(data)) => Some(data),
                    _ => None::<Box<RawValue>>,
                };
                let wants = self.member(name).wants_answer.take();
                if let (Some(id), true) = (wants, self.member(name).connected) {
                    let error = BTreeMap::from([("error", &message)]);
                    let answer = self.options.parser.ack(namespace, id, &error);
                    self.send(client, &answer.expect("an answer"));
                }
                self.refusal = Some((message, data));
            }
            "answer" => {
                if let Some(id) = self.member(name).wants_answer.take() {
                    let parser = self.options.parser;
                    let answer = parser.ack(namespace, id, &ahead.values()).expect("an answer");
                    self.send(client, &answer);
                }
            }
            "join" => {
                let rooms = &mut self.namespace(namespace).rooms;
                for room in ahead.texts() {
                    rooms.join(name.to_owned(), &room);
                }
            }
            "leave" => {
                let room = ahead.text();
                self.namespace(namespace).rooms.leave(&name.to_owned(), &room);
            }
            "go" => self.greeted(name),
            "disconnect" => self.disconnect(name, ahead.takes("close")),
            _ => {
                let manner = Manner::read(&mut words);
                let others = manner.is_for_others();
                let audience = match others {
                    true => manner.audience(Some(&own)),
                    false => Audience::default().to(&own),
                };
                self.of_many(namespace, name, audience, &manner, words);
            }
        }
    }

    fn disconnect(&mut self, name: &str, close: bool) {
        let (client, namespace) = parts(name);
        let goodbye = self.options.parser.plain(namespace, encode::disconnect(namespace));
        self.send(client, &goodbye);
        let (options, now) = (self.options.clone(), self.now);
        self.end(client).client.left(namespace, &options, now);
        self.member(name).ending = Some("server namespace disconnect");
        if !close {
            return;
        }
        let here = |(name, member): (&String, &Member)| {
            let stays = parts(name).0 == client && member.ending.is_none();
            stays.then(|| name.clone())
        };
        for other in self.sockets.iter().filter_map(here).collect::<Vec<_>>() {
            self.disconnect(&other, false);
        }
        self.end(client).closed = true;
    }

    /// Those who belong to an audience, as far as they are there.
    fn reached(&mut self, namespace: &str, audience: &Audience) -> Vec<String> {
        let there = |(name, member): &(&String, &Member)| {
            parts(name).1 == namespace && member.connected && member.ending.is_none()
        };
        let all: Vec<_> = self.sockets.iter().filter(there).map(|(name, _)| name.clone()).collect();
        let rooms = &self.namespace(namespace).rooms;
        let reached = audience.recipients(rooms, all.iter().cloned());
        all.into_iter().filter(|name| reached.contains(name)).collect()
    }

    fn of_many(
        &mut self,
        namespace: &str,
        subject: &str,
        audience: Audience,
        manner: &Manner,
        mut words: Words<'_>,
    ) {
        let verb = words.word();
        // Who stands at the door is in no room, but is spoken to.
        let mut reached = self.reached(namespace, &audience);
        if self.sockets.get(subject).is_some_and(|it| !it.connected) && !manner.is_for_others() {
            reached.push(subject.to_owned());
        }
        match &*verb {
            "emit" => {
                let (event, values) = (words.text(), words.values());
                let parser = self.options.parser;
                let packet = parser.event(namespace, None, &event, &values).expect("an event");
                let (now, mut numbered) = (self.now, packet.clone());
                if let Some(memory) = &mut self.namespace(namespace).memory {
                    memory.emit(&audience, now, |offset| {
                        numbered = packet.append(offset);
                        (!manner.is_volatile()).then(|| numbered.clone())
                    });
                }
                for name in reached {
                    let takes = self.end(parts(&name).0).poll_waits != Some(false);
                    // Who comes back is told when it is let in, by what is kept for it.
                    let member = self.member(&name);
                    let there = member.connected || member.past.is_none();
                    if there && (takes || !manner.is_volatile()) {
                        self.send(parts(&name).0, &numbered);
                    }
                }
            }
            "ask" => self.ask(namespace, subject, &reached, words),
            "join" | "leave" => {
                let texts = words.texts();
                let rooms = &mut self.namespace(namespace).rooms;
                for (name, room) in reached.iter().flat_map(|it| texts.iter().map(move |r| (it, r)))
                {
                    match &*verb {
                        "join" => rooms.join(name.clone(), room),
                        _ => rooms.leave(name, room),
                    };
                }
            }
            "disconnect" => {
                let close = words.takes("close");
                reached.iter().for_each(|name| self.disconnect(name, close));
            }
            // Is the application's own affair.
            _ => {}
        }
    }

    fn ask(&mut self, namespace: &str, subject: &str, reached: &[String], mut words: Words<'_>) {
        let (max, parser) = (self.options.max_acks, self.options.parser);
        let id = self.namespace(namespace).next_ack;
        self.namespace(namespace).next_ack += 1;
        let (event, values) = (words.text(), words.values());
        let packet = parser.event(namespace, Some(id), &event, &values).expect("an event");
        let number = self.questions.len();
        let many = !self.sockets.contains_key(subject);
        self.questions.push(Question {
            subject: subject.to_owned(),
            id,
            many,
            waiting: reached.iter().cloned().collect(),
            answers: String::new(),
        });
        for name in reached {
            assert!(self.member(name).acks.expect(id, number, max), "too many answers");
            self.send(parts(name).0, &packet);
        }
        if reached.is_empty() {
            self.due.push(format!("{subject} answered by all"));
        }
    }

    /// Somebody has answered a question, or will not any more.
    pub(super) fn answered(&mut self, number: usize, name: &str, args: Option<&Args>) {
        let Question { subject, many, waiting, answers, .. } = &mut self.questions[number];
        waiting.remove(name);
        match args {
            Some(args) if *many => answers.push_str(&format!(" {}", args.raw()[0])),
            Some(args) => self.due.push(format!("{subject} answered{}", written(args))),
            None => {}
        }
        if *many && waiting.is_empty() {
            self.due.push(format!("{subject} answered by all{answers}"));
        }
    }

    /// A socket leaves its rooms.
    pub(super) fn leave(&mut self, name: &str) {
        let rooms = self.rooms(name);
        let namespace = parts(name).1;
        let kept: BTreeSet<String> = {
            let left = self.namespace(namespace).rooms.leave_all(&name.to_owned());
            left.iter().map(|room| room.to_string()).collect()
        };
        let now = self.now;
        let member = self.member(name);
        member.left = Some(rooms);
        let (pid, id) = (member.pid, member.id.clone());
        let for_good = member.ending.is_some_and(|it| REASONS_FOR_GOOD.contains(&it));
        if let (Some(memory), Some(pid)) = (&mut self.namespace(namespace).memory, pid) {
            if for_good {
                memory.forget(pid);
            } else {
                memory.save(pid, kept, id, now);
            }
        }
        let unanswered = (0..self.questions.len()).filter(|number| {
            let Question { many, waiting, .. } = &self.questions[*number];
            *many && waiting.contains(name)
        });
        for number in unanswered.collect::<Vec<_>>() {
            self.answered(number, name, None);
        }
    }

    /// The rooms of a socket, its own first, each with a space in front.
    fn rooms(&mut self, name: &str) -> String {
        let own = self.sockets.get(name).map(|member| member.id.clone());
        let member = name.to_owned();
        let rooms = self.namespace(parts(name).1).rooms.rooms_of(&member);
        let mut rooms: Vec<_> = rooms.map(str::to_owned).collect();
        rooms.sort_by_key(|room| (Some(room) != own.as_ref(), room.clone()));
        rooms.iter().map(|room| format!(" {room:?}")).collect()
    }

    /// The application is told something.
    pub(super) fn told(&mut self, what: &str, place: &str) {
        let mut words = Words::new(what);
        let Some(Word::Word(subject)) = words.next() else { return };
        if words.takes("answered") {
            return self.told_answer(&subject, what, words, place);
        }
        if words.takes("gone") {
            return self.told_due(what, place);
        }
        if !self.sockets.contains_key(&*subject) {
            return;
        }
        let rest = words.rest();
        let (first, rest) = rest.split_once(' ').unwrap_or((rest, ""));
        match first {
            "connected" => {
                let member = self.member(&subject);
                assert!(member.connected, "{place}: not connected");
                assert_eq!(member.past.is_some(), rest == "again", "{place}");
            }
            "event" | "question" | "any" | "asked" => {
                let member = self.member(&subject);
                let event = rest.strip_prefix("about ").unwrap_or(rest);
                assert!(member.heard.iter().any(|it| it == event), "{place}: {:?}", member.heard);
                assert!(first != "question" || member.wants_answer.is_some(), "{place}");
            }
            "in" => {
                let rooms = self.rooms(&subject);
                assert!(self.names.fit(&spaced(rest), &rooms), "{place}: {rooms}");
            }
            "disconnecting" => {
                let (reason, rooms) = rest.rsplit_once("\" in").expect("a reason, and rooms");
                self.told_end(&subject, &reason[1..], rooms, place);
            }
            "disconnected" => {
                let member = self.sockets.remove(&*subject).expect("a socket");
                assert!(member.left.is_some(), "{place}: has not left");
                // Whoever asks it alone is told that there will be no answer.
                for question in self.questions.iter().filter(|it| !it.many) {
                    if question.waiting.contains(&*subject) {
                        self.due.push(format!("{subject} gone without an answer"));
                    }
                }
            }
            _ => {}
        }
    }

    fn told_end(&mut self, name: &str, reason: &str, rooms: &str, place: &str) {
        let over = self.end(parts(name).0).over;
        let ending = self.member(name).ending;
        match ending {
            Some(ending) => assert_eq!(reason, ending, "{place}"),
            None => {
                let below = REASONS_BELOW.into_iter().find(|it| *it == reason);
                assert!(over && below.is_some(), "{place}: it has no reason to end");
                self.member(name).ending = below;
            }
        }
        if self.member(name).left.is_none() {
            self.leave(name);
        }
        let left = self.member(name).left.clone().expect("its rooms");
        assert!(self.names.fit(rooms, &left), "{place}: {left}");
    }

    fn told_answer(&mut self, subject: &str, what: &str, mut words: Words<'_>, place: &str) {
        let all = words.takes("by") && !words.takes("some");
        if all || !words.rest().starts_with("nothing") && !what.contains(" by some") {
            return self.told_due(what, place);
        }
        // That the time is up is for a clock to say: those who have not answered never will.
        let question = self.questions.iter_mut().rfind(|it| it.subject == subject);
        let Question { id, many, waiting, answers, .. } = question.expect("a question");
        assert!(!waiting.is_empty(), "{place}: was answered");
        assert!(!*many || *answers == spaced(words.rest()), "{place}: {answers}");
        for name in std::mem::take(waiting) {
            let member = self.sockets.get_mut(&name).expect("a socket");
            assert!(member.acks.settle(*id).is_some(), "{place}: {name} was not waited for");
        }
    }

    fn told_due(&mut self, what: &str, place: &str) {
        let at = self.due.iter().position(|due| due == what);
        self.due.remove(at.unwrap_or_else(|| panic!("{place}: {:?}", self.due)));
    }
}

/// With a space in front, if it is anything.
fn spaced(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!(" {text}") }
}
