//! The backlog: what was sent in a namespace, for clients that come back.
//!
//! ```text
//!   17  to "lobby"          ["news","rain","Lk3z.H"]
//!   18  to all, except "b"  ["wave","Lk3z.I"]
//!   19  to "a"              ["hello","Lk3z.J"]
//!       └─ whom it was for  └─ as it went out, encoded once
//! ```
//!
//! What drops out at the old end does so for one of two reasons, and they are not alike.
//!
//! *Its time is over.* A packet is kept for the time that a client may be away, and beyond that
//! for the time that a dead client may go unnoticed. So when it is dropped, every client that may
//! still come back has answered a ping that was sent after the packet. A ping comes the same way
//! as the packet, behind it: the packet has arrived, and nobody misses it.
//!
//! *There is no room.* Then somebody may miss it. The backlog remembers the last packet that it
//! has lost that way, until the time of that one would have been over too; and as long as it
//! does, whoever has not heard that packet can not be told all it has missed.
//!
//! One kind of packet has an age that says less: one that was sent again to a client which came
//! back. If that client is cut off once more, it may miss what is older than the rest.
//!
//! Core file: time is an argument. Not in the specification.

use std::collections::{BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use super::audience::Audience;
use super::parser::Encoded;

/// Bytes that an entry is counted as, besides its packet and the names of its rooms.
const ENTRY: usize = 128;

/// How much a backlog may hold.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How many packets.
    pub packets: usize,
    /// How many bytes they may have, with the names of the rooms they went to.
    pub bytes: usize,
    /// How long each is kept.
    pub age: Duration,
}

/// Packets in the order in which they were sent. Each has a number; all have one, so numbers of
/// packets that are not kept are left out.
#[derive(Debug)]
pub struct Backlog {
    limits: Limits,
    entries: VecDeque<Entry>,
    bytes: usize,
    /// The number of the last packet whose time was over.
    aged: u64,
    /// The last packet that there was no room for.
    lost: Option<Lost>,
}

#[derive(Debug)]
struct Entry {
    number: u64,
    audience: Audience,
    packet: Encoded,
    bytes: usize,
    at: Instant,
}

#[derive(Debug)]
struct Lost {
    number: u64,
    at: Instant,
}

impl Backlog {
    /// An empty backlog.
    pub fn new(limits: Limits) -> Self {
        Self { limits, entries: VecDeque::new(), bytes: 0, aged: 0, lost: None }
    }

    /// Keeps a packet. Its number is higher than that of any before.
    pub fn push(&mut self, number: u64, audience: Audience, packet: Encoded, at: Instant) {
        let names = audience.rooms().chain(audience.excepted()).map(str::len);
        let bytes = ENTRY + packet.load().bytes + names.sum::<usize>();
        self.entries.push_back(Entry { number, audience, packet, bytes, at });
        self.bytes += bytes;
        self.expire(at);
        while self.entries.len() > self.limits.packets || self.bytes > self.limits.bytes {
            let Some(entry) = self.pop() else { break };
            self.lost = Some(Lost { number: entry.number, at: entry.at });
        }
    }

    /// Drops what is too old to be missed by anybody.
    pub fn expire(&mut self, now: Instant) {
        while self.entries.front().is_some_and(|entry| self.is_over(entry.at, now)) {
            self.aged = self.pop().map_or(self.aged, |entry| entry.number);
        }
        if self.lost.as_ref().is_some_and(|lost| self.is_over(lost.at, now)) {
            self.lost = None;
        }
    }

    /// Whether everything is there that was sent after this number, and that somebody can miss.
    /// `repeated` is when packets were last sent again to whom it is about.
    pub fn reaches(&self, number: u64, repeated: Option<Instant>, now: Instant) -> bool {
        let fits = self.lost.as_ref().is_none_or(|lost| lost.number <= number);
        // What was sent again a moment ago may be missed, however old it is.
        let arrived = repeated.is_none_or(|at| self.is_over(at, now));
        fits && (arrived || self.aged <= number)
    }

    /// The packets after this number that were for somebody in these rooms, in their order, with
    /// their numbers.
    pub fn missed(&self, number: u64, rooms: &BTreeSet<String>) -> Vec<(u64, Encoded)> {
        let first = self.entries.partition_point(|entry| entry.number <= number);
        let later = self.entries.range(first..);
        let missed = later.filter(|entry| entry.audience.includes(rooms));
        missed.map(|entry| (entry.number, entry.packet.clone())).collect()
    }

    /// Drops everything, since nobody can miss it.
    pub fn clear(&mut self) {
        *self = Self::new(self.limits);
    }

