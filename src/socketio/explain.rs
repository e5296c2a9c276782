//! The pieces of a Socket.IO packet, down to its arguments, and where one went wrong.
//!
//! ```text
//!   51-/a,7["up",{"_placeholder":true,"num":0}]
//!   │├┘├┘││││└─┤││                           │└ punctuation
//!   ││ │ ││││  ││└ placeholder ──────────────┘
//!   ││ │ ││││  │└─ punctuation
//!   ││ │ ││││  └── event name
//!   ││ │ │││└───── punctuation
//!   ││ │ ││└────── acknowledgement id
//!   ││ │ │└─────── comma
//!   ││ │ └──────── namespace
//!   │└ attachments
//!   └─ type
//! ```
//!
//! The packet is read by [`decode`], which tells its observer how far it has come.
//! It hands on data as one piece of text, known to be JSON; here that is cut into elements by
//! the deserializer that has found it valid.
//!
//! Core file. Spec: Socket.IO v5, ["Packet encoding"].
//!
//! ["Packet encoding"]: https://github.com/socketio/socket.io-protocol#packet-encoding

use std::ops::Range;

use bytestring::ByteString;

use super::decode::{self, DecodeError, Decoded};
use super::json;
use super::packet::Body;
use super::placeholder::{self, PlaceholderError};
use crate::engineio::observe::{Observer, Pieces};

/// How many elements of an array are pieces of their own. What follows is one more.
pub const MAX_ELEMENTS: usize = 256;

/// What a piece is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// The character that says what the packet is.
    Type,
    /// How many attachments follow, and the `-` behind it.
    Attachments,
    /// The namespace, from its slash on.
    Namespace,
    /// What ends the namespace.
    Comma,
    /// The number by which the answer finds its question.
    AckId,
    /// The data of a packet that has no arguments.
    Data,
    /// The name of an event, with its quotes.
    EventName,
    /// An argument, or what of it is no place for an attachment.
    Argument,
    /// The place of an attachment.
    Placeholder,
    /// What JSON has between elements and around them.
    Punctuation,
}

impl Kind {
    /// Its name for programs, which does not change.
    pub fn name(self) -> &'static str {
        match self {
            Self::Type => "socketio.type",
            Self::Attachments => "socketio.attachments",
            Self::Namespace => "socketio.namespace",
            Self::Comma => "socketio.comma",
            Self::AckId => "socketio.ack-id",
            Self::Data => "socketio.data",
            Self::EventName => "socketio.event-name",
            Self::Argument => "socketio.argument",
            Self::Placeholder => "socketio.placeholder",
            Self::Punctuation => "json.punctuation",
        }
    }
}

/// Why a message is no packet, and which of its bytes say so.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// From the first byte that is wrong. Empty where something is missing.
    pub range: Range<usize>,
    /// What is wrong.
    pub reason: Reason,
}

/// What can be wrong.
#[derive(Clone, Debug, PartialEq)]
pub enum Reason {
    /// It can not be decoded.
    Decode(DecodeError),
    /// It can, but when its attachments have come, they will not fit.
    Placeholder(PlaceholderError),
}

/// One message, in pieces.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// What was understood: from the beginning to the end, or to the fault.
    pub pieces: Vec<(Range<usize>, Kind)>,
    /// The packet, or what is wrong.
    pub packet: Result<Decoded, Fault>,
}

