// The live ladder: brings the server's feed, the recording, the filters and the screen together.
//
//   feed ──events──► recording ──rows──► filter ──► list      the ladder
//                                                └► details    of the chosen row
//
// Keys: ↑ ↓ PageUp PageDown Home End move, Enter opens, Escape closes, / searches, p pauses.

import { clearDetails, showDetails } from "./details.js";
import { drawWaiting } from "./draw.js";
import { button, byId, link, make } from "./dom.js";
import { Feed } from "./feed.js";
import { fieldsOfFilters, showFilters, wanted } from "./filters.js";
import { filter } from "./filter.js";
import { List } from "./list.js";
import { NOBODY, Recording } from "./record.js";
import { duration, rowElement } from "./rows.js";
import { merged, showSessions } from "./sessions.js";
import { acceptFiles, save } from "./files.js";
import { say, spoken, useBar } from "./words.js";

/** At least so many milliseconds lie between two drawings of the list of sessions. */
const SESSIONS_EVERY = 400;

let recording = new Recording();
let head = newHead();
let imported = null;
let listed = [];
let chosen = null;
let byHand = false;
let paused = false;
let heldBack = 0;
let dropped = 0;
let state = "connecting";
let fits = filter({});
let sessionsDrawn = 0;

const list = new List(byId("scroller"), byId("rows"), (row, at) => {
  const element = rowElement(row, at, chosen === null);
  element.addEventListener("click", () => open(row));
  return element;
});

const feed = new Feed({
  state(now) {
    if (now === "connecting" || now === "lost") recording.interrupt();
    state = now;
    showState();
  },
  began,
  events: take,
  dropped(count) {
    dropped += count;
    showState();
  },
  sessions(all) {
    if (imported !== null || !Array.isArray(all)) return;
    listed = all;
    chooseByItself();
    drawSessions();
  },
});

function newHead() {
  return { siolog: 1, by: "sockrates inspector", started: new Date().toISOString() };
}

/** The server says when it began; another time means that it is another server. */
function began(line) {
  if (line === null || imported !== null) return;
  const another = head.by !== newHead().by && head.started !== line.started;
  head = line;
  if (!another) return;
  recording = new Recording();
  byHand = false;
  if (chosen === null) showRows();
  else choose(null);
}

/** Takes a batch of events: those of the session on the screen are shown. */
function take(events) {
  const fresh = [];
  for (const event of events) {
    // Of other sessions only their beginnings and ends are told.
    if (chosen !== null && (event.session ?? NOBODY) !== chosen) {
      recording.note(event);
      continue;
    }
    const row = recording.add(event);
    if (row !== null && fits(row)) fresh.push(row);
  }
  if (paused) heldBack += fresh.length;
  else list.append(fresh);
  chooseByItself();
  drawSessions();
  showState();
}

/** Until somebody chooses, the newest session is shown: where something is about to happen. */
function chooseByItself() {
  if (byHand || imported !== null) return;
  const known = merged(listed, recording.sessions);
  const current = known.find(({ session }) => session === chosen);
  if (current?.open) return;
  const newest = known.find(({ open: isOpen }) => isOpen) ?? current ?? known[0];
  if (newest && newest.session !== chosen) choose(newest.session);
}

/** Shows another session, or with `null` all of them. */
function choose(session) {
  const before = chosen;
  chosen = session;
  list.chosen = null;
  close();
  list.following = imported === null;
  showRows();
  drawSessions(true);
  if (imported === null && (before !== session || state === "connecting")) {
    // What found no session is only among all that there is.
    feed.watch(session === NOBODY ? null : session);
  }
  if (imported !== null) byId("scroller").scrollTop = 0;
}

/** All rows that fit, from the beginning. */
function showRows() {
  fits = filter(wanted());
  heldBack = 0;
  list.show(recording.rows(chosen).filter(fits));
  showState();
}

function drawSessions(now = false) {
  const time = performance.now();
  if (!now && time - sessionsDrawn < SESSIONS_EVERY) return;
  sessionsDrawn = time;
  const search = byId("session-search").value;
  showSessions(merged(listed, recording.sessions), chosen, search, (session) => {
    byHand = true;
    choose(session);
  });
  fieldsOfFilters(recording.rows(chosen));
}

function showState() {
  const badge = byId("state");
  const shown = imported !== null ? "imported" : paused ? "paused" : state;
  badge.dataset.state = shown;
  const text = say(shown, { name: imported });
  // What is written anew is read out anew.
  if (badge.textContent !== text) badge.textContent = text;
  byId("pause").textContent = say(paused ? "resume" : "pause");
  byId("pause").setAttribute("aria-pressed", String(paused));
  byId("pause").hidden = imported !== null;
  byId("live").hidden = imported === null;
  const counts = [
    ["dropped", dropped],
    ["forgotten", recording.forgotten],
    ["held", heldBack],
  ];
  for (const [id, count] of counts) {
    byId(id).hidden = count === 0;
    const key = id === "held" ? "pausedNew" : id;
    byId(id).textContent = say(key, { count: count.toLocaleString(spoken()) });
  }
}

