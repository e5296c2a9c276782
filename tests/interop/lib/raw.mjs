// HTTP as bytes: a TCP connection that sends what a test wrote, and reads what comes back.
//
//   ──►  POST /socket.io/?EIO=4&transport=polling&sid=… HTTP/1.1⏎ Host: x⏎ Content-Length: 2⏎⏎ 40
//   ◄──  HTTP/1.1 200 OK⏎ content-length: 2⏎⏎ ok
//
// An ordinary HTTP client is too polite for these tests: it would add the missing `Host`, drop the
// second one, follow its own ideas about connections, and never send half a request.

import { once } from "node:events";
import { connect } from "node:net";

import { PATIENCE, within } from "./deadline.mjs";
import { atEnd } from "./ends.mjs";

const END_OF_HEAD = "\r\n\r\n";

/** One TCP connection to `127.0.0.1:port`; `t`, if given, closes it at its end. */
export class Wire {
  #socket;
  #buffer = Buffer.alloc(0);
  #wake = () => {};
  #ended = false;

  constructor(t, port) {
    this.#socket = connect(port, "127.0.0.1");
    this.#socket.setNoDelay(true);
    this.#socket.on("data", (bytes) => {
      this.#buffer = Buffer.concat([this.#buffer, bytes]);
      this.#wake();
    });
    const end = () => {
      this.#ended = true;
      this.#wake();
    };
    // A reset is an end like any other: the tests ask what was answered before it.
    this.#socket.on("end", end).on("close", end).on("error", end);
    if (t) atEnd(t, () => this.destroy());
  }

  destroy() {
    this.#socket.destroy();
  }

  send(bytes) {
    this.#socket.write(bytes);
    return this;
  }

  /** Resolves once it is connected: the local port, and the stream, which counts its bytes. */
  async connected() {
    if (this.#socket.connecting) {
      await within(PATIENCE, "a connection", once(this.#socket, "connect"));
    }
    return { port: this.#socket.localPort, stream: this.#socket };
  }

  /** The next whole response. `method` is that of the request: HEAD has no body. */
  async response(method = "GET", milliseconds = PATIENCE) {
    return within(milliseconds, "a response", this.#response(method));
  }

  /** Resolves when the server has closed the connection. */
  async closed(milliseconds = PATIENCE) {
    return within(milliseconds, "the connection to be closed", this.#until(() => this.#ended));
  }

  async #until(holds) {
    while (!holds()) await new Promise((resolve) => (this.#wake = resolve));
  }

  async #atLeast(count) {
    await this.#until(() => this.#buffer.length >= count || this.#ended);
    if (this.#buffer.length < count) throw new Error(`closed after: ${this.#buffer}`);
  }

  async #line(separator) {
    await this.#until(() => this.#buffer.includes(separator) || this.#ended);
    const end = this.#buffer.indexOf(separator);
    if (end < 0) throw new Error(`closed after: ${this.#buffer}`);
    const line = this.#take(end).toString("latin1");
    this.#take(separator.length);
    return line;
  }

  #take(count) {
    const bytes = this.#buffer.subarray(0, count);
    this.#buffer = this.#buffer.subarray(count);
    return bytes;
  }

  async #response(method) {
    const [first, ...lines] = (await this.#line(END_OF_HEAD)).split("\r\n");
    const status = Number(first.split(" ")[1]);
    const headers = new Headers();
    for (const line of lines) {
      const colon = line.indexOf(":");
      headers.append(line.slice(0, colon), line.slice(colon + 1).trim());
    }
    const body = await this.#body(method, status, headers);
    return { status, headers, body: body.toString("utf8") };
  }

  async #body(method, status, headers) {
    const bodiless = method === "HEAD" || status < 200 || status === 204 || status === 304;
    if (bodiless) return Buffer.alloc(0);
    if (headers.get("transfer-encoding") === "chunked") return this.#chunks();
    const length = headers.get("content-length");
    if (length === null) {
      await this.#until(() => this.#ended);
      return this.#take(this.#buffer.length);
    }
    await this.#atLeast(Number(length));
    return this.#take(Number(length));
  }

  async #chunks() {
    const chunks = [];
    for (;;) {
      const size = Number.parseInt(await this.#line("\r\n"), 16);
      await this.#atLeast(size + 2);
      chunks.push(this.#take(size));
      this.#take(2);
      if (size === 0) return Buffer.concat(chunks);
    }
  }
}

/** The text of a request; a `null` header is left out, a list is sent once per element. */
export function request(method, target, { headers = {}, body, version = "1.1" } = {}) {
  const all = { Host: "localhost", ...headers };
  if (body !== undefined && !("Transfer-Encoding" in all)) {
    all["Content-Length"] ??= Buffer.byteLength(body);
  }
  const lines = Object.entries(all)
    .filter(([, value]) => value !== null)
    .flatMap(([name, value]) => [value].flat().map((one) => `${name}: ${one}\r\n`));
  return `${method} ${target} HTTP/${version}\r\n${lines.join("")}\r\n${body ?? ""}`;
}

/** The same body in pieces, for a request with `Transfer-Encoding: chunked`. */
export function chunked(...pieces) {
  const chunk = (text) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
  return [...pieces, ""].map(chunk).join("");
}

/** One request on a connection of its own. */
export async function ask(port, method, target, options) {
  const wire = new Wire(undefined, port);
  try {
    return await wire.send(request(method, target, options)).response(method);
  } finally {
    wire.destroy();
  }
}
