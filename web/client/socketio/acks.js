// Acknowledgements: which answer belongs to which question.
//
//   ► 212["add",2,3]    the id is 12
//   ◄ 312[5]            the answer to 12
//
// Each socket counts its own ids, from 0.
//
// Core file: the timer is the caller's. Spec: Socket.IO v5, "Acknowledgement".
// On the server: src/socketio/acks.rs.

import { callSafely } from "../emitter.js";

/** The questions of one socket that are still open. */
export class Acks {
  /** The id that the next question will have. */
  next = 0;
  #open = new Map();

  /**
   * Expects an answer, and says under which id. With `fails`, the callback takes an error
   * first, and is called with one when no answer can come any more.
   */
  expect(callback, { fails = false, timer } = {}) {
    const id = this.next;
    this.next += 1;
    this.#open.set(id, { callback, fails, timer });
    return id;
  }

  /** The answer to `id` is here. An id that nobody waits for is ignored. */
  answer(id, args) {
    const ack = this.#take(id);
    if (ack) callSafely(ack.callback, undefined, ack.fails ? [null, ...args] : args);
  }

  /** There will be no answer to `id`. */
  fail(id, error) {
    const ack = this.#take(id);
    if (ack?.fails) callSafely(ack.callback, undefined, [error]);
  }

  /** There will be no answer to any id but those in `except`, which are not yet asked. */
  failAll(error, except) {
    for (const id of [...this.#open.keys()]) if (!except.has(id)) this.fail(id, error);
  }

  #take(id) {
    const ack = this.#open.get(id);
    this.#open.delete(id);
    clearTimeout(ack?.timer);
    return ack;
  }
}
