/** Reaction time: how much earlier a mark set while playing is put, typed in or measured by five flashes. */
import { api } from "../api.js";
import { h } from "../dom.js";

const FLASHES = 5;
const [SHORTEST_WAIT, LONGEST_WAIT] = [900, 2200];
/** A press sooner than this was a guess. */
const TOO_SOON = 80;

/** The middle one of an odd number of times, in whole milliseconds. @param {number[]} times */
export const median = (times) => Math.round([...times].sort((a, b) => a - b)[times.length >> 1]);

export class ReactionTime {
  #isMeasuring = false;

  /** @param {import("../workbench.js").Workbench} bench */
  constructor(bench) {
    this.bench = bench;
    this.input = /** @type {HTMLInputElement} */ (h("input", { type: "number", min: "0", max: "1000", step: "10", "aria-label": "Reaction time in milliseconds", onchange: () => this.#save(Number(this.input.value)) }));
    this.input.value = String(bench.compensation / 1000);
    this.lamp = h("button", { type: "button", class: "plain lamp", onclick: () => this.#measure() }, "Measure");
    this.note = h("span", { class: "dim", role: "status" });
    this.element = h("section", { class: "reaction" }, h("h2", {}, "Reaction time"),
      h("p", { class: "dim" }, "A mark set while the video plays is put this much earlier, to the frame that was on the screen then; what was pressed is kept beside it. 0: off. Only yours."),
      h("p", {}, h("label", {}, this.input, " ms "), this.lamp, " ", this.note));
  }

  /** @param {number} milliseconds */
  async #save(milliseconds) {
    try {
      const { compensation } = await api.compensation(Math.round(milliseconds * 1000));
      this.bench.compensation = compensation;
      this.note.textContent = compensation ? `Marks while playing are put ${compensation / 1000} ms earlier.` : "Off.";
    } catch (error) {
      this.note.textContent = /** @type {Error} */ (error).message;
    }
    this.input.value = String(this.bench.compensation / 1000);
  }

  async #measure() {
    if (this.#isMeasuring) return; // letting go of Space presses the button in some browsers
    this.#isMeasuring = true;
    /** @type {number[]} */
    const times = [];
    while (times.length < FLASHES && this.lamp.isConnected) {
      this.note.textContent = `Press Space when the button lights up (${times.length + 1} of ${FLASHES}).`;
      const time = await this.#flash();
      if (time >= TOO_SOON) times.push(time);
    }
    this.lamp.textContent = "Measure";
    this.#isMeasuring = false;
    if (times.length === FLASHES) await this.#save(median(times));
  }

  /** @returns {Promise<number>} milliseconds from the light to the key; 0 when it was pressed before */
  #flash() {
    return new Promise((resolve) => {
      let lit = 0;
      const timer = setTimeout(() => requestAnimationFrame((now) => {
        this.lamp.toggleAttribute("data-lit", true);
        lit = now;
      }), SHORTEST_WAIT + Math.random() * (LONGEST_WAIT - SHORTEST_WAIT));
      const done = (/** @type {Event} */ event) => {
        event.preventDefault();
        event.stopPropagation();
        clearTimeout(timer);
        this.lamp.removeEventListener("keydown", done);
        this.lamp.removeEventListener("pointerdown", done);
        this.lamp.toggleAttribute("data-lit", false);
        resolve(lit ? event.timeStamp - lit : 0);
      };
      this.lamp.textContent = "●";
      this.lamp.addEventListener("keydown", done);
      this.lamp.addEventListener("pointerdown", done);
      this.lamp.focus();
    });
  }
}
