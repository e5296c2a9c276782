// A row of the ladder as an element: time, drawing, and a label that stands near its sender.
//
//   0.123   │ ├─(GET ?EIO=4&transport=polling)──────────────►▌ │

import { draw } from "./draw.js";
import { make } from "./dom.js";
import { pieces, typeOf } from "./glance.js";
import { has, say } from "./words.js";

/** So many characters of a packet are shown. */
const SHOWN = 240;

const NOTES = {
  "session-open": "sessionOpen",
  "session-close": "sessionClose",
  "connection-open": "connectionOpen",
  "connection-close": "connectionClose",
  unanswered: "unanswered",
};

/** Seconds as people read them: `340 µs`, `12 ms`, `24.8 s`. */
export function duration(seconds) {
  if (seconds < 0.001) return `${Math.max(0, Math.round(seconds * 1e6))} µs`;
  if (seconds < 1) return `${(seconds * 1000).toFixed(seconds < 0.01 ? 1 : 0)} ms`;
  return seconds < 100 ? `${seconds.toFixed(1)} s` : `${Math.round(seconds)} s`;
}

/** Seconds since the session began. */
export function clock(seconds) {
  return seconds < 1000 ? seconds.toFixed(3) : seconds.toFixed(1);
}

/** The row's element. `mixed` is set where rows of many sessions stand together. */
export function rowElement(row, at, mixed) {
  const { event } = row;
  const element = make("div", `row ${event.kind} ${event.lane ?? ""} from-${event.from ?? "none"}`);
  element.id = `row${event.n}`;
  element.setAttribute("role", "option");
  element.setAttribute("aria-label", spokenRow(row));
  if (row.handover) element.dataset.handover = row.handover;
  if (row.heartbeat) element.classList.add("heartbeat");
  const time = make("span", "time", clock(mixed ? event.t : row.since));
  const lanes = make("div", "lanes");
  lanes.append(draw(mixed ? alone(row) : row, at), label(row, mixed));
  element.append(time, lanes);
  return element;
}

/** Between rows of other sessions, rails and bars of one's own would lead nowhere. */
function alone(row) {
  return { ...row, polling: "none", websocket: "none", bars: [] };
}

function label(row, mixed) {
  const { event } = row;
  const element = make("span", "label");
  if (mixed) element.append(make("span", "tag", event.session));
  if (NOTES[event.kind]) {
    element.append(make("span", "note", noteOf(event)));
    return element;
  }
  if (event.kind === "request") element.append(make("b", "verb", verb(row)));
  if (event.kind === "response") {
    element.append(make("b", `verb status${Math.floor(row.status / 100)}`, String(row.status)));
  }
  element.append(...content(row));
  if (row.waited > 0.02) {
    element.append(make("span", "waited", say("waited", { time: duration(row.waited) })));
  }
  if (row.handover && row.handover !== "between") {
    element.append(make("span", "step", say(`handover.${row.handover}`)));
  }
  return element;
}

/** What stands in a row that is no arrow; the end of a session has its reason behind it. */
function noteOf({ kind, reason }) {
  const note = say(NOTES[kind]);
  if (reason === undefined) return note;
  return `${note}: ${has(`close.${reason}`) ? say(`close.${reason}`) : reason}`;
}

function verb(row) {
  return row.event.lane === "websocket" ? `${row.method} ⇄` : row.method;
}

function content(row) {
  const { event, packets } = row;
  if (packets.length > 0) {
    const shown = packets.slice(0, 4).flatMap((packet) => packetElement(packet, event));
    if (packets.length < 2) return shown;
    return [make("span", "many", say("packetsInBody", { count: packets.length })), ...shown];
  }
  if (event.kind === "request") return [make("code", "target", address(row.target))];
  if (row.status === 101) return [make("code", "target", "Switching Protocols")];
  return [make("code", "target", (event.text ?? "").slice(0, SHOWN))];
}

/** What differs from one request to the next: without the path, and with a short id. */
function address(target) {
  const query = target.slice(target.indexOf("?") + 1 || target.length);
  const parts = query.split("&").filter((part) => !/^t=/.test(part));
  return `?${parts.map((part) => part.replace(/^(sid=.{4}).+/, "$1…")).join("&")}`;
}

function packetElement(packet, event) {
  const code = make("code", "packet");
  code.translate = false;
  if (packet.binary && event.kind === "frame") {
    code.append(make("span", "k-engineio-base64", say("bytes", { count: event.size ?? "?" })));
    return code;
  }
  let left = SHOWN;
  for (const [name, text] of pieces(packet)) {
    if (left > 0) code.append(make("span", `k-${name}`, text.slice(0, left)));
    left -= text.length;
  }
  return code;
}

/** What a screen reader says of the row. */
function spokenRow(row) {
  const { event, packets } = row;
  const what = {
    request: () => `${row.method} ${address(row.target)}`,
    response: () => String(row.status),
    frame: () => "",
  }[event.kind];
  if (!what) return noteOf(event);
  const way = say(event.from === "client" ? "fromClient" : "fromServer");
  const types = packets.map((packet) => `${typeOf(packet)} ${packet.event ?? ""}`.trim());
  const parts = [way, say(event.lane), what(), ...types.slice(0, 4)];
  return parts.filter((part) => part !== "").join(", ");
}
