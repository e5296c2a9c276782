// HTTP as any client, proxy or stranger might speak it: refusals, odd requests, overlaps.
//
//   ──►  GET /socket.io/?EIO=4&transport=polling&sid=nobody HTTP/1.1
//   ◄──  HTTP/1.1 400 Bad Request
//        content-type: application/json
//
//        {"code":1,"message":"Session ID unknown","hint":"…"}
//
// The official clients never send most of what is here, so the requests are written as bytes.
// Code and message are those of the reference server; the hint is ours, and may be switched off.

import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, describe, test } from "node:test";
import { gzipSync } from "node:zlib";

import { WebSocket } from "ws";

import { Log, PATIENCE, within } from "./lib/deadline.mjs";
import { atEnd } from "./lib/ends.mjs";
import { Wire, ask, chunked, request } from "./lib/raw.mjs";
import { startExample, startServer } from "./lib/server.mjs";

const PATH = "/socket.io/";
const HANDSHAKE = `${PATH}?EIO=4&transport=polling`;
const SEPARATOR = "\x1e";
const LIMIT = 1_000_000;

/** The server's deadline for a request's head is 10 s; these are its bounds in a test. */
const HEAD_DEADLINE = { least: 5_000, most: 14_000 };

const MESSAGES = [
  "Transport unknown",
  "Session ID unknown",
  "Bad handshake method",
  "Bad request",
  "Forbidden",
  "Unsupported protocol version",
];

/** A refusal is the reference server's JSON, in its order, with a hint or without. */
function assertRefused(response, code, status = 400) {
  assert.equal(response.status, status, response.body);
  assert.match(response.headers.get("content-type"), /^application\/json/);
  const { hint, ...rest } = JSON.parse(response.body);
  const plain = JSON.stringify({ code, message: MESSAGES[code] });
  assert.equal(JSON.stringify(rest), plain);
  if (hint !== undefined) {
    assert.equal(response.body, `${plain.slice(0, -1)},"hint":${JSON.stringify(hint)}}`);
    assert.match(hint, /\w/);
  }
}

function assertOpen({ status, headers, body }, upgrades = ["websocket"]) {
  assert.equal(status, 200, body);
  assert.equal(headers.get("content-type").toLowerCase(), "text/plain; charset=utf-8");
  assert.equal(headers.get("cache-control"), "no-store");
  const open = JSON.parse(body.slice(1));
  const { sid } = open;
  assert.match(sid, /^[\w-]{20}$/);
  const wanted = { sid, upgrades, pingInterval: 25000, pingTimeout: 20000, maxPayload: LIMIT };
  assert.equal(body, `0${JSON.stringify(wanted)}`);
  return sid;
}

/** The server most tests talk to: it echoes, so the living can be told from the dead. */
const bench = await startExample("bench_server");
after(() => bench.stop());
const { port } = bench;

/** A polling session in the main namespace. */
class Session {
  static async joined(t) {
    const session = new Session(t, assertOpen(await ask(port, "GET", HANDSHAKE)));
    assertOk(await session.post("40"));
    assert.match((await session.poll()).body, /^40\{"sid":"[\w-]{20}"\}$/);
    return session;
  }

  constructor(t, sid) {
    this.t = t;
    this.sid = sid;
    this.target = `${HANDSHAKE}&sid=${sid}`;
    // The server has to wait for nobody when it is stopped.
    atEnd(t, () => this.post("1").catch(() => {}));
  }

  poll() {
    return ask(port, "GET", this.target);
  }

  post(body, headers = { "Content-Type": "text/plain;charset=UTF-8" }) {
    return ask(port, "POST", this.target, { body, headers });
  }

  /** A request that is sent, and answered later. */
  start(method, options) {
    return new Wire(this.t, port).send(request(method, this.target, options));
  }

  async assertAlive() {
    assertOk(await this.post('42["echo","alive"]'));
    assert.equal((await this.poll()).body, '42["echo","alive"]');
  }

  async assertGone() {
    assertRefused(await this.poll(), 1);
  }

  async upgrade() {
    const frames = new Log();
    const url = `ws://127.0.0.1:${port}${PATH}?EIO=4&transport=websocket&sid=${this.sid}`;
    const socket = new WebSocket(url);
    atEnd(this.t, () => socket.terminate());
    socket.on("message", (data) => frames.push(data.toString()));
    await within(PATIENCE, "the WebSocket", once(socket, "open"));
    socket.send("2probe");
    await frames.until((lines) => lines.includes("3probe"), "3probe");
    socket.send("5");
    return { socket, frames };
  }
}

