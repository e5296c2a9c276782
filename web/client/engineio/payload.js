// Several packets in the body of one HTTP request or response.
//
//   4hello␞2␞4world
//   │     │││└──── a message
//   │     ││└───── the record separator, 0x1e
//   │     │└────── a ping
//   └─ a message
//
// There is no escaping: a text that contains 0x1e cannot travel like this. Socket.IO
// never has one, since JSON escapes it.
//
// Core file. Spec: Engine.IO v4, "Packet encoding", "HTTP long-polling".
// On the server: src/engineio/payload.rs.

import { decodeFrame, encodeText, textLength } from "./packet.js";

const SEPARATOR = "\x1e";

/** The body that says all of `packets`; a promise, since Blobs have to be read. */
export const encodePayload = async (packets) => {
  return (await Promise.all(packets.map(encodeText))).join(SEPARATOR);
};

/** The packets of a body, one by one. Throws at the first that is none. */
export function* decodePayload(body) {
  for (const text of body.split(SEPARATOR)) yield decodeFrame(text);
}

/**
 * How many of `packets`, from the first on, fit into a body of `maxPayload` bytes. One
 * always goes: if even that is too large, the server shall be the one to say so.
 *
 * [EIO4-ENCODING-2] "The client SHOULD use the `maxPayload` value sent during the handshake
 * to decide how many packets should be concatenated."
 */
export function howManyFit(packets, maxPayload) {
  let size = 0;
  for (const [index, packet] of packets.entries()) {
    size += textLength(packet) + (index > 0 ? SEPARATOR.length : 0);
    if (index > 0 && size > maxPayload) return index;
  }
  return packets.length;
}
