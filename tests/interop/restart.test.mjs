// A server that is stopped and started again: its clients come back by themselves.
//
//   SIGTERM   ──►  server: polls are answered with 1, WebSockets closed, exit code 0
//   client    ◄──  disconnect "transport close"     (it reconnects after this reason,
//                                                    and never after "io server disconnect")
//   a new server on the same port  ──►  connect, with a new socket id
//
// In the middle of it all the chat's own promise: who joins again is listed again, once.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { atEnd } from "./lib/ends.mjs";
import { MODES, Person, entry, groups, joined, said, settle } from "./lib/person.mjs";
import { startServer } from "./lib/server.mjs";

/** Impatient clients, so that the test is short. */
const QUICK = { reconnectionDelay: 20, reconnectionDelayMax: 100, randomizationFactor: 0 };

/**
 * A client polls again as soon as an answer is here. Requests that are answered after that come
 * behind the poll, so that it waits at the server by the time they return.
 */
async function pollsAreParked(url) {
  for (let round = 0; round < 5; round += 1) {
    const response = await fetch(`${url}/socket.io/?EIO=4&transport=polling&sid=nobody`);
    await response.text();
  }
}

/** A server whose clients all answer has nobody to wait for, so its grace is not used up. */
const SOON = 3_000;

/** Stops a server all of whose clients are alive. */
async function stopsSoon(server) {
  const start = performance.now();
  await server.stop();
  const elapsed = Math.round(performance.now() - start);
  assert.ok(elapsed < SOON, `stopped after ${elapsed} ms: ${server.stderr}`);
}

describe("a restart", () => {
  for (const mode of Object.keys(MODES)) {
    test(`clients see a transport close and come back, ${mode}`, async (t) => {
      const first = await startServer();
      atEnd(t, () => first.stop());
      const ada = await Person.connect(t, first.url, mode, QUICK);
      const bob = await Person.connect(t, first.url, mode, QUICK);
      for (const person of [ada, bob]) await person.settledTransport();
      await ada.join("Ada", "1");
      await bob.join("Bob", "1");
      const ids = [ada.id, bob.id];
      await pollsAreParked(first.url);

      const refused = new Promise((resolve) => ada.socket.io.once("reconnect_error", resolve));
      await stopsSoon(first);
      const gone = (lines) => lines.length > 1;
      for (const person of [ada, bob]) {
        await person.life.until(gone, "the disconnect");
        assert.deepEqual(person.life.lines, ["connect", "transport close"]);
      }
      await refused;

      for (const person of [ada, bob]) person.forget();
      const second = await startServer([], { port: first.port });
      atEnd(t, () => second.stop());
      for (const person of [ada, bob]) await person.connected(2);
      assert.ok(!ids.includes(ada.id) && !ids.includes(bob.id), "new socket ids");
      await ada.join("Ada", "1");
      await bob.join("Bob", "1");
      bob.emit("message", { text: "back again", room: "1", user: "Bob" });
      const alone = groups(["1", [entry("Ada", "1", ada)]]);
      const both = groups(["1", [entry("Ada", "1", ada), entry("Bob", "1", bob)]]);
      const [byBob, byAda] = await settle(bob, ada);
      assert.deepEqual(byAda, [alone, joined("Bob"), both, said("back again", "Bob")]);
      assert.deepEqual(byBob, [joined("Ada"), alone, both]);
      for (const person of [ada, bob]) {
        assert.deepEqual(person.life.lines, ["connect", "transport close", "connect"]);
      }
    });
  }

  test("a server without clients ends at once as well", async () => {
    const server = await startServer();
    await stopsSoon(server);
  });

  for (const mode of Object.keys(MODES)) {
    test(`of eight who hear of each other each hears the end, ${mode}`, async (t) => {
      const server = await startServer();
      atEnd(t, () => server.stop());
      const people = [];
      for (let number = 0; number < 8; number += 1) {
        people.push(await Person.connect(t, server.url, mode, { reconnection: false }));
      }
      for (const person of people) await person.settledTransport();
      for (const [number, person] of people.entries()) await person.join(`${number}.`, "1");
      await settle(...people);
      await pollsAreParked(server.url);
      await stopsSoon(server);
      for (const person of people) {
        await person.life.until((lines) => lines.length > 1, "the disconnect");
        assert.deepEqual(person.life.lines, ["connect", "transport close"]);
      }
    });
  }

  test("a server that is stopped while clients talk ends in time", async (t) => {
    const server = await startServer();
    atEnd(t, () => server.stop());
    const people = [];
    for (const mode of Object.keys(MODES)) {
      people.push(await Person.connect(t, server.url, mode, { ...QUICK, reconnection: false }));
    }
    for (const [index, person] of people.entries()) await person.join(`person ${index}`, "1");
    for (const person of people) {
      person.socket.on("message", () => {
        person.emit("message", { text: "and again", room: "1", user: "everyone" });
      });
    }
    people[0].emit("message", { text: "first", room: "1", user: "everyone" });
    const answered = (lines) => lines.some((line) => line.includes("and again"));
    for (const person of people) await person.log.until(answered, "the talk");
    await stopsSoon(server);
    for (const person of people) {
      await person.life.until((lines) => lines.length > 1, "the disconnect");
      assert.notEqual(person.life.lines[1], "io server disconnect");
    }
  });
});
