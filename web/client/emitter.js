// Who wants to be told, and telling them.
//
//   emitter.on("message", show)      from now on
//   emitter.once("open", start)      the next time only
//   emitter.off("message", show)     no longer
//
// Sessions, managers and sockets are all emitters. `deliver` calls the listeners on
// this side; the method `emit` of a socket is another thing: it sends to the server.

/** A list of listeners for each event name. */
export class Emitter {
  #listeners = new Map();

  /** Calls `listener` each time `event` is delivered. */
  on(event, listener) {
    const listeners = this.#listeners.get(event) ?? [];
    this.#listeners.set(event, [...listeners, listener]);
    return this;
  }

  /** Calls `listener` the next time `event` is delivered, and then forgets it. */
  once(event, listener) {
    const only = (...args) => {
      this.off(event, only);
      listener.apply(this, args);
    };
    only.listener = listener;
    return this.on(event, only);
  }

  /** Forgets one listener; without `listener` all of the event; without anything all. */
  off(event, listener) {
    if (event === undefined) {
      this.#listeners.clear();
    } else if (listener === undefined) {
      this.#listeners.delete(event);
    } else {
      const listeners = this.listeners(event);
      const index = listeners.findIndex((one) => one === listener || one.listener === listener);
      if (index >= 0) listeners.splice(index, 1);
      this.#listeners.set(event, listeners);
    }
    return this;
  }

  /** The listeners of `event`, in the order in which they are called. */
  listeners(event) {
    return [...(this.#listeners.get(event) ?? [])];
  }

  /** Whether anybody listens to `event`. */
  hasListeners(event) {
    return this.listeners(event).length > 0;
  }

  /**
   * Calls the listeners of `event`. The lists are never changed in place, so a listener
   * may come or go meanwhile without another one being skipped.
   */
  deliver(event, ...args) {
    for (const listener of this.#listeners.get(event) ?? []) {
      callSafely(listener, this, args);
    }
  }
}

/**
 * Calls a function of the application. What it throws is reported as any uncaught error
 * is, but later: the packets behind this one must not pay for it.
 */
export function callSafely(listener, self, args) {
  try {
    return listener.apply(self, args);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
    return undefined;
  }
}
