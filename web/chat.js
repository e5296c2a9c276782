// The page: brings the reader, the conversation and the screen together.
//
//   /?name=Ada&room=tea                     straight in, polling first and then WebSocket
//   /?name=Ada&room=tea&transport=polling   polling only; or transport=websocket
//   /                                       asks for name and room

import { Conversation } from "./conversation.js";
import { firstLanguage, otherLanguage, say, sayReason, speak } from "./i18n.js";
import {
  addMessage,
  clearMessages,
  fitComposer,
  markMessage,
  readsTheEnd,
  scrollToEnd,
  showBanner,
  showPlace,
  showRooms,
  showScreen,
  showTransport,
} from "./view.js";

const byId = (id) => document.getElementById(id);

/** The server speaks under this name, on entering with a colon and on leaving without. */
const ADMIN = /^管理员：?$/;

let conversation = null;
let place = {};
let transports = [];
let rooms = [];
let online = false;
let attempts = 0;

/** What the banner says, and the notes below one's own messages: as keys, for either language. */
let banner = {};
const notes = new Map();

/** Goes where the address of the page points to. */
function follow() {
  const parameters = new URLSearchParams(location.search);
  const [name, room] = ["name", "room"].map((key) => (parameters.get(key) ?? "").trim());
  conversation?.end();
  conversation = null;
  if (name && room) enter({ name, room, transport: parameters.get("transport") });
  else ask(name, room);
}

function ask(name, room) {
  showScreen("entry");
  updateTransport([]);
  byId("name").value = name || recall("name") || "";
  byId("room").value = room;
  (byId("name").value ? byId("room") : byId("name")).focus();
}

function enter(destination) {
  place = destination;
  online = false;
  attempts = 0;
  rooms = [];
  remember("name", place.name);
  showScreen("chat");
  clearMessages();
  notes.clear();
  showPlace(place.name, place.room);
  warn({ key: "connecting" });
  updateTransport([]);
  updateRooms();
  byId("text").focus();
  conversation = new Conversation(place, listener);
}

/** Writes the destination into the address, so that it can be shared, and goes there. */
function go(name, room) {
  const parameters = new URLSearchParams(location.search);
  parameters.set("name", name);
  parameters.set("room", room);
  history.pushState(null, "", `?${parameters}`);
  follow();
}

/** Gives up entering, and asks for name and room again; a reload asks as well. */
function leave() {
  conversation?.end();
  conversation = null;
  const parameters = new URLSearchParams(location.search);
  parameters.delete("name");
  history.pushState(null, "", `?${parameters}`);
  ask(place.name, place.room);
  byId("name").select();
}

function goToRoom(room) {
  if (room !== place.room) go(place.name, room);
}

const items = new WeakMap();

const listener = {
  entered(again) {
    online = true;
    attempts = 0;
    warn({});
    updateRooms();
    const text = again ? say("back") : say("entered", { room: place.room });
    addMessage({ kind: "notice", text });
  },
  refused(reason) {
    online = true;
    const key = reason === undefined ? "silent" : "notIn";
    warn({ key, reason, again: "askAgain", leave: true });
    updateRooms();
  },
  disconnected(final) {
    online = false;
    if (final) attempts = 0;
    showTrouble(final);
    updateRooms();
  },
  attempt(number) {
    attempts = number;
    showTrouble(false);
  },
  transport: updateTransport,
  message({ user, text }) {
    if (ADMIN.test(user)) addMessage({ kind: "notice", text: translated(text) });
    else addMessage({ kind: "theirs", user, text });
  },
  rooms(list) {
    rooms = list;
    updateRooms();
  },
  fate(message, state, reason) {
    let item = items.get(message);
    if (!item) {
      item = addMessage({ kind: "mine", user: place.name, text: message.text });
      items.set(message, item);
    }
    if (state === "sent") {
      notes.delete(message);
      markMessage(item, state);
    } else {
      notes.set(message, { item, state, reason });
      updateNotes();
    }
  },
};

/** Why there is no connection, with the attempt if there was one. */
function showTrouble(final) {
  const retry = attempts > 0 ? "attempt" : "lost";
  warn(final ? { key: "gone", again: "again" } : { key: retry });
}

/** Says something above the messages, or with no key nothing; `again` and `leave` are buttons. */
function warn(words) {
  banner = words;
  updateBanner();
  updateNotes();
}

