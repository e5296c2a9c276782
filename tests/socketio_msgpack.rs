//! Packets in MessagePack.
//!
//! The bytes in the tables were recorded from `socket.io-msgpack-parser` 3.0.2, unless a line
//! says that nobody sends it.

use bytes::Bytes;
use sockrates::engineio::packet::Frame;
use sockrates::socketio::args::Args;
use sockrates::socketio::encode;
use sockrates::socketio::msgpack::{Limits, decode};
use sockrates::socketio::packet::{Body, RESERVED_EVENTS};
use sockrates::socketio::parser::{Encoded, Parser};

const LIMITS: Limits = Limits { attachments: 10, attachment_bytes: 1000 };

fn bytes(hex: &str) -> Bytes {
    let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(pair).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What a packet says, in a line; attachments at its end.
fn line(packet: &Bytes) -> Result<String, String> {
    let (packet, attachments) = decode(packet, LIMITS).map_err(|error| error.to_string())?;
    let body = match packet.body {
        Body::Connect { auth } => format!("connect {}", auth.as_deref().unwrap_or("-")),
        Body::Disconnect => "disconnect".to_owned(),
        Body::Event { id, event } => {
            let id = id.map(|id| format!(" {id}")).unwrap_or_default();
            format!("event{id} {} {}", event.name, event.args.json())
        }
        Body::Ack { id, args } => format!("ack {id} {}", args.json()),
        Body::ConnectError { data } => format!("connect error {data}"),
    };
    let attachments: String = attachments.iter().map(|it| format!(" +{}", hex(it))).collect();
    Ok(format!("{} {body}{attachments}", packet.namespace))
}

#[track_caller]
fn check(packet: &str, expected: Result<&str, &str>) {
    let found = line(&bytes(packet));
    let found = found.as_deref().map_err(String::as_str);
    assert_eq!(found, expected, "{packet:.200}");
}

/// An event `e` in the main namespace, with this as its second element.
fn event_with(argument: &str) -> String {
    format!("83 a474797065 02 a36e7370 a12f a464617461 92a165 {argument}")
}

#[track_caller]
fn check_argument(argument: &str, expected: &str) {
    check(&event_with(argument), Ok(&format!(r#"/ event e ["e",{expected}"#)));
}

#[test]
fn packets_of_the_reference_client_are_read() {
    for (packet, expected) in [
        ("82a47479706500a36e7370a12f", "/ connect -"),
        ("83a47479706500a464617461d40000a36e7370a12f", "/ connect -"),
        (
            "83a47479706500a46461746181a5746f6b656ea3616263a36e7370a62f61646d696e",
            r#"/admin connect {"token":"abc"}"#,
        ),
        (
            "83a47479706500a46461746182a3736964a56f534f304fa3706964d40000a36e7370a62f61646d696e",
            r#"/admin connect {"sid":"oSO0O"}"#,
        ),
        (
            "84a47479706500a46461746180a36e7370a12fa76f7074696f6e7381a8636f6d7072657373c3",
            "/ connect {}",
        ),
        ("82a47479706501a36e7370a62f61646d696e", "/admin disconnect"),
        ("83a47479706501a36e7370a12fa464617461d40000", "/ disconnect"),
        ("83a47479706502a46461746191a3666f6fa36e7370a12f", r#"/ event foo ["foo"]"#),
        (
            "85a47479706502a46461746191a3666f6fa76f7074696f6e7381a8636f6d7072657373c3a269640c\
             a36e7370a12f",
            r#"/ event 12 foo ["foo"]"#,
        ),
        (
            "85a47479706502a46461746191a3666f6fa76f7074696f6e7381a8636f6d7072657373c3a26964d40000\
             a36e7370a12f",
            r#"/ event foo ["foo"]"#,
        ),
        ("83a47479706502a464617461920501a36e7370a12f", "/ event 5 [5,1]"),
        (
            "84a47479706503a46461746191a3626172a269640da36e7370a62f61646d696e",
            r#"/admin ack 13 ["bar"]"#,
        ),
        ("84a47479706503a46461746190a2696400a36e7370a12f", "/ ack 0 []"),
        (
            "83a47479706504a46461746181a76d657373616765ae4e6f7420617574686f72697a6564a36e7370a12f",
            r#"/ connect error {"message":"Not authorized"}"#,
        ),
        ("83a47479706504a464617461a26e6fa36e7370a12f", r#"/ connect error "no""#),
    ] {
        check(packet, Ok(expected));
    }
}

#[test]
fn values_become_what_json_makes_of_them_in_javascript() {
    for (value, expected) in [
        ("c0", "null]"),
        ("c2", "false]"),
        ("c3", "true]"),
        ("d40000", "null]"),
        ("82 a161 d40000 a162 01", r#"{"b":1}]"#),
        ("83 a161 01 a162 d40000 a163 02", r#"{"a":1,"c":2}]"#),
        ("81 a161 d40000", "{}]"),
        (
            "98 00 7f cc80 ccff cd0100 cdffff ce00010000 ceffffffff",
            "[0,127,128,255,256,65535,65536,4294967295]]",
        ),
        (
            "93 cf0000000100000000 cf0020000000000000 cfffffffffffffffff",
            "[4294967296,9007199254740992,18446744073709551615]]",
        ),
        (
            "98 ff e0 d0df d080 d1ff7f d18000 d2ffff7fff d280000000",
            "[-1,-32,-33,-128,-129,-32768,-32769,-2147483648]]",
        ),
        (
            "93 d3ffffffff7fffffff d3ffe0000000000000 d38000000000000000",
            "[-2147483649,-9007199254740992,-9223372036854775808]]",
        ),
        // Nobody sends small numbers in wide forms.
        ("94 d005 d10005 d200000005 d30000000000000005", "[5,5,5,5]]"),
        (
            "93 cb3fb999999999999a cf35c9adc5dea00000 cb3ff0000000000000",
            "[0.1,3875820019684212736,1]]",
        ),
        ("93 cb7ff8000000000000 cb7ff0000000000000 cbfff0000000000000", "[null,null,null]]"),
        (
            "94 ca3fc00000 ca3dcccccd cb444b1ae4d6e2ef50 cb8000000000000000",
            "[1.5,0.10000000149011612,1e+21,0]]",
        ),
        (
            "92 d700000000dfb7629c7b d700ffffffffffffffff",
            r#"["2000-06-13T00:00:00.123Z","1969-12-31T23:59:59.999Z"]]"#,
        ),
        ("d7007fffffffffffffff", "null]"),
        ("a4f09f9880", r#""😀"]"#),
        ("a4 22 5c 0a 01", r#""\"\\\n\u0001"]"#),
        // Nobody sends text that is not UTF-8; long text has a longer head.
        ("a3 61 ff 62", "\"a\u{fffd}b\"]"),
        ("92 d901 61 db00000001 62", r#"["a","b"]]"#),
        ("83 01 a161 ff a162 a173 c0", r#"{"1":"a","-1":"b","s":null}]"#),
        ("93 dc000101 dd0000000102 de0001a16103", r#"[[1],[2],{"a":3}]]"#),
    ] {
        check_argument(value, expected);
    }
}

#[test]
fn bytes_become_attachments_however_they_are_written() {
    let first = r#"{"_placeholder":true,"num":0}"#;
    let second = r#"{"_placeholder":true,"num":1}"#;
    check(
        "83a47479706502a46461746193a362617ac4040102030481a46465657091c40105a36e7370a12f",
        Ok(&format!(r#"/ event baz ["baz",{first},{{"deep":[{second}]}}] +01020304 +05"#)),
    );
    for bytes in ["c402 0102", "c50002 0102", "c600000002 0102", "c70200 0102", "c8000200 0102"] {
        check_argument(bytes, &format!("{first}] +0102"));
    }
    check_argument("c90000000200 0102", &format!("{first}] +0102"));
    check_argument("c400", &format!("{first}] +"));
    // Extensions of other kinds are an array of the kind and the bytes, as in the reference.
    check_argument("d405 01", &format!("[5,{first}]] +01"));
    check_argument("d6ff 01020304", &format!("[-1,{first}]] +01020304"));
    check_argument("c70105 01", &format!("[5,{first}]] +01"));
    // In browsers some bytes come as a map, which the library there makes of them.
    check_argument("82a13001a13102", r#"{"0":1,"1":2}]"#);
}

#[test]
fn attachments_are_slices_of_the_message() {
    let message = bytes(&event_with("c402 0102"));
    let (_, attachments) = decode(&message, LIMITS).unwrap();
    let found = attachments.first().unwrap().as_ptr_range();
    assert_eq!(found.end, message.as_ptr_range().end, "copied");
}

#[test]
fn attachments_are_bounded_in_number_and_together() {
    let ten = format!("9a{}", "c400".repeat(10));
    assert!(line(&bytes(&event_with(&ten))).is_ok());
    check(
        &event_with(&format!("9b{}", "c400".repeat(11))),
        Err("packet that announces too many attachments, expected at most 10"),
    );
    let of = |length: usize| format!("c5{length:04x}{}", "00".repeat(length));
    assert!(line(&bytes(&event_with(&format!("92{}{}", of(999), of(1))))).is_ok());
    check(
        &event_with(&format!("92{}{}", of(999), of(2))),
        Err("attachments of 1001 bytes in one packet, expected at most 1000"),
    );
}

#[test]
fn what_is_no_packet_is_refused_and_told_why() {
    const TRUNCATED: &str = "MessagePack that ends too early";
    const KIND: &str = "packet of unknown type, expected 0 to 4";
    const NAMESPACE: &str = "packet without a namespace, expected text as \"nsp\"";
    const NO_ARRAY: &str = "event or acknowledgement without a JSON array";
    const NO_OBJECT: &str = "data of a connect packet that is not a JSON object";
    const NO_NAME: &str = "event without a name, expected a string or a number in front";
    const ID: &str = "acknowledgement id that is no whole number from 0 to 9007199254740992";
    const TOO_LARGE: &str = "acknowledgement id too large, expected at most 9007199254740992";
    let packet = |rest: &str| format!("{rest} a36e7370 a12f");
    for (found, error) in [
        (String::new(), TRUNCATED),
        ("80".into(), KIND),
        ("90".into(), "MessagePack of something else, expected a map"),
        ("c1".into(), "byte c1, which means nothing in MessagePack"),
        ("81".into(), TRUNCATED),
        ("81a474797065".into(), TRUNCATED),
        (
            "82a47479706501a36e7370a12fc0".into(),
            "packet with 1 more bytes after its end, expected none",
        ),
        ("81a47479706501".into(), NAMESPACE),
        ("82a47479706501a36e737001".into(), NAMESPACE),
        (packet("82a47479706505"), KIND),
        (packet("82a474797065a131"), KIND),
        (packet("82a474797065ff"), KIND),
        (packet("82a474797065cb3fe0000000000000"), KIND),
        (packet("82a47479706502"), NO_ARRAY),
        (packet("83a47479706502a46461746180"), NO_ARRAY),
        (packet("83a47479706502a464617461c0"), NO_ARRAY),
        (packet("83a47479706502a46461746190"), NO_NAME),
        (packet("83a47479706502a46461746191c0"), NO_NAME),
        (packet("83a47479706502a46461746191d40000"), NO_NAME),
        (packet("83a47479706502a4646174619190"), NO_NAME),
        (packet("83a47479706502a46461746191c400"), NO_NAME),
        (packet("83a47479706503a46461746190"), "acknowledgement without the id of what it answers"),
        (packet("83a47479706503a46461746180"), NO_ARRAY),
        (packet("83a47479706500a464617461c0"), NO_OBJECT),
        (packet("83a47479706500a46461746190"), NO_OBJECT),
        (packet("83a47479706500a464617461d7000000000000000000"), NO_OBJECT),
        (packet("83a47479706504a46461746101"), NO_OBJECT),
        (packet("82a47479706504"), NO_OBJECT),
        (packet("83a47479706501a46461746180"), "disconnect packet with data, expected none"),
        (
            packet("83a47479706500a46461746181a161c400"),
            "bytes in the data of a connect packet, expected none",
        ),
        (packet("84a47479706502a46461746191a165a26964ff"), ID),
        (packet("84a47479706502a46461746191a165a26964c0"), ID),
        (packet("84a47479706502a46461746191a165a26964a131"), ID),
        (packet("84a47479706502a46461746191a165a26964cb3fe0000000000000"), ID),
        (packet("84a47479706502a46461746191a165a26964cf0020000000000001"), TOO_LARGE),
        (packet("83c0c0a47479706501"), "key that is neither text nor a whole number"),
        (event_with("81c001"), "key that is neither text nor a whole number"),
        (event_with("819001"), "key that is neither text nor a whole number"),
    ] {
        check(&found, Err(error));
    }
    // JavaScript does not tell 1.0 from 1.
    check(&packet("82a474797065cb3ff0000000000000"), Ok("/ disconnect"));
    check(
        &packet("84a47479706502a46461746191a165a26964cb4028000000000000"),
        Ok(r#"/ event 12 e ["e"]"#),
    );
}

#[test]
fn every_packet_that_is_cut_short_is_refused() {
    let whole = bytes(&event_with("96 c4020102 cb3fb999999999999a 81a161c0 d70000 a3616263 c0"));
    for length in 0..whole.len() {
        assert!(decode(&whole.slice(..length), LIMITS).is_err(), "{length}");
    }
}

/// Trap 35, for MessagePack: a length that lies costs nothing, and depth is bounded.
#[test]
fn lengths_are_not_believed_and_depth_is_bounded() {
    for head in ["ddffffffff", "dfffffffff", "dbffffffff", "c6ffffffff", "c9ffffffff00"] {
        check(&event_with(head), Err("MessagePack that ends too early"));
    }
    // The arguments are an array themselves.
    let nested = |depth: usize| event_with(&format!("{}c0", "91".repeat(depth)));
    assert!(line(&bytes(&nested(127))).is_ok());
    check(&nested(128), Err("data nested deeper than 128 levels"));
    check(&nested(1_000_000), Err("data nested deeper than 128 levels"));
    let maps = event_with(&"81a161".repeat(500_000));
    check(&maps, Err("data nested deeper than 128 levels"));
    // A million zeros are a million zeros.
    let zeros = format!("dd000f4240{}", "00".repeat(1_000_000));
    assert_eq!(line(&bytes(&event_with(&zeros))).unwrap().len(), 2_000_017);
    // Also where nobody looks at them.
    let unread = format!("81 a178 {}", "91".repeat(1_000_000));
    check(&unread, Err("data nested deeper than 128 levels"));
}

/// The place of bytes is an object in the text, and one of another extension an array around it:
/// whoever reads or relays that text goes as deep.
#[test]
fn bytes_count_as_the_levels_that_their_place_has() {
    for (inner, levels) in [("c40107", 1), ("c7010007", 1), ("d40507", 2)] {
        let nested = |depth: usize| event_with(&format!("{}{inner}", "91".repeat(depth)));
        let deepest = bytes(&nested(127 - levels));
        let (packet, attachments) = decode(&deepest, LIMITS).unwrap();
        let Body::Event { event, .. } = packet.body else { panic!("{inner}: no event") };
        assert_eq!(event.args.complete(attachments).unwrap().attachments().len(), 1, "{inner}");
        check(&nested(128 - levels), Err("data nested deeper than 128 levels"));
    }
}

#[test]
fn reserved_names_are_refused_in_both_directions() {
    for name in RESERVED_EVENTS {
        let packet = format!(
            "83 a474797065 02 a36e7370 a12f a464617461 91 {:02x}{}",
            0xa0 | name.len(),
            hex(name.as_bytes())
        );
        let refusal = format!("event named {name:?}, which is reserved");
        check(&packet, Err(&refusal));
        let sent = Parser::MessagePack.event("/", None, name, &1);
        assert_eq!(sent.unwrap_err().to_string(), refusal);
    }
}

/// In JSON the two would read the same, and whoever relays the data as JSON would make one of the
/// other.
#[test]
fn what_reads_like_a_placeholder_is_data_alone_and_refused_beside_bytes() {
    let lookalike = "82 ac5f706c616365686f6c646572 c3 a36e756d 00";
    check_argument(lookalike, r#"{"_placeholder":true,"num":0}]"#);
    let refusal = Err("a map that reads like a placeholder in a packet with bytes");
    check(&event_with(&format!("92 {lookalike} c400")), refusal);
    check(&event_with(&format!("92 c400 {lookalike}")), refusal);
    // What is not marked with `true` is none.
    let other = "82 ac5f706c616365686f6c646572 01 a36e756d 00";
    assert!(line(&bytes(&event_with(&format!("92 {other} c400")))).is_ok());
}

#[test]
fn of_a_key_that_is_there_twice_the_last_counts() {
    check(
        "85 a474797065 07 a464617461 91c400 a474797065 02 a464617461 91a165 a36e7370a12f",
        Ok(r#"/ event e ["e"]"#),
    );
}

/// What is sent, and what the reference makes of the same, with the keys in our order.
#[test]
fn packets_are_written_as_the_reference_writes_them() {
    #[track_caller]
    fn check(found: &Encoded, expected: &str) {
        let frames: Vec<Frame> = found.clone().frames().collect();
        let [Frame::Binary(found)] = &frames[..] else { panic!("not one message of bytes") };
        assert_eq!(hex(found), expected.replace(' ', ""));
    }
    let event = |namespace, id, name, data: &str| {
        let args = arguments(data);
        Parser::MessagePack.event(namespace, id, name, &args).unwrap()
    };
    let ack = |data: &str| Parser::MessagePack.ack("/", 1, &arguments(data)).unwrap();
    const ACK: &str = "84a47479706503a36e7370a12fa2696401a464617461";

    check(&event("/", None, "foo", "[]"), "83a47479706502a36e7370a12fa46461746191a3666f6f");
    check(
        &event("/admin", Some(300), "foo", r#"[{"a":[1,-1,0.5,"é",null,true,false]},[],{}]"#),
        "84a47479706502a36e7370a62f61646d696ea26964cd012ca46461746194a3666f6f81a1619701ff\
         cb3fe0000000000000a2c3a9c0c3c29080",
    );
    let binary = (Bytes::from_static(&[1, 2, 3, 4]), Deep { deep: [Bytes::new()] });
    check(
        &Parser::MessagePack.event("/", None, "baz", &binary).unwrap(),
        "83a47479706502a36e7370a12fa46461746193a362617ac4040102030481a46465657091c400",
    );
    check(
        &ack("[0,127,128,255,256,65535,65536,4294967295,4294967296,9007199254740992,-1,-32,-33,\
              -128,-129,-32768,-32769,-2147483648,-2147483649,-9007199254740992]"),
        &format!(
            "{ACK}dc0014007fcc80ccffcd0100cdffffce00010000ceffffffffcf0000000100000000\
             cf0020000000000000ffe0d0dfd080d1ff7fd18000d2ffff7fffd280000000d3ffffffff7fffffff\
             d3ffe0000000000000"
        ),
    );
    check(
        &ack("[1.0,-0,0.1,1e400,1.5e-7]"),
        &format!("{ACK}950100cb3fb999999999999acb7ff0000000000000cb3e8421f5f40d8376"),
    );
    let (short, long) = ("x".repeat(31), "y".repeat(32));
    check(
        &ack(&format!(r#"["","{short}","{long}","\u0001\"\\\n\u2028\ud83d\ude00\/"]"#)),
        &format!("{ACK}94a0bf{}d920{}ac01225c0ae280a8f09f98802f", "78".repeat(31), "79".repeat(32)),
    );
    check(&ack(&format!("[1{}]", ",1".repeat(15))), &format!("{ACK}dc0010{}", "01".repeat(16)));
    // Half a surrogate pair; the reference writes whatever its buffer held before.
    check(&ack(r#"["a\ud83d","\ude00\ud83d"]"#), &format!("{ACK}92a461efbfbda6efbfbdefbfbd"));

    let plain = |namespace, packet| Parser::MessagePack.plain(namespace, packet);
    check(
        &plain("/admin", encode::connect("/admin", "oSO0O", None)),
        "83a47479706500a36e7370a62f61646d696ea46461746181a3736964a56f534f304f",
    );
    let data = serde_json::value::to_raw_value(&serde_json::json!({"a": [1]})).unwrap();
    check(
        &plain("/", encode::connect_error("/", "no", Some(&data))),
        "83a47479706504a36e7370a12fa46461746182a76d657373616765a26e6fa46461746181a1619101",
    );
    check(&plain("/admin", encode::disconnect("/admin")), "82a47479706501a36e7370a62f61646d696e");
}

#[derive(serde::Serialize)]
struct Deep {
    deep: [Bytes; 1],
}

/// Arguments with this text, as a client sends them: an answer to nothing.
fn arguments(json: &str) -> Args {
    let text = format!("30{json}");
    let packet = sockrates::socketio::decode::decode(&text.into(), 0).unwrap().packet;
    let Body::Ack { args, .. } = packet.body else { panic!("no answer") };
    args
}

#[test]
fn data_of_any_depth_and_size_are_written() {
    let depth = 100_000;
    let nested = format!("[{}{}]", "[".repeat(depth), "]".repeat(depth));
    let sent = Parser::MessagePack.ack("/", 1, &arguments(&nested)).unwrap();
    let size: usize = sent.frames().map(|frame| frame.len()).sum();
    assert!(size > depth);
    let wide = format!("[[0{}]]", ",0".repeat(70_000));
    let sent = Parser::MessagePack.event("/", None, "e", &arguments(&wide)).unwrap();
    let (_, args) = sent.event().unwrap();
    assert_eq!(args.json(), format!(r#"["e",{}"#, &wide[1..]));
}

/// A literal that looks like a place for bytes stays what it is, since what we write in between
/// is no JSON.
#[test]
fn a_literal_placeholder_is_sent_as_data_beside_bytes() {
    let literal = serde_json::json!({"_placeholder": true, "num": 7});
    let sent = Parser::MessagePack.event("/", None, "e", &(literal, Bytes::from_static(b"x")));
    let frames: Vec<Frame> = sent.unwrap().frames().collect();
    let [Frame::Binary(found)] = &frames[..] else { panic!("not one message of bytes") };
    assert!(hex(found).ends_with("82ac5f706c616365686f6c646572c3a36e756d07c40178"));
}

#[test]
fn an_event_is_read_back_and_another_argument_is_added_in_both_spellings() {
    let binary = Bytes::from_static(b"xy");
    for parser in [Parser::Json, Parser::MessagePack] {
        for count in [0usize, 1, 13, 14, 15, 70_000] {
            let data = (binary.clone(), "x", vec![1; count], [(); 0]);
            let sent = parser.event("/a", Some(7), "na\"me", &data).unwrap();
            let (name, args) = sent.event().unwrap();
            assert_eq!(
                (&*name, args.len(), args.attachments()),
                ("na\"me", 4, &[binary.clone()][..])
            );

            let (name, more) = sent.append("o\"ffset").event().unwrap();
            assert_eq!((&*name, more.len(), more.attachments()), ("na\"me", 5, args.attachments()));
            let (first, last) = args.json().split_at(args.json().len() - 1);
            assert_eq!(more.json(), format!(r#"{first},"o\"ffset"{last}"#));
        }
        // Where the head of the array grows.
        for count in 0..20 {
            let args = arguments(&format!("[0{}]", ",0".repeat(count)));
            let sent = parser.event("/", None, "e", &args).unwrap().append("o");
            let expected = format!(r#"["e",0{},"o"]"#, ",0".repeat(count));
            assert_eq!(sent.event().unwrap().1.json(), expected);
        }
        assert!(parser.ack("/", 1, &1).unwrap().event().is_none());
        assert!(parser.plain("/", encode::connect("/", "x", None)).event().is_none());
    }
}

#[test]
fn frames_are_text_with_attachments_or_one_message_of_bytes() {
    let data = (1, Bytes::from_static(b"x"));
    let text: Vec<Frame> = Parser::Json.event("/", None, "e", &data).unwrap().frames().collect();
    assert!(matches!(&text[..], [Frame::Text(_), Frame::Binary(_)]), "{text:?}");
    let packed = Parser::MessagePack.event("/", None, "e", &data).unwrap();
    let frames: Vec<Frame> = packed.frames().collect();
    assert!(matches!(&frames[..], [Frame::Binary(_)]));
}
