//! What the parts of a message's way cost, each alone, by the clock.
//!
//! ```text
//!   81 ae …  ─► engineio::frame_in ─► decode ─► client ─► handler     comes
//!   81 2a …  ◄─ engineio::frame_out ◄─ encode ◄─ broadcast            goes
//!
//!   cargo bench --bench micro              all of them
//!   cargo bench --bench micro -- decode    those with `decode` in their names
//! ```
//!
//! For comparing two ways to write something, on a machine that does nothing else. What the whole
//! way costs, and whether that has become more, is counted in `instructions`.

#[path = "../tests/support/mod.rs"]
mod support;

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use bytes::Bytes;
use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use sockrates::engineio::dialect::Revision;
use sockrates::engineio::packet::{Frame, Message};
use sockrates::socketio::assemble::{Assembler, Step};
use sockrates::socketio::client::{Asked, Client};
use sockrates::socketio::decode::decode as decode_text;
use sockrates::socketio::failure::Failure;
use sockrates::socketio::handler::{EventHandler, FromEvent, Incoming, ViaContext};
use sockrates::socketio::msgpack::{self, Limits};
use sockrates::socketio::packet::{Body, MAX_ATTACHMENTS, Packet};
use sockrates::socketio::parser::{Encoded, Parser};
use sockrates::socketio::{Io, Options, Socket};
use support::lean::{Lean, World, heard, said};

fn main() {
    divan::main();
}

/// A packet in one of the two spellings.
#[derive(Clone, Copy)]
struct Spelled(Parser, What);

#[derive(Clone, Copy, Debug)]
enum What {
    Event,
    Ack,
    Binary,
}

const PACKETS: [Spelled; 6] = [
    Spelled(Parser::Json, What::Event),
    Spelled(Parser::Json, What::Ack),
    Spelled(Parser::Json, What::Binary),
    Spelled(Parser::MessagePack, What::Event),
    Spelled(Parser::MessagePack, What::Ack),
    Spelled(Parser::MessagePack, What::Binary),
];

impl fmt::Display for Spelled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {:?}", self.0, self.1)
    }
}

fn text() -> String {
    "x".repeat(100)
}

impl Spelled {
    fn encoded(self, text: &str, bytes: &Bytes) -> Encoded {
        let Self(parser, what) = self;
        match what {
            What::Event => parser.event("/", None, "echo", text),
            What::Ack => parser.ack("/", 7, text),
            What::Binary => parser.event("/", None, "echo", bytes),
        }
        .expect("a packet")
    }

    /// The messages of it, as a session hands them up.
    fn messages(self) -> Vec<Message> {
        let encoded = self.encoded(&text(), &Bytes::from_static(&[7; 1024]));
        let message = |frame| match frame {
            Frame::Text(text) => Message::Text(text.slice_ref(&text[1..])),
            Frame::Binary(bytes) => Message::Binary(bytes),
        };
        encoded.frames().map(message).collect()
    }
}

/// From messages to a packet whose bytes are in place.
fn decoded(messages: &[Message]) -> Packet {
    let (packet, attachments) = match messages {
        [Message::Binary(bytes)] => msgpack::decode(bytes, Limits::NONE).expect("a packet"),
        [Message::Text(text), attachments @ ..] => {
            let head = decode_text(text, MAX_ATTACHMENTS).expect("a packet");
            let mut step = Assembler::start(head.packet, head.attachments);
            for attachment in attachments {
                let (Step::More(assembler), Message::Binary(bytes)) = (step, attachment) else {
                    panic!("an attachment too many")
                };
                step = assembler.attach(bytes.clone(), usize::MAX).expect("an attachment");
            }
            let Step::Done(packet, attachments) = step else { panic!("one too few") };
            (packet, attachments)
        }
        _ => panic!("not the messages of one packet"),
    };
    let Packet { namespace, body } = packet;
    let body = match body {
        Body::Event { id, mut event } => {
            event.args = event.args.complete(attachments).expect("places for all");
            Body::Event { id, event }
        }
        Body::Ack { id, args } => {
            Body::Ack { id, args: args.complete(attachments).expect("places for all") }
        }
        other => other,
    };
    Packet { namespace, body }
}

