// From a packet to its text and attachments.
//
//   { type: EVENT, namespace: "/", data: ["foo"] }                ► 2["foo"]
//   { type: ACK, namespace: "/admin", id: 13, data: ["bar"] }     ► 3/admin,13["bar"]
//   { type: EVENT, namespace: "/", data: ["baz", <01 02>] }       ► 51-["baz",{"_placeholder":…
//                                                                 ► <01 02>
//
// Core file. Spec: Socket.IO v5, "Packet encoding". On the server: src/socketio/encode.rs.

import { BINARY_TWIN, MAX_ATTACHMENTS } from "./packet.js";
import { takeOut } from "./placeholder.js";

/** The messages that say `packet`: its text first, then its attachments. */
export function encodePacket({ type, namespace, id, data }) {
  const { text, attachments } = data === undefined ? NO_DATA : takeOut(data);
  const count = attachments.length;
  if (count > MAX_ATTACHMENTS) {
    throw new RangeError(`found ${count} attachments, wanted ${MAX_ATTACHMENTS} at most`);
  }
  const head = count > 0 ? `${type + BINARY_TWIN}${count}-` : `${type}`;
  const place = namespace === "/" ? "" : `${namespace},`;
  return [`${head}${place}${id ?? ""}${text}`, ...attachments];
}

const NO_DATA = Object.freeze({ text: "", attachments: [] });
