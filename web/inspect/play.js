// The playground: a packet and what it means, its fields, examples, and a session to try it on.
//
//   text ──► POST /inspect/decode ──► spans, packet, what is wrong ──► fields
//   fields ──► POST /inspect/encode ──► text
//
// What stands in the editor stands in the address, too, behind the #: it is never sent to a
// server by opening a link.

import { fromHex, toHex } from "./bytes.js";
import { button, byId, make } from "./dom.js";
import { attachments, draft, enable, encode, refuse, showFields, showTypes } from "./fields.js";
import { useScratch } from "./scratch.js";
import { EXAMPLES, MISTAKES } from "./shelf.js";
import { decode, dump, explained, inputOf, linkPieces } from "./spans.js";
import { say, useBar } from "./words.js";

/** After so many milliseconds without a key, the server is asked. */
const QUIET = 120;

const FORMS = ["packet", "payload", "frame", "payload3", "msgpack"];
const HEX = new Set(["frame", "msgpack"]);

let form = "packet";
let timer;
let asking = null;

/** What is in the editor, as a request has it; `null` if it is no hexadecimal digits. */
function request() {
  const { value } = byId("input");
  if (HEX.has(form)) {
    const bytes = fromHex(value);
    return bytes === null ? null : { hex: toHex(bytes) };
  }
  const text = form === "payload" ? value.replaceAll("␞", "\x1e") : value;
  const behind = form === "packet" ? attachments() : [];
  return behind.length > 0 ? { text, attachments: behind } : { text };
}

/** Explains what is in the editor; the fields follow, unless they are where it comes from. */
async function explain(fromFields = false) {
  asking?.abort();
  asking = new AbortController();
  const { signal } = asking;
  writeAddress();
  const input = request();
  if (input === null) {
    show(make("p", "notice", say("notHex")));
    return;
  }
  try {
    const found = await decode({ ...input, form }, signal);
    byId("summary").textContent = found.summary;
    byId("summary").classList.toggle("wrong", found.diagnostic !== null);
    show(explained(found));
    byId("bytes").replaceChildren(make("h2", "", say("asHex")), dump(inputOf(found), found.spans));
    if (!fromFields) showFields(found);
  } catch (error) {
    if (signal.aborted) return;
    show(make("p", "notice", say("cannotExplain", { error: error.message })));
  }
}

function show(element) {
  if (element.classList.contains("notice")) {
    byId("summary").textContent = "";
    byId("bytes").replaceChildren();
  }
  byId("explanation").replaceChildren(element);
}

function later(action) {
  clearTimeout(timer);
  timer = setTimeout(action, QUIET);
}

/** From the fields to the packet. */
async function rewrite() {
  enable();
  const wanted = draft();
  if (wanted === null) return;
  try {
    const { text } = await encode(wanted);
    choose("packet");
    byId("input").value = text ?? "";
    fit();
    explain(true);
  } catch (error) {
    refuse(error);
  }
}

function choose(name) {
  form = FORMS.includes(name) ? name : "packet";
  byId(`form-${form}`).checked = true;
  byId("form-hint").textContent = say(`formHint.${form}`);
}

/** Puts something into the editor; `behind` are its attachments, a list of digits. */
function put(text, name = "packet", behind = []) {
  choose(name);
  byId("input").value = name === "payload" ? text.replaceAll("\x1e", "␞") : text;
  byId("attachments").value = behind.join("\n");
  // What was there before may have been a packet that has none.
  if (behind.length > 0) byId("attachments").disabled = false;
  fit();
  explain();
}

/** Makes the editor as high as its text, within what the style sheet allows. */
function fit() {
  const box = byId("input");
  box.style.height = "auto";
  box.style.height = `${box.scrollHeight + 2}px`;
}

function writeAddress() {
  const { value } = byId("input");
  const text = form === "payload" ? value.replaceAll("␞", "\x1e") : value;
  const behind = form === "packet" ? attachments().join(".") : "";
  const fragment = new URLSearchParams({
    p: text,
    ...(form !== "packet" && { f: form }),
    ...(behind !== "" && { a: behind }),
  });
  history.replaceState(null, "", `#${fragment}`);
}

/** What the address asks for, or the first example that says something. */
function readAddress() {
  const fragment = new URLSearchParams(location.hash.slice(1));
  if (fragment.has("p")) {
    const behind = (fragment.get("a") ?? "").split(".").filter((digits) => digits !== "");
    put(fragment.get("p"), fragment.get("f") ?? "packet", behind);
  } else {
    put('42/chat,7["typing",{"on":true}]');
  }
}

function showForms() {
  const choices = FORMS.map((name) => {
    const input = make("input");
    Object.assign(input, { type: "radio", name: "form", id: `form-${name}`, value: name });
    input.addEventListener("change", () => {
      choose(name);
      explain();
    });
    const label = make("label", "", input, make("span", "", say(`form.${name}`)));
    return label;
  });
  byId("forms").replaceChildren(...choices);
  choose(form);
}

function showShelf() {
  for (const [id, all] of [["examples", EXAMPLES], ["mistakes", MISTAKES]]) {
    const items = all.map(([key, text, name]) => {
      const code = make("code", "", text.replaceAll("\x1e", "␞"));
      code.translate = false;
      const choice = button("example", "", () => {
        put(text, name);
        // On a narrow screen the editor is far above.
        byId("input").scrollIntoView({ block: "nearest" });
      });
      choice.append(code, make("span", "", say(key)));
      return make("li", "", choice);
    });
    byId(id).replaceChildren(...items);
  }
}

function showAll() {
  showTypes();
  showForms();
  showShelf();
}

useBar(() => {
  showAll();
  explain();
});
showAll();
linkPieces(byId("result"));
useScratch(() => request() ?? { text: byId("input").value }, (text) => put(text));
byId("input").addEventListener("input", () => {
  fit();
  later(() => explain());
});
byId("fields").addEventListener("input", () => later(rewrite));
byId("copy-link").addEventListener("click", async () => {
  await navigator.clipboard?.writeText(location.href).catch(() => {});
  byId("copy-link").textContent = say("copied");
  setTimeout(() => (byId("copy-link").textContent = say("copyLink")), 1_500);
});
document.addEventListener("keydown", (event) => {
  const typing = event.target.matches("input, textarea, select");
  if (event.key === "/" && !typing) {
    event.preventDefault();
    byId("input").focus();
    byId("input").select();
  } else if (event.key === "Escape" && typing) {
    event.target.blur();
  }
});
addEventListener("hashchange", readAddress);
addEventListener("resize", fit);
readAddress();