/** Checks a handshake, and closes its session, so that nobody has to wait for it at the end. */
async function assertOpens(response) {
  const sid = assertOpen(response);
  assertOk(await ask(port, "POST", `${HANDSHAKE}&sid=${sid}`, { body: "1" }));
  return sid;
}

function assertOk(response) {
  assert.equal(response.status, 200, response.body);
  assert.equal(response.body, "ok");
  assert.equal(response.headers.get("cache-control"), "no-store");
}

const UPGRADE = {
  Connection: "Upgrade",
  Upgrade: "websocket",
  "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
  "Sec-WebSocket-Version": "13",
};

describe("refusals", { concurrency: true }, () => {
  const CASES = [
    // Query of a handshake, and the code of the refusal.
    ["EIO=4", 0],
    ["EIO=4&transport=", 0],
    ["EIO=4&transport=carrier-pigeon", 0],
    ["EIO=4&transport=__proto__", 0],
    ["EIO=4&transport=constructor", 0],
    ["EIO=4&transport=webtransport", 0],
    ["EIO=4&transport=POLLING", 0],
    ["", 0],
    ["EIO=4&transport=websocket", 3],
    ["transport=polling", 5],
    ["EIO=&transport=polling", 5],
    ["EIO=3&transport=polling", 5],
    ["EIO=5&transport=polling", 5],
    ["EIO=abc&transport=polling", 5],
    ["EIO=4&EIO=3&transport=polling", 5],
    ["EIO=4&transport=polling&sid=nobody", 1],
    ["EIO=4&transport=polling&sid=", 1],
    ["EIO=4&transport=polling&sid=AAAAAAAAAAAAAAAAAAAA", 1],
    ["EIO=4&transport=polling&sid=__proto__", 1],
    ["EIO=4&transport=polling&sid=..%2f..%00%ff", 1],
    [`EIO=4&transport=polling&sid=${"A".repeat(2000)}`, 1],
  ];

  for (const [query, code] of CASES) {
    test(`GET ?${query.slice(0, 60)} is refused with code ${code}`, async () => {
        assertRefused(await ask(port, "GET", `${PATH}?${query}`), code);
    });
  }

  test("a POST for an unknown session is refused with code 1, its body unread", async (t) => {
    const headers = { "Content-Length": LIMIT };
    for (const sid of ["nobody", "AAAAAAAAAAAAAAAAAAAA", ""]) {
      const wire = new Wire(t, port).send(request("POST", `${HANDSHAKE}&sid=${sid}`, { headers }));
      assertRefused(await wire.response(), 1);
    }
  });

  test("a handshake with another method is refused with code 2", async () => {
    for (const method of ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"]) {
      assertRefused(await ask(port, method, HANDSHAKE, { body: "" }), 2);
    }
    assert.equal((await ask(port, "HEAD", HANDSHAKE)).status, 400);
  });

  test("another method with a session is refused with code 2, and the session lives", async (t) => {
    const session = await Session.joined(t);
    for (const method of ["PUT", "DELETE", "PATCH", "OPTIONS"]) {
      assertRefused(await ask(port, method, session.target, { body: "" }), 2);
    }
    assert.equal((await ask(port, "HEAD", session.target)).status, 400);
    await session.assertAlive();
  });

  test("the transport and the revision of a session cannot be changed by a request", async (t) => {
    const session = await Session.joined(t);
    const targets = [
      `${PATH}?EIO=4&transport=websocket&sid=${session.sid}`,
      `${PATH}?EIO=3&transport=polling&sid=${session.sid}`,
    ];
    for (const target of targets) assertRefused(await ask(port, "GET", target), 3);
    await session.assertAlive();
  });

  test("polling an upgraded session is refused with code 3, and the session lives", async (t) => {
    const session = await Session.joined(t);
    const { socket, frames } = await session.upgrade();
    socket.send('42["echo","upgraded"]');
    await frames.until((lines) => lines.includes('42["echo","upgraded"]'), "the echo");
    assertRefused(await session.poll(), 3);
    assertRefused(await session.post('42["echo","x"]'), 3);
    socket.send('42["echo","still here"]');
    await frames.until((lines) => lines.includes('42["echo","still here"]'), "the echo");
  });

  test("no Host, two Hosts: 400", async () => {
    for (const Host of [null, ["localhost", "localhost"], ["a", "b"]]) {
      const response = await ask(port, "GET", HANDSHAKE, { headers: { Host } });
      assert.equal(response.status, 400);
    }
  });

  test("a header with a forbidden character: 400", async () => {
    const headers = { Origin: "http://a\x01b" };
    assert.equal((await ask(port, "GET", HANDSHAKE, { headers })).status, 400);
  });
});

