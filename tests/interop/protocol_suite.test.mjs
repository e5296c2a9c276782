// The example that the official protocol suites talk to, with the official client: each sentence of
// what those suites expect of it. The suites themselves are run by hand (CONTRIBUTING.md).

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { io } from "socket.io-client";
import { next, startExample } from "./lib/server.mjs";

describe("the example for the protocol suites", () => {
  let server;
  before(async () => (server = await startExample("protocol_suite")));
  after(() => server.stop());

  const connect = (t, namespace, options = {}) => {
    const socket = io(server.url + namespace, { forceNew: true, reconnection: false, ...options });
    t.after(() => socket.close());
    return socket;
  };

  for (const transports of [["polling"], ["polling", "websocket"], ["websocket"]]) {
    test(`says what it was told to be let in, by ${transports.join(", ")}`, async (t) => {
      for (const namespace of ["/", "/custom"]) {
        const plain = connect(t, namespace, { transports });
        assert.deepEqual(await next(plain, "auth"), [{}]);
        const auth = { token: "123", deep: { list: [1, null, "x"] } };
        assert.deepEqual(await next(connect(t, namespace, { transports, auth }), "auth"), [auth]);
      }
    });

    test(`sends messages back as they came, by ${transports.join(", ")}`, async (t) => {
      const socket = connect(t, "/", { transports });
      const args = [1, "2", { 3: [true] }, Buffer.from([4, 5]), { deep: Buffer.from([6]) }];
      const back = next(socket, "message-back");
      socket.emit("message", ...args);
      assert.deepEqual(await back, args);
      const answer = await new Promise((done) => {
        socket.emit("message-with-ack", ...args, (...answer) => done(answer));
      });
      assert.deepEqual(answer, args);
    });
  }

  test("refuses every other namespace", async (t) => {
    const [error] = await next(connect(t, "/random"), "connect_error");
    assert.equal(error.message, "Invalid namespace");
  });

  test("sends Engine.IO messages back, beside it", async () => {
    const url = `${server.url}/engine.io/?EIO=4&transport=polling`;
    const opened = await (await fetch(url)).text();
    const { sid, pingInterval, pingTimeout } = JSON.parse(opened.slice(1));
    assert.deepEqual([pingInterval, pingTimeout], [300, 200]);
    const body = "4hello\x1ebAQIDBA==";
    const posted = await fetch(`${url}&sid=${sid}`, { method: "POST", body });
    assert.equal(await posted.text(), "ok");
    // On a busy machine the first ping is due by then.
    const packets = (await (await fetch(`${url}&sid=${sid}`)).text()).split("\x1e");
    assert.deepEqual(packets.filter((packet) => packet !== "2"), body.split("\x1e"));
  });
});