/// Takes the text of one Engine.IO message to pieces.
///
/// ```
/// use sockrates::socketio::explain::{Kind, message};
///
/// let message = message(&r#"2["hi"]"#.into(), 10);
/// let pieces: Vec<_> = message.pieces.into_iter().map(|(range, kind)| (range.end, kind)).collect();
/// assert_eq!(
///     pieces,
///     [(1, Kind::Type), (2, Kind::Punctuation), (6, Kind::EventName), (7, Kind::Punctuation)]
/// );
/// ```
pub fn message(text: &ByteString, max_attachments: usize) -> Message {
    let mut pieces = Pieces::of(text.len());
    let found = decode::decode_observed(text, max_attachments, &mut pieces);
    let mut list = pieces.take();
    let packet = match found {
        Ok(decoded) => {
            let data = list.iter().position(|piece| piece.1 == Kind::Data);
            let data = data.map(|at| list.remove(at).0);
            let fault = data.and_then(|range| cut(text, range, &decoded, &mut list));
            fault.map_or(Ok(decoded), Err)
        }
        Err(error) => {
            let kind = text.bytes().next().unwrap_or_default();
            let range = place(text, pieces.position(), &list, &error);
            elements(text, pieces.position(), named(kind), &[], &mut list);
            Err(Fault { range, reason: Reason::Decode(error) })
        }
    };
    if let Err(fault) = &packet {
        end_at(fault.range.start, &mut list);
    }
    Message { pieces: list, packet }
}

/// Whether a type is that of events, and there is a name in front of the arguments; `None` if
/// there are no arguments at all.
fn named(kind: u8) -> Option<bool> {
    match kind {
        b'2' | b'5' => Some(true),
        b'3' | b'6' => Some(false),
        _ => None,
    }
}

/// Cuts the data of a packet that was understood. What is wrong with them if attachments will
/// not fit.
fn cut(
    text: &str,
    data: Range<usize>,
    decoded: &Decoded,
    list: &mut Vec<(Range<usize>, Kind)>,
) -> Option<Fault> {
    let named = match decoded.packet.body {
        Body::Event { .. } => Some(true),
        Body::Ack { .. } => Some(false),
        Body::Connect { .. } | Body::Disconnect | Body::ConnectError { .. } => None,
    };
    let json = text.get(data.clone()).unwrap_or_default();
    let places = match decoded.attachments {
        0 => Ok(Vec::new()),
        count => placeholder::find(json, count),
    };
    let at = |range: Range<usize>| data.start + range.start..data.start + range.end;
    let (places, fault) = match places {
        Ok(places) => (places.into_iter().map(|place| at(place.range)).collect(), None),
        Err(error) => {
            let range = at(misplaced(json, decoded.attachments));
            (Vec::new(), Some(Fault { range, reason: Reason::Placeholder(error) }))
        }
    };
    if named.is_none() {
        list.push((data, Kind::Data));
    } else {
        elements(text, data.start, named, &places, list);
    }
    fault
}

/// Appends the elements of the array that begins at `start`, and what is between them, as far as
/// it is an array.
fn elements(
    text: &str,
    start: usize,
    named: Option<bool>,
    places: &[Range<usize>],
    list: &mut Vec<(Range<usize>, Kind)>,
) {
    let data = text.get(start..).unwrap_or_default();
    let Some(named) = named.filter(|_| data.starts_with('[')) else {
        if !data.is_empty() {
            list.push((start..text.len(), Kind::Data));
        }
        return;
    };
    let mut pieces = Pieces::of(text.len());
    pieces.seen(data.len(), Kind::Type);
    pieces.take();
    let (mut count, mut last) = (0, start);
    let left = |position: usize| text.len() - position;
    let whole = json::each(data, |element| {
        let begins = element.get().as_ptr().addr() - text.as_ptr().addr();
        let ends = begins + element.get().len();
        if count < MAX_ELEMENTS {
            pieces.seen(left(begins), Kind::Punctuation);
            let kind = if named && count == 0 { Kind::EventName } else { Kind::Argument };
            for place in places.iter().filter(|place| begins <= place.start && place.end <= ends) {
                pieces.seen(left(place.start), kind);
                pieces.seen(left(place.end), Kind::Placeholder);
            }
            pieces.seen(left(ends), kind);
        }
        (count, last) = (count + 1, ends);
    });
    pieces.seen(left(last), Kind::Argument);
    match whole {
        Ok(()) => pieces.seen(0, Kind::Punctuation),
        // Somewhere in the next element, or in front of it.
        Err(_) => {
            let behind = text.get(last..).unwrap_or_default();
            let next = behind.trim_start_matches(['[', ',', ' ', '\t', '\n', '\r']);
            pieces.seen(next.len(), Kind::Punctuation);
            let first = named && count == 0;
            pieces.seen(0, if first { Kind::EventName } else { Kind::Argument });
        }
    }
    list.extend(pieces.take());
}

