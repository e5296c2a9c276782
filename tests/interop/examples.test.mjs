// The examples that newcomers copy from: each is started, and does what its first lines say, with
// the official client in Node, and with its own page in Chromium. The page's client is ours where
// nothing is installed, and the official one where `--client-dir` says that it is.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { io } from "socket.io-client";

import { openPage, startChromium } from "./lib/chromium.mjs";
import { atEnd } from "./lib/ends.mjs";
import { startExample } from "./lib/server.mjs";
import { next, until } from "./lib/until.mjs";

const require = createRequire(import.meta.url);
const OFFICIAL = join(dirname(require.resolve("socket.io-client/package.json")), "dist");
const NOWHERE = join(OFFICIAL, "nowhere");

/** Starts an example that ends in good order with the test. */
async function start(t, name, flags = []) {
  const server = await startExample(name, [...flags, "--client-dir", NOWHERE]);
  atEnd(t, () => server.stop());
  return server;
}

/** The official client, not connected yet: nothing that the server says at once is missed. */
function client(t, server, options = {}) {
  const socket = io(server.url, { autoConnect: false, reconnection: false, ...options });
  atEnd(t, () => socket.disconnect());
  return socket;
}

/** The same, connected. */
async function connected(t, server, options) {
  const socket = client(t, server, options);
  socket.connect();
  await next(socket, "connect");
  return socket;
}

