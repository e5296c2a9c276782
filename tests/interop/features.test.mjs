// docs/features.txt lists every public member of the official server's classes, and every option.
// What those are, the declarations in its npm packages say.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

const root = join(import.meta.dirname, "../..");

/** The declarations in a file of an npm package. */
function declarations(name, file) {
  return readFileSync(join(import.meta.dirname, "node_modules", name, file), "utf8");
}

/** The public members of a class or an interface. */
function members(text, kind, name) {
  const head = new RegExp(`^(?:export )?(?:declare )?${kind} ${name}\\b`, "m").exec(text);
  assert.ok(head, `${name} is declared`);
  const body = text.slice(head.index, text.indexOf("\n}", head.index));
  const found = new Set();
  let comment = "";
  for (const line of body.split("\n").slice(1)) {
    const trimmed = line.trim();
    if (trimmed.startsWith("/**")) comment = "";
    comment += trimmed;
    // Four spaces: the members of this class, not what their types consist of.
    const member = /^    (?:readonly |static |get |set )*([A-Za-z]\w*)(?:<[^(]*>)?[?]?[(:]/.exec(line);
    if (member) {
      const hidden = /@private|@internal/.test(comment) && !/^    get /.test(line);
      if (!hidden && !/^    (private|protected|set) /.test(line)) found.add(member[1]);
    }
    if (trimmed.endsWith(";") || trimmed.endsWith("{")) comment = "";
  }
  return found;
}

const socketIo = (file) => declarations("socket.io", `dist/${file}.d.ts`);
const engineIo = (file) => declarations("engine.io", `build/${file}.d.ts`);

const lists = {
  Server: members(socketIo("index"), "class", "Server"),
  Namespace: members(socketIo("namespace"), "class", "Namespace"),
  ParentNamespace: members(socketIo("parent-namespace"), "class", "ParentNamespace"),
  BroadcastOperator: members(socketIo("broadcast-operator"), "class", "BroadcastOperator"),
  RemoteSocket: members(socketIo("broadcast-operator"), "class", "RemoteSocket"),
  Socket: members(socketIo("socket"), "class", "Socket"),
  Handshake: members(socketIo("socket-types"), "interface", "Handshake"),
  Adapter: members(declarations("socket.io-adapter", "dist/in-memory-adapter.d.ts"), "class", "Adapter"),
  Options: new Set([
    ...members(socketIo("index"), "interface", "ServerOptions"),
    ...members(engineIo("server"), "interface", "ServerOptions"),
    ...members(engineIo("server"), "interface", "AttachOptions"),
  ]),
};

/** What docs/features.txt has: "Socket" and "join(rooms)" make "Socket.join". */
const listed = new Set(
  readFileSync(join(root, "docs/features.txt"), "utf8")
    .split("\n")
    .filter((line) => line && !line.startsWith("#"))
    .map((line) => line.split(" | "))
    .map(([object, official]) => `${object}.${/^\w+/.exec(official)?.[0]}`),
);

for (const [object, names] of Object.entries(lists)) {
  test(`every member of the official ${object} is in the list`, () => {
    assert.ok(names.size >= 2, `${object} has more than ${[...names]}`);
    const missing = [...names].filter((name) => name !== "constructor" && !listed.has(`${object}.${name}`));
    assert.deepEqual(missing, []);
  });
}
