// The example `scenarios`, as the official clients find it: today's and that of Socket.IO 2.x, each
// on polling alone, on WebSocket alone, and with an upgrade on the way.
//
//   for each client, for each way in:  contract/events, acks, rooms, namespaces, goodbyes, order
//
// EXAMPLES_DIR may name a folder with another server's program of that name. The reference server
// passes all but one: it keeps a client of 2.x that falls silent after an upgrade.

import { after, before, describe, test } from "node:test";

import { acks } from "./contract/acks.mjs";
import { events } from "./contract/events.mjs";
import { goodbyes } from "./contract/goodbyes.mjs";
import { namespaces } from "./contract/namespaces.mjs";
import { order } from "./contract/order.mjs";
import { requests } from "./contract/requests.mjs";
import { recovery } from "./contract/recovery.mjs";
import { rooms } from "./contract/rooms.mjs";
import { current, old } from "./lib/clients.mjs";
import { MODES } from "./lib/conversation.mjs";
import { Party } from "./lib/party.mjs";
import { startExample } from "./lib/server.mjs";

const CHAPTERS = { events, acks, rooms, namespaces, goodbyes, order };
const REVISIONS = { "today's client": [current, 4], "the client of 2.x": [old, 3] };

/** Parties that may visit at the same time, and ways in that may be taken. */
const AT_ONCE = { concurrency: 4 };
const SIDE_BY_SIDE = { concurrency: 2 };

describe("the example `scenarios`", SIDE_BY_SIDE, () => {
  let server;
  before(async () => (server = await startExample("scenarios")));
  after(() => server.stop());

  describe("requests of nobody's client", AT_ONCE, () => {
    for (const [name, scenario] of Object.entries(requests)) {
      test(name, () => scenario(server.port));
    }
  });

  for (const [client, [io, eio]] of Object.entries(REVISIONS)) {
    for (const [mode, transports] of Object.entries(MODES)) {
      describe(`${client}, ${mode}`, AT_ONCE, () => {
        for (const [name, scenario] of Object.values(CHAPTERS).flatMap(Object.entries)) {
          test(name, (t) => scenario(new Party(t, server.url, { io, eio, transports })));
        }
      });
    }
  }
});

describe("the example `scenarios --recovery`", SIDE_BY_SIDE, () => {
  let server;
  before(async () => (server = await startExample("scenarios", ["--recovery"])));
  after(() => server.stop());

  for (const [mode, transports] of Object.entries(MODES)) {
    describe(mode, AT_ONCE, () => {
      for (const [name, scenario] of Object.entries(recovery)) {
        test(name, (t) => scenario(new Party(t, server.url, { io: current, eio: 4, transports })));
      }
    });
  }
});
