// The heartbeat: is the server still there?
//
//        ├── pingInterval + pingTimeout ──┤
//   open ──── 2 ─────────────────────────────────── ✗  silence: the server is gone
//             └─ each ping starts the wait again
//
// Only a ping counts. Other packets show that something arrives, but a server that has
// stopped pinging has forgotten this session.
//
// Shell file: it looks at the clock. Spec: Engine.IO v4, "Heartbeat".
// On the server: src/engineio/heartbeat.rs.

/** The longest time a timer can be set to; beyond it, browsers call at once. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** Waits for pings, and says when they have stopped. */
export class Heartbeat {
  #wait;
  #deadline;
  #timer;
  #gone;

  /** Calls `gone` once no ping came for `pingInterval + pingTimeout` milliseconds. */
  constructor({ pingInterval, pingTimeout }, gone) {
    this.#wait = Math.min(pingInterval + pingTimeout, LONGEST_TIMER);
    this.#gone = gone;
    this.beat();
  }

  /** A ping came. */
  beat() {
    this.stop();
    this.#deadline = Date.now() + this.#wait;
    this.#timer = setTimeout(this.#gone, this.#wait);
  }

  /**
   * Whether the time is over, by the clock on the wall. A laptop that wakes up has not run
   * its timers yet; whoever is about to send something asks here first.
   */
  expired() {
    return Date.now() > this.#deadline;
  }

  /** The session is over. */
  stop() {
    clearTimeout(this.#timer);
  }
}
