// Waiting for something, never for some time.

/** Resolves once `condition()` holds; fails after `deadline` milliseconds, naming `what`. */
export async function until(condition, what, deadline = 10_000) {
  const end = Date.now() + deadline;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > end) throw new Error(`waited ${deadline} ms in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** The arguments of the next `event` of an emitter with `once`. */
export function next(emitter, event, deadline = 10_000) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error(`waited ${deadline} ms in vain: event '${event}'`));
    }, deadline);
    emitter.once(event, (...args) => {
      clearTimeout(timer);
      resolve(args);
    });
  });
}
