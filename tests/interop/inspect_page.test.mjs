// The inspector and the playground in Chromium, against the program under test.
//
//   Ada's chat ──┐
//   Bob's chat ──┼──► sockrates ──► /inspect in a third tab: the ladder, live
//   a script   ──┘
//
// Screenshots go to tests/interop/shots/, for people to look at.

import assert from "node:assert/strict";
import { mkdir, readFile } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { openPage, startChromium } from "./lib/chromium.mjs";
import { startServer } from "./lib/server.mjs";
import { until } from "./lib/until.mjs";

const SHOTS = fileURLToPath(new URL("./shots/", import.meta.url));
const OFFICIAL = "tests/interop/node_modules/socket.io-client/dist";

/** So tall that every row of a short session is in view. */
const TALL = { width: 1500, height: 1900 };

let browser;
let server;
before(async () => {
  await mkdir(SHOTS, { recursive: true });
  [browser, server] = await Promise.all([startChromium(), startServer(["--client-dir", OFFICIAL])]);
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

/** A page of a person of their own; what it complains of fails the test. */
async function visit(t, path, settings = {}) {
  const context = await browser.newContext({ locale: "en-US", ...settings });
  const { page, complaints } = await openPage(context, `${server.url}${path}`);
  t.after(async () => {
    await context.close();
    assert.deepEqual(complaints, []);
  });
  return page;
}

const shot = (page, name) => page.screenshot({ path: `${SHOTS}inspect-${name}.png` });
const count = (page, selector) => page.locator(selector).count();
const texts = (page, selector) => page.locator(selector).allTextContents();

/** Waits until the ladder shows a row of which this is a part. */
function shows(page, part) {
  const shown = async () => (await texts(page, ".row .label")).some((text) => text.includes(part));
  return until(shown, `a row with ${part}`);
}

/** Shows the newest session, and says which one that is. */
async function newestSession(page) {
  await until(() => count(page, ".session[data-session^=s]"), "a session in the list");
  const newest = page.locator(".session[data-session^=s]").first();
  await newest.click();
  return newest.getAttribute("data-session");
}

/** Opens every row that carries something, and checks that its pieces cover all its bytes. */
async function everyRowIsExplained(page) {
  const ids = await page.locator(".row:not(.end)").evaluateAll((rows) => rows.map(({ id }) => id));
  let explained = 0;
  for (const id of ids) {
    await page.locator(`#${id} .time`).click();
    await until(() => count(page, `#${id}[aria-selected=true]`), `${id} to be chosen`);
    assert.notEqual(await page.locator(".why p").textContent(), "");
    if ((await count(page, ".explanation")) === 0) continue;
    await until(() => count(page, ".explanation[data-explained]"), `${id} to be explained`);
    explained += 1;
    const found = await page.evaluate(() => {
      const all = (selector) => [...document.querySelectorAll(`#details ${selector}`)];
      const read = (elements) => elements.map((element) => element.textContent).join("");
      return {
        wire: read(all(".wire .mark")),
        pieces: all(".wire .mark").length,
        words: all(".words li").length,
        uncovered: all(".dump .digits > span:not([data-span])").length,
        wrong: read(all(".mistake.error .what")),
      };
    });
    assert.equal(found.uncovered, 0, `${id}: every byte belongs to a piece`);
    assert.equal(found.words, found.pieces, `${id}: every piece has words`);
    assert.equal(found.wrong, "", `${id}: ${found.wire}`);
  }
  return explained;
}

const HANDOVER = ["probe", "probed", "upgrade"];

async function showsTheUpgrade(page) {
  for (const step of HANDOVER) {
    await until(() => count(page, `.row[data-handover=${step}]`), `the step ${step}`);
  }
  assert.ok(await count(page, ".row.request.polling .bar.get"), "a GET is a bar");
  assert.ok(await count(page, ".row .rail.polling"), "the rail of polling");
  assert.ok(await count(page, ".row .rail.websocket"), "the rail of WebSocket");
  const place = (step) => page.locator(`.row[data-handover=${step}]`).getAttribute("aria-posinset");
  const places = await Promise.all(HANDOVER.map(place));
  assert.deepEqual(places, places.toSorted((a, b) => a - b), "in their order");
}

describe("the ladder", () => {
  test("shows the chat of two tabs live, with our client", { timeout: 120_000 }, async (t) => {
    const page = await visit(t, "/inspect", { viewport: TALL });
    await until(() => count(page, "#state[data-state=live]"), "the feed");
    const ada = await visit(t, "/?name=Ada&room=ladder");
    await shows(page, '42["groupList"');
    await showsTheUpgrade(page);
    const bob = await visit(t, "/?name=Bob&room=ladder");
    await shows(page, "Bob进入了房间");
    await ada.fill("#text", "hello 😀");
    await ada.press("#text", "Enter");
    await shows(page, "hello 😀");
    await bob.fill("#text", "and to you");
    await bob.press("#text", "Enter");
    await shows(page, "and to you");
    await shot(page, "live");
    assert.ok((await everyRowIsExplained(page)) > 10);
    await shot(page, "details");
    const first = await page.locator(".session[aria-current]").getAttribute("data-session");
    assert.notEqual(await newestSession(page), first, "Bob's session is another one");
    await shows(page, "?EIO=4");
    await showsTheUpgrade(page);
    await ada.close();
    await shows(page, "Ada离开了房间");
  });

  test("shows the official client live", { timeout: 120_000 }, async (t) => {
    const page = await visit(t, "/inspect", { viewport: TALL });
    const script = await visit(t, "/");
    await script.addScriptTag({ url: "/socket.io/socket.io.js" });
    await script.evaluate(async () => {
      const socket = globalThis.io({ forceNew: true });
      await new Promise((done) => socket.io.engine.once("upgrade", done));
      await socket.emitWithAck("join", { name: "Cleo", room: "official" });
      await socket.emitWithAck("message", { text: "from afar", room: "official", user: "Cleo" });
      globalThis.socket = socket;
    });
    await newestSession(page);
    await shows(page, "from afar");
    await showsTheUpgrade(page);
    assert.ok((await everyRowIsExplained(page)) > 8);
    await shot(page, "official");
    await script.evaluate(() => globalThis.socket.disconnect());
    await until(() => count(page, ".row.session-close"), "the end of the session");
  });

  test("holds a GET that waits open until there is something", { timeout: 60_000 }, async (t) => {
    const page = await visit(t, "/inspect", { viewport: TALL });
    const ada = await visit(t, "/?name=Ada&room=parked&transport=polling");
    await until(async () => (await texts(ada, ".notice")).length > 0, "Ada to be in");
    await newestSession(page);
    await until(() => page.locator("#end .bar.open").isVisible(), "the open bar");
    await shot(page, "waiting");
    const bob = await visit(t, "/?name=Bob&room=parked");
    await shows(page, "Bob进入了房间");
    assert.ok((await texts(page, ".waited")).length > 0, "how long it has waited");
    await bob.close();
  });

  test("says how long a GET has waited before it was looked at", { timeout: 60_000 }, async (t) => {
    const ada = await visit(t, "/?name=Ada&room=early&transport=polling");
    await until(async () => (await texts(ada, ".notice")).length > 0, "Ada to be in");
    const page = await visit(t, "/inspect", { viewport: TALL });
    await page.clock.setFixedTime(Date.now() + 3_600_000);
    await page.reload();
    await newestSession(page);
    const waited = page.locator("#end .waited");
    await until(() => waited.isVisible(), "the GET that waits");
    await until(async () => /^3[56]\d\d s$/.test(await waited.textContent()), "an hour");
  });

  test("is filtered, searched and paused", { timeout: 60_000 }, async (t) => {
    const ada = await visit(t, "/?name=Ada&room=filters");
    await until(async () => (await texts(ada, ".notice")).length > 0, "Ada to be in");
    const page = await visit(t, "/inspect", { viewport: TALL });
    await newestSession(page);
    await shows(page, '42["groupList"');
    const all = await count(page, ".row:not(.end)");
    await page.selectOption("#type", "EVENT");
    await until(async () => (await count(page, ".row:not(.end)")) < all, "fewer rows");
    const labels = await texts(page, ".row:not(.end) .label");
    assert.ok(labels.every((label) => label.includes("42")), labels.join());
    await page.click("#clear");
    await until(async () => (await count(page, ".row:not(.end)")) === all, "all rows");
    await page.locator("#scroller").focus();
    await page.keyboard.press("/");
    await page.keyboard.type("nothing like this");
    await until(() => page.locator("#nothing").isVisible(), "that nothing fits");
    await page.keyboard.press("Escape");
    await page.click("#clear");
    await page.keyboard.press("p");
    await until(() => count(page, "#state[data-state=paused]"), "the pause");
    await ada.fill("#text", "while it is paused");
    await ada.press("#text", "Enter");
    await until(() => page.locator("#held").isVisible(), "what is held back");
    assert.ok(!(await texts(page, ".label")).some((text) => text.includes("while it is")));
    await page.keyboard.press("p");
    await shows(page, "while it is paused");
  });

  test("is used without a mouse", { timeout: 60_000 }, async (t) => {
    const ada = await visit(t, "/?name=Ada&room=keys");
    await until(async () => (await texts(ada, ".notice")).length > 0, "Ada to be in");
    const page = await visit(t, "/inspect", { viewport: TALL });
    await newestSession(page);
    await shows(page, '["join"');
    await page.locator("#scroller").focus();
    await page.keyboard.press("Home");
    await page.keyboard.press("ArrowDown");
    await until(() => count(page, "[aria-posinset='2'][aria-selected=true]"), "the second row");
    await page.keyboard.press("Enter");
    await until(() => page.locator("#details").isVisible(), "the details");
    const active = await page.locator("#scroller").getAttribute("aria-activedescendant");
    assert.equal(await page.locator(`#${active}`).getAttribute("aria-posinset"), "2");
    await page.keyboard.press("Escape");
    await until(() => page.locator("#details").isHidden(), "the details to be gone");
  });

  test("saves a recording, and opens it again", { timeout: 60_000 }, async (t) => {
    const ada = await visit(t, "/?name=Ada&room=saved");
    await until(async () => (await texts(ada, ".notice")).length > 0, "Ada to be in");
    const page = await visit(t, "/inspect", { viewport: TALL });
    await newestSession(page);
    await shows(page, '42["groupList"');
    const before = await texts(page, ".row:not(.end) .label");
    const [download] = await Promise.all([page.waitForEvent("download"), page.click("#export")]);
    const path = await download.path();
    const lines = (await readFile(path, "utf8")).trimEnd().split("\n").map(JSON.parse);
    assert.equal(lines[0].siolog, 1);
    const other = await visit(t, "/inspect", { viewport: TALL });
    await other.setInputFiles("#file", { name: "a.siolog", mimeType: "", buffer: await readFile(path) });
    await until(() => count(other, "#state[data-state=imported]"), "the recording");
    const found = async () => JSON.stringify(await texts(other, ".row:not(.end) .label"));
    await until(async () => (await found()) === JSON.stringify(before), "the same rows");
    await other.click("#live");
    await until(() => count(other, "#state[data-state=live]"), "the feed again");
    await other.setInputFiles("#file", { name: "b", mimeType: "", buffer: Buffer.from("no") });
    await until(() => other.locator("#notice").isVisible(), "that this is no recording");
  });

  test("has only those rows in the document that are in view", { timeout: 60_000 }, async (t) => {
    const page = await visit(t, "/inspect");
    const event = { session: "s1", from: "server", lane: "websocket", kind: "frame" };
    const lines = [{ siolog: 1, by: "a test", started: "2026-11-23T12:00:00.000Z" }];
    for (let n = 1; n <= 50_000; n += 1) lines.push({ ...event, n, t: n / 1000, text: `42["${n}"]` });
    const buffer = Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
    await page.setInputFiles("#file", { name: "long.siolog", mimeType: "", buffer });
    await shows(page, '42["30001"]');
    assert.ok((await count(page, ".row")) < 80);
    assert.match(await page.locator("#forgotten").textContent(), /30,000/);
    await page.locator("#scroller").focus();
    await page.keyboard.press("End");
    await shows(page, '42["50000"]');
    assert.ok((await count(page, ".row")) < 80);
  });

  test("fits a narrow screen, in Chinese and in the dark", { timeout: 60_000 }, async (t) => {
    const ada = await visit(t, "/?name=Ada&room=narrow");
    await until(async () => (await texts(ada, ".notice")).length > 0, "Ada to be in");
    const settings = { locale: "zh-CN", colorScheme: "dark", viewport: { width: 360, height: 740 } };
    for (const path of ["/inspect", "/inspect/play"]) {
      const page = await visit(t, path, settings);
      assert.equal(await page.evaluate(() => document.documentElement.lang), "zh-CN");
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360);
      const unsaid = await page.locator("[data-text]:empty").count();
      assert.equal(unsaid, 0, "every text is said");
      await until(() => count(page, ".row, .words li"), "something to see");
      await shot(page, `narrow${path.replaceAll("/", "-")}`);
    }
  });
});

describe("the playground", () => {
  const wire = (page) => page.inputValue("#input");
  /** Waits until what is explained is what stands in the editor. */
  const settled = (page, text) =>
    until(async () => (await page.locator("#explanation .wire").textContent()) === text, text);

  test("explains every example, and finds every mistake", { timeout: 60_000 }, async (t) => {
    const page = await visit(t, "/inspect/play");
    for (const [list, isWrong] of [["#examples", false], ["#mistakes", true]]) {
      const buttons = page.locator(`${list} button`);
      for (let index = 0; index < (await buttons.count()); index += 1) {
        const answer = page.waitForResponse("**/inspect/decode");
        await buttons.nth(index).click();
        const found = await (await answer).json();
        const says = found.diagnostic !== null || found.notes.length > 0;
        assert.equal(says, isWrong, `${await wire(page)}: ${JSON.stringify(found.diagnostic)}`);
        if (isWrong) await until(() => count(page, ".mistake"), "what is wrong");
      }
    }
    await shot(page, "play-mistake");
  });

  test("goes from fields to bytes, and keeps it in the address", { timeout: 60_000 }, async (t) => {
    const page = await visit(t, `/inspect/play#p=${encodeURIComponent('42["hi"]')}`);
    await settled(page, '42["hi"]');
    await until(async () => (await page.inputValue("#data")) === '["hi"]', "the fields");
    await page.fill("#packet-namespace", "/chat");
    await page.fill("#ack-id", "12");
    await settled(page, '42/chat,12["hi"]');
    await page.fill("#data", '["hi", 1.0]');
    await settled(page, '42/chat,12["hi", 1.0]');
    await page.fill("#data", "['hi']");
    await until(() => page.locator("#field-error").isVisible(), "that this is no JSON");
    await shot(page, "play");
    const other = await visit(t, new URL(page.url()).pathname + new URL(page.url()).hash);
    await settled(other, '42/chat,12["hi", 1.0]');
  });

  test("keeps the attachments in the address as well", { timeout: 60_000 }, async (t) => {
    const whole = async (page) => (await page.textContent("#summary")).includes("here it is");
    const packet = '451-["up",{"_placeholder":true,"num":0}]';
    const page = await visit(t, `/inspect/play#p=${encodeURIComponent(packet)}`);
    await settled(page, packet);
    await page.fill("#attachments", "01 02 03 04");
    await until(() => whole(page), "the packet with its attachment");
    const { pathname, hash } = new URL(page.url());
    const other = await visit(t, `${pathname}#p=2`);
    await until(() => other.locator("#attachments").isDisabled(), "a packet without fields");
    await other.evaluate((address) => (location.hash = address), hash);
    await until(() => whole(other), "the same, in a page that showed another packet");
    assert.equal(await other.inputValue("#attachments"), "01020304");
  });

  test("pointing at a piece lights it up everywhere", { timeout: 60_000 }, async (t) => {
    const page = await visit(t, "/inspect/play");
    await settled(page, '42/chat,7["typing",{"on":true}]');
    await page.locator(".wire .k-socketio-ack-id").hover();
    await until(async () => (await count(page, ".lit")) === 4, "wire, words and both sides of bytes");
    await page.locator(".words li").first().focus();
    await until(() => count(page, ".wire .k-engineio-type.lit"), "by keyboard, too");
  });

  test("sends a raw packet, and shows what comes back", { timeout: 60_000 }, async (t) => {
    const page = await visit(t, `/inspect/play#p=40`);
    await settled(page, "40");
    await page.click("#send");
    await until(async () => (await count(page, "#log .came")) === 2, "the handshake and the welcome");
    await page.fill("#input", "42{}");
    await page.click("#send");
    const log = async () => (await texts(page, "#log li")).at(-1);
    await until(async () => (await log()).includes("closed the session"), "the end");
    await shot(page, "play-scratch");
  });
});
