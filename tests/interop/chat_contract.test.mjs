// The chat's contract, with three official clients at once, on each transport.
//
//   Ada   42["join",{"name":"Ada","room":"1"}]  ──►
//   Bob   ◄──  42["message",{"user":"管理员：","text":"Ada进入了房间"}]
//   Ada   ◄──  42["groupList",{"1":[{"name":"Ada","room":"1","id":"…"}]}]
//   Bob   ◄──  42["groupList",{"1":[{"name":"Ada","room":"1","id":"…"}]}]
//
// Every expectation is a list of whole packets, byte for byte and in order, for each person: who
// must receive nothing is expected to have seen `[]`. See lib/person.mjs for how that is proven.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { atEnd } from "./lib/ends.mjs";
import { MODES, Person, entry, groups, joined, left, said, settle } from "./lib/person.mjs";
import { startServer } from "./lib/server.mjs";

const [POLLING, UPGRADE, WEBSOCKET] = Object.keys(MODES);

/** Which way the three people connect. */
const COMPANIES = {
  [POLLING]: [POLLING, POLLING, POLLING],
  [UPGRADE]: [UPGRADE, UPGRADE, UPGRADE],
  [WEBSOCKET]: [WEBSOCKET, WEBSOCKET, WEBSOCKET],
  "each another way": [POLLING, UPGRADE, WEBSOCKET],
  "each another way, the other way round": [WEBSOCKET, POLLING, UPGRADE],
};

/**
 * A test that is given `meet(modes, flags)`, which starts a server of its own and connects one
 * person per mode. It ends with the check that nobody lost the connection who did not leave.
 */
function scene(name, play) {
  test(name, async (t) => {
    const people = [];
    await play(async (modes, flags = []) => {
      const server = await startServer(flags);
      atEnd(t, () => server.stop());
      for (const mode of modes) people.push(await Person.connect(t, server.url, mode));
      return people;
    });
    for (const person of people.filter(({ hasLeft }) => !hasLeft)) {
      assert.deepEqual(person.life.lines, ["connect"], "nobody was disconnected");
    }
  });
}

