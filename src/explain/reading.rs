//! Reading: the production parsers at work, and somebody who takes notes.
//!
//! ```text
//!   input ──► engineio parser ──► pieces ──┐
//!                   │ message              ├──► spans, packets, summary, diagnostic
//!                   └► socketio parser ──► pieces
//! ```
//!
//! Core file.

use std::ops::Range;

use bytestring::ByteString;
use serde_json::value::RawValue;

use super::describe::{Describer, summary};
use super::diagnose::{self, Scene};
use super::explanation::{Diagnostic, Explanation, Kind, Packet, SocketPacket, Span};
use super::input::{Form, Input, Wire, hex};
use super::lang::Lang;
use crate::engineio::explain::Kind as Engineio;
use crate::engineio::observe::Pieces;
use crate::engineio::packet::{self, DecodeError, Message, Purpose};
use crate::engineio::payload::Payload;
use crate::socketio::explain;
use crate::socketio::packet::{Body, MAX_ATTACHMENTS};

/// Explains what somebody has seen on the wire.
///
/// ```
/// use sockrates::explain::{Form, Input, Lang, explain};
///
/// let found = explain(&Input::text("4hello\x1e2"), Form::Payload, Lang::En);
/// let spans: Vec<_> = found.spans.iter().map(|span| (span.to, span.kind.name())).collect();
/// assert_eq!(spans, [(1, "engineio.type"), (2, "error"), (8, "rest")]);
/// ```
pub fn explain(input: &Input, form: Form, lang: Lang) -> Explanation {
    let mut reading = Reading::new(input, lang);
    match (&input.wire, form) {
        (Wire::Bytes(bytes), Form::Packet) => reading.binary_packet(bytes),
        (wire, Form::Payload) => reading.payload(&text_of(wire)),
        (wire, _) => reading.packet(&text_of(wire)),
    }
    reading.finish(form)
}

/// The text, or the bytes as text.
fn text_of(wire: &Wire) -> ByteString {
    match wire {
        Wire::Text(text) => text.clone(),
        Wire::Bytes(bytes) => ByteString::try_from(bytes.clone()).unwrap_or_default(),
    }
}

/// The notes.
struct Reading<'a> {
    input: &'a Input,
    lang: Lang,
    describer: Describer,
    spans: Vec<Span>,
    packets: Vec<Packet>,
    diagnostic: Option<Diagnostic>,
}

impl<'a> Reading<'a> {
    fn new(input: &'a Input, lang: Lang) -> Self {
        Self {
            input,
            lang,
            describer: Describer::new(lang),
            spans: Vec::new(),
            packets: Vec::new(),
            diagnostic: None,
        }
    }

    fn packet(&mut self, text: &ByteString) {
        let mut pieces = Pieces::of(text.len());
        let found = packet::Packet::decode_text_observed(text, &mut pieces);
        self.take(found, &mut pieces);
    }

    fn payload(&mut self, body: &ByteString) {
        let mut pieces = Pieces::of(body.len());
        let mut payload = Payload::new(body.clone());
        while self.diagnostic.is_none() {
            let Some(found) = payload.next_observed(&mut pieces) else { break };
            self.take(found, &mut pieces);
        }
    }

    fn binary_packet(&mut self, bytes: &bytes::Bytes) {
        self.span(0..bytes.len(), Kind::Engineio(Engineio::Data), 0);
        let message = Message::Binary(bytes.clone());
        self.packets.push(engineio(&packet::Packet::Message(message)));
    }

    /// One packet was read, or could not be.
    fn take(&mut self, found: Result<packet::Packet, DecodeError>, pieces: &mut Pieces<Engineio>) {
        let list = pieces.take();
        let mut behind = Vec::new();
        let mut message_at = None;
        for (range, kind) in list {
            match kind {
                Engineio::Separator => behind.push((range, kind)),
                Engineio::Data if is_text(&found) => message_at = Some(range.start),
                _ => self.span(range, Kind::Engineio(kind), 0),
            }
        }
        match found {
            Ok(packet) => {
                let mut said = engineio(&packet);
                if let packet::Packet::Message(Message::Text(text)) = &packet {
                    let behind_type = self.spans.last().map_or(0, |span| span.to);
                    said.socketio = self.socketio(text, message_at.unwrap_or(behind_type));
                }
                self.packets.push(said);
            }
            Err(error) => self.refused(&error, pieces.position()),
        }
        if self.diagnostic.is_none() {
            for (range, kind) in behind {
                self.span(range, Kind::Engineio(kind), 0);
            }
        }
    }

