// What clients cost, in resident memory of the server.
//
//   idle:   5,000 WebSockets that have joined the main namespace and say nothing
//           (RSS with them - RSS before) / 5,000  <=  10 KiB
//   stuck:  ten that ask for 10 MB each and never read it
//           RSS grows by 70 MB or so, and goes back once they are closed
//
// The clients are bare TCP sockets, so that this process can hold as many. What is measured is the
// server's resident memory as Linux counts it; the kernel's socket buffers are not in it.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { platform } from "node:os";
import { test } from "node:test";
import { startExample, startServer } from "./lib/server.mjs";
import { until } from "./lib/until.mjs";

const CLIENTS = 5000;
const AT_ONCE = 100;
const LIMIT = 7 * 1024;

/** The resident memory of a process, in bytes. */
const residentMemory = (pid) =>
  1024 * Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]);

/** `40` in a text frame, masked with zeros. */
const CONNECT = Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x34, 0x30]);

/** An unmasked text in a frame as clients send it, whose mask is all zeros. */
const frame = (text) => {
  const head = Buffer.alloc(14);
  head.set([0x81, 0xff]);
  head.writeBigUInt64BE(BigInt(text.length), 2);
  return Buffer.concat([head, Buffer.from(text)]);
};

/** Opens one client and resolves with its socket once the server has let it in. */
const join = (port) =>
  new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    let received = "";
    socket.setTimeout(20_000, () => socket.destroy(new Error(`silent after ${received}`)));
    socket.on("error", reject);
    socket.on("data", (data) => {
      received += data.toString("latin1");
      if (received.includes("\r\n\r\n") && received.includes('0{"sid"') && !socket.asked) {
        socket.asked = true;
        socket.write(CONNECT);
      }
      if (received.includes('40{"sid"')) {
        socket.removeAllListeners("data").setTimeout(0);
        resolve(socket.resume());
      }
    });
    socket.write(
      "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: localhost\r\n" +
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" +
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nUser-Agent: Mozilla/5.0 (a test)\r\n\r\n",
    );
  });

test(
  "an idle client costs at most 10 KiB",
  { skip: platform() !== "linux" && "reads /proc", timeout: 90_000 },
  async (context) => {
    const server = await startServer(["--log", "warn"]);
    context.after(() => server.stop());
    const port = Number(new URL(server.url).port);

    const sockets = [];
    // What the first clients bring into memory is the program's, not theirs.
    for (let i = 0; i < AT_ONCE; i += 1) sockets.push(await join(port));
    const before = residentMemory(server.pid);
    while (sockets.length < CLIENTS + AT_ONCE) {
      sockets.push(...(await Promise.all(Array.from({ length: AT_ONCE }, () => join(port)))));
    }
    const each = (residentMemory(server.pid) - before) / CLIENTS;
    for (const socket of sockets) socket.destroy();

    context.diagnostic(`${Math.round(each)} bytes a client`);
    assert.ok(each <= LIMIT, `${Math.round(each)} bytes a client, at most ${LIMIT} are allowed`);
  },
);

test(
  "what ten clients that do not read have cost comes back",
  { skip: platform() !== "linux" && "reads /proc", timeout: 90_000 },
  async (context) => {
    const server = await startExample("bench_server");
    context.after(() => server.stop());
    const sockets = [];
    for (let i = 0; i < 10; i += 1) sockets.push(await join(Number(new URL(server.url).port)));
    const before = residentMemory(server.pid);

    const question = frame(`42["echo","${"x".repeat(500_000)}"]`);
    for (const socket of sockets) {
      // Closed by the server in the end, in the middle of what it had to say.
      socket.removeAllListeners("error").on("error", () => {});
      socket.pause();
      for (let i = 0; i < 20; i += 1) socket.write(question);
    }
    const grown = () => residentMemory(server.pid) - before;
    await until(() => grown() > 30e6, "the answers to pile up", 20_000);
    const peak = grown();
    // 1 MiB that nobody has moved for 10 s is a reason to close a session.
    await until(() => grown() < peak / 4, "the memory to come back", 40_000);
    context.diagnostic(`grew by ${Math.round(peak / 1e6)} MB, left ${Math.round(grown() / 1e6)} MB`);
    for (const socket of sockets) socket.destroy();
  },
);
