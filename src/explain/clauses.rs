//! The sentences of the specifications, by their ids.
//!
//! ```text
//!   SIO5-EVENT-1 ──► The payload is mandatory and MUST be a non-empty array.
//! ```
//!
//! Core file. The lists are those in `spec/`, which the tests hold the server to.

const LISTS: [&str; 2] =
    [include_str!("../../spec/engineio-v4.txt"), include_str!("../../spec/socketio-v5.txt")];

/// The sentence that has this id.
///
/// ```
/// use sockrates::explain::clauses::sentence;
///
/// let rule = "The payload is mandatory and MUST be a non-empty array.";
/// assert_eq!(sentence("SIO5-EVENT-1"), Some(rule));
/// assert_eq!(sentence("SIO5-EVENT-99"), None);
/// ```
pub fn sentence(id: &str) -> Option<&'static str> {
    let lines = LISTS.into_iter().flat_map(str::lines).filter(|line| !line.starts_with('#'));
    let mut rules = lines.filter_map(|line| line.split_once(" | "));
    let (_, rest) = rules.find(|(found, _)| *found == id)?;
    let (_, quoted) = rest.split_once(" | ")?;
    quoted.strip_prefix('"')?.strip_suffix('"')
}