describe("with the official client", { concurrency: 2 }, () => {
  test("chat_minimal: all others hear", async (t) => {
    const server = await start(t, "chat_minimal");
    const [ada, bob, eve] = await Promise.all([1, 2, 3].map(() => connected(t, server)));
    const heard = [];
    ada.on("message", (text) => heard.push(text));
    const both = [next(bob, "message"), next(eve, "message")];
    ada.emit("message", "Hello!");
    assert.deepEqual(await Promise.all(both), [["Hello!"], ["Hello!"]]);
    const answer = next(ada, "message");
    bob.emit("message", "Hi");
    await answer;
    assert.deepEqual(heard, ["Hi"]);
  });

  test("auth_middleware: who has a token comes in, and is known", async (t) => {
    const server = await start(t, "auth_middleware");
    const ada = client(t, server, { auth: { token: "ada-1815" } });
    const welcome = next(ada, "welcome");
    ada.connect();
    assert.deepEqual(await welcome, ["Ada"]);
    assert.equal(await ada.emitWithAck("whoami"), "Ada");
    for (const [auth, message, data] of [
      [{ token: "?" }, "not authorized", { hint: "log in first" }],
      [{}, "a token is needed", undefined],
    ]) {
      const eve = client(t, server, { auth });
      const refused = next(eve, "connect_error");
      eve.connect();
      const [error] = await refused;
      assert.deepEqual([error.message, error.data], [message, data]);
    }
  });

  test("typed_events: what has the wrong type is said to be wrong", async (t) => {
    const server = await start(t, "typed_events");
    const [ada, bob] = await Promise.all([connected(t, server), connected(t, server)]);
    const moved = next(bob, "moved");
    const move = { piece: "rook", to: [0, 7] };
    assert.deepEqual(await ada.emitWithAck("move", move), { moves: 1 });
    assert.deepEqual(await moved, [move]);
    const { error } = await ada.emitWithAck("move", { ...move, piece: "dragon" });
    assert.match(error, /^argument 1: unknown variant `dragon`, expected `king` or `rook`/);
    assert.deepEqual(await ada.emitWithAck("move", move), { moves: 2 });
    assert.match(server.stderr, /move.*unknown variant `dragon`/);
  });

  test("acks_and_timeouts: answers in both directions, or none in time", async (t) => {
    const server = await start(t, "acks_and_timeouts", ["--patience", "200"]);
    const [ada, bob, eve] = await Promise.all([1, 2, 3].map(() => connected(t, server)));
    assert.equal(await ada.timeout(10_000).emitWithAck("add", 1, 2), 3);
    assert.equal(await ada.emitWithAck("slow", "tea"), "TEA");
    ada.once("question", (_, answer) => answer(42));
    ada.emit("quiz");
    assert.deepEqual(await next(ada, "result"), [true]);
    bob.emit("quiz");
    assert.deepEqual(await next(bob, "result"), ["too late"]);
    for (const yes of [ada, bob]) yes.once("question", (_, answer) => answer(true));
    assert.deepEqual(await ada.emitWithAck("poll", "Tea?"), { yes: 2, silent: 1 });
    for (const yes of [ada, bob]) yes.once("question", (_, answer) => answer(true));
    eve.once("question", (_, answer) => answer(false));
    assert.deepEqual(await ada.emitWithAck("poll", "Tea?"), { yes: 2, silent: 0 });
  });

  test("binary: bytes arrive, and are passed on", async (t) => {
    const server = await start(t, "binary");
    const bob = await connected(t, server, { transports: ["polling"] });
    const ada = await connected(t, server, { transports: ["websocket"] });
    const content = Buffer.alloc(3_000_000, 2);
    const picture = next(bob, "picture");
    const found = await ada.emitWithAck("upload", { name: "cat.png", content });
    assert.deepEqual(found, { size: 3_000_000, sum: 6_000_000 });
    const [{ name, content: copy }] = await picture;
    assert.ok(name === "cat.png" && content.equals(copy));
  });

  test("dynamic_namespaces: a document for each name", async (t) => {
    const server = await start(t, "dynamic_namespaces");
    const at = (name) => ({ url: `${server.url}${name}` });
    const open = async (name) => {
      const socket = client(t, at(name));
      const opened = next(socket, "opened");
      socket.connect();
      return [socket, await opened];
    };
    const [ada, one] = await open("/doc-7");
    const [bob, two] = await open("/doc-7");
    const [eve, other] = await open("/doc-8");
    assert.deepEqual([one, two, other], [["/doc-7", 1], ["/doc-7", 2], ["/doc-8", 1]]);
    const edited = next(bob, "edited");
    ada.emit("edit", "Once upon a time");
    assert.deepEqual(await edited, ["Once upon a time"]);
    const root = await connected(t, server);
    const all = [ada, bob, eve].map((socket) => next(socket, "announced"));
    assert.equal(await root.emitWithAck("announce", "closing time"), 2);
    assert.deepEqual(await Promise.all(all), Array(3).fill(["closing time"]));
    eve.disconnect();
    await until(async () => (await root.emitWithAck("announce", "still")) === 1, "one to be gone");
    const refused = client(t, at("/doc-x"));
    const why = next(refused, "connect_error");
    refused.connect();
    assert.equal((await why)[0].message, "Invalid namespace");
  });

  for (const [name, transports] of [
    ["polling", ["polling"]],
    ["websocket", ["websocket"]],
    ["both", ["polling", "websocket"]],
  ]) {
    test(`embed_in_hyper: an echo (${name})`, async (t) => {
      const server = await start(t, "embed_in_hyper");
      const socket = await connected(t, server, { transports });
      await until(() => socket.io.engine.transport.name === transports.at(-1), "the transport");
      socket.emit("echo", "hello");
      assert.deepEqual(await next(socket, "echo"), ["hello"]);
    });

    test(`axum: the address of the client (${name})`, async (t) => {
      const server = await start(t, "axum");
      const socket = client(t, server, { transports });
      const address = next(socket, "address");
      socket.connect();
      assert.deepEqual(await address, ["127.0.0.1"]);
      await until(() => socket.io.engine.transport.name === transports.at(-1), "the transport");
    });
  }

  test("axum and hyper: what is not ours is theirs", async (t) => {
    for (const name of ["axum", "embed_in_hyper"]) {
      const server = await start(t, name);
      const found = await Promise.all(
        ["/", "/nothing", "/socket.io/", "/socket.io/socket.io.js"].map(async (path) => {
          const response = await fetch(`${server.url}${path}`);
          await response.arrayBuffer();
          return response.status;
        }),
      );
      assert.deepEqual(found, [200, 404, 400, 200], name);
    }
  });

  test("backpressure: a table that is larger than all that may wait", async (t) => {
    const server = await start(t, "backpressure");
    const socket = client(t, server);
    const price = next(socket, "price");
    const rows = [];
    socket.on("row", (row) => rows.push(row));
    socket.connect();
    await price;
    assert.equal(await socket.emitWithAck("table", 500), 500);
    assert.deepEqual(rows, Array.from({ length: 500 }, (_, row) => row));
    assert.ok(Number.isInteger(await socket.emitWithAck("catch up")));
  });

  test("recovery: who was cut off has missed nothing", async (t) => {
    const server = await start(t, "recovery");
    const [ada, bob] = [client(t, server), client(t, server, { reconnection: true })];
    // Behind what is said there is an offset, which is for the client itself.
    const hello = async (socket) => (await next(socket, "hello"))[0];
    const [heard, hellos] = [[], [hello(ada), hello(bob)]];
    bob.on("news", (text) => heard.push(text));
    for (const socket of [ada, bob]) socket.connect();
    assert.deepEqual(await Promise.all(hellos), [false, false]);
    const { id } = bob;
    ada.emit("publish", "one");
    await until(() => heard.length === 1, "the first news");
    bob.io.reconnectionDelay(500);
    const back = hello(bob);
    bob.io.engine.close();
    const all = [];
    ada.on("news", (text) => all.push(text));
    for (const text of ["two", "three"]) ada.emit("publish", text);
    await until(() => all.length === 2, "all news to be out");
    assert.equal(bob.connected, false, "it is back too early for this to prove anything");
    assert.equal(await back, true);
    assert.deepEqual([bob.recovered, bob.id, heard], [true, id, ["one", "two", "three"]]);
  });
});