for (const [company, modes] of Object.entries(COMPANIES)) {
  describe(`the chat, ${company}`, { concurrency: false }, () => {
    scene("connecting alone sends nothing to anybody", async (meet) => {
      const [ada, bob, eve] = await meet(modes);
      assert.deepEqual(await settle(ada, bob, eve), [[], [], []]);
    });

    scene("a join tells everyone else, then the joiner, then everyone else", async (meet) => {
      const [ada, bob, eve] = await meet(modes);
      await ada.join("Ada", "1");
      await bob.join("Bob", "2");
      const first = groups(["1", [entry("Ada", "1", ada)]]);
      const both = groups(["1", [entry("Ada", "1", ada)]], ["2", [entry("Bob", "2", bob)]]);
      assert.deepEqual(await settle(bob, ada, eve), [
        [joined("Ada"), first, both],
        [first, joined("Bob"), both],
        [joined("Ada"), first, joined("Bob"), both],
      ]);
    });

    scene("a message reaches the others in its room, not sender or strangers", async (meet) => {
      const [ada, bob, eve] = await meet(modes);
      await ada.join("Ada", "1");
      await bob.join("Bob", "1");
      await eve.join("Eve", "2");
      const list = groups(
        ["1", [entry("Ada", "1", ada), entry("Bob", "1", bob)]],
        ["2", [entry("Eve", "2", eve)]],
      );
      ada.emit("message", { text: "hi", room: "1", user: "Ada" });
      const [byAda, byBob, byEve] = await settle(ada, bob, eve);
      assert.deepEqual(byAda.slice(-2), [joined("Eve"), list]);
      assert.deepEqual(byBob.slice(-3), [joined("Eve"), list, said("hi", "Ada")]);
      assert.deepEqual(byEve.slice(-1), [list]);
    });

    scene("the sender of a message need not be a member of the room", async (meet) => {
      const [ada, bob, eve] = await meet(modes);
      await ada.join("Ada", "1");
      eve.emit("message", { text: "from outside", room: "1", user: "Eve" });
      const [byEve, byAda, byBob] = await settle(eve, ada, bob);
      const list = groups(["1", [entry("Ada", "1", ada)]]);
      assert.deepEqual(byEve, [joined("Ada"), list]);
      assert.deepEqual(byAda, [list, said("from outside", "Eve")]);
      assert.deepEqual(byBob, [joined("Ada"), list]);
    });

    scene("the user of a message is what its sender wrote at the time", async (meet) => {
      const [ada, bob, eve] = await meet(modes);
      await ada.join("Ada", "1");
      await bob.join("Bob", "1");
      ada.emit("message", { user: "somebody else", room: "1", text: "key order does not matter" });
      const [byBob] = (await settle(ada, bob, eve)).slice(1);
      assert.deepEqual(byBob.slice(-1), [said("key order does not matter", "somebody else")]);
    });

    scene("who leaves is announced in the room, and everyone gets the list", async (meet) => {
      const [ada, bob, eve] = await meet(modes);
      await ada.join("Ada", "1");
      await bob.join("Bob", "1");
      await eve.join("Eve", "2");
      for (const person of [ada, bob, eve]) await seesRoom(person, "2");
      bob.forget();
      eve.forget();
      const list = groups(["1", [entry("Bob", "1", bob)]], ["2", [entry("Eve", "2", eve)]]);
      ada.leave();
      await bob.log.until((lines) => lines.includes(list), "the list without Ada");
      await eve.log.until((lines) => lines.includes(list), "the list without Ada");
      assert.deepEqual(await settle(bob, eve), [[left("Ada"), list], [list]]);
    });

    scene("a room that became empty stays in the list, in its place", async (meet) => {
      const [ada, bob, eve] = await meet(modes);
      await ada.join("Ada", "a");
      await bob.join("Bob", "b");
      await seesRoom(eve, "b");
      eve.forget();
      ada.leave();
      const list = groups(["a", []], ["b", [entry("Bob", "b", bob)]]);
      await eve.log.until((lines) => lines.includes(list), "the list without Ada");
      assert.deepEqual((await settle(bob, eve))[1], [list]);
    });

    scene("who never joined and leaves: the others get the list unchanged", async (meet) => {
      const [ada, bob, eve] = await meet(modes);
      await ada.join("Ada", "1");
      const list = groups(["1", [entry("Ada", "1", ada)]]);
      await bob.log.until((lines) => lines.includes(list), "the first list");
      bob.forget();
      ada.forget();
      eve.leave();
      await bob.log.until((lines) => lines.includes(list), "the list again");
      await ada.log.until((lines) => lines.includes(list), "the list again");
      assert.deepEqual(await settle(ada, bob), [[list], [list]]);
    });

    scene("a second join adds an entry, and a leaving is told once per room", async (meet) => {
      const [ada, bob, eve] = await meet(modes);
      await bob.join("Bob", "1");
      await ada.join("Ada", "1");
      await ada.join("Ada again", "1");
      await ada.join("Ada", "2");
      const twice = [entry("Ada", "1", ada), entry("Ada again", "1", ada)];
      const full = groups(
        ["1", [entry("Bob", "1", bob), ...twice]],
        ["2", [entry("Ada", "2", ada)]],
      );
      for (const person of [bob, eve]) {
        await person.log.until((lines) => lines.includes(full), "the list with each entry");
      }
      bob.emit("message", { text: "once", room: "1", user: "Bob" });
      await ada.log.until((lines) => lines.includes(said("once", "Bob")), "Bob's message");
      assert.equal(ada.log.lines.filter((line) => line === said("once", "Bob")).length, 1);
      bob.forget();
      eve.forget();
      ada.leave();
      const list = groups(["1", [entry("Bob", "1", bob)]], ["2", []]);
      await bob.log.until((lines) => lines.includes(list), "the list without Ada");
      await eve.log.until((lines) => lines.includes(list), "the list without Ada");
      assert.deepEqual(await settle(bob, eve), [[left("Ada"), list], [list]]);
    });

    scene("a room that is a number stays a number in the list", async (meet) => {
      const [ada, bob, eve] = await meet(modes);
      await ada.join("Ada", 7);
      await bob.join("Bob", -1.5);
      ada.emit("message", { text: "to a number", room: -1.5, user: "Ada" });
      const list = groups(["7", [entry("Ada", 7, ada)]], ["-1.5", [entry("Bob", -1.5, bob)]]);
      const [, byBob, byEve] = await settle(ada, bob, eve);
      assert.deepEqual(byBob.slice(-2), [list, said("to a number", "Ada")]);
      assert.deepEqual(byEve.slice(-1), [list]);
    });

    scene("names, rooms and texts pass through to the byte", async (meet) => {
      const [ada, bob, eve] = await meet(modes);
      const name = "李🦀\u2028\"\\/\b\n\t\u0001\u007f<b>";
      const room = "房间 👩‍👩‍👧\u2029'\"";
      const words = "👋🏽 \u2028\u2029 é e\u0301 \ufeff\u0000 </script> ${x} 0\u001e1";
      await ada.join(name, room);
      await bob.join("Bob", room);
      await seesRoom(eve, "Bob");
      ada.emit("message", { text: words, room, user: name });
      const list = groups([room, [entry(name, room, ada), entry("Bob", room, bob)]]);
      const [, byBob, byEve] = await settle(ada, bob, eve);
      assert.deepEqual(byBob.slice(-2), [list, said(words, name)]);
      assert.deepEqual(byEve.slice(0, 1), [joined(name)]);
      assert.deepEqual(byEve.slice(-1), [list]);
    });

    scene("empty texts are texts", async (meet) => {
      const [ada, bob] = await meet(modes);
      await ada.join("", "");
      await bob.join("Bob", "");
      ada.emit("message", { text: "", room: "", user: "" });
      const [, byBob] = await settle(ada, bob);
      const list = groups(["", [entry("", "", ada), entry("Bob", "", bob)]]);
      assert.deepEqual(byBob, [joined(""), groups(["", [entry("", "", ada)]]), list, said("", "")]);
    });
  });
}