#[divan::bench(args = PACKETS)]
fn decode(bencher: Bencher<'_, '_>, packet: Spelled) {
    let messages = packet.messages();
    bencher.bench_local(|| decoded(black_box(&messages)));
}

#[divan::bench(args = PACKETS)]
fn encode(bencher: Bencher<'_, '_>, packet: Spelled) {
    let (text, bytes) = (text(), Bytes::from_static(&[7; 1024]));
    bencher.bench_local(|| packet.encoded(black_box(&text), black_box(&bytes)));
}

/// A message of a client that is in the namespace: up to the event that somebody handles.
#[divan::bench(args = [Parser::Json, Parser::MessagePack])]
fn client(bencher: Bencher<'_, '_>, parser: Parser) {
    let (options, now) = (Options { parser, ..Options::default() }, Instant::now());
    let mut client = Client::new(Revision::Four, &options, now);
    let connect = match parser {
        Parser::MessagePack => Message::Binary(Bytes::from_static(b"\x82\xa4type\0\xa3nsp\xa1/")),
        _ => Message::Text("0".into()),
    };
    let asked = client.receive(connect, &options, now);
    assert!(matches!(asked, Ok(Some(Asked::Connect { .. }))), "{asked:?}");
    client.admitted("/");
    client.greeted("/");
    let message = Spelled(parser, What::Event).messages().remove(0);
    bencher.bench_local(|| {
        let asked = client.receive(black_box(message.clone()), &options, now);
        assert!(matches!(asked, Ok(Some(Asked::Event { .. }))));
        asked
    });
}

mod engineio {
    use std::time::Instant;

    use bytestring::ByteString;
    use divan::{Bencher, black_box};
    use sockrates::engineio::dialect::{Dialect, Revision};
    use sockrates::engineio::options::{Options, Transport};
    use sockrates::engineio::packet::{Frame, Message, Packet};
    use sockrates::engineio::payload::{self, Payload};
    use sockrates::engineio::session::{Action, Session};
    use sockrates::engineio::sid::Sid;

    use super::text;

