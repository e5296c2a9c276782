//! Notes and hints: what somebody has most probably meant.
//!
//! ```text
//!   2["a"]            a ping, and what follows is ignored     put a 4 in front: 42["a"]
//!   6:40{…}           a noop, and what follows is ignored     the lengths of revision 3
//!   42['a']           no JSON                                 JSON has double quotes
//! ```
//!
//! A note is about what the server takes, so it is no fault; a hint goes with a fault.
//!
//! Core file.

use std::ops::Range;

use super::diagnose::Advice;
use super::explanation::Diagnostic;
use super::reading::Reading;
use super::rules::{self, Rule};
use super::words;
use crate::engineio::explain::Kind as Engineio;
use crate::engineio::packet::{DecodeError as EngineError, Message, Packet};
use crate::socketio::decode::{DecodeError, Decoded};
use crate::socketio::explain::{Fault, Reason};
use crate::socketio::packet::Body;

/// How many notes there may be. Whoever has read so many has understood.
const MAX_NOTES: usize = 64;

/// Data behind a packet that has none.
pub(super) fn of_ignored(
    reading: &mut Reading<'_>,
    packet: &Packet,
    list: &[(Range<usize>, Engineio)],
) {
    if matches!(packet, Packet::Open(_) | Packet::Message(Message::Text(_) | Message::Binary(_))) {
        return;
    }
    let Some((range, _)) = list.iter().find(|piece| piece.1 == Engineio::Data) else { return };
    let text = reading.clear.get(range.start.saturating_sub(1)..range.end).unwrap_or_default();
    let text = String::from_utf8_lossy(text).into_owned();
    let rule = if is_length(&text) {
        rules::NOTE_LENGTH
    } else if is_socketio(&text) {
        rules::NOTE_NO_MESSAGE
    } else {
        rules::NOTE_IGNORED
    };
    note(reading, range.clone(), rule);
}

/// Digits, a colon and a packet: what a client of revision 3 writes in a body.
fn is_length(text: &str) -> bool {
    let Some((digits, packet)) = text.split_once(':') else { return false };
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number && packet.starts_with(|c: char| c.is_ascii_digit() || c == 'b')
}

/// A Socket.IO packet that has lost its `4`.
fn is_socketio(text: &str) -> bool {
    text.contains(['[', '{']) || text.get(1..).is_some_and(|rest| rest.starts_with('/'))
}

/// What a packet says that was understood, and hardly meant so.
pub(super) fn of_socketio(reading: &mut Reading<'_>, text: &str, start: usize, decoded: &Decoded) {
    let namespace = &decoded.packet.namespace;
    let swallowed = namespace.find(['[', '{']);
    let at = text.find(&**namespace).filter(|_| namespace.len() > 1);
    if let (Some(swallowed), Some(at)) = (swallowed, at) {
        let from = start + at + swallowed;
        return note(reading, from..start + at + namespace.len(), rules::NOTE_SWALLOWED);
    }
    let Body::Event { event, .. } = &decoded.packet.body else { return };
    let asks = event.args.json().find("\"_placeholder\"").filter(|_| decoded.attachments == 0);
    if asks.is_some() {
        let at = text.find("\"_placeholder\"").unwrap_or_default();
        note(reading, start + at..start + at + 14, rules::NOTE_PLACEHOLDER);
    }
}

/// Bytes behind packets that have announced none.
pub(super) fn stray(reading: &mut Reading<'_>, range: Range<usize>) {
    note(reading, range, rules::NOTE_STRAY);
}

/// Fewer attachments than were announced.
pub(super) fn missing(reading: &mut Reading<'_>) {
    if reading.incomplete.is_some() {
        let end = reading.input.len();
        note(reading, end..end, rules::NOTE_MISSING);
    }
}

fn note(reading: &mut Reading<'_>, range: Range<usize>, rule: Rule) {
    if reading.notes.len() < MAX_NOTES {
        let note: Diagnostic = reading.scene(range).report(rule, Advice::default());
        reading.notes.push(note);
    }
}

/// What to do about a message that is no packet, if the reason can be told from its text.
pub(super) fn advice(reading: &Reading<'_>, text: &str, fault: &Fault) -> Advice {
    let say = |words: words::Words| words.say(reading.lang, &[]);
    let Reason::Decode(error) = &fault.reason else { return Advice::default() };
    let is_json = matches!(error, DecodeError::InvalidJson { .. });
    let wanted = if is_json { wanted_in_json(text, fault.range.start) } else { None };
    Advice { wanted: wanted.map(say), hint: hint(text, fault, error).map(say) }
}

