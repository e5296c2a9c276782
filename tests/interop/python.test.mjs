// python-socketio, which is not by the makers of the protocol, against the example `scenarios`.
//
// Its package comes from PyPI, with the versions of python/requirements.txt, into a folder of its
// own (`python/.venv`); PYTHON_BIN may name a Python that has it already.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { copyFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { MODES } from "./lib/conversation.mjs";
import { startExample } from "./lib/server.mjs";

const FOLDER = fileURLToPath(new URL("python", import.meta.url));
const WANTED = join(FOLDER, "requirements.txt");
const INSTALLED = join(FOLDER, ".venv/requirements.txt");
const run = promisify(execFile);

/** A Python that has the packages. They are installed once, and when others are wanted. */
async function python() {
  if (process.env.PYTHON_BIN) return process.env.PYTHON_BIN;
  const program = join(FOLDER, ".venv/bin/python");
  const text = (path) => readFile(path, "utf8").catch(() => undefined);
  if ((await text(INSTALLED)) !== (await text(WANTED))) {
    await run("python3", ["-m", "venv", "--clear", join(FOLDER, ".venv")]);
    await run(program, ["-m", "pip", "install", "--quiet", "--requirement", WANTED]);
    await copyFile(WANTED, INSTALLED);
  }
  return program;
}

describe("python-socketio", () => {
  let server, program;
  before(async () => {
    program = await python();
    server = await startExample("scenarios");
  });
  after(() => server?.stop());

  for (const [mode, transports] of Object.entries(MODES)) {
    test(mode, async () => {
      const env = { ...process.env, SERVER: server.url, TRANSPORTS: transports.join() };
      const options = { cwd: FOLDER, env, timeout: 60_000 };
      const said = await run(program, ["-m", "unittest", "scenarios"], options).catch((error) => {
        throw new Error(`the scenarios of python-socketio have failed:\n${error.stderr}`);
      });
      assert.match(said.stderr, /^Ran 11 tests in .*\n\nOK$/m);
    });
  }
});
