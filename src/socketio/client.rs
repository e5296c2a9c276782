//! A client: one session, seen from Socket.IO, with its many namespaces.
//!
//! ```text
//!   40               may I join the main namespace?      ──► Connect
//!   40/admin,        and this one?                       ──► Connect
//!   42["hi"]         an event                            ──► Event
//!   451-["pic",…]    an event with an attachment …       ──► nothing yet
//!   (bytes)          … and here it is                    ──► Event
//!   41               I leave                             ──► Disconnect
//!   anything else                                        ──► the session is closed
//! ```
//!
//! Where a client stands with each namespace:
//!
//! ```text
//!            40               admitted            greeted
//!   (none) ──────► Pending ──────────► Greeting ──────────► Joined
//!      ▲              │ refused            │ 41                │ 41
//!      └──────────────┴────────────────────┴───────────────────┘
//! ```
//!
//! *Pending* while the middleware decides. *Greeting* until the connection handler has
//! returned; events wait until then, or they would find no listener.
//!
//! Core file: time is an argument. Spec: Socket.IO v5, "Connection to a namespace",
//! "Disconnection from a namespace".

use std::collections::VecDeque;
use std::time::Instant;

use bytes::Bytes;
use bytestring::ByteString;

use super::args::Args;
use super::assemble::{Assembler, Step};
use super::decode::decode;
use super::joining;
use super::msgpack::{self, Limits};
use super::options::Options;
use super::packet::{Body, Event, Packet};
use super::parser::Parser;
use super::violation::Violation;
use crate::engineio::dialect::Revision;
use crate::engineio::packet::Message;

/// One client, and where it stands with each namespace.
#[derive(Debug)]
pub struct Client {
    revision: Revision,
    memberships: Vec<Membership>,
    /// When it has to be in a namespace. `None` while it is in one.
    connect_by: Option<Instant>,
    /// The packet whose attachments are still to come, and when they all have to be here.
    incomplete: Option<Box<Incomplete>>,
    refusals: usize,
}

#[derive(Debug)]
struct Incomplete {
    assembler: Assembler<Packet>,
    until: Instant,
}

#[derive(Debug)]
struct Membership {
    namespace: ByteString,
    phase: Phase,
}

#[derive(Debug)]
enum Phase {
    Pending,
    Greeting(VecDeque<Asked>),
    Joined,
}

/// What a client asks for.
#[derive(Debug)]
pub enum Asked {
    /// To join a namespace. Answer with [`Client::admitted`] or [`Client::refused`].
    Connect {
        /// Which.
        namespace: ByteString,
        /// What it says to be let in: a JSON object.
        auth: Option<ByteString>,
    },
    /// To have an event handled.
    Event {
        /// Where.
        namespace: ByteString,
        /// The number under which it wants an answer, if it wants one.
        id: Option<u64>,
        /// What happened.
        event: Event,
    },
    /// To have its answer to an event of ours.
    Ack {
        /// Where.
        namespace: ByteString,
        /// Which event.
        id: u64,
        /// What it answers.
        args: Args,
    },
    /// To leave a namespace, which it has left with that.
    Disconnect {
        /// Which.
        namespace: ByteString,
    },
}

impl Asked {
    /// How many bytes it holds on to.
    fn bytes(&self) -> usize {
        match self {
            Self::Event { event, .. } => event.args.bytes(),
            Self::Ack { args, .. } => args.bytes(),
            Self::Connect { .. } | Self::Disconnect { .. } => 0,
        }
    }
}

impl Client {
    /// A client that is in no namespace yet.
    pub fn new(revision: Revision, options: &Options, now: Instant) -> Self {
        Self {
            revision,
            memberships: Vec::new(),
            connect_by: Some(now + options.connect_timeout),
            incomplete: None,
            refusals: 0,
        }
    }

    /// Its session was opened. What it asks for by that: nothing, or if it is of 2.x, to join
    /// the main namespace.
    ///
    /// # Errors
    /// When no client may join any namespace.
    pub fn opened(&mut self, options: &Options, now: Instant) -> Result<Option<Asked>, Violation> {
        match joining::at_opening(self.revision) {
            Some(packet) => self.complete(packet, Vec::new(), options, now),
            None => Ok(None),
        }
    }

