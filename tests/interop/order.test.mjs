// Each event arrives once and in order, with the upgrade to WebSocket in the middle of the stream.
//
//   polling      42["echo",0]  42["echo",1]  …  451-["bin",{"_placeholder":true,"num":0}] + bytes
//   the upgrade  2probe  3probe  5
//   WebSocket    42["echo",2731]  …  42["echo",9999]
//
// Twenty official clients at once send 10,000 numbered events each, and the server sends each of
// them back. Every fiftieth is a binary one. The WebSocket is opened only when a client has
// received GATE events over polling, and the last events are sent only when the upgrade is over:
// so the change of transport does fall inside the stream, in both directions.

import assert from "node:assert/strict";
import { test } from "node:test";

import { NodeWebSocket, NodeXHR, io } from "socket.io-client";

import { Log, within } from "./lib/deadline.mjs";
import { atEnd } from "./lib/ends.mjs";
import { startExample } from "./lib/server.mjs";

const CLIENTS = 20;
const EVENTS = 10_000;

/** Events received over polling before the WebSocket is opened. */
const GATE = 1_000;

/** Events kept for after the upgrade. */
const REST = 1_000;

/** Events on their way at a time. */
const WINDOW = 500;

const DEADLINE = 55_000;

const isBinary = (number) => number % 50 === 49;

function send(socket, number) {
  if (!isBinary(number)) {
    socket.emit("echo", number);
    return;
  }
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(number);
  socket.emit("bin", bytes);
}

/** Plays one client to its end, and returns what it saw. */
async function play(t, url) {
  let open;
  const gate = new Promise((resolve) => (open = resolve));

  /** The official transport, which waits for the gate before it connects. */
  class Gated extends NodeWebSocket {
    async doOpen() {
      await gate;
      super.doOpen();
    }
  }

  const socket = io(url, { transports: [NodeXHR, Gated], forceNew: true, autoConnect: false });
  atEnd(t, () => socket.disconnect());
  const life = new Log();
  const seen = { received: [], startedOn: undefined, upgradedAt: undefined, life: life.lines };
  let sent = 0;

  const sendMore = () => {
    const last = seen.upgradedAt === undefined ? EVENTS - REST : EVENTS;
    while (sent < last && sent - seen.received.length < WINDOW) send(socket, sent++);
  };
  const receive = (number) => {
    seen.received.push(number);
    if (seen.received.length === GATE) open();
    if (seen.received.length >= EVENTS) life.push("all");
    sendMore();
  };
  socket.on("echo", receive);
  socket.on("bin", (bytes) => receive(Buffer.from(bytes).readUInt32BE()));
  socket.on("disconnect", (reason) => life.push(reason));
  socket.on("connect", () => {
    life.push("connect");
    const { engine } = socket.io;
    seen.startedOn = engine.transport.name;
    engine.once("upgrade", () => {
      seen.upgradedAt = seen.received.length;
      sendMore();
    });
    sendMore();
  });
  socket.connect();
  await life.until((lines) => lines.includes("all"), `${EVENTS} events`, DEADLINE);
  seen.endedOn = socket.io.engine.transport.name;
  // What was sent twice would follow now: an acknowledgement comes behind all of it.
  await within(DEADLINE, "the last acknowledgement", socket.emitWithAck("ack-me", "the end"));
  return seen;
}

const TITLE = `${CLIENTS} clients, ${EVENTS} events each way, across the upgrade`;

test(TITLE, { timeout: 60_000 }, async (t) => {
  const server = await startExample("bench_server");
  atEnd(t, () => server.stop());
  const clients = Array.from({ length: CLIENTS }, () => play(t, server.url));
  for (const seen of await Promise.all(clients)) {
    assert.equal(seen.startedOn, "polling");
    assert.equal(seen.endedOn, "websocket");
    const { upgradedAt } = seen;
    assert.ok(upgradedAt >= GATE && upgradedAt < EVENTS, `upgraded at ${upgradedAt}`);
    assert.deepEqual(seen.life, ["connect", "all"]);
    const wrong = seen.received.findIndex((number, index) => number !== index);
    assert.equal(wrong, -1, `event ${wrong} is ${seen.received[wrong]}`);
    assert.equal(seen.received.length, EVENTS);
  }
});
