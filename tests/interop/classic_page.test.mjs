// A page as chat tutorials have it, in a real browser, against our chat.
//
//   <script type="module">                               <script src="/socket.io/socket.io.js">
//     import { io } from "https://cdn…/4.7.4/…";           const socket = io();
//     const socket = io("ws://localhost:3000");
//     const name = prompt("…"), room = prompt("…");
//
// The page asks for a name and a room with `prompt()`, joins when connected, listens from then on,
// and shows its own messages itself. It is opened as a file, so its origin is `null`. What it
// fetches from the network of the world is answered from the installed package instead.

import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { pathToFileURL } from "node:url";

import { chromium } from "playwright-core";

import { within } from "./lib/deadline.mjs";
import { atEnd } from "./lib/ends.mjs";
import { startServer } from "./lib/server.mjs";

const DIST = join(
  dirname(createRequire(import.meta.url).resolve("socket.io-client/package.json")),
  "dist",
);
const CDN = "https://cdn.socket.io/4.7.4/socket.io.esm.min.js";
const PATIENCE = { timeout: 15_000 };

/** The page; `head` loads a client, `connect` is the expression that makes the socket. */
function page(head, type, connect) {
  return `<!doctype html>
<html lang="zh">
  <meta charset="utf-8">
  <title>classic</title>
  <ul id="rooms"></ul>
  <div id="lines"></div>
  <div id="input" contenteditable></div>
  ${head}
  <script${type}>
    ${type ? `import { io } from "${CDN}";` : ""}
    const byId = (id) => document.getElementById(id);
    const add = (parent, tag, text) => {
      const element = document.createElement(tag);
      element.innerText = text;
      parent.append(element);
    };
    const show = ({ user, text }) => add(byId("lines"), "p", user + ":" + text);
    const socket = ${connect};
    const name = prompt("name?");
    const room = prompt("room?");
    socket.on("connect", () => {
      socket.emit("join", { name, room });
      socket.on("message", show);
      socket.on("groupList", (list) => {
        byId("rooms").innerHTML = "";
        for (const key of Object.keys(list)) add(byId("rooms"), "li", key + " " + list[key].length);
      });
    });
    addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      const text = byId("input").innerText;
      socket.emit("message", { text, room, user: name });
      show({ text, user: name });
      byId("input").innerText = "";
    });
  </script>
</html>`;
}

/** The tutorial's two ways to load a client. */
const WAYS = {
  "a module from the CDN, opened as a file": {
    flags: [],
    text: (port) => page("", ' type="module"', `io("ws://localhost:${port}")`),
    asFile: true,
  },
  "a classic script from the server, with the installed client": {
    flags: ["--client-dir", DIST],
    text: () => page('<script src="/socket.io/socket.io.js"></script>', "", "io()"),
  },
  "a classic script from the server, with our own client": {
    flags: [],
    text: () => page('<script src="/socket.io/socket.io.js"></script>', "", "io()"),
  },
};

describe("a classic chat page", () => {
  let browser;
  let folder;

  before(async () => {
    const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
    // Pages that the test itself answers for have no address, and Chromium would keep them from
    // opening a WebSocket to this machine.
    const args = ["--no-sandbox", "--disable-features=LocalNetworkAccessChecks"];
    browser = await chromium.launch({ executablePath, args });
    folder = await mkdtemp(join(tmpdir(), "interop-"));
  });

  after(async () => {
    await browser?.close();
    if (folder) await rm(folder, { recursive: true });
  });

  /** Opens the page for one person, and answers its two questions. */
  async function open(t, server, way, name, room) {
    const context = await browser.newContext();
    atEnd(t, () => context.close());
    const tab = await context.newPage();
    const answers = [name, room];
    const errors = [];
    const upgraded = new Promise((resolve) => {
      tab.on("websocket", (websocket) => {
        websocket.on("framesent", ({ payload }) => payload === "5" && resolve());
      });
    });
    tab.on("dialog", (dialog) => dialog.accept(answers.shift()));
    tab.on("pageerror", (error) => errors.push(error));
    await tab.route(CDN, async (route) => {
      await route.fulfill({
        body: await readFile(join(DIST, "socket.io.esm.min.js")),
        contentType: "application/javascript",
        headers: { "access-control-allow-origin": "*" },
      });
    });
    const body = way.text(server.port);
    let address = `http://localhost:${server.port}/classic.html`;
    if (way.asFile) {
      const file = join(folder, `${server.port}.html`);
      await writeFile(file, body);
      address = pathToFileURL(file).href;
    } else {
      await tab.route(address, (route) => route.fulfill({ body, contentType: "text/html" }));
    }
    await tab.goto(address);
    return { tab, context, errors, upgraded };
  }

  /** Waits until the children of `#id` have these texts, in this order. */
  async function shows({ tab }, id, texts) {
    const state = () => tab.$$eval(`#${id} > *`, (all) => all.map((element) => element.innerText));
    try {
      await tab.waitForFunction(
        ([id, wanted]) => {
          const all = [...document.getElementById(id).children];
          return JSON.stringify(all.map((element) => element.innerText)) === wanted;
        },
        [id, JSON.stringify(texts)],
        PATIENCE,
      );
    } catch {
      assert.deepEqual(await state(), texts, `what #${id} shows`);
    }
  }

  async function say({ tab }, text) {
    await tab.locator("#input").fill(text);
    await tab.keyboard.press("Enter");
  }

  for (const [title, way] of Object.entries(WAYS)) {
    for (const strict of [[], ["--chat-strict"]]) {
      test([title, ...strict].join(", "), async (t) => {
        const server = await startServer([...way.flags, ...strict], { cwd: folder });
        atEnd(t, () => server.stop());
        const ada = await open(t, server, way, "Ada", "1");
        await shows(ada, "rooms", ["1 1"]);
        const bob = await open(t, server, way, "小明", "1");
        await shows(bob, "rooms", ["1 2"]);
        const eve = await open(t, server, way, "Eve", "b");
        await shows(eve, "rooms", ["1 2", "b 1"]);
        await shows(ada, "rooms", ["1 2", "b 1"]);

        const byAda = ["管理员：:小明进入了房间", "管理员：:Eve进入了房间"];
        const byBob = ["管理员：:Eve进入了房间"];
        await shows(ada, "lines", byAda);
        await shows(bob, "lines", byBob);
        const talk = [
          [ada, "Ada", "hi 🦀 <img src=x onerror=alert(1)>"],
          [bob, "小明", "你好"],
          [ada, "Ada", "bye"],
        ];
        for (const [person, name, text] of talk) {
          await say(person, text);
          for (const lines of [byAda, byBob]) lines.push(`${name}:${text}`);
          await shows(ada, "lines", byAda);
          await shows(bob, "lines", byBob);
        }

        for (const { upgraded } of [ada, bob, eve]) {
          await within(PATIENCE.timeout, "the upgrade", upgraded);
        }
        await ada.context.close();
        await shows(bob, "rooms", ["1 1", "b 1"]);
        await shows(eve, "rooms", ["1 1", "b 1"]);
        await shows(bob, "lines", [...byBob, "管理员:Ada离开了房间"]);
        await shows(eve, "lines", []);
        for (const person of [ada, bob, eve]) assert.deepEqual(person.errors, []);
      });
    }
  }
});
