//! Socket.IO v5, "Sending and receiving data": events in both directions, on the live server.

#[path = "support/socketio.rs"]
mod socketio;
mod support;

use std::borrow::Cow;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use sockrates::engineio::options::Options as EngineOptions;
use sockrates::socketio::{Ack, Args, ArgsError, EventName, Io, Options, Socket, State};
use tokio::sync::Semaphore;
use tokio::time::Instant;

use crate::socketio::{Got, Live, Peer, notes};
use crate::support::http::post;
use crate::support::websocket::{PING, PONG, TEXT, frame};

const ZERO: &str = r#"{"_placeholder":true,"num":0}"#;
const ONE: &str = r#"{"_placeholder":true,"num":1}"#;

/// A server that sends every event `echo` back, as it came.
async fn echo() -> Live {
    echo_with(Options::default()).await
}

async fn echo_with(options: Options) -> Live {
    let live = Live::start(options).await;
    open_echo(&live);
    live
}

fn open_echo(live: &Live) {
    live.io.of("/").on_connect(|socket: Socket| {
        socket.on("echo", |socket: Socket, args: Args| socket.emit("echo", &args));
        socket.on("relay", |socket: Socket, args: Args, ack: Ack| {
            socket.volatile().relay("volatile", &args)?;
            socket.relay("relayed", &args)?;
            socket.namespace().local().relay("all", &args)?;
            ack.relay(&args)
        });
    });
}

/// A payload limit that is out of the way.
fn large() -> Options {
    let engine = EngineOptions { max_payload: 8 << 20, ..Options::default().engine };
    Options { engine, ..Options::default() }
}

#[derive(Deserialize, Serialize)]
struct Point {
    x: i64,
    y: Option<i64>,
}

#[derive(Deserialize, Serialize)]
struct Album {
    title: String,
    pictures: Vec<Picture>,
}

#[derive(Deserialize, Serialize)]
struct Picture {
    #[serde(rename = "data")]
    bytes: Bytes,
}

/// One client's answers to one event each.
#[track_caller]
fn check(peer: &mut Peer, cases: &[(&str, &str)]) -> impl Future<Output = ()> {
    let caller = std::panic::Location::caller();
    async move {
        for (event, answer) in cases {
            peer.send(&format!("42{event}")).await;
            let got = peer.text().await;
            assert!(got == format!("42{answer}"), "{event} gave {got}, at {caller}");
        }
    }
}

