// How long to wait before the next attempt to connect.
//
//   attempt      1     2     3     4     5
//   at least   0.5 s  1 s   2 s  2.5 s 2.5 s
//   at most    1.5 s  3 s   5 s   5 s   5 s      chance decides
//
// The chance matters most: when a server restarts, all its clients begin to wait at the
// same moment, and must not come back at the same moment.
//
// So there is a chance in every wait, the longest included; the reference client's longest waits
// are all of one length.
//
// Core file. Not in the specification.

/** Counts attempts, and says how long to wait before each. */
export class Backoff {
  /** How many attempts there were since the last success. */
  attempts = 0;
  #options;

  constructor({ reconnectionDelay, reconnectionDelayMax, randomizationFactor }) {
    this.#options = { reconnectionDelay, reconnectionDelayMax, randomizationFactor };
  }

  /** Counts one more attempt, and gives the milliseconds to wait for it. */
  next(chance = Math.random()) {
    const { reconnectionDelay, reconnectionDelayMax, randomizationFactor } = this.#options;
    const middle = reconnectionDelay * 2 ** Math.min(this.attempts, 30);
    const least = Math.min(middle, reconnectionDelayMax) * (1 - randomizationFactor);
    const most = Math.min(middle * (1 + randomizationFactor), reconnectionDelayMax);
    this.attempts += 1;
    return Math.round(least + (most - least) * chance);
  }

  /** It worked. */
  reset() {
    this.attempts = 0;
  }
}
