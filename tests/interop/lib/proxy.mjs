// A real nginx or HAProxy in front of our servers, started with a file of docs/proxies.
//
//   docs/proxies/nginx.conf     listen 8080;  …  127.0.0.1:3000
//   what runs here              listen 127.0.0.1:40123;  …  127.0.0.1:39877
//
// The files are meant to be copied, so they name ordinary ports, and the test puts free ones in
// their place. Whatever a test wants to change it writes as a replacement, and a replacement that
// finds nothing is an error: so a file can not change without its tests.
//
//   NGINX_BIN, HAPROXY_BIN   the programs   (default: in PATH, in /usr/sbin)

import { spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { within } from "./deadline.mjs";
import { atEnd } from "./ends.mjs";
import { until } from "./until.mjs";

const CONFIGURATIONS = new URL("../../../docs/proxies/", import.meta.url);

/** How long a proxy may take to listen, and to end. */
const DEADLINE = 10_000;

/** A port may be taken between the moment it is found free and the moment it is used. */
const TRIES = 5;

const PROGRAMS = {
  nginx: {
    own: "NGINX_BIN",
    listen: [/^( *listen) 8080;$/m, "$1 127.0.0.1:PORT;"],
    // One process, and all its files in a folder of the test's own.
    args: (folder) => [
      ["-p", folder, "-c", join(folder, "configuration"), "-e", "stderr"],
      ["-g", `daemon off; master_process off; pid ${folder}/pid; error_log stderr;`],
    ].flat(),
    prepare: (text, folder) => {
      const parts = ["client_body", "proxy", "fastcgi", "scgi", "uwsgi"];
      const files = parts.map((part) => `${part}_temp_path ${folder}/${part};`).join(" ");
      return replace(text, [[/^http \{$/m, `http { access_log off; ${files}`]]);
    },
  },
  haproxy: {
    own: "HAPROXY_BIN",
    listen: [/^( *bind) :8080$/m, "$1 127.0.0.1:PORT"],
    args: (folder) => ["-db", "-f", join(folder, "configuration")],
    prepare: (text) => text,
  },
};

/**
 * Starts the proxy that the file `name` is for, in front of `servers`: the first of them takes the
 * place of the file's first address, and so on. `changes` is a list of `[what, by what]`. The test
 * `t` ends it.
 */
export async function startProxy(t, name, servers, changes = []) {
  const program = PROGRAMS[name.startsWith("nginx") ? "nginx" : "haproxy"];
  const documented = await readFile(new URL(name, CONFIGURATIONS), "utf8");
  const text = replace(toServers(documented, name, servers), changes);
  const folder = await mkdtemp(join(tmpdir(), "proxy-"));
  atEnd(t, () => rm(folder, { recursive: true }));
  for (let left = TRIES; ; left -= 1) {
    const port = await freePort();
    const [what, by] = program.listen;
    const listening = replace(text, [[what, by.replace("PORT", port)]]);
    await writeFile(join(folder, "configuration"), program.prepare(listening, folder));
    const proxy = new Proxy(find(program), program.args(folder), port);
    atEnd(t, () => proxy.stop());
    try {
      return await proxy.started();
    } catch (error) {
      if (left === 0 || !/in use/i.test(error.message)) throw error;
    }
  }
}

/** The text with every replacement made; one that finds nothing is an error. */
function replace(text, changes) {
  return changes.reduce((before, [what, by]) => {
    const after = before.replace(what, by);
    if (after === before) throw new Error(`found no ${what} in:\n${before}`);
    return after;
  }, text);
}

/** Puts the servers' ports in the place of 3000, or of 3001 and 3002. */
function toServers(text, name, servers) {
  const documented = servers.length === 1 ? [3000] : servers.map((_, index) => 3001 + index);
  const ports = new Map(documented.map((port, index) => [String(port), servers[index].port]));
  const found = new Set();
  const changed = text.replace(/(?<=^ *server .*)\b127\.0\.0\.1:(\d+)/gm, (_, port) => {
    if (!ports.has(port)) throw new Error(`${name}: no server for port ${port}`);
    found.add(port);
    return `127.0.0.1:${ports.get(port)}`;
  });
  if (found.size !== servers.length) throw new Error(`${name}: names ${[...found]} only`);
  return changed;
}

/** Where the program is. */
function find({ own, args }) {
  const name = own.split("_")[0].toLowerCase();
  if (process.env[own]) return process.env[own];
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"];
  const found = folders.map((folder) => join(folder, name)).find(isProgram);
  if (!found) throw new Error(`${name} is missing: install Debian's package, or set ${own}`);
  return found;
}

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** A port that nobody listened on a moment ago. */
async function freePort() {
  const server = createServer();
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address();
  await new Promise((closed) => server.close(closed));
  return port;
}

class Proxy {
  #child;

  constructor(program, args, port) {
    this.port = port;
    this.url = `http://127.0.0.1:${port}`;
    this.stderr = "";
    // nginx would take sockets over from a variable of this name.
    const { NGINX: _, ...env } = process.env;
    this.#child = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"], env });
    this.#child.stderr.setEncoding("utf8").on("data", (text) => (this.stderr += text));
    this.ended = new Promise((ended, failed) => {
      this.#child.once("error", failed);
      this.#child.once("close", (code, signal) => ended(code ?? signal));
    });
    this.ended.catch(() => {});
  }

  /** Resolves once connections are accepted. */
  async started() {
    const ended = this.ended.then((how) => {
      throw new Error(`the proxy ended at once (${how}): ${this.stderr}`);
    });
    ended.catch(() => {});
    const complains = () => /in use/i.test(this.stderr);
    const decided = () => complains() || accepts(this.port);
    await Promise.race([until(decided, "the proxy to listen", DEADLINE), ended]);
    // Whoever has the port already would have accepted as well.
    if (complains()) {
      await this.stop();
      throw new Error(this.stderr);
    }
    return this;
  }

  /** Ends the proxy at once, with all its connections. */
  async stop() {
    this.#child.kill("SIGTERM");
    try {
      await within(DEADLINE, "the proxy to end", this.ended);
    } finally {
      this.#child.kill("SIGKILL");
    }
  }
}

/** Whether a connection to the port can be opened. */
function accepts(port) {
  return new Promise((answer) => {
    const socket = connect(port, "127.0.0.1");
    const say = (value) => {
      socket.destroy();
      answer(value);
    };
    socket.once("connect", () => say(true)).once("error", () => say(false));
  });
}
