// The rules of the two protocols that bind the client, watched from the server's side while
// our client does its work. Each test names the rule as spec/*.txt does.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";
import { WebSocket, WebSocketServer } from "ws";
import { io } from "../../web/client/index.js";
import { next, until } from "./lib/until.mjs";

const OPEN = { upgrades: [], pingInterval: 20_000, pingTimeout: 20_000, maxPayload: 100 };

/**
 * A server that does nothing by itself. `requests` has what came in, GETs wait until
 * `answer(text)`, POSTs get `ok` one turn later, and `frames` is what came over WebSocket.
 */
async function stage(t, { upgrades = [], holdPosts = false } = {}) {
  const state = { requests: [], bodies: [], frames: [], waiting: [], held: [], sockets: [] };
  let [gets, posts] = [0, 0];
  const server = createServer(async (request, response) => {
    const url = new URL(request.url, "http://localhost");
    const query = Object.fromEntries(url.searchParams);
    state.requests.push({ method: request.method, ...query });
    if (request.method === "POST") {
      posts += 1;
      assert.equal(posts, 1, "two POSTs at once");
      let body = "";
      for await (const chunk of request) body += chunk;
      state.bodies.push(body);
      const done = () => {
        posts -= 1;
        response.end("ok");
      };
      if (holdPosts) state.held.push(done);
      else setImmediate(done);
    } else {
      gets += 1;
      assert.equal(gets, 1, "two GETs at once");
      state.waiting.push((text) => {
        gets -= 1;
        response.end(text);
      });
      if (!query.sid) state.answer(`0${JSON.stringify({ ...OPEN, sid: "the sid", upgrades })}`);
    }
  });
  state.answer = (text) => state.waiting.shift()(text);
  const sockets = new WebSocketServer({ server });
  sockets.on("connection", (socket, request) => {
    const url = new URL(request.url, "http://localhost");
    state.requests.push({ method: "WS", ...Object.fromEntries(url.searchParams) });
    state.sockets.push(socket);
    socket.on("message", (data) => state.frames.push(`${data}`));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  state.url = `http://127.0.0.1:${server.address().port}`;
  t.after(() => {
    sockets.clients.forEach((client) => client.terminate());
    server.closeAllConnections();
    server.close();
  });
  return state;
}

function client(t, url, options) {
  const socket = io(url, { WebSocket, reconnection: false, forceNew: true, ...options });
  t.after(() => socket.io.close());
  return socket;
}

// [EIO4-HANDSHAKE-1] [EIO4-HANDSHAKE-3] [EIO4-POLLING-2] [EIO4-POLLING-7] [SIO5-CONNECT-1]
test("the handshake is a GET, and the sid goes with every request after it", async (t) => {
  const server = await stage(t);
  client(t, server.url, { query: { token: "1" } });
  await until(() => server.bodies.length === 1 && server.waiting.length === 1, "GET and POST");
  assert.deepEqual(server.bodies, ["40"]);
  const [first, ...later] = server.requests;
  const { t: unique, ...query } = first;
  assert.match(unique, /^\w+$/);
  assert.deepEqual(query, { method: "GET", token: "1", EIO: "4", transport: "polling" });
  assert.deepEqual(later.map((request) => request.method).sort(), ["GET", "POST"]);
  assert.ok(later.every((request) => request.sid === "the sid" && request.token === "1"));
  assert.equal(new Set(server.requests.map((request) => request.t)).size, 3);
});

// [EIO4-POLLING-5] [EIO4-POLLING-11] [EIO4-ENCODING-1] [EIO4-ENCODING-2]
test("one GET and one POST at a time, bytes in base64, bodies within maxPayload", async (t) => {
  const server = await stage(t);
  const socket = client(t, server.url);
  await until(() => server.waiting.length === 1, "a GET");
  server.answer('40{"sid":"a"}\x1e42["x"]');
  await next(socket, "connect");
  // The stage fails at the second request of a kind.
  for (let number = 0; number < 30; number += 1) socket.emit("number", number);
  socket.emit("bytes", new Uint8Array([1, 2, 3, 4]));
  const packets = () => server.bodies.flatMap((body) => body.split("\x1e"));
  await until(() => packets().length === 33, "all packets");
  const bytes = ['451-["bytes",{"_placeholder":true,"num":0}]', "bAQIDBA=="];
  assert.deepEqual(packets().slice(-2), bytes);
  assert.deepEqual(packets().slice(1, 31), [...Array(30).keys()].map((n) => `42["number",${n}]`));
  const sizes = server.bodies.map((body) => Buffer.byteLength(body));
  assert.ok(Math.max(...sizes) <= 100, `bodies of ${sizes} bytes`);
  // 5 packets of 14 or 15 bytes fill 100 bytes; with less per body there would be more POSTs.
  assert.ok(server.bodies.length <= 10, `${server.bodies.length} bodies`);
});

// [EIO4-UPGRADE-1] [EIO4-UPGRADE-2] [EIO4-UPGRADE-3] [EIO4-UPGRADE-4] [EIO4-UPGRADE-7] [EIO4-WS-2]
test("the upgrade waits for polling to be quiet, and only then says 5", async (t) => {
  const server = await stage(t, { upgrades: ["websocket"], holdPosts: true });
  const socket = client(t, server.url);
  await until(() => server.frames.length === 1 && server.held.length === 1, "probe and POST");
  await until(() => server.waiting.length === 1, "a GET");
  assert.deepEqual(server.frames, ["2probe"]);
  const { method, sid, transport } = server.requests.find((request) => request.method === "WS");
  assert.deepEqual([method, sid, transport], ["WS", "the sid", "websocket"]);
  server.sockets[0].send("3probe");
  server.answer('40{"sid":"a"}');
  await next(socket, "connect");
  socket.emit("meanwhile");
  assert.equal(socket.io.engine.transport.name, "polling");
  // The POST is still under way, so the session is still on polling.
  const before = server.requests.length;
  assert.deepEqual(server.frames, ["2probe"]);
  server.held.shift()();
  await until(() => server.frames.length === 3, "the upgrade");
  assert.deepEqual(server.frames, ["2probe", "5", '42["meanwhile"]']);
  assert.equal(server.requests.length, before);
  assert.equal(server.requests.filter((request) => request.method === "WS").length, 1);
  // The session is on WebSocket now, and a ping is answered there.
  server.sockets[0].send("2");
  await until(() => server.frames.at(-1) === "3", "the pong");
});

// [EIO4-HEARTBEAT-2]
test("silence for pingInterval and pingTimeout ends the session", async (t) => {
  const server = await stage(t);
  t.mock.method(Date, "now", Date.now);
  const socket = client(t, server.url);
  await until(() => server.waiting.length === 1, "a GET");
  server.answer('40{"sid":"a"}');
  await next(socket, "connect");
  const now = Date.now();
  Date.now.mock.mockImplementation(() => now + OPEN.pingInterval + OPEN.pingTimeout - 1000);
  assert.equal(socket.io.engine.expired(), false);
  Date.now.mock.mockImplementation(() => now + OPEN.pingInterval + OPEN.pingTimeout + 1);
  const lost = next(socket, "disconnect");
  assert.equal(socket.io.engine.expired(), true);
  t.mock.restoreAll();
  assert.equal((await lost)[0], "ping timeout");
});

// [SIO5-EVENT-1] [SIO5-EVENT-2] [SIO5-ACK-3]
test("a packet that is none closes the session, and says why", async (t) => {
  const event = "in a packet of type 2, wanted an array that begins with an event name";
  const cases = {
    "4": "found Socket.IO packet type '', wanted '0' to '6'",
    "47[]": "found Socket.IO packet type '7', wanted '0' to '6'",
    "42": `found nothing ${event}`,
    "42[]": `found [] ${event}`,
    '42{"a":1}': `found {"a":1} ${event}`,
    '42["connect"]': `found ["connect"] ${event}`,
    "43[]": "found [] in a packet of type 3, wanted an id and an array",
    '431{"a":1}': 'found {"a":1} in a packet of type 3, wanted an id and an array',
    '41["x"]': 'found ["x"] in a packet of type 1, wanted nothing',
    '45["x"]': "found nothing as the count of attachments, wanted 1 to 10",
    '450-["x"]': "found 0 as the count of attachments, wanted 1 to 10",
    '4511-["x"]': "found 11 as the count of attachments, wanted 1 to 10",
    '451-["x",{"_placeholder":true,"num":1}]\x1ebAA==':
      "found a placeholder for attachment 1, wanted 0 to 0",
    '451-["x"]\x1e42["y"]': "found a text, wanted an attachment",
    "bAA==": "found an attachment, wanted a text",
    '4299999999999999999["x"]':
      "found 99999999999999999 as acknowledgement id, wanted less than 2^53",
    "7": "found Engine.IO packet type '7', wanted '0' to '6' or 'b'",
    "": "found Engine.IO packet type '', wanted '0' to '6' or 'b'",
  };
  for (const [wire, wanted] of Object.entries(cases)) {
    const server = await stage(t);
    const socket = client(t, server.url);
    await until(() => server.waiting.length === 1, "a GET");
    server.answer('40{"sid":"a"}');
    await next(socket, "connect");
    await until(() => server.waiting.length === 1, "a GET");
    const lost = next(socket, "disconnect");
    server.answer(wire);
    const [reason, details] = await lost;
    assert.deepEqual([reason, details.message], ["parse error", wanted], wire);
  }
});

// [SIO5-ACK-1] [SIO5-ACK-2] [SIO5-CONNECT-5] [SIO5-DISCONNECT-1]
test("namespaces share the session; ids are counted and answered in each", async (t) => {
  const server = await stage(t);
  const main = client(t, server.url);
  const admin = main.io.socket("/admin", { auth: { token: "1" } });
  await until(() => server.bodies.join("\x1e") === '40\x1e40/admin,{"token":"1"}', "two CONNECTs");
  server.answer('40{"sid":"a"}\x1e40/admin,{"sid":"b"}');
  await next(admin, "connect");
  assert.deepEqual([main.id, admin.id], ["a", "b"]);
  const answers = [main.emitWithAck("q"), admin.emitWithAck("q"), admin.emitWithAck("r")];
  admin.on("why", (ack) => {
    ack("because");
    ack("twice");
  });
  await until(() => server.bodies.join().includes('["r"]'), "the questions");
  server.answer('43/admin,1["ar"]\x1e430["mq"]\x1e43/admin,0["aq"]\x1e42/admin,12["why"]');
  assert.deepEqual(await Promise.all(answers), ["mq", "aq", "ar"]);
  main.disconnect();
  admin.emit("still here");
  await until(() => server.bodies.join().includes("still here"), "an event of the other");
  const said = server.bodies.flatMap((body) => body.split("\x1e")).slice(2);
  assert.deepEqual(said, [
    '420["q"]',
    '42/admin,0["q"]',
    '42/admin,1["r"]',
    '43/admin,12["because"]',
    "41",
    '42/admin,["still here"]',
  ]);
  admin.disconnect();
  await until(() => server.bodies.at(-1) === "1", "the goodbye, in a POST of its own");
});

test("a close packet in a poll is a transport close", async (t) => {
  const server = await stage(t);
  const socket = client(t, server.url);
  await until(() => server.waiting.length === 1, "a GET");
  server.answer('40{"sid":"a"}');
  await next(socket, "connect");
  const lost = next(socket, "disconnect");
  await until(() => server.waiting.length === 1, "a GET");
  server.answer('1\x1e42["too late"]');
  assert.equal((await lost)[0], "transport close");
});

test("a server of Socket.IO 2 is recognised", async (t) => {
  const server = await stage(t);
  const socket = client(t, server.url);
  await until(() => server.waiting.length === 1, "a GET");
  server.answer("40");
  const [error] = await next(socket, "connect_error");
  assert.match(error.message, /does it speak Socket\.IO 2/);
});
