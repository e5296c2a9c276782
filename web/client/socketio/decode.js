// From a text to its packet, one function for each field.
//
//   51-/admin,12["bin",{"_placeholder":true,"num":0}]
//   ││ │      │ └ data
//   ││ │      └── id
//   ││ └───────── namespace
//   │└─────────── attachments
//   └──────────── type
//
// Each function takes the text from its field on, and gives the field and the rest.
// Digits are the ten ASCII digits and nothing else.
//
// Core file. Spec: Socket.IO v5, "Packet encoding". On the server: src/socketio/decode.rs.

import { BINARY_TWIN, MAX_ATTACHMENTS, RESERVED_EVENTS, SIO } from "./packet.js";

/** The packet of a text, and how many attachments are still to come; throws what is wrong. */
export function decodePacket(text) {
  const [wireType, afterType] = typeField(text);
  const binary = wireType >= SIO.BINARY_EVENT;
  const type = binary ? wireType - BINARY_TWIN : wireType;
  const [attachments, afterCount] = binary ? attachmentsField(afterType) : [0, afterType];
  const [namespace, afterNamespace] = namespaceField(afterCount);
  const [id, afterId] = idField(afterNamespace);
  const data = dataField(afterId);
  const packet = { type, namespace, id, data };
  check(packet);
  return { packet, attachments };
}

function typeField(text) {
  if (/^[0-6]/.test(text)) return [Number(text[0]), text.slice(1)];
  throw new Error(`found Socket.IO packet type '${text.slice(0, 1)}', wanted '0' to '6'`);
}

function attachmentsField(text) {
  const [field, digits] = /^([0-9]+)-/.exec(text) ?? [];
  const count = Number(digits);
  if (count >= 1 && count <= MAX_ATTACHMENTS) return [count, text.slice(field.length)];
  const found = digits ?? "nothing";
  throw new Error(`found ${found} as the count of attachments, wanted 1 to ${MAX_ATTACHMENTS}`);
}

function namespaceField(text) {
  if (!text.startsWith("/")) return ["/", text];
  const comma = text.indexOf(",");
  return comma < 0 ? [text, ""] : [text.slice(0, comma), text.slice(comma + 1)];
}

function idField(text) {
  const [digits] = /^[0-9]*/.exec(text);
  if (digits === "") return [undefined, text];
  const id = Number(digits);
  if (Number.isSafeInteger(id)) return [id, text.slice(digits.length)];
  throw new Error(`found ${digits.slice(0, 30)} as acknowledgement id, wanted less than 2^53`);
}

function dataField(text) {
  return text === "" ? undefined : JSON.parse(text);
}

function check({ type, id, data }) {
  if (WANTED[type].fits(data, id)) return;
  const found = data === undefined ? "nothing" : JSON.stringify(data).slice(0, 80);
  throw new Error(`found ${found} in a packet of type ${type}, wanted ${WANTED[type].words}`);
}

/**
 * Events: [SIO5-EVENT-1] "The payload is mandatory and MUST be a non-empty array."
 * Acknowledgements: [SIO5-ACK-3] "The payload is mandatory and MUST be an array (possibly
 * empty)."
 */
const WANTED = {
  [SIO.CONNECT]: {
    fits: (data) => data === undefined || isObject(data),
    words: "an object",
  },
  [SIO.DISCONNECT]: {
    fits: (data) => data === undefined,
    words: "nothing",
  },
  [SIO.EVENT]: {
    fits: (data) => Array.isArray(data) && isEventName(data[0]),
    words: "an array that begins with an event name",
  },
  [SIO.ACK]: {
    fits: (data, id) => Array.isArray(data) && id !== undefined,
    words: "an id and an array",
  },
  [SIO.CONNECT_ERROR]: {
    fits: (data) => typeof data === "string" || isObject(data),
    words: "an object",
  },
};

function isObject(data) {
  return typeof data === "object" && data !== null && !Array.isArray(data);
}

function isEventName(name) {
  if (typeof name === "number") return true;
  return typeof name === "string" && !RESERVED_EVENTS.includes(name);
}