/** Waits until this person has seen a list that mentions `text`. */
function seesRoom(person, text) {
  const quoted = JSON.stringify(text);
  const isList = (line) => line.startsWith('["groupList"') && line.includes(quoted);
  return person.log.until((lines) => lines.some(isList), `a list with ${quoted}`);
}

describe("the chat's rooms", () => {
  scene("rooms are listed in the order of making, integers first, as by Node", async (meet) => {
    const [ada, bob] = await meet([WEBSOCKET, UPGRADE]);
    const integers = ["0", "9", "10", "4294967294"];
    const made = ["b", "10", "a", "9", "007", "-1", "4294967294", "4294967295", "1.5", "0", "1e3"];
    const listed = [...integers, ...made.filter((room) => !integers.includes(room))];
    for (const room of made) await ada.join("Ada", room);
    const list = groups(...listed.map((room) => [room, [entry("Ada", room, ada)]]));
    const [byAda, byBob] = await settle(ada, bob);
    assert.equal(byAda.at(-1), list);
    assert.equal(byBob.at(-1), list);
  });

  scene("a room keeps its place when it becomes empty and is joined again", async (meet) => {
    const [ada, bob, eve] = await meet([POLLING, WEBSOCKET, UPGRADE]);
    await ada.join("Ada", "first");
    await bob.join("Bob", "second");
    await seesRoom(eve, "second");
    ada.leave();
    const without = groups(["first", []], ["second", [entry("Bob", "second", bob)]]);
    await eve.log.until((lines) => lines.includes(without), "the list without Ada");
    await eve.join("Eve", "first");
    const [byBob] = await settle(bob, eve);
    assert.equal(
      byBob.at(-1),
      groups(["first", [entry("Eve", "first", eve)]], ["second", [entry("Bob", "second", bob)]]),
    );
  });

  scene("a name from JavaScript's prototype is a room like any other", async (meet) => {
    const [ada, bob] = await meet([WEBSOCKET, POLLING]);
    const rooms = ["__proto__", "constructor", "toString", "hasOwnProperty", "length"];
    for (const room of rooms) await ada.join("Ada", room);
    await bob.join("Bob", "__proto__");
    ada.emit("message", { text: "hi", room: "__proto__", user: "Ada" });
    const entries = (room) =>
      room === "__proto__"
        ? [entry("Ada", room, ada), entry("Bob", room, bob)]
        : [entry("Ada", room, ada)];
    const list = groups(...rooms.map((room) => [room, entries(room)]));
    const [byAda, byBob] = await settle(ada, bob);
    assert.equal(byAda.at(-1), list);
    assert.deepEqual(byBob.slice(-2), [list, said("hi", "Ada")]);
  });

  scene("a room named like somebody's socket id reaches nobody's private room", async (meet) => {
    const [ada, bob, eve] = await meet([WEBSOCKET, UPGRADE, POLLING]);
    await bob.join("Bob", "1");
    ada.emit("message", { text: "to Bob's id", room: bob.id, user: "Ada" });
    ada.emit("message", { text: "to Eve's id", room: eve.id, user: "Ada" });
    await ada.join("Ada", bob.id);
    eve.emit("message", { text: "to the room", room: bob.id, user: "Eve" });
    const [, byAda, byBob] = await settle(eve, ada, bob);
    const one = ["1", [entry("Bob", "1", bob)]];
    const both = groups(one, [bob.id, [entry("Ada", bob.id, ada)]]);
    assert.deepEqual(byBob, [groups(one), joined("Ada"), both]);
    assert.deepEqual(byAda.slice(-2), [both, said("to the room", "Eve")]);
    assert.ok(!eve.log.lines.some((line) => line.includes("to Eve's id")));
  });

  scene("a message to a room that nobody made goes nowhere", async (meet) => {
    const [ada, bob] = await meet([WEBSOCKET, WEBSOCKET]);
    await bob.join("Bob", "1");
    ada.emit("message", { text: "hello?", room: "nowhere", user: "Ada" });
    const [, byBob] = await settle(ada, bob);
    assert.deepEqual(byBob, [groups(["1", [entry("Bob", "1", bob)]])]);
  });
});

