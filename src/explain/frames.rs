//! WebSocket frames: their heads, and the packets in them.
//!
//! ```text
//!   81 88 01 02 03 04 35 30 58 26 69 6b 21 59
//!   │  │  └─────────┤ └───────────────────┴─ what it carries, masked: 42["hi"]
//!   │  │            └─ mask
//!   │  └─ mask bit, and a length of 8
//!   └─ the last of its message, text
//! ```
//!
//! The heads are read by [`Fragments`], which counts frames on their way in. What RFC 6455 forbids
//! a library refuses behind it; so the rules are here once more, and the tests compare.
//!
//! Core file. Spec: RFC 6455, section 5.

use std::ops::Range;

use bytes::Bytes;
use bytestring::ByteString;

use super::describe::counted;
use super::diagnose::Advice;
use super::explanation::Kind;
use super::input::{Form, Input};
use super::reading::Reading;
use super::rules::{self, Rule};
use super::words::{self, Words};
use crate::engineio::explain::Kind as Engineio;
use crate::engineio::fragments::Fragments;
use crate::engineio::observe::Pieces;
use crate::engineio::packet::{Message, Packet};

/// The longest control frame.
const MAX_CONTROL: u64 = 125;

/// Where the parts of a frame are.
#[derive(Clone, Debug, Default)]
struct Parts {
    head: Range<usize>,
    length: Range<usize>,
    mask: Range<usize>,
    payload: Range<usize>,
}

/// A message that has begun, and not ended.
#[derive(Debug)]
struct Begun {
    is_text: bool,
    bytes: Vec<u8>,
}