    /// The Socket.IO packet of a message that begins at `start`.
    fn socketio(&mut self, text: &ByteString, start: usize) -> Option<SocketPacket> {
        let message = explain::message(text, MAX_ATTACHMENTS);
        for (range, kind) in message.pieces {
            let range = start + range.start..start + range.end;
            self.span(range, Kind::Socketio(kind), depth_of(kind));
        }
        match message.packet {
            Ok(decoded) => Some(said(&decoded)),
            Err(fault) => {
                let kind = text.bytes().next().unwrap_or_default();
                let at_end = fault.range.start >= text.len();
                let rule = diagnose::of_socketio(&fault.reason, kind, at_end);
                let range = start + fault.range.start..start + fault.range.end;
                self.diagnostic = Some(self.scene(range).report(rule, None));
                None
            }
        }
    }

    fn refused(&mut self, error: &DecodeError, at: usize) {
        let length = match error {
            DecodeError::UnknownType(character) => character.len_utf8(),
            _ => 0,
        };
        let rule = diagnose::of_engineio(error);
        self.diagnostic = Some(self.scene(at..at + length).report(rule, None));
    }

    fn scene(&self, range: Range<usize>) -> Scene<'a> {
        Scene { input: self.input.as_bytes(), range, lang: self.lang }
    }

    fn span(&mut self, range: Range<usize>, kind: Kind, depth: usize) {
        if range.is_empty() {
            return;
        }
        let bytes = self.input.as_bytes().get(range.clone()).unwrap_or_default();
        let (words, guide) = self.describer.describe(kind, &String::from_utf8_lossy(bytes));
        self.spans.push(Span { from: range.start, to: range.end, kind, words, depth, guide });
    }

    /// Covers what was not understood, and sums up.
    fn finish(mut self, form: Form) -> Explanation {
        let position = self.spans.last().map_or(0, |span| span.to);
        let length = self.input.len();
        let at_fault = self.diagnostic.as_ref().map_or(position, |fault| fault.to);
        let end = at_fault.max(self.next_character(position)).min(length);
        self.span(position..end, Kind::Error, 0);
        self.span(end..length, Kind::Rest, 0);
        Explanation {
            input: self.input.clone(),
            form,
            summary: summary(&self.packets, self.diagnostic.is_some(), self.lang),
            spans: self.spans,
            packets: self.packets,
            diagnostic: self.diagnostic,
            notes: Vec::new(),
        }
    }

    /// Where the character at this place ends.
    fn next_character(&self, position: usize) -> usize {
        let behind = self.input.as_bytes().get(position + 1..).unwrap_or_default();
        let within = behind.iter().take_while(|byte| **byte & 0xc0 == 0x80).count();
        position + 1 + within
    }
}

fn is_text(found: &Result<packet::Packet, DecodeError>) -> bool {
    matches!(found, Ok(packet::Packet::Message(Message::Text(_))))
}

/// Data are one layer further down than the head of their packet.
fn depth_of(kind: explain::Kind) -> usize {
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

/// JSON as it is, and anything else as a string.
fn raw(text: &str) -> Option<Box<RawValue>> {
    let json = RawValue::from_string(text.to_owned());
    json.or_else(|_| serde_json::value::to_raw_value(text)).ok()
}

fn engineio(packet: &packet::Packet) -> Packet {
    let (name, probe) = match packet {
        packet::Packet::Open(_) => ("open", false),
        packet::Packet::Close => ("close", false),
        packet::Packet::Ping(purpose) => ("ping", *purpose == Purpose::Probe),
        packet::Packet::Pong(purpose) => ("pong", *purpose == Purpose::Probe),
        packet::Packet::Message(_) => ("message", false),
        packet::Packet::Upgrade => ("upgrade", false),
        packet::Packet::Noop => ("noop", false),
    };
    let (handshake, bytes) = match packet {
        packet::Packet::Open(handshake) => (raw(handshake), None),
        packet::Packet::Message(Message::Binary(bytes)) => (None, Some(hex(bytes))),
        _ => (None, None),
    };
    Packet { engineio: name, probe, handshake, bytes, socketio: None }
}

fn said(decoded: &crate::socketio::decode::Decoded) -> SocketPacket {
    let binary = decoded.attachments > 0;
    let (kind, id, data) = match &decoded.packet.body {
        Body::Connect { auth } => ("CONNECT", None, auth.as_deref()),
        Body::Disconnect => ("DISCONNECT", None, None),
        Body::Event { id, event } if binary => ("BINARY_EVENT", *id, Some(event.args.json())),
        Body::Event { id, event } => ("EVENT", *id, Some(event.args.json())),
        Body::Ack { id, args } if binary => ("BINARY_ACK", Some(*id), Some(args.json())),
        Body::Ack { id, args } => ("ACK", Some(*id), Some(args.json())),
        Body::ConnectError { data } => ("CONNECT_ERROR", None, Some(&**data)),
    };
    SocketPacket {
        kind,
        namespace: decoded.packet.namespace.to_string(),
        id,
        attachments: decoded.attachments,
        data: data.and_then(raw),
        event: match &decoded.packet.body {
            Body::Event { event, .. } => Some(event.name.to_string()),
            _ => None,
        },
    }
}
