// Recordings as files: opened by a button or dropped on the page, and saved.

import { byId, make } from "./dom.js";
import { readRecording, writeRecording } from "./record.js";
import { say } from "./words.js";

/** A larger file is not read. */
const MAX_MEGABYTES = 64;

/** Calls `show(name, recording)` with a file that somebody gives us, or `refuse(text)`. */
export function acceptFiles({ show, refuse }) {
  const take = async (file) => {
    const { name } = file;
    if (file.size > MAX_MEGABYTES * 1_000_000) {
      refuse(say("tooLarge", { name, limit: MAX_MEGABYTES }));
      return;
    }
    const found = readRecording(await file.text());
    if (found.head === null) refuse(say("notARecording", { name }));
    else show(name, found);
  };
  byId("import").addEventListener("click", () => byId("file").click());
  byId("file").addEventListener("change", ({ target }) => {
    if (target.files[0]) take(target.files[0]);
    target.value = "";
  });
  addEventListener("dragover", (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    document.body.classList.add("dropping");
  });
  addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) document.body.classList.remove("dropping");
  });
  addEventListener("drop", (event) => {
    document.body.classList.remove("dropping");
    const [file] = event.dataTransfer?.files ?? [];
    if (!file) return;
    event.preventDefault();
    take(file);
  });
}

/** Saves the rows as a recording. */
export function save(head, rows) {
  const file = new Blob([writeRecording(head, rows)], { type: "application/x-ndjson" });
  const link = make("a");
  link.href = URL.createObjectURL(file);
  link.download = `${new Date().toISOString().slice(0, 19).replaceAll(":", "-")}.siolog`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
