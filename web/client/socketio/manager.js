// A manager: one session, opened again whenever it is lost, and the namespaces on it.
//
//                  ┌── socket "/"
//   session ── manager ── socket "/admin"
//                  └── socket "/news"
//
//   closed ── open() ──► opening ── handshake ──► open
//     ▲                     │                      │
//     │ no more attempts    ▼ failed               │ lost
//     └────────────────── waiting ◄────────────────┘
//                           │ time is up: opening
//
// [SIO5-CONNECT-5] "A client MAY be connected to multiple namespaces at the same time, with
// the same underlying WebSocket connection."
//
// Shell file. Spec: Socket.IO v5, "Exchange protocol". On the server: src/socketio/client.rs.

import { Session } from "../engineio/session.js";
import { callSafely, Emitter } from "../emitter.js";
import { Assembler } from "./assemble.js";
import { Backoff } from "./reconnect.js";
import { Socket } from "./socket.js";

/** The options and their values when nothing is said. Times are in milliseconds. */
export const DEFAULTS = Object.freeze({
  path: "/socket.io/",
  query: {},
  auth: undefined,
  transports: ["polling", "websocket"],
  upgrade: true,
  autoConnect: true,
  reconnection: true,
  reconnectionAttempts: Infinity,
  reconnectionDelay: 1000,
  reconnectionDelayMax: 5000,
  randomizationFactor: 0.5,
  timeout: 20_000,
  withCredentials: false,
  extraHeaders: {},
  WebSocket: undefined,
  // Events that may wait for a connection, per socket; one more and `emit` throws.
  maxBuffered: 10_000,
});

/**
 * Events: `open`, `error(error)`, `close(reason, details)`, `ping`, `reconnect(attempt)`,
 * `reconnect_attempt(attempt)`, `reconnect_error(error)`, `reconnect_failed`.
 */
export class Manager extends Emitter {
  /** The session now, or the last one. */
  engine = null;

  /** closed, opening, open, waiting. */
  state = "closed";

  /** The options; a change counts from the next session on. */
  opts;

  #origin;
  #sockets = new Map();
  #backoff;
  #assembler = null;
  #listeners = [];
  #timer;
  #lookOut = true;

  /** `url` is http(s):// or ws(s)://host[:port]. */
  constructor(url, options = {}) {
    super();
    if (typeof url === "object") [url, options] = [undefined, url];
    const WebSocket = options.WebSocket ?? globalThis.WebSocket;
    this.opts = { ...DEFAULTS, ...options, WebSocket };
    this.#origin = originOf(url);
    this.#backoff = new Backoff(this.opts);
    if (this.opts.autoConnect) this.open();
  }

  /** The socket of a namespace; the same one each time. */
  socket(namespace = "/", { auth = this.opts.auth } = {}) {
    let socket = this.#sockets.get(namespace);
    if (!socket) {
      socket = new Socket(this, namespace, { auth, maxBuffered: this.opts.maxBuffered });
      this.#sockets.set(namespace, socket);
    }
    if (this.opts.autoConnect) socket.connect();
    return socket;
  }

