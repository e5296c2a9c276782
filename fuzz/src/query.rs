//! Any request. Its first byte chooses the method, whether it can become a WebSocket, and what the
//! server offers; the rest is its query. Whatever is in it:
//!
//! - the verdict is that of the reference server's list of checks, in its order, read slowly: what
//!   the request asks for, or a refusal with the code of the list, whose body is JSON;
//! - a session is asked for only under the name in the query, and at most once;
//! - parameters are decoded as forms are, slowly; encoded anew and decoded again, they are the
//!   same;
//! - the order of parameters with different names makes no difference, and neither does one that
//!   means nothing;
//! - a handshake remembers the parameters as they are.

use std::borrow::Cow;
use std::cell::Cell;

use serde_json::Value;
use sockrates::engineio::dialect::{Dialect, Revision};
use sockrates::engineio::handshake::Handshake;
use sockrates::engineio::options::{Options, Transport, Transports};
use sockrates::engineio::query::{Ask, Head, Opening, ask, parameters};
use sockrates::engineio::refusal::{Fate, Refusal};
use sockrates::engineio::sid::Sid;

/// The one session there is: its name, and the bytes behind it.
const KNOWN: &str = "AAAAAAAAAAAAAAAAAAAA";

/// The methods that the first byte chooses from.
const METHODS: [&str; 6] = ["GET", "POST", "PUT", "HEAD", "OPTIONS", "get"];

/// Checks the properties above.
pub fn check(data: &[u8]) {
    let Some((&choice, query)) = data.split_first() else { return };
    let Ok(query) = std::str::from_utf8(query) else { return };
    let choice = usize::from(choice);
    let head = Head { method: METHODS[choice % METHODS.len()], query, websocket: choice & 64 != 0 };
    let options = Options {
        transports: [Transports::Both, Transports::Polling, Transports::WebSocket][choice / 6 % 3],
        allow_upgrades: choice & 128 == 0,
        allow_eio3: (choice & 63) / 18 % 2 == 1,
        ..Options::default()
    };

    let found = verdict(head, &options);
    let codes = found.clone().map_err(|refusal| refusal.code());
    assert_eq!(codes, slowly(head, &options), "{head:?} {options:?}");
    if let Err(refusal) = &found {
        let body: Value = serde_json::from_str(&refusal.body(true)).expect("a body that is JSON");
        assert_eq!(refusal.status(), 400);
        assert_eq!(body["code"], refusal.code());
        assert!(body["message"].is_string() && body["hint"].is_string());
    }

    parameters_are_those_of_a_form(query);
    order_makes_no_difference(head, &options, found);
}

fn verdict(head: Head<'_>, options: &Options) -> Result<Ask<Sid>, Refusal> {
    let asked = Cell::new(0);
    let verdict = ask(head, options, |sid| {
        asked.set(asked.get() + 1);
        let sent = form(head.query).into_iter().rfind(|(name, _)| name == "sid");
        assert_eq!(sent.map(|(_, value)| value), Some(sid.to_string()), "another name");
        if sid.to_string() == KNOWN { Ok((Revision::Four, sid)) } else { Err(Fate::NeverIssued) }
    });
    if let Ok(Ask::Get(_) | Ask::Post(_) | Ask::Upgrade(_)) = verdict {
        assert_eq!(asked.get(), 1, "a session of which nobody was asked");
    }
    assert!(asked.get() <= 1);
    verdict
}

