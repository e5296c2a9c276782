// What is on the screen. Nothing here knows of sockets; nothing else touches the document.
//
//   ┌ Sockrates ── badge: polling → websocket ──── 中文  ◐ ┐
//   │ Rooms      │ the room                    You are Ada │
//   │  tea    2  │ ─ banner, while there is no connection ─│
//   │  noise  5  │ messages, at most 500                   │
//   │ Another… → │ [ message                     ] [Send]  │
//   └────────────┴─────────────────────────────────────────┘
//
// Text of people is only ever set as `textContent`, so it can never be anything but text.

import { say } from "./i18n.js";

/** How many messages are kept on the screen. */
const MAX_MESSAGES = 500;

/** So far from the end, in pixels, still counts as reading the end. */
const NEAR_THE_END = 48;

const byId = (id) => document.getElementById(id);

/** Shows one of the two screens: `entry` or `chat`. */
export const showScreen = (name) => {
  byId("entry").hidden = name !== "entry";
  byId("chat").hidden = name !== "chat";
  byId("badge").hidden = name !== "chat";
  document.title = "Sockrates";
};

/** Writes who and where one is. */
export const showPlace = (name, room) => {
  byId("room-title").textContent = room;
  byId("me").textContent = say("me", { name });
  document.title = `${room} · Sockrates`;
};

/** `names` are the transports so far, the last one in use; none means offline. */
export const showTransport = (names) => {
  const badge = byId("badge");
  badge.dataset.transport = names.at(-1) ?? "none";
  badge.textContent = names.join(" → ") || say("offline");
};

/**
 * Shows a sentence above the messages, or nothing. Beside it a button that says `again`, and
 * with `leave` one that leads back to the first screen.
 */
export const showBanner = (text, again = null, leave = false) => {
  byId("banner").hidden = text === null;
  byId("banner-text").textContent = text ?? "";
  byId("again").hidden = again === null;
  byId("again").textContent = again ?? "";
  byId("leave").hidden = !leave;
};

/** Lists the rooms. `go(room)` is called when one is chosen. */
export const showRooms = (rooms, current, connected, go) => {
  const focused = document.activeElement?.dataset?.room;
  const items = rooms.map(({ room, count }) => {
    const button = make("button", "room");
    button.type = "button";
    button.dataset.room = room;
    button.disabled = !connected && room !== current;
    if (room === current) button.setAttribute("aria-current", "true");
    const people = make("span", "count", String(count));
    people.setAttribute("aria-hidden", "true");
    const spoken = make("span", "unseen", say("people", { count }));
    button.append(make("span", "room-name", room), people, spoken);
    button.classList.toggle("empty", count === 0);
    button.addEventListener("click", () => go(room));
    const item = make("li");
    item.append(button);
    return item;
  });
  byId("rooms").replaceChildren(...items);
  // The list is made anew each time; who had come to it by keyboard stays where they were.
  if (focused === undefined) return;
  items.find((item) => item.firstChild.dataset.room === focused)?.firstChild.focus();
};

/** Adds a message at the end: { kind: "mine" | "theirs" | "notice", user, text }. */
export const addMessage = ({ kind, user, text }) => {
  const atEnd = readsTheEnd();
  const item = make("li", kind);
  if (kind === "notice") {
    item.append(make("span", "text", text));
  } else {
    const head = make("span", "head");
    head.append(make("b", `user hue${hue(user)}`, user), clock());
    item.append(head, make("span", "text", text));
  }
  const list = byId("messages");
  list.append(item);
  while (list.children.length > MAX_MESSAGES) list.firstChild.remove();
  if (atEnd || kind === "mine") scrollToEnd();
  else byId("newer").hidden = false;
  return item;
};

/** Says below a message of one's own what became of it; `resend` adds a button. */
export const markMessage = (item, state, text, resend) => {
  const before = item.querySelector(".state");
  // What is written anew is read out anew.
  if (item.dataset.state === state && before?.firstChild.data === text) return;
  before?.remove();
  item.dataset.state = state;
  if (text === undefined) return;
  const atEnd = readsTheEnd();
  const note = make("span", "state", text);
  if (resend) {
    const button = make("button", "quiet", say("resend"));
    button.type = "button";
    button.addEventListener("click", resend);
    note.append(" ", button);
  }
  item.append(note);
  if (atEnd) scrollToEnd();
};

/** Forgets all messages. */
export const clearMessages = () => {
  byId("messages").replaceChildren();
  byId("newer").hidden = true;
};

/** Makes the message box as high as its text, up to what the style sheet allows. */
export const fitComposer = () => {
  const box = byId("text");
  // Measured and not counted: a long line takes more rows than one.
  box.style.height = "auto";
  const border = box.offsetHeight - box.clientHeight;
  box.style.height = `${box.scrollHeight + border}px`;
};

/** Shows the end of the messages. */
export const scrollToEnd = () => {
  const log = byId("log");
  log.scrollTop = log.scrollHeight;
  byId("newer").hidden = true;
};

/** Whether the reader is at the end of the messages. */
export const readsTheEnd = () => {
  const log = byId("log");
  return log.scrollHeight - log.scrollTop - log.clientHeight < NEAR_THE_END;
};

function make(tag, className = "", text = "") {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}

function clock() {
  const now = new Date();
  const { lang } = document.documentElement;
  const shape = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  const text = now.toLocaleTimeString(lang, shape);
  const time = make("time", "", text);
  time.dateTime = now.toISOString();
  return time;
}

/** A colour for each name, always the same one. */
function hue(user) {
  let sum = 0;
  for (const character of String(user)) sum = (sum * 31 + character.codePointAt(0)) % 997;
  return sum % 6;
}
