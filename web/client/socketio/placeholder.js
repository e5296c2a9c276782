// Bytes cannot stand in JSON, so they travel behind it and leave a mark in their place.
//
//   ["bin", <01 02>, {"more": <03>}]
//   ["bin",{"_placeholder":true,"num":0},{"more":{"_placeholder":true,"num":1}}]
//           └ attachment 0: <01 02>              └ attachment 1: <03>
//
// Core file. Spec: Socket.IO v5, "Packet encoding". On the server: src/socketio/placeholder.rs.

import { isBinary } from "../engineio/packet.js";

/** JSON text without the bytes, and the bytes, in the order of their marks. */
export function takeOut(data) {
  const attachments = [];
  const text = JSON.stringify(data, function replace(key, value) {
    // What `toJSON` would make of the bytes is not wanted, so this looks at the original.
    const bytes = [this[key], value].find(isBinary);
    if (bytes === undefined) return value;
    attachments.push(bytes);
    return { _placeholder: true, num: attachments.length - 1 };
  });
  return { text, attachments };
}

/** The data with each mark replaced by its attachment; throws when there is none. */
export function putBack(value, attachments) {
  if (typeof value !== "object" || value === null) return value;
  if (value._placeholder === true) return attachmentOf(value.num, attachments);
  for (const key of Object.keys(value)) value[key] = putBack(value[key], attachments);
  return value;
}

function attachmentOf(num, attachments) {
  if (Number.isInteger(num) && num >= 0 && num < attachments.length) return attachments[num];
  const last = attachments.length - 1;
  throw new Error(`found a placeholder for attachment ${num}, wanted 0 to ${last}`);
}
