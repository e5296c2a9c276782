// Starts the program under test, and stops it the way an operator would.
//
//   sockrates --port 0   ──►  stdout: "listening on http://127.0.0.1:40123"
//   SIGTERM              ──►  exit code 0, within STOP_DEADLINE
//
// A test names what it wants (`startServer`, `startExample`); where the executables lie comes
// from the environment, so that the same tests can be pointed at another server:
//
//   SOCKRATES_BIN   the program            (default: target/release/sockrates)
//   EXAMPLES_DIR    the folder of examples (default: target/release/examples)
//
// Ports are always given by the system (`--port 0`), so tests can run side by side.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { within } from "./deadline.mjs";

const REPOSITORY = resolve(dirname(fileURLToPath(import.meta.url)), "../../..");

/** How long a server may take to print its line. */
const START_DEADLINE = 20_000;

/** How long a server may take to end after SIGTERM. */
const STOP_DEADLINE = 10_000;

/** The chat: `sockrates` with these flags. */
export function startServer(flags = [], options = {}) {
  const program = process.env.SOCKRATES_BIN ?? "target/release/sockrates";
  return start(resolve(REPOSITORY, program), flags, options);
}

/** One of the examples, by name. */
export function startExample(name, flags = [], options = {}) {
  const folder = process.env.EXAMPLES_DIR ?? "target/release/examples";
  return start(join(resolve(REPOSITORY, folder), name), flags, options);
}

/**
 * `options.port` asks for a port that is known to be free (a server that comes back);
 * `options.cwd` is the folder the program runs in.
 */
async function start(program, flags, { port = 0, cwd = REPOSITORY } = {}) {
  const child = spawn(program, ["--port", String(port), ...flags], {
    cwd,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const server = new Server(child, program);
  const found = await within(START_DEADLINE, `${program} to listen`, Promise.race([
    server.listening,
    server.ended.then(({ code, signal }) => {
      throw new Error(`${program} ended at once (${code ?? signal}): ${server.stderr}`);
    }),
  ])).catch((error) => {
    server.kill();
    throw error;
  });
  server.port = found;
  server.url = `http://127.0.0.1:${found}`;
  return server;
}

class Server {
  #child;
  #stopping;

  constructor(child, program) {
    this.#child = child;
    this.program = program;
    this.stderr = "";
    child.stderr.setEncoding("utf8").on("data", (text) => (this.stderr += text));
    this.listening = new Promise((listening) => {
      createInterface({ input: child.stdout }).on("line", (line) => {
        const match = /listening on http:\/\/127\.0\.0\.1:(\d+)/.exec(line);
        if (match) listening(Number(match[1]));
      });
    });
    this.ended = new Promise((ended, failed) => {
      child.once("error", failed);
      child.once("close", (code, signal) => ended({ code, signal }));
    });
    // Whoever waits for `ended` sees the failure; nobody waiting must not end the test run.
    this.ended.catch(() => {});
  }

  get pid() {
    return this.#child.pid;
  }

  /**
   * Asks the server to end, and checks that it does so in good order: in time, with exit code
   * 0, and without a panic on the way. May be called twice.
   */
  stop() {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop() {
    this.#child.kill("SIGTERM");
    try {
      const { code, signal } = await within(STOP_DEADLINE, "the server to end", this.ended);
      assert.equal(signal, null, `${this.program} was ended by ${signal}: ${this.stderr}`);
      assert.equal(code, 0, `${this.program} ended with code ${code}: ${this.stderr}`);
    } finally {
      this.kill();
    }
    assert.doesNotMatch(this.stderr, /panicked at/, "a panic on stderr");
  }

  /** Ends the process without a word, as a power cut would. */
  kill() {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#child.kill("SIGKILL");
    }
  }
}

/** Resolves with the arguments of the next `event`, within a deadline. */
export function next(emitter, event, milliseconds = 10_000) {
  return within(milliseconds, `the event "${event}"`, once(emitter, event));
}
