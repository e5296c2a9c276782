//! `sockrates decode` and `sockrates encode`, as they are called.

#![cfg(feature = "cli")]

use std::io::Write as _;
use std::process::{Command, Stdio};

/// What the program was told, and what became of it.
struct Ran {
    out: String,
    err: String,
    code: Option<i32>,
}

fn run(args: &[&str], input: Option<&[u8]>, locale: &str) -> Ran {
    let mut program = Command::new(env!("CARGO_BIN_EXE_sockrates"))
        .args(args)
        .env_remove("SOCKRATES_LANG")
        .env_remove("LC_MESSAGES")
        .env("LC_ALL", locale)
        .stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program");
    if let (Some(input), Some(mut stdin)) = (input, program.stdin.take()) {
        stdin.write_all(input).expect("somebody who reads");
    }
    let ran = program.wait_with_output().expect("its end");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    Ran { out: text(ran.stdout), err: text(ran.stderr), code: ran.status.code() }
}

fn decode(args: &[&str]) -> Ran {
    run(&[&["decode"], args].concat(), None, "C")
}

#[test]
fn a_packet_is_shown_in_pieces() {
    let ran = decode(&[r#"42["hi"]"#]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
    let expected = r#"42["hi"]
^         Engine.IO packet type 4: message
 ^        Socket.IO packet type 2: EVENT
  ^       JSON: the array begins
   ^^^^   the event's name: "hi"
       ^  JSON: the array ends

EVENT "hi" in namespace /, wants no ack

"#;
    assert_eq!(ran.out, expected);
    assert!(!ran.out.contains('\x1b'), "colours, and nobody who sees them");
}

#[test]
fn what_is_wrong_is_said_on_the_standard_error() {
    let ran = decode(&["42{}"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.out.contains("here it goes wrong"), "{}", ran.out);
    assert!(ran.err.starts_with("error[SIO-NO-ARRAY]: "), "{}", ran.err);
    assert!(ran.err.contains("\n  |   ^ found `{`"), "{}", ran.err);
    assert!(ran.err.contains("SIO5-EVENT-1: The payload is mandatory"), "{}", ran.err);
}

#[test]
fn what_is_hardly_meant_is_a_note_and_no_failure() {
    let ran = decode(&[r#"2["a"]"#]);
    assert_eq!(ran.code, Some(0));
    assert!(ran.err.starts_with("note[NOTE-NO-MESSAGE]: "), "{}", ran.err);
}

#[test]
fn every_form_has_its_option() {
    for (args, summary) in [
        (&["--payload", "2␞6"][..], "2 in all: ping"),
        (&["--payload", "2\x1e6"], "2 in all: ping"),
        (&["--engineio", "4hello"], "message\n"),
        (&["--hex", "81 01 32"], "ping: are you there?"),
        (&["--b64", "gQEy"], "ping: are you there?"),
        (&["--eio3", "1:21:6"], "2 in all: ping"),
        (&["--eio3", "--hex", "00 01 ff 32"], "ping: are you there?"),
        (&["--hex", "82a47479706501a36e7370a12f"], "DISCONNECT from namespace /"),
        (&["--msgpack", "--hex", "82a36e7370a12fa47479706501"], "DISCONNECT from namespace /"),
        (&["451-[\"up\",{\"_placeholder\":true,\"num\":0}]", "--attachment", "0102"], "here it is"),
    ] {
        let ran = decode(args);
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{args:?}");
        assert!(ran.out.contains(summary), "{args:?}: {}", ran.out);
    }
}

#[test]
fn the_standard_input_is_read_if_there_is_no_packet() {
    for input in [&b"42[\"hi\"]"[..], b"42[\"hi\"]\n", b"42[\"hi\"]\r\n"] {
        let ran = run(&["decode", "--json"], Some(input), "C");
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
        let json: serde_json::Value = serde_json::from_str(&ran.out).expect("JSON");
        assert_eq!(json["input"]["text"], "42[\"hi\"]");
        assert_eq!(json["packets"][0]["socketio"]["type"], "EVENT");
    }
    let ran = run(&["decode", "--json"], Some(b"42{}"), "C");
    assert_eq!((ran.code, ran.err.as_str()), (Some(1), ""));
    let json: serde_json::Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!(json["diagnostic"]["code"], "SIO-NO-ARRAY");
}

#[test]
fn the_language_is_that_of_the_locale_or_of_the_option() {
    let said = |args: &[&str], locale| run(&[&["decode", "2"], args].concat(), None, locale).out;
    assert!(said(&[], "zh_CN.UTF-8").contains("心跳"));
    assert!(said(&[], "C").contains("are you there?"));
    assert!(said(&["--lang", "en"], "zh_CN.UTF-8").contains("are you there?"));
    assert!(said(&["--lang", "zh"], "").contains("心跳"));
}

#[test]
fn what_the_tool_is_not_given_is_another_failure() {
    for args in
        [&["--hex", "8"][..], &["--b64", "*"], &["2", "--attachment", "x"], &["--lang", "fr"]]
    {
        let ran = decode(args);
        assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{args:?}");
        assert!(!ran.err.is_empty());
    }
}

#[test]
fn packets_are_written() {
    for (args, expected) in [
        (
            &["event", "--ns", "/chat", "--id", "7", r#"["typing",true]"#][..],
            r#"42/chat,7["typing",true]"#,
        ),
        (&["connect"], "40"),
        (&["connect", r#"{"token":"abc"}"#, "--ns", "/a"], r#"40/a,{"token":"abc"}"#),
        (&["disconnect", "--ns", "/a"], "41/a,"),
        (&["connect-error", r#"{"message":"no"}"#], r#"44{"message":"no"}"#),
        (&["ack", "--id", "12", "[]"], "4312[]"),
        (&["ping"], "2"),
        (&["pong", "--probe"], "3probe"),
        (&["open", r#"{"sid":"x"}"#], r#"0{"sid":"x"}"#),
        (&["close"], "1"),
        (&["upgrade"], "5"),
        (&["noop"], "6"),
        (&["event", r#"["hi"]"#, "--frame"], "810834325b226869225d"),
        (&["event", r#"["hi"]"#, "--frame", "--mask", "01020304"], "81880102030435305826696b2159"),
        (
            &["event", r#"["a",{"_placeholder":true,"num":0}]"#, "--attachment", "01 02"],
            "451-[\"a\",{\"_placeholder\":true,\"num\":0}]\n0102",
        ),
        (
            &[
                "ack",
                "--id",
                "1",
                r#"[{"_placeholder":true,"num":0}]"#,
                "--attachment",
                "0102",
                "--payload",
            ],
            "461-1[{\"_placeholder\":true,\"num\":0}]\x1ebAQI=",
        ),
    ] {
        let ran = run(&[&["encode"], args].concat(), None, "C");
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{args:?}");
        assert_eq!(ran.out.trim_end(), expected, "{args:?}");
        if args.contains(&"--frame") {
            let again = decode(&["--hex", expected]);
            assert_eq!(again.code, Some(0), "{}", again.err);
        }
    }
}

#[test]
fn what_a_server_would_refuse_is_written_and_the_tool_says_so() {
    let ran = run(&["encode", "event", r#"{"a":1}"#], None, "C");
    assert_eq!((ran.code, ran.out.as_str()), (Some(1), "42{\"a\":1}\n"));
    assert!(ran.err.starts_with("error[SIO-NO-ARRAY]"), "{}", ran.err);
    let ran = run(&["encode", "event", "[x]"], None, "C");
    assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""));
}