describe("refused upgrades are answered before any 101", { concurrency: true }, () => {
  const CASES = [
    ["EIO=4&transport=websocket&sid=nobody", 1],
    ["EIO=4&transport=websocket&sid=", 1],
    ["EIO=4&transport=websocket&sid=__proto__", 1],
    ["EIO=3&transport=websocket", 5],
    ["EIO=5&transport=websocket", 5],
    ["transport=websocket", 5],
    ["EIO=4&transport=carrier-pigeon", 0],
    ["EIO=4", 0],
  ];

  for (const [query, code] of CASES) {
    test(`?${query} has code ${code}`, async () => {
        const response = await ask(port, "GET", `${PATH}?${query}`, { headers: UPGRADE });
      assertRefused(response, code);
    });
  }

  const HANDSHAKES = {
    "without a key": { ...UPGRADE, "Sec-WebSocket-Key": null },
    "with a short key": { ...UPGRADE, "Sec-WebSocket-Key": "c2hvcnQ=" },
    "with a key that is not base64": { ...UPGRADE, "Sec-WebSocket-Key": "!".repeat(24) },
    "with another version": { ...UPGRADE, "Sec-WebSocket-Version": "12" },
    "without a version": { ...UPGRADE, "Sec-WebSocket-Version": null },
  };

  for (const [what, headers] of Object.entries(HANDSHAKES)) {
    test(`a WebSocket handshake ${what} is refused`, async () => {
        const response = await ask(port, "GET", `${PATH}?EIO=4&transport=websocket`, { headers });
      assert.ok([400, 426].includes(response.status), `status ${response.status}`);
      if (response.status === 426) {
        assert.match(response.headers.get("sec-websocket-version"), /\b13\b/);
      }
    });
  }

  test("a WebSocket handshake over HTTP/1.0 or with POST is refused", async () => {
    const target = `${PATH}?EIO=4&transport=websocket`;
    const old = await ask(port, "GET", target, { headers: UPGRADE, version: "1.0" });
    assert.equal(old.status, 400);
    const post = await ask(port, "POST", target, { headers: UPGRADE, body: "" });
    assert.equal(post.status, 400);
  });

  test("a refused upgrade does not disturb the session it named", async (t) => {
    const session = await Session.joined(t);
    const target = `${PATH}?EIO=3&transport=websocket&sid=${session.sid}`;
    assertRefused(await ask(port, "GET", target, { headers: UPGRADE }), 3);
    await session.assertAlive();
  });

  test("a second WebSocket for a session that was opened over WebSocket is refused", async (t) => {
    const url = `ws://127.0.0.1:${port}${PATH}?EIO=4&transport=websocket`;
    const frames = new Log();
    const first = new WebSocket(url);
    atEnd(t, () => first.terminate());
    first.on("message", (data) => frames.push(data.toString()));
    await frames.until((lines) => lines.length > 0, "the open packet");
    const { sid, upgrades } = JSON.parse(frames.lines[0].slice(1));
    assert.deepEqual(upgrades, []);

    const second = new WebSocket(`${url}&sid=${sid}`);
    atEnd(t, () => second.terminate());
    second.on("error", () => {});
    second.on("open", () => second.send("2probe"));
    second.on("message", () => second.send("5"));
    await within(PATIENCE, "the second to be refused", once(second, "close"));

    first.send("40");
    first.send('42["echo","mine"]');
    await frames.until((lines) => lines.at(-1) === '42["echo","mine"]', "the echo");
  });

  test("an Upgrade header that is none of our business is ignored on a poll", async () => {
    for (const Upgrade of ["h2c", "TLS/1.0", "foo"]) {
      const headers = { Connection: "Upgrade", Upgrade };
      await assertOpens(await ask(port, "GET", HANDSHAKE, { headers }));
    }
  });
});

