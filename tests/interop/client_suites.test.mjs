// The example that the official clients' test suites talk to: each sentence of what those suites
// expect of it. The suites themselves are run by hand (docs/conformance.md).

import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, describe, test } from "node:test";

import { io } from "socket.io-client";
import { WebSocket } from "ws";

import { Log, PATIENCE, within } from "./lib/deadline.mjs";
import { atEnd } from "./lib/ends.mjs";
import { ask } from "./lib/raw.mjs";
import { ask as question } from "./lib/party.mjs";
import { startExample } from "./lib/server.mjs";
import { next } from "./lib/until.mjs";

const HANDSHAKE = "/engine.io/?EIO=4&transport=polling";
const LIMIT = 100;

describe("the example for engine.io-client's suite", () => {
  let server;
  before(async () => (server = await startExample("client_suites", ["--engine"])));
  after(() => server.stop());

  /** Opens a session on polling, and hears what is said to it at once. */
  async function open() {
    const response = await ask(server.port, "GET", HANDSHAKE);
    const { sid, ...settings } = JSON.parse(response.body.slice(1));
    const target = `${HANDSHAKE}&sid=${sid}`;
    const { body } = await ask(server.port, "GET", target);
    return { response, settings, greeting: body, target };
  }

  async function answer(target, body, headers) {
    const posted = await ask(server.port, "POST", target, { body, headers });
    assert.deepEqual([posted.status, posted.body], [200, "ok"]);
    return (await ask(server.port, "GET", target)).body;
  }

  async function websocket(t) {
    const socket = new WebSocket(`${server.url}${HANDSHAKE.replace("polling", "websocket")}`);
    const frames = new Log();
    socket.on("message", (data) => frames.push(data.toString()));
    atEnd(t, () => socket.terminate());
    await frames.until((lines) => lines.length === 2, "two packets");
    return { socket, frames };
  }

  test("says its settings, and hi at once", async (t) => {
    const { settings, greeting } = await open();
    const wanted = { pingInterval: 500, pingTimeout: 20_000, maxPayload: LIMIT };
    assert.deepEqual([settings, greeting], [{ upgrades: ["websocket"], ...wanted }, "4hi"]);
    const { frames } = await websocket(t);
    const { sid, ...direct } = JSON.parse(frames.lines[0].slice(1));
    assert.equal(typeof sid, "string");
    assert.deepEqual([direct, frames.lines[1]], [{ upgrades: [], ...wanted }, "4hi"]);
  });

  test("sets four cookies, with the first answer only", async () => {
    const { response, target } = await open();
    const cookies = response.headers.getSetCookie().map((cookie) => cookie.split("; "));
    assert.deepEqual(cookies.slice(0, 3), [
      ["1=1", "Max-Age=86400"],
      ["2=2", "Path=/", "HttpOnly", "Secure", "SameSite=Strict"],
      ["3=3", "Max-Age=0"],
    ]);
    assert.match(cookies[3].join("; "), /^4=4; Expires=.* GMT$/);
    const posted = await ask(server.port, "POST", target, { body: "4a" });
    assert.deepEqual(posted.headers.getSetCookie(), []);
  });

  test("gives what it is asked for, and sends everything else back", async () => {
    const { target } = await open();
    assert.equal(await answer(target, "4give binary"), "bAAECAwQ=");
    assert.equal(await answer(target, "4give utf8"), "4пойду спать всем спокойной ночи");
    assert.equal(await answer(target, "4hello"), "4hello");
    assert.equal(await answer(target, "bAQID"), "bAQID");
    const headers = JSON.parse((await answer(target, "4sendHeaders", { Cookie: "1=1" })).slice(1));
    assert.equal(headers.cookie, "1=1");
  });

  test("refuses who is to be denied, and a session that nobody has", async () => {
    const denied = await ask(server.port, "GET", `${HANDSHAKE}&deny=1`);
    assert.deepEqual([denied.status, denied.body], [403, '{"code":4,"message":"Forbidden"}']);
    const unknown = await ask(server.port, "GET", `${HANDSHAKE}&sid=nobody`);
    const body = '{"code":1,"message":"Session ID unknown"}';
    assert.deepEqual([unknown.status, unknown.body], [400, body]);
  });

  test("takes 100 bytes by POST, whatever their characters, and not one more", async () => {
    const { target } = await open();
    for (const text of ["a".repeat(LIMIT - 1), "€".repeat(33)]) {
      assert.equal(await answer(target, `4${text}`), `4${text}`);
    }
    const refused = await ask(server.port, "POST", target, { body: "4".repeat(LIMIT + 1) });
    assert.deepEqual([refused.status, refused.body], [413, ""]);
  });

  test("closes a WebSocket over 100 bytes with 1009, and no word", async (t) => {
    const { socket, frames } = await websocket(t);
    socket.send("4".repeat(LIMIT));
    await frames.until((lines) => lines[2]?.length === LIMIT, "100 bytes back");
    socket.send("4".repeat(LIMIT + 1));
    const [code, reason] = await within(PATIENCE, "the end", once(socket, "close"));
    assert.deepEqual([code, reason.toString()], [1009, ""]);
  });
});

