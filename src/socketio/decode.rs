//! Decoding: from the text of an Engine.IO message to a Socket.IO packet.
//!
//! ```text
//!   51-/admin,7["baz",{"_placeholder":true,"num":0}]
//!   │└┤└─────┤│└───────────────────────────────────── data, as JSON
//!   │ │      │└────────────────────────────────────── acknowledgement id
//!   │ │      └─────────────────────────────────────── namespace
//!   │ └────────────────────────────────────────────── number of attachments
//!   └──────────────────────────────────────────────── packet type
//! ```
//!
//! There is one function per field. Each takes the text from its field on, and gives
//! back the field and what follows it. Nothing is copied: namespace, name and data are
//! slices of the message they came in. (A name with escapes has to be written anew.)
//!
//! The reference server reads numbers as JavaScript does, where a space is a zero and
//! `0x1` is a one. Here a digit is one of the ten ASCII digits.
//!
//! Core file. Spec: Socket.IO v5, ["Packet encoding"]. Next: [`assemble`](super::assemble).
//!
//! ["Packet encoding"]: https://github.com/socketio/socket.io-protocol#packet-encoding

use std::fmt;

use bytestring::ByteString;

use super::args::Args;
use super::explain::Kind as Piece;
use super::json;
use super::packet::{Body, Event, MAIN_NAMESPACE, MAX_ACK_ID, Packet, reserved_event};
use crate::engineio::observe::Observer;

/// What the text of one message says.
#[derive(Clone, Debug, PartialEq)]
pub struct Decoded {
    /// The packet; its arguments lack their attachments still.
    pub packet: Packet,
    /// How many attachments follow, each in a message of its own; 0 means that the packet
    /// is complete.
    pub attachments: usize,
}

/// The types on the wire.
#[derive(Clone, Copy)]
enum Kind {
    Connect,
    Disconnect,
    Event,
    Ack,
    ConnectError,
    BinaryEvent,
    BinaryAck,
}

/// Decodes the text of one Engine.IO message.
///
/// A packet that announces more than `max_attachments` attachments is refused.
///
/// ```
/// use sockrates::socketio::decode::decode;
/// use sockrates::socketio::packet::Body;
///
/// let decoded = decode(&r#"2/admin,12["foo","bar"]"#.into(), 10)?;
/// assert_eq!(decoded.packet.namespace, "/admin");
///
/// let Body::Event { id, event } = decoded.packet.body else { unreachable!() };
/// assert_eq!((id, event.name.as_ref()), (Some(12), "foo"));
/// # Ok::<(), sockrates::socketio::decode::DecodeError>(())
/// ```
pub fn decode(text: &ByteString, max_attachments: usize) -> Result<Decoded, DecodeError> {
    decode_observed(text, max_attachments, &mut ())
}

/// The same, and `observer` is told what is what.
pub(crate) fn decode_observed(
    text: &ByteString,
    max_attachments: usize,
    observer: &mut impl Observer<Piece>,
) -> Result<Decoded, DecodeError> {
    // The format, as the specification writes it:
    // <packet type>[<# of binary attachments>-][<namespace>,][<acknowledgment id>][JSON]
    let (kind, rest) = packet_type(text)?;
    observer.seen(rest.len(), Piece::Type);
    let (attachments, rest) = match kind {
        Kind::BinaryEvent | Kind::BinaryAck => attachments(rest, max_attachments)?,
        _ => (0, rest),
    };
    observer.seen(rest.len(), Piece::Attachments);
    let behind_head = rest.len();
    let (namespace, rest) = namespace(rest);
    observer.seen(behind_head - namespace.map_or(0, str::len), Piece::Namespace);
    observer.seen(rest.len(), Piece::Comma);
    let (id, data) = ack_id(rest)?;
    observer.seen(data.len(), Piece::AckId);

    let slice = |part: &str| text.slice_ref(part);
    let body = match kind {
        Kind::Connect => Body::Connect { auth: optional_object(data)?.map(slice) },
        Kind::Disconnect => nothing(data).map(|()| Body::Disconnect)?,
        Kind::Event | Kind::BinaryEvent => Body::Event { id, event: event(data, slice)? },
        Kind::Ack | Kind::BinaryAck => {
            Body::Ack { id: id.ok_or(DecodeError::NoAckId)?, args: answer(data, slice)? }
        }
        Kind::ConnectError => Body::ConnectError { data: slice(object_or_string(data)?) },
    };
    observer.seen(0, Piece::Data);
    let namespace = namespace.map_or(ByteString::from_static(MAIN_NAMESPACE), slice);
    Ok(Decoded { packet: Packet { namespace, body }, attachments })
}