describe("requests that overlap are all answered", { concurrency: true }, () => {
  test("two GETs: one is answered 400, the other with a close packet", async (t) => {
    const session = await Session.joined(t);
    // Which of the two is the first, the server decides.
    const both = [session.start("GET"), session.start("GET")];
    const answers = await Promise.all(both.map((wire) => wire.response()));
    const [parked, refused] = answers.sort((one, other) => one.status - other.status);
    assert.equal(refused.status, 400);
    assert.equal(parked.status, 200);
    assert.equal(parked.body, "1");
    await session.assertGone();
  });

  test("two POSTs: the second 400, the first answered too, the session gone", async (t) => {
    const session = await Session.joined(t);
    const first = session.start("POST", { headers: { "Content-Length": 20 }, body: "42[" });
    const poll = session.start("GET");
    const second = await untilOverlap(session);
    assert.equal(second.status, 400);
    first.send('"echo","12345678"]'.slice(0, 17));
    const answer = await first.response();
    assert.ok([200, 400].includes(answer.status), `status ${answer.status}`);
    assert.equal((await poll.response()).status, 200);
    await session.assertGone();
  });
});

/**
 * Posts until the server sees the overlap: the first POST has to be there before the second, and
 * only the server knows when it is.
 */
async function untilOverlap(session) {
  for (let round = 0; round < 200; round += 1) {
    const response = await session.post("3");
    if (response.status !== 200) return response;
  }
  throw new Error("200 POSTs beside an unfinished one, and none was refused");
}

describe("bodies", { concurrency: true }, () => {
  test("a chunked POST is read to its end", async (t) => {
    const session = await Session.joined(t);
    const headers = { "Transfer-Encoding": "chunked" };
    const body = chunked('42["ec', 'ho","a"]\x1e4', '2["echo","b"]');
    assertOk(await ask(port, "POST", session.target, { headers, body }));
    assert.deepEqual(await collect(session, 2), ['42["echo","a"]', '42["echo","b"]']);
  });

  test("10,000 packets in one POST are taken, in order", async (t) => {
    const session = await Session.joined(t);
    const packets = Array.from({ length: 10_000 }, (_, number) => `42["echo",${number}]`);
    assertOk(await session.post(packets.join(SEPARATOR)));
    assert.deepEqual(await collect(session, packets.length), packets);
  });

  test("a body of exactly the limit is taken", async (t) => {
    const session = await Session.joined(t);
    const packet = `42["echo","${"x".repeat(LIMIT - 13)}"]`;
    assert.equal(packet.length, LIMIT);
    assertOk(await session.post(packet));
    assert.deepEqual(await collect(session, 1), [packet]);
  });

  function assertTooLarge(response) {
    assert.equal(response.status, 413);
    assert.match(response.headers.get("content-type"), /^application\/json/);
    assert.match(response.body, new RegExp(String(LIMIT)));
    JSON.parse(response.body);
  }

  test("a body over the limit: 413 that names it, from the declared length alone", async (t) => {
    const session = await Session.joined(t);
    const headers = { "Content-Length": LIMIT + 1 };
    assertTooLarge(await session.start("POST", { headers }).response());
    await session.assertAlive();
  });

  test("a chunked body over the limit: 413, without waiting for its end", async (t) => {
    const session = await Session.joined(t);
    const wire = session.start("POST", { headers: { "Transfer-Encoding": "chunked" } });
    const piece = "x".repeat(100_000);
    const chunk = `${piece.length.toString(16)}\r\n${piece}\r\n`;
    for (let sent = 0; sent <= LIMIT; sent += piece.length) wire.send(chunk);
    assertTooLarge(await wire.response());
  });

  const UNDECODABLE = {
    "an empty body": "",
    "a lone separator": SEPARATOR,
    "two separators": SEPARATOR + SEPARATOR,
    "a separator at the end": `42["echo","x"]${SEPARATOR}`,
    "a separator at the beginning": `${SEPARATOR}42["echo","x"]`,
    "an unknown packet type": "9",
    "text that is no packet": "hello",
    "base64 that is none": "b!!!",
    "a ping, which only the server sends": "2",
  };

  for (const [what, body] of Object.entries(UNDECODABLE)) {
    test(`${what}: 400, and the session is closed`, async (t) => {
        const session = await Session.joined(t);
      assert.equal((await session.post(body)).status, 400);
      await session.assertGone();
    });
  }

  test("a body that is not UTF-8: 400, and the session is closed", async (t) => {
    const session = await Session.joined(t);
    const wire = session.start("POST", { headers: { "Content-Length": 3 } });
    wire.send(Buffer.from([0x34, 0xff, 0xfe]));
    assert.equal((await wire.response()).status, 400);
    await session.assertGone();
  });

  test("application/octet-stream: answered with 400, and the session is closed", async (t) => {
    const session = await Session.joined(t);
    const headers = { "Content-Type": "application/octet-stream" };
    assert.equal((await session.post('42["echo","x"]', headers)).status, 400);
    await session.assertGone();
  });

  test("other content types, or none, make no difference", async (t) => {
    const session = await Session.joined(t);
    for (const type of ["text/html", "application/x-www-form-urlencoded", "nonsense", null]) {
      assertOk(await session.post('42["echo","x"]', { "Content-Type": type }));
      assert.deepEqual(await collect(session, 1), ['42["echo","x"]']);
    }
  });

  test("a compressed body: 415, never inflated", async (t) => {
    const session = await Session.joined(t);
    const bytes = gzipSync('42["echo","x"]');
    const headers = { "Content-Encoding": "gzip", "Content-Length": bytes.length };
    const wire = session.start("POST", { headers }).send(bytes);
    assert.equal((await wire.response()).status, 415);
  });

  test("a packet that is wrong: what stood before it is done, then 400", async (t) => {
    const session = await Session.joined(t);
    const poll = session.start("GET");
    const body = ['42["echo","before"]', "9", '42["echo","behind"]'].join(SEPARATOR);
    assert.equal((await session.post(body)).status, 400);
    const answer = (await poll.response()).body;
    assert.match(answer, /^(1|42\["echo","before"\](\x1e1)?)$/);
    assert.doesNotMatch(answer, /behind/);
  });
});

