// The application of a transcript on the reference server: it does as it is told, and notes what it
// is told. tests/socketio_transcripts/application.rs is the same for ours.
//
//   a emit "hello" 1      socket.emit("hello", 1)
//   io to "r1" emit "x"   io.to("r1").emit("x")
//   A: a event "x" 1      its listener was called

import { Words, written } from "./words.mjs";

const ROOM_EVENTS = {
  "create-room": "created",
  "join-room": "joined",
  "leave-room": "left",
  "delete-room": "deleted",
};

/** The name of a socket in a transcript: its client, and its namespace. */
function nameOf(socket) {
  const { client } = socket.handshake.query;
  return socket.nsp.name === "/" ? client : client + socket.nsp.name;
}

/** The rooms of a socket, its own first. */
function roomsOf(socket) {
  const others = [...socket.rooms].filter((room) => room !== socket.id).sort();
  return written(socket.rooms.has(socket.id) ? [socket.id, ...others] : others);
}

export class Application {
  #io;
  #note;
  #sockets = new Map();
  /** What middleware waits for, by the name of the socket that is asked about. */
  #doors = new Map();
  /** The same for events. */
  #events = new Map();
  /** The same for namespaces that are not there. */
  #wanted = new Map();
  #acks = new Map();
  #listeners = new Map();
  #parent;

  constructor(io, note) {
    this.#io = io;
    this.#note = note;
    this.#serve(io.of("/"));
  }

  /** Does what it is told. */
  order(order) {
    const words = new Words(order);
    const subject = words.word();
    if (subject === "io") this.#ofIo(words);
    else if (subject === "parent") this.#ofNamespace(this.#parent, subject, words);
    else if (subject.startsWith("/")) this.#ofNamespace(this.#io.of(subject), subject, words);
    else this.#ofSocket(this.#sockets.get(subject), words);
  }