describe("malformed input is ignored, and costs nobody the connection", () => {
  const object = { a: 1 };
  const bytes = Buffer.from([1, 2, 3]);
  const deep = "[".repeat(20_000) + "]".repeat(20_000);

  /** One list of arguments each, for both events. */
  const NO_PAYLOAD = [[], [null], [5], [true], ["text"], [[]], [["Ada", "1"]], [{}], [bytes]];
  const JOINS = [
    [{ name: "x" }],
    [{ room: "1" }],
    [{ name: null, room: "1" }],
    [{ name: object, room: "1" }],
    [{ name: ["x"], room: "1" }],
    [{ name: "x", room: null }],
    [{ name: "x", room: true }],
    [{ name: "x", room: object }],
    [{ name: "x", room: ["1", "2"] }],
    [{ name: bytes, room: "1" }],
    [{ name: "x", room: bytes }],
    [null, { name: "x", room: "1" }],
  ];
  const MESSAGES = [
    [{ text: "x", room: "1" }],
    [{ text: "x", user: "x" }],
    [{ room: "1", user: "x" }],
    [{ text: object, room: "1", user: "x" }],
    [{ text: null, room: "1", user: "x" }],
    [{ text: ["x"], room: "1", user: "x" }],
    [{ text: "x", room: object, user: "x" }],
    [{ text: "x", room: ["1"], user: "x" }],
    [{ text: "x", room: "1", user: object }],
    [{ text: bytes, room: "1", user: "x" }],
    [null, { text: "x", room: "1", user: "x" }],
  ];
  const OTHERS = [
    ["groupList", {}], ["unknown"], ["", {}], ["__proto__", {}], ["constructor"], ["error", "x"],
    ["Join", { name: "x", room: "1" }], [1, 2], [0], ["leave", "1"],
  ];

  const KINDS = {
    "join without its fields": [...NO_PAYLOAD, ...JOINS].map((args) => ["join", ...args]),
    "message without its fields": [...NO_PAYLOAD, ...MESSAGES].map((args) => ["message", ...args]),
    "events that the chat does not know": OTHERS,
  };

  for (const [mode] of Object.entries(MODES)) {
    for (const [kind, events] of Object.entries(KINDS)) {
      scene(`${kind}, ${mode}`, async (meet) => {
        const [ada, bob] = await meet([mode, WEBSOCKET]);
        await bob.join("Bob", "1");
        bob.forget();
        for (const event of events) ada.emit(...event);
        const [byAda, byBob] = await settle(ada, bob);
        assert.deepEqual(byBob, []);
        assert.deepEqual(byAda.filter((line) => !line.includes("Bob")), []);
      });
    }

    scene(`an acknowledgement that was asked for changes nothing, ${mode}`, async (meet) => {
      const [ada, bob] = await meet([mode, WEBSOCKET]);
      ada.emit("join", () => {});
      ada.emit("message", 5, () => {});
      ada.emit("unknown", () => {});
      ada.emit("join", { name: "Ada", room: "1" }, () => {});
      const [, byBob] = await settle(ada, bob);
      assert.deepEqual(byBob, [joined("Ada"), groups(["1", [entry("Ada", "1", ada)]])]);
    });

    scene(`more fields and more arguments than needed are left aside, ${mode}`, async (meet) => {
      const [ada, bob] = await meet([mode, WEBSOCKET]);
      await bob.join("Bob", "1");
      ada.emit("join", { id: "forged", room: "1", name: "Ada", more: [1] }, "x", 5);
      ada.emit("message", { id: 1, user: "Ada", room: "1", text: "hi" }, { text: "no" });
      const [, byBob] = await settle(ada, bob);
      const list = groups(["1", [entry("Bob", "1", bob), entry("Ada", "1", ada)]]);
      assert.deepEqual(byBob.slice(1), [joined("Ada"), list, said("hi", "Ada")]);
    });

    scene(`arguments nested 20 000 deep, ${mode}`, async (meet) => {
      const [ada, bob] = await meet([mode, WEBSOCKET]);
      await ada.settledTransport();
      await bob.join("Bob", "1");
      bob.forget();
      ada.emitRaw(`2["join",${deep}]`);
      ada.emitRaw(`2["join",{"name":"x","room":${deep}}]`);
      ada.emitRaw(`2["message",{"text":${deep},"room":"1","user":"x"}]`);
      ada.emitRaw(`2["unknown",${deep}]`);
      const [, byBob] = await settle(ada, bob);
      assert.deepEqual(byBob, []);
    });
  }

  scene("a half of a surrogate pair goes through as the client wrote it", async (meet) => {
    const [ada, bob] = await meet([WEBSOCKET, POLLING]);
    await bob.join("Bob", "1");
    ada.emit("message", { text: "half \ud83e", room: "1", user: "\udd80 half" });
    const [, byBob] = await settle(ada, bob);
    assert.deepEqual(byBob.slice(1), ['["message",{"text":"half \\ud83e","user":"\\udd80 half"}]']);
  });
});

