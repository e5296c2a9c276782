// A list of any length of which only what is in view is in the document.
//
//   ┌ scroller ─────────┐      rows 0 … 811         not there
//   │ row 812           │      rows 812 … 840       elements, placed by their number
//   │ row 813 …         │      rows 841 … 19 999    not there
//   └───────────────────┘
//
// It draws at most once for each frame of the screen, and follows the end until somebody scrolls
// away from it.

import { ROW, geometry } from "./draw.js";

/** So many rows above and below what is in view are there, too. */
const BEYOND = 6;

/** So near the end, in pixels, still counts as being there. */
const NEAR = 2 * ROW;

/** The list in `scroller`, whose inner element is `canvas`. */
export class List {
  #scroller;
  #canvas;
  #make;
  #shown = new Map();
  #scheduled = false;
  #fresh = true;
  #at = geometry(300);

  /** What is shown; changed by `show` and `append`. */
  rows = [];

  /** Whether the end is followed. */
  following = true;

  /** The row that is chosen, or `null`. */
  chosen = null;

  /** Called after a drawing. */
  drawn = () => {};

  constructor(scroller, canvas, make) {
    this.#scroller = scroller;
    this.#canvas = canvas;
    this.#make = make;
    scroller.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    new ResizeObserver(() => this.redraw()).observe(scroller);
  }

  /** Where the rails are. */
  get at() {
    return this.#at;
  }

  /** Shows other rows. */
  show(rows) {
    this.rows = rows;
    this.redraw();
  }

  /** Adds rows at the end, and takes those away at the beginning that are forgotten. */
  append(rows) {
    for (const row of rows) this.rows.push(row);
    let gone = 0;
    while (gone < this.rows.length && this.rows[gone].forgotten) gone += 1;
    if (gone > 0) {
      this.rows.splice(0, gone);
      if (!this.following) this.#scroller.scrollTop -= gone * ROW;
    }
    this.schedule();
  }

  /** Makes all elements anew: the width, the language or the rows are others. */
  redraw() {
    this.#fresh = true;
    this.schedule();
  }

  /** Draws with the next frame of the screen. */
  schedule() {
    if (this.#scheduled) return;
    this.#scheduled = true;
    requestAnimationFrame(() => {
      this.#scheduled = false;
      this.#draw();
    });
  }

  /** Chooses a row, and brings it into view. */
  choose(row) {
    this.chosen = row;
    const index = this.rows.indexOf(row);
    if (index >= 0) {
      const top = index * ROW;
      const { scrollTop, clientHeight } = this.#scroller;
      if (top < scrollTop) this.#scroller.scrollTop = top - ROW;
      if (top + ROW > scrollTop + clientHeight) {
        this.#scroller.scrollTop = top + 2 * ROW - clientHeight;
      }
      if (index < this.rows.length - 1) this.following = false;
    }
    this.schedule();
  }

  /** The row that is so many rows from the chosen one; infinitely many lead to an end. */
  neighbour(steps) {
    if (this.rows.length === 0) return null;
    if (!Number.isFinite(steps)) return this.rows.at(steps < 0 ? 0 : -1);
    const index = this.rows.indexOf(this.chosen);
    if (index < 0) return steps < 0 ? this.rows.at(-1) : this.rows[this.#firstInView()];
    return this.rows[Math.max(0, Math.min(this.rows.length - 1, index + steps))];
  }

  /** Whether the end is in view. */
  get atEnd() {
    const { scrollTop, scrollHeight, clientHeight } = this.#scroller;
    return scrollHeight - scrollTop - clientHeight < NEAR;
  }

  /** How many rows are in view at once. */
  get page() {
    return Math.max(1, Math.floor(this.#scroller.clientHeight / ROW) - 1);
  }

  /** Goes to the end, and follows it. */
  toEnd() {
    this.following = true;
    this.schedule();
  }

  #firstInView() {
    return Math.min(this.rows.length - 1, Math.ceil(this.#scroller.scrollTop / ROW));
  }

  #scrolled() {
    this.following = this.atEnd;
    this.schedule();
  }

  #draw() {
    const scroller = this.#scroller;
    const width = this.#canvas.clientWidth - timeWidth(this.#canvas);
    if (width !== this.#at.width && width > 0) {
      this.#at = geometry(width);
      this.#fresh = true;
    }
    if (this.#fresh) {
      for (const element of this.#shown.values()) element.remove();
      this.#shown.clear();
      this.#fresh = false;
    }
    // One row more: there stands what still waits.
    this.#canvas.style.height = `${(this.rows.length + 1) * ROW}px`;
    if (this.following) scroller.scrollTop = scroller.scrollHeight;
    const first = Math.max(0, Math.floor(scroller.scrollTop / ROW) - BEYOND);
    const last = first + Math.ceil(scroller.clientHeight / ROW) + 2 * BEYOND;
    this.#place(first, Math.min(this.rows.length, last));
    this.drawn();
  }

  #place(first, last) {
    const wanted = new Set(this.rows.slice(first, last));
    for (const [row, element] of this.#shown) {
      if (wanted.has(row)) continue;
      element.remove();
      this.#shown.delete(row);
    }
    let index = first;
    for (const row of wanted) {
      let element = this.#shown.get(row);
      if (!element) {
        element = this.#make(row, this.#at);
        this.#shown.set(row, element);
        this.#canvas.append(element);
      }
      element.style.transform = `translateY(${index * ROW}px)`;
      element.setAttribute("aria-setsize", this.rows.length);
      element.setAttribute("aria-posinset", index + 1);
      element.setAttribute("aria-selected", String(row === this.chosen));
      index += 1;
    }
  }
}

function timeWidth(canvas) {
  return Number.parseFloat(getComputedStyle(canvas).getPropertyValue("--time")) || 0;
}
