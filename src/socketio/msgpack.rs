//! MessagePack: the same packets, spelled in bytes.
//!
//! ```text
//!   83                                     a map of three
//!      a4 74797065   02                      "type": 2, an EVENT
//!      a3 6e7370     a1 2f                   "nsp":  "/"
//!      a4 64617461   92 a3 666f6f c4 02 0102 "data": ["foo", <01 02>]
//!
//!   51-["foo",{"_placeholder":true,"num":0}] + <01 02>      says the same as text
//! ```
//!
//! A packet is one message, whatever is in it: bytes stand where they belong, and so there
//! are five types and not seven. An event that wants an answer has an `id` as well.
//!
//! Arguments are read into what they are anyway, JSON text and attachments: so whoever
//! handles, relays or sends them need not know how clients spell. Likewise what is sent is
//! written as JSON first, and then transcribed.
//!
//! | File     | Its one job                                |
//! |----------|--------------------------------------------|
//! | `read`   | from bytes to items                        |
//! | `data`   | from items to JSON text and attachments    |
//! | `number` | numbers and dates as JavaScript has them   |
//! | `write`  | from JSON text and attachments to bytes    |
//!
//! The codec is our own: there is no type between MessagePack and our text, which a crate
//! would want, and what the JavaScript package makes of dates, of `undefined` and of bytes is
//! no crate's.
//!
//! Core file. Not in the specification: it allows "a custom parser". The bytes are those of
//! `socket.io-msgpack-parser` 3.

mod data;
mod number;
mod read;
mod write;

use std::fmt;

use bytes::Bytes;
use bytestring::ByteString;
use serde::Serialize;

use self::data::{Data, Shape};
use self::read::{Item, Reader};
use super::args::Args;
use super::decode::{DecodeError as PacketError, event_name};
use super::encode::{self, EncodeError, Places};
use super::explain::Kind as Piece;
use super::packet::{Body, Event, MAX_ACK_ID, Packet, reserved_event};
use super::placeholder::MAX_DEPTH;
use crate::engineio::observe::Observer;

/// How many attachments a packet may have.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How many there may be.
    pub attachments: usize,
    /// How many bytes they may have together.
    pub attachment_bytes: usize,
}

impl Limits {
    /// No limits: for what we have written ourselves.
    pub const NONE: Self = Self { attachments: usize::MAX, attachment_bytes: usize::MAX };
}

/// A packet ready to be sent, as one message.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Binary {
    bytes: Bytes,
    /// Where the data begin. Nothing follows them.
    data: usize,
}

impl Binary {
    /// The message.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// The message, for whoever sends it.
    pub fn into_bytes(self) -> Bytes {
        self.bytes
    }
}

/// Decodes the bytes of one Engine.IO message: the packet, and the attachments of its data.
///
/// ```
/// use sockrates::socketio::msgpack::{Limits, decode};
/// use sockrates::socketio::packet::Body;
///
/// let message = b"\x83\xa4type\x02\xa3nsp\xa1/\xa4data\x92\xa3foo\x01";
/// let (packet, attachments) = decode(&message.as_slice().into(), Limits::NONE)?;
/// assert_eq!((packet.namespace.as_ref(), attachments.len()), ("/", 0));
///
/// let Body::Event { id: None, event } = packet.body else { unreachable!() };
/// assert_eq!(event.args.json(), r#"["foo",1]"#);
/// # Ok::<(), sockrates::socketio::msgpack::DecodeError>(())
/// ```
///
/// # Errors
/// When the bytes are no such packet. Whatever the reason, the session is to be closed.
pub fn decode(message: &Bytes, limits: Limits) -> Result<(Packet, Vec<Bytes>), DecodeError> {
    decode_observed(message, limits, &mut ())
}

