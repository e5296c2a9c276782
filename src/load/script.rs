//! What a client says, and what has to come back: made once, compared byte by byte.
//!
//! ```text
//!   echo      42["echo","xxx"]         ──►   ──► 42["echo","xxx"]
//!   ack       4217["ack-me","xxx"]     ──►   ──► 4317["xxx"]
//!   binary    451-["bin",{…}] ⟨bytes⟩  ──►   ──► 451-["bin",{…}] ⟨bytes⟩
//!   bcast     42["bcast","r0","xxx"]   ──►   ──► 42["bcast","xxx"]   to all in the room
//! ```
//!
//! All messages of a script have the same length, so as many of them as are wanted are one slice
//! of one buffer, and are written by one call.
//!
//! Core file.

use super::frame::{self, Kind};
use super::inbox::Message;

/// The packet in front of one attachment.
const BIN: &str = r#"451-["bin",{"_placeholder":true,"num":0}]"#;

/// The first acknowledgement id. All have three digits, so that all messages are equally long.
const FIRST_ID: usize = 100;
/// How many messages may be in flight, for each of which there has to be an id.
pub const MAX_IN_FLIGHT: usize = 900;

/// What a script is about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Act<'a> {
    Echo,
    Ack,
    Binary,
    /// To all in this room.
    Broadcast(&'a str),
}

/// The messages of one client.
#[derive(Debug)]
pub struct Script {
    wire: Vec<u8>,
    /// Bytes of one message on the wire.
    length: usize,
    in_flight: usize,
    answer: Answer,
}

/// How an answer is recognised.
#[derive(Debug)]
enum Answer {
    Text(Vec<u8>),
    /// What comes after the id.
    Ack(Vec<u8>),
    Binary(Vec<u8>),
}

/// What a message from the server is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verdict {
    Answer,
    /// The first half of an answer of two messages.
    Half,
    /// The server asks whether this client is there.
    Heartbeat,
    Wrong,
}

