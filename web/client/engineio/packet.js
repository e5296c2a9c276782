// Engine.IO packets: the smallest thing either side can say.
//
//   4hello
//   │└┴┴┴┴─ data
//   └────── type: message
//
// On WebSocket that is all there is: one packet to a frame, and a message that is bytes
// is a binary frame without a type. HTTP long-polling joins several packets in one body;
// payload.js adds that and no more.
//
// Core file. Spec: Engine.IO v4, "Protocol" and "Packet encoding".
// On the server: src/engineio/packet.rs.

/**
 * The seven types.
 *
 * | Name    | On the wire | Sent by           | Means                         |
 * |---------|-------------|-------------------|-------------------------------|
 * | OPEN    | `0{"sid":…` | server            | the session exists            |
 * | CLOSE   | `1`         | either            | the session is over           |
 * | PING    | `2`         | server            | are you there?                |
 * |         | `2probe`    | client, upgrading | does this WebSocket work?     |
 * | PONG    | `3`         | client            | I am here                     |
 * |         | `3probe`    | server, upgrading | it works                      |
 * | MESSAGE | `4hello`    | either            | data for the application      |
 * | UPGRADE | `5`         | client            | use this WebSocket from now   |
 * | NOOP    | `6`         | server            | nothing; let the GET return   |
 */
export const EIO = Object.freeze({
  OPEN: "0",
  CLOSE: "1",
  PING: "2",
  PONG: "3",
  MESSAGE: "4",
  UPGRADE: "5",
  NOOP: "6",
});

const ENGINE_TYPES = new Set(Object.values(EIO));

/** In front of bytes that must travel as text. */
const BASE64_MARK = "b";

/** Whether a value travels as bytes: ArrayBuffer, typed array, DataView, Blob, File. */
export function isBinary(value) {
  return (
    value instanceof ArrayBuffer ||
    ArrayBuffer.isView(value) ||
    (typeof Blob === "function" && value instanceof Blob)
  );
}

/** One packet as one WebSocket frame: text, or the bytes as they are. */
export function encodeFrame(packet) {
  return isBinary(packet.data) ? packet.data : packet.type + (packet.data ?? "");
}

/**
 * One packet as text, for HTTP. A promise, since a Blob has to be read first.
 *
 * [EIO4-ENCODING-1] "Binary payloads MUST be base64-encoded and prefixed with a `b` character."
 */
export const encodeText = async (packet) => {
  if (!isBinary(packet.data)) return encodeFrame(packet);
  return BASE64_MARK + toBase64(await toBytes(packet.data));
};

/** How many bytes `encodeText` will make of a packet, without making them. */
export function textLength(packet) {
  const { data } = packet;
  if (isBinary(data)) return 1 + 4 * Math.ceil((data.byteLength ?? data.size) / 3);
  return 1 + utf8Length(data ?? "");
}

/** Reads one frame, text or ArrayBuffer, as a packet; throws what is wrong with it. */
export function decodeFrame(frame) {
  if (typeof frame !== "string") return { type: EIO.MESSAGE, data: frame };
  const type = frame.charAt(0);
  const data = frame.slice(1);
  if (type === BASE64_MARK) return { type: EIO.MESSAGE, data: fromBase64(data) };
  if (!ENGINE_TYPES.has(type)) {
    throw new Error(`found Engine.IO packet type '${type}', wanted '0' to '6' or 'b'`);
  }
  return { type, data };
}

async function toBytes(data) {
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  if (ArrayBuffer.isView(data)) {
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  }
  return new Uint8Array(await data.arrayBuffer());
}

function toBase64(bytes) {
  // A function takes a limited number of arguments, so the bytes go in portions.
  const portion = 8192;
  let characters = "";
  for (let at = 0; at < bytes.length; at += portion) {
    characters += String.fromCharCode(...bytes.subarray(at, at + portion));
  }
  return btoa(characters);
}

function fromBase64(text) {
  const characters = atob(text);
  const bytes = new Uint8Array(characters.length);
  for (let at = 0; at < bytes.length; at += 1) bytes[at] = characters.charCodeAt(at);
  return bytes.buffer;
}

function utf8Length(text) {
  let length = text.length;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    // One unit of UTF-16 is one byte up to 0x7f, two up to 0x7ff and else three, except
    // that the two halves of a surrogate pair are four together.
    if (unit > 0x7f) length += 1;
    if (unit > 0x7ff && (unit < 0xd800 || unit > 0xdfff)) length += 1;
  }
  return length;
}
