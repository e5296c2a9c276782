// A process that runs the reference server on a stopped clock, with an application that does as it
// is told (the orders: tests/socketio_transcripts.rs).
//
//   ──►  { verb: "settle", connections: [[54321, 180]] }   once these bytes have been read, or for
//                                                          `null` the connection is gone, …
//   ◄──  { settled: 1 }                                    … all that follows from them is done
//   ──►  { verb: "do", order: "a emit \"x\" 1" }           the application does that
//   ──►  { verb: "pass", milliseconds: 25000 }             time passes
//   ◄──  { note: "A: a event \"x\" 1" }                    it is told something
//
// Each order is answered with `settled` and its number. A connection is named by the client's port.

import { createServer } from "node:http";
import { createRequire } from "node:module";

import { Application } from "./reference_application.mjs";
import { stopTheClock } from "./stopped_clock.mjs";

/** Turns of the event loop in which whatever is ready to happen happens. */
const TURNS = 20;

const realTimeout = setTimeout;
const clock = stopTheClock();
// What is remembered for clients that come back is remembered until a time of day.
const start = Date.now();
Date.now = () => start + clock.now;

const require = createRequire(import.meta.url);
const { Server } = require("socket.io");

const { messagePack, ...options } = JSON.parse(process.argv[2] ?? "{}");
if (messagePack) options.parser = require("socket.io-msgpack-parser");
const connections = new Map();
const http = createServer();
http.on("connection", (socket) => connections.set(socket.remotePort, socket));
const io = new Server(http, { serveClient: false, ...options });
const application = new Application(io, (note) => process.send({ note }));
http.listen(0, "127.0.0.1", () => process.send({ port: http.address().port }));

const verbs = {
  settle: ({ connections }) => arrival(connections),
  do: ({ order }) => application.order(order),
  pass: ({ milliseconds }) => clock.pass(milliseconds, turn),
};

async function arrival(expected) {
  const here = ([port, bytes]) => {
    const socket = connections.get(port);
    return socket?.destroyed || (bytes !== null && socket?.bytesRead >= bytes);
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
