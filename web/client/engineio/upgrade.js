// The upgrade: from polling to WebSocket without losing, doubling or reordering a thing.
//
//     polling                    the candidate, a WebSocket
//   GET ── waits ──              ► 2probe      does it work?
//        ◄ 6                     ◄ 3probe      it does
//   no new GET, no new POST
//   those under way end
//                                ► 5           from now on here
//                                ► 42["…"]     what was emitted meanwhile
//
// Until the `5` the session lives on polling, so giving up costs nothing: the candidate is
// closed and polling goes on.
//
// "To upgrade to WebSocket, the client MUST:"
// - [EIO4-UPGRADE-2] "pause the HTTP long-polling transport (no more HTTP request gets sent),
//   to ensure that no packet gets lost"
// - [EIO4-UPGRADE-3] "open a WebSocket connection with the same session ID"
// - [EIO4-UPGRADE-4] "send a `ping` packet with the string `probe` in the payload"
//
// The pause comes after the probe's answer here, as it does in the reference client: a
// WebSocket that never answers would otherwise hold everything up.
//
// Shell file. Spec: Engine.IO v4, "Upgrade". On the server: src/engineio/upgrade.rs.

import { EIO } from "./packet.js";

const PROBE = "probe";

/** After so many milliseconds a candidate has had its chance. The server's wait is as long. */
const PATIENCE = 10_000;

/**
 * One attempt.
 *
 * | Stage     | Waits for                                  | Then                  |
 * |-----------|--------------------------------------------|-----------------------|
 * | `probing` | the WebSocket to open, then for `3probe`   | `pausing`             |
 * | `pausing` | the GET and the POST under way to end      | sends `5`, and `over` |
 * | `over`    | nothing                                    |                       |
 */
export class Upgrade {
  #stage = "probing";
  #polling;
  #candidate;
  #done;
  #failed;
  #timer;

  /** Calls `done(candidate)` or `failed(error)`, one of them, once. */
  constructor(polling, candidate, { done, failed }) {
    this.#polling = polling;
    this.#candidate = candidate;
    this.#done = done;
    this.#failed = failed;
    candidate.hooks = {
      opened: () => candidate.send([{ type: EIO.PING, data: PROBE }]),
      packet: (packet) => this.#receive(packet),
      drained: () => {},
      closed: (reason, details) => this.#fail(details),
    };
    this.#timer = setTimeout(() => {
      this.#fail(new Error(`no upgrade within ${PATIENCE / 1000} seconds`));
    }, PATIENCE);
    candidate.open();
  }

  /** The session has other plans. */
  abandon() {
    if (this.#stage === "over") return;
    this.#end();
    this.#candidate.close();
    this.#polling.resume();
  }

  #receive(packet) {
    if (this.#stage !== "probing" || packet.type !== EIO.PONG || packet.data !== PROBE) {
      const found = packet.type + (typeof packet.data === "string" ? packet.data : "<bytes>");
      this.#fail(new Error(`found '${found.slice(0, 40)}' on the candidate, wanted '3probe'`));
      return;
    }
    this.#stage = "pausing";
    this.#polling.pause(() => this.#switch());
  }

  #switch() {
    if (this.#stage !== "pausing") return;
    if (!this.#candidate.writable) {
      this.#fail(new Error("the candidate closed before the upgrade"));
      return;
    }
    this.#end();
    // [EIO4-UPGRADE-7] "Finally, the client MUST send a `upgrade` packet to complete the upgrade."
    this.#candidate.send([{ type: EIO.UPGRADE }]);
    this.#done(this.#candidate);
  }

  #fail(error) {
    if (this.#stage === "over") return;
    this.abandon();
    this.#failed(error);
  }

  #end() {
    this.#stage = "over";
    clearTimeout(this.#timer);
  }
}