impl Reading<'_> {
    /// All frames of the input.
    pub(super) fn frames(&mut self, bytes: &Bytes) {
        self.level = 1;
        let mut pieces = Pieces::of(bytes.len());
        let mut fragments = Fragments::new(usize::MAX);
        fragments.pass_observed(bytes, &mut pieces);
        let mut frames: Vec<Parts> = Vec::new();
        for (range, kind) in pieces.take() {
            if kind == Engineio::FrameHead {
                frames.push(Parts::default());
            }
            let Some(parts) = frames.last_mut() else { continue };
            match kind {
                Engineio::FrameHead => parts.head = range,
                Engineio::FrameLength => parts.length = range,
                Engineio::FrameMask => parts.mask = range,
                _ => parts.payload = range,
            }
        }
        let mut begun = None;
        for mut parts in frames {
            if parts.payload.is_empty() {
                let behind = parts.mask.end.max(parts.length.end).max(parts.head.end);
                parts.payload = behind..behind;
            }
            if self.diagnostic.is_some() {
                return;
            }
            self.frame(&parts, &mut begun);
        }
        if self.diagnostic.is_none() && (bytes.is_empty() || begun.is_some()) {
            self.fault(bytes.len()..bytes.len(), rules::FRAME_CUT, Advice::default());
        }
    }

    fn frame(&mut self, parts: &Parts, begun: &mut Option<Begun>) {
        let first = self.clear.get(parts.head.start).copied().unwrap_or_default();
        let length = self.announced(parts);
        if let Some(rule) = forbidden(first, length, begun.is_some()) {
            return self.fault(parts.head.clone(), rule, Advice::default());
        }
        self.head(parts, first, length);
        let there = parts.payload.len() as u64;
        let masked = self.is_masked(parts);
        if there != length.unwrap_or(u64::MAX) || (masked && parts.mask.len() != 4) {
            self.carried(parts.payload.clone());
            let understood = self.spans.last().map_or(0, |span| span.to);
            let said =
                |bytes: u64| counted(usize::try_from(bytes).unwrap_or(usize::MAX), self.lang);
            let gaps = [&*said(length.unwrap_or_default()), &*said(there)];
            let hint = words::HINT_FRAME_CUT.say(self.lang, &gaps);
            let advice = Advice { hint: Some(hint), ..Advice::default() };
            return self.fault(understood..self.input.len(), rules::FRAME_CUT, advice);
        }
        self.unmask(parts);
        let payload = self.clear.get(parts.payload.clone()).unwrap_or_default().to_vec();
        match (first & 0x0f, first & 0x80 != 0) {
            (0x8..=0xf, _) => self.control(first, parts.payload.clone(), &payload),
            (code @ (1 | 2), true) => self.whole(code == 1, &payload, parts.payload.clone()),
            (0, last) => {
                self.carried(parts.payload.clone());
                let Some(mut message) = begun.take() else { return };
                message.bytes.extend(&payload);
                if last {
                    self.joined(&message, parts.payload.clone());
                } else {
                    *begun = Some(message);
                }
            }
            (code, _) => {
                self.carried(parts.payload.clone());
                *begun = Some(Begun { is_text: code == 1, bytes: payload });
            }
        }
    }

    /// What the head says of the length; `None` if not all of that is there.
    fn announced(&self, parts: &Parts) -> Option<u64> {
        let bytes = self.clear.get(parts.length.clone())?;
        let (second, long) = bytes.split_first()?;
        Some(match long {
            [] => u64::from(second & 0x7f),
            long => long.iter().fold(0, |length, byte| length << 8 | u64::from(*byte)),
        })
    }

    fn is_masked(&self, parts: &Parts) -> bool {
        self.clear.get(parts.length.start).is_some_and(|byte| byte & 0x80 != 0)
    }

    fn head(&mut self, parts: &Parts, first: u8, length: Option<u64>) {
        let lang = self.lang;
        let kind = frame_kind(first).say(lang, &[]);
        let words = match (first & 0x0f, first & 0x80 != 0) {
            (1 | 2, false) => words::FRAME_FIRST.say(lang, &[&kind]),
            (0, true) => words::FRAME_LAST.say(lang, &[&kind]),
            _ => kind,
        };
        let put = |it: &mut Self, range: &Range<usize>, kind, words| {
            if !range.is_empty() {
                it.put(range.clone(), Kind::Engineio(kind), 0, words, "packets");
            }
        };
        put(self, &parts.head, Engineio::FrameHead, words);
        let follow = usize::try_from(length.unwrap_or_default()).unwrap_or(usize::MAX);
        let follow = counted(follow, lang);
        let masked = self.is_masked(parts);
        let words = if masked { words::FRAME_LENGTH_MASKED } else { words::FRAME_LENGTH };
        put(self, &parts.length, Engineio::FrameLength, words.say(lang, &[&follow]));
        put(self, &parts.mask, Engineio::FrameMask, words::FRAME_MASK.say(lang, &[]));
    }

    fn carried(&mut self, range: Range<usize>) {
        let words = words::FRAME_PAYLOAD.say(self.lang, &[&counted(range.len(), self.lang)]);
        if !range.is_empty() {
            self.put(range, Kind::Engineio(Engineio::FramePayload), 0, words, "packets");
        }
    }

    /// Writes the payload in the clear, for whoever describes it.
    fn unmask(&mut self, parts: &Parts) {
        let mask = self.clear.get(parts.mask.clone()).unwrap_or_default().to_vec();
        let payload = self.clear.get_mut(parts.payload.clone()).unwrap_or_default();
        for (byte, mask) in payload.iter_mut().zip(mask.iter().cycle()) {
            *byte ^= mask;
        }
    }

    fn control(&mut self, first: u8, range: Range<usize>, payload: &[u8]) {
        let lang = self.lang;
        let mut said = frame_kind(first).say(lang, &[]);
        match payload {
            [high, low, why @ ..] if first & 0x0f == 8 => {
                let code = u16::from_be_bytes([*high, *low]).to_string();
                let why = String::from_utf8_lossy(why);
                let words = if why.is_empty() {
                    words::FRAME_CODE.say(lang, &[&code])
                } else {
                    words::FRAME_CODE_AND_REASON.say(lang, &[&code, &why])
                };
                said = words::SAYS_BOTH.say(lang, &[&said, &words]);
                self.put(range, Kind::Engineio(Engineio::FramePayload), 0, words, "close");
            }
            _ => self.carried(range),
        }
        self.said.push(said);
    }

    /// A message that came in one frame.
    fn whole(&mut self, is_text: bool, payload: &[u8], range: Range<usize>) {
        let bytes = Bytes::from(payload.to_vec());
        if !is_text {
            return self.binary(&bytes, range.start);
        }
        match ByteString::try_from(bytes) {
            Ok(text) => self.text(&text, range.start),
            Err(_) => self.not_utf8(payload, range.start),
        }
    }

    /// A message that came in pieces. What is in it has no spans, since it does not stand in one
    /// place; its last piece is understood only if the whole is.
    fn joined(&mut self, message: &Begun, last: Range<usize>) {
        let piece = if last.is_empty() { None } else { self.spans.pop() };
        let spans = std::mem::take(&mut self.spans);
        let clear = std::mem::replace(&mut self.clear, message.bytes.clone());
        let notes = self.notes.len();
        self.whole(message.is_text, &message.bytes, 0..message.bytes.len());
        (self.spans, self.clear) = (spans, clear);
        self.notes.truncate(notes);
        match &mut self.diagnostic {
            Some(fault) => (fault.from, fault.to) = (last.start, last.end),
            None => self.spans.extend(piece),
        }
    }

    /// A message of bytes that begins at `start`.
    pub(super) fn binary(&mut self, bytes: &Bytes, start: usize) {
        let input = Input::bytes(bytes.clone());
        if self.incomplete.is_none() && Form::guess(&input) == Form::MsgPack {
            return self.msgpack(bytes, start);
        }
        let range = start..start + bytes.len();
        let words = words::BINARY.say(self.lang, &[&counted(bytes.len(), self.lang)]);
        let kind = if self.level > 0 { Engineio::FramePayload } else { Engineio::Data };
        if !range.is_empty() {
            self.put(range.clone(), Kind::Engineio(kind), self.level, words, "binary");
        }
        let said = super::fields::of_engineio(&Packet::Message(Message::Binary(bytes.clone())));
        let sentence = self.binary_said(bytes, range);
        self.tell(said, sentence);
    }
}

/// What a frame may not be.
fn forbidden(first: u8, length: Option<u64>, has_begun: bool) -> Option<Rule> {
    let last = first & 0x80 != 0;
    if first & 0x70 != 0 {
        return Some(rules::RESERVED_BITS);
    }
    match first & 0x0f {
        0x3..=0x7 | 0xb..=0xf => Some(rules::RESERVED_CODE),
        0x8..=0xa if !last || length.is_some_and(|length| length > MAX_CONTROL) => {
            Some(rules::LONG_CONTROL)
        }
        0 if !has_begun => Some(rules::NO_BEGINNING),
        1 | 2 if has_begun => Some(rules::NO_END),
        _ => None,
    }
}

fn frame_kind(first: u8) -> Words {
    match first & 0x0f {
        0 => words::FRAME_MORE,
        1 => words::FRAME_TEXT,
        8 => words::FRAME_CLOSE,
        9 => words::FRAME_PING,
        10 => words::FRAME_PONG,
        _ => words::FRAME_BINARY,
    }
}
