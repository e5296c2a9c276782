//! What holds for any packet: what is sent arrives, and what a client sends does no harm.
//!
//! `proptest` makes up the packets. Each property can fail: a codec that loses an
//! attachment, or reads one byte too far, is found out within a few cases.

use bytes::Bytes;
use bytestring::ByteString;
use proptest::prelude::*;
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;

use sockrates::engineio::packet::Frame;
use sockrates::socketio::args::Args;
use sockrates::socketio::assemble::{Assembler, Step};
use sockrates::socketio::audience::Audience;
use sockrates::socketio::decode::{Decoded, decode};
use sockrates::socketio::encode::{self, Text};
use sockrates::socketio::msgpack;
use sockrates::socketio::packet::{Body, MAX_ACK_ID, MAX_ATTACHMENTS, Packet, RESERVED_EVENTS};
use sockrates::socketio::parser::Parser;
use sockrates::socketio::rooms::Rooms;

/// JSON with bytes in it.
#[derive(Clone, Debug)]
enum Data {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    Binary(Vec<u8>),
    List(Vec<Data>),
    Object(Vec<(String, Data)>),
}

impl Serialize for Data {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_none(),
            Self::Bool(value) => value.serialize(serializer),
            Self::Int(value) => value.serialize(serializer),
            Self::Float(value) => value.serialize(serializer),
            Self::Text(value) => value.serialize(serializer),
            Self::Binary(value) => serializer.serialize_bytes(value),
            Self::List(values) => values.serialize(serializer),
            Self::Object(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                for (key, value) in entries {
                    map.serialize_entry(key, value)?;
                }
                map.end()
            }
        }
    }
}

impl Data {
    /// The bytes in it, from left to right.
    fn binaries<'a>(&'a self, found: &mut Vec<&'a [u8]>) {
        match self {
            Self::Binary(bytes) => found.push(bytes),
            Self::List(values) => values.iter().for_each(|value| value.binaries(found)),
            Self::Object(entries) => entries.iter().for_each(|(_, value)| value.binaries(found)),
            _ => {}
        }
    }

    /// The same as plain JSON, with placeholders numbered from `next`.
    fn plain(&self, next: &mut usize) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => (*value).into(),
            Self::Int(value) => (*value).into(),
            Self::Float(value) => (*value).into(),
            Self::Text(value) => value.as_str().into(),
            Self::Binary(_) => {
                *next += 1;
                serde_json::json!({"_placeholder": true, "num": *next - 1})
            }
            Self::List(values) => values.iter().map(|value| value.plain(next)).collect(),
            Self::Object(entries) => {
                entries.iter().map(|(key, value)| (key.clone(), value.plain(next))).collect()
            }
        }
    }
}

fn data() -> impl Strategy<Value = Data> {
    let leaf = prop_oneof![
        Just(Data::Null),
        any::<bool>().prop_map(Data::Bool),
        any::<i64>().prop_map(Data::Int),
        // Eighths: serde_json reads other fractions with the last bit off at times.
        any::<i32>().prop_map(|number| Data::Float(f64::from(number) / 8.0)),
        any::<String>().prop_map(Data::Text),
        prop::collection::vec(any::<u8>(), 0..20).prop_map(Data::Binary),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Data::List),
            prop::collection::btree_map(any::<String>(), inner, 0..4)
                .prop_map(|entries| Data::Object(entries.into_iter().collect())),
        ]
    })
}

fn namespace() -> impl Strategy<Value = String> {
    prop_oneof![Just("/".to_owned()), "/[^,\u{1e}]{1,8}"]
}

fn name() -> impl Strategy<Value = String> {
    any::<String>().prop_filter("reserved", |name| !RESERVED_EVENTS.contains(&name.as_str()))
}

/// What the other side makes of it: all that arrives, in order.
fn receive(encoded: &Text) -> Decoded {
    let head = encoded.head.strip_prefix('4').expect("the type of an Engine.IO message");
    let Decoded { packet, attachments } = decode(&head.into(), MAX_ATTACHMENTS).unwrap();
    assert_eq!(attachments, encoded.attachments.len());
    Decoded { packet, attachments }
}

