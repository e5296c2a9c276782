// What the pages of the inspector make of wire events, without a browser.
//
//   events ──► Ladder ──► rows       events ──► Recording ──► .siolog ──► Recording

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

import { bytesOf, fromHex, owners, toHex, visible } from "../../web/inspect/bytes.js";
import { command, isCopyable, quote } from "../../web/inspect/copy.js";
import { filter } from "../../web/inspect/filter.js";
import { glance, glanceAtBody, pieces, typeOf } from "../../web/inspect/glance.js";
import { Ladder } from "../../web/inspect/ladder.js";
import { Recording, readRecording, writeRecording } from "../../web/inspect/record.js";
import { LADDER } from "../../web/inspect/texts_ladder.js";
import { PLAY } from "../../web/inspect/texts_play.js";
import { REASONS } from "../../web/inspect/texts_reasons.js";
import { EXAMPLES, MISTAKES } from "../../web/inspect/shelf.js";

const WEB = new URL("../../web/inspect/", import.meta.url);

/** Events of one session, a millisecond after each other. */
function story(...events) {
  return events.map((event, index) => ({
    n: index + 1,
    t: index / 1000,
    session: "s1",
    sid: "abc",
    lane: "websocket",
    ...event,
  }));
}

const POLL = "/socket.io/?EIO=4&transport=polling&sid=abc";
const client = (text) => ({ from: "client", kind: "frame", text });
const server = (text) => ({ from: "server", kind: "frame", text });
const asks = (request, line, text = "") => ({
  from: "client",
  lane: line.includes("transport=websocket") ? "websocket" : "polling",
  kind: "request",
  request,
  head: `${line} HTTP/1.1\r\nhost: localhost:3000\r\n`,
  text,
});
const answers = (request, text, status = "200 OK", lane = "polling") => ({
  from: "server",
  lane,
  kind: "response",
  request,
  head: `HTTP/1.1 ${status}\r\n`,
  text,
});

const UPGRADE = story(
  asks(1, "GET /socket.io/?EIO=4&transport=polling"),
  answers(1, '0{"sid":"abc"}'),
  asks(2, `POST ${POLL}`, "40"),
  asks(3, `GET ${POLL}`),
  answers(2, "ok"),
  answers(3, '40{"sid":"x"}'),
  asks(4, `GET ${POLL}`),
  asks(5, "GET /socket.io/?EIO=4&transport=websocket&sid=abc"),
  answers(5, "", "101 Switching Protocols", "websocket"),
  client("2probe"),
  server("3probe"),
  answers(4, "6"),
  client("5"),
  server('42["hi"]'),
  server("2"),
  client("3"),
  { from: "server", kind: "session-close" },
);

function rowsOf(events) {
  const ladder = new Ladder();
  return events.map((event) => ladder.add(event));
}

test("a packet is named by its types, its namespace, its ack id and its event", () => {
  const cases = [
    ['42/chat,7["typing",true]', "EVENT", "/chat", "7", "typing"],
    ['42["a\\"b"]', "EVENT", "/", undefined, 'a"b'],
    ['451-/a,2["up",{"_placeholder":true,"num":0}]', "BINARY_EVENT", "/a", "2", "up"],
    ['430["ok"]', "ACK", "/", "0", undefined],
    ["41/chat,", "DISCONNECT", "/chat", undefined, undefined],
    ['40/admin?token=1,{"a":1}', "CONNECT", "/admin", undefined, undefined],
    ["40", "CONNECT", "/", undefined, undefined],
  ];
  for (const [text, socket, namespace, id, event] of cases) {
    const found = glance(text);
    assert.deepEqual(
      [found.socket, found.namespace, found.id, found.event],
      [socket, namespace, id, event],
      text,
    );
    assert.equal(pieces(found).map(([, piece]) => piece).join(""), text);
  }
  const types = ["2probe", "3", "6", "bAQI=", "4hello", "9", ""].map((it) => typeOf(glance(it)));
  const wanted = ["ping", "pong", "noop", "attachment", "message", "unknown", "unknown"];
  assert.deepEqual(types, wanted);
});

