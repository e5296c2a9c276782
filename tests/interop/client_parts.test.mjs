// The pure parts of our client, one check for each.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { WebSocket } from "ws";
import { encodeText, textLength } from "../../web/client/engineio/packet.js";
import { decodePayload, howManyFit } from "../../web/client/engineio/payload.js";
import { readOpen } from "../../web/client/engineio/open.js";
import { io } from "../../web/client/index.js";
import { Assembler } from "../../web/client/socketio/assemble.js";
import { encodePacket } from "../../web/client/socketio/encode.js";
import { SIO } from "../../web/client/socketio/packet.js";
import { Backoff } from "../../web/client/socketio/reconnect.js";
import { startPeer } from "./lib/peer.mjs";
import { next } from "./lib/until.mjs";

test("the length of a packet is foretold to the byte", async () => {
  const texts = ["", "a", "é", "€", "😀", "a😀é€\u0000\u007f\u0080\u07ff\u0800\uffff"];
  const bytes = [0, 1, 2, 3, 4, 8192, 8193].map((length) => new Uint8Array(length));
  const blobs = [new Blob(["abcd"])];
  for (const data of [undefined, ...texts, ...bytes, ...blobs]) {
    const packet = { type: "4", data };
    const real = Buffer.byteLength(await encodeText(packet));
    assert.equal(textLength(packet), real, `${data}`);
  }
});

test("a body is filled up to maxPayload, separators counted, and never empty", () => {
  const packets = ["aaa", "bbb", "ccc"].map((data) => ({ type: "4", data }));
  // Each is 4 bytes, and 1 more for the separator before it.
  const cases = [[1, 1], [4, 1], [8, 1], [9, 2], [13, 2], [14, 3], [Infinity, 3]];
  for (const [maxPayload, wanted] of cases) {
    assert.equal(howManyFit(packets, maxPayload), wanted, `${maxPayload}`);
  }
});

test("a body is cut at its separators, and at the first packet that is none", () => {
  assert.deepEqual([...decodePayload("4hello\x1e2\x1e4world")], [
    { type: "4", data: "hello" },
    { type: "2", data: "" },
    { type: "4", data: "world" },
  ]);
  for (const body of ["", "4a\x1e", "4a\x1e\x1e4b", "7", "x"]) {
    assert.throws(() => [...decodePayload(body)], /wanted '0' to '6' or 'b'/, body);
  }
});

test("an open packet without its fields is refused with the field's name", () => {
  const open = { sid: "x", upgrades: [], pingInterval: 1, pingTimeout: 1, maxPayload: 9 };
  assert.equal(readOpen(JSON.stringify(open)).maxPayload, 9);
  for (const key of ["sid", "upgrades", "pingInterval", "pingTimeout"]) {
    const text = JSON.stringify({ ...open, [key]: undefined });
    const wanted = new RegExp(`^found nothing as '${key}' of the open packet`);
    assert.throws(() => readOpen(text), { message: wanted });
  }
  assert.throws(() => readOpen("null"), { message: /^found nothing as 'sid'/ });
});

describe("packets of Socket.IO", () => {
  const bytes = new Uint8Array([1, 2]);
  const mark = (num) => `{"_placeholder":true,"num":${num}}`;
  const main = { namespace: "/" };
  const admin = { namespace: "/admin" };
  const cases = [
    [{ ...main, type: SIO.CONNECT }, "0"],
    [{ ...admin, type: SIO.CONNECT, data: { token: "1" } }, '0/admin,{"token":"1"}'],
    [{ ...main, type: SIO.DISCONNECT }, "1"],
    [{ ...admin, type: SIO.DISCONNECT }, "1/admin,"],
    [{ ...main, type: SIO.EVENT, data: ["foo"] }, '2["foo"]'],
    [{ ...main, type: SIO.EVENT, id: 12, data: ["foo"] }, '212["foo"]'],
    [{ ...admin, type: SIO.ACK, id: 13, data: ["bar"] }, '3/admin,13["bar"]'],
    [{ ...main, type: SIO.EVENT, data: ["baz", bytes] }, `51-["baz",${mark(0)}]`, bytes],
    [
      { ...admin, type: SIO.EVENT, data: ["baz", { a: bytes, b: [bytes] }] },
      `52-/admin,["baz",{"a":${mark(0)},"b":[${mark(1)}]}]`,
      bytes,
      bytes,
    ],
    [{ ...main, type: SIO.ACK, id: 15, data: ["bar", bytes] }, `61-15["bar",${mark(0)}]`, bytes],
  ];
  for (const [packet, ...messages] of cases) {
    test(`${messages[0]} is written and read`, () => {
      assert.deepEqual(encodePacket(packet), messages);
      const assembler = new Assembler();
      const read = messages.map((message) => assembler.add(message));
      assert.deepEqual(read.slice(0, -1).every((one) => one === null), true);
      assert.deepEqual(read.at(-1), { id: undefined, data: undefined, ...packet });
    });
  }

  test("what JSON makes of a value is kept, and bytes behind `toJSON` are found", () => {
    const data = ["x", { toJSON: () => ({ bytes }) }, new Date(0), undefined, Buffer.from("b")];
    const wanted = `52-["x",{"bytes":${mark(0)}},"1970-01-01T00:00:00.000Z",null,${mark(1)}]`;
    assert.equal(encodePacket({ ...main, type: SIO.EVENT, data })[0], wanted);
  });

  test("a placeholder without attachments is plain data, and `__proto__` is a key", () => {
    const text = `2["x",${mark(0)},{"__proto__":{"a":1}}]`;
    const { data } = new Assembler().add(text);
    assert.equal(JSON.stringify(data), text.slice(1));
    const assembler = new Assembler();
    assembler.add(`51-["x",{"__proto__":${mark(0)}}]`);
    const [, filled] = assembler.add(bytes).data;
    assert.deepEqual(Object.getOwnPropertyDescriptor(filled, "__proto__")?.value, bytes);
    assert.equal(Object.getPrototypeOf(filled), Object.prototype);
  });
});

test("the wait between attempts doubles up to its limit, and chance spreads it", () => {
  const waits = (chance) => {
    const options = { reconnectionDelay: 1000, reconnectionDelayMax: 5000 };
    const backoff = new Backoff({ ...options, randomizationFactor: 0.5 });
    return Array.from({ length: 5 }, () => backoff.next(chance));
  };
  assert.deepEqual(waits(0), [500, 1000, 2000, 2500, 2500]);
  assert.deepEqual(waits(0.5), [1000, 2000, 3500, 3750, 3750]);
  assert.deepEqual(waits(1), [1500, 3000, 5000, 5000, 5000]);
});

test("a URL may be written in all the ways that the official client takes", async (t) => {
  const peer = await startPeer();
  t.after(() => peer.close());
  const { host } = new URL(peer.url);
  const urls = [`http://${host}`, `ws://${host}/`, host, `//${host}`, `ws://${host}/?a=1`];
  for (const url of urls) {
    const socket = io(url, { WebSocket, forceNew: true });
    await next(socket, "connect");
    assert.equal(socket.nsp, "/", url);
    socket.disconnect();
  }
  const socket = io(`http://${host}/聊天?a=1#part`, { WebSocket, transports: ["polling"] });
  await next(socket, "connect");
  assert.equal(socket.nsp, "/聊天");
  assert.equal((await socket.emitWithAck("query")).a, "1");
  socket.disconnect();
});