fn packet_type(text: &str) -> Result<(Kind, &str), DecodeError> {
    let mut chars = text.chars();
    let kind = match chars.next().ok_or(DecodeError::Empty)? {
        '0' => Kind::Connect,
        '1' => Kind::Disconnect,
        '2' => Kind::Event,
        '3' => Kind::Ack,
        '4' => Kind::ConnectError,
        '5' => Kind::BinaryEvent,
        '6' => Kind::BinaryAck,
        other => return Err(DecodeError::UnknownType(other)),
    };
    Ok((kind, chars.as_str()))
}

/// Not in the specification: zero attachments. The reference server refuses a binary
/// packet without any, since nothing would ever complete it; so do we.
fn attachments(text: &str, max: usize) -> Result<(usize, &str), DecodeError> {
    let (digits, rest) = digits(text);
    let rest = match rest.strip_prefix('-') {
        Some(rest) if !digits.is_empty() => rest,
        _ => return Err(DecodeError::NoAttachmentCount),
    };
    // Digits that do not fit the integer are a number that is too large.
    match digits.parse().unwrap_or(usize::MAX) {
        0 => Err(DecodeError::ZeroAttachments),
        count if count > max => Err(DecodeError::TooManyAttachments { max }),
        count => Ok((count, rest)),
    }
}

/// "The namespace is only included if it is different from the main namespace." Its
/// slash announces it, and a comma ends it, or the end of the text.
fn namespace(text: &str) -> (Option<&str>, &str) {
    if !text.starts_with('/') {
        return (None, text);
    }
    let (namespace, rest) = text.split_once(',').unwrap_or((text, ""));
    (Some(namespace), rest)
}

/// [SIO5-ACK-1] "The sender MAY include an event ID in order to request an
/// acknowledgement from the receiver."
fn ack_id(text: &str) -> Result<(Option<u64>, &str), DecodeError> {
    let (digits, rest) = digits(text);
    if digits.is_empty() {
        return Ok((None, rest));
    }
    match digits.parse() {
        Ok(id) if id <= MAX_ACK_ID => Ok((Some(id), rest)),
        _ => Err(DecodeError::AckIdTooLarge),
    }
}

/// The ASCII digits in front, and the rest.
fn digits(text: &str) -> (&str, &str) {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    (text.strip_suffix(rest).unwrap_or_default(), rest)
}

/// [SIO5-EVENT-1] "The payload is mandatory and MUST be a non-empty array."
fn event(data: &str, slice: impl Fn(&str) -> ByteString) -> Result<Event, DecodeError> {
    let (data, array) = array(data)?;
    let name = event_name(array.first.ok_or(DecodeError::NoEventName)?, &slice)?;
    let name_ends = array.name_ends(data);
    Ok(Event { name, args: Args::after_name(slice(data), array.len, name_ends) })
}

/// The name of an event, from the text of the first element of its array.
pub(super) fn event_name(
    raw: &str,
    slice: impl Fn(&str) -> ByteString,
) -> Result<ByteString, DecodeError> {
    let name = match raw.bytes().next() {
        // Not in the specification: a number. The official parsers take one for a name.
        Some(b'-' | b'0'..=b'9') => slice(raw),
        _ => match json::string(raw).ok_or(DecodeError::NoEventName)? {
            std::borrow::Cow::Borrowed(name) => slice(name),
            std::borrow::Cow::Owned(name) => name.into(),
        },
    };
    // Only now, since `"\u0063onnect"` is a way to write "connect".
    match reserved_event(&name) {
        Some(name) => Err(DecodeError::ReservedEvent(name)),
        None => Ok(name),
    }
}

