// Recordings, and how much of them is kept in memory.
//
//   {"siolog":1,"by":"sockrates 0.1.0","started":"2026-11-23T12:00:00.000Z"}
//   {"n":1,"t":0.001,"session":"s1","from":"client","lane":"polling","kind":"request",…}
//
// Pure. The oldest rows are forgotten first, whoever they belong to, and it is counted how many.

import { Ladder } from "./ladder.js";

/** So many rows are kept. */
export const MAX_ROWS = 20_000;

/** Their texts may have so many characters together. */
export const MAX_CHARACTERS = 24_000_000;

/** So many sessions are kept. */
export const MAX_SESSIONS = 2_000;

/** Under this name stands what found no session. */
export const NOBODY = "–";

const KINDS = new Set([
  "request",
  "response",
  "frame",
  "connection-open",
  "connection-close",
  "session-open",
  "session-close",
  "unanswered",
]);

/** The rows of many sessions. */
export class Recording {
  #queue = [];
  #head = 0;
  #characters = 0;
  #limits;

  /** All sessions by their name: `{ session, sid, rows, ladder, count, open, lane, last }`. */
  sessions = new Map();

  /** How many rows were forgotten to make room. */
  forgotten = 0;

  /** Grows with each row, so that whoever draws knows whether there is something new. */
  version = 0;

  constructor({ rows = MAX_ROWS, characters = MAX_CHARACTERS } = {}) {
    this.#limits = { rows, characters };
  }

  /** How many rows there are. */
  get size() {
    return this.#queue.length - this.#head;
  }

  /** Takes an event, and gives back its row; what is known already is left out. */
  add(event) {
    if (!isEvent(event)) return null;
    const session = this.#session(event);
    if (event.n <= session.known) return null;
    session.last = Math.max(session.last, event.n);
    const row = session.ladder.add(event);
    row.session = session;
    session.count += 1;
    session.lane ??= event.lane;
    session.sid = event.sid ?? session.sid;
    if (event.kind === "frame") session.lane = "websocket";
    if (event.kind === "session-close") session.open = false;
    session.rows.push(row);
    this.#queue.push(row);
    this.#characters += weight(event);
    this.version += 1;
    this.#makeRoom();
    return row;
  }

  /** Only notes that a session is there or over: it is not watched, so no rows are made. */
  note(event) {
    if (!isEvent(event)) return;
    const session = this.#session(event);
    if (session.count === 0) session.lane = null;
    session.sid = event.sid ?? session.sid;
    if (event.kind === "session-close") session.open = false;
  }

  /** What is told from here on may be known already, and there may be a gap before it. */
  interrupt() {
    for (const session of this.sessions.values()) {
      session.known = session.last;
      if (session.count > 0) session.ladder.interrupt();
    }
  }

  #session(event) {
    const name = event.session ?? NOBODY;
    let session = this.sessions.get(name);
    if (session) return session;
    session = {
      session: name,
      rows: [],
      gone: 0,
      ladder: new Ladder(),
      count: 0,
      open: true,
      lane: event.lane ?? "polling",
      first: event.t,
      last: -1,
      known: -1,
    };
    this.sessions.set(name, session);
    if (this.sessions.size > MAX_SESSIONS) this.#forgetSession();
    return session;
  }

  /** A session without rows goes first; otherwise the one that came first. */
  #forgetSession() {
    const all = [...this.sessions.values()];
    const chosen = all.find(({ rows, gone, count }) => count > 0 && rows.length === gone) ?? all[0];
    this.sessions.delete(chosen.session);
  }

  #makeRoom() {
    const { rows, characters } = this.#limits;
    while (this.size > rows || (this.#characters > characters && this.size > 1)) {
      const row = this.#queue[this.#head];
      this.#queue[this.#head] = undefined;
      this.#head += 1;
      this.#characters -= weight(row.event);
      // Rows of a session go in their order, so it is always its first one.
      const { session } = row;
      session.gone += 1;
      if (session.gone > 512) {
        session.rows.splice(0, session.gone);
        session.gone = 0;
      }
      row.forgotten = true;
      this.forgotten += 1;
    }
    if (this.#head > 4096 && this.#head * 2 > this.#queue.length) {
      this.#queue.splice(0, this.#head);
      this.#head = 0;
    }
  }

  /** The rows of one session, or of all of them in the order in which they came. */
  rows(name) {
    if (name === null) return this.#queue.slice(this.#head);
    const session = this.sessions.get(name);
    return session ? session.rows.slice(session.gone) : [];
  }
}

function weight(event) {
  const { head = "", text = "", base64 = "" } = event;
  return head.length + text.length + base64.length + 64;
}

/** Whether it has what a row is made from. */
export function isEvent(event) {
  return (
    typeof event === "object" &&
    event !== null &&
    Number.isFinite(event.n) &&
    Number.isFinite(event.t) &&
    (typeof event.session === "string" || (event.session ?? null) === null) &&
    KINDS.has(event.kind)
  );
}

/** The events of a recording, `{ head, events, bad }`; `bad` counts lines that are none. */
export function readRecording(text) {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "");
  const read = lines.map((line) => {
    try {
      return JSON.parse(line);
    } catch {
      return null;
    }
  });
  const head = read[0];
  if (head?.siolog === undefined) return { head: null, events: [], bad: lines.length };
  const events = read.slice(1).filter(isEvent);
  return { head, events, bad: read.length - 1 - events.length };
}

/** The rows as a recording. */
export function writeRecording(head, rows) {
  const lines = [head, ...rows.map(({ event }) => event)];
  return lines.map((line) => `${JSON.stringify(line)}\n`).join("");
}