    /// A message came. What the client asks for with it, if that is complete.
    ///
    /// # Errors
    /// When it broke the rules, and its session has to be closed.
    pub fn receive(
        &mut self,
        message: Message,
        options: &Options,
        now: Instant,
    ) -> Result<Option<Asked>, Violation> {
        if let Some(incomplete) = self.incomplete.take() {
            return self.attach(*incomplete, message, options, now);
        }
        let (packet, attachments) = match (options.parser, message) {
            (Parser::Json, Message::Text(text)) => {
                let decoded = decode(&text, options.max_attachments)?;
                let packet = joining::read(self.revision, decoded.packet);
                if decoded.attachments > 0 {
                    // Before anything is kept for it.
                    self.check_membership(&packet)?;
                    let step = Assembler::start(packet, decoded.attachments);
                    return self.go_on(step, now + options.attachments_timeout, options, now);
                }
                (packet, Vec::new())
            }
            (Parser::MessagePack, Message::Binary(bytes)) => {
                let limits = Limits {
                    attachments: options.max_attachments,
                    attachment_bytes: options.max_attachment_bytes,
                };
                let (packet, attachments) = msgpack::decode(&bytes, limits)?;
                (joining::read(self.revision, packet), attachments)
            }
            (Parser::Json, Message::Binary(_)) => return Err(Violation::StrayAttachment),
            (Parser::MessagePack, Message::Text(_)) => return Err(Violation::Text),
        };
        self.complete(packet, attachments, options, now)
    }

    /// A message came while attachments were to come.
    fn attach(
        &mut self,
        Incomplete { assembler, until }: Incomplete,
        message: Message,
        options: &Options,
        now: Instant,
    ) -> Result<Option<Asked>, Violation> {
        let Message::Binary(bytes) = message else { return Err(Violation::TextAmongAttachments) };
        let step = assembler.attach(bytes, options.max_attachment_bytes)?;
        self.go_on(step, until, options, now)
    }

    fn go_on(
        &mut self,
        step: Step<Packet>,
        until: Instant,
        options: &Options,
        now: Instant,
    ) -> Result<Option<Asked>, Violation> {
        match step {
            Step::More(assembler) => {
                self.incomplete = Some(Box::new(Incomplete { assembler, until }));
                Ok(None)
            }
            // Meanwhile the server may have ended the membership: this is looked at anew.
            Step::Done(packet, attachments) => self.complete(packet, attachments, options, now),
        }
    }

    fn complete(
        &mut self,
        packet: Packet,
        attachments: Vec<Bytes>,
        options: &Options,
        now: Instant,
    ) -> Result<Option<Asked>, Violation> {
        self.check_membership(&packet)?;
        let namespace = packet.namespace;
        let asked = match packet.body {
            Body::Connect { auth } => {
                if self.memberships.len() >= options.max_namespaces {
                    return Err(Violation::TooManyNamespaces);
                }
                // What is kept is copied out of the buffer that it arrived in: a slice of a few
                // bytes would keep all of the buffer's for as long as the membership lasts.
                let kept = |text: &ByteString| ByteString::from(text.to_string());
                let (namespace, auth) = (kept(&namespace), auth.as_ref().map(kept));
                let phase = Phase::Pending;
                // Most clients are in one, and there are many clients.
                self.memberships.reserve_exact(1);
                self.memberships.push(Membership { namespace: namespace.clone(), phase });
                Asked::Connect { namespace, auth }
            }
            Body::Disconnect => {
                self.left(&namespace, options, now);
                Asked::Disconnect { namespace }
            }
            Body::Event { id, event: Event { name, args } } => {
                let event = Event { name, args: args.complete(attachments)? };
                let asked = Asked::Event { namespace: namespace.clone(), id, event };
                if let Some(Phase::Greeting(waiting)) = self.phase(&namespace) {
                    waiting.push_back(asked);
                    return Ok(None);
                }
                asked
            }
            // An answer does not wait: it may be what the connection handler waits for.
            Body::Ack { id, args } => {
                Asked::Ack { namespace, id, args: args.complete(attachments)? }
            }
            Body::ConnectError { .. } => return Err(Violation::ConnectErrorFromClient),
        };
        Ok(Some(asked))
    }

    /// The namespace has let the client in; its connection handler begins.
    pub fn admitted(&mut self, namespace: &str) {
        if let Some(phase @ Phase::Pending) = self.phase(namespace) {
            *phase = Phase::Greeting(VecDeque::new());
            self.connect_by = None;
        }
    }

