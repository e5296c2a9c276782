// Packets in MessagePack: the official client with the official parser, against a server that is
// told to spell so too.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { io } from "socket.io-client";
import * as parser from "socket.io-msgpack-parser";
import { next, startExample } from "./lib/server.mjs";

describe("a server that speaks MessagePack", () => {
  let server;
  before(async () => (server = await startExample("protocol_suite", ["--msgpack"])));
  after(() => server.stop());

  const connect = (t, namespace, options = {}) => {
    const settings = { forceNew: true, reconnection: false, parser, ...options };
    const socket = io(server.url + namespace, settings);
    t.after(() => socket.close());
    return socket;
  };

  for (const transports of [["polling"], ["polling", "websocket"], ["websocket"]]) {
    test(`tells a client what it said to be let in, by ${transports.join(", ")}`, async (t) => {
      for (const namespace of ["/", "/custom"]) {
        const plain = connect(t, namespace, { transports });
        assert.deepEqual(await next(plain, "auth"), [{}]);
        const auth = { token: "123", deep: { list: [1, null, "x", -1.5] } };
        assert.deepEqual(await next(connect(t, namespace, { transports, auth }), "auth"), [auth]);
      }
    });

    test(`sends messages back and answers, by ${transports.join(", ")}`, async (t) => {
      const socket = connect(t, "/", { transports });
      const args = [
        1, "2", { 3: [true, null, 0.1, -200, 2 ** 60, "é😀"] },
        Buffer.from([4, 5]), { deep: [Buffer.alloc(0), Buffer.alloc(70_000, 7)] },
        "x".repeat(70_000), Array.from({ length: 300 }, (_, i) => i),
      ];
      const back = next(socket, "message-back");
      socket.emit("message", ...args);
      assert.deepEqual(await back, args);
      assert.deepEqual(await answer(socket, ...args), args);
      assert.deepEqual(await answer(socket), []);
    });

    test(`gets the answers that it asks for, by ${transports.join(", ")}`, async (t) => {
      const socket = connect(t, "/", { transports });
      socket.on("question", (bytes, done) => done({ back: bytes }, 5));
      socket.emit("ask-me", Buffer.from([1, 2, 3]));
      assert.deepEqual(await next(socket, "answered"), [{ back: Buffer.from([1, 2, 3]) }, 5]);
    });
  }

  test("reads what JSON does not have as JSON.stringify would write it", async (t) => {
    const socket = connect(t, "/");
    const moment = new Date(Date.UTC(2000, 5, 13));
    const found = await answer(socket, moment, undefined, { gone: undefined, b: 1 }, NaN, -0);
    assert.deepEqual(found, ["2000-06-13T00:00:00.000Z", null, { b: 1 }, null, 0]);
    const views = await answer(socket, new Uint8Array([1, 2]), new Float32Array([1]).buffer);
    assert.deepEqual(views, [Buffer.from([1, 2]), Buffer.from([0, 0, 128, 63])]);
  });

  test("refuses every other namespace, and says so", async (t) => {
    const [error] = await next(connect(t, "/random"), "connect_error");
    assert.equal(error.message, "Invalid namespace");
  });

  test("leaves and comes back", async (t) => {
    const socket = connect(t, "/");
    await next(socket, "auth");
    socket.disconnect().connect();
    assert.deepEqual(await next(socket, "auth"), [{}]);
  });

  test("closes the session of a client that speaks JSON", async (t) => {
    const socket = connect(t, "/", { parser: undefined });
    assert.equal((await next(socket.io, "close"))[0], "transport close");
  });
});

/** What the server answers to these arguments. */
function answer(socket, ...args) {
  return new Promise((done) => socket.emit("message-with-ack", ...args, (...found) => done(found)));
}
