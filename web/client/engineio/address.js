// Where the requests of a session go.
//
//   http://example.org/socket.io/?token=1&EIO=4&transport=polling&t=5kq0wz1c&sid=lv_VI97…
//   └──────── base ─────────────┘ └ query ┘ └── mandatory ──────┘ └ no cache ┘ └ once known
//
//   ws://example.org/socket.io/?token=1&EIO=4&transport=websocket&sid=lv_VI97…
//
// Core file. Spec: Engine.IO v4, "Request path" and "Query parameters".
// On the server: src/engineio/query.rs.

/** The revision of Engine.IO that is spoken here. */
const REVISION = "4";

/** Knows the URL of every request of one session. */
export class Address {
  /**
   * Null until the server has said it. [EIO4-HANDSHAKE-3] "The client MUST send the `sid`
   * value in the query parameters of all subsequent requests."
   */
  sid = null;

  /** `origin` is http(s)://host[:port]. */
  constructor(origin, path, query) {
    this.base = origin + path.replace(/\/$/, "") + "/";
    this.query = query;
  }

  /** For the next GET or POST. The parameter `t` keeps caches from answering. */
  http() {
    return `${this.base}?${this.#parameters("polling", { t: randomText() })}`;
  }

  /** For the WebSocket: http becomes ws, https becomes wss. */
  websocket() {
    return `${this.base.replace(/^http/, "ws")}?${this.#parameters("websocket", {})}`;
  }

  #parameters(transport, more) {
    const parameters = new URLSearchParams(this.query);
    parameters.set("EIO", REVISION);
    parameters.set("transport", transport);
    for (const [name, value] of Object.entries(more)) parameters.set(name, value);
    if (this.sid !== null) parameters.set("sid", this.sid);
    return parameters;
  }
}

function randomText() {
  return Math.random().toString(36).slice(2, 10);
}