/// Goes through the assembler as attachments do that arrive one by one.
fn complete(args: Args, encoded: &Text) -> Args {
    let mut step = Assembler::start(args, encoded.attachments.len());
    for attachment in &encoded.attachments {
        let Step::More(assembler) = step else { panic!("does not wait for {attachment:?}") };
        step = assembler.attach(attachment.clone(), 1_000_000).unwrap();
    }
    let Step::Done(args, attachments) = step else { panic!("waits for more") };
    args.complete(attachments).unwrap()
}

/// What is left of a number in MessagePack: JavaScript does not tell `1.0` from `1`.
fn spoken(value: Value) -> Value {
    match value {
        Value::Number(number) => match number.as_f64() {
            Some(float) if number.is_f64() && float.fract() == 0.0 => (float as i64).into(),
            _ => Value::Number(number),
        },
        Value::Array(values) => values.into_iter().map(spoken).collect(),
        Value::Object(entries) => {
            entries.into_iter().map(|(key, value)| (key, spoken(value))).collect()
        }
        other => other,
    }
}

/// That these arguments are what was sent.
fn assert_received(args: &Args, sent: &[Data]) {
    assert_heard(args, sent, |value| value);
}

fn assert_heard(args: &Args, sent: &[Data], spoken: fn(Value) -> Value) {
    let mut next = 0;
    let plain: Vec<Value> = sent.iter().map(|value| spoken(value.plain(&mut next))).collect();
    let found: Vec<Value> =
        args.raw().iter().map(|raw| serde_json::from_str(raw.get()).unwrap()).collect();
    assert_eq!(found, plain);

    let mut binaries = Vec::new();
    sent.iter().for_each(|value| value.binaries(&mut binaries));
    assert_eq!(args.attachments(), binaries);

    // One argument alone is read by its type.
    if let [Data::Binary(bytes), ..] = sent {
        assert_eq!(args.parse::<Bytes>().unwrap(), bytes);
        assert_eq!(args.parse::<(Option<Bytes>,)>().unwrap().0.unwrap(), bytes);
    }
    let first: Option<Value> = args.parse().unwrap();
    assert_eq!(first.unwrap_or_default(), plain.first().cloned().unwrap_or_default());
}

/// Several arguments, though their number is known only at run time.
struct Several<'a>(&'a [Data]);

impl Serialize for Several<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeTuple;
        let mut tuple = serializer.serialize_tuple(self.0.len())?;
        for value in self.0 {
            tuple.serialize_element(value)?;
        }
        tuple.end()
    }
}

