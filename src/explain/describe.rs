//! Which sentence a piece gets, and which one a packet.
//!
//! ```text
//!   engineio.type "4"      ──► Engine.IO packet type 4: message
//!   socketio.ack-id "7"    ──► ack id 7: the sender waits for an answer with this number
//! ```
//!
//! Core file.

use bytes::Bytes;

use super::explanation::{Kind, Packet, SocketPacket};
use super::input::hex;
use super::lang::Lang;
use super::words::{self, Words};
use crate::engineio::explain::Kind as Engineio;
use crate::socketio::explain::{Kind as Socketio, MAX_ELEMENTS};

/// How many packets are summed up.
const MOST_SAID: usize = 8;

/// How many characters of a name are shown.
const SHOWN: usize = 40;

/// Describes the pieces of one packet after the other. Some can be described only by who knows
/// what came before.
#[derive(Debug)]
pub(super) struct Describer {
    lang: Lang,
    /// What came behind the packet.
    attachments: Vec<Bytes>,
    engineio: Option<char>,
    socketio: Option<char>,
    /// How many arguments have begun.
    arguments: usize,
    /// Whether the next piece belongs to the argument at hand.
    inside: bool,
}

impl Describer {
    pub(super) fn new(lang: Lang, attachments: Vec<Bytes>) -> Self {
        let (arguments, inside) = (0, false);
        Self { lang, attachments, engineio: None, socketio: None, arguments, inside }
    }

    /// What the next piece is, for people, and the chapter that says more.
    pub(super) fn describe(&mut self, kind: Kind, text: &str) -> (String, &'static str) {
        match kind {
            Kind::Engineio(kind) => self.engineio(kind, text),
            Kind::Socketio(kind) => self.socketio(kind, text),
            Kind::Error => (self.say(words::ERROR, &[]), "packets"),
            Kind::Rest => (self.say(words::REST, &[]), "packets"),
        }
    }

    fn say(&self, words: Words, gaps: &[&str]) -> String {
        words.say(self.lang, gaps)
    }

    fn engineio(&mut self, kind: Engineio, text: &str) -> (String, &'static str) {
        match kind {
            Engineio::Type => {
                self.engineio = text.chars().next();
                (self.socketio, self.arguments) = (None, 0);
                let (words, guide) = engineio_type(self.engineio);
                (self.say(words, &[]), guide)
            }
            Engineio::Data if matches!(self.engineio, Some('4' | '\x04') | None) => {
                (self.say(words::DATA, &[]), "the-numbers")
            }
            Engineio::Data => (self.say(words::IGNORED, &[]), "packets"),
            Engineio::Probe if self.engineio == Some('3') => {
                (self.say(words::PROBED, &[]), "upgrade")
            }
            Engineio::Probe => (self.say(words::PROBE, &[]), "upgrade"),
            Engineio::Separator => (self.say(words::SEPARATOR, &[]), "packets"),
            Engineio::Base64Mark => (self.say(words::BASE64_MARK, &[]), "binary"),
            Engineio::Base64 => {
                let bytes = text.trim_end_matches('=').len() * 3 / 4;
                (self.say(words::BASE64, &[&counted(bytes, self.lang)]), "binary")
            }
            Engineio::Handshake => (self.say(words::HANDSHAKE, &[]), "first-get"),
            Engineio::Length => (self.say(words::LENGTH, &[&length(text)]), "packets"),
            // Whoever reads frames knows more of them.
            Engineio::FrameHead
            | Engineio::FrameLength
            | Engineio::FrameMask
            | Engineio::FramePayload => {
                (self.say(words::FRAME_PAYLOAD, &[&counted(text.len(), self.lang)]), "packets")
            }
        }
    }

