//! What was said last, piece by piece, and what is wrong with it.
//!
//! ```text
//!   sent     42{}
//!            ^     Engine.IO packet type 4: message
//!             ^    Socket.IO packet type 2: EVENT
//!              ^   here it goes wrong
//!            error[SIO-NO-ARRAY]: the data of an event are a JSON array, and here is none
//! ```
//!
//! Core file.

use std::fmt;

use sockrates::explain::picture::Picture;
use sockrates::explain::{Explanation, Form, Input, explain};

use super::lang::Lang;
use super::outcome::{Note, Side};
use super::report::{Colour, Style};

/// Bytes of a packet that is shown in pieces; of a longer one there is a sentence.
const IN_PIECES: usize = 90;

/// The last packet that was sent, and the last one that came behind it.
pub fn last(notes: &[Note], lang: Lang) -> Vec<(Side, Explanation)> {
    let of = |side| notes.iter().rposition(|it| it.from == side && it.packet.is_some());
    let (sent, answered) = (of(Side::Client), of(Side::Server));
    // What came before the client said its last is no answer to it.
    let places = [sent, answered.filter(|at| sent.is_none_or(|sent| sent < *at))];
    let explained = |at: usize| {
        let note = notes.get(at)?;
        let (form, text) = note.packet.as_ref()?;
        // What a body with one packet says is easier to read as that packet.
        let form = if text.contains('\u{1E}') { *form } else { Form::Packet };
        Some((note.from, explain(&Input::text(text.as_str()), form, lang)))
    };
    places.into_iter().flatten().filter_map(explained).collect()
}

/// Writes them.
pub fn explained(out: &mut impl fmt::Write, notes: &[Note], style: Style) -> fmt::Result {
    for (side, found) in last(notes, style.lang) {
        let who = match side {
            Side::Client => style.pick("sent    ", "发送    "),
            Side::Server => style.pick("answer  ", "回应    "),
        };
        let picture = Picture::of_pieces(&found).to_string();
        let short = found.input.len() <= IN_PIECES;
        let text = if short { picture } else { found.summary.clone() };
        for (number, line) in text.trim_end().lines().enumerate() {
            let who = if number == 0 { who } else { "        " };
            let line =
                if number == 0 && short { line.to_owned() } else { style.paint(Colour::Dim, line) };
            writeln!(out, "     {} {line}", style.paint(Colour::Dim, who))?;
        }
        if let Some(fault) = &found.diagnostic {
            let line = format!("error[{}]: {}", fault.code, fault.message);
            writeln!(out, "              {}", style.paint(Colour::Yellow, &line))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(from: Side, text: &str) -> Note {
        Note { from, text: text.to_owned(), packet: Some((Form::Payload, text.to_owned())) }
    }

    #[test]
    fn the_last_question_is_explained_and_what_came_behind_it() {
        let notes = [note(Side::Server, "2"), note(Side::Client, "42{}"), note(Side::Server, "1")];
        let mut told = String::new();
        let style = Style { lang: Lang::En, colours: false };
        explained(&mut told, &notes, style).unwrap();
        let at = |text: &str| told.find(text).unwrap_or_else(|| panic!("{text} in {told}"));
        assert!(at("Socket.IO packet type 2: EVENT") < at("error[SIO-NO-ARRAY]"));
        assert!(at("error[SIO-NO-ARRAY]") < at("answer   1"));
        let mut only = String::new();
        explained(&mut only, notes.get(..2).unwrap(), style).unwrap();
        assert!(!only.contains("answer"), "{only}");
    }

    #[test]
    fn a_long_packet_is_a_sentence() {
        let text = format!("42[\"x\",\"{}\"]", "y".repeat(200));
        let mut told = String::new();
        let style = Style { lang: Lang::En, colours: false };
        explained(&mut told, &[note(Side::Client, &text)], style).unwrap();
        assert!(told.contains("EVENT \"x\"") && told.lines().count() == 1, "{told}");
    }
}
