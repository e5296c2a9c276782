// How the pages of the inspector speak: in English or in Chinese.
//
//   navigator.language "zh-TW" ──► zh      anything else ──► en      or what was chosen before
//
// Elements have `data-text`, `data-title` or `data-hint` with a key of the texts; a text with
// {braces} takes values.

import { LADDER } from "./texts_ladder.js";
import { PLAY } from "./texts_play.js";
import { REASONS } from "./texts_reasons.js";

/** All texts: `TEXTS.en.pause`; the keys of reasons begin with `why.`. */
export const TEXTS = { en: merged("en"), zh: merged("zh") };

const CODES = { en: "en", zh: "zh-CN" };

let language = "en";

function merged(code) {
  const column = (table) =>
    Object.entries(table).map(([key, both]) => [key, both[code === "en" ? 0 : 1]]);
  return Object.fromEntries([LADDER, PLAY, REASONS].flatMap(column));
}

/** The language that is spoken: `en` or `zh`. */
export function spoken() {
  return language;
}

/** Whether there is a text for it. */
export function has(key) {
  return Object.hasOwn(TEXTS[language], key);
}

/** One text, with `values` in the place of its braces. */
export function say(key, values = {}) {
  return TEXTS[language][key].replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

/** Chooses a language, and writes it into everything that has a key. */
export function speak(choice) {
  language = Object.hasOwn(TEXTS, choice) ? choice : "en";
  document.documentElement.lang = CODES[language];
  for (const element of document.querySelectorAll("[data-text]")) {
    element.textContent = say(element.dataset.text);
  }
  for (const element of document.querySelectorAll("[data-title]")) {
    element.title = say(element.dataset.title);
    element.setAttribute("aria-label", element.title);
  }
  for (const element of document.querySelectorAll("[data-hint]")) {
    element.placeholder = say(element.dataset.hint);
  }
}

/** Wires the two buttons of the bar, and calls `changed` after another language was chosen. */
export function useBar(changed) {
  const [languageButton, themeButton] = ["language", "theme"].map((id) =>
    document.getElementById(id),
  );
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const paint = () => {
    const theme = recall("theme") ?? (dark.matches ? "dark" : "light");
    document.documentElement.dataset.theme = theme;
    themeButton.setAttribute("aria-pressed", String(theme === "dark"));
  };
  languageButton.addEventListener("click", () => {
    remember("language", language === "en" ? "zh" : "en");
    speak(recall("language") ?? "en");
    changed();
  });
  themeButton.addEventListener("click", () => {
    const isDark = document.documentElement.dataset.theme === "dark";
    remember("theme", isDark ? "light" : "dark");
    paint();
  });
  dark.addEventListener("change", paint);
  paint();
  speak(recall("language") ?? (/^zh\b/i.test(navigator.language) ? "zh" : "en"));
}

const forgetful = new Map();

/** Some browsers forbid storage; then it is remembered until the page is closed. */
function remember(key, value) {
  forgetful.set(key, value);
  try {
    localStorage.setItem(key, value);
  } catch {
    // It is in the map.
  }
}

function recall(key) {
  try {
    return localStorage.getItem(key) ?? forgetful.get(key) ?? null;
  } catch {
    return forgetful.get(key) ?? null;
  }
}
