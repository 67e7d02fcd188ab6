/** The tooltip: what lies under the pointer. Curve values are asked of the server, never read off the picture. */
import { h } from "../dom.js";
import { clockText, scoreText, storedText } from "../format.js";

const WAIT_MS = 40;
const KEPT = 500;

/** @typedef {{run: string | number, snippet: number, start: number, end: number, cas: Record<string, number>, threshold: Record<string, number>, gate: Record<string, number>}} Values */

export class Hover {
  /** @type {Map<string, Values>} */
  #known = new Map();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #asked = "";

  /** @param {(run: string | number, time: number) => Promise<Values>} values */
  constructor(values) {
    this.values = values;
    this.element = h("div", { class: "tooltip", role: "status", hidden: true });
  }

  hide() {
    clearTimeout(this.#timer);
    this.#asked = "";
    this.element.hidden = true;
  }

  /** @param {{x: number, y: number}} at @param {{width: number, height: number}} room @param {(Node | string)[]} content */
  show(at, room, content) {
    this.#asked = "";
    this.#place(at, room, content);
  }

  /**
   * Values of one class at a time, of the run shown and of the one before.
   * @param {{x: number, y: number}} at @param {{width: number, height: number}} room
   * @param {{name: string, time: number, origin: number, runs: {curves: import("./curves.js").Curves, title: string}[]}} what
   */
  showValues(at, room, { name, time, origin, runs }) {
    const keys = runs.map(({ curves }) => `${curves.run}@${curves.snippet(time)}`);
    const wish = `${name} ${keys.join(" ")}`;
    const lines = () => this.#lines(name, time - origin, runs, keys);
    this.#place(at, room, lines());
    if (this.#asked === wish || keys.every((key) => this.#known.has(key))) return;
    this.#asked = wish;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(async () => {
      await Promise.all(runs.map(({ curves }, i) => this.#fetch(curves, time, keys[i])));
      if (this.#asked === wish) this.element.replaceChildren(...lines());
    }, WAIT_MS);
  }

  /** @param {import("./curves.js").Curves} curves @param {number} time @param {string} key */
  async #fetch(curves, time, key) {
    if (this.#known.has(key)) return;
    try {
      const values = await this.values(curves.run, time);
      if (this.#known.size >= KEPT) this.#known.delete(this.#known.keys().next().value ?? "");
      this.#known.set(key, values);
    } catch {
      this.#asked = ""; // the next move asks again
    }
  }

  /** @param {string} name @param {number} time since the first picture @param {{title: string}[]} runs @param {string[]} keys */
  #lines(name, time, runs, keys) {
    return runs.map(({ title }, i) => {
      const values = this.#known.get(keys[i]);
      const [cas, threshold] = [values?.cas[name], values?.threshold[name]];
      const text = typeof cas !== "number" ? "…" : `s ${storedText(cas)}${i === 0 && typeof threshold === "number" ? `  b ${storedText(threshold)}` : ""}`;
      const gate = i === 0 && values?.gate?.[name] !== undefined ? `  gate ${scoreText(Number(values.gate[name]))}` : "";
      const line = h("div", { class: i ? "dim" : "", "data-run": values?.run }, i ? `${title}: ${text}` : `${clockText(time, 2)}  ${text}${gate}`);
      if (typeof cas === "number") Object.assign(line.dataset, { snippet: values?.snippet, cas: String(cas), threshold: String(threshold) });
      return line;
    });
  }

  /** @param {{x: number, y: number}} at @param {{width: number, height: number}} room @param {(Node | string)[]} content */
  #place(at, room, content) {
    this.element.replaceChildren(...content);
    this.element.hidden = false;
    const { offsetWidth, offsetHeight } = this.element;
    const left = at.x + 14 + offsetWidth > room.width ? at.x - 14 - offsetWidth : at.x + 14;
    const top = Math.min(Math.max(4, at.y - offsetHeight - 8), room.height - offsetHeight - 4);
    this.element.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
  }
}
