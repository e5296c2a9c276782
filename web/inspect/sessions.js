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

/** Draws the list; `choose(name)` is called with a session's name, or with `null` for all. */
export function showSessions(sessions, chosen, search, choose) {
  const needle = search.trim().toLowerCase();
  const found = sessions.filter(({ session, sid }) => {
    return needle === "" || `${session} ${sid}`.toLowerCase().includes(needle);
  });
  const shown = found.slice(0, LISTED);
  const list = byId("sessions");
  const { activeElement } = document;
  const focused = list.contains(activeElement) ? activeElement.dataset.session : null;
  const items = shown.map((session) => item(session, session.session === chosen, choose));
  list.replaceChildren(allItem(chosen === null, sessions.length, choose), ...items);
  if (found.length > LISTED) {
    const more = say("moreSessions", { count: found.length - LISTED });
    list.append(make("li", "soft", more));
  }
  if (sessions.length === 0) list.append(make("li", "soft", say("noSessions")));
  // The list is made anew each time; who had come to it by keyboard stays where they were.
  if (focused !== null) list.querySelector(`[data-session="${CSS.escape(focused)}"]`)?.focus();
}

function allItem(current, count, choose) {
  const element = entry("", current, () => choose(null));
  const name = make("span", "name", say("allSessions"));
  element.firstChild.append(name, make("span", "count", String(count)));
  return element;
}

function item({ session, sid, open, lane, count }, current, choose) {
  const element = entry(session, current, () => choose(session));
  const state = make("span", `light ${open ? (lane ?? "open") : "gone"}`);
  state.setAttribute("role", "img");
  // The server's list does not say how a session travels; who watches it sees that.
  state.setAttribute("aria-label", say(open ? (lane ?? "openSession") : "closed"));
  state.title = state.getAttribute("aria-label");
  const name = make("span", "name", session);
  const id = make("code", "sid", sid.slice(0, 8));
  element.firstChild.append(state, name, id, make("span", "count", String(count)));
  return element;
}

function entry(name, current, action) {
  const choice = make("button", "session");
  choice.type = "button";
  choice.dataset.session = name;
  if (current) choice.setAttribute("aria-current", "true");
  choice.addEventListener("click", action);
  return make("li", "", choice);
}