/// [SIO5-ACK-3] "The payload is mandatory and MUST be an array (possibly empty)."
fn answer(data: &str, slice: impl Fn(&str) -> ByteString) -> Result<Args, DecodeError> {
    let (data, array) = array(data)?;
    Ok(Args::all(slice(data), array.len))
}

/// The array, without white space behind it. White space before it is refused: after an
/// id it would be read as part of the id by the reference server.
fn array(data: &str) -> Result<(&str, json::Array<'_>), DecodeError> {
    if !data.starts_with('[') {
        return Err(DecodeError::NotAnArray);
    }
    Ok((trim_end(data), json::array(data)?))
}

/// What a client may add to CONNECT: "an additional payload", an object.
fn optional_object(data: &str) -> Result<Option<&str>, DecodeError> {
    match data.bytes().next() {
        None => Ok(None),
        Some(b'{') => Ok(Some(validated(data)?)),
        Some(_) => Err(DecodeError::NotAnObject),
    }
}

/// What comes with CONNECT_ERROR. Strings are of the fourth revision and still read.
fn object_or_string(data: &str) -> Result<&str, DecodeError> {
    match data.bytes().next() {
        Some(b'{' | b'"') => validated(data),
        _ => Err(DecodeError::NotAnObject),
    }
}

fn nothing(data: &str) -> Result<(), DecodeError> {
    if data.is_empty() { Ok(()) } else { Err(DecodeError::UnwantedData) }
}

fn validated(data: &str) -> Result<&str, DecodeError> {
    json::validate(data)?;
    Ok(trim_end(data))
}

/// Without the characters at the end that JSON counts as white space.
fn trim_end(data: &str) -> &str {
    data.trim_end_matches([' ', '\t', '\n', '\r'])
}

/// Why some text is not a packet. Whatever it is, the connection is to be closed.
///
/// [SIO5-EVENT-2] "If that's not the case, then the receiver MUST close the connection" is
/// said of events; the reference server closes for every other reason as well.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum DecodeError {
    /// There was no text.
    Empty,
    /// The first character names no packet type.
    UnknownType(char),
    /// A binary packet without digits and a `-` after its type.
    NoAttachmentCount,
    /// A binary packet that announces no attachment.
    ZeroAttachments,
    /// A binary packet that announces more attachments than are allowed.
    TooManyAttachments {
        /// How many are allowed.
        max: usize,
    },
    /// An acknowledgement id above [`MAX_ACK_ID`].
    AckIdTooLarge,
    /// An ACK that does not say what it answers.
    NoAckId,
    /// An EVENT or ACK whose data is missing or something else than an array.
    NotAnArray,
    /// A CONNECT or CONNECT_ERROR whose data is something else than an object.
    NotAnObject,
    /// A DISCONNECT with data.
    UnwantedData,
    /// An event without a string or number in front.
    NoEventName,
    /// An event with one of the [`RESERVED_EVENTS`](super::packet::RESERVED_EVENTS).
    ReservedEvent(&'static str),
    /// Data that is not JSON.
    InvalidJson {
        /// The line of the data, from 1.
        line: usize,
        /// The byte in that line, from 1.
        column: usize,
    },
}

