// A session to try things on: what is sent goes as it is, and beside it stands what comes back.
//
//   POST /inspect/scratch         opens one:   {"id":3,"received":[{"text":"0{…}"}],"open":true}
//   POST /inspect/scratch/3       sends:       {"id":3,"received":[{"closed":"…"}],"open":false}

import { button, byId, make } from "./dom.js";
import { pieces, glance } from "./glance.js";
import { say } from "./words.js";

/** So many lines are kept. */
const LINES = 200;

let id = null;

/** `explain(text)` shows a packet that came back in the editor. */
export function useScratch(current, explain) {
  byId("send").addEventListener("click", () => send(current(), explain));
  byId("new-scratch").addEventListener("click", () => {
    id = null;
    byId("log").replaceChildren();
    byId("new-scratch").hidden = true;
  });
}

async function send(packet, explain) {
  byId("send").disabled = true;
  try {
    if (id === null) await open(explain);
    line("sent", packet, explain);
    const { attachments = [], ...first } = packet;
    // Attachments are messages of their own, behind the packet that announces them.
    for (const message of [first, ...attachments.map((hex) => ({ hex }))]) {
      if (id !== null) show(await post(`/inspect/scratch/${id}`, message), explain);
    }
  } catch (error) {
    id = null;
    note(say("scratchFailed", { error: error.message }));
  } finally {
    byId("send").disabled = false;
  }
}

async function open(explain) {
  const answer = await post("/inspect/scratch", {});
  ({ id } = answer);
  byId("new-scratch").hidden = false;
  note(say("scratchOpened"));
  show(answer, explain);
}

async function post(address, body) {
  const answer = await fetch(address, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  if (answer.status === 503) throw new Error(say("fullAnswer"));
  if (answer.status === 404) throw new Error(say("scratchGone"));
  if (!answer.ok) throw new Error(await answer.text());
  return answer.json();
}

function show({ received, open: isOpen }, explain) {
  for (const one of received) if (one.closed === undefined) line("came", one, explain);
  if (isOpen) {
    if (received.length === 0) note(say("scratchNothing"));
    return;
  }
  id = null;
  const reason = received.find(({ closed }) => closed !== undefined)?.closed ?? "";
  note(say("scratchClosed", { reason }));
}

function line(kind, { text, hex = "", attachments = [] }, explain) {
  const shown = text ?? hex;
  const code = make("code", "packet");
  code.translate = false;
  const parts = text === undefined ? [["engineio-base64", shown]] : pieces(glance(shown));
  for (const [name, piece] of parts) code.append(make("span", `k-${name}`, piece));
  for (const digits of attachments) code.append(" ", make("span", "k-engineio-base64", digits));
  const arrow = make("span", "arrow-sign", kind === "sent" ? "→" : "←");
  arrow.title = say(kind);
  const item = make("li", kind, arrow, code);
  if (kind === "came" && text !== undefined) {
    item.append(button("quiet", say("explainThis"), () => explain(text)));
  }
  append(item);
}

function note(text) {
  append(make("li", "soft", text));
}

function append(item) {
  const log = byId("log");
  log.append(item);
  while (log.children.length > LINES) log.firstChild.remove();
  log.scrollTop = log.scrollHeight;
}