    fn frame() -> Frame {
        Frame::Text(format!(r#"42["echo","{}"]"#, text()).into())
    }

    #[divan::bench]
    fn packet_decode(bencher: Bencher<'_, '_>) {
        let frame = frame();
        bencher.bench_local(|| Packet::decode(black_box(&frame)));
    }

    #[divan::bench]
    fn packet_encode(bencher: Bencher<'_, '_>) {
        let packet = Packet::Message(Message::Text(text().into()));
        bencher.bench_local(|| black_box(&packet).to_frame());
    }

    #[divan::bench]
    fn payload_of_ten_decode(bencher: Bencher<'_, '_>) {
        let body = ByteString::from(payload::encode(&vec![frame(); 10]));
        bencher.bench_local(|| Payload::new(black_box(body.clone())).filter(Result::is_ok).count());
    }

    #[divan::bench]
    fn payload_of_ten_encode(bencher: Bencher<'_, '_>) {
        let frames = vec![frame(); 10];
        bencher.bench_local(|| payload::encode(black_box(&frames)));
    }

    fn session(now: Instant) -> Session<()> {
        let (sid, options) = (Sid::random(None).expect("a sid"), Options::default());
        let dialect = Dialect::new(Revision::Four, false, None);
        let mut session = Session::open(sid, Transport::WebSocket, dialect, &options, now);
        assert!(session.next_frame(now).is_some(), "the open packet");
        session
    }

    /// A frame comes, and its message is handed up.
    #[divan::bench]
    fn frame_in(bencher: Bencher<'_, '_>) {
        let (now, frame) = (Instant::now(), frame());
        let mut session = session(now);
        bencher.bench_local(|| {
            session.frame(black_box(&frame), now).expect("a packet");
            let action = session.next_action();
            assert!(matches!(action, Some(Action::Deliver(_))));
            session.rest();
            action
        });
    }

    /// The application sends, and the frame is taken.
    #[divan::bench]
    fn frame_out(bencher: Bencher<'_, '_>) {
        let (now, frame) = (Instant::now(), frame());
        let mut session = session(now);
        bencher.bench_local(|| {
            session.send(black_box(frame.clone()), now);
            session.settle(now);
            session.next_frame(now).expect("the frame that was sent")
        });
    }
}

/// A parameter that is the event itself.
struct Caught(Incoming);

impl FromEvent<ViaContext> for Caught {
    fn from_event(event: &Incoming) -> Result<Self, Failure> {
        Ok(Self(event.clone()))
    }
}

/// An event with its text and a number, handed to what an application has written.
#[divan::bench]
fn handler(bencher: Bencher<'_, '_>) {
    let (world, caught) =
        (World::new(Io::new(Options::default()), false), Arc::new(Mutex::new(None)));
    let keep = caught.clone();
    world.io.on_connect(move |socket: Socket| {
        let keep = keep.clone();
        socket.on("catch", move |Caught(event): Caught, socket: Socket| {
            *keep.lock().expect("no panic") = Some(event);
            socket.emit("done", ())
        });
    });
    let mut client = world.client();
    world.runtime.block_on(async {
        client.says(&said(&format!(r#"42["catch","{}",1]"#, text()))).await;
        client.hears(&heard(r#"42["done"]"#)).await;
    });
    let event = caught.lock().expect("no panic").take().expect("the event");
    typed(bencher, &event, |socket: Socket, (text, number): (String, u64)| {
        black_box((socket, text, number));
    });
}

fn typed<S>(bencher: Bencher<'_, '_>, event: &Incoming, handler: impl EventHandler<S>) {
    assert!(matches!(handler.call(event), Ok(None)), "the arguments fit");
    bencher.bench_local(|| handler.call(black_box(event)).is_ok());
}

fn all_hear(world: &World, clients: &mut [Lean], bytes: &[u8]) {
    world.runtime.block_on(async {
        for client in clients {
            client.hears(bytes).await;
        }
    });
}

mod broadcast_to_a_thousand {
    use super::*;

    const MEMBERS: usize = 1000;

    fn world() -> (World, Vec<Lean>) {
        let world = World::new(Io::new(Options::default()), false);
        world.io.on_connect(|socket: Socket| {
            socket.join("all");
        });
        let clients = (0..MEMBERS).map(|_| world.client()).collect();
        (world, clients)
    }

    fn send(world: &World, text: &str) {
        assert_eq!(world.io.to("all").emit("news", text).ok(), Some(MEMBERS));
    }

    /// Up to the mailboxes of all sessions.
    #[divan::bench(sample_size = 1, sample_count = 50)]
    fn send_only(bencher: Bencher<'_, '_>) {
        let (world, mut clients) = world();
        let (text, mut waits) = (text(), false);
        let hears = heard(&format!(r#"42["news","{text}"]"#));
        let all_is_heard = || {
            if std::mem::replace(&mut waits, true) {
                all_hear(&world, &mut clients, &hears);
            }
        };
        let bencher = bencher.counter(ItemsCount::new(MEMBERS)).with_inputs(all_is_heard);
        bencher.bench_local_values(|()| send(&world, &text));
    }

    /// Up to the last client.
    #[divan::bench(sample_size = 1, sample_count = 50)]
    fn until_all_have_heard(bencher: Bencher<'_, '_>) {
        let (world, mut clients) = world();
        let text = text();
        let hears = heard(&format!(r#"42["news","{text}"]"#));
        bencher.counter(ItemsCount::new(MEMBERS)).bench_local(|| {
            send(&world, &text);
            all_hear(&world, &mut clients, &hears);
        });
    }
}
