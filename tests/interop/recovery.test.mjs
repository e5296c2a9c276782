// A client that is cut off again and again, on either transport and on either server: the same
// events are heard, in the same order, by a client that was never away.
//
//   reader   1 2 3 ~ cut ~      ~ back ~ 4 5 6 7 …
//   writer   1 2 3  4  5   6               7 …
//
// Both spell their packets as JSON, or in MessagePack, where bytes stay in their place.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { once } from "node:events";
import { describe, test } from "node:test";

import { Server } from "socket.io";
import { io } from "socket.io-client";
import * as msgpack from "socket.io-msgpack-parser";

import { Log } from "./lib/deadline.mjs";
import { atEnd } from "./lib/ends.mjs";
import { startExample } from "./lib/server.mjs";

/** How often the reader is cut off. */
const ROUNDS = 10;

/** The example `recovery`. */
async function ours(t, parser) {
  const server = await startExample("recovery", parser ? ["--msgpack"] : []);
  atEnd(t, () => server.stop());
  return server.url;
}

/** The same, on the reference server. */
async function reference(t, parser) {
  const http = createServer();
  const server = new Server(http, { connectionStateRecovery: {}, parser });
  server.on("connection", (socket) => {
    if (!socket.recovered) socket.join("readers");
    socket.on("publish", (...news) => server.to("readers").emit("news", ...news));
    socket.emit("hello", socket.recovered);
  });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  atEnd(t, () => server.close());
  return `http://127.0.0.1:${http.address().port}`;
}

/** A client that notes what it hears. */
function client(t, url, options) {
  const quick = { reconnectionDelay: 50, reconnectionDelayMax: 50, randomizationFactor: 0 };
  const socket = io(url, { forceNew: true, autoConnect: false, ...quick, ...options });
  atEnd(t, () => socket.close());
  const log = new Log();
  socket.on("hello", (recovered) => log.push(recovered ? "back" : "new"));
  // Behind what was published is its offset, in what is missed as in what is heard.
  socket.on("news", (...args) => log.push(args.slice(0, -1)));
  socket.connect();
  return { socket, log };
}

/** How a connection is lost: with a word to the server, and without one. */
const CUTS = {
  "says that it leaves": (socket) => socket.io.engine.close(),
  "just goes": (socket) => socket.io.engine.transport.ws.terminate(),
};

/** News of all kinds, and in the last place bytes. */
function mixed(text) {
  const bytes = Buffer.from(text);
  return [text, { deep: [bytes, null, -1.5] }, Buffer.alloc(0), Buffer.alloc(300, bytes)];
}

async function play(t, start, { transport, cut, parser, news = (text) => [text] }) {
  const url = await start(t, parser);
  const writer = client(t, url, { transports: ["websocket"], parser });
  const reader = client(t, url, { transports: [transport], parser });
  for (const { log } of [writer, reader]) await log.until((lines) => lines.length === 1, "hello");
  const { id } = reader.socket;
  const wanted = ["new"];
  for (let round = 0; round < ROUNDS; round += 1) {
    const publish = async (when) => {
      const args = news(`${when} ${round}`);
      const before = writer.log.lines.length;
      wanted.push(args);
      writer.socket.emit("publish", ...args);
      await writer.log.until((lines) => lines.length > before, `${when} ${round} at the writer`);
    };
    await publish("here");
    await reader.log.until((lines) => lines.length === wanted.length, "what came before the cut");
    const gone = once(reader.socket, "disconnect");
    cut(reader.socket);
    await gone;
    await publish("away");
    await publish("still away");
    wanted.push("back");
    await reader.log.until((lines) => lines.length === wanted.length, "all that was missed");
    assert.deepEqual([reader.socket.recovered, reader.socket.id], [true, id]);
  }
  assert.deepEqual(reader.log.lines, wanted);
}

for (const [name, start] of Object.entries({ "our server": ours, "the reference": reference })) {
  describe(`a client of ${name} misses nothing`, () => {
    test("on polling", async (t) => {
      await play(t, start, { transport: "polling", cut: CUTS["says that it leaves"] });
    });
    for (const [how, cut] of Object.entries(CUTS)) {
      test(`on WebSocket, when it ${how}`, async (t) => {
        await play(t, start, { transport: "websocket", cut });
      });
    }
    for (const [spelling, parser] of Object.entries({ JSON: undefined, MessagePack: msgpack })) {
      for (const transport of ["polling", "websocket"]) {
        test(`of bytes, spelled in ${spelling}, on ${transport}`, async (t) => {
          const cut = CUTS["says that it leaves"];
          await play(t, start, { transport, cut, parser, news: mixed });
        });
      }
    }
  });
}
