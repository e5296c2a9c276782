//! An explanation as people read it: the pieces below the bytes, and a caret below what is wrong.
//!
//! ```text
//!   42["hi"]
//!   ^          Engine.IO packet type 4: message
//!    ^         Socket.IO packet type 2: EVENT
//!
//!   error[SIO-NO-ARRAY]: the data of an event are a JSON array, and here is none
//!     |
//!     | 42{}
//!     |   ^ found `{`, wanted [ and the name of the event
//!     |
//!     = SIO5-EVENT-1: The payload is mandatory and MUST be a non-empty array.
//! ```
//!
//! Pieces stand below the bytes as long as these fit on a line, and in a table when they do not.
//!
//! Core file. What a paint looks like on a terminal is for others to say.

use std::fmt;
use std::ops::Range;

use super::explanation::{Diagnostic, Explanation, Kind, Span};
use super::input::Wire;
use super::lang::Lang;
use super::width::{columns, on_one_line};
use super::words;

/// The widest input that has its pieces below it.
const WIDEST: usize = 100;

/// Where the words begin at the latest, unless the carets reach further.
const WORDS_AT: usize = 44;

/// How much of what is wrong is shown on either side of it.
const AROUND: usize = 40;

/// How much of a piece a table shows.
const CELL: usize = 28;

/// Lines, each of them parts that may be painted.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Picture {
    /// The lines.
    pub lines: Vec<Vec<(Paint, String)>>,
}

/// As what a part is to be seen.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Paint {
    /// As nothing in particular.
    Plain,
    /// As a piece of this kind.
    Piece(Kind),
    /// As what is wrong.
    Fault,
    /// As what is hardly meant.
    Note,
    /// As less important.
    Faint,
    /// As more important.
    Strong,
}

/// Plain text, each line ended.
impl fmt::Display for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.lines {
            let line: String = line.iter().map(|(_, text)| text.as_str()).collect();
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

impl Picture {
    /// The bytes, and every piece with its words.
    ///
    /// ```
    /// use sockrates::explain::picture::Picture;
    /// use sockrates::explain::{Form, Input, Lang, explain};
    ///
    /// let found = explain(&Input::text("2probe"), Form::Packet, Lang::En);
    /// let shown = "\
    /// 2probe
    /// ^       Engine.IO packet type 2: ping
    ///  ^^^^^  probe: does this WebSocket work?
    /// ";
    /// assert_eq!(Picture::of_pieces(&found).to_string(), shown);
    /// ```
    pub fn of_pieces(found: &Explanation) -> Self {
        let ruler = Ruler::new(&found.input.wire);
        let mut picture = Self::default();
        if ruler.width(0..found.input.len()) > WIDEST {
            for span in &found.spans {
                picture.lines.push(row(&ruler, span));
            }
            return picture;
        }
        let paint = |span: &Span| (Paint::Piece(span.kind), ruler.text(span.from..span.to));
        let mut first: Vec<_> = found.spans.iter().map(paint).collect();
        if ruler.bytes {
            first.iter_mut().for_each(|part| part.1.push(' '));
        }
        picture.lines.push(first);
        let words_at = ruler.width(0..found.input.len()).min(WORDS_AT) + 2;
        for span in &found.spans {
            let indent = ruler.width_before(span.from);
            let carets = "^".repeat(ruler.width(span.from..span.to).max(1));
            let gap = words_at.max(indent + carets.len() + 1) - indent - carets.len();
            picture.lines.push(vec![
                (Paint::Plain, " ".repeat(indent)),
                (Paint::Piece(span.kind), carets),
                (Paint::Plain, format!("{}{}", " ".repeat(gap), on_one_line(&span.words))),
            ]);
        }
        picture
    }

    /// What is wrong, and then what is hardly meant; nothing if all is well.
    pub fn of_faults(found: &Explanation, lang: Lang) -> Self {
        let mut picture = Self::default();
        if let Some(fault) = &found.diagnostic {
            picture.fault(found, fault, Paint::Fault, lang);
        }
        for note in &found.notes {
            picture.fault(found, note, Paint::Note, lang);
        }
        picture
    }

