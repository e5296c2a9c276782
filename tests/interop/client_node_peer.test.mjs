// Our client in Node against Node's Socket.IO server.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { describe, test } from "node:test";
import { WebSocket, WebSocketServer } from "ws";
import { io, Manager } from "../../web/client/index.js";
import { startPeer } from "./lib/peer.mjs";
import { MODES, scenarios } from "./lib/scenarios.mjs";
import { next, until } from "./lib/until.mjs";

/** Opens sockets for one test, and closes them after it. */
function opener(t, url, common) {
  const sockets = [];
  t.after(() => sockets.forEach((socket) => socket.disconnect()));
  return (path, options = {}) => {
    const socket = io(url + path, { WebSocket, reconnectionDelay: 10, ...common, ...options });
    sockets.push(socket);
    return socket;
  };
}

describe("each scenario in each mode", () => {
  for (const [mode, common] of Object.entries(MODES)) {
    for (const [name, scenario] of Object.entries(scenarios)) {
      test(`${name} (${mode})`, { timeout: 30_000 }, async (t) => {
        // A peer for each, so that no two tests share a session.
        const peer = await startPeer();
        t.after(() => peer.close());
        const errors = [];
        const listeners = process.listeners("uncaughtException");
        process.removeAllListeners("uncaughtException");
        process.on("uncaughtException", (error) => errors.push(error.message));
        t.after(() => {
          process.removeAllListeners("uncaughtException");
          listeners.forEach((listener) => process.on("uncaughtException", listener));
        });
        await scenario(opener(t, peer.url, common), () => errors.includes("thrown on purpose"));
        assert.deepEqual(errors.filter((message) => message !== "thrown on purpose"), []);
      });
    }
  }
});

describe("a server that restarts", () => {
  for (const [mode, common] of Object.entries(MODES)) {
    test(`on the same port is found again (${mode})`, { timeout: 30_000 }, async (t) => {
      let peer = await startPeer();
      t.after(() => peer.close());
      const options = { ...common, reconnectionDelay: 20, reconnectionDelayMax: 50 };
      const socket = opener(t, peer.url, options)("/");
      await next(socket, "connect");
      const reasons = [];
      socket.on("disconnect", (reason) => reasons.push(reason));
      const failed = next(socket.io, "reconnect_error");
      await peer.close();
      await failed;
      socket.emit("number", "while it was away");
      const back = next(socket, "connect");
      peer = await startPeer({ port: peer.port });
      await back;
      assert.deepEqual(await socket.emitWithAck("numbers"), ["while it was away"]);
      // Polling hears a goodbye only if a GET was waiting at that moment.
      assert.match(reasons.join(), /^transport (close|error)$/);
    });
  }

  test("gives up after the attempts it was allowed", async (t) => {
    const peer = await startPeer();
    await peer.close();
    const manager = new Manager(peer.url, {
      WebSocket,
      reconnectionAttempts: 2,
      reconnectionDelay: 5,
    });
    t.after(() => manager.close());
    const events = [];
    for (const name of ["error", "reconnect_attempt", "reconnect_error"]) {
      manager.on(name, () => events.push(name));
    }
    await next(manager, "reconnect_failed");
    const attempt = ["reconnect_attempt", "error", "reconnect_error"];
    assert.deepEqual(events, ["error", ...attempt, ...attempt]);
    assert.equal(manager.state, "closed");
  });
});

test("posts are cut at maxPayload, and what is too large says so", async (t) => {
  const peer = await startPeer({ maxHttpBufferSize: 2000 });
  t.after(() => peer.close());
  const socket = opener(t, peer.url, { transports: ["polling"] })("/");
  await next(socket, "connect");
  peer.posts.length = 0;
  for (let number = 0; number < 100; number += 1) {
    socket.emit("number", "€".repeat(50));
    if (number % 10 === 0) socket.emit("number", new Uint8Array(500));
  }
  assert.equal((await socket.emitWithAck("numbers")).length, 110);
  const largest = Math.max(...peer.posts);
  assert.ok(largest <= 2000, `the largest POST had ${largest} bytes`);
  assert.ok(peer.posts.length < 40, `there were ${peer.posts.length} POSTs`);
  socket.emit("number", "x".repeat(3000));
  const [reason, details] = await next(socket, "disconnect");
  assert.equal(reason, "transport error");
  assert.equal(details.status, 413);
  assert.equal(await socket.emitWithAck("echo", "back"), "back");
});