/// The same, and `observer` is told what is what. Of data, each element is an argument: nobody
/// knows yet which of them is a name.
pub(crate) fn decode_observed(
    message: &Bytes,
    limits: Limits,
    observer: &mut impl Observer<Piece>,
) -> Result<(Packet, Vec<Bytes>), DecodeError> {
    let mut reader = Reader::new(message);
    let Item::Map(entries) = reader.item()? else { return Err(DecodeError::NotAMap) };
    observer.seen(reader.left(), Piece::Punctuation);
    let (mut kind, mut namespace, mut id, mut data) = (None, None, None, Data::none());
    // Keys may come in any order. Of one that is there twice, the last counts.
    for _ in 0..entries {
        let key = reader.item()?;
        let piece = match key {
            Item::Text(b"type") => {
                kind = integer(reader.item()?);
                Piece::Type
            }
            Item::Text(b"nsp") => {
                namespace = text(reader.item()?);
                Piece::Namespace
            }
            Item::Text(b"id") => {
                id = ack_id(reader.item()?)?;
                Piece::AckId
            }
            Item::Text(b"data") => {
                data = Data::read(message, &mut reader, limits, observer)?;
                Piece::Data
            }
            // Browsers send `options`. Whatever it is, nobody asks for it.
            Item::Text(_) => {
                drop(Data::read(message, &mut reader, limits, &mut ())?);
                Piece::Punctuation
            }
            _ => return Err(DecodeError::BadKey),
        };
        observer.seen(reader.left(), piece);
    }
    if reader.left() > 0 {
        return Err(DecodeError::TrailingBytes { found: reader.left() });
    }
    let (body, attachments) = body(kind, id, data)?;
    let namespace = namespace.ok_or(DecodeError::NoNamespace)?;
    Ok((Packet { namespace, body }, attachments))
}

fn body(kind: Option<u64>, id: Option<u64>, data: Data) -> Result<(Body, Vec<Bytes>), DecodeError> {
    let Data { json, shape, attachments } = data;
    let body = match (kind, shape) {
        (Some(0), Shape::Undefined) => Body::Connect { auth: None },
        (Some(0), Shape::Map) => Body::Connect { auth: Some(json.into()) },
        (Some(1), Shape::Undefined) => Body::Disconnect,
        (Some(2), Shape::Array { elements, first }) => {
            let (json, name_ends) = (ByteString::from(json), first.end);
            let name = json.get(first).filter(|name| !name.is_empty());
            let name = event_name(name.ok_or(PacketError::NoEventName)?, |part| {
                ByteString::from(part.to_owned())
            })?;
            let args = Args::after_name(json, elements, name_ends);
            Body::Event { id, event: Event { name, args } }
        }
        (Some(3), Shape::Array { elements, .. }) => {
            let id = id.ok_or(PacketError::NoAckId)?;
            Body::Ack { id, args: Args::all(json.into(), elements) }
        }
        (Some(4), Shape::Map | Shape::Text) => Body::ConnectError { data: json.into() },
        (Some(0 | 4), _) => return Err(PacketError::NotAnObject.into()),
        (Some(1), _) => return Err(PacketError::UnwantedData.into()),
        (Some(2 | 3), _) => return Err(PacketError::NotAnArray.into()),
        (_, _) => return Err(DecodeError::UnknownType),
    };
    match body {
        Body::Event { .. } | Body::Ack { .. } => Ok((body, attachments)),
        // Their data have no place for any: they are read as JSON.
        _ if attachments.is_empty() => Ok((body, attachments)),
        _ => Err(DecodeError::BytesInConnect),
    }
}

/// JavaScript does not tell `1.0` from `1`.
fn integer(item: Item<'_>) -> Option<u64> {
    match item {
        Item::Unsigned(number) => Some(number),
        Item::Float(number) if number.fract() == 0.0 && (0.0..1e18).contains(&number) => {
            Some(number as u64)
        }
        _ => None,
    }
}

fn text(item: Item<'_>) -> Option<ByteString> {
    match item {
        Item::Text(text) => Some(String::from_utf8_lossy(text).into_owned().into()),
        _ => None,
    }
}

fn ack_id(item: Item<'_>) -> Result<Option<u64>, DecodeError> {
    match item {
        Item::Undefined => Ok(None),
        item => match integer(item) {
            Some(id) if id <= MAX_ACK_ID => Ok(Some(id)),
            Some(_) => Err(PacketError::AckIdTooLarge.into()),
            None => Err(DecodeError::BadId),
        },
    }
}

/// An event, with an id if an answer is wanted.
///
/// # Errors
/// When it can not be sent: see [`encode::event`].
pub fn event<T>(
    namespace: &str,
    id: Option<u64>,
    name: &str,
    data: &T,
) -> Result<Binary, EncodeError>
where
    T: Serialize + ?Sized,
{
    if let Some(name) = reserved_event(name) {
        return Err(EncodeError::ReservedEvent(name));
    }
    message(2, namespace, id, Some(name), data)
}

/// The answer to the event that had this id.
///
/// # Errors
/// When it can not be sent: see [`encode::ack`].
pub fn ack<T>(namespace: &str, id: u64, data: &T) -> Result<Binary, EncodeError>
where
    T: Serialize + ?Sized,
{
    message(3, namespace, Some(id), None, data)
}

/// A packet without an id and without bytes: its type, its namespace, and JSON or nothing.
pub(super) fn bare(kind: u64, namespace: &str, json: &str) -> Binary {
    packet(kind, namespace, None, json, &[])
}

