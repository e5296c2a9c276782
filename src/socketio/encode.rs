//! Encoding: from what an application says to the text of an Engine.IO message.
//!
//! ```text
//!   451-/admin,7["baz",{"_placeholder":true,"num":0}]      + <01 02 03 04>
//!   │││└┤└─────┤│└─────────────────────────────────── data: name and arguments, as JSON
//!   │││ │      │└──────────────────────────────────── acknowledgement id
//!   │││ │      └───────────────────────────────────── namespace; nothing for "/"
//!   │││ └──────────────────────────────────────────── attachments; nothing for none
//!   ││└ (the count)
//!   │└─────────────────────────────────────────────── Socket.IO packet type
//!   └──────────────────────────────────────────────── Engine.IO packet type: message
//! ```
//!
//! A packet is encoded once, whoever and however many it goes to, and with the type of
//! the Engine.IO packet already in front: "the encoded result will be prefixed by the
//! character "4" when sent over the wire". The lower layer then has nothing to add.
//!
//! Data is written by serde_json in one pass. Bytes, at any depth, are taken out on the
//! way: a placeholder is written in their place. A tuple is written as several arguments,
//! see the table in [`args`](super::args).
//!
//! Core file. Spec: Socket.IO v5, ["Packet encoding"].
//!
//! ["Packet encoding"]: https://github.com/socketio/socket.io-protocol#packet-encoding

use std::cell::Cell;
use std::fmt::{self, Write as _};
use std::io;

use bytes::Bytes;
use bytestring::ByteString;
use serde::Serialize;
use serde::ser::{Error as _, SerializeSeq, Serializer as _};
use serde_json::Value;
use serde_json::ser::{Formatter, Serializer};
use serde_json::value::RawValue;

use super::args::Args;
use super::packet::{MAIN_NAMESPACE, MAX_ATTACHMENTS, reserved_event};
use super::spread::spread;

/// A packet ready to be sent as text: one message of it, then its attachments in order, with
/// nothing between them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Text {
    /// The text, from the `4` of the Engine.IO message on.
    pub head: ByteString,
    /// What follows it, each in a message of its own; nothing in most packets.
    pub attachments: Vec<Bytes>,
}

