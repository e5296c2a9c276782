//! Transcripts: conversations in files, one line per thing that happens.
//!
//! ```text
//!   # A comment.                       says what the transcript shows
//!   C: 4hello                          who it is, up to the mark, and what happens
//!   N! <a case>                        from here on the reference server differs, as the row of
//!   S: WS closed                       this case in docs/departures.md says; this is ours,
//!   N: S: 4world                       and this is what the reference does in place of it
//! ```
//!
//! `tests/transcripts.rs` and `tests/socketio_transcripts.rs` say what the lines mean.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// One line.
#[derive(Debug)]
pub struct Line {
    /// File, number and text.
    pub place: String,
    /// Who, with the mark behind: `C:`, `S a:`, `A>`, `--`.
    pub who: String,
    /// What.
    pub what: String,
}

/// The transcripts in a folder of `tests/transcripts`.
pub fn paths(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts").join(folder);
    let files = fs::read_dir(folder).expect("a folder").map(|it| it.expect("an entry").path());
    let mut paths: Vec<_> =
        files.filter(|it| it.extension().is_some_and(|it| it == "txt")).collect();
    paths.sort();
    paths
}

/// The lines of a transcript, as we play it: what the reference does in place of something is not
/// for us.
pub fn lines(path: &Path) -> Vec<Line> {
    let name = path.file_name().expect("a file").to_string_lossy();
    let text = fs::read_to_string(path).expect("a transcript");
    let other = |line: &str| line.is_empty() || line.starts_with('#') || line.starts_with('N');
    let line = |(number, text): (usize, &str)| {
        let mark = text.find([':', '>', '!']).map_or(2, |at| at + 1);
        let (who, what) =
            if text.starts_with("--") { text.split_at(2) } else { text.split_at(mark) };
        let place = format!("{name}:{number}: {text}");
        Line { place, who: who.to_owned(), what: what.trim().to_owned() }
    };
    (1..).zip(text.lines()).filter(|(_, text)| !other(text)).map(line).collect()
}

/// A time, as `25s` or `100ms`.
pub fn time(text: &str) -> Duration {
    match text.strip_suffix("ms") {
        Some(ms) => Duration::from_millis(ms.parse().expect("milliseconds")),
        None => {
            let seconds = text.strip_suffix('s').and_then(|text| text.parse().ok());
            Duration::from_secs(seconds.expect("seconds"))
        }
    }
}

/// The bytes that are written `<01 02>`.
pub fn bytes(text: &str) -> Option<Vec<u8>> {
    let text = text.strip_prefix('<')?.strip_suffix('>')?;
    text.split_whitespace().map(|byte| u8::from_str_radix(byte, 16).ok()).collect()
}

/// Bytes as they are written.
pub fn hex(bytes: &[u8]) -> String {
    let bytes: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("<{}>", bytes.join(" "))
}

/// Behind each `N!` stands a row of the departures, so that no difference goes without a reason.
/// Gives how many there are.
pub fn differences_that_are_listed(paths: &[PathBuf]) -> usize {
    let listed = include_str!("../../docs/departures.md");
    let mut found = 0;
    for path in paths {
        let text = fs::read_to_string(path).expect("a transcript");
        let mut open = false;
        for line in text.lines() {
            if let Some(case) = line.strip_prefix("N! ") {
                assert!(!open, "{}: {line}: the one before has no N:", path.display());
                assert!(listed.contains(&format!("\n| {case} | ")), "{}: {line}", path.display());
                (open, found) = (true, found + 1);
            } else if line.starts_with('N') {
                assert!(line.starts_with("N: "), "{}: {line}", path.display());
                open = false;
            }
        }
        assert!(!open, "{}: an N! without an N:", path.display());
    }
    found
}
