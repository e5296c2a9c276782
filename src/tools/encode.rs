//! `sockrates encode`: a packet as it travels.
//!
//! ```text
//!   sockrates encode event --ns /chat --id 7 '["typing",true]'    42/chat,7["typing",true]
//!   sockrates encode connect '{"token":"abc"}'                    40{"token":"abc"}
//!   sockrates encode ping --probe                                 2probe
//!   sockrates encode event '["hi"]' --frame --mask 01020304       81880102030435305821686b2159
//! ```
//!
//! What a server would refuse is written too, for whoever wants to see what happens then; the tool
//! says so, and ends with 1.
//!
//! Shell file.

use std::error::Error;
use std::io::Write as _;

use clap::{Args, ValueEnum};
use serde_json::value::RawValue;
use sockrates::explain::compose::{Composed, Draft, SocketDraft, compose};
use sockrates::explain::input::{from_hex, hex};
use sockrates::explain::picture::Picture;
use sockrates::explain::{Form, Input, explain};

use super::lang::LangArgs;
use super::paint;

#[derive(Args, Debug)]
pub struct Encode {
    /// Which packet
    #[arg(value_enum)]
    kind: Kind,

    /// Its JSON: an array for event and ack, an object for open, connect and connect-error
    json: Option<Box<str>>,

    /// The namespace
    #[arg(long, visible_alias = "namespace", default_value = "/", value_name = "NAME")]
    ns: String,

    /// The acknowledgement id
    #[arg(long, value_name = "N")]
    id: Option<u64>,

    /// An attachment, in hexadecimal digits; one more if repeated
    #[arg(long, value_name = "HEX")]
    attachment: Vec<String>,

    /// A ping or a pong of an upgrade
    #[arg(long)]
    probe: bool,

    /// Write a body of HTTP long-polling, with the attachments in it
    #[arg(long, conflicts_with = "frame")]
    payload: bool,

    /// Write WebSocket frames, in hexadecimal digits
    #[arg(long)]
    frame: bool,

    /// Mask the frames, as clients do, with these four bytes in hexadecimal digits
    #[arg(long, value_name = "HEX", requires = "frame", value_parser = mask)]
    mask: Option<[u8; 4]>,

    #[command(flatten)]
    lang: LangArgs,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Kind {
    Open,
    Close,
    Ping,
    Pong,
    Upgrade,
    Noop,
    Connect,
    Disconnect,
    Event,
    Ack,
    ConnectError,
}

fn mask(digits: &str) -> Result<[u8; 4], &'static str> {
    let bytes = from_hex(digits).and_then(|bytes| bytes.try_into().ok());
    bytes.ok_or("expected eight hexadecimal digits")
}

/// Whether a server would take it.
pub fn run(encode: &Encode) -> Result<bool, Box<dyn Error>> {
    let composed = compose(&encode.draft()?)?;
    // As it is: what takes colours out takes record separators with them.
    let mut out = std::io::stdout().lock();
    if encode.payload {
        writeln!(out, "{}", composed.payload())?;
    } else if encode.frame {
        writeln!(out, "{}", hex(&composed.websocket(encode.mask)))?;
    } else {
        plain(&mut out, &composed)?;
    }
    out.flush()?;
    check(encode, &composed)
}

fn plain(out: &mut impl std::io::Write, composed: &Composed) -> std::io::Result<()> {
    if let Some(text) = &composed.text {
        writeln!(out, "{text}")?;
    }
    composed.attachments.iter().try_for_each(|attachment| writeln!(out, "{attachment}"))
}

/// Explains it to whoever has asked for it, where something is wrong.
fn check(encode: &Encode, composed: &Composed) -> Result<bool, Box<dyn Error>> {
    let lang = encode.lang.get();
    let mut input = Input::text(composed.text.clone().unwrap_or_default());
    let attachments = composed.attachments.iter().filter_map(|digits| from_hex(digits));
    input.attachments = attachments.map(Into::into).collect();
    let found = explain(&input, Form::Packet, lang);
    paint::write(&mut anstream::stderr().lock(), &Picture::of_faults(&found, lang))?;
    Ok(found.diagnostic.is_none())
}

impl Encode {
    fn draft(&self) -> Result<Draft, Box<dyn Error>> {
        let (engineio, socketio) = match self.kind {
            Kind::Open => ("open", None),
            Kind::Close => ("close", None),
            Kind::Ping => ("ping", None),
            Kind::Pong => ("pong", None),
            Kind::Upgrade => ("upgrade", None),
            Kind::Noop => ("noop", None),
            Kind::Connect => ("message", Some("CONNECT")),
            Kind::Disconnect => ("message", Some("DISCONNECT")),
            Kind::Event => ("message", Some("EVENT")),
            Kind::Ack => ("message", Some("ACK")),
            Kind::ConnectError => ("message", Some("CONNECT_ERROR")),
        };
        let json = self.json.as_deref().map(|json| {
            RawValue::from_string(json.to_owned()).map_err(|error| format!("{json}: {error}"))
        });
        let json = json.transpose()?;
        let mut draft =
            Draft { engineio: engineio.to_owned(), probe: self.probe, ..Draft::default() };
        draft.attachments.clone_from(&self.attachment);
        match socketio {
            None => draft.handshake = json,
            Some(kind) => {
                draft.socketio = Some(SocketDraft {
                    kind: kind.to_owned(),
                    namespace: self.ns.clone(),
                    id: self.id,
                    attachments: 0,
                    data: json,
                });
            }
        }
        Ok(draft)
    }
}
