// What a text on the wire is, at a glance: enough to name a row and to filter by.
//
//   42/chat,7["typing",true]  ──►  { engine: "message", socket: "EVENT", namespace: "/chat",
//                                    id: "7", event: "typing" }
//
// This is no parser and refuses nothing: thousands of rows a second are looked at like this.
// What a row really means, the server's own parser says when somebody opens it.

const ENGINE = ["open", "close", "ping", "pong", "message", "upgrade", "noop"];

/** The types of Socket.IO, each at the place of its digit. */
export const SOCKET = [
  "CONNECT",
  "DISCONNECT",
  "EVENT",
  "ACK",
  "CONNECT_ERROR",
  "BINARY_EVENT",
  "BINARY_ACK",
];

/** What stands between the packets of a body. */
const SEPARATOR = "\x1e";

/** So many packets of one body are looked at. */
const MAX_PACKETS = 64;

const HEADER = /^(?:(\d+)-)?(?:(\/[^,]*)(?:,|$))?(\d+)?/;
const EVENT_NAME = /^\[\s*("(?:[^"\\]|\\.)*")/;

/** One packet, as a WebSocket message carries it. */
export function glance(text) {
  const engine = text.startsWith("b") ? "message" : (ENGINE[text[0]] ?? "unknown");
  const packet = { text, engine };
  if (text.startsWith("b")) packet.binary = true;
  else if (engine === "message" && SOCKET[text[1]]) glanceAtSocketPacket(packet, text);
  else if (text.slice(1, 6) === "probe") packet.probe = true;
  return packet;
}

function glanceAtSocketPacket(packet, text) {
  packet.socket = SOCKET[text[1]];
  const rest = text.slice(2);
  // How many attachments, for whom, and an ack id: each of them may be missing.
  const [header, count, namespace, id] = HEADER.exec(rest);
  packet.namespace = namespace?.replace(/\?.*/, "") ?? "/";
  if (id !== undefined) packet.id = id;
  packet.head = [count === undefined ? "" : `${count}-`, namespace ?? "", id ?? ""];
  // The comma is a part of the header, and not of the name.
  if (header[packet.head.join("").length] !== undefined) packet.head[1] += ",";
  if (!packet.socket.endsWith("EVENT")) return;
  const name = EVENT_NAME.exec(rest.slice(header.length))?.[1];
  if (name === undefined) return;
  try {
    packet.event = JSON.parse(name);
  } catch {
    packet.event = name.slice(1, -1);
  }
}

/** All packets of a body of HTTP long-polling; in revision 3 each has its length in front. */
export function glanceAtBody(text, revision = 4) {
  if (text === "") return [];
  const pieces = revision === 3 ? byLength(text) : text.split(SEPARATOR, MAX_PACKETS);
  return pieces.map(glance);
}

function byLength(text) {
  const pieces = [];
  let rest = text;
  while (rest !== "" && pieces.length < MAX_PACKETS) {
    const length = /^(\d{1,9}):/.exec(rest);
    if (!length) return [...pieces, rest];
    const from = length[0].length;
    pieces.push(rest.slice(from, from + Number(length[1])));
    rest = rest.slice(from + Number(length[1]));
  }
  return pieces;
}

/** A packet in pieces, `[class, text]`, with the classes of an explanation's spans. */
export function pieces({ text, binary, socket, head = [] }) {
  if (binary) {
    return [["engineio-base64-mark", text.slice(0, 1)], ["engineio-base64", text.slice(1)]];
  }
  const all = [["engineio-type", text.slice(0, 1)]];
  if (socket === undefined) return [...all, ["engineio-data", text.slice(1)]].filter(isThere);
  all.push(["socketio-type", text.slice(1, 2)]);
  const classes = ["socketio-attachments", "socketio-namespace", "socketio-ack-id"];
  head.forEach((piece, index) => all.push([classes[index], piece]));
  return [...all, ["socketio-argument", text.slice(2 + head.join("").length)]].filter(isThere);
}

function isThere([, text]) {
  return text !== "";
}

/** What a filter calls a packet: `EVENT`, `ping`, `attachment` … */
export function typeOf(packet) {
  if (packet.binary) return "attachment";
  return packet.socket ?? packet.engine;
}

/** Whether it only asks whether the other is there. */
export function isHeartbeat(packet) {
  return (packet.engine === "ping" || packet.engine === "pong") && !packet.probe;
}

/** What a filter can ask for, in the order of the protocol. */
export const TYPES = [
  ...ENGINE.filter((name) => name !== "message"),
  ...SOCKET,
  "attachment",
];
