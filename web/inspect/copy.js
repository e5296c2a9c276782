// A row as a command for a terminal. Pure.
//
//   curl 'http://localhost:3000/socket.io/?EIO=4&…' --data-raw $'40\x1e42["hi"]'
//   websocat 'ws://localhost:3000/socket.io/?EIO=4&transport=websocket'
//
// What was redacted is left out, and so are headers that the command writes by itself.

const BY_ITSELF = /^(host|content-length|connection|accept-encoding|upgrade|sec-websocket-.*)$/i;

/**
 * Whether there is a command for it. Where only the beginning of a body was kept, or it is no text,
 * there is none: the command would ask something else.
 */
export function isCopyable({ event, target }) {
  const { kind, cut = false, base64 } = event;
  return kind === "request" && Boolean(target) && !cut && base64 === undefined;
}

/** The command that asks the same again. */
export function command(row, origin) {
  const { event } = row;
  const lines = (event.head ?? "").split("\r\n").slice(1).filter((line) => line.includes(":"));
  const headers = lines.map((line) => [line.slice(0, line.indexOf(":")), line]);
  const host = headers.find(([name]) => /^host$/i.test(name))?.[1].slice(5).trim();
  const { protocol, host: here } = new URL(origin);
  const secure = protocol === "https:" ? "s" : "";
  if (event.lane === "websocket") {
    return `websocat ${quote(`ws${secure}://${host ?? here}${row.target}`)}`;
  }
  const parts = [`curl ${quote(`http${secure}://${host ?? here}${row.target}`)}`];
  if (row.method !== "GET" && row.method !== "POST") parts.push(`-X ${quote(row.method)}`);
  for (const [name, line] of headers) {
    if (BY_ITSELF.test(name) || line.includes("‹redacted›")) continue;
    parts.push(`-H ${quote(line)}`);
  }
  if (row.method === "POST") parts.push(`--data-raw ${quote(event.text ?? "")}`);
  return parts.join(" \\\n  ");
}

/** So that a shell takes it as one word, whatever is in it. */
export function quote(text) {
  if (!/[\x00-\x1f\x7f]/.test(text)) return `'${text.replaceAll("'", `'\\''`)}'`;
  const escaped = text
    .replace(/[\\']/g, (found) => `\\${found}`)
    // Three digits always, so that a digit behind them is not taken for a part.
    .replace(/[\x00-\x1f\x7f]/g, (found) => `\\${octal(found.charCodeAt(0))}`);
  return `$'${escaped}'`;
}

function octal(code) {
  return code.toString(8).padStart(3, "0");
}
