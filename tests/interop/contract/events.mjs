// Events, and what is in them.
//
//   ──►  42["echo",1,{"two":[null]}]          ◄──  42["echo",1,{"two":[null]}]
//   ──►  451-0["describe",{"_placeholder":true,"num":0}]  -  <ff>
//   ◄──  430[[{"$bin":"ff"}]]

import assert from "node:assert/strict";

import { ask, hex, listen } from "../lib/party.mjs";
import { next } from "../lib/until.mjs";

/** Characters that have been trouble somewhere: on the wire, in JSON, in JavaScript's source. */
const UNICODE = [
  "",
  "plain",
  "中文：管理员，聊天室",
  "👩‍👩‍👧‍👦 🇫🇷 🧑🏽",
  "rs \u001e inside \u001e",
  "ls \u2028 ps \u2029",
  "nul \u0000 esc \u001b del \u007f c1 \u0080\u009f",
  "quotes \" \\ / \b\f\n\r\t",
  "\ufeffBOM",
  "\ufffd\uffff\ufffe",
  "\ue000\uf8ff",
  "e\u0301 \u202e bidi",
  "\u{10ffff}\u{10000}",
  '4["x"]',
  '{"_placeholder":true,"num":0}',
];

/** Values of every kind that JSON has. */
const PLAIN = [0, -1.5, 1e21, true, null, "", [], {}, [[[]]], { deep: [{ er: { a: [null] } }] }];

export const events = {
  async "a client is welcomed with its id and its transport"(party) {
    const { socket, greeting } = await party.greet("welcome");
    const { id, transport, ...more } = greeting;
    if (party.eio === 4) assert.equal(id, socket.id);
    assert.equal(id, party.id(socket));
    // The greeting may be sent before the upgrade or after it.
    assert.ok(party.transports.includes(transport), transport);
    assert.deepEqual(more, { eio: party.eio, recovered: false });
    assert.deepEqual(await ask(socket, "transport"), [party.transport]);
  },

  async "values of every kind come back, by event and by answer"(party) {
    const socket = await party.open();
    const back = next(socket, "echo");
    socket.emit("echo", ...PLAIN);
    assert.deepEqual(await back, PLAIN);
    assert.deepEqual(await ask(socket, "echo", ...PLAIN), PLAIN);
    assert.deepEqual(await ask(socket, "echo"), []);
    const nothing = next(socket, "echo");
    socket.emit("echo");
    assert.deepEqual(await nothing, []);
  },

  async "text comes as it was sent, character by character"(party) {
    const socket = await party.open();
    assert.deepEqual(await ask(socket, "unicode"), [UNICODE]);
    assert.deepEqual(await ask(socket, "echo", UNICODE), [UNICODE]);
    for (const text of UNICODE) {
      assert.deepEqual(await ask(socket, "echo", text), [text]);
      const bytes = Buffer.byteLength(text);
      assert.deepEqual(await ask(socket, "length", text), [{ kind: "string", bytes }]);
    }
  },

  async "names and keys may be any text as well"(party) {
    const socket = await party.open();
    const object = Object.fromEntries(UNICODE.map((text, index) => [text, index]));
    assert.deepEqual(await ask(socket, "echo", object), [object]);
  },

  async "bytes come back as bytes, by event and by answer"(party) {
    const socket = await party.open();
    const bytes = Buffer.from([0, 1, 127, 128, 255]);
    const back = next(socket, "echo");
    socket.emit("echo", bytes);
    assert.equal(hex((await back)[0]), "00017f80ff");
    assert.equal(hex((await ask(socket, "echo", bytes))[0]), "00017f80ff");
    assert.equal(hex((await ask(socket, "echo", new Uint8Array([9]).buffer))[0]), "09");
    assert.equal(hex((await ask(socket, "echo", Buffer.alloc(0)))[0]), "");
  },

  async "bytes are found at any depth, beside what only looks like them"(party) {
    const socket = await party.open();
    const args = [
      { a: [Buffer.from([1]), { b: Buffer.from([2, 3]) }] },
      Buffer.from([0xff]),
      "text",
      { _placeholder: "no" },
    ];
    assert.deepEqual(await ask(socket, "describe", ...args), [
      [{ a: [{ $bin: "01" }, { b: { $bin: "0203" } }] }, { $bin: "ff" }, "text", args[3]],
    ]);
    const [first, second] = await ask(socket, "echo", ...args);
    assert.deepEqual([hex(first.a[0]), hex(first.a[1].b), hex(second)], ["01", "0203", "ff"]);
  },

  async "ten attachments are one event"(party) {
    const socket = await party.open();
    const bytes = Array.from({ length: 10 }, (_, index) => Buffer.alloc(index, index));
    const wanted = bytes.map((each) => ({ $bin: hex(each) }));
    assert.deepEqual(await ask(socket, "describe", ...bytes), [wanted]);
    const back = await ask(socket, "echo", bytes);
    assert.deepEqual(back[0].map(hex), bytes.map(hex));
  },

  async "much text and many bytes arrive whole"(party) {
    const socket = await party.open();
    const size = 300_000;
    const [text] = await ask(socket, "make", "string", size);
    assert.equal(text, "a".repeat(size));
    const [bytes] = await ask(socket, "make", "binary", size);
    assert.equal(Buffer.from(bytes).length, size);
    assert.ok(Buffer.from(bytes).every((byte, index) => byte === index % 256));
    const sent = [`${"€".repeat(100_000)}`, Buffer.alloc(size, 7)];
    assert.deepEqual(await ask(socket, "length", sent[0]), [{ kind: "string", bytes: size }]);
    assert.deepEqual(await ask(socket, "length", sent[1]), [{ kind: "binary", bytes: size }]);
    for (const kind of ["string", "binary"]) {
      const [nothing] = await ask(socket, "make", kind, 0);
      assert.equal(nothing.length ?? nothing.byteLength, 0);
    }
  },

  async "an event that nobody knows is neither answered nor held against anyone"(party) {
    const socket = await party.open();
    let answered = false;
    socket.emit("no such event", 1, () => (answered = true));
    socket.emit("no such event", Buffer.from([1]));
    assert.deepEqual(await ask(socket, "echo", "next"), ["next"]);
    assert.equal(answered, false);
  },

  async "a forbidden event reaches no listener, and its sender is told"(party) {
    const socket = await party.open();
    const refused = listen(socket, "refused");
    socket.emit("forbidden", "please");
    assert.deepEqual(await ask(socket, "echo", "still here"), ["still here"]);
    assert.deepEqual(refused.lines, ["forbidden event"]);
  },

  async "the server knows what the client asked with, and said"(party) {
    const extraHeaders = { "x-probe": "probe 1" };
    const options = { query: { one: "1", two: "zwei & drei" }, extraHeaders };
    if (party.eio === 4) options.auth = { name: "阿", list: [1] };
    const socket = await party.open("/", options);
    const [{ query, ...more }] = await ask(socket, "handshake");
    const { EIO, transport, one, two } = query;
    const wanted = { EIO: String(party.eio), transport: party.transports[0] };
    assert.deepEqual({ EIO, transport, one, two }, { ...wanted, ...options.query });
    const auth = options.auth ?? {};
    assert.deepEqual(more, { auth, xProbe: "probe 1", secure: false, nsp: "/" });
  },
};