  /** Opens the session, and tells `callback(error)` how that went. */
  open(callback) {
    if (this.state === "open" || this.state === "opening") return this;
    clearTimeout(this.#timer);
    this.#lookOut = true;
    this.#attempt(false, callback);
    return this;
  }

  connect(callback) {
    return this.open(callback);
  }

  /** Whether a socket of this name exists already. */
  has(namespace) {
    return this.#sockets.has(namespace);
  }

  /** Leaves every namespace and ends the session; nothing is tried again. */
  close() {
    this.#lookOut = false;
    clearTimeout(this.#timer);
    if (this.state === "open") {
      this.#lost("forced close");
    } else {
      this.state = "closed";
      if (this.engine) this.#forget(this.engine).close();
    }
  }

  disconnect() {
    this.close();
  }

  _join(socket) {
    if (this.state === "open") socket._opened();
    else if (this.state === "closed") this.open();
  }

  /**
   * The last one to leave turns off the light. [SIO5-DISCONNECT-1] "The low-level connection
   * MAY be kept alive if the client is connected to another namespace."
   */
  _leave() {
    for (const socket of this.#sockets.values()) if (socket.active) return;
    this.close();
  }

  #attempt(again, callback) {
    this.state = "opening";
    let session;
    try {
      session = new Session(this.#origin, this.opts);
    } catch (error) {
      this.engine = null;
      this.#timer = setTimeout(() => this.#failed(error, again, callback));
      return;
    }
    this.engine = session;
    this.#timer = setTimeout(() => {
      this.#forget(session).close();
      this.#failed(new Error("timeout"), again, callback);
    }, this.opts.timeout);
    this.#listen(session, {
      open: () => this.#opened(again, callback),
      message: (message) => this.#receive(message),
      ping: () => this.deliver("ping"),
      close: (reason, details) => {
        if (this.state === "open") this.#lost(reason, details);
        else this.#failed(details ?? new Error(reason), again, callback);
      },
    });
    session.open();
  }

  #opened(again, callback) {
    clearTimeout(this.#timer);
    this.state = "open";
    this.#assembler = new Assembler();
    const attempts = this.#backoff.attempts;
    this.#backoff.reset();
    this.deliver("open");
    for (const socket of this.#activeSockets()) socket._opened();
    if (callback) callSafely(callback, undefined, []);
    if (again) this.deliver("reconnect", attempts);
  }

  #failed(error, again, callback) {
    clearTimeout(this.#timer);
    this.state = "closed";
    this.deliver("error", error);
    for (const socket of this.#activeSockets()) socket._failed(error);
    if (callback) callSafely(callback, undefined, [error]);
    if (again) this.deliver("reconnect_error", error);
    // Who opened with a callback decides alone what to do next.
    if (!callback) this.#wait();
  }

  #lost(reason, details) {
    this.state = "closed";
    this.#forget(this.engine).close();
    this.deliver("close", reason, details);
    for (const socket of this.#activeSockets()) socket._closed(reason, details);
    this.#wait();
  }

  /** Waits for the next attempt, if there is to be one. */
  #wait() {
    const { reconnection, reconnectionAttempts } = this.opts;
    if (!reconnection || !this.#lookOut || this.state !== "closed") return;
    if (this.#backoff.attempts >= reconnectionAttempts) {
      this.#backoff.reset();
      this.deliver("reconnect_failed");
      return;
    }
    this.state = "waiting";
    this.#timer = setTimeout(() => {
      this.deliver("reconnect_attempt", this.#backoff.attempts);
      // A listener may have closed the manager, or opened it itself.
      if (this.state === "waiting") this.#attempt(true);
    }, this.#backoff.next());
  }

  #receive(message) {
    try {
      const packet = this.#assembler.add(message);
      if (packet) this.#sockets.get(packet.namespace)?._receive(packet);
    } catch (error) {
      // [SIO5-EVENT-2] "If that's not the case, then the receiver MUST close the connection."
      this.#lost("parse error", error);
    }
  }

  #activeSockets() {
    return [...this.#sockets.values()].filter((socket) => socket.active);
  }

  #listen(session, listeners) {
    this.#listeners = Object.entries(listeners);
    for (const [event, listener] of this.#listeners) session.on(event, listener);
  }

  /** Nothing that this session still has to say concerns us. */
  #forget(session) {
    for (const [event, listener] of this.#listeners) session.off(event, listener);
    return session;
  }
}

/** http://host:port of a URL. Without one it is the page's; ws stands for http, wss for https. */
function originOf(url) {
  const { protocol, host } = new URL(url ?? globalThis.location?.origin ?? "http://localhost");
  return `${protocol.replace(/^ws/, "http")}//${host}`;
}
