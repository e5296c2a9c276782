// What a test does at its end, whatever happened in it: the last opened is closed first.
//
// Node's own hooks run in the order in which they were added, and a hook that fails keeps the
// others from running: a client left open would then keep the whole run from ending.

const steps = new WeakMap();

/** Runs `step` when the test `t` is over, before the steps that were given earlier. */
export function atEnd(t, step) {
  if (!steps.has(t)) {
    steps.set(t, []);
    t.after(() => runAll(steps.get(t)));
  }
  steps.get(t).unshift(step);
}

async function runAll(list) {
  const failures = [];
  for (const step of list) {
    try {
      await step();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}
