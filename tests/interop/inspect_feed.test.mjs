// How the inspector's page listens: without being kept busy by what it cannot take.
//
//   a browser that is none ──► Feed ──► what its listener was told

import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { Feed } from "../../web/inspect/feed.js";

let sources;
let dropped;
let feed;

class Source extends EventTarget {
  static CLOSED = 2;
  constructor() {
    super();
    sources.push(this);
  }
  close() {}
  hears(type, data) {
    this.dispatchEvent(Object.assign(new Event(type), { data }));
  }
}

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout"] });
  [sources, dropped] = [[], []];
  // A tab that nobody sees: its next frame of the screen never comes.
  const requestAnimationFrame = () => {};
  Object.assign(globalThis, { EventSource: Source, requestAnimationFrame });
  feed = new Feed({
    state() {},
    began() {},
    events() {},
    dropped: (count) => dropped.push(count),
    sessions() {},
  });
});
afterEach(() => mock.timers.reset());

test("what is dropped is counted one by one, and told together", () => {
  feed.watch(null);
  const [source] = sources;
  for (let n = 0; n < 10_000; n += 1) source.hears("message", "{}");
  source.hears("dropped", "500");
  assert.deepEqual(dropped, []);
  mock.timers.tick(1_000);
  assert.deepEqual(dropped, [2_500]);
  source.hears("message", "{}");
  mock.timers.tick(1_000);
  assert.deepEqual(dropped, [2_500, 1]);
  source.hears("dropped", "7");
  feed.stop();
  mock.timers.tick(1_000);
  assert.equal(dropped.reduce((all, count) => all + count), 2_501, "who has left hears nothing");
});
