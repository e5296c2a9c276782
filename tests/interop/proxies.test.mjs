// Real middlemen: Debian's nginx and HAProxy in front of our server, with the very files of
// docs/proxies, and the official clients of today and of 2.x behind them.
//
//   client ──► nginx, HAProxy ──► one server, or two of which each has its own sessions
//
// What a file needs is shown by leaving it out: without its lines for `Upgrade` a client stays on
// polling, without its rule for sessions requests go astray, and either time the answer says why.

import assert from "node:assert/strict";
import { Agent } from "node:http";
import { after, before, describe, test } from "node:test";
import { startChromium } from "./lib/chromium.mjs";
import { MODES, converse } from "./lib/conversation.mjs";
import { CLIENTS, assertUnderstood, converseInPage, current } from "./lib/clients.mjs";
import { PATIENCE, within } from "./lib/deadline.mjs";
import { atEnd } from "./lib/ends.mjs";
import { startProxy } from "./lib/proxy.mjs";
import { ask } from "./lib/raw.mjs";
import { startExample } from "./lib/server.mjs";
import { next } from "./lib/until.mjs";

/** The files of each proxy, and what makes them worse. */
const PROXIES = {
  nginx: {
    file: (sticky) => (sticky ? `nginx-sticky-${sticky}.conf` : "nginx.conf"),
    noUpgrade: [[/^ *proxy_set_header (Upgrade|Connection) .*;\n/gm, ""]],
    notSticky: [[/^ *~\^(a1|b2) .*;\n/gm, ""]],
    impatient: [["proxy_read_timeout 60s", "proxy_read_timeout 1s"]],
  },
  HAProxy: {
    file: (sticky) => (sticky ? `haproxy-sticky-${sticky}.cfg` : "haproxy.cfg"),
    noUpgrade: [[/^frontend web\n/m, "$&    http-request del-header Upgrade\n"]],
    notSticky: [[/^ *use-server .*\n/gm, ""]],
    impatient: [["timeout server 60s", "timeout server 1s"], ["tunnel 60s", "tunnel 1s"]],
  },
};

/** For a client that comes back soon. */
const QUICK = { forceNew: true, reconnectionDelay: 10, reconnectionDelayMax: 50 };

/** For a client that is gone when it is lost. */
const ONCE = { forceNew: true, reconnection: false };

const TAGS = ["a1", "b2"];
const HANDSHAKE = "/socket.io/?EIO=4&transport=polling";

let browser;
before(async () => {
  browser = await startChromium();
});
after(() => browser?.close());

/** A server for clients of every age; the test ends it. */
async function startServer(t, flags = [], options) {
  const server = await startExample("old_clients", flags, options);
  atEnd(t, () => server.stop());
  return server;
}

/** Two servers that know nothing of each other. */
function startTwo(t) {
  return Promise.all(TAGS.map((tag) => startServer(t, ["--node-tag", tag])));
}