/** Polls until `count` packets are here; the separator between them must be right. */
async function collect(session, count) {
  const packets = [];
  while (packets.length < count) packets.push(...(await session.poll()).body.split(SEPARATOR));
  return packets;
}

describe("queries and paths", { concurrency: true }, () => {
  const OPEN = [
    `${PATH}?transport=polling&EIO=4`,
    `${PATH}?EIO=4&transport=poll%69ng`,
    `${PATH}?%45IO=%34&transport=polling`,
    `${PATH}?EIO=3&transport=websocket&EIO=4&transport=polling`,
    `${PATH}?EIO=4&transport=polling&t=abc123&token=%E2%9C%93+x&&=&a`,
    `${PATH}?EIO=4&transport=polling&bad=%zz%`,
    `${PATH}?EIO=4&transport=polling&__proto__=1`,
    `${PATH}below?EIO=4&transport=polling`,
  ];
  for (const target of OPEN) {
    test(`GET ${target} is a handshake`, async () => {
      await assertOpens(await ask(port, "GET", target));
    });
  }

  const NOT_OURS = [
    "/",
    "/socket.io",
    "/socket.iox",
    "/socket.iox/",
    "/socket.io-admin/",
    "/SOCKET.IO/",
    "//socket.io/",
  ];
  for (const path of NOT_OURS) {
    test(`GET ${path} is not captured`, async () => {
        const response = await ask(port, "GET", `${path}?EIO=4&transport=polling`);
      assert.equal(response.status, 404);
    });
  }
});

