//! Any body that a client may post. Whatever is in it:
//!
//! - there is one packet more than there are separators, and each is what its text alone would be;
//! - cut at any separator, the two bodies have the packets of the whole;
//! - every byte of it belongs to one packet or is one separator, and none is copied for it, so the
//!   cost is that of its length;
//! - what decodes is encoded to a body that decodes to the same, of the length that was announced;
//! - an outbox hands the same packets out in order, in bodies that keep its limit and that could
//!   not have taken one more.

use std::time::Instant;

use sockrates::engineio::outbox::Outbox;
use sockrates::engineio::packet::{DecodeError, Frame, Message, Packet};
use sockrates::engineio::payload::{self, Payload, SEPARATOR};

use super::watch::Watch;

/// How many separators a body is cut at: the first few are like the others.
const MAX_CUTS: usize = 16;

type Packets = Vec<Result<Packet, DecodeError>>;

/// Checks the properties above.
pub fn check(data: &[u8]) {
    let Ok(body) = std::str::from_utf8(data) else { return };
    let found = packets(body);
    let slowly: Packets =
        body.split(SEPARATOR).map(|record| Packet::decode_text(&record.into())).collect();
    assert_eq!(found, slowly, "{body:?}");

    for (at, _) in body.match_indices(SEPARATOR).take(MAX_CUTS) {
        let (left, right) = (&body[..at], &body[at + 1..]);
        assert_eq!([packets(left), packets(right)].concat(), found, "{body:?} cut at {at}");
    }
    nothing_is_copied(body);

    let Ok(packets) = found.into_iter().collect::<Result<Vec<_>, _>>() else { return };
    round_trip(&packets);
    // Small limits, so that small bodies meet them.
    for max in [1, 8, 64] {
        outbox(&packets, max);
    }
}

fn packets(body: &str) -> Packets {
    Payload::new(body.into()).collect()
}

fn nothing_is_copied(body: &str) {
    let watch = Watch::default();
    let text = watch.text(body);
    let within = text.as_bytes().as_ptr_range();
    let mut shared = 0;
    for packet in Payload::new(text.clone()) {
        if let Ok(Packet::Open(data) | Packet::Message(Message::Text(data))) = packet {
            let inside = data.is_empty() || within.contains(&data.as_bytes().as_ptr());
            assert!(inside, "{data:?} of {body:?} was copied");
            shared += data.len() + 1;
        }
    }
    assert!(shared <= body.len(), "{body:?} has {shared} bytes in its packets");
    drop(text);
    assert_eq!(watch.alive(), 0, "{body:?} is kept although nobody has a packet of it");
}

fn round_trip(packets: &[Packet]) {
    let frames: Vec<Frame> = packets.iter().map(Packet::to_frame).collect();
    let again = payload::encode(&frames);
    let separators = frames.len() - 1;
    let announced: usize = frames.iter().map(Frame::len_as_text).sum();
    assert_eq!(again.len(), announced + separators, "{again:?}");
    let twice: Result<Vec<_>, _> = Payload::new(again.as_str().into()).collect();
    assert_eq!(twice.as_deref(), Ok(packets), "it became {again:?}");
}

fn outbox(packets: &[Packet], max: usize) {
    let now = Instant::now();
    let mut outbox = Outbox::new(now);
    let mut waiting = std::collections::VecDeque::new();
    for packet in packets {
        outbox.push(packet.to_frame(), now);
        waiting.push_back(packet.to_frame());
    }
    while !waiting.is_empty() {
        assert_eq!(outbox.bytes(), waiting.iter().map(Frame::len).sum::<usize>());
        let batch: Vec<_> = outbox.batch(max, now).into_iter().map(|it| it.frame).collect();
        assert!(!batch.is_empty(), "frames wait, and none is handed out");
        for frame in &batch {
            assert_eq!(Some(frame), waiting.pop_front().as_ref(), "the order, or a frame, is lost");
        }
        let length = payload::encode(&batch).len();
        assert!(length <= max || batch.len() == 1, "{batch:?} in a body of {max}");
        let next = waiting.front().map_or(max, |frame| length + 1 + frame.len_as_text());
        assert!(next > max || waiting.is_empty(), "{batch:?} leaves room in a body of {max}");
    }
    assert!(outbox.is_empty() && outbox.bytes() == 0 && outbox.batch(max, now).is_empty());
}
