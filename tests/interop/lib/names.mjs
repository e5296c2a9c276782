// Frames as transcripts of Socket.IO write them, and names for what differs each time.
//
//   40{"sid":"<sid a>"}           text; the first time, whatever stands there gets the name,
//   42["to","<sid a>"]            and from then on the name stands for that
//   <81 a3 "sid" b4 "<sid a>">    bytes, some of which are written as text

const NAME = /(<(?:sid|pid|offset) [^>]*>)/;
const VALUE = /^[0-9A-Za-z_.-]+/;

export class Names {
  #values = new Map();

  /** The frame that is written so. */
  frame(written) {
    const found = pieces(written);
    const filled = found.parts.map((part) => this.#value(part)).join("");
    return found.binary ? Buffer.from(filled, "latin1") : filled;
  }

  /** The line with what its names stand for. */
  filled(line) {
    return line.split(NAME).map((part) => this.#value(part)).join("");
  }

  /** Whether the frame that was found is the one that is written; new names are learned from it. */
  fits(written, found) {
    const { binary, parts } = pieces(written);
    if (binary !== Buffer.isBuffer(found)) return false;
    return this.#fit(parts, binary ? found.toString("latin1") : found);
  }

  /** The same for a line of text. */
  fitsText(written, found) {
    return this.#fit(written.split(NAME), found);
  }

  #fit(parts, found) {
    let rest = found;
    for (const part of parts) {
      if (NAME.test(part) && !this.#values.has(part)) this.#learn(part, rest);
      const value = this.#value(part);
      if (!rest.startsWith(value)) return false;
      rest = rest.slice(value.length);
    }
    return rest === "";
  }

  #learn(name, text) {
    const value = VALUE.exec(text)?.[0];
    const known = [...this.#values.values()].includes(value);
    if (value === undefined || known) throw new Error(`what can not be ${name}: ${text}`);
    this.#values.set(name, value);
  }

  #value(part) {
    if (!NAME.test(part)) return part;
    if (!this.#values.has(part)) throw new Error(`${part} is nobody yet`);
    return this.#values.get(part);
  }
}

/** The parts of a frame: its names, and what is between them. Bytes are characters up to 0xff. */
function pieces(written) {
  const bytes = NAME.exec(written)?.index === 0 ? null : /^<(.*)>$/s.exec(written);
  if (!bytes) return { binary: false, parts: written.split(NAME) };
  // Whatever stands between an odd quote and an even one is text.
  const parts = bytes[1].split('"').flatMap((part, index) => {
    const hex = () => Buffer.from(part.replaceAll(" ", ""), "hex").toString("latin1");
    return index % 2 === 1 ? part.split(NAME) : [hex()];
  });
  return { binary: true, parts };
}
