// Order: what was sent first arrives first, whatever carries it, and nothing is lost on the way.
//
//   ──►  42["seq",0] 42["seq",1] …      while the transport changes
//   ◄──  42["tick",0] 42["tick",1] … 42["burst-end",n]

import assert from "node:assert/strict";

import { ask, listen } from "../lib/party.mjs";
import { next } from "../lib/until.mjs";

const numbers = (count) => Array.from({ length: count }, (_, number) => number);

export const order = {
  async "a burst arrives whole and in order"(party) {
    const socket = await party.open();
    const ticks = listen(socket, "tick");
    const end = next(socket, "burst-end");
    socket.emit("burst", 2000);
    assert.deepEqual(await end, [2000]);
    assert.deepEqual(ticks.lines, numbers(2000));
  },

  async "events are handled in the order in which they were sent"(party) {
    const socket = await party.open();
    for (const number of numbers(2000)) socket.emit("seq", number);
    assert.deepEqual(await ask(socket, "seq-report"), [{ count: 2000, ordered: true }]);
    assert.deepEqual(await ask(socket, "seq-report"), [{ count: 0, ordered: true }]);
    socket.emit("seq", 1);
    assert.deepEqual(await ask(socket, "seq-report"), [{ count: 1, ordered: false }]);
  },

  async "also while the transport changes"(party) {
    const socket = party.start();
    const ticks = listen(socket, "tick");
    const upgraded = party.transports.length > 1 ? next(socket.io.engine, "upgrade") : [];
    await next(socket, "connect");
    socket.emit("burst", 500);
    for (const number of numbers(500)) {
      socket.emit("seq", number);
      // Other things happen in between, so some are sent before, some during, some after.
      if (number % 5 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await upgraded;
    assert.deepEqual(await ask(socket, "seq-report"), [{ count: 500, ordered: true }]);
    await ticks.until((lines) => lines.length === 500, "500 ticks");
    assert.deepEqual(ticks.lines, numbers(500));
  },

  async "with bytes among text, and several namespaces at once"(party) {
    const main = await party.open();
    const other = await party.beside(main, "/other");
    const logs = [main, other].map((socket) => listen(socket, "echo"));
    for (const number of numbers(200)) {
      const more = number % 3 === 0 ? [Buffer.alloc(number)] : [];
      for (const socket of [main, other]) socket.emit("echo", number, ...more);
    }
    for (const log of logs) {
      await log.until((lines) => lines.length === 200, "200 echoes");
      assert.deepEqual(log.lines, numbers(200));
    }
  },
};
