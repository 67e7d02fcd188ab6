/** Elements in one expression. */

/**
 * `h("button", {class: "chip", onclick: f, "aria-label": "…"}, "text", child)`; text is never parsed as HTML.
 * @param {string} tag @param {Record<string, any>} [attributes] @param {...(Node | string | null | undefined | false)} children
 * @returns {HTMLElement}
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name.startsWith("aria-") && typeof value === "boolean") element.setAttribute(name, String(value)); // "true", not ""
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, String(value));
  }
  element.append(.../** @type {(Node | string)[]} */ (children.filter((child) => child !== null && child !== undefined && child !== false)));
  return element;
}

/** A key cap. @param {string} text */
export const cap = (text) => h("kbd", {}, text);

/** The colour of a class. @param {string} colour */
export function swatch(colour) {
  const square = h("i", { class: "swatch", "aria-hidden": "true" });
  square.style.background = colour;
  return square;
}

/** Whether typing belongs to an element, so that no key is a command there. @param {EventTarget | null} target */
export function isTyping(target) {
  if (target instanceof HTMLTextAreaElement) return true;
  return target instanceof HTMLInputElement && !["range", "checkbox", "radio", "button"].includes(target.type);
}

/** How many pixels of the window one of the element's own is: its css `zoom`, 1 where a browser does not tell. @param {Element} element @returns {number} */
export const zoomOf = (element) => /** @type {{currentCSSZoom?: number}} */ (element).currentCSSZoom ?? 1;
