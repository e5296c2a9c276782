// The chat page in Chromium, against the program under test (lib/server.mjs says which).
//
// Screenshots go to tests/interop/shots/, for people to look at.

import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { openPage, startChromium } from "./lib/chromium.mjs";
import { startServer } from "./lib/server.mjs";
import { until } from "./lib/until.mjs";

const SHOTS = fileURLToPath(new URL("./shots/", import.meta.url));
const HOSTILE = '<img src=x onerror="globalThis.hit = 1"><script>globalThis.hit = 1</script>';

let browser;
let server;
before(async () => {
  await mkdir(SHOTS, { recursive: true });
  [browser, server] = await Promise.all([startChromium(), startServer()]);
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

/** A person at a screen of their own; what the page complains of fails the test. */
async function visit(t, query, { url = server.url, ...settings } = {}) {
  const context = await browser.newContext({ locale: "en-US", ...settings });
  const { page, complaints } = await openPage(context);
  await page.exposeFunction("complain", (text) => complaints.push(text));
  await page.addInitScript(() => {
    addEventListener("securitypolicyviolation", (event) => {
      globalThis.complain(`refused: ${event.violatedDirective} ${event.blockedURI}`);
    });
  });
  t.after(async () => {
    await context.close();
    assert.deepEqual(complaints, []);
  });
  await page.goto(`${url}/?${new URLSearchParams(query)}`);
  return page;
}

/** Enters a room and waits until the page says so. */
async function join(t, query, settings) {
  const page = await visit(t, query, settings);
  await until(async () => (await texts(page, ".notice")).length > 0, "the first notice");
  return page;
}

const texts = (page, selector) => page.locator(selector).allTextContents();

async function say(page, text) {
  await page.fill("#text", text);
  await page.press("#text", "Enter");
}

/** Waits until the texts of `selector` are exactly these. */
async function shows(page, selector, wanted) {
  let found;
  await until(
    async () => {
      found = await texts(page, selector);
      return JSON.stringify(found) === JSON.stringify(wanted);
    },
    `${selector} to show ${JSON.stringify(wanted)}`,
    15_000,
  ).catch((error) => {
    throw new Error(`${error.message}; it shows ${JSON.stringify(found)}`);
  });
}

const rooms = (page) =>
  page.locator(".room").evaluateAll((all) =>
    all.map((one) =>
      [".room-name", ".count"].map((part) => one.querySelector(part).textContent),
    ),
  );

/** A room that no other test uses. */
let number = 0;
function newRoom() {
  number += 1;
  return `room ${number}`;
}

const BADGES = { polling: "polling", both: "polling → websocket", websocket: "websocket" };

describe("two people in a room", () => {
  for (const [transport, badge] of Object.entries(BADGES)) {
    test(`talk to each other (${badge})`, { timeout: 60_000 }, async (t) => {
      const room = newRoom();
      const ada = await join(t, { name: "Ada", room, transport });
      await shows(ada, "#badge", [badge]);
      const bob = await join(t, { name: "Bob", room, transport });
      await shows(bob, "#badge", [badge]);
      await say(ada, "hello 😀");
      await shows(bob, ".theirs .text", ["hello 😀"]);
      await shows(bob, ".theirs .user", ["Ada"]);
      await say(bob, HOSTILE);
      await say(bob, "two\nlines");
      await shows(ada, ".theirs .text", [HOSTILE, "two\nlines"]);
      assert.equal(await ada.evaluate(() => globalThis.hit), undefined);
      assert.equal(await ada.locator("#log img, #log script").count(), 0);
      // Each sees their own words once, though the server does not send them back.
      await shows(ada, ".mine .text", ["hello 😀"]);
      await shows(bob, ".mine .text", [HOSTILE, "two\nlines"]);
      await shows(ada, ".notice", [`You are in the room “${room}”.`, "Bob came in"]);
      assert.deepEqual((await rooms(ada))[0], [room, "2"]);
      await bob.close();
      await until(async () => (await rooms(ada))[0][1] === "1", "Bob to be gone from the count");
      await until(async () => (await texts(ada, ".notice")).at(-1) === "Bob left", "the notice");
    });
  }

  test("words go between transports", { timeout: 60_000 }, async (t) => {
    const room = newRoom();
    const ada = await join(t, { name: "Ada", room, transport: "polling" });
    const bob = await join(t, { name: "Bob", room, transport: "websocket" });
    await say(ada, "from polling");
    await shows(bob, ".theirs .text", ["from polling"]);
    await say(bob, "from websocket");
    await shows(ada, ".theirs .text", ["from websocket"]);
  });
});

describe("a server that dies and comes back on its port", () => {
  for (const [transport, badge] of Object.entries(BADGES)) {
    test(`is found again by both, who rejoin (${badge})`, { timeout: 90_000 }, async (t) => {
      let mortal = await startServer();
      t.after(() => mortal.kill());
      const { url, port } = mortal;
      const room = "1";
      const ada = await join(t, { name: "Ada", room, transport }, { url });
      const bob = await join(t, { name: "Bob", room, transport }, { url });
      await shows(ada, "#badge", [badge]);
      await shows(bob, "#badge", [badge]);
      await say(ada, "before");
      await shows(bob, ".theirs .text", ["before"]);
      mortal.kill();
      await until(() => ada.locator("#banner").isVisible(), "the banner");
      await until(
        async () => /Attempt \d/.test(await ada.locator("#banner").textContent()),
        "the attempt in the banner",
      );
      await shows(ada, "#badge", ["offline"]);
      await until(() => bob.locator("#banner").isVisible(), "the banner");
      await say(ada, "written offline");
      await shows(ada, '[data-state="pending"] .text', ["written offline"]);
      assert.equal(await ada.locator(".room:disabled").count(), 0, "one's own room stays");
      if (transport === "both") await ada.screenshot({ path: `${SHOTS}offline.png` });
      // Bob is back before Ada's words are sent, or he could not hear them.
      await ada.context().setOffline(true);
      mortal = await startServer([], { port });
      const back = (page) => async () =>
        (await texts(page, ".notice")).includes("Connected again.");
      await until(back(bob), "Bob to be back", 30_000);
      await ada.context().setOffline(false);
      await until(back(ada), "Ada to be back", 30_000);
      await shows(bob, ".theirs .text", ["before", "written offline"]);
      await shows(ada, ".mine .text", ["before", "written offline"]);
      await shows(ada, '[data-state="pending"]', []);
      await shows(ada, "#badge", [badge]);
      await say(bob, "after");
      await shows(ada, ".theirs .text", ["after"]);
      await say(ada, "the last");
      await shows(bob, ".theirs .text", ["before", "written offline", "the last"]);
      assert.deepEqual(await rooms(ada), [[room, "2"]]);
      assert.equal(await ada.locator("#banner").isVisible(), false);
    });
  }
});

test("words that may be lost are said to be, and go again only by hand", async (t) => {
  const room = newRoom();
  const ada = await join(t, { name: "Ada", room, transport: "polling" });
  const bob = await join(t, { name: "Bob", room });
  await ada.route("**/socket.io/**", (route) => {
    const doomed = route.request().postData()?.includes("in the dark");
    return doomed ? route.abort() : route.continue();
  });
  await say(ada, "in the dark");
  await shows(ada, '[data-state="doubt"] .text', ["in the dark"]);
  await ada.unroute("**/socket.io/**");
  const back = async () => (await texts(ada, ".notice")).includes("Connected again.");
  await until(back, "Ada to be back");
  await say(ada, "in the light");
  await shows(bob, ".theirs .text", ["in the light"]);
  await ada.click('[data-state="doubt"] button');
  await shows(bob, ".theirs .text", ["in the light", "in the dark"]);
  await shows(ada, '[data-state="doubt"]', []);
  await shows(ada, ".mine .text", ["in the dark", "in the light"]);
});

test("a message that is swallowed on its way is not taken for delivered", async (t) => {
  const room = newRoom();
  const [ada, bob] = [
    await join(t, { name: "Ada", room, transport: "polling" }),
    await join(t, { name: "Bob", room }),
  ];
  let broken = false;
  await ada.route("**/socket.io/**", async (route) => {
    const request = route.request();
    if (broken) await route.abort();
    else if (request.postData()?.includes('["message"')) await route.fulfill({ body: "ok" });
    else await route.continue();
  });
  await say(ada, "into the void");
  await shows(ada, '[data-state="sent"] .text', ["into the void"]);
  // The server is heard from, and yet it has never seen that message.
  await say(bob, "hello?");
  await shows(ada, ".theirs .text", ["hello?"]);
  broken = true;
  await say(bob, "are you there?");
  await shows(ada, '[data-state="doubt"] .text', ["into the void"]);
  await ada.unrouteAll({ behavior: "ignoreErrors" });
});

describe("the way in", () => {
  test("a server that does not answer `join` is not said to have let us in", async (t) => {
    const page = await visit(t, {});
    const answers = ['42["groupList"', "43"];
    // Over polling a page sees what we let it see.
    await page.route("**/socket.io/**", async (route) => {
      const response = await route.fetch();
      const body = await response.text();
      const kept = body.split("\x1e").filter((packet) => !answers.some((start) => packet.startsWith(start)));
      await route.fulfill({ response, body: kept.join("\x1e") || "6" });
    });
    await page.goto(`${server.url}/?name=Ada&room=${newRoom()}&transport=polling`);
    const banner = async () => await page.locator("#banner").textContent();
    await until(async () => /does not let you in/.test(await banner()), "the banner", 15_000);
    assert.deepEqual(await texts(page, ".notice"), []);
    await say(page, "hello?");
    await shows(page, '[data-state="pending"] .text', ["hello?"]);
    // A poll is always under way, and nobody will want its answer.
    await page.unrouteAll({ behavior: "ignoreErrors" });
  });

  test("asks for name and room, by keyboard alone", { timeout: 30_000 }, async (t) => {
    const page = await visit(t, {});
    await page.keyboard.type("Ada");
    await page.keyboard.press("Tab");
    const room = newRoom();
    await page.keyboard.type(room);
    await page.keyboard.press("Enter");
    await shows(page, ".notice", [`You are in the room “${room}”.`]);
    assert.equal(new URL(page.url()).searchParams.get("room"), room);
    await page.keyboard.type("with the keyboard");
    await page.keyboard.press("Enter");
    await shows(page, ".mine .text", ["with the keyboard"]);
    const focused = () =>
      page.evaluate(() => document.activeElement.id || document.activeElement.className);
    const order = [await focused()];
    for (let step = 0; step < 4; step += 1) {
      await page.keyboard.press("Shift+Tab");
      order.push(await focused());
    }
    assert.deepEqual(order.slice(0, 3), ["text", "log", "quiet"]);
    assert.equal(order[3], "new-room");
    const outline = await page.evaluate(
      () => getComputedStyle(document.activeElement).outlineStyle,
    );
    assert.equal(outline, "solid", "what has the focus shows it");
  });

  test("another room is another visit, and Back leads home", { timeout: 30_000 }, async (t) => {
    const [first, second] = [newRoom(), newRoom()];
    const ada = await join(t, { name: "Ada", room: first });
    const bob = await join(t, { name: "Bob", room: second });
    await ada.click(`.room[data-room="${second}"]`);
    await shows(ada, "#room-title", [second]);
    await until(async () => (await texts(bob, ".notice")).includes("Ada came in"), "Ada in there");
    await say(bob, "welcome");
    await shows(ada, ".theirs .text", ["welcome"]);
    await ada.fill("#new-room", first);
    await ada.press("#new-room", "Enter");
    await shows(ada, "#room-title", [first]);
    await until(async () => (await texts(bob, ".notice")).includes("Ada left"), "Ada out again");
    await ada.goBack();
    await shows(ada, "#room-title", [second]);
    await until(async () => (await rooms(bob))[0][1] === "2", "Ada back in there");
  });
});

describe("a server in strict mode", () => {
  const TAKEN = "The server does not let you in: somebody in the room has a name that looks the same";

  test("lets in who asks again, once the name is free", { timeout: 60_000 }, async (t) => {
    const strict = await startServer(["--chat-strict"]);
    t.after(() => strict.stop());
    const settings = { url: strict.url };
    const first = await join(t, { name: "Ada", room: "1" }, settings);
    const second = await visit(t, { name: "Ada", room: "1" }, settings);
    const banner = () => second.textContent("#banner-text");
    await until(async () => (await banner()).startsWith(TAKEN), "the reason");
    await say(second, "soon");
    await shows(second, ".state", ["waits until you are in"]);
    await second.click("#language");
    await shows(second, ".state", ["等待进入房间"]);
    assert.match(await banner(), /房间里已有看起来一样的用户名/);
    assert.equal(await second.textContent("#again"), "现在重试");
    await second.click("#again");
    await until(async () => /看起来一样/.test(await banner()), "the reason again");
    const third = await join(t, { name: "Bob", room: "1" }, settings);
    await first.close();
    await shows(third, ".theirs .text", ["soon"]);
    assert.equal(await second.locator("#banner").isVisible(), false);
    assert.deepEqual(await rooms(third), [["1", "2"]]);
  });

  test("leaves a way back to name and room", { timeout: 30_000 }, async (t) => {
    const strict = await startServer(["--chat-strict"]);
    t.after(() => strict.stop());
    const settings = { url: strict.url };
    await join(t, { name: "Ada", room: "1" }, settings);
    const second = await visit(t, { name: "Ada", room: "1", transport: "polling" }, settings);
    await second.click("#leave");
    const fields = ["#name", "#room"].map((field) => second.inputValue(field));
    assert.deepEqual(await Promise.all(fields), ["Ada", "1"]);
    assert.equal(await second.title(), "Sockrates");
    await second.keyboard.type("Bob");
    await second.keyboard.press("Enter");
    await shows(second, ".notice", ["You are in the room “1”."]);
    await shows(second, "#badge", ["polling"]);
    assert.equal(await second.title(), "1 · Sockrates");
  });
});

test("the server says where it is and what it offers", { timeout: 30_000 }, async (t) => {
  const elsewhere = await startServer(["--path", "/talk/", "--transports", "websocket"]);
  t.after(() => elsewhere.stop());
  const { url } = elsewhere;
  const ada = await join(t, { name: "Ada", room: "1" }, { url });
  await shows(ada, "#badge", ["websocket"]);
  // The address of the page can narrow the offer, and not widen it.
  const bob = await join(t, { name: "Bob", room: "1", transport: "polling" }, { url });
  await shows(bob, "#badge", ["websocket"]);
  assert.match(await ada.getAttribute("html", "data-path"), /^\/talk\//);
});

describe("the message box", () => {
  test("grows with its text, wrapped lines too, and shrinks again", async (t) => {
    const page = await join(t, { name: "Ada", room: newRoom() });
    const height = async () => (await page.locator("#text").boundingBox()).height;
    const empty = await height();
    await page.fill("#text", "many words ".repeat(40));
    const wrapped = await height();
    assert.ok(wrapped > empty * 1.8, `${wrapped} px for many words, ${empty} for none`);
    await page.fill("#text", "many words ".repeat(370));
    const most = 0.4 * page.viewportSize().height;
    assert.ok((await height()) <= most + 1, "it leaves room for the messages");
    await page.press("#text", "Enter");
    assert.ok(Math.abs((await height()) - empty) < 1, "as before, but for a part of a pixel");
  });

  test("Shift+Enter is a new line, and an input method keeps its Enter", async (t) => {
    const page = await join(t, { name: "Ada", room: newRoom() });
    await page.fill("#text", "ni hao");
    const enter = (settings) =>
      page.evaluate((given) => {
        const event = new KeyboardEvent("keydown", { key: "Enter", cancelable: true, ...given });
        return document.getElementById("text").dispatchEvent(event);
      }, settings);
    // True: nobody has taken the key from the input method.
    assert.equal(await enter({ isComposing: true }), true);
    assert.equal(await enter({ keyCode: 229 }), true);
    assert.equal(await enter({ shiftKey: true }), true);
    assert.equal(await page.inputValue("#text"), "ni hao");
    assert.deepEqual(await texts(page, ".mine"), []);
    await page.press("#text", "Shift+Enter");
    assert.equal(await page.inputValue("#text"), "ni hao\n");
    assert.equal(await enter({}), false);
    await shows(page, ".mine .text", ["ni hao\n"]);
    await say(page, "   ");
    assert.equal(await page.locator(".mine").count(), 1);
  });

  test("keeps 500 messages, and the place of who reads above", { timeout: 90_000 }, async (t) => {
    const room = newRoom();
    const ada = await join(t, { name: "Ada", room });
    await ada.evaluate(async () => {
      const { addMessage } = await import("/view.js");
      for (let count = 0; count < 520; count += 1) {
        addMessage({ kind: "theirs", user: "x", text: `${count}` });
      }
    });
    assert.equal(await ada.locator("#messages li").count(), 500);
    const distance = () =>
      ada.evaluate(() => {
        const log = document.getElementById("log");
        return log.scrollHeight - log.scrollTop - log.clientHeight;
      });
    assert.ok((await distance()) < 5, "the end is in sight");
    const bob = await join(t, { name: "Bob", room });
    await ada.evaluate(() => (document.getElementById("log").scrollTop = 100));
    await say(bob, "news");
    await until(() => ada.locator("#newer").isVisible(), "the sign that there is more below");
    assert.ok((await distance()) > 1000, "the reader was not moved");
    await ada.click("#newer");
    await until(async () => (await distance()) < 5, "the end");
    assert.equal(await ada.locator("#newer").isVisible(), false);
  });
});

describe("looks", () => {
  const [wide, phone] = [{ width: 1280, height: 800 }, { width: 390, height: 844 }];
  const SCREENS = {
    "wide-light-en": { viewport: wide, locale: "en-US" },
    "wide-dark-zh": { viewport: wide, locale: "zh-CN", colorScheme: "dark" },
    "phone-light-zh": { viewport: phone, locale: "zh-CN" },
    "phone-dark-en": { viewport: phone, locale: "en-US", colorScheme: "dark" },
  };
  for (const [name, settings] of Object.entries(SCREENS)) {
    test(`fit the screen and the language (${name})`, { timeout: 60_000 }, async (t) => {
      const zh = settings.locale === "zh-CN";
      const room = `${newRoom()} ${zh ? "哲学茶馆" : "agora"}`;
      const entry = await visit(t, {}, settings);
      await entry.screenshot({ path: `${SHOTS}${name}-entry.png` });
      const ada = await join(t, { name: zh ? "苏格拉底" : "Socrates", room }, settings);
      const bob = await join(t, { name: zh ? "柏拉图" : "Plato", room }, settings);
      await say(ada, zh ? "我唯一知道的，就是我一无所知。" : "I know that I know nothing.");
      await say(bob, "x".repeat(300));
      await until(async () => (await texts(ada, ".theirs")).length === 1, "the long word");
      // However long the name of somebody's room, the talk keeps its place beside the list.
      await join(t, { name: "Zeno", room: "W".repeat(64) }, settings);
      await until(async () => (await texts(ada, ".rooms")).join().includes("WWWW"), "the room");
      const list = await ada.evaluate(() => document.querySelector(".rooms").offsetWidth);
      const most = settings.viewport === phone ? phone.width : 260;
      assert.ok(list <= most, `the list of rooms is ${list} px wide`);
      const form = await ada.locator("#room-form").boundingBox();
      const right = form.x + form.width;
      assert.ok(form.x >= 0 && right <= list, `the form of rooms ends at ${right} of ${list} px`);
      const page = await ada.evaluate(() => ({
        lang: document.documentElement.lang,
        theme: document.documentElement.dataset.theme,
        wide: document.documentElement.scrollWidth - innerWidth,
        high: document.documentElement.scrollHeight - innerHeight,
      }));
      const theme = settings.colorScheme ?? "light";
      assert.deepEqual(page, { lang: zh ? "zh-CN" : "en", theme, wide: 0, high: 0 });
      await shows(ada, "#badge", ["polling → websocket"]);
      await ada.screenshot({ path: `${SHOTS}${name}.png` });
    });
  }

  test("can be changed, and are remembered", { timeout: 30_000 }, async (t) => {
    const page = await join(t, { name: "Ada", room: newRoom() });
    await page.click("#language");
    await page.click("#theme");
    const look = () => page.evaluate(() => ({ ...document.documentElement.dataset }).theme);
    assert.equal(await page.getAttribute("html", "lang"), "zh-CN");
    assert.equal(await look(), "dark");
    assert.equal(await page.textContent("#composer button"), "发送");
    await page.reload();
    assert.equal(await page.getAttribute("html", "lang"), "zh-CN");
    assert.equal(await look(), "dark");
  });
});
