//! Assembling: a packet, and the attachments that follow it.
//!
//! ```text
//!   51-["file",{"_placeholder":true,"num":0}]      text: one attachment will follow
//!   <01 02 03 04>                                  binary: here it is
//! ```
//!
//! Core file. Spec: Socket.IO v5, ["Packet encoding"], "+ binary attachments extracted".
//! Next: [`placeholder`](super::placeholder), which puts them where they belong.
//!
//! ["Packet encoding"]: https://github.com/socketio/socket.io-protocol#packet-encoding

use std::fmt;
use std::num::NonZeroUsize;

use bytes::Bytes;

/// A packet whose attachments have not all arrived.
///
/// While a client's connection holds one of these, the only thing that client may send
/// is the next attachment. There is no such thing as an assembler that waits for
/// nothing: [`start`](Self::start) and [`attach`](Self::attach) give the packet back
/// the moment it is complete.
///
/// ```
/// use sockrates::socketio::assemble::{Assembler, Step};
///
/// let Step::More(assembler) = Assembler::start("a packet", 1) else { unreachable!() };
/// let step = assembler.attach("its attachment".into(), 1_000_000)?;
/// assert!(matches!(step, Step::Done("a packet", _)));
/// # Ok::<(), sockrates::socketio::assemble::AssembleError>(())
/// ```
#[derive(Debug)]
pub struct Assembler<P> {
    packet: P,
    missing: NonZeroUsize,
    attachments: Vec<Bytes>,
    bytes: usize,
}

/// Where the assembly of a packet stands.
#[derive(Debug)]
pub enum Step<P> {
    /// Attachments are missing.
    More(Assembler<P>),
    /// Here is the packet, with its attachments in order.
    Done(P, Vec<Bytes>),
}

impl<P> Assembler<P> {
    /// A packet came that announces `count` attachments.
    pub fn start(packet: P, count: usize) -> Step<P> {
        Self::step(packet, count, Vec::new(), 0)
    }

    /// The next attachment came; all of them together may be `max_bytes` long.
    ///
    /// Not in the specification: a limit. Whoever announces attachments and sends large
    /// ones would otherwise be given memory before being known to any namespace.
    pub fn attach(self, attachment: Bytes, max_bytes: usize) -> Result<Step<P>, AssembleError> {
        let Self { packet, missing, mut attachments, bytes } = self;
        let bytes = bytes.saturating_add(attachment.len());
        if bytes > max_bytes {
            return Err(AssembleError::TooManyBytes { found: bytes, max: max_bytes });
        }
        attachments.push(attachment);
        Ok(Self::step(packet, missing.get() - 1, attachments, bytes))
    }

    /// How many attachments have yet to come.
    pub fn missing(&self) -> NonZeroUsize {
        self.missing
    }

    fn step(packet: P, missing: usize, attachments: Vec<Bytes>, bytes: usize) -> Step<P> {
        match NonZeroUsize::new(missing) {
            Some(missing) => Step::More(Self { packet, missing, attachments, bytes }),
            None => Step::Done(packet, attachments),
        }
    }
}

/// Why an attachment was refused, and the packet with it.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum AssembleError {
    /// The attachments of one packet are too long together.
    TooManyBytes {
        /// How long they are so far.
        found: usize,
        /// How long they may be.
        max: usize,
    },
}

impl fmt::Display for AssembleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooManyBytes { found, max } => {
                write!(f, "attachments of {found} bytes in one packet, expected at most {max}")
            }
        }
    }
}

impl std::error::Error for AssembleError {}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_without_attachments_is_done_at_once() {
        let Step::Done(packet, attachments) = Assembler::start('p', 0) else { panic!("waits") };
        assert_eq!((packet, attachments.len()), ('p', 0));
    }

    #[test]
    fn attachments_are_kept_in_the_order_they_came() {
        let mut step = Assembler::start('p', 3);
        for (attachment, missing) in [("a", 3), ("b", 2), ("c", 1)] {
            let Step::More(assembler) = step else { panic!("done before {attachment}") };
            assert_eq!(assembler.missing().get(), missing);
            step = assembler.attach(attachment.into(), 3).unwrap();
        }
        let Step::Done('p', attachments) = step else { panic!("waits for a fourth") };
        assert_eq!(attachments, ["a", "b", "c"]);
    }

    #[test]
    fn attachments_are_bounded_together() {
        let start = || match Assembler::start((), 3) {
            Step::More(assembler) => assembler.attach("12".into(), 4).unwrap(),
            Step::Done(..) => panic!("done"),
        };
        let Step::More(assembler) = start() else { panic!("done") };
        assert!(assembler.attach("34".into(), 4).is_ok());

        let Step::More(assembler) = start() else { panic!("done") };
        let error = assembler.attach("345".into(), 4).unwrap_err();
        assert_eq!(error, AssembleError::TooManyBytes { found: 5, max: 4 });
        assert_eq!(error.to_string(), "attachments of 5 bytes in one packet, expected at most 4");
    }
}