test("a body is cut into its packets, in both revisions", () => {
  const texts = (...given) => glanceAtBody(...given).map(({ text }) => text);
  assert.deepEqual(texts('40\x1e42["a"]\x1e2'), ["40", '42["a"]', "2"]);
  assert.deepEqual(texts('2:4011:42["hello"]1:2', 3), ["40", '42["hello"]', "2"]);
  assert.deepEqual(texts("nonsense", 3), ["nonsense"]);
  assert.deepEqual(texts(""), []);
});

test("a GET that waits is a bar from its request to its answer", () => {
  const rows = rowsOf(UPGRADE);
  const bars = rows.map((row) => row.bars.map(({ slot, place }) => `${slot} ${place}`).join());
  assert.deepEqual(bars.slice(0, 7), [
    "0 starts",
    "0 ends",
    "1 starts",
    "1 through,0 starts",
    "1 ends,0 through",
    "0 ends",
    "0 starts",
  ]);
  assert.equal(rows[5].asked.n, 4);
  assert.equal(rows[3].answered.n, 6);
  assert.ok(Math.abs(rows[5].waited - 0.002) < 1e-9);
});

test("the upgrade is a handover of four steps, and the rails tell it", () => {
  const rows = rowsOf(UPGRADE);
  const steps = rows.map(({ handover }) => handover).filter((step) => step !== null);
  assert.deepEqual(steps, ["probe", "probed", "release", "upgrade"]);
  assert.equal(rows[8].websocket, "starts");
  const asked = rows[7].bars.find(({ place }) => place === "starts");
  assert.deepEqual([asked.slot, asked.lane], [1, "websocket"], "beside the poll that waits");
  assert.equal(rows[12].polling, "ends");
  assert.equal(rows[13].polling, "none");
  assert.equal(rows[13].websocket, "through");
  assert.equal(rows[16].websocket, "ends");
});

test("polling goes on after the 5 until the last request is answered", () => {
  const events = story(...UPGRADE.slice(0, 11), client("5"), answers(4, "6"), server("2"));
  const rows = rowsOf(events.map((event, index) => ({ ...event, n: index + 1 })));
  assert.deepEqual(rows.slice(11).map(({ polling }) => polling), ["through", "ends", "none"]);
});

test("what was given up is not waited for, and the end ends everything", () => {
  const ladder = new Ladder();
  const [first] = UPGRADE;
  ladder.add(first);
  assert.equal(ladder.waiting().length, 1);
  const gone = { from: "client", kind: "unanswered", lane: "polling", request: 1 };
  const row = ladder.add({ ...first, ...gone, n: 2 });
  assert.deepEqual(row.bars.map(({ place }) => place), ["ends"]);
  assert.equal(ladder.waiting().length, 0);
  ladder.add({ ...first, n: 3 });
  ladder.add({ ...first, ...{ kind: "session-close", n: 4 } });
  assert.equal(ladder.waiting().length, 0);
});

test("after a gap, a client that asks again is taken to have had its answer", () => {
  const ladder = new Ladder();
  ladder.add(UPGRADE[0]);
  ladder.interrupt();
  const row = ladder.add({ ...UPGRADE[3], n: 9 });
  assert.deepEqual(row.bars.map(({ place }) => place), ["ends", "starts"]);
  assert.equal(ladder.waiting().length, 1);
  ladder.interrupt();
  const answer = ladder.add({ ...UPGRADE[5], n: 10 });
  assert.equal(answer.asked.n, 9, "one that is answered after all is what it was");
});

test("the answer to a POST holds no packets, though the POST was not seen", () => {
  const [row] = rowsOf(story(answers(1, "ok")));
  assert.deepEqual(row.packets, []);
});

