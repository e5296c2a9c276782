// Connection state recovery: a client whose connection breaks comes back as if nothing had been.
//
//   ◄──  40{"sid":"…","pid":"P"}
//   ◄──  42["news",1,"offset 7"]           the client remembers the last offset
//   …    the cable breaks, and is mended
//   ──►  40{"pid":"P","offset":"offset 7"}
//   ◄──  what was missed, and 40 with the same sid

import assert from "node:assert/strict";

import { ask, listen } from "../lib/party.mjs";
import { next } from "../lib/until.mjs";

/** Comes back by itself, soon. */
const OPTIONS = { reconnection: true, reconnectionDelay: 100, randomizationFactor: 0 };

/** A client that is in a room and has heard something, and another that talks. */
async function two(party, namespace) {
  const options = namespace === undefined ? OPTIONS : { ...OPTIONS, ...namespace };
  const [socket, talking] = await Promise.all([party.open("/", options), party.open()]);
  const [room, event] = [party.room(), party.room("news")];
  await ask(socket, "join", room);
  // An offset is a further argument of each event: these tests are about the first.
  const news = listen(socket, event);
  const say = (arg) => {
    const spec = { to: [room], except: [], self: false, event, args: [arg] };
    return ask(talking, "send", spec);
  };
  await say("first");
  await news.until((lines) => lines.length === 1, "the first news");
  return { socket, talking, room, news, say };
}

/** Breaks the connection, lets `meanwhile` happen once the server knows, and comes back. */
async function away(party, { socket, talking }, meanwhile) {
  const { id } = socket;
  const gone = next(socket, "disconnect");
  const reason = ask(talking, "reason-of", id);
  socket.io.reconnectionDelay(2_000);
  party.cut(socket);
  await gone;
  await reason;
  await meanwhile();
  await next(socket, "connect");
  return reason;
}

export const recovery = {
  async "what was said meanwhile is heard after all, once and in order"(party) {
    const visit = await two(party);
    const { socket, news, say } = visit;
    const { id } = socket;
    await away(party, visit, async () => {
      for (const number of [1, 2, 3]) await say(number);
    });
    assert.deepEqual([socket.recovered, socket.id], [true, id]);
    await say("last");
    await news.until((lines) => lines.includes("last"), "the last news");
    assert.deepEqual(news.lines, ["first", 1, 2, 3, "last"]);
  },

  async "the rooms are those of before"(party) {
    const visit = await two(party);
    const { socket, talking, room } = visit;
    assert.deepEqual(await ask(talking, "members", room), [1]);
    await away(party, visit, async () => {
      assert.deepEqual(await ask(talking, "members", room), [0]);
    });
    assert.deepEqual(await ask(talking, "members", room), [1]);
    assert.deepEqual(await ask(socket, "join", room), [[room]]);
  },

  async "the welcome says that somebody is back"(party) {
    const visit = await two(party);
    const welcome = next(visit.socket, "welcome");
    await away(party, visit, async () => {});
    const [{ id, recovered }] = await welcome;
    assert.deepEqual([id, recovered], [visit.socket.id, true]);
  },

  async "what the client said meanwhile arrives as well"(party) {
    const visit = await two(party);
    const { socket } = visit;
    let answer;
    await away(party, visit, async () => {
      answer = ask(socket, "echo", "said while away");
    });
    assert.deepEqual(await answer, ["said while away"]);
    assert.equal(socket.recovered, true);
  },

  async "twice is as good as once"(party) {
    const visit = await two(party);
    const { socket, news, say } = visit;
    for (const word of ["once", "twice"]) {
      await away(party, visit, () => say(word));
      assert.equal(socket.recovered, true);
    }
    await say("last");
    await news.until((lines) => lines.includes("last"), "the last news");
    assert.deepEqual(news.lines, ["first", "once", "twice", "last"]);
  },

  async "who was shown out, or left, begins anew"(party) {
    for (const leave of [(s) => s.emit("bye", false), (s) => s.disconnect()]) {
      const { socket, news, say } = await two(party);
      const { id } = socket;
      const gone = next(socket, "disconnect");
      leave(socket);
      await gone;
      await say("missed");
      socket.connect();
      await next(socket, "connect");
      assert.notEqual(socket.id, id);
      assert.equal(socket.recovered ?? false, false);
      assert.deepEqual(await ask(socket, "echo", 1), [1]);
      assert.deepEqual(news.lines, ["first"]);
    }
  },

  async "other namespaces come back too, and a middleware is not asked again"(party) {
    const visit = await two(party);
    const { socket } = visit;
    const secret = party.startBeside(socket, "/private", { auth: { token: "s3cret" } });
    const [granted] = await Promise.all([next(secret, "granted"), next(secret, "connect")]);
    assert.deepEqual(granted[0], { token: "s3cret" });
    const { id } = secret;
    // With this word a middleware would refuse.
    secret.auth = { token: "forgotten" };
    const again = next(secret, "connect");
    await away(party, visit, async () => {});
    await again;
    assert.deepEqual([secret.recovered, secret.id], [true, id]);
    assert.equal(socket.recovered, true);
  },

  async "a session that nobody knows is a new one"(party) {
    const socket = party.start();
    socket._pid = "nobody's";
    socket._lastOffset = "nowhere";
    const welcome = next(socket, "welcome");
    assert.equal((await welcome)[0].recovered, false);
    assert.equal(socket.recovered ?? false, false);
  },
};
