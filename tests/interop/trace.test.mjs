// `sockrates trace`: a client that explains what it says and hears, and a proxy that does so for
// others, in front of our server and of the reference server.
//
//   trace URL                    its own client ─► proxy ─► sockrates
//   trace --listen :0 URL        official client ─► proxy ─► socket.io on Node.js

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { resolve } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";

import { Server } from "socket.io";
import { io } from "socket.io-client";

import { startServer } from "./lib/server.mjs";
import { next, until } from "./lib/until.mjs";

const REPOSITORY = fileURLToPath(new URL("../..", import.meta.url));
const PROGRAM = resolve(REPOSITORY, process.env.SOCKRATES_BIN ?? "target/release/sockrates");
const ENGLISH = { ...process.env, SOCKRATES_LANG: "en" };

/** Runs the program to its end. */
function run(...args) {
  return new Promise((done) => {
    execFile(PROGRAM, args, { env: ENGLISH, timeout: 30_000 }, (error, stdout, stderr) => {
      done({ code: error?.code ?? 0, stdout, stderr });
    });
  });
}

const lines = (text) => text.trimEnd().split("\n").map((line) => JSON.parse(line));
const whys = (events) => events.map((it) => it.why).filter(Boolean);

describe("trace as a client", () => {
  let server;
  before(async () => (server = await startServer()));
  after(() => server?.stop());

  test("explains what it says and hears", async () => {
    const { code, stdout } = await run("trace", server.url, "--for", "1", "--emit", 'join {"name":"Ada","room":"1"}');
    assert.equal(code, 0);
    for (const line of ["Engine.IO packet type 0: open", "probe: this WebSocket works",
      "Engine.IO packet type 5: upgrade", 'the event\'s name: "join"']) {
      assert.ok(stdout.includes(line), `${line} in:\n${stdout}`);
    }
  });

  const story = async (...flags) => {
    const said = await run("trace", server.url, "--for", "1", "--json", "--emit", 'join {"name":"A","room":"1"}', ...flags);
    assert.equal(said.code, 0, said.stderr);
    const [first, ...events] = lines(said.stdout);
    assert.equal(first.siolog, 1);
    assert.ok(events.some((it) => it.from === "client" && it.text?.startsWith('42["join",{"name":"A","room":"1"}]')));
    assert.ok(events.some((it) => it.from === "server" && it.text?.includes('42["groupList"')));
    return events;
  };

  test("goes over both transports, or over one", async () => {
    const both = await story();
    assert.ok(["probe", "probe-answer", "upgraded"].every((why) => whys(both).includes(why)));
    const polling = await story("--polling");
    assert.ok(polling.every((it) => it.lane === "polling"), whys(polling).join());
    const websocket = await story("--websocket");
    assert.ok(!whys(websocket).includes("handshake"), whys(websocket).join());
  });

  test("says what a client says to be let in, and shows it only if asked", async () => {
    const auth = ["--auth", '{"password":"secret"}'];
    assert.doesNotMatch(JSON.stringify(await story(...auth)), /password/);
    assert.match(JSON.stringify(await story(...auth, "--secrets")), /password/);
  });

  test("fails where there is no server, and where it is told nonsense", async () => {
    assert.equal((await run("trace", "http://127.0.0.1:1")).code, 1);
    assert.equal((await run("trace", server.url, "--emit", "join Ada")).code, 2);
    assert.equal((await run("trace", "ftp://localhost")).code, 2);
  });
});

describe("trace as a proxy", () => {
  let http, reference, proxy, url;

  before(async () => {
    http = createServer();
    reference = new Server(http);
    reference.on("connection", (socket) => {
      socket.on("echo", (...args) => socket.emit("echo", ...args));
      socket.on("add", (a, b, answer) => answer(a + b));
    });
    await once(http.listen(0, "127.0.0.1"), "listening");
    const upstream = `http://127.0.0.1:${http.address().port}`;
    proxy = spawn(PROGRAM, ["trace", "--listen", ":0", upstream], { env: ENGLISH });
    let said = "";
    proxy.stdout.setEncoding("utf8").on("data", (text) => (said += text));
    url = await until(() => said.match(/listening on (http:\S+)/)?.[1], "the proxy to listen");
  });
  after(async () => {
    const ended = once(proxy, "exit");
    proxy.kill("SIGINT");
    assert.deepEqual((await ended)[0], 0);
    await reference.close();
  });

  for (const transports of [["polling", "websocket"], ["polling"], ["websocket"]]) {
    test(`passes on what the official client says: ${transports.join(", then ")}`, async () => {
      const socket = io(url, { transports, forceNew: true });
      await next(socket, "connect");
      if (transports.length === 2) {
        await until(() => socket.io.engine.transport.name === "websocket", "the upgrade");
      }
      assert.equal(await socket.emitWithAck("add", 2, 3), 5);
      socket.emit("echo", "caf\u00e9", Buffer.from([1, 2]));
      assert.deepEqual(await next(socket, "echo"), ["caf\u00e9", Buffer.from([1, 2])]);
      const { id } = socket.io.engine;
      socket.disconnect();
      const recorded = async () => {
        const [, ...events] = lines(await (await fetch(`${url}/inspect/recording.siolog`)).text());
        return events.filter((it) => it.sid === id);
      };
      const events = await until(async () => {
        const found = await recorded();
        return found.some((it) => /42\d\["add",2,3\]/.test(it.text ?? "")) && found;
      }, "the recording");
      assert.ok(events.some((it) => it.from === "server" && it.text?.includes("43") && it.text.includes("[5]")));
      const lanes = new Set(events.map((it) => it.lane));
      assert.equal(lanes.has("websocket"), transports.includes("websocket"));
      assert.equal(lanes.has("polling"), transports.includes("polling"));
    });
  }

  test("says so when the server is gone", async () => {
    const gone = spawn(PROGRAM, ["trace", "--listen", ":0", "http://127.0.0.1:1"], { env: ENGLISH });
    let said = "";
    gone.stdout.setEncoding("utf8").on("data", (text) => (said += text));
    const there = await until(() => said.match(/listening on (http:\S+)/)?.[1], "the proxy to listen");
    assert.equal((await fetch(`${there}/socket.io/?EIO=4&transport=polling`)).status, 502);
    const ended = once(gone, "exit");
    gone.kill("SIGINT");
    await ended;
  });
});
