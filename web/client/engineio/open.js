// The handshake: what the server says first.
//
//   GET /socket.io/?EIO=4&transport=polling
//   200 0{"sid":"lv_VI97HAXpY6yYWAAAC","upgrades":["websocket"],
//         "pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}
//
// Over WebSocket the same packet is the first frame, and `upgrades` is empty.
//
// Core file. Spec: Engine.IO v4, "Handshake".
// On the server: src/engineio/handshake.rs.

/** Reads the data of an open packet; throws what is missing. */
export function readOpen(text) {
  const open = JSON.parse(text);
  want(open, "sid", typeof open?.sid === "string" && open.sid !== "", "a text that is not empty");
  want(open, "upgrades", Array.isArray(open.upgrades), "a list");
  want(open, "pingInterval", isDuration(open.pingInterval), "a number of milliseconds");
  want(open, "pingTimeout", isDuration(open.pingTimeout), "a number of milliseconds");
  // Servers before Engine.IO 6.1 did not say it; then every batch may be of any size.
  const maxPayload = isDuration(open.maxPayload) ? open.maxPayload : Infinity;
  return { ...open, maxPayload };
}

function want(open, key, fine, wanted) {
  if (fine) return;
  const found = JSON.stringify(open?.[key]) ?? "nothing";
  throw new Error(`found ${found} as '${key}' of the open packet, wanted ${wanted}`);
}

function isDuration(value) {
  return typeof value === "number" && value > 0;
}
