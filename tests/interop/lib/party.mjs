// Official clients that visit one server together, for scenarios that hold for each of them.
//
//   const party = new Party(t, server.url, { io, eio: 4, transports: ["polling"] });
//   const [a, b] = [await party.open(), await party.open("/other")];
//   await ask(a, "join", party.room())      the answer's arguments
//
// A party has rooms and event names of its own, so that many can visit at the same time.

import { Log } from "./deadline.mjs";
import { atEnd } from "./ends.mjs";
import { next } from "./until.mjs";

let names = 0;

/** Namespaces in which everyone is told who he is. */
const WELCOMING = ["/", "/other"];

export class Party {
  #t;
  #ids = new WeakMap();

  /** Clients made by `io`, which speaks the revision `eio` of Engine.IO. */
  constructor(t, url, { io, eio, transports }) {
    Object.assign(this, { url, io, eio, transports });
    this.#t = t;
  }

  /** The transport that its clients end up with. */
  get transport() {
    return this.transports.at(-1);
  }

  /** A name that nobody else uses. */
  room(words = "room") {
    names += 1;
    return `${words} ${names}`;
  }

  /** A client that has just begun to connect, over a connection of its own. */
  start(namespace = "/", options = {}) {
    const { transports } = this;
    const defaults = { forceNew: true, reconnection: false, transports };
    const socket = this.io(this.url + namespace, { ...defaults, ...options });
    atEnd(this.#t, () => socket.io.engine.close());
    return this.#met(socket);
  }

  #met(socket) {
    atEnd(this.#t, () => socket.disconnect());
    socket.on("welcome", ({ id }) => this.#ids.set(socket, id));
    return socket;
  }

  /**
   * The id by which the server knows a socket that it has welcomed. A client of 2.x has an idea of
   * its own, in which the secret name of its session is.
   */
  id(socket) {
    return this.#ids.get(socket);
  }

  /** A client that is in the namespace, and on its last transport. */
  async open(namespace = "/", options) {
    const event = WELCOMING.includes(namespace) ? "welcome" : "connect";
    return (await this.greet(event, namespace, options)).socket;
  }

  /** The same, with the first event of that name. */
  async greet(event, namespace, options) {
    const socket = this.start(namespace, options);
    const upgraded = this.transports.length > 1 ? next(socket.io.engine, "upgrade") : [];
    const greeting = next(socket, event);
    await Promise.all([greeting, next(socket, "connect"), upgraded]);
    return { socket, greeting: (await greeting)[0] };
  }

  /** A second socket over the connection of the first, that has just begun to connect. */
  startBeside(socket, namespace, options) {
    return this.#met(socket.io.socket(namespace, options));
  }

  /** The same, once it is in its namespace, and was welcomed there. */
  async beside(socket, namespace, options) {
    const second = this.startBeside(socket, namespace, options);
    await Promise.all([next(second, "connect"), next(second, "welcome")]);
    return second;
  }

  /** The arguments with which a socket learns that it may not join. */
  refusal(socket) {
    return next(socket, this.eio === 4 ? "connect_error" : "error");
  }

  /** Makes a client say nothing any more, not even that it is there, or that it gives up. */
  silence({ io: { engine } }) {
    engine.write = engine.sendPacket = engine._sendPacket = engine.onPacket = () => {};
    clearTimeout(engine.pingIntervalTimer);
    clearTimeout(engine.pingTimeoutTimer);
  }

  /** Cuts the connection as a broken cable would: no packet says so. */
  cut(socket) {
    const { transport } = socket.io.engine;
    if (transport.name === "websocket") transport.ws.terminate?.();
    else transport.onError("cut by the test");
  }
}

/** The arguments of the answer to an event. */
export async function ask(socket, ...args) {
  const answers = new Log();
  socket.emit(...args, (...answer) => answers.push(answer));
  await answers.until((lines) => lines.length === 1, `the answer to "${args[0]}"`);
  return answers.lines[0];
}

/** What comes with an event from now on: its first argument, or what `pick` makes of all. */
export function listen(socket, event, pick = (first) => first) {
  const log = new Log();
  socket.on(event, (...args) => log.push(pick(...args)));
  return log;
}

/** Every kind of byte container as the same kind of text. */
export function hex(bytes) {
  return Buffer.from(bytes).toString("hex");
}