function updateBanner() {
  const { key, reason, again, leave: canLeave } = banner;
  const values = { attempt: attempts, reason: sayReason(reason) };
  showBanner(key ? say(key, values) : null, again ? say(again) : null, canLeave);
}

function updateNotes() {
  for (const [message, { item, state, reason }] of notes) {
    const key = state === "pending" && online ? "waiting" : state;
    const resend = state === "doubt" ? () => conversation.again(message) : undefined;
    markMessage(item, state, say(key, { reason: sayReason(reason) }), resend);
  }
}

function updateTransport(names) {
  transports = names;
  showTransport(names);
}

/** One's own room is always in the list, and comes first. */
function updateRooms() {
  const own = rooms.find(({ room }) => room === place.room) ?? { room: place.room, count: 0 };
  const others = rooms.filter(({ room }) => room !== place.room);
  const [empty, used] = [others.filter(isEmpty), others.filter((room) => !isEmpty(room))];
  showRooms([own, ...used, ...empty], place.room, online, goToRoom);
}

function isEmpty({ count }) {
  return count === 0;
}

/** The server's two notices in the reader's language; anything else as it is. */
function translated(text) {
  const [, name, what] = /^(.*)(进入|离开)了房间$/su.exec(text) ?? [];
  if (what === undefined) return text;
  return say(what === "进入" ? "joined" : "left", { name });
}

function send() {
  const box = byId("text");
  if (box.value.trim() === "" || conversation === null) return;
  conversation.say(box.value);
  box.value = "";
  fitComposer();
}

/**
 * Enter sends, Shift+Enter begins a line. While an input method is open, Enter chooses a
 * candidate and must not send; Safari reports that one late, with the key code 229.
 */
function typed(event) {
  if (event.key !== "Enter" || event.shiftKey) return;
  if (event.isComposing || event.keyCode === 229) return;
  event.preventDefault();
  send();
}

function onSubmit(id, action) {
  byId(id).addEventListener("submit", (event) => {
    event.preventDefault();
    action();
  });
}

onSubmit("entry-form", () => {
  const [name, room] = ["name", "room"].map((id) => byId(id).value.trim());
  if (name && room) go(name, room);
});
onSubmit("room-form", () => {
  const room = byId("new-room").value.trim();
  byId("new-room").value = "";
  if (room) goToRoom(room);
});
onSubmit("composer", send);
byId("text").addEventListener("keydown", typed);
byId("text").addEventListener("input", fitComposer);
byId("newer").addEventListener("click", scrollToEnd);
byId("log").addEventListener("scroll", () => {
  if (readsTheEnd()) byId("newer").hidden = true;
});
byId("again").addEventListener("click", () => {
  warn({ key: "connecting" });
  conversation.connect();
});
byId("leave").addEventListener("click", leave);
addEventListener("popstate", follow);

/** Some browsers forbid storage; then nothing is remembered. */
function remember(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
    // A page that forgets still works.
  }
}

function recall(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function useLanguage(choice) {
  speak(choice);
  byId("language").textContent = say("language");
  byId("language").title = say("languageTitle");
  byId("theme").title = say("theme");
  byId("theme").setAttribute("aria-label", say("theme"));
  byId("text").placeholder = say("messageHint");
  byId("new-room").placeholder = say("otherRoomHint");
  showTransport(transports);
  if (conversation === null) return;
  showPlace(place.name, place.room);
  updateBanner();
  updateNotes();
  updateRooms();
}

function useTheme(dark) {
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  byId("theme").setAttribute("aria-pressed", String(dark));
}

byId("language").addEventListener("click", () => {
  const choice = otherLanguage();
  remember("language", choice);
  useLanguage(choice);
});
byId("theme").addEventListener("click", () => {
  const dark = document.documentElement.dataset.theme !== "dark";
  remember("theme", dark ? "dark" : "light");
  useTheme(dark);
});

const systemIsDark = matchMedia("(prefers-color-scheme: dark)");
systemIsDark.addEventListener("change", () => {
  if (recall("theme") === null) useTheme(systemIsDark.matches);
});

useTheme((recall("theme") ?? (systemIsDark.matches ? "dark" : "light")) === "dark");
useLanguage(firstLanguage(recall("language")));
follow();
