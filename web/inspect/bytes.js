// Bytes, and the ways in which they are written. Pure.
//
//   00000000  34 32 5b 22 68 69 22 5d                           42["hi"]
//
// Spans count bytes; JavaScript counts UTF-16 units. So everything is cut as bytes here.

const encoder = new TextEncoder();

/** The bytes of an event's body or frame. */
export function bytesOf({ text, base64 }) {
  if (text !== undefined) return encoder.encode(text);
  if (base64 === undefined) return new Uint8Array();
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

/** Bytes as two digits each. */
export function toHex(bytes) {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The other way, with white space wherever somebody likes; `null` if these are no digits. */
export function fromHex(text) {
  const digits = text.replace(/\s+/g, "");
  if (!/^([0-9a-f]{2})*$/i.test(digits)) return null;
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** Invisible characters as their bytes, since few fonts have pictures of them: `‹1e›`. */
export function visible(text) {
  return text.replace(/[\x00-\x1f\x7f]/g, (found) => `‹${toHex([found.charCodeAt(0)])}›`);
}

/** The span that each byte belongs to, by its index; -1 where there is none. */
export function owners(spans, length) {
  const owner = new Int32Array(length).fill(-1);
  spans.forEach(({ from, to }, index) => owner.fill(index, from, to));
  return owner;
}

/** The characters of a piece; bytes that are no text as dots. */
export function textOf(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return [...bytes].map((byte) => (byte < 0x7f ? String.fromCharCode(byte) : "·")).join("");
  }
}
