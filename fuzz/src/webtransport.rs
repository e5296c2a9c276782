//! Any stream of bytes, in any pieces. The first two bytes of the input say in which, and how long
//! a frame may be. Whatever is in the rest:
//!
//! - however it is cut, the frames, the error and the end are those that a slow reader of the whole
//!   finds;
//! - there is nothing after an error, and nothing is kept;
//! - once all was taken that could be, less than a header and a frame of the limit are kept;
//! - what decodes is encoded with the shortest header, and decodes to the same.

use sockrates::engineio::packet::Frame;
use sockrates::engineio::webtransport::{Decoder, encode};

/// The longest header.
const HEADER: usize = 9;

type Frames = Vec<Result<Frame, ()>>;

/// Into how many pieces a stream is cut at most, lest long ones take all the time.
const MAX_PIECES: usize = 1_024;

/// Checks the properties above.
pub fn check(data: &[u8]) {
    let [pieces, max, stream @ ..] = data else { return };
    // So that short input meets the limit, and longer lengths fit as well.
    let max = if *max == 255 { 100_000 } else { usize::from(*max) };
    let expected = slowly(stream, max);
    let least = stream.len() / MAX_PIECES + 1;
    for step in [stream.len().max(1), least, least + usize::from(*pieces)] {
        assert_eq!(in_pieces(stream, step, max), expected, "in pieces of {step}");
    }
    for frame in expected.into_iter().flatten() {
        round_trip(&frame);
    }
}

fn in_pieces(stream: &[u8], step: usize, max: usize) -> Frames {
    let mut decoder = Decoder::new(max);
    let mut found = Frames::new();
    for piece in stream.chunks(step) {
        let before = decoder.buffered();
        decoder.push(piece);
        assert!(decoder.buffered() <= before + piece.len(), "more is kept than arrived");
        found.extend(decoder.by_ref().map(|it| it.map_err(|_| ())));
        assert!(decoder.buffered() < HEADER + max.max(1), "a frame is kept that was complete");
        if matches!(found.last(), Some(Err(()))) {
            assert_eq!(decoder.buffered(), 0, "kept after an error");
        }
    }
    assert_eq!(decoder.next(), None);
    found
}

/// The whole stream, read with arithmetic that cannot overflow.
fn slowly(mut stream: &[u8], max: usize) -> Frames {
    let mut found = Frames::new();
    while let Some(&first) = stream.first() {
        let digits = match first % 128 {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        let Some(extended) = stream.get(1..1 + digits) else { break };
        let length = match digits {
            0 => u128::from(first % 128),
            _ => extended.iter().fold(0, |number, byte| number * 256 + u128::from(*byte)),
        };
        if length == 0 || length > max as u128 {
            found.push(Err(()));
            break;
        }
        let start = 1 + digits;
        let Some(content) = stream.get(start..start + length as usize) else { break };
        stream = &stream[start + length as usize..];
        if first >= 128 {
            found.push(Ok(Frame::Binary(content.to_vec().into())));
        } else if let Ok(text) = String::from_utf8(content.to_vec()) {
            found.push(Ok(Frame::Text(text.into())));
        } else {
            found.push(Err(()));
            break;
        }
    }
    found
}

fn round_trip(frame: &Frame) {
    let wire = encode(frame).expect("a frame that is not empty");
    let header = match frame.len() {
        ..126 => 1,
        126..65_536 => 3,
        _ => HEADER,
    };
    assert_eq!(wire.len(), header + frame.len(), "the header of {frame:?}");
    let mut decoder = Decoder::new(frame.len());
    decoder.push(&wire);
    assert_eq!(decoder.next(), Some(Ok(frame.clone())));
    assert_eq!((decoder.next(), decoder.buffered()), (None, 0));
}
