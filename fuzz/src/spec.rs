//! Socket.IO packets, read slowly and as the specification writes them:
//!
//! ```text
//!   <packet type>[<# of binary attachments>-][<namespace>,][<acknowledgment id>][JSON-stringified
//!   payload without binary]
//! ```
//!
//! Where the specification is silent this reader says what the server means to do; each such
//! place says so.

use super::json::{self, Json, Wrong};

/// The most attachments that this reader allows.
pub const MAX_ATTACHMENTS: usize = 10;

/// How deep values may be nested in a packet with attachments. Not in the specification.
pub const MAX_DEPTH: usize = 128;

/// Names that no event may have. Not in the specification.
const RESERVED: [&str; 6] =
    ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"];

/// One packet.
#[derive(Clone, Debug, PartialEq)]
pub struct Packet {
    /// The type, `0` to `6`.
    pub kind: char,
    /// How many attachments follow.
    pub attachments: usize,
    /// The namespace.
    pub namespace: String,
    /// The acknowledgement id.
    pub id: Option<u64>,
    /// The payload.
    pub data: Option<Json>,
}

/// The packet that a text is.
pub fn read(text: &str) -> Result<Packet, Wrong> {
    let kind = text.chars().next().filter(|it| ('0'..='6').contains(it)).ok_or(Wrong::Invalid)?;
    let mut rest = &text[1..];

    let mut attachments = 0;
    if matches!(kind, '5' | '6') {
        let (count, behind) = rest.split_once('-').ok_or(Wrong::Invalid)?;
        // Not in the specification: none, and more than a few, are refused.
        attachments = usize::try_from(number(count)?).unwrap_or(usize::MAX);
        if attachments == 0 || attachments > MAX_ATTACHMENTS {
            return Err(Wrong::Invalid);
        }
        rest = behind;
    }

    let mut namespace = "/";
    if rest.starts_with('/') {
        (namespace, rest) = rest.split_once(',').unwrap_or((rest, ""));
    }

    let length = rest.chars().take_while(char::is_ascii_digit).count();
    let (digits, data) = rest.split_at(length);
    let id = if digits.is_empty() { None } else { Some(number(digits)?) };
    // Not in the specification: how large an id may be. JavaScript counts to 2^53.
    if id.is_some_and(|id| id > 1 << 53) {
        return Err(Wrong::Invalid);
    }

    // Not in the specification: white space in front of the payload is refused, behind it is not.
    if data.starts_with([' ', '\t', '\n', '\r']) {
        return Err(Wrong::Invalid);
    }
    let data = if data.is_empty() { None } else { Some(json::read(data)?) };
    if !fits(kind, id, data.as_ref()) {
        return Err(Wrong::Invalid);
    }
    Ok(Packet { kind, attachments, namespace: namespace.to_owned(), id, data })
}

/// The table of the specification: which type has which payload.
fn fits(kind: char, id: Option<u64>, data: Option<&Json>) -> bool {
    match (kind, data) {
        ('0', None | Some(Json::Object(_))) | ('1', None) => true,
        ('2' | '5', Some(Json::Array(elements))) => match elements.first() {
            Some(Json::Text(name)) => !RESERVED.contains(&&*json::lossy(name)),
            // Not in the specification: a number for a name.
            Some(Json::Number(_)) => true,
            _ => false,
        },
        ('3' | '6', Some(Json::Array(_))) => id.is_some(),
        // Not in the specification: a string is of the fourth revision.
        ('4', Some(Json::Object(_) | Json::Text(_))) => true,
        _ => false,
    }
}

/// Decimal digits and nothing else. One too large for any use is the largest there is.
fn number(digits: &str) -> Result<u64, Wrong> {
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return Err(Wrong::Invalid);
    }
    let add = |sum: u64, digit: u8| sum.saturating_mul(10).saturating_add((digit - b'0').into());
    Ok(digits.bytes().fold(0, add))
}

impl Packet {
    /// The name of an event, as text.
    pub fn name(&self) -> Option<String> {
        match (self.kind, self.data.as_ref()?) {
            ('2' | '5', Json::Array(elements)) => match elements.first()? {
                Json::Text(name) => Some(json::lossy(name)),
                Json::Number(digits) => Some(digits.clone()),
                _ => None,
            },
            _ => None,
        }
    }

    /// What an event or an answer brings, with its attachments in their places; `None` if they
    /// do not fit.
    pub fn arguments(&self, attachments: &[Vec<u8>]) -> Option<Vec<Json>> {
        let Some(Json::Array(elements)) = &self.data else { return Some(Vec::new()) };
        let arguments = &elements[usize::from(matches!(self.kind, '2' | '5'))..];
        if attachments.is_empty() {
            return Some(arguments.to_vec());
        }
        arguments.iter().map(|argument| fill(argument, attachments, 1)).collect()
    }
}

/// Puts attachments in their places. `depth` is how many arrays and objects are around `value`.
fn fill(value: &Json, attachments: &[Vec<u8>], depth: usize) -> Option<Json> {
    if depth == MAX_DEPTH && matches!(value, Json::Array(_) | Json::Object(_)) {
        return None;
    }
    Some(match value {
        Json::Array(elements) => {
            let fill = |element| fill(element, attachments, depth + 1);
            Json::Array(elements.iter().map(fill).collect::<Option<_>>()?)
        }
        Json::Object(entries) => {
            // What lies within a placeholder has to fit as well, although it is dropped.
            let filled = entries
                .iter()
                .map(|(key, value)| Some((key.clone(), fill(value, attachments, depth + 1)?)))
                .collect::<Option<Vec<_>>>()?;
            let last = |name: &str| entries.iter().rfind(|(key, _)| json::lossy(key) == name);
            if last("_placeholder").is_none_or(|(_, value)| *value != Json::Word("true")) {
                return Some(Json::Object(filled));
            }
            let Some((_, Json::Number(digits))) = last("num") else { return None };
            let num = usize::try_from(number(digits).ok()?).ok()?;
            Json::Bytes(attachments.get(num)?.clone())
        }
        other => other.clone(),
    })
}
