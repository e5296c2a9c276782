// One row of the ladder as a drawing.
//
//   x:  ws  poll                                     bars  poll  ws
//       │    │                                         ▐    │    │
//       │    ├──── label ──────────────────────────────▐───►│    │
//
// The outer rails are the WebSocket's, the inner ones polling's: so the handover is seen as the
// arrows leaving the inner rails for the outer ones. A bar is a request that waits.

import { svg } from "./dom.js";

/** How high a row is. */
export const ROW = 34;

const MIDDLE = ROW / 2;
const BAR = 7;

/** Where the rails are when the ladder is so wide. */
export function geometry(width) {
  const narrow = width < 520;
  const [outer, inner] = narrow ? [7, 17] : [18, 40];
  return {
    width,
    outer,
    inner,
    step: narrow ? 9 : 11,
    label: inner + (narrow ? 8 : 20),
    head: narrow ? 6 : 8,
  };
}

/** The rails, bars and the arrow of a row. */
export function draw(row, at) {
  const picture = svg("svg", {
    class: "drawing",
    width: at.width,
    height: ROW,
    viewBox: `0 0 ${at.width} ${ROW}`,
    "aria-hidden": "true",
  });
  for (const x of [at.inner, at.width - at.inner]) {
    picture.append(...rail(row.polling, "polling", x));
  }
  for (const x of [at.outer, at.width - at.outer]) {
    picture.append(...rail(row.websocket, "websocket", x));
  }
  for (const bar of row.bars) picture.append(drawBar(bar, at));
  picture.append(...arrow(row, at));
  return picture;
}

function rail(place, lane, x) {
  if (place === "none") return [];
  const [from, to] = { starts: [MIDDLE, ROW], ends: [0, MIDDLE] }[place] ?? [0, ROW];
  const pieces = [svg("line", { class: `rail ${lane}`, x1: x, x2: x, y1: from, y2: to })];
  if (place === "starts") {
    pieces.push(svg("circle", { class: `dot ${lane}`, cx: x, cy: MIDDLE, r: 4 }));
  }
  if (place === "ends") {
    const bar = { class: `stop ${lane}`, x1: x - 5, x2: x + 5, y1: MIDDLE, y2: MIDDLE };
    pieces.push(svg("line", bar));
  }
  return pieces;
}

function barX(slot, at) {
  return at.width - at.inner - slot * at.step;
}

function drawBar({ slot, place, method, lane }, at) {
  const x = barX(slot, at) - BAR / 2;
  const reach = { starts: [MIDDLE - 5, ROW + 4], ends: [-4, MIDDLE + 5] };
  const [y, to] = reach[place] ?? [-4, ROW + 4];
  const look = { class: barClass(method, lane), rx: 3 };
  return svg("rect", { ...look, x, y, width: BAR, height: to - y });
}

function barClass(method, lane) {
  return `bar ${lane} ${method === "GET" ? "get" : "post"}`;
}

/** The open end of the bars that wait below the last row. */
export function drawWaiting(waiting, at) {
  const size = { width: at.width, height: ROW };
  const picture = svg("svg", { class: "drawing", ...size, "aria-hidden": "true" });
  for (const { slot, method, lane } of waiting) {
    const x = barX(slot, at) - BAR / 2;
    const look = { class: `${barClass(method, lane)} open` };
    picture.append(svg("rect", { ...look, x, y: -4, width: BAR, height: MIDDLE + 8 }));
  }
  return picture;
}

function arrow(row, at) {
  const { kind, from, lane } = row.event;
  if (kind !== "request" && kind !== "response" && kind !== "frame") return [];
  const x = lane === "websocket" && row.websocket !== "none" ? at.outer : at.inner;
  const bar = row.bars.find(({ place }) => place !== "through");
  const right = bar ? barX(bar.slot, at) - BAR / 2 : at.width - x;
  const name = `arrow ${lane} ${kind}${row.status >= 400 ? " bad" : ""}`;
  const line = svg("line", { class: name, x1: x, x2: right, y1: MIDDLE, y2: MIDDLE });
  const [tip, back] = from === "client" ? [right, right - at.head] : [x, x + at.head];
  const points = `${tip},${MIDDLE} ${back},${MIDDLE - 4.5} ${back},${MIDDLE + 4.5}`;
  return [line, svg("polygon", { class: `tip ${name}`, points })];
}