fn message<T>(
    kind: u64,
    namespace: &str,
    id: Option<u64>,
    name: Option<&str>,
    data: &T,
) -> Result<Binary, EncodeError>
where
    T: Serialize + ?Sized,
{
    let (json, attachments) = encode::array(String::new(), name, data, Places::Apart)?;
    Ok(packet(kind, namespace, id, &json, &attachments))
}

fn packet(
    kind: u64,
    namespace: &str,
    id: Option<u64>,
    json: &str,
    attachments: &[Bytes],
) -> Binary {
    let mut out = Vec::with_capacity(128);
    write::map(&mut out, 2 + usize::from(id.is_some()) + usize::from(!json.is_empty()));
    write::text(&mut out, "type");
    write::unsigned(&mut out, kind);
    write::text(&mut out, "nsp");
    write::text(&mut out, namespace);
    if let Some(id) = id {
        write::text(&mut out, "id");
        write::unsigned(&mut out, id);
    }
    // Last of all, so that an argument can be added to them.
    if !json.is_empty() {
        write::text(&mut out, "data");
    }
    let data = out.len();
    write::json(&mut out, json, attachments);
    Binary { bytes: out.into(), data }
}

/// The same event with one more argument at the end, a string.
pub(super) fn append(event: &Binary, argument: &str) -> Binary {
    let (head, data) = event.bytes.split_at(event.data);
    let mut reader = Reader::new(data);
    let Ok(Item::Array(elements)) = reader.item() else { return event.clone() };
    let (_, elements_before) = data.split_at(data.len() - reader.left());

    let mut out = Vec::with_capacity(event.bytes.len() + argument.len() + 8);
    out.extend(head);
    write::array(&mut out, elements + 1);
    out.extend(elements_before);
    write::text(&mut out, argument);
    Binary { bytes: out.into(), data: event.data }
}

/// Why some bytes are not a packet.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum DecodeError {
    /// They are MessagePack, and say what no packet says.
    Packet(PacketError),
    /// They end before the packet does.
    Truncated,
    /// They go on after its end.
    TrailingBytes {
        /// How many there are.
        found: usize,
    },
    /// The byte `c1`, which means nothing.
    ReservedByte,
    /// Something else than a map.
    NotAMap,
    /// A key that is neither text nor a whole number.
    BadKey,
    /// A `type` that is missing, or is none of the five.
    UnknownType,
    /// An `nsp` that is missing, or is no text.
    NoNamespace,
    /// An `id` that is no whole number from 0.
    BadId,
    /// Arrays, maps and the places of bytes nested deeper than [`MAX_DEPTH`].
    TooDeep,
    /// Attachments that are too long together.
    TooManyBytes {
        /// How long they are so far.
        found: usize,
        /// How long they may be.
        max: usize,
    },
    /// Bytes in the data of a packet that only has JSON.
    BytesInConnect,
    /// Bytes, and beside them a map that reads like the place of some.
    ///
    /// Not in the reference, which does not put one in the place of the other here. Whoever
    /// reads or relays these data as JSON would.
    Lookalike,
}

impl From<PacketError> for DecodeError {
    fn from(error: PacketError) -> Self {
        Self::Packet(error)
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Packet(error) => write!(f, "{error}"),
            Self::Truncated => write!(f, "MessagePack that ends too early"),
            Self::TrailingBytes { found } => {
                write!(f, "packet with {found} more bytes after its end, expected none")
            }
            Self::ReservedByte => write!(f, "byte c1, which means nothing in MessagePack"),
            Self::NotAMap => write!(f, "MessagePack of something else, expected a map"),
            Self::BadKey => write!(f, "key that is neither text nor a whole number"),
            Self::UnknownType => write!(f, "packet of unknown type, expected 0 to 4"),
            Self::NoNamespace => write!(f, "packet without a namespace, expected text as \"nsp\""),
            Self::BadId => {
                write!(f, "acknowledgement id that is no whole number from 0 to {MAX_ACK_ID}")
            }
            Self::TooDeep => write!(f, "data nested deeper than {MAX_DEPTH} levels"),
            Self::TooManyBytes { found, max } => {
                write!(f, "attachments of {found} bytes in one packet, expected at most {max}")
            }
            Self::BytesInConnect => {
                write!(f, "bytes in the data of a connect packet, expected none")
            }
            Self::Lookalike => {
                write!(f, "a map that reads like a placeholder in a packet with bytes")
            }
        }
    }
}

impl std::error::Error for DecodeError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Packet(error) => Some(error),
            _ => None,
        }
    }
}
