// The example that the official clients' test suites talk to: each sentence of what those suites
// expect of it. The suites themselves are run by hand (docs/conformance.md).

import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, describe, test } from "node:test";

import { WebSocket } from "ws";

import { Log, PATIENCE, within } from "./lib/deadline.mjs";
import { atEnd } from "./lib/ends.mjs";
import { ask } from "./lib/raw.mjs";
import { startExample } from "./lib/server.mjs";

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
