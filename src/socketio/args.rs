//! Arguments: what comes with an event, or as the answer to one.
//!
//! ```text
//!   ["add",1,2]          an event: its name, then two arguments
//!    └───┤ └┴─ arguments
//!        └──── skipped
//!   [3]                  an answer: one argument
//! ```
//!
//! Arguments stay the text they came as until somebody wants them as something. The type
//! he wants them as decides how they are read:
//!
//! | Wanted                  | `["add",1,2]`              | `["add"]`              |
//! |-------------------------|----------------------------|------------------------|
//! | `(i64, i64)`            | `(1, 2)`                   | error: 1 is missing    |
//! | `(i64,)`, `[i64; 1]`    | the first; more is ignored | error: 1 is missing    |
//! | `(Option<i64>, …)`      | `(Some(1), …)`             | `(None, …)`            |
//! | `()`                    | `()`                       | `()`                   |
//! | `Option<i64>`           | `Some(1)`                  | `None`                 |
//! | `i64`, any other type   | `1`, the first             | error: 1 is missing    |
//!
//! So a tuple is *the arguments*, and anything else is *the argument*. Sending follows
//! the same table from right to left, see [`encode`](super::encode).
//!
//! Core file. Spec: Socket.IO v5, ["Sending and receiving data"] and ["Acknowledgement"].
//!
//! ["Sending and receiving data"]: https://github.com/socketio/socket.io-protocol#sending-and-receiving-data
//! ["Acknowledgement"]: https://github.com/socketio/socket.io-protocol#acknowledgement

use std::fmt;
use std::num::NonZeroUsize;

use bytes::Bytes;
use bytestring::ByteString;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::placeholder::{self, PlaceholderError};
use super::{deserialize, json};

/// The arguments of an event or of an acknowledgement, as JSON text and attachments.
///
/// Cloning copies no text and no attachment.
#[derive(Clone, Debug, PartialEq)]
pub struct Args {
    /// A valid JSON array.
    json: ByteString,
    /// How many elements it has.
    elements: usize,
    /// Where the name of the event ends, if the first element is one.
    name_ends: Option<NonZeroUsize>,
    attachments: Vec<Bytes>,
}

impl Args {
    /// The elements behind the first, which ends at `name_ends`, in a valid JSON array of
    /// `elements` elements.
    pub(super) fn after_name(json: ByteString, elements: usize, name_ends: usize) -> Self {
        Self { json, elements, name_ends: NonZeroUsize::new(name_ends), attachments: Vec::new() }
    }

    /// All elements of a valid JSON array of `elements` elements.
    pub(super) fn all(json: ByteString, elements: usize) -> Self {
        Self { json, elements, name_ends: None, attachments: Vec::new() }
    }

    /// The same arguments with their attachments, once these have arrived.
    ///
    /// Fails if a placeholder asks for an attachment that is not there. Without attachments
    /// there are no placeholders, only objects that look like some: nothing is looked at.
    pub fn complete(self, attachments: Vec<Bytes>) -> Result<Self, PlaceholderError> {
        if attachments.is_empty() {
            return Ok(self);
        }
        placeholder::find(&self.json, attachments.len())?;
        Ok(Self { attachments, ..self })
    }

    /// Reads the arguments as a `T`, by the table at the top of this file.
    ///
    /// [`Bytes`], anywhere in `T`, are the attachment whose placeholder stands there. They
    /// are copied, since serde has no way to hand over shared bytes; [`attachments`] has
    /// the originals. A type that wants to be told what is there before it decides, as
    /// [`serde_json::Value`] does, is shown the placeholder.
    ///
    /// Values nested deeper than 127 levels are refused, as serde_json has it.
    ///
    /// [`attachments`]: Self::attachments
    /// Text may be borrowed, where the client has written it without any escape. Otherwise, and
    /// to be sure, `Cow<'_, str>` or `String` is the type.
    ///
    /// ```
    /// use sockrates::socketio::{Args, ArgsError};
    ///
    /// fn length(args: &Args) -> Result<usize, ArgsError> {
    ///     let (first, second): (&str, &str) = args.parse()?;
    ///     Ok(first.len() + second.len())
    /// }
    /// ```
    ///
    /// # Errors
    /// When `T` wants something else than there is: which argument, and what was expected.
    pub fn parse<'a, T: Deserialize<'a>>(&'a self) -> Result<T, ArgsError> {
        deserialize::arguments(self).map_err(ArgsError)
    }

