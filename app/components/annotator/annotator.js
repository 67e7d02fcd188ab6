/**
 * The annotator: the entry Streamlit's component calls at mount and whenever its data changes. It holds one open video
 * (workbench.js), sends keys to its commands, and tells the page only two things: `selected` and `video`.
 *
 * @typedef {{parentElement: ShadowRoot | HTMLElement, data: {video: number | string}, setStateValue: (name: string, value: unknown) => void}} Component
 */
import { copied, paste } from "./clipboard.js";
import { h, isTyping, zoomOf } from "./dom.js";
import { capText, chordsOf, REPEATING } from "./keys.js";
import { fetchVideo } from "./learning.js";
import { Workbench } from "./workbench.js";

/** Keys the browser or the page would take for itself. */
const NATIVE_ON_CONTROLS = new Set(["Tab", "Shift+Tab", "Enter", "Space", "Shift+Enter", "Shift+Space", "Left", "Right"]);
const LEAST_HEIGHT = 560;
/** Keys that say nothing by themselves; any other that is no key of ours is answered in words. */
const SILENT = /^(?:Shift|Control|Alt|AltGraph|Meta|CapsLock|NumLock|Dead|Tab|Process|Unidentified|F\d+|Escape|Page.*|Home|End|Insert|ContextMenu|Print.*)$/;

/**
 * Whether the keyboard was last put on an annotator, by a person: what the page does to the focus (a dialog of its own while
 * the server is away, a component mounted anew) is no choice, and leaves the keys where they were.
 */
let hadKeyboard = true;

class Annotator {
  /** @type {Workbench | null} */
  bench = null;
  /** What the page asked for last; a rerun with the same wish changes nothing. @type {number | string | null} */
  #wish = null;
  /** @type {AbortController | null} */
  #opening = null;
  /** @type {Component | null} */
  #component = null;
  #listeners = new AbortController();