    /// The connection handler has returned. What came in the meantime is to be handled now.
    pub fn greeted(&mut self, namespace: &str) -> VecDeque<Asked> {
        match self.phase(namespace) {
            Some(phase @ Phase::Greeting(_)) => match std::mem::replace(phase, Phase::Joined) {
                Phase::Greeting(waiting) => waiting,
                Phase::Pending | Phase::Joined => VecDeque::new(),
            },
            Some(Phase::Pending | Phase::Joined) | None => VecDeque::new(),
        }
    }

    /// The namespace does not exist, or has not let the client in.
    ///
    /// # Errors
    /// When it was refused too often.
    pub fn refused(&mut self, namespace: &str, options: &Options) -> Result<(), Violation> {
        // The time to join a namespace goes on: being refused is not a way to stay.
        self.memberships.retain(|membership| membership.namespace != namespace);
        self.refusals += 1;
        if self.refusals > options.max_refusals {
            return Err(Violation::TooManyRefusals);
        }
        Ok(())
    }

    /// The client has left the namespace, or was made to. If it is in no other, it has the
    /// time to join one that it had at the beginning.
    ///
    /// [SIO5-DISCONNECT-1] "The low-level connection MAY be kept alive if the client is
    /// connected to another namespace."
    pub fn left(&mut self, namespace: &str, options: &Options, now: Instant) {
        self.memberships.retain(|membership| membership.namespace != namespace);
        let joined = |membership: &Membership| !matches!(membership.phase, Phase::Pending);
        if !self.memberships.iter().any(joined) && self.connect_by.is_none() {
            self.connect_by = Some(now + options.connect_timeout);
        }
    }

    /// Whether another message may be handled: not while too many events, or too many bytes,
    /// wait for a connection handler.
    pub fn has_room(&self, options: &Options) -> bool {
        let (mut events, mut bytes) = (0, 0);
        for membership in &self.memberships {
            if let Phase::Greeting(waiting) = &membership.phase {
                events += waiting.len();
                bytes += waiting.iter().map(Asked::bytes).sum::<usize>();
            }
        }
        events < options.max_waiting && bytes < options.max_waiting_bytes
    }

    /// When to call [`tick`](Self::tick) next.
    pub fn deadline(&self) -> Option<Instant> {
        let attachments = self.incomplete.as_ref().map(|it| it.until);
        attachments.into_iter().chain(self.connect_by).min()
    }

    /// Time has passed.
    ///
    /// # Errors
    /// When what had to come by now has not, and the session has to be closed.
    pub fn tick(&mut self, now: Instant) -> Result<(), Violation> {
        if self.connect_by.is_some_and(|by| now >= by) {
            return Err(Violation::NoNamespace);
        }
        if self.incomplete.as_ref().is_some_and(|it| now >= it.until) {
            return Err(Violation::AttachmentsMissing);
        }
        Ok(())
    }

    /// [SIO5-CONNECT-4] "If the server does not receive a `CONNECT` packet first, then it MUST
    /// close the connection immediately." That holds for each namespace, and a second one is
    /// as wrong as none.
    fn check_membership(&mut self, packet: &Packet) -> Result<(), Violation> {
        match (&packet.body, self.phase(&packet.namespace)) {
            (Body::Connect { .. }, None) => Ok(()),
            (Body::Connect { .. }, Some(_)) => Err(Violation::SecondConnect),
            (_, Some(Phase::Greeting(_) | Phase::Joined)) => Ok(()),
            (_, Some(Phase::Pending) | None) => Err(Violation::NotConnected),
        }
    }