    /// How many arguments there are.
    pub fn len(&self) -> usize {
        self.elements.saturating_sub(usize::from(self.is_named()))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The whole array as it came, with the event's name in front if it is an event's.
    pub fn json(&self) -> &str {
        &self.json
    }

    /// The text of each argument.
    pub fn raw(&self) -> Vec<&RawValue> {
        let mut elements = Vec::with_capacity(self.elements);
        // The array is valid, so there is no failure to report.
        let _ = json::each(&self.json, |element| elements.push(element));
        if self.is_named() && !elements.is_empty() {
            elements.remove(0);
        }
        elements
    }

    /// The text of all arguments, with the commas between them and without brackets around them.
    pub(super) fn listed(&self) -> &str {
        let text = self.json.get(self.name_ends.map_or(1, NonZeroUsize::get)..).unwrap_or_default();
        let text = text.strip_suffix(']').unwrap_or(text).trim();
        if self.is_named() { text.strip_prefix(',').unwrap_or(text) } else { text }
    }

    /// How many bytes the arguments hold on to, attachments included.
    pub fn bytes(&self) -> usize {
        self.json().len() + self.attachments().iter().map(Bytes::len).sum::<usize>()
    }

    /// The attachments, in the order of their numbers; none in most packets.
    pub fn attachments(&self) -> &[Bytes] {
        &self.attachments
    }

    /// Whether the first element is the event's name and no argument.
    pub(super) fn is_named(&self) -> bool {
        self.name_ends.is_some()
    }
}

/// Why arguments could not be read as the type that was wanted: which of them, counted from one,
/// what is there, and what was expected.
#[derive(Debug)]
pub struct ArgsError(serde_json::Error);

impl fmt::Display for ArgsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Where in the text it is says nothing to people who have written no text.
        let text = self.0.to_string();
        let place = format!(" at line {} column {}", self.0.line(), self.0.column());
        f.write_str(text.strip_suffix(&place).unwrap_or(&text))
    }
}

impl std::error::Error for ArgsError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
impl Args {
    /// The arguments of an event with this data, for the tests of this folder.
    pub(super) fn of_event(data: &str) -> Self {
        let array = json::array(data).unwrap();
        Self::after_name(data.into(), array.len, array.name_ends(data))
    }

    /// The arguments of an answer with this data.
    pub(super) fn of_answer(data: &str) -> Self {
        Self::all(data.into(), json::array(data).unwrap().len)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_an_event_is_no_argument() {
        check(Args::of_event(r#"["add"]"#), &[]);
        check(Args::of_event(r#"["add",1, {"b":1.0,"a":[]} ]"#), &["1", r#"{"b":1.0,"a":[]}"#]);
        check(Args::of_event("[1,2]"), &["2"]);
        check(Args::of_answer("[]"), &[]);
        check(Args::of_answer(r#"["add",1]"#), &[r#""add""#, "1"]);
        check(Args::of_answer(r#"["\ud83d",1e400]"#), &[r#""\ud83d""#, "1e400"]);
    }

    #[track_caller]
    fn check(args: Args, expected: &[&str]) {
        let raw: Vec<_> = args.raw().iter().map(|raw| raw.get()).collect();
        assert_eq!(raw, expected);
        assert_eq!(args.len(), expected.len());
        assert_eq!(args.is_empty(), expected.is_empty());
    }

    #[test]
    fn a_million_arguments_are_counted_and_kept_as_text() {
        let args = Args::of_event(&format!(r#"["a"{}]"#, ",0".repeat(1_000_000)));
        assert_eq!(args.len(), 1_000_000);
        assert_eq!(args.raw().len(), 1_000_000);
        assert_eq!(args.parse::<(u8, u8)>().unwrap(), (0, 0));
    }

    #[test]
    fn attachments_complete_arguments_if_placeholders_agree() {
        let args = Args::of_event(r#"["a",{"_placeholder":true,"num":1}]"#);
        assert!(args.attachments().is_empty());
        let error = args.clone().complete(vec!["x".into()]).unwrap_err();
        assert_eq!(error, PlaceholderError::NoSuchAttachment { count: 1 });
        let args = args.complete(vec!["x".into(), "y".into()]).unwrap();
        assert_eq!(args.attachments(), ["x", "y"]);
    }

    #[test]
    fn without_attachments_arguments_are_complete_whatever_they_look_like() {
        let data = r#"["a",{"_placeholder":true,"num":7}]"#;
        let args = Args::of_event(data);
        assert_eq!(args.clone().complete(Vec::new()), Ok(args));
    }

    #[test]
    fn arguments_are_small_and_clones_share_their_text() {
        let args = Args::of_event(r#"["a",1]"#);
        assert_eq!(args.clone().json().as_ptr(), args.json().as_ptr());
        assert!(size_of::<Args>() <= 72, "{}", size_of::<Args>());
    }
}
