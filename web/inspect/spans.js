// An explanation on the screen: the wire with its pieces marked, each piece in words, the bytes,
// and what is wrong.
//
//   42 /chat, 7 ["typing", true]          wire     each piece in its colour
//   ── 4       Engine.IO packet type…     words    pointing at one lights up the other
//   00000000   34 32 2f 63 68 …           bytes    here, too
//
// Used wherever a packet is explained. It takes an explanation as the server's parser gives it,
// and knows nothing of packets itself.

import { bytesOf, fromHex, owners, textOf, toHex, visible } from "./bytes.js";
import { link, make } from "./dom.js";
import { guideAddress } from "./texts_reasons.js";
import { say, spoken } from "./words.js";

/** So many bytes stand in one line. */
const LINE = 16;

/** Around a mistake, so many bytes are shown. */
const AROUND = 36;

/** A piece of text in the table of words is not longer than this. */
const EXCERPT = 64;

/** The bytes that were explained. */
export function inputOf({ input }) {
  return input.hex === undefined ? bytesOf(input) : fromHex(input.hex);
}

/** All of it in one element: wire, mistakes, words. */
export function explained(explanation) {
  const element = make("div", "explained");
  element.append(wire(explanation));
  if (explanation.diagnostic) element.append(mistake(explanation, explanation.diagnostic));
  for (const note of explanation.notes ?? []) element.append(mistake(explanation, note, "note"));
  element.append(words(explanation));
  return element;
}

/** The class of a kind: `socketio.ack-id` ──► `k-socketio-ack-id`. */
export function classOf(kind) {
  return `k-${kind.replaceAll(".", "-")}`;
}

/** The input with a mark on each piece. */
export function wire(explanation) {
  const bytes = inputOf(explanation);
  const asHex = explanation.input.hex !== undefined;
  const element = make("code", "wire");
  element.translate = false;
  explanation.spans.forEach(({ from, to, kind, words: title }, index) => {
    const piece = bytes.subarray(from, to);
    const shown = asHex ? pairs(piece) : visible(textOf(piece));
    const mark = make("span", `mark ${classOf(kind)}`, shown);
    mark.dataset.span = index;
    mark.title = title;
    element.append(mark, asHex ? " " : "");
  });
  if (bytes.length === 0) element.append(make("span", "soft", say("empty")));
  return element;
}

/** What each piece is. */
export function words(explanation) {
  const bytes = inputOf(explanation);
  const asHex = explanation.input.hex !== undefined;
  const list = make("ol", "words");
  explanation.spans.forEach(({ from, to, kind, words: text, depth, guide }, index) => {
    const piece = bytes.subarray(from, to);
    const shown = asHex ? pairs(piece.subarray(0, 8)) : visible(textOf(piece).slice(0, EXCERPT));
    const code = make("code", `mark ${classOf(kind)}`, shown);
    code.translate = false;
    const item = make("li", `depth${Math.min(depth, 4)}`, code, make("span", "meaning", text));
    item.dataset.span = index;
    item.tabIndex = 0;
    if (guide) {
      const more = link("more", "?", guideAddress(guide, spoken()));
      more.title = say("readMore");
      more.setAttribute("aria-label", say("readMore"));
      more.tabIndex = -1;
      item.append(more);
    }
    list.append(item);
  });
  return list;
}

/** Sixteen bytes to a line, as digits and as text. */
export function dump(bytes, spans = []) {
  const owner = owners(spans, bytes.length);
  const element = make("div", "dump");
  element.translate = false;
  for (let from = 0; from < bytes.length; from += LINE) {
    const to = Math.min(from + LINE, bytes.length);
    const digits = make("span", "digits");
    const text = make("span", "letters");
    for (let start = from; start < to; ) {
      let end = start + 1;
      while (end < to && owner[end] === owner[start]) end += 1;
      const piece = bytes.subarray(start, end);
      for (const [where, shown] of [[digits, pairs(piece)], [text, letters(piece)]]) {
        const mark = make("span", "", shown);
        const span = spans[owner[start]];
        if (span) {
          mark.className = `mark ${classOf(span.kind)}`;
          mark.dataset.span = owner[start];
        }
        where.append(mark, where === digits ? " " : "");
      }
      start = end;
    }
    const offset = make("span", "offset", from.toString(16).padStart(4, "0"));
    element.append(make("div", "line", offset, digits, text));
  }
  return element;
}

function pairs(bytes) {
  return toHex(bytes).replace(/..(?!$)/g, "$& ");
}

function letters(bytes) {
  return [...bytes]
    .map((byte) => (byte > 0x1f && byte < 0x7f ? String.fromCharCode(byte) : "·"))
    .join("");
}

/** What is wrong, with an arrow under the place. */
export function mistake(explanation, found, kind = "error") {
  const bytes = inputOf(explanation);
  const asHex = explanation.input.hex !== undefined;
  const show = (from, to) => {
    const piece = bytes.subarray(Math.max(from, 0), Math.max(to, 0));
    return asHex ? pairs(piece) : visible(textOf(piece));
  };
  const caret = make("span", "caret", show(found.from, Math.min(found.to, found.from + AROUND)));
  const excerpt = make("code", "excerpt");
  excerpt.translate = false;
  if (found.from > AROUND) excerpt.append("…");
  excerpt.append(show(found.from - AROUND, found.from), asHex ? " " : "", caret);
  excerpt.append(show(found.to, found.to + AROUND), bytes.length > found.to + AROUND ? "…" : "");
  const element = make("div", `mistake ${kind}`);
  element.append(make("p", "what", found.message, " ", make("code", "code", found.code)), excerpt);
  const facts = make("dl", "facts");
  const fact = (key, ...value) => {
    facts.append(make("dt", "", say(key)), make("dd", "", ...value));
  };
  if (found.found) fact("wrong.found", ...withCode(found.found));
  if (found.wanted) fact("wrong.wanted", ...withCode(found.wanted));
  if (found.clause) {
    const text = found.clauseText ? ` “${found.clauseText}”` : "";
    fact("wrong.clause", make("code", "", found.clause), text);
  }
  if (found.hint) fact("wrong.hint", ...withCode(found.hint));
  element.append(facts);
  return element;
}

/** What stands between backticks is code. */
function withCode(text) {
  const parts = text.split(/`([^`]+)`/);
  return parts.map((part, index) => (index % 2 === 0 ? part : make("code", "", part)));
}

/** Lets each piece under `root` light up its other pictures when it is pointed at. */
export function linkPieces(root) {
  const light = (event) => {
    const index = event.target.closest?.("[data-span]")?.dataset.span;
    for (const lit of root.querySelectorAll(".lit")) lit.classList.remove("lit");
    root.classList.toggle("pointing", index !== undefined);
    if (index === undefined) return;
    for (const piece of root.querySelectorAll(`[data-span="${index}"]`)) piece.classList.add("lit");
  };
  root.addEventListener("pointerover", light);
  root.addEventListener("focusin", light);
  root.addEventListener("pointerleave", light);
}

/** Asks the server's parser. */
export async function decode(request, signal) {
  const answer = await fetch("/inspect/decode", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ ...request, lang: spoken() }),
    signal,
  });
  if (!answer.ok) throw new Error(await answer.text());
  return answer.json();
}
