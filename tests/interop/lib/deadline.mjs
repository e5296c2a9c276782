// Waiting without sleeping: for a promise, or for something to become true in a growing list,
// and never for longer than a deadline.

/** The default patience of a test, in milliseconds. */
export const PATIENCE = 15_000;

/** The promise's value, or an error that says what was waited for. */
export async function within(milliseconds, what, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    const tooLate = () => reject(new Error(`waited ${milliseconds} ms for ${what}`));
    timer = setTimeout(tooLate, milliseconds);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** A list that can be waited on: each `push` asks the waiting questions again. */
export class Log {
  #waiting = new Set();

  constructor() {
    this.lines = [];
  }

  push(line) {
    this.lines.push(line);
    for (const ask of this.#waiting) ask();
  }

  /** Resolves as soon as `holds(lines)` is true. */
  async until(holds, what, milliseconds = PATIENCE) {
    let ask;
    const answer = new Promise((resolve) => {
      ask = () => {
        if (holds(this.lines)) resolve();
      };
    });
    this.#waiting.add(ask);
    ask();
    try {
      await within(milliseconds, what, answer);
    } catch (error) {
      error.message += `; seen so far:\n${this.lines.map((line) => `  ${line}`).join("\n")}`;
      throw error;
    } finally {
      this.#waiting.delete(ask);
    }
  }
}