/** What stands below the last row: the requests that wait, or why there is nothing. */
function drawEnd() {
  byId("newest").hidden = list.following || list.atEnd;
  byId("nothing").hidden = list.rows.length > 0;
  if (list.rows.length === 0) showNothing();
  const waiting = recording.sessions.get(chosen)?.ladder.waiting() ?? [];
  const end = byId("end");
  end.hidden = waiting.length === 0 || list.rows.length === 0;
  if (end.hidden) return;
  end.style.transform = `translateY(${list.rows.length * 34}px)`;
  const [{ method, row }] = waiting;
  const key = imported === null ? "stillWaits" : "neverAnswered";
  const lanes = make("div", "lanes", drawWaiting(waiting, list.at));
  const label = make("span", "label", say(key, { method: method || "GET" }));
  if (imported === null) label.append(make("span", "waited", waitingTime(row)));
  lanes.append(label);
  end.replaceChildren(make("span", "time"), lanes);
}

/** How long it has been so, by the server's clock and ours: where they differ, about. */
function waitingTime({ event }) {
  const since = Date.parse(head.started) / 1000 + event.t;
  return duration(Math.max(0, Date.now() / 1000 - since));
}

function showNothing() {
  const none = recording.rows(chosen).length === 0;
  const place = byId("nothing");
  const key = none ? "nothing" : "nothingFits";
  if (place.dataset.shown === `${key} ${spoken()}`) return;
  place.dataset.shown = `${key} ${spoken()}`;
  place.replaceChildren(make("h2", "", say(key)));
  if (none) place.append(make("p", "", say("nothingHint")), chatLink());
  else place.append(button("", say("clear"), () => byId("clear").click()));
}

function chatLink() {
  const chat = link("action", say("openChat"), "/?name=Ada&room=tea");
  chat.target = "_blank";
  return chat;
}

function open(row) {
  list.choose(row);
  byId("scroller").setAttribute("aria-activedescendant", `row${row.event.n}`);
  byId("details").hidden = false;
  document.body.classList.add("with-details");
  showDetails(row, (n) => {
    const other = recording.rows(chosen).find(({ event }) => event.n === n);
    if (other) open(other);
  });
}

function close() {
  byId("details").hidden = true;
  document.body.classList.remove("with-details");
  clearDetails();
}

function pause() {
  if (imported !== null) return;
  paused = !paused;
  if (!paused) showRows();
  showState();
}

/** Shows a file in place of what is live. */
function showRecording(name, found) {
  feed.stop();
  imported = name;
  recording = new Recording();
  ({ head } = found);
  listed = [];
  dropped = 0;
  paused = false;
  for (const event of found.events) recording.add(event);
  const [first] = merged([], recording.sessions).slice(-1);
  choose(first?.session ?? null);
  notice(found.bad > 0 ? say("badLines", { count: found.bad }) : "");
}

function backToLive() {
  imported = null;
  byHand = false;
  recording = new Recording();
  head = newHead();
  notice("");
  chosen = null;
  state = "connecting";
  choose(null);
}

function notice(text) {
  byId("notice").hidden = text === "";
  byId("notice").textContent = text;
}

function typed(event) {
  const typing = event.target.matches("input, select, textarea");
  if (event.key === "Escape") {
    if (typing) event.target.blur();
    else close();
    byId("scroller").focus({ preventScroll: true });
    return;
  }
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "/") byId("search").focus();
  else if (event.key === "p") pause();
  else return;
  event.preventDefault();
}

/** Keys in the ladder. */
function moved(event) {
  const steps = {
    ArrowUp: -1,
    ArrowDown: 1,
    PageUp: -list.page,
    PageDown: list.page,
    Home: -Infinity,
    End: Infinity,
  }[event.key];
  if (steps !== undefined) {
    const row = list.neighbour(steps);
    if (row === null) return;
    if (byId("details").hidden) list.choose(row);
    else open(row);
    byId("scroller").setAttribute("aria-activedescendant", `row${row.event.n}`);
  } else if (event.key === "Enter" && list.chosen !== null) {
    open(list.chosen);
    byId("details-body").focus();
  } else {
    return;
  }
  event.preventDefault();
}

list.drawn = drawEnd;
useBar(() => {
  showFilters();
  list.redraw();
  drawSessions(true);
  showState();
  if (list.chosen !== null && !byId("details").hidden) open(list.chosen);
});
showFilters();
document.addEventListener("keydown", typed);
byId("scroller").addEventListener("keydown", moved);
byId("newest").addEventListener("click", () => list.toEnd());
byId("pause").addEventListener("click", pause);
byId("live").addEventListener("click", backToLive);
byId("details-close").addEventListener("click", () => {
  close();
  byId("scroller").focus({ preventScroll: true });
});
byId("filters").addEventListener("input", showRows);
byId("session-search").addEventListener("input", () => drawSessions(true));
byId("export").addEventListener("click", () => save(head, recording.rows(chosen).filter(fits)));
acceptFiles({ show: showRecording, refuse: notice });
setInterval(() => !byId("end").hidden && drawEnd(), 1_000);
choose(null);
feed.start();
