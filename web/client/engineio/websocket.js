// WebSocket: one connection, one packet to a frame.
//
//   GET /socket.io/?EIO=4&transport=websocket   Upgrade: websocket
//   101
//   ◄ 0{"sid":"…",…}      (or, with a sid in the URL: an upgrade, see upgrade.js)
//   ► 42["hello"]
//   ► <01 02 03>          bytes go as they are
//
// Shell file. Spec: Engine.IO v4, "WebSocket".
// On the server: src/engineio/websocket.rs.

import { decodeFrame, encodeFrame } from "./packet.js";

/** A transport over WebSocket; its hooks are those of Polling, and `opened()`. */
export class WebSocketTransport {
  name = "websocket";
  #url;
  #implementation;
  #socket = null;
  #closed = false;

  /** `implementation` is a class like the browser's WebSocket. */
  constructor(address, implementation, hooks) {
    this.#url = address.websocket();
    this.#implementation = implementation;
    this.hooks = hooks;
  }

  /** Whether frames can go out right now. */
  get writable() {
    return !this.#closed && this.#socket?.readyState === 1;
  }

  /** Connects. */
  open() {
    const Implementation = this.#implementation;
    try {
      this.#socket = new Implementation(this.#url);
    } catch (error) {
      queueMicrotask(() => this.#end("transport error", error));
      return;
    }
    this.#socket.binaryType = "arraybuffer";
    this.#socket.onopen = () => this.hooks.opened?.();
    this.#socket.onmessage = (event) => this.#receive(event.data);
    this.#socket.onerror = (event) => {
      // Browsers keep the cause of a failed WebSocket to themselves.
      this.#end("transport error", new Error(event.message || "the WebSocket failed"));
    };
    this.#socket.onclose = ({ code, reason }) => {
      const because = reason ? `${code}, ${reason}` : `${code}`;
      const details = new Error(`the WebSocket was closed: ${because}`);
      this.#end("transport close", Object.assign(details, { code, closeReason: reason }));
    };
  }

  /** Sends each packet in a frame of its own. Only to be called while `writable`. */
  send(packets) {
    for (const packet of packets) this.#socket.send(encodeFrame(packet));
    this.hooks.drained();
  }

  /** Closes; what was sent before still goes out. */
  close() {
    this.#closed = true;
    this.#socket?.close();
  }

  /** A close frame costs nothing, so there is no other way to stop. */
  discard() {
    this.close();
  }

  #receive(frame) {
    if (this.#closed) return;
    let packet;
    try {
      packet = decodeFrame(frame);
    } catch (error) {
      this.#socket.close();
      this.#end("parse error", error);
      return;
    }
    this.hooks.packet(packet);
  }

  #end(reason, details) {
    if (this.#closed) return;
    this.#closed = true;
    this.hooks.closed(reason, details);
  }
}
