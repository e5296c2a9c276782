// HTTP long-polling: one GET that waits, and a POST now and then.
//
//   GET  ────────────────── waits ──────────────► 200 2␞42["hi"]
//   GET  ────────────────── waits ───── …
//            POST 3␞42["hello"] ► 200 ok
//            POST 42["world"]   ► 200 ok
//
// What order there is comes from never having two of a kind at once:
//
// [EIO4-POLLING-11] "To ensure packet ordering, a client MUST NOT have more than one active
// `GET` request." [EIO4-POLLING-5] The same for `POST`.
//
// Shell file. Spec: Engine.IO v4, "HTTP long-polling".
// On the server: src/engineio/http.rs, src/engineio/session/requests.rs.

import { EIO } from "./packet.js";
import { decodePayload, encodePayload } from "./payload.js";

/** How many milliseconds a goodbye may take. */
const GOODBYE = 5000;

/**
 * A transport over fetch. Like every transport here it has `name`, `open`, `writable`,
 * `send`, `close` and `discard`, and tells its `hooks`:
 *
 * | Hook                      | When                                        |
 * |---------------------------|---------------------------------------------|
 * | `packet(packet)`          | the server said something                   |
 * | `drained()`               | what was given to `send` is out             |
 * | `closed(reason, details)` | it ended by itself; nothing comes after     |
 */
export class Polling {
  name = "polling";
  #address;
  #settings;
  #abort = new AbortController();
  #state = "open";
  #getting = false;
  #posting = false;
  #whenQuiet = null;

  /** `settings` are `withCredentials` and `extraHeaders`. */
  constructor(address, settings, hooks) {
    this.#address = address;
    this.#settings = settings;
    this.hooks = hooks;
  }

  /** Whether packets can go out right now: "not more than one active `POST`". */
  get writable() {
    return this.#state === "open" && !this.#posting && this.#address.sid !== null;
  }

  /**
   * Starts to poll. [EIO4-HANDSHAKE-1] "To establish a connection, the client MUST send an
   * HTTP `GET` request to the server." It has no `sid` yet, and its answer is the handshake.
   */
  open() {
    this.#poll();
  }

  /**
   * [EIO4-POLLING-2] "To send some packets, a client MUST create an HTTP `POST` request with
   * the packets encoded in the request body." Only to be called while `writable`.
   */
  async send(packets) {
    this.#posting = true;
    const done = await this.#attempt(async () => {
      await this.#request("POST", await encodePayload(packets));
    });
    this.#posting = false;
    if (!done) return;
    this.#settle();
    this.hooks.drained();
  }

  /**
   * Lets the GET and the POST that are under way end, begins no other, and then calls
   * `quiet`. Nothing is cut off, so nothing is lost.
   */
  pause(quiet) {
    this.#state = "paused";
    this.#whenQuiet = quiet;
    this.#settle();
  }

  /** The upgrade came to nothing: goes on as if there had been no pause. */
  resume() {
    if (this.#state !== "paused") return;
    this.#state = "open";
    this.#whenQuiet = null;
    if (!this.#getting) this.#poll();
    this.hooks.drained();
  }

  /** Says goodbye and stops. Only to be called while `writable`. */
  async close() {
    this.#state = "closed";
    // The waiting GET is cut off only after the goodbye has been heard: a server takes a
    // GET that breaks off for the loss of the client.
    const patience = setTimeout(() => this.discard(), GOODBYE);
    await this.#request("POST", EIO.CLOSE).catch(() => {});
    clearTimeout(patience);
    this.discard();
  }

  /** Stops without a word, since nobody would hear it. */
  discard() {
    this.#state = "closed";
    this.#abort.abort();
  }

  /** [EIO4-POLLING-7] "To receive some packets, a client MUST create an HTTP `GET` request." */
  async #poll() {
    this.#getting = true;
    while (this.#state === "open") {
      const done = await this.#attempt(async () => this.#receive(await this.#request("GET")));
      if (!done) return;
    }
    this.#getting = false;
    this.#settle();
  }

  #receive(body) {
    for (const packet of decodeOrBlame(body)) {
      if (this.#state === "closed") return;
      this.hooks.packet(packet);
    }
  }

  #settle() {
    if (this.#state !== "paused" || this.#getting || this.#posting) return;
    const quiet = this.#whenQuiet;
    this.#whenQuiet = null;
    quiet?.();
  }

  /** Does a step, or ends the transport with what went wrong. Answers whether to go on. */
  async #attempt(step) {
    try {
      await step();
    } catch (error) {
      if (this.#state === "closed") return false;
      this.discard();
      this.hooks.closed(error.reason ?? "transport error", error);
    }
    return this.#state !== "closed";
  }

  async #request(method, body) {
    const response = await fetch(this.#address.http(), {
      method,
      body,
      cache: "no-store",
      credentials: this.#settings.withCredentials ? "include" : "same-origin",
      headers: {
        ...(body === undefined ? {} : { "Content-Type": "text/plain;charset=UTF-8" }),
        ...this.#settings.extraHeaders,
      },
      signal: this.#abort.signal,
    });
    const text = await response.text();
    if (response.ok) return text;
    const problem = new Error(`${method} was answered ${response.status}: ${explain(text)}`);
    throw Object.assign(problem, { status: response.status, body: text });
  }
}

function* decodeOrBlame(body) {
  try {
    yield* decodePayload(body);
  } catch (error) {
    throw Object.assign(error, { reason: "parse error" });
  }
}

/** What a refusal says: `{"code":1,"message":"Session ID unknown","hint":"…"}`. */
function explain(body) {
  try {
    const { message, hint } = JSON.parse(body);
    return [message, hint].filter((part) => typeof part === "string").join(". ") || "no reason";
  } catch {
    return body.slice(0, 200) || "no reason";
  }
}
