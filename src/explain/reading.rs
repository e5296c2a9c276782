//! Reading: the production parsers at work, and somebody who takes notes.
//!
//! ```text
//!   input ──► engineio parser ──► pieces ──┐
//!                   │ message              ├──► spans, packets, summary, diagnostic
//!                   └► socketio parser ──► pieces
//! ```
//!
//! Frames are read in `frames`, MessagePack in `msgpack`, with the same notes.
//!
//! Core file.

use std::ops::Range;

use bytes::Bytes;
use bytestring::ByteString;

use super::describe::{Describer, one, summary};
use super::diagnose::{self, Advice, Scene};
use super::explanation::{Diagnostic, Explanation, Kind, Packet, Span};
use super::fields;
use super::input::{Form, Input, Wire};
use super::lang::Lang;
use super::notes;
use super::rules::{self, Rule};
use super::words;
use crate::engineio::explain::Kind as Engineio;
use crate::engineio::observe::Pieces;
use crate::engineio::packet::{self, DecodeError, Message};
use crate::engineio::payload::Payload;
use crate::engineio::payload3::{BinaryPayload, TextPayload};
use crate::socketio::assemble::Assembler;

/// How many pieces and how many packets are shown one by one. A body may have half a million, and
/// each has a sentence.
pub const MAX_PIECES: usize = 8192;

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
        (Wire::Text(text), Form::Packet) => reading.packet(text),
        (Wire::Bytes(bytes), Form::Packet) => reading.binary(bytes, 0),
        (Wire::Text(text), Form::Payload) => reading.payload(text),
        (Wire::Bytes(bytes), Form::Payload) => reading.payload_of_bytes(bytes),
        (Wire::Text(text), Form::Payload3) => reading.text_payload3(text),
        (Wire::Bytes(bytes), Form::Payload3) => reading.binary_payload3(bytes),
        (wire, Form::Frame) => reading.frames(&bytes_of(wire)),
        (wire, Form::MsgPack) => reading.msgpack(&bytes_of(wire), 0),
    }
    reading.attachments();
    reading.finish(form)
}

fn bytes_of(wire: &Wire) -> Bytes {
    match wire {
        Wire::Text(text) => text.as_bytes().clone(),
        Wire::Bytes(bytes) => bytes.clone(),
    }
}

/// The notes.
pub(super) struct Reading<'a> {
    pub(super) input: &'a Input,
    /// The input, with what was masked in the clear.
    pub(super) clear: Vec<u8>,
    pub(super) lang: Lang,
    pub(super) describer: Describer,
    pub(super) spans: Vec<Span>,
    pub(super) packets: Vec<Packet>,
    /// A sentence for each packet.
    pub(super) said: Vec<String>,
    pub(super) diagnostic: Option<Diagnostic>,
    pub(super) notes: Vec<Diagnostic>,
    /// How many pieces there were.
    in_pieces: usize,
    /// How many layers there are around the packet at hand.
    pub(super) level: usize,
    /// The packet whose attachments are to come.
    pub(super) incomplete: Option<Assembler<()>>,
}

impl<'a> Reading<'a> {
    fn new(input: &'a Input, lang: Lang) -> Self {
        Self {
            input,
            clear: input.as_bytes().to_vec(),
            lang,
            describer: Describer::new(lang, input.attachments.clone()),
            spans: Vec::new(),
            packets: Vec::new(),
            said: Vec::new(),
            diagnostic: None,
            notes: Vec::new(),
            in_pieces: 0,
            level: 0,
            incomplete: None,
        }
    }

    fn packet(&mut self, text: &ByteString) {
        self.text(text, 0);
    }

    /// The text of one packet, which begins at `start`.
    pub(super) fn text(&mut self, text: &ByteString, start: usize) {
        let mut pieces = Pieces::of(text.len());
        let found = packet::Packet::decode_text_observed(text, &mut pieces);
        self.take(found, &mut pieces, start, text.len());
    }