/// Leaves only what is in front of `end`.
pub(crate) fn end_at(end: usize, list: &mut Vec<(Range<usize>, Kind)>) {
    list.retain(|(range, _)| range.start < end);
    if let Some((range, _)) = list.last_mut() {
        range.end = range.end.min(end);
    }
}

/// Which bytes are wrong, for a decoder that came to `position` and then gave up.
fn place(
    text: &str,
    position: usize,
    seen: &[(Range<usize>, Kind)],
    error: &DecodeError,
) -> Range<usize> {
    let rest = text.get(position..).unwrap_or_default();
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let character = |at: usize| at..at + text.get(at..).map_or(0, first_character);
    match error {
        DecodeError::Empty | DecodeError::NoAckId => position..position,
        DecodeError::UnknownType(_) => character(position),
        DecodeError::NoAttachmentCount => character(position + digits),
        DecodeError::ZeroAttachments
        | DecodeError::TooManyAttachments { .. }
        | DecodeError::AckIdTooLarge => position..position + digits,
        DecodeError::NotAnArray | DecodeError::NotAnObject => {
            let swallowed = seen.iter().filter(|(_, kind)| *kind == Kind::Namespace);
            let mut swallowed = swallowed.filter_map(|(range, _)| {
                Some(range.start + text.get(range.clone())?.find(['[', '{'])?)
            });
            character(swallowed.next_back().unwrap_or(position))
        }
        DecodeError::UnwantedData => position..text.len(),
        DecodeError::NoEventName | DecodeError::ReservedEvent(_) => {
            let first = json::array(rest).ok().and_then(|array| array.first);
            match first {
                Some(first) => {
                    let begins = first.as_ptr().addr() - text.as_ptr().addr();
                    begins..begins + first.len()
                }
                // The end of an array that has no elements.
                None => character(position + rest.find(']').unwrap_or(0)),
            }
        }
        DecodeError::InvalidJson { .. } => {
            let at = position + not_json(rest);
            // A word that JSON does not have is wrong as a whole.
            let word = text.get(at..).unwrap_or_default();
            let word = word.bytes().take_while(u8::is_ascii_alphabetic).count();
            if word > 1 { at..at + word } else { character(at) }
        }
    }
}

fn first_character(text: &str) -> usize {
    text.chars().next().map_or(0, char::len_utf8)
}

/// Where text stops being JSON: the place of a character, or its end.
fn not_json(text: &str) -> usize {
    let Err(error) = json::validate(text) else { return 0 };
    if error.is_eof() {
        return text.len();
    }
    let lines = text.split_inclusive('\n').take(error.line().saturating_sub(1));
    let before: usize = lines.map(str::len).sum();
    let mut at = (before + error.column().saturating_sub(1)).min(text.len());
    // A character that may not stand in a string is named before it is read.
    if text.as_bytes().get(at + 1).is_some_and(|byte| *byte < b' ') {
        at += 1;
    }
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// Which element of the data asks for an attachment that there is not, or the whole of them.
fn misplaced(data: &str, count: usize) -> Range<usize> {
    let mut found = 0..data.len();
    // The data are valid, so there is no failure to report.
    let _ = json::each(data, |element| {
        if found.len() == data.len() && placeholder::find(element.get(), count).is_err() {
            let begins = element.get().as_ptr().addr() - data.as_ptr().addr();
            let all = placeholder::find(element.get(), usize::MAX).unwrap_or_default();
            let wrong = all.into_iter().find(|place| place.num >= count);
            let inside = wrong.map_or(0..element.get().len(), |place| place.range);
            found = begins + inside.start..begins + inside.end;
        }
    });
    found
}
