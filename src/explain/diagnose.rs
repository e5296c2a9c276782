//! From an error of a parser to its rule, to what was found, and to a hint.
//!
//! ```text
//!   NotAnArray at 8, behind a namespace that has swallowed a bracket
//!     ──► SIO-NO-ARRAY, and: "end the namespace with a comma: 42/chat,["hi"]"
//! ```
//!
//! Core file.

use std::ops::Range;

use super::clauses;
use super::describe::shortened;
use super::explanation::Diagnostic;
use super::lang::Lang;
use super::rules::{self, Rule};
use super::width::on_one_line;
use super::words::{self, Words};
use crate::engineio::packet::DecodeError as EngineError;
use crate::socketio::decode::DecodeError;
use crate::socketio::explain::Reason;
use crate::socketio::msgpack::DecodeError as MsgPackError;
use crate::socketio::placeholder::PlaceholderError;

/// What broke a rule: the whole input, and the bytes at fault.
#[derive(Clone, Debug)]
pub(super) struct Scene<'a> {
    pub(super) input: &'a [u8],
    /// Whether the input is bytes, whatever they look like.
    pub(super) bytes: bool,
    pub(super) range: Range<usize>,
    pub(super) lang: Lang,
}

/// What is known better than by the rule alone.
#[derive(Clone, Debug, Default)]
pub(super) struct Advice {
    pub(super) wanted: Option<String>,
    pub(super) hint: Option<String>,
}

impl Scene<'_> {
    /// What to say of it.
    pub(super) fn report(&self, rule: Rule, advice: Advice) -> Diagnostic {
        let Advice { wanted, hint } = advice;
        let hint = hint.or_else(|| rule.hint.map(|hint| self.say(hint, &[])));
        Diagnostic {
            from: self.range.start,
            to: self.range.end,
            code: rule.code,
            message: self.say(rule.message, &[]),
            found: self.found(),
            wanted: wanted.unwrap_or_else(|| self.say(rule.wanted, &[])),
            clause: rule.clause,
            clause_text: clauses::sentence(rule.clause),
            hint,
        }
    }

    pub(super) fn say(&self, words: Words, gaps: &[&str]) -> String {
        words.say(self.lang, gaps)
    }

    /// The bytes at fault; if something is missing, what stands there instead.
    fn found(&self) -> String {
        let mut end = self.range.end.max(self.range.start + 1).min(self.input.len());
        let text = std::str::from_utf8(self.input).ok().filter(|_| !self.bytes);
        while text.is_some_and(|text| !text.is_char_boundary(end)) {
            end += 1;
        }
        let bytes = self.input.get(self.range.start..end).unwrap_or_default();
        match (bytes, text) {
            ([], _) if self.input.is_empty() => self.say(words::FOUND_NOTHING, &[]),
            ([], _) => self.say(words::FOUND_END, &[]),
            (b" ", Some(_)) => self.say(words::FOUND_SPACE, &[]),
            (b"\x1e", Some(_)) => self.say(words::FOUND_SEPARATOR, &[]),
            (_, Some(_)) => {
                let text = shortened(&String::from_utf8_lossy(bytes));
                format!("`{}`", on_one_line(&text))
            }
            (_, None) => {
                let hex: Vec<_> = bytes.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
                hex.join(" ")
            }
        }
    }
}

/// The rule that an error of the layer below stands for.
pub(super) fn of_engineio(error: &EngineError) -> Rule {
    match error {
        EngineError::Empty => rules::EMPTY,
        EngineError::UnknownType(_) | EngineError::UnknownByte(_) => rules::UNKNOWN_TYPE,
        EngineError::InvalidBase64 => rules::INVALID_BASE64,
        EngineError::InvalidLength => rules::INVALID_LENGTH,
        EngineError::LengthBeyondBody(_) => rules::LENGTH_BEYOND,
        EngineError::LengthInsideCharacter(_) => rules::LENGTH_INSIDE,
        EngineError::UnknownForm(_) => rules::UNKNOWN_FORM,
        EngineError::NotUtf8 => rules::NOT_UTF8,
    }
}

/// The rule that an error of the codec of MessagePack stands for.
pub(super) fn of_msgpack(error: &MsgPackError, kind: u8) -> Rule {
    match error {
        MsgPackError::Packet(error) => of_socketio(&Reason::Decode(error.clone()), kind, "-"),
        MsgPackError::Truncated => rules::MSGPACK_CUT,
        MsgPackError::TrailingBytes { .. } => rules::MSGPACK_TRAILING,
        MsgPackError::ReservedByte => rules::MSGPACK_RESERVED,
        MsgPackError::NotAMap => rules::MSGPACK_NOT_A_MAP,
        MsgPackError::BadKey => rules::MSGPACK_KEY,
        MsgPackError::UnknownType => rules::MSGPACK_TYPE,
        MsgPackError::NoNamespace => rules::MSGPACK_NAMESPACE,
        MsgPackError::BadId => rules::MSGPACK_ID,
        MsgPackError::TooDeep => rules::TOO_DEEP,
        MsgPackError::TooManyBytes { .. } => rules::MSGPACK_TOO_MANY_BYTES,
        MsgPackError::BytesInConnect => rules::MSGPACK_BYTES_IN_CONNECT,
        MsgPackError::Lookalike => rules::MSGPACK_LOOKALIKE,
    }
}

/// The rule that an error of the layer above stands for. `kind` is the type of the packet, and
/// `text` what stands at the place.
pub(super) fn of_socketio(reason: &Reason, kind: u8, text: &str) -> Rule {
    let error = match reason {
        Reason::Decode(error) => error,
        Reason::Placeholder(PlaceholderError::NoSuchAttachment { .. }) => {
            let numbered = text.split_once("\"num\":").map(|(_, num)| num.trim_start());
            let numbered =
                numbered.is_some_and(|num| num.starts_with(|c: char| c.is_ascii_digit()));
            return if numbered { rules::NO_SUCH_ATTACHMENT } else { rules::NO_NUM };
        }
        Reason::Placeholder(PlaceholderError::TooDeep) => return rules::TOO_DEEP,
    };
    match error {
        DecodeError::Empty => rules::SIO_EMPTY,
        DecodeError::UnknownType(_) => rules::SIO_UNKNOWN_TYPE,
        DecodeError::NoAttachmentCount => rules::NO_COUNT,
        DecodeError::ZeroAttachments => rules::ZERO_ATTACHMENTS,
        DecodeError::TooManyAttachments { .. } => rules::TOO_MANY_ATTACHMENTS,
        DecodeError::AckIdTooLarge => rules::ACK_ID_TOO_LARGE,
        DecodeError::NoAckId => rules::NO_ACK_ID,
        DecodeError::NotAnArray if matches!(kind, b'3' | b'6') => rules::NO_ARRAY_IN_ACK,
        DecodeError::NotAnArray => rules::NO_ARRAY,
        DecodeError::NotAnObject if kind == b'4' => rules::NO_REASON,
        DecodeError::NotAnObject => rules::NOT_AN_OBJECT,
        DecodeError::UnwantedData => rules::UNWANTED_DATA,
        DecodeError::NoEventName => rules::NO_EVENT_NAME,
        DecodeError::ReservedEvent(_) => rules::RESERVED_EVENT,
        DecodeError::InvalidJson { .. } if text.is_empty() => rules::CUT_JSON,
        DecodeError::InvalidJson { .. } => rules::INVALID_JSON,
    }
}
