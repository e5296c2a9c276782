// What the contract says of requests, without a client: health, CORS, limits, and how long a
// session may wait before it joins a namespace.
//
//   ──►  GET /health                                       ◄──  200 ok
//   ──►  GET /socket.io/?EIO=4&transport=polling           ◄──  0{"sid":"…",…}
//   …    two seconds in which nobody joins                 ◄──  1

import assert from "node:assert/strict";

import { ask } from "../lib/raw.mjs";

const LIMIT = 1_000_000;
const polling = (eio) => `/socket.io/?EIO=${eio}&transport=polling`;

/** Opens a session: its settings, its id, and where it is reached. */
async function open(port, eio = 4) {
  const { body } = await ask(port, "GET", polling(eio));
  const { sid, ...settings } = JSON.parse(body.slice(body.indexOf("{"), body.indexOf("}") + 1));
  return { sid, settings, target: `${polling(eio)}&sid=${sid}` };
}

export const requests = {
  async "health is ok, and nothing else is there"(port) {
    const { status, body } = await ask(port, "GET", "/health");
    assert.deepEqual([status, body], [200, "ok"]);
    for (const path of ["/", "/healthy", "/socket.iox/", "/index.html"]) {
      assert.equal((await ask(port, "GET", path)).status, 404, path);
    }
  },

  async "a session says its settings, in either revision"(port) {
    const common = { upgrades: ["websocket"], pingInterval: 1000, pingTimeout: 2000 };
    for (const eio of [3, 4]) {
      const { settings } = await open(port, eio);
      assert.deepEqual(settings, { ...common, maxPayload: LIMIT });
    }
  },

  async "whoever asks may read, with credentials"(port) {
    for (const origin of ["https://example.com", "http://localhost:3000"]) {
      const { headers } = await ask(port, "GET", polling(4), { headers: { Origin: origin } });
      assert.equal(headers.get("access-control-allow-origin"), origin);
      assert.equal(headers.get("access-control-allow-credentials"), "true");
    }
  },

  async "a million bytes are taken, and not one more"(port) {
    const { target } = await open(port);
    const packet = (size) => `42["x","${"a".repeat(size - 10)}"]`;
    assert.equal((await ask(port, "POST", target, { body: "40" })).status, 200);
    assert.equal((await ask(port, "POST", target, { body: packet(LIMIT) })).status, 200);
    assert.equal((await ask(port, "POST", target, { body: packet(LIMIT + 1) })).status, 413);
  },

  async "who joins nothing is let go"(port) {
    const { target } = await open(port);
    const packets = [];
    // Each poll waits until there is something to say: the pings of the heartbeat, then the end.
    while (!packets.includes("1")) {
      const { status, body } = await ask(port, "GET", target);
      assert.equal(status, 200);
      packets.push(...body.split("\x1e"));
      if (body === "2") await ask(port, "POST", target, { body: "3" });
    }
    assert.equal((await ask(port, "GET", target)).status, 400);
    // After two seconds, with a ping each second: the end may be a little late.
    const pings = packets.filter((packet) => packet === "2");
    assert.ok(pings.length <= 3, packets.join());
  },

  async "who has joined one may stay"(port) {
    const { target } = await open(port);
    await ask(port, "POST", target, { body: "40/other," });
    const packets = [];
    while (packets.filter((packet) => packet === "2").length < 4) {
      const { status, body } = await ask(port, "GET", target);
      assert.equal(status, 200);
      packets.push(...body.split("\x1e"));
      if (packets.at(-1) === "2") await ask(port, "POST", target, { body: "3" });
    }
    assert.equal(packets.includes("1"), false);
  },
};