    fn payload(&mut self, body: &ByteString) {
        let mut pieces = Pieces::of(body.len());
        let mut payload = Payload::new(body.clone());
        while self.diagnostic.is_none() {
            let Some(found) = payload.next_observed(&mut pieces) else { break };
            self.take(found, &mut pieces, 0, body.len());
        }
    }

    fn payload_of_bytes(&mut self, bytes: &Bytes) {
        match ByteString::try_from(bytes.clone()) {
            Ok(body) => self.payload(&body),
            Err(_) => self.not_utf8(bytes, 0),
        }
    }

    fn text_payload3(&mut self, body: &ByteString) {
        let mut pieces = Pieces::of(body.len());
        let mut payload = TextPayload::new(body.clone());
        while self.diagnostic.is_none() {
            let Some(found) = payload.next_observed(&mut pieces) else { break };
            self.take(found, &mut pieces, 0, body.len());
        }
        self.engineio_pieces(pieces.take());
    }

    fn binary_payload3(&mut self, body: &Bytes) {
        let mut pieces = Pieces::of(body.len());
        let mut payload = BinaryPayload::new(body.clone());
        while self.diagnostic.is_none() {
            let Some(found) = payload.next_observed(&mut pieces) else { break };
            self.take(found, &mut pieces, 0, body.len());
        }
    }

    /// Bytes that should be text: wrong from the first that is not.
    pub(super) fn not_utf8(&mut self, bytes: &[u8], start: usize) {
        let valid = std::str::from_utf8(bytes).err().map_or(0, |error| error.valid_up_to());
        self.span(start..start + valid, Kind::Engineio(Engineio::Data), self.level);
        self.fault(start + valid..start + valid + 1, rules::NOT_UTF8, Advice::default());
    }

    fn engineio_pieces(&mut self, list: Vec<(Range<usize>, Engineio)>) {
        for (range, kind) in list {
            self.span(range, Kind::Engineio(kind), self.level);
        }
    }

    /// One packet was read, or could not be, of text that begins at `start`.
    fn take(
        &mut self,
        found: Result<packet::Packet, DecodeError>,
        pieces: &mut Pieces<Engineio>,
        start: usize,
        length: usize,
    ) {
        let position = pieces.position();
        let mut list: Vec<_> = pieces.take();
        for (range, _) in &mut list {
            *range = start + range.start..start + range.end;
        }
        let separator = list.pop_if_separator();
        match found {
            Ok(packet) => self.understood(&packet, list),
            Err(error) => {
                self.engineio_pieces(list);
                self.refused(&error, start + position, start + length);
            }
        }
        if self.diagnostic.is_none() {
            self.engineio_pieces(separator.into_iter().collect());
        }
    }

    fn understood(&mut self, packet: &packet::Packet, mut list: Vec<(Range<usize>, Engineio)>) {
        let before = self.spans.last().map_or(0, |span| span.to);
        let end = list.last().map_or(before, |(range, _)| range.end);
        let mut said = fields::of_engineio(packet);
        let is_text = matches!(packet, packet::Packet::Message(Message::Text(_)));
        if is_text && !self.input.engineio_only {
            // Its own parser says what the message is.
            list.retain(|(_, kind)| *kind != Engineio::Data);
        }
        notes::of_ignored(self, packet, &list);
        self.engineio_pieces(list);
        match packet {
            packet::Packet::Message(_) if self.input.engineio_only => {}
            packet::Packet::Message(Message::Text(text)) => {
                said.socketio = self.socketio(text, end - text.len());
            }
            packet::Packet::Message(Message::Binary(bytes)) => {
                let sentence = self.binary_said(bytes, before..end);
                return self.tell(said, sentence);
            }
            _ => {}
        }
        let sentence = one(&said, self.lang);
        self.tell(said, sentence);
    }

    /// A packet, and a sentence for it.
    pub(super) fn tell(&mut self, packet: Packet, sentence: String) {
        if self.packets.len() < MAX_PIECES {
            self.said.push(sentence);
            self.packets.push(packet);
        }
    }