    fn fault(&mut self, found: &Explanation, fault: &Diagnostic, paint: Paint, lang: Lang) {
        let title = if paint == Paint::Note { words::TITLE_NOTE } else { words::TITLE_ERROR };
        let title = format!("{}[{}]", title.say(lang, &[]), fault.code);
        let line = vec![(paint, title), (Paint::Strong, format!(": {}", fault.message))];
        self.lines.push(line);
        let bar = || (Paint::Faint, "  | ".to_owned());
        let empty = || vec![(Paint::Faint, "  |".to_owned())];
        let (shown, at, width) = excerpt(found, fault);
        self.lines.push(empty());
        self.lines.push(vec![bar(), (Paint::Plain, shown)]);
        let said = words::FOUND_WANTED.say(lang, &[&fault.found, &fault.wanted]);
        let carets = format!("{} {said}", "^".repeat(width));
        self.lines.push(vec![bar(), (Paint::Plain, " ".repeat(at)), (paint, carets)]);
        self.lines.push(empty());
        let equals = || (Paint::Faint, "  = ".to_owned());
        let rule = match fault.clause_text {
            Some(text) => format!("{}: {text}", fault.clause),
            None => fault.clause.to_owned(),
        };
        self.lines.push(vec![equals(), (Paint::Plain, rule)]);
        if let Some(hint) = &fault.hint {
            let hint = words::HINT.say(lang, &[hint]);
            self.lines.push(vec![equals(), (Paint::Plain, hint)]);
        }
    }
}

/// One row of the table: where, what, and the words.
fn row(ruler: &Ruler<'_>, span: &Span) -> Vec<(Paint, String)> {
    let whole = ruler.text(span.from..span.to);
    let mut shown: String = whole.chars().take(CELL).collect();
    if shown.len() < whole.len() {
        shown.pop();
        shown.push('…');
    }
    let gap = " ".repeat((CELL + 2).saturating_sub(columns(&shown)));
    vec![
        (Paint::Faint, format!("{:>5}  ", span.from)),
        (Paint::Piece(span.kind), shown),
        (Paint::Plain, format!("{gap}{}", on_one_line(&span.words))),
    ]
}

/// The bytes around a fault, how far in it begins, and how wide it is.
fn excerpt(found: &Explanation, fault: &Diagnostic) -> (String, usize, usize) {
    let ruler = Ruler::new(&found.input.wire);
    let length = found.input.len();
    let around = if ruler.bytes { AROUND / 4 } else { AROUND };
    let from = ruler.boundary(fault.from.saturating_sub(around));
    let to = ruler.boundary((fault.to + around).min(length).min(fault.from + 2 * around));
    let lead = if from > 0 { "…" } else { "" };
    let trail = if to < length { "…" } else { "" };
    let shown = format!("{lead}{}{trail}", ruler.text(from..to));
    let space = usize::from(ruler.bytes && fault.from > from);
    let at = columns(lead) + ruler.width(from..fault.from) + space;
    let width = ruler.width(fault.from..fault.to.min(to)).max(1);
    (shown, at, width)
}

/// Knows which column a byte is in.
struct Ruler<'a> {
    wire: &'a Wire,
    /// Whether two digits and a space are shown for each byte.
    bytes: bool,
}

impl<'a> Ruler<'a> {
    fn new(wire: &'a Wire) -> Self {
        Self { wire, bytes: matches!(wire, Wire::Bytes(_)) }
    }

    fn text(&self, range: Range<usize>) -> String {
        match self.wire {
            Wire::Text(text) => on_one_line(text.get(range).unwrap_or_default()),
            Wire::Bytes(bytes) => {
                let bytes = bytes.get(range).unwrap_or_default();
                let hex: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                hex.join(" ")
            }
        }
    }

    fn width(&self, range: Range<usize>) -> usize {
        columns(&self.text(range))
    }

    /// The column at which the byte at `position` begins.
    fn width_before(&self, position: usize) -> usize {
        self.width(0..position) + usize::from(self.bytes && position > 0)
    }

    /// The beginning of the character that this byte is in.
    fn boundary(&self, mut position: usize) -> usize {
        if let Wire::Text(text) = self.wire {
            while !text.is_char_boundary(position) {
                position -= 1;
            }
        }
        position
    }
}
