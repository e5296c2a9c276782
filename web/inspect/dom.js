// Making elements. Text of others is only ever set as text, so it can never be anything else.

const SVG = "http://www.w3.org/2000/svg";

/** The element with this id. */
export function byId(id) {
  return document.getElementById(id);
}

/** `make("b", "name", "text")`, or with elements instead of the text. */
export function make(tag, className = "", ...content) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...content);
  return element;
}

/** A button that does something. */
export function button(className, text, action) {
  const element = make("button", className, text);
  element.type = "button";
  element.addEventListener("click", action);
  return element;
}

/** A link. */
export function link(className, text, address) {
  const element = make("a", className, text);
  element.href = address;
  return element;
}

/** `svg("line", { x1: 0 })`. */
export function svg(tag, attributes = {}, ...content) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...content);
  return element;
}
