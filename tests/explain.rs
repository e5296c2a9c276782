//! Explanations: every piece by its name, and what is wrong.

#[path = "../fuzz/src/explain.rs"]
mod property;

use std::fmt::Write as _;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use sockrates::explain::picture::Picture;
use sockrates::explain::{Explanation, Form, Input, Lang, MAX_PIECES, explain};

/// Pieces as `text:kind`, where the layer is left out.
fn pieces(found: &Explanation) -> String {
    let mut shown = String::new();
    let bytes = found.input.as_bytes();
    for span in &found.spans {
        let text = String::from_utf8_lossy(&bytes[span.from..span.to]);
        let kind = span.kind.name();
        let kind = kind.split_once('.').map_or(kind, |(_, kind)| kind);
        let _ = write!(shown, "{}{text}:{kind}", if shown.is_empty() { "" } else { " " });
    }
    shown
}

#[track_caller]
fn tiles(found: &Explanation) {
    let mut end = 0;
    for span in &found.spans {
        assert!(span.from == end && span.to > end, "{:?}", found.spans);
        assert!(!span.words.is_empty() && !span.guide.is_empty());
        end = span.to;
    }
    assert_eq!(end, found.input.len(), "{:?}", found.spans);
}

#[track_caller]
fn check(wire: &str, form: Form, expected: &str, summary: &str) {
    let found = explain(&Input::text(wire), form, Lang::En);
    tiles(&found);
    assert_eq!(found.diagnostic, None, "{wire}");
    assert_eq!(pieces(&found), expected);
    assert_eq!(found.summary, summary);
}

#[track_caller]
fn wrong(wire: &str, form: Form, expected: &str, code: &str, found_there: &str) {
    let found = explain(&Input::text(wire), form, Lang::En);
    tiles(&found);
    let fault = found.diagnostic.as_ref().expect("something is wrong");
    assert_eq!(
        (pieces(&found).as_str(), fault.code, fault.found.as_str()),
        (expected, code, found_there)
    );
}

#[test]
fn the_packets_of_engine_io() {
    check(
        r#"0{"sid":"x"}"#,
        Form::Packet,
        r#"0:type {"sid":"x"}:handshake"#,
        "open: the session exists",
    );
    check("1", Form::Packet, "1:type", "close: the session is over");
    check(
        "2probe",
        Form::Packet,
        "2:type probe:probe",
        "ping with probe: does this WebSocket work?",
    );
    check(
        "bAQIDBA==",
        Form::Packet,
        "b:base64.mark AQIDBA==:base64",
        "message of 4 bytes: an attachment, or a packet in MessagePack",
    );
    wrong("7", Form::Packet, "7:error", "EIO-UNKNOWN-TYPE", "`7`");
    wrong("b*A", Form::Packet, "b:base64.mark *:error A:rest", "EIO-BASE64", "`*`");
    wrong("", Form::Packet, "", "EIO-EMPTY", "nothing");
}

#[test]
fn the_packets_of_socket_io() {
    check("40", Form::Packet, "4:type 0:type", "CONNECT to namespace /");
    check(
        r#"42/chat,7["typing",{"on":true}]"#,
        Form::Packet,
        r#"4:type 2:type /chat:namespace ,:comma 7:ack-id [:punctuation "typing":event-name ,:punctuation {"on":true}:argument ]:punctuation"#,
        r#"EVENT "typing" in namespace /chat, wants an ack with id 7"#,
    );
    check(
        r#"451-["up",{"_placeholder":true,"num":0}]"#,
        Form::Packet,
        r#"4:type 5:type 1-:attachments [:punctuation "up":event-name ,:punctuation {"_placeholder":true,"num":0}:placeholder ]:punctuation"#,
        r#"BINARY_EVENT "up" in namespace /, wants no ack; 1 attachment follows"#,
    );
    check(
        "4312[]",
        Form::Packet,
        "4:type 3:type 12:ack-id []:punctuation",
        "ACK of event 12 in namespace /",
    );
    wrong("42{}", Form::Packet, "4:type 2:type {:error }:rest", "SIO-NO-ARRAY", "`{`");
    wrong(
        r#"42["a",x]"#,
        Form::Packet,
        r#"4:type 2:type [:punctuation "a":event-name ,:punctuation x:error ]:rest"#,
        "SIO-JSON",
        "`x`",
    );
    wrong(
        r#"42["a""#,
        Form::Packet,
        r#"4:type 2:type [:punctuation "a":event-name"#,
        "SIO-JSON-CUT",
        "the end",
    );
    wrong(
        r#"42/chat["a"]"#,
        Form::Packet,
        r#"4:type 2:type /chat:namespace [:error "a"]:rest"#,
        "SIO-NO-COMMA",
        "`[`",
    );
    wrong("4", Form::Packet, "4:type", "SIO-EMPTY", "the end");
}

