//! Fragments: in how many pieces a WebSocket message may come.
//!
//! ```text
//!   01 80 …   text, to be continued        1
//!   00 80 …   continued, and to be again   2
//!   89 80 …   a ping in between            does not count
//!   80 80 …   continued, and the end       3, and the next message begins at 1
//!   │  └ mask bit and length of the data, which is skipped
//!   └ final bit and operation code
//! ```
//!
//! A message is bounded in bytes, but a fragment may be empty: without a bound on their number, one
//! message can keep a server busy for ever. The library that reads frames has none, so the frame
//! heads are looked at on their way to it.
//!
//! Core file. Spec: RFC 6455, sections 5.2 and 5.4; the bound is not in it.

use super::explain::Kind;
use super::observe::Observer;

/// Counts the fragments of the message that is arriving.
///
/// ```
/// use sockrates::engineio::fragments::Fragments;
///
/// let mut fragments = Fragments::new(2);
/// assert!(fragments.pass(&[0x01, 0x00]), "the first");
/// assert!(fragments.pass(&[0x80, 0x00]), "the second, which is the last");
/// assert!(fragments.pass(&[0x01, 0x00, 0x00, 0x00]), "two of another message");
/// assert!(!fragments.pass(&[0x80, 0x00]), "its third");
/// ```
#[derive(Debug)]
pub struct Fragments {
    max: usize,
    count: usize,
    expected: Expected,
}

/// What the next byte is.
#[derive(Clone, Copy, Debug)]
enum Expected {
    /// The first of a frame: final bit and operation code.
    Code,
    /// The second: mask bit and length.
    Length,
    /// So many more bytes of a long length, and of a mask.
    LongLength { left: u8, length: u64, mask: u64 },
    /// So many more bytes of mask and data, of which the last `data` are data.
    Data { left: u64, data: u64 },
}

impl Fragments {
    /// A message may have `max` of them.
    pub fn new(max: usize) -> Self {
        Self { max, count: 0, expected: Expected::Code }
    }

    /// Whether all that has passed is whole messages.
    pub fn is_between_messages(&self) -> bool {
        self.count == 0 && matches!(self.expected, Expected::Code)
    }

    /// Looks at bytes from the client. Whether the message that they belong to may go on.
    pub fn pass(&mut self, bytes: &[u8]) -> bool {
        self.pass_observed(bytes, &mut ())
    }

    /// The same, and `observer` is told what is what.
    pub(crate) fn pass_observed(
        &mut self,
        mut bytes: &[u8],
        observer: &mut impl Observer<Kind>,
    ) -> bool {
        while let [byte, rest @ ..] = bytes {
            bytes = rest;
            self.expected = match self.expected {
                Expected::Code => {
                    if !self.count(*byte) {
                        return false;
                    }
                    observer.seen(rest.len(), Kind::FrameHead);
                    Expected::Length
                }
                Expected::Length => {
                    let mask = if byte & 0x80 == 0 { 0 } else { 4 };
                    let long = |left| Expected::LongLength { left, length: 0, mask };
                    match byte & 0x7f {
                        126 => long(2),
                        127 => long(8),
                        length => {
                            observer.seen(rest.len(), Kind::FrameLength);
                            Expected::data(u64::from(length), mask)
                        }
                    }
                }
                Expected::LongLength { left, length, mask } => {
                    let length = length << 8 | u64::from(*byte);
                    match left {
                        1 => {
                            observer.seen(rest.len(), Kind::FrameLength);
                            Expected::data(length, mask)
                        }
                        _ => Expected::LongLength { left: left - 1, length, mask },
                    }
                }
                Expected::Data { left, data } => {
                    let whole = rest.len() + 1;
                    let mask = usize::try_from(left - data.min(left)).unwrap_or(usize::MAX);
                    observer.seen(whole.saturating_sub(mask), Kind::FrameMask);
                    // The byte at hand, and as many of the others as are here.
                    let skipped = rest.len().min(usize::try_from(left - 1).unwrap_or(usize::MAX));
                    bytes = rest.get(skipped..).unwrap_or_default();
                    observer.seen(bytes.len(), Kind::FramePayload);
                    Expected::left(left - 1 - skipped as u64, data)
                }
            };
        }
        true
    }

    /// Counts a frame by its first byte.
    fn count(&mut self, code: u8) -> bool {
        let (last, control) = (code & 0x80 != 0, code & 0x08 != 0);
        if !control {
            self.count += 1;
            if self.count > self.max {
                return false;
            }
            if last {
                self.count = 0;
            }
        }
        true
    }
}

impl Expected {
    /// Behind a head: the mask, and the data.
    fn data(data: u64, mask: u64) -> Self {
        Self::left(data.saturating_add(mask), data)
    }

    fn left(left: u64, data: u64) -> Self {
        if left == 0 { Self::Code } else { Self::Data { left, data } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(code: u8, length: usize, masked: bool) -> Vec<u8> {
        let mask = if masked { 0x80 } else { 0 };
        let mut frame = vec![code];
        match length {
            0..=125 => frame.push(mask | u8::try_from(length).unwrap()),
            126..=65_535 => {
                frame.push(mask | 126);
                frame.extend(u16::try_from(length).unwrap().to_be_bytes());
            }
            _ => {
                frame.push(mask | 127);
                frame.extend((length as u64).to_be_bytes());
            }
        }
        // Data that would be taken for frame heads by whoever loses count.
        frame.extend(vec![0x01; length + if masked { 4 } else { 0 }]);
        frame
    }

    /// However the bytes are cut, the same frame is one too many.
    #[track_caller]
    fn check(frames: &[Vec<u8>], max: usize, expected: bool) {
        let bytes = frames.concat();
        for size in [1, 2, 3, 7, bytes.len()] {
            let mut fragments = Fragments::new(max);
            let passed = bytes.chunks(size).all(|chunk| fragments.pass(chunk));
            assert_eq!(passed, expected, "{} frames in pieces of {size}", frames.len());
        }
    }

    #[test]
    fn lengths_of_all_three_forms_are_skipped() {
        for length in [0, 1, 125, 126, 65_535, 65_536, 70_000] {
            for masked in [true, false] {
                let message = [frame(0x01, length, masked), frame(0x80, length, masked)];
                check(&message, 2, true);
                check(&message, 1, false);
            }
        }
    }

    #[test]
    fn control_frames_in_between_do_not_count_and_messages_are_counted_apart() {
        let (first, last) = (frame(0x02, 3, true), frame(0x80, 3, true));
        let (ping, whole) = (frame(0x89, 5, true), frame(0x81, 5, true));
        check(&[first.clone(), ping.clone(), ping.clone(), last.clone()], 2, true);
        check(&[whole.clone(), whole, first.clone(), last.clone(), first, last], 2, true);
    }

    /// Threat 52. A length that is not true makes nothing overflow.
    #[test]
    fn the_longest_length_is_only_waited_for() {
        let mut fragments = Fragments::new(1);
        assert!(fragments.pass(&[0x81, 0xff, 255, 255, 255, 255, 255, 255, 255, 255]));
        assert!(fragments.pass(&[0x01; 1000]));
    }
}
