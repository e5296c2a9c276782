// Namespaces: several conversations over one connection, and some that are not for everyone.
//
//   ──►  40/private,{"token":"s3cret"}       ◄──  40/private,{"sid":"…"}
//   ──►  40/nowhere,                         ◄──  44/nowhere,{"message":"Invalid namespace"}

import assert from "node:assert/strict";

import { ask, listen } from "../lib/party.mjs";
import { next } from "../lib/until.mjs";

/** With which arguments a refusal is told: today's clients make an error of it. */
function told(party, [reason]) {
  if (party.eio === 3) return reason;
  return { message: reason.message, data: reason.data };
}

/** A client that asks for the secret namespace with this token. */
function knock(party, token) {
  const query = token === undefined ? "" : `?token=${token}`;
  if (party.eio === 3) return party.start(`/private${query}`);
  return party.start("/private", token === undefined ? {} : { auth: { token } });
}

export const namespaces = {
  async "each namespace welcomes, and has ids of its own"(party) {
    const { socket, greeting } = await party.greet("welcome", "/other");
    assert.deepEqual([greeting.id, greeting.eio], [party.id(socket), party.eio]);
    assert.deepEqual(await ask(socket, "echo", "in the other"), ["in the other"]);
    assert.equal((await ask(socket, "handshake"))[0].nsp, "/other");
    // A client of 2.x is in the main namespace from the start, whether it wants to or not.
    const main = party.eio === 3 ? await party.open() : await party.beside(socket, "/");
    assert.notEqual(party.id(main), party.id(socket));
    assert.equal((await ask(main, "handshake"))[0].nsp, "/");
  },

  async "what is said in one is not heard in another"(party) {
    const main = await party.open();
    const other = await party.beside(main, "/other");
    const third = await party.open("/other");
    const text = party.room("text");
    const [here, there] = [listen(main, "said"), [other, third].map((s) => listen(s, "said"))];
    other.emit("say", text);
    const mine = (said) => said.text === text && said.id === party.id(other);
    for (const log of there) {
      await log.until((lines) => lines.some(mine), "what was said");
    }
    assert.deepEqual(await ask(main, "echo", 1), [1]);
    assert.deepEqual(here.lines, []);
  },

  async "an answer finds its namespace, whatever its number"(party) {
    const main = await party.open();
    const other = await party.beside(main, "/other");
    const both = await Promise.all([ask(main, "echo", "main"), ask(other, "echo", "other")]);
    assert.deepEqual(both, [["main"], ["other"]]);
    const bytes = await Promise.all([main, other].map((s) => ask(s, "describe", Buffer.from([1]))));
    assert.deepEqual(bytes, [[[{ $bin: "01" }]], [[{ $bin: "01" }]]]);
  },

  async "leaving one keeps the others, and coming back is a new beginning"(party) {
    const main = await party.open();
    const other = await party.beside(main, "/other");
    const first = party.id(other);
    other.disconnect();
    const reason = await ask(main, "reason-of", first);
    assert.deepEqual(reason, ["client namespace disconnect"]);
    const welcome = next(other, "welcome");
    other.connect();
    const [{ id }] = await welcome;
    // To the reference server a client of 2.x is who it was, since its id is that of the session.
    if (party.eio === 4) assert.notEqual(id, first);
    assert.deepEqual(await ask(other, "echo", "again"), ["again"]);
  },

  async "the secret namespace lets in who knows the word"(party) {
    const socket = knock(party, "s3cret");
    const granted = next(socket, "granted");
    await next(socket, "connect");
    const [auth] = await granted;
    if (party.eio === 4) assert.deepEqual(auth, { token: "s3cret" });
  },

  async "and tells everyone else why not"(party) {
    for (const token of ["wrong", undefined]) {
      const data = { code: "E_TOKEN", got: token ?? null };
      const wanted = party.eio === 3 ? data : { message: "not authorized", data };
      const socket = knock(party, token);
      let entered = false;
      socket.on("granted", () => (entered = true));
      assert.deepEqual(told(party, await party.refusal(socket)), wanted);
      assert.deepEqual([entered, socket.connected], [false, false]);
    }
  },

  async "a refusal leaves the other namespaces of the connection alone"(party) {
    const main = await party.open();
    for (const name of ["/private", "/nowhere"]) {
      const refused = party.startBeside(main, name);
      const reason = told(party, await party.refusal(refused));
      if (name === "/nowhere") assert.equal(reason.message, "Invalid namespace");
      assert.equal(refused.connected, false);
    }
    assert.deepEqual(await ask(main, "echo", "here"), ["here"]);
  },

  async "namespaces that match are made when somebody asks"(party) {
    for (const name of ["/dyn-1", `/dyn-${Date.now()}`]) {
      const { greeting } = await party.greet("dyn", name);
      assert.equal(greeting, name);
    }
  },

  async "and those that do not match are not there"(party) {
    for (const name of ["/dyn-", "/dyn-x", "/dyn-1x", "/x/dyn-1", "/Other", "/other/"]) {
      const reason = told(party, await party.refusal(party.start(name)));
      assert.equal(reason.message, "Invalid namespace", name);
    }
  },
};
