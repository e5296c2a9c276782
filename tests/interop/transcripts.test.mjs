// The transcripts of tests/transcripts, played on the reference server: the newest engine.io, over
// real sockets, on a clock that stands still until a line says that time passes.
//
//   C: POST 4hello    ──►  POST /engine.io/?EIO=4&transport=polling&sid=… HTTP/1.1
//   A: hello          ◄──  the reference's application received it
//
// tests/transcripts.rs plays the same files on our server and explains their notation. What holds
// for both is written once; where the two differ, the transcript names the departure.

import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";

import { WebSocket } from "ws";

import { Log, PATIENCE, within } from "./lib/deadline.mjs";
import { atEnd } from "./lib/ends.mjs";
import { Wire, request } from "./lib/raw.mjs";
import { packet, transcripts, written } from "./lib/transcript.mjs";

/** How the session is called in transcripts, whatever its name. */
const SID = "AAAAAAAAAAAAAAAAAAAA";

const PROGRAM = fileURLToPath(new URL("lib/reference_engine.mjs", import.meta.url));

/** The reference server, in a process of its own. */
class Reference {
  #child = fork(PROGRAM, [JSON.stringify({ allowEIO3: true })]);
  #notes = new Log();
  #settled = new Log();
  #orders = 0;

  /** Notes that the transcript has not come to yet. */
  get notes() {
    return this.#notes.lines;
  }

  async start(t) {
    atEnd(t, () => this.#child.kill());
    const [{ port }] = await within(PATIENCE, "the reference", once(this.#child, "message"));
    this.#child.on("message", ({ note, settled }) => {
      if (note === undefined) this.#settled.push(settled);
      else this.#notes.push(note);
    });
    return port;
  }

  async order(verb, details = {}) {
    const number = (this.#orders += 1);
    this.#child.send({ verb, number, ...details });
    await this.#settled.until((lines) => lines.includes(number), `"${verb}" to be done`);
  }

  async note(place) {
    await this.#notes.until((lines) => lines.length > 0, `a note at ${place}`);
    return this.#notes.lines.shift();
  }
}

/** A WebSocket of the client's, and what came over it. */
class Channel {
  frames = new Log();

  constructor(t, url) {
    const perMessageDeflate = false;
    this.socket = new WebSocket(url, { perMessageDeflate });
    this.socket.on("error", () => {});
    this.socket.on("upgrade", ({ socket }) => {
      this.stream = { port: socket.localPort, stream: socket };
    });
    this.socket.on("message", (data, binary) => {
      this.frames.push(binary ? written(data) : data.toString());
    });
    this.socket.on("close", () => this.frames.push("closed"));
    atEnd(t, () => this.socket.terminate());
  }

  async next(place) {
    await this.frames.until((lines) => lines.length > 0, `a frame at ${place}`);
    return this.frames.lines.shift();
  }
}

/** A client, beside the reference's application. */
class Played {
  #t;
  #port;
  #reference = new Reference();
  /** The requests that wait for their answer, by name: "GET", "GET again", "POST". */
  #requests = {};
  /** The WebSockets, by name: "WS", "WS again". */
  #channels = {};
  #streams = [];
  #version = "4";
  #sid;

  async start(t) {
    this.#t = t;
    this.#port = await this.#reference.start(t);
  }

  async play({ who, what, place }) {
    switch (who) {
      case "C:":
        await this.#client(what);
        // The reference has read it all, and done what follows, before the next line.
        return this.#reference.order("settle", { connections: this.#sent() });
      case "A>":
        return this.#reference.order("send", { messages: what.split("␞") });
      case "A!":
        return this.#reference.order("close");
      case "--":
        return this.#reference.order("pass", { milliseconds: milliseconds(what) });
      case "S:":
        return this.#check(what, place);
      default:
        return assert.equal(await this.#reference.note(place), `${who} ${what}`, place);
    }
  }

  /** Nothing may be left that the transcript does not say. */
  end() {
    assert.deepEqual(this.#reference.notes, [], "more than written");
    for (const [name, { frames }] of Object.entries(this.#channels)) {
      // Of a WebSocket's end the transcript says nothing where the client asked for it.
      const more = frames.lines.filter((frame) => frame !== "closed");
      assert.deepEqual(more, [], `more than written on ${name}`);
    }
  }

  async #client(what) {
    const [, name, rest] = /^(GET again|GET|POST|WS again|WS|)(.*)$/s.exec(what);
    const text = rest.trim();
    if (text === "revision 3") {
      this.#version = "3&b64=1";
      return;
    }
    switch (name) {
      case "GET":
      case "GET again":
        if (text === "breaks") return this.#requests[name].destroy();
        return this.#request(name, "GET");
      case "POST":
        return this.#request(name, "POST", text.replaceAll("␞", "\x1e"));
      case "WS":
      case "WS again":
        if (text === "closes") return this.#channels[name].socket.close();
        return this.#open(name);
      default:
        this.#channels.WS.socket.send(packet(what));
    }
  }

  #target(transport) {
    const sid = this.#sid ? `&sid=${this.#sid}` : "";
    return `/engine.io/?EIO=${this.#version}&transport=${transport}${sid}`;
  }

  async #request(name, method, body) {
    const wire = new Wire(this.#t, this.#port);
    this.#requests[name] = wire.send(request(method, this.#target("polling"), { body }));
    this.#streams.push(await wire.connected());
  }

  async #open(name) {
    const url = `ws://127.0.0.1:${this.#port}${this.#target("websocket")}`;
    const channel = new Channel(this.#t, url);
    this.#channels[name] = channel;
    await within(PATIENCE, `${name} to open`, once(channel.socket, "open"));
    this.#streams.push(channel.stream);
  }

  /** What went out on each connection, by the client's port. */
  #sent() {
    return this.#streams.map(({ port, stream }) => [port, stream.bytesWritten]);
  }

  async #check(what, place) {
    const found = await this.#server(what, place);
    this.#sid ??= /"sid":"([^"]+)"/.exec(found)?.[1];
    assert.equal(found.replace(this.#sid, SID), what, place);
  }

  /** What the reference does where the transcript expects `what`. */
  async #server(what, place) {
    const name = /^(GET again|GET|POST) /.exec(what)?.[1];
    if (name) return `${name} ${await this.#answer(name)}`;
    const channel = /^(WS again|WS) /.exec(what)?.[1];
    const frame = await this.#channels[channel ?? "WS"].next(place);
    return channel ? `${channel} ${frame}` : frame;
  }

  async #answer(name) {
    const { status, body } = await this.#requests[name].response();
    if (status === 200) return body.replaceAll("\x1e", "␞");
    return body === "" ? `${status}` : `${status} ${JSON.parse(body).message}`;
  }
}

function milliseconds(text) {
  return text.endsWith("ms") ? Number.parseInt(text) : 1000 * Number.parseInt(text);
}

describe("the reference server keeps to the transcripts", { concurrency: 2 }, () => {
  for (const { name, lines } of transcripts("")) {
    test(name, async (t) => {
      const played = new Played();
      await played.start(t);
      for (const line of lines) await played.play(line);
      played.end();
    });
  }
});