  /** Hears of whoever connects to a namespace. */
  #serve(namespace) {
    namespace.on("connection", (socket) => {
      const name = nameOf(socket);
      this.#note(`A: ${name} ${socket.recovered ? "connected again" : "connected"}`);
      socket.on("disconnecting", (reason) => {
        this.#note(`A: ${name} disconnecting "${reason}" in${roomsOf(socket)}`);
      });
      socket.on("disconnect", (reason) => {
        this.#note(`A: ${name} disconnected${written([reason])}${roomsOf(socket)}`);
      });
      this.#sockets.set(name, socket);
    });
  }

  #ofIo(words) {
    const verbs = {
      of: () => {
        const [name] = words.texts();
        if (name !== undefined) this.#serve(this.#io.of(name));
        else this.#findParent(words);
      },
      allow: () => this.#wanted.get(words.text())(null, true),
      deny: () => this.#wanted.get(words.text())(null, false),
      namespaces: () => {
        this.#io.on("new_namespace", ({ name }) => this.#note(`A: new namespace "${name}"`));
      },
      close: () => this.#io.close(),
      servers: () => {
        const answered = (_, answers) => this.#note(`A: ${answers.length} servers answered`);
        this.#io.serverSideEmit(words.text(), answered);
      },
    };
    const verb = Object.keys(verbs).find((verb) => words.takes(verb));
    if (verb) verbs[verb]();
    else this.#ofNamespace(this.#io, "io", words);
  }

  /** `io of pattern "^/x"`, or `io of asking`. */
  #findParent(words) {
    const asking = (name, auth, next) => {
      this.#note(`A: asked for "${name}"`);
      this.#wanted.set(name, next);
    };
    const pattern = words.word() === "pattern";
    this.#parent = this.#io.of(pattern ? new RegExp(words.text()) : asking);
    this.#serve(this.#parent);
  }

  #ofNamespace(namespace, subject, words) {
    const verbs = {
      use: () => namespace.use((socket, next) => this.#door(socket, next)),
      connection: () => {
        const order = words.rest;
        namespace.on("connection", (socket) => this.#ofSocket(socket, new Words(order)));
      },
      rooms: () => this.#hearOfRooms(this.#io.of(namespace.name ?? "/"), words.texts()),
    };
    const verb = Object.keys(verbs).find((verb) => words.takes(verb));
    if (verb) verbs[verb]();
    else this.#ofMany(manner(namespace, words), subject, words);
  }

  /** Tells of rooms: of all, if none is named. */
  #hearOfRooms({ adapter }, only) {
    for (const [event, what] of Object.entries(ROOM_EVENTS)) {
      adapter.on(event, (room, id) => {
        if (only.length > 0 && !only.includes(room)) return;
        this.#note(`A: room "${room}" ${what}${id === undefined ? "" : ` "${id}"`}`);
      });
    }
  }

  /** Middleware that waits for an order. */
  #door(socket, next) {
    const name = nameOf(socket);
    this.#note(`A: ${name} wants in`);
    this.#doors.set(name, next);
    this.#sockets.set(name, socket);
  }

  #ofSocket(socket, words) {
    const name = nameOf(socket);
    const verbs = {
      use: () => this.#guardEvents(socket),
      on: () => this.#listen(socket, "on", words),
      once: () => this.#listen(socket, "once", words),
      off: () => {
        const event = words.text();
        socket.off(event, this.#listeners.get(event));
      },
      // The reference does not wait for connection handlers.
      wait: () => {},
      go: () => {},
      next: () => this.#decide(name),
      refuse: () => {
        const [message, data] = words.values();
        this.#decide(name, Object.assign(new Error(message), { data }));
      },
      answer: () => this.#acks.get(name)(...words.values()),
      join: () => socket.join(words.texts()),
      leave: () => socket.leave(words.text()),
      rooms: () => this.#note(`A: ${name} in${roomsOf(socket)}`),
      keep: () => {
        const key = words.text();
        [socket.data[key]] = words.values();
      },
      kept: () => this.#note(`A: ${name} keeps${written([socket.data])}`),
      state: () => {
        this.#note(`A: ${name} is ${socket.connected ? "connected" : "disconnected"}`);
      },
      disconnect: () => socket.disconnect(words.takes("close")),
      disconnecting: () => this.#atEnd(socket, "disconnecting", words.rest),
      disconnected: () => this.#atEnd(socket, "disconnect", words.rest),
    };
    const verb = Object.keys(verbs).find((verb) => words.takes(verb));
    if (verb) verbs[verb]();
    else this.#ofMany(manner(socket, words), name, words);
  }

  #atEnd(socket, event, order) {
    socket.on(event, () => this.#ofSocket(socket, new Words(order)));
  }

  /** `on "x"`, `once "x"`, `on any`, `on outgoing`, `on error`. */
  #listen(socket, verb, words) {
    const name = nameOf(socket);
    const [event] = words.texts();
    if (event === undefined) {
      const tell = (what) => (event, ...args) => {
        const values = args.filter((value) => typeof value !== "function");
        this.#note(`A: ${name} ${what} "${event}"${written(values)}`);
      };
      const kinds = {
        any: () => socket.onAny(tell("any")),
        outgoing: () => socket.onAnyOutgoing(tell("outgoing")),
        error: () => {
          socket.on("error", ({ message }) => this.#note(`A: ${name} error "${message}"`));
        },
      };
      kinds[words.word()]();
      return;
    }
    const listener = (...args) => {
      const ack = typeof args.at(-1) === "function" ? args.pop() : undefined;
      this.#acks.set(name, ack);
      this.#note(`A: ${name} ${ack ? "question" : "event"} "${event}"${written(args)}`);
    };
    socket[verb](event, listener);
    this.#listeners.set(event, listener);
  }

  /** Event middleware that waits for an order. */
  #guardEvents(socket) {
    const name = nameOf(socket);
    socket.use(([event, ...args], next) => {
      const values = args.filter((value) => typeof value !== "function");
      this.#note(`A: ${name} asked about "${event}"${written(values)}`);
      this.#events.set(name, next);
    });
  }

  /** What somebody waits for at the door, or with an event. */
  #decide(name, error) {
    const waiting = this.#doors.has(name) ? this.#doors : this.#events;
    const next = waiting.get(name);
    waiting.delete(name);
    next(error);
  }

  /** What is said: to one socket or to many. */
  #ofMany({ target, many, timed }, subject, words) {
    const answered = (error, values) => {
      if (many) {
        this.#note(`A: ${subject} answered by ${error ? "some" : "all"}${written(values)}`);
      } else {
        this.#note(`A: ${subject} answered${error ? " nothing in time" : written(values)}`);
      }
    };
    const callback = {
      many: answered,
      one: (error, ...values) => answered(error, values),
      untimed: (...values) => answered(null, values),
    }[many ? "many" : timed ? "one" : "untimed"];
    const verbs = {
      emit: () => target.emit(words.text(), ...words.values()),
      ask: () => target.emit(words.text(), ...words.values(), callback),
      join: () => target.socketsJoin(words.texts()),
      leave: () => target.socketsLeave(words.texts()),
      disconnect: () => target.disconnectSockets(words.takes("close")),
      fetch: async () => {
        for (const { id, handshake } of await target.fetchSockets()) {
          this.#note(`A: fetched "${id}" who said${written([handshake.auth])}`);
        }
      },
    };
    verbs[words.word()]();
  }
}

/** What stands in front of the verb, done to a socket or a namespace. */
function manner(subject, words) {
  let target = subject;
  let [many, timed] = [typeof subject.use !== "function" || !("handshake" in subject), false];
  for (;;) {
    if (words.takes("to")) target = words.texts().reduce((it, room) => it.to(room), target);
    else if (words.takes("except")) {
      target = words.texts().reduce((it, room) => it.except(room), target);
    } else if (words.takes("broadcast")) target = target.broadcast;
    else if (words.takes("local")) target = target.local;
    else if (words.takes("uncompressed")) {
      target = target.compress(false);
      continue;
    } else if (words.takes("volatile")) {
      target = target.volatile;
      continue;
    } else if (words.takes("timeout")) {
      timed = true;
      target = target.timeout(1000 * Number.parseInt(words.word()));
      continue;
    } else return { target, many, timed };
    many = true;
  }
}
