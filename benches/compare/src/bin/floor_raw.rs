//! A floor: tokio and nothing else. Frames are read where they arrive and written into one buffer,
//! and what one reading has brought is answered by one write.
//!
//! ```text
//!   a broadcast      every member's frame is written at once: one write for a delivery
//!   --coalesce       every member's frame waits until all that was read has been looked at
//! ```
//!
//! There are no sessions, no heartbeat, no limits, and a client that does not read loses what does
//! not fit into its socket.

#[path = "../shared/args.rs"]
mod args;
#[path = "../shared/contract.rs"]
mod contract;

use std::cell::RefCell;
use std::collections::HashMap;
use std::error::Error;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Poll, ready};

use tokio::io::{AsyncRead as _, ReadBuf};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Builder;
use tokio::task::LocalSet;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use contract::Wish;

/// Bytes that are read at once by whoever has something to read.
const READ: usize = 64 * 1024;

/// A smaller buffer costs less to have made again than to be kept.
const KEPT_FROM: usize = 1024;

const TEXT: u8 = 1;
const BINARY: u8 = 2;

type Rooms = RefCell<HashMap<String, Vec<Rc<Member>>>>;

struct Member {
    write: OwnedWriteHalf,
    /// Frames of broadcasts that wait for the end of a turn.
    waiting: RefCell<Vec<u8>>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let coalesce = args::has("--coalesce");
    let runtime = Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, async {
        let rooms = Rc::new(Rooms::default());
        let listener = TcpListener::bind(("127.0.0.1", args::number("--port", 0))).await?;
        args::announce(listener.local_addr()?)?;
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let rooms = rooms.clone();
            tokio::task::spawn_local(async move {
                // A client that goes is not an error here.
                let _ = serve(stream, &rooms, coalesce).await;
            });
        }
    })
}

async fn serve(stream: TcpStream, rooms: &Rooms, coalesce: bool) -> io::Result<()> {
    let (mut read, write) = stream.into_split();
    let member = Rc::new(Member { write, waiting: RefCell::default() });
    let mut input = Vec::new();
    while !input.ends_with(b"\r\n\r\n") {
        fill(&mut read, &mut input).await?;
    }
    let mut output = switching(&input);
    put(&mut output, TEXT, contract::OPEN.as_bytes());
    input.clear();
    loop {
        write_all(&member.write, &output).await?;
        output.clear();
        for buffer in [&mut input, &mut output] {
            // A client that only stays holds no buffers; one that sends much keeps its own.
            if buffer.is_empty() && buffer.capacity() <= KEPT_FROM {
                *buffer = Vec::new();
            }
        }
        if fill(&mut read, &mut input).await.is_err() {
            rooms.borrow_mut().values_mut().for_each(|it| it.retain(|it| !Rc::ptr_eq(it, &member)));
            return Ok(());
        }
        let mut dirty = Vec::new();
        let mut seen = 0;
        while let Some((kind, payload)) = take(&mut input, &mut seen) {
            let packet = std::str::from_utf8(payload).unwrap_or_default();
            match Wish::read(if kind == TEXT { packet } else { "" }) {
                Wish::Nothing if kind == BINARY => put(&mut output, kind, payload),
                Wish::Nothing => {}
                Wish::Same => put(&mut output, kind, payload),
                Wish::Connect => put(&mut output, TEXT, contract::CONNECTED.as_bytes()),
                Wish::Answer(answer) => put(&mut output, TEXT, answer.as_bytes()),
                Wish::Join { room, answer } => {
                    rooms.borrow_mut().entry(room.to_owned()).or_default().push(member.clone());
                    put(&mut output, TEXT, answer.as_bytes());
                }
                Wish::Broadcast { room, packet } => {
                    let mut frame = Vec::new();
                    put(&mut frame, TEXT, packet.as_bytes());
                    for member in rooms.borrow().get(room).into_iter().flatten() {
                        member.hear(&frame, coalesce, &mut dirty);
                    }
                }
            }
        }
        input.drain(..seen);
        for member in dirty {
            let _ = member.write.try_write(&member.waiting.take());
        }
    }
}

impl Member {
    fn hear(self: &Rc<Self>, frame: &[u8], coalesce: bool, dirty: &mut Vec<Rc<Self>>) {
        if !coalesce {
            let _ = self.write.try_write(frame);
            return;
        }
        let mut waiting = self.waiting.borrow_mut();
        if waiting.is_empty() {
            dirty.push(self.clone());
        }
        waiting.extend(frame);
    }
}

fn switching(request: &[u8]) -> Vec<u8> {
    let request = String::from_utf8_lossy(request);
    let key = request.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Key: "));
    let accept = derive_accept_key(key.unwrap_or_default().as_bytes());
    format!(
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Accept: {accept}\r\n\r\n"
    )
    .into()
}

/// Writes a frame.
fn put(out: &mut Vec<u8>, kind: u8, payload: &[u8]) {
    out.push(0x80 | kind);
    match (u8::try_from(payload.len()), u16::try_from(payload.len())) {
        (Ok(short @ 0..=125), _) => out.push(short),
        (_, Ok(medium)) => {
            out.push(126);
            out.extend(medium.to_be_bytes());
        }
        _ => {
            out.push(127);
            out.extend((payload.len() as u64).to_be_bytes());
        }
    }
    out.extend(payload);
}

/// Takes the next frame and its mask off, if all of it is there.
fn take<'a>(input: &'a mut [u8], seen: &mut usize) -> Option<(u8, &'a [u8])> {
    let frame = input.get_mut(*seen..)?;
    let (length, head): (usize, usize) = match *frame {
        [_, 0xFE, a, b, ..] => (u16::from_be_bytes([a, b]).into(), 4),
        [_, 0xFF, a, b, c, d, e, f, g, h, ..] => {
            (usize::try_from(u64::from_be_bytes([a, b, c, d, e, f, g, h])).ok()?, 10)
        }
        [_, short @ 0x80..=0xFD, ..] => (usize::from(short & 0x7F), 2),
        _ => return None,
    };
    let kind = *frame.first()? & 0x0F;
    let (mask, payload) = frame.get_mut(head..(head + 4).checked_add(length)?)?.split_at_mut(4);
    let mask = [mask[0], mask[1], mask[2], mask[3]];
    for four in payload.chunks_mut(4) {
        four.iter_mut().zip(mask).for_each(|(byte, mask)| *byte ^= mask);
    }
    *seen += head + 4 + length;
    Some((kind, payload))
}

thread_local! {
    /// All clients read into the same memory: only what is not complete is kept by its own.
    static SCRATCH: RefCell<Vec<u8>> = RefCell::new(vec![0; READ]);
}

async fn fill(read: &mut OwnedReadHalf, input: &mut Vec<u8>) -> io::Result<()> {
    poll_fn(|context| {
        SCRATCH.with_borrow_mut(|scratch| {
            let mut buffer = ReadBuf::new(scratch);
            ready!(Pin::new(&mut *read).poll_read(context, &mut buffer))?;
            input.extend(buffer.filled());
            let gone = buffer.filled().is_empty();
            Poll::Ready(if gone { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(()) })
        })
    })
    .await
}

async fn write_all(write: &OwnedWriteHalf, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match write.try_write(bytes) {
            Ok(length) => bytes = bytes.get(length..).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => write.writable().await?,
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
