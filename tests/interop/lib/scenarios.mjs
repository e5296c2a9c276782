// What our client must do, as functions that run in Node and in a browser alike: nothing
// but the language is used. Each takes `open(path, options)`, which makes a socket, and
// throws what is wrong.

import { next, until } from "./until.mjs";

/** The three ways in. */
export const MODES = {
  "polling only": { transports: ["polling"] },
  "polling, then upgrade": { transports: ["polling", "websocket"] },
  "websocket only": { transports: ["websocket"] },
};

export const scenarios = {
  async "connects, and leaves with the official words"(open) {
    const socket = open("/");
    same(socket.connected, false);
    await next(socket, "connect");
    same(socket.connected, true);
    same(socket.id.length, 20);
    same(socket.id === socket.io.engine.id, false);
    const lost = next(socket, "disconnect");
    socket.disconnect();
    same((await lost)[0], "io client disconnect");
    same([socket.connected, socket.id], [false, undefined]);
  },

  async "events and acknowledgements go both ways"(open) {
    const socket = open("/");
    const back = next(socket, "back");
    socket.emit("back", 1, "two", { three: [null, true] });
    same(await back, [1, "two", { three: [null, true] }]);
    same(await socket.emitWithAck("echo", "💬\u2028"), "💬\u2028");
    socket.on("question", (value, ack) => ack(value * 2));
    same(await socket.emitWithAck("ask", 21), 42);
    const message = await new Promise((resolve) => {
      socket.emit("echo", "a", "b", (...args) => resolve(args));
    });
    same(message, ["a", "b"]);
  },

  async "bytes go both ways, from every kind of container"(open) {
    const socket = open("/");
    const bytes = Uint8Array.from({ length: 70_000 }, (_, index) => index % 251);
    const data = new DataView(bytes.buffer, 9, 3);
    const sent = { view: bytes.subarray(1), buffer: bytes.buffer, data };
    const got = await socket.emitWithAck("echo", sent);
    same(Object.values(got).every((value) => value instanceof ArrayBuffer), true);
    same([...new Uint8Array(got.view)].join(), bytes.subarray(1).join());
    same([...new Uint8Array(got.buffer)].join(), bytes.join());
    same([...new Uint8Array(got.data)], [9, 10, 11]);
    const blob = new Blob([bytes.subarray(0, 10), "x"]);
    const after = next(socket, "back");
    const first = socket.emitWithAck("echo", blob);
    socket.emit("back", "the blob was first");
    same([...new Uint8Array(await first)], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 120]);
    same(await after, ["the blob was first"]);
    socket.on("question", (value, ack) => ack(new Uint8Array([value.byteLength])));
    same([...new Uint8Array(await socket.emitWithAck("ask", new Uint8Array(77)))], [77]);
    const tooMany = Array.from({ length: 11 }, () => new Uint8Array(1));
    same(thrown(() => socket.emit("echo", tooMany)), "found 11 attachments, wanted 10 at most");
  },

  async "an acknowledgement that does not come is an error in time"(open) {
    const socket = open("/");
    await next(socket, "connect");
    const error = await new Promise((resolve) => socket.timeout(50).emit("silence", resolve));
    same(error.message, "operation has timed out");
    same(await rejection(socket.timeout(50).emitWithAck("silence")), "operation has timed out");
    same(await socket.timeout(5000).emitWithAck("echo", "in time"), "in time");
    const unanswered = rejection(socket.emitWithAck("silence"));
    socket.disconnect();
    same(await unanswered, "the socket was disconnected");
  },

  async "namespaces share one session, and a second socket of one does not"(open) {
    const main = open("/");
    const admin = open("/admin", { auth: { token: "let me in" } });
    const chat = open("/聊天");
    await Promise.all([main, admin, chat].map((socket) => next(socket, "connect")));
    same(new Set([main.io, admin.io, chat.io]).size, 1);
    same(new Set([main.id, admin.id, chat.id]).size, 3);
    same(await admin.emitWithAck("echo", 1), 1);
    admin.disconnect();
    same(await main.emitWithAck("echo", 2), 2);
    const other = open("/");
    same(other.io === main.io, false);
    same(await other.emitWithAck("echo", 3), 3);
    [main, chat, other].forEach((socket) => socket.disconnect());
  },

  async "a refusal is a connect_error with its data, and the next try may succeed"(open) {
    const socket = open("/admin", { auth: { token: "please" } });
    const [error] = await next(socket, "connect_error");
    same([error.message, error.data, socket.active], ["not authorized", { code: 17 }, false]);
    socket.auth = (callback) => callback({ token: "let me in" });
    socket.connect();
    same(await socket.emitWithAck("auth"), { token: "let me in" });
    const nowhere = open("/nowhere");
    same((await next(nowhere, "connect_error"))[0].message, "Invalid namespace");
  },

  async "the query goes with the session"(open) {
    const socket = open("/?token=a%20b", { query: { more: "1" } });
    const query = await socket.emitWithAck("query");
    same([query.token, query.more, query.EIO], ["a b", "1", "4"]);
  },

  async "what comes before the answer to CONNECT is delivered before connect"(open) {
    const socket = open("/early");
    const seen = [];
    socket.on("early", (number) => seen.push(number));
    socket.on("connect", () => seen.push("connect"));
    await until(() => seen.length === 3, "two early events and connect");
    same(seen, [1, 2, "connect"]);
  },

  async "who leaves before connect is not told of it, and what was emitted waits on"(open) {
    const socket = open("/early");
    const seen = [];
    socket.on("early", (number) => seen.push(number));
    socket.once("early", () => socket.disconnect());
    socket.on("connect", () => seen.push("connect"));
    socket.onAnyOutgoing((event) => seen.push(event));
    socket.emit("later");
    await next(socket, "disconnect");
    same(seen, [1]);
    socket.connect();
    await until(() => seen.includes("connect"), "the second try");
    same(seen, [1, 1, 2, "later", "connect"]);
  },

  async "what is emitted before connect waits, and volatile events do not"(open) {
    const socket = open("/", { autoConnect: false });
    const waiting = { value: "then" };
    const answer = socket.emitWithAck("echo", waiting);
    waiting.value = "now";
    socket.volatile.emit("number", "dropped");
    socket.emit("number", "kept");
    socket.connect();
    same(await answer, { value: "then" });
    same(await socket.emitWithAck("numbers"), ["kept"]);
    await until(() => socket.io.engine.writable, "a transport that is free");
    socket.volatile.emit("number", "now it can");
    same(await socket.emitWithAck("numbers"), ["kept", "now it can"]);
  },

  async "there is a limit to what waits"(open) {
    const socket = open("/", { autoConnect: false, maxBuffered: 2 });
    socket.emit("number", 1).emit("number", 2);
    same(thrown(() => socket.emit("number", 3)), "2 events wait for the connection already");
  },

  async "everything can be overheard, and each listener taken away again"(open) {
    const socket = open("/");
    const [heard, said] = [[], []];
    const listen = (...args) => heard.push(args);
    socket.onAny(listen);
    socket.prependAny((event) => heard.push(`first ${event}`));
    socket.onAnyOutgoing((...args) => said.push(args));
    socket.emit("back", 1);
    await next(socket, "back");
    same(heard, ["first back", ["back", 1]]);
    same(said, [["back", 1]]);
    socket.offAny(listen).offAnyOutgoing();
    socket.emit("back", 2);
    await next(socket, "back");
    same([heard.length, said.length], [3, 1]);
    let calls = 0;
    const count = () => (calls += 1);
    socket.on("back", count).once("back", count);
    same(socket.listeners("back").length, 2);
    socket.emit("back", 3);
    await next(socket, "back");
    same(calls, 2);
    socket.off("back", count);
    same(socket.hasListeners("back"), false);
  },

  async "2000 numbered events each way arrive once and in order"(open) {
    const socket = open("/");
    const numbers = [];
    socket.on("number", (number) => numbers.push(number));
    await next(socket, "connect");
    const upgrading = socket.io.opts.transports.length === 2;
    // Numbers 0 to 999 are sent while the upgrade happens, the others after it.
    const upgraded = upgrading ? next(socket.io.engine, "upgrade") : Promise.resolve();
    same(socket.io.engine.transport.name, socket.io.opts.transports[0]);
    socket.emit("count", 2000);
    for (let number = 0; number < 2000; number += 1) {
      socket.emit("number", number, ...(number % 50 === 0 ? [new Uint8Array(3)] : []));
      if (number % 5 === 0) await new Promise((resolve) => setTimeout(resolve));
      if (number === 999) await upgraded;
    }
    const wanted = Array.from({ length: 2000 }, (_, index) => index).join();
    same((await socket.emitWithAck("numbers")).join(), wanted);
    await until(() => numbers.length >= 2000, "2000 numbers from the server");
    same(numbers.join(), wanted);
    same(socket.io.engine.transport.name, socket.io.opts.transports.at(-1));
  },

  async "the server can show us out, and then we stay out"(open) {
    const socket = open("/");
    socket.emit("kick");
    same((await next(socket, "disconnect"))[0], "io server disconnect");
    same([socket.active, socket.io.state], [false, "closed"]);
    socket.connect();
    same(await socket.emitWithAck("echo", "again"), "again");
  },

  async "a lost session comes back by itself, with what was emitted meanwhile"(open) {
    const socket = open("/", { reconnectionDelay: 10 });
    const events = [];
    socket.io.on("reconnect_attempt", (attempt) => events.push(["attempt", attempt]));
    socket.io.on("reconnect", (attempt) => events.push(["reconnect", attempt]));
    await next(socket, "connect");
    const first = socket.id;
    socket.emit("cut");
    same((await next(socket, "disconnect"))[0], "transport close");
    same(await socket.emitWithAck("echo", "kept"), "kept");
    same(events, [["attempt", 1], ["reconnect", 1]]);
    same(socket.id === first, false);
  },

  async "nonsense from the server is a parse error, and we come back"(open) {
    const socket = open("/", { reconnectionDelay: 10 });
    await next(socket, "connect");
    socket.emit("garbage");
    const [reason, details] = await next(socket, "disconnect");
    same(reason, "parse error");
    same(details.message, "found Socket.IO packet type '9', wanted '0' to '6'");
    same(await socket.emitWithAck("echo", "again"), "again");
  },

  async "a listener that throws costs nobody else anything"(open, caught) {
    const socket = open("/");
    socket.on("back", () => {
      throw new Error("thrown on purpose");
    });
    const second = next(socket, "back");
    socket.emit("back", 1);
    await second;
    same(await socket.emitWithAck("echo", 2), 2);
    await until(caught, "the error to be reported");
  },

  async "reserved names are refused here"(open) {
    const socket = open("/", { autoConnect: false });
    same(thrown(() => socket.emit("connect")), '"connect" is a reserved event name');
  },
};

/** Fails unless both are the same when written as JSON. */
function same(found, wanted) {
  const [left, right] = [found, wanted].map((value) => JSON.stringify(value) ?? "undefined");
  if (left !== right) {
    throw new Error(`found ${left.slice(0, 300)}, wanted ${right.slice(0, 300)}`);
  }
}

function thrown(action) {
  try {
    action();
  } catch (error) {
    return error.message;
  }
  return "nothing was thrown";
}

function rejection(promise) {
  return promise.then(
    () => "nothing was thrown",
    (error) => error.message,
  );
}
