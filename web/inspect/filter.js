// Which rows are shown. Pure.
//
//   { types: Set{"EVENT"}, namespace: "/chat", event: "typing", from: "client",
//     heartbeat: false, search: "hello" }
//
// What is empty lets everything through. A row with several packets is shown if one of them fits.

import { typeOf } from "./glance.js";

/** Lets everything through. */
export const ALL = {
  types: new Set(),
  namespace: "",
  event: "",
  from: "",
  heartbeat: true,
  search: "",
};

/** A function from a row to whether it is shown. */
export function filter(wanted) {
  const { types, namespace, event, from, heartbeat, search } = { ...ALL, ...wanted };
  const needle = search.toLowerCase();
  const name = event.toLowerCase();
  const byPacket = types.size > 0 || namespace !== "" || name !== "";
  return (row) => {
    if (!heartbeat && row.heartbeat) return false;
    if (from !== "" && row.event.from !== from) return false;
    const fits = (packet) =>
      (types.size === 0 || types.has(typeOf(packet))) &&
      (namespace === "" || packet.namespace === namespace) &&
      (name === "" || (packet.event ?? "").toLowerCase().includes(name));
    if (byPacket && !row.packets.some(fits)) return false;
    return needle === "" || contains(row.event, needle);
  };
}

function contains({ text = "", head = "", sid = "" }, needle) {
  return [text, head, sid].some((where) => where.toLowerCase().includes(needle));
}

/** How many of them are set, besides the heartbeat's. */
export function count({ types, namespace, event, from }) {
  return Number(types.size > 0) + [namespace, event, from].filter((it) => it !== "").length;
}
