// The dissector for Wireshark, on what tshark has recorded of a real conversation.
//
//   official client ──► server          tshark: lo ──► conversation.pcapng
//                                       tshark: conversation.pcapng ──► socketio.lua ──► fields
//
// TSHARK names the program. To record, it needs the right to listen to the loopback interface.

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { io } from "socket.io-client";

import { startExample } from "./lib/server.mjs";
import { next, until } from "./lib/until.mjs";

const TSHARK = process.env.TSHARK ?? "tshark";
const DISSECTOR = fileURLToPath(new URL("../../contrib/wireshark/socketio.lua", import.meta.url));
const run = promisify(execFile);

/** Records what comes to and from a port, until `talk` has come to its end. */
async function recorded(port, file, talk) {
  const tshark = spawn(TSHARK, ["-i", "lo", "-f", `tcp port ${port}`, "-w", file], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const ended = once(tshark, "exit");
  let said = "";
  tshark.stderr.setEncoding("utf8").on("data", (text) => (said += text));
  try {
    await until(() => said.includes("Capture started"), "tshark to listen").catch((error) => {
      throw new Error(`${error.message}: ${said}`);
    });
    await talk();
    // What was last on the wire is last in the file.
    await fetch(`http://127.0.0.1:${port}/the-end`);
    await until(async () => (await readFile(file, "latin1")).includes("/the-end"), "all of it");
  } finally {
    tshark.kill("SIGINT");
    await ended;
  }
}

async function converse(server) {
  const options = { transports: ["polling", "websocket"], reconnection: false };
  const socket = io(server.url, options);
  const upgraded = new Promise((done) => socket.io.engine.once("upgrade", done));
  await next(socket, "connect");
  await upgraded;
  assert.equal(await socket.emitWithAck("message-with-ack", "caf\u00e9"), "caf\u00e9");
  socket.emit("message", Buffer.from([1, 2, 3]));
  await next(socket, "message-back");
  const other = socket.io.socket("/custom");
  other.connect();
  await next(other, "connect");
  socket.disconnect();
  other.disconnect();

  const poll = `${server.url}/socket.io/?EIO=4&transport=polling`;
  const { sid } = JSON.parse((await (await fetch(poll)).text()).slice(1));
  const body = "40\u001e45[1]\u001ex";
  await (await fetch(`${poll}&sid=${sid}`, { method: "POST", body })).text();
  await (await fetch(`${server.url}/elsewhere`, { method: "POST", body: "40" })).text();
}

describe("the dissector for Wireshark", () => {
  const FIELDS = {
    uri: "http.request.uri",
    engineio: "engineio.type",
    type: "socketio.type",
    namespace: "socketio.namespace",
    id: "socketio.id",
    event: "socketio.event",
    attachments: "socketio.attachments",
    attachment: "socketio.attachment",
    message: "_ws.expert.message",
  };
  let folder, server, frames;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "sockrates-wireshark-"));
    const file = join(folder, "conversation.pcapng");
    server = await startExample("protocol_suite");
    const { port } = new URL(server.url);
    await recorded(port, file, () => converse(server));
    const fields = Object.values(FIELDS).flatMap((name) => ["-e", name]);
    const { stdout, stderr } = await run(TSHARK, [
      "-r", file, "-X", `lua_script:${DISSECTOR}`, "-d", `tcp.port==${port},http`,
      "-T", "fields", "-E", "aggregator=;", ...fields,
    ]);
    assert.doesNotMatch(stderr, /lua/i);
    frames = stdout.trimEnd().split("\n").map((line) => {
      const values = line.split("\t").map((text) => (text ? text.split(";") : []));
      return Object.fromEntries(Object.keys(FIELDS).map((name, index) => [name, values[index]]));
    });
  });
  after(async () => {
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** The first frame that holds. */
  const frame = (what, holds) => {
    const found = frames.find(holds);
    assert.ok(found, `no frame: ${what}, in ${JSON.stringify(frames.map((it) => it.engineio))}`);
    return found;
  };

  test("names the packets of polls and of the upgrade", () => {
    const answer = frame("open", (it) => it.engineio.includes("open"));
    assert.deepEqual(answer.uri, [], "it is an answer");
    const types = frames.flatMap((it) => it.engineio);
    const handover = ["open", "ping", "pong", "upgrade", "message"];
    for (const kind of handover) assert.ok(types.includes(kind), `${kind}, in ${types}`);
    assert.ok(types.indexOf("ping") < types.indexOf("pong"));
    assert.ok(types.indexOf("pong") < types.indexOf("upgrade"));
  });

  test("tells the fields of a packet apart", () => {
    const asked = frame("an event that wants an answer", (it) => it.event.includes("message-with-ack"));
    assert.deepEqual(asked.type, ["EVENT"]);
    assert.deepEqual(asked.namespace, ["/"]);
    const [id] = asked.id;
    assert.match(id, /^\d+$/);
    frame("its answer", (it) => it.type.includes("ACK") && it.id.includes(id));
    const entered = frame("a namespace", (it) => it.namespace.includes("/custom"));
    assert.deepEqual(entered.type, ["CONNECT"]);
  });

  test("counts attachments and shows them", () => {
    const sent = frame("bytes", (it) => it.event.includes("message") && it.attachments.length > 0);
    assert.deepEqual(sent.type.slice(0, 1), ["BINARY_EVENT"]);
    assert.deepEqual(sent.attachments, ["1"]);
    const attached = frame("the attachment", (it) => it.attachment.length > 0);
    assert.deepEqual(attached.attachment, ["010203"]);
  });

  test("says what is wrong", () => {
    const wrong = frame("what is no packet", (it) => it.message.some((text) => /wanted/.test(text)));
    assert.deepEqual(wrong.message.filter((text) => /wanted/.test(text)), [
      "no number of attachments: wanted digits and a '-'",
      "no packet type: wanted a digit from 0 to 6, or 'b'",
    ]);
    assert.deepEqual(wrong.type.slice(0, 1), ["CONNECT"]);
  });

  test("leaves alone what is not of the protocol", () => {
    const other = frame("a request to elsewhere", (it) => it.uri.includes("/elsewhere"));
    assert.deepEqual([other.engineio, other.type], [[], []]);
  });
});
