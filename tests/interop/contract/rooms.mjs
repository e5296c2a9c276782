// Rooms: who is in them, and who hears what is said to them.
//
//   ──►  421["send",{"to":["a","b"],"except":["c"],"self":false,"event":"news","args":[1]}]
//   ◄──  42["news",1]         to each socket that is in a or b, once

import assert from "node:assert/strict";

import { ask, hex, listen } from "../lib/party.mjs";

/** Says `event` to some, and then to everyone: whoever hears the second heard all there was. */
async function say(party, sender, sockets, spec) {
  const [event, end] = [party.room("news"), party.room("end")];
  const logs = sockets.map((socket) => listen(socket, event, (...args) => args));
  const ends = sockets.map((socket) => listen(socket, end));
  const defaults = { to: [], except: [], self: false, event, args: ["x"] };
  assert.deepEqual(await ask(sender, "send", { ...defaults, ...spec }), ["sent"]);
  await ask(sender, "send", { ...defaults, self: true, event: end, args: [0] });
  await Promise.all(ends.map((log) => log.until((lines) => lines.length === 1, "the end")));
  return logs.map((log) => log.lines);
}

/** Four sockets, in the rooms a, b, both and none. */
async function four(party) {
  const [a, b] = [party.room("a"), party.room("b")];
  const sockets = await Promise.all([1, 2, 3, 4].map(() => party.open()));
  await ask(sockets[0], "join", a);
  await ask(sockets[1], "join", b);
  await ask(sockets[2], "join", a);
  await ask(sockets[2], "join", b);
  return { a, b, sockets };
}

export const rooms = {
  async "a socket knows its rooms, and a room its sockets"(party) {
    const [one, two] = await Promise.all([party.open(), party.open()]);
    const [b, a] = [party.room("b"), party.room("a")];
    assert.deepEqual(await ask(one, "join", b), [[b]]);
    assert.deepEqual(await ask(one, "join", a), [[a, b]]);
    assert.deepEqual(await ask(one, "join", a), [[a, b]]);
    assert.deepEqual(await ask(two, "join", a), [[a]]);
    assert.deepEqual(await ask(two, "members", a), [2]);
    assert.deepEqual(await ask(one, "leave", a), [[b]]);
    assert.deepEqual(await ask(one, "leave", a), [[b]]);
    assert.deepEqual(await ask(two, "members", a), [1]);
    assert.deepEqual(await ask(two, "members", party.room()), [0]);
  },

  async "several rooms are a union, and nobody hears a thing twice"(party) {
    const { a, b, sockets } = await four(party);
    const said = ["x", { y: [1] }];
    const heard = await say(party, sockets[3], sockets, { to: [a, b], args: said });
    assert.deepEqual(heard, [[said], [said], [said], []]);
  },

  async "the sender is left out, unless it asks"(party) {
    const { a, b, sockets } = await four(party);
    const heard = await say(party, sockets[2], sockets, { to: [a, b] });
    assert.deepEqual(heard, [[["x"]], [["x"]], [], []]);
    const self = await say(party, sockets[2], sockets, { to: [a, b], self: true });
    assert.deepEqual(self, [[["x"]], [["x"]], [["x"]], []]);
    const outside = await say(party, sockets[3], sockets, { to: [a], self: true });
    assert.deepEqual(outside, [[["x"]], [], [["x"]], []]);
  },

  async "who is in a room that is left out hears nothing"(party) {
    const { a, b, sockets } = await four(party);
    const heard = await say(party, sockets[3], sockets, { to: [a], except: [b] });
    assert.deepEqual(heard, [[["x"]], [], [], []]);
    const nobody = party.room();
    const same = await say(party, sockets[3], sockets, { to: [a, nobody], except: [nobody] });
    assert.deepEqual(same, [[["x"]], [], [["x"]], []]);
  },

  async "no room at all is the whole namespace"(party) {
    const { a, sockets } = await four(party);
    const heard = await say(party, sockets[0], sockets, {});
    assert.deepEqual(heard, [[], [["x"]], [["x"]], [["x"]]]);
    const without = await say(party, sockets[3], sockets, { except: [a], self: true });
    assert.deepEqual(without, [[], [["x"]], [], [["x"]]]);
  },

  async "a socket's id is a room with one socket in it"(party) {
    const { sockets } = await four(party);
    const heard = await say(party, sockets[0], sockets, { to: [party.id(sockets[1])] });
    assert.deepEqual(heard, [[], [["x"]], [], []]);
    assert.deepEqual(await ask(sockets[0], "members", party.id(sockets[1])), [1]);
  },

  async "bytes reach everyone whole"(party) {
    const { a, sockets } = await four(party);
    const args = [{ bytes: Buffer.from([1, 2, 255]) }, "and text"];
    const heard = await say(party, sockets[3], sockets, { to: [a], args });
    for (const index of [0, 2]) {
      const [[{ bytes }, text]] = heard[index];
      assert.deepEqual([hex(bytes), text], ["0102ff", "and text"]);
    }
  },

  async "a room is heard no more after it was left, nor kept by who is gone"(party) {
    const { a, sockets } = await four(party);
    await ask(sockets[0], "leave", a);
    const gone = party.id(sockets[2]);
    sockets[2].disconnect();
    assert.deepEqual(await ask(sockets[0], "reason-of", gone), ["client namespace disconnect"]);
    assert.deepEqual(await ask(sockets[0], "members", a), [0]);
    const rest = [sockets[0], sockets[1], sockets[3]];
    assert.deepEqual(await say(party, sockets[3], rest, { to: [a] }), [[], [], []]);
  },
};
