// A session: one client at the Engine.IO level, whatever carries it.
//
//   opening ── 0{"sid":…} ──► open ── close() ──► closing ── outbox is empty ──► closed
//      └──────────────────────┴─── the transport ends, silence ──┴─────────────────▲
//
// The session owns what is to be sent (the outbox) and the transport; the transport
// changes at most once, by an upgrade.
//
// Shell file. Spec: Engine.IO v4, "Protocol". On the server: src/engineio/session.rs.

import { Emitter } from "../emitter.js";
import { Address } from "./address.js";
import { Heartbeat } from "./heartbeat.js";
import { readOpen } from "./open.js";
import { EIO } from "./packet.js";
import { howManyFit } from "./payload.js";
import { Polling } from "./polling.js";
import { Upgrade } from "./upgrade.js";
import { WebSocketTransport } from "./websocket.js";

/**
 * Events: `open`, `message(data)`, `ping`, `upgrade(transport)`, `upgradeError(error)`,
 * `close(reason, details)`. The close comes once, and nothing after it.
 */
export class Session extends Emitter {
  /** The session id, once the server has said it. */
  id = null;

  /** What carries the session now; `transport.name` is `polling` or `websocket`. */
  transport;

  /** opening, open, closing, closed. */
  readyState = "opening";

  /** When the server was last heard, in milliseconds since 1970. */
  lastHeard = 0;

  #address;
  #options;
  #outbox = [];
  #maxPayload = Infinity;
  #heartbeat = null;
  #upgrade = null;

  /** Nothing happens before `open`. */
  constructor(origin, options) {
    super();
    this.#options = options;
    this.#address = new Address(origin, options.path, options.query);
    const [first] = options.transports;
    if (first === "websocket") this.transport = this.#webSocket();
    else this.transport = new Polling(this.#address, options, null);
    this.transport.hooks = this.#hooks();
  }

  /** Begins the handshake. */
  open() {
    this.transport.open();
  }

  /** Sends messages: texts or bytes, side by side and in order. There must be a session. */
  send(...messages) {
    if (this.readyState !== "open") return;
    for (const data of messages) this.#outbox.push({ type: EIO.MESSAGE, data });
    this.#flush();
  }

  /** Whether something sent now would leave now; volatile events ask. */
  get writable() {
    return this.readyState === "open" && this.#outbox.length === 0 && this.transport.writable;
  }

  /**
   * Whether the server has been silent for too long; then the session ends, once the
   * caller is done.
   */
  expired() {
    if (this.readyState !== "open" || !this.#heartbeat.expired()) return false;
    queueMicrotask(() => this.#silence());
    return true;
  }

  /** Sends what is left, says goodbye and ends. */
  close() {
    if (this.readyState === "opening") {
      this.transport.discard();
      this.#end("forced close");
    } else if (this.readyState === "open") {
      this.readyState = "closing";
      this.#upgrade?.abandon();
      this.#closeIfDone();
    }
  }

  #hooks() {
    return {
      packet: (packet) => this.#receive(packet),
      drained: () => {
        // A POST that was answered has arrived; a frame that was sent may not have.
        if (this.transport.name === "polling") this.lastHeard = Date.now();
        this.#flush();
        this.#closeIfDone();
      },
      closed: (reason, details) => this.#end(reason, details),
    };
  }

  #receive(packet) {
    if (this.readyState === "closed") return;
    this.lastHeard = Date.now();
    switch (packet.type) {
      case EIO.OPEN:
        if (this.readyState === "opening") this.#begin(packet.data);
        break;
      case EIO.PING:
        this.#answerPing();
        break;
      case EIO.MESSAGE:
        if (this.readyState === "open") this.deliver("message", packet.data);
        break;
      case EIO.CLOSE:
        this.transport.discard();
        this.#end("transport close", new Error("the server closed the session"));
        break;
      default: // `6` only lets a GET return; `3` and `5` are not for a client.
    }
  }

  #begin(data) {
    let open;
    try {
      open = readOpen(data);
    } catch (error) {
      this.transport.discard();
      this.#end("parse error", error);
      return;
    }
    this.id = open.sid;
    this.#address.sid = open.sid;
    this.#maxPayload = open.maxPayload;
    this.#heartbeat = new Heartbeat(open, () => this.#silence());
    this.readyState = "open";
    this.deliver("open");
    this.#flush();
    this.#maybeUpgrade(open.upgrades);
  }

  /**
   * [EIO4-UPGRADE-1] "By default, the client SHOULD create an HTTP long-polling connection,
   * and then upgrade to better transports if available."
   *
   * One attempt and no other: [EIO4-WS-2] "A client MUST NOT open more than one WebSocket
   * connection per session."
   */
  #maybeUpgrade(offered) {
    const { upgrade, transports } = this.#options;
    if (this.readyState !== "open" || this.transport.name !== "polling") return;
    if (!upgrade || !transports.includes("websocket") || !offered.includes("websocket")) return;
    if (!this.#options.WebSocket) return;
    this.#upgrade = new Upgrade(this.transport, this.#webSocket(), {
      done: (transport) => {
        this.#upgrade = null;
        this.transport = transport;
        transport.hooks = this.#hooks();
        this.deliver("upgrade", transport);
        this.#flush();
      },
      failed: (error) => {
        this.#upgrade = null;
        this.deliver("upgradeError", error);
      },
    });
  }

  #webSocket() {
    const { WebSocket: implementation } = this.#options;
    if (!implementation) throw new Error("there is no WebSocket here: give the option `WebSocket`");
    return new WebSocketTransport(this.#address, implementation, null);
  }

  #answerPing() {
    if (this.readyState === "opening") return;
    this.#heartbeat.beat();
    // In front of everything else: a pong that waits behind our own data comes too late.
    this.#outbox.unshift({ type: EIO.PONG });
    this.#flush();
    this.deliver("ping");
  }

  #flush() {
    if (this.readyState !== "open" && this.readyState !== "closing") return;
    if (this.#outbox.length === 0 || !this.transport.writable) return;
    const polling = this.transport.name === "polling";
    const count = polling ? howManyFit(this.#outbox, this.#maxPayload) : this.#outbox.length;
    this.transport.send(this.#outbox.splice(0, count));
  }

  #closeIfDone() {
    if (this.readyState !== "closing" || this.#outbox.length > 0) return;
    if (!this.transport.writable) return;
    this.transport.close();
    this.#end("forced close");
  }

  /**
   * [EIO4-HEARTBEAT-2] "If the client does not receive a `ping` packet within `pingInterval +
   * pingTimeout`, then it SHOULD consider that the connection is closed."
   */
  #silence() {
    if (this.readyState === "closed") return;
    this.transport.discard();
    this.#end("ping timeout", new Error("the server has stopped pinging"));
  }

  #end(reason, details) {
    if (this.readyState === "closed") return;
    this.readyState = "closed";
    this.#heartbeat?.stop();
    this.#upgrade?.abandon();
    this.#upgrade = null;
    this.#outbox = [];
    this.deliver("close", reason, details);
  }
}
