// A socket: this client in one namespace.
//
//   connect()    ► 0/admin,{"token":"…"}        may I?
//                ◄ 0/admin,{"sid":"oSO0…"}      `connect`
//                ◄ 4/admin,{"message":"No"}     or `connect_error`
//   emit("foo")  ► 2/admin,["foo"]
//                ◄ 2/admin,["bar"]              listeners of `bar`
//   disconnect() ► 1/admin,                     `disconnect`
//
// What is emitted while the socket is not connected waits, and goes out on `connect`.
//
// Shell file. Spec: Socket.IO v5, "Exchange protocol". On the server: src/socketio/socket.rs.

import { callSafely, Emitter } from "../emitter.js";
import { Acks } from "./acks.js";
import { encodePacket } from "./encode.js";
import { RESERVED_EVENTS, SIO } from "./packet.js";

/** A place between the application and one namespace; made by `io(url)` or `manager.socket`. */
export class Socket extends Emitter {
  /** The manager of the connection, which other namespaces may share. */
  io;

  /** Whether the namespace has let us in. */
  connected = false;

  /** Our public id in this namespace while connected. */
  id = undefined;

  /** The name of the namespace. */
  nsp;

  /** What CONNECT carries: an object, or a function that gets a callback for one. */
  auth;

  #limit;
  #active = false;
  #acks = new Acks();
  #flags = {};
  #unsent = [];
  #unheard = [];
  #anyIn = [];
  #anyOut = [];

  constructor(manager, namespace, { auth, maxBuffered }) {
    super();
    this.io = manager;
    this.nsp = namespace;
    this.auth = auth;
    this.#limit = maxBuffered;
  }

  get disconnected() {
    return !this.connected;
  }

  /** Whether the socket is connected or will try again by itself. */
  get active() {
    return this.#active;
  }

