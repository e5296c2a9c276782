//! What an application can do about clients that do not read: choose what happens, and wait.
//!
//! ```text
//!   waits for the client │ a │ ~v1~ │ b │      and then c, which is too much (~ is volatile)
//!     Close                                    the session is closed, sending fails
//!     DropNewest          │ a │ ~v1~ │ b │     sending does not fail
//!     DropOldestVolatile  │ a │ b │ c │        sending does not fail
//!     Wait                │ a │ ~v1~ │ b │     sending fails, and who sends waits for room
//! ```
//!
//! In memory and with the clock stopped, so "a moment later" is when nobody has anything to do
//! any more.

mod support;

use std::time::Duration;

use sockrates::engineio::close::CloseReason;
use sockrates::engineio::delivery::{Delivery, WhenFull};
use sockrates::engineio::mailbox::SessionHandle;
use sockrates::engineio::options::{Options, Transport};
use sockrates::engineio::outbox::{Load, SendError};
use sockrates::engineio::packet::Frame;
use support::{EchoServer, Polling, Ws};
use tokio::task::JoinHandle;

/// Bytes of each packet.
const SIZE: usize = 100_000;

/// Packets that find room.
const ROOM: usize = 3;

/// Bytes of a packet that is being written for as long as a client does not read: more than fits
/// into a connection in memory, and less than may wait.
const PLUG: usize = 250_000;

const PLAIN: Delivery = Delivery { volatile: false, compress: true, when_full: None };
const VOLATILE: Delivery = Delivery { volatile: true, ..PLAIN };
const BOTH: [Transport; 2] = [Transport::Polling, Transport::WebSocket];

/// What one packet adds to what waits.
const ONE: Load = Load { bytes: SIZE, frames: 1, volatile: 0 };

fn options(when_full: WhenFull) -> Options {
    Options { max_buffered: ROOM * (SIZE + 64), when_full, ..Options::default() }
}

/// Lets everybody go on until nobody has anything to do.
async fn a_moment() {
    tokio::time::sleep(Duration::from_millis(1)).await;
}

/// A packet that is told from others by this letter.
fn packet(letter: &str) -> Frame {
    sized(letter, SIZE)
}

fn sized(letter: &str, bytes: usize) -> Frame {
    Frame::Text(format!("4{}", letter.repeat(bytes - 1)).into())
}

/// The letters of packets.
fn letters(packets: &str) -> String {
    packets.split('\x1e').filter_map(|packet| packet.chars().nth(1)).collect()
}

/// A client that reads when it is told to.
enum Reader<'a> {
    Polling(Polling<'a>),
    WebSocket(Box<Ws>),
}

impl Reader<'_> {
    /// Reads what there is: so many packets, and which.
    async fn read(&mut self, packets: usize) -> String {
        match self {
            Self::Polling(polling) => letters(&polling.poll().await),
            Self::WebSocket(websocket) => {
                let mut read = String::new();
                while read.len() < packets {
                    read.push_str(&letters(&websocket.text().await));
                }
                read
            }
        }
    }

    /// Reads what keeps others from being written.
    async fn unplug(&mut self) {
        if let Self::WebSocket(websocket) = self {
            assert_eq!(websocket.text().await.len(), PLUG);
        }
    }
}

/// A client that does not read, and its session, in which nothing waits yet.
async fn stuck(server: &EchoServer, transport: Transport) -> (Reader<'_>, SessionHandle) {
    match transport {
        Transport::Polling => {
            let polling = server.polling().await;
            (Reader::Polling(polling), server.session().await)
        }
        Transport::WebSocket => {
            let websocket = server.websocket().await;
            let session = server.session().await;
            session.send([sized("p", PLUG)], PLAIN).unwrap();
            a_moment().await;
            assert_eq!(session.buffered(), 0, "it is being written");
            (Reader::WebSocket(Box::new(websocket)), session)
        }
    }
}

/// Sends one packet for each letter; a capital one is volatile.
fn send(
    session: &SessionHandle,
    letters: &str,
    when_full: Option<WhenFull>,
) -> Result<(), SendError> {
    letters.chars().try_for_each(|letter| {
        let volatile = letter.is_uppercase();
        let delivery = Delivery { volatile, when_full, ..PLAIN };
        session.send([packet(&letter.to_string())], delivery)
    })
}