    fn phase(&mut self, namespace: &str) -> Option<&mut Phase> {
        self.memberships
            .iter_mut()
            .find(|membership| membership.namespace == namespace)
            .map(|membership| &mut membership.phase)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// A client, and the moment at which everything happens unless time is let pass.
    struct Story {
        client: Client,
        options: Options,
        now: Instant,
    }

    impl Story {
        fn new() -> Self {
            Self::with(Options::default())
        }

        fn with(options: Options) -> Self {
            Self::of(Revision::Four, options)
        }

        fn of(revision: Revision, options: Options) -> Self {
            let now = Instant::now();
            Self { client: Client::new(revision, &options, now), options, now }
        }

        /// A client of 2.x that has opened its session and was let into the main namespace.
        fn old() -> Self {
            let mut story = Self::of(Revision::Three, Options::default());
            assert_eq!(story.opens(), "connect / without auth");
            story.client.admitted("/");
            assert!(story.greeted("/").is_empty());
            story
        }

        /// The session was opened. What the client asks for with that.
        fn opens(&mut self) -> String {
            said(self.client.opened(&self.options, self.now))
        }

        /// A client that is in the main namespace.
        fn joined() -> Self {
            Self::new().and_joined("/")
        }

        fn and_joined(mut self, namespace: &str) -> Self {
            self.says(&format!("0{namespace},"));
            self.client.admitted(namespace);
            assert!(self.greeted(namespace).is_empty());
            self
        }

        /// The client sends text. What it asks for with that, `-` if nothing, and the log's
        /// sentence if it breaks the rules.
        fn says(&mut self, text: &str) -> String {
            self.receive(Message::Text(text.into()))
        }

        fn attaches(&mut self, bytes: &[u8]) -> String {
            self.receive(Message::Binary(Bytes::copy_from_slice(bytes)))
        }

        fn receive(&mut self, message: Message) -> String {
            said(self.client.receive(message, &self.options, self.now))
        }

        fn greeted(&mut self, namespace: &str) -> Vec<String> {
            self.client.greeted(namespace).iter().map(line).collect()
        }

        fn left(&mut self, namespace: &str) {
            self.client.left(namespace, &self.options, self.now);
        }

        /// Time passes. The sentence in the log, if that is too much.
        fn waits(&mut self, seconds: u64) -> String {
            self.now += Duration::from_secs(seconds);
            let outcome = self.client.tick(self.now);
            outcome.map_or_else(|violation| violation.to_string(), |()| "-".into())
        }

        /// How long it may go on like this.
        fn patience(&self) -> Option<u64> {
            self.client.deadline().map(|deadline| (deadline - self.now).as_secs())
        }

        fn has_room(&self) -> bool {
            self.client.has_room(&self.options)
        }
    }

    fn said(outcome: Result<Option<Asked>, Violation>) -> String {
        match outcome {
            Ok(asked) => asked.map_or("-".to_owned(), |asked| line(&asked)),
            Err(violation) => format!("! {violation}"),
        }
    }

    fn line(asked: &Asked) -> String {
        match asked {
            Asked::Connect { namespace, auth } => {
                format!("connect {namespace} {}", auth.as_deref().unwrap_or("without auth"))
            }
            Asked::Event { namespace, id, event } => {
                let id = id.map(|id| format!(" and wants {id}")).unwrap_or_default();
                let attachments = event.args.attachments().len();
                format!("event {namespace} {} +{attachments}{id}", event.args.json())
            }
            Asked::Ack { namespace, id, args } => {
                format!("ack {namespace} {id} {} +{}", args.json(), args.attachments().len())
            }
            Asked::Disconnect { namespace } => format!("disconnect {namespace}"),
        }
    }

    const NOT_JOINED: &str = "! a packet for a namespace that was not joined";
    const SECOND: &str = "! a second CONNECT to the same namespace";
    const FROM_SERVER: &str = "! a CONNECT_ERROR, which only servers send";

    /// What each packet does in each phase. A packet that breaks the rules leaves the phase as
    /// it is, so one client can try them all.
    #[track_caller]
    fn check(story: &mut Story, expected: [&str; 6]) {
        // DISCONNECT comes last, since it is the one that changes the phase.
        let packets = [r#"0{"a":1}"#, r#"2["e"]"#, r#"27["e"]"#, "37[1]", "4{}", "1"];
        for (packet, expected) in packets.into_iter().zip(expected) {
            assert_eq!(story.says(packet), expected, "{packet}");
        }
    }

    #[test]
    fn outside_the_namespace_only_connect_is_accepted() {
        let mut story = Story::new();
        for packet in [r#"2["e"]"#, r#"27["e"]"#, "37[1]", "4{}", "1", r#"51-["e",1]"#] {
            assert_eq!(story.says(packet), NOT_JOINED, "{packet}");
        }
        assert_eq!(story.says(r#"0{"a":1}"#), r#"connect / {"a":1}"#);
        assert_eq!(Story::new().says("0"), "connect / without auth");
        assert_eq!(Story::new().says("0/admin,"), "connect /admin without auth");
    }

    #[test]
    fn while_the_middleware_decides_nothing_is_accepted() {
        let mut story = Story::new();
        story.says("0");
        check(&mut story, [SECOND, NOT_JOINED, NOT_JOINED, NOT_JOINED, NOT_JOINED, NOT_JOINED]);
    }

    #[test]
    fn while_the_connection_handler_runs_events_wait_and_answers_do_not() {
        let mut story = Story::new();
        story.says("0");
        story.client.admitted("/");
        check(&mut story, [SECOND, "-", "-", "ack / 7 [1] +0", FROM_SERVER, "disconnect /"]);
        assert!(story.greeted("/").is_empty(), "what waited has gone with the membership");
    }

    #[test]
    fn in_the_namespace_all_but_connect_is_accepted() {
        check(
            &mut Story::joined(),
            [
                SECOND,
                r#"event / ["e"] +0"#,
                r#"event / ["e"] +0 and wants 7"#,
                "ack / 7 [1] +0",
                FROM_SERVER,
                "disconnect /",
            ],
        );
    }

    #[test]
    fn after_leaving_it_is_as_if_it_had_never_been_there() {
        let mut story = Story::joined();
        assert_eq!(story.says("1"), "disconnect /");
        assert_eq!(story.says(r#"2["e"]"#), NOT_JOINED);
        assert_eq!(story.says("1"), NOT_JOINED);
        assert_eq!(story.says("0"), "connect / without auth");
    }

    #[test]
    fn namespaces_do_not_know_of_each_other() {
        let mut story = Story::joined();
        assert_eq!(story.says(r#"2/admin,["e"]"#), NOT_JOINED);
        assert_eq!(story.says("0/admin,"), "connect /admin without auth");
        assert_eq!(story.says(r#"2["e"]"#), r#"event / ["e"] +0"#);
        story.client.admitted("/admin");
        assert_eq!(story.says("1"), "disconnect /");
        assert_eq!(story.says(r#"2/admin,["e"]"#), "-");
        assert_eq!(story.greeted("/admin"), [r#"event /admin ["e"] +0"#]);
        assert_eq!(story.says("0/admin?x=1,"), "connect /admin?x=1 without auth");
    }

    #[test]
    fn events_that_waited_come_in_their_order_and_once() {
        let mut story = Story::new();
        story.says("0");
        story.client.admitted("/");
        for packet in [r#"2["a"]"#, r#"51-["b",{"_placeholder":true,"num":0}]"#] {
            assert_eq!(story.says(packet), "-");
        }
        assert_eq!(story.attaches(b"b"), "-");
        assert_eq!(story.says(r#"21["c"]"#), "-");
        let waited = story.greeted("/");
        let b = r#"event / ["b",{"_placeholder":true,"num":0}] +1"#;
        assert_eq!(waited, [r#"event / ["a"] +0"#, b, r#"event / ["c"] +0 and wants 1"#]);
        assert!(story.greeted("/").is_empty());
        assert_eq!(story.says(r#"2["d"]"#), r#"event / ["d"] +0"#);
    }

    #[test]
    fn a_verdict_about_somebody_who_is_gone_changes_nothing() {
        let mut story = Story::joined();
        story.client.admitted("/nowhere");
        assert!(story.greeted("/nowhere").is_empty());
        story.client.admitted("/");
        assert_eq!(story.says(r#"2["e"]"#), r#"event / ["e"] +0"#, "still joined");
    }

    #[test]
    fn what_is_no_packet_breaks_the_rules() {
        let mut story = Story::joined();
        for (text, expected) in [
            ("", "! empty message, expected a packet type from '0' to '6'"),
            ("7", "! unknown packet type '7', expected '0' to '6'"),
            ("2", "! event or acknowledgement without a JSON array"),
            ("2[]", "! event without a name, expected a string or a number in front"),
            (r#"2["disconnect"]"#, "! event named \"disconnect\", which is reserved"),
            ("2[\"a\"", "! data that is not JSON (line 1, column 4)"),
            ("0/x,[]", "! data of a connect packet that is not a JSON object"),
            ("50-[\"a\"]", "! binary packet that announces 0 attachments, expected at least 1"),
        ] {
            assert_eq!(story.says(text), expected, "{text}");
        }
    }

    #[test]
    fn a_packet_is_there_when_its_last_attachment_is() {
        let mut story = Story::joined();
        assert_eq!(story.says(r#"52-7["e",{"_placeholder":true,"num":1}]"#), "-");
        assert_eq!(story.attaches(b"zero"), "-");
        let e = r#"event / ["e",{"_placeholder":true,"num":1}] +2 and wants 7"#;
        assert_eq!(story.attaches(b"one"), e);

        assert_eq!(story.says(r#"61-7[{"_placeholder":true,"num":0}]"#), "-");
        assert_eq!(story.attaches(b""), r#"ack / 7 [{"_placeholder":true,"num":0}] +1"#);
    }

    #[test]
    fn attachments_and_text_do_not_mix() {
        let mut story = Story::joined();
        assert_eq!(story.attaches(b"x"), "! bytes that no packet has announced");
        for text in [r#"2["f"]"#, r#"51-["f",1]"#, "1", ""] {
            story.says(r#"51-["e",1]"#);
            assert_eq!(story.says(text), "! text while attachments were expected", "{text:?}");
        }
    }

    #[test]
    fn a_placeholder_without_its_attachment_breaks_the_rules() {
        let expected = "! placeholder without a \"num\" in digits below 1";
        for num in ["1", "-1", "0.5", "\"0\"", "null"] {
            let mut story = Story::joined();
            story.says(&format!(r#"51-["e",{{"_placeholder":true,"num":{num}}}]"#));
            assert_eq!(story.attaches(b"x"), expected, "{num}");
        }
        let mut story = Story::joined();
        story.says(&format!(r#"51-["e",{}{}]"#, "[".repeat(128), "]".repeat(128)));
        let expected = "! packet with attachments nested deeper than 128 levels";
        assert_eq!(story.attaches(b"x"), expected);
    }

    #[test]
    fn in_message_pack_a_packet_is_one_message_of_bytes() {
        let options = Options { parser: Parser::MessagePack, ..Options::default() };
        let mut story = Story::with(options);
        let connect = b"\x82\xa4type\x00\xa3nsp\xa1/";
        let event = b"\x83\xa4type\x02\xa3nsp\xa1/\xa4data\x92\xa1e\xc4\x01x";
        assert_eq!(story.attaches(event), NOT_JOINED);
        assert_eq!(story.attaches(connect), "connect / without auth");
        story.client.admitted("/");
        assert_eq!(story.attaches(event), "-");
        let e = r#"event / ["e",{"_placeholder":true,"num":0}] +1"#;
        assert_eq!(story.greeted("/"), [e]);
        assert_eq!(story.attaches(event), e);
        assert_eq!(story.attaches(connect), SECOND);
        assert_eq!(story.attaches(b"\x80"), "! packet of unknown type, expected 0 to 4");
        assert_eq!(story.says(r#"2["e"]"#), "! text, expected a packet in MessagePack");
    }

    #[test]
    fn attachments_are_refused_at_the_head_if_there_are_too_many() {
        let expected = "! packet that announces too many attachments, expected at most 10";
        assert_eq!(Story::joined().says(r#"510-["e",1]"#), "-");
        assert_eq!(Story::joined().says(r#"511-["e",1]"#), expected);
    }

    #[test]
    fn attachments_are_refused_at_the_first_byte_too_many() {
        let options = Options { max_attachment_bytes: 4, ..Options::default() };
        let mut story = Story::with(options).and_joined("/");
        story.says(r#"52-["e",1]"#);
        story.attaches(b"12");
        assert_eq!(story.attaches(b"34"), r#"event / ["e",1] +2"#);
        story.says(r#"53-["e",1]"#);
        story.attaches(b"12");
        let expected = "! attachments of 5 bytes in one packet, expected at most 4";
        assert_eq!(story.attaches(b"345"), expected);
    }

    #[test]
    fn attachments_have_so_much_time_together() {
        let mut story = Story::joined();
        assert_eq!(story.patience(), None);
        story.says(r#"52-["e",1]"#);
        assert_eq!(story.patience(), Some(10));
        assert_eq!(story.waits(9), "-");
        story.attaches(b"x");
        assert_eq!(story.patience(), Some(1), "an attachment buys no time for the next");
        assert_eq!(story.waits(1), "attachments that did not come in time");

        let mut story = Story::joined();
        story.says(r#"51-["e",1]"#);
        story.waits(9);
        story.attaches(b"x");
        assert_eq!(story.patience(), None, "all are there");
        assert_eq!(story.waits(3600), "-");
    }

    #[test]
    fn a_membership_that_ends_between_head_and_attachment_takes_the_packet_with_it() {
        let mut story = Story::joined().and_joined("/admin");
        story.says(r#"51-["e",1]"#);
        story.left("/");
        assert_eq!(story.attaches(b"x"), NOT_JOINED);
    }

    #[test]
    fn the_time_to_join_begins_with_the_session_and_ends_with_the_first_namespace() {
        let mut story = Story::new();
        assert_eq!(story.patience(), Some(45));
        story.says("0");
        assert_eq!(story.patience(), Some(45), "asking is not joining");
        assert_eq!(story.waits(44), "-");
        assert_eq!(story.waits(1), "no namespace was joined in time");

        let mut story = Story::joined();
        assert_eq!(story.patience(), None);
        assert_eq!(story.waits(3600), "-");
    }

    #[test]
    fn being_refused_buys_no_time() {
        let mut story = Story::new();
        story.says("0");
        story.waits(44);
        story.client.refused("/", &story.options).unwrap();
        assert_eq!(story.patience(), Some(1));
        story.says("0");
        assert_eq!(story.waits(1), "no namespace was joined in time");
    }

    #[test]
    fn whoever_leaves_the_last_namespace_has_the_time_to_join_another() {
        let mut story = Story::joined().and_joined("/admin");
        story.says("1");
        assert_eq!(story.patience(), None, "one is left");
        story.waits(100);
        story.left("/admin");
        assert_eq!(story.patience(), Some(45));
        story.waits(44);
        story.says("0");
        story.client.admitted("/");
        assert_eq!(story.patience(), None);
    }

    #[test]
    fn a_namespace_that_is_only_asked_for_does_not_stop_the_clock() {
        let mut story = Story::joined();
        story.says("0/slow,");
        story.says("1");
        assert_eq!(story.patience(), Some(45));
        story.left("/slow");
        assert_eq!(story.patience(), Some(45));
    }

    #[test]
    fn leaving_twice_does_not_start_the_clock_again() {
        let mut story = Story::joined();
        story.left("/");
        story.waits(20);
        story.left("/");
        assert_eq!(story.patience(), Some(25));
    }

    #[test]
    fn the_first_of_two_deadlines_counts() {
        let options = Options { connect_timeout: Duration::from_secs(5), ..Options::default() };
        let mut story = Story::with(options).and_joined("/").and_joined("/admin");
        story.says(r#"51-["e",1]"#);
        assert_eq!(story.patience(), Some(10));
        story.left("/");
        story.left("/admin");
        assert_eq!(story.patience(), Some(5));
        assert_eq!(story.waits(5), "no namespace was joined in time");
    }

    #[test]
    fn namespaces_are_counted_whether_joined_or_asked_for() {
        let options = Options { max_namespaces: 2, ..Options::default() };
        let mut story = Story::with(options).and_joined("/");
        assert_eq!(story.says("0/a,"), "connect /a without auth");
        assert_eq!(story.says("0/b,"), "! more namespaces than one client may join");
        story.left("/a");
        assert_eq!(story.says("0/b,"), "connect /b without auth");
    }

    #[test]
    fn a_client_may_be_refused_so_often_and_not_once_more() {
        let options = Options { max_refusals: 2, ..Options::default() };
        let mut story = Story::with(options);
        for _ in 0..2 {
            story.says("0/nowhere,");
            assert!(story.client.refused("/nowhere", &story.options).is_ok());
        }
        story.says("0/nowhere,");
        let violation = story.client.refused("/nowhere", &story.options).unwrap_err();
        assert_eq!(violation.to_string(), "refused too often");
    }

    #[test]
    fn events_wait_for_all_connection_handlers_up_to_a_number() {
        let options = Options { max_waiting: 3, ..Options::default() };
        let mut story = Story::with(options).and_joined("/");
        for namespace in ["/a", "/b"] {
            story.says(&format!("0{namespace},"));
            story.client.admitted(namespace);
        }
        story.says(r#"2["e"]"#);
        story.says(r#"2/a,["e"]"#);
        story.says(r#"2/a,["e"]"#);
        assert!(story.has_room());
        story.says(r#"2/b,["e"]"#);
        assert!(!story.has_room());
        assert_eq!(story.greeted("/b").len(), 1);
        assert!(story.has_room());
    }

    #[test]
    fn events_wait_for_all_connection_handlers_up_to_so_many_bytes() {
        let options = Options { max_waiting_bytes: 10, ..Options::default() };
        let mut story = Story::with(options);
        story.says("0");
        story.client.admitted("/");
        story.says(r#"2["12345"]"#);
        assert!(story.has_room(), "nine bytes");
        story.says(r#"51-["e"]"#);
        assert!(story.has_room(), "the event is not complete");
        story.attaches(b"1234");
        assert!(!story.has_room());
        assert_eq!(story.greeted("/").len(), 2);
        assert!(story.has_room());
    }

    #[test]
    fn opening_a_session_asks_for_the_main_namespace_in_older_clients_only() {
        assert_eq!(Story::new().opens(), "-");
        let mut story = Story::of(Revision::Three, Options::default());
        // Before it was asked, as before a CONNECT.
        assert_eq!(story.says(r#"2["e"]"#), NOT_JOINED);
        assert_eq!(story.opens(), "connect / without auth");
        check(&mut story, [SECOND, NOT_JOINED, NOT_JOINED, NOT_JOINED, NOT_JOINED, NOT_JOINED]);
        assert_eq!(story.patience(), Some(45), "asking is not joining");
        story.client.admitted("/");
        assert_eq!(story.patience(), None);
        check(&mut story, [SECOND, "-", "-", "ack / 7 [1] +0", FROM_SERVER, "disconnect /"]);
        assert_eq!(story.patience(), Some(45));
    }

    #[test]
    fn an_older_client_may_say_in_the_main_namespace_what_any_may() {
        check(
            &mut Story::old(),
            [
                SECOND,
                r#"event / ["e"] +0"#,
                r#"event / ["e"] +0 and wants 7"#,
                "ack / 7 [1] +0",
                FROM_SERVER,
                "disconnect /",
            ],
        );
    }

    #[test]
    fn an_older_client_that_was_refused_or_has_left_may_ask_again() {
        let mut story = Story::of(Revision::Three, Options::default());
        story.opens();
        story.client.refused("/", &story.options).unwrap();
        assert_eq!(story.says("0"), "connect / without auth");
        assert_eq!(story.waits(45), "no namespace was joined in time");

        let mut story = Story::old();
        story.says("1");
        assert_eq!(story.says("0"), "connect / without auth");
    }

    #[test]
    fn the_namespace_of_an_older_client_ends_where_its_query_begins() {
        let mut story = Story::old();
        assert_eq!(story.says("0/a?x=1,"), r#"connect /a {"x":"1"}"#);
        for again in ["0/a", "0/a,", "0/a?x=2,"] {
            assert_eq!(story.says(again), SECOND, "{again}");
        }
        story.client.admitted("/a");
        story.greeted("/a");
        assert_eq!(story.says(r#"2/a,["e"]"#), r#"event /a ["e"] +0"#);
        assert_eq!(story.says(r#"2/a?x=1,["e"]"#), r#"event /a ["e"] +0"#);
        assert_eq!(story.says(r#"51-/a?x=1,["e"]"#), "-");
        assert_eq!(story.attaches(b"x"), r#"event /a ["e"] +1"#);
        assert_eq!(story.says(r#"2/b?x=1,["e"]"#), NOT_JOINED);
        assert_eq!(story.says("1/a?y,"), "disconnect /a");
        assert_eq!(story.says("0/a"), "connect /a without auth");
    }

    #[test]
    fn no_packet_and_no_pair_of_packets_makes_a_client_panic() {
        let texts = ["", "0", "0/a,", "1", "1/a,", r#"2["e"]"#, "37[]", "4{}", r#"51-["e"]"#, "é"];
        let all = |index: usize| match texts.get(index) {
            Some(text) => Message::Text((*text).into()),
            None => Message::Binary(Bytes::from_static(b"x")),
        };
        let size = texts.len() + 1;
        for case in 0..size * size * size {
            let mut story = Story::new();
            for message in [case / size / size, case / size % size, case % size] {
                // Whatever it says, it is an answer.
                assert!(!story.receive(all(message)).is_empty());
                story.client.admitted("/");
            }
        }
    }
}
