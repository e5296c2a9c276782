//! `sockrates decode`: what something seen on the wire means, piece by piece.
//!
//! ```text
//!   sockrates decode '42["hi"]'                       a packet
//!   sockrates decode --payload '4a␞4b'                a body of HTTP long-polling
//!   sockrates decode --hex '81 04 34 32 5b 5d'        a WebSocket frame
//!   sockrates decode '451-["up",{"_placeholder":true,"num":0}]' --attachment 01020304
//!   pbpaste | sockrates decode --json                 for programs
//! ```
//!
//! Ends with 1 if the server would refuse it, and says why on the standard error.
//!
//! Shell file.

use std::error::Error;
use std::io::{Read as _, Write as _, stdin};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use clap::Args;
use sockrates::explain::input::from_hex;
use sockrates::explain::picture::Picture;
use sockrates::explain::{Explanation, Form, Input, explain};

use super::lang::LangArgs;
use super::paint;

/// Bytes of the standard input that are read at most.
const MAX_INPUT: u64 = 16 * 1024 * 1024;

/// How a record separator is shown where it can not be seen, and so what people paste.
const PICTURED_SEPARATOR: char = '␞';

#[derive(Args, Debug)]
pub struct Decode {
    /// The packet; without it the standard input is read
    text: Option<String>,

    /// It is a body of HTTP long-polling: packets with record separators (1e, or ␞) between them
    #[arg(long)]
    payload: bool,

    /// It is bytes in hexadecimal digits: WebSocket frames, unless another option says what else
    #[arg(long, conflicts_with = "b64")]
    hex: bool,

    /// The same in base64
    #[arg(long)]
    b64: bool,

    /// It is a packet in MessagePack
    #[arg(long, conflicts_with_all = ["payload", "eio3"])]
    msgpack: bool,

    /// It is a body of revision 3 of Engine.IO: packets with their lengths in front
    #[arg(long)]
    eio3: bool,

    /// It is of an application on Engine.IO alone: there is no Socket.IO in its messages
    #[arg(long)]
    engineio: bool,

    /// An attachment that came behind it, in hexadecimal digits; one more if repeated
    #[arg(long, value_name = "HEX")]
    attachment: Vec<String>,

    /// Print the explanation as JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    lang: LangArgs,
}

/// Whether the server would take it.
pub fn run(decode: Decode) -> Result<bool, Box<dyn Error>> {
    let lang = decode.lang.get();
    let input = decode.input()?;
    let form = decode.form(&input);
    let found = explain(&input, form, lang);
    if decode.json {
        writeln!(std::io::stdout().lock(), "{}", serde_json::to_string(&found)?)?;
    } else {
        show(&mut anstream::stdout().lock(), &found)?;
        let faults = Picture::of_faults(&found, lang);
        paint::write(&mut anstream::stderr().lock(), &faults)?;
    }
    Ok(found.diagnostic.is_none())
}

fn show(out: &mut impl std::io::Write, found: &Explanation) -> std::io::Result<()> {
    paint::write(out, &Picture::of_pieces(found))?;
    if !found.packets.is_empty() {
        writeln!(out, "\n{}", found.summary)?;
    }
    writeln!(out)?;
    out.flush()
}

impl Decode {
    fn input(&self) -> Result<Input, Box<dyn Error>> {
        let mut input = match &self.text {
            Some(text) => self.read(text.as_bytes().to_vec())?,
            None => {
                let mut bytes = Vec::new();
                stdin().lock().take(MAX_INPUT).read_to_end(&mut bytes)?;
                // What an editor or `echo` has put there.
                let text = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
                let text = text.strip_suffix(b"\r").unwrap_or(text);
                self.read(text.to_vec())?
            }
        };
        input.engineio_only = self.engineio;
        for attachment in &self.attachment {
            let bytes = from_hex(attachment)
                .ok_or_else(|| format!("--attachment {attachment}: expected hexadecimal digits"))?;
            input.attachments.push(Bytes::from(bytes));
        }
        Ok(input)
    }

    fn read(&self, given: Vec<u8>) -> Result<Input, Box<dyn Error>> {
        let text = match String::from_utf8(given) {
            Ok(text) => text,
            Err(error) => return Ok(Input::bytes(error.into_bytes())),
        };
        if self.hex {
            let bytes = from_hex(&text).ok_or("expected hexadecimal digits, two for each byte")?;
            return Ok(Input::bytes(bytes));
        }
        if self.b64 {
            return Ok(Input::bytes(STANDARD.decode(text.trim())?));
        }
        let pictured = self.payload && !text.contains('\x1e');
        let text = if pictured { text.replace(PICTURED_SEPARATOR, "\x1e") } else { text };
        Ok(Input::text(text))
    }

    fn form(&self, input: &Input) -> Form {
        match (self.eio3, self.payload, self.msgpack) {
            (true, _, _) => Form::Payload3,
            (_, true, _) => Form::Payload,
            (_, _, true) => Form::MsgPack,
            _ => Form::guess(input),
        }
    }
}