/// Lets this wait for a client that does not read, on both transports, with the policy of the
/// server and of each packet, and with what waits in the mailbox and in the outbox; then one more.
/// What sending it says, what the client reads in the end, and how many packets were dropped.
async fn check(
    when_full: WhenFull,
    waiting: &str,
    one_more: &str,
    says: Result<(), SendError>,
    read: &str,
    dropped: u64,
) {
    for transport in BOTH {
        for (server, packet) in [(when_full, None), (WhenFull::Close, Some(when_full))] {
            for in_the_outbox in [false, true] {
                let server = EchoServer::in_memory(options(server));
                let (mut reader, session) = stuck(&server, transport).await;
                send(&session, waiting, packet).unwrap();
                if in_the_outbox {
                    a_moment().await;
                }
                assert_eq!(send(&session, one_more, packet), says, "{when_full:?}, {transport:?}");
                a_moment().await;
                assert_eq!(session.dropped(), dropped, "{when_full:?}, {transport:?}");
                assert!(server.none_closed());
                reader.unplug().await;
                assert_eq!(reader.read(read.len()).await, read, "{when_full:?}, {transport:?}");
                a_moment().await;
                send(&session, "z", packet).unwrap();
                assert_eq!(reader.read(1).await, "z", "it goes on");
            }
        }
    }
}

