// A server that says yes to everything, and never ends a session. Every check that something is
// refused, or closed, has to fail here: if it passes, it does not look.
//
//   node yes_sayer.mjs    ──►  stdout: "listening on http://127.0.0.1:40123"

import { createServer } from "node:http";
import { WebSocketServer } from "ws";

const OPEN = { upgrades: ["websocket"], pingInterval: 25_000, pingTimeout: 20_000, maxPayload: 1e6 };

/** What it says to a packet. */
function answer(packet) {
  const [, name = ""] = /^40(\/[^,]*,)?/.exec(packet) ?? [];
  if (packet === "2probe") return "3probe";
  if (packet.startsWith("40")) return `40${name}{"sid":"everybody"}`;
  return null;
}

let sids = 0;
const waiting = new Map();
const open = () => `0${JSON.stringify({ sid: `yes-yes-yes-yes-${(sids += 1)}`, ...OPEN })}`;

const http = createServer(async (request, response) => {
  const sid = new URL(request.url, "http://x").searchParams.get("sid");
  let body = "";
  try {
    for await (const chunk of request) body += chunk;
  } catch {
    return;
  }
  if (request.method !== "GET") {
    const answers = body.split("\x1e").map(answer).filter(Boolean);
    if (waiting.has(sid) && answers.length) {
      waiting.get(sid).end(answers.join("\x1e"));
      waiting.delete(sid);
    }
    response.end("ok");
  } else if (!sid) response.end(open());
  else waiting.set(sid, response);
});
const sockets = new WebSocketServer({ server: http, maxPayload: 1 << 30, skipUTF8Validation: true });
sockets.on("connection", (socket, request) => {
  if (!request.url.includes("sid=")) socket.send(open());
  socket.on("error", () => {});
  socket.on("message", (data, binary) => {
    const said = binary ? null : answer(String(data));
    if (said) socket.send(said);
  });
});
http.listen(0, "127.0.0.1", () => {
  console.log(`listening on http://127.0.0.1:${http.address().port}`);
});