    fn socketio(&mut self, kind: Socketio, text: &str) -> (String, &'static str) {
        let inside = std::mem::replace(&mut self.inside, false);
        match kind {
            Socketio::Type => {
                (self.socketio, self.arguments) = (text.chars().next(), 0);
                (self.say(socketio_type(self.socketio), &[]), "the-numbers")
            }
            Socketio::Attachments => {
                (self.say(words::ATTACHMENTS, &[text.trim_matches('-')]), "binary")
            }
            Socketio::Namespace => (self.say(words::NAMESPACE, &[&quoted(text)]), "namespaces"),
            Socketio::Comma => (self.say(words::COMMA, &[]), "namespaces"),
            Socketio::AckId => {
                let words = match self.socketio {
                    Some('2' | '5') => words::ACK_ID,
                    Some('3' | '6') => words::ACK_ID_OF_ANSWER,
                    _ => words::ACK_ID_IGNORED,
                };
                (self.say(words, &[&shortened(text)]), "acks")
            }
            Socketio::Data if self.socketio == Some('4') => {
                (self.say(words::WHY_NOT, &[]), "namespaces")
            }
            Socketio::Data => (self.say(words::AUTH, &[]), "namespaces"),
            Socketio::EventName => {
                (self.say(words::EVENT_NAME, &[&shortened(text)]), "the-numbers")
            }
            Socketio::Argument | Socketio::Placeholder => self.argument(kind, text, inside),
            Socketio::Punctuation => {
                let words = match (text.contains('['), text.contains(']')) {
                    (true, true) => words::ARRAY_EMPTY,
                    (true, false) => words::ARRAY_BEGINS,
                    (false, true) => words::ARRAY_ENDS,
                    (false, false) => words::ARRAY_GOES_ON,
                };
                (self.say(words, &[]), "the-numbers")
            }
        }
    }

    fn argument(&mut self, kind: Socketio, text: &str, inside: bool) -> (String, &'static str) {
        if !inside {
            self.arguments += 1;
        }
        self.inside = true;
        let number = self.arguments.to_string();
        if kind == Socketio::Placeholder {
            let num = number_in(text);
            let attachment = num.parse().ok().and_then(|num: usize| self.attachments.get(num));
            let Some(bytes) = attachment else {
                return (self.say(words::PLACEHOLDER, &[&num]), "binary");
            };
            let (length, hex) = (counted(bytes.len(), self.lang), shortened(&hex(bytes)));
            return (self.say(words::PLACEHOLDER_FILLED, &[&num, &length, &hex]), "binary");
        }
        if self.arguments >= MAX_ELEMENTS && text.starts_with(',') {
            let next = (self.arguments + 1).to_string();
            return (self.say(words::MANY_ARGUMENTS, &[&next]), "the-numbers");
        }
        let part = inside || text.ends_with([':', '[', ',']);
        let words = if part { words::ARGUMENT_PART } else { words::ARGUMENT };
        (self.say(words, &[&number]), "the-numbers")
    }
}

/// The number in front of a packet in a body of revision 3, in either form.
fn length(text: &str) -> String {
    let written = text.trim_end_matches(':');
    if written.bytes().all(|byte| byte.is_ascii_digit()) {
        return written.to_owned();
    }
    let digits = text.chars().skip(1).map_while(|digit| char::from_digit(u32::from(digit), 10));
    digits.collect()
}

fn engineio_type(kind: Option<char>) -> (Words, &'static str) {
    match kind {
        // In a body of bytes of revision 3 a type is a byte.
        Some(byte @ '\0'..='\x06') => engineio_type(char::from_digit(u32::from(byte), 10)),
        Some('0') => (words::OPEN, "first-get"),
        Some('1') => (words::CLOSE, "close"),
        Some('2') => (words::PING, "heartbeat"),
        Some('3') => (words::PONG, "heartbeat"),
        Some('5') => (words::UPGRADE, "upgrade"),
        Some('6') => (words::NOOP, "upgrade"),
        _ => (words::MESSAGE, "packets"),
    }
}