#[test]
fn bodies_of_many_packets() {
    check(
        "2\x1e42[\"a\"]\x1e6",
        Form::Payload,
        "2:type \x1e:separator 4:type 2:type [:punctuation \"a\":event-name ]:punctuation \x1e:separator 6:type",
        "3 in all: ping: are you there? | EVENT \"a\" in namespace /, wants no ack | noop: nothing, so that a waiting GET returns",
    );
    wrong(
        "2\x1e4x\x1e6",
        Form::Payload,
        "2:type \x1e:separator 4:type x:error \x1e6:rest",
        "SIO-UNKNOWN-TYPE",
        "`x`",
    );
    wrong("2\x1e", Form::Payload, "2:type \x1e:separator", "EIO-EMPTY", "the end");
}

#[test]
fn the_json_of_an_explanation() {
    let found = explain(&Input::text(r#"42["hi"]"#), Form::Packet, Lang::En);
    let json = serde_json::to_value(&found).unwrap();
    assert_eq!(json["input"], serde_json::json!({"text": r#"42["hi"]"#}));
    assert_eq!(json["form"], "packet");
    let first = serde_json::json!({"from": 0, "to": 1, "kind": "engineio.type",
        "words": "Engine.IO packet type 4: message", "depth": 0, "guide": "packets"});
    assert_eq!(json["spans"][0], first);
    assert_eq!(json["packets"][0]["engineio"], "message");
    assert_eq!(json["packets"][0]["socketio"]["data"], serde_json::json!(["hi"]));
    assert_eq!(json["diagnostic"], serde_json::Value::Null);

    let found = explain(&Input::text("42{}"), Form::Packet, Lang::Zh);
    let json = serde_json::to_value(&found).unwrap();
    let fault = &json["diagnostic"];
    assert_eq!((fault["from"].as_u64(), fault["to"].as_u64()), (Some(2), Some(3)));
    assert_eq!(fault["clause"], "SIO5-EVENT-1");
    assert_eq!(fault["clauseText"], "The payload is mandatory and MUST be a non-empty array.");
    assert_eq!(fault["message"], "事件的数据是一个 JSON 数组，而这里没有");
}

/// The lines of a file that are neither empty nor for its reader.
fn cases(file: &str) -> impl Iterator<Item = &str> {
    file.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// Everything that is on the wire in the protocol documents is explained without complaint.
#[test]
fn what_is_said_of_examples() {
    for lang in Lang::ALL {
        let mut said = String::new();
        for line in cases(include_str!("explain/examples.txt")) {
            let mut parts = line.split(" + ");
            let (form, mut input) = case(parts.next().expect("a wire"));
            let attachments = parts.map(|hex| sockrates::explain::input::from_hex(hex).unwrap());
            input.attachments = attachments.map(Into::into).collect();
            let found = explain(&input, form, lang);
            tiles(&found);
            assert_eq!((&found.diagnostic, &found.notes), (&None, &Vec::new()), "{line}");
            let _ =
                write!(said, "### {line}\n{}= {}\n\n", Picture::of_pieces(&found), found.summary);
        }
        golden(&format!("examples.{}.txt", lang.name()), &said);
    }
}

/// What a line of the files says: the form and the input.
fn case(line: &str) -> (Form, Input) {
    let (form, wire) = line.split_once(' ').unwrap_or((line, ""));
    let bytes = || match sockrates::explain::input::from_hex(wire) {
        Some(bytes) => Input::bytes(bytes),
        // Half a byte is what somebody has cut off.
        None => Input::bytes(sockrates::explain::input::from_hex(&wire[..wire.len() - 1]).unwrap()),
    };
    match form {
        "engineio" => {
            let input = Input::text(unescaped(wire));
            (Form::Payload, Input { engineio_only: true, ..input })
        }
        "frame" => (Form::Frame, bytes()),
        "bytes3" => (Form::Payload3, bytes()),
        "msgpack" => (Form::MsgPack, bytes()),
        form => (form.parse().expect("a form"), Input::text(unescaped(wire))),
    }
}

fn unescaped(wire: &str) -> String {
    wire.replace("\\x1e", "\x1e").replace("\\u{20}", " ").replace("\\x0a", "\n")
}

/// Compares with a file of `tests/explain`, or writes it.
fn golden(name: &str, found: &str) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/explain").join(name);
    if std::env::var_os("SOCKRATES_WRITE").is_some() {
        std::fs::write(&path, found).expect("a folder that can be written");
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    for (number, (found, expected)) in found.lines().zip(expected.lines()).enumerate() {
        assert_eq!(found, expected, "{name}:{}", number + 1);
    }
    assert_eq!(found.lines().count(), expected.lines().count(), "{name}");
}

/// Each is something that somebody has sent, or will.
#[test]
fn what_is_said_of_broken_packets() {
    for lang in Lang::ALL {
        let mut said = String::new();
        for line in cases(include_str!("explain/broken.txt")) {
            let (form, input) = case(line);
            let found = explain(&input, form, lang);
            tiles(&found);
            let faults = Picture::of_faults(&found, lang).to_string();
            assert!(!faults.is_empty(), "nothing is said of {line}");
            let _ = write!(said, "### {line}\n{faults}\n");
        }
        golden(&format!("broken.{}.txt", lang.name()), &said);
    }
}

/// Pieces of packets, of which most make none.
const TOKENS: [&str; 40] = [
    "4",
    "2",
    "42",
    "45",
    "40",
    "43",
    "41",
    "44",
    "6",
    "b",
    "1-",
    "2-",
    "/",
    "/a",
    ",",
    "7",
    "12",
    "[",
    "]",
    "{",
    "}",
    "\"a\"",
    "\"\u{e9}\"",
    "🙂",
    "1",
    ":",
    "null",
    " ",
    "\n",
    "\\",
    "\"",
    "\x1e",
    "0:",
    "6:",
    "AQID",
    "=",
    "probe",
    "[\"a\"]",
    "{\"_placeholder\":true,\"num\":0}",
    "[\"a\",{\"_placeholder\":true,\"num\":1}]",
];

/// Bytes that mean something at the beginning of a frame or in MessagePack, and any others.
fn byte() -> impl Strategy<Value = u8> {
    let known = b"\x00\x01\x02\x03\x04\x80\x81\x82\x83\x84\xff\xa3nsptyeda\x90\x91";
    prop_oneof![any::<u8>(), select(&known[..])]
}

/// A frame: what it is, its payload, and whether it is masked.
fn frame() -> impl Strategy<Value = (u8, &'static str, bool)> {
    let code = select(&[0_u8, 1, 2, 3, 9, 10, 11][..]);
    let last = select(&[0_u8, 0x80, 0x80, 0x80, 0x40][..]);
    let payload = select(&["2", "4x", "42[\"a\"]"][..]);
    (code, last, payload, any::<bool>())
        .prop_map(|(code, last, payload, masked)| (code | last, payload, masked))
}

fn frames(frames: &[(u8, &str, bool)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (first, payload, masked) in frames {
        let mask: &[u8] = if *masked { &[1, 2, 3, 4] } else { &[] };
        bytes.extend([*first, payload.len() as u8 | if *masked { 0x80 } else { 0 }]);
        bytes.extend(mask);
        let key = mask.iter().cycle().chain(std::iter::repeat(&0));
        bytes.extend(payload.bytes().zip(key).map(|(byte, key)| byte ^ key));
    }
    bytes
}

fn many_cases() -> ProptestConfig {
    ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(many_cases())]

    #[test]
    fn pieces_cover_any_text_and_it_is_explained_as_the_parsers_take_it(
        form in select(&b"pbt"[..]),
        tokens in vec(select(&TOKENS[..]), 0..9),
    ) {
        property::check(&[&[form], tokens.concat().as_bytes()].concat());
    }

    #[test]
    fn pieces_cover_any_bytes_and_they_are_explained_as_the_parsers_take_them(
        form in select(&b"fmy"[..]),
        bytes in vec(byte(), 0..40),
    ) {
        property::check(&[&[form][..], &bytes].concat());
    }

    /// The rules of frames are in a library, and here once more.
    #[test]
    fn frames_are_taken_as_the_library_takes_them(
        list in vec(frame(), 1..5),
        cut in 0..3_usize,
    ) {
        let mut bytes = frames(&list);
        bytes.truncate(bytes.len() - cut);
        let mut input = Input::bytes(bytes.clone());
        input.engineio_only = true;
        let found = explain(&input, Form::Frame, Lang::En);
        // What is in the messages is for others to say.
        let fault = found.diagnostic.filter(|fault| fault.code.starts_with("WS-"));
        prop_assert_eq!(fault.is_none(), library_takes(bytes), "{:?}", fault);
    }
}

/// Whether tokio-tungstenite reads frames to their end, whichever side they come from.
fn library_takes(bytes: Vec<u8>) -> bool {
    use tokio_tungstenite::tungstenite::protocol::{Role, WebSocket, WebSocketConfig};
    use tokio_tungstenite::tungstenite::{Error, error::ProtocolError};

    struct Wire(std::io::Cursor<Vec<u8>>);
    impl std::io::Read for Wire {
        fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
            self.0.read(into)
        }
    }
    impl std::io::Write for Wire {
        fn write(&mut self, from: &[u8]) -> std::io::Result<usize> {
            Ok(from.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let length = bytes.len();
    let config = WebSocketConfig::default().accept_unmasked_frames(true);
    let wire = Wire(std::io::Cursor::new(bytes.clone()));
    let mut socket = WebSocket::from_raw_socket(wire, Role::Server, Some(config));
    loop {
        match socket.read() {
            Ok(_) => {}
            Err(Error::Protocol(ProtocolError::ResetWithoutClosingHandshake)) => break,
            Err(_) => return false,
        }
    }
    // It has read to the end; whether in the middle of something, it does not say.
    let mut at = 0;
    let mut open = false;
    while at < length {
        let (first, second) = (bytes[at], bytes.get(at + 1).copied().unwrap_or(0x7f));
        at += 2 + usize::from(second & 0x7f) + if second & 0x80 == 0 { 0 } else { 4 };
        if first & 8 == 0 {
            open = first & 0x80 == 0;
        }
    }
    at == length && !open
}

/// A body that would fill a screen for every one of its bytes is explained, and its end is judged.
#[test]
fn what_has_too_many_pieces_is_read_to_its_end_all_the_same() {
    for (last, code) in [("2", None), ("9", Some("EIO-UNKNOWN-TYPE"))] {
        let body = "2\x1e".repeat(100_000) + last;
        let found = explain(&Input::text(body), Form::Payload, Lang::En);
        tiles(&found);
        assert_eq!(found.diagnostic.map(|fault| fault.code), code);
        assert!((MAX_PIECES..MAX_PIECES + 4).contains(&found.spans.len()), "{}", found.spans.len());
        assert_eq!(found.packets.len(), MAX_PIECES);
        assert!(serde_json::to_string(&found.spans).unwrap().len() < 2_000_000);
    }
    let found = explain(&Input::text("1x\x1e".repeat(1000) + "1"), Form::Payload, Lang::En);
    assert_eq!((found.diagnostic, found.notes.len()), (None, 64));
    let many = format!("43{}7[{}]", "", vec!["1"; 300].join(","));
    let found = explain(&Input::text(many), Form::Packet, Lang::En);
    tiles(&found);
    let last = &found.spans[found.spans.len() - 2];
    assert_eq!(last.words, "more arguments, from 257 on");
}