/// Says that the client is in the namespace now: `40/admin,{"sid":"…"}`. With `pid` it also says
/// by which secret the client may come [back](super::recovery).
pub fn connect(namespace: &str, sid: &str, pid: Option<&str>) -> Text {
    let sid = Value::from(sid);
    match pid.map(Value::from) {
        None => bare('0', namespace, format_args!(r#"{{"sid":{sid}}}"#)),
        Some(pid) => bare('0', namespace, format_args!(r#"{{"sid":{sid},"pid":{pid}}}"#)),
    }
}

/// Says that it may not enter: `44/admin,{"message":"…"}`.
///
/// Data of the application's choosing goes into the same object, as `data`.
pub fn connect_error(namespace: &str, message: &str, data: Option<&RawValue>) -> Text {
    let message = Value::from(message);
    match data {
        None => bare('4', namespace, format_args!(r#"{{"message":{message}}}"#)),
        Some(data) => {
            bare('4', namespace, format_args!(r#"{{"message":{message},"data":{data}}}"#))
        }
    }
}

/// Says that the client is out of the namespace: `41/admin,`.
pub fn disconnect(namespace: &str) -> Text {
    bare('1', namespace, "")
}

/// Says that something happened: `42["name",…]`, with an id if an answer is wanted.
///
/// ```
/// use sockrates::socketio::encode::event;
///
/// assert_eq!(event("/", None, "echo", "x")?.head, r#"42["echo","x"]"#);
/// assert_eq!(event("/admin", Some(12), "add", &(1, 2))?.head, r#"42/admin,12["add",1,2]"#);
/// # Ok::<(), sockrates::socketio::encode::EncodeError>(())
/// ```
pub fn event<T>(namespace: &str, id: Option<u64>, name: &str, data: &T) -> Result<Text, EncodeError>
where
    T: Serialize + ?Sized,
{
    if let Some(name) = reserved_event(name) {
        return Err(EncodeError::ReservedEvent(name));
    }
    message(Kind { text: '2', binary: '5' }, namespace, id, Some(name), data)
}

/// Answers the event that had this id: `43<id>[…]`.
pub fn ack<T>(namespace: &str, id: u64, data: &T) -> Result<Text, EncodeError>
where
    T: Serialize + ?Sized,
{
    message(Kind { text: '3', binary: '6' }, namespace, Some(id), None, data)
}

/// An event with arguments that came from a client: their text and their attachments go out as
/// they came in, and nothing is read, copied or numbered anew.
///
/// ```
/// use sockrates::socketio::decode::decode;
/// use sockrates::socketio::encode::relay;
/// use sockrates::socketio::packet::Body;
///
/// let came = decode(&r#"2["move",1.0,"\ud83d"]"#.into(), 0)?.packet;
/// let Body::Event { event, .. } = came.body else { unreachable!() };
/// assert_eq!(relay("/", "moved", &event.args)?.head, r#"42["moved",1.0,"\ud83d"]"#);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// When it can not be sent: see [`event`].
pub fn relay(namespace: &str, name: &str, args: &Args) -> Result<Text, EncodeError> {
    if let Some(name) = reserved_event(name) {
        return Err(EncodeError::ReservedEvent(name));
    }
    relayed(Kind { text: '2', binary: '5' }, namespace, None, Some(name), args)
}

/// The same for an answer.
///
/// # Errors
/// When it can not be sent: see [`ack`].
pub fn relay_ack(namespace: &str, id: u64, args: &Args) -> Result<Text, EncodeError> {
    relayed(Kind { text: '3', binary: '6' }, namespace, Some(id), None, args)
}

fn relayed(
    kind: Kind,
    namespace: &str,
    id: Option<u64>,
    name: Option<&str>,
    args: &Args,
) -> Result<Text, EncodeError> {
    let (attachments, listed) = (args.attachments().to_vec(), args.listed());
    let mut head = scratch();
    begin(&mut head, kind.text, namespace, id);
    head.push('[');
    match name {
        // Which is how nearly all are written.
        Some(name) if is_plain(name) => head.extend(["\"", name, "\""]),
        Some(name) => head.push_str(&serde_json::to_string(name)?),
        None => {}
    }
    if name.is_some() && !listed.is_empty() {
        head.push(',');
    }
    head.extend([listed, "]"]);
    text(kind, head, attachments)
}

/// Whether a JSON string says this with the same letters.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\')
}

/// A packet without an id and without attachments: its type, its namespace, and JSON or nothing.
pub(super) fn bare(kind: char, namespace: &str, json: impl fmt::Display) -> Text {
    let mut head = beginning(kind, namespace, None);
    head.push_str(&json.to_string());
    Text { head: head.into(), attachments: Vec::new() }
}

/// The two types on the wire of one packet: without attachments, and with.
struct Kind {
    text: char,
    binary: char,
}

fn message<T>(
    kind: Kind,
    namespace: &str,
    id: Option<u64>,
    name: Option<&str>,
    data: &T,
) -> Result<Text, EncodeError>
where
    T: Serialize + ?Sized,
{
    let mut head = scratch();
    begin(&mut head, kind.text, namespace, id);
    let (head, attachments) = array(head, name, data, Places::Marked)?;
    text(kind, head, attachments)
}

/// The packet, once its text was written.
fn text(kind: Kind, mut head: String, attachments: Vec<Bytes>) -> Result<Text, EncodeError> {
    let found = attachments.len();
    if found > MAX_ATTACHMENTS {
        return Err(EncodeError::TooManyAttachments { found });
    }
    if found > 0 {
        // Only now is it known that it was a binary packet, and of how many.
        head.replace_range(1..2, &format!("{}{found}-", kind.binary));
    }
    // What waits for a client takes the memory that it needs, and was asked for once.
    let text = Text { head: head.as_str().into(), attachments };
    if head.capacity() <= MAX_SCRATCH {
        SCRATCH.set(head);
    }
    Ok(text)
}

/// Bytes of the buffer that a thread keeps to write packets in.
const MAX_SCRATCH: usize = 64 << 10;

thread_local! {
    static SCRATCH: Cell<String> = const { Cell::new(String::new()) };
}

/// The buffer of this thread. Whoever writes a packet while it writes a packet gets a new one.
fn scratch() -> String {
    let mut text = SCRATCH.take();
    text.clear();
    text
}

/// Writes name and arguments as an array behind `text`, and takes the bytes out.
pub(super) fn array<T>(
    text: String,
    name: Option<&str>,
    data: &T,
    places: Places,
) -> Result<(String, Vec<Bytes>), EncodeError>
where
    T: Serialize + ?Sized,
{
    let mut text = text.into_bytes();
    let mut extracted = Extracted::default();
    let mut json = Serializer::with_formatter(&mut text, Extract(&mut extracted, places));

    let mut array = json.serialize_seq(None)?;
    if let Some(name) = name {
        array.serialize_element(name)?;
    }
    spread(data, &mut array)?;
    array.end()?;

    if extracted.count > MAX_ATTACHMENTS {
        return Err(EncodeError::TooManyAttachments { found: extracted.count });
    }
    let text = String::from_utf8(text).map_err(serde_json::Error::custom)?;
    Ok((text, extracted.attachments))
}

/// What is written in the place of bytes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Places {
    /// `{"_placeholder":true,"num":0}`, which data might hold as well.
    Marked,
    /// `<0>`, which is no JSON, and so is nothing that data hold.
    Apart,
}

/// The type of a packet without an id, and its data, if there are any.
pub(super) fn parts<'a>(namespace: &str, packet: &'a Text) -> (u64, &'a str) {
    let kind = packet.head.get(1..2).and_then(|kind| kind.parse().ok());
    let data = packet.head.get(beginning(' ', namespace, None).len()..);
    (kind.unwrap_or_default(), data.unwrap_or_default())
}

/// The same event with one more argument at the end, a string.
pub(super) fn append(event: &Text, argument: &str) -> Text {
    let Some(head) = event.head.strip_suffix(']') else { return event.clone() };
    let head = format!("{head},{}]", Value::from(argument));
    Text { head: head.into(), attachments: event.attachments.clone() }
}

/// All in front of the data; with room for a small packet's.
fn beginning(kind: char, namespace: &str, id: Option<u64>) -> String {
    let mut text = String::with_capacity(128);
    begin(&mut text, kind, namespace, id);
    text
}

fn begin(text: &mut String, kind: char, namespace: &str, id: Option<u64>) {
    text.extend(['4', kind]);
    // "The namespace is only included if it is different from the main namespace."
    if namespace != MAIN_NAMESPACE {
        text.extend([namespace, ","]);
    }
    if let Some(id) = id {
        // Text takes all that is written into it.
        let _ = write!(text, "{id}");
    }
}

/// Bytes that were taken out of the data.
#[derive(Default)]
struct Extracted {
    attachments: Vec<Bytes>,
    /// As many as there were; those beyond [`MAX_ATTACHMENTS`] are not kept.
    count: usize,
}

/// Compact JSON, except that bytes are not written but taken out.
struct Extract<'a>(&'a mut Extracted, Places);

impl Formatter for Extract<'_> {
    fn write_byte_array<W>(&mut self, writer: &mut W, bytes: &[u8]) -> io::Result<()>
    where
        W: ?Sized + io::Write,
    {
        let num = self.0.count;
        self.0.count += 1;
        if num < MAX_ATTACHMENTS {
            self.0.attachments.push(Bytes::copy_from_slice(bytes));
        }
        match self.1 {
            Places::Marked => write!(writer, r#"{{"_placeholder":true,"num":{num}}}"#),
            Places::Apart => write!(writer, "<{num}>"),
        }
    }
}

/// Why something cannot be sent.
#[derive(Debug)]
#[non_exhaustive]
pub enum EncodeError {
    /// The event has one of the [`RESERVED_EVENTS`](super::packet::RESERVED_EVENTS).
    ReservedEvent(&'static str),
    /// There are more bytes in the data than clients take attachments.
    TooManyAttachments {
        /// How many there are.
        found: usize,
    },
    /// The data cannot be written as JSON, for one because a key is not a string.
    NotJson(serde_json::Error),
}

impl From<serde_json::Error> for EncodeError {
    fn from(error: serde_json::Error) -> Self {
        Self::NotJson(error)
    }
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ReservedEvent(name) => write!(f, "event named {name:?}, which is reserved"),
            Self::TooManyAttachments { found } => {
                write!(f, "data with {found} attachments, expected at most {MAX_ATTACHMENTS}")
            }
            Self::NotJson(error) => write!(f, "data that cannot be written as JSON: {error}"),
        }
    }
}

impl std::error::Error for EncodeError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::NotJson(error) => Some(error),
            Self::ReservedEvent(_) | Self::TooManyAttachments { .. } => None,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;

    fn bytes(bytes: &'static [u8]) -> Bytes {
        Bytes::from_static(bytes)
    }

    /// The examples of the specification, in its order, with the `4` in front.
    #[test]
    fn encodes_what_the_specification_lists() {
        assert_eq!(connect("/admin", "oSO0O", None).head, r#"40/admin,{"sid":"oSO0O"}"#);
        assert_eq!(connect("/", "oSO0O", Some("p")).head, r#"40{"sid":"oSO0O","pid":"p"}"#);
        assert_eq!(
            connect_error("/", "Not authorized", None).head,
            r#"44{"message":"Not authorized"}"#
        );
        check(event("/", None, "foo", &()), r#"42["foo"]"#, &[]);
        check(event("/admin", None, "bar", &()), r#"42/admin,["bar"]"#, &[]);
        check(
            event("/", None, "baz", &bytes(&[1, 2, 3, 4])),
            r#"451-["baz",{"_placeholder":true,"num":0}]"#,
            &[&[1, 2, 3, 4]],
        );
        check(
            event("/admin", None, "baz", &(bytes(&[1, 2]), bytes(&[3, 4]))),
            r#"452-/admin,["baz",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]"#,
            &[&[1, 2], &[3, 4]],
        );
        check(event("/", Some(12), "foo", &()), r#"4212["foo"]"#, &[]);
        check(ack("/admin", 13, "bar"), r#"43/admin,13["bar"]"#, &[]);
        check(
            ack("/", 15, &("bar", bytes(&[1, 2, 3, 4]))),
            r#"461-15["bar",{"_placeholder":true,"num":0}]"#,
            &[&[1, 2, 3, 4]],
        );
        assert_eq!(disconnect("/").head, "41");
        assert_eq!(disconnect("/admin").head, "41/admin,");
    }

    #[test]
    fn connecting_escapes_what_json_escapes() {
        assert_eq!(connect("/", "a\"b", None).head, r#"40{"sid":"a\"b"}"#);
        let data = RawValue::from_string(r#"{"b":1.0,"a":"\ud83d"}"#.to_owned()).unwrap();
        assert_eq!(
            connect_error("/é", "no\n\"way\"", Some(&data)).head,
            r#"44/é,{"message":"no\n\"way\"","data":{"b":1.0,"a":"\ud83d"}}"#
        );
    }

    #[test]
    fn a_tuple_is_the_arguments_and_anything_else_is_the_argument() {
        check(ack("/", 1, &()), "431[]", &[]);
        check(ack("/", 1, &&&mut ()), "431[]", &[]);
        check(ack("/", 1, &Value::Null), "431[null]", &[]);
        check(ack("/", 1, &&Value::Null), "431[null]", &[]);
        check(ack("/", 1, &None::<()>), "431[null]", &[]);
        check(ack("/", 1, &((),)), "431[null]", &[]);
        check(ack("/", 1, &(1,)), "431[1]", &[]);
        check(ack("/", 1, &("a", 2, [3])), r#"431["a",2,[3]]"#, &[]);
        check(ack("/", 1, &[1, 2]), "431[1,2]", &[]);
        check(ack("/", 1, &[0; 0]), "431[]", &[]);
        check(ack("/", 1, &&&(1, 2)), "431[1,2]", &[]);
        check(ack("/", 1, &((1, 2),)), "431[[1,2]]", &[]);
        check(ack("/", 1, &vec![1, 2]), "431[[1,2]]", &[]);
        check(ack("/", 1, &[1, 2][..]), "431[[1,2]]", &[]);
        check(ack("/", 1, &Some((1, 2))), "431[[1,2]]", &[]);
        check(ack("/", 1, &None::<u8>), "431[null]", &[]);
        check(ack("/", 1, &json!({"a": [null]})), r#"431[{"a":[null]}]"#, &[]);
        check(ack("/", 1, "é\u{2028}\u{1}"), "431[\"é\u{2028}\\u0001\"]", &[]);
        check(ack("/", u64::MAX, &true), "4318446744073709551615[true]", &[]);
        check(ack("/", 1, &format_args!("{}", 5)), r#"431["5"]"#, &[]);

        #[derive(Serialize)]
        struct Unit;
        #[derive(Serialize)]
        struct Pair(u8, u8);
        #[derive(Serialize)]
        enum Choice {
            Plain,
            Tuple(u8, u8),
            Fields { a: u8 },
        }
        check(ack("/", 1, &Unit), "431[null]", &[]);
        check(ack("/", 1, &Pair(1, 2)), "431[[1,2]]", &[]);
        check(ack("/", 1, &Choice::Plain), r#"431["Plain"]"#, &[]);
        check(ack("/", 1, &Choice::Tuple(1, 2)), r#"431[{"Tuple":[1,2]}]"#, &[]);
        check(ack("/", 1, &Choice::Fields { a: 1 }), r#"431[{"Fields":{"a":1}}]"#, &[]);
    }

    #[test]
    fn bytes_are_taken_out_at_any_depth() {
        let nested = BTreeMap::from([("a", vec![Some(bytes(b"x")), None]), ("b", vec![])]);
        check(
            event("/", Some(0), "bin", &nested),
            r#"451-0["bin",{"a":[{"_placeholder":true,"num":0},null],"b":[]}]"#,
            &[b"x"],
        );
        check(
            event("/", None, "bin", &bytes(b"")),
            r#"451-["bin",{"_placeholder":true,"num":0}]"#,
            &[b""],
        );
    }

    #[test]
    fn ten_attachments_are_sent_and_eleven_are_not() {
        let ten = vec![bytes(b"x"); 10];
        let encoded = event("/", None, "bin", &ten).unwrap();
        assert!(encoded.head.starts_with(r#"4510-["bin",[{"_placeholder""#), "{}", encoded.head);
        assert_eq!(encoded.attachments.len(), 10);
        refuse(
            event("/", None, "bin", &(ten, bytes(b"y"))),
            "data with 11 attachments, expected at most 10",
        );
    }

    #[test]
    fn what_cannot_be_sent_is_refused() {
        for name in super::super::packet::RESERVED_EVENTS {
            let refusal = format!("event named {name:?}, which is reserved");
            refuse(event("/", None, name, &1), &refusal);
        }
        refuse(
            event("/", None, "map", &BTreeMap::from([((1, 2), 3)])),
            "data that cannot be written as JSON: key must be a string",
        );
        refuse(
            event("/", None, "map", &(1, BTreeMap::from([((1, 2), 3)]))),
            "data that cannot be written as JSON: key must be a string",
        );
    }

    #[track_caller]
    fn check(found: Result<Text, EncodeError>, head: &str, attachments: &[&[u8]]) {
        let found = found.unwrap();
        assert_eq!(found.head, head);
        assert_eq!(found.attachments, attachments);
    }

    #[track_caller]
    fn refuse(found: Result<Text, EncodeError>, expected: &str) {
        assert_eq!(found.unwrap_err().to_string(), expected);
    }
}
