// Wire events in, rows of the ladder out. Pure: no clock, no document.
//
//   browser                              server
//      │  GET ?EIO=4&transport=polling      │
//      ├───────────────────────────────────►╥     a bar opens: the GET waits here
//      │                   200  0{"sid":…}  ║
//      │◄───────────────────────────────────╨     and closes: it is answered
//      │  GET (WebSocket)                   │
//      ╞═══════════════════════════════════►│     the second rail begins
//
// The upgrade has four steps, and what lies between them is marked as well (`handover`):
//
//   2probe ──►   ◄── 3probe   ◄── 6 (the waiting GET)   5 ──►
//
// A row knows all that is drawn beside it when it is made: which rails are there, and which
// requests wait. So a list of a hundred thousand rows can be drawn from anywhere.

import { glance, glanceAtBody, isHeartbeat } from "./glance.js";

/** A session as it is seen on the wire: give it its events in their order. */
export class Ladder {
  #open = new Map();
  #polling = "before";
  #websocket = "before";
  #probing = false;
  #revision = 4;
  #first;

  /** The row of the next event. */
  add(event) {
    this.#first ??= event.t;
    const row = {
      event,
      since: event.t - this.#first,
      packets: [],
      heartbeat: false,
      bars: [...this.#open.values()].map(through),
      polling: this.#polling === "there" ? "through" : "none",
      websocket: this.#websocket === "there" ? "through" : "none",
    };
    row.handover = this.#probing ? "between" : null;
    this.#step(row);
    row.heartbeat = row.packets.length > 0 && row.packets.every(isHeartbeat);
    // The ladder has seen what came before, so it can say more than the event does.
    row.why = reason(row);
    return row;
  }

  /** Something may not have been seen: whoever waited before may have got an answer meanwhile. */
  interrupt() {
    for (const waiting of this.#open.values()) waiting.doubtful = true;
  }

  /** The requests that nobody has answered yet: `{ row, slot, method }`. */
  waiting() {
    return [...this.#open.values()];
  }

  #step(row) {
    const { kind, lane } = row.event;
    if (lane === "polling" && kind === "request" && this.#polling === "before") {
      this.#polling = "there";
      row.polling = "starts";
    }
    if (kind === "request") this.#request(row);
    else if (kind === "response") this.#response(row);
    else if (kind === "frame") this.#frame(row);
    else if (kind === "session-close") this.#end(row);
    else if (kind === "connection-close" && lane === "websocket") this.#endWebSocket(row);
    else if (kind === "unanswered") this.#giveUp(row);
    if (this.#polling === "leaving" && this.#open.size === 0) {
      this.#polling = "gone";
      row.polling = "ends";
    } else if (this.#polling === "leaving") {
      row.polling = "through";
    }
  }

  #request(row) {
    const { event } = row;
    const [, method = "", target = ""] = /^(\S+) (\S*)/.exec(event.head ?? "") ?? [];
    row.method = method;
    row.target = target;
    if (/[?&]EIO=3(&|$)/.test(target)) this.#revision = 3;
    row.revision = this.#revision;
    row.opens = !/[?&]sid=/.test(target);
    if (method === "POST" && event.text !== undefined) {
      row.packets = glanceAtBody(event.text, this.#revision);
    }
    if (event.request === undefined) return;
    this.#replaceDoubtful(row);
    const { lane } = event;
    const slot = this.#freeSlot(method === "GET" && lane === "polling");
    this.#open.set(event.request, { row, slot, method, lane });
    row.bars.push({ slot, method, lane, place: "starts" });
  }

  /** A client that asks again has had its answer, though it was not seen. */
  #replaceDoubtful({ event, method, bars }) {
    for (const [request, waiting] of this.#open) {
      if (!waiting.doubtful || waiting.method !== method || waiting.lane !== event.lane) continue;
      this.#open.delete(request);
      for (const bar of bars) if (bar.slot === waiting.slot) bar.place = "ends";
    }
  }

  /** A poll waits on the rail itself, and what is asked meanwhile beside it. */
  #freeSlot(isPoll) {
    const taken = new Set([...this.#open.values()].map(({ slot }) => slot));
    let slot = isPoll ? 0 : 1;
    while (taken.has(slot) && slot < 3) slot += 1;
    return slot;
  }

  #response(row) {
    const { event } = row;
    row.status = Number(/^HTTP\/\S+ (\d+)/.exec(event.head ?? "")?.[1] ?? 0);
    row.revision = this.#revision;
    const asked = this.#open.get(event.request);
    if (asked) {
      this.#open.delete(event.request);
      row.asked = { n: asked.row.event.n, method: asked.method, opens: asked.row.opens };
      row.waited = event.t - asked.row.event.t;
      asked.row.answered = { n: event.n, waited: row.waited, status: row.status };
      for (const bar of row.bars) if (bar.slot === asked.slot) bar.place = "ends";
    }
    if (row.status === 101) {
      this.#websocket = "there";
      row.websocket = "starts";
    } else if (row.status === 200 && carriesPackets(row)) {
      row.packets = glanceAtBody(event.text, this.#revision);
      const [packet] = row.packets;
      if (this.#probing && packet.engine === "noop") row.handover = "release";
    }
  }

  /** The client has gone away before it had an answer. */
  #giveUp(row) {
    const asked = this.#open.get(row.event.request);
    if (!asked) return;
    this.#open.delete(row.event.request);
    for (const bar of row.bars) if (bar.slot === asked.slot) bar.place = "ends";
  }

  #frame(row) {
    const { event } = row;
    if (this.#websocket === "before") {
      this.#websocket = "there";
      row.websocket = "starts";
    }
    const binary = { text: "", engine: "message", binary: true };
    row.packets = [event.text === undefined ? binary : glance(event.text)];
    const [packet] = row.packets;
    const asks = packet.engine === "ping";
    if (packet.probe && asks && this.#polling === "there") this.#probing = true;
    if (!this.#probing) return;
    if (packet.probe) row.handover = asks ? "probe" : "probed";
    if (packet.engine === "upgrade") {
      row.handover = "upgrade";
      this.#probing = false;
      this.#polling = "leaving";
    }
  }

  #endWebSocket(row) {
    if (this.#websocket === "there") row.websocket = "ends";
    this.#websocket = "gone";
    this.#probing = false;
  }

  #end(row) {
    this.#endWebSocket(row);
    if (row.polling === "through") row.polling = "ends";
    this.#polling = "gone";
    for (const bar of row.bars) bar.place = "ends";
    this.#open.clear();
  }
}

/** `ok` is all that a POST is answered, also one that was not seen. */
function carriesPackets({ asked, event }) {
  return asked?.method !== "POST" && Boolean(event.text) && event.text !== "ok";
}

function through({ slot, method, lane }) {
  return { slot, method, lane, place: "through" };
}

/** Why this row came about, when the server does not say it itself: a key of the words. */
function reason(row) {
  const { kind, from } = row.event;
  if (kind === "request") return reasonOfRequest(row);
  if (kind === "response") return reasonOfResponse(row);
  if (kind !== "frame") return kind;
  return reasonOfPacket(row.packets[0], from);
}

function reasonOfRequest({ event, method, opens }) {
  if (event.lane === "websocket") return opens ? "websocket-first" : "websocket-beside";
  if (method === "POST") return "post";
  if (method === "OPTIONS") return "preflight";
  return opens ? "first-get" : "poll";
}

/** Up to so many seconds an answer counts as given at once. */
const AT_ONCE = 0.02;

function reasonOfResponse({ status, asked, waited, packets }) {
  if (status === 101) return "switching";
  if (status >= 400) return "refused";
  if (asked?.method === "POST") return "post-taken";
  if (asked?.method === "OPTIONS") return "preflight-answer";
  if (asked?.opens) return "handshake";
  if (packets.length === 1 && packets[0].engine === "noop") return "noop";
  if (packets.length > 0 && packets.every(isHeartbeat)) return "ping-by-polling";
  return waited > AT_ONCE ? "parked-get-answered" : "poll-answered";
}

function reasonOfPacket(packet, from) {
  if (packet.binary) return "attachment";
  if (packet.probe) return packet.engine === "ping" ? "probe" : "probed";
  if (packet.engine === "open") return "handshake";
  if (packet.engine === "message") {
    if (packet.socket === "CONNECT") return from === "client" ? "connect" : "connected";
    if (packet.socket?.endsWith("EVENT")) return packet.id === undefined ? "event" : "event-asks";
    if (packet.socket?.endsWith("ACK")) return "ack";
    if (packet.socket === "DISCONNECT") return "disconnect";
    if (packet.socket === "CONNECT_ERROR") return "connect-error";
    return "message";
  }
  return packet.engine;
}
