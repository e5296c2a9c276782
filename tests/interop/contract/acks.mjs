// Questions of the server, to one client and to a room.
//
//   ──►  42["call-me","a"]
//   ◄──  420["called","a"]      ──►  430[1,2]
//   ◄──  42["call-result",1,2]

import assert from "node:assert/strict";

import { ask, hex, listen } from "../lib/party.mjs";
import { next } from "../lib/until.mjs";

export const acks = {
  async "the server asks, and hears every argument of the answer"(party) {
    const socket = await party.open();
    socket.on("called", (a, b, answer) => answer(b, a, null));
    const result = next(socket, "call-result");
    socket.emit("call-me", "a", { b: 1 });
    assert.deepEqual(await result, [{ b: 1 }, "a", null]);
  },

  async "an answer may be empty, and a question too"(party) {
    const socket = await party.open();
    socket.on("called", (answer) => answer());
    const result = next(socket, "call-result");
    socket.emit("call-me");
    assert.deepEqual(await result, []);
  },

  async "question and answer may carry bytes"(party) {
    const socket = await party.open();
    socket.on("called", (bytes, answer) => answer({ back: bytes }, Buffer.from([1])));
    const result = next(socket, "call-result");
    socket.emit("call-me", Buffer.from([7, 8]));
    const [{ back }, one] = await result;
    assert.deepEqual([hex(back), hex(one)], ["0708", "01"]);
  },

  async "many questions at once find their own answers"(party) {
    const socket = await party.open();
    const waiting = [];
    socket.on("called", (number, answer) => waiting.push(() => answer(number)));
    const results = listen(socket, "call-result");
    const numbers = Array.from({ length: 50 }, (_, number) => number);
    for (const number of numbers) socket.emit("call-me", number);
    assert.deepEqual(await ask(socket, "echo", "all sent"), ["all sent"]);
    // The answers go the other way round.
    for (const answer of waiting.toReversed()) answer();
    await results.until((lines) => lines.length === 50, "50 results");
    assert.deepEqual(results.lines, numbers.toReversed());
    const answers = await Promise.all(numbers.map((number) => ask(socket, "echo", number)));
    assert.deepEqual(answers.flat(), numbers);
  },

  async "a slow answer is waited for, and one that never comes is not"(party) {
    const socket = await party.open();
    socket.once("never-answer", (answer) => answer("after all"));
    const result = next(socket, "call-result");
    socket.emit("call-me-slow", 5_000);
    assert.deepEqual(await result, ["after all"]);
    let late;
    socket.once("never-answer", (answer) => (late = answer));
    const timeout = next(socket, "call-timeout");
    const results = listen(socket, "call-result");
    socket.emit("call-me-slow", 50);
    assert.deepEqual(await timeout, []);
    late("too late");
    assert.deepEqual(await ask(socket, "echo", "next"), ["next"]);
    assert.deepEqual(results.lines, []);
  },

  async "a room is asked, and all its answers come together"(party) {
    const room = party.room();
    const sockets = await Promise.all([party.open(), party.open(), party.open()]);
    for (const [index, socket] of sockets.entries()) {
      await ask(socket, "join", room);
      socket.on("poll-you", (x, answer) => answer(`${x} ${index}`, "only the first counts"));
    }
    let outcome;
    // The server waits for half a second, which a busy machine may need for itself.
    for (let tries = 0; tries < 10 && (outcome?.timedOut ?? true); tries += 1) {
      [outcome] = await ask(sockets[0], "call-room", room, "vote");
    }
    const answers = ["vote 0", "vote 1", "vote 2"];
    assert.deepEqual(outcome, { answers, timedOut: false });
  },

  async "who does not answer a room's question costs only the wait"(party) {
    const room = party.room();
    const [a, b] = await Promise.all([party.open(), party.open()]);
    for (const socket of [a, b]) await ask(socket, "join", room);
    a.on("poll-you", (x, answer) => answer(x));
    const outcome = await ask(b, "call-room", room, "vote");
    assert.deepEqual(outcome, [{ answers: ["vote"], timedOut: true }]);
  },

  async "a room with nobody in it has answered"(party) {
    const socket = await party.open();
    const outcome = await ask(socket, "call-room", party.room(), "anyone?");
    assert.deepEqual(outcome, [{ answers: [], timedOut: false }]);
  },
};
