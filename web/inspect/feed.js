// What the server tells: wire events as they happen, and the list of sessions.
//
//   GET /inspect/events?session=s1     Server-Sent Events: one wire event each, `siolog` with the
//                                      first line of a recording, `dropped` with a number
//   GET /inspect/sessions              the list, again every two seconds
//
// There is never more than one connection for events: a browser opens six to one origin, and the
// chat that is being watched needs some of them. Events are handed on in batches, one for each
// frame of the screen, and what a hidden page cannot take is dropped and counted.

/** So many events wait for the next frame of the screen at most. */
const MAX_BATCH = 8_000;

/** What was dropped is told once in so many milliseconds: where some is, there is a lot. */
const TELL_DROPS = 500;

/** So often the list of sessions is asked for, in milliseconds. */
const ASK_SESSIONS = 2_000;

/** After so many milliseconds a refused connection is tried again. */
const TRY_AGAIN = 3_000;

/**
 * Tells its listener `state("live" | "connecting" | "lost" | "full")`, `began(head)`,
 * `events([…])`, `dropped(count)` and `sessions([…])`.
 */
export class Feed {
  #listener;
  #source = null;
  #session = null;
  #batch = [];
  #scheduled = false;
  #lost = 0;
  #again;

  constructor(listener) {
    this.#listener = listener;
  }

  /** Watches one session, or with `null` all of them. */
  watch(session) {
    this.#session = session;
    this.#batch = [];
    this.#open();
  }

  /** Begins to ask for the list of sessions, again and again. */
  start() {
    this.#ask();
  }

  /** Hears of no events any more, until `watch`. */
  stop() {
    this.#source?.close();
    this.#source = null;
    this.#batch = [];
    this.#lost = 0;
    clearTimeout(this.#again);
  }

  #open() {
    clearTimeout(this.#again);
    this.#source?.close();
    this.#listener.state("connecting");
    const session = this.#session;
    const query = session === null ? "" : `?${new URLSearchParams({ session })}`;
    const source = new EventSource(`/inspect/events${query}`);
    this.#source = source;
    source.addEventListener("open", () => this.#listener.state("live"));
    source.addEventListener("message", ({ data }) => this.#take(data));
    source.addEventListener("siolog", ({ data }) => this.#listener.began(parsed(data)));
    source.addEventListener("dropped", ({ data }) => this.#drop(Number(data) || 0));
    source.addEventListener("error", () => {
      if (this.#source !== source) return;
      // The browser tries again by itself, unless it was refused.
      const refused = source.readyState === EventSource.CLOSED;
      this.#listener.state(refused ? "full" : "lost");
      if (refused) this.#again = setTimeout(() => this.#open(), TRY_AGAIN);
    });
  }

  #take(data) {
    if (this.#batch.length >= MAX_BATCH) {
      this.#drop(1);
      return;
    }
    this.#batch.push(data);
    if (this.#scheduled) return;
    this.#scheduled = true;
    requestAnimationFrame(() => {
      this.#scheduled = false;
      const batch = this.#batch;
      this.#batch = [];
      this.#listener.events(batch.map(parsed).filter((event) => event !== null));
    });
  }

  #drop(count) {
    if (this.#lost === 0 && count > 0) setTimeout(() => this.#tellDrops(), TELL_DROPS);
    this.#lost += count;
  }

  #tellDrops() {
    const count = this.#lost;
    this.#lost = 0;
    this.#listener.dropped(count);
  }

  async #ask() {
    if (!document.hidden) {
      try {
        const answer = await fetch("/inspect/sessions");
        if (answer.ok) this.#listener.sessions(await answer.json());
      } catch {
        // The state of the events says already that the server is away.
      }
    }
    setTimeout(() => this.#ask(), ASK_SESSIONS);
  }
}

function parsed(data) {
  try {
    return JSON.parse(data);
  } catch {
    return null;
  }
}