/// As [`check`], where the session is closed in the end.
async fn check_closed(when_full: WhenFull, waiting: &str, one_more: &str) {
    for transport in BOTH {
        for (server, packet) in [(when_full, None), (WhenFull::Wait, Some(when_full))] {
            let server = EchoServer::in_memory(options(server));
            let (_reader, session) = stuck(&server, transport).await;
            send(&session, waiting, packet).unwrap();
            a_moment().await;
            assert_eq!(send(&session, one_more, packet), Err(SendError::Full));
            assert_eq!(send(&session, one_more, packet), Err(SendError::Gone));
            assert_eq!(server.closed().await, CloseReason::SlowConsumer, "{transport:?}");
            assert_eq!(server.engine.sessions(), 0);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn close_closes_the_session() {
    check_closed(WhenFull::Close, "abc", "d").await;
}

#[tokio::test(start_paused = true)]
async fn drop_newest_drops_the_packet_and_counts_it() {
    check(WhenFull::DropNewest, "abc", "d", Ok(()), "abc", 1).await;
    check(WhenFull::DropNewest, "ab", "c", Ok(()), "abc", 0).await;
    check(WhenFull::DropNewest, "abc", "def", Ok(()), "abc", 3).await;
}

#[tokio::test(start_paused = true)]
async fn drop_oldest_volatile_makes_room_for_the_newest() {
    let policy = WhenFull::DropOldestVolatile;
    check(policy, "aBc", "d", Ok(()), "acd", 1).await;
    check(policy, "ABc", "d", Ok(()), "Bcd", 1).await;
    check(policy, "ABC", "DE", Ok(()), "CDE", 2).await;
    check(policy, "aBC", "de", Ok(()), "ade", 2).await;
    check(policy, "abc", "D", Ok(()), "abc", 1).await;
}

#[tokio::test(start_paused = true)]
async fn drop_oldest_volatile_closes_when_that_makes_not_enough_room() {
    check_closed(WhenFull::DropOldestVolatile, "abc", "d").await;
}

#[tokio::test(start_paused = true)]
async fn wait_refuses_the_packet_and_nothing_else_happens() {
    check(WhenFull::Wait, "abc", "d", Err(SendError::Full), "abc", 0).await;
}

/// Many small ones in one go, which the session's task has no chance to look at in between.
#[tokio::test(start_paused = true)]
async fn a_burst_of_volatile_packets_never_closes_a_session() {
    let options = Options { max_buffered: 10 * 66, ..options(WhenFull::DropOldestVolatile) };
    let server = EchoServer::in_memory(options);
    let polling = server.polling().await;
    let session = server.session().await;
    let volatile = |number: usize| {
        session.send([Frame::Text(format!("4{}", number % 10).into())], VOLATILE).unwrap();
    };
    (0..10).for_each(volatile);
    a_moment().await;
    (0..1000).for_each(volatile);
    let plain = [Frame::Text("4!".into())];
    session.send(plain, PLAIN).unwrap();
    assert_eq!(letters(&polling.poll().await), "123456789!");
    assert_eq!(session.dropped(), 1001);
    assert!(server.none_closed());
}

/// The attachments go with their packet. One whose beginning has left is finished.
#[tokio::test(start_paused = true)]
async fn packets_are_dropped_with_their_attachments() {
    let server = EchoServer::in_memory(options(WhenFull::DropOldestVolatile));
    let (mut reader, session) = stuck(&server, Transport::Polling).await;
    let bytes = |length: usize| Frame::Binary(vec![0; length].into());
    session.send([packet("V"), bytes(SIZE)], VOLATILE).unwrap();
    a_moment().await;
    send(&session, "ab", None).unwrap();
    assert_eq!(reader.read(2).await, "ab");
    assert_eq!(session.dropped(), 1, "one packet");

    let options = Options { max_payload: 2 * SIZE, ..options(WhenFull::DropOldestVolatile) };
    let server = EchoServer::in_memory(options);
    let (mut reader, session) = stuck(&server, Transport::Polling).await;
    session.send([packet("V"), bytes(SIZE), bytes(10)], VOLATILE).unwrap();
    assert_eq!(reader.read(1).await, "V");
    send(&session, "ab", None).unwrap();
    let Reader::Polling(polling) = &reader else { panic!("a session on polling") };
    let left: Vec<_> = polling.poll().await.split('\x1e').map(|it| it.len()).collect();
    assert_eq!(left, [1 + SIZE.div_ceil(3) * 4, 1 + 16]);
    assert_eq!(session.dropped(), 0);
}

fn waiting<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future<Output = Result<(), SendError>> + Send + 'static,
{
    tokio::spawn(future)
}

/// Who waits for room goes on when there is some, though not all has left.
#[tokio::test(start_paused = true)]
async fn room_is_there_as_soon_as_something_was_taken() {
    let server = EchoServer::in_memory(options(WhenFull::Wait));
    let (mut reader, session) = stuck(&server, Transport::WebSocket).await;
    send(&session, "abc", None).unwrap();
    let (room, drained) = (waiting(session.room(ONE).unwrap()), waiting(session.drained()));
    a_moment().await;
    assert!(!room.is_finished() && !drained.is_finished());
    reader.unplug().await;
    a_moment().await;
    assert_eq!(room.await.unwrap(), Ok(()));
    assert!(!drained.is_finished() && session.buffered() == 2 * SIZE, "{}", session.buffered());
    send(&session, "d", None).unwrap();
    assert_eq!(reader.read(4).await, "abcd");
    assert_eq!(drained.await.unwrap(), Ok(()));
    assert_eq!(session.room(ONE).unwrap().await, Ok(()), "there is room already");
}

#[tokio::test(start_paused = true)]
async fn drained_waits_until_all_has_left() {
    for transport in BOTH {
        let server = EchoServer::in_memory(options(WhenFull::Wait));
        let (mut reader, session) = stuck(&server, transport).await;
        send(&session, "abc", None).unwrap();
        let drained: Vec<_> = (0..10).map(|_| waiting(session.drained())).collect();
        drop(session.drained());
        a_moment().await;
        assert!(drained.iter().all(|it| !it.is_finished()));
        reader.unplug().await;
        assert_eq!(reader.read(3).await, "abc");
        for waiter in drained {
            assert_eq!(waiter.await.unwrap(), Ok(()));
        }
        assert_eq!(session.drained().await, Ok(()), "nothing waits");
    }
}

/// What is being written waits no more, and has not left either.
#[tokio::test(start_paused = true)]
async fn drained_waits_for_what_is_being_written() {
    let server = EchoServer::in_memory(options(WhenFull::Wait));
    let (mut reader, session) = stuck(&server, Transport::WebSocket).await;
    let drained = waiting(session.drained());
    a_moment().await;
    assert!(!drained.is_finished());
    reader.unplug().await;
    assert_eq!(drained.await.unwrap(), Ok(()));
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_learns_of_the_end() {
    for transport in BOTH {
        let server = EchoServer::in_memory(options(WhenFull::Wait));
        let (_reader, session) = stuck(&server, transport).await;
        send(&session, "abc", None).unwrap();
        let (room, drained) = (waiting(session.room(ONE).unwrap()), waiting(session.drained()));
        a_moment().await;
        assert_eq!(send(&session, "d", Some(WhenFull::Close)), Err(SendError::Full));
        assert_eq!(room.await.unwrap(), Err(SendError::Gone));
        assert_eq!(drained.await.unwrap(), Err(SendError::Gone));
        assert_eq!(session.drained().await, Err(SendError::Gone), "it is over already");
    }
}

/// There is no use in waiting for what never will be.
#[tokio::test(start_paused = true)]
async fn more_than_may_wait_has_no_room_ever() {
    let server = EchoServer::in_memory(options(WhenFull::Wait));
    let (_reader, session) = stuck(&server, Transport::Polling).await;
    let all = Load { bytes: ROOM * SIZE, frames: ROOM, volatile: 0 };
    assert_eq!(session.room(all).unwrap().await, Ok(()));
    let more = Load { bytes: ROOM * SIZE + 1, ..all };
    assert_eq!(session.room(more).err(), Some(SendError::Full));
}