    /// Whether there is nothing that time could change.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.lost.is_none()
    }

    /// Whether whatever was sent at that time has arrived, or can not be missed any more.
    fn is_over(&self, at: Instant, now: Instant) -> bool {
        now.saturating_duration_since(at) > self.limits.age
    }

    fn pop(&mut self) -> Option<Entry> {
        let entry = self.entries.pop_front()?;
        self.bytes -= entry.bytes;
        Some(entry)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::parser::Parser;
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn packet(name: &str) -> Encoded {
        Parser::Json.event("/", None, name, &()).unwrap()
    }

    /// A backlog that takes three packets for ten seconds.
    fn backlog() -> Backlog {
        Backlog::new(Limits { packets: 3, bytes: 10_000, age: 10 * SECOND })
    }

    #[track_caller]
    fn check(backlog: &Backlog, number: u64, rooms: &[&str], expected: &[&str]) {
        let rooms = rooms.iter().map(ToString::to_string).collect();
        let expected: Vec<_> = expected.iter().map(|name| packet(name)).collect();
        let found: Vec<_> = backlog.missed(number, &rooms).into_iter().map(|it| it.1).collect();
        assert_eq!(found, expected, "after {number} in {rooms:?}");
    }

    #[test]
    fn whom_a_packet_was_for_is_decided_by_rooms() {
        let mut backlog = backlog();
        let now = Instant::now();
        backlog.push(1, Audience::default(), packet("all"), now);
        backlog.push(4, Audience::default().to("r").to("s"), packet("some"), now);
        backlog.push(6, Audience::default().except("r"), packet("others"), now);
        check(&backlog, 0, &[], &["all", "others"]);
        check(&backlog, 0, &["r"], &["all", "some"]);
        check(&backlog, 0, &["s", "t"], &["all", "some", "others"]);
        for number in 1..4 {
            check(&backlog, number, &["s"], &["some", "others"]);
        }
        check(&backlog, 5, &["s"], &["others"]);
        check(&backlog, 6, &["s"], &[]);
    }

    #[test]
    fn what_had_no_room_is_missed_until_its_time_is_over() {
        let mut backlog = backlog();
        let start = Instant::now();
        for number in 1..=4 {
            backlog.push(number, Audience::default(), packet("e"), start);
        }
        for (number, expected) in [(0, false), (1, true), (9, true)] {
            assert_eq!(backlog.reaches(number, None, start), expected, "{number}");
        }
        backlog.expire(start + 10 * SECOND);
        assert!(!backlog.reaches(0, None, start));
        check(&backlog, 0, &[], &["e", "e", "e"]);
        backlog.expire(start + 10 * SECOND + Duration::from_nanos(1));
        assert!(backlog.reaches(0, None, start) && backlog.is_empty());
        check(&backlog, 0, &[], &[]);
    }

    #[test]
    fn what_is_too_old_is_not_lost() {
        let mut backlog = backlog();
        let start = Instant::now();
        backlog.push(1, Audience::default(), packet("old"), start);
        backlog.push(2, Audience::default(), packet("new"), start + 11 * SECOND);
        assert!(backlog.reaches(0, None, start + 11 * SECOND));
        check(&backlog, 0, &[], &["new"]);
    }

    #[test]
    fn what_is_too_old_may_be_missed_by_whom_it_was_sent_to_again() {
        let mut backlog = backlog();
        let start = Instant::now();
        let again = start + 9 * SECOND;
        backlog.push(1, Audience::default(), packet("old"), start);
        backlog.expire(start + 11 * SECOND);
        assert!(!backlog.reaches(0, Some(again), start + 11 * SECOND));
        assert!(backlog.reaches(1, Some(again), start + 11 * SECOND));
        assert!(!backlog.reaches(0, Some(again), start + 19 * SECOND));
        assert!(backlog.reaches(0, Some(again), start + 20 * SECOND));
    }

    #[test]
    fn bytes_are_those_of_packets_attachments_and_names() {
        let now = Instant::now();
        let reaches = |bytes: usize, audience: &Audience, packet: &Encoded| {
            let mut backlog = Backlog::new(Limits { packets: 9, bytes, age: SECOND });
            backlog.push(1, audience.clone(), packet.clone(), now);
            let reaches = backlog.reaches(0, None, now);
            assert_eq!(backlog.bytes, if reaches { bytes } else { 0 });
            reaches
        };
        let plain = packet("name");
        let with_bytes = Parser::Json.event("/", None, "e", &bytes::Bytes::from("12345")).unwrap();
        let named = Audience::default().to("four").except("three");
        for (audience, packet, bytes) in [
            (Audience::default(), &plain, ENTRY + r#"42["name"]"#.len()),
            (
                Audience::default(),
                &with_bytes,
                ENTRY + r#"451-["e",{"_placeholder":true,"num":0}]"#.len() + 5,
            ),
            (named, &plain, ENTRY + r#"42["name"]"#.len() + 9),
        ] {
            assert!(reaches(bytes, &audience, packet));
            assert!(!reaches(bytes - 1, &audience, packet));
        }
    }

    #[test]
    fn a_packet_larger_than_all_room_is_lost_and_leaves_the_rest_empty() {
        let mut backlog = Backlog::new(Limits { packets: 9, bytes: 300, age: SECOND });
        let now = Instant::now();
        backlog.push(1, Audience::default(), packet("a"), now);
        backlog.push(2, Audience::default(), packet(&"b".repeat(300)), now);
        assert!(!backlog.reaches(1, None, now) && backlog.reaches(2, None, now));
        assert_eq!((backlog.bytes, backlog.entries.len()), (0, 0));
    }
}