impl From<serde_json::Error> for DecodeError {
    fn from(error: serde_json::Error) -> Self {
        Self::InvalidJson { line: error.line(), column: error.column() }
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => write!(f, "empty message, expected a packet type from '0' to '6'"),
            Self::UnknownType(c) => write!(f, "unknown packet type {c:?}, expected '0' to '6'"),
            Self::NoAttachmentCount => {
                write!(f, "binary packet without a count, expected digits and '-' after its type")
            }
            Self::ZeroAttachments => {
                write!(f, "binary packet that announces 0 attachments, expected at least 1")
            }
            Self::TooManyAttachments { max } => {
                write!(f, "packet that announces too many attachments, expected at most {max}")
            }
            Self::AckIdTooLarge => {
                write!(f, "acknowledgement id too large, expected at most {MAX_ACK_ID}")
            }
            Self::NoAckId => write!(f, "acknowledgement without the id of what it answers"),
            Self::NotAnArray => write!(f, "event or acknowledgement without a JSON array"),
            Self::NotAnObject => {
                write!(f, "data of a connect packet that is not a JSON object")
            }
            Self::UnwantedData => write!(f, "disconnect packet with data, expected none"),
            Self::NoEventName => {
                write!(f, "event without a name, expected a string or a number in front")
            }
            Self::ReservedEvent(name) => {
                write!(f, "event named {name:?}, which is reserved")
            }
            Self::InvalidJson { line, column } => {
                write!(f, "data that is not JSON (line {line}, column {column})")
            }
        }
    }
}