/// The checks of the reference server, one after the other. Refusals are told by their codes.
fn slowly(head: Head<'_>, options: &Options) -> Result<Ask<Sid>, u8> {
    let form = form(head.query);
    let last = |wanted: &str| {
        let found = form.iter().rfind(|(name, _)| name == wanted);
        found.map(|(_, value)| value.as_str())
    };
    let polling = last("transport") == Some("polling");
    let offered = match options.transports {
        Transports::Both => polling || last("transport") == Some("websocket"),
        Transports::Polling => polling,
        Transports::WebSocket => last("transport") == Some("websocket"),
    };
    if !offered {
        return Err(0);
    }
    let transport = if polling { Transport::Polling } else { Transport::WebSocket };
    let four = last("EIO") == Some("4");
    match last("sid") {
        None if head.method != "GET" => Err(2),
        None if !polling && !head.websocket => Err(3),
        None => {
            let base64 = last("b64").is_some_and(|value| !value.is_empty() && value != "0");
            let dialect = match (four, options.allow_eio3) {
                (true, _) => Ok(Dialect::new(Revision::Four, base64, None)),
                (false, true) => Ok(Dialect::new(Revision::Three, base64, last("j"))),
                (false, false) => Err(Refusal::UnsupportedVersion(last("EIO").map(Into::into))),
            };
            Ok(Ask::Open(Opening { transport, dialect }))
        }
        Some(sid) if sid != KNOWN => Err(1),
        Some(_) if !four => Err(3),
        Some(_) => {
            let sid = Sid::new([0; 15]);
            match (head.method, polling) {
                ("GET", true) => Ok(Ask::Get(sid)),
                ("POST", true) => Ok(Ask::Post(sid)),
                ("GET", false) if head.websocket && options.allow_upgrades => Ok(Ask::Upgrade(sid)),
                ("GET", false) => Err(3),
                ("POST", false) if !head.websocket => Err(3),
                _ => Err(2),
            }
        }
    }
}

/// A form's parameters, character by character.
pub fn form(query: &str) -> Vec<(String, String)> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let equals = pair.find('=');
            let name = &pair[..equals.unwrap_or(pair.len())];
            let value = equals.map_or("", |at| &pair[at + 1..]);
            (plain(name), plain(value))
        })
        .collect()
}

fn plain(text: &str) -> String {
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).and_then(|byte| char::from(*byte).to_digit(16));
    let mut plain = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        match (bytes[at], digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                plain.push((high * 16 + low) as u8);
                at += 2;
            }
            (b'+', _, _) => plain.push(b' '),
            (other, _, _) => plain.push(other),
        }
        at += 1;
    }
    String::from_utf8_lossy(&plain).into_owned()
}

fn parameters_are_those_of_a_form(query: &str) {
    let found = owned(parameters(query));
    assert_eq!(found, form(query), "{query:?}");

    let again: Vec<String> =
        found.iter().map(|(name, value)| format!("{}={}", escaped(name), escaped(value))).collect();
    assert_eq!(owned(parameters(&again.join("&"))), found, "{query:?} encoded anew");

    let url = format!("/socket.io/?{query}");
    let handshake = Handshake::new(&url, [].into_iter(), [127, 0, 0, 1].into());
    assert_eq!(owned(handshake.query()), found, "{url:?}");
}

fn owned<'a>(all: impl Iterator<Item = (Cow<'a, str>, Cow<'a, str>)>) -> Vec<(String, String)> {
    all.map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

/// With every byte as an escape but letters and digits.
fn escaped(text: &str) -> String {
    let escape = |byte: u8| match byte {
        b'0'..=b'9' | b'a'..=b'z' => char::from(byte).to_string(),
        other => format!("%{other:02x}"),
    };
    text.bytes().map(escape).collect()
}

fn order_makes_no_difference(head: Head<'_>, options: &Options, found: Result<Ask<Sid>, Refusal>) {
    let mut pairs: Vec<&str> = head.query.split('&').collect();
    let mut names: Vec<String> = form(head.query).into_iter().map(|(name, _)| name).collect();
    let all = names.len();
    names.sort();
    names.dedup();
    pairs.push("t=0");
    pairs.insert(0, "b=1&&EI");
    if names.len() == all {
        pairs.reverse();
    }
    let other = pairs.join("&");
    assert_eq!(verdict(Head { query: &other, ..head }, options), found, "{other:?}");
}