/// What JSON allows at this place, which depends on what stands in front of it.
fn wanted_in_json(text: &str, at: usize) -> Option<words::Words> {
    let (before, wrong) = text.split_at_checked(at)?;
    if wrong.is_empty() || wrong.starts_with(|c: char| c < ' ') {
        return None;
    }
    Some(match before.trim_end().chars().next_back()? {
        ',' if wrong.starts_with([']', '}']) => words::WANTED_ELEMENT,
        '{' => words::WANTED_KEY,
        '[' | ':' | ',' => words::WANTED_VALUE,
        '"' => words::WANTED_AFTER_STRING,
        ']' | '}' | '0'..='9' | 'e' | 'l' => words::WANTED_NEXT,
        _ => return None,
    })
}

fn hint(text: &str, fault: &Fault, error: &DecodeError) -> Option<words::Words> {
    let at = text.get(fault.range.start..).unwrap_or_default();
    Some(match error {
        DecodeError::InvalidJson { .. } => not_json(text, fault.range.start)?,
        DecodeError::NoAckId if at.starts_with('-') => words::HINT_NEGATIVE_ID,
        DecodeError::NotAnArray if at.starts_with([' ', '\t', '\n']) => words::HINT_SPACE,
        DecodeError::NotAnArray if at.starts_with('-') => words::HINT_DASH,
        DecodeError::NotAnArray if at.starts_with('"') => words::HINT_BARE_NAME,
        DecodeError::NotAnObject if at.starts_with(',') => words::HINT_COMMA_ALONE,
        DecodeError::NotAnObject if at.starts_with("null") => words::HINT_NULL,
        DecodeError::UnknownType(c) if c.is_ascii_alphabetic() => words::HINT_PLAIN_TEXT,
        DecodeError::UnknownType('[' | '{' | '"') => words::HINT_NO_TYPE,
        DecodeError::ReservedEvent(name) => match *name {
            "connect" => words::HINT_RESERVED_CONNECT,
            "disconnect" | "disconnecting" => words::HINT_RESERVED_DISCONNECT,
            "connect_error" => words::HINT_RESERVED_ERROR,
            _ => words::HINT_RESERVED_OTHER,
        },
        _ => return None,
    })
}

/// What JSON does not have, and JavaScript or Python has.
fn not_json(text: &str, at: usize) -> Option<words::Words> {
    let (before, wrong) = text.split_at_checked(at)?;
    let before = before.trim_end();
    Some(match wrong.chars().next()? {
        '\'' => words::HINT_SINGLE_QUOTES,
        '“' | '”' | '‘' | '’' => words::HINT_CURLY_QUOTES,
        ']' | '}' if before.ends_with(',') => words::HINT_TRAILING_COMMA,
        '/' => words::HINT_COMMENT,
        'u' if wrong.starts_with("undefined") => words::HINT_UNDEFINED,
        'N' | 'I' => words::HINT_NAN,
        'T' | 'F' => words::HINT_PYTHON,
        'a'..='z' | 'A'..='Z' | '_' if before.ends_with(['{', ',']) => words::HINT_BARE_KEY,
        '\u{0}'..='\u{1f}' => words::HINT_CONTROL,
        _ if before.ends_with('\\') => words::HINT_ESCAPE,
        '0'..='9' if before.ends_with('0') => words::HINT_LEADING_ZERO,
        '[' | '{' if before.ends_with([']', '}']) => words::HINT_TWO_VALUES,
        _ if before.ends_with([']', '}']) => words::HINT_BEHIND_THE_END,
        _ => return None,
    })
}

/// The same for what is no Engine.IO packet.
pub(super) fn hint_of_engineio(
    reading: &Reading<'_>,
    error: &EngineError,
    at: usize,
) -> Option<String> {
    let behind = reading.clear.get(at..).unwrap_or_default();
    let text = String::from_utf8_lossy(behind);
    let words = match error {
        EngineError::UnknownType(_) if is_length(&text) => words::HINT_LENGTH,
        EngineError::UnknownType('{' | '[') => words::HINT_BARE_JSON,
        EngineError::UnknownType(c) if c.is_alphabetic() => words::HINT_PLAIN_TEXT,
        EngineError::UnknownType('"') => words::HINT_QUOTED,
        EngineError::UnknownType(c) if c.is_whitespace() => words::HINT_LEADING_SPACE,
        EngineError::UnknownType('\u{feff}') => words::HINT_LEADING_SPACE,
        _ => return None,
    };
    Some(words.say(reading.lang, &[]))
}
