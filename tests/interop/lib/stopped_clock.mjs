// A clock that stands still until it is told to go on.
//
//   const clock = stopTheClock();
//   setTimeout(ring, 25_000);       any module's timer, from now on
//   await clock.pass(25_000);       rings
//
// Node's own mock of timers knows no `refresh()`, which the reference server's heartbeat is built
// on. Timers inside Node (those of HTTP) are not replaced: they are not what a transcript is about.

import timers from "node:timers";

/** The largest step: what a timer does may arm others, and those shall be on time. */
const STEP = 50;

class Timer {
  constructor(clock, callback, milliseconds, repeats, args) {
    Object.assign(this, { clock, callback, milliseconds, repeats, args });
    this.refresh();
  }

  refresh() {
    this.due = this.clock.now + this.milliseconds;
    this.clock.waiting.add(this);
    return this;
  }

  unref() {
    return this;
  }

  ref() {
    return this;
  }

  hasRef() {
    return true;
  }

  close() {
    this.clock.waiting.delete(this);
  }

  ring() {
    if (this.repeats) this.refresh();
    else this.close();
    this.callback(...this.args);
  }
}

class Clock {
  now = 0;
  waiting = new Set();

  /** Lets time pass, in steps; `settled` is awaited after each. */
  async pass(milliseconds, settled) {
    const end = this.now + milliseconds;
    while (this.now < end) {
      this.now = Math.min(end, this.now + STEP);
      for (const timer of this.#due()) {
        if (this.waiting.has(timer)) timer.ring();
      }
      await settled();
    }
  }

  #due() {
    const due = [...this.waiting].filter((timer) => timer.due <= this.now);
    return due.sort((one, other) => one.due - other.due);
  }
}

/** Stops the clock of this process, for timers that are set from now on. */
export function stopTheClock() {
  const clock = new Clock();
  const starting = (repeats) => (callback, milliseconds = 0, ...args) =>
    new Timer(clock, callback, Math.max(1, milliseconds), repeats, args);
  const real = { clearTimeout, clearInterval };
  const stopping = (name) => (timer) =>
    timer instanceof Timer ? timer.close() : real[name](timer);
  const stopped = {
    setTimeout: starting(false),
    setInterval: starting(true),
    clearTimeout: stopping("clearTimeout"),
    clearInterval: stopping("clearInterval"),
  };
  Object.assign(timers, stopped);
  Object.assign(globalThis, stopped);
  return clock;
}