fn few_binaries(sent: &[Data]) -> bool {
    let mut binaries = Vec::new();
    sent.iter().for_each(|value| value.binaries(&mut binaries));
    binaries.len() <= MAX_ATTACHMENTS
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// An event arrives with its namespace, id, name, arguments and attachments; sent on,
    /// it arrives again.
    #[test]
    fn events_arrive_as_they_were_sent(
        namespace in namespace(),
        id in prop::option::of(0..=MAX_ACK_ID),
        name in name(),
        sent in prop::collection::vec(data(), 0..4),
    ) {
        prop_assume!(few_binaries(&sent));
        let encoded = encode::event(&namespace, id, &name, &Several(&sent)).unwrap();
        let packet = receive(&encoded).packet;
        prop_assert_eq!(&packet.namespace, &namespace);
        let Body::Event { id: found, event } = packet.body else { panic!("not an event") };
        prop_assert_eq!((found, &event.name), (id, &ByteString::from(name.as_str())));
        let args = complete(event.args, &encoded);
        assert_received(&args, &sent);

        let relayed = encode::ack("/", 7, &args).unwrap();
        prop_assert_eq!(&relayed.attachments, &encoded.attachments);
        let Body::Ack { id: 7, args } = receive(&relayed).packet.body else { panic!("no ack 7") };
        assert_received(&complete(args, &relayed), &sent);
    }

    /// The same in MessagePack, and one argument more if it is added.
    #[test]
    fn events_arrive_in_messagepack_as_they_were_sent(
        namespace in namespace(),
        id in prop::option::of(0..=MAX_ACK_ID),
        name in name(),
        sent in prop::collection::vec(data(), 0..4),
        offset in any::<String>(),
    ) {
        prop_assume!(few_binaries(&sent));
        let parser = Parser::MessagePack;
        let encoded = parser.event(&namespace, id, &name, &Several(&sent)).unwrap();
        let frames: Vec<Frame> = encoded.clone().frames().collect();
        let [Frame::Binary(message)] = &frames[..] else { panic!("not one message of bytes") };
        let (packet, attachments) = msgpack::decode(message, msgpack::Limits::NONE).unwrap();
        prop_assert_eq!(&packet.namespace, &namespace);
        let Body::Event { id: found, event } = packet.body else { panic!("not an event") };
        prop_assert_eq!((found, &event.name), (id, &ByteString::from(name.as_str())));
        let args = event.args.complete(attachments).unwrap();
        assert_heard(&args, &sent, spoken);

        let relayed = parser.event("/", None, "relayed", &args).unwrap().event().unwrap().1;
        assert_heard(&relayed, &sent, spoken);

        let more = encoded.append(&offset).event().unwrap().1;
        prop_assert_eq!(more.len(), sent.len() + 1);
        let last: String = serde_json::from_str(more.raw().last().unwrap().get()).unwrap();
        prop_assert_eq!(last, offset);
    }

    /// Whatever bytes come, they are a packet that holds together, or are refused.
    #[test]
    fn any_bytes_are_a_packet_or_are_refused(
        mut bytes in prop::collection::vec(any::<u8>(), 0..60),
        sent in data(),
        at in any::<prop::sample::Index>(),
    ) {
        let limits = msgpack::Limits { attachments: 10, attachment_bytes: 1000 };
        let _ = msgpack::decode(&bytes.clone().into(), limits);
        prop_assume!(few_binaries(std::slice::from_ref(&sent)));
        // A packet with some other bytes in it.
        let encoded = Parser::MessagePack.ack("/", 1, &sent).unwrap();
        let Some(Frame::Binary(message)) = encoded.frames().next() else { panic!("no bytes") };
        let mut message = message.to_vec();
        let at = at.index(message.len());
        bytes.truncate(3);
        message.splice(at..(at + bytes.len()).min(message.len()), bytes);
        if let Ok((Packet { body: Body::Ack { args, .. }, .. }, attachments)) =
            msgpack::decode(&message.into(), limits)
        {
            serde_json::from_str::<serde::de::IgnoredAny>(args.json()).unwrap();
            args.complete(attachments).unwrap();
        }
    }

    /// A single value that is no tuple is a single argument.
    #[test]
    fn answers_arrive_as_they_were_sent(id in 0..=MAX_ACK_ID, sent in data()) {
        prop_assume!(few_binaries(std::slice::from_ref(&sent)));
        let encoded = encode::ack("/admin", id, &sent).unwrap();
        let packet = receive(&encoded).packet;
        prop_assert_eq!(&packet.namespace, "/admin");
        let Body::Ack { id: found, args } = packet.body else { panic!("not an ack") };
        prop_assert_eq!(found, id);
        assert_received(&complete(args, &encoded), &[sent]);
    }

    /// Whatever comes, it is a packet that holds together, or it is refused.
    #[test]
    fn any_text_is_a_packet_or_is_refused(text in any::<String>()) {
        examine(&text);
    }

    /// The same for text that is nearly right.
    #[test]
    fn nearly_any_packet_is_a_packet_or_is_refused(
        head in "[0-6][0-9]{0,2}-?(/[a-z]{0,3},?)?[0-9]{0,3}",
        data in r#"(\[|\{|"a"|,|:|1|\]|\}|\{"_placeholder":true,"num":[0-9]\}){0,9}"#,
    ) {
        examine(&(head + &data));
    }

    /// Rooms agree with a list of pairs, which is all they mean.
    #[test]
    fn rooms_and_audiences_agree_with_a_list_of_pairs(
        steps in prop::collection::vec((0..4u8, 0..5u8, "[abc]"), 0..40),
        to in prop::collection::vec("[abcd]", 0..3),
        except in prop::collection::vec("[abcd]", 0..3),
    ) {
        let mut rooms = Rooms::default();
        let mut pairs: Vec<(u8, String)> = Vec::new();
        for (action, socket, room) in steps {
            let pair = (socket, room.clone());
            let inside = pairs.contains(&pair);
            match action {
                0 | 1 => {
                    prop_assert_eq!(rooms.join(socket, &room), !inside);
                    if !inside {
                        pairs.push(pair);
                    }
                }
                2 => {
                    prop_assert_eq!(rooms.leave(&socket, &room), inside);
                    pairs.retain(|other| *other != pair);
                }
                _ => {
                    let mut left: Vec<_> =
                        rooms.leave_all(&socket).iter().map(|room| room.to_string()).collect();
                    left.sort();
                    let mut expected: Vec<_> =
                        take(&mut pairs, socket).into_iter().map(|(_, room)| room).collect();
                    expected.sort();
                    prop_assert_eq!(left, expected);
                }
            }
            rooms.assert_consistent();
            prop_assert_eq!(rooms.is_empty(), pairs.is_empty());
        }

        let is_in = |socket: u8, room: &String| pairs.contains(&(socket, room.clone()));
        let expected: Vec<u8> = (0..5)
            .filter(|socket| to.is_empty() || to.iter().any(|room| is_in(*socket, room)))
            .filter(|socket| !except.iter().any(|room| is_in(*socket, room)))
            .collect();
        let audience = to.iter().fold(Audience::default(), Audience::to);
        let audience = except.iter().fold(audience, Audience::except);
        let mut found = audience.recipients(&rooms, 0..5);
        found.sort_unstable();
        prop_assert_eq!(found, expected);
    }
}

