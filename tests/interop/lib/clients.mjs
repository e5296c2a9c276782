// The official clients, today's and that of Socket.IO 2.x, in Node and in Chromium.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { io as current } from "socket.io-client";
import old from "socket.io-client-v2";
import { FOUND, converse } from "./conversation.mjs";
import { atEnd } from "./ends.mjs";

export { current, old };

export const CLIENTS = {
  "today's client": { io: current, package: "socket.io-client" },
  "the client of 2.x": { io: old, package: "socket.io-client-v2" },
};

/**
 * The conversation in a page that comes from `origin`, with the client's own bundle. The server it
 * talks to is the page's, or `server`.
 */
export async function converseInPage(t, browser, client, origin, { server, ...options }) {
  const page = await openPage(t, browser, client, origin);
  const [url, words] = [server ?? origin, options].map((value) => JSON.stringify(value));
  return page.evaluate(`(${converse})(io, ${url}, ${words})`);
}

/** A page that comes from `origin`, with the client's own bundle, and a cookie jar of its own. */
export async function openPage(t, browser, { package: name }, origin) {
  const context = await browser.newContext();
  atEnd(t, () => context.close());
  const page = await context.newPage();
  // The examples serve no pages, and a refusal is page enough to be of this origin.
  await page.goto(`${origin}/socket.io/`);
  const folder = dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
  await page.addScriptTag({ path: join(folder, "dist/socket.io.js") });
  return page;
}

/** What every conversation comes to; gives back how the two sessions' ids begin. */
export function assertUnderstood({ transports, tags, ...found }, wanted) {
  assert.deepEqual(found, FOUND);
  assert.deepEqual(transports, [wanted, wanted]);
  return tags;
}
