//! `sockrates learn`: the same checks, for somebody who writes a server.
//!
//! ```text
//!   ✓  1  handshake              21 of 21
//!   ▶  2  long-polling           11 of 20
//!
//!   Build next …  Why …  On the wire …
//!   ✗ polling/get-waits …
//! ```
//!
//! It remembers nothing: run it again after each step. It stops at the first stage in which
//! something fails that must not. What the handlers of the suite are needed for is asked from
//! the stage of events on, where a server has events to handle.
//!
//! Shell file: owns the runtime.

use std::error::Error;
use std::io::{self, Write as _};

use tokio::runtime::Builder;

use super::catalogue;
use super::check::{Check, Grave, Needs, Stage};
use super::clauses;
use super::examine::Examination;
use super::lang::wrapped;
use super::lessons::{HANDLERS, Lesson, lesson};
use super::machine::Row;
use super::options::Learn;
use super::report::{Colour, Style, fault, grave};
use super::run::{facts, style, url};

/// Runs the stages up to the first one that is not complete. Says whether all are.
///
/// # Errors
/// When there is nobody to ask, or nobody to tell.
pub fn run(learn: &Learn) -> Result<bool, Box<dyn Error>> {
    let place = learn.place()?;
    let style = style(&learn.manner);
    writeln!(io::stdout(), "{}\n", url(&place))?;
    let runtime = Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let limit = learn.manner.limit();
        let examination = Examination::begin(place, facts(&learn.manner), false, limit).await;
        for stage in Stage::ALL {
            let checks = taught_in(stage);
            let mut rows = Vec::<Row>::new();
            examination.ask_all(&checks, |check, outcome| rows.push((check, outcome))).await;
            let handlers_missing = stage >= Stage::Events && !examination.facts.suite;
            let complete = !handlers_missing && !rows.iter().any(is_open);
            headline(stage, &rows, complete, style)?;
            if !complete {
                teach(stage, &rows, handlers_missing, style)?;
                return Ok(false);
            }
            leftovers(&rows, style)?;
        }
        let done = style.pick(
            "\nThis is a Socket.IO server. `sockrates conform` has the details.",
            "\n这已经是一个 Socket.IO 服务器了。细节请看 `sockrates conform`。",
        );
        writeln!(io::stdout(), "{done}")?;
        Ok(true)
    })
}

/// The checks of a stage. Those that need handlers wait for the stage of events.
fn taught_in(stage: Stage) -> Vec<&'static Check> {
    let when = |check: &Check| match check.needs {
        Needs::Plain => check.stage,
        Needs::Suite => check.stage.max(Stage::Events),
    };
    catalogue::all().filter(|check| when(check) == stage).collect()
}

/// Whether something is left to do before the next stage.
fn is_open((check, outcome): &Row) -> bool {
    check.grave == Grave::Must && outcome.failed().is_some()
}

fn headline(stage: Stage, rows: &[Row], complete: bool, style: Style) -> io::Result<()> {
    let mark = if complete {
        style.paint(Colour::Green, "✓")
    } else {
        style.paint(Colour::Yellow, "▶")
    };
    let asked = rows.iter().filter(|(_, it)| it.skipped().is_none()).count();
    let passed = rows.iter().filter(|(_, it)| it.verdict.is_ok()).count();
    let name = stage.name();
    let name = style.paint(Colour::Bold, style.word(&name));
    writeln!(io::stdout(), " {mark} {:>2}  {name}  {passed}/{asked}", stage.number())
}

/// What a complete stage could do better.
fn leftovers(rows: &[Row], style: Style) -> io::Result<()> {
    let mut out = io::stdout();
    for (check, outcome) in rows {
        if outcome.failed().is_some() && check.grave == Grave::Should {
            let word = grave(check.grave, style);
            let line = format!("{word}: {} {}", check.id, style.word(&check.title));
            writeln!(out, "        {}", style.paint(Colour::Dim, &line))?;
        }
        if let Some(why) = outcome.skipped().filter(|_| check.grave == Grave::Must) {
            let line = format!("– {}: {}", check.id, style.word(why));
            writeln!(out, "        {}", style.paint(Colour::Dim, &line))?;
        }
    }
    Ok(())
}

/// What to build next, why, how it looks on the wire, and what is wrong now.
fn teach(stage: Stage, rows: &[Row], handlers_missing: bool, style: Style) -> io::Result<()> {
    let mut out = io::stdout();
    let lesson = lesson(stage);
    write_lesson(&mut out, &lesson, style)?;
    if handlers_missing {
        writeln!(out)?;
        for line in wrapped(style.word(&HANDLERS)) {
            writeln!(out, "  {}", line.trim_end())?;
        }
    }
    let next = style.pick("The first that fails", "第一个没有通过的检查");
    let again = style.pick(
        "Mend this, then run `sockrates learn` again.",
        "改好之后，再运行一次 `sockrates learn`。",
    );
    let mut open = rows.iter().filter(|row| is_open(row));
    if let Some((check, outcome)) = open.next() {
        writeln!(out, "\n{}", style.paint(Colour::Bold, next))?;
        writeln!(out, " {} {}", style.paint(Colour::Red, "✗"), style.word(&check.title))?;
        writeln!(
            out,
            "     {}",
            style.paint(
                Colour::Dim,
                &format!("{} · {}", check.id, clauses::shown(check.clause, style.lang))
            )
        )?;
        let mut told = String::new();
        fault(&mut told, outcome, style).map_err(io::Error::other)?;
        write!(out, "{told}")?;
    }
    for (check, _) in open {
        let line = format!(" ✗ {:31} {}", check.id, style.word(&check.title));
        writeln!(out, "{}", style.paint(Colour::Dim, &line))?;
    }
    writeln!(out, "\n{again}")
}

fn write_lesson(out: &mut io::Stdout, lesson: &Lesson, style: Style) -> io::Result<()> {
    let [build, why, wire, guide] = [
        style.pick("Build next", "下一步"),
        style.pick("Why", "为什么"),
        style.pick("On the wire", "线路上的样子"),
        style.pick("Read more", "延伸阅读"),
    ];
    let language = style.lang.name();
    for (title, text) in [(build, &lesson.build), (why, &lesson.why)] {
        writeln!(out, "\n{}", style.paint(Colour::Bold, title))?;
        for line in wrapped(style.word(text)) {
            writeln!(out, "  {}", line.trim_end())?;
        }
    }
    writeln!(out, "\n{}", style.paint(Colour::Bold, wire))?;
    for line in lesson.wire.lines() {
        writeln!(out, "    {}", style.paint(Colour::Green, line))?;
    }
    let place = format!("docs/guide/{language}/{}.md", lesson.guide);
    writeln!(out, "\n{}\n  {place}", style.paint(Colour::Bold, guide))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_check_is_taught_once_and_what_needs_events_after_them() {
        let taught: Vec<_> = Stage::ALL.into_iter().flat_map(taught_in).collect();
        assert_eq!(taught.len(), catalogue::all().count());
        for stage in &Stage::ALL[..Stage::Events.number() - 1] {
            assert!(taught_in(*stage).iter().all(|it| it.needs == Needs::Plain));
        }
    }
}
