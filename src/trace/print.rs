//! Events as lines on the terminal.
//!
//! ```text
//!    0.004 s1 ──► POST /socket.io/?EIO=4&transport=polling&sid=…          #2
//!             40/chat,
//!             ^        Engine.IO packet type 4: message
//!              ^       Socket.IO packet type 0: CONNECT
//!               ^^^^^  namespace "/chat"
//! ```
//!
//! Shell file: writes to the terminal.

use std::future::poll_fn;
use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use sockrates::engineio::options::Transport;
use sockrates::engineio::tap::{Event, Excerpt, Side, Watcher, What};
use sockrates::explain::picture::Picture;
use sockrates::explain::{Form, Input, Lang, explain};
use sockrates::inspect::log::{Shown, event_line, shown};
use sockrates::inspect::redact::REDACTED;

use crate::tools::paint;

/// How events are shown.
#[derive(Clone, Copy, Debug)]
pub struct Manner {
    pub lang: Lang,
    pub json: bool,
    pub brief: bool,
    pub secrets: bool,
}

/// Prints events until there are no more, or nobody reads.
///
/// # Errors
/// When nobody reads.
pub async fn print(mut watcher: Watcher, manner: Manner) -> io::Result<()> {
    while let Some(event) = poll_fn(|cx| watcher.poll_next(cx)).await {
        let mut out = anstream::stdout().lock();
        if manner.json {
            writeln!(out, "{}", event_line(&event, manner.secrets))?;
        } else {
            show(&mut out, &event, manner)?;
        }
        out.flush()?;
        let lost = watcher.lost();
        if lost > 0 {
            anstream::eprintln!("sockrates: {lost} events came too fast to be shown");
        }
    }
    Ok(())
}

fn show(out: &mut impl Write, event: &Event, manner: Manner) -> io::Result<()> {
    let (arrow, colour) = match event.from {
        Side::Client => ("──►", AnsiColor::Cyan),
        Side::Server => ("◄──", AnsiColor::Magenta),
    };
    let (style, faint) = (Style::new().fg_color(Some(colour.into())), Style::new().dimmed());
    let session = event.session.as_ref().map_or("-".to_owned(), |it| format!("s{}", it.number));
    let lane = if event.lane == Transport::Polling { "http" } else { "ws  " };
    let (says, content) = match &event.what {
        What::Opened => ("session opened".to_owned(), None),
        What::Closed(reason) => (format!("session closed: {reason}"), None),
        What::WebSocketClosed => ("WebSocket closed".to_owned(), None),
        What::Unanswered(request) => (format!("#{request} the client has gone"), None),
        What::Request(request, head, body) => {
            (format!("#{request} {}", first_words(head, 2)), Some((body, Form::Payload)))
        }
        What::Answer(request, head, body) => {
            let status = head.split(' ').skip(1).collect::<Vec<_>>().join(" ");
            let says = format!("#{request} {}", status.lines().next().unwrap_or_default());
            (says, Some((body, Form::Payload)))
        }
        What::Frame(frame) => {
            let form = if frame.is_text { Form::Packet } else { Form::MsgPack };
            (String::new(), Some((frame, form)))
        }
    };
    let at = event.at.as_secs_f64();
    writeln!(out, "{faint}{at:9.3} {session:>3} {lane}{faint:#} {style}{arrow}{style:#} {says}")?;
    match content {
        Some((content, form)) if content.size > 0 => explained(out, content, form, event, manner),
        _ => Ok(()),
    }
}

fn explained(
    out: &mut impl Write,
    content: &Excerpt,
    form: Form,
    event: &Event,
    manner: Manner,
) -> io::Result<()> {
    const MARGIN: &str = "              ";
    let text = match shown(content, event.from, manner.secrets) {
        Shown::Nothing => return Ok(()),
        Shown::Hidden => return writeln!(out, "{MARGIN}{} bytes: {REDACTED}", content.size),
        Shown::Bytes(bytes) => {
            let bytes: Vec<_> = bytes.iter().take(32).map(|it| format!("{it:02x}")).collect();
            return writeln!(out, "{MARGIN}{} bytes: {} …", content.size, bytes.join(" "));
        }
        Shown::Text { text, .. } => text,
    };
    let found = explain(&Input::text(text.clone()), form, manner.lang);
    if manner.brief || found.packets.is_empty() || text == "ok" || !is_packets(&event.what) {
        return writeln!(out, "{MARGIN}{}", text.replace('\x1e', "␞"));
    }
    let mut shown = Vec::new();
    paint::write(&mut shown, &Picture::of_pieces(&found))?;
    paint::write(&mut shown, &Picture::of_faults(&found, manner.lang))?;
    for line in String::from_utf8_lossy(&shown).lines() {
        writeln!(out, "{MARGIN}{line}")?;
    }
    Ok(())
}

/// Whether a body holds packets: those of refusals do not.
fn is_packets(what: &What) -> bool {
    match what {
        What::Answer(_, head, _) => head.split(' ').nth(1) == Some("200"),
        _ => true,
    }
}

fn first_words(head: &str, count: usize) -> String {
    head.split(' ').take(count).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[track_caller]
    fn printed(bytes: &[u8], secrets: bool) -> String {
        let content = Excerpt::either(bytes);
        let event = Event {
            number: 1,
            at: Duration::ZERO,
            session: None,
            from: Side::Client,
            lane: Transport::WebSocket,
            what: What::Frame(content),
        };
        let manner = Manner { lang: Lang::En, json: false, brief: false, secrets };
        let mut out = Vec::new();
        show(&mut out, &event, manner).unwrap();
        String::from_utf8(out).unwrap()
    }

    /// In MessagePack as in text, and no byte of it.
    #[test]
    fn what_lets_a_client_in_is_not_printed() {
        let connect = b"\x83\xa4type\x00\xa4data\x81\xa1t\xc4\x02\xff\xfe\xa3nsp\xa1/";
        assert!(printed(connect, false).contains("bytes: \u{2039}redacted\u{203a}"));
        assert!(!printed(connect, false).contains("ff fe"));
        assert!(printed(connect, true).contains("ff fe"));
        assert!(!printed(b"40{\"token\":\"abc\"}", false).contains("abc"));
        assert!(printed(b"40{\"token\":\"abc\"}", true).contains("abc"));
        assert!(printed(&[0xff, 1, 2], false).contains("3 bytes: ff 01 02"));
    }
}