describe("connections", { concurrency: true }, () => {
  test("a connection is used again after a refusal", async (t) => {
    const wire = new Wire(t, port);
    wire.send(request("GET", `${HANDSHAKE}&sid=nobody`));
    assertRefused(await wire.response(), 1);
    wire.send(request("GET", "/nowhere"));
    assert.equal((await wire.response()).status, 404);
    wire.send(request("GET", HANDSHAKE));
    const sid = assertOpen(await wire.response());
    wire.send(request("POST", `${HANDSHAKE}&sid=${sid}`, { body: "40" }));
    assertOk(await wire.response());
    wire.send(request("GET", `${HANDSHAKE}&sid=${sid}`));
    assert.match((await wire.response()).body, /^40\{/);
    wire.send(request("POST", `${HANDSHAKE}&sid=${sid}`, { body: "1" }));
    assertOk(await wire.response());
  });

  test("requests in one piece are answered in their order", async (t) => {
    const wire = new Wire(t, port);
    wire.send(request("GET", HANDSHAKE) + request("GET", "/nowhere") + request("GET", HANDSHAKE));
    const first = await assertOpens(await wire.response());
    assert.equal((await wire.response()).status, 404);
    assert.notEqual(await assertOpens(await wire.response()), first);
  });

  const SLOW = {
    "that sends nothing": "",
    "that sends half a head": `GET ${HANDSHAKE} HTTP/1.1\r\nHost: local`,
    "that sends half of an upgrade": request("GET", `${PATH}?EIO=4&transport=websocket`, {
      headers: UPGRADE,
    }).slice(0, -2),
  };
  for (const [what, bytes] of Object.entries(SLOW)) {
    test(`a connection ${what} is closed in time`, async (t) => {
      const wire = new Wire(t, port);
      const start = performance.now();
      if (bytes) wire.send(bytes);
      await wire.closed(HEAD_DEADLINE.most);
      const elapsed = performance.now() - start;
      assert.ok(elapsed > HEAD_DEADLINE.least, `closed after only ${elapsed} ms`);
    });
  }

  test("a head that comes drop by drop is closed in time, drops or not", async (t) => {
    const wire = new Wire(t, port).send(`GET ${HANDSHAKE} HTTP/1.1\r\n`);
    const drip = setInterval(() => wire.send("X-Drop: 1\r\n"), 500);
    atEnd(t, () => clearInterval(drip));
    await wire.closed(HEAD_DEADLINE.most);
  });
});

describe("cross-origin headers", { concurrency: true }, () => {
  test("are on refusals too, so that a page can read why", async (t) => {
    const server = await startServer();
    atEnd(t, () => server.stop());
    const headers = { Origin: "http://page.example" };
    const targets = [`${HANDSHAKE}&sid=nobody`, `${PATH}?EIO=3&transport=polling`, PATH];
    for (const target of targets) {
      const response = await ask(server.port, "GET", target, { headers });
      assert.equal(response.status, 400);
      assert.equal(response.headers.get("access-control-allow-origin"), "*");
    }
    const sid = assertOpen(await ask(server.port, "GET", HANDSHAKE, { headers }));
    const session = `${HANDSHAKE}&sid=${sid}`;
    const refused = await ask(server.port, "POST", session, { body: "9", headers });
    assert.equal(refused.status, 400);
    assert.equal(refused.headers.get("access-control-allow-origin"), "*");
  });
});

describe("the client's files", { concurrency: true }, () => {
  const files = ["socket.io.js", "socket.io.min.js", "socket.io.esm.min.js"];
  const dist = join(
    dirname(createRequire(import.meta.url).resolve("socket.io-client/package.json")),
    "dist",
  );

  async function withDist(t) {
    const server = await startServer(["--client-dir", dist]);
    atEnd(t, () => server.stop());
    return server;
  }

  for (const file of files) {
    test(`${file} is the installed one, to the byte`, async (t) => {
      const server = await withDist(t);
      const response = await fetch(`${server.url}${PATH}${file}`);
      assert.equal(response.status, 200);
      assert.match(response.headers.get("content-type"), /^(application|text)\/javascript/);
      const wanted = await readFile(join(dist, file));
      assert.ok(wanted.equals(Buffer.from(await response.arrayBuffer())), "the same bytes");
    });
  }

  test("the ETag is the version, and who has it gets 304", async (t) => {
    const server = await withDist(t);
    const manifest = JSON.parse(await readFile(join(dist, "../package.json"), "utf8"));
    const etag = `"${manifest.version}"`;
    const url = `${server.url}${PATH}socket.io.min.js`;
    const response = await fetch(url);
    assert.equal(response.headers.get("etag"), etag);
    await response.arrayBuffer();
    for (const known of [etag, `W/${etag}`]) {
      const again = await fetch(url, { headers: { "If-None-Match": known } });
      assert.equal(again.status, 304, known);
      assert.equal(await again.text(), "");
    }
    const other = await fetch(url, { headers: { "If-None-Match": '"0.9.0"' } });
    assert.equal(other.status, 200);
    await other.arrayBuffer();
  });

  test("a file that is not on the list is not served", async (t) => {
    const server = await withDist(t);
    const names = ["package.json", "..%2fpackage.json", "../package.json", "socket.io.js.bak"];
    for (const name of names) {
      const response = await ask(server.port, "GET", `${PATH}${name}`);
      assert.ok([400, 404].includes(response.status), `${name}: ${response.status}`);
      assert.doesNotMatch(response.body, /socket\.io-client/);
    }
  });

  test("without an installed client our own is served, and says so", async (t) => {
    const empty = await mkdtemp(join(tmpdir(), "interop-"));
    atEnd(t, () => rm(empty, { recursive: true }));
    const server = await startServer([], { cwd: empty });
    atEnd(t, () => server.stop());
    for (const file of files) {
      const response = await fetch(`${server.url}${PATH}${file}`);
      assert.equal(response.status, 200);
      assert.equal(response.headers.get("x-socket-io-client"), "sockrates");
      assert.match(response.headers.get("content-type"), /^(application|text)\/javascript/);
      assert.ok((await response.text()).length > 1000);
    }
  });
});