for (const [proxyName, { file, noUpgrade, notSticky, impatient }] of Object.entries(PROXIES)) {
  describe(`${proxyName} in front of one server`, () => {
    for (const [clientName, client] of Object.entries(CLIENTS)) {
      for (const [mode, transports] of Object.entries(MODES)) {
        test(`${clientName} talks through it, in Node and Chromium (${mode})`, async (t) => {
          const proxy = await startProxy(t, file(), [await startServer(t)]);
          const wanted = transports.at(-1);
          const inNode = await converse(client.io, proxy.url, { transports });
          assertUnderstood(inNode, wanted);
          const inPage = await converseInPage(t, browser, client, proxy.url, { transports });
          assertUnderstood(inPage, wanted);
        });
      }

      test(`${clientName} stays on polling if it removes Upgrade, and works`, async (t) => {
        const proxy = await startProxy(t, file(), [await startServer(t)], noUpgrade);
        const options = { transports: ["polling", "websocket"], wanted: "polling" };
        assertUnderstood(await converse(client.io, proxy.url, options), "polling");
        assertUnderstood(await converseInPage(t, browser, client, proxy.url, options), "polling");
        const webSocket = { transports: ["websocket"] };
        await assert.rejects(converse(client.io, proxy.url, webSocket), /websocket error/);
      });

      test(`${clientName} comes back after a restart behind it`, async (t) => {
        const first = await startServer(t);
        const proxy = await startProxy(t, file(), [first]);
        const lives = [["polling"], ["websocket"]].map(async (transports) => {
          const socket = client.io(proxy.url, { ...QUICK, transports });
          atEnd(t, () => socket.disconnect());
          await next(socket, "connect");
          return { socket, id: socket.id, lost: next(socket, "disconnect") };
        });
        const clients = await Promise.all(lives);
        await first.stop();
        for (const { lost } of clients) assert.equal((await lost)[0], "transport close");

        const connected = clients.map(({ socket }) => next(socket, "connect"));
        await startServer(t, [], { port: first.port });
        await Promise.all(connected);
        for (const { socket, id } of clients) {
          assert.notEqual(socket.id, id);
          const echo = next(socket, "echo");
          socket.emit("echo", "here again");
          assert.deepEqual(await echo, ["here again"]);
        }
      });
    }

    test("it cuts what is silent for longer than it waits", async (t) => {
      const proxy = await startProxy(t, file(), [await startServer(t)], impatient);
      const lives = [["polling"], ["websocket"]].map(async (transports) => {
        const socket = current(proxy.url, { ...ONCE, transports });
        atEnd(t, () => socket.disconnect());
        await next(socket, "connect");
        assert.match((await next(socket, "disconnect"))[0], /^transport (error|close)$/);
      });
      await Promise.all(lives);
    });

    test("it cuts nothing that is pinged more often", async (t) => {
      const server = await startServer(t, ["--ping-interval", "300"]);
      const proxy = await startProxy(t, file(), [server], impatient);
      const lives = [["polling"], ["websocket"]].map(async (transports) => {
        const socket = current(proxy.url, { ...ONCE, transports });
        atEnd(t, () => socket.disconnect());
        await next(socket, "connect");
        // For longer than it waits.
        for (let ping = 0; ping < 5; ping += 1) await next(socket.io, "ping");
        assert.equal(socket.connected, true);
      });
      await Promise.all(lives);
    });

    test("a body over the limit is answered by the server, with the limit", async (t) => {
      const proxy = await startProxy(t, file(), [await startServer(t)]);
      const opened = await ask(proxy.port, "GET", HANDSHAKE);
      const { sid, maxPayload } = JSON.parse(opened.body.slice(1));
      const body = "4".padEnd(maxPayload + 1, "x");
      const answer = await ask(proxy.port, "POST", `${HANDSHAKE}&sid=${sid}`, { body });
      assert.equal(answer.status, 413);
      assert.match(answer.body, new RegExp(`\\b${maxPayload}\\b`));
    });

    test("whoever asks for a WebSocket without Upgrade is told who took it", async (t) => {
      const proxy = await startProxy(t, file(), [await startServer(t)], noUpgrade);
      const answer = await openWebSocket(proxy.port);
      assert.equal(answer.status, 400);
      const { hint, ...rest } = JSON.parse(answer.body);
      assert.deepEqual(rest, { code: 3, message: "Bad request" });
      assert.match(hint, /proxy/);
      assert.match(hint, /Upgrade/);
    });
  });
}