describe("the example for socket.io-client's suite", () => {
  let server;
  before(async () => (server = await startExample("client_suites", ["--socket"])));
  after(() => server.stop());

  function open(t, namespace = "/", options = {}) {
    const socket = io(server.url + namespace, { forceNew: true, reconnection: false, ...options });
    atEnd(t, () => socket.disconnect());
    return socket;
  }

  test("gives back what it is sent, null and bytes included", async (t) => {
    const socket = open(t);
    assert.deepEqual(await question(socket, "echo", null), [null]);
    assert.deepEqual(await question(socket, "echo", { a: [1] }), [{ a: [1] }]);
    const doge = next(socket, "doge");
    socket.emit("doge");
    // Behind the arguments is the offset, for a client that is cut off after this.
    const [bytes, offset] = await doge;
    assert.deepEqual([bytes.toString(), typeof offset], ["asdfasdf", "string"]);
  });

  test("answers bytes that come in the right place, and in the right order", async (t) => {
    const socket = open(t);
    const bytes = Buffer.from("x");
    const heard = [];
    socket.onAny((event) => heard.push(event));
    socket.emit("buffa", "no bytes");
    socket.emit("buffa", bytes);
    socket.emit("jsonbuff", { hello: "lol", message: "no bytes", goodbye: "gotcha" });
    socket.emit("jsonbuff", { hello: "lol", message: bytes, goodbye: "gotcha" });
    socket.emit("abuff2", "too early");
    socket.emit("abuff1", bytes);
    socket.emit("abuff2", "please arrive second");
    await question(socket, "echo", "all handled");
    assert.deepEqual(heard, ["buffack", "jsonbuff-ack", "abuff2-ack"]);
  });

  test("asks back, and says so when the answer is the right one", async (t) => {
    const socket = open(t);
    socket.once("ack", (answer) => answer(5, { test: true }));
    const got = next(socket, "got it");
    socket.emit("ack");
    await got;
  });

  test("writes dates and characters as JavaScript does", async (t) => {
    const socket = open(t);
    const [date] = await question(socket, "getAckDate", { test: true });
    assert.equal(new Date(date).toISOString(), date);
    const texts = [];
    socket.on("takeUtf8", (text) => texts.push(text));
    socket.emit("getUtf8");
    await question(socket, "echo", "all sent");
    const last = "utf8 — string";
    assert.deepEqual(texts, ["てすと", "Я Б Г Д Ж Й", "Ä ä Ü ü ß", last, last]);
  });

  test("has the namespaces of the suite, and no others", async (t) => {
    const foo = open(t, "/foo");
    assert.deepEqual(await question(foo, "getId"), [foo.id]);
    const abc = open(t, "/abc", { auth: { token: "x" }, query: { "&a": "&=?a" } });
    const [{ query, auth }] = await next(abc, "handshake");
    assert.deepEqual([query["&a"], auth], ["&=?a", { token: "x" }]);
    for (const name of ["/timeout_socket", "/valid", "/asd"]) await next(open(t, name), "connect");
    for (const [name, words] of [
      ["/no", "Auth failed (custom namespace)"],
      ["/timeout", "Invalid namespace"],
      ["/?fail=1", "Auth failed (main namespace)"],
    ]) {
      assert.equal((await next(open(t, name), "connect_error"))[0].message, words);
    }
  });

  test("takes a client back that was cut off", async (t) => {
    const socket = open(t, "/", { reconnection: true, reconnectionDelay: 10 });
    const heard = next(socket, "hi");
    socket.emit("hi");
    await heard;
    const { id } = socket;
    socket.io.engine.close();
    await next(socket, "connect");
    assert.deepEqual([socket.recovered, socket.id], [true, id]);
  });
});
