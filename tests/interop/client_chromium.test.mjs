// Our client in Chromium against Node's Socket.IO server: the scenarios of the other file,
// in the place that the client is for.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { openPage, startChromium } from "./lib/chromium.mjs";
import { startPeer } from "./lib/peer.mjs";
import { MODES, scenarios } from "./lib/scenarios.mjs";
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
