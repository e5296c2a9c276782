// Goodbyes: who ends what, and what both sides say of it afterwards.
//
//   ◄──  41/other,               this namespace only
//   ◄──  41 and the end          the connection
//   ──►  1, garbage, silence     reasons that the server keeps

import assert from "node:assert/strict";

import { ask, listen } from "../lib/party.mjs";
import { next } from "../lib/until.mjs";

/** Why the server thinks that this socket is gone. */
async function reason(party, id) {
  return (await ask(await party.open(), "reason-of", id))[0];
}

export const goodbyes = {
  async "a client says goodbye"(party) {
    const socket = await party.open();
    const id = party.id(socket);
    const gone = next(socket, "disconnect");
    socket.disconnect();
    assert.equal((await gone)[0], "io client disconnect");
    assert.equal(await reason(party, id), "client namespace disconnect");
  },

  async "the server shows a socket out, and keeps the connection"(party) {
    const socket = await party.open();
    const other = await party.beside(socket, "/other");
    const id = party.id(socket);
    const gone = next(socket, "disconnect");
    socket.emit("bye", false);
    assert.equal((await gone)[0], "io server disconnect");
    assert.deepEqual(await ask(other, "echo", "still here"), ["still here"]);
    assert.equal(await reason(party, id), "server namespace disconnect");
    // A client of 2.x joins the main namespace once in a connection.
    if (party.eio === 3) return;
    socket.connect();
    await next(socket, "connect");
    assert.deepEqual(await ask(socket, "echo", "again"), ["again"]);
  },

  async "the server closes the connection, and with it all namespaces"(party) {
    const socket = await party.open();
    const other = await party.beside(socket, "/other");
    const ids = [socket, other].map((each) => party.id(each));
    const closed = next(socket.io.engine, "close");
    const gone = [socket, other].map((each) => next(each, "disconnect"));
    socket.emit("bye", true);
    for (const each of gone) assert.equal((await each)[0], "io server disconnect");
    await closed;
    for (const id of ids) assert.equal(await reason(party, id), "server namespace disconnect");
  },

  async "the last words arrive before the end"(party) {
    const socket = await party.open();
    const words = listen(socket, "last-words");
    const gone = next(socket, "disconnect");
    const text = `so long ${"…".repeat(50_000)}`;
    socket.emit("last-words", text);
    await gone;
    assert.deepEqual(words.lines, [text]);
  },

  async "a connection that the client closes is a transport that closed"(party) {
    const socket = await party.open();
    const id = party.id(socket);
    socket.io.engine.close();
    assert.equal(await reason(party, id), "transport close");
  },

  async "text that is no Socket.IO packet ends the session"(party) {
    const socket = await party.open();
    const id = party.id(socket);
    const gone = next(socket, "disconnect");
    socket.io.engine.write("9 is not a type");
    await gone;
    assert.equal(await reason(party, id), "forced close");
  },

  async "a reason is told as soon as it is known, and nobody waits for ever"(party) {
    const [asking, leaving] = await Promise.all([party.open(), party.open()]);
    const answer = ask(asking, "reason-of", party.id(leaving));
    const never = ask(asking, "reason-of", "nobody");
    leaving.disconnect();
    assert.deepEqual(await answer, ["client namespace disconnect"]);
    assert.deepEqual(await never, [null]);
  },

  async "who falls silent is let go"(party) {
    const [silent, asking] = await Promise.all([party.open(), party.open()]);
    const id = party.id(silent);
    party.silence(silent);
    assert.deepEqual(await ask(asking, "reason-of", id), ["ping timeout"]);
  },

  async "who has nothing to say but answers is kept"(party) {
    const socket = await party.open();
    // As long as it takes the server to give up somebody else.
    const silent = await party.open();
    party.silence(silent);
    await ask(await party.open(), "reason-of", party.id(silent));
    assert.equal(socket.connected, true);
    assert.deepEqual(await ask(socket, "echo", "here"), ["here"]);
  },
};
