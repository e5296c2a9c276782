//! Any life of a client with its namespaces.
//!
//! ```text
//!   c0  q0         CONNECT to the first namespace; it leaves it
//!   e1  a1         an event in the second one; one that wants an answer
//!   h2  H2  u2     the head of an event with one attachment, with two, with one that is not there
//!   r0  R0         an answer; the head of one with an attachment
//!   x1             what only a server sends
//!   b  B  g        an attachment; one that is too large; text that is no packet
//!   +0  -0  w0     the middleware lets it in, or does not; the connection handler has returned
//!   k0             the application makes it leave
//!   .              a unit of time passes
//! ```
//!
//! Whatever happens, in whatever order, the client agrees with the plain model in `model`: what the
//! server hears of it, once and in order; why and when its session is closed; when it has to be
//! looked at next; and whether it is read.

pub mod model;
pub mod world;

use std::time::Instant;

use self::model::{Move, NAMESPACES};
use self::world::World;
use super::script::{self, Line};

/// Checks the properties above.
pub fn check(data: &[u8]) {
    let script = String::from_utf8_lossy(data);
    let mut world = World::start(Instant::now());
    for happens in script::lines(&script).filter_map(read) {
        if world.model.is_closed() {
            break;
        }
        if world.model.allows(happens) {
            world.step(happens);
        }
    }
}

fn read(line: Line<'_>) -> Option<Move> {
    let place = line.number(NAMESPACES.len() as u64 - 1) as usize;
    Some(match line.verb {
        'c' => Move::Connect(place),
        'q' => Move::Leave(place),
        'e' => Move::Event(place),
        'a' => Move::Question(place),
        'h' => Move::Head(place, 1),
        'H' => Move::Head(place, 2),
        'u' => Move::Unfilled(place),
        'r' => Move::Answer(place),
        'R' => Move::AnswerHead(place),
        'x' => Move::Backwards(place),
        'b' => Move::Attachment,
        'B' => Move::Heavy,
        'g' => Move::Garbage,
        '+' => Move::Admit(place),
        '-' => Move::Refuse(place),
        'w' => Move::Greet(place),
        'k' => Move::Kick(place),
        '.' => Move::Wait,
        _ => return None,
    })
}
