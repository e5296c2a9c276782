// What a client and the example `old_clients` have to say to each other. The same words for the
// official client of 2.x and of today, in Node and in a browser: nothing but the language is used,
// and of the client only what both have (`on`, `once`, `emit`, `disconnect`).
//
// `converse` needs nothing that stands around it, so it can be sent to a page as text.

/** The three ways in. */
export const MODES = {
  "polling only": ["polling"],
  "polling, then upgrade": ["polling", "websocket"],
  "websocket only": ["websocket"],
};

/**
 * Lets two clients talk, made by `io`, once each is on its last transport, and resolves with what
 * was found. If the transport `wanted` is polling, an upgrade is tried in vain before that. One of
 * the messages has `size` bytes: more than a proxy keeps in memory of a body.
 */
export async function converse(io, url, { wanted, size = 300_000, ...options }) {
  // Waits for what `start` hands to its argument, but not for ever.
  const wait = (what, start) => {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`waited in vain for ${what}`)), 10_000);
      // In Node, a question that nobody asks any more does not keep the process alive.
      timer.unref?.();
      start((...args) => {
        clearTimeout(timer);
        resolve(args);
      });
    });
  };
  const once = (emitter, event) => wait(event, (done) => emitter.once(event, done));
  const ask = (socket, ...args) => wait(args[0], (done) => socket.emit(...args, done));
  const bytes = (data) => [...new Uint8Array(data)];
  const sockets = [];
  const open = async () => {
    const socket = io(url, { forceNew: true, reconnection: false, ...options });
    sockets.push(socket);
    // Where an upgrade is tried and must fail, it has failed before anything is said.
    const outcome = wanted === "polling" ? "upgradeError" : "upgrade";
    const upgraded = options.transports.length > 1 ? once(socket.io.engine, outcome) : [];
    const refused = new Promise((_, reject) => socket.once("connect_error", reject));
    await Promise.race([Promise.all([once(socket, "connect"), upgraded]), refused]);
    return socket;
  };

  try {
    const [a, b] = await Promise.all([open(), open()]);
    const found = { transports: [a, b].map((socket) => socket.io.engine.transport.name) };
    found.tags = [a, b].map((socket) => socket.io.engine.id.slice(0, 2));

    const echo = once(a, "echo");
    a.emit("echo", "💬\u2028", { more: [null, 1] });
    found.echo = await echo;

    const large = new Uint8Array(size).map((_, index) => index % 251);
    const bin = once(a, "bin");
    a.emit("bin", { large: large.buffer, name: "bytes" });
    const [{ large: same, name }] = await bin;
    const returned = bytes(same);
    const intact = returned.every((byte, index) => byte === index % 251);
    found.bin = [name, returned.length === size && intact];

    found.acknowledged = await ask(a, "ack-me", "x", [1]);
    a.on("question", (number, answer) => answer(number * 2));
    found.answered = await ask(a, "ask-me", 21);

    // Whoever is on the other server hears nothing of this, so each has a room alone.
    await ask(a, "join", a.id);
    const heard = once(a, "bcast");
    a.emit("bcast", a.id, "to the room");
    found.heard = await heard;

    const shown = once(b, "disconnect");
    b.emit("kick");
    found.shown = await shown.then(([reason]) => reason);
    const left = once(a, "disconnect");
    a.disconnect();
    found.left = await left.then(([reason]) => reason);
    return found;
  } finally {
    sockets.forEach((socket) => socket.disconnect());
  }
}

/** What `converse` finds, apart from transports and tags. */
export const FOUND = {
  echo: ["💬\u2028", { more: [null, 1] }],
  bin: ["bytes", true],
  acknowledged: ["x", [1]],
  answered: [42],
  heard: ["to the room"],
  shown: "io server disconnect",
  left: "io client disconnect",
};
