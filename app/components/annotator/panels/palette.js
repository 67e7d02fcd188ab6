/** The class palette: press a class as you would press its key; type to find one of many. */
import { cap, h, swatch, zoomOf } from "../dom.js";

/** @typedef {import("../types.js").ActionClass} ActionClass */

/** Classes whose name holds what was typed, those that begin with it first. @param {ActionClass[]} classes @param {string} typed @returns {ActionClass[]} */
export function found(classes, typed) {
  const wanted = typed.trim().toLocaleLowerCase();
  if (!wanted) return classes;
  const rank = (/** @type {ActionClass} */ { name }) => name.toLocaleLowerCase().indexOf(wanted);
  return classes.filter((one) => rank(one) >= 0).sort((a, b) => Number(rank(a) > 0) - Number(rank(b) > 0));
}

export class Palette {
  /**
   * @param {ActionClass[]} classes
   * @param {Map<string, string>} keys chord -> class, those that work
   * @param {{press: (label: string) => void, release: (label: string) => void, deny: (label: string) => void,
   *   relabel: (label: string) => void, leave: () => void}} actions `deny`: it does not occur, `relabel`: the selection is this
   */
  constructor(classes, keys, actions) {
    this.classes = classes;
    this.actions = actions;
    /** The class marked last, or chosen. @type {string | null} */
    this.current = null;
    /** The class under a finger or a mouse button. @type {string | null} */
    this.pressed = null;
    this.buttons = new Map(classes.map((one) => [one.name, this.#button(one)]));
    this.showKeys(keys);
    this.list = h("div", { class: "rows", role: "group", "aria-label": "Classes" }, ...this.buttons.values());
    this.input = /** @type {HTMLInputElement} */ (h("input", {
      type: "search", class: "find", placeholder: "Find a class", "aria-label": "Find a class", autocomplete: "off", spellcheck: "false",
      oninput: () => this.#filter(), onkeydown: (/** @type {KeyboardEvent} */ event) => this.#typed(event), onblur: () => this.#clear(),
    }));
    this.card = h("div", { class: "card", "aria-hidden": true, hidden: true });
    const words = classes.length ? "No class has this in its name." : "No class yet. Name some in the Library, under Classes; they appear here.";
    this.none = h("p", { class: "dim", hidden: classes.length > 0 }, words);
    this.element = h("section", { class: "palette" }, h("h2", {}, "Classes"), this.list, this.card, this.none, h("label", { class: "finder", hidden: classes.length === 0 }, this.input, cap("/")));
  }

  /** @param {Map<string, string>} keys chord -> class, those that work */
  showKeys(keys) {
    const caps = new Map([...keys].map(([key, name]) => [name, key]));
    for (const [name, button] of this.buttons) {
      button.querySelector("kbd")?.remove();
      const key = caps.get(name);
      if (key) button.append(cap(key));
    }
  }

  /** What counts as this action, beside its button. @param {ActionClass} one @param {HTMLElement} button */
  #explain({ name, description, example }, button) {
    if (!description && !example) return;
    this.card.replaceChildren(h("b", {}, h("bdi", {}, name)), ...[description, example && `Example: ${example}`].filter(Boolean).map((text) => h("p", { dir: "auto" }, text)));
    this.card.hidden = false;
    this.card.style.top = `${(button.getBoundingClientRect().top - this.element.getBoundingClientRect().top) / zoomOf(button)}px`;
  }

  /** @param {ActionClass} one */
  #button(one) {
    const { name, colour, description, example } = one;
    const hide = () => {
      this.card.hidden = true;
    };
    const down = (/** @type {PointerEvent} */ event) => {
      if (event.button !== 0) return;
      if (!this.#modified(name, event)) this.#press(name);
    };
    const button = h("button", {
      type: "button", class: "row", "data-class": name, title: description || example ? false : name, "aria-description": [description, example].filter(Boolean).join(". ") || null,
      onpointerdown: down, onpointerup: () => this.#release(), onpointerenter: () => this.#explain(one, button), onfocus: () => this.#explain(one, button), onblur: hide,
      onkeydown: (/** @type {KeyboardEvent} */ event) => event.key === "Enter" && this.#modified(name, event) && event.preventDefault(),
      onpointerleave: () => {
        hide();
        this.#release();
      },
      onclick: (/** @type {MouseEvent} */ event) => event.detail === 0 && (this.#modified(name, event) || this.#tap(name)), // by keyboard or a screen reader
    }, swatch(colour), h("bdi", { class: "name" }, name), h("span", { class: "said" }));
    return button;
  }

  /** @param {string | null} current @param {(name: string) => {present: boolean | null, count: number}} said */
  show(current, said) {
    if (current !== this.current && current !== null) this.buttons.get(current)?.scrollIntoView({ block: "nearest" });
    this.current = current;
    for (const [name, button] of this.buttons) {
      const { present, count } = said(name);
      button.classList.toggle("current", name === current);
      button.setAttribute("aria-pressed", String(present === true));
      button.dataset.present = String(present);
      const words = present === false ? "not here" : count ? String(count) : present ? "✓" : "";
      const place = /** @type {HTMLElement} */ (button.querySelector(".said"));
      if (place.textContent !== words) place.textContent = words;
    }
  }

  /** Open the search. */
  search() {
    this.input.focus();
  }

  #filter() {
    const names = found(this.classes, this.input.value).map(({ name }) => name);
    for (const [name, button] of this.buttons) {
      button.hidden = !names.includes(name);
      button.classList.toggle("hit", this.input.value !== "" && name === names[0]);
    }
    this.none.hidden = names.length > 0;
  }

  /** @param {KeyboardEvent} event */
  #typed(event) {
    if (event.key !== "Enter" && event.key !== "Escape") return;
    const [best] = found(this.classes, this.input.value);
    const isChosen = event.key === "Enter" && best !== undefined;
    this.actions.leave();
    if (isChosen && !this.#modified(best.name, event)) this.#tap(best.name);
  }

  /** With Alt a class is denied, with Shift it is given to the selection. @param {string} name @param {KeyboardEvent | MouseEvent} event @returns {boolean} whether it was either */
  #modified(name, event) {
    if (event.altKey) this.actions.deny(name);
    else if (event.shiftKey) this.actions.relabel(name);
    return event.altKey || event.shiftKey;
  }

  /** @param {string} name */
  #press(name) {
    this.pressed = name;
    this.actions.press(name);
  }

  #release() {
    if (this.pressed !== null) this.actions.release(this.pressed);
    this.pressed = null;
  }

  /** @param {string} name */
  #tap(name) {
    this.#press(name);
    this.#release();
  }

  #clear() {
    this.input.value = "";
    this.#filter();
  }
}