  /** @param {HTMLElement} host */
  constructor(host) {
    this.host = host;
    host.tabIndex = 0;
    host.setAttribute("role", "region");
    host.setAttribute("aria-label", "Annotator. Press ? for the keys, F6 for the panels.");
    this.styles = h("link", { rel: "stylesheet", href: new URL("./annotator.css", import.meta.url).href, onload: () => this.#styled() });
    host.before(this.styles);
    Object.assign(host, { annotator: this }); // for benchmarks and for a console
    const { signal } = this.#listeners;
    host.addEventListener("keydown", (event) => this.#keyDown(event), { signal });
    host.addEventListener("keyup", (event) => this.#keyUp(event), { signal });
    host.addEventListener("focusin", () => (hadKeyboard = true), { signal });
    host.addEventListener("focusout", () => this.bench?.marking.letGo(), { signal });
    addEventListener("pointerdown", (event) => (hadKeyboard = event.composedPath().includes(host)), { signal, capture: true });
    host.addEventListener("paste", (event) => this.#paste(event), { signal });
    host.addEventListener("copy", (event) => this.#copy(event), { signal });
    addEventListener("keydown", (event) => this.#adopt(event), { signal, capture: true });
    host.addEventListener("mousedown", (event) => this.#keepFocus(event), { signal });
    host.addEventListener("pointerdown", () => this.bench?.clockwork.tell("pointer"), { signal, capture: true });
    host.addEventListener("pointermove", () => this.bench?.clockwork.tell("pointer"), { signal });
    addEventListener("resize", () => this.#fit(), { signal });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#adapt(), { signal });
  }

  /** @param {Component} component */
  update(component) {
    this.#component = component;
    this.#adapt();
    const { video } = component.data;
    if (video === this.#wish) return;
    this.#wish = video;
    if (video !== this.bench?.info.id) this.open(video);
  }

  destroy() {
    this.#opening?.abort();
    this.#listeners.abort();
    this.bench?.destroy();
  }

  /** @param {number | string} video */
  async open(video) {
    this.#opening?.abort();
    const opening = (this.#opening = new AbortController());
    this.bench?.destroy();
    this.bench = null;
    this.host.replaceChildren(h("p", { class: "opening", role: "status" }, "Opening…"));
    try {
      const [info, frames] = await fetchVideo(video, opening.signal);
      if (opening.signal.aborted) return;
      this.#show(new Workbench(info, frames, this.#hooks()));
    } catch (error) {
      if (!opening.signal.aborted) this.#fail(video, /** @type {Error} */ (error));
    }
  }

  /** @returns {import("./workbench.js").Hooks} */
  #hooks() {
    return {
      open: (video) => {
        this.open(video);
        this.#component?.setStateValue("video", video);
      },
      select: (value) => this.#component?.setStateValue("selected", value),
      focus: () => this.host.focus({ preventScroll: true }),
    };
  }

  /** @param {Workbench} bench */
  #show(bench) {
    this.bench = bench;
    this.host.replaceChildren(/** @type {HTMLElement} */ (bench.element));
    this.host.dataset.video = String(bench.info.id);
    this.#fit();
    const root = /** @type {ShadowRoot | Document} */ (this.host.getRootNode());
    const busy = document.activeElement;
    const isFree = !busy || busy === document.body || root.activeElement === this.host || busy === /** @type {ShadowRoot} */ (root).host;
    const cameByLink = busy?.closest("[data-testid=stSidebarNav]"); // whoever chose this page wants its keys
    if (cameByLink || (isFree && hadKeyboard)) this.host.focus({ preventScroll: true });
  }

  /** @param {number | string} video @param {Error} error */
  #fail(video, error) {
    this.host.replaceChildren(h("div", { class: "opening", role: "alert" }, h("p", {}, `Video ${video} cannot be opened. ${error.message}`),
      h("button", { type: "button", class: "plain", onclick: () => this.open(video) }, "Try again")));
  }

  #styled() {
    this.#adapt();
    this.#fit();
  }

  /** The page's colours may be light or dark whatever the system says. */
  #adapt() {
    const c = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    if (!c) return;
    c.fillStyle = getComputedStyle(this.host).backgroundColor;
    c.fillRect(0, 0, 1, 1);
    const [r, g, b] = c.getImageData(0, 0, 1, 1).data;
    this.host.toggleAttribute("data-dark", 0.299 * r + 0.587 * g + 0.114 * b < 128);
    this.bench?.timeline.readTheme();
  }

  /** As high as the window leaves room for, so that player and timeline are seen together. */
  #fit() {
    const top = this.host.getBoundingClientRect().top + scrollY;
    this.host.toggleAttribute("data-below-toolbar", top < 40 && document.querySelector("[data-testid=stToolbar]") !== null);
    this.host.style.height = `${Math.max(LEAST_HEIGHT, (innerHeight - Math.min(top, 160) - 12) / zoomOf(this.host))}px`;
  }

  /** The mouse leaves the keyboard where it is: on the host. @param {MouseEvent} event */
  #keepFocus(event) {
    const target = /** @type {HTMLElement} */ (event.composedPath()[0]);
    if (isTyping(target) || target instanceof HTMLInputElement || target.closest("dialog")) return;
    event.preventDefault();
    this.host.focus({ preventScroll: true });
  }

  /** A key pressed while nothing has the focus, as after a dialog or a reconnected server, is ours if the last one was. @param {KeyboardEvent} event */
  #adopt(event) {
    const isBusy = document.querySelector("[role=dialog], [aria-modal=true]") ?? this.host.querySelector("dialog[open]");
    if (!hadKeyboard || event.target !== document.body || isBusy) return;
    this.host.focus({ preventScroll: true });
    this.#keyDown(event);
  }

  /** @param {ClipboardEvent} event */
  #paste(event) {
    if (!this.bench || isTyping(event.composedPath()[0])) return;
    event.preventDefault();
    paste(this.bench, event.clipboardData?.getData("text/plain") ?? "");
  }

  /** @param {ClipboardEvent} event */
  #copy(event) {
    if (!this.bench || isTyping(event.composedPath()[0]) || String(getSelection() ?? "") !== "") return;
    const text = copied(this.bench);
    if (text === null) return;
    event.preventDefault();
    event.clipboardData?.setData("text/plain", text);
  }

  /** @param {KeyboardEvent} event */
  #keyDown(event) {
    event.stopPropagation(); // Streamlit has keys of its own
    const { bench } = this;
    const target = event.composedPath()[0];
    if (!bench || event.isComposing) return;
    bench.clockwork.tell("key");
    const chords = chordsOf(event);
    if (isTyping(target) && !chords.some((chord) => bench.keys.commands.get(chord) === "panels")) return;
    if (target !== this.host && this.#isControl(target) && chords.some((chord) => NATIVE_ON_CONTROLS.has(chord))) return;
    const command = chords.map((chord) => bench.keys.commands.get(chord)).find((found) => found !== undefined);
    const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey;
    const label = command === undefined && isPlain ? this.#classOf(event) : undefined;
    if (command === undefined && label === undefined) {
      const isOurs = target === this.host && isPlain && !event.repeat;
      if (isOurs && !SILENT.test(event.key)) bench.say(`${capText(chords[0])} is no key here; ${bench.keyOf("shortcuts")} shows them all.`);
      return;
    }
    event.preventDefault();
    if (command === "cancel" && target !== this.host) this.host.focus();
    else if (command !== undefined && (!event.repeat || REPEATING.has(command))) bench.commands[command]();
    else if (label !== undefined && !event.repeat) bench.deeds[event.shiftKey ? "relabel" : "press"](label);
  }

  /** @param {KeyboardEvent} event */
  #keyUp(event) {
    event.stopPropagation();
    const { bench } = this;
    if (!bench || isTyping(event.composedPath()[0])) return;
    const label = this.#classOf(event); // a modifier pressed meanwhile must not leave the class key hanging
    if (label !== undefined) bench.deeds.release(label);
  }

  /** The class of a key whatever modifiers are held. @param {KeyboardEvent} event */
  #classOf({ key, code }) {
    return chordsOf({ key, code }).map((chord) => this.bench?.keys.classes.get(chord)).find((found) => found !== undefined);
  }

  /** @param {EventTarget} target */
  #isControl(target) {
    return target instanceof HTMLElement && target.closest("button, input, textarea, dialog, a") !== null;
  }
}

/** @type {WeakMap<object, Annotator>} */
const views = new WeakMap();

/** @param {Component} component */
export default function (component) {
  const { parentElement } = component;
  let view = views.get(parentElement);
  if (!view) views.set(parentElement, (view = new Annotator(/** @type {HTMLElement} */ (parentElement.querySelector(".wtal")))));
  view.update(component);
  return () => {
    views.delete(parentElement);
    view.destroy();
  };
}
