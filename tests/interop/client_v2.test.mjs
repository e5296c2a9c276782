// Clients of Socket.IO 2.x: the last official one, 2.5, in Node and in Chromium, against a server
// that serves old clients and new ones side by side.
//
//   2.5    ──►  GET /socket.io/?EIO=3&transport=polling
//   2.5    ◄──  96:0{"sid":…}2:40                          nobody had to ask for the namespace
//   today  ──►  GET /socket.io/?EIO=4&transport=polling    the same handlers, the same rooms

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startChromium } from "./lib/chromium.mjs";
import { CLIENTS, assertUnderstood, converseInPage, current, old } from "./lib/clients.mjs";
import { MODES, converse } from "./lib/conversation.mjs";
import { atEnd } from "./lib/ends.mjs";
import { startExample, startServer } from "./lib/server.mjs";
import { next, until } from "./lib/until.mjs";

const CLIENT = CLIENTS["the client of 2.x"];

/** A server for clients of every age; the test ends it. */
async function startForAll(t, flags = [], options) {
  const server = await startExample("old_clients", flags, options);
  atEnd(t, () => server.stop());
  return server;
}

/** A client that the test closes; it does not come back by itself unless told to. */
function open(t, io, url, options = {}) {
  const socket = io(url, { forceNew: true, reconnection: false, ...options });
  atEnd(t, () => socket.disconnect());
  return socket;
}

/** The answer to an event. */
const ask = (socket, ...args) => new Promise((answer) => socket.emit(...args, answer));

