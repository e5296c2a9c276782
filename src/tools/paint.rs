//! Pictures on a terminal, in colours: each layer has one, and each kind of piece a shade of it.
//!
//! ```text
//!   engineio blue · socketio green · names and arguments yellow · what is wrong red
//! ```
//!
//! Shell file: asks whether somebody sits at the other end.

use std::io::Write;

use anstyle::{AnsiColor, Style};
use sockrates::engineio::explain::Kind as Engineio;
use sockrates::explain::Kind;
use sockrates::explain::picture::{Paint, Picture};
use sockrates::socketio::explain::Kind as Socketio;

/// Writes a picture; where colours can not be seen, the stream leaves them out.
///
/// # Errors
/// When nobody reads.
pub fn write(out: &mut impl Write, picture: &Picture) -> std::io::Result<()> {
    for line in &picture.lines {
        for (paint, text) in line {
            let style = style(*paint);
            write!(out, "{style}{text}{style:#}")?;
        }
        writeln!(out)?;
    }
    Ok(())
}

fn style(paint: Paint) -> Style {
    let plain = Style::new();
    let coloured = |colour: AnsiColor| plain.fg_color(Some(colour.into()));
    match paint {
        Paint::Piece(kind) => coloured(colour(kind)),
        Paint::Fault => coloured(AnsiColor::BrightRed).bold(),
        Paint::Note => coloured(AnsiColor::BrightYellow).bold(),
        Paint::Faint => plain.dimmed(),
        Paint::Strong => plain.bold(),
        _ => plain,
    }
}

fn colour(kind: Kind) -> AnsiColor {
    match kind {
        Kind::Engineio(Engineio::Type) => AnsiColor::BrightBlue,
        Kind::Engineio(_) => AnsiColor::Blue,
        Kind::Socketio(Socketio::Type) => AnsiColor::BrightGreen,
        Kind::Socketio(Socketio::Namespace | Socketio::AckId | Socketio::Attachments) => {
            AnsiColor::Green
        }
        Kind::Socketio(Socketio::EventName) => AnsiColor::BrightYellow,
        Kind::Socketio(Socketio::Argument | Socketio::Data) => AnsiColor::Yellow,
        Kind::Socketio(Socketio::Placeholder) => AnsiColor::Magenta,
        Kind::Error => AnsiColor::BrightRed,
        _ => AnsiColor::BrightBlack,
    }
}