/// Takes the pairs of one socket out of the list.
fn take(pairs: &mut Vec<(u8, String)>, socket: u8) -> Vec<(u8, String)> {
    let (taken, kept) = pairs.drain(..).partition(|(other, _)| *other == socket);
    *pairs = kept;
    taken
}

/// Decodes, and if there is a packet, uses all of it.
fn examine(text: &str) {
    let Ok(Decoded { packet, attachments }) = decode(&text.into(), MAX_ATTACHMENTS) else { return };
    assert!(attachments <= MAX_ATTACHMENTS);
    assert!(packet.namespace.starts_with('/'), "{text:?}");
    let (named, args) = match packet.body {
        Body::Event { event, .. } => {
            assert!(!RESERVED_EVENTS.contains(&&*event.name), "{text:?}");
            (1, event.args)
        }
        Body::Ack { id, args } => {
            assert!(id <= MAX_ACK_ID, "{text:?}");
            (0, args)
        }
        Body::Connect { auth: Some(data) } => {
            assert!(data.starts_with('{'), "{text:?}");
            return;
        }
        Body::Connect { .. } | Body::Disconnect | Body::ConnectError { .. } => return,
    };
    assert_eq!(args.raw().len(), args.len(), "{text:?}");
    let elements: Vec<&serde_json::value::RawValue> = serde_json::from_str(args.json()).unwrap();
    assert_eq!(elements.len(), args.len() + named, "{text:?}");
    args.parse::<()>().unwrap();

    let bytes = vec![Bytes::from_static(b"x"); attachments];
    let Ok(args) = args.complete(bytes) else { return };
    let _ = args.parse::<Option<Bytes>>();
    let _ = args.parse::<(Option<Value>, Option<Bytes>)>();
    // Placeholders that repeat an attachment can make too many of few; nothing else fails.
    match encode::event("/", None, "relayed", &args) {
        Ok(relayed) => drop(receive(&relayed)),
        Err(error) => {
            assert!(error.to_string().contains("expected at most 10"), "{text:?}: {error}");
        }
    }
}