  /** Asks the namespace to let us in, now or as soon as there is a session. */
  connect() {
    if (this.#active) return this;
    this.#active = true;
    this.io._join(this);
    return this;
  }

  open() {
    return this.connect();
  }

  /** Leaves the namespace, and stays away until `connect`. */
  disconnect() {
    const wasConnected = this.connected;
    if (wasConnected) this.#send({ type: SIO.DISCONNECT });
    this.#leave();
    if (wasConnected) this.#lost("io client disconnect");
    return this;
  }

  close() {
    return this.disconnect();
  }

  /**
   * Sends an event. A function as the last argument asks for an acknowledgement.
   *
   * [SIO5-ACK-1] "The sender MAY include an event ID in order to request an acknowledgement
   * from the receiver."
   */
  emit(event, ...args) {
    const { volatile, ...flags } = this.#flags;
    this.#flags = {};
    if (RESERVED_EVENTS.includes(event)) {
      throw new Error(`"${event}" is a reserved event name`);
    }
    const callback = typeof args.at(-1) === "function" ? args.pop() : undefined;
    const id = callback && this.#acks.next;
    const data = [event, ...args];
    // Encoded now, even if it leaves later: what the application does to `args` in the
    // meantime changes nothing, and what cannot be encoded throws here.
    const messages = encodePacket({ type: SIO.EVENT, namespace: this.nsp, id, data });
    const ready = this.connected && !this.io.engine.expired();
    if (!ready && !volatile && this.#unsent.length >= this.#limit) {
      throw new RangeError(`${this.#limit} events wait for the connection already`);
    }
    if (callback) this.#expect(callback, flags);
    if (!ready && !volatile) this.#unsent.push({ id, data, messages });
    if (ready && (!volatile || this.io.engine.writable)) this.#sendEvent({ data, messages });
    return this;
  }

  /** Sends an event; the promise is kept with what the server acknowledges it with. */
  emitWithAck(event, ...args) {
    this.#flags.fails = true;
    return new Promise((resolve, reject) => {
      this.emit(event, ...args, (error, answer) => (error ? reject(error) : resolve(answer)));
    });
  }

  /** Sends the event `message`. */
  send(...args) {
    return this.emit("message", ...args);
  }

  /** The next emit gets an error if it is not acknowledged within `milliseconds`. */
  timeout(milliseconds) {
    this.#flags.timeout = milliseconds;
    return this;
  }

  /** The next emit is dropped if it cannot leave at once. */
  get volatile() {
    this.#flags.volatile = true;
    return this;
  }

  /** `listener(event, ...args)` is called for everything that arrives, before the others. */
  onAny(listener) {
    this.#anyIn = [...this.#anyIn, listener];
    return this;
  }

  prependAny(listener) {
    this.#anyIn = [listener, ...this.#anyIn];
    return this;
  }

  offAny(listener) {
    this.#anyIn = without(this.#anyIn, listener);
    return this;
  }

  listenersAny() {
    return [...this.#anyIn];
  }

  /** `listener(event, ...args)` is called for every event that is sent. */
  onAnyOutgoing(listener) {
    this.#anyOut = [...this.#anyOut, listener];
    return this;
  }

  prependAnyOutgoing(listener) {
    this.#anyOut = [listener, ...this.#anyOut];
    return this;
  }

  offAnyOutgoing(listener) {
    this.#anyOut = without(this.#anyOut, listener);
    return this;
  }

  listenersAnyOutgoing() {
    return [...this.#anyOut];
  }

  /**
   * The manager has a session. [SIO5-CONNECT-1] "At the beginning of a Socket.IO session, the
   * client MUST send a `CONNECT` packet."
   */
  _opened() {
    const session = this.io.engine;
    let asked = false;
    const join = (data) => {
      // The function may have taken its time, or call back twice.
      if (asked || session !== this.io.engine || !this.#active) return;
      asked = true;
      this.#send({ type: SIO.CONNECT, data });
    };
    if (typeof this.auth === "function") callSafely(this.auth, undefined, [join]);
    else join(this.auth);
  }

  /** The manager has no session: this attempt failed. */
  _failed(error) {
    if (!this.connected) this.deliver("connect_error", error);
  }

  /** The manager's session is over. */
  _closed(reason, details) {
    if (this.connected) this.#lost(reason, details);
    else this.deliver("connect_error", Object.assign(new Error(reason), { details }));
  }

  /** A packet for this namespace. */
  _receive(packet) {
    switch (packet.type) {
      case SIO.CONNECT:
        this.#joined(packet.data);
        break;
      case SIO.EVENT:
        if (this.connected) this.#event(packet);
        else this.#keep(packet);
        break;
      case SIO.ACK:
        this.#acks.answer(packet.id, packet.data);
        break;
      case SIO.DISCONNECT:
        this.#leave();
        this.#lost("io server disconnect");
        break;
      default:
        this.#refused(packet.data);
    }
  }

  #joined(data) {
    if (typeof data?.sid !== "string") {
      const error = "the server let us in without an id: does it speak Socket.IO 2 or older?";
      this.#leave();
      this.deliver("connect_error", new Error(error));
      return;
    }
    if (this.connected) return;
    this.id = data.sid;
    this.connected = true;
    const unheard = this.#unheard;
    this.#unheard = [];
    // A listener may disconnect: then nobody is told any more, and what is unsent waits on.
    for (const packet of unheard) if (this.connected) this.#event(packet);
    while (this.connected && this.#unsent.length > 0) this.#sendEvent(this.#unsent.shift());
    if (this.connected) this.deliver("connect");
  }

  #refused(data) {
    this.#leave();
    const error = new Error(data?.message ?? String(data));
    error.data = data?.data;
    this.deliver("connect_error", error);
  }

  #leave() {
    this.#active = false;
    this.#unheard = [];
    this.io._leave(this);
  }

  #lost(reason, details) {
    this.connected = false;
    this.id = undefined;
    this.#unheard = [];
    const waiting = new Set(this.#unsent.map((packet) => packet.id));
    this.#acks.failAll(new Error("the socket was disconnected"), waiting);
    this.deliver("disconnect", reason, details);
  }

  #event(packet) {
    const args = [...packet.data];
    for (const listener of this.#anyIn) callSafely(listener, this, args);
    if (packet.id !== undefined) args.push(this.#answerTo(packet.id));
    this.deliver(...args);
  }

  /** [SIO5-ACK-2] "The receiver MUST respond with an `ACK` packet with the same event ID." */
  #answerTo(id) {
    const asker = this.id;
    let answered = false;
    return (...args) => {
      // After a reconnection the same number is somebody else's question.
      if (answered || asker !== this.id) return;
      answered = true;
      this.#send({ type: SIO.ACK, id, data: args });
    };
  }

  /** Events may come before the answer to CONNECT; they are delivered before `connect`. */
  #keep(packet) {
    if (this.#unheard.length >= this.#limit) {
      throw new RangeError(`${this.#limit} events came before the answer to CONNECT`);
    }
    this.#unheard.push(packet);
  }

  #expect(callback, { timeout, fails = timeout !== undefined }) {
    if (timeout === undefined) {
      this.#acks.expect(callback, { fails });
      return;
    }
    const timer = setTimeout(() => {
      this.#unsent = this.#unsent.filter((packet) => packet.id !== id);
      this.#acks.fail(id, new Error("operation has timed out"));
    }, timeout);
    const id = this.#acks.expect(callback, { fails, timer });
  }

  #sendEvent({ data, messages }) {
    for (const listener of this.#anyOut) callSafely(listener, this, data);
    this.io.engine.send(...messages);
  }

  #send(packet) {
    this.io.engine?.send(...encodePacket({ ...packet, namespace: this.nsp }));
  }
}

function without(listeners, listener) {
  return listener === undefined ? [] : listeners.filter((one) => one !== listener);
}
