// Our client in Chromium against our server: the two halves of the lesson together.
//
// The page comes from a listener of its own, so every request to the server is one of another
// origin. The server is the example for the protocol suites, which sends back what it is sent.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, before, describe, test } from "node:test";
import { openPage, startChromium } from "./lib/chromium.mjs";
import { startExample } from "./lib/server.mjs";
import { staticFiles } from "./lib/static.mjs";

const listener = staticFiles({
  "/": new URL("../../web/", import.meta.url),
  "/lib/": new URL("./lib/", import.meta.url),
});

/** Runs in the page: what came back, and over what. */
async function run([url, transports]) {
  const { io } = await import("/client/index.js");
  const plain = (value) => (value instanceof ArrayBuffer ? [...new Uint8Array(value)] : value);
  const heard = (socket, event) => new Promise((done) => socket.once(event, (...args) => done(args)));

  const main = io(url, { transports, forceNew: true, auth: { token: "x" } });
  const [auth] = await heard(main, "auth");
  const custom = main.io.socket("/custom");
  custom.connect();
  const [authToo] = await heard(custom, "auth");

  const numbers = Array.from({ length: 500 }, (_, number) => number);
  const back = new Promise((done) => {
    const all = [];
    main.on("message-back", (number, bytes) => {
      all.push([number, plain(bytes)]);
      if (all.length === numbers.length) done(all);
    });
  });
  for (const number of numbers) main.emit("message", number, new Uint8Array([number % 256]));
  const returned = await back;
  const answer = await new Promise((done) => {
    main.emit("message-with-ack", "a", new Uint8Array([1, 2]), (...args) => done(args.map(plain)));
  });
  const engine = main.io.engine;
  if (transports.length > 1 && engine.transport.name === "polling") {
    await new Promise((done) => engine.once("upgrade", done));
  }
  const transport = engine.transport.name;
  const other = await heard(main.io.socket("/other").connect(), "connect_error");
  main.disconnect();
  custom.disconnect();
  return { auth, authToo, returned, answer, transport, refused: other[0].message };
}

describe("our client in Chromium and our server", () => {
  let browser, server, files;
  before(async () => {
    browser = await startChromium();
    // Not the suites' heartbeat of half a second, which a browser on a busy machine may miss.
    const heartbeat = ["--ping-interval", "25000", "--ping-timeout", "20000"];
    server = await startExample("protocol_suite", heartbeat);
    files = createServer(listener).listen(0, "127.0.0.1");
    await once(files, "listening");
  });
  after(async () => {
    await browser.close();
    files.close();
    await server.stop();
  });

  for (const transports of [["polling"], ["polling", "websocket"], ["websocket"]]) {
    test(transports.join(", then "), { timeout: 30_000 }, async (t) => {
      const context = await browser.newContext();
      t.after(() => context.close());
      const page = `http://127.0.0.1:${files.address().port}/lib/blank.html`;
      const opened = await openPage(context, page);
      const found = await opened.page.evaluate(run, [server.url, transports]);
      assert.deepEqual(found, {
        auth: { token: "x" },
        authToo: { token: "x" },
        returned: Array.from({ length: 500 }, (_, number) => [number, [number % 256]]),
        answer: ["a", [1, 2]],
        transport: transports.at(-1),
        refused: "Invalid namespace",
      });
      assert.deepEqual(opened.complaints, []);
    });
  }
});