const VALID: &[&str] = &[
    "0",
    r#"0/admin,{"token":"123","n":[1,{"a":null}]}"#,
    "1/admin,",
    r#"2["foo"]"#,
    r#"2/admin,12["f\u00e9\"o",-1.5e3,{"é":"😀"},[[]],true]"#,
    r#"3/admin,13["bar","\ud83d"]"#,
    r#"4{"message":"Not authorized"}"#,
    r#"52-/admin,["baz",{"_placeholder":true,"num":0},{"a":[{"_placeholder":true,"num":1}]}]"#,
    r#"61-15["bar",{"_placeholder":true,"num":0}]"#,
];

/// [SIO5-EVENT-1] "The payload is mandatory and MUST be a non-empty array."
///
/// [SIO5-ACK-3] "The payload is mandatory and MUST be an array (possibly empty)."
#[test]
fn events_need_a_name_and_answers_an_array() {
    let accepted = |text: &str| decode(&text.into(), MAX_ATTACHMENTS).is_ok();
    for payload in ["", "{}", "null", r#""a""#, "1"] {
        assert!(!accepted(&format!("2/n,{payload}")), "event with {payload:?}");
        assert!(!accepted(&format!("3/n,1{payload}")), "answer with {payload:?}");
    }
    assert!(!accepted("2[]") && accepted(r#"2["a"]"#));
    assert!(accepted("31[]") && accepted("31[1]"));
}

/// [SIO5-ACK-1] "The sender MAY include an event ID in order to request an acknowledgement
/// from the receiver."
#[test]
fn an_event_may_have_an_id() {
    for id in [None, Some(0), Some(12), Some(MAX_ACK_ID)] {
        let sent = encode::event("/", id, "a", &()).unwrap();
        let Body::Event { id: found, .. } = receive(&sent).packet.body else { panic!("no event") };
        assert_eq!(found, id);
    }
}

#[test]
fn every_prefix_of_a_packet_is_a_packet_or_is_refused() {
    for text in VALID {
        examine(text);
        for (end, _) in text.char_indices() {
            examine(&text[..end]);
        }
    }
}

#[test]
fn every_change_of_one_byte_is_a_packet_or_is_refused() {
    for text in VALID {
        for position in 0..text.len() {
            for byte in 0..=u8::MAX {
                let mut changed = text.as_bytes().to_vec();
                changed[position] = byte;
                // What is not UTF-8 never gets this far.
                if let Ok(changed) = String::from_utf8(changed) {
                    examine(&changed);
                }
            }
        }
    }
}

/// On a small stack, where recursion would show; each within the time of a test.
#[test]
fn size_and_depth_are_bounded_by_the_text() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let objects = format!("{}1{}", r#"{"a":"#.repeat(100_000), "}".repeat(100_000));
    let zeros = format!("[0{}]", ",0".repeat(1_000_000));
    let placeholders = vec![r#"{"_placeholder":true,"num":0}"#; 30_000].join(",");
    let texts = [
        format!(r#"2["a",{deep}]"#),
        format!(r#"51-["a",{deep}]"#),
        format!(r#"2["a",{objects}]"#),
        format!(r#"61-1[{objects}]"#),
        format!(r#"2["a",{zeros}]"#),
        format!(r#"2["a"{}]"#, ",0".repeat(1_000_000)),
        format!(r#"51-["a",{zeros}]"#),
        format!(r#"51-["a",{placeholders}]"#),
        format!(r#"2["{}"]"#, "k".repeat(1_000_000)),
        format!(r#"2["{}"]"#, r"\u0000".repeat(200_000)),
        format!(r#"0{}"#, objects),
        format!("2{}", "[".repeat(1_000_000)),
        format!("2{}", "1".repeat(1_000_000)),
        format!("5{}", "1".repeat(1_000_000)),
        format!("2/{}", "n".repeat(1_000_000)),
    ];
    let small = std::thread::Builder::new().stack_size(512 * 1024);
    let worker = small.spawn(move || texts.iter().for_each(|text| examine(text))).unwrap();
    worker.join().expect("every text was examined");
}
