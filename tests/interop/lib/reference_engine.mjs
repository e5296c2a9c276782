// A process that runs the reference server's Engine.IO on a stopped clock, and does as it is told.
//
//   ──►  { verb: "settle", connections: [[54321, 180]] }   once these bytes have been read …
//   ◄──  { settled: 1 }                                    … all that follows from them is done
//   ──►  { verb: "send", messages: ["a", …] }              the application sends
//   ──►  { verb: "close" }                                 the application closes the session
//   ──►  { verb: "pass", milliseconds: 25000 }             time passes
//   ◄──  { note: "A: hello" }                              the application receives a message
//   ◄──  { note: "S! ping timeout" }                       the session ends
//
// Each order is answered with `settled` and its number. A connection is named by the client's port.

import { createServer } from "node:http";
import { createRequire } from "node:module";

import { stopTheClock } from "./stopped_clock.mjs";
import { packet, written } from "./transcript.mjs";

/** Turns of the event loop in which whatever is ready to happen happens. */
const TURNS = 20;

const realTimeout = setTimeout;
const clock = stopTheClock();
const { attach } = createRequire(import.meta.url)("engine.io");

const connections = new Map();
let session;

const http = createServer();
http.on("connection", (socket) => connections.set(socket.remotePort, socket));
const engine = attach(http, JSON.parse(process.argv[2] ?? "{}"));
engine.on("connection", (opened) => {
  session = opened;
  const note = (text) => process.send({ note: text });
  opened.on("message", (data) => note(`A: ${written(data)}`));
  opened.on("close", (reason) => note(`S! ${reason}`));
});
http.listen(0, "127.0.0.1", () => process.send({ port: http.address().port }));

const verbs = {
  settle: ({ connections }) => arrival(connections),
  send: ({ messages }) => messages.forEach((message) => session.send(packet(message))),
  close: () => session.close(),
  pass: ({ milliseconds }) => clock.pass(milliseconds, turn),
};

async function arrival(expected) {
  const here = ([port, bytes]) => {
    const socket = connections.get(port);
    return socket?.destroyed || socket?.bytesRead >= bytes;
  };
  while (!expected.every(here)) await new Promise((resolve) => realTimeout(resolve, 1));
}

function turn() {
  return new Promise((resolve) => setImmediate(resolve));
}

// One order after the other, whatever each has to wait for.
let before = Promise.resolve();
process.on("message", (order) => {
  before = before.then(async () => {
    await verbs[order.verb](order);
    for (let turns = 0; turns < TURNS; turns += 1) await turn();
    process.send({ settled: order.number });
  });
});
process.on("disconnect", () => process.exit());
