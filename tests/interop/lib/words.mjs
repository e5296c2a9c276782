// The words of an order, and what events carry.
//
//   to "r1" emit "hello" {"a":[1]} <01 02>
//   └word └value └word └value └────── values

import { packet } from "./transcript.mjs";

/** What is left of an order, read word by word. */
export class Words {
  #list;

  constructor(text) {
    this.#list = split(text.trim());
  }

  /** What has not been read, as an order. */
  get rest() {
    return this.#list.join(" ");
  }

  /** The next word is this one, and is read. */
  takes(word) {
    const found = this.#list[0] === word;
    if (found) this.#list.shift();
    return found;
  }

  word() {
    return this.#list.shift();
  }

  text() {
    return JSON.parse(this.#list.shift());
  }

  /** The texts that come next: rooms, or the name of an event. */
  texts() {
    const found = [];
    while (this.#list[0]?.startsWith('"')) found.push(this.text());
    return found;
  }

  /** All that is left, which is values. */
  values() {
    const list = this.#list.splice(0);
    return list.map((text) => (text.startsWith("<") ? packet(text) : JSON.parse(text)));
  }
}

/** Splits at spaces that are in no text and in no bracket. */
function split(text) {
  const found = [];
  let [depth, quoted, escaped, begin] = [0, false, false, 0];
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (escaped) escaped = false;
    else if (quoted && character === "\\") escaped = true;
    else if (character === '"') quoted = !quoted;
    else if (quoted) continue;
    else if ("[{<".includes(character)) depth += 1;
    else if ("]}>".includes(character)) depth -= 1;
    else if (character === " " && depth === 0) {
      found.push(text.slice(begin, at));
      begin = at + 1;
    }
  }
  return [...found, text.slice(begin)].filter((word) => word !== "");
}

/** Values as they are written, each with a space in front; bytes stand in their places. */
export function written(values) {
  return values.map((value) => ` ${one(value)}`).join("");
}

function one(value) {
  if (Buffer.isBuffer(value)) return `<${value.toString("hex").replaceAll(/(..)(?=.)/g, "$1 ")}>`;
  if (Array.isArray(value)) return `[${value.map(one)}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "nothing";
  const entries = Object.entries(value);
  return `{${entries.map(([key, value]) => `${JSON.stringify(key)}:${one(value)}`)}}`;
}