impl std::error::Error for DecodeError {}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;

    /// The examples of the specification, in its order.
    #[test]
    fn decodes_what_the_specification_lists() {
        check("0", Ok("/ connect"));
        check(r#"0/admin,{"sid":"oSO0O"}"#, Ok(r#"/admin connect {"sid":"oSO0O"}"#));
        check(
            r#"4{"message":"Not authorized"}"#,
            Ok(r#"/ connect error {"message":"Not authorized"}"#),
        );
        check(r#"2["foo"]"#, Ok(r#"/ event foo ["foo"]"#));
        check(r#"2/admin,["bar"]"#, Ok(r#"/admin event bar ["bar"]"#));
        check(
            r#"51-["baz",{"_placeholder":true,"num":0}]"#,
            Ok(r#"/ event baz ["baz",{"_placeholder":true,"num":0}] +1"#),
        );
        check(r#"52-/admin,["baz",1]"#, Ok(r#"/admin event baz ["baz",1] +2"#));
        check(r#"212["foo"]"#, Ok(r#"/ event 12 foo ["foo"]"#));
        check(r#"3/admin,13["bar"]"#, Ok(r#"/admin ack 13 ["bar"]"#));
        check(r#"61-15["bar",1]"#, Ok(r#"/ ack 15 ["bar",1] +1"#));
        check("1", Ok("/ disconnect"));
        check("1/admin,", Ok("/admin disconnect"));
    }

    #[test]
    fn the_type_is_one_digit() {
        check("", Err("empty message, expected a packet type from '0' to '6'"));
        check("7", Err("unknown packet type '7', expected '0' to '6'"));
        check(" ", Err("unknown packet type ' ', expected '0' to '6'"));
        check("ééé", Err("unknown packet type 'é', expected '0' to '6'"));
        check("٢[\"a\"]", Err("unknown packet type '٢', expected '0' to '6'"));
    }

    #[test]
    fn attachments_are_counted_in_digits() {
        const NO_COUNT: &str =
            "binary packet without a count, expected digits and '-' after its type";
        check(r#"510-["a"]"#, Ok(r#"/ event a ["a"] +10"#));
        check(r#"5010-["a"]"#, Ok(r#"/ event a ["a"] +10"#));
        for wire in [
            "5",
            "6",
            r#"5["a"]"#,
            "5-",
            r#"5-["a"]"#,
            r#"51["a"]"#,
            "51",
            r#"51.0-["a"]"#,
            r#"5+1-["a"]"#,
            r#"5--1-["a"]"#,
            r#"5 1-["a"]"#,
            r#"51e0-["a"]"#,
            r#"50x1-["a"]"#,
        ] {
            check(wire, Err(NO_COUNT));
        }
        check(
            r#"50-["a"]"#,
            Err("binary packet that announces 0 attachments, expected at least 1"),
        );
        let too_many = Err("packet that announces too many attachments, expected at most 10");
        check(r#"511-["a"]"#, too_many);
        check(r#"599999999999999999999999-["a"]"#, too_many);
        // Other packets have no count: this is an id, and no JSON.
        check(r#"21-["a"]"#, Err("event or acknowledgement without a JSON array"));
    }

    #[test]
    fn a_namespace_goes_from_its_slash_to_a_comma_or_to_the_end() {
        check("0/admin", Ok("/admin connect"));
        check("0/admin,", Ok("/admin connect"));
        check("0/", Ok("/ connect"));
        check("0/,", Ok("/ connect"));
        check("0/a?token=1,", Ok("/a?token=1 connect"));
        check("0/é,{}", Ok("/é connect {}"));
        check("1/admin", Ok("/admin disconnect"));
        // Without the comma, all of this is the namespace.
        check(r#"2/n["a"]"#, Err("event or acknowledgement without a JSON array"));
    }

    #[test]
    fn ids_are_digits_up_to_two_to_the_53() {
        const TOO_LARGE: &str = "acknowledgement id too large, expected at most 9007199254740992";
        check(r#"20["a"]"#, Ok(r#"/ event 0 a ["a"]"#));
        check("30[]", Ok("/ ack 0 []"));
        check(r#"2007["a"]"#, Ok(r#"/ event 7 a ["a"]"#));
        check("39007199254740992[]", Ok("/ ack 9007199254740992 []"));
        check("39007199254740993[]", Err(TOO_LARGE));
        check("399999999999999999999[]", Err(TOO_LARGE));
        check(&format!("3{}[]", "9".repeat(1000)), Err(TOO_LARGE));
        check(&format!("3{}7[]", "0".repeat(1_000_000)), Ok("/ ack 7 []"));
        check("3-1[]", Err("acknowledgement without the id of what it answers"));
        check("3[]", Err("acknowledgement without the id of what it answers"));
        check("3", Err("acknowledgement without the id of what it answers"));
        check("31", Err("event or acknowledgement without a JSON array"));
        check("31{}", Err("event or acknowledgement without a JSON array"));
        // The reference server takes the space for the id 0.
        check(r#"2 ["a"]"#, Err("event or acknowledgement without a JSON array"));
        check(r#"21 ["a"]"#, Err("event or acknowledgement without a JSON array"));
    }

    #[test]
    fn connect_takes_an_object_or_nothing() {
        const NO_OBJECT: &str = "data of a connect packet that is not a JSON object";
        check("0{}", Ok("/ connect {}"));
        check("0{} ", Ok("/ connect {}"));
        // An id has no meaning here, and does no harm: the reference server agrees.
        check("01", Ok("/ connect"));
        for wire in ["0[]", "0null", r#"0"s""#, "0,", "0 ", "0true", "0/admin,[]"] {
            check(wire, Err(NO_OBJECT));
        }
        check("0{", Err("data that is not JSON (line 1, column 1)"));
        check("0{}x", Err("data that is not JSON (line 1, column 3)"));
        check(r#"4"no""#, Ok(r#"/ connect error "no""#));
        check("4", Err(NO_OBJECT));
        check("4[]", Err(NO_OBJECT));
    }

    #[test]
    fn disconnect_takes_nothing() {
        check("11", Ok("/ disconnect"));
        check("1[]", Err("disconnect packet with data, expected none"));
        check("1{}", Err("disconnect packet with data, expected none"));
        check("1/admin,x", Err("disconnect packet with data, expected none"));
    }

    /// [SIO5-EVENT-1] "The payload is mandatory and MUST be a non-empty array."
    #[test]
    fn events_need_an_array_with_a_name() {
        const NO_NAME: &str = "event without a name, expected a string or a number in front";
        for wire in ["2", "2{}", "2null", r#"2"a""#, "2/admin,", "212"] {
            check(wire, Err("event or acknowledgement without a JSON array"));
        }
        for wire in ["2[]", "2[ ]", "2[null]", "2[true]", "2[[]]", "2[{}]"] {
            check(wire, Err(NO_NAME));
        }
        check(r#"2["a""#, Err("data that is not JSON (line 1, column 4)"));
        check(r#"2["a"]y"#, Err("data that is not JSON (line 1, column 6)"));
        check("2[\"a\",\nx]", Err("data that is not JSON (line 2, column 1)"));
        check("2[1,2]", Ok("/ event 1 [1,2]"));
        check("2[-0.5e3]", Ok("/ event -0.5e3 [-0.5e3]"));
        check(r#"2[""]"#, Ok(r#"/ event  [""]"#));
        check(r#"2[ "a" , 1 ] "#, Ok(r#"/ event a [ "a" , 1 ]"#));
    }

    #[test]
    fn names_are_read_with_their_escapes() {
        check(r#"2["\u00e9v\u00e9"]"#, Ok(r#"/ event évé ["\u00e9v\u00e9"]"#));
        check(r#"2["a\n\"b"]"#, Ok("/ event a\n\"b [\"a\\n\\\"b\"]"));
        check(r#"2["\ud83d"]"#, Ok("/ event \u{fffd}\u{fffd}\u{fffd} [\"\\ud83d\"]"));
        for name in super::super::packet::RESERVED_EVENTS {
            let refusal = format!("event named {name:?}, which is reserved");
            check(&format!(r#"2["{name}"]"#), Err(&refusal));
            check(&format!(r#"51-7["{name}",1]"#), Err(&refusal));
        }
        check(r#"2["\u0063onnect"]"#, Err(r#"event named "connect", which is reserved"#));
        check(r#"2["__proto__"]"#, Ok(r#"/ event __proto__ ["__proto__"]"#));
    }

    #[test]
    fn what_rust_cannot_hold_passes_as_text() {
        let deep = format!(r#"["a",{}1{}]"#, "[".repeat(100_000), "]".repeat(100_000));
        let zeros = format!(r#"["a"{}]"#, ",0".repeat(1_000_000));
        let long_key = format!(r#"["a",{{"{}":1}}]"#, "k".repeat(1_000_000));
        let digits = format!(r#"["a",{}]"#, "7".repeat(500_000));
        let surrogates = r#"["a","\ud83d",1e400,{"b":1,"a":1.0}]"#.to_owned();
        for data in [deep, zeros, long_key, digits, surrogates] {
            check(&format!("2{data}"), Ok(&format!("/ event a {data}")));
            check(&format!("30{data}"), Ok(&format!("/ ack 0 {data}")));
        }
    }

    #[test]
    fn nothing_is_copied() {
        let text = ByteString::from(r#"2/admin,["foo",1]"#);
        let within = |part: &str| {
            let whole = text.as_bytes().as_ptr_range();
            assert!(whole.contains(&part.as_ptr()), "{part:?} was copied");
        };
        let Packet { namespace, body } = decode(&text, 10).unwrap().packet;
        let Body::Event { event, .. } = body else { panic!("not an event") };
        within(&namespace);
        within(&event.name);
        within(event.args.json());
    }

    #[track_caller]
    fn check(wire: &str, expected: Result<&str, &str>) {
        let found = decode(&wire.into(), 10).map(|decoded| describe(&decoded));
        let found = found.map_err(|error| error.to_string());
        let expected = expected.map(str::to_owned).map_err(str::to_owned);
        let shown: String = wire.chars().take(60).collect();
        assert!(found == expected, "decoding {shown:?}: {found:.200?}, not {expected:.200?}");
    }

    fn describe(decoded: &Decoded) -> String {
        let Packet { namespace, body } = &decoded.packet;
        let body = match body {
            Body::Connect { auth: None } => "connect".to_owned(),
            Body::Connect { auth: Some(auth) } => format!("connect {auth}"),
            Body::Disconnect => "disconnect".to_owned(),
            Body::Event { id: None, event } => {
                format!("event {} {}", event.name, event.args.json())
            }
            Body::Event { id: Some(id), event } => {
                format!("event {id} {} {}", event.name, event.args.json())
            }
            Body::Ack { id, args } => format!("ack {id} {}", args.json()),
            Body::ConnectError { data } => format!("connect error {data}"),
        };
        match decoded.attachments {
            0 => format!("{namespace} {body}"),
            count => format!("{namespace} {body} +{count}"),
        }
    }
}
