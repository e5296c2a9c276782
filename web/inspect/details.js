// What a row is, in full: why it came about, its head, its bytes and what they mean.

import { bytesOf, toHex } from "./bytes.js";
import { command, isCopyable } from "./copy.js";
import { button, byId, link, make } from "./dom.js";
import { clock, duration } from "./rows.js";
import { decode, dump, explained, linkPieces } from "./spans.js";
import { chapterOf, guideAddress } from "./texts_reasons.js";
import { has, say, spoken } from "./words.js";

const QUERY = ["EIO", "transport", "sid", "t", "b64", "j"];

let asking = null;

/** Shows a row. `go(n)` leads to the row of that number, which is the other half of a request. */
export function showDetails(row, go) {
  asking?.abort();
  asking = new AbortController();
  const body = byId("details-body");
  body.replaceChildren(...parts(row, go, asking.signal));
  body.scrollTop = 0;
  byId("details-title").replaceChildren(...title(row));
}

/** Shows nothing. */
export function clearDetails() {
  asking?.abort();
  byId("details-body").replaceChildren();
}

function title({ event, since, waited }) {
  const way = event.from === "client" ? "fromClient" : "fromServer";
  const facts = [
    event.kind === "frame" || event.kind === "request" || event.kind === "response" ? say(way) : "",
    say(event.lane ?? "polling"),
    `${clock(since)} s`,
    waited === undefined ? "" : say("waited", { time: duration(waited) }),
  ];
  return facts.filter((fact) => fact !== "").map((fact) => make("span", "fact", fact));
}

function parts(row, go, signal) {
  const { event } = row;
  const found = [why(row), actions(row, go)];
  if (event.text !== undefined || event.base64 !== undefined) {
    if (meansSomething(row)) found.push(meaning(row, signal));
    else if (event.text || event.base64) found.push(plainBody(event));
  }
  if (row.target?.includes("?")) found.push(query(row));
  if (event.head) found.push(head(event.head));
  return found;
}

function why(row) {
  const known = has(`why.${row.why}`);
  const element = make("section", "why");
  element.append(make("p", "", known ? say(`why.${row.why}`) : row.why));
  const chapter = chapterOf(row.why);
  element.append(link("guide", say("readMore"), guideAddress(chapter, spoken())));
  return element;
}

function actions(row, go) {
  const element = make("div", "actions");
  const other = row.asked?.n ?? row.answered?.n;
  if (other !== undefined) {
    const text = say(row.asked ? "itsRequest" : "otherHalf");
    element.append(button("quiet", `${row.asked ? "↖" : "↘"} ${text}`, () => go(other)));
  }
  if (isCopyable(row)) {
    const text = say(row.event.lane === "websocket" ? "copyWebsocat" : "copyCurl");
    const copy = button("quiet", text, async () => {
      await navigator.clipboard?.writeText(command(row, location.origin)).catch(() => {});
      copy.textContent = say("copied");
    });
    copy.dataset.command = command(row, location.origin);
    element.append(copy);
  }
  if (meansSomething(row) && row.event.text) {
    const form = formOf(row);
    const fragment = new URLSearchParams({ p: row.event.text, ...(form && { f: form }) });
    element.append(link("quiet", say("toPlayground"), `/inspect/play#${fragment}`));
  }
  return element;
}

function meansSomething({ event, packets }) {
  return event.kind === "frame" || packets.length > 0;
}

/** As what the server's parser is to read it. */
function formOf({ event, revision }) {
  if (event.kind === "frame") return event.text === undefined ? undefined : "packet";
  return revision === 3 ? "payload3" : "payload";
}

function section(key, ...content) {
  return make("section", "", make("h3", "", say(key)), ...content);
}

/** The pieces in words; the server is asked, and until it answers there is the plain text. */
function meaning(row, signal) {
  const { event } = row;
  const bytes = bytesOf(event);
  const place = section("meaning", make("p", "soft", say("explaining")));
  const rest = section("asHex", dump(bytes));
  const element = make("div", "explanation", place, rest);
  if (event.cut) {
    const cut = say("cut", { kept: bytes.length, size: event.size });
    place.after(make("p", "notice", cut));
  }
  if (event.redacted) place.after(make("p", "notice", say("redacted")));
  linkPieces(element);
  const input = event.text === undefined ? { hex: toHex(bytes) } : { text: event.text };
  decode({ ...input, form: formOf(row) ?? "packet" }, signal).then(
    (explanation) => {
      place.replaceChildren(
        make("h3", "", say("meaning")),
        make("p", "summary", explanation.summary),
        explained(explanation),
      );
      rest.replaceChildren(make("h3", "", say("asHex")), dump(bytes, explanation.spans));
      element.dataset.explained = "true";
    },
    (error) => {
      if (signal.aborted) return;
      const text = say("cannotExplain", { error: error.message });
      place.replaceChildren(make("h3", "", say("meaning")), make("p", "notice", text));
    },
  );
  return element;
}

function plainBody(event) {
  const text = make("pre", "plain", event.text ?? "");
  text.translate = false;
  return section("body", text);
}

function query({ target }) {
  const list = make("dl", "query");
  const found = new URLSearchParams(target.slice(target.indexOf("?")));
  for (const [name, value] of found) {
    const meaning = QUERY.includes(name) ? say(`query.${name}`) : "";
    list.append(make("dt", "", make("code", "", `${name}=${value}`)), make("dd", "", meaning));
  }
  return section("query", list);
}

function head(text) {
  const [first, ...lines] = text.split("\r\n").filter((line) => line !== "");
  const list = make("dl", "head");
  list.translate = false;
  for (const line of lines) {
    const at = line.indexOf(":");
    const value = line.slice(at + 1).trim();
    const shown = make("dd", value === "‹redacted›" ? "redacted" : "", value);
    list.append(make("dt", "", line.slice(0, at)), shown);
  }
  return section("head", make("code", "first", first ?? ""), list);
}