describe("an upgrade that fails leaves polling alone", () => {
  class Refused {
    constructor() {
      queueMicrotask(() => this.onerror({ message: "refused" }));
    }
    close() {}
  }
  /** Closes the moment it has brought the answer to the probe. */
  class Dying extends WebSocket {
    set onmessage(listener) {
      this.addEventListener("message", (event) => {
        listener(event);
        this.close();
      });
    }
  }
  /** Answers the probe with something else. */
  class Wrong extends WebSocket {
    set onmessage(listener) {
      this.addEventListener("message", () => listener({ data: "6" }));
    }
  }
  const found = { Refused, Dying, Wrong };
  for (const [name, implementation] of Object.entries(found)) {
    test(`(${name})`, async (t) => {
      const peer = await startPeer();
      t.after(() => peer.close());
      const socket = opener(t, peer.url, { WebSocket: implementation })("/");
      socket.on("disconnect", (reason) => assert.fail(reason));
      const failed = next(socket.io.engine, "upgradeError");
      await next(socket, "connect");
      for (let number = 0; number < 50; number += 1) {
        socket.emit("number", number);
        await new Promise(setImmediate);
      }
      await failed;
      assert.equal((await socket.emitWithAck("numbers")).join(), [...Array(50).keys()].join());
      assert.equal(socket.io.engine.transport.name, "polling");
      socket.off("disconnect");
    });
  }
});

describe("the heartbeat", () => {
  test("pings are answered, on every transport", async (t) => {
    const peer = await startPeer({ pingInterval: 30, pingTimeout: 500 });
    t.after(() => peer.close());
    for (const common of Object.values(MODES)) {
      const socket = opener(t, peer.url, common)("/");
      let pings = 0;
      socket.io.on("ping", () => (pings += 1));
      socket.on("disconnect", (reason) => assert.fail(reason));
      await until(() => pings >= 20, "20 pings");
      assert.ok(socket.connected);
      socket.off("disconnect");
    }
  });

  test("a server that falls silent is left, and only a ping counts", async (t) => {
    const open = { sid: "x", upgrades: [], pingInterval: 60, pingTimeout: 40 };
    const server = await fakeServer(t, (ws) => {
      ws.send(`0${JSON.stringify(open)}`);
      ws.send('40{"sid":"y"}');
      const chatter = setInterval(() => ws.send('42["chatter"]'), 10);
      ws.on("close", () => clearInterval(chatter));
    });
    const socket = opener(t, server, { transports: ["websocket"], reconnection: false })("/");
    let heard = 0;
    socket.on("chatter", () => (heard += 1));
    const [reason] = await next(socket, "disconnect");
    assert.equal(reason, "ping timeout");
    assert.ok(heard > 0);
  });

  test("who sends looks at the clock first, since timers may have slept", async (t) => {
    const open = { sid: "x", upgrades: [], pingInterval: 20_000, pingTimeout: 20_000 };
    const got = [];
    const server = await fakeServer(t, (ws) => {
      ws.send(`0${JSON.stringify(open)}`);
      ws.send('40{"sid":"y"}');
      ws.on("message", (data) => got.push(`${data}`));
    });
    const socket = opener(t, server, { transports: ["websocket"] })("/");
    await next(socket, "connect");
    t.mock.method(Date, "now", ((now) => () => now() + 60_000)(Date.now));
    const lost = next(socket, "disconnect");
    socket.emit("late");
    assert.equal((await lost)[0], "ping timeout");
    t.mock.restoreAll();
    await until(() => got.includes('42["late"]'), "the event after the reconnection");
    assert.equal(got.filter((text) => text === '42["late"]').length, 1);
    assert.equal(got.filter((text) => text === "40").length, 2);
  });
});

test("a refusal is told in the server's words", async (t) => {
  const body = '{"code":1,"message":"Session ID unknown","hint":"enable sticky sessions"}';
  const server = createServer((request, response) => response.writeHead(400).end(body));
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  const url = `http://127.0.0.1:${server.address().port}`;
  const socket = opener(t, url, { reconnection: false })("/");
  const [error] = await next(socket, "connect_error");
  const wanted = "GET was answered 400: Session ID unknown. enable sticky sessions";
  assert.equal(error.message, wanted);
});

test("a handshake that takes too long is given up", async (t) => {
  const server = await fakeServer(t, () => {});
  const options = { transports: ["websocket"], timeout: 30, reconnection: false };
  const socket = opener(t, server, options)("/");
  assert.equal((await next(socket, "connect_error"))[0].message, "timeout");
});

test("extra headers go with every request of polling", async (t) => {
  const seen = [];
  const peer = await startPeer();
  peer.io.engine.use((request, response, done) => {
    seen.push(request.headers["x-token"]);
    done();
  });
  t.after(() => peer.close());
  const options = { transports: ["polling"], extraHeaders: { "X-Token": "1" } };
  await next(opener(t, peer.url, options)("/"), "connect");
  assert.ok(seen.length >= 2 && seen.every((value) => value === "1"), `${seen}`);
});

/** A WebSocket server that says what `behave` says; gives its URL. */
async function fakeServer(t, behave) {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  server.on("connection", behave);
  await next(server, "listening");
  t.after(() => {
    server.clients.forEach((client) => client.terminate());
    server.close();
  });
  return `ws://127.0.0.1:${server.address().port}`;
}
