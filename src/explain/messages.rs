//! Messages: the Socket.IO packet in each, and the attachments behind it.
//!
//! ```text
//!   451-["up",{…}]   a packet that waits for one attachment
//!   bAQID            here it is
//!   42["b"]          and the next packet; before the attachment this would be a fault
//! ```
//!
//! Core file.

use std::ops::Range;

use bytes::Bytes;
use bytestring::ByteString;

use super::describe::counted;
use super::diagnose::{self, Advice};
use super::explanation::{Kind, SocketPacket};
use super::reading::Reading;
use super::{fields, notes, rules, words};
use crate::socketio::assemble::{Assembler, Step};
use crate::socketio::explain;
use crate::socketio::packet::MAX_ATTACHMENTS;

impl Reading<'_> {
    /// What to say of a message of bytes, which stands at `range`.
    pub(super) fn binary_said(&mut self, bytes: &Bytes, range: Range<usize>) -> String {
        let length = counted(bytes.len(), self.lang);
        let waits = self.incomplete.is_some();
        self.attach(bytes, range);
        let words = if waits { words::SAYS_ATTACHED } else { words::SAYS_BINARY };
        words.say(self.lang, &[&length])
    }

    /// The Socket.IO packet of a message that begins at `start`.
    pub(super) fn socketio(&mut self, text: &ByteString, start: usize) -> Option<SocketPacket> {
        if self.incomplete.is_some() {
            self.fault(start..start + text.len(), rules::TEXT_AMONG_ATTACHMENTS, Advice::default());
            return None;
        }
        let message = explain::message(text, MAX_ATTACHMENTS);
        for (range, kind) in message.pieces {
            let range = start + range.start..start + range.end;
            self.span(range, Kind::Socketio(kind), self.level + depth_of(kind));
        }
        match message.packet {
            Ok(decoded) => {
                if let Step::More(waits) = Assembler::start((), decoded.attachments) {
                    self.incomplete = Some(waits);
                }
                notes::of_socketio(self, text, start, &decoded);
                let count = decoded.attachments;
                Some(fields::of_socketio(&decoded.packet, count, count > 0))
            }
            Err(fault) => {
                let kind = text.bytes().next().unwrap_or_default();
                let there = text.get(fault.range.start..).unwrap_or_default();
                let mut rule = diagnose::of_socketio(&fault.reason, kind, there);
                let range = start + fault.range.start..start + fault.range.end;
                let last = self.spans.last().map(|span| span.kind);
                let in_name = last == Some(Kind::Socketio(explain::Kind::Namespace));
                if in_name && matches!(self.clear.get(range.start), Some(b'[' | b'{')) {
                    rule = rules::NO_COMMA;
                }
                let advice = notes::advice(self, text, &fault);
                self.fault(range, rule, advice);
                None
            }
        }
    }

    /// A message of bytes came, which stands at `range`.
    pub(super) fn attach(&mut self, bytes: &Bytes, range: Range<usize>) {
        let Some(waits) = self.incomplete.take() else {
            if !self.said.is_empty() {
                notes::stray(self, range);
            }
            return;
        };
        // How long they may be is for a server to say.
        if let Ok(Step::More(waits)) = waits.attach(bytes.clone(), usize::MAX) {
            self.incomplete = Some(waits);
        }
    }

    /// What came behind the input.
    pub(super) fn attachments(&mut self) {
        if self.diagnostic.is_some() || self.input.attachments.is_empty() {
            return;
        }
        let end = self.input.len();
        for attachment in &self.input.attachments {
            if self.incomplete.is_none() {
                return self.fault(end..end, rules::STRAY_ATTACHMENT, Advice::default());
            }
            self.attach(attachment, end..end);
        }
        notes::missing(self);
        let count = self.input.attachments.len();
        if let (None, Some(said)) = (&self.incomplete, self.said.last_mut()) {
            let complete = match count {
                1 => words::SAYS_COMPLETE_WITH_ONE,
                _ => words::SAYS_COMPLETE,
            };
            *said = complete.say(self.lang, &[said, &count.to_string()]);
        }
    }
}

/// Data are one layer further down than the head of their packet.
pub(super) fn depth_of(kind: explain::Kind) -> usize {
    match kind {
        explain::Kind::Type
        | explain::Kind::Attachments
        | explain::Kind::Namespace
        | explain::Kind::Comma
        | explain::Kind::AckId => 1,
        explain::Kind::Data
        | explain::Kind::EventName
        | explain::Kind::Argument
        | explain::Kind::Placeholder
        | explain::Kind::Punctuation => 2,
    }
}