impl Script {
    /// So many messages may be in flight, each with a payload of so many bytes.
    pub fn new(act: Act<'_>, size: usize, in_flight: usize) -> Self {
        let in_flight = in_flight.clamp(1, MAX_IN_FLIGHT);
        let text = "x".repeat(size);
        let mut wire = Vec::new();
        // Twice: whichever message is the next one, there are enough behind it.
        for id in (0..in_flight).cycle().take(2 * in_flight) {
            for (kind, payload) in packets(act, &text, FIRST_ID + id) {
                frame::put(&mut wire, kind, payload.as_bytes());
            }
        }
        let answer = match act {
            Act::Echo => Answer::Text(format!(r#"42["echo","{text}"]"#).into_bytes()),
            Act::Ack => Answer::Ack(format!(r#"["{text}"]"#).into_bytes()),
            Act::Binary => Answer::Binary(text.into_bytes()),
            Act::Broadcast(_) => Answer::Text(format!(r#"42["bcast","{text}"]"#).into_bytes()),
        };
        Self { length: wire.len() / (2 * in_flight), wire, in_flight, answer }
    }

    /// The frames of so many messages, at most as many as may be in flight. `before` counts those
    /// that have been sent before.
    pub fn messages(&self, before: usize, count: usize) -> &[u8] {
        let from = before % self.in_flight * self.length;
        self.wire.get(from..from + count.min(self.in_flight) * self.length).unwrap_or_default()
    }

    /// What a message from the server is to this script.
    #[inline]
    pub fn judge(&self, message: Message<'_>) -> Verdict {
        let is = |good| if good { Verdict::Answer } else { Verdict::Wrong };
        match (&self.answer, message.kind) {
            (Answer::Text(text), Kind::Text) if message.payload == *text => Verdict::Answer,
            (Answer::Ack(tail), Kind::Text) if message.payload.starts_with(b"43") => {
                is(message.payload.get(5..) == Some(tail))
            }
            (Answer::Binary(_), Kind::Text) if message.payload == BIN.as_bytes() => Verdict::Half,
            (Answer::Binary(bytes), Kind::Binary) => is(message.payload == *bytes),
            (_, Kind::Text) if message.payload == b"2" => Verdict::Heartbeat,
            _ => Verdict::Wrong,
        }
    }
}

fn packets(act: Act<'_>, text: &str, id: usize) -> Vec<(Kind, String)> {
    let packet = match act {
        Act::Echo => format!(r#"42["echo","{text}"]"#),
        Act::Ack => format!(r#"42{id}["ack-me","{text}"]"#),
        Act::Binary => {
            return vec![(Kind::Text, BIN.to_owned()), (Kind::Binary, text.to_owned())];
        }
        Act::Broadcast(room) => format!(r#"42["bcast","{room}","{text}"]"#),
    };
    vec![(Kind::Text, packet)]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes what a client has sent apart again, as a server does.
    fn sent(mut wire: &[u8]) -> Vec<String> {
        let mut texts = Vec::new();
        while let [_, second, rest @ ..] = wire {
            let length = usize::from(second & 0x7F);
            assert!(length < 126, "short in these tests");
            let (mask, rest) = rest.split_at(4);
            let (masked, rest) = rest.split_at(length);
            let clear = masked.iter().zip(mask.iter().cycle()).map(|(a, b)| a ^ b);
            texts.push(String::from_utf8(clear.collect()).unwrap());
            wire = rest;
        }
        texts
    }

    #[track_caller]
    fn judge(script: &Script, kind: Kind, payload: &str) -> Verdict {
        script.judge(Message { kind, payload: payload.as_bytes() })
    }

    #[test]
    fn messages_are_what_the_contract_says() {
        let one = |act| sent(Script::new(act, 3, 1).messages(7, 1));
        assert_eq!(one(Act::Echo), [r#"42["echo","xxx"]"#]);
        assert_eq!(one(Act::Ack), [r#"42100["ack-me","xxx"]"#]);
        assert_eq!(one(Act::Broadcast("r0")), [r#"42["bcast","r0","xxx"]"#]);
        let binary = [r#"451-["bin",{"_placeholder":true,"num":0}]"#, "xxx"];
        assert_eq!(one(Act::Binary), binary);
    }

    #[test]
    fn no_id_is_in_flight_twice() {
        let script = Script::new(Act::Ack, 0, 3);
        let ids = |before, count| -> Vec<_> {
            let texts = sent(script.messages(before, count));
            texts.iter().map(|text| text[2..5].to_owned()).collect()
        };
        assert_eq!(ids(0, 3), ["100", "101", "102"]);
        assert_eq!(ids(4, 2), ["101", "102"]);
        assert_eq!(ids(5, 3), ["102", "100", "101"]);
        assert_eq!(ids(3, 9), ["100", "101", "102"], "never more than may be in flight");
        assert_eq!(ids(3, 0), [""; 0]);
    }

    #[test]
    fn an_answer_is_known_by_each_of_its_bytes() {
        let echo = Script::new(Act::Echo, 3, 1);
        assert_eq!(judge(&echo, Kind::Text, r#"42["echo","xxx"]"#), Verdict::Answer);
        assert_eq!(judge(&echo, Kind::Text, r#"42["echo", "xxx"]"#), Verdict::Wrong);
        assert_eq!(judge(&echo, Kind::Binary, r#"42["echo","xxx"]"#), Verdict::Wrong);
        assert_eq!(judge(&echo, Kind::Text, "2"), Verdict::Heartbeat);
        assert_eq!(judge(&echo, Kind::Text, "6"), Verdict::Wrong);

        let ack = Script::new(Act::Ack, 3, 1);
        assert_eq!(judge(&ack, Kind::Text, r#"43100["xxx"]"#), Verdict::Answer);
        assert_eq!(judge(&ack, Kind::Text, r#"43100["xxy"]"#), Verdict::Wrong);
        assert_eq!(judge(&ack, Kind::Text, r#"42100["xxx"]"#), Verdict::Wrong);

        let all = Script::new(Act::Broadcast("r0"), 1, 1);
        assert_eq!(judge(&all, Kind::Text, r#"42["bcast","x"]"#), Verdict::Answer);
        assert_eq!(judge(&all, Kind::Text, r#"42["bcast","r0","x"]"#), Verdict::Wrong);
    }

    #[test]
    fn an_answer_in_bytes_has_two_halves() {
        let binary = Script::new(Act::Binary, 3, 1);
        assert_eq!(judge(&binary, Kind::Text, BIN), Verdict::Half);
        assert_eq!(judge(&binary, Kind::Binary, "xxx"), Verdict::Answer);
        assert_eq!(judge(&binary, Kind::Binary, "xx"), Verdict::Wrong);
        assert_eq!(judge(&binary, Kind::Text, "xxx"), Verdict::Wrong);
    }
}
