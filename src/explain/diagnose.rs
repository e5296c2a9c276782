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
use super::words::{self, Words};
use crate::engineio::packet::DecodeError as EngineError;
use crate::socketio::decode::DecodeError;
use crate::socketio::explain::Reason;
use crate::socketio::placeholder::PlaceholderError;

/// What broke a rule: the whole input, and the bytes at fault.
#[derive(Clone, Debug)]
pub(super) struct Scene<'a> {
    pub(super) input: &'a [u8],
    pub(super) range: Range<usize>,
    pub(super) lang: Lang,
}

impl Scene<'_> {
    /// What to say of it.
    pub(super) fn report(&self, rule: Rule, hint: Option<String>) -> Diagnostic {
        let hint = hint.or_else(|| rule.hint.map(|hint| self.say(hint, &[])));
        Diagnostic {
            from: self.range.start,
            to: self.range.end,
            code: rule.code,
            message: self.say(rule.message, &[]),
            found: self.found(),
            wanted: self.say(rule.wanted, &[]),
            clause: rule.clause,
            clause_text: clauses::sentence(rule.clause),
            hint,
        }
    }

    pub(super) fn say(&self, words: Words, gaps: &[&str]) -> String {
        words.say(self.lang, gaps)
    }

    /// The bytes at fault as text: those, or if something is missing, what stands there instead.
    fn found(&self) -> String {
        let end = self.range.end.max(self.range.start + 1).min(self.input.len());
        let bytes = self.input.get(self.range.start..end).unwrap_or_default();
        if bytes.is_empty() {
            let nothing =
                if self.input.is_empty() { words::FOUND_NOTHING } else { words::FOUND_END };
            return self.say(nothing, &[]);
        }
        match std::str::from_utf8(bytes) {
            Ok(text) => format!("`{}`", shortened(text).escape_debug()),
            Err(_) => {
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

/// The rule that an error of the layer above stands for. `kind` is the type of the packet, and
/// `at_end` is whether there is nothing behind the place.
pub(super) fn of_socketio(reason: &Reason, kind: u8, at_end: bool) -> Rule {
    let error = match reason {
        Reason::Decode(error) => error,
        Reason::Placeholder(PlaceholderError::NoSuchAttachment { .. }) => {
            return rules::NO_SUCH_ATTACHMENT;
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
        DecodeError::InvalidJson { .. } if at_end => rules::CUT_JSON,
        DecodeError::InvalidJson { .. } => rules::INVALID_JSON,
    }
}
