//! Packets in MessagePack: the pieces of one, and where it goes wrong.
//!
//! ```text
//!   83 a4 74797065 02 a3 6e7370 a1 2f a4 64617461 92 a3 666f6f 01
//!   │  └────────────┤ └─────────────┤ └───────────┤ └────────┤ └─ argument 1
//!   │               │               │             │          └─── the event's name
//!   │               │               │             └────────────── "data", an array
//!   │               │               └──────────────────────────── "nsp", the namespace
//!   │               └──────────────────────────────────────────── "type", 2: EVENT
//!   └──────────────────────────────────────────────────────────── a map of three
//! ```
//!
//! Core file.

use std::ops::Range;

use bytes::Bytes;

use super::diagnose::{self, Advice};
use super::explanation::{Kind, Packet};
use super::fields;
use super::messages::depth_of;
use super::reading::Reading;
use super::words;
use crate::engineio::observe::Pieces;
use crate::socketio::explain::{Kind as Socketio, end_at};
use crate::socketio::msgpack::{self, DecodeError, Limits};
use crate::socketio::packet::{Body, MAX_ATTACHMENTS};

impl Reading<'_> {
    /// The packet that begins at `start`.
    pub(super) fn msgpack(&mut self, message: &Bytes, start: usize) {
        let limits = Limits { attachments: MAX_ATTACHMENTS, attachment_bytes: usize::MAX };
        let mut pieces = Pieces::of(message.len());
        let found = msgpack::decode_observed(message, limits, &mut pieces);
        let position = pieces.position();
        let mut list = pieces.take();
        match found {
            Ok((packet, attachments)) => {
                let said = fields::of_socketio(&packet, attachments.len(), false);
                if let Body::Event { .. } = packet.body {
                    let first = list.iter_mut().find(|piece| piece.1 == Socketio::Argument);
                    first.into_iter().for_each(|piece| piece.1 = Socketio::EventName);
                }
                let id = said.id.map(|id| id.to_string()).unwrap_or_default();
                let name = said.event.as_deref().map(|name| format!("{name:?}"));
                let name = name.unwrap_or_default();
                for (range, kind) in list {
                    let shown = match kind {
                        Socketio::Namespace => said.namespace.as_str(),
                        Socketio::AckId => id.as_str(),
                        Socketio::EventName => name.as_str(),
                        _ => "",
                    };
                    self.piece(message, range, kind, start, shown);
                }
                let (handshake, bytes) = (None, None);
                let (engineio, probe, socketio) = ("message", false, Some(said));
                let packet = Packet { engineio, probe, handshake, bytes, socketio };
                let sentence = super::describe::one(&packet, self.lang);
                self.tell(packet, sentence);
            }
            Err(error) => {
                let range = place(message.len(), position, &list, &error);
                end_at(range.start, &mut list);
                let kind = self.type_of(message, &list);
                for (range, kind) in list {
                    self.piece(message, range, kind, start, "");
                }
                let rule = diagnose::of_msgpack(&error, kind);
                // Where the rule is of both spellings, its hint is of the other one.
                let hint = matches!(error, DecodeError::Packet(_)).then_some(words::HINT_MSGPACK);
                let hint = hint.map(|words| words.say(self.lang, &[]));
                let advice = Advice { hint, ..Advice::default() };
                self.fault(start + range.start..start + range.end, rule, advice);
            }
        }
    }

    /// The type as a digit, if it has been read.
    fn type_of(&self, message: &Bytes, list: &[(Range<usize>, Socketio)]) -> u8 {
        let piece = list.iter().find(|piece| piece.1 == Socketio::Type);
        let byte = piece.and_then(|piece| message.get(piece.0.end - 1));
        byte.map_or(0, |byte| b'0'.saturating_add(*byte))
    }

    /// One piece; `shown` is what it says, if that has to be known to describe it.
    fn piece(
        &mut self,
        message: &Bytes,
        range: Range<usize>,
        kind: Socketio,
        start: usize,
        shown: &str,
    ) {
        let bytes = message.get(range.clone()).unwrap_or_default();
        let last = bytes.last().copied().unwrap_or_default();
        let digit = char::from(b'0'.saturating_add(last)).to_string();
        let text = if kind == Socketio::Type { digit.as_str() } else { shown };
        let (described, guide) = self.describer.describe(Kind::Socketio(kind), text);
        let other = match kind {
            Socketio::Punctuation if range.start == 0 => Some(words::MSGPACK_MAP),
            Socketio::Punctuation if bytes.windows(4).any(|key| key == b"data") => {
                Some(words::MSGPACK_DATA)
            }
            Socketio::Punctuation => Some(words::MSGPACK_OPTION),
            Socketio::Data if bytes.ends_with(&[0xd4, 0, 0]) => Some(words::MSGPACK_UNDEFINED),
            _ => None,
        };
        let said = other.map_or(described, |words| words.say(self.lang, &[]));
        let range = start + range.start..start + range.end;
        self.put(range, Kind::Socketio(kind), self.level + depth_of(kind), said, guide);
    }
}

/// Which bytes are wrong, for a decoder that came to `position` and then gave up.
fn place(
    length: usize,
    position: usize,
    seen: &[(Range<usize>, Socketio)],
    error: &DecodeError,
) -> Range<usize> {
    let of_kind = |kind| seen.iter().find(|piece| piece.1 == kind).map(|piece| piece.0.clone());
    let data = || {
        let begins = of_kind(Socketio::Data).or_else(|| {
            let array = seen.iter().filter(|piece| piece.1 == Socketio::Punctuation);
            array.map(|piece| piece.0.clone()).find(|range| range.start > 0)
        });
        begins.unwrap_or(length..length)
    };
    let here = || position..(position + 1).min(length);
    match error {
        DecodeError::Truncated => position..length,
        DecodeError::TrailingBytes { found } => length - found.min(&length)..length,
        DecodeError::ReservedByte
        | DecodeError::NotAMap
        | DecodeError::BadKey
        | DecodeError::TooDeep
        | DecodeError::TooManyBytes { .. }
        | DecodeError::Lookalike
        | DecodeError::BadId => here(),
        DecodeError::UnknownType => of_kind(Socketio::Type).unwrap_or(length..length),
        DecodeError::NoNamespace => of_kind(Socketio::Namespace).unwrap_or(length..length),
        DecodeError::BytesInConnect => data(),
        DecodeError::Packet(_) if position < length => here(),
        DecodeError::Packet(_) => data(),
    }
}
