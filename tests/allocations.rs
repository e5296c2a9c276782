//! How often memory is asked for: by an event, by those who hear of it, by a client that is idle.
//!
//! ```text
//!   42["echo","xxx…"] ──► a list of what the session is to do
//!                         the packet that is sent                  ──► 42["echo","xxx…"]
//!                         a list of what leaves in this turn
//! ```
//!
//! The two lists are there for a turn, and not for an event: however many events one turn brings,
//! there is one of each. They could stay from turn to turn, and every idle client would pay for it.
//!
//! Everything between two connections in memory is counted, with handlers, frames and tasks. The
//! clients of [`support::lean`] ask for nothing. Whoever makes a number smaller writes it down
//! here, or the next one to make it larger is not noticed.

mod support;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use allocation_counter::measure;
use sockrates::socketio::{Ack, Args, Io, Options, Socket};
use support::Live;
use support::lean::{World, heard, heard_binary, said, said_binary};
use support::websocket::opening;
use tokio::runtime::{Builder, Runtime};
use tokio::task::spawn_blocking;
use tokio::time::sleep;

/// How often each thing is done, so that what happens now and then hardly counts.
const ROUNDS: u64 = 400;

/// A server on a clock that stands still.
fn world() -> World {
    let io = Io::new(Options::default());
    io.on_connect(|socket: Socket| {
        socket.join("all");
        socket.on("quiet", |_: Args| ());
        socket.on("lent", |args: Args| args.parse::<&str>().map(|_| ()));
        socket.on("owned", |_: String| ());
        socket.on("echo", |socket: Socket, args: Args| socket.relay("echo", &args));
        socket.on("ack-me", |args: Args, ack: Ack| ack.relay(&args));
    });
    World::new(io, true)
}

/// How often memory is asked for by one of the `burst` events that come at once, when all is
/// warm: `says` comes, `hears` is what is answered.
fn per_event(burst: usize, says: &[u8], hears: &[u8]) -> f64 {
    let world = world();
    let mut client = world.client();
    let (says, hears) = (says.repeat(burst), hears.repeat(burst));
    let mut rounds = || {
        world.runtime.block_on(async {
            for _ in 0..ROUNDS {
                client.says(&says).await;
                client.hears(&hears).await;
                settled().await;
            }
        });
    };
    rounds();
    per(measure(rounds).count_total, burst as u64)
}