describe("the chat's bounds", () => {
  const crab = "🦀";

  scene("64 characters of name and room, 4,096 of text; one more is ignored", async (meet) => {
    const [ada, bob] = await meet([WEBSOCKET, WEBSOCKET]);
    const name = "n".repeat(64);
    const room = crab.repeat(64);
    const words = crab.repeat(4096);
    await bob.join(name, room);
    bob.forget();
    ada.emit("join", { name: "n".repeat(65), room: "1" });
    ada.emit("join", { name: "Ada", room: "r".repeat(65) });
    ada.emit("message", { text: words, room, user: name });
    ada.emit("message", { text: `${words}.`, room, user: name });
    ada.emit("message", { text: "hi", room: "r".repeat(65), user: name });
    const [, byBob] = await settle(ada, bob);
    assert.deepEqual(byBob, [said(words, name)]);
  });
});

describe("the strict chat (--chat-strict)", () => {
  const strict = ["--chat-strict"];

  scene("keeps the contract for those who behave", async (meet) => {
    const [ada, bob, eve] = await meet([POLLING, UPGRADE, WEBSOCKET], strict);
    await ada.join("Ada", "1");
    await bob.join("Bob", "1");
    await seesRoom(eve, "Bob");
    ada.emit("message", { text: "hi", room: "1", user: "Ada" });
    const one = groups(["1", [entry("Ada", "1", ada)]]);
    const two = groups(["1", [entry("Ada", "1", ada), entry("Bob", "1", bob)]]);
    assert.deepEqual(await settle(ada, bob, eve), [
      [one, joined("Bob"), two],
      [joined("Ada"), one, two, said("hi", "Ada")],
      [joined("Ada"), one, joined("Bob"), two],
    ]);
  });

  scene("only members may send to a room", async (meet) => {
    const [ada, bob] = await meet([WEBSOCKET, WEBSOCKET], strict);
    await bob.join("Bob", "1");
    ada.emit("message", { text: "not yet", room: "1", user: "Ada" });
    await ada.join("Ada", "2");
    ada.emit("message", { text: "not here", room: "1", user: "Ada" });
    await ada.join("Ada", "1");
    ada.emit("message", { text: "now", room: "1", user: "Ada" });
    const [, byBob] = await settle(ada, bob);
    const messages = byBob.filter((line) => line.startsWith('["message",{"text"'));
    assert.deepEqual(messages, [said("now", "Ada")]);
  });

  scene("nobody speaks under another name", async (meet) => {
    const [ada, bob] = await meet([WEBSOCKET, WEBSOCKET], strict);
    await ada.join("Ada", "1");
    await bob.join("Bob", "1");
    for (const user of ["Bob", "管理员", "管理员：", "ada"]) {
      ada.emit("message", { text: "forged", room: "1", user });
    }
    const [, byBob] = await settle(ada, bob);
    const spoken = byBob.filter((line) => line.includes("forged"));
    assert.deepEqual(spoken.filter((line) => line !== said("forged", "Ada")), []);
  });

  scene("the administrator and look-alikes are refused as names", async (meet) => {
    const [ada, bob] = await meet([WEBSOCKET, WEBSOCKET], strict);
    await bob.join("Bob", "1");
    bob.forget();
    const colons = ["管理员", "管理员：", "管理员:", "管理员﹕"];
    const blanks = [" 管理员 ", "管\u200b理员", "管 理 员", "管理员\u3000"];
    for (const name of [...colons, ...blanks]) ada.emit("join", { name, room: "1" });
    const [, byBob] = await settle(ada, bob);
    assert.deepEqual(byBob, []);
  });

  scene("a name is unique in its room, and free again when its owner has left", async (meet) => {
    const [ada, bob, eve] = await meet([WEBSOCKET, WEBSOCKET, WEBSOCKET], strict);
    await ada.join("Ada", "1");
    bob.emit("join", { name: "Ada", room: "1" });
    await bob.join("Ada", "2");
    await seesRoom(eve, "2");
    const list = groups(["1", [entry("Ada", "1", ada)]], ["2", [entry("Ada", "2", bob)]]);
    assert.equal(eve.log.lines.at(-1), list);
    ada.leave();
    const without = groups(["1", []], ["2", [entry("Ada", "2", bob)]]);
    await eve.log.until((lines) => lines.includes(without), "the list without Ada");
    await eve.join("Ada", "1");
    const [byBob] = await settle(bob, eve);
    assert.equal(
      byBob.at(-1),
      groups(["1", [entry("Ada", "1", eve)]], ["2", [entry("Ada", "2", bob)]]),
    );
  });
});