describe("a client of 2.x", () => {
  for (const [mode, transports] of Object.entries(MODES)) {
    test(`says and hears what today's does (${mode})`, async (t) => {
      const server = await startForAll(t);
      assertUnderstood(await converse(old, server.url, { transports }), transports.at(-1));
    });

    test(`is in its namespace by name and query, or told why not (${mode})`, async (t) => {
      const server = await startForAll(t);
      const url = `${server.url}/admin`;
      const admitted = open(t, old, `${url}?token=let%20me%20in&more=1`, { transports });
      await next(admitted, "connect");
      assert.deepEqual(await ask(admitted, "auth"), { token: "let me in", more: "1" });
      const refused = open(t, old, `${url}?token=please`, { transports });
      assert.deepEqual(await next(refused, "error"), ["not authorized"]);
      const nowhere = open(t, old, `${server.url}/nowhere`, { transports });
      assert.deepEqual(await next(nowhere, "error"), [{ message: "Invalid namespace" }]);
    });

    test(`has several namespaces in one session, and leaves one of them (${mode})`, async (t) => {
      const server = await startForAll(t);
      const main = open(t, old, server.url, { transports });
      const admin = main.io.socket("/admin", { query: "token=let%20me%20in" });
      await Promise.all([main, admin].map((socket) => next(socket, "connect")));
      admin.disconnect();
      assert.deepEqual(await ask(main, "ack-me", "still here"), "still here");
      admin.connect();
      await next(admin, "connect");
      assert.deepEqual(await ask(admin, "ack-me", "here again"), "here again");
      const lost = next(admin, "disconnect");
      admin.emit("kick");
      assert.deepEqual(await lost, ["io server disconnect"]);
      assert.deepEqual(await ask(main, "ack-me", "not me"), "not me");
    });

    test(`loses nothing and keeps the order of 1000 events each way (${mode})`, async (t) => {
      const server = await startForAll(t);
      const socket = open(t, old, server.url, { transports });
      const upgraded = transports.length > 1 ? next(socket.io.engine, "upgrade") : [];
      const numbers = [];
      socket.on("echo", (number) => numbers.push(number));
      socket.on("bin", ({ number }) => numbers.push(number));
      await next(socket, "connect");
      // The first half is sent while the upgrade happens.
      for (let number = 0; number < 1000; number += 1) {
        if (number % 50 === 0) socket.emit("bin", { number, bytes: Buffer.from([number % 256]) });
        else socket.emit("echo", number);
        if (number % 5 === 0) await new Promise((resolve) => setTimeout(resolve));
        if (number === 500) await upgraded;
      }
      await ask(socket, "ack-me", "last");
      assert.deepEqual(numbers, Array.from({ length: 1000 }, (_, index) => index));
    });

    test(`sends its pings, and each is answered (${mode})`, async (t) => {
      const server = await startForAll(t, ["--ping-interval", "100"]);
      const socket = open(t, old, server.url, { transports });
      await next(socket, "connect");
      for (let pong = 0; pong < 3; pong += 1) await next(socket, "pong");
      assert.equal(await ask(socket, "ack-me", "alive"), "alive");
    });

    test(`comes back to a server that was restarted (${mode})`, async (t) => {
      const first = await startForAll(t);
      const quick = { reconnection: true, reconnectionDelay: 10, reconnectionDelayMax: 50 };
      const socket = open(t, old, first.url, { transports, ...quick });
      await next(socket, "connect");
      const { id } = socket;
      const lost = next(socket, "disconnect");
      await first.stop();
      assert.deepEqual(await lost, ["transport close"]);
      await startForAll(t, [], { port: first.port });
      await next(socket, "connect");
      assert.notEqual(socket.id, id);
      assert.equal(await ask(socket, "ack-me", "here again"), "here again");
    });
  }

  test("shares a room with today's", async (t) => {
    const server = await startForAll(t);
    const both = [open(t, old, server.url), open(t, current, server.url)];
    await Promise.all(both.map((socket) => ask(socket, "join", "room")));
    for (const speaker of both) {
      const heard = both.map((socket) => next(socket, "bcast"));
      speaker.emit("bcast", "room", { text: "💬" });
      assert.deepEqual(await Promise.all(heard), [[{ text: "💬" }], [{ text: "💬" }]]);
    }
  });

  test("is in the chat with today's", async (t) => {
    const server = await startServer(["--allow-eio3"]);
    atEnd(t, () => server.stop());
    const [ada, bob] = [open(t, old, server.url), open(t, current, server.url)];
    // Notices and lists of others come in between, so what comes is kept and looked through.
    const came = (socket, event) => {
      const all = [];
      socket.on(event, (data) => all.push(data));
      return all;
    };
    for (const [name, socket] of Object.entries({ ada, bob })) {
      const lists = came(socket, "groupList");
      socket.emit("join", { name, room: "1" });
      const isIn = (list) => (list["1"] ?? []).some((entry) => entry.name === name);
      await until(() => lists.some(isIn), `a list with ${name} in it`);
    }
    for (const [speaker, listener] of [[ada, bob], [bob, ada]]) {
      const heard = came(listener, "message");
      speaker.emit("message", { text: "hello", room: "1", user: "me" });
      await until(() => heard.some(({ text, user }) => text === "hello" && user === "me"), "hello");
    }
  });

  test("is refused where old clients are not served, and told so", async (t) => {
    const server = await startExample("bench_server");
    atEnd(t, () => server.stop());
    const [error] = await next(open(t, old, server.url), "connect_error");
    assert.equal(error.message, "xhr poll error");
    const answer = await fetch(`${server.url}/socket.io/?EIO=3&transport=polling`);
    assert.equal(answer.status, 400);
    const { hint, ...rest } = await answer.json();
    assert.deepEqual(rest, { code: 5, message: "Unsupported protocol version" });
    assert.match(hint, /\w/);
  });
});

describe("a client of 2.x in Chromium", () => {
  let browser;
  before(async () => {
    browser = await startChromium();
  });
  after(() => browser?.close());

  for (const [mode, transports] of Object.entries(MODES)) {
    test(`says and hears what today's does (${mode})`, async (t) => {
      const { url } = await startForAll(t);
      const found = await converseInPage(t, browser, CLIENT, url, { transports });
      assertUnderstood(found, transports.at(-1));
    });
  }

  test("reads its packets by script tags, in a page of another origin", async (t) => {
    const [pages, server] = await Promise.all([startForAll(t), startForAll(t)]);
    // 200,000 bytes at once are too much for it, with the reference server as well.
    const small = { size: 100_000, server: server.url };
    const options = { transports: ["polling"], forceJSONP: true, ...small };
    const found = await converseInPage(t, browser, CLIENT, pages.url, options);
    assertUnderstood(found, "polling");
  });
});