for (const [proxyName, { file, notSticky }] of Object.entries(PROXIES)) {
  describe(`${proxyName} in front of two servers`, () => {
    for (const [clientName, client] of Object.entries(CLIENTS)) {
      test(`${clientName} is led by the beginning of its session's id`, async (t) => {
        const proxy = await startProxy(t, file("sid"), await startTwo(t));
        const seen = new Set();
        for (const transports of Object.values(MODES)) {
          const found = await converse(client.io, proxy.url, { transports });
          for (const tag of assertUnderstood(found, transports.at(-1))) seen.add(tag);
        }
        assert.deepEqual([...seen].sort(), TAGS);
      });

      test(`${clientName} is led by a cookie, in Chromium`, async (t) => {
        const proxy = await startProxy(t, file("cookie"), await startTwo(t));
        const options = { transports: MODES["polling, then upgrade"] };
        // Each visit is another person, who is led somewhere by chance.
        await bothSeen(async () => {
          const found = await converseInPage(t, browser, client, proxy.url, options);
          const tags = assertUnderstood(found, "websocket");
          assert.equal(tags[0], tags[1], "two sessions with one cookie");
          return tags;
        });
      });

      test(`${clientName} is led by its address`, async (t) => {
        const proxy = await startProxy(t, file("address"), await startTwo(t));
        await bothSeen(async (visit) => {
          const agent = new Agent({ localAddress: `127.0.1.${visit}` });
          const options = { transports: MODES["polling, then upgrade"], agent };
          const found = await converse(client.io, proxy.url, options);
          const tags = assertUnderstood(found, "websocket");
          assert.equal(tags[0], tags[1], "two sessions from one address");
          return tags;
        });
      });

      test(`${clientName} needs no leading with a WebSocket from the start`, async (t) => {
        const proxy = await startProxy(t, file("sid"), await startTwo(t), notSticky);
        const transports = ["websocket"];
        assertUnderstood(await converse(client.io, proxy.url, { transports }), "websocket");
      });
    }

    test("today's client is led by a cookie in Node, if it may keep one", async (t) => {
      const proxy = await startProxy(t, file("cookie"), await startTwo(t));
      const transports = MODES["polling, then upgrade"];
      await bothSeen(async () => {
        const options = { transports, withCredentials: true };
        return assertUnderstood(await converse(current, proxy.url, options), "websocket");
      });
    });

    test("without a rule for sessions, the answer names both servers and the remedy", async (t) => {
      const proxy = await startProxy(t, file("sid"), await startTwo(t), notSticky);
      const opened = await ask(proxy.port, "GET", HANDSHAKE);
      const { sid } = JSON.parse(opened.body.slice(1));
      const [own, other] = sid.startsWith("a1") ? TAGS : TAGS.toReversed();
      const answer = await refusal(proxy.port, sid);
      const { hint, ...rest } = JSON.parse(answer.body);
      assert.deepEqual(rest, { code: 1, message: "Session ID unknown" });
      assert.match(hint, new RegExp(`\\b${own}\\b.*\\b${other}\\b`));
      assert.match(hint, /sticky sessions/);
    });

    test("without a rule for sessions, a client on polling gets that answer", async (t) => {
      const proxy = await startProxy(t, file("sid"), await startTwo(t), notSticky);
      const { status, body } = await failure(t, proxy.url);
      assert.equal(status, 400);
      assert.match(body, /"code":1,.*sticky sessions/);
    });
  });
}

describe("nginx, with a line less", () => {
  test("speaks HTTP/1.0 to the server, so that clients stay on polling", async (t) => {
    const without = [[/^ *proxy_http_version 1\.1;\n/m, ""]];
    const proxy = await startProxy(t, "nginx.conf", [await startServer(t)], without);
    const options = { transports: ["polling", "websocket"], wanted: "polling" };
    assertUnderstood(await converse(current, proxy.url, options), "polling");
    assert.equal((await openWebSocket(proxy.port)).status, 400);
  });

  test("refuses by itself a body that is larger than it takes", async (t) => {
    const smaller = [["client_max_body_size 1m", "client_max_body_size 1k"]];
    const proxy = await startProxy(t, "nginx.conf", [await startServer(t)], smaller);
    const body = "x".repeat(2000);
    const answer = await ask(proxy.port, "POST", `${HANDSHAKE}&sid=nobody`, { body });
    assert.equal(answer.status, 413);
    assert.match(answer.headers.get("content-type"), /html/);
  });
});

/** Repeats a visit until both servers have been seen: which one it is, is chance. */
async function bothSeen(visit) {
  const seen = new Set();
  for (let number = 1; seen.size < TAGS.length; number += 1) {
    assert.ok(number <= 20, `only ${[...seen]} in 20 visits`);
    for (const tag of await visit(number)) seen.add(tag);
  }
  assert.deepEqual([...seen].sort(), TAGS);
}

/** Posts for a session until a server does not know it: turns are taken, so that is soon. */
async function refusal(port, sid) {
  for (let tries = 0; tries < 10; tries += 1) {
    const answer = await ask(port, "POST", `${HANDSHAKE}&sid=${sid}`, { body: "3" });
    if (answer.status !== 200) {
      assert.equal(answer.status, 400);
      return answer;
    }
  }
  throw new Error("every request found its session");
}

/** What the answer was on which a client gives up whose requests take turns. */
function failure(t, url) {
  const socket = current(url, { ...ONCE, transports: ["polling"] });
  atEnd(t, () => socket.disconnect());
  const failed = new Promise((resolve) => {
    // The client empties the answer once it has said that there was an error.
    socket.io.engine.once("error", ({ description: status, context }) => {
      resolve({ status, body: context.responseText });
    });
  });
  return within(PATIENCE, "the client to fail", failed);
}

/** What is answered to a proper request for a WebSocket. */
function openWebSocket(port) {
  const headers = {
    Connection: "Upgrade",
    Upgrade: "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
  };
  return ask(port, "GET", "/socket.io/?EIO=4&transport=websocket", { headers });
}
