// The inspector: what it shows of a conversation with the official client, and to whom.
//
//   official client ──► sockrates ──► GET /inspect/events     one line of JSON for each event
//                                     POST /inspect/decode    what bytes mean

import assert from "node:assert/strict";
import { request } from "node:http";
import { after, before, describe, test } from "node:test";

import { io } from "socket.io-client";

import { startServer } from "./lib/server.mjs";
import { next, until } from "./lib/until.mjs";

/** Server-Sent Events, as they come. */
async function watch(url, options = {}) {
  const aborting = new AbortController();
  const response = await fetch(url, { ...options, signal: aborting.signal });
  assert.equal(response.headers.get("content-type"), "text/event-stream");
  const watched = { events: [], started: undefined, dropped: 0, ended: false };
  const take = (block) => {
    const field = (name) => block.match(new RegExp(`^${name}: (.*)$`, "m"))?.[1];
    const data = field("data");
    if (data === undefined) return;
    if (field("event") === "siolog") watched.started = JSON.parse(data);
    else if (field("event") === "dropped") watched.dropped += Number(data);
    else watched.events.push(JSON.parse(data));
  };
  (async () => {
    let text = "";
    for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
      const blocks = (text + piece).split("\n\n");
      text = blocks.pop();
      blocks.forEach(take);
    }
  })().catch(() => {}).finally(() => (watched.ended = true));
  watched.close = () => aborting.abort();
  return watched;
}

const post = async (url, body) => {
  const response = await fetch(url, { method: "POST", body: JSON.stringify(body) });
  return { status: response.status, text: await response.text() };
};

/** A request whose `Host` and other headers are chosen; gives the status. */
function ask(url, path, headers) {
  const { hostname, port } = new URL(url);
  return new Promise((done, fail) => {
    const asked = request({ hostname, port, path, headers }, (answer) => {
      answer.resume().on("end", () => done(answer));
    });
    asked.on("error", fail).end();
  });
}