test("every row has a reason that there are words for", () => {
  const more = story(
    client("40/a,"),
    server('40/a,{"sid":"x"}'),
    server('44/a,{"message":"no"}'),
    client('421["q"]'),
    server("431[]"),
    client("41"),
    server("1"),
    { ...server(), base64: "AQI=" },
    client("4x"),
    client("?"),
    server("0{}"),
    server("6"),
    { from: "client", kind: "connection-close" },
    { from: "client", kind: "connection-open" },
    { from: "server", kind: "session-open" },
    asks(1, "OPTIONS /socket.io/"),
    answers(1, ""),
    asks(2, "GET /socket.io/?EIO=4&transport=websocket"),
    answers(2, "{}", "400 Bad Request"),
  );
  const reasons = new Set([...rowsOf(UPGRADE), ...rowsOf(more)].map(({ why }) => why));
  for (const why of reasons) assert.ok(REASONS[`why.${why}`], why);
  assert.ok(reasons.size > 25, [...reasons].join());
});

test("filters let through what fits, and a body by any of its packets", () => {
  const rows = rowsOf(UPGRADE);
  const count = (wanted) => rows.filter(filter(wanted)).length;
  assert.equal(count({}), rows.length);
  assert.equal(count({ types: new Set(["EVENT"]) }), 1);
  assert.equal(count({ types: new Set(["CONNECT"]) }), 2);
  assert.equal(count({ heartbeat: false }), rows.length - 2);
  assert.equal(count({ event: "HI" }), 1);
  assert.equal(count({ namespace: "/none" }), 0);
  assert.equal(count({ from: "client", search: "probe" }), 1);
  const [body] = rowsOf(story(asks(1, `POST ${POLL}`, '2\x1e42["a"]')));
  assert.ok(filter({ types: new Set(["EVENT"]), heartbeat: false })(body));
});

test("a recording that is written and read again is the same", () => {
  const recording = new Recording();
  for (const event of UPGRADE) recording.add(event);
  const head = { siolog: 1, by: "a test", started: "2026-11-23T12:00:00.000Z" };
  const text = writeRecording(head, recording.rows(null));
  const found = readRecording(`${text}broken\n{"n":1}\n`);
  assert.deepEqual(found.head, head);
  assert.deepEqual(found.events, UPGRADE);
  assert.equal(found.bad, 2);
  assert.equal(readRecording("hello").head, null);
  assert.equal(readRecording("").head, null);
});

test("the recorded session of the guide is a ladder with the whole handover", () => {
  const file = new URL("../../docs/guide/session.siolog", import.meta.url);
  const { head, events, bad } = readRecording(readFileSync(file, "utf8"));
  assert.equal(head.siolog, 1);
  assert.equal(bad, 0);
  const rows = rowsOf(events);
  const steps = rows.map(({ handover }) => handover).filter((it) => it && it !== "between");
  assert.deepEqual(steps, ["probe", "probed", "release", "upgrade"]);
  for (const { why } of rows) assert.ok(REASONS[`why.${why}`], why);
});

test("no more is kept than the limits say, and what goes is counted", () => {
  const recording = new Recording({ rows: 1_000, characters: 1_000_000 });
  for (let n = 1; n <= 10_000; n += 1) {
    recording.add({ ...UPGRADE[13], n, session: `s${n % 3}` });
  }
  assert.equal(recording.size, 1_000);
  assert.equal(recording.forgotten, 9_000);
  const left = recording.rows("s1");
  assert.ok(left.length >= 333 && left.length <= 334, `${left.length}`);
  assert.ok(left.every(({ event, forgotten }) => event.n > 9_000 && !forgotten));
  assert.ok(recording.sessions.get("s1").rows.length < 1_000);
  const heavy = new Recording({ rows: 1_000, characters: 10_000 });
  for (let n = 1; n <= 100; n += 1) heavy.add({ ...UPGRADE[13], n, text: "x".repeat(936) });
  assert.equal(heavy.size, 10);
});

test("there are never more sessions than the limit", () => {
  const recording = new Recording();
  for (let n = 1; n <= 2_500; n += 1) recording.note({ ...UPGRADE[13], n, session: `s${n}` });
  assert.equal(recording.sessions.size, 2_000);
});

