// The server makes one script of our client's files by a rule so simple that it needs no
// tool: in the order of order.txt, drop the import lines, drop the word `export`. This
// checks that the files keep the rule, and that what comes out works.

import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { test } from "node:test";
import vm from "node:vm";
import { WebSocket } from "ws";
import { startPeer } from "./lib/peer.mjs";
import { next } from "./lib/until.mjs";

const client = new URL("../../web/client/", import.meta.url);
const order = (await readFile(new URL("order.txt", client), "utf8")).trim().split("\n");
const files = await Promise.all(
  order.map(async (path) => ({ path, text: await readFile(new URL(path, client), "utf8") })),
);

/** All files as one text, without imports and exports. */
function joined() {
  return files
    .map(({ text }) => text.replace(/^import .*\n/gm, "").replace(/^export /gm, ""))
    .join("");
}

const classic = `(function(){${joined()}; globalThis.io = io; })()`;
const module = `${joined()}export { io, Manager, Socket, io as default };\n`;

test("order.txt lists every file but the front door, each once", async () => {
  const found = (await readdir(client, { recursive: true })).filter((name) => name.endsWith(".js"));
  assert.deepEqual([...order, "index.js"].sort(), found.sort());
});

test("imports and exports have the one form that the rule understands", () => {
  for (const { path, text } of files) {
    for (const [index, line] of text.split("\n").entries()) {
      const where = `${path}:${index + 1}: ${line}`;
      if (/^\s*import\b/.test(line)) {
        assert.match(line, /^import \{ \w+(, \w+)* \} from "\.[^"]*\.js";$/, where);
      } else if (/^\s*export\b/.test(line)) {
        assert.match(line, /^export (class|function\*?|const) \w+/, where);
      }
      assert.doesNotMatch(line, /\bimport\(|\bimport\.meta\b/, where);
    }
  }
});

test("every import is exported there, and comes earlier in the order", () => {
  for (const [index, { path, text }] of files.entries()) {
    for (const [, names, from] of text.matchAll(/^import \{ (.*) \} from "(.*)";$/gm)) {
      const target = new URL(from, new URL(path, client)).href.slice(client.href.length);
      const place = order.indexOf(target);
      assert.ok(place >= 0 && place < index, `${path} imports ${target}, which comes later`);
      for (const name of names.split(", ")) {
        const exported = new RegExp(`^export (class|function\\*?|const) ${name}\\b`, "m");
        assert.match(files[place].text, exported, `${path} imports ${name}`);
      }
    }
  }
});

test("no name is declared twice at the top of a file", () => {
  const declared = new Map();
  const pattern = /^(?:export )?(?:async )?(?:class|function\*?|const|let|var) (\w+)/gm;
  for (const { path, text } of files) {
    for (const [, name] of text.matchAll(pattern)) {
      assert.equal(declared.get(name), undefined, `${name} is in ${path} too`);
      declared.set(name, path);
    }
    assert.doesNotMatch(text, /^(?:const|let|var) [[{]/m, `${path} takes something apart`);
  }
  assert.ok(declared.size > 40);
});

test("the classic script leaves one name behind, and it works", async (t) => {
  const peer = await startPeer();
  t.after(() => peer.close());
  const world = { ...globalsOfAPage() };
  world.globalThis = world;
  const before = Object.keys(world);
  vm.runInNewContext(classic, world);
  assert.deepEqual(Object.keys(world), [...before, "io"]);
  const { io } = world;
  assert.deepEqual(
    [io.connect === io, typeof io.Manager, typeof io.Socket, io.protocol],
    [true, "function", "function", 5],
  );
  const socket = io(peer.url, { WebSocket });
  t.after(() => socket.disconnect());
  await next(socket, "connect");
  assert.equal(await socket.emitWithAck("echo", "hello"), "hello");
});

test("the module has the same three names and a default", async () => {
  const url = `data:text/javascript;base64,${Buffer.from(module).toString("base64")}`;
  const names = await import(url);
  assert.deepEqual(Object.keys(names), ["Manager", "Socket", "default", "io"]);
  assert.equal(names.default, names.io);
  const door = await import(new URL("index.js", client));
  assert.deepEqual(Object.keys(door), Object.keys(names));
});

function globalsOfAPage() {
  const { AbortController, ArrayBuffer, Blob, URL, URLSearchParams } = globalThis;
  const { atob, btoa, clearTimeout, fetch, queueMicrotask, setTimeout } = globalThis;
  return {
    ...{ AbortController, ArrayBuffer, Blob, URL, URLSearchParams },
    ...{ atob, btoa, clearTimeout, fetch, queueMicrotask, setTimeout },
  };
}
