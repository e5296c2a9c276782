// The fields of a packet: read from an explanation, and made into a packet again.
//
//   {"type":"EVENT","namespace":"/chat","id":7,"data":["hi"]}  ──►  42/chat,7["hi"]
//
// The bytes are made by the server, as it makes them for a client.

import { byId, make } from "./dom.js";
import { SOCKET } from "./glance.js";
import { say } from "./words.js";

const ENGINE = ["message", "open", "close", "ping", "pong", "upgrade", "noop"];

/** Writes the lists of types. */
export function showTypes() {
  fill("engine-type", ENGINE.map((name) => [name, name]));
  fill("socket-type", [["", say("none")], ...SOCKET.map((name) => [name, name])]);
}

function fill(id, options) {
  const list = byId(id);
  const { value } = list;
  const elements = options.map(([name, text]) => {
    const option = make("option", "", text);
    option.value = name;
    return option;
  });
  list.replaceChildren(...elements);
  if (value !== "") list.value = value;
}

/** Fills the fields from the first packet that was understood. */
export function showFields({ packets }) {
  const [packet] = packets;
  if (!packet) return;
  const { engineio = "message", socketio } = packet;
  byId("engine-type").value = engineio;
  byId("socket-type").value = socketio?.type ?? "";
  byId("packet-namespace").value = socketio?.namespace ?? "";
  byId("ack-id").value = socketio?.id ?? "";
  const data = socketio ? socketio.data : packet.handshake;
  byId("data").value = data === undefined || data === null ? "" : JSON.stringify(data);
  const count = socketio?.attachments ?? 0;
  byId("announced").hidden = count === 0;
  byId("announced").textContent = say("announced", { count });
  enable();
  complain("");
}

/** Only a message has fields of Socket.IO. */
export function enable() {
  const isMessage = byId("engine-type").value === "message";
  const isPacket = isMessage && byId("socket-type").value !== "";
  byId("socket-type").disabled = !isMessage;
  for (const id of ["packet-namespace", "ack-id", "attachments"]) byId(id).disabled = !isPacket;
  byId("data").disabled = !isPacket && byId("engine-type").value !== "open";
}

/** The attachments as hexadecimal digits. */
export function attachments() {
  if (byId("attachments").disabled) return [];
  const lines = byId("attachments").value.split("\n").map((line) => line.replace(/\s+/g, ""));
  return lines.filter((line) => line !== "");
}

/** The request for the bytes of what stands in the fields; `null` if they make no packet. */
export function draft() {
  const [engineio, type] = ["engine-type", "socket-type"].map((id) => byId(id).value);
  const [namespace, id, data] = ["packet-namespace", "ack-id", "data"].map((field) =>
    byId(field).value.trim(),
  );
  if (data !== "" && !byId("data").disabled && !isJson(data)) return null;
  if (!/^\d*$/.test(id)) return complain(say("notNumber"));
  if (attachments().some((line) => !/^([0-9a-f]{2})+$/i.test(line))) return complain(say("notHex"));
  complain("");
  const json = data === "" ? "null" : data;
  if (engineio === "open") return `{"packet":{"engineio":"open","handshake":${json}}}`;
  if (engineio !== "message" || type === "") return JSON.stringify({ packet: { engineio } });
  // Put together by hand, so that the JSON goes over the wire as it was written.
  const socketio =
    `{"type":${JSON.stringify(type)},"namespace":${JSON.stringify(namespace || "/")},` +
    `"id":${id === "" ? "null" : id},"data":${json}}`;
  const rest = `"attachments":${JSON.stringify(attachments())}`;
  return `{"packet":{"engineio":"message","socketio":${socketio},${rest}}}`;
}

function isJson(text) {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    complain(say("notJson", { error: error.message }));
    return false;
  }
}

function complain(text) {
  byId("field-error").textContent = text;
  byId("field-error").hidden = text === "";
  return null;
}

/** Asks the server for the bytes: `{ text, attachments }`. */
export async function encode(request, signal) {
  const answer = await fetch("/inspect/encode", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: request,
    signal,
  });
  if (!answer.ok) throw new Error(await answer.text());
  return answer.json();
}

/** Shows an error of the server beside the fields. */
export function refuse(error) {
  complain(error.message);
}