    fn refused(&mut self, error: &DecodeError, at: usize, end: usize) {
        let behind = self.clear.get(at..end).unwrap_or_default().to_vec();
        let digits = behind.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let length = match error {
            DecodeError::Empty => 0,
            DecodeError::InvalidBase64 => {
                let wrong = packet::wrong_in_base64(&String::from_utf8_lossy(&behind));
                let wrong = wrong.min(behind.len());
                self.span(at..at + wrong, Kind::Engineio(Engineio::Base64), self.level);
                let rule = diagnose::of_engineio(error);
                let length = usize::from(wrong < behind.len());
                return self.fault(at + wrong..at + wrong + length, rule, Advice::default());
            }
            DecodeError::LengthBeyondBody(_) | DecodeError::LengthInsideCharacter(_) => digits,
            _ => self.next_character(at) - at,
        };
        let hint = notes::hint_of_engineio(self, error, at);
        let advice = Advice { hint, ..Advice::default() };
        self.fault(at..at + length, diagnose::of_engineio(error), advice);
    }

    /// Something is wrong, and nothing behind it is read.
    pub(super) fn fault(&mut self, range: Range<usize>, rule: Rule, advice: Advice) {
        let range = range.start.min(self.clear.len())..range.end.min(self.clear.len());
        self.diagnostic = Some(self.scene(range).report(rule, advice));
    }

    pub(super) fn scene(&self, range: Range<usize>) -> Scene<'_> {
        {
            let bytes = matches!(self.input.wire, Wire::Bytes(_));
            Scene { input: &self.clear, bytes, range, lang: self.lang }
        }
    }

    pub(super) fn span(&mut self, range: Range<usize>, kind: Kind, depth: usize) {
        if range.is_empty() {
            return;
        }
        let bytes = self.clear.get(range.clone()).unwrap_or_default();
        let (words, guide) = self.describer.describe(kind, &String::from_utf8_lossy(bytes));
        self.put(range, kind, depth, words, guide);
    }

    pub(super) fn put(
        &mut self,
        range: Range<usize>,
        kind: Kind,
        depth: usize,
        words: String,
        guide: &'static str,
    ) {
        let span = Span { from: range.start, to: range.end, kind, words, depth, guide };
        match self.spans.last_mut() {
            Some(last) if self.in_pieces >= MAX_PIECES && last.kind == Kind::Rest => {
                last.to = span.to;
            }
            _ if self.in_pieces >= MAX_PIECES => {
                let words = words::MORE.say(self.lang, &[]);
                self.spans.push(Span { kind: Kind::Rest, words, ..span });
            }
            _ => self.spans.push(span),
        }
        self.in_pieces += 1;
    }

    /// Covers what was not understood, and sums up.
    fn finish(mut self, form: Form) -> Explanation {
        let position = self.spans.last().map_or(0, |span| span.to);
        let length = self.input.len();
        if position < length {
            let at_fault = self.diagnostic.as_ref().map_or(position, |fault| fault.to);
            let end = at_fault.max(self.next_character(position)).min(length);
            self.in_pieces = 0;
            self.span(position..end, Kind::Error, self.level);
            self.span(end..length, Kind::Rest, self.level);
        }
        Explanation {
            input: self.input.clone(),
            form,
            summary: summary(&self.said, self.diagnostic.is_some(), self.lang),
            spans: self.spans,
            packets: self.packets,
            diagnostic: self.diagnostic,
            notes: self.notes,
        }
    }

    /// Where the character at this place ends, or the byte, if the input is bytes.
    fn next_character(&self, position: usize) -> usize {
        let next = position + 1;
        let text = match &self.input.wire {
            Wire::Text(text) => text,
            Wire::Bytes(_) => return next,
        };
        (next..text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(next.min(text.len()))
    }
}

/// A list of pieces, of which the last may stand behind the packet.
trait PopSeparator {
    fn pop_if_separator(&mut self) -> Option<(Range<usize>, Engineio)>;
}

impl PopSeparator for Vec<(Range<usize>, Engineio)> {
    fn pop_if_separator(&mut self) -> Option<(Range<usize>, Engineio)> {
        let is_last = self.last().is_some_and(|piece| piece.1 == Engineio::Separator);
        if is_last { self.pop() } else { None }
    }
}