describe("the inspector of this machine", () => {
  let server;
  before(async () => (server = await startServer()));
  after(() => server?.stop());

  test("shows a session from its first request to its end", async () => {
    const watched = await watch(`${server.url}/inspect/events`);
    await until(() => watched.started, "the first line");
    assert.equal(watched.started.siolog, 1);
    assert.ok(Math.abs(Date.parse(watched.started.started) - Date.now()) < 60_000);

    const socket = io(server.url, { auth: { password: "secret" }, forceNew: true });
    await next(socket, "connect");
    await until(() => watched.events.some((it) => it.text === "5"), "the upgrade");
    socket.emit("join", "Ada", "1");
    await until(() => watched.events.some((it) => it.text?.startsWith('42["join"')), "an event");
    socket.disconnect();
    await until(() => watched.events.some((it) => it.kind === "session-close"), "the end");
    watched.close();

    const { events } = watched;
    assert.equal(new Set(events.map((it) => it.session)).size, 1);
    const whys = events.map((it) => it.why);
    const story = ["session-open", "handshake", "opened", "post", "taken", "upgrade", "switched",
      "probe", "probe-answer", "upgraded", "sent", "session-close"];
    for (const why of story) assert.ok(whys.includes(why), `${why} in ${whys}`);
    // Every answer has its request.
    for (const { kind, request: number, lane } of events) {
      if (kind !== "response") continue;
      const asked = events.find((it) => it.kind === "request" && it.request === number);
      assert.equal(asked?.lane, lane, `request ${number}`);
    }
    const times = events.map((it) => it.t);
    assert.deepEqual(times, times.toSorted((a, b) => a - b));
    assert.doesNotMatch(JSON.stringify(events), /password|"secret/);
    assert.ok(events.some((it) => it.redacted && it.text.startsWith("40{")));

    const listed = await (await fetch(`${server.url}/inspect/sessions`)).json();
    assert.ok(listed.some((it) => it.session === events[0].session && it.over));
    const recording = await fetch(`${server.url}/inspect/recording.siolog`);
    const lines = (await recording.text()).trimEnd().split("\n").map((line) => JSON.parse(line));
    assert.deepEqual(lines.slice(1, 1 + events.length), events);
  });

  test("explains and composes packets", async () => {
    const { text } = await post(`${server.url}/inspect/decode`, { text: '42["hi"]', lang: "en" });
    const explained = JSON.parse(text);
    assert.equal(explained.summary, 'EVENT "hi" in namespace /, wants no ack');
    assert.equal(explained.spans.at(-1).to, 8);
    const packet = { socketio: { type: "EVENT", namespace: "/a", id: 7, data: ["hi"] } };
    const composed = await post(`${server.url}/inspect/encode`, { packet });
    assert.equal(JSON.parse(composed.text).text, '42/a,7["hi"]');
    assert.equal((await post(`${server.url}/inspect/decode`, {})).status, 400);
    assert.equal((await post(`${server.url}/inspect/decode`, { hex: "8" })).status, 400);
  });

  test("lets raw packets be sent into a session", async () => {
    const opened = JSON.parse((await post(`${server.url}/inspect/scratch`, {})).text);
    assert.match(opened.received[0].text, /^0\{"sid"/);
    const send = async (body) => {
      return JSON.parse((await post(`${server.url}/inspect/scratch/${opened.id}`, body)).text);
    };
    const welcome = await send({ text: "40" });
    assert.match(welcome.received[0].text, /^40\{"sid"/);
    const closed = await send({ text: "42{}" });
    assert.equal(closed.open, false);
    assert.ok("closed" in closed.received.at(-1), JSON.stringify(closed));
    const gone = await post(`${server.url}/inspect/scratch/${opened.id}`, { text: "40" });
    assert.equal(gone.status, 404);
  });

  test("is for no page of another site, and for no name that only points here", async () => {
    const status = async (headers) => (await ask(server.url, "/inspect/sessions", headers)).statusCode;
    assert.equal(await status({}), 200);
    assert.equal(await status({ host: "evil.example" }), 403);
    assert.equal(await status({ origin: "https://evil.example" }), 403);
    assert.equal(await status({ "sec-fetch-site": "cross-site" }), 403);
    // Behind a proxy on this machine is everybody.
    assert.equal(await status({ "x-forwarded-for": "192.0.2.1" }), 403);
  });

  test("watches a few at a time, and lets go of who has left", async () => {
    const watchers = [];
    for (let index = 0; index < 8; index += 1) {
      watchers.push(await watch(`${server.url}/inspect/events?session=s1`));
    }
    const crowded = await fetch(`${server.url}/inspect/events`);
    assert.equal(crowded.status, 503);
    await crowded.text();
    watchers.forEach((it) => it.close());
    await until(async () => {
      const response = await fetch(`${server.url}/inspect/events`);
      await response.body.cancel();
      return response.status === 200;
    }, "a place to watch from");
  });
});

describe("the inspector elsewhere", () => {
  test("is not there unless somebody asks for it", async () => {
    const server = await startServer(["--inspect=false"]);
    try {
      assert.equal((await fetch(`${server.url}/inspect/sessions`)).status, 404);
      assert.equal((await fetch(`${server.url}/inspect`)).status, 404);
      assert.equal((await fetch(`${server.url}/inspect/index.html`)).status, 404);
    } finally {
      await server.stop();
    }
  });

  test("is not there behind a proxy", async () => {
    const server = await startServer(["--trusted-proxy", "127.0.0.1"]);
    try {
      assert.equal((await fetch(`${server.url}/inspect`)).status, 404);
    } finally {
      await server.stop();
    }
  });

  test("is for those who know the token", async () => {
    const server = await startServer(["--inspect-token", "abc"]);
    try {
      const path = "/inspect/sessions";
      assert.equal((await ask(server.url, path, {})).statusCode, 403);
      assert.equal((await ask(server.url, `${path}?token=abd`, {})).statusCode, 403);
      const remembered = await ask(server.url, `${path}?token=abc`, {});
      assert.equal(remembered.statusCode, 303);
      assert.equal(remembered.headers.location, path);
      const [cookie] = remembered.headers["set-cookie"];
      assert.match(cookie, /HttpOnly; SameSite=Strict/);
      const known = { cookie: cookie.split(";")[0] };
      assert.equal((await ask(server.url, path, known)).statusCode, 200);
      const bearer = { authorization: "Bearer abc" };
      assert.equal((await ask(server.url, path, bearer)).statusCode, 200);
    } finally {
      await server.stop();
    }
  });

  test("stops with the server, whoever watches", async () => {
    const server = await startServer();
    const watched = await watch(`${server.url}/inspect/events`);
    await until(() => watched.started, "the first line");
    await server.stop();
    await until(() => watched.ended, "the end of the feed");
  });
});