test("what is told again after an interruption is taken once", () => {
  const recording = new Recording();
  UPGRADE.slice(0, 8).forEach((event) => recording.add(event));
  recording.interrupt();
  const again = UPGRADE.map((event) => recording.add(event)).filter((row) => row !== null);
  assert.equal(again.length, UPGRADE.length - 8);
  assert.equal(recording.size, UPGRADE.length);
  assert.equal(recording.add({ n: "1" }), null);
});

test("a command for the terminal is one word to the shell, whatever is in it", () => {
  const nasty = "it's $(rm) \\ `x` \x1e9 \n\"";
  const said = spawnSync("bash", ["-c", `printf %s ${quote(nasty)}`], { encoding: "utf8" });
  assert.equal(said.stdout, nasty);
  const head =
    "POST /socket.io/?sid=a HTTP/1.1\r\nhost: localhost:3000\r\ncookie: ‹redacted›\r\n" +
    "content-length: 4\r\ncontent-type: text/plain\r\n";
  const [post] = rowsOf(story({ ...asks(1, ""), lane: "polling", head, text: '42["it\'s"]' }));
  assert.equal(
    command(post, "http://other:1"),
    "curl 'http://localhost:3000/socket.io/?sid=a' \\\n  -H 'content-type: text/plain' \\\n" +
      "  --data-raw '42[\"it'\\''s\"]'",
  );
  const rows = rowsOf(UPGRADE);
  assert.match(command(rows[7], "https://other:1"), /^websocat 'wss:\/\/localhost:3000\//);
});

test("there is no command for a body of which something is missing", () => {
  const head = "POST /socket.io/?EIO=4&sid=a HTTP/1.1\r\n";
  const copyable = (body) => isCopyable(rowsOf(story({ ...asks(1, ""), head, ...body }))[0]);
  assert.equal(copyable({ text: "42[1]", cut: false }), true);
  assert.equal(copyable({ text: "42[1", cut: true, size: 9_000 }), false);
  assert.equal(copyable({ text: undefined, base64: "AAE=" }), false);
});

test("spans count bytes, and so do we", () => {
  const bytes = bytesOf({ text: "é😀" });
  assert.equal(toHex(bytes), "c3a9f09f9880");
  assert.deepEqual(fromHex("c3 A9\n"), Uint8Array.of(0xc3, 0xa9));
  assert.equal(fromHex("c3a"), null);
  assert.deepEqual(bytesOf({ base64: "AQI=" }), Uint8Array.of(1, 2));
  assert.equal(visible("a\x1eb"), "a‹1e›b");
  const spans = [{ from: 0, to: 2 }, { from: 2, to: 6 }];
  assert.deepEqual([...owners(spans, 7)], [0, 0, 1, 1, 1, 1, -1]);
});

test("every text is there in English and in Chinese, with the same gaps", () => {
  const gaps = (text) => (text.match(/\{\w+\}/g) ?? []).sort().join();
  for (const [key, [en, zh, ...more]] of [LADDER, PLAY, REASONS].flatMap(Object.entries)) {
    assert.ok(en && zh && more.length === 0, key);
    assert.equal(gaps(en), gaps(zh), key);
  }
  const tables = [LADDER, PLAY, REASONS].map((table) => Object.keys(table));
  assert.equal(new Set(tables.flat()).size, tables.flat().length, "a key is in two tables");
});

test("every text that a page asks for is there", () => {
  const texts = { ...LADDER, ...PLAY, ...REASONS };
  for (const name of readdirSync(WEB).filter((file) => /\.(js|html)$/.test(file))) {
    const content = readFileSync(new URL(name, WEB), "utf8");
    const asked = [
      ...content.matchAll(/\b(?:say|section|fact)\("([^"]+)"/g),
      ...content.matchAll(/data-(?:text|title|hint)="([^"]+)"/g),
    ];
    for (const [, key] of asked) assert.ok(texts[key], `${name}: ${key}`);
  }
  for (const [key] of [...EXAMPLES, ...MISTAKES]) assert.ok(PLAY[key], key);
});