describe("with their own page, in Chromium", () => {
  let browser;
  before(async () => (browser = await startChromium()));
  after(() => browser.close());

  /** What the page of an example shows after `act`, in several tabs. */
  async function tabs(t, name, number, flags = []) {
    const server = await start(t, name, flags);
    const context = await browser.newContext();
    atEnd(t, () => context.close());
    const opened = [];
    for (let tab = 0; tab < number; tab += 1) opened.push(await openPage(context, server.url));
    atEnd(t, () => assert.deepEqual(opened.flatMap(({ complaints }) => complaints), []));
    return opened.map(({ page }) => page);
  }

  async function shows(page, wanted) {
    let found;
    const lines = async () => {
      found = await page.locator("#log li").allTextContents();
      return wanted.length === found.length && wanted.every((line, index) => line === found[index]);
    };
    await until(lines, `the page to show ${wanted}`).catch((error) => {
      throw new Error(`${error.message}; it shows ${found}`);
    });
  }

  const connections = (page) => page.waitForFunction("socket.connected");

  for (const [whose, folder] of [["our", NOWHERE], ["the official", OFFICIAL]]) {
    const flags = ["--client-dir", folder];

    test(`chat_minimal, with ${whose} client`, async (t) => {
      const server = await startExample("chat_minimal", flags);
      atEnd(t, () => server.stop());
      const file = await fetch(`${server.url}/socket.io/socket.io.js`);
      await file.arrayBuffer();
      assert.equal(file.headers.has("etag"), whose === "the official");
      const context = await browser.newContext();
      atEnd(t, () => context.close());
      const [ada, bob] = [await openPage(context, server.url), await openPage(context, server.url)];
      await Promise.all([ada, bob].map(({ page }) => connections(page)));
      await ada.page.fill("[name=text]", "Hello!");
      await ada.page.press("[name=text]", "Enter");
      await shows(ada.page, ["me: Hello!"]);
      await shows(bob.page, ["Hello!"]);
      assert.deepEqual([...ada.complaints, ...bob.complaints], []);
    });
  }

  test("dynamic_namespaces", async (t) => {
    const [page] = await tabs(t, "dynamic_namespaces", 1);
    await page.click("button");
    await page.waitForSelector("text=/doc-7 has 1 readers");
    await page.fill("input[name=name]", "/doc-x");
    await page.click("button");
    await page.waitForSelector("text=/doc-x: Invalid namespace");
  });

  test("auth_middleware", async (t) => {
    const [page] = await tabs(t, "auth_middleware", 1);
    await page.click("button");
    await shows(page, ["welcome, Ada"]);
    await page.fill("[name=token]", "?");
    await page.click("button");
    await shows(page, ["welcome, Ada", "not authorized: log in first"]);
  });

  test("typed_events", async (t) => {
    const [ada, bob] = await tabs(t, "typed_events", 2);
    await Promise.all([ada, bob].map(connections));
    await ada.click("button");
    await shows(ada, ["moves: 1"]);
    await shows(bob, ["somebody moved the king to 0,7"]);
    await ada.selectOption("select", "dragon");
    await ada.click("button");
    await until(async () => (await ada.locator("#log").textContent()).includes("dragon"), "an error");
  });

  test("acks_and_timeouts", async (t) => {
    const [ada, bob] = await tabs(t, "acks_and_timeouts", 2);
    await Promise.all([ada, bob].map(connections));
    await ada.click("#add");
    await shows(ada, ["1 + 2 = 3"]);
    await ada.click("#quiz");
    await shows(ada, ["1 + 2 = 3", "asked: 6 × 7?", "right: true"]);
    await bob.click("#poll");
    await shows(bob, ["asked: Tea?", "yes: 2, silent: 0"]);
  });

  test("binary", async (t) => {
    const [ada, bob] = await tabs(t, "binary", 2);
    await Promise.all([ada, bob].map(connections));
    // The smallest picture there is.
    const base64 = "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7";
    const buffer = Buffer.from(base64, "base64");
    await ada.setInputFiles("input", { name: "dot.gif", mimeType: "image/gif", buffer });
    const sum = buffer.reduce((sum, byte) => sum + byte, 0);
    await shows(ada, [`sent ${buffer.length} bytes, sum ${sum}`]);
    await shows(bob, [`dot.gif has ${buffer.length} bytes`]);
    await bob.waitForFunction(() => document.querySelector("img").naturalWidth === 1);
  });

  test("embed_in_hyper", async (t) => {
    const [page] = await tabs(t, "embed_in_hyper", 1);
    await page.waitForFunction("socket.io.engine?.transport?.name === 'websocket'");
    await page.click("button");
    await shows(page, ["hello (websocket)"]);
  });

  test("axum", async (t) => {
    const [page] = await tabs(t, "axum", 1);
    await shows(page, ["127.0.0.1", "websocket"]);
  });

  test("recovery", async (t) => {
    const [ada, bob] = await tabs(t, "recovery", 2, ["--client-dir", OFFICIAL]);
    await shows(ada, ["new"]);
    await shows(bob, ["new"]);
    await bob.click("#cut");
    await ada.click("form button");
    await shows(ada, ["new", "news"]);
    await shows(bob, ["new", "news", "back again"]);
  });

  test("backpressure", async (t) => {
    const [page] = await tabs(t, "backpressure", 1);
    await page.waitForFunction(() => /\d/.test(document.querySelector("output").value));
    await page.click("#table");
    await shows(page, ["1000 of 1000 rows"]);
  });
});
