//! The outcome of a run, for people.
//!
//! ```text
//!   6  upgrade
//!   ✓ upgrade/probe             `2probe` is answered by `3probe`
//!   ✗ upgrade/garbage           A WebSocket that talks nonsense is closed alone
//!       should · trap 9: some close the session for it
//!       client   2probe
//!       server   3probe
//!       expected a message, `4…`
//!       received 400 {"code":1,"message":"Session ID unknown"}
//!   – heartbeat/ping            skipped: it takes 25 s
//! ```
//!
//! Core file.

use std::fmt::{self, Write as _};

use super::check::{Check, Grave, Stage};
use super::clauses;
use super::explained::explained;
use super::lang::{Lang, Told};
use super::outcome::{Note, Outcome, Side};

/// How the words are shown.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    pub lang: Lang,
    pub colours: bool,
}

#[derive(Clone, Copy, Debug)]
pub enum Colour {
    Green,
    Red,
    Yellow,
    Dim,
    Bold,
}

impl Style {
    pub fn paint(self, colour: Colour, text: &str) -> String {
        let code = match colour {
            Colour::Green => 32,
            Colour::Red => 31,
            Colour::Yellow => 33,
            Colour::Dim => 2,
            Colour::Bold => 1,
        };
        if self.colours { format!("\u{1B}[{code}m{text}\u{1B}[0m") } else { text.to_owned() }
    }

    pub fn word(self, told: &Told) -> &str {
        told.of(self.lang)
    }

    pub fn pick(self, en: &'static str, zh: &'static str) -> &'static str {
        if self.lang == Lang::Zh { zh } else { en }
    }
}

/// How many of each.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sum {
    pub passed: usize,
    pub must: usize,
    pub should: usize,
    pub ours: usize,
    pub skipped: usize,
}

impl Sum {
    pub fn add(&mut self, check: &Check, outcome: &Outcome) {
        let one = match (outcome.failed().is_some(), check.grave) {
            _ if outcome.skipped().is_some() => &mut self.skipped,
            (false, _) => &mut self.passed,
            (true, Grave::Must) => &mut self.must,
            (true, Grave::Should) => &mut self.should,
            (true, Grave::Ours) => &mut self.ours,
        };
        *one += 1;
    }

    pub fn line(&self, style: Style) -> String {
        let Self { passed, must, should, ours, skipped } = self;
        let failed = must + should + ours;
        if style.lang == Lang::Zh {
            return format!(
                "通过 {passed}，失败 {failed}（必须 {must}，应当 {should}，仅本项目 {ours}），\
                 跳过 {skipped}"
            );
        }
        format!(
            "{passed} passed, {failed} failed ({must} must, {should} should, {ours} ours), \
             {skipped} skipped"
        )
    }
}

pub fn heading(stage: Stage, style: Style) -> String {
    let line = format!("{:>2}  {}", stage.number(), style.word(&stage.name()));
    format!("\n{}", style.paint(Colour::Bold, &line))
}

/// Columns that a name takes.
const NAME: usize = 31;

/// A check and what became of it.
pub fn lines(check: &Check, outcome: &Outcome, style: Style) -> String {
    let title = style.paint(Colour::Dim, style.word(&check.title));
    let id = format!("{:NAME$}", check.id);
    if let Some(why) = outcome.skipped() {
        let skipped = style.pick("skipped: ", "跳过：");
        let why = style.paint(Colour::Dim, &format!("{skipped}{}", style.word(why)));
        return format!(" {} {id} {why}\n", style.paint(Colour::Dim, "–"));
    }
    if outcome.failed().is_none() {
        return format!(" {} {id} {title}\n", style.paint(Colour::Green, "✓"));
    }
    let colour = if check.grave == Grave::Must { Colour::Red } else { Colour::Yellow };
    let mut out = format!(" {} {id} {}\n", style.paint(colour, "✗"), style.word(&check.title));
    let why = clauses::shown(check.clause, style.lang);
    let clause = format!("{} · {why}", grave(check.grave, style));
    let _ = writeln!(out, "     {}", style.paint(colour, &clause));
    // A line that cannot be written into a String does not exist.
    let _ = fault(&mut out, outcome, style);
    out
}

pub fn grave(grave: Grave, style: Style) -> &'static str {
    match grave {
        Grave::Must => style.pick("must", "必须"),
        Grave::Should => style.pick("should", "应当"),
        Grave::Ours => style.pick("ours alone", "仅本项目"),
    }
}

/// Lines of a conversation that are shown.
const SHOWN: usize = 8;

/// What was said, what was expected, and what came instead.
pub fn fault(out: &mut impl fmt::Write, outcome: &Outcome, style: Style) -> fmt::Result {
    let Some(fault) = outcome.failed() else { return Ok(()) };
    let left_out = outcome.notes.len().saturating_sub(SHOWN);
    if left_out > 0 {
        writeln!(out, "     {}", style.paint(Colour::Dim, &format!("… {left_out}")))?;
    }
    for note in outcome.notes.iter().skip(left_out) {
        writeln!(out, "     {}", said(note, style))?;
    }
    let expected = style.pick("expected", "期望    ");
    let received = style.pick("received", "收到    ");
    writeln!(out, "     {} {}", style.paint(Colour::Green, expected), style.word(&fault.wanted))?;
    writeln!(out, "     {} {}", style.paint(Colour::Red, received), style.word(&fault.received))?;
    explained(out, &outcome.notes, style)
}

fn said(note: &Note, style: Style) -> String {
    let who = match note.from {
        Side::Client => style.pick("client  ", "客户端  "),
        Side::Server => style.pick("server  ", "服务器  "),
    };
    format!("{} {}", style.paint(Colour::Dim, who), note.text)
}
