// Lets a suite for plain WebSocket servers be run against Engine.IO, frame by frame.
//
//   suite ──► 81 85 mask "hello"  ──►  81 86 mask "4hello"  ──► server
//   suite ◄── 81 05 "hello"       ◄──  81 06 "4hello"       ◄── server
//
//   node tests/suites/through_engineio.mjs LISTEN_PORT SERVER_PORT
//
// A text message is given the packet type `4` in front, in its first frame, and loses it on its
// way back. All else goes through as it is, however wrong: bits, codes, lengths, the pieces in
// which it was written. The opening handshake is the suite's own, with another path; the open
// packet is taken out. Pings of Engine.IO are not expected: the server's interval has to be long.

import { connect, createServer } from "node:net";

const PATH = "/engine.io/?EIO=4&transport=websocket";
const END_OF_HEAD = "\r\n\r\n";
const TEXT = 1;
const MESSAGE = 0x34;

/** The head of a frame: its first byte, and the length of what follows. */
function head(first, length, mask) {
  const masked = mask ? 0x80 : 0;
  const bytes = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  bytes[0] = first;
  if (bytes.length === 2) bytes[1] = masked | length;
  if (bytes.length === 4) {
    bytes[1] = masked | 126;
    bytes.writeUInt16BE(length, 2);
  }
  if (bytes.length === 10) {
    bytes[1] = masked | 127;
    bytes.writeBigUInt64BE(BigInt(length), 2);
  }
  return mask ? Buffer.concat([bytes, mask]) : bytes;
}

/** Where the payload begins and how long it is; nothing while the head is not all there. */
function parse(bytes) {
  if (bytes.length < 2) return undefined;
  const short = bytes[1] & 0x7f;
  const at = 2 + (short === 126 ? 2 : short === 127 ? 8 : 0);
  const start = at + (bytes[1] & 0x80 ? 4 : 0);
  if (bytes.length < start) return undefined;
  const length =
    short === 126 ? bytes.readUInt16BE(2)
    : short === 127 ? Number(bytes.readBigUInt64BE(2))
    : short;
  const mask = start > at ? Buffer.from(bytes.subarray(at, start)) : undefined;
  return { first: bytes[0], text: (bytes[0] & 0x0f) === TEXT, start, length, mask };
}

/** One direction: cuts a stream into frames, and lets `begin` say what becomes of each. */
class Frames {
  #unread = Buffer.alloc(0);
  #left = 0;
  #pass;

  #begin;

  /** `begin(frame)` returns what to do with each piece of the frame's payload. */
  constructor(begin) {
    this.#begin = begin;
  }

  push(bytes) {
    this.#unread = Buffer.concat([this.#unread, bytes]);
    for (;;) {
      const piece = this.#take(Math.min(this.#left, this.#unread.length));
      this.#left -= piece.length;
      if (piece.length > 0) this.#pass(piece);
      if (this.#left > 0) return;
      const frame = parse(this.#unread);
      if (!frame) return;
      frame.head = this.#take(frame.start);
      this.#left = frame.length;
      this.#pass = this.#begin(frame);
    }
  }

  #take(count) {
    const taken = this.#unread.subarray(0, count);
    this.#unread = this.#unread.subarray(count);
    return taken;
  }
}

/** From the suite to the server: a `4` before each text message. */
function inwards(write) {
  return new Frames(({ first, text, length, mask, head: bytes }) => {
    if (!text) {
      write(bytes);
      return write;
    }
    write(head(first, length + 1, mask));
    write(Buffer.from([MESSAGE ^ (mask?.[0] ?? 0)]));
    let position = 0;
    // Each byte stands one place further on, under another byte of the mask.
    return (piece) => {
      const moved = Buffer.from(piece);
      if (mask) {
        for (let index = 0; index < moved.length; index += 1, position += 1) {
          moved[index] ^= mask[position & 3] ^ mask[(position + 1) & 3];
        }
      }
      write(moved);
    };
  });
}

/** From the server to the suite: without the open packet, and the `4` of each text message. */
function outwards(write, opened) {
  let open = false;
  return new Frames((frame) => {
    if (!frame.text) {
      write(frame.head);
      return write;
    }
    if (!open) {
      open = true;
      opened();
      return () => {};
    }
    write(head(frame.first, frame.length - 1));
    let type;
    return (piece) => {
      const rest = type === undefined ? piece.subarray(1) : piece;
      type ??= piece[0];
      if (type !== MESSAGE) console.error(`found packet type ${type}, wanted ${MESSAGE}`);
      write(rest);
    };
  });
}

/** Calls `then` with the head of a request or an answer and what follows; passes the rest on. */
function behindHead(stream, then) {
  let unread = Buffer.alloc(0);
  const read = (bytes) => {
    unread = Buffer.concat([unread, bytes]);
    const end = unread.indexOf(END_OF_HEAD);
    if (end < 0) return;
    stream.off("data", read);
    const frames = then(unread.subarray(0, end + END_OF_HEAD.length).toString("latin1"));
    stream.on("data", (more) => frames.push(more));
    frames.push(unread.subarray(end + END_OF_HEAD.length));
  };
  stream.on("data", read);
}

/** Whoever ends or breaks a connection on one side does so on the other. */
function join(one, other) {
  one.on("end", () => other.end());
  one.on("close", () => other.destroy());
  one.on("error", () => other.resetAndDestroy());
}

const [listening, serving] = process.argv.slice(2).map(Number);
if (!listening || !serving) throw new Error("wanted: LISTEN_PORT SERVER_PORT");
createServer({ allowHalfOpen: true, noDelay: true }, (suite) => {
  const settings = { port: serving, host: "127.0.0.1", allowHalfOpen: true, noDelay: true };
  const server = connect(settings);
  join(suite, server);
  join(server, suite);
  const begun = new Promise((opened) => {
    behindHead(server, (answer) => {
      suite.write(answer, "latin1");
      return outwards((bytes) => suite.write(bytes), opened);
    });
  });
  behindHead(suite, (request) => {
    server.write(request.replace(/^GET \S+/, `GET ${PATH}`), "latin1");
    const frames = inwards((bytes) => server.write(bytes));
    // A case begins behind the open packet.
    return { push: (bytes) => begun.then(() => frames.push(bytes)) };
  });
}).listen(listening, "127.0.0.1");