#[tokio::test]
async fn a_handler_says_with_its_types_what_it_wants() {
    let live = Live::start(Options::default()).await;
    live.io.of("/").on_connect(|s: Socket| {
        s.on("nothing", |s: Socket| s.emit("r", ()));
        s.on("text", |s: Socket, word: String| s.emit("r", word));
        s.on("number", |s: Socket, number: f64| s.emit("r", number));
        s.on("two", |s: Socket, (a, b): (i64, i64)| s.emit("r", a + b));
        s.on("struct", |s: Socket, point: Point| s.emit("r", point));
        s.on("list", |s: Socket, list: Vec<i64>| s.emit("r", list.len()));
        s.on("maybe", |s: Socket, number: Option<i64>| s.emit("r", number));
        s.on("one or two", |s: Socket, (a, b): (i64, Option<i64>)| s.emit("r", (a, b)));
        s.on("value", |s: Socket, value: Value| s.emit("r", value));
        s.on("args", |s: Socket, args: Args| s.emit("r", (args.len(), args)));
        s.on("turned", |word: String, s: Socket| s.emit("r", word));
        s.on("all", |args: Args, word: String, ack: Ack, s: Socket| {
            s.emit("r", (word, ack.is_wanted(), args.len()))
        });
    });
    let mut ada = live.join("/").await;
    let cases = [
        (r#"["nothing",1,2]"#, r#"["r"]"#),
        (r#"["text","é\n\ud83d\ude00"]"#, r#"["r","é\n😀"]"#),
        (r#"["number",1.5]"#, r#"["r",1.5]"#),
        (r#"["two",1,2,"more"]"#, r#"["r",3]"#),
        (r#"["struct",{"y":2,"more":[],"x":1}]"#, r#"["r",{"x":1,"y":2}]"#),
        (r#"["struct",{"x":1}]"#, r#"["r",{"x":1,"y":null}]"#),
        (r#"["list",[1,2,3],4]"#, r#"["r",3]"#),
        (r#"["maybe",7]"#, r#"["r",7]"#),
        (r#"["maybe",null]"#, r#"["r",null]"#),
        (r#"["maybe"]"#, r#"["r",null]"#),
        (r#"["one or two",1]"#, r#"["r",1,null]"#),
        (r#"["one or two",1,2]"#, r#"["r",1,2]"#),
        (r#"["value",{"a":[null,true]}]"#, r#"["r",{"a":[null,true]}]"#),
        (r#"["args",1.0,"\ud83d"]"#, r#"["r",2,[1.0,"\ud83d"]]"#),
        (r#"["turned","x"]"#, r#"["r","x"]"#),
        (r#"["all","x",1]"#, r#"["r","x",false,2]"#),
    ];
    check(&mut ada, &cases).await;
}

#[derive(Deserialize, Serialize)]
struct Letter {
    to: String,
    text: Box<RawValue>,
    picture: Bytes,
}

#[tokio::test]
async fn a_handler_may_ask_for_more_than_data() {
    let builder = Io::builder(Options::default()).state(String::from("replaced"));
    let live = Live::of(builder.state(7_usize).state(String::from("kept")).build()).await;
    live.io.of("/").on_connect(|s: Socket| {
        let by_name = |s: Socket, name: EventName| s.emit("r", (&*name, name.len()));
        s.on("né\n", by_name);
        s.on("state", |s: Socket, State(text): State<String>, number: State<usize>, n: usize| {
            s.emit("r", (&*text, *number + n))
        });
        s.on("result", |s: Socket, number: Result<u8, ArgsError>| match number {
            Ok(number) => s.emit("number", number),
            Err(error) => s.emit("r", error.to_string()),
        });
        s.on("raw", |s: Socket, (a, b): (Box<RawValue>, Vec<Box<RawValue>>)| s.emit("r", (b, a)));
        s.on("borrowed", |s: Socket, args: Args| {
            let (a, (b, c)): (&str, (Cow<'_, str>, &RawValue)) = args.parse().unwrap();
            s.emit("r", (c, b, a))
        });
        s.on("letter", |s: Socket, letter: Letter, ack: Ack| {
            assert!(!ack.is_wanted());
            s.emit("r", letter)
        });
        s.on("register", |s: Socket| s.on("registered", |s: Socket| s.emit("r", ())));
    });
    let mut ada = live.join("/").await;
    let cases = [
        (r#"["n\u00e9\n"]"#, r#"["r","né\n",4]"#),
        (r#"["state",8]"#, r#"["r","kept",15]"#),
        (r#"["result",8]"#, r#"["number",8]"#),
        (r#"["result",256]"#, r#"["r","argument 1: invalid value: integer `256`, expected u8"]"#),
        (r#"["result"]"#, r#"["r","argument 1 is missing, expected u8"]"#),
        (
            r#"["raw",1e400,["\ud83d",{"b":1.0,"a":[]}]]"#,
            r#"["r",["\ud83d",{"b":1.0,"a":[]}],1e400]"#,
        ),
        (r#"["borrowed","é",["\n",-0.0]]"#, r#"["r",-0.0,"\n","é"]"#),
    ];
    check(&mut ada, &cases).await;
    let letter = format!(r#"{{"to":"Bob","text":{{"a": 1.0}},"picture":{ZERO}}}"#);
    ada.send_all(&format!(r#"451-["letter",{letter}]"#), &[b"jpg"]).await;
    ada.expect_all(&format!(r#"451-["r",{letter}]"#), &[b"jpg"]).await;
    ada.send(r#"42["register"]"#).await;
    check(&mut ada, &[(r#"["registered"]"#, r#"["r"]"#)]).await;
}

#[tokio::test]
async fn an_asynchronous_handler_takes_the_same() {
    let live = Live::start(Options::default()).await;
    live.io.of("/").on_connect(|s: Socket| {
        s.on("nothing", async |s: Socket| s.emit("r", ()));
        s.on("two", async |s: Socket, (a, b): (i64, i64)| {
            tokio::task::yield_now().await;
            s.emit("r", a + b)
        });
        s.on("struct", |s: Socket, point: Point| async move { s.emit("r", point) });
        s.on("bytes", async |s: Socket, bytes: Bytes| {
            tokio::task::yield_now().await;
            s.emit("r", bytes.len())
        });
        s.on("all", async |args: Args, word: String, ack: Ack, s: Socket| {
            s.emit("r", (word, ack.is_wanted(), args.len()))
        });
    });
    let mut ada = live.join("/").await;
    let cases = [
        (r#"["nothing"]"#, r#"["r"]"#),
        (r#"["two",1,2]"#, r#"["r",3]"#),
        (r#"["struct",{"x":1}]"#, r#"["r",{"x":1,"y":null}]"#),
        (r#"["all","x",1]"#, r#"["r","x",false,2]"#),
    ];
    check(&mut ada, &cases).await;
    ada.send_all(&format!(r#"451-["bytes",{ZERO}]"#), &[b"1234"]).await;
    ada.expect(r#"42["r",4]"#).await;
}

#[tokio::test]
async fn arguments_that_do_not_fit_reach_no_handler_and_the_socket_lives_on() {
    let live = echo().await;
    let (notes, mut noted) = notes();
    live.io.of("/").on_connect(move |s: Socket| {
        let noting = notes.clone();
        s.on("two", move |(_, _): (i64, String)| noting.note("two"));
        let noting = notes.clone();
        s.on("text", move |_: String| noting.note("text"));
        let noting = notes.clone();
        s.on("bytes", move |_: Bytes| noting.note("bytes"));
        let noting = notes.clone();
        s.on("later", move |_: Point| {
            let notes = noting.clone();
            async move { notes.note("later") }
        });
    });
    let mut ada = live.join("/").await;
    for data in [
        r#"["two",1]"#,
        r#"["two",1,2]"#,
        r#"["two",1e400,"a"]"#,
        r#"["two",9223372036854775808,"a"]"#,
        r#"["text"]"#,
        r#"["text",7]"#,
        r#"["text","\ud83d"]"#,
        r#"["later",{}]"#,
        r#"["later",[]]"#,
        r#"["nobody","is","listening"]"#,
        r#"["bytes",7]"#,
    ] {
        ada.send(&format!("42{data}")).await;
    }
    check(&mut ada, &[(r#"["echo","still here"]"#, r#"["echo","still here"]"#)]).await;
    noted.expect_nothing();
}

/// What a broadcast returns is how many it was sent to, and no answer.
#[tokio::test]
async fn a_handler_may_end_with_a_broadcast() {
    let live = Live::start(Options::default()).await;
    live.io.of("/").on_connect(|s: Socket| {
        s.on("now", |s: Socket| s.namespace().emit("said", "now"));
        s.on("later", async |s: Socket| s.namespace().emit("said", "later"));
    });
    let mut ada = live.join("/").await;
    ada.send(r#"421["now"]"#).await;
    ada.expect(r#"42["said","now"]"#).await;
    ada.send(r#"422["later"]"#).await;
    ada.expect(r#"42["said","later"]"#).await;
    ada.expect_nothing().await;
}

#[tokio::test]
async fn several_handlers_of_one_event_are_called_in_order() {
    let live = Live::start(Options::default()).await;
    live.io.of("/").on_connect(|s: Socket| {
        s.on("x", |s: Socket| s.emit("first", ()));
        s.on("x", |s: Socket| -> Result<(), String> {
            s.on("x", |s: Socket| s.emit("added meanwhile", ()));
            Err("what one returns does not stop the next".to_owned())
        });
        s.on("x", |s: Socket, _: i64| s.emit("does not fit", ()));
        s.on("x", |s: Socket| s.emit("last", ()));
    });
    let mut ada = live.join("/").await;
    ada.send(r#"42["x"]"#).await;
    ada.expect(r#"42["first"]"#).await;
    ada.expect(r#"42["last"]"#).await;
    ada.expect_nothing().await;
    ada.send(r#"42["x"]"#).await;
    ada.expect(r#"42["first"]"#).await;
    ada.expect(r#"42["last"]"#).await;
    ada.expect(r#"42["added meanwhile"]"#).await;
}

fn fail(why: &str) {
    panic!("{why}");
}

/// Trap 28. Threat 88.
#[tokio::test]
async fn a_handler_that_panics_or_fails_harms_nobody() {
    let live = echo().await;
    live.io.of("/").on_connect(|s: Socket| {
        s.on("now", |_: Socket| fail("on purpose"));
        s.on("at once", async |_: Socket| fail("on purpose"));
        s.on("later", async |s: Socket| {
            s.emit("going to panic", ()).unwrap();
            tokio::task::yield_now().await;
            fail("on purpose");
        });
        s.on("error", |_: Socket| -> Result<(), String> { Err("an error".to_owned()) });
        s.on("error later", async |_: Socket| -> Result<(), String> {
            tokio::task::yield_now().await;
            Err("an error".to_owned())
        });
    });
    let mut ada = live.join("/").await;
    let mut bob = live.join("/").await;
    for event in ["now", "at once", "error", "error later", "now"] {
        ada.send(&format!(r#"42["{event}"]"#)).await;
    }
    ada.send(r#"42["later"]"#).await;
    ada.expect(r#"42["going to panic"]"#).await;
    for peer in [&mut ada, &mut bob] {
        check(peer, &[(r#"["echo","still here"]"#, r#"["echo","still here"]"#)]).await;
    }
    // Nothing that they share has been poisoned.
    assert_eq!(live.io.of("/").sockets().len(), 2);
    ada.close().await;
    support::until("one to be gone", || live.io.of("/").sockets().len() == 1).await;
}

/// Trap 30. Threat 77.
#[tokio::test]
async fn a_name_is_any_string_or_number_that_is_not_reserved() {
    let live = Live::start(Options::default()).await;
    let names = ["événement", "\n\"\\", "", "1", "-1.5e3", "__proto__", "constructor", "😀", "a b"];
    live.io.of("/").on_connect(move |s: Socket| {
        for name in names {
            s.on(name, move |s: Socket, word: String| s.emit(name, word));
        }
    });
    let mut ada = live.join("/").await;
    let cases = [
        (r#"["\u00e9v\u00e9nement","x"]"#, r#"["événement","x"]"#),
        (r#"["\n\"\\","x"]"#, r#"["\n\"\\","x"]"#),
        (r#"["","x"]"#, r#"["","x"]"#),
        (r#"[1,"x"]"#, r#"["1","x"]"#),
        (r#"[-1.5e3,"x"]"#, r#"["-1.5e3","x"]"#),
        (r#"["__proto__","x"]"#, r#"["__proto__","x"]"#),
        (r#"["constructor","x"]"#, r#"["constructor","x"]"#),
        (r#"["\ud83d\ude00","x"]"#, r#"["😀","x"]"#),
    ];
    check(&mut ada, &cases).await;
    let reserved = [
        "connect",
        "connect_error",
        "disconnect",
        "disconnecting",
        "newListener",
        "removeListener",
    ];
    for name in reserved.into_iter().chain([r"\u0064isconnect"]) {
        let mut eve = live.join("/").await;
        eve.send(&format!(r#"42["{name}"]"#)).await;
        eve.expect_closed().await;
    }
    for name in reserved {
        let error = live.io.emit(name, ()).unwrap_err();
        assert_eq!(error.to_string(), format!("event named {name:?}, which is reserved"));
    }
    ada.expect_nothing().await;
}

/// Threat 75. Threat 76. [SIO5-EVENT-1] "The payload is mandatory and MUST be a non-empty array."
/// [SIO5-EVENT-2] "If that's not the case, then the receiver MUST close the connection."
#[tokio::test]
async fn whatever_is_no_packet_closes_the_session() {
    let live = echo().await;
    for packet in [
        "42",
        "42[]",
        "42{}",
        r#"42"echo""#,
        "42null",
        "42[null]",
        "42[true]",
        "42[[]]",
        "427",
        r#"42["echo""#,
        r#"42["echo"]]"#,
        r#"42["echo",]"#,
        r#"42['echo']"#,
        "4",
        "4 ",
        "47",
        "4a",
        r#"42 ["echo"]"#,
        r#"42-1["echo"]"#,
        r#"42/["echo"]"#,
        "41{}",
        "417[]",
        "44{}",
        "43[]",
        "437",
        "437{}",
        "4é",
        "4\u{1e}",
        r#"42["echo"]\u{0}"#,
    ] {
        let mut eve = live.join("/").await;
        eve.send(packet).await;
        let got = eve.next().await;
        assert_eq!(got, Got::Closed, "{packet}");
    }
}

/// Trap 29. What a client has no business to send, cut off anywhere, or with any byte turned:
/// the server lives, and so does everybody else.
#[tokio::test]
async fn packets_that_are_cut_off_or_damaged_harm_nobody_else() {
    let live = echo().await;
    live.io.of("/admin");
    let mut bob = live.join("/").await;
    let mut damaged: Vec<String> = [
        "éééé", "b", "2probe", "3probe", "0", "5", "6", "😀2345", "\u{0}", "4\u{0}", "bAQID", "b=",
    ]
    .map(str::to_owned)
    .to_vec();
    for whole in [r#"452-/admin,7["echo",{"_placeholder":true,"num":0}]"#, r#"437["é"]"#] {
        let ends = whole.char_indices().map(|(end, _)| whole[..end].to_owned());
        damaged.extend(ends);
        for at in (0..whole.len()).filter(|at| whole.is_char_boundary(*at)) {
            for byte in ["\u{0}", "0", "-", "\"", "[", "é"] {
                let rest = &whole[at..];
                let behind = rest.chars().next().map_or(0, char::len_utf8);
                damaged.push(format!("{}{byte}{}", &whole[..at], &rest[behind..]));
            }
        }
    }
    assert!(damaged.len() > 300);
    for packet in &damaged {
        let mut eve = live.join("/").await;
        eve.send(packet).await;
        eve.vanish();
    }
    live.sessions(1).await;
    check(&mut bob, &[(r#"["echo","still here"]"#, r#"["echo","still here"]"#)]).await;
}

#[tokio::test]
async fn bytes_travel_both_ways_wherever_they_are_in_the_data() {
    let live = echo().await;
    live.io.of("/").on_connect(|s: Socket| {
        s.on("album", |s: Socket, mut album: Album| {
            album.pictures.reverse();
            s.emit("album", (album.title.len(), album))
        });
    });
    let mut ada = live.join("/").await;
    ada.send_all(&format!(r#"451-["echo",{ZERO}]"#), &[&[1, 2, 3, 4]]).await;
    ada.expect_all(&format!(r#"451-["echo",{ZERO}]"#), &[&[1, 2, 3, 4]]).await;
    let album = |a, b| format!(r#"{{"title":"sea","pictures":[{{"data":{a}}},{{"data":{b}}}]}}"#);
    ada.send_all(&format!(r#"452-["album",{}]"#, album(ONE, ZERO)), &[b"one", b"two"]).await;
    let expected = format!(r#"452-["album",3,{}]"#, album(ZERO, ONE));
    ada.expect_all(&expected, &[b"one", b"two"]).await;
    // The same bytes at two places, and bytes without a place.
    ada.send_all(&format!(r#"452-["echo",{ONE},{ONE}]"#), &[b"unused", b"used"]).await;
    let expected = format!(r#"452-["echo",{ZERO},{ONE}]"#);
    ada.expect_all(&expected, &[b"used", b"used"]).await;
    ada.send_all(&format!(r#"451-["echo",{ZERO}]"#), &[b""]).await;
    ada.expect_all(&format!(r#"451-["echo",{ZERO}]"#), &[b""]).await;
}

#[tokio::test]
async fn on_polling_bytes_travel_in_base64_right_behind_their_packet() {
    let live = echo().await;
    let mut ada = live.join_polling("/").await;
    let head = format!(r#"451-["echo",{ZERO}]"#);
    ada.post(&[&head, "bAQIDBA=="]).await.check(200, "ok");
    ada.expect(&head).await;
    ada.expect("bAQIDBA==").await;
    // The attachment may come with the next request.
    ada.send(&head).await;
    ada.send("bAQIDBA==").await;
    ada.expect(&head).await;
    ada.expect("bAQIDBA==").await;
}

/// Trap 33. Trap 34. Threat 64. Threat 66. Threat 67. Threat 68. Threat 69.
#[tokio::test]
async fn attachments_are_what_was_announced_or_the_session_is_closed() {
    let live = echo().await;
    live.io.of("/admin");
    let placeholder = |num: &str| format!(r#"451-["echo",{{"_placeholder":true,"num":{num}}}]"#);
    // At the head already.
    let heads = [
        "45-",
        "450-",
        "4511-",
        "45+1-",
        "451.0-",
        "450x1-",
        "451e0-",
        "45 1-",
        "45",
        "451",
        "4599999999999999999999-",
        "451-/admin,",
        "451-/nowhere,",
    ];
    for head in heads {
        let mut eve = live.join("/").await;
        eve.send(&format!(r#"{head}["echo",{ZERO}]"#)).await;
        let got = eve.next().await;
        assert_eq!(got, Got::Closed, "{head}");
    }
    // With the last attachment.
    for num in ["1", "-1", "0.5", "1e0", "\"0\"", "null", "18446744073709551616"] {
        let mut eve = live.join("/").await;
        eve.send_all(&placeholder(num), &[b"x"]).await;
        let got = eve.next().await;
        assert_eq!(got, Got::Closed, "{num}");
    }
    // Instead of an attachment.
    for packet in [r#"42["echo"]"#, r#"451-["echo",1]"#, "40/admin,", "41"] {
        let mut eve = live.join("/").await;
        eve.send(&placeholder("0")).await;
        eve.send(packet).await;
        let got = eve.next().await;
        assert_eq!(got, Got::Closed, "{packet}");
    }
    let mut eve = live.join("/").await;
    eve.send_bytes(b"nobody has announced me").await;
    eve.expect_closed().await;

    // A heartbeat in between belongs to the layer below.
    let mut ada = live.join("/").await;
    ada.send(&placeholder("0")).await;
    ada.send("3").await;
    ada.send_bytes(b"x").await;
    ada.expect_all(&placeholder("0"), &[b"x"]).await;
    // Without attachments nothing is a placeholder.
    let plain = format!(r#"["echo",{ZERO},{{"_placeholder":true,"num":"x"}}]"#);
    check(&mut ada, &[(&plain, &plain)]).await;
    // Ten attachments are none too many.
    let nums: Vec<_> = (0..10).map(placeholder_of).collect();
    let head = format!(r#"4510-["echo",{}]"#, nums.join(","));
    ada.send_all(&head, &[b"x".as_slice(); 10]).await;
    ada.expect_all(&head, &[b"x".as_slice(); 10]).await;
}

fn placeholder_of(num: usize) -> String {
    format!(r#"{{"_placeholder":true,"num":{num}}}"#)
}

/// Threat 65.
#[tokio::test(start_paused = true)]
async fn attachments_that_do_not_come_in_time_close_the_session() {
    let live = Live::in_memory(Options::default());
    let mut ada = live.join("/").await;
    let begin = Instant::now();
    ada.send(r#"452-["echo",1]"#).await;
    tokio::time::sleep(Duration::from_secs(9)).await;
    ada.send_bytes(b"x").await;
    ada.expect_closed().await;
    assert_eq!(begin.elapsed().as_secs(), 10);
}

/// Threat 65.
#[tokio::test]
async fn attachments_of_one_packet_are_so_long_together_and_no_longer() {
    let live = echo_with(Options { max_attachment_bytes: 6, ..Options::default() }).await;
    let mut ada = live.join("/").await;
    let head = format!(r#"452-["echo",{ZERO},{ONE}]"#);
    ada.send_all(&head, &[b"123", b"456"]).await;
    ada.expect_all(&head, &[b"123", b"456"]).await;
    ada.send_all(&head, &[b"123", b"4567"]).await;
    ada.expect_closed().await;
}

/// Trap 35. Threat 62. Threat 63. Threat 78. Threat 79.
#[tokio::test]
async fn data_of_any_depth_and_size_is_relayed_as_it_came() {
    let live = echo_with(large()).await;
    live.io.of("/").on_connect(|s: Socket| {
        s.on("value", |s: Socket, value: Value| s.emit("value", value));
    });
    let mut ada = live.join("/").await;
    let mut bob = live.join("/").await;
    let deep = |levels| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    let keys: Vec<_> = (0..100_000).map(|key| format!(r#""{key}":0"#)).collect();
    for data in [
        deep(20_000),
        deep(100_000),
        format!("[{}0]", "0,".repeat(1_000_000)),
        format!("{}0", "0,".repeat(1_000_000)),
        format!(r#"{{"{}":1}}"#, "k".repeat(1_000_000)),
        format!(r#""{}""#, r"\ud83d".repeat(10_000)),
        "9".repeat(500_000),
        format!("{{{}}}", keys.join(",")),
        r#"1e400,-0.0,1E+2,"\ud83d","\u0000",{"b":1,"a":2,"b":3}"#.to_owned(),
    ] {
        let packet = format!(r#"42["echo",{data}]"#);
        ada.send(&packet).await;
        let got = ada.text().await;
        assert!(got == packet, "{:.60} became {got:.60}", packet);
    }
    // Whoever wants it as a type has a limit, and only that event fails.
    ada.send(&format!(r#"42["value",{}]"#, deep(200))).await;
    check(&mut ada, &[(r#"["value",[[]]]"#, r#"["value",[[]]]"#)]).await;
    check(&mut bob, &[(r#"["echo"]"#, r#"["echo"]"#)]).await;
}

#[tokio::test]
async fn whoever_has_nothing_to_add_relays_arguments_as_a_whole() {
    let live = echo().await;
    let mut ada = live.join("/").await;
    ada.send(r#"427["relay",1.0, "\ud83d"]"#).await;
    ada.expect(r#"42["volatile",1.0, "\ud83d"]"#).await;
    ada.expect(r#"42["relayed",1.0, "\ud83d"]"#).await;
    ada.expect(r#"42["all",1.0, "\ud83d"]"#).await;
    ada.expect(r#"437[1.0, "\ud83d"]"#).await;
    let bytes: &[&[u8]] = &[b"one", b"two"];
    ada.send_all(&format!(r#"452-7["relay",{ONE},{ZERO}]"#), bytes).await;
    ada.expect_all(&format!(r#"452-["volatile",{ONE},{ZERO}]"#), bytes).await;
    ada.expect_all(&format!(r#"452-["relayed",{ONE},{ZERO}]"#), bytes).await;
    ada.expect_all(&format!(r#"452-["all",{ONE},{ZERO}]"#), bytes).await;
    ada.expect_all(&format!(r#"462-7[{ONE},{ZERO}]"#), bytes).await;
}

/// Threat 62.
#[tokio::test]
async fn data_with_attachments_is_so_deep_and_no_deeper() {
    let live = echo().await;
    let mut ada = live.join("/").await;
    let nested =
        |levels| format!(r#"451-["echo",{}{ZERO}{}]"#, "[".repeat(levels), "]".repeat(levels));
    ada.send_all(&nested(120), &[b"x"]).await;
    ada.expect_all(&nested(120), &[b"x"]).await;
    ada.send_all(&nested(20_000), &[b"x"]).await;
    ada.expect_closed().await;
}

/// Trap 37. A message may come in pieces, with a ping between any two of them.
#[tokio::test]
async fn an_event_may_come_in_fragments() {
    let live = echo().await;
    let mut ws = live.raw_websocket("EIO=4&transport=websocket").await;
    assert_eq!(ws.next().await.map(|frame| frame.first), Some(TEXT));
    ws.text("40").await;
    assert_eq!(ws.next().await.map(|frame| frame.first), Some(TEXT));
    let event = "42[\"echo\",\"é😀\"]";
    let bytes = event.as_bytes();
    for (index, byte) in bytes.iter().enumerate() {
        let kind = if index == 0 { 0x01 } else { 0x00 };
        let last = if index + 1 == bytes.len() { 0x80 } else { 0x00 };
        ws.send(frame(kind | last, &[*byte])).await;
        if index == 7 {
            ws.send(frame(PING, b"are you there")).await;
            ws.expect(PONG, "are you there").await;
        }
    }
    ws.expect(TEXT, event).await;
}

/// Trap 41. Threat 80.
#[tokio::test]
async fn handlers_start_in_the_order_in_which_events_came() {
    let live = Live::start(Options::default()).await;
    live.io.of("/").on_connect(|s: Socket| {
        s.on("now", |n: usize, ack: Ack| ack.send(n));
        s.on("at once", async |n: usize, ack: Ack| ack.send(n));
        s.on("started", async |s: Socket, n: usize| {
            s.emit("started", n).unwrap();
            tokio::task::yield_now().await;
        });
    });
    let mut ada = live.join("/").await;
    for n in 0..999 {
        match n % 3 {
            0 => ada.send(&format!(r#"42{n}["now",{n}]"#)).await,
            1 => ada.send(&format!(r#"42{n}["at once",{n}]"#)).await,
            _ => ada.send(&format!(r#"42["started",{n}]"#)).await,
        }
    }
    for n in 0..999 {
        match n % 3 {
            2 => ada.expect(&format!(r#"42["started",{n}]"#)).await,
            _ => ada.expect(&format!("43{n}[{n}]")).await,
        }
    }
}

/// The other half of trap 41: whoever has to wait does not hold up those behind it.
#[tokio::test]
async fn a_handler_that_waits_moves_aside() {
    let live = Live::start(Options::default()).await;
    let go_on = Arc::new(Semaphore::new(0));
    let goes_on = go_on.clone();
    live.io.of("/").on_connect(move |s: Socket| {
        let go_on = go_on.clone();
        s.on("slow", move |ack: Ack| {
            let go_on = go_on.clone();
            async move {
                go_on.acquire().await.unwrap().forget();
                ack.send("slow")
            }
        });
        s.on("fast", |ack: Ack| ack.send("fast"));
    });
    let mut ada = live.join("/").await;
    ada.send(r#"421["slow"]"#).await;
    ada.send(r#"422["fast"]"#).await;
    ada.expect(r#"432["fast"]"#).await;
    goes_on.add_permits(1);
    ada.expect(r#"431["slow"]"#).await;
}

/// Past the limit nothing is read from that client any more, until a handler has ended.
#[tokio::test]
async fn so_many_handlers_wait_and_no_more() {
    const LIMIT: usize = 4;
    let live = Live::start(Options { max_suspended: LIMIT, ..Options::default() }).await;
    let (go_on, started) = (Arc::new(Semaphore::new(0)), Arc::new(AtomicUsize::new(0)));
    let (goes_on, has_started) = (go_on.clone(), started.clone());
    live.io.of("/").on_connect(move |s: Socket| {
        let (go_on, started) = (go_on.clone(), started.clone());
        s.on("slow", move |ack: Ack| {
            let go_on = go_on.clone();
            started.fetch_add(1, Ordering::Relaxed);
            async move {
                go_on.acquire().await.unwrap().forget();
                ack.send(())
            }
        });
        s.on("fast", |ack: Ack| ack.send(()));
    });
    for polling in [false, true] {
        has_started.store(0, Ordering::Relaxed);
        let mut ada = live.join("/").await;
        let mut paula = live.join_polling("/").await;
        let mut bob = live.join("/").await;
        let body: Vec<String> = (0..10).map(|n| format!(r#"42{n}["slow"]"#)).collect();
        // The answer to a POST has to wait until all of it was read.
        let mut posting = live.connect().await;
        if polling {
            posting.send(post(&paula.polling.target(), body.join("\u{1e}"))).await;
        } else {
            for packet in &body {
                ada.send(packet).await;
            }
        }
        support::until("the first", || has_started.load(Ordering::Relaxed) == LIMIT).await;
        for _ in 0..10 {
            bob.send(r#"421["fast"]"#).await;
            bob.expect("431[]").await;
        }
        assert_eq!(has_started.load(Ordering::Relaxed), LIMIT, "others are not held up");
        for n in 1..=6 {
            goes_on.add_permits(1);
            let next = || has_started.load(Ordering::Relaxed) == LIMIT + n;
            support::until("the next to start when one has ended", next).await;
        }
        goes_on.add_permits(LIMIT);
        if polling {
            posting.response().await.check(200, "ok");
        }
        for n in 0..10 {
            let answer = format!("43{n}[]");
            if polling { paula.expect(&answer).await } else { ada.expect(&answer).await }
        }
    }
}

/// A few handlers that hold on to much are as bad as many.
#[tokio::test]
async fn what_waiting_handlers_hold_on_to_is_limited_in_bytes() {
    let live = Live::start(Options { max_suspended_bytes: 1000, ..Options::default() }).await;
    let (go_on, started) = (Arc::new(Semaphore::new(0)), Arc::new(AtomicUsize::new(0)));
    let (goes_on, has_started) = (go_on.clone(), started.clone());
    live.io.of("/").on_connect(move |s: Socket| {
        let (go_on, started) = (go_on.clone(), started.clone());
        s.on("slow", move |_: String, ack: Ack| {
            let go_on = go_on.clone();
            started.fetch_add(1, Ordering::Relaxed);
            async move {
                go_on.acquire().await.unwrap().forget();
                ack.send(())
            }
        });
    });
    let mut ada = live.join("/").await;
    let mut bob = live.join("/").await;
    for n in 0..4 {
        ada.send(&format!(r#"42{n}["slow","{}"]"#, "x".repeat(500))).await;
    }
    support::until("two", || has_started.load(Ordering::Relaxed) == 2).await;
    for _ in 0..10 {
        bob.expect_nothing().await;
    }
    assert_eq!(has_started.load(Ordering::Relaxed), 2);
    goes_on.add_permits(1);
    support::until("a third", || has_started.load(Ordering::Relaxed) == 3).await;
    goes_on.add_permits(3);
    for n in 0..4 {
        ada.expect(&format!("43{n}[]")).await;
    }
}

/// Threat 96.
#[tokio::test]
async fn a_client_with_much_to_say_does_not_keep_others_waiting() {
    const MANY: usize = 100_000;
    let live = echo_with(large()).await;
    let counted = Arc::new(AtomicUsize::new(0));
    let count = counted.clone();
    live.io.of("/").on_connect(move |s: Socket| {
        let count = count.clone();
        s.on("n", move || {
            count.fetch_add(1, Ordering::Relaxed);
        });
    });
    let mut bob = live.join("/").await;
    let eve = live.join_polling("/").await;
    let mut posting = live.connect().await;
    let body = vec![r#"42["n"]"#; MANY].join("\u{1e}");
    posting.send(post(&eve.polling.target(), body)).await;
    support::until("the first", || counted.load(Ordering::Relaxed) > 0).await;
    check(&mut bob, &[(r#"["echo"]"#, r#"["echo"]"#)]).await;
    let before = counted.load(Ordering::Relaxed);
    assert!(before < MANY, "{before} events were handled first");
    support::until("the rest", || counted.load(Ordering::Relaxed) == MANY).await;
}

/// Trap 25.
#[tokio::test]
async fn one_handler_may_send_five_thousand_events() {
    let live = Live::start(Options::default()).await;
    live.io.of("/").on_connect(|s: Socket| {
        s.on("go", |s: Socket| (0..5000).try_for_each(|n| s.emit("n", n)));
    });
    let mut ada = live.join("/").await;
    let mut paula = live.join_polling("/").await;
    ada.send(r#"42["go"]"#).await;
    paula.send(r#"42["go"]"#).await;
    for n in 0..5000 {
        ada.expect(&format!(r#"42["n",{n}]"#)).await;
        paula.expect(&format!(r#"42["n",{n}]"#)).await;
    }
}

/// A packet and its attachments are one thing, whoever sends at the same time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_comes_between_a_packet_and_its_attachments() {
    const THREADS: usize = 4;
    const EACH: usize = 300;
    let live = Live::start(Options::default()).await;
    live.io.of("/other");
    let mut ada = live.join("/").await;
    ada.join("/other").await;
    let mut paula = live.join_polling("/").await;
    paula.join("/other").await;
    let start = Arc::new(Barrier::new(THREADS));
    let threads: Vec<_> = (0..THREADS)
        .map(|thread| {
            let (io, start) = (live.io.clone(), start.clone());
            let sockets = io.of("/").sockets();
            std::thread::spawn(move || {
                start.wait();
                for n in 0..EACH {
                    let bytes = |which: u8| Bytes::from(vec![thread as u8, n as u8, which]);
                    io.emit("all", (thread, n, bytes(0), bytes(1))).unwrap();
                    io.of("/other").emit("text", (thread, n)).unwrap();
                    for socket in &sockets {
                        socket.emit("one", (thread, n, bytes(2))).unwrap();
                    }
                }
            })
        })
        .collect();
    let total = THREADS * EACH * 3;
    let mut last = [None; THREADS * 3];
    for _ in 0..total {
        let head = ada.text().await;
        let (count, kind, thread, n) = read_head(&head);
        for which in 0..count {
            let which = if kind == 2 { 2 } else { which };
            let wanted = Bytes::from(vec![thread as u8, n as u8, which]);
            assert_eq!(ada.next().await, Got::Bytes(wanted), "behind {head}");
        }
        let last = &mut last[thread * 3 + kind];
        assert_eq!(n, last.map_or(0, |last| last + 1), "what one thread sends keeps its order");
        *last = Some(n);
    }
    let mut packets = 0;
    while packets < total {
        let head = paula.text().await;
        packets += 1;
        for _ in 0..read_head(&head).0 {
            let attachment = paula.text().await;
            assert!(attachment.starts_with('b'), "{attachment} behind {head}");
        }
    }
    for thread in threads {
        thread.join().unwrap();
    }
}

/// Attachments, kind, thread and number of a packet of the test above.
fn read_head(head: &str) -> (u8, usize, usize, usize) {
    let data = &head[head.find('[').expect("data")..];
    let data: Vec<Value> = serde_json::from_str(data).unwrap();
    let kind = ["all", "text", "one"].iter().position(|kind| data[0] == **kind).unwrap();
    let number = |at: usize| data[at].as_u64().unwrap() as usize;
    ([2, 0, 1][kind], kind, number(1), number(2))
}

/// Trap 24. Threat 81.
#[tokio::test]
async fn a_client_that_falls_too_far_behind_is_closed_and_the_sender_hears_of_it() {
    let engine = EngineOptions { max_buffered: 10_000, ..Options::default().engine };
    let live = Live::start(Options { engine, ..Options::default() }).await;
    let (notes, mut noted) = notes();
    live.io.of("/").on_connect(move |s: Socket| {
        let notes = notes.clone();
        s.on_disconnect(move |_: Socket, reason| notes.note(reason));
    });
    let ada = live.join_polling("/").await;
    let socket = live.io.of("/").sockets().remove(0);
    let kilobyte = "x".repeat(1000);
    let sent = (0..20).take_while(|_| socket.emit("x", &kilobyte).is_ok()).count();
    assert_eq!(sent, 9);
    noted.expect("slow consumer").await;
    assert_eq!(socket.emit("x", 1).unwrap_err().to_string(), "the socket is disconnected");
    assert_eq!(live.io.sessions(), 0);
    ada.polling.try_poll().await.check(400, r#"{"code":1,"message":"Session ID unknown"}"#);
}
