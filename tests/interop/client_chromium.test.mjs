// Our client in Chromium, the place that it is for: the scenarios of the other file against
// Node's Socket.IO server, and a short conversation with our own.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { openPage, startChromium } from "./lib/chromium.mjs";
import { startPeer } from "./lib/peer.mjs";
import { MODES, scenarios } from "./lib/scenarios.mjs";
import { startExample } from "./lib/server.mjs";
import { staticFiles } from "./lib/static.mjs";

const listener = staticFiles({
  "/": new URL("../../web/", import.meta.url),
  "/lib/": new URL("./lib/", import.meta.url),
});

let browser;
before(async () => {
  browser = await startChromium();
});
after(() => browser.close());

/** Runs in the page. */
async function run([name, common]) {
  const { io } = await import("/client/index.js");
  const { scenarios: all } = await import("/lib/scenarios.mjs");
  const sockets = [];
  const errors = [];
  globalThis.addEventListener("error", (event) => errors.push(event.message));
  const open = (path, options) => {
    // Without an origin it is the page's.
    const socket = io(path, { reconnectionDelay: 10, ...common, ...options });
    sockets.push(socket);
    return socket;
  };
  await all[name](open, () => errors.some((message) => message.includes("thrown on purpose")));
  sockets.forEach((socket) => socket.disconnect());
}

describe("each scenario in each mode, in Chromium", () => {
  for (const [mode, common] of Object.entries(MODES)) {
    for (const name of Object.keys(scenarios)) {
      test(`${name} (${mode})`, { timeout: 60_000 }, async (t) => {
        const peer = await startPeer({ listener });
        const context = await browser.newContext();
        t.after(async () => {
          await context.close();
          await peer.close();
        });
        const { page, complaints } = await openPage(context, `${peer.url}/lib/blank.html`);
        await page.evaluate(run, [name, common]);
        const unexpected = complaints.filter((text) => !text.includes("thrown on purpose"));
        assert.deepEqual(unexpected, []);
      });
    }
  }
});

/** Runs in the page: what the example `bench_server` answers, and the transport at the end. */
async function talk(common) {
  const { io } = await import("/client/index.js");
  const { next, until } = await import("/lib/until.mjs");
  const [ada, bob] = [0, 1].map(() => io({ ...common, forceNew: true }));
  await Promise.all([ada, bob].map((socket) => next(socket, "connect")));
  const last = common.transports.at(-1);
  await until(() => ada.io.engine.transport.name === last, "the upgrade");

  const echo = next(ada, "echo");
  ada.emit("echo", "💬", { more: [null, 1] });
  const bin = next(ada, "bin");
  ada.emit("bin", { bytes: Uint8Array.from([0, 127, 255]), name: "three" });
  const [{ bytes, name }] = await bin;
  const acknowledged = await ada.emitWithAck("ack-me", "x");

  await ada.emitWithAck("join", "r");
  const heard = [];
  for (const socket of [ada, bob]) socket.on("bcast", (data) => heard.push(data));
  bob.emit("bcast", "r", "to the room");
  await until(() => heard.length > 0, "the broadcast");
  // Whatever else was on its way to Bob has come before this.
  await bob.emitWithAck("ack-me", "done");
  const names = [ada, bob].map((socket) => socket.io.engine.transport.name);
  [ada, bob].forEach((socket) => socket.disconnect());
  return { echo: await echo, bytes: [...new Uint8Array(bytes)], name, acknowledged, heard, names };
}

describe("our client and our server, in Chromium", () => {
  let server;
  before(async () => {
    server = await startExample("bench_server");
  });
  after(() => server?.stop());

  for (const [mode, common] of Object.entries(MODES)) {
    test(`understand each other (${mode})`, { timeout: 60_000 }, async (t) => {
      const context = await browser.newContext();
      t.after(() => context.close());
      // The example serves no files: the browser gets them from here, as if it did. The page
      // itself must be the server's, or the browser does not let it connect to this machine; a
      // refusal is page enough.
      await context.route(
        ({ pathname }) => !pathname.startsWith("/socket.io/"),
        (route) => {
          const { pathname } = new URL(route.request().url());
          return route.fulfill({ path: file(pathname) });
        },
      );
      const { page, complaints } = await openPage(context, `${server.url}/socket.io/`);
      const { names, ...found } = await page.evaluate(talk, common);
      assert.deepEqual(found, {
        echo: ["💬", { more: [null, 1] }],
        bytes: [0, 127, 255],
        name: "three",
        acknowledged: "x",
        heard: ["to the room"],
      });
      assert.equal(names[0], common.transports.at(-1));
      assert.deepEqual(complaints, []);
    });
  }
});

/** The file behind a path of the page. */
function file(pathname) {
  const folder = pathname.startsWith("/lib/") ? "./" : "../../web/";
  return fileURLToPath(new URL(folder + pathname.slice(1), import.meta.url));
}
