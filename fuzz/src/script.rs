//! A script: how bytes become a sequence of operations.
//!
//! ```text
//!   g            one operation a line: its verb is one character
//!   P4hello      what follows the verb belongs to it
//!   .25          a number, if the verb wants one
//! ```
//!
//! A script can be read and written by hand, a fuzzer's dictionary has lines in it, and what a
//! fuzzer finds is a story. Bytes that are not UTF-8 are replaced; every input is a script.

/// A script longer than this is cut: a longer one finds nothing that this one does not.
const MAX_LINES: usize = 256;

/// One operation.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    /// What is to be done.
    pub verb: char,
    /// With what.
    pub rest: &'a str,
}

/// The operations of a script. Empty lines are none.
pub fn lines(script: &str) -> impl Iterator<Item = Line<'_>> {
    script.split('\n').take(MAX_LINES).filter_map(|line| {
        let mut chars = line.chars();
        Some(Line { verb: chars.next()?, rest: chars.as_str() })
    })
}

impl Line<'_> {
    /// The rest as a number of at most `max`; 1 if it is none.
    pub fn number(&self, max: u64) -> u64 {
        self.rest.parse().unwrap_or(1).min(max)
    }
}
