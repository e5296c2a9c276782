// One visit to one room, however often the connection breaks.
//
//   connect ──► join {name, room}
//           ◄── groupList {room: [{name, room, id}, …]}     our id is in it: we are in
//           ──► message {text, room, user}                  others see it; we show it ourselves
//
// The chat has no event for leaving a room. Whoever goes to another one ends the visit, as
// closing the page would, and begins a new one there: the others see both happen.
//
// What becomes of a message of one's own:
//
//   written outside ── pending ── sent once we are in
//   written inside  ── sent ── acknowledged? ── yes: fine
//                                └ the connection broke first: in doubt, the writer decides
//
// A server that acknowledges nothing, as the tutorial's, is taken to have a message once anything
// was heard from it since. So nothing is lost without a word, and nothing is sent twice by itself.

import { io } from "./client/index.js";

/** After so many milliseconds outside, we are not going to be let in. */
const PATIENCE = 8_000;

/** So many milliseconds after a refusal we ask again: an entry of our own may have to go first. */
const ASK_AGAIN = 5_000;

/** For so many milliseconds a message can still be confirmed by an acknowledgement. */
const CONFIRMATION = 60_000;

/** Where the server is and what it offers, as it has written into the page. */
const { path = "/socket.io/", transports = "polling,websocket" } = document.documentElement.dataset;

/**
 * Tells its `listener`:
 *
 * | Call                             | When                                          |
 * |----------------------------------|-----------------------------------------------|
 * | `entered(again)`                 | we are in the room                            |
 * | `refused(reason)`                | the server does not let us in, or is silent   |
 * | `disconnected(final)`            | the connection is gone, perhaps for good      |
 * | `attempt(number)`                | it is being tried again                       |
 * | `transport(names)`               | another transport is in use                   |
 * | `message({ user, text })`        | somebody, or the server, says something       |
 * | `rooms([{ room, count }])`       | who is where has changed                      |
 * | `fate(message, state, reason)`   | pending, sent, doubt or refused               |
 */
export class Conversation {
  #socket;
  #listener;
  #name;
  #room;
  #inside = false;
  #visits = 0;
  #pending = [];
  #unsure = [];
  #acknowledges = false;
  #askAgain;

  constructor({ name, room, transport }, listener) {
    this.#name = name;
    this.#room = room;
    this.#listener = listener;
    const offered = transports.split(",");
    const wanted = offered.includes(transport) ? [transport] : offered;
    this.#socket = io({ path, transports: wanted, forceNew: true });
    this.#listen();
  }

  /** Says `text` in the room; what is given back stands for it in `fate`. */
  say(text) {
    const message = { text };
    this.#send(message);
    return message;
  }

  /** Says a message in doubt once more, because its writer wants it. */
  again(message) {
    this.#send(message);
  }

  /** Tries again, after the server had ended the connection or had not let us in. */
  connect() {
    if (this.#socket.connected) this.#join();
    else this.#socket.connect();
  }

  /** Ends the visit. */
  end() {
    this.#listener = null;
    clearTimeout(this.#askAgain);
    this.#socket.disconnect();
  }

  // Each listener is added once, here, and not when a connection is made: otherwise every
  // reconnection would add another, and everything would be shown twice.
  #listen() {
    const socket = this.#socket;
    const manager = socket.io;
    socket.on("connect", () => this.#join());
    socket.on("disconnect", () => this.#disconnected());
    socket.on("connect_error", () => this.#listener?.disconnected(!socket.active));
    socket.on("message", (message) => this.#listener?.message(readMessage(message)));
    socket.on("groupList", (list) => this.#listed(list ?? {}));
    manager.on("reconnect_attempt", (number) => this.#listener?.attempt(number));
    manager.on("open", () => {
      const names = [manager.engine.transport.name];
      this.#listener?.transport(names);
      manager.engine.on("upgrade", ({ name }) => this.#listener?.transport([...names, name]));
    });
  }

  #join() {
    clearTimeout(this.#askAgain);
    const { id } = this.#socket;
    const outside = () => this.#listener && this.#socket.id === id && !this.#inside;
    const data = { name: this.#name, room: this.#room };
    this.#socket.timeout(PATIENCE).emit("join", data, (error, answer) => {
      if (!error) this.#acknowledges = true;
      if (!outside() || !(error || answer?.error)) return;
      this.#listener.refused(answer?.error);
      // Silence may mean that we are in already, and a second entry would be one too many.
      if (!answer?.error) return;
      clearTimeout(this.#askAgain);
      this.#askAgain = setTimeout(() => outside() && this.#join(), ASK_AGAIN);
    });
  }

  #listed(list) {
    this.#listener?.rooms(readRooms(list));
    const ids = Object.values(list).flat().map((entry) => entry?.id);
    if (this.#inside || !ids.includes(this.#socket.id)) return;
    this.#inside = true;
    this.#visits += 1;
    this.#listener?.entered(this.#visits > 1);
    for (const message of this.#pending.splice(0)) this.#send(message);
  }

  #disconnected() {
    this.#inside = false;
    const { lastHeard } = this.#socket.io.engine;
    this.#listener?.transport([]);
    for (const message of this.#unsure.splice(0)) {
      const heardSince = message.sentAt < lastHeard;
      if (this.#acknowledges || !heardSince) this.#listener?.fate(message, "doubt");
    }
    this.#listener?.disconnected(!this.#socket.active);
  }

  #send(message) {
    const socket = this.#socket;
    if (!this.#inside || socket.io.engine.expired()) {
      this.#pending.push(message);
      this.#listener?.fate(message, "pending");
      return;
    }
    const data = { text: message.text, room: this.#room, user: this.#name };
    message.sentAt = Date.now();
    const { lastHeard } = socket.io.engine;
    if (!this.#acknowledges) {
      this.#unsure = this.#unsure.filter((earlier) => earlier.sentAt >= lastHeard);
    }
    this.#unsure.push(message);
    this.#listener?.fate(message, "sent");
    // The tutorial's server answers nothing, and then hearing from it later must do.
    socket.timeout(CONFIRMATION).emit("message", data, (error, answer) => {
      if (!error) this.#confirmed(message, answer);
    });
  }

  #confirmed(message, answer) {
    this.#acknowledges = true;
    this.#unsure = this.#unsure.filter((other) => other !== message);
    if (answer?.error) this.#listener?.fate(message, "refused", String(answer.error));
  }
}

/** Whatever the server relays, as two texts. */
function readMessage(message) {
  return { user: String(message?.user ?? ""), text: String(message?.text ?? "") };
}

/** The list names a socket once for each time it joined; a head is counted once. */
function readRooms(list) {
  return Object.entries(list).map(([room, entries]) => {
    const heads = Array.isArray(entries) ? new Set(entries.map((entry) => entry?.id)) : new Set();
    return { room, count: heads.size };
  });
}
