// The form with the filters: reads it, and fills its lists from what was seen.

import { byId, make } from "./dom.js";
import { TYPES } from "./glance.js";
import { say } from "./words.js";

/** So many rows are looked at for namespaces. */
const LOOKED_AT = 500;

/** So many namespaces are listed. */
const MAX_NAMESPACES = 64;

const namespaces = new Set(["/"]);

/** What is wanted, as `filter` takes it. */
export function wanted() {
  const type = byId("type").value;
  return {
    types: new Set(type === "" ? [] : [type]),
    namespace: byId("namespace").value,
    event: byId("event").value.trim(),
    from: byId("from").value,
    heartbeat: byId("heartbeat").checked,
    search: byId("search").value.trim(),
  };
}

/** Writes the lists, in the language of the page. */
export function showFilters() {
  fill("type", [["", say("anyType")], ...TYPES.map((type) => [type, type])]);
  fill("from", [
    ["", say("bothWays")],
    ["client", say("fromClient")],
    ["server", say("fromServer")],
  ]);
  showNamespaces();
}

/** Adds the namespaces of these rows to the list. */
export function fieldsOfFilters(rows) {
  const before = namespaces.size;
  for (const { packets } of rows.slice(-LOOKED_AT)) {
    for (const { namespace } of packets) {
      if (namespace && namespaces.size < MAX_NAMESPACES) namespaces.add(namespace);
    }
  }
  if (namespaces.size !== before) showNamespaces();
}

function showNamespaces() {
  const all = [...namespaces].sort();
  fill("namespace", [["", say("anyNamespace")], ...all.map((name) => [name, name])]);
}

function fill(id, options) {
  const list = byId(id);
  const { value } = list;
  list.replaceChildren(
    ...options.map(([name, text]) => {
      const option = make("option", "", text);
      option.value = name;
      return option;
    }),
  );
  list.value = value;
}

byId("clear").addEventListener("click", () => {
  for (const id of ["type", "namespace", "event", "from", "search"]) byId(id).value = "";
  byId("heartbeat").checked = true;
  byId("filters").dispatchEvent(new Event("input"));
});