/// The same for one broadcast to `members`: while it is sent, and until all have heard it.
fn per_broadcast(members: usize) -> (f64, f64) {
    let world = world();
    let mut clients: Vec<_> = (0..members).map(|_| world.client()).collect();
    let hears = heard(r#"42["news","to all"]"#);
    let mut sent = 0;
    let mut rounds = || {
        for _ in 0..ROUNDS {
            let send = || {
                let _within = world.runtime.enter();
                assert_eq!(world.io.to("all").emit("news", "to all").ok(), Some(members));
            };
            sent += measure(send).count_total;
            world.runtime.block_on(async {
                for client in &mut clients {
                    client.hears(&hears).await;
                }
                settled().await;
            });
        }
    };
    rounds();
    let all = measure(&mut rounds).count_total;
    // What was sent while all became warm is among it.
    (per(sent, 2), per(all, 1))
}

/// Waits until nobody has anything left to do: before that, the clock does not move.
async fn settled() {
    sleep(Duration::from_millis(1)).await;
}

fn per(count: u64, events: u64) -> f64 {
    count as f64 / (ROUNDS * events) as f64
}

/// Finds this number, or one that differs by what happens now and then.
#[track_caller]
fn check(found: f64, expected: f64) {
    assert!((found - expected).abs() < 0.05, "asked {found} times, and not {expected}");
}

/// Checks how often one event asks for memory that comes alone, and one of sixteen together. The
/// event brings a hundred bytes.
#[track_caller]
fn check_event(head: &str, answer: Option<&str>, alone: f64, together: f64) {
    let text = "x".repeat(100);
    let says = said(&format!(r#"{head}"{text}"]"#));
    let hears = answer.map(|head| heard(&format!(r#"{head}"{text}"]"#))).unwrap_or_default();
    check(per_event(1, &says, &hears), alone);
    check(per_event(16, &says, &hears), together);
}

/// The list of what the session is to do, once for all that come together. What is read ahead of
/// the frames is copied, where there is more than one; that is once in two turns of sixteen.
#[test]
fn an_event_that_is_heard_needs_no_memory_of_its_own() {
    check_event(r#"42["quiet","#, None, 1.0, 1.5 / 16.0);
    check_event(r#"42["lent","#, None, 1.0, 1.5 / 16.0);
    // A String where one is asked for.
    check_event(r#"42["owned","#, None, 2.0, 1.0 + 1.5 / 16.0);
}

/// As one that is heard; besides, the packet, and the list of what leaves, once for all that leave
/// together.
#[test]
fn an_answer_needs_memory_for_its_packet() {
    check_event(r#"42["echo","#, Some(r#"42["echo","#), 3.0, 1.0 + 2.5 / 16.0);
}

/// As an answer; besides, what knows whether the client was answered already: handlers that are
/// not done share it.
#[test]
fn an_acknowledgement_needs_memory_to_be_sent_but_once() {
    check_event(r#"420["ack-me","#, Some(r#"430["#), 4.0, 2.0 + 2.5 / 16.0);
}

/// Of the event: the packet that is incomplete, the list of its attachments, and two of where they
/// belong. In the handler: a list of its own. Of the answer: one more such list, how many they are
/// as text, the packet, and the list of the two messages that it is. That makes nine.
///
/// The attachment is a part of the buffer that it was read into. That this is shared is noted, and
/// what the session is to do: once for all that come together.
#[test]
fn a_packet_with_an_attachment_needs_nine_pieces_of_memory() {
    let text = r#"451-["echo",{"_placeholder":true,"num":0}]"#;
    let says = [said(text), said_binary(&[7; 1024])].concat();
    let hears = [heard(text), heard_binary(&[7; 1024])].concat();
    check(per_event(1, &says, &hears), 11.0);
    check(per_event(16, &says, &hears), 9.0 + 2.0 / 16.0);
}

/// What is sent is the same for all. The audience takes two, the packet one, that it is shared one,
/// and the lists of names and of sockets one each, which double while they grow; that not all are
/// woken at once takes a list and a task. Each recipient needs the list of what leaves in its turn,
/// and nothing else.
#[test]
fn a_broadcast_needs_memory_once_and_a_list_for_each_recipient() {
    let (few, many) = (per_broadcast(100), per_broadcast(200));
    check(few.0, 18.0);
    check(many.0, 20.0);
    check((many.1 - many.0 - few.1 + few.0) / 100.0, 1.0);
}

/// A hundred thousand clients hold as much each. Raise it knowingly.
///
/// A third of it is the session's task with what it owns; a third the connection under it, and the
/// WebSocket with its two buffers, of a hundred bytes each; the rest are the socket, its rooms, and
/// the way to both. What the tables of all sessions take is in it, as they double.
#[test]
fn an_idle_client_in_the_main_namespace_holds_4_kilobytes() {
    const CLIENTS: i64 = 448;
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    let live = runtime.block_on(Live::io(&Io::new(Options::default())));
    let mut clients = Vec::new();
    // What all have in common, and tables that are full.
    clients.push(arrive_together(&runtime, &live, CLIENTS));
    let held = measure(|| clients.push(arrive_together(&runtime, &live, CLIENTS)));
    let (pieces, bytes) = (held.count_current / CLIENTS, held.bytes_current / CLIENTS);
    assert_eq!(pieces, 25, "pieces of memory, which have {bytes} bytes");
    assert!(bytes <= 4200, "{bytes} bytes");
}

/// Clients on sockets and a thread of their own, so that nothing of theirs is counted.
fn arrive_together(runtime: &Runtime, live: &Live, clients: i64) -> Vec<TcpStream> {
    let (address, target) = (live.address(), live.target("EIO=4&transport=websocket"));
    let arriving = move || (0..clients).map(|_| arrive(address, &target)).collect();
    let arrived = async { spawn_blocking(arriving).await.expect("all are let in") };
    runtime.block_on(arrived)
}

/// A client that joins the main namespace, and says nothing more.
fn arrive(address: SocketAddr, target: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).expect("the server listens");
    stream.write_all(opening(target).as_bytes()).expect("the server reads");
    read_past(&mut stream, b"0{");
    stream.write_all(&said("40")).expect("the server reads");
    read_past(&mut stream, b"40{");
    stream
}

/// Reads up to these bytes, and what came with them.
fn read_past(stream: &mut TcpStream, bytes: &[u8]) {
    let mut came: Vec<u8> = Vec::new();
    while !came.windows(bytes.len()).any(|window| window == bytes) {
        let mut more = [0; 1024];
        let count = stream.read(&mut more).expect("the server answers");
        assert!(count > 0, "the server has closed the connection");
        came.extend(&more[..count]);
    }
}