fn socketio_type(kind: Option<char>) -> Words {
    match kind {
        Some('0') => words::CONNECT,
        Some('1') => words::DISCONNECT,
        Some('3') => words::ACK,
        Some('4') => words::CONNECT_ERROR,
        Some('5') => words::BINARY_EVENT,
        Some('6') => words::BINARY_ACK,
        _ => words::EVENT,
    }
}

/// So many bytes.
pub(super) fn counted(bytes: usize, lang: Lang) -> String {
    let words = if bytes == 1 { words::ONE_BYTE } else { words::BYTES };
    words.say(lang, &[&bytes.to_string()])
}

/// The last number in the text of a placeholder.
fn number_in(text: &str) -> String {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let start = digits.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    digits.get(start..).unwrap_or_default().to_owned()
}

/// The beginning of what is long.
pub(super) fn shortened(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", shortened(text))
}

/// All that was said, in a sentence.
pub(super) fn summary(said: &[String], wrong: bool, lang: Lang) -> String {
    let summary = match said {
        [] => return words::SAYS_NOTHING.say(lang, &[]),
        [one] => one.clone(),
        many => {
            let first = many.get(..MOST_SAID).unwrap_or(many).join(" | ");
            words::SAYS_MANY.say(lang, &[&many.len().to_string(), &first])
        }
    };
    if wrong { words::SAYS_WRONG.say(lang, &[&summary]) } else { summary }
}

/// A packet in a sentence.
pub(super) fn one(packet: &Packet, lang: Lang) -> String {
    let words = match (packet.engineio, packet.probe) {
        ("open", _) => words::SAYS_OPEN,
        ("close", _) => words::SAYS_CLOSE,
        ("ping", false) => words::SAYS_PING,
        ("ping", true) => words::SAYS_PROBE,
        ("pong", false) => words::SAYS_PONG,
        ("pong", true) => words::SAYS_PROBED,
        ("upgrade", _) => words::SAYS_UPGRADE,
        ("noop", _) => words::SAYS_NOOP,
        _ => return message(packet, lang),
    };
    words.say(lang, &[])
}

fn message(packet: &Packet, lang: Lang) -> String {
    if let Some(said) = &packet.socketio {
        return socketio(said, lang);
    }
    match &packet.bytes {
        Some(hex) => words::SAYS_BINARY.say(lang, &[&counted(hex.len() / 2, lang)]),
        None => words::SAYS_TEXT.say(lang, &[]),
    }
}

fn socketio(packet: &SocketPacket, lang: Lang) -> String {
    let namespace = shortened(&packet.namespace);
    let id = packet.id.map(|id| id.to_string()).unwrap_or_default();
    let said = match (packet.kind, packet.id) {
        ("CONNECT", _) => words::SAYS_CONNECT.say(lang, &[&namespace]),
        ("DISCONNECT", _) => words::SAYS_DISCONNECT.say(lang, &[&namespace]),
        ("CONNECT_ERROR", _) => words::SAYS_CONNECT_ERROR.say(lang, &[&namespace]),
        ("ACK" | "BINARY_ACK", _) => words::SAYS_ACK.say(lang, &[&namespace, packet.kind, &id]),
        (kind, id_or_none) => {
            // With its escapes, so that the sentence stays on its line.
            let name = shortened(packet.event.as_deref().unwrap_or_default());
            let name = format!("{name:?}");
            let words = match id_or_none {
                Some(_) => words::SAYS_EVENT_WITH_ID,
                None => words::SAYS_EVENT,
            };
            words.say(lang, &[&name, &namespace, kind, &id])
        }
    };
    match packet.attachments {
        0 => said,
        count if !packet.kind.starts_with("BINARY") => {
            words::SAYS_WITH_BYTES.say(lang, &[&said, &count.to_string()])
        }
        1 => words::SAYS_ATTACHMENT.say(lang, &[&said]),
        count => words::SAYS_ATTACHMENTS.say(lang, &[&said, &count.to_string()]),
    }
}