describe("cross-origin requests", () => {
  for (const origin of ["null", "http://localhost:5500", "https://example.org"]) {
    test(`any page may read the answers: Origin ${origin}`, async (t) => {
      const server = await startServer();
      atEnd(t, () => server.stop());
      const path = `${server.url}/socket.io/?EIO=4&transport=polling`;
      const response = await fetch(path, { headers: { origin } });
      assert.equal(response.status, 200);
      assert.equal(response.headers.get("access-control-allow-origin"), "*");
      const refused = await fetch(`${path}&sid=unknown`, { headers: { origin } });
      assert.equal(refused.status, 400);
      assert.equal(refused.headers.get("access-control-allow-origin"), "*");
      await refused.text();
      const { sid } = JSON.parse((await response.text()).slice(1));
      const closed = await fetch(`${path}&sid=${sid}`, { method: "POST", body: "1" });
      assert.equal(await closed.text(), "ok");
    });
  }

  test("a preflight is answered with 204, before any check", async (t) => {
    const server = await startServer();
    atEnd(t, () => server.stop());
    for (const query of ["?EIO=4&transport=polling", "?EIO=4&transport=polling&sid=unknown", ""]) {
      const response = await fetch(`${server.url}/socket.io/${query}`, {
        method: "OPTIONS",
        headers: {
          origin: "null",
          "access-control-request-method": "POST",
          "access-control-request-headers": "x-mine",
        },
      });
      assert.equal(response.status, 204);
      assert.equal(response.headers.get("access-control-allow-origin"), "*");
      assert.match(response.headers.get("access-control-allow-methods"), /\bPOST\b|\*/);
      assert.match(response.headers.get("access-control-allow-headers"), /x-mine|\*/i);
      assert.equal(await response.text(), "");
    }
  });
});
