// `sockrates conform` against our server, against Node's, and against one that says yes to all.
//
//   conform_node.txt    where Node's differs, each with its reason
//   conform_yes.txt     what the yes-sayer passes
//
// A difference that is not listed fails, and so does one that is listed and gone.

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";

import { startExample, startServer } from "./lib/server.mjs";
import { within } from "./lib/deadline.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
const PROGRAM = resolve(HERE, "../..", process.env.SOCKRATES_BIN ?? "target/release/sockrates");
/** Intervals that a busy machine can keep, too. */
const CALM = ["--ping-interval", "1000", "--ping-timeout", "1000"];
/** Longer than any run against a server that answers. */
const LONG = 120_000;

/** Runs it, and sorts the checks by what became of them. */
async function conform(url, ...more) {
  const [code, stdout, stderr] = await new Promise((done) => {
    const args = ["conform", url, "--json", ...more];
    execFile(PROGRAM, args, { timeout: LONG, maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
      done([error ? error.code : 0, stdout, stderr]);
    });
  });
  assert.ok(stdout, stderr);
  const { checks } = JSON.parse(stdout);
  const ids = (result) => checks.filter((it) => it.result === result).map((it) => it.id);
  const shown = checks.filter((it) => it.result === "failed");
  return { code, passed: ids("passed"), failed: ids("failed"), skipped: ids("skipped"), shown };
}

/** The names in a list, and the reasons behind them. */
async function listed(file) {
  const lines = (await readFile(join(HERE, file), "utf8")).split("\n");
  const rows = lines.filter((line) => line && !line.startsWith("#"));
  return rows.map((line) => line.split(" | "));
}

/** Starts a server of lib/ in a process of its own. */
async function start(t, name) {
  const child = spawn(process.execPath, [join(HERE, "lib", name)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.after(() => child.kill());
  const [line] = await within(20_000, name, once(createInterface({ input: child.stdout }), "line"));
  return /http:\S+/.exec(line)[0];
}

describe("sockrates conform", { concurrency: false }, () => {
  test("finds nothing wrong with the example for the protocol suites", async (t) => {
    const server = await startExample("protocol_suite", CALM);
    t.after(() => server.stop());
    const { code, failed, skipped, shown } = await conform(server.url);
    assert.deepEqual(failed, [], JSON.stringify(shown, null, 1));
    assert.deepEqual(skipped, []);
    assert.equal(code, 0);
  });

  test("finds nothing wrong with the program", async (t) => {
    const server = await startServer();
    t.after(() => server.stop());
    const { code, failed, skipped, shown } = await conform(server.url);
    assert.deepEqual(failed, [], JSON.stringify(shown, null, 1));
    assert.ok(skipped.includes("events/echo"), "a plain server is not asked for its events");
    assert.equal(code, 0);
  });

  test("finds in Node's server what is listed, and nothing else", async (t) => {
    const url = await start(t, "reference_suite.mjs");
    const expected = await listed("conform_node.txt");
    const { code, failed, skipped, shown } = await conform(url);
    const names = expected.map(([name]) => name);
    assert.deepEqual(failed, names, JSON.stringify(shown, null, 1));
    assert.ok(expected.every(([, why]) => why), "each has a reason");
    assert.deepEqual(skipped, []);
    assert.equal(code, 1);
  });

  test("leads a bare Engine.IO server to the stage where Socket.IO begins", async (t) => {
    const server = await startExample("protocol_suite", CALM);
    t.after(() => server.stop());
    const told = await new Promise((done) => {
      const args = ["learn", `${server.url}/engine.io/`, "--lang", "en"];
      execFile(PROGRAM, args, { timeout: LONG }, (_, stdout) => done(stdout));
    });
    const stages = told.split("\n").filter((line) => /^ [✓▶] /.test(line));
    assert.equal(stages.length, 7, told);
    assert.match(stages[6], /^ ▶ +7 +CONNECT/);
  });

  test("finds a server out that says yes to everything", async (t) => {
    const url = await start(t, "yes_sayer.mjs");
    const stages = ["handshake", "polling", "close", "websocket", "upgrade", "connect",
      "namespaces", "events", "acks", "binary"];
    const only = stages.flatMap((stage) => ["--only", `${stage}/*`]);
    const { code, passed } = await conform(url, ...only);
    assert.deepEqual(passed, (await listed("conform_yes.txt")).map(([name]) => name));
    assert.equal(code, 1);
  });
});
