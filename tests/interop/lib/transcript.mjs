// Transcripts as the reference server plays them (the notation: tests/transcripts.rs, and for those
// of Socket.IO tests/socketio_transcripts.rs).
//
//   S: GET 6                         a line that holds for both servers
//   N! <the case of a departure>     from here on they differ:
//   S: 4ours                           this is ours alone, and left out here
//   N: S: 4theirs                      this is the reference's, in place of it
//   N: nothing                         … or it does nothing at all

import { readFileSync, readdirSync } from "node:fs";

const FOLDER = new URL("../../transcripts/", import.meta.url);

/** The transcripts in a folder: of each its name, and its lines with who, what and where. */
export function transcripts(folder) {
  const names = readdirSync(new URL(folder, FOLDER)).filter((name) => name.endsWith(".txt"));
  return names.sort().map((name) => ({ name, lines: lines(folder + name) }));
}

function lines(name) {
  const found = [];
  let ours = false;
  for (const [index, text] of readFileSync(new URL(name, FOLDER), "utf8").split("\n").entries()) {
    const place = `${name}:${index + 1}: ${text}`;
    if (text.startsWith("N! ")) ours = true;
    else if (text.startsWith("N: ")) {
      ours = false;
      if (text !== "N: nothing") found.push(line(text.slice(3), place));
    } else if (text !== "" && !text.startsWith("#") && !ours) found.push(line(text, place));
  }
  return found;
}

function line(text, place) {
  const [, who, what] = /^(--|[^:>!]*[:>!])(.*)$/su.exec(text);
  return { who, what: what.trim(), place };
}

/** A text, or bytes where it is written `<01 02>`. */
export function packet(text) {
  const bytes = /^<(.*)>$/.exec(text);
  return bytes ? Buffer.from(bytes[1].replaceAll(" ", ""), "hex") : text;
}

/** The same the other way round. */
export function written(data) {
  if (typeof data === "string") return data;
  return `<${Buffer.from(data).toString("hex").replaceAll(/(..)(?=.)/g, "$1 ")}>`;
}
