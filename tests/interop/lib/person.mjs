// A person in the chat: an official client that writes down every event as it came over the wire.
//
//   wire:  42["message",{"user":"管理员：","text":"Ada进入了房间"}]
//   log:     ["message",{"user":"管理员：","text":"Ada进入了房间"}]
//
// The log holds the packet's own text, not what the client made of it: a JavaScript object would
// hide the order of keys such as "10" and "9", and the difference between 1 and 1.0.
//
// To prove that something was *not* sent, tests never wait and hope. `settle` lets the sender
// join a marker room behind whatever it did; the server handles the events of one socket in
// order, so whoever has seen the marker has seen everything that was sent to them before it.

import { io } from "socket.io-client";

import { Log, PATIENCE, within } from "./deadline.mjs";
import { atEnd } from "./ends.mjs";

/** The three ways to connect. */
export const MODES = {
  "polling only": { transports: ["polling"] },
  "polling, then upgrade": { transports: ["polling", "websocket"] },
  "websocket only": { transports: ["websocket"] },
};

/** The transport a client of this mode is on in the end. */
export const FINAL_TRANSPORT = {
  "polling only": "polling",
  "polling, then upgrade": "websocket",
  "websocket only": "websocket",
};

export class Person {
  /** Connects, and resolves when the namespace is joined. `t` closes the client at its end. */
  static async connect(t, url, mode, options = {}) {
    const person = new Person(url, mode, options);
    atEnd(t, () => person.socket.disconnect());
    await person.connected(1);
    return person;
  }

  constructor(url, mode, options) {
    this.mode = mode;
    this.hasLeft = false;
    this.log = new Log();
    /** `connect`, or the reason of a disconnect, in order. */
    this.life = new Log();
    this.socket = io(url, { ...MODES[mode], forceNew: true, autoConnect: false, ...options });
    this.socket.on("connect", () => this.life.push("connect"));
    this.socket.on("disconnect", (reason) => this.life.push(reason));
    this.socket.io.on("open", () => this.#listen());
    this.socket.connect();
  }

  #listen() {
    this.socket.io.engine.on("packet", ({ type, data }) => {
      if (type === "message" && typeof data === "string" && data.startsWith("2[")) {
        this.log.push(data.slice(1));
      }
    });
  }

  /** Resolves when the client has connected for the `times`-th time. */
  connected(times) {
    const count = (lines) => lines.filter((line) => line === "connect").length;
    return this.life.until((lines) => count(lines) >= times, `connect number ${times}`);
  }

  /** Resolves when the client has arrived on the transport its mode ends on. */
  async settledTransport() {
    const { engine } = this.socket.io;
    const wanted = FINAL_TRANSPORT[this.mode];
    if (engine.transport.name === wanted) return;
    const upgraded = new Promise((resolve) => engine.once("upgrade", resolve));
    await within(PATIENCE, `the transport ${wanted}`, upgraded);
  }

  get id() {
    return this.socket.id;
  }

  /** Disconnects for good. */
  leave() {
    this.hasLeft = true;
    this.socket.disconnect();
  }

  emit(...args) {
    this.socket.emit(...args);
  }

  /** Sends a Socket.IO packet as it stands, for what the official client would never write. */
  emitRaw(packet) {
    this.socket.io.engine.write(packet);
  }

  /** Joins, and resolves when a list with the new entry is here. */
  async join(name, room) {
    this.emit("join", { name, room });
    const mine = entry(name, room, this);
    const isAnswer = (line) => line.startsWith('["groupList"') && line.includes(mine);
    await this.log.until((lines) => lines.some(isAnswer), `the list after joining ${room}`);
  }

  /** Forgets what was seen, so that a test reads from here on. */
  forget() {
    this.log.lines.length = 0;
  }
}

let markers = 0;

/**
 * Puts a marker behind all that `sender` has done, waits until `sender` and `others` have seen
 * it, and returns what each of them saw before it, in the order given.
 */
export async function settle(sender, ...others) {
  markers += 1;
  const marker = `marker-${markers}.`;
  sender.emit("join", { name: marker, room: marker });
  const seen = [];
  for (const person of [sender, ...others]) {
    const isList = (line) => line.startsWith('["groupList"') && line.includes(marker);
    await person.log.until((lines) => lines.some(isList), marker);
    const lines = person.log.lines;
    seen.push(lines.slice(0, lines.findIndex((line) => line.includes(marker))));
  }
  return seen;
}

// The lines of the contract, as the server must write them.

const text = JSON.stringify;

export const joined = (name) =>
  `["message",{"user":"管理员：","text":${text(`${name}进入了房间`)}}]`;

export const left = (name) =>
  `["message",{"user":"管理员","text":${text(`${name}离开了房间`)}}]`;

export const said = (words, user) => `["message",{"text":${text(words)},"user":${text(user)}}]`;

export const entry = (name, room, person) =>
  `{"name":${text(name)},"room":${text(room)},"id":${text(person.id)}}`;

/** `groups(["1", [entry, …]], ["2", []])`: the rooms in the order in which they are written. */
export const groups = (...rooms) =>
  `["groupList",{${rooms.map(([key, entries]) => `${text(key)}:[${entries.join()}]`).join()}}]`;
