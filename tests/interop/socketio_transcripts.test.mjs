// The transcripts of tests/transcripts/socketio, played on the reference server: the newest
// socket.io, over real sockets, on a clock that stands still until a line says that time passes.
//
//   C a: 42["hello",1]       ──►  a frame of client a
//   A: a event "hello" 1     ◄──  the reference's application heard of it
//
// tests/socketio_transcripts.rs plays the same files on our server and explains their notation.

import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";

import { WebSocket } from "ws";

import { Log, PATIENCE, within } from "./lib/deadline.mjs";
import { atEnd } from "./lib/ends.mjs";
import { Names } from "./lib/names.mjs";
import { Wire, request } from "./lib/raw.mjs";
import { transcripts } from "./lib/transcript.mjs";

const PROGRAM = fileURLToPath(new URL("lib/reference_socketio.mjs", import.meta.url));

const DEFAULTS = { allowEIO3: true, pingInterval: 300_000 };

const SETTINGS = {
  recovery: { connectionStateRecovery: {} },
  cleanup: { cleanupEmptyChildNamespaces: true },
  MessagePack: { messagePack: true },
};

/** The reference server, in a process of its own. */
class Reference {
  #child;
  #settled = new Log();
  #orders = 0;
  notes = new Log();

  async start(t, options) {
    this.#child = fork(PROGRAM, [JSON.stringify(options)]);
    atEnd(t, () => this.#child.kill());
    const [{ port }] = await within(PATIENCE, "the reference", once(this.#child, "message"));
    this.#child.on("message", ({ note, settled }) => {
      if (note === undefined) this.#settled.push(settled);
      else this.notes.push(note);
    });
    return port;
  }

  async order(verb, details) {
    const number = (this.#orders += 1);
    this.#child.send({ verb, number, ...details });
    await this.#settled.until((lines) => lines.includes(number), `"${verb}" to be done`);
  }
}

/** Takes the next line of a log. */
async function next(log, place) {
  await log.until((lines) => lines.length > 0, place);
  return log.lines.shift();
}

/** One session of a client. */
class Client {
  #t;
  #port;
  #query;
  #session;
  #socket;
  #frames = new Log();
  #requests = {};
  /** Its connections, each with the port that it is known by. */
  streams = [];

  constructor(t, port, name) {
    this.#t = t;
    this.#port = port;
    this.#query = `EIO=4&client=${name}`;
  }

  /** Does what stands behind `C a:`. */
  async act(what, names) {
    const [, post] = /^POST (.*)$/s.exec(what) ?? [];
    if (post !== undefined) {
      return this.#request("POST", names.filled(post).replaceAll("␞", "\x1e"));
    }
    switch (what) {
      case "WS":
        return this.#open();
      case "WS revision 3":
        this.#query = this.#query.replace("EIO=4", "EIO=3");
        return this.#open();
      case "WS closes":
        this.#socket.close();
        return within(PATIENCE, "a WebSocket to close", once(this.#socket, "close"));
      case "WS breaks":
        return this.#socket.terminate();
      case "polling":
        return this.#handshake();
      case "GET":
        return this.#request("GET");
      case "GET breaks":
        return this.#requests.GET.destroy();
      default:
        return this.#socket.send(names.frame(what));
    }
  }

  #target(transport) {
    const sid = this.#session ? `&sid=${this.#session}` : "";
    return `/socket.io/?${this.#query}&transport=${transport}${sid}`;
  }

  async #open() {
    const url = `ws://127.0.0.1:${this.#port}${this.#target("websocket")}`;
    this.#socket = new WebSocket(url, { perMessageDeflate: false });
    atEnd(this.#t, () => this.#socket.terminate());
    this.#socket.on("error", () => {});
    this.#socket.on("upgrade", ({ socket }) => {
      this.streams.push({ port: socket.localPort, stream: socket });
    });
    // The end of the one before, if there was one, is not this one's.
    const frames = (this.#frames = new Log());
    this.#socket.on("message", (data, binary) => frames.push(binary ? data : data.toString()));
    this.#socket.on("close", () => frames.push("WS closed"));
    assert.match(await next(this.#frames, "an open packet"), /^0\{/);
  }

  async #handshake() {
    const wire = new Wire(this.#t, this.#port).send(request("GET", this.#target("polling")));
    this.streams.push(await wire.connected());
    this.#session = /"sid":"([^"]+)"/.exec((await wire.response()).body)[1];
  }

  async #request(method, body) {
    const wire = new Wire(this.#t, this.#port);
    this.#requests[method] = wire.send(request(method, this.#target("polling"), { body }));
    this.streams.push(await wire.connected());
  }

  /** What the server does where `what` is expected. */
  async next(what, place) {
    const [name] = /^(GET|POST) /.exec(what) ?? [];
    if (name === undefined) return next(this.#frames, place);
    const { status, body } = await this.#requests[name.trim()].response();
    return name + (status === 200 ? body.replaceAll("\x1e", "␞") : status);
  }

  /** What the server has sent beyond what the transcript says. */
  async rest() {
    if (this.#socket?.readyState === WebSocket.OPEN) {
      // Whatever was sent before the answer to a ping has arrived before it.
      this.#socket.ping();
      await within(PATIENCE, "a pong", once(this.#socket, "pong"));
    }
    // Of a WebSocket's end the transcript says nothing where the client asked for it.
    return this.#frames.lines.filter((frame) => frame !== "WS closed");
  }
}

/** Some clients, beside the reference's application. */
class Played {
  #t;
  #port;
  #reference = new Reference();
  #clients = new Map();
  #names = new Names();

  async start(t, options) {
    this.#t = t;
    this.#port = await this.#reference.start(t, options);
  }

  async play({ who, what, place }) {
    const [, direction, name] = /^([CS]) (\w+):$/.exec(who) ?? [];
    if (direction === "C") {
      await this.#client(name).act(what, this.#names);
      // The reference has read it all, and done what follows, before the next line.
      await this.#reference.order("settle", { connections: this.#sent() });
    } else if (direction === "S") {
      const found = await this.#client(name).next(what, place);
      assert.ok(this.#names.fits(what, found), `${place}: found ${String(found)}`);
    } else if (who === "A>") {
      await this.#reference.order("do", { order: this.#names.filled(what) });
    } else if (who === "--") {
      await this.#reference.order("pass", { milliseconds: 1000 * Number.parseInt(what) });
    } else {
      const found = await next(this.#reference.notes, place);
      assert.ok(this.#names.fitsText(`A: ${what}`, found), `${place}: found ${found}`);
    }
  }

  /** Nothing may be left that the transcript does not say. */
  async end() {
    assert.deepEqual(this.#reference.notes.lines, [], "more than written");
    for (const [name, client] of this.#clients) {
      assert.deepEqual(await client.rest(), [], `more than written for ${name}`);
    }
  }

  #client(name) {
    if (!this.#clients.has(name)) {
      this.#clients.set(name, new Client(this.#t, this.#port, name));
    }
    return this.#clients.get(name);
  }

  /** What went out on each connection, by the client's port; `null` for one that is gone. */
  #sent() {
    const streams = [...this.#clients.values()].flatMap((client) => client.streams);
    const sent = ({ port, stream }) => [port, stream.destroyed ? null : stream.bytesWritten];
    return streams.map(sent);
  }
}

/** The settings of a transcript, and what happens in it. */
function opening(lines) {
  const settings = lines.filter(({ who }) => who === "O:").map(({ what }) => SETTINGS[what]);
  const options = Object.assign({}, DEFAULTS, ...settings);
  return { options, lines: lines.filter(({ who }) => who !== "O:") };
}

describe("the reference server keeps to the transcripts of Socket.IO", { concurrency: 2 }, () => {
  for (const { name, lines: all } of transcripts("socketio/")) {
    test(name, async (t) => {
      const { options, lines } = opening(all);
      const played = new Played();
      await played.start(t, options);
      for (const line of lines) await played.play(line);
      await played.end();
    });
  }
});
