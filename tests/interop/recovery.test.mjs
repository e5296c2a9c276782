// A client that is cut off again and again, on either transport and on either server: the same
// events are heard, in the same order, by a client that was never away.
//
//   reader   1 2 3 ~ cut ~      ~ back ~ 4 5 6 7 …
//   writer   1 2 3  4  5   6               7 …

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { once } from "node:events";
import { describe, test } from "node:test";

import { Server } from "socket.io";
import { io } from "socket.io-client";

import { Log } from "./lib/deadline.mjs";
import { atEnd } from "./lib/ends.mjs";
import { startExample } from "./lib/server.mjs";

/** How often the reader is cut off. */
const ROUNDS = 10;

/** The example `recovery`. */
async function ours(t) {
  const server = await startExample("recovery");
  atEnd(t, () => server.stop());
  return server.url;
}

/** The same, on the reference server. */
async function reference(t) {
  const http = createServer();
  const server = new Server(http, { connectionStateRecovery: {} });
  server.on("connection", (socket) => {
    if (!socket.recovered) socket.join("readers");
    socket.on("publish", (text) => server.to("readers").emit("news", text));
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
  socket.on("news", (text) => log.push(text));
  socket.connect();
  return { socket, log };
}

/** How a connection is lost: with a word to the server, and without one. */
const CUTS = {
  "says that it leaves": (socket) => socket.io.engine.close(),
  "just goes": (socket) => socket.io.engine.transport.ws.terminate(),
};

async function play(t, url, transport, cut) {
  const writer = client(t, url, { transports: ["websocket"] });
  const reader = client(t, url, { transports: [transport] });
  for (const { log } of [writer, reader]) await log.until((lines) => lines.length === 1, "hello");
  const { id } = reader.socket;
  const wanted = ["new"];
  for (let round = 0; round < ROUNDS; round += 1) {
    const publish = async (when) => {
      const text = `${when} ${round}`;
      wanted.push(text);
      writer.socket.emit("publish", text);
      await writer.log.until((lines) => lines.includes(text), `${text} at the writer`);
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
      await play(t, await start(t), "polling", CUTS["says that it leaves"]);
    });
    for (const [how, cut] of Object.entries(CUTS)) {
      test(`on WebSocket, when it ${how}`, async (t) => {
        await play(t, await start(t), "websocket", cut);
      });
    }
  });
}
