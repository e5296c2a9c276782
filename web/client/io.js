// From a URL to a socket.
//
//   io("https://example.org/admin?token=1")
//      └────── origin ────┘└ nsp ┘└ query ┘
//
//   origin and path ──► the manager, shared by all who name the same
//   nsp             ──► the socket of that namespace on it
//
// Without a URL it is the origin of the page, and the namespace "/".

import { DEFAULTS, Manager } from "./socketio/manager.js";
import { Socket } from "./socketio/socket.js";

/** The managers there are, by origin and path. */
const managers = new Map();

/**
 * The socket of the namespace that `url` names. Sockets of the same server share one
 * session, unless `forceNew` is true, `multiplex` is false, or the namespace has a socket
 * on that session already.
 */
export const io = (url, options = {}) => {
  if (typeof url === "object" && url !== null) return io(undefined, url);
  const { origin, namespace, query } = locate(url);
  const settings = { ...options, query: { ...query, ...options.query } };
  const key = origin + (options.path ?? DEFAULTS.path);
  const shared = managers.get(key);
  const alone = options.forceNew || options.multiplex === false;
  if (alone || shared?.has(namespace)) {
    return new Manager(origin, settings).socket(namespace, settings);
  }
  const manager = shared ?? new Manager(origin, settings);
  managers.set(key, manager);
  return manager.socket(namespace, settings);
};

/** What a classic script reaches through the one name it gets; 5 is the revision spoken. */
Object.assign(io, { connect: io, Manager, Socket, protocol: 5 });

/** The parts of `http://host:port/nsp?query`; what is left out is the page's. */
function locate(url) {
  const page = globalThis.location ?? { protocol: "http:", origin: "http://localhost" };
  let text = String(url ?? page.origin);
  if (/^\/(?!\/)/.test(text)) text = page.origin + text;
  if (!/^(https?|wss?):\/\//.test(text)) text = `${page.protocol}//${text.replace(/^\/\//, "")}`;
  const { origin, searchParams } = new URL(text.replace(/^ws/, "http"));
  // Not `pathname`: that would escape a namespace like /聊天, which the server knows unescaped.
  const [, namespace] = /^[a-z]+:\/\/[^/?#]*([^?#]*)/.exec(text);
  return { origin, namespace: namespace || "/", query: Object.fromEntries(searchParams) };
}
