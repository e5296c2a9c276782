// The list of sessions: the newest first, and never more in the document than fit a glance.

import { byId, make } from "./dom.js";
import { say } from "./words.js";

/** So many are listed; the rest is found by searching. */
const LISTED = 100;

/**
 * What is known of sessions, from the server's list and from what was seen here, as one list:
 * `{ session, sid, open, lane, count }`.
 */
export function merged(listed, seen) {
  const all = new Map();
  for (const entry of listed) {
    const { session, sid = "", events: count = 0, over = null } = entry;
    if (typeof session !== "string") continue;
    all.set(session, { session, sid, open: over === null, lane: null, count });
  }
  for (const { session, sid = "", open, lane, count} of seen.values()) {
    const known = all.get(session);
    const most = Math.max(count, known?.count ?? 0);
    all.set(session, {
      session,
      sid,
      open: open && (known?.open ?? true),
      // Of a session that is not watched, the server knows more.
      lane: count === 0 ? (known?.lane ?? lane) : lane,
      count: most,
    });
  }
  return [...all.values()].sort((a, b) => number(b) - number(a));
}

/** Sessions are numbered as they come: `s1`, `s2` … What found no session comes last. */
function number({ session }) {
  return Number(/\d+/.exec(session)?.[0] ?? -1);
}

/** The elements of the list by their session; the empty name is that of all. */
const items = new Map();

/**
 * Draws the list; `choose(name)` is called with a session's name, or with `null` for all. What is
 * there already stays the same element: who presses a button must find it still there when
 * letting go.
 */
export function showSessions(sessions, chosen, search, choose) {
  const needle = search.trim().toLowerCase();
  const found = sessions.filter(({ session, sid }) => {
    return needle === "" || `${session} ${sid}`.toLowerCase().includes(needle);
  });
  const all = { session: "", name: say("allSessions"), count: sessions.length };
  const shown = [all, ...found.slice(0, LISTED)];
  const wanted = shown.map((entry) => item(entry, entry.session === (chosen ?? ""), choose));
  const names = new Set(shown.map(({ session }) => session));
  for (const [name, element] of items) {
    if (names.has(name)) continue;
    element.remove();
    items.delete(name);
  }
  const list = byId("sessions");
  wanted.forEach((element, index) => {
    if (list.children[index] !== element) list.insertBefore(element, list.children[index] ?? null);
  });
  while (list.children.length > wanted.length) list.lastChild.remove();
  if (sessions.length === 0) list.append(make("li", "soft", say("noSessions")));
  if (found.length <= LISTED) return;
  list.append(make("li", "soft", say("moreSessions", { count: found.length - LISTED })));
}

function item(entry, current, choose) {
  const { session, sid = "", open, lane, count, name = session } = entry;
  let element = items.get(session);
  if (!element) {
    element = newItem(session, () => choose(session || null));
    items.set(session, element);
  }
  const [choice] = element.children;
  const [light, ...texts] = choice.children;
  if (current) choice.setAttribute("aria-current", "true");
  else choice.removeAttribute("aria-current");
  [name, sid.slice(0, 8), String(count)].forEach((text, index) => {
    if (texts[index].textContent !== text) texts[index].textContent = text;
  });
  light.hidden = session === "";
  if (session === "") return element;
  // The server's list does not say how a session travels; who watches it sees that.
  const state = open ? (lane ?? "open") : "gone";
  light.className = `light ${state}`;
  light.title = say({ open: "openSession", gone: "closed" }[state] ?? state);
  light.setAttribute("aria-label", light.title);
  return element;
}

function newItem(session, action) {
  const light = make("span", "light");
  light.setAttribute("role", "img");
  const sid = make("code", "sid");
  sid.translate = false;
  const choice = make("button", "session", light, make("span", "name"), sid, make("span", "count"));
  choice.type = "button";
  choice.dataset.session = session;
  choice.addEventListener("click", action);
  return make("li", "", choice);
}
